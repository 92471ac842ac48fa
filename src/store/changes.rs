//! Changes: what readers were, or could have been, told.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use crate::model::{ArticleId, Change, ClaimId, Quantity, StoryId};
use crate::store::assignments::AS_ONE;
use crate::store::claims::series;
use crate::store::sql::{Json, Millis, Word, all, parts, quantity, required_quantity, run, time, word};
use crate::store::{Store, StoreError};

/// A change with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredChange {
    /// The number, which rises with each change found.
    pub id: i64,
    /// The change.
    pub change: Change,
    /// When it was found.
    pub made: Timestamp,
}

/// A change belongs to the story that a person moved its article to, else to its own, or to what that was merged into.
pub(super) const SELECT: &str = "SELECT c.*, coalesce(s.merged_into, s.id) AS root
    FROM changes c LEFT JOIN assignments a ON a.article = c.claim_article
    JOIN stories s ON s.id = coalesce(a.story, c.story)";

impl Store {
    /// All changes of a story and of those merged into it, in the order in which they were found.
    ///
    /// # Errors
    /// Those of the database.
    pub fn changes(&self, story: StoryId) -> Result<Vec<StoredChange>, StoreError> {
        of_story(&self.connection, story)
    }

    /// The changes found last, the newest first, at most so many; those of muted stories are left out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn latest_changes(&self, limit: u32) -> Result<Vec<StoredChange>, StoreError> {
        let sql = format!(
            "SELECT c.* FROM ({SELECT}) c JOIN stories r ON r.id = c.root WHERE NOT r.muted ORDER BY c.id DESC LIMIT ?1"
        );
        all(&self.connection, &sql, [limit], stored)
    }

    /// The changes of these numbers, in the order of their numbers; a number that is not known is passed over.
    ///
    /// # Errors
    /// Those of the database.
    pub fn changes_numbered(&self, ids: &[i64]) -> Result<Vec<StoredChange>, StoreError> {
        let sql = format!("{SELECT} WHERE c.id IN (SELECT value FROM json_each(?1)) ORDER BY c.id");
        all(&self.connection, &sql, [Json(ids)], stored)
    }
}

pub(super) fn of_story(connection: &Connection, story: StoryId) -> Result<Vec<StoredChange>, StoreError> {
    let sql = format!(
        "SELECT c.*, ?1 AS root FROM changes c WHERE c.story IN {AS_ONE}
             AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.article = c.claim_article)
         UNION ALL
         SELECT c.*, ?1 AS root FROM assignments a JOIN changes c ON c.claim_article = a.article
             WHERE a.story IN {AS_ONE}
         ORDER BY id"
    );
    all(connection, &sql, [story.0], stored)
}

pub(super) fn insert(connection: &Connection, change: &Change, now: Timestamp) -> Result<i64, StoreError> {
    let parts_or_none = |quantity: Option<Quantity>| match quantity.map(parts) {
        Some((bound, low, high)) => (Some(bound), low, high),
        None => (None, None, None),
    };
    let (before_bound, before_low, before_high) = parts_or_none(change.before);
    let (after_bound, after_low, after_high) = parts(change.after);
    run(
        connection,
        r#"INSERT INTO changes (story, measure, "group", source, kind, before_bound, before_low, before_high,
               after_bound, after_low, after_high, reason, claim_article, claim_version, claim_nth, at, made)
           VALUES (:story, :measure, :group, :source, :kind, :before_bound, :before_low, :before_high, :after_bound,
               :after_low, :after_high, :reason, :claim_article, :claim_version, :claim_nth, :at, :made)"#,
        named_params! {
            ":story": change.story.0,
            ":measure": Word(change.series.measure),
            ":group": Word(change.series.group),
            ":source": change.series.source,
            ":kind": Word(change.kind),
            ":before_bound": before_bound,
            ":before_low": before_low,
            ":before_high": before_high,
            ":after_bound": after_bound,
            ":after_low": after_low,
            ":after_high": after_high,
            ":reason": Word(change.reason),
            ":claim_article": change.claim.article.0,
            ":claim_version": change.claim.version,
            ":claim_nth": change.claim.nth,
            ":at": Millis(change.at),
            ":made": Millis(now),
        },
    )?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredChange> {
    Ok(StoredChange {
        id: row.get("id")?,
        change: Change {
            story: StoryId(row.get("root")?),
            series: series(row)?,
            kind: word(row, "kind")?,
            before: quantity(row, "before_")?,
            after: required_quantity(row, "after_")?,
            reason: word(row, "reason")?,
            claim: ClaimId {
                article: ArticleId(row.get("claim_article")?),
                version: row.get("claim_version")?,
                nth: row.get("claim_nth")?,
            },
            at: time(row, "at")?,
        },
        made: time(row, "made")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeKind, Claim, Reason};
    use crate::store::samples::{article, claim, draft, fetched, first_count, minute};

    #[test]
    fn changes_of_every_kind_come_back_as_they_were() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let article = intake.add_article(&article("daily.example/a", "31 died."), &fetched(minute(1))).unwrap();
        let story = intake.open_story(&draft("Port Ardo ferry")).unwrap().id;
        let claim: Claim = claim(ClaimId { article, version: 1, nth: 1 }, story, Quantity::Between(30, 40));
        intake.add_claims(std::slice::from_ref(&claim)).unwrap();
        let quantities = [
            Quantity::AtLeast(u64::MAX),
            Quantity::Vague(24),
            Quantity::Exactly(0),
            Quantity::About(750),
            Quantity::AtMost(40),
        ];
        let mut given = vec![first_count(&claim)];
        for (n, &reason) in Reason::ALL.iter().enumerate() {
            given.push(Change {
                before: Some(quantities[n % quantities.len()]),
                kind: ChangeKind::ALL[n % ChangeKind::ALL.len()],
                reason,
                ..first_count(&claim)
            });
        }
        let ids = intake.add_changes(&given, minute(4)).unwrap();
        intake.commit().unwrap();
        let stored = store.changes(story).unwrap();
        assert_eq!(stored.iter().map(|c| c.change.clone()).collect::<Vec<_>>(), given);
        assert_eq!(stored.iter().map(|c| c.id).collect::<Vec<_>>(), ids);
        assert!(stored.iter().all(|c| c.made == minute(4)));
        assert_eq!(store.changes_numbered(&[ids[2], ids[0], 99]).unwrap(), [stored[0].clone(), stored[2].clone()]);
    }
}
