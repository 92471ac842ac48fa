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
         WHERE c.mail IS NULL AND changes.claim_article IN (SELECT value FROM json_each(?1)) ORDER BY a.id",
        [Json(articles)],
        |row| row.get::<_, i64>(0),
    )?;
    for alert in waiting {
        let sql = "INSERT INTO alerts (recipient, story, heard) SELECT recipient, ?2, heard FROM alerts WHERE id = ?1";
        run(connection, sql, params![alert, story.0])?;
        let own = connection.last_insert_rowid();
        run(
            connection,
            "UPDATE alert_changes SET alert = ?2 WHERE alert = ?1 AND mail IS NULL AND change IN (
                 SELECT id FROM changes WHERE claim_article IN (SELECT value FROM json_each(?3)))",
            params![alert, own, Json(articles)],
        )?;
        let sql = "DELETE FROM alerts WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM alert_changes WHERE alert = ?1)";
        run(connection, sql, [alert])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Article, ClaimId, Quantity};
    use crate::store::samples::{article, claim, draft, fetched, first_count, minute, one_story};

    const DESK: &str = "desk@example.org";

    /// The words by which the samples' articles are known.
    fn words() -> StoryProfile {
        draft("").profile
    }

    fn split_off(store: &mut Store, from: StoryId, articles: &[ArticleId]) -> Result<Story, StoreError> {
        let articles: Vec<_> = articles.iter().map(|article| (*article, words())).collect();
        store.split_off(from, &draft("Second raid"), &articles, minute(50))
    }

    /// The articles of a story.
    fn articles(store: &Store, story: StoryId) -> Vec<i64> {
        store.claims(story).unwrap().iter().map(|claim| claim.id.article.0).collect()
    }

    #[test]
    fn an_article_that_was_moved_takes_its_claims_changes_and_alerts_along() {
        let mut store = Store::in_memory().unwrap();
        let (old, _) = one_story(&mut store, "daily.example/a", &[DESK], minute(9));
        let (other, told) = one_story(&mut store, "daily.example/b", &[DESK], minute(10));
        store.merge_story(other, old).unwrap();
        let new = split_off(&mut store, old, &[ArticleId(2)]).unwrap();
        assert_eq!((new.name.as_str(), new.profile.articles, new.muted), ("Second raid", 1, false));
        assert_eq!((articles(&store, old), articles(&store, new.id)), (vec![1], vec![2]));
        assert_eq!(store.claim(ClaimId { article: ArticleId(2), version: 1, nth: 1 }).unwrap().unwrap().story, new.id);
        let changes = store.changes(new.id).unwrap();
        assert_eq!((changes.len(), changes[0].id, changes[0].change.story), (1, told, new.id));
        assert_eq!(store.changes_numbered(&[told]).unwrap(), changes);
        assert_eq!(store.changes(old).unwrap().len(), 1);
        let waiting: Vec<_> = store.waiting(DESK).unwrap().into_iter().map(|due| (due.story, due.change)).collect();
        assert_eq!(waiting, [(old, 1), (new.id, told)]);
    }

    #[test]
    fn a_later_version_stays_where_a_person_put_the_article() {
        let mut store = Store::in_memory().unwrap();
        let (old, _) = one_story(&mut store, "daily.example/a", &[], minute(9));
        let intake = store.intake().unwrap();
        let second = intake.add_article(&article("daily.example/b", "31 died."), &fetched(minute(3))).unwrap();
        let id = |version| ClaimId { article: second, version, nth: 1 };
        intake.add_claims(&[claim(id(1), old, Quantity::Exactly(31))]).unwrap();
        intake.commit().unwrap();
        let new = split_off(&mut store, old, &[second]).unwrap();

        let intake = store.intake().unwrap();
        let edited: Article = article("daily.example/b", "33 died.");
        assert_eq!(intake.add_version(second, &edited, &fetched(minute(60))).unwrap(), 2);
        let story = intake.story_of(second).unwrap().unwrap();
        assert_eq!(story.id, new.id);
        let again = claim(id(2), story.id, Quantity::Exactly(33));
        intake.add_claims(std::slice::from_ref(&again)).unwrap();
        intake.add_changes(&[first_count(&again)], minute(61)).unwrap();
        intake.commit().unwrap();
        assert_eq!((articles(&store, old), articles(&store, new.id)), (vec![1], vec![2, 2]));
        assert_eq!(store.changes(new.id).unwrap().len(), 1);
    }

    #[test]
    fn only_the_articles_of_a_story_can_be_moved_out_of_it() {
        let mut store = Store::in_memory().unwrap();
        let (old, _) = one_story(&mut store, "daily.example/a", &[], minute(9));
        one_story(&mut store, "daily.example/b", &[], minute(9));
        for stranger in [2, 77] {
            let refused = split_off(&mut store, old, &[ArticleId(1), ArticleId(stranger)]);
            assert!(matches!(refused, Err(StoreError::NoSuch { id, .. }) if id == stranger), "{refused:?}");
        }
        assert!(split_off(&mut store, StoryId(99), &[ArticleId(1)]).is_err());
        assert_eq!(store.stories().unwrap().len(), 2, "nothing was half done");
        assert_eq!(articles(&store, old), [1]);
    }

    /// What a person may do; numbers beyond those that exist are brought into range.
    #[derive(Debug, Clone)]
    enum Act {
        Merge(usize, usize),
        Undo(usize),
        SplitOff(usize, u8),
    }

    fn any_act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0..9_usize, 0..9_usize).prop_map(|(a, b)| Act::Merge(a, b)),
            (0..9_usize).prop_map(Act::Undo),
            (0..9_usize, 1..64_u8).prop_map(|(story, articles)| Act::SplitOff(story, articles)),
        ]
    }

    /// What shall be true, told plainly: in which row an article is, and which rows count as which story.
    struct Plan {
        home: BTreeMap<i64, i64>,
        root: BTreeMap<i64, i64>,
    }

    impl Plan {
        fn act(&mut self, store: &mut Store, act: &Act) {
            let row = |n: &usize| *self.root.keys().nth(n % self.root.len()).unwrap();
            match act {
                Act::Merge(a, b) => {
                    let (from, into) = (self.root[&row(a)], self.root[&row(b)]);
                    let merged = store.merge_story(StoryId(row(a)), StoryId(row(b)));
                    assert_eq!(merged.is_ok(), from != into);
                    self.root.values_mut().filter(|root| **root == from).for_each(|root| *root = into);
                }
                Act::Undo(a) => {
                    let row = row(a);
                    assert_eq!(store.split_story(StoryId(row)).is_ok(), self.root[&row] != row);
                    self.root.insert(row, row);
                }
                Act::SplitOff(a, chosen) => {
                    let root = self.root[&row(a)];
                    let of_story =
                        self.home.iter().filter(|(_, home)| self.root[home] == root).map(|(article, _)| *article);
                    let moved: Vec<i64> = of_story.filter(|article| chosen & (1 << article) != 0).collect();
                    if moved.is_empty() {
                        return;
                    }
                    let ids: Vec<ArticleId> = moved.iter().map(|article| ArticleId(*article)).collect();
                    let new = split_off(store, StoryId(row(a)), &ids).unwrap().id.0;
                    self.root.insert(new, new);
                    self.home.extend(moved.into_iter().map(|article| (article, new)));
                }
            }
        }
    }

    fn rows(store: &Store) -> Vec<String> {
        let sql = "SELECT id || ':' || article || ':' || story || ':' || low || ':' || verdict FROM claims
                   UNION ALL SELECT id || ':' || story || ':' || after_low FROM changes";
        all(&store.connection, sql, [], |row| row.get(0)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_decided_each_article_is_in_one_story_and_no_claim_is_altered(
            acts in prop::collection::vec(any_act(), 1..12),
        ) {
            let mut store = Store::in_memory().unwrap();
            let mut plan = Plan { home: BTreeMap::new(), root: BTreeMap::new() };
            for n in 1..=5 {
                let (story, _) = one_story(&mut store, &format!("daily.example/{n}"), &[DESK], minute(9));
                plan.home.insert(n, story.0);
                plan.root.insert(story.0, story.0);
            }
            let before = rows(&store);
            for act in &acts {
                plan.act(&mut store, act);
                prop_assert_eq!(&rows(&store), &before);
                let mut pending = 0;
                for story in store.stories().unwrap() {
                    let expected: Vec<i64> = plan.home.iter()
                        .filter(|(_, home)| plan.root[home] == story.id.0).map(|(article, _)| *article).collect();
                    prop_assert_eq!(articles(&store, story.id), expected.clone(), "{}", story.id);
                    let changes = store.changes(story.id).unwrap();
                    prop_assert_eq!(changes.len(), expected.len());
                    prop_assert_eq!(story.profile.articles as usize, expected.len());
                    prop_assert_eq!(story.profile.places.get("Port Ardo").map_or(0, |n| *n as usize), expected.len());
                    let waiting = store.waiting(DESK).unwrap().into_iter().filter(|due| due.story == story.id);
                    let waiting: Vec<i64> = waiting.map(|due| due.change).collect();
                    prop_assert_eq!(&waiting, &changes.iter().map(|change| change.id).collect::<Vec<_>>());
                    pending += waiting.len();
                }
                prop_assert_eq!(pending, 5, "each change is told once, of the story that it is in");
            }
        }
    }
}
