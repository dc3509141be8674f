/* What was done to the files of one folder, and what of it a disk would hold had
 * the power failed in between.
 *
 * What was synced is there.  What was not may be there, or not, or in part: each
 * sector of 512 bytes of each write by itself, in any order, a truncation or not.
 * Names (made, renamed, removed) are kept in the order they came, as file systems
 * with a journal do, up to any point after the folder was last synced.  An inode
 * is a file under whatever name it has. */
#ifndef L2LD_TESTS_DISK_H
#define L2LD_TESTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_INODES 256

enum disk_kind {
	DISK_MAKE,		/* a new inode by this name */
	DISK_WRITE,
	DISK_CUT,
	DISK_SYNC,
	DISK_REMOVE,
	DISK_RENAME,
	DISK_FOLDER		/* the folder was synced */
};

struct disk_op {
	enum disk_kind kind;
	int inode;
	bool log;		/* of a write-ahead log */
	char name[48], to[48];
	int64_t at;
	size_t len;
	unsigned char *data;	/* written */
};

/* The record; grows while the program that is tested runs. */
extern struct disk_op *disk_ops;
extern size_t disk_len;

/* Append an operation; data is copied.  Any thread. */
void
disk_record(const struct disk_op *op);

/* The inode that has this name now, -1: none; and a new one. */
int
disk_inode(const char *name);

/* ---- the disk after the first so many operations ---- */

/* Begin before the first; weak: syncs of write-ahead logs are not believed. */
void
disk_begin(bool weak);

/* The next operation happens. */
void
disk_step(void);

/* How what was not synced fares. */
enum disk_luck {
	DISK_LOST,		/* all of it is lost */
	DISK_KEPT,		/* none is */
	DISK_NAMED,		/* names are kept, contents lost */
	DISK_TORN,		/* all is kept but a part of the last write */
	DISK_LOG,		/* only what was written to logs is kept */
	DISK_NO_LOG,		/* only what was written to others */
	DISK_RANDOM		/* each sector by itself */
};

/* Write the files that are left into folder, which is emptied before.  Returns a
 * hash of their names and bytes; when folder is NULL that is all. */
uint64_t
disk_build(enum disk_luck luck, uint64_t seed, const char *folder);

/* A random number from a state of 64 bits. */
uint64_t
disk_random(uint64_t *state);

#endif
