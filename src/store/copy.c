/* Copying a database with SQLite's backup interface, some pages at a time. */
#include "store/internal.h"

#include <stdlib.h>

#include "base/clock.h"

/* A write that comes in the middle waits for so long at most. */
#define COPY_SECONDS 0.008
#define COPY_PAGES 32
/* Instructions of SQLite between two looks at whether to stop. */
#define COPY_LOOK 100000

int
copy_open(struct copy *copy, const char *path)
{
	/* It is synced at the end, or thrown away: until then no journal and no
	 * sync.  Locked for good, so that it needs no shared memory beside it. */
	static const char *const pragmas[] = {
		"PRAGMA locking_mode = EXCLUSIVE",
		"PRAGMA journal_mode = OFF",
		"PRAGMA synchronous = OFF",
		"PRAGMA cache_size = -2000",
		"PRAGMA temp_store = MEMORY",
	};
	char *name = path_join(path, "");
	int r = ERR_MEMORY;

	if (name != NULL)
		r = conn_open(&copy->to, name, SQLITE_OPEN_READWRITE);
	free(name);
	for (size_t i = 0; r == 0 && i < sizeof pragmas / sizeof *pragmas; i++)
		r = conn_do(&copy->to, pragmas[i]);
	return r;
}

int
copy_step(struct copy *copy, struct conn *from)
{
	double end = clock_seconds() + COPY_SECONDS;
	int code, last;

	if (copy->backup == NULL)
		copy->backup = sqlite3_backup_init(copy->to.db, "main",
		    from->db, "main");
	if (copy->backup == NULL)
		return conn_error(&copy->to, sqlite3_errcode(copy->to.db));
	do
		code = sqlite3_backup_step(copy->backup, COPY_PAGES);
	while (code == SQLITE_OK && clock_seconds() < end);
	if (code == SQLITE_OK)
		return 1;
	last = sqlite3_backup_finish(copy->backup);
	copy->backup = NULL;
	if (code == SQLITE_DONE)
		code = last;
	/* The copy is new: what is damaged is the source. */
	if ((code & 0xff) == SQLITE_CORRUPT)
		from->broken = true;
	return code == SQLITE_OK ? 0 : conn_error(&copy->to, code);
}

void
copy_stop(struct copy *copy)
{
	sqlite3_backup_finish(copy->backup);
	copy->backup = NULL;
}

static int
copy_look(void *arg)
{
	struct copy *copy = arg;

	return copy->stopped != NULL && copy->stopped(copy->arg);
}

/* Whether a statement's first row is this word; the row itself is said. */
static int
copy_expect(struct copy *copy, const char *sql, const char *word,
    struct message *m)
{
	struct query q;
	char *text = NULL;
	int r = 0;

	query_begin(&q, &copy->to, sql);
	if (query_next(&q) > 0)
		text = query_get_text(&q, 0);
	if (q.error == 0 && (text == NULL ||
	    sqlite3_stricmp(text, word) != 0))
		r = message_set(m, ERR_IO, "the copy is not whole (%s): see "
		    "what l2ld check says", text != NULL ? text : "nothing");
	free(text);
	return query_end(&q) < 0 ? q.error : r;
}

int
copy_finish(struct copy *copy, struct message *m)
{
	int r;

	sqlite3_progress_handler(copy->to.db, COPY_LOOK, copy_look, copy);
	/* The copied header says that there is a log, which opens one. */
	r = conn_do(&copy->to, "SELECT 1 FROM sqlite_schema");
	if (r == 0)
		r = copy_expect(copy, "PRAGMA journal_mode = DELETE", "delete",
		    m);
	if (r == 0)
		r = copy_expect(copy, "PRAGMA quick_check(1)", "ok", m);
	if (r < 0 && copy_look(copy))
		r = ERR_SHUTDOWN;
	return r;
}

void
copy_close(struct copy *copy)
{
	copy_stop(copy);
	conn_close(&copy->to);
}
