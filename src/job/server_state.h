/* What a server is made of; for the files of the server. */
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
	/* Under the mutex: */
	int64_t job;		/* running here, 0: none */
	int64_t priority, memory;	/* of that job */
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
	pthread_cond_t idle;	/* a worker has let go of its job, or the disk
				 * is full */
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
	/* Room on the disk (room.c). */
	pthread_t watcher;
	bool watching;
	_Atomic bool full;	/* jobs wait for room; set under the mutex */
	/* Under the mutex: */
	long long full_free;	/* bytes that were free when it became full */
	double full_since, full_until;	/* clock of that, and of the recovery */
	double full_wait;	/* seconds to the next try without more room */
};

/* Remove what a killed server left of a backup (backup.c). */
void
server_backup_clean(const struct server *server);

/* ---- workers.c ---- */

/* Threads for a job that does not say how many, if it began now. */
int
workers_threads(struct server *server);

/* Tell the workers that there is a job in the queue, and those that run jobs of
 * lower priority to make room for it. */
void
workers_wake(struct server *server);

int
workers_start(struct server *server, struct message *m);

/* Ask all running jobs to stop where they are, and join the workers. */
void
workers_stop(struct server *server);

/* Ask the worker that runs job for something, and wait until it has let go of
 * the job or the disk is full.  False when no worker has it. */
bool
workers_request(struct server *server, int64_t job, enum run_request request);

/* ---- schedule.c ---- */

/* Ask running jobs to go back to the queue where the head of the queue is of
 * higher priority and cannot begin beside them. */
void
schedule_preempt(struct server *server);

/* A running job's priority has changed. */
void
schedule_priority(struct server *server, int64_t job, int64_t priority);

/* ---- admission.c ---- */

/* The threads that the job may get at most: what it is estimated with. */
int
admission_threads(const struct server *server, const struct spec *spec);

/* Estimate it and compare with what one job may take: ERR_INVALID with faults
 * (too_large), or others.  *e is filled as far as it can be counted. */
int
admission_size(struct server *server, const struct spec *spec,
    struct estimate *e, struct faults *faults);

/* Bytes that the jobs may still write: *room, false when there is no limit. */
bool
admission_room(struct server *server, int64_t *room);

/* ERR_FULL with a sentence among the faults (code disk_full). */
int
admission_refuse(struct server *server, int64_t disk, int64_t left,
    struct faults *faults);

/* The same unless so much fits beside what the others will still write (left);
 * then 0. */
int
admission_disk(struct server *server, int64_t disk, int64_t left,
    struct faults *faults);

/* Admit a job anew that is there already: both of the above, and the estimate is
 * stored. */
int
admission_again(struct server *server, int64_t id, struct faults *faults);

/* Estimate queued jobs that an older version left without. */
void
admission_measure(struct server *server);

/* ---- submit.c ---- */

int
submit_read(struct server *server, const char *text, size_t len,
    struct spec **spec, struct faults *faults);

/* ---- room.c ---- */

/* Watch the free disk; room_stop joins the thread. */
int
room_start(struct server *server, struct message *m);
void
room_stop(struct server *server);

/* A write found the disk full: running jobs go back to the queue, none begins
 * and none is submitted until there is room. */
void
room_lost(struct server *server);

#endif
