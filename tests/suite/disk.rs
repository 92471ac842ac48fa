//! A disk that is full: at every step something may fail to be written, and when there is room again nothing is missing
//! and nothing was done twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc::{channel, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tollwatch::daemon::{self, Orders, Setup};
use tollwatch::store::MailState;

use crate::watch::{Watch, clock, ferry_press, press, rss, time, told};

/// What the database is made to refuse, as if the disk were full just then; told in SQL, through a connection of the
/// test's own.
fn refuse(database: &Path, writes: &str) {
    let sql = format!("CREATE TRIGGER IF NOT EXISTS full BEFORE {writes} BEGIN SELECT RAISE(ABORT, 'no room'); END");
    rusqlite::Connection::open(database).unwrap().execute_batch(&sql).unwrap();
}

fn relent(database: &Path) {
    rusqlite::Connection::open(database).unwrap().execute_batch("DROP TRIGGER full").unwrap();
}

/// All that is written between the poll that brings an article and the mail that tells of it.
const WRITES: [&str; 11] = [
    "INSERT ON items",
    "UPDATE OF next_check ON feeds",
    "UPDATE OF cut_short ON items",
    "INSERT ON articles",
    "INSERT ON article_versions",
    "INSERT ON claims",
    "INSERT ON changes",
    "INSERT ON alerts",
    "UPDATE OF state ON items",
    "INSERT ON mails",
    "UPDATE ON alert_changes",
];

#[tokio::test]
async fn wherever_the_disk_is_full_the_mail_comes_later_and_once() {
    for write in WRITES {
        let clock = clock();
        let server = ferry_press(&clock);
        let watch = Watch::new(&clock, &server, &[("harbour", "harbour.example")]);
        watch.until("2025-03-10T06:10:00Z").await;
        refuse(&watch.database(), write);
        watch.until("2025-03-10T08:30:00Z").await;
        assert_eq!(watch.mails(), [""; 0], "{write}");
        relent(&watch.database());
        let happened = watch.until("2025-03-10T12:00:00Z").await;
        assert_eq!(watch.mails(), ["desk@example.org: rise killed people 27"], "{write}: {}", told(&happened));
        let status = watch.store().status().unwrap();
        assert_eq!((status.mails_sent, status.articles, status.items_failed), (1, 2, 0), "{write}");
    }
}

#[tokio::test]
async fn a_mail_that_was_sent_is_not_sent_again_while_the_disk_is_full() {
    let (clock, server) = (clock(), press(|_| None));
    let watch = Watch::new(&clock, &server, &[]);
    for recipient in ["desk@example.org", "watch@example.org"] {
        watch.queue(0, recipient);
    }
    refuse(&watch.database(), "UPDATE ON mails WHEN new.state = 'sent'");
    let daemon = watch.desk(unbounded_channel().0);
    for _ in 0..3 {
        // The daemon does this each minute; who takes the mail sees it once.
        assert!(tollwatch::pipeline::send_due(&daemon).await.is_err());
        let new = watch.maildir().join("new");
        assert_eq!(fs::read_dir(&new).unwrap().count(), 1);
        for mail in fs::read_dir(&new).unwrap() {
            // A Maildir would not show a second delivery under the same name: it must not be written to again.
            fs::write(mail.unwrap().path(), "as the reader left it").unwrap();
        }
    }
    relent(&watch.database());
    tollwatch::pipeline::send_due(&daemon).await.unwrap();
    let mut mails: Vec<String> = fs::read_dir(watch.maildir().join("new"))
        .unwrap()
        .map(|mail| fs::read_to_string(mail.unwrap().path()).unwrap())
        .collect();
    mails.sort();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1], "as the reader left it");
    assert_eq!(watch.store().mails(MailState::Sent, 10).unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_is_asked_while_nothing_can_be_written() {
    let clock = clock();
    let database: Arc<OnceLock<PathBuf>> = Arc::default();
    let (full, shown) = (Arc::clone(&database), clock.clone());
    let server = press(move |address| {
        if address == "coast.example/feed" && shown.now() < time("2025-03-10T06:30:00Z") {
            // The disk is full when the first answer is about to be stored.
            refuse(full.get().unwrap(), "UPDATE ON feeds");
        }
        Some(rss("coast.example", &[]))
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    drop(watch.store());
    database.set(watch.database()).unwrap();
    assert_eq!(told(&watch.until("2025-03-10T06:30:00Z").await), "");
    assert_eq!(server.count("/feed"), 1, "each minute something is to be written first");
    relent(&watch.database());
    watch.until("2025-03-10T06:35:00Z").await;
    assert_eq!(server.count("/feed"), 2);
}

#[tokio::test]
async fn a_config_loaded_while_the_disk_is_full_is_in_force_when_there_is_room() {
    let clock = clock();
    let database: Arc<OnceLock<PathBuf>> = Arc::default();
    let full = Arc::clone(&database);
    let server = press(move |address| {
        if address == "coast.example/feed" {
            relent(full.get().unwrap());
        }
        Some(rss("any.example", &[]))
    });
    let mut watch = Watch::new(&clock, &server, &[("coast", "coast.example"), ("harbour", "harbour.example")]);
    drop(watch.store());
    database.set(watch.database()).unwrap();
    refuse(&watch.database(), "INSERT ON feeds WHEN new.name = 'harbour'");

    let desk = watch.desk(unbounded_channel().0);
    let both = Setup { desk: desk.clone(), feeds: watch.feeds.clone(), parallel: 1 };
    watch.feeds.truncate(1);
    // Who is mailed is looked at beside the first poll.
    let coast = Setup { desk, feeds: watch.feeds.clone(), parallel: 2 };
    let (sender, reload) = channel(1);
    assert!(sender.send(Ok(both)).await.is_ok());
    let orders = Orders { shutdown: CancellationToken::new(), reload, end: Some(time("2025-03-10T06:10:00Z")) };
    daemon::run(coast, orders).await.unwrap();
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(asked, ["http://coast.example/feed", "http://harbour.example/feed"]);
}
