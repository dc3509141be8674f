/* What a server is made of; for server.c, workers.c and actions.c. */
#ifndef L2LD_JOB_SERVER_STATE_H
#define L2LD_JOB_SERVER_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "job/run.h"
#include "job/server.h"

#define SERVER_WORKERS_MAX 256
#define SERVER_PATH_MAX 4096

struct worker {
	struct server *server;
	pthread_t thread;
	int64_t job;		/* running here, 0: none; under the mutex */
	_Atomic int request;	/* enum run_request, for that job */
	/* The thread's CPU seconds, and when they were last seen to grow; under
	 * the mutex. */
	double spent, moved;
};

struct server {
	struct server_config config;
	char *state_folder, *data_folder;	/* config's, copied */
	struct store *store;
	pthread_mutex_t mutex;
	pthread_cond_t queue;	/* a job was queued, or the server stops */
	pthread_cond_t idle;	/* a worker has let go of its job */
	struct worker workers[SERVER_WORKERS_MAX];
	int cores;
	int started;
	int64_t only;		/* workers take this job alone; 0: any */
	uint64_t queued;	/* counts what was put into the queue */
	_Atomic bool stopping;
	bool hurry;		/* without checkpoints; under the mutex */
	bool stopped;
	bool backing_up;	/* under the mutex */
	/* Work per second (see rule_work) of one thread, as measured. */
	_Atomic double rate;
};

/* Remove what a killed server left of a backup (backup.c). */
void
server_backup_clean(const struct server *server);

/* Threads for a job that does not say how many, if it began now. */
int
workers_threads(struct server *server);

/* Tell the workers that there is a job in the queue. */
void
workers_wake(struct server *server);

int
workers_start(struct server *server, struct message *m);

/* Ask all running jobs to stop where they are, and join the workers. */
void
workers_stop(struct server *server);

/* Ask the worker that runs job for something, and wait until it has let go of
 * the job.  False when no worker has it. */
bool
workers_request(struct server *server, int64_t job, enum run_request request);

#endif
