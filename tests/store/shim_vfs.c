#include "tests/store/shim_vfs.h"

#include <sqlite3.h>
#include <stddef.h>
#include <unistd.h>

struct file {
	sqlite3_file base;
	const char *name;	/* SQLite keeps it as long as the file is open */
	int flags;
	sqlite3_int64 real[];	/* the system's file; aligned as SQLite does */
};

static struct shim_hooks hooks;
static sqlite3_vfs vfs, *system_vfs;

static sqlite3_file *
real(sqlite3_file *file)
{
	return (sqlite3_file *)((struct file *)file)->real;
}

static int
before(const struct shim_call *call)
{
	return call->name != NULL && hooks.before != NULL ?
	    hooks.before(call) : SQLITE_OK;
}

static int
after(const struct shim_call *call, int code)
{
	if (code == SQLITE_OK && call->name != NULL && hooks.after != NULL)
		hooks.after(call);
	return code;
}

static struct shim_call
call_of(sqlite3_file *f, enum shim_kind kind)
{
	struct file *file = (struct file *)f;

	return (struct shim_call){ .kind = kind, .name = file->name,
		.flags = file->flags };
}

static int
file_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int
file_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at)
{
	struct shim_call call = call_of(f, SHIM_READ);
	int code = before(&call);

	return code != 0 ? code :
	    real(f)->pMethods->xRead(real(f), to, len, at);
}

static int
file_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at)
{
	struct shim_call call = call_of(f, SHIM_WRITE);
	int code;

	call.data = from;
	call.len = len;
	call.at = at;
	code = before(&call);
	return code != 0 ? code : after(&call,
	    real(f)->pMethods->xWrite(real(f), from, len, at));
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct shim_call call = call_of(f, SHIM_TRUNCATE);
	int code;

	call.at = size;
	code = before(&call);
	return code != 0 ? code : after(&call,
	    real(f)->pMethods->xTruncate(real(f), size));
}

static int
file_sync(sqlite3_file *f, int flags)
{
	struct shim_call call = call_of(f, SHIM_SYNC);
	int code = before(&call);

	return code != 0 ? code : after(&call,
	    real(f)->pMethods->xSync(real(f), flags));
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
	struct shim_call call = call_of(f, SHIM_MAP);
	int code = before(&call);

	return code != 0 ? code :
	    real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
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
	struct file *file = (struct file *)f;
	struct shim_call call = { .kind = SHIM_OPEN, .name = name,
		.flags = flags };
	int code = before(&call);

	(void)self;
	file->name = name;
	file->flags = flags;
	f->pMethods = NULL;
	if (code != 0)
		return code;
	call.made = name != NULL && access(name, F_OK) != 0;
	code = system_vfs->xOpen(system_vfs, name, real(f), flags, got);
	if (code == SQLITE_OK)
		f->pMethods = &methods;
	return after(&call, code);
}

static int
vfs_delete(sqlite3_vfs *self, const char *name, int sync)
{
	struct shim_call call = { .kind = SHIM_DELETE, .name = name,
		.made = sync != 0 };
	int code = before(&call);

	(void)self;
	return code != 0 ? code : after(&call,
	    system_vfs->xDelete(system_vfs, name, sync));
}

void
shim_begin(const struct shim_hooks *h)
{
	hooks = *h;
	system_vfs = sqlite3_vfs_find(NULL);
	vfs = *system_vfs;
	vfs.zName = "shim";
	vfs.szOsFile += (int)sizeof(struct file);
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	sqlite3_vfs_register(&vfs, 1);
}

void
shim_end(void)
{
	sqlite3_vfs_unregister(&vfs);
	sqlite3_vfs_register(system_vfs, 1);
}
