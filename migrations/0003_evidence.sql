-- Pages as they were fetched, articles that are looked at again, and articles that a person moved to another story.

-- A page as it was fetched: once, however often it was had, until its time is over.
CREATE TABLE pages (
    -- In hex, of the bytes before packing; article_versions.page_sha256 names it.
    sha256       TEXT PRIMARY KEY,
    content_type TEXT,
    -- How many, before packing.
    bytes        INTEGER NOT NULL CHECK (bytes >= 0),
    -- By zlib (RFC 1950).
    packed       BLOB NOT NULL,
    -- When it was fetched last: from then on its time runs.
    fetched      INTEGER NOT NULL
) STRICT;
CREATE INDEX pages_fetched ON pages (fetched);

CREATE TRIGGER pages_are_never_edited BEFORE UPDATE OF sha256, content_type, bytes, packed ON pages
BEGIN SELECT RAISE(ABORT, 'pages stay as they were fetched'); END;

-- Articles whose pages are looked at again, since outlets change them in place.
CREATE TABLE looks (
    article       INTEGER PRIMARY KEY REFERENCES articles (id),
    -- The item that led to it: what its feed said of it fills gaps of the page.
    item          INTEGER REFERENCES items (id) ON DELETE SET NULL,
    -- Where its page was had, after all redirects, and what is needed to ask for it only if it has changed.
    url           TEXT NOT NULL,
    etag          TEXT,
    last_modified TEXT,
    page_sha256   TEXT NOT NULL,
    -- The publication that the times of the looks are counted from; it stays.
    published     INTEGER NOT NULL,
    -- NULL: there will be no further look.
    next          INTEGER,
    -- What came of the last look, in words; NULL before the first.
    outcome       TEXT
) STRICT;
CREATE INDEX looks_next ON looks (next) WHERE next IS NOT NULL;
CREATE INDEX looks_item ON looks (item) WHERE item IS NOT NULL;

-- Which story an article belongs to by a person's decision, whatever story its claims were made in. The latest
-- decision holds.
CREATE TABLE assignments (
    article INTEGER PRIMARY KEY REFERENCES articles (id),
    story   INTEGER NOT NULL REFERENCES stories (id),
    made    INTEGER NOT NULL
) STRICT;
CREATE INDEX assignments_story ON assignments (story);
CREATE INDEX changes_article ON changes (claim_article);
