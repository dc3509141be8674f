/* What the rows of a sound database say about each other. */
#include "store/internal.h"

/* Rows of a curve in one chunk, as text: STORE_CHUNK. */
#define CHUNK "512"
_Static_assert(STORE_CHUNK == 512, "CHUNK is STORE_CHUNK");

const struct check_rule check_counts[] = {
	{ "pages", "PRAGMA page_count" },
	{ "free pages", "PRAGMA freelist_count" },
	{ "starts of a server", "SELECT count(*) FROM boot" },
	{ "jobs", "SELECT count(*) FROM job" },
	{ "jobs marked running", "SELECT count(*) FROM job "
	    "WHERE state = 'running'" },
	{ "changes of state", "SELECT count(*) FROM history" },
	{ "lines of log", "SELECT count(*) FROM log" },
	{ "curves", "SELECT count(*) FROM curve" },
	{ "rows of curves", "SELECT coalesce(sum(row_count), 0) FROM curve" },
	{ "checkpoints", "SELECT count(*) FROM checkpoint" },
	{ "snapshots", "SELECT count(*) FROM snapshot" },
	{ NULL, NULL },
};

#define STATE_AT_END "('succeeded', 'diverged', 'cancelled', 'failed')"

const struct check_rule check_rules[] = {
	{ "documents are JSON",
	    "SELECT 'job ' || job || ': its ' || kind || ' is not JSON' "
	    "FROM document WHERE NOT json_valid(text)" },
	{ "every job has a spec",
	    "SELECT 'job ' || id || ' has no spec' FROM job WHERE NOT EXISTS "
	    "(SELECT 1 FROM document WHERE job = job.id AND kind = 'spec')" },
	{ "tags are arrays",
	    "SELECT 'job ' || id || ': its tags are no JSON array' FROM job "
	    "WHERE NOT json_valid(tags) OR json_type(tags) <> 'array'" },
	{ "the history ends with the present state",
	    "SELECT 'job ' || id || ' is ' || state || ', but its history ends "
	    "with ' || coalesce(last, 'nothing') FROM (SELECT id, state, "
	    "(SELECT h.state FROM history h WHERE h.job = job.id "
	    "ORDER BY h.id DESC LIMIT 1) AS last FROM job) "
	    "WHERE state IS NOT last" },
	{ "running jobs were claimed",
	    "SELECT 'job ' || id || ' is running, but no server claimed it' "
	    "FROM job WHERE state = 'running' AND (attempts < 1 OR "
	    "incarnation IS NULL)" },
	{ "jobs that ended have a time of it, others none",
	    "SELECT 'job ' || id || ' is ' || state || ' and ended at ' || "
	    "finished FROM job WHERE (state IN " STATE_AT_END ") <> "
	    "(finished <> 0)" },
	{ "checkpoints are of jobs that ran",
	    "SELECT 'job ' || job || ' has a checkpoint but never ran' "
	    "FROM checkpoint WHERE (SELECT attempts FROM job "
	    "WHERE id = checkpoint.job) < 1" },
	{ "curves describe their columns",
	    "SELECT 'curve ' || name || ' of job ' || job || ': its header is "
	    "not JSON' FROM curve WHERE NOT json_valid(header)" },
	{ "curves have no gap",
	    "SELECT 'curve ' || name || ' of job ' || job || ' has ' || "
	    "row_count || ' rows in ' || chunks || ' chunks' FROM "
	    "(SELECT name, job, row_count, (SELECT count(*) FROM chunk "
	    "WHERE curve = curve.id) AS chunks FROM curve) "
	    "WHERE chunks <> (row_count + " CHUNK " - 1) / " CHUNK },
	{ "chunks are as long as their rows",
	    "SELECT 'curve ' || name || ' of job ' || job || ': ' || "
	    "length(data) || ' bytes at row ' || first FROM chunk "
	    "JOIN curve ON curve.id = chunk.curve WHERE first % " CHUNK " <> 0 "
	    "OR first < 0 OR length(data) <> "
	    "8 * columns * min(" CHUNK ", row_count - first)" },
	{ "snapshots describe themselves",
	    "SELECT 'snapshot ' || id || ': its metadata is not JSON' "
	    "FROM snapshot WHERE NOT json_valid(metadata)" },
	{ NULL, NULL },
};
