#include "store/internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int
conn_open(struct conn *c, const char *path, int flags)
{
	int code;

	*c = (struct conn){ 0 };
	/* Each connection is used by one thread at a time: no mutex in it. */
	code = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (c->db == NULL)
		return ERR_MEMORY;
	sqlite3_extended_result_codes(c->db, 1);
	return code == SQLITE_OK ? 0 : conn_error(c, code);
}

void
conn_close(struct conn *c)
{
	for (int i = 0; i < c->cached; i++)
		sqlite3_finalize(c->cache[i].stmt);
	sqlite3_close(c->db);
	*c = (struct conn){ 0 };
}

/* After a failed fsync nobody knows what is on the disk, and the next fsync may
 * succeed without having written it. */
static bool
is_fsync(int code)
{
	return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

/* Nothing may be written after these.  The other I/O errors say that something
 * was not read, written, cut or locked, and it was not acknowledged: the
 * transaction is undone, and it may be tried again. */
static bool
is_fatal(int code)
{
	int base = code & 0xff;

	return is_fsync(code) || base == SQLITE_CORRUPT ||
	    base == SQLITE_NOTADB || code == SQLITE_IOERR_CORRUPTFS ||
	    code == SQLITE_IOERR_DATA;
}

static int
code_of(int code, int system)
{
	if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
		return ERR_NOT_FOUND;
	switch (code & 0xff) {
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_NOMEM:
		return ERR_MEMORY;
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	case SQLITE_NOTADB:
		return ERR_FORMAT;
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_NOMEM)
			return ERR_MEMORY;
		/* EDQUOT: the user's share of the disk is full. */
		return !is_fsync(code) && (system == ENOSPC ||
		    system == EDQUOT) ? ERR_FULL : ERR_IO;
	case SQLITE_BUSY:
	case SQLITE_CANTOPEN:
	case SQLITE_CORRUPT:
	case SQLITE_LOCKED:
	case SQLITE_PERM:
	case SQLITE_PROTOCOL:
	case SQLITE_READONLY:
		return ERR_IO;
	default:
		return ERR_INTERNAL;
	}
}

int
conn_error(struct conn *c, int code)
{
	int base = code & 0xff, system = 0;

	if (base == SQLITE_IOERR || base == SQLITE_CANTOPEN)
		system = sqlite3_system_errno(c->db);
	if (is_fatal(code))
		c->broken = true;
	if (base != SQLITE_CONSTRAINT) {
		c->failed = true;
		if (c->logged != code)
			log_error("database: %s (code %d)%s%s",
			    sqlite3_errmsg(c->db), code,
			    system != 0 ? ": " : "",
			    system != 0 ? strerror(system) : "");
		c->logged = code;
	}
	return code_of(code, system);
}

void
conn_settle(struct conn *c)
{
	if (!c->failed && c->logged != 0) {
		log_info("database: works again");
		c->logged = 0;
	}
	c->failed = false;
}

int
conn_do(struct conn *c, const char *sql)
{
	struct query q;

	query_begin(&q, c, sql);
	return query_run(&q);
}

void
conn_rollback(struct conn *c)
{
	if (!sqlite3_get_autocommit(c->db))
		conn_do(c, "ROLLBACK");
}

int
conn_begin(struct conn *c, const char *sql)
{
	/* Without memory the end of the one before may have failed. */
	int r = sqlite3_get_autocommit(c->db) ? 0 : conn_do(c, "ROLLBACK");

	return r < 0 ? r : conn_do(c, sql);
}

/* The statement of this text, prepared on first use. */
static int
conn_prepare(struct conn *c, const char *sql, sqlite3_stmt **stmt)
{
	int code, i;

	for (i = 0; i < c->cached && c->cache[i].sql != sql; i++)
		;
	if (i == c->cached) {
		if (i == (int)(sizeof c->cache / sizeof c->cache[0]))
			return ERR_INTERNAL;
		code = sqlite3_prepare_v3(c->db, sql, -1,
		    SQLITE_PREPARE_PERSISTENT, &c->cache[i].stmt, NULL);
		if (code != SQLITE_OK)
			return conn_error(c, code);
		c->cache[i].sql = sql;
		c->cached++;
	}
	*stmt = c->cache[i].stmt;
	return 0;
}

void
query_begin(struct query *q, struct conn *c, const char *sql)
{
	*q = (struct query){ .conn = c };
	q->error = conn_prepare(c, sql, &q->stmt);
}

static void
query_bound(struct query *q, int code)
{
	if (code != SQLITE_OK)
		q->error = conn_error(q->conn, code);
}

void
query_int(struct query *q, int64_t value)
{
	if (q->error == 0)
		query_bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, value));
}

void
query_real(struct query *q, double value)
{
	if (q->error == 0)
		query_bound(q, sqlite3_bind_double(q->stmt, ++q->bound, value));
}

void
query_text(struct query *q, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (q->error == 0 && len > STORE_BLOB_MAX)
		q->error = ERR_LIMIT;
	if (q->error == 0)
		query_bound(q, sqlite3_bind_text(q->stmt, ++q->bound, text,
		    (int)len, SQLITE_STATIC));
}

void
query_blob(struct query *q, const void *data, size_t len)
{
	if (q->error == 0 && len > STORE_BLOB_MAX)
		q->error = ERR_LIMIT;
	/* A NULL pointer would bind NULL where an empty blob is meant. */
	if (q->error == 0)
		query_bound(q, sqlite3_bind_blob(q->stmt, ++q->bound,
		    len > 0 ? data : "", (int)len, SQLITE_STATIC));
}

int
query_next(struct query *q)
{
	int code;

	if (q->error < 0)
		return q->error;
	code = sqlite3_step(q->stmt);
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return 0;
	q->error = conn_error(q->conn, code);
	return q->error;
}

int
query_run(struct query *q)
{
	while (query_next(q) > 0)
		;
	return query_end(q);
}

int
query_end(struct query *q)
{
	int code;

	if (q->stmt != NULL) {
		/* A statement left before its end ends here, and what it
		 * commits may fail here. */
		code = sqlite3_reset(q->stmt);
		if (code != SQLITE_OK && q->error == 0)
			q->error = conn_error(q->conn, code);
		/* Or it would point to the caller's memory. */
		sqlite3_clear_bindings(q->stmt);
	}
	q->stmt = NULL;
	return q->error;
}

int64_t
query_get_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

double
query_get_real(struct query *q, int column)
{
	if (sqlite3_column_type(q->stmt, column) == SQLITE_NULL)
		return (double)NAN;
	return sqlite3_column_double(q->stmt, column);
}

char *
query_get_text(struct query *q, int column)
{
	const char *text;
	char *copy = NULL;

	if (sqlite3_column_type(q->stmt, column) == SQLITE_NULL)
		return NULL;
	text = (const char *)sqlite3_column_text(q->stmt, column);
	if (text != NULL)
		copy = strdup(text);
	if (copy == NULL)
		q->error = ERR_MEMORY;
	return copy;
}

const void *
query_get_blob(struct query *q, int column, size_t *len)
{
	const void *blob = sqlite3_column_blob(q->stmt, column);

	*len = (size_t)sqlite3_column_bytes(q->stmt, column);
	if (blob == NULL && *len > 0)
		q->error = ERR_MEMORY;
	return blob;
}
