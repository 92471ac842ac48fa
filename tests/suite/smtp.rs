//! A mail server for tests, on a thread of its own, that keeps what it is sent and fails on demand: what it does goes by
//! the local part of the recipient, unless the test has it answer otherwise at some step.
//!
//! | recipient | what happens |
//! | --- | --- |
//! | `tmp450@`, `perm550@` | 450 or 550 to RCPT |
//! | `greylist@` | 451 to the first RCPT of the address, then accepted |
//! | `data451@`, `data554@` | 451 or 554 after DATA; not kept |
//! | `droprcpt@` | the connection is dropped at RCPT |
//! | `dropdata@` | kept, then dropped before the answer |
//! | `stall@` | kept, and never answered |
//!
//! `tests/servers/faults.py` has the same faults on a server that is not ours.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How the server wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// No encryption, no login.
    Plain,
    /// STARTTLS first, then a login as `u` with the password `p`.
    StartTls,
    /// Encrypted from the start, then a login.
    Implicit,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: String,
    /// The message as sent, without the dots that SMTP puts in.
    pub bytes: Vec<u8>,
    pub encrypted: bool,
    pub logged_in: bool,
}

impl Received {
    /// A header's value, unfolded.
    pub fn header(&self, name: &str) -> String {
        let text = String::from_utf8_lossy(&self.bytes).replace("\r\n ", " ");
        let prefix = format!("{name}: ");
        text.lines()
            .take_while(|line| !line.is_empty())
            .find_map(|l| l.strip_prefix(&prefix))
            .unwrap_or_default()
            .to_owned()
    }
}

/// A step at which a test may have the server answer otherwise.
#[derive(Debug)]
pub enum Step<'a> {
    /// The recipient was named.
    Recipient(&'a str),
    /// The message of this recipient is there and not kept yet.
    Content(&'a str),
    /// The message is there and kept, the so-many-th from 1, with its recipient; it has not been acknowledged.
    Message(usize, &'a str),
}

/// What the server does at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// What goes by the recipient.
    Usual,
    /// What every other recipient gets.
    Take,
    /// It says this instead.
    Say(&'static str),
    /// It says nothing more on this connection.
    Silence,
    /// It says this and drops the connection.
    SayAndDrop(&'static str),
}

type Script = dyn Fn(Step<'_>) -> Reply + Send + Sync;

struct State {
    mode: Mode,
    log: Mutex<Log>,
    changed: Condvar,
    greylisted: Mutex<HashSet<String>>,
    script: Box<Script>,
    tls: Option<Arc<ServerConfig>>,
    down: AtomicBool,
}

#[derive(Default)]
struct Log {
    mails: Vec<Received>,
    /// How many clients are connected.
    connected: usize,
    /// How many have been, in all.
    connections: usize,
}

impl State {
    fn change(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log.lock().expect("no test panics with it"));
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&Log) -> bool) -> Vec<Received> {
        let log = self.log.lock().expect("no test panics with it");
        let limit = Duration::from_secs(60);
        let (log, out) =
            self.changed.wait_timeout_while(log, limit, |log| !until(log)).expect("no test panics with it");
        assert!(!out.timed_out(), "{} mails have come, {} clients are connected", log.mails.len(), log.connected);
        log.mails.clone()
    }
}

/// The running server; it ends with the test.
pub struct SmtpServer {
    state: Arc<State>,
    port: u16,
    certificate: Vec<u8>,
}

/// A certificate for loopback and its key, both in PEM, for a server that is no part of the tests.
pub fn certificate_and_key() -> (String, String) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate for loopback");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

impl SmtpServer {
    pub fn start(mode: Mode) -> Self {
        Self::answering(mode, |_| Reply::Usual)
    }

    /// A server that asks `script` what to answer.
    pub fn answering(mode: Mode, script: impl Fn(Step<'_>) -> Reply + Send + Sync + 'static) -> Self {
        let (certificate, tls) = certificate();
        let state = Arc::new(State {
            mode,
            log: Mutex::default(),
            changed: Condvar::new(),
            greylisted: Mutex::default(),
            script: Box::new(script),
            tls: (mode != Mode::Plain).then_some(tls),
            down: AtomicBool::new(false),
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let served = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                state.change(|log| {
                    log.connected += 1;
                    log.connections += 1;
                });
                thread::spawn(move || {
                    if !state.down.load(Ordering::SeqCst) {
                        // A client that goes away is part of the tests.
                        let _ = converse(&state, &stream);
                    }
                    state.change(|log| log.connected -= 1);
                });
            }
        });
        Self { state, port, certificate }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate in PEM, to be trusted by the client.
    pub fn certificate(&self) -> Vec<u8> {
        self.certificate.clone()
    }

    /// While it is down, connections are dropped without a word.
    pub fn set_down(&self, down: bool) {
        self.state.down.store(down, Ordering::SeqCst);
    }

    /// How many connections have been made to it.
    pub fn connections(&self) -> usize {
        self.state.log.lock().expect("no test panics with it").connections
    }

    /// The mails received, in the order in which they came.
    pub fn mails(&self) -> Vec<Received> {
        self.state.log.lock().expect("no test panics with it").mails.clone()
    }

    /// The same, once every client has gone: also one that was killed in the middle.
    pub fn mails_in_the_end(&self) -> Vec<Received> {
        self.state.wait(|log| log.connected == 0)
    }

    /// Waits until so many mails have come; fails the test after a minute.
    pub fn wait_for(&self, number: usize) -> Vec<Received> {
        self.state.wait(|log| log.mails.len() >= number)
    }
}

fn certificate() -> (Vec<u8>, Arc<ServerConfig>) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate for loopback");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a key that fits its certificate");
    (made.cert.pem().into_bytes(), Arc::new(config))
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// What a conversation has come to.
struct Talk {
    from: String,
    to: String,
    encrypted: bool,
    logged_in: bool,
}

fn converse(state: &State, stream: &TcpStream) -> std::io::Result<()> {
    let mut encrypted = state.mode == Mode::Implicit;
    let mut reader: BufReader<Box<dyn Stream>> =
        BufReader::new(if encrypted { encrypt(state, stream.try_clone()?)? } else { Box::new(stream.try_clone()?) });
    say(&mut reader, "220 localhost ready")?;
    let mut talk = Talk { from: String::new(), to: String::new(), encrypted, logged_in: false };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" | "HELO" => {
                let offers_tls = state.mode == Mode::StartTls && !encrypted;
                let extra = if offers_tls {
                    "250-STARTTLS\r\n"
                } else if encrypted {
                    "250-AUTH PLAIN LOGIN\r\n"
                } else {
                    ""
                };
                say(&mut reader, &format!("250-localhost\r\n{extra}250 8BITMIME"))?;
            }
            "STARTTLS" if state.mode == Mode::StartTls && !encrypted => {
                say(&mut reader, "220 go ahead")?;
                reader = BufReader::new(encrypt(state, stream.try_clone()?)?);
                encrypted = true;
                talk.encrypted = true;
            }
            "AUTH" => {
                // base64 of \0u\0p
                talk.logged_in = line.ends_with("AHUAcA==");
                say(
                    &mut reader,
                    if talk.logged_in { "235 2.7.0 welcome" } else { "535 5.7.8 wrong user or password" },
                )?;
            }
            "MAIL" if state.mode != Mode::Plain && !talk.logged_in => say(&mut reader, "530 5.7.0 log in first")?,
            "MAIL" => {
                talk.from = address(line);
                say(&mut reader, "250 2.1.0 ok")?;
            }
            "RCPT" => {
                talk.to = address(line);
                match (state.script)(Step::Recipient(&talk.to)) {
                    Reply::Usual => match to_recipient(state, &talk.to) {
                        Some(answer) => say(&mut reader, answer)?,
                        None => return Ok(()),
                    },
                    Reply::Take => say(&mut reader, "250 2.1.5 ok")?,
                    Reply::Say(instead) => say(&mut reader, instead)?,
                    Reply::Silence => return silence(&mut reader),
                    Reply::SayAndDrop(last) => return say(&mut reader, last),
                }
            }
            "DATA" => {
                say(&mut reader, "354 go on")?;
                let bytes = message(&mut reader)?;
                match after_data(state, &talk, bytes) {
                    Reply::Usual | Reply::Take => return Ok(()),
                    Reply::Say(answer) => say(&mut reader, answer)?,
                    Reply::SayAndDrop(last) => return say(&mut reader, last),
                    Reply::Silence => return silence(&mut reader),
                }
            }
            "QUIT" => return say(&mut reader, "221 bye"),
            _ => say(&mut reader, "250 ok")?,
        }
    }
}

fn encrypt(state: &State, stream: TcpStream) -> std::io::Result<Box<dyn Stream>> {
    let config = state.tls.clone().expect("a server that encrypts has a certificate");
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    Ok(Box::new(StreamOwned::new(connection, stream)))
}

fn say(reader: &mut BufReader<Box<dyn Stream>>, answer: &str) -> std::io::Result<()> {
    let stream = reader.get_mut();
    stream.write_all(format!("{answer}\r\n").as_bytes())?;
    stream.flush()
}

/// `None`: the connection is dropped.
fn to_recipient(state: &State, to: &str) -> Option<&'static str> {
    match to.split('@').next().unwrap_or_default() {
        "tmp450" => Some("450 4.2.1 mailbox busy"),
        "perm550" => Some("550 5.1.1 no such user"),
        "droprcpt" => None,
        "greylist" if state.greylisted.lock().expect("no test panics with it").insert(to.to_owned()) => {
            Some("451 4.7.1 greylisted, try again later")
        }
        _ => Some("250 2.1.5 ok"),
    }
}

/// [`Reply::Usual`]: the connection is dropped.
fn after_data(state: &State, talk: &Talk, bytes: Vec<u8>) -> Reply {
    let local = talk.to.split('@').next().unwrap_or_default();
    match ((state.script)(Step::Content(&talk.to)), local) {
        (Reply::Usual, "data451") => return Reply::Say("451 4.3.0 queue full"),
        (Reply::Usual, "data554") => return Reply::Say("554 5.7.1 looks like spam"),
        (Reply::Usual | Reply::Take, _) => {}
        (otherwise, _) => return otherwise,
    }
    let mail = Received {
        from: talk.from.clone(),
        to: talk.to.clone(),
        bytes,
        encrypted: talk.encrypted,
        logged_in: talk.logged_in,
    };
    let mut number = 0;
    state.change(|log| {
        log.mails.push(mail);
        number = log.mails.len();
    });
    match ((state.script)(Step::Message(number, &talk.to)), local) {
        (Reply::Usual, "dropdata") => Reply::Usual,
        (Reply::Usual, "stall") => Reply::Silence,
        (Reply::Usual | Reply::Take, _) => Reply::Say("250 2.0.0 taken"),
        (otherwise, _) => otherwise,
    }
}

/// Says nothing until the client goes away.
fn silence(reader: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<()> {
    std::io::copy(reader, &mut std::io::sink()).map(drop)
}

fn message(reader: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(bytes);
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn address(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(address, _)| address.to_owned())
        .unwrap_or_default()
}
