/* A file system for SQLite that fails when told to. */
#ifndef L2LD_TESTS_STORE_FAULT_VFS_H
#define L2LD_TESTS_STORE_FAULT_VFS_H

/* What can fail, of the database file and of its log. */
enum fault {
	FAULT_READ_DATABASE,
	FAULT_READ_LOG,
	FAULT_WRITE_DATABASE,
	FAULT_WRITE_LOG,
	FAULT_CUT_DATABASE,
	FAULT_CUT_LOG,
	FAULT_SYNC_DATABASE,
	FAULT_SYNC_LOG,
	FAULT_MAP,		/* the shared memory between connections */
	FAULTS
};

/* Make it the one that new connections use; and the system's again. */
void
fault_begin(void);
void
fault_end(void);

/* From now on this fails with a result code of SQLite, after `skip` more that
 * succeed; code 0: it works. */
void
fault_set(enum fault fault, int code, int skip);

#endif
