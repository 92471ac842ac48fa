//! What can go wrong with the database, as far as the caller must choose what to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

/// Why the store could not do what it was asked. Whatever it is, nothing was half done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder of the database is missing. A setting is wrong, or a disk is not mounted.
    #[error("there is no folder {0} for the database: create it, or name another path in the config")]
    NoFolder(PathBuf),
    /// The file cannot be opened or made, or a reader found none.
    #[error(
        "cannot open the database {path}: {cause}; does the file exist, and may this user read and write it and its folder?"
    )]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// Why, in the system's or SQLite's words.
        cause: String,
    },
    /// A later version of tollwatch wrote the database. It is left alone; the process should end with exit code 78.
    #[error(
        "the database was written by a newer tollwatch (its form is {found}, this program knows {known}): install the newer program, or restore the backup made at its first start"
    )]
    Newer {
        /// The form of the database.
        found: i64,
        /// The latest form that this program knows.
        known: i64,
    },
    /// An older version wrote the database, and it was opened for reading only.
    #[error(
        "the database was written by an older tollwatch (its form is {found}, this program reads {known}): start `tollwatch run` once to bring it up to date"
    )]
    Older {
        /// The form of the database.
        found: i64,
        /// The form that this program reads.
        known: i64,
    },
    /// The file is damaged, or holds a value that tollwatch never writes.
    #[error("the database is damaged ({0}): stop tollwatch, keep a copy of the file, and restore a backup")]
    Corrupt(String),
    /// A backup that was to be put back is damaged. Nothing was replaced.
    #[error("the backup is damaged ({0}): nothing was changed; take an earlier one")]
    DamagedBackup(String),
    /// The file is no SQLite database.
    #[error("the file is no database: name another path in the config, or move the file away")]
    NotADatabase,
    /// The file is another program's database.
    #[error("the database belongs to another program: name another path in the config")]
    Foreign,
    /// Another process has held the write lock for longer than the store waits. Try again later.
    #[error("the database is in use by another process: is a second tollwatch, or a backup, running?")]
    Busy,
    /// The disk is full. Nothing is lost; the same call works when there is room again.
    #[error("no room on the disk of the database: nothing is lost; free some space, and it goes on by itself")]
    Full,
    /// The disk is mounted read-only, as systems do with one that has shown faults. As [`StoreError::Full`], it may pass.
    #[error(
        "the disk of {0} is read-only: nothing is lost; look into the system's log for faults of the disk, mount it for writing, and it goes on by itself"
    )]
    ReadOnly(PathBuf),
    /// The disk refuses to be written or read, as one does that has become read-only under open files.
    #[error(
        "the disk of the database refuses ({0}): nothing is lost; is it failing, or read-only? When it can be written again, it goes on by itself"
    )]
    Disk(String),
    /// A row was named that is not there.
    #[error("there is no {what} {id}")]
    NoSuch {
        /// What kind of row.
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// Anything else.
    #[error("the database: {0}")]
    Other(#[source] rusqlite::Error),
}

impl StoreError {
    /// What a file operation beside the database met: the disk as a whole, or else `otherwise`.
    pub fn of_disk(path: &Path, cause: &io::Error, otherwise: impl FnOnce() -> Self) -> Self {
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path.to_owned()),
            _ => otherwise(),
        }
    }

    /// Whether this may pass without anybody changing the config or the database.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Busy | Self::Full | Self::ReadOnly(_) | Self::Disk(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            // The index of the write-ahead log is a file of its own, and could not grow.
            _ if error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHMSIZE) => Self::Full,
            Some(ErrorCode::SystemIoFailure) => Self::Disk(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt(error.to_string()),
            _ => match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::Corrupt(error.to_string()),
                other => Self::Other(other),
            },
        }
    }
}
