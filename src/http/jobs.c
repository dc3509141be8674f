#include <stddef.h>
#include <stdlib.h>

#include "http/handlers.h"
#include "http/job_answer.h"
#include "http/job_json.h"
#include "http/json.h"
#include "job/server.h"

struct submit_options {
	bool dry_run;
};

const struct param jobs_submit_query[] = {
	{ .name = "dry_run", .kind = PARAM_BOOL, .preset = "false",
	    .offset = offsetof(struct submit_options, dry_run),
	    .text = "Only check the spec and say what the job would take." },
	{ 0 }
};

static void
submit_dry(const struct request *rq, struct response *rs, struct faults *faults)
{
	json_t *answer = NULL;
	int r = server_dry_run(rq->server, rq->body != NULL ? rq->body : "",
	    rq->body_len, &answer, faults);

	if (r == 0)
		response_json(rs, 200, answer);
	else
		job_answer_faults(rs, r, faults);
}

static void
submit_real(const struct request *rq, struct response *rs,
    struct faults *faults)
{
	bool existing = false;
	int64_t id;
	int r = server_submit(rq->server, rq->body != NULL ? rq->body : "",
	    rq->body_len, rq->key, &id, &existing, faults);

	if (r == 0) {
		/* A request that is sent again gets the answer that was lost. */
		if (existing)
			response_header(rs, "Idempotency-Replayed", "true");
		job_answer_new(rq->server, rs, id);
	} else if (r == ERR_CONFLICT) {
		response_problem(rs, 422, "key_reused", "This Idempotency-Key "
		    "was used for another job; take a new one.");
	} else if (r == ERR_LIMIT) {
		response_header(rs, "Retry-After", "30");
		response_problem(rs, 429, "queue_full", "%d jobs are queued "
		    "already; submit again when some have run.",
		    SERVER_QUEUE_LIMIT);
	} else {
		job_answer_faults(rs, r, faults);
	}
}

void
jobs_submit(const struct request *rq, struct response *rs)
{
	struct submit_options options;
	struct faults *faults;

	if (!request_options(rq, rs, &options))
		return;
	/* Some 40 KiB: too much for the small stack of a connection. */
	faults = calloc(1, sizeof *faults);
	if (faults == NULL) {
		response_error(rs, ERR_MEMORY, "memory");
		return;
	}
	if (options.dry_run)
		submit_dry(rq, rs, faults);
	else
		submit_real(rq, rs, faults);
	free(faults);
}

struct list_options {
	int state, sort;
	int64_t limit;
	char type[PARAM_TEXT_MAX], tag[PARAM_TEXT_MAX], q[PARAM_TEXT_MAX];
	char cursor[PARAM_TEXT_MAX];
};

/* In the order of enum job_state, after "any". */
static const char *const list_states[] = { "any", "queued", "running", "paused",
	"succeeded", "diverged", "cancelled", "failed", NULL };

enum list_sort { SORT_NEWEST, SORT_OLDEST };
static const char *const list_sorts[] = { "newest", "oldest", NULL };

#define LIST(member) .offset = offsetof(struct list_options, member)

const struct param jobs_list_query[] = {
	{ .name = "state", .kind = PARAM_CHOICE, .preset = "any", LIST(state),
	    .choices = list_states, .text = "Only jobs in this state." },
	{ .name = "type", .kind = PARAM_TEXT, .preset = "", LIST(type),
	    .text = "Only jobs of this type: train or evaluate." },
	{ .name = "tag", .kind = PARAM_TEXT, .preset = "", LIST(tag),
	    .text = "Only jobs with this tag." },
	{ .name = "q", .kind = PARAM_TEXT, .preset = "", LIST(q),
	    .text = "Only jobs with this text in name, notes or tags." },
	{ .name = "limit", .kind = PARAM_INT, .preset = "50", LIST(limit),
	    .min = 1, .max = 500, .text = "At most so many jobs." },
	{ .name = "cursor", .kind = PARAM_TEXT, .preset = "", LIST(cursor),
	    .text = "The next_cursor of the page before." },
	{ .name = "sort", .kind = PARAM_CHOICE, .preset = "newest", LIST(sort),
	    .choices = list_sorts, .text = "Which jobs come first." },
	{ 0 }
};

static json_t *
list_json(struct server *server, const struct job_row *rows, size_t count,
    bool more)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < count; i++)
		if (json_array_append_new(list,
		    job_json_short(server, &rows[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	return json_page("jobs", list, more ? rows[count - 1].id : 0);
}

void
jobs_list(const struct request *rq, struct response *rs)
{
	struct list_options options;
	struct job_filter filter = { 0 };
	struct job_row *rows = NULL;
	size_t count = 0, shown;
	int r;

	if (!request_options(rq, rs, &options) ||
	    !request_cursor(rs, options.cursor, &filter.before))
		return;
	filter.state = options.state - 1;
	filter.type = options.type[0] != 0 ? options.type : NULL;
	filter.tag = options.tag[0] != 0 ? options.tag : NULL;
	filter.text = options.q[0] != 0 ? options.q : NULL;
	filter.oldest_first = options.sort == SORT_OLDEST;
	/* One more than is shown says whether there is a next page. */
	filter.limit = (int)options.limit + 1;
	r = store_job_list(server_store(rq->server), &filter, &rows, &count);
	if (r < 0) {
		response_error(rs, r, "list of jobs");
		return;
	}
	shown = count > (size_t)options.limit ? (size_t)options.limit : count;
	response_json(rs, 200, list_json(rq->server, rows, shown,
	    count > shown));
	job_rows_free(rows, count);
}

void
jobs_read(const struct request *rq, struct response *rs)
{
	job_answer(rq->server, rs, 200, rq->id);
}

void
jobs_delete(const struct request *rq, struct response *rs)
{
	int r = server_delete(rq->server, rq->id);

	if (r == 0)
		rs->status = 204;
	else
		job_answer_error(rs, r, rq->id);
}
