-- What a poller must remember to be polite and to notice that a feed has fallen ill.
--
-- Spans of time are whole milliseconds.

-- The address that permanent redirects have led to for days, asked in place of `url`.
ALTER TABLE feeds ADD COLUMN moved TEXT;
-- The address that the last answers have named as permanent, since when, and how many of them in a row.
ALTER TABLE feeds ADD COLUMN moving_to TEXT;
ALTER TABLE feeds ADD COLUMN moving_since INTEGER;
ALTER TABLE feeds ADD COLUMN moving_answers INTEGER;
-- SHA-256 of the user agent, headers, login and proxy that the validators were given for; NULL for the usual ones.
ALTER TABLE feeds ADD COLUMN manner TEXT;
-- The mean time between two items.
ALTER TABLE feeds ADD COLUMN pace INTEGER CHECK (pace >= 0);
-- What the document asks for: ttl, the period it changes in, and, as bits, hours and days in which it wants rest.
ALTER TABLE feeds ADD COLUMN ttl INTEGER CHECK (ttl >= 0);
ALTER TABLE feeds ADD COLUMN period INTEGER CHECK (period >= 0);
ALTER TABLE feeds ADD COLUMN skip_hours INTEGER NOT NULL DEFAULT 0 CHECK (skip_hours BETWEEN 0 AND 16777215);
ALTER TABLE feeds ADD COLUMN skip_days INTEGER NOT NULL DEFAULT 0 CHECK (skip_days BETWEEN 0 AND 127);
-- Since when it has not answered as a feed.
ALTER TABLE feeds ADD COLUMN failing_since INTEGER;
-- Since when it is over (410).
ALTER TABLE feeds ADD COLUMN ended INTEGER;
-- What people were told last of its health, and what they are still to be told.
ALTER TABLE feeds ADD COLUMN told TEXT CHECK (told IN ('failing', 'recovered', 'quiet', 'gone'));
ALTER TABLE feeds ADD COLUMN notice TEXT CHECK (notice IN ('failing', 'recovered', 'quiet', 'gone'));

CREATE INDEX feeds_due ON feeds (next_check) WHERE configured AND ended IS NULL;
CREATE INDEX feeds_notice ON feeds (name) WHERE notice IS NOT NULL;

-- Hosts that have asked to be left alone (429), by the name of their queue.
CREATE TABLE host_rests (
    host  TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
