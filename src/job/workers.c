/* The worker threads: each takes the next job of the queue and runs it. */
#include <stdlib.h>
#include <time.h>

#include "base/crash.h"
#include "base/log.h"
#include "job/server_state.h"

/* A worker with nothing to do looks at the queue this often unasked. */
#define LOOK_SECONDS 5
/* A change of state that cannot be stored is tried again so often. */
#define END_MILLISECONDS 250

/* Wait for something to be queued after `seen`, or for the end. */
static void
await_job(struct server *server, uint64_t seen)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_SECONDS;
	pthread_mutex_lock(&server->mutex);
	while (server->queued == seen && !server->stopping)
		if (pthread_cond_timedwait(&server->queue, &server->mutex,
		    &until) != 0)
			break;
	pthread_mutex_unlock(&server->mutex);
}

/* Take a job (NULL: none).  What was wanted of the one before is over. */
static void
set_job(struct worker *worker, const struct job_row *row)
{
	struct server *server = worker->server;

	pthread_mutex_lock(&server->mutex);
	worker->job = row != NULL ? row->id : 0;
	worker->priority = row != NULL ? row->priority : 0;
	worker->memory = row != NULL ? row->memory : 0;
	worker->request = server->full ? RUN_FULL : RUN_GO_ON;
	if (server->stopping)
		worker->request = server->hurry ? RUN_LEAVE : RUN_STOP;
	pthread_cond_broadcast(&server->idle);
	pthread_mutex_unlock(&server->mutex);
}

int
workers_threads(struct server *server)
{
	int64_t waiting = 0;
	int jobs = 0;

	if (server->config.threads_per_job > 0)
		return server->config.threads_per_job;
	/* Without a count of the queue: as if it were empty. */
	(void)store_job_count(server->store, JOB_QUEUED, &waiting);
	pthread_mutex_lock(&server->mutex);
	for (int i = 0; i < server->config.workers; i++)
		jobs += server->workers[i].job != 0;
	pthread_mutex_unlock(&server->mutex);
	if (waiting > server->config.workers - jobs)
		waiting = server->config.workers - jobs;
	if (server->only == 0)
		jobs += (int)waiting;
	return jobs > 1 && server->cores / jobs >= 1 ? server->cores / jobs :
	    jobs > 1 ? 1 : server->cores;
}

/* Threads that the job's spec asks for; 0: as the server has it. */
static int
spec_threads(const struct job_row *row)
{
	json_t *spec = json_loads(row->spec, 0, NULL);
	json_int_t threads = json_integer_value(json_object_get(spec,
	    "threads"));

	json_decref(spec);
	return (int)threads;
}

/* What the job runs on becomes part of its record. */
static void
note_environment(struct server *server, const struct job_row *row, int threads)
{
	int wanted = spec_threads(row);
	json_t *environment = server_environment(server,
	    wanted > 0 ? wanted : threads);
	char *text = json_dumps(environment, JSON_COMPACT);

	if (text == NULL || store_job_set_environment(server->store, row->id,
	    text) < 0)
		log_job(LOG_WARNING, row->id,
		    "its environment cannot be stored");
	free(text);
	json_decref(environment);
}

/* The budget may have been lowered while the job waited. */
static bool
too_large(const struct server *server, const struct job_row *row)
{
	if (server->config.memory <= 0 ||
	    row->memory <= server->config.memory)
		return false;
	log_job(LOG_ERROR, row->id, "needs more than --memory allows");
	(void)store_log_async(server->store, row->id, "error", "failed: it "
	    "needs more memory than --memory of the server allows");
	return true;
}

/* Store how the job ended.  While that is impossible it is tried again: the job
 * neither runs nor may it seem to. */
static void
store_end(struct server *server, const struct job_row *row,
    const struct run_end *end)
{
	struct timespec pause = { .tv_nsec = END_MILLISECONDS * 1000000l };

	for (bool told = false;; told = true) {
		int r = store_job_move(server->store, row->id,
		    1u << JOB_RUNNING, end->state, end->reason, NULL);

		if (r == 0)
			return;
		if (r == ERR_FULL)
			room_lost(server);
		if (!told)
			log_job(LOG_ERROR, row->id, "its end cannot be stored: "
			    "%s", err_text(r));
		/* The next boot finds it running, and goes on from there. */
		if (server->stopping || r == ERR_CONFLICT ||
		    r == ERR_NOT_FOUND)
			return;
		nanosleep(&pause, NULL);
	}
}

static void
run_claimed(struct worker *worker, const struct job_row *row)
{
	struct server *server = worker->server;
	struct run_end end = { .state = JOB_FAILED, .reason = "too_large" };
	int threads;

	set_job(worker, row);
	crash_set_job(row->id);
	/* Others may have waited for this one to be taken. */
	schedule_preempt(server);
	if (!too_large(server, row)) {
		threads = workers_threads(server);
		note_environment(server, row, threads);
		run_job(server->store, server->data_folder, threads, row,
		    &worker->request, &server->rate, &end);
	}
	crash_set_job(0);
	if (end.state == JOB_QUEUED && end.full)
		room_lost(server);
	store_end(server, row, &end);
	set_job(worker, NULL);
}

static int
claim(struct server *server, struct job_row *row)
{
	if (server->full)
		return ERR_FULL;
	return store_job_claim(server->store, server->only,
	    server->config.memory, row);
}

static void *
worker_main(void *arg)
{
	struct worker *worker = arg;
	struct server *server = worker->server;

	crash_set_job(0);	/* which names the thread, too */
	while (!server->stopping) {
		struct job_row row;
		uint64_t seen;
		int r;

		pthread_mutex_lock(&server->mutex);
		seen = server->queued;
		pthread_mutex_unlock(&server->mutex);
		r = claim(server, &row);
		if (r == 0) {
			run_claimed(worker, &row);
			job_row_free(&row);
			/* One that waited for memory may fit now. */
			workers_wake(server);
			continue;
		}
		if (r == ERR_FULL && !server->full)
			room_lost(server);
		else if (r != ERR_NOT_FOUND && r != ERR_LIMIT && r != ERR_FULL)
			log_error("the queue cannot be read: %s", err_text(r));
		await_job(server, seen);
	}
	return NULL;
}

void
workers_wake(struct server *server)
{
	pthread_mutex_lock(&server->mutex);
	server->queued++;
	pthread_cond_broadcast(&server->queue);
	pthread_mutex_unlock(&server->mutex);
	schedule_preempt(server);
}

int
workers_start(struct server *server, struct message *m)
{
	for (int i = 0; i < server->config.workers; i++) {
		struct worker *worker = &server->workers[i];

		worker->server = server;
		if (pthread_create(&worker->thread, NULL, worker_main,
		    worker) != 0)
			return message_set(m, ERR_MEMORY, "worker %d cannot be "
			    "started", i);
		pthread_mutex_lock(&server->mutex);
		server->started++;
		pthread_mutex_unlock(&server->mutex);
	}
	return 0;
}

void
workers_stop(struct server *server)
{
	pthread_mutex_lock(&server->mutex);
	server->stopping = true;
	for (int i = 0; i < server->started; i++)
		server->workers[i].request = server->hurry ? RUN_LEAVE :
		    RUN_STOP;
	pthread_cond_broadcast(&server->queue);
	pthread_mutex_unlock(&server->mutex);
	for (int i = 0; i < server->started; i++)
		pthread_join(server->workers[i].thread, NULL);
	pthread_mutex_lock(&server->mutex);
	server->started = 0;
	pthread_mutex_unlock(&server->mutex);
}

void
server_hurry(struct server *server)
{
	if (server == NULL)
		return;
	pthread_mutex_lock(&server->mutex);
	server->hurry = true;
	if (server->stopping)
		for (int i = 0; i < server->started; i++)
			server->workers[i].request = RUN_LEAVE;
	pthread_mutex_unlock(&server->mutex);
}

static struct worker *
find_worker(struct server *server, int64_t job)
{
	for (int i = 0; i < server->config.workers; i++)
		if (server->workers[i].job == job)
			return &server->workers[i];
	return NULL;
}

bool
workers_request(struct server *server, int64_t job, enum run_request request)
{
	struct worker *worker;
	bool found;

	pthread_mutex_lock(&server->mutex);
	worker = find_worker(server, job);
	found = worker != NULL;
	/* A stop of the server goes before anything else. */
	if (found && worker->request < RUN_STOP)
		worker->request = (int)request;
	while (worker != NULL && worker->job == job && !server->full)
		pthread_cond_wait(&server->idle, &server->mutex);
	pthread_mutex_unlock(&server->mutex);
	return found;
}
