/* What the command line, the configuration file and the environment say. */
#ifndef L2LD_DAEMON_OPTIONS_H
#define L2LD_DAEMON_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

#define OPTIONS_PATH_MAX 1024
#define OPTIONS_HOSTS_MAX 8

struct options {
	char address[256];
	int port;
	char state[OPTIONS_PATH_MAX];
	char data[OPTIONS_PATH_MAX];
	char token[OPTIONS_PATH_MAX];
	char certificate[OPTIONS_PATH_MAX];	/* "": none; so is key */
	char key[OPTIONS_PATH_MAX];
	int workers;
	int threads;			/* of a job that does not say; 0: see
					 * struct server_config */
	/* MiB; 0: no limit.  See struct server_config. */
	int memory, job_memory, disk, job_disk;
	int disk_reserve;
	bool serve, exit;		/* run */
	char hosts[OPTIONS_HOSTS_MAX][256];
	int hosts_len;
	bool verbose;
	int log_format;			/* enum log_format */
	bool json;			/* bench */
	bool quick;			/* bench */
	bool force;			/* backup */
	char output[OPTIONS_PATH_MAX];	/* export */
	bool help, version;
};

/* Defaults of this user and machine. */
void
options_defaults(struct options *o);

/* Read `name = value` lines; # begins a comment.  ERR_NOT_FOUND where there is
 * no such file, ERR_INVALID with a sentence that names the line. */
int
options_file(struct options *o, const char *path, struct message *m);

/* Lines of such a file, from memory. */
int
options_text(struct options *o, const char *name, const char *text,
    struct message *m);

/* Read arguments from argv[1] on: options, and up to `most` other words into
 * words (NULL beyond those given).  ERR_INVALID with a sentence.  The file of
 * --config is read where it stands; options after it override it. */
int
options_arguments(struct options *o, int argc, char **argv, const char **words,
    int most, struct message *m);

/* Fill in what follows from other options: the token's file is in the state
 * folder.  ERR_INVALID with a sentence when its path is too long. */
int
options_complete(struct options *o, struct message *m);

/* The table of options, for --help. */
void
options_help(void);

#endif
