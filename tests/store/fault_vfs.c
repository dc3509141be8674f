#include "tests/store/fault_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

struct file {
	sqlite3_file base;
	int flags;
	sqlite3_int64 real[];	/* the system's file; aligned as SQLite does */
};

static _Atomic int codes[FAULTS], skips[FAULTS];
static sqlite3_vfs vfs, *system_vfs;

static sqlite3_file *
real(sqlite3_file *file)
{
	return (sqlite3_file *)((struct file *)file)->real;
}

/* What this operation on the file shall return, 0 to do it. */
static int
fault_of(sqlite3_file *file, enum fault database, enum fault log)
{
	int flags = ((struct file *)file)->flags;
	enum fault fault = flags & SQLITE_OPEN_WAL ? log : database;

	if ((flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) == 0 ||
	    codes[fault] == 0 || atomic_fetch_sub(&skips[fault], 1) > 0)
		return SQLITE_OK;
	return codes[fault];
}

static int
file_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int
file_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at)
{
	return real(f)->pMethods->xRead(real(f), to, len, at);
}

static int
file_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at)
{
	int code = fault_of(f, FAULT_WRITE_DATABASE, FAULT_WRITE_LOG);

	return code != 0 ? code :
	    real(f)->pMethods->xWrite(real(f), from, len, at);
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real(f)->pMethods->xTruncate(real(f), size);
}

static int
file_sync(sqlite3_file *f, int flags)
{
	int code = fault_of(f, FAULT_SYNC_DATABASE, FAULT_SYNC_LOG);

	return code != 0 ? code : real(f)->pMethods->xSync(real(f), flags);
}

static int
file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int
file_lock(sqlite3_file *f, int kind)
{
	return real(f)->pMethods->xLock(real(f), kind);
}

static int
file_unlock(sqlite3_file *f, int kind)
{
	return real(f)->pMethods->xUnlock(real(f), kind);
}

static int
file_reserved(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int
file_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int
file_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int
file_device(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int
file_shm_map(sqlite3_file *f, int page, int size, int extend,
    void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int
file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void
file_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int
file_shm_unmap(sqlite3_file *f, int delete)
{
	return real(f)->pMethods->xShmUnmap(real(f), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

static int
vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *f, int flags,
    int *got)
{
	int code;

	(void)self;
	((struct file *)f)->flags = flags;
	code = system_vfs->xOpen(system_vfs, name, real(f), flags, got);
	f->pMethods = code == SQLITE_OK ? &methods : NULL;
	return code;
}

void
fault_begin(void)
{
	for (int i = 0; i < FAULTS; i++)
		codes[i] = 0;
	system_vfs = sqlite3_vfs_find(NULL);
	vfs = *system_vfs;
	vfs.zName = "fault";
	vfs.szOsFile += (int)sizeof(struct file);
	vfs.xOpen = vfs_open;
	sqlite3_vfs_register(&vfs, 1);
}

void
fault_end(void)
{
	sqlite3_vfs_unregister(&vfs);
	sqlite3_vfs_register(system_vfs, 1);
}

void
fault_set(enum fault fault, int code, int skip)
{
	skips[fault] = skip;
	codes[fault] = code;
}
