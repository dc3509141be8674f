-- The first schema.  Never edited once released: changes are new files.
--
-- Times are milliseconds of UTC since 1970, 0 where not yet.  Arrays are raw
-- little-endian numbers in blobs, so that NaN and -0.0 keep their bits.

-- One row each time the daemon starts; its id is the incarnation.
CREATE TABLE boot (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	probed INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What lists show and what changes often; the long texts are in document.
CREATE TABLE job (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL,
	type TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused',
	    'succeeded', 'diverged', 'cancelled', 'failed')),
	reason TEXT,
	tags TEXT NOT NULL,
	notes TEXT NOT NULL,
	priority INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	incarnation INTEGER REFERENCES boot (id),
	created INTEGER NOT NULL,
	started INTEGER NOT NULL DEFAULT 0,
	finished INTEGER NOT NULL DEFAULT 0,
	done REAL NOT NULL DEFAULT 0,
	total REAL NOT NULL DEFAULT 0,
	unit TEXT NOT NULL DEFAULT '',
	run_seconds REAL NOT NULL DEFAULT 0,
	submit_key TEXT UNIQUE,
	submit_body TEXT
) STRICT;

-- The queue: state = 'queued', highest priority first, then oldest first.
CREATE INDEX job_queue ON job (state, priority DESC, id);

CREATE TABLE document (
	job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
	kind TEXT NOT NULL CHECK (kind IN ('spec', 'environment', 'results')),
	text TEXT NOT NULL,
	PRIMARY KEY (job, kind)
) STRICT;

-- Every change of state, in the order of id.
CREATE TABLE history (
	id INTEGER PRIMARY KEY,
	job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
	at INTEGER NOT NULL,
	state TEXT NOT NULL,
	reason TEXT,
	incarnation INTEGER NOT NULL,
	attempt INTEGER NOT NULL
) STRICT;

CREATE INDEX history_job ON history (job, id);

CREATE TABLE log (
	id INTEGER PRIMARY KEY,
	job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
	at INTEGER NOT NULL,
	level TEXT NOT NULL,
	text TEXT NOT NULL
) STRICT;

CREATE INDEX log_job ON log (job, id);

CREATE TABLE curve (
	id INTEGER PRIMARY KEY,
	job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	header TEXT NOT NULL,
	columns INTEGER NOT NULL CHECK (columns > 0),
	row_count INTEGER NOT NULL DEFAULT 0,
	complete INTEGER NOT NULL DEFAULT 0,
	UNIQUE (job, name)
) STRICT;

-- Up to 512 rows of doubles, row after row, from row number first on; first
-- is a multiple of 512.
CREATE TABLE chunk (
	curve INTEGER NOT NULL REFERENCES curve (id) ON DELETE CASCADE,
	first INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (curve, first)
) STRICT;

-- Weights are floats.  job is NULL for an imported snapshot.
CREATE TABLE snapshot (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	job INTEGER REFERENCES job (id) ON DELETE CASCADE,
	kind TEXT NOT NULL,
	epoch INTEGER NOT NULL,
	validation_loss REAL,
	optimizer TEXT NOT NULL,
	group_name TEXT NOT NULL,
	metadata TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	created INTEGER NOT NULL,
	weights BLOB NOT NULL
) STRICT;

CREATE INDEX snapshot_job ON snapshot (job, kind, group_name);

CREATE TABLE checkpoint (
	job INTEGER PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
	at INTEGER NOT NULL,
	data BLOB NOT NULL
) STRICT;
