//! Articles and what they said, version by version.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params, params};
use url::Url;

use crate::model::{Article, ArticleId, Fingerprint, Flag, Text};
use crate::store::sql::{Bits, Json, Link, Millis, all, first, millis, optional_time, run, time};
use crate::store::{Store, StoreError};

/// Where a version of an article came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the page as fetched, in hex; `None` where the text came from the feed.
    pub page_sha256: Option<String>,
}

/// A version of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredArticle {
    /// The number of the article.
    pub id: ArticleId,
    /// The number of the version, from 1.
    pub version: u32,
    /// What it says.
    pub article: Article,
    /// Where it came from.
    pub fetched: Fetched,
}

const SELECT: &str = "SELECT v.*, a.url FROM article_versions v JOIN articles a ON a.id = v.article";

impl Store {
    /// Every version of an article, oldest first; empty for a number that is not known.
    ///
    /// # Errors
    /// Those of the database.
    pub fn article_versions(&self, id: ArticleId) -> Result<Vec<StoredArticle>, StoreError> {
        let sql = format!("{SELECT} WHERE v.article = ?1 ORDER BY v.version");
        all(&self.connection, &sql, [id.0], stored)
    }
}

pub(super) fn at(connection: &Connection, url: &Url) -> Result<Option<StoredArticle>, StoreError> {
    let sql = format!("{SELECT} WHERE a.url = ?1 ORDER BY v.version DESC LIMIT 1");
    first(connection, &sql, [url.as_str()], stored)
}

pub(super) fn latest(connection: &Connection, id: ArticleId) -> Result<Option<StoredArticle>, StoreError> {
    let sql = format!("{SELECT} WHERE v.article = ?1 ORDER BY v.version DESC LIMIT 1");
    first(connection, &sql, [id.0], stored)
}

pub(super) fn insert(connection: &Connection, article: &Article, fetched: &Fetched) -> Result<ArticleId, StoreError> {
    let sql = "INSERT INTO articles (url, made) VALUES (?1, ?2)";
    run(connection, sql, params![article.url.as_str(), Millis(fetched.at)])?;
    let id = ArticleId(connection.last_insert_rowid());
    insert_version(connection, id, article, fetched)?;
    Ok(id)
}

pub(super) fn insert_version(
    connection: &Connection,
    id: ArticleId,
    article: &Article,
    fetched: &Fetched,
) -> Result<u32, StoreError> {
    let version = connection
        .prepare_cached(
            "INSERT INTO article_versions (article, version, outlet, language, published, modified, text, flags,
                 fingerprint, page_sha256, fetched)
             SELECT :article, 1 + coalesce(max(version), 0), :outlet, :language, :published, :modified, :text, :flags,
                 :fingerprint, :page_sha256, :fetched
             FROM article_versions WHERE article = :article
             RETURNING version",
        )?
        .query_row(
            named_params! {
                ":article": id.0,
                ":outlet": article.outlet,
                ":language": article.language,
                ":published": millis(article.published),
                ":modified": millis(article.modified),
                ":text": article.text.as_str(),
                ":flags": Json(&article.flags),
                ":fingerprint": Bits(article.fingerprint.0),
                ":page_sha256": fetched.page_sha256,
                ":fetched": Millis(fetched.at),
            },
            |row| row.get(0),
        )?;
    Ok(version)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredArticle> {
    Ok(StoredArticle {
        id: ArticleId(row.get("article")?),
        version: row.get("version")?,
        article: Article {
            url: row.get::<_, Link>("url")?.0,
            outlet: row.get("outlet")?,
            language: row.get("language")?,
            published: optional_time(row, "published")?,
            modified: optional_time(row, "modified")?,
            text: Text::from_plain(row.get("text")?),
            flags: row.get::<_, Json<Vec<Flag>>>("flags")?.0,
            fingerprint: Fingerprint(row.get::<_, Bits>("fingerprint")?.0),
        },
        fetched: Fetched { at: time(row, "fetched")?, page_sha256: row.get("page_sha256")? },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::samples::{article, fetched, minute, url};

    #[test]
    fn an_article_is_found_by_its_address_as_it_read_last() {
        let mut store = Store::in_memory().unwrap();
        let (old, new) = (article("daily.example/a", "12 died."), article("daily.example/a", "31 died."));
        let intake = store.intake().unwrap();
        let id = intake.add_article(&old, &fetched(minute(1))).unwrap();
        let from_feed = Fetched { at: minute(9), page_sha256: None };
        assert_eq!(intake.add_version(id, &new, &from_feed).unwrap(), 2);
        let latest = StoredArticle { id, version: 2, article: new, fetched: from_feed };
        assert_eq!(intake.article_at(&url("https://daily.example/a")).unwrap(), Some(latest.clone()));
        assert_eq!(intake.article(id).unwrap(), Some(latest.clone()));
        assert_eq!(intake.article_at(&url("https://daily.example/b")).unwrap(), None);
        intake.commit().unwrap();
        let first = StoredArticle { id, version: 1, article: old, fetched: fetched(minute(1)) };
        assert_eq!(store.article_versions(id).unwrap(), [first, latest]);
    }

    #[test]
    fn a_version_of_an_article_that_is_not_there_is_refused() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let stray = intake.add_version(ArticleId(7), &article("daily.example/a", "12 died."), &fetched(minute(1)));
        assert!(matches!(stray, Err(StoreError::Other(_))), "{stray:?}");
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(
            title in ".*", paragraphs in prop::collection::vec(".*", 0..4), bits: u64, millis in 0_i64..4_000_000_000_000,
        ) {
            let mut store = Store::in_memory().unwrap();
            let given = Article {
                text: Text::from_parts(&title, paragraphs.iter().map(String::as_str)),
                fingerprint: Fingerprint(bits),
                published: Some(Timestamp::from_millisecond(millis).unwrap()),
                outlet: title,
                modified: None,
                language: None,
                flags: Flag::ALL.to_vec(),
                ..article("daily.example/a", "")
            };
            let intake = store.intake().unwrap();
            let id = intake.add_article(&given, &fetched(minute(1))).unwrap();
            prop_assert_eq!(intake.article(id).unwrap().unwrap().article, given);
        }
    }
}
