//! Copies of the database while it is in use, and putting one back.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::open::{FORMS, connect, form, name_file, refuse_foreign, sound, with_suffix};
use crate::store::{Store, StoreError};

/// What was put in place of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the database stands now that was replaced; `None` where there was none.
    pub replaced: Option<PathBuf>,
    /// The form in which the backup was written; it has been brought to that of this program.
    pub form: i64,
}

impl Store {
    /// Writes a sound copy of the database, as it is now, to a file that only its owner may read. The file is there whole
    /// or not at all; an older copy of that name is replaced. Whoever writes to the database meanwhile is not held up.
    ///
    /// # Errors
    /// [`StoreError::Full`] where there is no room for a copy, [`StoreError::CannotOpen`] where it may not be written.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let partial = with_suffix(to, ".partial");
        copy(&self.connection, &partial).map_err(|error| name_file(to, error))?;
        sound(&connect(&partial, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
        fs::rename(&partial, to).and_then(|()| sync_folder(to)).map_err(|cause| cannot(to, &cause))
    }

    /// Puts a backup in the place of the database, which nobody may have open. What it replaces is kept under the name
    /// `aside`. The backup itself is only read.
    ///
    /// The backup is checked as a whole and, where an older version wrote it, brought up to date before anything is
    /// replaced; the last step is a rename, so that at any time either the old database or the new one is in place.
    ///
    /// # Errors
    /// [`StoreError::DamagedBackup`], [`StoreError::Newer`], [`StoreError::Foreign`] where the backup is not fit, and all
    /// that can hinder writing a copy. The database is then as it was.
    pub fn restore(backup: &Path, database: &Path, aside: &Path) -> Result<Restored, StoreError> {
        let (source, form) = fit(backup).map_err(|error| match error {
            StoreError::Corrupt(found) => StoreError::DamagedBackup(found),
            error => name_file(backup, error),
        })?;
        let new = with_suffix(database, ".restoring");
        copy(&source, &new).map_err(|error| name_file(database, error))?;
        let mut upgraded = Self::set_up(connect(&new, OpenFlags::SQLITE_OPEN_READ_WRITE)?, FORMS)?;
        upgraded.upgrade(None, FORMS)?;
        upgraded.checkpoint()?;
        // The last connection takes the write-ahead log with it.
        drop(upgraded);
        let replaced = database.exists().then(|| aside.to_owned());
        let put = || -> io::Result<()> {
            own_like_neighbours(&new, database)?;
            File::open(&new)?.sync_all()?;
            if let Some(aside) = &replaced {
                set_aside(database, aside)?;
            }
            fs::rename(&new, database)?;
            sync_folder(database)
        };
        put().map_err(|cause| cannot(database, &cause))?;
        Ok(Restored { replaced, form })
    }
}

/// Gives a file that is made by hand to whom the database belongs, or else its folder: the daemon is mostly another user
/// than who restores.
///
/// # Errors
/// Where this user may not give files away.
pub fn own_like_neighbours(file: &Path, database: &Path) -> io::Result<()> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let owner = fs::metadata(database).or_else(|_| fs::metadata(folder))?;
    let own = fs::metadata(file)?;
    match (owner.uid(), owner.gid()) == (own.uid(), own.gid()) {
        true => Ok(()),
        false => chown(file, Some(owner.uid()), Some(owner.gid())),
    }
}

/// A backup that can be put back, and its form.
fn fit(backup: &Path) -> Result<(Connection, i64), StoreError> {
    let source = connect(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (found, known) = (form(&source)?, FORMS.len() as i64);
    refuse_foreign(&source, found)?;
    match found {
        0 => return Err(StoreError::Corrupt("it is empty".to_owned())),
        _ if found > known => return Err(StoreError::Newer { found, known }),
        _ => {}
    }
    match super::check::look_through(&source)? {
        None => Ok((source, found)),
        Some(found) => Err(StoreError::Corrupt(found)),
    }
}

/// Copies a database into a new file as it is at this moment, without what was deleted in it, and makes sure that the
/// copy has reached the disk.
fn copy(from: &Connection, to: &Path) -> Result<(), StoreError> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(to, &error)),
        _ => {}
    }
    // SQLite takes a file that is empty; made here, nobody else may read it.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let file = file.map_err(|cause| cannot(to, &cause))?;
    let name = to.to_str().ok_or_else(|| cannot(to, &io::Error::other("the name is no UTF-8")))?;
    from.execute("VACUUM INTO ?1", [name])?;
    file.sync_all().map_err(|cause| cannot(to, &cause))
}

/// Gives the database another name beside its own, and takes its write-ahead log from under it.
fn set_aside(database: &Path, aside: &Path) -> io::Result<()> {
    // What stands in the log belongs to the file; where it can no longer be read, the log is kept beside it.
    let folded = connect(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|connection| Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?));
    if let Err(error) = folded {
        tracing::debug!("the database that is replaced cannot be read: {error}");
    }
    fs::hard_link(database, aside)?;
    let log = with_suffix(database, "-wal");
    if log.exists() {
        fs::rename(&log, with_suffix(aside, "-wal"))?;
    }
    match fs::remove_file(with_suffix(database, "-shm")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes sure that a name has reached the disk.
fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn cannot(path: &Path, cause: &io::Error) -> StoreError {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::CannotOpen { path: path.to_owned(), cause: cause.to_string() },
    }
}
