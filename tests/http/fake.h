/* What the tests of http share: a server that is a store in a new folder and
 * jobs that nobody runs, and a way to ask it without a socket. */
#ifndef L2LD_TESTS_HTTP_FAKE_H
#define L2LD_TESTS_HTTP_FAKE_H

#include <check.h>
#include <jansson.h>

#include "http/peer.h"
#include "http/request.h"
#include "http/response.h"

/* Of the present test. */
extern struct site fake_site;
extern struct peer fake_peer;	/* who asks: one who needs no token */
extern struct store *fake_store;
extern struct server *fake_server;

/* What the next submit, duplicate or change of state returns; 0: what it
 * should. */
extern int fake_error;

/* How the workers are, and whether the disk is full: well at a test's begin. */
extern struct server_health fake_health;
extern bool fake_full;

/* Fixtures. */
void
fake_begin(void);
void
fake_end(void);

/* An answer: its JSON, NULL for other types. */
struct reply {
	struct response rs;
	json_t *json;
};

/* Ask as curl would.  body NULL: none; else it is sent as application/json.  A
 * further header may be given.  The answer before is freed. */
void
ask_with(struct reply *reply, const char *method, const char *target,
    const char *body, const char *name, const char *value);
void
ask(struct reply *reply, const char *method, const char *target,
    const char *body);
void
reply_free(struct reply *reply);

/* The text of a header of the answer, NULL: it has none. */
const char *
reply_header(const struct reply *reply, const char *name);

/* A member of the answer's JSON, and of an object in it. */
const char *
reply_text(const struct reply *reply, const char *member);
int64_t
reply_number(const struct reply *reply, const char *member);

/* Submit a job called name; its id. */
int64_t
fake_job(const char *name);

/* Write `count` rows (i, i * i) from row first on to the job's curve "training",
 * making it when first is 0. */
void
fake_rows(int64_t job, int64_t first, int count);

/* Insert a snapshot of an lstm with random weights. */
int64_t
fake_snapshot(int64_t job);

Suite *
suite_query(void);
Suite *
suite_route(void);
Suite *
suite_gate(void);
Suite *
suite_authority(void);
Suite *
suite_response(void);
Suite *
suite_deadline(void);
Suite *
suite_jobs(void);
Suite *
suite_curves(void);
Suite *
suite_snapshots(void);
Suite *
suite_pages(void);

#endif
