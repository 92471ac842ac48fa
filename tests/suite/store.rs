//! The database as a file: opened again, damaged, and written by a process that is killed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use tollwatch::model::{
    Alert, Article, ArticleId, Change, ChangeKind, Claim, ClaimId, Confidence, FeedItem, FeedState, Fingerprint, Group,
    Identity, Measure, Quantity, Reason, Scope, Series, Span, Status, StoryDraft, StoryProfile, Text, Verdict,
};
use tollwatch::store::{Fetched, MailState, NewMail, Store, StoreError};
use url::Url;

const DESK: &str = "desk@example.org";

#[test]
fn a_new_database_is_empty_and_needs_no_waking() {
    let store = Store::in_memory().unwrap();
    assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), None);
    assert_eq!(store.status().unwrap().feeds, 0);
}

#[test]
fn what_was_stored_is_there_after_an_unclean_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tollwatch.db");
    let mut store = Store::open(&path).unwrap();
    one_round(&mut store, 1);
    // A value that is never dropped closes nothing: the write-ahead log is left as a crash would leave it.
    std::mem::forget(store);
    assert!(fs::metadata(folder.path().join("tollwatch.db-wal")).unwrap().len() > 0);

    let mut store = Store::open(&path).unwrap();
    one_round(&mut store, 2);
    assert_eq!(store.status().unwrap().claims, 2);
    assert!(store.checkpoint().unwrap());
    assert_eq!(fs::metadata(folder.path().join("tollwatch.db-wal")).unwrap().len(), 0);
    drop(store);
    let copy = folder.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    assert_eq!(Store::open(&copy).unwrap().status().unwrap().claims, 2, "the file alone is the whole database");
}

#[test]
fn a_backup_restores_to_the_same_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("tollwatch.db")).unwrap();
    one_round(&mut store, 1);
    let backup = folder.path().join("tollwatch.backup");
    store.back_up(&backup).unwrap();
    let story = store.stories().unwrap().remove(0);
    let claims = store.claims(story.id).unwrap();
    one_round(&mut store, 2);

    let mut restored = Store::open(&backup).unwrap();
    assert_eq!(restored.stories().unwrap(), std::slice::from_ref(&story));
    assert_eq!(restored.claims(story.id).unwrap(), claims);
    assert_eq!(restored.mails(MailState::Queued, 9).unwrap().len(), 1);
    one_round(&mut restored, 2);
}

#[test]
fn a_folder_or_file_that_will_not_do_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let no_folder = Store::open(&folder.path().join("state/tollwatch.db")).unwrap_err();
    assert!(matches!(no_folder, StoreError::NoFolder(_)));
    assert!(no_folder.to_string().contains("state for the database: create it"), "{no_folder}");

    let is_folder = Store::open(folder.path()).unwrap_err();
    assert!(matches!(is_folder, StoreError::CannotOpen { .. }), "{is_folder}");

    let text = folder.path().join("notes.txt");
    fs::write(&text, "Remember the milk. ".repeat(100)).unwrap();
    assert!(matches!(Store::open(&text), Err(StoreError::NotADatabase)));
    assert!(matches!(Store::open_to_read(&text), Err(StoreError::NotADatabase)));
}

#[test]
fn a_damaged_database_is_found_out_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tollwatch.db");
    let mut store = Store::open(&path).unwrap();
    for n in 1..=20 {
        one_round(&mut store, n);
    }
    drop(store);
    let sound = fs::read(&path).unwrap();
    // A page in the middle, overwritten as a failing disk might.
    let page = 4096 * (sound.len() / 4096 / 2);
    let mut damaged = sound.clone();
    damaged[page..page + 4096].fill(0x5a);
    fs::write(&path, damaged).unwrap();
    let refused = Store::open(&path);
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    fs::write(&path, sound).unwrap();
    assert!(Store::open(&path).is_ok());
}

/// The writer ends by `kill -9` at changing points, many times over one database; what it had been told was stored is
/// there, nothing is there by half, and no round is done twice.
#[test]
fn a_killed_writer_loses_nothing_and_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tollwatch.db");
    let mut acknowledged = 0;
    for kill in 0..20 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "store::writes_until_it_is_killed", "--nocapture"])
            .env("STORE_TO_WRITE", &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut rounds = 0;
        while rounds < 3 + kill % 5 {
            let line = lines.next().expect("the writer goes on until it is killed").unwrap();
            if let Some(n) = line.strip_prefix("stored ") {
                acknowledged = n.parse().unwrap();
                rounds += 1;
            }
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some(n) = line.strip_prefix("stored ") {
                acknowledged = n.parse().unwrap();
            }
        }
        check_whole(&path, acknowledged);
    }
    assert!(acknowledged >= 20 * 3);
}

/// Run by the test above, in a process of its own.
#[test]
#[ignore = "runs until it is killed"]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os("STORE_TO_WRITE") else { return };
    let mut store = Store::open(Path::new(&path)).unwrap();
    let mut done = i64::from(store.status().unwrap().claims);
    loop {
        done += 1;
        one_round(&mut store, done);
        let mut out = std::io::stdout().lock();
        writeln!(out, "stored {done}").unwrap();
        out.flush().unwrap();
    }
}

fn check_whole(path: &Path, acknowledged: i64) {
    let store = Store::open(path).unwrap();
    let status = store.status().unwrap();
    let claims = i64::from(status.claims);
    assert!(claims >= acknowledged && claims <= acknowledged + 1, "{acknowledged} acknowledged, {claims} there");
    assert_eq!(status.articles, status.claims);
    let changes: usize = store.stories().unwrap().iter().map(|story| store.changes(story.id).unwrap().len()).sum();
    assert_eq!(changes, claims as usize);
    let mails = status.outbox + status.mails_sent;
    assert_eq!(mails + status.alerts_pending, status.claims, "each change has its alert, in a mail or waiting for one");
}

/// One article, from the poll to the outbox. Repeats whatever a killed predecessor has left undone.
fn one_round(store: &mut Store, n: i64) {
    let now = Timestamp::from_second(1_741_500_000 + n).unwrap();
    let url: Url = format!("https://daily.example/{n}").parse().unwrap();
    let feed = FeedState::unpolled("daily", "https://daily.example/feed.xml".parse().unwrap(), now);
    let item = FeedItem {
        feed: "daily".to_owned(),
        identity: Identity::new(format!("link:daily.example/{n}"), []),
        guid: None,
        link: Some(url),
        title: format!("Ferry toll, report {n}"),
        published: Some(now),
        updated: None,
        summary: None,
        content: None,
    };
    store.save_poll(&feed, &[item], now).unwrap();
    for waiting in store.waiting_items(now, 10).unwrap() {
        store.begin_reading(&[waiting.id], now).unwrap();
        let link = waiting.item.link.unwrap();
        let intake = store.intake().unwrap();
        let text = Text::from_parts(&waiting.item.title, ["The coast guard counted 31 dead."]);
        let article = Article {
            url: link.clone(),
            outlet: "Ardo Daily".to_owned(),
            language: None,
            published: Some(now),
            modified: None,
            text,
            flags: Vec::new(),
            fingerprint: Fingerprint(n as u64),
        };
        let id = intake.add_article(&article, &Fetched { at: now, page_sha256: None }).unwrap();
        let mut stories = Vec::new();
        intake.active_stories(Timestamp::UNIX_EPOCH, |story| stories.push(story)).unwrap();
        let story = match stories.into_iter().next() {
            Some(story) => story,
            None => {
                let profile = StoryProfile::default();
                let name = "Port Ardo ferry".to_owned();
                intake.open_story(&StoryDraft { name, configured: None, at: now, profile }).unwrap()
            }
        };
        let claim = claim(id, story.id, link, now);
        intake.add_claims(std::slice::from_ref(&claim)).unwrap();
        let change = Change {
            story: story.id,
            series: claim.series.clone(),
            kind: ChangeKind::First,
            before: None,
            after: claim.quantity,
            reason: Reason::NewCount,
            claim: claim.id,
            at: now,
        };
        let changes = intake.add_changes(&[change], now).unwrap();
        intake.add_alerts(&[Alert { recipient: DESK.to_owned(), story: story.id, changes, heard: now }]).unwrap();
        intake.item_read(waiting.id, Some(id), "1 figure", now).unwrap();
        intake.commit().unwrap();
    }
    for due in store.waiting(DESK).unwrap() {
        // One mail a change, so that they can be counted.
        let mail = NewMail {
            message_id: format!("{}@example.org", due.change),
            sender: "tollwatch@example.org".to_owned(),
            recipient: DESK.to_owned(),
            subject: "Ferry".to_owned(),
            story: Some(due.story),
            bytes: vec![b'x'; 20_000],
        };
        store.compose(&[due.change], &mail, now).unwrap();
    }
}

fn claim(article: ArticleId, story: tollwatch::model::StoryId, url: Url, now: Timestamp) -> Claim {
    Claim {
        id: ClaimId { article, version: 1, nth: 1 },
        story,
        series: Series { measure: Measure::Killed, group: Group::People, source: None },
        quantity: Quantity::Exactly(31),
        status: Status::Current,
        scope: Scope::Story,
        place: None,
        period: None,
        said_by: None,
        quote: "The coast guard counted 31 dead.".to_owned(),
        number: Span { start: 24, end: 26 },
        span: Span { start: 45, end: 47 },
        derived: None,
        rule: "counted-dead".to_owned(),
        confidence: Confidence::per_mille(900),
        outlet: "Ardo Daily".to_owned(),
        url,
        published: now,
        seen: now,
        fingerprint: Fingerprint(1),
        verdict: Verdict::Told,
    }
}
