//! Mails in bad times: a server that is down, one that refuses us, refuses a recipient, or falls silent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tollwatch::mail::{Login, Setup, Tls};
use tollwatch::model::Secret;
use tollwatch::store::MailState;

use crate::server::Server;
use crate::smtp::{Mode, Received, Reply, SmtpServer, Step};
use crate::watch::{Watch, clock, press, time, told};

/// A server without feeds: here all that matters waits in the outbox.
fn nobody() -> Server {
    press(|_| None)
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

#[tokio::test]
async fn a_mail_server_that_is_down_loses_nothing_and_disturbs_no_order() {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    for minutes in [0, 50] {
        watch.queue(minutes, "desk@example.org");
    }
    let server = SmtpServer::start(Mode::Plain);
    watch.smtp = Some(smtp(server.port()));
    server.set_down(true);
    let happened = watch.until("2025-03-10T07:00:00Z").await;
    // One of them is tried after 0, 1, 3, 7, 15, 30, 45 and 60 minutes; by that none of them fails.
    let first = "desk@example.org, Ferry, 0 minutes after six: all wait, nobody there";
    assert_eq!(told(&happened).matches(first).count(), happened.len(), "{}", told(&happened));
    assert_eq!(watch.store().mail_pause().unwrap().unwrap().trials, 8);
    let waiting = watch.store().mails(MailState::Queued, 10).unwrap();
    assert_eq!(waiting.iter().rev().map(|mail| mail.attempts).collect::<Vec<_>>(), [0, 0]);

    server.set_down(false);
    watch.until("2025-03-11T12:00:00Z").await;
    let subjects: Vec<_> = server.mails_in_the_end().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(subjects, ["<m0.desk.example.org@example.org>", "<m50.desk.example.org@example.org>"]);
}

fn recipients(mails: &[Received]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}

#[tokio::test]
async fn a_login_that_is_refused_makes_all_mails_wait_until_it_is_put_right() {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    for recipient in ["desk@example.org", "watch@example.org"] {
        watch.queue(0, recipient);
    }
    let server = SmtpServer::start(Mode::StartTls);
    let setup = |password| Setup {
        tls: Tls::StartTls,
        login: Some(Login { user: "u".to_owned(), password: Secret::new(password) }),
        root_certificate: Some(server.certificate()),
        ..smtp(server.port())
    };
    watch.smtp = Some(setup("wrong"));
    let happened = told(&watch.until("2025-03-10T06:20:00Z").await);
    insta::assert_snapshot!(happened.replace(&server.port().to_string(), "PORT"), @r"
    mail to desk@example.org, Ferry, 0 minutes after six: all wait: 127.0.0.1:PORT: logging in: permanent error (535): 5.7.8 wrong user or password
    mail to desk@example.org, Ferry, 0 minutes after six: all wait: 127.0.0.1:PORT: logging in: permanent error (535): 5.7.8 wrong user or password
    ");
    let status = watch.store().status().unwrap();
    assert_eq!((server.mails_in_the_end().len(), status.outbox, status.mails_dead), (0, 2, 0));

    watch.smtp = Some(setup("p"));
    watch.until("2025-03-10T07:00:00Z").await;
    assert_eq!(recipients(&server.mails_in_the_end()), ["desk@example.org", "watch@example.org"]);
    assert_eq!(watch.store().status().unwrap().outbox, 0);
}

#[tokio::test]
async fn one_recipient_that_is_refused_holds_no_other_up() {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    for (minutes, recipient) in [(0, "gone@example.org"), (0, "full@example.org"), (0, "desk@example.org")] {
        watch.queue(minutes, recipient);
    }
    let tries = AtomicUsize::new(0);
    let postbox = SmtpServer::answering(Mode::Plain, move |step| match step {
        Step::Recipient("gone@example.org") => Reply::Say("550 5.1.1 no such user here"),
        Step::Recipient("full@example.org") if tries.fetch_add(1, Ordering::SeqCst) < 2 => {
            Reply::Say("452 4.2.2 mailbox full")
        }
        _ => Reply::Usual,
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
    assert_eq!(recipients(&postbox.mails_in_the_end()), ["desk@example.org", "full@example.org"]);
    let dead = watch.store().mails(MailState::Dead, 10).unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].recipient, "gone@example.org");
    assert!(dead[0].last_reason.as_ref().is_some_and(|reason| reason.contains("no such user here")), "{dead:?}");

    // Put back by hand once the mailbox is there.
    watch.store().mail_again(dead[0].id, time("2025-03-10T07:00:00Z")).unwrap();
    let kinder = SmtpServer::start(Mode::Plain);
    watch.smtp = Some(smtp(kinder.port()));
    watch.until("2025-03-10T08:00:00Z").await;
    assert_eq!(recipients(&kinder.mails_in_the_end()), ["gone@example.org"]);
}

#[tokio::test]
async fn the_mails_of_a_recipient_keep_their_order_when_the_first_is_put_off() {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    for minutes in [0, 2, 4] {
        watch.queue(minutes, "desk@example.org");
        watch.queue(minutes, "watch@example.org");
    }
    let tries = AtomicUsize::new(0);
    let postbox = SmtpServer::answering(Mode::Plain, move |step| match step {
        Step::Recipient("desk@example.org") if tries.fetch_add(1, Ordering::SeqCst) < 1 => {
            Reply::Say("451 4.7.1 greylisted, try again later")
        }
        _ => Reply::Usual,
    });
    watch.smtp = Some(smtp(postbox.port()));
    watch.until("2025-03-10T07:00:00Z").await;
    let mails = postbox.mails_in_the_end();
    let came: Vec<_> =
        mails.iter().map(|mail| mail.header("Message-ID").replace(".example.org@example.org>", "")).collect();
    assert_eq!(came, ["<m0.watch", "<m2.watch", "<m4.watch", "<m0.desk", "<m2.desk", "<m4.desk"]);
    assert_eq!(watch.store().status().unwrap().outbox, 0);
}

#[tokio::test]
async fn a_batch_goes_over_one_connection_and_outlives_a_server_that_lets_go() {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    let recipients: Vec<String> = (0..20).map(|n| format!("reader{n}@example.org")).collect();
    recipients.iter().for_each(|to| watch.queue(0, to));
    let postbox = SmtpServer::answering(Mode::StartTls, |step| match step {
        // A refusal leaves the connection as it is; an end after the seventh mail does not.
        Step::Recipient("reader3@example.org") => Reply::Say("550 5.1.1 no such user"),
        Step::Message(7, _) => Reply::SayAndDrop("250 2.0.0 taken"),
        _ => Reply::Usual,
    });
    watch.smtp = Some(Setup {
        tls: Tls::StartTls,
        login: Some(Login { user: "u".to_owned(), password: Secret::new("p") }),
        root_certificate: Some(postbox.certificate()),
        ..smtp(postbox.port())
    });
    watch.until("2025-03-10T06:30:00Z").await;
    let mails = postbox.mails_in_the_end();
    assert_eq!((mails.len(), postbox.connections()), (19, 2));
    assert!(mails.iter().all(|mail| mail.encrypted && mail.logged_in));
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_comes_again_with_the_same_bytes() {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    watch.queue(0, "desk@example.org");
    let postbox = SmtpServer::answering(Mode::Plain, |step| match step {
        Step::Message(1, _) => Reply::Silence,
        _ => Reply::Usual,
    });
    watch.smtp = Some(Setup { timeout: Duration::from_millis(300), ..smtp(postbox.port()) });
    watch.until("2025-03-10T07:00:00Z").await;
    let mails = postbox.mails_in_the_end();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1]);
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_set_aside_after_five_days() {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    watch.queue(0, "desk@example.org");
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

/// The weekly work: the database is looked through, and what need not be kept goes.
#[tokio::test]
async fn each_week_the_database_is_checked_and_the_texts_of_old_mails_are_removed() {
    let (clock, server) = (clock(), press(|_| None));
    let watch = Watch::new(&clock, &server, &[]);
    watch.queue(0, "desk@example.org");
    let looked_through = |watch: &Watch| {
        let checks = watch.store().checks().unwrap();
        let whole = checks.into_iter().find(|check| check.kind == tollwatch::store::CheckKind::Whole).unwrap();
        assert_eq!(whole.found, None);
        whole.at.strftime("%-d %b").to_string()
    };
    let text = |watch: &Watch| {
        let store = watch.store();
        let sent = store.mails(MailState::Sent, 9).unwrap();
        assert_eq!(sent.len(), 1);
        store.mail_bytes(sent[0].id).unwrap().unwrap()
    };
    watch.until("2025-03-16T06:00:00Z").await;
    assert_eq!(looked_through(&watch), "10 Mar");
    watch.until("2025-04-08T06:00:00Z").await;
    assert_eq!(looked_through(&watch), "7 Apr");
    assert!(!text(&watch).is_empty());
    watch.until("2025-04-15T06:00:00Z").await;
    assert!(text(&watch).is_empty());
}
