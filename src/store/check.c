/* Checking a database without writing to it. */
#include "store/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one kind no more than so many are said. */
#define CHECK_SAID 20

static void
check_found(struct store_check *check, const char *text)
{
	check->findings++;
	check->found(check->arg, text);
}

/* Say each row of a statement whose first column is a sentence. */
static int
check_rows(struct store_check *check, struct conn *c, const char *sql)
{
	struct query q;
	char *text;
	int more = 0;

	query_begin(&q, c, sql);
	while (query_next(&q) > 0) {
		if (++more > CHECK_SAID)
			continue;
		text = query_get_text(&q, 0);
		if (text != NULL && strcmp(text, "ok") != 0)
			check_found(check, text);
		free(text);
	}
	if (more > CHECK_SAID)
		check_found(check, "and more of that kind");
	return query_end(&q);
}

/* PRAGMA foreign_key_check: table, rowid, the table it refers to. */
static int
check_references(struct store_check *check, struct conn *c)
{
	struct query q;
	char *table, *parent, text[256];
	int said = 0;

	query_begin(&q, c, "PRAGMA foreign_key_check");
	while (query_next(&q) > 0 && said++ < CHECK_SAID) {
		table = query_get_text(&q, 0);
		parent = query_get_text(&q, 2);
		snprintf(text, sizeof text, "row %lld of %s belongs to no %s",
		    (long long)query_get_int(&q, 1), table != NULL ? table :
		    "?", parent != NULL ? parent : "?");
		check_found(check, text);
		free(table);
		free(parent);
	}
	return query_end(&q);
}

static int
check_count(struct store_check *check, struct conn *c,
    const struct check_rule *rule)
{
	struct query q;

	query_begin(&q, c, rule->sql);
	if (query_next(&q) > 0)
		check->looked(check->arg, rule->text, query_get_int(&q, 0));
	return query_end(&q);
}

/* Weights against the digest that was taken of them as they were made. */
static int
check_snapshots(struct store_check *check, struct conn *c)
{
	char digest[65], text[256];
	struct query q;
	const void *weights;
	char *said;
	size_t len;

	query_begin(&q, c, "SELECT id, sha256, weights FROM snapshot");
	while (query_next(&q) > 0) {
		said = query_get_text(&q, 1);
		weights = query_get_blob(&q, 2, &len);
		if (said == NULL || q.error < 0) {
			free(said);
			break;
		}
		check->digest(weights != NULL ? weights : "", len, digest);
		snprintf(text, sizeof text, "snapshot %lld: its weights are "
		    "not those that were stored: SHA-256 %s, not %.64s",
		    (long long)query_get_int(&q, 0), digest, said);
		if (len % sizeof(float) != 0 || strcmp(digest, said) != 0)
			check_found(check, text);
		free(said);
	}
	return query_end(&q);
}

/* All from one state of the database. */
static int
check_all(struct store_check *check, struct conn *c)
{
	const struct check_rule *rule;
	int r = conn_do(c, "BEGIN");

	for (rule = check_counts; r == 0 && rule->text != NULL; rule++)
		r = check_count(check, c, rule);
	if (r == 0)
		r = check_rows(check, c, "PRAGMA integrity_check(20)");
	if (r == 0)
		r = check_references(check, c);
	for (rule = check_rules; r == 0 && rule->text != NULL; rule++)
		r = check_rows(check, c, rule->sql);
	if (r == 0)
		r = check_snapshots(check, c);
	return r;
}

/* A damaged page ends the reading: that too is a finding. */
static int
check_error(struct store_check *check, struct conn *c, int r, struct message *m)
{
	char text[256];

	if (r == 0)
		return 0;
	if (r != ERR_FORMAT && !c->broken)
		return message_set(m, r, "cannot read %s: %s", check->path,
		    c->db != NULL ? sqlite3_errmsg(c->db) : err_text(r));
	snprintf(text, sizeof text, "it cannot be read on: %s",
	    sqlite3_errmsg(c->db));
	check_found(check, text);
	return 0;
}

int
store_check(struct store_check *check, struct message *m)
{
	struct still still;
	struct conn *c = &still.conn;
	int64_t version = 0;
	int r;

	check->findings = 0;
	r = still_open(&still, check->path, m);
	if (r == 0)
		r = schema_identify(c, check->path, &version, m);
	if (r < 0)
		goto out;
	check->looked(check->arg, "schema", version);
	r = check_error(check, c, version > 0 ? check_all(check, c) : 0, m);
	if (r == 0)
		r = still_changed(&still, check->path, m);
out:
	conn_close(c);
	return r;
}
