/* The end of serving, in bounded time. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/command.h"
#include "daemon/notify.h"
#include "daemon/service.h"

#define LOOK_SECONDS 0.02

struct ending {
	struct server *server;
	struct http *http;
	atomic_bool done;
};

/* In a thread of its own, so that signals are still heard. */
static void *
ending_main(void *arg)
{
	struct ending *e = arg;

	http_drain(e->http);
	server_stop(e->server);
	http_stop(e->http);
	atomic_store(&e->done, true);
	return NULL;
}

/* Jobs whose present piece of work takes too long: what they wrote is committed,
 * and the next start takes them up from their last checkpoint, as after a
 * crash. */
static void
leave(struct server *server, int status)
{
	log_warning("jobs are still at work: they go on from their last "
	    "checkpoint when l2ld next starts");
	(void)store_flush(server_store(server), 0);
	log_flush();
	_exit(status);
}

static void
ending_wait(struct ending *e, int status)
{
	double now = clock_seconds(), hurry = now + END_CHECKPOINTS;
	double until = now + END_LEAVE;
	bool hurried = false;

	while (!atomic_load(&e->done)) {
		int signal = signals_wait(LOOK_SECONDS);
		bool again = signal == SIGTERM || signal == SIGINT;

		now = clock_seconds();
		if (again && now + END_AGAIN < until)
			until = now + END_AGAIN;
		if (!hurried && (again || now > hurry)) {
			log_warning("%s: no more checkpoints", again ?
			    "a second signal" : "jobs take long to stop");
			server_hurry(e->server);
			hurried = true;
		}
		if (now > until)
			leave(e->server, status);
	}
}

void
service_end(struct server *server, struct http *http, int status)
{
	struct ending e = { .server = server, .http = http };
	pthread_t thread;

	notify_send("STOPPING=1\nSTATUS=Ending: running jobs save a "
	    "checkpoint");
	if (pthread_create(&thread, NULL, ending_main, &e) == 0) {
		ending_wait(&e, status);
		pthread_join(thread, NULL);
	} else {
		ending_main(&e);
	}
	server_free(server);
	log_flush();
}
