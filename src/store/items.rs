//! The entries of feeds: which are known, which wait to be read, and what came of each reading.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, named_params, params};
use sha2::{Digest, Sha256};
use url::Url;

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
    /// How many readings in a row were begun and never ended: the process died, perhaps of this very item. One that has
    /// done so a few times is better skipped than read again.
    pub cut_short: u32,
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
        self.save_poll_as((&state.name, &state.url), items, now, |_| state.clone())
    }

    /// [`Store::save_poll`] for a feed, by its name and its address in the config, whose new state follows from what the
    /// poll brought.
    ///
    /// # Errors
    /// Those of the database.
    pub fn save_poll_as(
        &mut self,
        (name, url): (&str, &Url),
        items: &[FeedItem],
        now: Timestamp,
        state: impl FnOnce(&SavedPoll) -> FeedState,
    ) -> Result<SavedPoll, StoreError> {
        let transaction = self.write()?;
        let mut saved = SavedPoll { baseline: is_first_poll(&transaction, name, url, items)?, ..SavedPoll::default() };
        for item in items {
            match find(&transaction, item)? {
                None => saved.new.push(insert(&transaction, item, saved.baseline, now)?),
                Some(id) if saw_again(&transaction, id, item, now)? => saved.changed.push(id),
                Some(_) => saved.known += 1,
            }
        }
        let state = state(&saved);
        let last_new = if saved.new.is_empty() { state.last_new } else { Some(now) };
        feeds::write(&transaction, &FeedState { last_new, ..state })?;
        run(&transaction, "UPDATE feeds SET baseline_done = 1 WHERE name = ?1", [name])?;
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

    /// Records that items are about to be read, so that an item that kills the process is found out. The end of a
    /// reading, whatever it is, or [`Store::put_back`] takes the mark away. Where it never ends, they wait until
    /// `if_it_dies`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin_reading(&mut self, items: &[ItemId], if_it_dies: Timestamp) -> Result<(), StoreError> {
        let ids: Vec<i64> = items.iter().map(|id| id.0).collect();
        let sql =
            "UPDATE items SET cut_short = cut_short + 1, next_try = ?2 WHERE id IN (SELECT value FROM json_each(?1))";
        run(&self.connection, sql, params![Json(ids), Millis(if_it_dies)])?;
        Ok(())
    }

    /// Takes back [`Store::begin_reading`] for items that were not read after all, since the daemon is stopping.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_back(&mut self, items: &[ItemId]) -> Result<(), StoreError> {
        let ids: Vec<i64> = items.iter().map(|id| id.0).collect();
        let sql = "UPDATE items SET cut_short = max(0, cut_short - 1), next_try = made WHERE id IN (SELECT value FROM json_each(?1))";
        run(&self.connection, sql, [Json(ids)])?;
        Ok(())
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
            "UPDATE items SET attempts = attempts + 1, cut_short = 0, outcome = :outcome, next_try = coalesce(:next_try, next_try),
                 state = iif(:next_try IS NULL, 'failed', 'waiting'), ended = iif(:next_try IS NULL, :now, ended)
             WHERE id = :id",
            named_params! { ":id": id.0, ":outcome": outcome, ":next_try": millis(next_try), ":now": Millis(now) },
        )?;
        found(rows, id)
    }

    /// Records that an item could not be read through no fault of its page's: it is tried again at `next_try`, and the
    /// attempt does not count.
    ///
    /// # Errors
    /// Those of the database.
    pub fn item_put_off(&mut self, id: ItemId, outcome: &str, next_try: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE items SET cut_short = 0, outcome = ?2, next_try = ?3 WHERE id = ?1";
        let rows = run(&self.connection, sql, params![id.0, outcome, Millis(next_try)])?;
        found(rows, id)
    }

    /// Records that an item is not to be read, and why: too old, no page, another kind of thing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn item_skipped(&mut self, id: ItemId, outcome: &str, now: Timestamp) -> Result<(), StoreError> {
        let rows = run(
            &self.connection,
            "UPDATE items SET state = 'skipped', cut_short = 0, outcome = ?2, ended = ?3, content = NULL WHERE id = ?1",
            params![id.0, outcome, Millis(now)],
        )?;
        found(rows, id)
    }
}

/// A feed's first poll is the first that was answered with a feed; and the first at another address, where nothing that
/// stands there is known: the name in the config now stands for another feed.
fn is_first_poll(connection: &Connection, name: &str, url: &Url, items: &[FeedItem]) -> Result<bool, StoreError> {
    let sql = "SELECT baseline_done, url FROM feeds WHERE name = ?1";
    let Some((done, before)) =
        first(connection, sql, [name], |row| Ok((row.get::<_, bool>(0)?, row.get::<_, String>(1)?)))?
    else {
        return Ok(true);
    };
    if !done || before == url.as_str() {
        return Ok(!done);
    }
    for item in items {
        if find(connection, item)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What its feed said last of an item.
pub(super) fn said(connection: &Connection, id: ItemId) -> Result<Option<FeedItem>, StoreError> {
    first(connection, "SELECT * FROM items WHERE id = ?1", [id.0], |row| Ok(waiting(row)?.item))
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
             cut_short = 0, content = NULL
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
    // Another feed's wording of an item known already is no change of the item; but where the item could not be read,
    // that feed's link or text may do.
    let sql = "SELECT EXISTS (SELECT 1 FROM sightings WHERE item = ?1 AND feed = ?2) OR state = 'failed'
               FROM items WHERE id = ?1";
    let counts = first(connection, sql, params![id.0, item.feed], |row| row.get(0))?.unwrap_or(false);
    let reworded = add_sighting(connection, id, item, now)?;
    if !(counts && reworded) {
        return Ok(false);
    }
    // The past that was read once is over: what changes in it from now on is told.
    run(
        connection,
        "UPDATE items SET feed = :feed, keys = :keys, guid = :guid, link = :link, title = :title,
             published = :published, updated = :updated, summary = :summary, content = :content,
             baseline = iif(state = 'waiting', baseline, 0), state = 'waiting', attempts = 0, cut_short = 0,
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
        cut_short: row.get("cut_short")?,
        article: row.get::<_, Option<i64>>("article")?.map(ArticleId),
    })
}

fn identity(keys: Vec<String>) -> Identity {
    let mut keys = keys.into_iter();
    let strongest = keys.next().unwrap_or_default();
    Identity::new(strongest, keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{feed, item, minute, url};

    /// A store in which the past of two feeds has been taken in.
    fn store() -> Store {
        let mut store = Store::in_memory().unwrap();
        store.save_poll(&feed("daily"), &[], minute(0)).unwrap();
        store.save_poll(&feed("wire"), &[], minute(0)).unwrap();
        store
    }

    fn poll(store: &mut Store, item: &FeedItem, at: i64) -> SavedPoll {
        store.save_poll(&feed(&item.feed), std::slice::from_ref(item), minute(at)).unwrap()
    }

    #[test]
    fn the_first_poll_takes_in_the_past() {
        let mut store = Store::in_memory().unwrap();
        let mut failed = FeedState::unpolled("daily", url("https://daily.example/feed.xml"), minute(0));
        failed.failures = 1;
        store.save_feed(&failed).unwrap();
        let old = item("daily", "1", "daily.example/1", "Ferry overdue");
        assert!(poll(&mut store, &old, 1).baseline, "a poll that failed was not the first");
        let new = item("daily", "2", "daily.example/2", "Ferry found");
        let second = store.save_poll(&feed("daily"), &[old, new], minute(2)).unwrap();
        assert_eq!((second.new.len(), second.changed.len(), second.known, second.baseline), (1, 0, 1, false));
        let waiting = store.waiting_items(minute(2), 10).unwrap();
        assert_eq!(
            waiting.iter().map(|w| (w.item.title.as_str(), w.baseline)).collect::<Vec<_>>(),
            [("Ferry overdue", true), ("Ferry found", false)]
        );
        assert_eq!(store.feed_state("daily").unwrap().unwrap().last_new, Some(minute(2)));
    }

    #[test]
    fn another_address_brings_another_past_unless_its_items_are_known() {
        let mut store = store();
        let known = item("daily", "1", "daily.example/1", "Ferry overdue");
        poll(&mut store, &known, 1);
        let moved = FeedState { url: url("https://daily.example/new.xml"), ..feed("daily") };
        let fresh = item("daily", "2", "daily.example/2", "Ferry found");
        let same_feed = store.save_poll(&moved, &[known, fresh], minute(2)).unwrap();
        assert!(!same_feed.baseline);
        let other = FeedState { url: url("https://daily.example/sport.xml"), ..feed("daily") };
        let sport = item("daily", "90", "daily.example/90", "Rovers win");
        assert!(store.save_poll(&other, &[sport], minute(3)).unwrap().baseline);
    }

    #[test]
    fn an_item_waits_as_the_feed_gave_it() {
        let mut store = store();
        let item = FeedItem { updated: Some(minute(1)), ..item("daily", "1", "daily.example/1", "Ferry overdue") };
        let id = poll(&mut store, &item, 1).new[0];
        let waiting = store.waiting_items(minute(1), 10).unwrap();
        let expected = WaitingItem { id, item, baseline: false, attempts: 0, cut_short: 0, article: None };
        assert_eq!(waiting, [expected]);
        let bare = FeedItem {
            feed: "daily".to_owned(),
            identity: Identity::new("words:ferry".to_owned(), []),
            guid: None,
            link: None,
            title: String::new(),
            published: None,
            updated: None,
            summary: None,
            content: None,
        };
        poll(&mut store, &bare, 2);
        assert_eq!(store.waiting_items(minute(2), 10).unwrap()[1].item, bare);
    }

    #[test]
    fn an_item_that_comes_through_two_feeds_is_known_once() {
        let mut store = store();
        assert_eq!(poll(&mut store, &item("daily", "1", "daily.example/1", "Ferry overdue"), 1).new.len(), 1);
        let carried = item("wire", "d-1", "daily.example/1", "DAILY: Ferry overdue");
        let saved = poll(&mut store, &carried, 2);
        assert_eq!((saved.new.len(), saved.changed.len(), saved.known), (0, 0, 1));
        let reworded = FeedItem { title: "DAILY: Ferry found".to_owned(), ..carried };
        assert_eq!(poll(&mut store, &reworded, 3).changed.len(), 1, "its own next wording is a change");
    }

    #[test]
    fn words_tell_items_apart_within_a_feed_only() {
        let mut store = store();
        let live = item("daily", "1", "daily.example/1", "Live updates");
        poll(&mut store, &live, 1);
        let elsewhere = item("wire", "7", "wire.example/7", "Live updates");
        assert_eq!(poll(&mut store, &elsewhere, 2).new.len(), 1);
    }

    #[test]
    fn an_item_stays_known_while_its_keys_change_one_by_one() {
        let mut store = store();
        poll(&mut store, &item("daily", "1", "daily.example/1", "Ferry overdue"), 1);
        for (guid, link) in [("2", "daily.example/1"), ("2", "daily.example/one"), ("3", "daily.example/one")] {
            let saved = poll(&mut store, &item("daily", guid, link, "Ferry overdue"), 2);
            assert_eq!((saved.new.len(), saved.known), (0, 1), "guid {guid}, link {link}");
        }
    }

    #[test]
    fn a_new_wording_is_read_again_but_a_wording_to_and_fro_is_not() {
        let mut store = store();
        let a = item("daily", "1", "daily.example/1", "Ferry toll at 12");
        let b = FeedItem { title: "Ferry toll at 31".to_owned(), ..a.clone() };
        let id = poll(&mut store, &a, 1).new[0];
        read(&store.connection, id, None, "no figure", minute(1)).unwrap();

        assert_eq!(poll(&mut store, &b, 20).changed, [id]);
        let waiting = store.waiting_items(minute(20), 10).unwrap();
        assert_eq!(waiting[0].item, b);
        read(&store.connection, id, None, "1 figure", minute(20)).unwrap();

        assert_eq!(poll(&mut store, &a, 40).known, 1);
        assert_eq!(poll(&mut store, &b, 60).known, 1);
        assert_eq!(store.waiting_items(minute(60), 10).unwrap(), []);
    }

    #[test]
    fn an_item_with_a_new_time_at_every_poll_is_read_once_in_a_quarter_of_an_hour() {
        let mut store = store();
        let mut item = item("daily", "1", "daily.example/1", "Ferry overdue");
        let mut readings = Vec::new();
        for n in 1..=61 {
            item.updated = Some(minute(n));
            poll(&mut store, &item, n);
            for waiting in store.waiting_items(minute(n), 10).unwrap() {
                read(&store.connection, waiting.id, None, "no figure", minute(n)).unwrap();
                readings.push(n);
            }
        }
        assert_eq!(readings, [1, 16, 31, 46, 61]);
        let remembered: u32 =
            store.connection.query_row("SELECT count(*) FROM sightings", [], |row| row.get(0)).unwrap();
        assert_eq!(remembered, WORDINGS_REMEMBERED);
    }

    #[test]
    fn what_changes_in_the_past_after_it_was_read_is_no_longer_past() {
        let mut store = Store::in_memory().unwrap();
        let a = item("daily", "1", "daily.example/1", "Ferry toll at 12");
        let b = FeedItem { title: "Ferry toll at 31".to_owned(), ..a.clone() };
        let c = FeedItem { title: "Ferry toll at 33".to_owned(), ..a.clone() };
        let id = poll(&mut store, &a, 1).new[0];
        poll(&mut store, &b, 2);
        assert!(store.waiting_items(minute(2), 1).unwrap()[0].baseline, "not read yet: still the past");
        read(&store.connection, id, None, "1 figure", minute(3)).unwrap();
        poll(&mut store, &c, 30);
        assert!(!store.waiting_items(minute(30), 1).unwrap()[0].baseline);
    }

    #[test]
    fn a_failed_item_waits_and_is_set_aside_in_the_end() {
        let mut store = store();
        let a = item("daily", "1", "daily.example/1", "Ferry overdue");
        let id = poll(&mut store, &a, 1).new[0];
        store.item_failed(id, "503 Service Unavailable", Some(minute(10)), minute(1)).unwrap();
        assert_eq!(store.waiting_items(minute(9), 10).unwrap(), []);
        assert_eq!(store.waiting_items(minute(10), 10).unwrap()[0].attempts, 1);
        assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), Some(minute(10)));
        store.item_failed(id, "404 Not Found", None, minute(10)).unwrap();
        assert_eq!(store.waiting_items(minute(99), 10).unwrap(), []);
        assert_eq!(store.status().unwrap().items_failed, 1);

        let elsewhere = item("wire", "d-1", "daily.example/1", "Ferry overdue");
        assert_eq!(poll(&mut store, &elsewhere, 30).changed, [id], "another feed may have what the first had not");
        store.item_skipped(id, "a video", minute(31)).unwrap();
        assert_eq!(store.waiting_items(minute(99), 10).unwrap(), []);
        assert!(matches!(
            store.item_skipped(ItemId(77), "", minute(0)),
            Err(StoreError::NoSuch { what: "item", id: 77 })
        ));
    }

    #[test]
    fn a_reading_that_never_ended_is_counted() {
        let mut store = store();
        let id = poll(&mut store, &item("daily", "1", "daily.example/1", "Ferry overdue"), 1).new[0];
        let cut_short = |store: &Store| store.waiting_items(minute(1), 1).unwrap()[0].cut_short;
        store.begin_reading(&[id], minute(1)).unwrap();
        store.begin_reading(&[id], minute(1)).unwrap();
        assert_eq!(cut_short(&store), 2);
        store.put_back(&[id]).unwrap();
        assert_eq!(cut_short(&store), 1);
        store.begin_reading(&[id], minute(60)).unwrap();
        assert_eq!(store.waiting_items(minute(59), 1).unwrap(), [], "after another death it waits");
        assert_eq!(store.waiting_items(minute(60), 1).unwrap()[0].cut_short, 2);
        store.item_failed(id, "timed out", Some(minute(1)), minute(1)).unwrap();
        assert_eq!(cut_short(&store), 0);
    }

    #[test]
    fn items_are_read_in_the_order_of_publication() {
        let mut store = store();
        let at = |guid: &str, published| FeedItem { published, ..item("daily", guid, guid, guid) };
        let items = [at("late", Some(minute(9))), at("undated", None), at("early", Some(minute(1)))];
        store.save_poll(&feed("daily"), &items, minute(5)).unwrap();
        let waiting = store.waiting_items(minute(9), 10).unwrap();
        assert_eq!(waiting.iter().map(|w| &*w.item.title).collect::<Vec<_>>(), ["early", "undated", "late"]);
        assert_eq!(store.waiting_items(minute(9), 2).unwrap().len(), 2);
    }
}
