//! Signed mails, as a server gets them, before a verifier that is not ours (dkimpy, where `TOLLWATCH_PYTHON` names a Python
//! that has it).
#![allow(clippy::print_stdout, reason = "what was found, and what could not be looked at, is printed")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tollwatch::mail::{Mailer, Setup, Signer, Smtp, Tls, render};
use tollwatch::model::{Address, Delivery, Email, Picture, Secret};

use crate::smtp::{Mode, SmtpServer};

fn key(name: &str) -> Secret {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/dkim").join(name);
    Secret::new(&fs::read_to_string(path).expect("the tests have keys of their own"))
}

fn signer(name: &str) -> Signer {
    Signer::new("example.org", "tolls", &key(name)).expect("a sound key")
}

/// A mail with all that a letter has: folded headers, words that are encoded, a picture, lines that end with blanks.
fn email() -> Email {
    Email {
        message_id: "story-1.7f3a@example.org".to_owned(),
        references: (0..9).map(|n| format!("story-1.{n}.aaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org")).collect(),
        from: Address { name: "tollwatch".to_owned(), email: "tollwatch@example.org".to_owned() },
        to: Address { name: "Nachtdienst für Überblick".to_owned(), email: "desk@example.org".to_owned() },
        subject: "Fährunglück auf dem Orvane-See, 14 → 27 Tote, und noch sehr viel mehr Worte dahinter".to_owned(),
        date: "2025-03-09T17:00:00Z".parse().unwrap(),
        list_id: "stories.tollwatch.example.org".to_owned(),
        extra: vec![("List-Unsubscribe", "<mailto:ops@example.org?subject=mute%20story%2012>".to_owned())],
        text: "Killed: 14 → 27 (+13), says the harbour police.  \n\n\t.\n..\n\n\n".to_owned(),
        html: "<p>Killed: 14 → 27</p>\n.\n".to_owned(),
        chart: Some(Picture { cid: "chart.1@example.org".to_owned(), png: (0..=255).cycle().take(5_000).collect() }),
    }
}

/// The mail as the server has it.
async fn sent(signer: Signer) -> Vec<u8> {
    let server = SmtpServer::start(Mode::Plain);
    let setup = Setup {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        tls: Tls::None,
        login: None,
        hello: "tollwatch.example.org".to_owned(),
        timeout: Duration::from_secs(10),
        root_certificate: None,
    };
    let mailer = Mailer::Smtp(Box::new(Smtp::new(setup).unwrap().signing(Some(signer))));
    let bytes = render(&email()).unwrap();
    for _ in 0..2 {
        let delivery = mailer.send("tollwatch@example.org", "desk@example.org", "story-1.7f3a@example.org", &bytes);
        assert_eq!(delivery.await, Delivery::Sent);
    }
    let mails = server.mails();
    assert_eq!(mails[0].bytes, mails[1].bytes, "the same mail, the same signature");
    assert!(mails[0].bytes.ends_with(&bytes[bytes.len() - 100..]), "no line is added");
    mails[0].bytes.clone()
}

fn verified(python: &str, (name, record): &(String, String), mail: &[u8]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/verify_dkim.py");
    let mut verifier = Command::new(python)
        .arg(script)
        .args([name, record])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("TOLLWATCH_PYTHON names a Python");
    verifier.stdin.take().expect("it was asked for").write_all(mail).expect("the verifier reads it");
    let output = verifier.wait_with_output().expect("the verifier ends");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn a_signature_holds_and_breaks_with_every_change() {
    let python = std::env::var("TOLLWATCH_PYTHON");
    for name in ["rsa.pem", "rsa-pkcs1.pem", "ed25519.pem"] {
        let record = signer(name).dns_record();
        assert_eq!(record.0, "tolls._domainkey.example.org");
        let mail = sent(signer(name)).await;
        let text = String::from_utf8(mail.clone()).unwrap();
        assert!(text.starts_with("DKIM-Signature: v=1; a="), "{text}");
        assert!(text.lines().all(|line| line.len() < 998), "{text}");
        let Ok(python) = &python else {
            println!("{name}: NOT verified, TOLLWATCH_PYTHON names no Python with dkimpy; .ci/run does");
            continue;
        };
        assert_eq!(verified(python, &record, &mail), "good", "{name}\n{text}");
        for (from, to) in [
            ("harbour", "harbor"),
            ("s=tolls;", "s=trolls;"),
            ("Date: Sun, 09", "Date: Mon, 10"),
            ("mailto:ops@", "mailto:foe@"),
            ("\r\nFrom: ", "\r\nFrom: foe@example.net\r\nFrom: "),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from} is not in it");
            assert_eq!(verified(python, &record, changed.as_bytes()), "bad", "{name}: {from} → {to}");
        }
        println!("{name}: verified by dkimpy, and refused with each of the changes");
    }
}

#[test]
fn keys_that_receivers_refuse_are_refused_before() {
    let refused = Signer::new("example.org", "tolls", &key("too-short.pem")).unwrap_err().to_string();
    assert!(refused.contains("less than 1024 bits") || refused.contains("cannot be used"), "{refused}");
    let shown = format!("{:?}", signer("rsa.pem"));
    assert_eq!(shown, "Signer(tolls._domainkey.example.org)");
}
