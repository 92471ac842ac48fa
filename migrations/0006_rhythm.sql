-- What is needed to decide when a recipient is mailed by what they were told before.

-- Each change of an alert has its own mail: of one article one count may be told now and another when it has moved on.
ALTER TABLE alert_changes ADD COLUMN mail INTEGER REFERENCES mails (id);
UPDATE alert_changes SET mail = (SELECT alerts.mail FROM alerts WHERE alerts.id = alert_changes.alert);
DROP INDEX alerts_pending;
DROP INDEX alerts_mail;
ALTER TABLE alerts DROP COLUMN mail;
-- When it came in, from which on the time of its mail is reckoned; it was the time of the mail itself.
ALTER TABLE alerts RENAME COLUMN due TO heard;
CREATE INDEX alert_changes_waiting ON alert_changes (recipient, change) WHERE mail IS NULL;
CREATE INDEX alert_changes_mail ON alert_changes (mail) WHERE mail IS NOT NULL;
CREATE INDEX alerts_story ON alerts (story);

-- What is remembered of a recipient between mails.
CREATE TABLE recipients (
    recipient   TEXT PRIMARY KEY,
    -- When the config named them first.
    since       INTEGER NOT NULL,
    -- When it is to be decided again what they are mailed; NULL: not before something comes in.
    next_look   INTEGER,
    -- When their last digest was made, and when they were last told that all is well.
    last_digest INTEGER,
    last_sign   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_next ON recipients (next_look) WHERE next_look IS NOT NULL;
INSERT INTO recipients (recipient, since, next_look)
    SELECT recipient, min(heard), min(heard) FROM alerts GROUP BY recipient;

-- Which refused mails a recipient has been told of in a digest.
CREATE TABLE refusals_told (
    recipient TEXT NOT NULL,
    mail      INTEGER NOT NULL REFERENCES mails (id),
    PRIMARY KEY (recipient, mail)
) STRICT, WITHOUT ROWID;
