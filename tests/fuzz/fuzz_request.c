/* Fuzzing of whole requests: the first line of the input is a method, the second
 * an address, those that follow are headers ("Name: value").  It goes through
 * gate, routes and, if it only reads, the handlers of a server with one job.
 * Whatever it says, the answer has a status, its headers, and JSON that parses;
 * and what came from another site, or from another user, has changed nothing. */
#include <ftw.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/serve.h"
#include "job/server.h"
#include "store/curves.h"
#include "store/jobs.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct site site = { .lock = PTHREAD_RWLOCK_INITIALIZER };
static char folder[] = "/tmp/l2ld-fuzz-XXXXXX";

static void
must(int r)
{
	if (r < 0)
		abort();
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
end(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* One job with a curve and a log, and nobody to run it. */
static void
begin(void)
{
	static const double rows[] = { 0, 1.5, 1, -0.0, 2, 1e308 };
	struct job_new job = { .name = "a", .type = "train", .spec = "{}",
		.tags = "[]", .notes = "", .queue_limit = 10 };
	struct server_config config = { .state_folder = folder,
		    .data_folder = folder, .workers = 1,
		    .threads_per_job = 1 };
	struct message m;
	bool existing;
	int64_t id;

	log_set_level(LOG_ERROR);
	if (mkdtemp(folder) == NULL)
		abort();
	atexit(end);
	must(server_new(&config, &site.server, &m));
	must(gate_init(&site.gate, "127.0.0.1", 8642, NULL, &m));
	site.started = clock_seconds();
	/* No answer waits. */
	atomic_store(&site.polls, SITE_POLLS_MAX);
	must(store_job_insert(server_store(site.server), &job, &id, &existing));
	must(store_curve_open(server_store(site.server), id, "training",
	    "{\"columns\":[\"epoch\",\"meta_loss\"],\"labels\":{}}", 2));
	must(store_curve_write_async(server_store(site.server), id, "training",
	    0, 3, 2, rows));
	must(store_log_async(server_store(site.server), id, "info", "begun"));
	must(store_flush(server_store(site.server), id));
}

static void
check(const struct response *rs)
{
	bool policy = false;
	json_t *json;

	if (rs->status < 200 || rs->status > 599)
		abort();
	for (int i = 0; i < rs->headers_len; i++)
		policy |= strcmp(rs->headers[i].name,
		    "Content-Security-Policy") == 0;
	if (!policy)
		abort();
	if (rs->fixed != NULL || rs->type == NULL ||
	    strstr(rs->type, "json") == NULL || strstr(rs->type, "nd") != NULL)
		return;
	json = json_loadb(rs->body.data, rs->body.len, JSON_REJECT_DUPLICATES,
	    NULL);
	if (json == NULL)
		abort();
	json_decref(json);
}

/* Cut the input into a head; its memory stays text's. */
static void
read_head(char *text, struct gate_head *head, struct gate_header *headers)
{
	char *rest = text, *line;

	head->method = strsep(&rest, "\n");
	head->target = rest != NULL ? strsep(&rest, "\n") : "";
	while (head->headers_len <= GATE_HEADERS_MAX && rest != NULL) {
		char *value;

		line = strsep(&rest, "\n");
		value = strstr(line, ": ");
		if (value != NULL) {
			*value = 0;
			value += 2;
		}
		headers[head->headers_len++] =
		    (struct gate_header){ line, value };
	}
}

static bool
foreign(const struct gate_head *head)
{
	const char *from = gate_header(head, "Sec-Fetch-Site", NULL);

	return from != NULL && strcmp(from, "same-origin") != 0 &&
	    strcmp(from, "none") != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_header headers[GATE_HEADERS_MAX + 1];
	struct gate_head head = { .version = "HTTP/1.1", .headers = headers };
	/* Every other input comes from a user without authority. */
	struct peer peer = { -1, true, size % 2 == 0 };
	struct request rq;
	struct response rs;
	char *text;
	bool safe;

	if (site.server == NULL)
		begin();
	text = malloc(size + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	read_head(text, &head, headers);
	safe = strcmp(head.method, "GET") == 0 ||
	    strcmp(head.method, "HEAD") == 0;
	if (serve_head(&site, &head, &peer, &rq, &rs)) {
		if (!safe && foreign(&head))
			abort();
		if (!peer.trusted && rq.route != NULL &&
		    rq.route->authority != AUTHORITY_NONE)
			abort();
		if (safe)
			serve_answer(&rq, &rs);
	}
	if (rs.status != 0)
		check(&rs);
	request_free(&rq);
	response_free(&rs);
	if (atomic_load(&site.uploads) != 0)
		abort();
	free(text);
	return 0;
}
