/* The parts of the power-loss test. */
#ifndef L2LD_TESTS_POWER_H
#define L2LD_TESTS_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POWER_DATABASE "l2ld.db"
#define POWER_BACKUP "copy.db"

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

/* Work with a store in folder, recorded; rounds of it.  Ends the program when
 * something fails. */
void
power_work(const char *folder, int rounds);

/* A digest of all rows but those of boot; 0 when they cannot be read. */
uint64_t
power_digest(const char *path);

/* What is wrong with a disk after a power loss: open it with the store, look at
 * everything, go on working.  Out: the digests of what was in it and in the backup
 * (0: there is none).  NULL: nothing is wrong. */
const char *
power_examine(const char *folder, uint64_t *contents, uint64_t *backup);

#endif
