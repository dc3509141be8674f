/* A file system for SQLite that passes everything on to the system's and shows it
 * to a test, before and after. */
#ifndef L2LD_TESTS_STORE_SHIM_VFS_H
#define L2LD_TESTS_STORE_SHIM_VFS_H

#include <stdbool.h>
#include <stdint.h>

enum shim_kind {
	SHIM_OPEN,
	SHIM_READ,
	SHIM_WRITE,
	SHIM_TRUNCATE,		/* to the size `at` */
	SHIM_SYNC,
	SHIM_DELETE,
	SHIM_MAP		/* shared memory */
};

struct shim_call {
	enum shim_kind kind;
	const char *name;	/* the file's whole path */
	int flags;		/* SQLITE_OPEN_*: what kind of file; 0: deleted */
	const void *data;	/* written */
	int len;
	int64_t at;
	bool made;		/* open: there was none before; delete: the folder
				 * is to be synced */
};

struct shim_hooks {
	/* A result code of SQLite to return instead of doing it, or 0. */
	int (*before)(const struct shim_call *call);
	/* It was done. */
	void (*after)(const struct shim_call *call);
};

/* Make it the one that new connections use; and the system's again.  Files that
 * have no name are not shown.  Either hook may be NULL. */
void
shim_begin(const struct shim_hooks *hooks);
void
shim_end(void);

#endif
