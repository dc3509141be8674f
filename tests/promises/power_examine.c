/* What a disk holds after a power loss. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/curves.h"
#include "store/jobs.h"
#include "store/snapshots.h"
#include "store/store.h"
#include "tests/promises/power.h"

int64_t power_boots;
static char wrong[512];

/* ---- contents ---- */

static uint64_t
mix(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3;
	return hash ^ hash >> 31;
}

static uint64_t
digest_row(sqlite3_stmt *stmt, uint64_t hash)
{
	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		int type = sqlite3_column_type(stmt, i);
		const void *data = sqlite3_column_blob(stmt, i);

		hash = mix(hash, &type, sizeof type);
		if (data != NULL)
			hash = mix(hash, data,
			    (size_t)sqlite3_column_bytes(stmt, i));
	}
	return hash;
}

static int
digest_table(sqlite3 *db, const char *table, uint64_t *hash)
{
	char sql[200];
	sqlite3_stmt *stmt;
	int code;

	/* Each opening of a store adds a row to boot: those do not count. */
	if (strcmp(table, "boot") == 0)
		snprintf(sql, sizeof sql, "SELECT * FROM boot WHERE id <= %lld "
		    "ORDER BY id", (long long)power_boots);
	else
		snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" ORDER BY 1, 2",
		    table);
	code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	*hash = mix(*hash, table, strlen(table));
	while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		*hash = digest_row(stmt, *hash);
		code = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
digest_all(sqlite3 *db, uint64_t *hash)
{
	sqlite3_stmt *stmt;
	int code = sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema "
	    "WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
	    -1, &stmt, NULL);

	*hash = 0xcbf29ce484222325;
	while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW)
		code = digest_table(db,
		    (const char *)sqlite3_column_text(stmt, 0), hash);
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

uint64_t
power_digest(const char *path)
{
	uint64_t hash = 0;
	sqlite3 *db;
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = digest_all(db, &hash);
	sqlite3_close(db);
	return code == SQLITE_OK ? hash : 0;
}

/* ---- what is wrong ---- */

void
power_sha256(const void *data, size_t len, char text[65])
{
	unsigned char digest[32] = { 0 };

	gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void
looked(void *arg, const char *what, int64_t count)
{
	(void)arg, (void)what, (void)count;
}

static void
found(void *arg, const char *text)
{
	(void)arg;
	if (wrong[0] == 0)
		snprintf(wrong, sizeof wrong, "%s", text);
}

static void
check(const char *path)
{
	struct store_check c = { .path = path, .digest = power_sha256,
		.looked = looked, .found = found };
	struct message m = { "" };

	if (store_check(&c, &m) < 0)
		found(NULL, m.text);
}

/* The watched job's checkpoint begins with the rows that were there when it was made. */
static void
check_ahead(struct store *store, const struct job_row *job)
{
	struct curve_row info = { 0 };
	double *values = NULL;
	int64_t saved = 0;
	size_t len, count;
	void *data;

	if (store_checkpoint_read(store, job->id, &data, &len) < 0)
		return;
	memcpy(&saved, data, len < sizeof saved ? len : sizeof saved);
	free(data);
	if (store_curve_read(store, job->id, "loss", 0, 0, &info, &values,
	    &count) < 0 || info.rows < saved)
		found(NULL, "a checkpoint is ahead of its curve");
	free(values);
	curve_row_free(&info);
}

/* It can be read through, and takes more work. */
static void
check_works(struct store *store)
{
	struct job_filter filter = { .state = -1, .limit = 1000 };
	struct job_new job = { .name = "after", .type = "train", .spec = "{}" };
	struct job_row *rows;
	int64_t id;
	size_t count;
	bool existing;

	if (store_job_list(store, &filter, &rows, &count) < 0) {
		found(NULL, "the jobs cannot be listed");
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, POWER_WATCHED) == 0)
			check_ahead(store, &rows[i]);
	job_rows_free(rows, count);
	if (store_job_insert(store, &job, &id, &existing) < 0)
		found(NULL, "no job can be added");
}

const char *
power_examine(const char *folder, uint64_t *contents, uint64_t *backup)
{
	char path[600], copy[600];
	struct message m = { "" };
	struct store *store;

	wrong[0] = 0;
	snprintf(path, sizeof path, "%s/" POWER_DATABASE, folder);
	snprintf(copy, sizeof copy, "%s/" POWER_BACKUP, folder);
	*contents = *backup = 0;
	if (access(copy, F_OK) == 0) {
		check(copy);
		*backup = power_digest(copy);
	}
	if (store_open(path, &store, &m) < 0) {
		found(NULL, m.text);
		return wrong;
	}
	*contents = power_digest(path);
	check(path);
	check_works(store);
	store_close(store);
	return wrong[0] != 0 ? wrong : NULL;
}
