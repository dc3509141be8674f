/* A job's tables as text for a terminal. */
#ifndef L2LD_DAEMON_TABLE_H
#define L2LD_DAEMON_TABLE_H

/* Print the evaluations of a job's results (JSON text) to standard output. */
void
table_print(const char *results);

#endif
