//! Sending: what becomes of a mail at each fault of a server, and what a Maildir holds.

use std::time::{Duration, Instant};

use tollwatch::mail::{Login, Maildir, Mailer, Sendmail, Setup, Smtp, Tls, render};
use tollwatch::model::{Address, Delivery, Email, Secret};

use crate::smtp::{Mode, SmtpServer};

fn email(to: &str, text: &str) -> Email {
    Email {
        message_id: "story-1.7f3a@example.org".to_owned(),
        references: vec![],
        from: Address { name: "tollwatch".to_owned(), email: "tollwatch@example.org".to_owned() },
        to: Address { name: "Desk".to_owned(), email: to.to_owned() },
        subject: "Lake Orvane ferry, March 2025".to_owned(),
        date: "2025-03-09T17:00:00Z".parse().unwrap(),
        list_id: "stories.tollwatch.example.org".to_owned(),
        extra: vec![],
        text: text.to_owned(),
        html: format!("<p>{text}</p>"),
        chart: None,
    }
}

fn mailer(server: &SmtpServer, tls: Tls, password: &str) -> Mailer {
    let setup = Setup {
        host: if tls == Tls::None { "127.0.0.1" } else { "localhost" }.to_owned(),
        port: server.port(),
        tls,
        login: (tls != Tls::None).then(|| Login { user: "u".to_owned(), password: Secret::new(password) }),
        hello: "tollwatch.example.org".to_owned(),
        timeout: Duration::from_millis(1_500),
        root_certificate: (tls != Tls::None).then(|| server.certificate()),
    };
    Mailer::Smtp(Box::new(Smtp::new(setup).unwrap()))
}

async fn send(mailer: &Mailer, to: &str) -> Delivery {
    let email = email(to, "Killed: 14 (first count), say the harbour police.");
    mailer.send("tollwatch@example.org", to, &email.message_id, &render(&email).unwrap()).await
}

/// "later: 450 …" and so on, without what differs from run to run.
fn told(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Sent => "sent".to_owned(),
        Delivery::Later { .. } => "later".to_owned(),
        Delivery::Unreachable { .. } => "unreachable".to_owned(),
        Delivery::Misconfigured { .. } => "misconfigured".to_owned(),
        Delivery::Refused { .. } => "refused".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_server_has_its_outcome() {
    let server = SmtpServer::start(Mode::Plain);
    let mailer = mailer(&server, Tls::None, "");
    for (to, outcome) in [
        ("desk@example.org", "sent"),
        ("tmp450@example.org", "later"),
        ("perm550@example.org", "refused"),
        ("greylist@example.org", "later"),
        ("greylist@example.org", "sent"),
        ("data451@example.org", "later"),
        ("data554@example.org", "refused"),
        ("droprcpt@example.org", "later"),
        ("dropdata@example.org", "later"),
    ] {
        assert_eq!(told(&send(&mailer, to).await), outcome, "{to}");
    }
    let kept: Vec<String> = server.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(kept, ["desk@example.org", "greylist@example.org", "dropdata@example.org"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_left_when_time_is_up() {
    let server = SmtpServer::start(Mode::Plain);
    let started = Instant::now();
    let delivery = send(&mailer(&server, Tls::None, ""), "stall@example.org").await;
    assert_eq!(told(&delivery), "later", "{delivery:?}");
    assert!(started.elapsed() < Duration::from_secs(30), "the limit is 1.5 seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_encrypted_and_logged_in_both_ways() {
    for (mode, tls) in [(Mode::StartTls, Tls::StartTls), (Mode::Implicit, Tls::Implicit)] {
        let server = SmtpServer::start(mode);
        let delivery = send(&mailer(&server, tls, "p"), "desk@example.org").await;
        assert_eq!(delivery, Delivery::Sent, "{mode:?}");
        let mails = server.mails();
        assert!(mails[0].encrypted && mails[0].logged_in, "{mode:?}");
        assert_eq!(mails[0].header("Message-ID"), "<story-1.7f3a@example.org>");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_us_as_such_is_the_operators_business() {
    let wrong_password = SmtpServer::start(Mode::StartTls);
    let delivery = send(&mailer(&wrong_password, Tls::StartTls, "wrong"), "desk@example.org").await;
    assert_eq!(told(&delivery), "misconfigured", "{delivery:?}");
    assert!(!format!("{delivery:?}").contains("wrong\""), "{delivery:?}");

    let no_tls = SmtpServer::start(Mode::Plain);
    let delivery = send(&mailer(&no_tls, Tls::StartTls, "p"), "desk@example.org").await;
    assert_eq!(told(&delivery), "misconfigured", "{delivery:?}");

    // Another server's certificate.
    let (asked, other) = (SmtpServer::start(Mode::Implicit), SmtpServer::start(Mode::Implicit));
    let setup = Setup {
        host: "localhost".to_owned(),
        port: asked.port(),
        tls: Tls::Implicit,
        login: None,
        hello: "tollwatch.example.org".to_owned(),
        timeout: Duration::from_secs(5),
        root_certificate: Some(other.certificate()),
    };
    let delivery = send(&Mailer::Smtp(Box::new(Smtp::new(setup).unwrap())), "desk@example.org").await;
    assert_eq!(told(&delivery), "misconfigured", "{delivery:?}");
    assert!(asked.mails().is_empty() && no_tls.mails().is_empty() && wrong_password.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_looks_like_smtp_stays_text() {
    // The strings by which a line break without its partner could end a message early and smuggle in commands.
    let server = SmtpServer::start(Mode::Plain);
    let mailer = mailer(&server, Tls::None, "");
    for text in ["x\n.\nQUIT\n", "x\r.\rQUIT\r", "x\r\n.\r\nQ", "éx\n.\nQUIT\n", "éx\r.\rQUIT\r"] {
        let email = email("desk@example.org", text);
        let bytes = render(&email).unwrap();
        let lone = bytes.windows(2).any(|w| (w[0] == b'\r') != (w[1] == b'\n'));
        assert!(!lone, "a bare line break in {text:?}");
        let sent = mailer.send("tollwatch@example.org", "desk@example.org", &email.message_id, &bytes).await;
        assert_eq!(sent, Delivery::Sent, "{text:?}");
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 5, "each text is one mail");
    assert!(mails.iter().all(|mail| String::from_utf8_lossy(&mail.bytes).contains("</p>")), "and whole");
    // The same strings as bytes that were stored: whatever stands in the outbox, no bare CR or LF goes out.
    for stored in ["x\n.\nQUIT\n", "x\r.\rQUIT\r", "éx\n.\nQUIT\n", "éx\r.\rQUIT\r", "é\r\n", "a\nb"] {
        let bare = mailer.send("tollwatch@example.org", "desk@example.org", "m@example.org", stored.as_bytes()).await;
        assert_eq!(told(&bare), "refused", "{stored:?}");
    }
    // A line with a dot alone is text too.
    let dots = b"Subject: x\r\n\r\nx\r\n.\r\n..\r\nQUIT\r\n";
    let sent = mailer.send("tollwatch@example.org", "desk@example.org", "m@example.org", dots).await;
    assert_eq!(sent, Delivery::Sent);
    assert_eq!(server.mails().last().unwrap().bytes, dots);
    assert_eq!(server.mails().len(), 6);
}

/// A program in the place of `sendmail`, and the folder that it writes to.
fn sendmail(script: &str, timeout: Duration) -> (tempfile::TempDir, Mailer) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sendmail");
    let script = script.replace("HERE", &folder.path().display().to_string());
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, Mailer::Sendmail(Sendmail { program, timeout, signer: None }))
}

#[tokio::test(flavor = "multi_thread")]
async fn sendmail_gets_envelope_and_message_and_has_the_last_word() {
    let minute = Duration::from_secs(60);
    let (folder, mailer) = sendmail("echo \"$@\" > HERE/arguments; cat > HERE/message", minute);
    assert_eq!(send(&mailer, "desk@example.org").await, Delivery::Sent);
    let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
    assert_eq!(arguments, "-i -f tollwatch@example.org -- desk@example.org\n");
    let message = std::fs::read_to_string(folder.path().join("message")).unwrap();
    assert!(message.contains("\nMessage-ID: <story-1.7f3a@example.org>\n") && !message.contains('\r'), "{message}");

    let (_folder, mailer) = sendmail("echo 'mail system is down' >&2; exit 75", minute);
    let Delivery::Later { reason } = send(&mailer, "desk@example.org").await else { panic!("it will be tried again") };
    assert!(reason.ends_with("mail system is down (exit 75)"), "{reason}");
    let (_folder, mailer) = sendmail("exit 67", minute);
    assert_eq!(told(&send(&mailer, "desk@example.org").await), "refused");
    let nowhere = Mailer::Sendmail(Sendmail { program: "/no/such/sendmail".into(), timeout: minute, signer: None });
    assert_eq!(told(&send(&nowhere, "desk@example.org").await), "misconfigured");
    assert_eq!(told(&send(&mailer, "-bs@example.org").await), "refused", "an address, after --");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sendmail_that_hangs_is_ended() {
    // As Postfix's does where it may not gain rights.
    let (_folder, mailer) = sendmail("cat > /dev/null; exec sleep 600", Duration::from_millis(300));
    let started = Instant::now();
    let delivery = send(&mailer, "desk@example.org").await;
    assert!(["unreachable", "misconfigured"].contains(&told(&delivery).as_str()), "{delivery:?}");
    assert!(started.elapsed() < Duration::from_secs(60), "the limit is 0.3 seconds");
}

#[tokio::test]
async fn a_maildir_holds_a_repeated_mail_once() {
    let directory = tempfile::tempdir().unwrap();
    let mailer = Mailer::Maildir(Maildir { path: directory.path().join("mail") });
    for _ in 0..2 {
        assert_eq!(send(&mailer, "desk@example.org").await, Delivery::Sent);
    }
    let new = directory.path().join("mail/new");
    let mails: Vec<_> = new.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(mails.len(), 1);
    // A reader has moved it: it is not delivered a second time.
    let read =
        directory.path().join("mail/cur").join(format!("{}:2,S", mails[0].file_name().unwrap().to_str().unwrap()));
    std::fs::rename(&mails[0], &read).unwrap();
    assert_eq!(send(&mailer, "desk@example.org").await, Delivery::Sent);
    assert_eq!(new.read_dir().unwrap().count(), 0);
}
