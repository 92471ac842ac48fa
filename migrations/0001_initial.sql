-- The first form of the database.
--
-- Times are whole milliseconds since 1970-01-01 UTC. Enums stand as their words. Addresses stand as text. Counts of
-- people are whole numbers. Lists that are never searched stand as JSON. Yes and no are 1 and 0.

-- "toll" in ASCII: by this `file` and other programs know the database.
PRAGMA application_id = 1953459308;

-- What is remembered of a feed between polls.
CREATE TABLE feeds (
    name          TEXT PRIMARY KEY,
    url           TEXT NOT NULL,
    etag          TEXT,
    last_modified TEXT,
    body_hash     TEXT,
    next_check    INTEGER NOT NULL,
    last_poll     INTEGER,
    last_success  INTEGER,
    last_new      INTEGER,
    failures      INTEGER NOT NULL CHECK (failures >= 0),
    trouble       TEXT,
    -- Whether the config lists it; a feed taken out of the config keeps its memory and is not polled.
    configured    INTEGER NOT NULL DEFAULT 1 CHECK (configured IN (0, 1)),
    -- Whether its past has been taken in.
    baseline_done INTEGER NOT NULL DEFAULT 0 CHECK (baseline_done IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE articles (
    id   INTEGER PRIMARY KEY,
    url  TEXT NOT NULL UNIQUE,
    made INTEGER NOT NULL
) STRICT;

-- What an article said, each time that it said something else. Append-only.
CREATE TABLE article_versions (
    article     INTEGER NOT NULL REFERENCES articles (id),
    version     INTEGER NOT NULL CHECK (version >= 1),
    outlet      TEXT NOT NULL,
    language    TEXT,
    published   INTEGER,
    modified    INTEGER,
    -- Title, blank line, a paragraph a line: spans of claims count bytes of this.
    text        TEXT NOT NULL,
    flags       TEXT NOT NULL CHECK (json_valid(flags)),
    -- The 64 bits as a signed number.
    fingerprint INTEGER NOT NULL,
    -- SHA-256 of the page as fetched, in hex; NULL where the text came from the feed.
    page_sha256 TEXT,
    fetched     INTEGER NOT NULL,
    PRIMARY KEY (article, version)
) STRICT;

-- The entries of feeds. One row an item, whatever the number of feeds that carry it.
CREATE TABLE items (
    id         INTEGER PRIMARY KEY,
    -- The feed that brought it, or that changed it last.
    feed       TEXT NOT NULL,
    -- The keys as they came last, strongest first.
    keys       TEXT NOT NULL CHECK (json_valid(keys)),
    guid       TEXT,
    link       TEXT,
    title      TEXT NOT NULL,
    published  INTEGER,
    updated    INTEGER,
    summary    TEXT,
    -- Kept only until the item has been read.
    content    TEXT,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'read', 'failed', 'skipped')),
    -- Whether it belongs to the past of its feed, which is taken in silently.
    baseline   INTEGER NOT NULL CHECK (baseline IN (0, 1)),
    -- Failed readings since it was last queued.
    attempts   INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Readings that were begun and never ended: the process died, perhaps of them.
    cut_short  INTEGER NOT NULL DEFAULT 0 CHECK (cut_short >= 0),
    next_try   INTEGER NOT NULL,
    -- What came of the last reading, in words.
    outcome    TEXT,
    article    INTEGER REFERENCES articles (id),
    made       INTEGER NOT NULL,
    -- When a reading last ended for good.
    ended      INTEGER
) STRICT;
CREATE INDEX items_waiting ON items (next_try) WHERE state = 'waiting';
CREATE INDEX items_article ON items (article) WHERE article IS NOT NULL;

-- Under which keys an item is known. `scope` is empty for a key that means the same in every feed, else the feed's name.
CREATE TABLE item_keys (
    scope TEXT NOT NULL,
    key   TEXT NOT NULL,
    item  INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_keys_item ON item_keys (item);

-- In which wordings each feed has carried an item: a wording not seen before means that the item was changed.
CREATE TABLE sightings (
    item  INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    feed  TEXT NOT NULL,
    -- SHA-256 over title, time of change and summary.
    stamp BLOB NOT NULL,
    seen  INTEGER NOT NULL,
    PRIMARY KEY (item, feed, stamp)
) STRICT, WITHOUT ROWID;

CREATE TABLE stories (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    slug        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    configured  TEXT,
    muted       INTEGER NOT NULL DEFAULT 0 CHECK (muted IN (0, 1)),
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    profile     TEXT NOT NULL CHECK (json_valid(profile)),
    -- The story that this one was merged into by hand; never a story that is itself merged.
    merged_into INTEGER REFERENCES stories (id) CHECK (merged_into <> id)
) STRICT;
CREATE INDEX stories_last ON stories (last) WHERE merged_into IS NULL;
CREATE INDEX stories_merged ON stories (merged_into) WHERE merged_into IS NOT NULL;

-- Append-only: what an article version said is true of that version for good.
CREATE TABLE claims (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    article      INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    nth          INTEGER NOT NULL CHECK (nth >= 1),
    story        INTEGER NOT NULL REFERENCES stories (id),
    measure      TEXT NOT NULL CHECK (measure IN ('killed', 'injured', 'missing', 'displaced', 'detained', 'abducted', 'casualties')),
    "group"      TEXT NOT NULL CHECK ("group" IN ('people', 'civilians', 'women', 'children', 'security_forces', 'fighters', 'journalists', 'aid_workers')),
    source       TEXT,
    bound        TEXT NOT NULL CHECK (bound IN ('exact', 'at_least', 'at_most', 'about', 'range', 'vague')),
    low          INTEGER,
    high         INTEGER,
    status       TEXT NOT NULL CHECK (status IN ('current', 'previous', 'projected', 'disputed')),
    scope        TEXT NOT NULL CHECK (scope IN ('story', 'part', 'other')),
    place        TEXT,
    period       TEXT,
    said_by      TEXT,
    quote        TEXT NOT NULL,
    number_start INTEGER NOT NULL,
    number_end   INTEGER NOT NULL,
    span_start   INTEGER NOT NULL,
    span_end     INTEGER NOT NULL,
    rule         TEXT NOT NULL,
    -- In thousandths.
    confidence   INTEGER NOT NULL CHECK (confidence BETWEEN 0 AND 1000),
    outlet       TEXT NOT NULL,
    url          TEXT NOT NULL,
    published    INTEGER NOT NULL,
    seen         INTEGER NOT NULL,
    fingerprint  INTEGER NOT NULL,
    verdict      TEXT NOT NULL CHECK (verdict IN ('told', 'baseline', 'restated', 'copied', 'stale', 'held', 'kept')),
    UNIQUE (article, version, nth),
    FOREIGN KEY (article, version) REFERENCES article_versions (article, version)
) STRICT;
CREATE INDEX claims_story ON claims (story, published);

-- Append-only: what readers were, or could have been, told.
CREATE TABLE changes (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    story         INTEGER NOT NULL REFERENCES stories (id),
    measure       TEXT NOT NULL CHECK (measure IN ('killed', 'injured', 'missing', 'displaced', 'detained', 'abducted', 'casualties')),
    "group"       TEXT NOT NULL CHECK ("group" IN ('people', 'civilians', 'women', 'children', 'security_forces', 'fighters', 'journalists', 'aid_workers')),
    source        TEXT,
    kind          TEXT NOT NULL CHECK (kind IN ('first', 'rise', 'fall', 'conflict')),
    before_bound  TEXT CHECK (before_bound IN ('exact', 'at_least', 'at_most', 'about', 'range', 'vague')),
    before_low    INTEGER,
    before_high   INTEGER,
    after_bound   TEXT NOT NULL CHECK (after_bound IN ('exact', 'at_least', 'at_most', 'about', 'range', 'vague')),
    after_low     INTEGER,
    after_high    INTEGER,
    reason        TEXT NOT NULL CHECK (reason IN ('new count', 'higher', 'above the bound told before', 'corrected', 'fewer than before',
                      'lower, from the same source again', 'a second outlet', 'sources disagree',
                      'confirmed by a second voice', 'the article was changed in place')),
    claim_article INTEGER NOT NULL,
    claim_version INTEGER NOT NULL,
    claim_nth     INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    -- When it was found; `at` is when it was published.
    made          INTEGER NOT NULL,
    FOREIGN KEY (claim_article, claim_version, claim_nth) REFERENCES claims (article, version, nth)
) STRICT;
CREATE INDEX changes_story ON changes (story, id);

-- The outbox. Bytes and Message-ID are fixed before the first attempt.
CREATE TABLE mails (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id  TEXT NOT NULL UNIQUE,
    sender      TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    -- NULL for a digest of several stories.
    story       INTEGER REFERENCES stories (id),
    bytes       BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'dead')),
    attempts    INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at     INTEGER NOT NULL,
    last_reason TEXT,
    made        INTEGER NOT NULL,
    sent_at     INTEGER,
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
) STRICT;
CREATE INDEX mails_queued ON mails (next_at) WHERE state = 'queued';
CREATE INDEX mails_thread ON mails (story, recipient);

CREATE TABLE alerts (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient TEXT NOT NULL,
    story     INTEGER NOT NULL REFERENCES stories (id),
    due       INTEGER NOT NULL,
    -- The mail that tells it; NULL until one has been composed.
    mail      INTEGER REFERENCES mails (id)
) STRICT;
CREATE INDEX alerts_pending ON alerts (due) WHERE mail IS NULL;
CREATE INDEX alerts_mail ON alerts (mail) WHERE mail IS NOT NULL;

-- The key says that no change is told to a recipient twice.
CREATE TABLE alert_changes (
    recipient TEXT NOT NULL,
    change    INTEGER NOT NULL REFERENCES changes (id),
    alert     INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    PRIMARY KEY (recipient, change)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_changes_alert ON alert_changes (alert);

CREATE TRIGGER claims_are_never_edited BEFORE UPDATE ON claims
BEGIN SELECT RAISE(ABORT, 'claims are append-only'); END;
CREATE TRIGGER claims_are_never_deleted BEFORE DELETE ON claims
BEGIN SELECT RAISE(ABORT, 'claims are append-only'); END;
CREATE TRIGGER changes_are_never_edited BEFORE UPDATE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;
CREATE TRIGGER changes_are_never_deleted BEFORE DELETE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;
CREATE TRIGGER article_versions_are_never_edited BEFORE UPDATE ON article_versions
BEGIN SELECT RAISE(ABORT, 'article versions are append-only'); END;
CREATE TRIGGER article_versions_are_never_deleted BEFORE DELETE ON article_versions
BEGIN SELECT RAISE(ABORT, 'article versions are append-only'); END;
