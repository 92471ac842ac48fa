//! The entries of feeds: which are known, which wait to be read, and what came of each reading.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, named_params, params};
use sha2::{Digest, Sha256};

use crate::model::{ArticleId, FeedItem, FeedState, Identity};
use crate::store::feeds;
use crate::store::sql::{Json, Link, Millis, all, first, millis, optional_time, run};
use crate::store::{Store, StoreError};

/// The number of an item in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub i64);

/// What a poll brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedPoll {
    /// Items not known until now; they wait to be read.
    pub new: Vec<ItemId>,
    /// Known items in a new wording; they wait to be read again.
    pub changed: Vec<ItemId>,
    /// How many items were known and as before.
    pub known: usize,
    /// Whether this was the feed's first poll: its items are its past.
    pub baseline: bool,
}

/// An item that waits to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingItem {
    /// Its number.
    pub id: ItemId,
    /// What the feed said of it last.
    pub item: FeedItem,
    /// Whether it belongs to the past of its feed, which is taken in silently.
    pub baseline: bool,
    /// How many readings have failed since it was queued.
    pub attempts: u32,
    /// The article that an earlier reading made of it.
    pub article: Option<ArticleId>,
}

/// A known item in a new wording is read again no sooner than this after it was last read, since some feeds give every
/// entry a new time at every poll.
const PAUSE_BEFORE_READING_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// How many wordings of an item are remembered for a feed: a feed that changes to and fro between a few is not taken for
/// one that brings news.
const WORDINGS_REMEMBERED: u32 = 8;

impl Store {
    /// Stores what a poll brought: the entries first, then the feed's validators, in one transaction, so that no crash
    /// can lose an entry. On the first such poll of a feed the new items are marked as its past. Where an item is new,
    /// `last_new` becomes `now`, whatever `state` says.
    ///
    /// # Errors
    /// Those of the database.
    pub fn save_poll(
        &mut self,
        state: &FeedState,
        items: &[FeedItem],
        now: Timestamp,
    ) -> Result<SavedPoll, StoreError> {
        let transaction = self.write()?;
        let sql = "SELECT baseline_done FROM feeds WHERE name = ?1";
        let past_taken_in = first(&transaction, sql, [&state.name], |row| row.get(0))?.unwrap_or(false);
        let mut saved = SavedPoll { baseline: !past_taken_in, ..SavedPoll::default() };
        for item in items {
            match find(&transaction, item)? {
                None => saved.new.push(insert(&transaction, item, saved.baseline, now)?),
                Some(id) if saw_again(&transaction, id, item, now)? => saved.changed.push(id),
                Some(_) => saved.known += 1,
            }
        }
        let last_new = if saved.new.is_empty() { state.last_new } else { Some(now) };
        feeds::write(&transaction, &FeedState { last_new, ..state.clone() })?;
        run(&transaction, "UPDATE feeds SET baseline_done = 1 WHERE name = ?1", [&state.name])?;
        transaction.commit()?;
        Ok(saved)
    }

    /// The items to be read now, at most `limit` of them, in the order of their publication.
    ///
    /// # Errors
    /// Those of the database.
    pub fn waiting_items(&self, now: Timestamp, limit: u32) -> Result<Vec<WaitingItem>, StoreError> {
        all(
            &self.connection,
            "SELECT * FROM items WHERE state = 'waiting' AND next_try <= ?1
             ORDER BY coalesce(published, made), id LIMIT ?2",
            params![Millis(now), limit],
            waiting,
        )
    }

    /// Records that a reading has failed: the item is tried again at `next_try`, or, where that is `None`, set aside.
    ///
    /// # Errors
    /// Those of the database.
    pub fn item_failed(
        &mut self,
        id: ItemId,
        outcome: &str,
        next_try: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = run(
            &self.connection,
            "UPDATE items SET attempts = attempts + 1, outcome = :outcome, next_try = coalesce(:next_try, next_try),
                 state = iif(:next_try IS NULL, 'failed', 'waiting'), ended = iif(:next_try IS NULL, :now, ended)
             WHERE id = :id",
            named_params! { ":id": id.0, ":outcome": outcome, ":next_try": millis(next_try), ":now": Millis(now) },
        )?;
        found(rows, id)
    }

    /// Records that an item is not to be read, and why: too old, no page, another kind of thing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn item_skipped(&mut self, id: ItemId, outcome: &str, now: Timestamp) -> Result<(), StoreError> {
        let rows = run(
            &self.connection,
            "UPDATE items SET state = 'skipped', outcome = ?2, ended = ?3, content = NULL WHERE id = ?1",
            params![id.0, outcome, Millis(now)],
        )?;
        found(rows, id)
    }
}

/// Records what a reading made of an item.
pub(super) fn read(
    connection: &Connection,
    id: ItemId,
    article: Option<ArticleId>,
    outcome: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = run(
        connection,
        "UPDATE items SET state = 'read', outcome = ?2, article = coalesce(?3, article), ended = ?4, attempts = 0,
             content = NULL
         WHERE id = ?1",
        params![id.0, outcome, article.map(|article| article.0), Millis(now)],
    )?;
    found(rows, id)
}

fn found(rows: usize, id: ItemId) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NoSuch { what: "item", id: id.0 }) } else { Ok(()) }
}

/// The item that is known under one of the keys, the strongest first.
fn find(connection: &Connection, item: &FeedItem) -> Result<Option<ItemId>, StoreError> {
    for key in item.identity.keys() {
        let sql = "SELECT item FROM item_keys WHERE scope = ?1 AND key = ?2";
        let id = first(connection, sql, [scope(key, &item.feed), key], |row| row.get(0).map(ItemId))?;
        if id.is_some() {
            return Ok(id);
        }
    }
    Ok(None)
}

/// Guids and links name the same item in whatever feed they stand; other keys (an item's words) only in their own, since
/// "Live updates" is the headline of many.
fn scope<'a>(key: &str, feed: &'a str) -> &'a str {
    if key.starts_with("guid:") || key.starts_with("link:") { "" } else { feed }
}

fn insert(connection: &Connection, item: &FeedItem, baseline: bool, now: Timestamp) -> Result<ItemId, StoreError> {
    run(
        connection,
        "INSERT INTO items (feed, keys, guid, link, title, published, updated, summary, content, state, baseline,
             next_try, made)
         VALUES (:feed, :keys, :guid, :link, :title, :published, :updated, :summary, :content, 'waiting', :baseline,
             :now, :now)",
        named_params! {
            ":feed": item.feed,
            ":keys": Json(item.identity.keys()),
            ":guid": item.guid,
            ":link": item.link.as_ref().map(|link| link.as_str()),
            ":title": item.title,
            ":published": millis(item.published),
            ":updated": millis(item.updated),
            ":summary": item.summary,
            ":content": item.content,
            ":baseline": baseline,
            ":now": Millis(now),
        },
    )?;
    let id = ItemId(connection.last_insert_rowid());
    add_keys(connection, id, item)?;
    add_sighting(connection, id, item, now)?;
    Ok(id)
}

/// Learns the keys that a known item has come with, and queues it where its feed carries it in a new wording.
fn saw_again(connection: &Connection, id: ItemId, item: &FeedItem, now: Timestamp) -> Result<bool, StoreError> {
    add_keys(connection, id, item)?;
    // Another feed's wording of an item known already is no change of the item.
    let sql = "SELECT EXISTS (SELECT 1 FROM sightings WHERE item = ?1 AND feed = ?2)";
    let carried_before = first(connection, sql, params![id.0, item.feed], |row| row.get(0))?.unwrap_or(false);
    let reworded = add_sighting(connection, id, item, now)?;
    if !(carried_before && reworded) {
        return Ok(false);
    }
    // The past that was read once is over: what changes in it from now on is told.
    run(
        connection,
        "UPDATE items SET feed = :feed, keys = :keys, guid = :guid, link = :link, title = :title,
             published = :published, updated = :updated, summary = :summary, content = :content,
             baseline = iif(state = 'waiting', baseline, 0), state = 'waiting', attempts = 0,
             next_try = max(:now, coalesce(ended + :pause, 0))
         WHERE id = :id",
        named_params! {
            ":id": id.0,
            ":feed": item.feed,
            ":keys": Json(item.identity.keys()),
            ":guid": item.guid,
            ":link": item.link.as_ref().map(|link| link.as_str()),
            ":title": item.title,
            ":published": millis(item.published),
            ":updated": millis(item.updated),
            ":summary": item.summary,
            ":content": item.content,
            ":now": Millis(now),
            ":pause": PAUSE_BEFORE_READING_AGAIN.as_millis() as i64,
        },
    )?;
    Ok(true)
}

fn add_keys(connection: &Connection, id: ItemId, item: &FeedItem) -> Result<(), StoreError> {
    for key in item.identity.keys() {
        let sql = "INSERT INTO item_keys (scope, key, item) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        run(connection, sql, params![scope(key, &item.feed), key, id.0])?;
    }
    Ok(())
}

/// Whether the wording is one that this feed has not carried the item in lately.
fn add_sighting(connection: &Connection, id: ItemId, item: &FeedItem, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "INSERT INTO sightings (item, feed, stamp, seen) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    if run(connection, sql, params![id.0, item.feed, stamp(item), Millis(now)])? == 0 {
        return Ok(false);
    }
    run(
        connection,
        "DELETE FROM sightings WHERE item = ?1 AND feed = ?2 AND stamp NOT IN (
             SELECT stamp FROM sightings WHERE item = ?1 AND feed = ?2 ORDER BY seen DESC, stamp LIMIT ?3)",
        params![id.0, item.feed, WORDINGS_REMEMBERED],
    )?;
    Ok(true)
}

/// A hash of what a feed shows of a change: title, time of change and summary.
fn stamp(item: &FeedItem) -> [u8; 32] {
    let updated = item.updated.map(|time| time.as_millisecond().to_string());
    let mut hash = Sha256::new();
    for part in [Some(item.title.as_str()), updated.as_deref(), item.summary.as_deref()] {
        // The length before each part keeps "ab" + "c" apart from "a" + "bc", and nothing apart from the empty text.
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().into()
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<WaitingItem> {
    Ok(WaitingItem {
        id: ItemId(row.get("id")?),
        item: FeedItem {
            feed: row.get("feed")?,
            identity: identity(row.get::<_, Json<Vec<String>>>("keys")?.0),
            guid: row.get("guid")?,
            link: row.get::<_, Option<Link>>("link")?.map(|Link(url)| url),
            title: row.get("title")?,
            published: optional_time(row, "published")?,
            updated: optional_time(row, "updated")?,
            summary: row.get("summary")?,
            content: row.get("content")?,
        },
        baseline: row.get("baseline")?,
        attempts: row.get("attempts")?,
        article: row.get::<_, Option<i64>>("article")?.map(ArticleId),
    })
}

fn identity(keys: Vec<String>) -> Identity {
    let mut keys = keys.into_iter();
    let strongest = keys.next().unwrap_or_default();
    Identity::new(strongest, keys)
}
