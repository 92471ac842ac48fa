-- A feed that is asked at another address than that of the config is told of too.
--
-- SQLite cannot widen the check of a column: both are made anew.
DROP INDEX feeds_notice;
ALTER TABLE feeds RENAME COLUMN told TO told_before;
ALTER TABLE feeds RENAME COLUMN notice TO notice_before;
ALTER TABLE feeds ADD COLUMN told TEXT CHECK (told IN ('failing', 'recovered', 'quiet', 'gone', 'moved'));
ALTER TABLE feeds ADD COLUMN notice TEXT CHECK (notice IN ('failing', 'recovered', 'quiet', 'gone', 'moved'));
UPDATE feeds SET told = told_before, notice = notice_before;
ALTER TABLE feeds DROP COLUMN told_before;
ALTER TABLE feeds DROP COLUMN notice_before;
CREATE INDEX feeds_notice ON feeds (name) WHERE notice IS NOT NULL;

-- The manner of asking was kept as a hash of headers and login that anybody with a list of passwords could try. It is
-- salted and cut short from here on; without it each such feed is asked unconditionally once.
UPDATE feeds SET manner = NULL;
