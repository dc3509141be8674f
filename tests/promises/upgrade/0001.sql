-- Rows as l2ld of schema 1 wrote them: every table, every state.
INSERT INTO boot (id, at, probed) VALUES (1, 1790000000000, 0),
	(2, 1790000100000, 1790000100500);
INSERT INTO job (id, name, type, state, reason, tags, notes, priority, attempts,
    incarnation, created, started, finished, done, total, unit, run_seconds,
    submit_key, submit_body) VALUES
	(1, 'zuerst – ≤ 80', 'train', 'succeeded', NULL, '["a", "β"]', 'notes
in two lines', 0, 1, 1, 1790000000001, 1790000000002, 1790000000900, 20, 20,
	    'epochs', 1.5, 'key-1', 'body-1'),
	(2, '', 'evaluate', 'queued', 'restarted', '[]', '', -5, 2, 2,
	    1790000000003, 1790000000004, 0, 3.25, 10, 'runs', 0.1, NULL, NULL),
	(4, 'running when it was killed', 'train', 'running', NULL, '[]', '',
	    9, 1, 2, 1790000000005, 1790000000006, 0, 7, 100, 'epochs', 2.75,
	    'key-4', 'body-4'),
	(5, 'p', 'train', 'paused', 'requested', '[]', '', 0, 1, 2,
	    1790000000007, 1790000000008, 0, 0, 0, '', 0, NULL, NULL),
	(6, 'd', 'train', 'diverged', NULL, '[]', '', 0, 1, 1, 1790000000009,
	    1790000000010, 1790000000011, 1, 2, 'epochs', 1e308, NULL, NULL),
	(7, 'c', 'train', 'cancelled', 'requested', '[]', '', 0, 0, NULL,
	    1790000000012, 0, 1790000000013, 0, 0, '', 0, NULL, NULL),
	(9, 'f', 'train', 'failed', 'internal', '[]', '', 0, 3, 2,
	    1790000000014, 1790000000015, 1790000000016, 0, 0, '', 0, NULL,
	    NULL);
INSERT INTO document (job, kind, text)
	SELECT id, 'spec', json_object('problem', json_object('type', 'simple'),
	    'optimizer', json_object('type', 'sgd'), 'name', name) FROM job;
INSERT INTO document (job, kind, text) VALUES
	(1, 'environment', '{"version":"0.0.9"}'),
	(1, 'results', '{"evaluations":[]}');
INSERT INTO history (job, at, state, reason, incarnation, attempt)
	SELECT id, created, 'queued', NULL, 1, 0 FROM job;
INSERT INTO history (job, at, state, reason, incarnation, attempt)
	SELECT id, created + 1, 'running', NULL, 1, 1 FROM job
	WHERE attempts > 0;
INSERT INTO history (job, at, state, reason, incarnation, attempt)
	SELECT id, created + 2, state, reason, 2, attempts FROM job
	WHERE state <> 'running';
INSERT INTO log (job, at, level, text) VALUES (1, 1790000000500, 'info', 'a'),
	(1, 1790000000501, 'warning', 'b'), (4, 1790000000502, 'error', 'ü');
INSERT INTO curve (id, job, name, header, columns, row_count, complete) VALUES
	(1, 1, 'training', '{"columns":["epoch","loss"]}', 2, 600, 1),
	(2, 4, 'training', '{"columns":["epoch","loss"]}', 2, 1, 0),
	(3, 5, 'validation', '{"columns":["loss"]}', 1, 0, 0);
-- Eight digits are the eight bytes of a number.
INSERT INTO chunk (curve, first, data)
	SELECT 1, 512 * (n / 1024), CAST(group_concat(printf('%08d', n), '')
	    AS BLOB) FROM (WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL
	    SELECT n + 1 FROM c WHERE n < 1199) SELECT n FROM c)
	GROUP BY n / 1024;
-- NaN and -0.0, as they lie in memory.
INSERT INTO chunk (curve, first, data)
	VALUES (2, 0, x'000000000000f87f0000000000000080');
INSERT INTO snapshot (id, job, kind, epoch, validation_loss, optimizer,
    group_name, metadata, sha256, created, weights) VALUES
	(3, 1, 'best', 10, 0.25, 'lstm', '', '{}',
	    'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119',
	    1790000000600, x'00000000'),
	(5, NULL, 'imported', 0, NULL, 'lstm', 'w', '{"from":"elsewhere"}',
	    'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119',
	    1790000000601, x'00000000');
INSERT INTO checkpoint (job, at, data) VALUES (2, 1790000000700, x'0102'),
	(4, 1790000000701, zeroblob(70000));
