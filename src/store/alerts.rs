//! Alerts: what is to be told to whom, until a mail has been composed of it.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{Alert, StoryId};
use crate::store::sql::{Json, Millis, all, run};
use crate::store::{Store, StoreError};

/// The number of an alert in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub i64);

/// All that a recipient is to be told of one story now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAlerts {
    /// The recipient's address.
    pub recipient: String,
    /// The story; the one it was merged into, where it was.
    pub story: StoryId,
    /// The alerts, ascending: what [`Store::compose`] or [`Store::drop_alerts`] is given.
    pub alerts: Vec<AlertId>,
    /// The numbers of their changes, ascending.
    pub changes: Vec<i64>,
}

impl Store {
    /// What is to be told now: one value for a recipient and a story, those of one recipient beside each other. When one
    /// alert is due, what else waits for the same recipient and story is told with it, since one mail is better than two.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_alerts(&self, now: Timestamp) -> Result<Vec<DueAlerts>, StoreError> {
        let rows = all(
            &self.connection,
            "WITH pending AS (
                 SELECT a.id, a.recipient, coalesce(s.merged_into, s.id) AS story, a.due
                 FROM alerts a JOIN stories s ON s.id = a.story WHERE a.mail IS NULL)
             SELECT p.recipient, p.story, p.id, c.change
             FROM pending p JOIN alert_changes c ON c.alert = p.id
             WHERE EXISTS (SELECT 1 FROM pending d
                           WHERE d.recipient = p.recipient AND d.story = p.story AND d.due <= ?1)
             ORDER BY p.recipient, p.story, p.id, c.change",
            [Millis(now)],
            |row| Ok((row.get::<_, String>(0)?, StoryId(row.get(1)?), AlertId(row.get(2)?), row.get::<_, i64>(3)?)),
        )?;
        let mut due: Vec<DueAlerts> = Vec::new();
        for (recipient, story, alert, change) in rows {
            match due.last_mut() {
                Some(last) if last.recipient == recipient && last.story == story => {
                    if last.alerts.last() != Some(&alert) {
                        last.alerts.push(alert);
                    }
                    last.changes.push(change);
                }
                _ => due.push(DueAlerts { recipient, story, alerts: vec![alert], changes: vec![change] }),
            }
        }
        for alerts in &mut due {
            alerts.changes.sort_unstable();
        }
        Ok(due)
    }

    /// Drops alerts that nobody is to be mailed any more: the recipient has left the config.
    ///
    /// # Errors
    /// Those of the database.
    pub fn drop_alerts(&mut self, alerts: &[AlertId]) -> Result<(), StoreError> {
        let ids: Vec<i64> = alerts.iter().map(|alert| alert.0).collect();
        let sql = "DELETE FROM alerts WHERE mail IS NULL AND id IN (SELECT value FROM json_each(?1))";
        run(&self.connection, sql, [Json(ids)])?;
        Ok(())
    }
}

pub(super) fn insert(connection: &Connection, alerts: &[Alert]) -> Result<(), StoreError> {
    let mut by_due: Vec<&Alert> = alerts.iter().collect();
    by_due.sort_by_key(|alert| alert.due);
    for alert in by_due {
        let sql = "INSERT INTO alerts (recipient, story, due) VALUES (?1, ?2, ?3)";
        run(connection, sql, params![alert.recipient, alert.story.0, Millis(alert.due)])?;
        let id = connection.last_insert_rowid();
        let mut told = 0;
        for change in &alert.changes {
            let sql = "INSERT INTO alert_changes (recipient, change, alert) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            told += run(connection, sql, params![alert.recipient, change, id])?;
        }
        if told == 0 {
            run(connection, "DELETE FROM alerts WHERE id = ?1", [id])?;
        }
    }
    Ok(())
}

/// Drops what waits to be told of a story and of those merged into it.
pub(super) fn drop_of_story(connection: &Connection, story: StoryId) -> Result<(), StoreError> {
    let sql = "DELETE FROM alerts WHERE mail IS NULL
               AND story IN (SELECT id FROM stories WHERE id = ?1 OR merged_into = ?1)";
    run(connection, sql, [story.0])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{minute, one_story};

    const DESK: &str = "desk@example.org";
    const NIGHT: &str = "night@example.org";

    fn alert(recipient: &str, story: StoryId, change: i64, due: Timestamp) -> Alert {
        Alert { recipient: recipient.to_owned(), story, changes: vec![change], due }
    }

    fn add(store: &mut Store, alerts: &[Alert]) {
        let intake = store.intake().unwrap();
        intake.add_alerts(alerts).unwrap();
        intake.commit().unwrap();
    }

    #[test]
    fn alerts_are_due_by_recipient_and_story() {
        let mut store = Store::in_memory().unwrap();
        let (ferry, ferry_change) = one_story(&mut store, "daily.example/a", &[DESK, NIGHT], minute(10));
        let (other, other_change) = one_story(&mut store, "daily.example/b", &[DESK], minute(30));
        assert_eq!(store.due_alerts(minute(9)).unwrap(), []);
        assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), Some(minute(10)));
        let due = |at: i64| -> Vec<(String, StoryId, Vec<i64>)> {
            let due = store.due_alerts(minute(at)).unwrap().into_iter();
            due.map(|due| (due.recipient, due.story, due.changes)).collect()
        };
        let of = |recipient: &str, story, change| (recipient.to_owned(), story, vec![change]);
        assert_eq!(due(10), [of(DESK, ferry, ferry_change), of(NIGHT, ferry, ferry_change)]);
        assert_eq!(
            due(30),
            [of(DESK, ferry, ferry_change), of(DESK, other, other_change), of(NIGHT, ferry, ferry_change)]
        );

        let gone = store.due_alerts(minute(10)).unwrap().remove(0);
        store.drop_alerts(&gone.alerts).unwrap();
        assert_eq!(store.due_alerts(minute(10)).unwrap().len(), 1);
    }

    #[test]
    fn what_waits_for_one_recipient_and_story_is_told_together() {
        let mut store = Store::in_memory().unwrap();
        let (ferry, first) = one_story(&mut store, "daily.example/a", &[DESK], minute(10));
        let (other, second) = one_story(&mut store, "daily.example/b", &[], minute(10));
        store.merge_story(other, ferry).unwrap();
        add(&mut store, &[alert(DESK, other, second, minute(20))]);
        let due = store.due_alerts(minute(10)).unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!((due[0].story, due[0].alerts.len(), &*due[0].changes), (ferry, 2, &[first, second][..]));
    }

    #[test]
    fn a_change_is_told_to_a_recipient_once_and_as_soon_as_asked() {
        let mut store = Store::in_memory().unwrap();
        let (story, change) = one_story(&mut store, "daily.example/a", &[], minute(10));
        add(&mut store, &[alert(DESK, story, change, minute(90)), alert(DESK, story, change, minute(10))]);
        add(&mut store, &[alert(DESK, story, change, minute(5)), alert(NIGHT, story, change, minute(60))]);
        assert_eq!(store.due_alerts(minute(5)).unwrap(), [], "told already, for minute 10");
        assert_eq!(store.due_alerts(minute(10)).unwrap().len(), 1);
        assert_eq!(store.status().unwrap().alerts_pending, 2);
    }

    #[test]
    fn a_muted_story_drops_what_waited() {
        let mut store = Store::in_memory().unwrap();
        let (story, _) = one_story(&mut store, "daily.example/a", &[DESK], minute(10));
        store.mute_story(story, true).unwrap();
        assert!(store.story(story).unwrap().unwrap().muted);
        assert_eq!(store.due_alerts(minute(10)).unwrap(), []);
        assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), Some(minute(15)), "only the feed's next poll is left");
        store.mute_story(story, false).unwrap();
        assert!(!store.story(story).unwrap().unwrap().muted);
    }
}
