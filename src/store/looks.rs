//! Articles whose pages are looked at again, since outlets change them in place: when, and what to ask with.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params, params};
use url::Url;

use crate::model::{ArticleId, FeedItem, Validators};
use crate::store::sql::{Link, Millis, all, first, millis, run, time};
use crate::store::{ItemId, Store, StoreError, items};

/// An article whose page is looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The article.
    pub article: ArticleId,
    /// The item that led to it.
    pub item: Option<ItemId>,
    /// Where its page was had, after all redirects.
    pub url: Url,
    /// What the server wants to be asked with.
    pub validators: Validators,
    /// The SHA-256 of the page as it was fetched last, in hex.
    pub page_sha256: String,
    /// The publication that the times of the looks are counted from.
    pub published: Timestamp,
}

/// A look that is due, with what the feed said last of the article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLook {
    /// The look.
    pub look: Look,
    /// The item that led to the article, without the content that the feed may have brought.
    pub item: Option<FeedItem>,
}

impl Store {
    /// The articles to be looked at again now, at most so many, the longest overdue first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_looks(&self, now: Timestamp, limit: u32) -> Result<Vec<DueLook>, StoreError> {
        let sql = "SELECT * FROM looks WHERE next <= ?1 ORDER BY next, article LIMIT ?2";
        let looks = all(&self.connection, sql, params![Millis(now), limit], look)?;
        let item = |look: &Look| look.item.map(|id| items::said(&self.connection, id)).transpose();
        looks.into_iter().map(|look| Ok(DueLook { item: item(&look)?.flatten(), look })).collect()
    }

    /// Records a look that brought nothing new: what came of it, in words, what to ask with from now on, and when the
    /// next one is; `None`: never again.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where the article is not looked at.
    pub fn looked(
        &mut self,
        article: ArticleId,
        outcome: &str,
        validators: &Validators,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let rows = run(
            &self.connection,
            "UPDATE looks SET outcome = ?2, etag = ?3, last_modified = ?4, next = ?5 WHERE article = ?1",
            params![article.0, outcome, validators.etag, validators.last_modified, millis(next)],
        )?;
        if rows == 0 { Err(StoreError::NoSuch { what: "look at article", id: article.0 }) } else { Ok(()) }
    }
}

/// The publication that an article's looks are counted from, where there are any.
pub(super) fn published(connection: &Connection, article: ArticleId) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT published FROM looks WHERE article = ?1";
    first(connection, sql, [article.0], |row| time(row, "published"))
}

/// Plans the next look, after the page has been read.
pub(super) fn plan(connection: &Connection, look: &Look, next: Option<Timestamp>) -> Result<(), StoreError> {
    run(
        connection,
        "INSERT INTO looks (article, item, url, etag, last_modified, page_sha256, published, next)
         VALUES (:article, :item, :url, :etag, :last_modified, :page_sha256, :published, :next)
         ON CONFLICT (article) DO UPDATE SET item = coalesce(:item, item), url = :url, etag = :etag,
             last_modified = :last_modified, page_sha256 = :page_sha256, next = :next, outcome = 'read again'",
        named_params! {
            ":article": look.article.0,
            ":item": look.item.map(|item| item.0),
            ":url": look.url.as_str(),
            ":etag": look.validators.etag,
            ":last_modified": look.validators.last_modified,
            ":page_sha256": look.page_sha256,
            ":published": Millis(look.published),
            ":next": millis(next),
        },
    )?;
    Ok(())
}

fn look(row: &Row<'_>) -> rusqlite::Result<Look> {
    Ok(Look {
        article: ArticleId(row.get("article")?),
        item: row.get::<_, Option<i64>>("item")?.map(ItemId),
        url: row.get::<_, Link>("url")?.0,
        validators: Validators { etag: row.get("etag")?, last_modified: row.get("last_modified")? },
        page_sha256: row.get("page_sha256")?,
        published: time(row, "published")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{article, feed, fetched, item, minute, url};

    fn due(store: &Store, at: i64) -> Vec<Look> {
        store.due_looks(minute(at), 9).unwrap().into_iter().map(|due| due.look).collect()
    }

    fn stored(store: &mut Store, link: &str) -> Look {
        let waiting = store.save_poll(&feed("daily"), &[item("daily", link, link, link)], minute(0)).unwrap().new[0];
        let intake = store.intake().unwrap();
        let id = intake.add_article(&article(link, "12 died."), &fetched(minute(1))).unwrap();
        let look = Look {
            article: id,
            item: Some(waiting),
            url: url(&format!("https://{link}")),
            validators: Validators { etag: Some("\"1\"".to_owned()), last_modified: None },
            page_sha256: "ab".repeat(32),
            published: minute(1),
        };
        intake.item_read(waiting, Some(id), "1 figure", minute(1)).unwrap();
        intake.plan_look(&look, Some(minute(31))).unwrap();
        intake.commit().unwrap();
        look
    }

    #[test]
    fn a_look_is_due_at_its_time_and_then_no_more() {
        let mut store = Store::in_memory().unwrap();
        let look = stored(&mut store, "daily.example/a");
        assert_eq!(store.next_wake(minute(20)).unwrap(), Some(minute(31)));
        assert_eq!(due(&store, 30), []);
        assert_eq!(due(&store, 31), std::slice::from_ref(&look));
        let item = store.due_looks(minute(31), 9).unwrap().remove(0).item.unwrap();
        assert_eq!((item.feed.as_str(), item.content), ("daily", None));
        let second = Validators { etag: Some("\"2\"".to_owned()), last_modified: Some("Sun".to_owned()) };
        store.looked(look.article, "not modified", &second, Some(minute(120))).unwrap();
        assert_eq!(due(&store, 119), []);
        let later = Look { validators: second, ..look };
        assert_eq!(due(&store, 120), std::slice::from_ref(&later));
        store.looked(later.article, "gone", &Validators::default(), None).unwrap();
        assert_eq!(due(&store, 9_999), []);
        assert_eq!(store.next_wake(minute(2)).unwrap(), Some(minute(15)), "the feed alone");
    }

    #[test]
    fn what_a_page_says_of_its_publication_later_moves_no_look() {
        let mut store = Store::in_memory().unwrap();
        let look = stored(&mut store, "daily.example/a");
        let intake = store.intake().unwrap();
        intake.plan_look(&Look { published: minute(60), ..look.clone() }, Some(minute(90))).unwrap();
        assert_eq!(intake.looked_at_since(look.article).unwrap(), Some(minute(1)));
        intake.commit().unwrap();
        assert_eq!(due(&store, 90), [look]);
        let stray = store.looked(ArticleId(7), "gone", &Validators::default(), None);
        assert!(matches!(stray, Err(StoreError::NoSuch { id: 7, .. })), "{stray:?}");
    }
}
