/* A store at work: every kind of write, the log copied, cut and removed, pages
 * given back, backups. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/curves.h"
#include "store/jobs.h"
#include "store/snapshots.h"
#include "store/store.h"
#include "tests/promises/disk.h"
#include "tests/promises/power.h"
#include "tests/promises/record.h"

#define ROWS 30			/* of a curve in a round */
#define COLUMNS 3
#define IDLE_MICROSECONDS 1300000	/* the log is cut when nothing happens */

struct power_ack *power_acks;
size_t power_acks_len, power_begin;

static struct store *store;
static char path[600], backup_path[600];
static uint64_t backup, version;
static int64_t rows;

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "power: %s: %d\n", what, r);
	exit(2);
}

/* All that was asked for so far is acknowledged. */
static void
ack(void)
{
	struct power_ack *to;

	power_acks = realloc(power_acks, (power_acks_len + 1) *
	    sizeof *power_acks);
	if (power_acks == NULL)
		abort();
	to = &power_acks[power_acks_len++];
	/* No write is under way: an idle store copies its log at most. */
	*to = (struct power_ack){ .at = disk_len,
		.contents = power_digest(path), .backup = backup };
	must(to->contents == 0 ? -1 : 0, "the contents cannot be read");
	to->parts = store != NULL && store_version(store) > version + 1;
	version = store != NULL ? store_version(store) : 0;
}

static void
open_store(void)
{
	struct message m;

	must(store_open(path, &store, &m), "open");
	ack();
}

static int64_t
insert(const char *name)
{
	struct job_new job = { .name = name, .type = "train", .spec = "{}" };
	int64_t id;
	bool existing;

	must(store_job_insert(store, &job, &id, &existing), "insert");
	ack();
	return id;
}

static int64_t
begin_job(void)
{
	int64_t job = insert(POWER_WATCHED);
	struct job_row row;

	must(store_job_claim(store, job, 0, &row), "claim");
	job_row_free(&row);
	ack();
	must(store_curve_open(store, job, "loss", "[]", COLUMNS), "curve");
	ack();
	rows = 0;
	return job;
}

/* Rows, and a checkpoint that begins with how many there are. */
static void
points(int64_t job, int round)
{
	double values[ROWS * COLUMNS];
	int64_t saved[400];

	for (int i = 0; i < ROWS * COLUMNS; i++)
		values[i] = (double)round * 1000 + i;
	must(store_curve_write_async(store, job, "loss", rows, ROWS, COLUMNS,
	    values), "points");
	rows += ROWS;
	for (size_t i = 0; i < sizeof saved / sizeof *saved; i++)
		saved[i] = i == 0 ? rows : round;
	must(store_job_progress_async(store, job, round, 100, "epochs", 1),
	    "progress");
	must(store_log_async(store, job, "info", "a line"), "log");
	must(store_checkpoint_write_async(store, job, saved, sizeof saved),
	    "checkpoint");
	must(store_flush(store, job), "flush");
	ack();
}

static void
snapshot(int64_t job, int round)
{
	float weights[2000];
	char sha256[65];
	struct snapshot_row row = { .job = job, .kind = "periodic",
		.epoch = round, .optimizer = "lstm", .metadata = "{}",
		.sha256 = sha256, .weights = weights, .len = 2000 };
	int64_t id;

	for (int i = 0; i < 2000; i++)
		weights[i] = (float)(i + round);
	power_sha256(weights, sizeof weights, sha256);
	must(store_snapshot_insert(store, &row, &id), "snapshot");
	ack();
	if (round % 2 == 0)
		return;
	must(store_snapshot_delete(store, id), "snapshot deletion");
	ack();
}

static void
make_backup(void)
{
	char temporary[FILE_PATH_MAX];
	int fd = file_temporary(backup_path, temporary, NULL);
	uint64_t contents = power_digest(path);

	must(fd, "backup");
	close(fd);
	must(store_backup(store, temporary, NULL), "backup");
	must(file_place(temporary, backup_path, false, NULL), "placing it");
	backup = contents;
	ack();
}

/* A job that comes and goes, with enough to give back. */
static void
delete_one(void)
{
	int64_t job = insert("deleted");
	double values[2000] = { 0 };

	must(store_curve_open(store, job, "loss", "[]", 1), "curve");
	ack();
	must(store_curve_write_async(store, job, "loss", 0, 2000, 1, values),
	    "points");
	must(store_flush(store, job), "flush");
	ack();
	must(store_job_delete(store, job), "deletion");
	ack();
}

static void
small_changes(int64_t job, int round)
{
	struct job_patch patch = { .notes = round % 2 ? "odd" : "even" };

	must(store_job_patch(store, job, &patch), "patch");
	ack();
	must(store_job_set_results(store, job, "{\"tables\":[]}"), "results");
	ack();
	must(store_probe(store), "probe");
	ack();
}

/* As after a restart: back to the last whole hundred. */
static void
truncate_curve(int64_t job)
{
	struct job_row row;
	int64_t count, failed;

	must(store_job_requeue(store, 0, false, &count, &failed), "requeue");
	ack();
	must(store_job_claim(store, job, 0, &row), "claim");
	job_row_free(&row);
	ack();
	/* Its checkpoint goes back first. */
	rows -= rows % 100;
	must(store_checkpoint_write_async(store, job, &rows, sizeof rows),
	    "checkpoint");
	must(store_flush(store, job), "flush");
	ack();
	must(store_curve_truncate(store, job, "loss", rows), "truncate");
	ack();
}

void
power_work(const char *folder, int rounds)
{
	int64_t job;

	snprintf(path, sizeof path, "%s/" POWER_DATABASE, folder);
	snprintf(backup_path, sizeof backup_path, "%s/" POWER_BACKUP, folder);
	record_set(true);
	open_store();
	job = begin_job();
	for (int round = 1; round <= rounds; round++) {
		points(job, round);
		if (round % 4 == 0)
			snapshot(job, round);
		if (round % 5 == 0)
			small_changes(job, round);
		if (round % 9 == 0)
			delete_one();
		if (round % 11 == 0)
			truncate_curve(job);
		if (round % 23 == 0)
			usleep(IDLE_MICROSECONDS);
		if (round == rounds / 2) {
			make_backup();
			store_close(store);
			version = 0;
			open_store();
		}
	}
	must(store_job_move(store, job, 1u << JOB_RUNNING, JOB_SUCCEEDED, NULL,
	    NULL), "end");
	ack();
	store_close(store);
	store = NULL;
	ack();
	record_set(false);
}

void
power_upgrade(const char *folder)
{
	struct message m;

	snprintf(path, sizeof path, "%s/" POWER_DATABASE, folder);
	record_file(folder, POWER_DATABASE);
	record_file(folder, POWER_DATABASE "-wal");
	power_begin = disk_len;
	record_set(true);
	must(store_open(path, &store, &m), "upgrade");
	power_boots = store_incarnation(store) - 1;
	store_close(store);
	store = NULL;
	record_set(false);
	ack();
	/* Nothing else may ever be read from it. */
	power_acks[0].at = power_begin;
}
