-- What a job is expected to take, and how it fares.

-- The estimate at its submission, in bytes; 0: of an older version, not known.
ALTER TABLE job ADD COLUMN memory INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN disk INTEGER NOT NULL DEFAULT 0;

-- How often in a row the daemon ended because of it, and whether the present
-- attempt has written anything.
ALTER TABLE job ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN wrote INTEGER NOT NULL DEFAULT 0;
