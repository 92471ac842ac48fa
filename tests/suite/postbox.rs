//! A mail server on the loopback interface for whoever starts the whole daemon: it takes every mail and keeps it, unless
//! the test has it answer otherwise at some step.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use crate::process::GUARD;

/// A mail as it arrived: for whom, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient on the envelope.
    pub to: String,
    /// The message.
    pub bytes: Vec<u8>,
}

/// A step at which a server may make trouble.
#[derive(Debug)]
pub enum Step<'a> {
    /// A login, right or wrong.
    Login,
    /// The recipient was named.
    Recipient(&'a str),
    /// The message is there, the so-many-th from 1; it has not been acknowledged.
    Message(usize),
}

/// What the server does at a step.
pub enum Reply {
    /// What servers do when all is well.
    Fine,
    /// It says this instead.
    Say(&'static str),
    /// It says nothing more on this connection.
    Silence,
}

/// A running server; it takes mails until the process of the tests ends.
pub struct Postbox {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    open: usize,
}

impl Postbox {
    /// Starts a server that answers with what `reply` says.
    pub fn start(reply: impl Fn(Step<'_>) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has free ports");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let (shared, reply) = (Arc::<Shared>::default(), Arc::new(reply));
        let at_work = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, reply) = (Arc::clone(&at_work), Arc::clone(&reply));
                shared.change(|state| state.open += 1);
                std::thread::spawn(move || {
                    // A client that is killed in the middle is what this is for.
                    let _ = converse(stream, &shared, &*reply);
                    shared.change(|state| state.open -= 1);
                });
            }
        });
        Self { port, shared }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for so many mails to have arrived in all, acknowledged or not.
    pub fn wait_for(&self, mails: usize) {
        self.shared.wait(|state| state.mails.len() >= mails);
    }

    /// All mails so far, in the order of arrival, once no client is connected any more.
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.wait(|state| state.open == 0);
        self.shared.state.lock().unwrap().mails.clone()
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&State) -> bool) {
        let state = self.state.lock().unwrap();
        let waited = self.changed.wait_timeout_while(state, GUARD, |state| !until(state)).unwrap();
        assert!(!waited.1.timed_out(), "the mails did not come");
    }
}

fn converse(stream: TcpStream, shared: &Shared, reply: &dyn Fn(Step<'_>) -> Reply) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let (mut line, mut to) = (String::new(), String::new());
    out.write_all(b"220 postbox.example at your service\r\n")?;
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        let (verb, fine) = (command.split(' ').next().unwrap_or_default(), "250 fine");
        let (step, fine) = match verb {
            "EHLO" => {
                out.write_all(b"250-postbox.example\r\n250 AUTH PLAIN LOGIN\r\n")?;
                continue;
            }
            "AUTH" => (Some(Step::Login), "235 come in"),
            "RCPT" => {
                to = command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                (Some(Step::Recipient(&to)), fine)
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let Some(bytes) = message(&mut lines)? else { return Ok(()) };
                let mut count = 0;
                shared.change(|state| {
                    state.mails.push(Mail { to: to.clone(), bytes });
                    count = state.mails.len();
                });
                (Some(Step::Message(count)), fine)
            }
            "QUIT" => (None, "221 goodbye"),
            _ => (None, fine),
        };
        match step.map_or(Reply::Fine, reply) {
            Reply::Fine => write!(out, "{fine}\r\n")?,
            Reply::Say(instead) => write!(out, "{instead}\r\n")?,
            // Reads on, to notice when the client has gone.
            Reply::Silence => return lines.read_to_end(&mut Vec::new()).map(drop),
        }
    }
}

/// The message up to the line with a single dot, without that and without the dots doubled on the way (RFC 5321, section
/// 4.5.2); `None` where the client went away before.
fn message(lines: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let (mut message, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        match line.as_slice() {
            b".\r\n" => return Ok(Some(message)),
            [] => return Ok(None),
            [b'.', rest @ ..] => message.extend_from_slice(rest),
            line => message.extend_from_slice(line),
        }
    }
}
