//! What becomes of a mail at each fault of a mail server, with each kind of encryption: through the whole outbox, against
//! the tests' own server and, where `TOLLWATCH_PYTHON` names a Python with aiosmtpd, against that one. Both give one table.
#![allow(clippy::print_stdout, reason = "what was found, and what could not be looked at, is printed")]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tempfile::TempDir;
use tollwatch::mail::{Login, Setup, Tls};
use tollwatch::model::Secret;
use tollwatch::pipeline::Event;
use tollwatch::store::{MailState, PauseKind};

use crate::server::Server;
use crate::smtp::{Mode, Reply, SmtpServer, Step, certificate_and_key};
use crate::watch::{Watch, clock, press};

/// Faults by the local part of the recipient. All strike once, but for the permanent ones.
const FAULTS: [&str; 10] =
    ["desk", "tmp450", "perm550", "greylist", "data451", "data554", "droprcpt", "dropdata", "stall", "slow"];

const MODES: [(Mode, Tls); 3] =
    [(Mode::Plain, Tls::None), (Mode::StartTls, Tls::StartTls), (Mode::Implicit, Tls::Implicit)];

/// The one limit that takes real time: at `stall`.
const LIMIT: Duration = Duration::from_secs(4);

/// A copy of a mail at the server.
#[derive(PartialEq, Eq)]
struct Copy {
    bytes: Vec<u8>,
    is_encrypted: bool,
    is_logged_in: bool,
}

/// A server of either kind.
enum Postbox {
    Ours(SmtpServer),
    Aiosmtpd { process: Child, port: u16, certificate: String, folder: TempDir },
}

impl Postbox {
    fn ours(mode: Mode) -> Self {
        let struck = Mutex::new(HashSet::new());
        let is_first = move |to: &str| struck.lock().expect("no test panics with it").insert(to.to_owned());
        Self::Ours(SmtpServer::answering(mode, move |step| {
            let (Step::Recipient(to) | Step::Content(to) | Step::Message(_, to)) = step;
            let fault = to.split('@').next().unwrap_or_default();
            match (step, fault) {
                // For good.
                (_, "perm550" | "data554" | "desk") => Reply::Usual,
                (Step::Message(..), "slow") => {
                    // What a slow server is.
                    std::thread::sleep(Duration::from_millis(300));
                    Reply::Usual
                }
                // The usual answers to these names are their faults.
                (Step::Recipient(_), "tmp450" | "droprcpt" | "greylist") if is_first(to) => Reply::Usual,
                (Step::Content(_), "data451") if is_first(to) => Reply::Usual,
                (Step::Message(..), "dropdata" | "stall") if is_first(to) => Reply::Usual,
                _ => Reply::Take,
            }
        }))
    }

    fn aiosmtpd(python: &str, mode: Mode) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (certificate, key) = certificate_and_key();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("the folder can be written to");
            path
        };
        let (cert, key) = (file("cert.pem", &certificate), file("key.pem", &key));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/faults.py");
        let mut command = Command::new(python);
        command.arg(script).arg(folder.path()).arg("--cert").arg(cert).arg("--key").arg(key).stdout(Stdio::piped());
        match mode {
            Mode::Plain => &mut command,
            Mode::StartTls => command.arg("--starttls"),
            Mode::Implicit => command.arg("--implicit"),
        };
        let mut process = command.spawn().expect("TOLLWATCH_PYTHON names a Python");
        let mut line = String::new();
        let output = process.stdout.take().expect("it was asked for");
        BufReader::new(output).read_line(&mut line).expect("the server says its port");
        let port = line.trim().parse().expect("the server says its port; is aiosmtpd installed?");
        Self::Aiosmtpd { process, port, certificate, folder }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Ours(server) => server.port(),
            Self::Aiosmtpd { port, .. } => *port,
        }
    }

    fn certificate(&self) -> Vec<u8> {
        match self {
            Self::Ours(server) => server.certificate(),
            Self::Aiosmtpd { certificate, .. } => certificate.clone().into_bytes(),
        }
    }

    /// The copies of the mails to this recipient.
    fn copies(&self, to: &str) -> Vec<Copy> {
        match self {
            Self::Ours(server) => {
                let mails = server.mails().into_iter().filter(|mail| mail.to == to);
                mails
                    .map(|mail| Copy { bytes: mail.bytes, is_encrypted: mail.encrypted, is_logged_in: mail.logged_in })
                    .collect()
            }
            Self::Aiosmtpd { folder, .. } => {
                let files = fs::read_dir(folder.path()).expect("the server's folder").flatten();
                let mut files: Vec<_> =
                    files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "eml")).collect();
                files.sort();
                let texts = files.iter().map(|path| fs::read_to_string(path).expect("mails are ASCII"));
                texts
                    .filter(|text| text.contains(&format!("X-To: {to}\r\n")))
                    .map(|text| Copy {
                        is_encrypted: text.contains("X-Tls: True"),
                        is_logged_in: text.contains("X-Login: True"),
                        bytes: text.split_once("Message-ID").expect("every mail has one").1.as_bytes().to_vec(),
                    })
                    .collect()
            }
        }
    }
}

impl Drop for Postbox {
    fn drop(&mut self) {
        if let Self::Aiosmtpd { process, .. } = self {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn setup(postbox: &Postbox, tls: Tls) -> Setup {
    let encrypted = tls != Tls::None;
    Setup {
        host: if encrypted { "localhost" } else { "127.0.0.1" }.to_owned(),
        port: postbox.port(),
        tls,
        login: encrypted.then(|| Login { user: "u".to_owned(), password: Secret::new("p") }),
        hello: "tollwatch.example.org".to_owned(),
        timeout: LIMIT,
        root_certificate: encrypted.then(|| postbox.certificate()),
    }
}

/// A server without feeds.
fn nobody() -> Server {
    press(|_| None)
}

/// What became of one mail within six hours: its state, and the copies at the server.
async fn outcome(postbox: &Postbox, tls: Tls, fault: &str) -> String {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    let to = format!("{fault}@example.org");
    watch.queue(0, &to);
    watch.smtp = Some(setup(postbox, tls));
    watch.until("2025-03-10T12:00:00Z").await;
    let store = watch.store();
    let entry = |state| store.mails(state, 2).unwrap().into_iter().next();
    let (mut told, is_sent) = match (entry(MailState::Sent), entry(MailState::Dead)) {
        (Some(sent), None) => {
            let waited = sent.sent_at.unwrap().duration_since(sent.made).as_mins();
            (if waited == 0 { "sent".to_owned() } else { format!("sent after {waited} min") }, true)
        }
        (None, Some(dead)) => {
            let reason = dead.last_reason.unwrap();
            let code = reason.split_once("error (").map_or("?", |(_, rest)| &rest[..3]);
            (format!("set aside: {code}"), false)
        }
        _ => ("LOST, or neither here nor there".to_owned(), false),
    };
    let copies = postbox.copies(&to);
    assert_eq!(copies.is_empty(), !is_sent, "{fault}: {} copies", copies.len());
    assert!(copies.iter().all(|copy| copy.is_encrypted == (tls != Tls::None)), "{fault}: not as secret as asked");
    assert!(copies.iter().all(|copy| copy.is_logged_in == (tls != Tls::None)), "{fault}: not logged in");
    if copies.len() > 1 {
        let alike = copies.iter().all(|copy| copy.bytes == copies[0].bytes);
        let _ = write!(told, ", {} copies, {}", copies.len(), if alike { "one Message-ID" } else { "NOT ALIKE" });
    }
    told
}

async fn table(open: impl Fn(Mode) -> Postbox) -> String {
    let postboxes = MODES.map(|(mode, tls)| (open(mode), tls));
    let mut table = format!("{:10}{:44}{:44}{}\n", "", "plain", "STARTTLS", "implicit TLS");
    for fault in FAULTS {
        let mut row = format!("{fault:10}");
        for (postbox, tls) in &postboxes {
            let _ = write!(row, "{:44}", outcome(postbox, *tls, fault).await);
        }
        let _ = writeln!(table, "{}", row.trim_end());
    }
    table
}

#[tokio::test]
async fn each_fault_has_its_outcome_with_each_encryption() {
    let table = table(Postbox::ours).await;
    println!("{table}");
    insta::assert_snapshot!("faults", table);
}

#[tokio::test]
async fn aiosmtpd_gives_the_same_table() {
    let Ok(python) = std::env::var("TOLLWATCH_PYTHON") else {
        println!("NOT run: TOLLWATCH_PYTHON names no Python with aiosmtpd; .ci/run does");
        return;
    };
    let table = table(|mode| Postbox::aiosmtpd(&python, mode)).await;
    println!("{table}");
    insta::assert_snapshot!("faults", table);
}

/// A mail that waits for half an hour, and for another after the fault was mended: what was told, and that it arrives once.
async fn mended(broken: Setup, whole: &SmtpServer, tls: Tls) -> String {
    let (clock, press) = (clock(), nobody());
    let mut watch = Watch::new(&clock, &press, &[]);
    let mails = ["desk@example.org", "watch@example.org"];
    mails.iter().for_each(|to| watch.queue(0, to));
    watch.smtp = Some(broken);
    let events = watch.until("2025-03-10T06:30:00Z").await;
    let tried = events.iter().filter(|event| matches!(event, Event::Mailed { .. })).count();
    let pause = watch.store().mail_pause().unwrap().expect("all mails wait");
    let untouched = watch.store().mails(MailState::Queued, 9).unwrap();
    assert_eq!(untouched.iter().map(|mail| mail.attempts).collect::<Vec<_>>(), [0, 0], "no mail has failed");
    let kind = match pause.kind {
        PauseKind::Unreachable => "nobody there",
        PauseKind::Misconfigured => "to be put right",
    };

    watch.smtp = Some(Setup { timeout: LIMIT, ..setup_of(whole, tls) });
    watch.until("2025-03-10T06:31:00Z").await;
    let arrived: Vec<String> = whole.mails_in_the_end().into_iter().map(|mail| mail.to).collect();
    assert_eq!(arrived, mails);
    assert_eq!(watch.store().mail_pause().unwrap(), None);
    format!("all wait, {kind}; {tried} trials in 30 min; then sent, 1 copy")
}

fn setup_of(server: &SmtpServer, tls: Tls) -> Setup {
    Setup {
        host: if tls == Tls::None { "127.0.0.1" } else { "localhost" }.to_owned(),
        port: server.port(),
        tls,
        login: (tls != Tls::None).then(|| Login { user: "u".to_owned(), password: Secret::new("p") }),
        hello: "tollwatch.example.org".to_owned(),
        timeout: LIMIT,
        root_certificate: (tls != Tls::None).then(|| server.certificate()),
    }
}

#[tokio::test]
async fn what_is_no_mail_s_fault_makes_all_wait_and_none_fail() {
    let mut table = String::new();
    for (mode, tls) in MODES {
        let name = format!("{mode:?}");
        let whole = || SmtpServer::start(mode);
        let dead_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = whole();
        let broken = Setup { port: dead_port, ..setup_of(&server, tls) };
        let _ = writeln!(table, "{name:9} server not there     {}", mended(broken, &server, tls).await);

        let (down, server) = (whole(), whole());
        down.set_down(true);
        let broken = setup_of(&down, tls);
        let _ = writeln!(table, "{name:9} drops every client   {}", mended(broken, &server, tls).await);
        if tls == Tls::None {
            continue;
        }
        let server = whole();
        let login = Some(Login { user: "u".to_owned(), password: Secret::new("wrong") });
        let broken = Setup { login, ..setup_of(&server, tls) };
        let _ = writeln!(table, "{name:9} login refused (535)  {}", mended(broken, &server, tls).await);

        let (other, server) = (whole(), whole());
        let broken = Setup { root_certificate: Some(other.certificate()), ..setup_of(&server, tls) };
        let _ = writeln!(table, "{name:9} bad certificate      {}", mended(broken, &server, tls).await);
        if tls == Tls::StartTls {
            let (plain, server) = (SmtpServer::start(Mode::Plain), whole());
            let broken = Setup { port: plain.port(), ..setup_of(&server, tls) };
            let _ = writeln!(table, "{name:9} no STARTTLS offered  {}", mended(broken, &server, tls).await);
            assert!(plain.mails().is_empty(), "a mail went in plain text");
        }
    }
    println!("{table}");
    insta::assert_snapshot!("not_a_mails_fault", table);
}
