#include "http/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

bool
site_heavy_take(struct site *site, double seconds)
{
	double until = clock_seconds() + seconds;

	while (atomic_fetch_add(&site->heavy, 1) >= SITE_HEAVY_MAX) {
		atomic_fetch_sub(&site->heavy, 1);
		if (clock_seconds() >= until || atomic_load(&site->stopping))
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	return true;
}

void
site_heavy_give(struct site *site)
{
	atomic_fetch_sub(&site->heavy, 1);
}

bool
request_hold(struct request *rq, size_t bytes)
{
	long long held = atomic_fetch_add(&rq->site->replies,
	    (long long)bytes);

	if (held == 0 || held + (long long)bytes <= SITE_REPLIES_MAX) {
		rq->reply_size = bytes;
		return true;
	}
	atomic_fetch_sub(&rq->site->replies, (long long)bytes);
	return false;
}

void
request_free(struct request *rq)
{
	if (rq->body != NULL)
		atomic_fetch_sub(&rq->site->uploads, (long long)rq->body_size);
	if (rq->reply_size > 0)
		atomic_fetch_sub(&rq->site->replies,
		    (long long)rq->reply_size);
	free(rq->body);
	free(rq->path);
	query_free(&rq->query);
	*rq = (struct request){ 0 };
}

bool
request_options(const struct request *rq, struct response *rs, void *options)
{
	static const struct param none[] = { { 0 } };
	const struct param *table = rq->route->query;
	struct message m;

	if (query_read(&rq->query, table != NULL ? table : none, options,
	    &m) == 0)
		return true;
	response_problem(rs, 400, "bad_parameter", "In the query, %s.",
	    m.text);
	return false;
}

bool
request_has_tag(const struct request *rq, struct response *rs, const char *tag)
{
	char quoted[128];

	snprintf(quoted, sizeof quoted, "\"%s\"", tag);
	response_header(rs, "ETag", "%s", quoted);
	if (rq->if_none_match == NULL)
		return false;
	/* A quote cannot be in a tag, so finding the quoted text is exact. */
	if (strcmp(rq->if_none_match, "*") != 0 &&
	    strstr(rq->if_none_match, quoted) == NULL)
		return false;
	rs->status = 304;
	return true;
}

bool
request_cursor(struct response *rs, const char *cursor, int64_t *id)
{
	char *end;

	*id = 0;
	if (cursor[0] == 0)
		return true;
	errno = 0;
	if (cursor[0] >= '1' && cursor[0] <= '9')
		*id = strtoll(cursor, &end, 10);
	if (*id > 0 && errno == 0 && *end == 0)
		return true;
	response_problem(rs, 400, "bad_parameter", "In the query, the "
	    "parameter 'cursor': must be a next_cursor of this list.");
	return false;
}
