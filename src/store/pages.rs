//! Pages as they were fetched: the evidence behind claims, packed, for as long as the config says.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use rusqlite::{Connection, named_params, params};
use sha2::{Digest as _, Sha256};

use crate::model::Page;
use crate::store::sql::{Bits, Millis, first, one, run, time};
use crate::store::{Store, StoreError};

/// A page made ready to be kept. Packing takes its time: it is done before the database is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedPage {
    sha256: String,
    content_type: Option<String>,
    bytes: u64,
    packed: Vec<u8>,
}

/// A page that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPage {
    /// The Content-Type header, as sent.
    pub content_type: Option<String>,
    /// When it was fetched last.
    pub fetched: Timestamp,
    /// Its bytes, after the decompression that HTTP asks for.
    pub body: Vec<u8>,
    /// Whether the bytes still have the SHA-256 that they are kept under. Where not, the database is damaged.
    pub sound: bool,
}

impl PackedPage {
    /// Packs a page.
    pub fn of(page: &Page) -> Self {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&page.body).expect("a Vec takes whatever is written to it");
        Self {
            sha256: sha256(&page.body),
            content_type: page.content_type.clone(),
            bytes: page.body.len() as u64,
            packed: packer.finish().expect("a Vec takes whatever is written to it"),
        }
    }
}

impl Store {
    /// The kept page that has this SHA-256, in hex; `None` where it was not kept, or not for so long.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(&self, sha256: &str) -> Result<Option<KeptPage>, StoreError> {
        let sql = "SELECT * FROM pages WHERE sha256 = ?1";
        first(&self.connection, sql, [sha256], |row| {
            let Bits(bytes) = row.get("bytes")?;
            let body = unpack(&row.get::<_, Vec<u8>>("packed")?, bytes);
            Ok(KeptPage {
                content_type: row.get("content_type")?,
                fetched: time(row, "fetched")?,
                sound: self::sha256(&body) == sha256,
                body,
            })
        })
    }

    /// Whether a page is kept that was last fetched before this time.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_page_before(&self, time: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM pages WHERE fetched < ?1)";
        one(&self.connection, sql, [Millis(time)], |row| row.get(0))
    }

    /// Removes pages that were last fetched before this time, the oldest first and at most so many; says how many. Their
    /// hashes stay with the articles.
    ///
    /// # Errors
    /// Those of the database.
    pub fn prune_pages(&mut self, before: Timestamp, most: u32) -> Result<usize, StoreError> {
        let sql = "DELETE FROM pages WHERE sha256 IN (
                       SELECT sha256 FROM pages WHERE fetched < ?1 ORDER BY fetched LIMIT ?2)";
        run(&self.connection, sql, params![Millis(before), most])
    }
}

/// Keeps a page; of one that is kept already only the time is noted.
pub(super) fn keep(connection: &Connection, page: &PackedPage, fetched: Timestamp) -> Result<(), StoreError> {
    run(
        connection,
        "INSERT INTO pages (sha256, content_type, bytes, packed, fetched)
         VALUES (:sha256, :content_type, :bytes, :packed, :fetched)
         ON CONFLICT (sha256) DO UPDATE SET fetched = max(fetched, :fetched)",
        named_params! {
            ":sha256": page.sha256,
            ":content_type": page.content_type,
            ":bytes": Bits(page.bytes),
            ":packed": page.packed,
            ":fetched": Millis(fetched),
        },
    )?;
    Ok(())
}

/// What comes out, up to the length that was noted: a damaged row takes no more memory than that, and its hash tells.
fn unpack(packed: &[u8], bytes: u64) -> Vec<u8> {
    let mut body = Vec::new();
    // Where it breaks off, what came out so far is kept, and is not sound.
    let _ = ZlibDecoder::new(packed).take(bytes).read_to_end(&mut body);
    body
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Validators;
    use crate::store::samples::{minute, url};

    fn page(body: &[u8]) -> Page {
        Page {
            url: url("https://daily.example/ferry"),
            fetched: minute(1),
            content_type: Some("text/html; charset=utf-8".to_owned()),
            body: body.to_vec(),
            validators: Validators::default(),
        }
    }

    fn keep_at(store: &mut Store, body: &[u8], at: i64) -> String {
        let packed = PackedPage::of(&page(body));
        keep(&store.connection, &packed, minute(at)).unwrap();
        packed.sha256
    }

    #[test]
    fn a_page_is_kept_once_and_for_as_long_as_it_was_last_seen() {
        let mut store = Store::in_memory().unwrap();
        let html = "<p>31 people died.</p>".repeat(100);
        let hash = keep_at(&mut store, html.as_bytes(), 1);
        assert_eq!(keep_at(&mut store, html.as_bytes(), 30), hash);
        keep_at(&mut store, html.as_bytes(), 5);
        let (rows, packed): (i64, i64) = store
            .connection
            .query_row("SELECT count(*), sum(length(packed)) FROM pages", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(rows, 1);
        assert!(packed < 200, "{packed} bytes for a page that repeats itself");
        let kept = KeptPage {
            content_type: Some("text/html; charset=utf-8".to_owned()),
            fetched: minute(30),
            body: html.into_bytes(),
            sound: true,
        };
        assert_eq!(store.page(&hash).unwrap(), Some(kept));
        assert_eq!(store.page("00").unwrap(), None);
    }

    #[test]
    fn pruning_takes_the_oldest_first_and_not_too_many_at_once() {
        let mut store = Store::in_memory().unwrap();
        let hashes: Vec<String> = (1..=5).map(|n| keep_at(&mut store, format!("page {n}").as_bytes(), n)).collect();
        let left =
            |store: &Store| -> Vec<bool> { hashes.iter().map(|hash| store.page(hash).unwrap().is_some()).collect() };
        assert!(!store.has_page_before(minute(1)).unwrap());
        assert!(store.has_page_before(minute(4)).unwrap());
        assert_eq!(store.prune_pages(minute(4), 2).unwrap(), 2);
        assert_eq!(left(&store), [false, false, true, true, true]);
        assert_eq!(store.prune_pages(minute(4), 2).unwrap(), 1);
        assert_eq!(store.prune_pages(minute(4), 2).unwrap(), 0);
        assert_eq!(left(&store), [false, false, false, true, true]);
    }

    #[test]
    fn a_page_cannot_be_altered_and_damage_shows() {
        let mut store = Store::in_memory().unwrap();
        let hash = keep_at(&mut store, b"<p>31 people died.</p>", 1);
        let refused = store.connection.execute("UPDATE pages SET packed = x'00'", []).unwrap_err();
        assert!(refused.to_string().ends_with("as they were fetched"), "{refused}");
        store.connection.execute("DROP TRIGGER pages_are_never_edited", []).unwrap();
        store.connection.execute("UPDATE pages SET packed = substr(packed, 1, 12)", []).unwrap();
        assert!(!store.page(&hash).unwrap().unwrap().sound);
    }

    proptest! {
        #[test]
        fn any_page_comes_back_as_it_was(body in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let mut store = Store::in_memory().unwrap();
            let hash = keep_at(&mut store, &body, 1);
            let kept = store.page(&hash).unwrap().unwrap();
            prop_assert!(kept.sound);
            prop_assert_eq!(kept.body, body);
        }
    }
}
