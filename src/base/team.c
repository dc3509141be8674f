#include "base/team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/crash.h"
#include "base/err.h"

/* How often a waiting thread looks before it sleeps: about half a millisecond, in
 * which most optimizees are evaluated.  Waking up takes a tenth of that. */
#define SPINS 40000

struct member {
	struct team *team;
	pthread_t thread;
	int number;
};

struct team {
	int size;
	struct member *members;		/* size - 1 started threads */
	int started;
	pthread_mutex_t mutex;
	pthread_cond_t begin, end;
	bool quit;
	int64_t job;			/* of the thread that made it */
	/* The section under way. */
	void (*work)(void *, size_t, int);
	void *arg;
	size_t items;
	_Atomic size_t next;		/* first item nobody has taken */
	_Atomic uint32_t section;	/* counts sections begun */
	_Atomic int busy;		/* started threads still in it */
};

static inline void
pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static void
take_items(struct team *team, int number)
{
	size_t item;

	while ((item = atomic_fetch_add(&team->next, 1)) < team->items)
		team->work(team->arg, item, number);
}

/* Wait for a section other than the last one seen; false to quit. */
static bool
await_section(struct team *team, uint32_t seen)
{
	bool quit;

	for (int i = 0; i < SPINS; i++) {
		if (atomic_load(&team->section) != seen)
			break;
		pause_cpu();
	}
	pthread_mutex_lock(&team->mutex);
	while (atomic_load(&team->section) == seen && !team->quit)
		pthread_cond_wait(&team->begin, &team->mutex);
	quit = team->quit;
	pthread_mutex_unlock(&team->mutex);
	return !quit;
}

static void *
member_main(void *arg)
{
	struct member *member = arg;
	struct team *team = member->team;
	uint32_t seen = 0;

	if (team->job != 0)
		crash_set_job(team->job);
	while (await_section(team, seen)) {
		seen++;
		take_items(team, member->number);
		if (atomic_fetch_sub(&team->busy, 1) == 1) {
			pthread_mutex_lock(&team->mutex);
			pthread_cond_signal(&team->end);
			pthread_mutex_unlock(&team->mutex);
		}
	}
	if (team->job != 0)
		crash_set_job(0);
	return NULL;
}

int
team_new(int threads, struct team **out)
{
	struct team *team = calloc(1, sizeof *team);

	*out = NULL;
	if (team == NULL)
		return ERR_MEMORY;
	team->size = threads;
	team->job = crash_job();
	pthread_mutex_init(&team->mutex, NULL);
	pthread_cond_init(&team->begin, NULL);
	pthread_cond_init(&team->end, NULL);
	team->members = calloc((size_t)threads, sizeof *team->members);
	if (team->members == NULL) {
		team_free(team);
		return ERR_MEMORY;
	}
	for (int i = 0; i < threads - 1; i++) {
		struct member *member = &team->members[i];

		member->team = team;
		member->number = i + 1;
		if (pthread_create(&member->thread, NULL, member_main,
		    member) != 0) {
			team_free(team);
			return ERR_MEMORY;
		}
		team->started++;
	}
	*out = team;
	return 0;
}

void
team_free(struct team *team)
{
	if (team == NULL)
		return;
	pthread_mutex_lock(&team->mutex);
	team->quit = true;
	pthread_cond_broadcast(&team->begin);
	pthread_mutex_unlock(&team->mutex);
	for (int i = 0; i < team->started; i++)
		pthread_join(team->members[i].thread, NULL);
	pthread_cond_destroy(&team->end);
	pthread_cond_destroy(&team->begin);
	pthread_mutex_destroy(&team->mutex);
	free(team->members);
	free(team);
}

int
team_size(const struct team *team)
{
	return team != NULL ? team->size : 1;
}

void
team_run(struct team *team, size_t items,
    void (*work)(void *arg, size_t item, int member), void *arg)
{
	if (team_size(team) == 1 || items <= 1) {
		for (size_t i = 0; i < items; i++)
			work(arg, i, 0);
		return;
	}
	pthread_mutex_lock(&team->mutex);
	team->work = work;
	team->arg = arg;
	team->items = items;
	atomic_store(&team->next, 0);
	atomic_store(&team->busy, team->started);
	atomic_fetch_add(&team->section, 1);
	pthread_cond_broadcast(&team->begin);
	pthread_mutex_unlock(&team->mutex);

	take_items(team, 0);
	for (int i = 0; i < SPINS && atomic_load(&team->busy) > 0; i++)
		pause_cpu();
	pthread_mutex_lock(&team->mutex);
	while (atomic_load(&team->busy) > 0)
		pthread_cond_wait(&team->end, &team->mutex);
	pthread_mutex_unlock(&team->mutex);
}
