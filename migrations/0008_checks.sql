-- When the database was looked through for damage, and what was found: at each start quickly, each week as a whole.
CREATE TABLE checks (
    kind  TEXT PRIMARY KEY CHECK (kind IN ('quick', 'whole')),
    at    INTEGER NOT NULL,
    -- NULL: nothing amiss.
    found TEXT
) STRICT, WITHOUT ROWID;
