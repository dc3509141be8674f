/* A daemon that serves: what main's thread does while others work. */
#ifndef L2LD_DAEMON_SERVICE_H
#define L2LD_DAEMON_SERVICE_H

#include <stdbool.h>

#include "daemon/options.h"
#include "http/http.h"
#include "job/server.h"

struct service {
	struct options options;	/* in effect */
	int argc;		/* of the command line, for a reload */
	char **argv;
	struct server *server;
	struct http *http;
	/* Of the watch: */
	double watchdog;	/* seconds; 0: systemd wants no sign */
	double signed_at;	/* when the last sign was given */
	double told_at;		/* when systemd was last told how it goes */
	double trimmed_at;	/* when free memory last went back */
	bool wedged;		/* and it was logged */
};

/* The hosts of the options as http.h wants them: pointers into *o. */
struct service_hosts {
	const char *list[OPTIONS_HOSTS_MAX + 1];
};
void
service_hosts(const struct options *o, struct service_hosts *hosts);

/* ---- watch.c ---- */

#define WATCH_SECONDS 1.0	/* between two calls of service_watch */

/* It is ready: systemd is told. */
void
service_watch_start(struct service *service);

/* Look whether everything is alive; tell systemd how it goes and, while all of the
 * writer, the workers and the HTTP side are, that it is alive; give free memory
 * back.  False: the database can be written no more and the service must end. */
bool
service_watch(struct service *service);

/* ---- reload.c ---- */

/* Defaults, then the configuration file, then the command line, whose words go
 * to words (two of them).  0, or an error with a sentence. */
int
service_configure(struct options *o, int argc, char **argv,
    const char **words, struct message *m);

/* Read the options again and apply those that can change while it runs.  With a
 * fault in any of them nothing changes. */
void
service_reload(struct service *service);

/* ---- end.c ---- */

#define END_CHECKPOINTS 13.0
#define END_LEAVE 17.0
#define END_AGAIN 3.0

/* The end: running jobs save a checkpoint and go back to the queue, answers under
 * way are finished, the database is closed.  A signal that comes meanwhile, or
 * END_CHECKPOINTS seconds, skip the checkpoints.  Jobs still at work after
 * END_LEAVE seconds, or END_AGAIN after the signal, are left where they are and
 * the program exits with `status`.  Frees both; either may be NULL. */
void
service_end(struct server *server, struct http *http, int status);

#endif
