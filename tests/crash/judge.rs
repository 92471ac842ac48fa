//! Whether a state of the disk holds all that had been acknowledged before the power failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use tollwatch::store::Store;

use crate::disk::{Image, put};
use crate::trace::Act;
use crate::world::By;

/// In the folder of a world.
pub const DATABASE: &str = "tollwatch.db";

/// So begins what is said of a state that the program does not open.
pub const UNOPENED: &str = "it does not open";

/// What was acknowledged until the power failed.
pub struct Acknowledged<'a> {
    pub by: By,
    /// The database as it was after the last sync, and as it would be if all had been synced.
    pub contents: [u64; 2],
    pub wire: &'a Wire,
    pub done: &'a BTreeSet<&'static str>,
    pub mails: &'a BTreeMap<String, Vec<u8>>,
}

/// The number of articles in a state, where nothing is amiss.
pub fn judge(image: &Image, acknowledged: &Acknowledged<'_>) -> Result<u64, String> {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    put(image, folder.path());
    let path = folder.path().join(DATABASE);
    let found = look_at(&path, image, acknowledged).map_err(|error| error.to_string())?;
    // As the program opens it: with its own checks, and brought up to date.
    Store::open(&path).map_err(|error| format!("{UNOPENED}: {error}"))?;
    match found {
        (articles, None) => Ok(articles),
        (_, Some(fault)) => Err(fault),
    }
}

fn look_at(
    path: &Path,
    image: &Image,
    acknowledged: &Acknowledged<'_>,
) -> Result<(u64, Option<String>), rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "off")?;
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if sound != "ok" {
        return Ok((0, Some(format!("integrity_check: {sound}"))));
    }
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    if number("SELECT count(*) FROM pragma_foreign_key_check")? != 0 {
        return Ok((0, Some("a row names another that is not there".to_owned())));
    }
    if !acknowledged.contents.contains(&content(&connection)?) {
        return Ok((0, Some("what had been committed is not there, or only in part".to_owned())));
    }
    if let Some(fault) = backups_amiss(path, number("PRAGMA user_version")?, acknowledged) {
        return Ok((0, Some(fault)));
    }
    let has = |table: &str| number(&format!("SELECT count(*) FROM sqlite_schema WHERE name = '{table}'"));
    if has("mails")? == 0 {
        let began = acknowledged.wire.begun.first();
        return Ok((0, began.map(|id| format!("the mail {id} went out and there is no outbox"))));
    }
    let mails: BTreeMap<String, (String, Vec<u8>)> = connection
        .prepare("SELECT message_id, state, bytes FROM mails")?
        .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
        .collect::<Result<_, _>>()?;
    if let Some(fault) = mails_amiss(&mails, image, acknowledged) {
        return Ok((0, Some(fault)));
    }
    // The outlet's validator is the number of its articles: whoever has it and not the articles will not be given them.
    let behind = "SELECT count(*) FROM feeds WHERE CAST(trim(etag, '\"') AS INTEGER) > (SELECT count(*) FROM items)";
    if has("items")? > 0 && number(behind)? > 0 {
        return Ok((0, Some("the feed's validator is newer than its items".to_owned())));
    }
    Ok((number("SELECT count(*) FROM articles")? as u64, None))
}

fn mails_amiss(
    mails: &BTreeMap<String, (String, Vec<u8>)>,
    image: &Image,
    acknowledged: &Acknowledged<'_>,
) -> Option<String> {
    let Acknowledged { wire, by, .. } = acknowledged;
    for id in &wire.begun {
        match mails.get(id) {
            None => return Some(format!("the mail {id} went out and is not in the outbox")),
            Some((_, bytes)) if acknowledged.mails.get(id).is_some_and(|came| came != bytes) => {
                return Some(format!("the mail {id} would go out with other bytes than before"));
            }
            Some((state, _)) if state != "sent" && wire.marked.contains(id) => {
                return Some(format!("the mail {id} was taken and would be sent again"));
            }
            Some(_) => {}
        }
    }
    if *by == By::Post {
        return None;
    }
    for (id, (_, bytes)) in mails.iter().filter(|(_, (state, _))| state == "sent") {
        match image.get(&format!("mail/new/{id}")) {
            Some(Some(there)) if there == bytes => {}
            _ => return Some(format!("the mail {id} is marked as sent and not in the Maildir")),
        }
    }
    None
}

/// A backup is whole, or not there; and it is there once the program has said so or has altered what it was made of.
fn backups_amiss(database: &Path, form: i64, acknowledged: &Acknowledged<'_>) -> Option<String> {
    let folder = database.parent()?;
    let of_old_form = folder.join("tollwatch.db.form-1.backup");
    let copy = folder.join("backups/copy.db");
    // A database that began in this form needs none.
    let was_old = folder.join("backups").is_dir();
    for (backup, must_be) in [(of_old_form, was_old && form > 1), (copy, acknowledged.done.contains("backup"))] {
        if !backup.exists() {
            if must_be {
                return Some(format!("there is no {}", backup.display()));
            }
            continue;
        }
        let sound = Connection::open_with_flags(&backup, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(|connection| {
            let sql = "SELECT (SELECT integrity_check FROM pragma_integrity_check) || (SELECT count(*) FROM claims)";
            connection.query_row(sql, [], |row| row.get::<_, String>(0))
        });
        if sound.as_deref() != Ok("ok1") {
            return Some(format!("{} is not whole: {sound:?}", backup.display()));
        }
    }
    None
}

/// What databases hold, as numbers that can be compared.
pub struct Contents {
    folder: tempfile::TempDir,
    known: BTreeMap<u64, u64>,
}

impl Contents {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        Self { folder, known: BTreeMap::new() }
    }

    /// Of a state in which nothing is missing.
    pub fn of(&mut self, image: &Image) -> u64 {
        let part = |name: &String| name.starts_with(DATABASE);
        let image: Image = image.iter().filter(|(name, _)| part(name)).map(|(n, b)| (n.clone(), b.clone())).collect();
        let mut hash = DefaultHasher::new();
        image.hash(&mut hash);
        let folder = &self.folder;
        *self.known.entry(hash.finish()).or_insert_with(|| {
            for file in fs::read_dir(folder.path()).expect("it can be read").flatten() {
                let _ = fs::remove_file(file.path());
            }
            put(&image, folder.path());
            Connection::open(folder.path().join(DATABASE))
                .and_then(|connection| {
                    connection.pragma_update(None, "synchronous", "off")?;
                    content(&connection)
                })
                .expect("a database from which nothing is missing can be read")
        })
    }
}

/// All rows of all tables.
fn content(connection: &Connection) -> Result<u64, rusqlite::Error> {
    let mut hash = DefaultHasher::new();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        table.hash(&mut hash);
        let mut rows = connection.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = rows.column_count();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get(column)? {
                    Value::Null => 0_u8.hash(&mut hash),
                    Value::Integer(number) => number.hash(&mut hash),
                    Value::Real(number) => number.to_bits().hash(&mut hash),
                    Value::Text(text) => text.hash(&mut hash),
                    Value::Blob(bytes) => bytes.hash(&mut hash),
                }
            }
        }
    }
    Ok(hash.finish())
}

/// What the mail server has been told, as far as the program's calls tell it.
#[derive(Debug, Default)]
pub struct Wire {
    port: u16,
    descriptor: Option<i64>,
    said: Vec<u8>,
    heard: Vec<u8>,
    /// In the order of sending, over the connections before this one.
    before: [Vec<String>; 3],
    /// Those whose bytes have begun to go out, those that are with the server, and those for which it has said so.
    begun: Vec<String>,
    pub kept: Vec<String>,
    answered: Vec<String>,
    /// Those after whose answer the program has gone on to another thing: they are marked as sent.
    marked: Vec<String>,
}

impl Wire {
    /// The wire to the mail server at this port.
    pub fn to(port: u16) -> Self {
        Self { port, ..Self::default() }
    }

    pub fn follow(&mut self, act: &Act) {
        match act {
            Act::Connect { descriptor, port } if *port == self.port => {
                self.before = [self.begun.clone(), self.kept.clone(), self.answered.clone()];
                (self.descriptor, self.said, self.heard) = (Some(*descriptor), Vec::new(), Vec::new());
            }
            Act::Begin => self.descriptor = None,
            Act::Close(descriptor) if self.descriptor == Some(*descriptor) => self.descriptor = None,
            Act::Write { descriptor, at: None, bytes } if self.descriptor == Some(*descriptor) => {
                self.marked = self.answered.clone();
                self.said.extend_from_slice(bytes);
                self.look();
            }
            Act::Hear { descriptor, bytes } if self.descriptor == Some(*descriptor) => {
                self.heard.extend_from_slice(bytes);
                self.look();
            }
            _ => {}
        }
    }

    fn look(&mut self) {
        let said = String::from_utf8_lossy(&self.said).replace("\r\n ", " ");
        let ids = said.lines().filter_map(|line| line.strip_prefix("Message-ID: "));
        let ids: Vec<String> =
            ids.map(|id| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()).collect();
        let kept = said.matches("\r\n.\r\n").count().min(ids.len());
        let answered = String::from_utf8_lossy(&self.heard).matches("250 kept\r\n").count().min(ids.len());
        let [begun, before_kept, before_answered] = &self.before;
        self.begun = [begun.as_slice(), &ids].concat();
        self.kept = [before_kept.as_slice(), &ids[..kept]].concat();
        self.answered = [before_answered.as_slice(), &ids[..answered]].concat();
    }
}
