/* Connections to SQLite and their prepared statements. */
#ifndef L2LD_STORE_QUERY_H
#define L2LD_STORE_QUERY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Statements that a connection keeps: more than there are in all files, each
 * counted wherever it stands, as equal texts need not have one address. */
#define STORE_STATEMENTS 256

/* A connection and its prepared statements, by the address of their text.
 * Used by one thread at a time. */
struct conn {
	sqlite3 *db;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} cache[STORE_STATEMENTS];
	int cached;
	bool failed;		/* an error was met since conn_settle */
	int logged;		/* the last logged error, until it is over */
	bool broken;		/* a failed fsync or a corrupt file */
};

/* Open path (absolute, or beginning with "./": never a URI) with flags of
 * sqlite3_open_v2.  On failure the connection must still be closed. */
int
conn_open(struct conn *c, const char *path, int flags);

/* Finalizes the statements and closes; accepts a connection never opened. */
void
conn_close(struct conn *c);

/* The ERR_* for a result code of SQLite.  What is the system's fault is logged
 * once until it is over. */
int
conn_error(struct conn *c, int code);

/* At the end of a piece of work: say so when an earlier failure is over. */
void
conn_settle(struct conn *c);

/* A statement without parameters and rows. */
int
conn_do(struct conn *c, const char *sql);

/* Begin a transaction with this statement; one that is still open, since undoing
 * it failed, is undone first. */
int
conn_begin(struct conn *c, const char *sql);

/* Undo whatever transaction is open. */
void
conn_rollback(struct conn *c);

/* One use of a statement: begin, bind the parameters in order, then run it or
 * step through its rows, and end.  The first error sticks. */
struct query {
	struct conn *conn;
	sqlite3_stmt *stmt;
	int error;
	int bound;
};

/* sql must be a constant: its address is the key of the statement cache. */
void
query_begin(struct query *q, struct conn *c, const char *sql);
void
query_int(struct query *q, int64_t value);
/* NaN becomes NULL. */
void
query_real(struct query *q, double value);
/* Texts and blobs must live until query_end; a NULL text is NULL. */
void
query_text(struct query *q, const char *text);
void
query_blob(struct query *q, const void *data, size_t len);

/* 1: a row is there; 0: no more; or ERR_*. */
int
query_next(struct query *q);
/* Step to the end, then query_end; 0 or ERR_*. */
int
query_run(struct query *q);
/* Give the statement back.  Returns the error, if there was one. */
int
query_end(struct query *q);

/* The row's columns, from 0. */
int64_t
query_get_int(struct query *q, int column);
/* NULL is NaN. */
double
query_get_real(struct query *q, int column);
/* A copy that the caller frees; NULL for NULL.  A failed allocation sets the
 * query's error. */
char *
query_get_text(struct query *q, int column);
/* Valid until the next step; NULL when empty. */
const void *
query_get_blob(struct query *q, int column, size_t *len);

/* An array of count rows of size bytes with room for one more, which is zeroed;
 * it takes the place of rows.  NULL without memory: rows is as it was. */
void *
rows_grow(void *rows, size_t count, size_t size);

/* Copy count numbers of width bytes between the machine's order of bytes and
 * little-endian, either way. */
void
copy_little(void *to, const void *from, size_t count, size_t width);

#endif
