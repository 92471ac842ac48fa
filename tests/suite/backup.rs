//! The drill of every operator's worst day: a backup beside the daemon, a database that is lost, and the backup put back.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tollwatch::store::{MailState, NewMail, Store};

use crate::process::Process;

/// A folder with a config, a database with one mail in it, and a place for backups.
struct House(TempDir);

impl House {
    fn new() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        let config = format!("[general]\ndatabase = {:?}\n", house.database());
        fs::write(house.path("tollwatch.toml"), config).unwrap();
        fs::create_dir(house.path("backups")).unwrap();
        house.queue("first");
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn database(&self) -> PathBuf {
        self.path("tollwatch.db")
    }

    /// Puts a mail into the outbox.
    fn queue(&self, name: &str) {
        let mail = NewMail {
            message_id: format!("{name}@example.org"),
            sender: "tollwatch@example.org".to_owned(),
            recipient: "desk@example.org".to_owned(),
            subject: name.to_owned(),
            story: None,
            bytes: b"Subject: Ferry\r\n\r\n14 dead\r\n".to_vec(),
        };
        let made = "2025-03-10T06:00:00Z".parse().unwrap();
        Store::open(&self.database()).unwrap().compose(&[], &mail, made).unwrap();
    }

    /// Runs a command; returns its exit code and all it says.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Process::command();
        command.args(arguments).arg("--config").arg(self.path("tollwatch.toml")).current_dir(self.0.path());
        let (status, said) = Process::from(&mut command).end();
        (status.code().unwrap(), said)
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn subjects(database: &Path) -> Vec<String> {
    let store = Store::open_to_read(database).unwrap();
    let mut subjects: Vec<String> =
        store.mails(MailState::Queued, 9).unwrap().into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    subjects
}

#[test]
fn a_lost_database_comes_back_from_its_backup() {
    let house = House::new();
    // A second connection that writes, as the daemon's would be.
    let daemon = Store::open(&house.database()).unwrap();
    let (code, said) = house.run(&["backup", "copy.db"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("copy.db: ") && said.contains("0 articles, 0 claims"), "{said}");
    assert_eq!(fs::metadata(house.path("copy.db")).unwrap().permissions().mode() & 0o777, 0o600);
    drop(daemon);
    house.queue("second");

    let (code, said) = house.run(&["restore", "copy.db"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("tollwatch.db: restored") && said.contains("what was there before"), "{said}");
    assert!(said.contains("1 mails of that time go out at the next start"), "{said}");
    assert_eq!(subjects(&house.database()), ["first"]);
    let aside: Vec<String> = house.files(".").into_iter().filter(|name| name.contains(".replaced-")).collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(subjects(&house.path(&aside[0])), ["first", "second"]);

    fs::remove_file(house.database()).unwrap();
    let (code, said) = house.run(&["restore", "copy.db"]);
    assert_eq!((code, subjects(&house.database())), (0, vec!["first".to_owned()]), "{said}");
}

#[test]
fn a_damaged_database_is_replaced_and_kept_with_its_log() {
    let house = House::new();
    assert_eq!(house.run(&["backup", "copy.db"]).0, 0);
    let mut damaged = fs::read(house.database()).unwrap();
    damaged[4096..20_000].fill(0x5a);
    fs::write(house.database(), &damaged).unwrap();
    fs::write(house.path("tollwatch.db-wal"), "what was left of the log").unwrap();
    let (code, said) = house.run(&["restore", "copy.db"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(subjects(&house.database()), ["first"]);
    let aside = house.files(".").into_iter().find(|name| name.contains(".replaced-")).unwrap();
    assert_eq!(fs::read(house.path(&aside)).unwrap(), damaged);
}

#[test]
fn only_the_latest_backups_are_kept_and_nothing_else_is_removed() {
    let house = House::new();
    for name in ["tollwatch-20250101T000000Z.db", "tollwatch-20250102T000000Z.db", "tollwatch-20250103T000000Z.db"] {
        fs::write(house.path("backups").join(name), "").unwrap();
    }
    fs::write(house.path("backups/notes.txt"), "").unwrap();
    let (code, said) = house.run(&["backup", "backups", "--keep", "2"]);
    assert_eq!(code, 0, "{said}");
    let left = house.files("backups");
    assert_eq!((left.len(), left[0].as_str(), left[1].as_str()), (3, "notes.txt", "tollwatch-20250103T000000Z.db"));
    assert_eq!(subjects(&house.path("backups").join(&left[2])), ["first"]);

    let (code, said) = house.run(&["backup", "copy.db", "--keep", "2"]);
    assert_eq!(code, 64, "{said}");
    let (code, said) = house.run(&["backup", "no-such-folder/copy.db"]);
    assert_eq!(code, 73, "{said}");
}

#[test]
fn what_is_no_fit_backup_replaces_nothing() {
    let house = House::new();
    assert_eq!(house.run(&["backup", "copy.db"]).0, 0);
    let sound = fs::read(house.path("copy.db")).unwrap();
    let before = fs::read(house.database()).unwrap();

    let mut damaged = sound.clone();
    damaged[8_192..12_288].fill(0x5a);
    fs::write(house.path("damaged.db"), damaged).unwrap();
    fs::write(house.path("newer.db"), &sound).unwrap();
    let newer = rusqlite::Connection::open(house.path("newer.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let foreign = rusqlite::Connection::open(house.path("foreign.db")).unwrap();
    foreign.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(foreign);
    fs::write(house.path("empty.db"), "").unwrap();
    fs::write(house.path("notes.txt"), "Remember the milk. ".repeat(100)).unwrap();

    let cases = [
        ("damaged.db", 65, "the backup is damaged"),
        ("empty.db", 65, "it is empty"),
        ("newer.db", 78, "a newer tollwatch"),
        ("foreign.db", 65, "another program"),
        ("notes.txt", 65, "no database"),
        ("missing.db", 66, "there is no file missing.db"),
    ];
    for (file, code, why) in cases {
        let (ended, said) = house.run(&["restore", file]);
        assert_eq!(ended, code, "{file}: {said}");
        assert!(said.contains(why), "{file}: {said}");
        assert_eq!(fs::read(house.database()).unwrap(), before, "{file}");
    }
    assert!(house.files(".").iter().all(|name| !name.contains(".replaced-") && !name.contains(".restoring")));
}

#[test]
fn nothing_is_put_back_under_a_running_daemon() {
    let house = House::new();
    assert_eq!(house.run(&["backup", "copy.db"]).0, 0);
    house.queue("second");
    // What `run` holds as long as it lives.
    let lock = File::create(house.path("tollwatch.db.lock")).unwrap();
    lock.try_lock().unwrap();
    let (code, said) = house.run(&["restore", "copy.db"]);
    assert_eq!(code, 75, "{said}");
    assert!(said.contains("another tollwatch"), "{said}");
    assert_eq!(subjects(&house.database()), ["first", "second"]);
}

#[test]
fn a_database_of_a_newer_version_does_not_start() {
    let house = House::new();
    rusqlite::Connection::open(house.database()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for command in ["run", "poll", "status"] {
        let (code, said) = house.run(&[command]);
        assert_eq!(code, 78, "{command}: {said}");
        assert!(said.contains("written by a newer tollwatch (its form is 99"), "{command}: {said}");
    }
}
