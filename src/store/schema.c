/* What kind of file it is, and bringing its schema up to date. */
#include "store/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

/* A statement whose first row has one integer. */
static int
get_number(struct conn *c, const char *sql, int64_t *number)
{
	struct query q;

	*number = 0;
	query_begin(&q, c, sql);
	if (query_next(&q) > 0)
		*number = query_get_int(&q, 0);
	return query_end(&q);
}

/* A migration's number is what its name begins with. */
static int64_t
step_number(const struct embedded *step)
{
	return strtol(step->name, NULL, 10);
}

int64_t
schema_newest(void)
{
	int64_t newest = 0;

	for (const struct embedded *step = store_migrations;
	    step->name != NULL; step++)
		newest = step_number(step);
	return newest;
}

int
schema_identify(struct conn *c, const char *path, int64_t *version,
    struct message *m)
{
	int64_t application, objects = 0, newest = schema_newest();
	int r;

	r = get_number(c, "PRAGMA application_id", &application);
	if (r == 0)
		r = get_number(c, "PRAGMA user_version", version);
	if (r == 0)
		r = get_number(c, "SELECT count(*) FROM sqlite_schema",
		    &objects);
	if (r == ERR_FORMAT)
		return message_set(m, r, "%s is not a database; it was left as "
		    "it is: choose another place for the state", path);
	if (r < 0)
		return message_set(m, r, "cannot read the database %s: %s",
		    path, sqlite3_errmsg(c->db));
	if (application == 0 && *version == 0 && objects == 0)
		return 0;
	if (application != STORE_APPLICATION_ID)
		return message_set(m, ERR_FORMAT, "%s is a database of another "
		    "program; it was left as it is: choose another place for "
		    "the state", path);
	if (*version > newest)
		return message_set(m, ERR_FORMAT, "%s was written by a newer "
		    "l2ld (schema %lld, this one knows %lld); it was left as "
		    "it is: install the newer l2ld", path,
		    (long long)*version, (long long)newest);
	return 0;
}

/* How this program works with a file of its own. */
static int
schema_configure(struct conn *c, const char *path, struct message *m)
{
	/* auto_vacuum counts before the first table, journal_mode stays with
	 * the file, the others are the connection's. */
	static const char *const pragmas[] = {
		"PRAGMA auto_vacuum = INCREMENTAL",
		"PRAGMA secure_delete = OFF",
		"PRAGMA temp_store = MEMORY",
		"PRAGMA synchronous = FULL",
		"PRAGMA foreign_keys = ON",
		"PRAGMA journal_size_limit = 67108864",
		"PRAGMA cache_size = -8000",
	};
	struct query q;
	const char *mode = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof pragmas / sizeof *pragmas; i++)
		r = conn_do(c, pragmas[i]);
	if (r == 0) {
		query_begin(&q, c, "PRAGMA journal_mode = WAL");
		if (query_next(&q) > 0)
			mode = (const char *)sqlite3_column_text(q.stmt, 0);
		if (mode == NULL || sqlite3_stricmp(mode, "wal") != 0)
			r = message_set(m, ERR_IO, "%s cannot have a write-ahead "
			    "log: put it on a local file system", path);
		if (query_end(&q) == 0)
			return r;
		r = q.error;
	}
	if (r < 0)
		message_set(m, r, "cannot set up the database %s: %s", path,
		    sqlite3_errmsg(c->db));
	return r;
}

/* One migration in one transaction: it is there whole or not at all. */
static int
schema_step(struct conn *c, const struct embedded *step, int64_t number)
{
	char end[128];
	int code;

	snprintf(end, sizeof end, "PRAGMA application_id = %d; "
	    "PRAGMA user_version = %lld; COMMIT", STORE_APPLICATION_ID,
	    (long long)number);
	code = sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(c->db, (const char *)step->data, NULL, NULL,
		    NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(c->db, end, NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : conn_error(c, code);
}

int
schema_open(struct conn *c, const char *path, struct message *m)
{
	const struct embedded *step;
	int64_t version = 0;
	int r;

	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* Closing a foreign file must not work on its log. */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	r = schema_identify(c, path, &version, m);
	if (r < 0)
		return r;
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	r = schema_configure(c, path, m);
	if (r < 0)
		return r;
	for (step = store_migrations; step->name != NULL; step++) {
		if (step_number(step) <= version)
			continue;
		r = schema_step(c, step, step_number(step));
		if (r < 0) {
			message_set(m, r, "cannot bring the database %s to "
			    "schema %s: %s", path, step->name,
			    sqlite3_errmsg(c->db));
			conn_rollback(c);
			return r;
		}
		log_info("database: schema %s", step->name);
	}
	return 0;
}
