//! Alerts: the changes that may concern a recipient, until a mail tells them or they are let go.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{Alert, StoryId};
use crate::store::sql::{Json, Millis, all, run, time};
use crate::store::{Store, StoreError};

/// A change that waits to be told to a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The number of the change.
    pub change: i64,
    /// Its story: the one that a person moved its article to, or that it was merged into, where they did.
    pub story: StoryId,
    /// Since when it waits.
    pub heard: Timestamp,
    /// Who published it.
    pub outlet: String,
    /// The feeds that carry the article, by name.
    pub feeds: Vec<String>,
}

/// The mails themselves are long, and are not looked at: their states stand in an index.
pub(super) const TOLD: &str = "SELECT c.change FROM alert_changes c
     WHERE c.recipient = ?1 AND c.mail IS NOT NULL AND c.change IN (SELECT value FROM json_each(?2))
     AND c.mail NOT IN (SELECT id FROM mails WHERE state = 'dead')";

impl Store {
    /// What waits to be told to a recipient, by story, in the order in which it was found.
    ///
    /// # Errors
    /// Those of the database.
    pub fn waiting(&self, recipient: &str) -> Result<Vec<Waiting>, StoreError> {
        all(
            &self.connection,
            "SELECT w.change, coalesce(s.merged_into, s.id) AS root, a.heard, k.outlet,
                    (SELECT json_group_array(DISTINCT g.feed) FROM items i JOIN sightings g ON g.item = i.id
                     WHERE i.article = c.claim_article) AS feeds
             FROM alert_changes w
             JOIN alerts a ON a.id = w.alert
             JOIN changes c ON c.id = w.change
             JOIN claims k ON (k.article, k.version, k.nth) = (c.claim_article, c.claim_version, c.claim_nth)
             LEFT JOIN assignments m ON m.article = c.claim_article
             JOIN stories s ON s.id = coalesce(m.story, c.story)
             WHERE w.recipient = ?1 AND w.mail IS NULL
             ORDER BY root, w.change",
            [recipient],
            |row| {
                Ok(Waiting {
                    change: row.get("change")?,
                    story: StoryId(row.get("root")?),
                    heard: time(row, "heard")?,
                    outlet: row.get("outlet")?,
                    feeds: row.get::<_, Json<_>>("feeds")?.0,
                })
            },
        )
    }

    /// Which of these changes a recipient was or will be told by a mail that was not set aside.
    ///
    /// # Errors
    /// Those of the database.
    pub fn told(&self, recipient: &str, changes: &[i64]) -> Result<Vec<i64>, StoreError> {
        all(&self.connection, TOLD, params![recipient, Json(changes)], |row| row.get(0))
    }

    /// Lets changes go that a recipient need not be told any more; what a mail tells already stays.
    ///
    /// # Errors
    /// Those of the database.
    pub fn let_go(&mut self, recipient: &str, changes: &[i64]) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let sql = "DELETE FROM alert_changes WHERE recipient = ?1 AND mail IS NULL
                   AND change IN (SELECT value FROM json_each(?2))";
        run(&transaction, sql, params![recipient, Json(changes)])?;
        remove_empty(&transaction, recipient)?;
        Ok(transaction.commit()?)
    }
}

pub(super) fn insert(connection: &Connection, alerts: &[Alert]) -> Result<(), StoreError> {
    for alert in alerts {
        let sql = "INSERT INTO alerts (recipient, story, heard) VALUES (?1, ?2, ?3)";
        run(connection, sql, params![alert.recipient, alert.story.0, Millis(alert.heard)])?;
        let id = connection.last_insert_rowid();
        let mut new = 0;
        for change in &alert.changes {
            let sql = "INSERT INTO alert_changes (recipient, change, alert) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            new += run(connection, sql, params![alert.recipient, change, id])?;
        }
        if new == 0 {
            run(connection, "DELETE FROM alerts WHERE id = ?1", [id])?;
            continue;
        }
        // Whatever had been decided for this recipient, now there is more.
        let sql = "INSERT INTO recipients (recipient, since, next_look) VALUES (?1, ?2, ?2)
                   ON CONFLICT (recipient) DO UPDATE SET next_look = min(coalesce(next_look, ?2), ?2)";
        run(connection, sql, params![alert.recipient, Millis(alert.heard)])?;
    }
    Ok(())
}

/// Lets go what waits to be told of a story and of those merged into it.
pub(super) fn drop_of_story(connection: &Connection, story: StoryId) -> Result<(), StoreError> {
    let alerts = "SELECT id FROM alerts WHERE story IN (SELECT id FROM stories WHERE id = ?1 OR merged_into = ?1)";
    run(connection, &format!("DELETE FROM alert_changes WHERE mail IS NULL AND alert IN ({alerts})"), [story.0])?;
    let sql = format!(
        "DELETE FROM alerts WHERE id IN ({alerts})
         AND NOT EXISTS (SELECT 1 FROM alert_changes WHERE alert = alerts.id)"
    );
    run(connection, &sql, [story.0])?;
    Ok(())
}

/// Removes the alerts of a recipient that hold no change any more.
fn remove_empty(connection: &Connection, recipient: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM alerts WHERE recipient = ?1
               AND NOT EXISTS (SELECT 1 FROM alert_changes WHERE alert = alerts.id)";
    run(connection, sql, [recipient])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{minute, one_story};

    const DESK: &str = "desk@example.org";
    const NIGHT: &str = "night@example.org";

    fn alert(recipient: &str, story: StoryId, change: i64, heard: Timestamp) -> Alert {
        Alert { recipient: recipient.to_owned(), story, changes: vec![change], heard }
    }

    fn add(store: &mut Store, alerts: &[Alert]) {
        let intake = store.intake().unwrap();
        intake.add_alerts(alerts).unwrap();
        intake.commit().unwrap();
    }

    /// The stories and numbers of what waits.
    fn waiting(store: &Store, recipient: &str) -> Vec<(StoryId, i64)> {
        store.waiting(recipient).unwrap().into_iter().map(|waiting| (waiting.story, waiting.change)).collect()
    }

    #[test]
    fn what_waits_knows_where_it_comes_from() {
        let mut store = Store::in_memory().unwrap();
        let (ferry, change) = one_story(&mut store, "daily.example/a", &[DESK, NIGHT], minute(10));
        let expected = Waiting {
            change,
            story: ferry,
            heard: minute(10),
            outlet: "Ardo Daily".to_owned(),
            feeds: vec!["daily".to_owned()],
        };
        assert_eq!(store.waiting(DESK).unwrap(), std::slice::from_ref(&expected));
        assert_eq!(store.recipients_to_look_at(minute(9)).unwrap(), [""; 0]);
        assert_eq!(store.recipients_to_look_at(minute(10)).unwrap(), [DESK, NIGHT]);
        store.let_go(DESK, &[change]).unwrap();
        assert_eq!(store.waiting(DESK).unwrap(), []);
        assert_eq!(store.waiting(NIGHT).unwrap(), [expected]);
        assert_eq!(store.status().unwrap().alerts_pending, 1);
    }

    #[test]
    fn what_waits_is_told_of_the_story_that_it_is_in_now() {
        let mut store = Store::in_memory().unwrap();
        let (ferry, first) = one_story(&mut store, "daily.example/a", &[DESK], minute(10));
        let (other, second) = one_story(&mut store, "daily.example/b", &[], minute(10));
        store.merge_story(other, ferry).unwrap();
        add(&mut store, &[alert(DESK, other, second, minute(20))]);
        assert_eq!(waiting(&store, DESK), [(ferry, first), (ferry, second)]);
    }

    #[test]
    fn a_change_waits_once_for_a_recipient() {
        let mut store = Store::in_memory().unwrap();
        let (story, change) = one_story(&mut store, "daily.example/a", &[], minute(10));
        add(&mut store, &[alert(DESK, story, change, minute(10)), alert(DESK, story, change, minute(90))]);
        add(&mut store, &[alert(DESK, story, change, minute(5)), alert(NIGHT, story, change, minute(60))]);
        assert_eq!(waiting(&store, DESK), [(story, change)]);
        assert_eq!(store.status().unwrap().alerts_pending, 2);
    }

    #[test]
    fn a_muted_story_drops_what_waited() {
        let mut store = Store::in_memory().unwrap();
        let (story, _) = one_story(&mut store, "daily.example/a", &[DESK], minute(10));
        store.mute_story(story, true).unwrap();
        assert!(store.story(story).unwrap().unwrap().muted);
        assert_eq!(waiting(&store, DESK), []);
        assert_eq!(store.status().unwrap().alerts_pending, 0);
        store.mute_story(story, false).unwrap();
        assert!(!store.story(story).unwrap().unwrap().muted);
    }
}
