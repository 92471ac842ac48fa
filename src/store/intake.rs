//! Taking in one article: everything that is made of it is stored in one transaction, or nothing is.

use jiff::Timestamp;
use rusqlite::Transaction;
use url::Url;

use crate::crash;
use crate::model::{Alert, Article, ArticleId, Change, Claim, Story, StoryDraft, StoryId};
use crate::store::{Fetched, ItemId, Look, PackedPage, Store, StoreError, StoredArticle};
use crate::store::{alerts, articles, changes, claims, items, looks, pages, stories};

/// One article being taken in. It holds the write lock: fetch and read before it is begun, not within it.
/// Dropped without [`Intake::commit`], it leaves no trace. After an error, drop it: SQLite may have ended the transaction.
#[derive(Debug)]
pub struct Intake<'a> {
    transaction: Transaction<'a>,
}

impl Store {
    /// Begins to take in an article.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another process keeps the write lock.
    pub fn intake(&mut self) -> Result<Intake<'_>, StoreError> {
        Ok(Intake { transaction: self.write()? })
    }
}

/// The methods stand in the order in which an article needs them. Each can fail with the errors of the database.
#[allow(clippy::missing_errors_doc)]
impl Intake<'_> {
    /// A number that changes when, and only when, another connection has written since this one was opened.
    pub fn version(&self) -> Result<i64, StoreError> {
        Ok(self.transaction.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// The article at a canonical address, as it read last.
    pub fn article_at(&self, url: &Url) -> Result<Option<StoredArticle>, StoreError> {
        articles::at(&self.transaction, url)
    }

    /// The article of a number, as it read last.
    pub fn article(&self, id: ArticleId) -> Result<Option<StoredArticle>, StoreError> {
        articles::latest(&self.transaction, id)
    }

    /// Stores an article whose address is not known yet, as its version 1.
    pub fn add_article(&self, article: &Article, fetched: &Fetched) -> Result<ArticleId, StoreError> {
        articles::insert(&self.transaction, article, fetched)
    }

    /// Stores what a known article says now; the number of the version.
    pub fn add_version(&self, id: ArticleId, article: &Article, fetched: &Fetched) -> Result<u32, StoreError> {
        articles::insert_version(&self.transaction, id, article, fetched)
    }

    /// Keeps the page that an article was read from, as it was fetched.
    pub fn keep_page(&self, page: &PackedPage, fetched: Timestamp) -> Result<(), StoreError> {
        pages::keep(&self.transaction, page, fetched)
    }

    /// The publication that the times at which an article is looked at again are counted from; `None` where it has not
    /// been planned to look at it again.
    pub fn looked_at_since(&self, id: ArticleId) -> Result<Option<Timestamp>, StoreError> {
        looks::published(&self.transaction, id)
    }

    /// Plans when the page of an article is looked at again; `None`: never. The publication that was given first stays.
    pub fn plan_look(&self, look: &Look, next: Option<Timestamp>) -> Result<(), StoreError> {
        looks::plan(&self.transaction, look, next)
    }

    /// The story that an earlier version of the article joined, or that a person moved it to; where that was merged into
    /// another, that other.
    pub fn story_of(&self, id: ArticleId) -> Result<Option<Story>, StoreError> {
        stories::of_article(&self.transaction, id)
    }

    /// A story; `None` where there is none of this number.
    pub fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        stories::by_id(&self.transaction, id)
    }

    /// Goes through the stories that an article may join: those with an article published at `since` or later, and those
    /// that the config names. One by one, since together they may be large.
    pub fn active_stories(&self, since: Timestamp, each: impl FnMut(Story)) -> Result<(), StoreError> {
        stories::active(&self.transaction, since, each)
    }

    /// Opens a story; gives it its number and its slug.
    pub fn open_story(&self, draft: &StoryDraft) -> Result<Story, StoreError> {
        stories::insert(&self.transaction, draft)
    }

    /// Stores what an article that joined has changed in a story: its times, its profile, its name in the config.
    /// Name, slug and whether it is muted are people's to change, and are left as they are.
    pub fn save_story(&self, story: &Story) -> Result<(), StoreError> {
        stories::update(&self.transaction, story)
    }

    /// All claims of a story, in the order of publication.
    pub fn claims(&self, story: StoryId) -> Result<Vec<Claim>, StoreError> {
        claims::of_story(&self.transaction, story)
    }

    /// Stores claims. Their article version must have been stored.
    pub fn add_claims(&self, claims: &[Claim]) -> Result<(), StoreError> {
        claims.iter().try_for_each(|claim| claims::insert(&self.transaction, claim))
    }

    /// Stores changes; their numbers, in the same order. The claims behind them must have been stored.
    pub fn add_changes(&self, changes: &[Change], now: Timestamp) -> Result<Vec<i64>, StoreError> {
        changes.iter().map(|change| changes::insert(&self.transaction, change, now)).collect()
    }

    /// Stores alerts. A change that the recipient has an alert for already is left out, so that nothing is told twice.
    pub fn add_alerts(&self, alerts: &[Alert]) -> Result<(), StoreError> {
        alerts::insert(&self.transaction, alerts)
    }

    /// Records that the item has been read, and what came of it, in words.
    pub fn item_read(
        &self,
        item: ItemId,
        article: Option<ArticleId>,
        outcome: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        items::read(&self.transaction, item, article, outcome, now)
    }

    /// Makes all of it last.
    pub fn commit(self) -> Result<(), StoreError> {
        crash::point("before commit");
        self.transaction.commit()?;
        crash::point("after commit");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClaimId, Quantity};
    use crate::store::NewMail;
    use crate::store::samples::{article, claim, draft, feed, fetched, first_count, item, minute, one_story, url};

    const DESK: &str = "desk@example.org";

    /// All rows of all tables, in words.
    fn everything(store: &Store) -> Vec<String> {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut statement = store.connection.prepare(tables).unwrap();
        let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(tables.len(), 20, "{tables:?}");
        let mut rows = Vec::new();
        for table in tables {
            let mut statement = store.connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let width = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                (0..width).map(|n| row.get_ref(n).map(|value| format!("{value:?}"))).collect::<Result<Vec<_>, _>>()
            };
            rows.extend(statement.query_map([], row).unwrap().map(|row| format!("{table}: {:?}", row.unwrap())));
        }
        rows
    }

    /// Takes in an article of so many bytes with all that can be made of one.
    fn take_in(intake: &Intake<'_>, item: ItemId, link: &str, bytes: usize) -> Result<(), StoreError> {
        let article = intake.add_article(&article(link, &"x".repeat(bytes)), &fetched(minute(3)))?;
        let story = intake.open_story(&draft("Port Ardo ferry"))?;
        let claim = claim(ClaimId { article, version: 1, nth: 1 }, story.id, Quantity::Exactly(31));
        intake.add_claims(std::slice::from_ref(&claim))?;
        let changes = intake.add_changes(&[first_count(&claim)], minute(4))?;
        intake.add_alerts(&[Alert { recipient: DESK.to_owned(), story: story.id, changes, heard: minute(5) }])?;
        intake.item_read(item, Some(article), "1 figure", minute(4))
    }

    #[test]
    fn an_intake_that_is_dropped_leaves_no_trace() {
        let mut store = Store::in_memory().unwrap();
        one_story(&mut store, "daily.example/a", &[DESK], minute(5));
        let link = "daily.example/b";
        let waiting = store.save_poll(&feed("daily"), &[item("daily", link, link, link)], minute(1)).unwrap().new[0];
        let before = everything(&store);
        let intake = store.intake().unwrap();
        take_in(&intake, waiting, link, 10).unwrap();
        drop(intake);
        assert_eq!(everything(&store), before);
        assert_eq!(store.waiting_items(minute(9), 10).unwrap().len(), 1);

        let intake = store.intake().unwrap();
        take_in(&intake, waiting, link, 10).unwrap();
        intake.commit().unwrap();
        assert_eq!(store.waiting_items(minute(9), 10).unwrap(), []);
        assert_eq!(store.status().unwrap().claims, 2);
    }

    #[test]
    fn an_item_remembers_the_article_made_of_it() {
        let mut store = Store::in_memory().unwrap();
        let old = item("daily", "1", "daily.example/a", "Ferry toll at 12");
        let id = store.save_poll(&feed("daily"), std::slice::from_ref(&old), minute(1)).unwrap().new[0];
        let intake = store.intake().unwrap();
        take_in(&intake, id, "daily.example/a", 10).unwrap();
        let article = intake.article_at(&url("https://daily.example/a")).unwrap().unwrap().id;
        intake.commit().unwrap();
        let new = crate::model::FeedItem { title: "Ferry toll at 31".to_owned(), ..old };
        store.save_poll(&feed("daily"), &[new], minute(30)).unwrap();
        assert_eq!(store.waiting_items(minute(30), 1).unwrap()[0].article, Some(article));
    }

    #[test]
    fn a_full_disk_loses_nothing_and_all_goes_on_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("tollwatch.db")).unwrap();
        one_story(&mut store, "daily.example/a", &[DESK], minute(5));
        let link = "daily.example/b";
        let waiting = store.save_poll(&feed("daily"), &[item("daily", link, link, link)], minute(1)).unwrap().new[0];
        let due = store.waiting(DESK).unwrap().remove(0);
        let before = everything(&store);

        // The database may not grow by a page: the same answer as from a disk without room.
        let pages: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        let allow = |store: &Store, pages: i64| {
            store.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        };
        allow(&store, pages);
        let many: Vec<_> = (0..500)
            .map(|n| item("wire", &n.to_string(), &format!("wire.example/{n}"), &format!("Report {n}")))
            .collect();
        let mail = NewMail {
            message_id: "a@example.org".to_owned(),
            sender: "tollwatch@example.org".to_owned(),
            recipient: DESK.to_owned(),
            subject: "Ferry off Port Ardo".to_owned(),
            story: Some(due.story),
            bytes: vec![b'x'; 100_000],
        };
        let polled = store.save_poll(&feed("wire"), &many, minute(2));
        assert!(matches!(polled, Err(StoreError::Full)), "{polled:?}");
        let intake = store.intake().unwrap();
        let taken_in = take_in(&intake, waiting, link, 100_000);
        drop(intake);
        assert!(matches!(taken_in, Err(StoreError::Full)), "{taken_in:?}");
        let composed = store.compose(&[due.change], &mail, minute(5));
        assert!(matches!(composed, Err(StoreError::Full)), "{composed:?}");
        assert_eq!(everything(&store), before, "neither the entries nor the validators, and no half of anything");

        allow(&store, 1_000_000);
        assert_eq!(store.save_poll(&feed("wire"), &many, minute(2)).unwrap().new.len(), 500);
        let intake = store.intake().unwrap();
        take_in(&intake, waiting, link, 100_000).unwrap();
        intake.commit().unwrap();
        store.compose(&[due.change], &mail, minute(5)).unwrap();
        assert_eq!(store.due_mails(minute(5), 10).unwrap().len(), 1);
    }
}
