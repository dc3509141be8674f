/* The parts of the power-loss test. */
#ifndef L2LD_TESTS_POWER_H
#define L2LD_TESTS_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POWER_DATABASE "l2ld.db"
#define POWER_BACKUP "copy.db"
#define POWER_WATCHED "watched"

/* After so many operations of the record this was acknowledged: the contents of
 * the database, and of the backup (0: there is none yet).  parts: on a slow
 * machine it may have been committed in more than one group; what the database
 * held in between is not known. */
struct power_ack {
	size_t at;
	uint64_t contents, backup;
	bool parts;
};
extern struct power_ack *power_acks;
extern size_t power_acks_len;

/* So many operations made the files that were there before; and so many rows of
 * boot were in them. */
extern size_t power_begin;
extern int64_t power_boots;

/* Work with a store in folder, recorded; rounds of it.  Ends the program when
 * something fails. */
void
power_work(const char *folder, int rounds);

/* A store takes over the database that lies in folder, recorded: its schema is
 * brought up to date. */
void
power_upgrade(const char *folder);

/* The SHA-256 of a snapshot's weights, in hexadecimal. */
void
power_sha256(const void *data, size_t len, char text[65]);

/* A digest of all rows but those that openings since added to boot; 0 when they
 * cannot be read. */
uint64_t
power_digest(const char *path);

/* What is wrong with a disk after a power loss: open it with the store, look at
 * everything, go on working.  Out: the digests of what was in it and in the backup
 * (0: there is none).  NULL: nothing is wrong. */
const char *
power_examine(const char *folder, uint64_t *contents, uint64_t *backup);

#endif
