#include "tests/promises/record.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/promises/disk.h"
#include "tests/store/shim_vfs.h"

#define SEEN (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)

static _Atomic bool recording;
static _Atomic size_t count, kill_at;

/* A change is about to happen. */
static void
change(void)
{
	if (atomic_fetch_add(&count, 1) + 1 == kill_at)
		raise(SIGKILL);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int
before(const struct shim_call *call)
{
	if (call->kind == SHIM_WRITE || call->kind == SHIM_TRUNCATE ||
	    call->kind == SHIM_SYNC || call->kind == SHIM_DELETE)
		change();
	return SQLITE_OK;
}

static void
opened(const struct shim_call *call, const char *name)
{
	struct disk_op op = { .kind = DISK_MAKE };

	if ((call->flags & SEEN) == 0 || disk_inode(name) >= 0)
		return;
	strcpy(op.name, name);
	disk_record(&op);
}

/* The first sync of a new journal or log syncs its folder too. */
static void
synced(const struct shim_call *call, struct disk_op *op)
{
	static bool known[DISK_INODES];
	struct disk_op folder = { .kind = DISK_FOLDER };

	disk_record(op);
	if ((call->flags & SQLITE_OPEN_MAIN_DB) != 0 || known[op->inode])
		return;
	known[op->inode] = true;
	disk_record(&folder);
}

static void
after(const struct shim_call *call)
{
	const char *name = base_name(call->name);
	struct disk_op op = { .log = (call->flags & SQLITE_OPEN_WAL) != 0,
		.at = call->at };

	if (!recording)
		return;
	op.inode = disk_inode(name);
	snprintf(op.name, sizeof op.name, "%s", name);
	if (call->kind == SHIM_OPEN) {
		opened(call, name);
	} else if (op.inode < 0) {
		return;
	} else if (call->kind == SHIM_WRITE) {
		op.kind = DISK_WRITE;
		op.len = (size_t)call->len;
		op.data = (unsigned char *)(uintptr_t)call->data;
		disk_record(&op);
	} else if (call->kind == SHIM_TRUNCATE) {
		op.kind = DISK_CUT;
		disk_record(&op);
	} else if (call->kind == SHIM_SYNC) {
		op.kind = DISK_SYNC;
		synced(call, &op);
	} else if (call->kind == SHIM_DELETE) {
		op.kind = DISK_REMOVE;
		disk_record(&op);
		if (call->made)
			disk_record(&(struct disk_op){ .kind = DISK_FOLDER });
	}
}

/* ---- the libraries' own calls ---- */

int
__real_fsync(int fd);
int
__wrap_fsync(int fd);
int
__real_renameat2(int from_at, const char *from, int to_at, const char *to,
    unsigned flags);
int
__wrap_renameat2(int from_at, const char *from, int to_at, const char *to,
    unsigned flags);

int
__wrap_fsync(int fd)
{
	struct disk_op op = { .kind = DISK_FOLDER };
	char link[64], path[512];
	struct stat st;
	ssize_t len;
	int r;

	change();
	r = __real_fsync(fd);
	if (r < 0 || !recording || fstat(fd, &st) < 0)
		return r;
	if (!S_ISDIR(st.st_mode)) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof path - 1);
		path[len > 0 ? len : 0] = 0;
		op.kind = DISK_SYNC;
		op.inode = disk_inode(base_name(path));
		if (op.inode < 0)
			return r;
	}
	disk_record(&op);
	return r;
}

int
__wrap_renameat2(int from_at, const char *from, int to_at, const char *to,
    unsigned flags)
{
	struct disk_op op = { .kind = DISK_RENAME };
	int r;

	change();
	r = __real_renameat2(from_at, from, to_at, to, flags);
	op.inode = disk_inode(base_name(from));
	if (r < 0 || !recording || op.inode < 0)
		return r;
	snprintf(op.name, sizeof op.name, "%s", base_name(from));
	snprintf(op.to, sizeof op.to, "%s", base_name(to));
	disk_record(&op);
	return r;
}

void
record_begin(void)
{
	count = 0;
	shim_begin(&(struct shim_hooks){ .before = before, .after = after });
}

void
record_set(bool on)
{
	recording = on;
}

void
record_file(const char *folder, const char *name)
{
	struct disk_op op = { .kind = DISK_MAKE };
	char path[600];
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	strcpy(op.name, name);
	disk_record(&op);
	op.kind = DISK_WRITE;
	op.inode = disk_inode(name);
	if (fstat(fd, &st) < 0 ||
	    (op.data = malloc((size_t)st.st_size + 1)) == NULL ||
	    read(fd, op.data, (size_t)st.st_size) != st.st_size)
		abort();
	op.len = (size_t)st.st_size;
	disk_record(&op);
	free(op.data);
	close(fd);
	disk_record(&(struct disk_op){ .kind = DISK_SYNC, .inode = op.inode });
	disk_record(&(struct disk_op){ .kind = DISK_FOLDER });
}

void
record_kill(size_t n)
{
	kill_at = n > 0 ? count + n : 0;
}

size_t
record_count(void)
{
	return count;
}
