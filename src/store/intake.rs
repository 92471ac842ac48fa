//! Taking in one article: everything that is made of it is stored in one transaction, or nothing is.

use jiff::Timestamp;
use rusqlite::Transaction;
use url::Url;

use crate::model::{Alert, Article, ArticleId, Change, Claim, Story, StoryDraft, StoryId};
use crate::store::{Fetched, ItemId, Store, StoreError, StoredArticle, StoredChange};
use crate::store::{alerts, articles, changes, claims, items, stories};

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

    /// The story that an earlier version of the article joined; where it was merged into another, that other.
    pub fn story_of(&self, id: ArticleId) -> Result<Option<Story>, StoreError> {
        stories::of_article(&self.transaction, id)
    }

    /// The stories that an article may join: those with an article published at `since` or later, and those that the
    /// config names.
    pub fn active_stories(&self, since: Timestamp) -> Result<Vec<Story>, StoreError> {
        stories::active(&self.transaction, since)
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

    /// All changes of a story, in the order in which they were found.
    pub fn changes(&self, story: StoryId) -> Result<Vec<StoredChange>, StoreError> {
        changes::of_story(&self.transaction, story)
    }

    /// Stores claims. Their article version must have been stored.
    pub fn add_claims(&self, claims: &[Claim]) -> Result<(), StoreError> {
        claims.iter().try_for_each(|claim| claims::insert(&self.transaction, claim))
    }

    /// Stores changes; their numbers, in the same order. The claims behind them must have been stored.
    pub fn add_changes(&self, changes: &[Change], now: Timestamp) -> Result<Vec<i64>, StoreError> {
        changes.iter().map(|change| changes::insert(&self.transaction, change, now)).collect()
    }

    /// Stores alerts. A change that the recipient has an alert for already is left out, so that nothing is told twice;
    /// of two alerts given here the one that is due earlier tells it.
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
        Ok(self.transaction.commit()?)
    }
}
