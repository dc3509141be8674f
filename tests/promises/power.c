/* Promise 2: power [--short] [--weak] [--upgrade] FOLDER
 *
 * A store works for a while and what it does to its files is recorded.  Then, for
 * every point between two operations, disks are made as a power loss there could
 * have left them, and each is opened: it must be sound, and its contents those of
 * the last acknowledged write or of the one under way.  --weak does not believe
 * the syncs of the log, which must be noticed.  --upgrade: the store's work is to
 * take over FOLDER/work/l2ld.db, of an older schema.
 *
 * power open FILE N: open the store in FILE and be killed before the N-th change
 * to its files; without N say how many there are. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "store/store.h"
#include "tests/promises/disk.h"
#include "tests/promises/power.h"
#include "tests/promises/record.h"

#define SAID 5			/* violations described */
#define RANDOM 3		/* random disks for each point */
#define RANDOM_UPGRADE 100	/* it has few points */

static struct {
	size_t points, disks, opened, violations;
} count;

/* Hashes of disks that were examined: an open set of twice as many places. */
static uint64_t *seen;
static size_t seen_room;

static bool
is_new(uint64_t hash)
{
	size_t i = hash % seen_room;

	for (; seen[i] != 0; i = (i + 1) % seen_room)
		if (seen[i] == hash)
			return false;
	seen[i] = hash;
	return true;
}

/* The number of the last acknowledgement before the present point, -1: none. */
static long
acknowledged(size_t point, long last)
{
	while (last + 1 < (long)power_acks_len &&
	    power_acks[last + 1].at <= point)
		last++;
	return last;
}

/* Whether this is what the last acknowledgement said, or what the next will say,
 * whose write is under way. */
static bool
is_right(long last, uint64_t contents, uint64_t backup)
{
	const struct power_ack *a = last >= 0 ? &power_acks[last] : NULL;
	const struct power_ack *next = last + 1 < (long)power_acks_len ?
	    &power_acks[last + 1] : NULL;

	/* Before the first there may be no file: then it is made. */
	if (a == NULL)
		a = next;
	if (next == NULL)
		next = a;
	return (next->parts || contents == a->contents ||
	    contents == next->contents) &&
	    (backup == a->backup || backup == next->backup);
}

static void
examine(size_t point, long last, enum disk_luck luck, uint64_t seed,
    const char *folder)
{
	const char *wrong;
	uint64_t contents, backup;

	count.disks++;
	/* Equal disks must hold the same: with what was acknowledged. */
	if (!is_new((disk_build(luck, seed, NULL) ^ (uint64_t)last * 31) | 1))
		return;
	count.opened++;
	disk_build(luck, seed, folder);
	wrong = power_examine(folder, &contents, &backup);
	if (wrong == NULL && !is_right(last, contents, backup))
		wrong = "what was acknowledged is not there";
	if (wrong != NULL && count.violations++ < SAID)
		printf("after operation %zu, luck %d: %s\n", point, (int)luck,
		    wrong);
}

static void
replay(const char *folder, bool weak, size_t every, int lucks)
{
	uint64_t random = 1;
	long last = -1;

	seen_room = 2 * (disk_len + 1) * (size_t)lucks;
	seen = calloc(seen_room, sizeof *seen);
	if (seen == NULL)
		abort();
	disk_begin(weak);
	for (size_t point = 0; point <= disk_len; point++) {
		last = acknowledged(point, last);
		if (point >= power_begin && disk_random(&random) % every == 0) {
			count.points++;
			for (int luck = 0; luck < lucks; luck++)
				examine(point, last, luck < DISK_RANDOM ?
				    (enum disk_luck)luck : DISK_RANDOM,
				    disk_random(&random), folder);
		}
		if (point < disk_len)
			disk_step();
	}
	free(seen);
}

static int
open_only(const char *path, const char *n)
{
	struct message m = { "" };
	struct store *store;
	int r;

	record_begin();
	record_kill(n != NULL ? strtoul(n, NULL, 10) : 0);
	r = store_open(path, &store, &m);
	if (r < 0)
		fprintf(stderr, "power: %s\n", m.text);
	store_close(store);
	printf("%zu\n", record_count());
	return r < 0;
}

int
main(int argc, char **argv)
{
	bool small = false, weak = false, upgrade = false;
	char work[500], disk[500];

	log_set_level(LOG_ERROR);
	if (argc > 2 && strcmp(argv[1], "open") == 0)
		return open_only(argv[2], argv[3]);
	for (; argc > 2; argc--, argv++) {
		small = small || strcmp(argv[1], "--short") == 0;
		weak = weak || strcmp(argv[1], "--weak") == 0;
		upgrade = upgrade || strcmp(argv[1], "--upgrade") == 0;
	}
	if (argc < 2)
		return 2;
	snprintf(work, sizeof work, "%.400s/work", argv[1]);
	snprintf(disk, sizeof disk, "%.400s/disk", argv[1]);
	mkdir(work, 0700);
	mkdir(disk, 0700);
	record_begin();
	if (upgrade)
		power_upgrade(work);
	else
		power_work(work, small ? 24 : 120);
	replay(disk, weak, upgrade ? 1 : weak ? 20 : small ? 8 : 1, DISK_RANDOM +
	    (upgrade ? small ? RANDOM_UPGRADE / 10 : RANDOM_UPGRADE : RANDOM));
	disk_len -= power_begin;
	printf("%zu operations, %zu acknowledgements, %zu cut points, "
	    "%zu disks, %zu of them different, violations %zu\n", disk_len,
	    power_acks_len, count.points, count.disks, count.opened,
	    count.violations);
	return count.violations > 0;
}
