//! A mail server on loopback that keeps what it has taken, and stops in the middle of a message when it is told to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Where it stops answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// With half of a message read, which it forgets.
    MidBody,
    /// With a message kept, before it says so.
    AfterDot,
}

/// A mail that was kept.
#[derive(Debug, Clone)]
pub struct Copy {
    pub bytes: Vec<u8>,
    /// Whether the run that sent it sent no other after it.
    pub last_of_its_run: bool,
    run: u64,
}

#[derive(Default)]
struct State {
    /// In the order of arrival: the Message-ID without brackets, and the mail.
    kept: Vec<(String, Copy)>,
    run: u64,
    stop: Option<Stop>,
    stopped: bool,
}

pub struct Post {
    state: Mutex<State>,
    changed: Condvar,
    port: u16,
}

impl Post {
    pub fn start() -> Arc<Self> {
        Self::after(Vec::new())
    }

    /// A mail server that has taken these mails in a run before: each with its Message-ID.
    pub fn after(mails: Vec<(String, Vec<u8>)>) -> Arc<Self> {
        let kept = mails.into_iter().map(|(id, bytes)| (id, Copy { bytes, last_of_its_run: false, run: 0 }));
        let state = Mutex::new(State { kept: kept.collect(), run: 1, ..State::default() });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let post = Arc::new(Self { state, changed: Condvar::new(), port });
        let serving = Arc::clone(&post);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let post = Arc::clone(&serving);
                std::thread::spawn(move || drop(post.converse(&stream)));
            }
        });
        post
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The run that has been under way is over.
    pub fn next_round(&self) {
        self.lock().run += 1;
    }

    pub fn stop_at(&self, stop: Stop) {
        let mut state = self.lock();
        (state.stop, state.stopped) = (Some(stop), false);
    }

    /// Waits until it has stopped; `false` where it did not in this time.
    pub fn has_stopped(&self, within: Duration) -> bool {
        let state = self.lock();
        let (state, _) = self.changed.wait_timeout_while(state, within, |state| !state.stopped).expect("no panics");
        state.stopped
    }

    pub fn go_on(&self) {
        let mut state = self.lock();
        (state.stop, state.stopped) = (None, false);
    }

    /// The mails by their Message-IDs, each with its copies in the order of arrival.
    pub fn received(&self) -> BTreeMap<String, Vec<Copy>> {
        let state = self.lock();
        let mut received: BTreeMap<String, Vec<Copy>> = BTreeMap::new();
        for (at, (id, copy)) in state.kept.iter().enumerate() {
            let last_of_its_run = state.kept.get(at + 1).is_none_or(|(_, next)| next.run != copy.run);
            received.entry(id.clone()).or_default().push(Copy { last_of_its_run, ..copy.clone() });
        }
        received
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with it")
    }

    fn stops(&self, here: Stop) -> bool {
        let mut state = self.lock();
        if state.stop != Some(here) {
            return false;
        }
        state.stopped = true;
        self.changed.notify_all();
        true
    }

    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut out = stream;
        out.write_all(b"220 post.example\r\n")?;
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut line = Vec::new();
        while read_line(&mut lines, &mut line)? {
            let reply: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_slice() {
                b"EHLO" => b"250 post.example\r\n",
                b"DATA" => {
                    out.write_all(b"354 go on\r\n")?;
                    if !self.message(&mut lines)? {
                        // The other side is being killed: it hears nothing more of us.
                        return wait_for_end(&mut lines);
                    }
                    b"250 kept\r\n"
                }
                b"QUIT" => return out.write_all(b"221 bye\r\n"),
                _ => b"250 fine\r\n",
            };
            out.write_all(reply)?;
        }
        Ok(())
    }

    /// Takes a message; `false` where it is not to be answered.
    fn message(&self, lines: &mut impl BufRead) -> std::io::Result<bool> {
        let run = self.lock().run;
        let (mut bytes, mut line) = (Vec::new(), Vec::new());
        loop {
            if !read_line(lines, &mut line)? {
                // It was broken off: nothing is kept.
                return Ok(false);
            }
            if line == b".\r\n" {
                break;
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if bytes.len() > 400 && self.stops(Stop::MidBody) {
                return Ok(false);
            }
        }
        let text = String::from_utf8_lossy(&bytes).replace("\r\n ", " ");
        let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or_default();
        let id = id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        self.lock().kept.push((id, Copy { bytes, last_of_its_run: false, run }));
        Ok(!self.stops(Stop::AfterDot))
    }
}

fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    Ok(lines.read_until(b'\n', line)? > 0 && line.ends_with(b"\n"))
}

fn wait_for_end(lines: &mut impl BufRead) -> std::io::Result<()> {
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        line.clear();
    }
    Ok(())
}
