/* Whether all parts of the daemon are alive, and what systemd hears of it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/heap.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "daemon/service.h"

#define TELL_SECONDS 5.0
#define TRIM_SECONDS 60.0

/* Longer than any part may be silent when all is well: an idle worker looks at
 * the queue every five seconds. */
#define SILENCE_MIN 12.0

void
service_watch_start(struct service *service)
{
	service->watchdog = notify_watchdog();
	service->signed_at = service->told_at = service->trimmed_at =
	    clock_seconds();
	notify_send("READY=1\nSTATUS=Serving");
}

/* The part that has been silent for more than limit seconds; NULL: none. */
static const char *
silent_part(struct service *service, const struct store_health *store,
    double limit, double *seconds)
{
	struct server_health jobs;

	server_look(service->server, &jobs);
	*seconds = store->silent_seconds;
	if (*seconds > limit)
		return "the database's writer";
	*seconds = jobs.silent_seconds;
	if (*seconds > limit)
		return "a worker";
	*seconds = http_silent_seconds(service->http);
	return *seconds > limit ? "the HTTP side" : NULL;
}

/* One sign in half the time, as long as no part is silent for as much.  A long
 * piece of work is no silence: see server_look. */
static void
give_sign(struct service *service, const struct store_health *store)
{
	double limit = fmax(service->watchdog / 2, SILENCE_MIN), seconds;
	const char *part = silent_part(service, store, limit, &seconds);
	double now = clock_seconds();

	if (part != NULL && !service->wedged)
		log_error("%s has not moved for %.0f s", part, seconds);
	else if (part == NULL && service->wedged)
		log_info("everything moves again");
	service->wedged = part != NULL;
	if (part == NULL && service->watchdog > 0 &&
	    now - service->signed_at >= service->watchdog / 2 -
	    WATCH_SECONDS / 2) {
		service->signed_at = now;
		notify_send("WATCHDOG=1");
	}
}

static void
tell(struct service *service)
{
	struct store *store = server_store(service->server);
	int64_t running, queued;
	double now = clock_seconds();

	if (now - service->told_at < TELL_SECONDS)
		return;
	service->told_at = now;
	if (store_job_count(store, JOB_RUNNING, &running) == 0 &&
	    store_job_count(store, JOB_QUEUED, &queued) == 0)
		notify_send("STATUS=%" PRId64 " running, %" PRId64 " queued",
		    running, queued);
}

static void
trim(struct service *service)
{
	double now = clock_seconds();

	if (now - service->trimmed_at < TRIM_SECONDS)
		return;
	service->trimmed_at = now;
	heap_trim();
}

bool
service_watch(struct service *service)
{
	struct store_health health;

	store_health(server_store(service->server), &health);
	if (health.broken) {
		log_error("ending: the database cannot be written any more; "
		    "the next start tells what it holds");
		return false;
	}
	give_sign(service, &health);
	tell(service);
	trim(service);
	return true;
}
