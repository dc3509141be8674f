#include "job/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/file.h"
#include "base/log.h"
#include "job/server_state.h"
#include "num/lstm.h"

/* Until a job has been measured: the share of this machine's multiply-add peak
 * that training gets done, in the measure of rule_work. */
#define RATE_SHARE 0.9
#define RATE_ROUNDS 1000000	/* of the peak's loop: a few milliseconds */

static double
first_rate(void)
{
	double begin = clock_seconds();
	double flops = lstm_kernels()->peak(RATE_ROUNDS);

	return RATE_SHARE * flops / (clock_seconds() - begin);
}

static int
server_alloc(const struct server_config *config, struct server **out)
{
	struct server *server = calloc(1, sizeof *server);
	pthread_condattr_t monotonic;

	*out = server;
	if (server == NULL)
		return ERR_MEMORY;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&server->mutex, NULL);
	pthread_cond_init(&server->queue, &monotonic);
	pthread_cond_init(&server->idle, NULL);
	pthread_condattr_destroy(&monotonic);
	server->rate = first_rate();
	server->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (server->cores < 1)
		server->cores = 1;
	server->config = *config;
	server->state_folder = strdup(config->state_folder);
	server->data_folder = strdup(config->data_folder);
	server->config.state_folder = server->state_folder;
	server->config.data_folder = server->data_folder;
	if (server->state_folder == NULL || server->data_folder == NULL)
		return ERR_MEMORY;
	return 0;
}

/* What the last boot left running goes on, unless it is what ended it. */
static int
recover_jobs(struct server *server, struct message *m)
{
	struct crash_report report;
	int64_t count, failed;
	int r = crash_watch(server->state_folder, &report, m);

	if (r < 0)
		return r;
	if (report.job != 0)
		log_error("the server crashed while it ran job %lld",
		    (long long)report.job);
	r = store_job_requeue(server->store, report.job, report.starved, &count,
	    &failed);
	if (r < 0)
		return message_set(m, r, "interrupted jobs cannot be put back "
		    "into the queue: %s", err_text(r));
	if (failed > 0)
		log_error("%lld job%s not tried again after three crashes",
		    (long long)failed, failed > 1 ? "s are" : " is");
	if (count > 0)
		log_info("%lld interrupted job%s put back into the queue",
		    (long long)count, count > 1 ? "s were" : " was");
	return 0;
}

int
server_new(const struct server_config *config, struct server **out,
    struct message *m)
{
	struct server *server;
	char path[SERVER_PATH_MAX];
	int r;

	*out = NULL;
	if (config->workers > SERVER_WORKERS_MAX)
		return message_set(m, ERR_LIMIT, "at most %d workers are "
		    "possible", SERVER_WORKERS_MAX);
	r = server_alloc(config, &server);
	if (r < 0) {
		message_set(m, r, "out of memory");
		goto out;
	}
	r = file_make_folder(config->state_folder, m);
	if (r < 0)
		goto out;
	snprintf(path, sizeof path, "%s/l2ld.sqlite", config->state_folder);
	r = store_open(path, &server->store, m);
	if (r < 0)
		goto out;
	server_backup_clean(server);
	r = recover_jobs(server, m);
	if (r < 0)
		goto out;
	admission_measure(server);
	*out = server;
	server = NULL;
	r = 0;
out:
	server_free(server);
	return r;
}

int
server_start(struct server *server, int64_t only, struct message *m)
{
	int r;

	server->only = only;
	r = room_start(server, m);
	return r < 0 ? r : workers_start(server, m);
}

void
server_stop(struct server *server)
{
	if (server == NULL || server->stopped)
		return;
	server->stopped = true;
	workers_stop(server);
	room_stop(server);
	if (server->store != NULL)
		store_wake(server->store);
}

void
server_free(struct server *server)
{
	if (server == NULL)
		return;
	server_stop(server);
	store_close(server->store);
	pthread_cond_destroy(&server->idle);
	pthread_cond_destroy(&server->queue);
	pthread_mutex_destroy(&server->mutex);
	free(server->state_folder);
	free(server->data_folder);
	free(server);
}

const struct server_config *
server_config(const struct server *server)
{
	return &server->config;
}

int
server_threads(struct server *server)
{
	return workers_threads(server);
}

struct store *
server_store(struct server *server)
{
	return server->store;
}

bool
server_stopping(const struct server *server)
{
	return server->stopping;
}

bool
server_full(const struct server *server)
{
	return server->full;
}
