//! What a person decided about single articles: which story they belong to, whatever story their claims were made in.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{ArticleId, Story, StoryDraft, StoryId, StoryProfile};
use crate::store::sql::{Json, Millis, all, first, run};
use crate::store::{Store, StoreError, stories};

/// The stories that count as story ?1: itself and those merged into it.
pub(super) const AS_ONE: &str = "(SELECT id FROM stories WHERE id = ?1 OR merged_into = ?1)";

impl Store {
    /// Moves articles, each given with the words that it is known by, out of a story into a new one. From now on their
    /// claims, changes and later versions count as the new story's; no row of a claim or a change is altered. What waits
    /// to be told of them is told of the new story. The draft's profile is made of the articles' own.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where there is no such story, or an article is none of it.
    pub fn split_off(
        &mut self,
        from: StoryId,
        draft: &StoryDraft,
        articles: &[(ArticleId, StoryProfile)],
        now: Timestamp,
    ) -> Result<Story, StoreError> {
        let transaction = self.write()?;
        let missing = StoreError::NoSuch { what: "story", id: from.0 };
        let mut root = stories::by_id(&transaction, from)?.ok_or(missing)?;
        let mut profile = StoryProfile::default();
        for (article, words) in articles {
            let stranger = || StoreError::NoSuch { what: "article of this story", id: article.0 };
            let home = home(&transaction, *article)?.ok_or_else(stranger)?;
            if stories::by_id(&transaction, home)?.is_none_or(|story| story.id != root.id) {
                return Err(stranger());
            }
            stories::join_profiles(&mut root.profile, words, u32::saturating_sub);
            stories::join_profiles(&mut profile, words, u32::saturating_add);
            // A story that was merged keeps its own words, so that the merger can be undone.
            if home != root.id
                && let Some(mut own) = stories::unmerged(&transaction, home)?
            {
                stories::join_profiles(&mut own.profile, words, u32::saturating_sub);
                stories::update(&transaction, &own)?;
            }
        }
        let mut story = stories::insert(&transaction, &StoryDraft { profile, ..draft.clone() })?;
        let sql = "INSERT INTO assignments (article, story, made) VALUES (?1, ?2, ?3)
                   ON CONFLICT (article) DO UPDATE SET story = ?2, made = ?3";
        for (article, _) in articles {
            run(&transaction, sql, params![article.0, story.id.0, Millis(now)])?;
        }
        for one in [&mut root, &mut story] {
            if let Some((first, last)) = stories::times(&transaction, one.id)? {
                (one.first, one.last) = (first, last);
            }
            stories::update(&transaction, one)?;
        }
        let articles: Vec<i64> = articles.iter().map(|(article, _)| article.0).collect();
        move_alerts(&transaction, story.id, &articles)?;
        transaction.commit()?;
        Ok(story)
    }
}

/// The row of the story that an article belongs to: by a person's decision or, without one, where its claims were made.
/// That story may since have been merged into another.
pub(super) fn home(connection: &Connection, article: ArticleId) -> Result<Option<StoryId>, StoreError> {
    let sql = "SELECT coalesce((SELECT story FROM assignments WHERE article = ?1),
                               (SELECT story FROM claims WHERE article = ?1 LIMIT 1))";
    Ok(first(connection, sql, [article.0], |row| row.get::<_, Option<i64>>(0))?.flatten().map(StoryId))
}

/// What waits to be told of these articles is told of the story that they are in now.
fn move_alerts(connection: &Connection, story: StoryId, articles: &[i64]) -> Result<(), StoreError> {
    let waiting = all(
        connection,
        "SELECT DISTINCT a.id FROM alerts a JOIN alert_changes c ON c.alert = a.id JOIN changes ON changes.id = c.change
         WHERE a.mail IS NULL AND changes.claim_article IN (SELECT value FROM json_each(?1)) ORDER BY a.id",
        [Json(articles)],
        |row| row.get::<_, i64>(0),
    )?;
    for alert in waiting {
        let sql = "INSERT INTO alerts (recipient, story, due) SELECT recipient, ?2, due FROM alerts WHERE id = ?1";
        run(connection, sql, params![alert, story.0])?;
        let own = connection.last_insert_rowid();
        run(
            connection,
            "UPDATE alert_changes SET alert = ?2 WHERE alert = ?1 AND change IN (
                 SELECT id FROM changes WHERE claim_article IN (SELECT value FROM json_each(?3)))",
            params![alert, own, Json(articles)],
        )?;
        let sql = "DELETE FROM alerts WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM alert_changes WHERE alert = ?1)";
        run(connection, sql, [alert])?;
    }
    Ok(())
}
