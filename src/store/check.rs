//! Whether the database is sound, and whether there is room for more.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::open::with_suffix;
use crate::model::words;
use crate::store::sql::{Millis, Word, all, first, run};
use crate::store::{Store, StoreError};

/// The database is looked through as a whole this often; it is read once from end to end.
const BETWEEN_CHECKS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// And after damage was found this often, so that a repair is noticed.
const AFTER_DAMAGE: SignedDuration = SignedDuration::from_hours(24);

/// How much can be written at least before work is taken up after the disk was full: the largest feed, of 4 MiB.
const ROOM: usize = 4 << 20;

words! {
    /// How thoroughly the database was looked through.
    CheckKind {
        /// At each start: whether each page is one, `PRAGMA quick_check`.
        Quick = "quick",
        /// Also whether indexes, rows and references agree, `PRAGMA integrity_check` and `foreign_key_check`.
        Whole = "whole",
    }
}

/// What a check of the database has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How thorough it was.
    pub kind: CheckKind,
    /// When.
    pub at: Timestamp,
    /// The damage, in SQLite's words; `None`: nothing amiss.
    pub found: Option<String>,
}

impl Store {
    /// The database's file; `None` for one in memory.
    pub fn path(&self) -> Option<PathBuf> {
        self.connection.path().filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// Looks the whole database through; returns what damage there is, in SQLite's words.
    ///
    /// # Errors
    /// Those of the database.
    pub fn look_through(&self) -> Result<Option<String>, StoreError> {
        look_through(&self.connection)
    }

    /// Whether the database is to be looked through as a whole now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn check_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT at, found IS NULL FROM checks WHERE kind = 'whole'";
        let last: Option<(Millis, bool)> =
            first(&self.connection, sql, [], |row| Ok((row.get::<_, Millis>(0)?, row.get(1)?)))?;
        Ok(last.is_none_or(|(Millis(at), was_sound)| {
            let pause = if was_sound { BETWEEN_CHECKS } else { AFTER_DAMAGE };
            // One of the future was made under a wrong clock.
            now.duration_since(at) >= pause || at > now
        }))
    }

    /// Keeps what a check has found, in place of what the last one of its kind did.
    ///
    /// # Errors
    /// Those of the database.
    pub fn save_check(&mut self, checked: &Checked) -> Result<(), StoreError> {
        let sql = "INSERT INTO checks (kind, at, found) VALUES (?1, ?2, ?3)
                   ON CONFLICT (kind) DO UPDATE SET at = excluded.at, found = excluded.found";
        run(&self.connection, sql, params![Word(checked.kind), Millis(checked.at), checked.found])?;
        Ok(())
    }

    /// What the last checks have found, one of each kind.
    ///
    /// # Errors
    /// Those of the database.
    pub fn checks(&self) -> Result<Vec<Checked>, StoreError> {
        all(&self.connection, "SELECT kind, at, found FROM checks ORDER BY kind", [], |row| {
            let (Word(kind), Millis(at)) = (row.get(0)?, row.get(1)?);
            Ok(Checked { kind, at, found: row.get(2)? })
        })
    }

    /// Makes sure that there is room beside the database for what a round of work brings. A small write may fit into what
    /// is left of a full disk, where what follows it would not.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::ReadOnly`].
    pub fn has_room(&self) -> Result<(), StoreError> {
        let Some(path) = self.path() else { return Ok(()) };
        let trial = with_suffix(&path, ".room");
        let written = write_out(&trial);
        let removed = fs::remove_file(&trial);
        written.and(removed).map_err(|cause| {
            StoreError::of_disk(&path, &cause, || StoreError::CannotOpen { path: trial, cause: cause.to_string() })
        })
    }
}

fn write_out(trial: &Path) -> io::Result<()> {
    let mut file = File::create(trial)?;
    let zeros = vec![0; ROOM / 16];
    for _ in 0..16 {
        file.write_all(&zeros)?;
    }
    file.sync_all()
}

/// What damage there is in a database, in SQLite's words; at most the first ten of its findings.
pub(super) fn look_through(connection: &Connection) -> Result<Option<String>, StoreError> {
    let mut found = all(connection, "PRAGMA integrity_check(10)", [], |row| row.get::<_, String>(0))?;
    found.retain(|line| line != "ok");
    let broken = all(connection, "PRAGMA foreign_key_check", [], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!("a row of {table} points to a row of {parent} that is not there"))
    })?;
    found.extend(broken.into_iter().take(1));
    Ok((!found.is_empty()).then(|| found.join("; ")))
}
