-- What keeps the outbox as a whole waiting, and when a mail was set aside.

-- While the mail server cannot be reached, or takes nothing from us as we are set up, no mail is tried; none of them has
-- failed by that. No row: nothing keeps them.
CREATE TABLE mail_pause (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    kind     TEXT NOT NULL CHECK (kind IN ('unreachable', 'misconfigured')),
    reason   TEXT NOT NULL,
    since    INTEGER NOT NULL,
    -- When one mail is tried, to see whether it is over.
    until    INTEGER NOT NULL,
    -- How many trials have failed in a row.
    trials   INTEGER NOT NULL CHECK (trials >= 1)
) STRICT;

-- When a mail was set aside; NULL for those set aside before this was kept.
ALTER TABLE mails ADD COLUMN set_aside INTEGER;

-- The order in which mails go out, and in which each recipient's do: with all that decides, since in a row it stands
-- behind the whole message.
CREATE INDEX mails_in_order ON mails (id, state, next_at, recipient, made) WHERE state = 'queued';
CREATE INDEX mails_in_turn ON mails (recipient, id, state, next_at, made) WHERE state = 'queued';
-- To count and to list them without reading the messages.
CREATE INDEX mails_by_state ON mails (state);
