/* Recording what SQLite and the program's own file functions do to the files of a
 * folder (disk.h has the record).
 *
 * The program must be linked with -Wl,--wrap= for fsync and renameat2, which its
 * libraries call for files that they place themselves. */
#ifndef L2LD_TESTS_RECORD_H
#define L2LD_TESTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>

/* From now on SQLite's files are seen; recorded while `on`. */
void
record_begin(void);
void
record_set(bool on);

/* What a file of the folder holds, if it is there, is on the disk from the
 * beginning. */
void
record_file(const char *folder, const char *name);

/* Kill this process (SIGKILL) before the n-th change from now, 1 is the next;
 * 0: do not. */
void
record_kill(size_t n);

/* Changes seen since record_begin: writes, syncs, truncations, names. */
size_t
record_count(void);

#endif
