//! Opening the database: its settings, its checks, its upgrade, and closing it properly.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::crash;
use crate::store::{Store, StoreError};

/// Every form that the database has had, in order. A file is never edited once a release has carried it.
pub(super) const FORMS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_initial.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0002_derived.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0003_evidence.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0004_polling.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0005_notices.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0006_rhythm.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0007_delivery.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0008_checks.sql")).foreign_key_check(),
];

/// "toll" in ASCII, as the first migration sets it.
const APPLICATION_ID: i64 = 0x746f_6c6c;

/// The first SQLite without the error in resetting the write-ahead log that can damage a database
/// (sqlite.org/wal.html, "The WAL-Reset Bug").
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a writer waits for another before [`StoreError::Busy`].
const PATIENCE: Duration = Duration::from_secs(5);

/// KiB of pages kept by a connection that reads all once: in a database of 500 MB the weekly check takes as long as with the
/// usual 2,000.
const LITTLE_CACHE: i64 = 256;

/// So many compiled statements are kept at hand: all that a poll, an article, a look and a mail need. With the library's
/// sixteen, each poll compiled most of its own anew.
const STATEMENTS_KEPT: usize = 128;

/// How many steps of SQLite's machine lie between two words that it goes on: some milliseconds.
const STEPS_BETWEEN_WORDS: i32 = 100_000;

/// Who is told that a long opening goes on.
type GoesOn = Box<dyn FnMut() + Send>;

impl Store {
    /// Opens the database for reading and writing, makes it if there is none, and brings an older one up to date,
    /// after a backup beside it (`NAME.form-1.backup`). Reads the whole file once, to see that it is sound.
    ///
    /// # Errors
    /// The folder must exist. [`StoreError::Newer`] where a later version wrote the database: it is not touched.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_as(path, FORMS, None)
    }

    /// The same for a database that may be large: while it is read through and brought up to date, `goes_on` is called
    /// now and then, as long as there is progress.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_telling(path: &Path, goes_on: impl FnMut() + Send + 'static) -> Result<Self, StoreError> {
        Self::open_as(path, FORMS, Some(Box::new(goes_on)))
    }

    pub(super) fn open_as(path: &Path, forms: &[M<'_>], goes_on: Option<GoesOn>) -> Result<Self, StoreError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(StoreError::NoFolder(folder.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut store = connect(path, flags)
            .and_then(|connection| Self::set_up(connection, forms))
            .map_err(|error| name_file(path, error))?;
        if let Some(mut goes_on) = goes_on {
            let tell = move || {
                goes_on();
                false
            };
            store.connection.progress_handler(STEPS_BETWEEN_WORDS, Some(tell))?;
        }
        store.upgrade(Some(path), forms)?;
        store.connection.progress_handler(0, None::<fn() -> bool>)?;
        Ok(store)
    }

    /// Opens the database for reading only, beside a daemon that writes to it.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`] where there is none yet, [`StoreError::Older`] or [`StoreError::Newer`] where its form
    /// is not that of this program.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|error| name_file(path, error))?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        let known = FORMS.len() as i64;
        let found = form(&connection).map_err(|error| name_file(path, error))?;
        refuse_foreign(&connection, found)?;
        match found.cmp(&known) {
            std::cmp::Ordering::Less => Err(StoreError::Older { found, known }),
            std::cmp::Ordering::Equal => Ok(Self { connection }),
            std::cmp::Ordering::Greater => Err(StoreError::Newer { found, known }),
        }
    }

    /// Keeps few pages at hand from now on: for reading all of the database once, which finds none of them again.
    ///
    /// # Errors
    /// None that depend on anything outside.
    pub fn keep_little(self) -> Result<Self, StoreError> {
        self.connection.pragma_update(None, "cache_size", -LITTLE_CACHE)?;
        Ok(self)
    }

    /// A database that is gone with the value: for `demo`, `replay` and tests.
    ///
    /// # Errors
    /// None that depend on anything outside.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut store = Self::set_up(Connection::open_in_memory()?, FORMS)?;
        store.upgrade(None, FORMS)?;
        Ok(store)
    }

    /// Moves all that is in the write-ahead log into the database file and empties the log: at shutdown, and before the
    /// file is copied. `false` where a reader kept a part of it in use, which is harmless.
    ///
    /// # Errors
    /// [`StoreError::Full`] as everywhere.
    pub fn checkpoint(&self) -> Result<bool, StoreError> {
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(row.get::<_, i64>(0)? == 0))?)
    }

    pub(super) fn set_up(connection: Connection, forms: &[M<'_>]) -> Result<Self, StoreError> {
        assert!(
            rusqlite::version_number() >= OLDEST_SQLITE,
            "tollwatch was built with SQLite {}, which can damage databases; build it with its own",
            rusqlite::version()
        );
        connection.busy_timeout(PATIENCE)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        // Before the first write, so that nothing of a foreign or newer database is altered, not even its journal mode.
        let found = form(&connection)?;
        refuse_foreign(&connection, found)?;
        let known = forms.len() as i64;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        // FULL: what was acknowledged survives a power cut. A commit costs some milliseconds, and there are few.
        connection.pragma_update(None, "synchronous", "full")?;
        // With this, INSERT OR REPLACE cannot slip past the triggers that forbid deleting.
        connection.pragma_update(None, "recursive_triggers", true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(Self { connection })
    }

    pub(super) fn upgrade(&mut self, path: Option<&Path>, forms: &[M<'_>]) -> Result<(), StoreError> {
        let (found, known) = (form(&self.connection)?, forms.len() as i64);
        if found > 0 {
            sound(&self.connection)?;
        }
        if found == known {
            return Ok(());
        }
        if let Some(path) = path.filter(|_| found > 0) {
            self.back_up(&backup_path(path, found))?;
        }
        crash::point("in migration");
        self.connection.set_transaction_behavior(TransactionBehavior::Immediate);
        Migrations::from_slice(forms).to_latest(&mut self.connection).map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
            other => StoreError::Corrupt(format!("it could not be brought from form {found} to {known}: {other}")),
        })
    }
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    Ok(Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}

/// Says which file could not be opened, where that is what has gone wrong.
pub(super) fn name_file(path: &Path, error: StoreError) -> StoreError {
    let StoreError::Other(cause) = &error else { return error };
    match cause.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StoreError::CannotOpen { path: path.to_owned(), cause: cause.to_string() }
        }
        _ => error,
    }
}

pub(super) fn form(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// A database is ours when it bears our mark, or is empty.
pub(super) fn refuse_foreign(connection: &Connection, form: i64) -> Result<(), StoreError> {
    let mark: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let ours = mark == APPLICATION_ID || (mark == 0 && form == 0 && tables == 0);
    if ours { Ok(()) } else { Err(StoreError::Foreign) }
}

pub(super) fn sound(connection: &Connection) -> Result<(), StoreError> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Corrupt(found)) }
}

pub(super) fn backup_path(database: &Path, form: i64) -> PathBuf {
    with_suffix(database, &format!(".form-{form}.backup"))
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use jiff::Timestamp;

    use crate::store::samples::{feed, minute, one_story};

    /// The forms of a version to come, which has one more.
    fn next_forms() -> Vec<M<'static>> {
        [FORMS, &[M::up("ALTER TABLE feeds ADD COLUMN colour TEXT;")]].concat()
    }

    /// The number of the latest form.
    const LATEST: i64 = FORMS.len() as i64;

    #[test]
    fn the_migrations_are_sound() {
        Migrations::from_slice(FORMS).validate().unwrap();
    }

    #[test]
    fn the_settings_are_those_that_keep_data_safe() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tollwatch.db")).unwrap();
        let number = |name: &str| -> i64 { store.connection.pragma_query_value(None, name, |row| row.get(0)).unwrap() };
        let journal: String = store.connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(journal, "wal");
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!(number("foreign_keys"), 1);
        assert_eq!(number("trusted_schema"), 0);
        assert_eq!(number("busy_timeout"), 5_000);
        assert_eq!(number("application_id"), APPLICATION_ID);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollwatch.db");
        let mut newer = Store::open_as(&path, &next_forms(), None).unwrap();
        one_story(&mut newer, "daily.example/a", &[], minute(5));
        assert!(newer.checkpoint().unwrap());
        drop(newer);
        let before = fs::read(&path).unwrap();
        for refused in [Store::open(&path), Store::open_to_read(&path)] {
            assert!(
                matches!(refused, Err(StoreError::Newer { found, known: LATEST }) if found == LATEST + 1),
                "{refused:?}"
            );
        }
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn an_older_database_is_backed_up_and_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollwatch.db");
        let mut old = Store::open(&path).unwrap();
        one_story(&mut old, "daily.example/a", &[], minute(5));
        drop(old);
        // What an upgrade that was cut short may have left.
        let backup_path = backup_path(&path, LATEST);
        let partial = with_suffix(&backup_path, ".partial");
        fs::write(&partial, "half").unwrap();

        let upgraded = Store::open_as(&path, &next_forms(), None).unwrap();
        assert_eq!(form(&upgraded.connection).unwrap(), LATEST + 1);
        assert_eq!(upgraded.status().unwrap().claims, 1);
        let backup = Store::open_to_read(&backup_path).unwrap();
        assert_eq!(backup.status().unwrap().claims, 1);
        assert_eq!(backup.feed_states().unwrap(), upgraded.feed_states().unwrap());
        assert!(!partial.exists());
    }

    /// What each released form could hold that the one before could not.
    const RELEASED: [&str; 4] = [
        include_str!("../../tests/cases/databases/first-form.sql"),
        include_str!("../../tests/cases/databases/second-form.sql"),
        include_str!("../../tests/cases/databases/third-form.sql"),
        include_str!("../../tests/cases/databases/fourth-form.sql"),
    ];

    /// A database as the version with this form left it.
    fn of_form(path: &Path, form: usize) {
        let old = Store::open_as(path, &FORMS[..form], None).unwrap();
        for sql in &RELEASED[..form] {
            old.connection.execute_batch(sql).unwrap();
        }
        assert!(old.checkpoint().unwrap());
    }

    /// All that a database of this form had is there.
    fn has_all_of(store: &mut Store, form: usize) {
        let story = store.find_story("port-ardo-ferry").unwrap().unwrap();
        let moved_by_hand = form >= 3;
        let at = if moved_by_hand { store.find_story("ardo-harbour").unwrap().unwrap().id } else { story.id };
        let claims = store.claims(at).unwrap();
        assert_eq!(claims.len(), if form >= 2 { 2 } else { 1 });
        assert_eq!(store.claim(claims[0].id).unwrap().as_ref(), Some(&claims[0]));
        assert_eq!(store.changes(at).unwrap().len(), 1);
        assert_eq!(store.status().unwrap().alerts_pending, 1);
        assert_eq!(claims.iter().any(|claim| claim.derived.is_some()), form >= 2);
        assert_eq!(store.page(&"ab".repeat(32)).unwrap(), None, "nobody kept it");
        let page = store.page("8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4").unwrap();
        assert_eq!(page.map(|page| (page.body, page.sound)), (form >= 3).then(|| (b"hi".to_vec(), true)));
        let looks = store.due_looks(minute(99_999), 9).unwrap();
        assert_eq!(looks.len(), usize::from(form >= 3), "what was read before is not asked for again");
        let feed = store.feed_state("daily").unwrap().unwrap();
        assert_eq!(
            (feed.moved.is_some(), feed.failures, feed.notice.is_some()),
            match form {
                4 => (true, 9, true),
                _ => (false, 0, false),
            }
        );
        assert_eq!(store.resting_hosts(Timestamp::UNIX_EPOCH).unwrap().len(), usize::from(form >= 4));
        // And it can be written.
        store.rename_story(story.id, "The Ardo disaster").unwrap();
        one_story(store, "daily.example/b", &[], minute(5));
        assert_eq!(store.look_through().unwrap(), None);
    }

    #[test]
    fn a_database_of_every_released_form_keeps_all_it_had() {
        for form in 1..=RELEASED.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tollwatch.db");
            of_form(&path, form);
            let refused = Store::open_to_read(&path);
            assert!(matches!(refused, Err(StoreError::Older { found, .. }) if found == form as i64), "{refused:?}");
            has_all_of(&mut Store::open(&path).unwrap(), form);
        }
    }

    #[test]
    fn a_backup_of_every_released_form_can_be_put_back() {
        for form in 1..=RELEASED.len() {
            let folder = tempfile::tempdir().unwrap();
            let (path, backup) = (folder.path().join("tollwatch.db"), folder.path().join("old.db"));
            of_form(&backup, form);
            let before = fs::read(&backup).unwrap();
            let restored = Store::restore(&backup, &path, &folder.path().join("aside.db")).unwrap();
            assert_eq!((restored.form, restored.replaced), (form as i64, None));
            has_all_of(&mut Store::open(&path).unwrap(), form);
            assert_eq!(fs::read(&backup).unwrap(), before, "the backup is only read");
        }
    }

    #[test]
    fn an_upgrade_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollwatch.db");
        let mut old = Store::open(&path).unwrap();
        old.save_feed(&feed("daily")).unwrap();
        drop(old);
        let broken = [FORMS, &[M::up("DROP TABLE mails; DROP TABLE no_such_table;")]].concat();
        assert!(Store::open_as(&path, &broken, None).is_err());
        let store = Store::open(&path).unwrap();
        assert_eq!(store.feed_states().unwrap(), [feed("daily")]);
        assert_eq!(store.status().unwrap().outbox, 0, "the table of mails is there");
    }

    #[test]
    fn a_reader_wants_the_form_that_it_knows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollwatch.db");
        assert!(matches!(Store::open_to_read(&path), Err(StoreError::CannotOpen { .. })), "none there yet");
        let empty = Connection::open(&path).unwrap();
        empty.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        assert!(matches!(Store::open_to_read(&path), Err(StoreError::Older { found: 0, known: LATEST })));
    }

    #[test]
    fn another_program_s_database_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("places.sqlite");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Foreign)));
        assert!(matches!(Store::open_to_read(&path), Err(StoreError::Foreign)));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_writer_that_waits_too_long_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollwatch.db");
        let mut one = Store::open(&path).unwrap();
        let mut two = Store::open(&path).unwrap();
        two.connection.busy_timeout(Duration::ZERO).unwrap();
        let intake = one.intake().unwrap();
        assert!(matches!(two.save_feed(&feed("daily")), Err(StoreError::Busy)));
        assert!(matches!(two.intake().map(drop), Err(StoreError::Busy)));
        assert_eq!(two.feed_states().unwrap(), [], "reading goes on beside a writer");
        drop(intake);
        two.save_feed(&feed("daily")).unwrap();
    }
}
