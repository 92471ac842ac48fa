//! Mails in bad times: a server that is down, one that refuses us or a recipient, and a disk that takes no writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::SignedDuration;
use tollwatch::mail::{Login, Secret, Setup, Tls};
use tollwatch::pipeline::{Event, Outcome};
use tollwatch::store::{MailState, NewMail, Store};

use crate::postbox::{Mail, Postbox, Reply, Step};
use crate::server::{Answer, Server};
use crate::watch::{Watch, clock, page, press, rss, time, told};

/// A server without feeds: here all that matters waits in the outbox.
fn nobody() -> Server {
    press(|_| None)
}

/// Puts a mail into the outbox, made so many minutes after six.
fn queue(store: &mut Store, minutes: i64, recipient: &str) {
    let name = format!("m{minutes}.{}", recipient.replace('@', "."));
    let mail = NewMail {
        message_id: format!("{name}@example.org"),
        sender: "tollwatch@example.org".to_owned(),
        recipient: recipient.to_owned(),
        subject: format!("Ferry, {minutes} minutes after six"),
        story: None,
        bytes: format!("Message-ID: <{name}@example.org>\r\nSubject: Ferry\r\n\r\n14 dead\r\n").into_bytes(),
    };
    let made = time(crate::watch::BEGIN) + SignedDuration::from_mins(minutes);
    store.compose(&[], &mail, made).unwrap();
}

fn smtp(port: u16) -> Setup {
    Setup {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        login: None,
        hello: "tollwatch.example.org".to_owned(),
        timeout: Duration::from_secs(10),
        root_certificate: None,
    }
}

/// A port of this machine on which nobody listens.
fn dead_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What the database is made to refuse, as if the disk were full just then; told in SQL, through a connection of the
/// test's own.
fn refuse(database: &Path, writes: &str) {
    let sql = format!("CREATE TRIGGER IF NOT EXISTS full BEFORE {writes} BEGIN SELECT RAISE(ABORT, 'no room'); END");
    rusqlite::Connection::open(database).unwrap().execute_batch(&sql).unwrap();
}

fn relent(database: &Path) {
    rusqlite::Connection::open(database).unwrap().execute_batch("DROP TRIGGER full").unwrap();
}

#[tokio::test]
async fn a_mail_server_that_is_down_loses_nothing_and_disturbs_no_order() {
    let (clock, server) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &server, &[]);
    for minutes in [0, 50] {
        queue(&mut watch.store(), minutes, "desk@example.org");
    }
    watch.smtp = Some(smtp(dead_port()));
    let happened = watch.until("2025-03-10T07:00:00Z").await;
    assert!(happened.iter().all(|event| matches!(event, Event::Mailed { .. })), "{}", told(&happened));
    let waiting = watch.store().mails(MailState::Queued, 10).unwrap();
    // The first is tried after 0, 5, 15, 35 minutes and with the second one after 50 and 55.
    assert_eq!(waiting.iter().rev().map(|mail| mail.attempts).collect::<Vec<_>>(), [6, 2]);

    // From seven on there is a place to send to.
    watch.smtp = None;
    insta::assert_snapshot!(told(&watch.until("2025-03-10T12:00:00Z").await), @r"
    mail to desk@example.org, Ferry, 0 minutes after six: sent
    mail to desk@example.org, Ferry, 50 minutes after six: sent
    ");
    assert_eq!(fs::read_dir(watch.maildir().join("new")).unwrap().count(), 2);
    assert_eq!(told(&watch.until("2025-03-11T12:00:00Z").await), "");
}

fn recipients(mails: &[Mail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}

#[tokio::test]
async fn a_login_that_is_refused_makes_all_mails_wait_until_it_is_put_right() {
    let (clock, server) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &server, &[]);
    for recipient in ["desk@example.org", "watch@example.org"] {
        queue(&mut watch.store(), 0, recipient);
    }
    let refusing = Postbox::start(|step| match step {
        Step::Login => Reply::Say("535 5.7.8 who are you"),
        _ => Reply::Fine,
    });
    let login = Login { user: "tollwatch".to_owned(), password: Secret::new("swordfish") };
    watch.smtp = Some(Setup { login: Some(login), ..smtp(refusing.port()) });
    let happened = told(&watch.until("2025-03-10T06:20:00Z").await);
    insta::assert_snapshot!(happened.replace(&refusing.port().to_string(), "PORT"), @r"
    mail to desk@example.org, Ferry, 0 minutes after six: all wait: 127.0.0.1:PORT: logging in: permanent error (535): 5.7.8 who are you
    mail to watch@example.org, Ferry, 0 minutes after six: all wait: 127.0.0.1:PORT: logging in: permanent error (535): 5.7.8 who are you
    mail to desk@example.org, Ferry, 0 minutes after six: all wait: 127.0.0.1:PORT: logging in: permanent error (535): 5.7.8 who are you
    mail to watch@example.org, Ferry, 0 minutes after six: all wait: 127.0.0.1:PORT: logging in: permanent error (535): 5.7.8 who are you
    ");
    let status = watch.store().status().unwrap();
    assert_eq!((refusing.mails().len(), status.outbox, status.mails_dead), (0, 2, 0));

    let welcoming = Postbox::start(|_| Reply::Fine);
    watch.smtp.as_mut().unwrap().port = welcoming.port();
    watch.until("2025-03-10T07:00:00Z").await;
    assert_eq!(recipients(&welcoming.mails()), ["desk@example.org", "watch@example.org"]);
    assert_eq!(watch.store().status().unwrap().outbox, 0);
}

#[tokio::test]
async fn one_recipient_that_is_refused_holds_no_other_up() {
    let (clock, server) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &server, &[]);
    for (minutes, recipient) in [(0, "gone@example.org"), (0, "full@example.org"), (0, "desk@example.org")] {
        queue(&mut watch.store(), minutes, recipient);
    }
    let tries = AtomicUsize::new(0);
    let postbox = Postbox::start(move |step| match step {
        Step::Recipient("gone@example.org") => Reply::Say("550 5.1.1 no such user here"),
        Step::Recipient("full@example.org") if tries.fetch_add(1, Ordering::SeqCst) < 2 => {
            Reply::Say("452 4.2.2 mailbox full")
        }
        _ => Reply::Fine,
    });
    watch.smtp = Some(smtp(postbox.port()));
    let happened = told(&watch.until("2025-03-10T07:00:00Z").await);
    insta::assert_snapshot!(happened.replace(&postbox.port().to_string(), "PORT"), @r"
    mail to gone@example.org, Ferry, 0 minutes after six: set aside: 127.0.0.1:PORT: naming the recipient: permanent error (550): 5.1.1 no such user here
    mail to full@example.org, Ferry, 0 minutes after six: waits: 127.0.0.1:PORT: naming the recipient: transient error (452): 4.2.2 mailbox full
    mail to desk@example.org, Ferry, 0 minutes after six: sent
    mail to full@example.org, Ferry, 0 minutes after six: waits: 127.0.0.1:PORT: naming the recipient: transient error (452): 4.2.2 mailbox full
    mail to full@example.org, Ferry, 0 minutes after six: sent
    ");
    assert_eq!(recipients(&postbox.mails()), ["desk@example.org", "full@example.org"]);
    let dead = watch.store().mails(MailState::Dead, 10).unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].recipient, "gone@example.org");
    assert!(dead[0].last_reason.as_ref().is_some_and(|reason| reason.contains("no such user here")), "{dead:?}");

    // Put back by hand once the mailbox is there.
    watch.store().mail_again(dead[0].id, time("2025-03-10T07:00:00Z")).unwrap();
    let kinder = Postbox::start(|_| Reply::Fine);
    watch.smtp = Some(smtp(kinder.port()));
    watch.until("2025-03-10T08:00:00Z").await;
    assert_eq!(recipients(&kinder.mails()), ["gone@example.org"]);
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_comes_again_with_the_same_bytes() {
    let (clock, server) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &server, &[]);
    queue(&mut watch.store(), 0, "desk@example.org");
    let postbox = Postbox::start(|step| match step {
        Step::Message(1) => Reply::Silence,
        _ => Reply::Fine,
    });
    watch.smtp = Some(Setup { timeout: Duration::from_millis(300), ..smtp(postbox.port()) });
    watch.until("2025-03-10T07:00:00Z").await;
    let mails = postbox.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1]);
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_set_aside_after_five_days() {
    let (clock, server) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &server, &[]);
    queue(&mut watch.store(), 0, "desk@example.org");
    watch.smtp = Some(smtp(dead_port()));
    watch.until("2025-03-15T05:00:00Z").await;
    assert_eq!(watch.store().status().unwrap().mails_dead, 0);
    watch.until("2025-03-15T11:00:00Z").await;
    let dead = watch.store().mails(MailState::Dead, 10).unwrap();
    assert!(
        dead[0].last_reason.as_ref().is_some_and(|reason| reason.starts_with("given up after five days")),
        "{dead:?}"
    );
}

#[tokio::test]
async fn a_mail_that_was_sent_is_not_sent_again_while_the_disk_is_full() {
    let (clock, server) = (clock(), nobody());
    let watch = Watch::new(&clock, &server, &[]);
    for recipient in ["desk@example.org", "watch@example.org"] {
        queue(&mut watch.store(), 0, recipient);
    }
    refuse(&watch.database(), "UPDATE ON mails WHEN new.state = 'sent'");
    let daemon = watch.desk(tokio::sync::mpsc::unbounded_channel().0);
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
async fn a_full_disk_stops_everything_and_loses_nothing() {
    // What may fail, and how far things get before it does: the poll, the mark before reading, the article.
    for writes in
        ["INSERT ON items", "UPDATE OF cut_short ON items", "INSERT ON articles", "UPDATE OF next_check ON feeds"]
    {
        let clock = clock();
        let server = press(|address| match address {
            "coast.example/feed" => {
                Some(rss("coast.example", &[("bridge", "Bridge of Ard reopens", "2025-03-10T05:30:00Z", "")]))
            }
            _ => Some(page("en", "Bridge of Ard reopens", &"The bridge is open to carts again. ".repeat(20))),
        });
        let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
        drop(watch.store());
        refuse(&watch.database(), writes);
        assert!(!told(&watch.until("2025-03-10T06:30:00Z").await).contains("figures"), "{writes}");
        let status = watch.store().status().unwrap();
        assert_eq!((status.articles, status.items_failed), (0, 0), "{writes}");

        relent(&watch.database());
        let happened = watch.until("2025-03-10T08:00:00Z").await;
        let read = |event: &&Event| matches!(event, Event::Read { outcome: Outcome::Taken(_), .. });
        assert_eq!(happened.iter().filter(read).count(), 1, "{writes}: {}", told(&happened));
        assert_eq!(watch.store().status().unwrap().articles, 1, "{writes}");
    }
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
async fn an_item_whose_readings_end_the_program_is_given_up() {
    let clock = clock();
    let server = press(|address| match address {
        "coast.example/feed" => {
            Some(rss("coast.example", &[("bridge", "Bridge of Ard reopens", "2025-03-10T05:30:00Z", "")]))
        }
        _ => Some(Answer::status(503)),
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    watch.until("2025-03-10T06:01:00Z").await;
    let mut store = watch.store();
    let waiting = store.waiting_items(time("2025-03-10T07:00:00Z"), 10).unwrap();
    assert_eq!(waiting[0].cut_short, 0, "a reading that ended takes its mark away");
    for _ in 0..3 {
        store.begin_reading(&[waiting[0].id]).unwrap();
    }
    drop(store);
    insta::assert_snapshot!(told(&watch.until("2025-03-10T12:00:00Z").await), @r#"10 06:05 "Bridge of Ard reopens": given up: each of 3 readings ended the program"#);
    assert_eq!(server.count("/bridge"), 1);
}
