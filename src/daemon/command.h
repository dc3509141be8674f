/* The program's commands: each returns an exit status. */
#ifndef L2LD_DAEMON_COMMAND_H
#define L2LD_DAEMON_COMMAND_H

#include "daemon/options.h"

#define STATUS_OK 0
#define STATUS_FAILED 1		/* it was tried, and failed */
#define STATUS_USAGE 2		/* it was asked for wrongly */

/* Serve until SIGTERM or SIGINT.  On SIGHUP options are read again from the files
 * and these arguments. */
int
command_serve(const struct options *o, int argc, char **argv);

struct http;
struct server;
struct server_config;

/* The jobs' side of the options. */
void
serve_config(const struct options *o, struct server_config *config);

/* Open the HTTP side as the options say and announce it on standard output. */
int
serve_open(const struct options *o, struct server *server, struct http **http,
    struct message *m);

/* Run one job in the foreground: a file, the name of a built-in job, or "-" for
 * standard input; NULL: the built-in default job.  With --serve the dashboard is
 * up meanwhile, other jobs may come in, and after the table it goes on. */
int
command_run(const struct options *o, const char *job);

/* Measure this machine: see doc/PERFORMANCE.md.  only: one work's name, or NULL
 * for all. */
int
command_bench(const struct options *o, const char *only);

/* Write a snapshot: "ID", "ID.safetensors", "ID.npz" or "ID.json". */
int
command_export(const struct options *o, const char *what);

/* Copy the database into a new file, which need not be idle for it. */
int
command_backup(const struct options *o, const char *path);

/* Look whether a database, NULL: the state folder's, is sound. */
int
command_check(const struct options *o, const char *path);

/* Make the token if there is none, and print the name of its file. */
int
command_token(const struct options *o);

/* Print every option that a job may have. */
int
command_describe(void);

/* SIGTERM, SIGINT and SIGHUP, blocked in every thread and waited for in one. */
void
signals_block(void);

/* They end the program again: for a command that leaves nothing behind. */
void
signals_default(void);

/* Wait for one of them, at most `seconds` (negative: for ever).  Which it was; 0:
 * none came. */
int
signals_wait(double seconds);

#endif
