//! Delivery through `sendmail`, the program that every mail server for Unix brings along.
//!
//! It is not the usual way: such programs hand mails over with the rights of another group, which a hardened service may
//! not take on. Then Postfix's waits for ever, hence the hard limit.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::mail::dkim::Signer;
use crate::mail::render::parse;
use crate::model::Delivery;

/// The program, and how long it may take.
#[derive(Debug, Clone)]
pub struct Sendmail {
    /// Mostly `/usr/sbin/sendmail`.
    pub program: PathBuf,
    /// It is ended when it takes longer.
    pub timeout: Duration,
    /// Signs what goes to it, where there is a key.
    pub signer: Option<Signer>,
}

impl Sendmail {
    /// One attempt: the program gets the envelope as arguments and the message as its input, lines ended as on Unix.
    pub(super) async fn send(&self, from: &str, to: &str, bytes: &[u8]) -> Delivery {
        // What cannot be an address cannot be taken for an option either.
        let (from, to) = match (parse(from), parse(to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(bad), _) => return Delivery::Misconfigured { reason: bad.to_string() },
            (_, Err(bad)) => return Delivery::Refused { reason: bad.to_string() },
        };
        let signed = self.signer.as_ref().map(|signer| signer.signed(bytes));
        let message = unix(signed.as_deref().unwrap_or(bytes));
        let mut command = Command::new(&self.program);
        command
            // -i: a line with a dot alone does not end the message.
            .args(["-i", "-f", from.as_ref(), "--", to.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let name = self.program.display();
        match tokio::time::timeout(self.timeout, hand_over(command, &message)).await {
            Ok(Ok((status, words))) => outcome(status, &format!("{name}: {words}")),
            Ok(Err(error)) => Delivery::Misconfigured { reason: format!("{name}: {error}") },
            Err(_) if new_privileges_are_barred() => Delivery::Misconfigured {
                reason: format!(
                    "{name} did not end within {:?}: this process may not gain rights (NoNewPrivileges), which that \
                     program needs; use transport = \"smtp\"",
                    self.timeout
                ),
            },
            Err(_) => Delivery::Unreachable { reason: format!("{name} did not end within {:?}", self.timeout) },
        }
    }
}

/// Runs the program; its exit status, and the first of what it says.
async fn hand_over(mut command: Command, message: &[u8]) -> io::Result<(Option<i32>, String)> {
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().expect("it was asked for");
    // A program that ends without having read all says why by its status.
    let write = async {
        let _ = input.write_all(message).await;
        drop(input);
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), write);
    let output = output?;
    let words = String::from_utf8_lossy(&output.stderr);
    let words: String = words.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
    Ok((output.status.code(), if words.is_empty() { "no word of why".to_owned() } else { words }))
}

/// What an exit status says (sysexits.h, which Sendmail, Postfix and Exim keep to).
fn outcome(status: Option<i32>, words: &str) -> Delivery {
    let reason = match status {
        Some(0) => return Delivery::Sent,
        Some(code) => format!("{words} (exit {code})"),
        None => format!("{words} (ended by a signal)"),
    };
    match status {
        // EX_USAGE, EX_DATAERR, EX_NOUSER, EX_NOHOST: this message, this recipient.
        Some(64 | 65 | 67 | 68) => Delivery::Refused { reason },
        // EX_TEMPFAIL; whatever ended it.
        Some(75) | None => Delivery::Later { reason },
        // The program or the machine is not in order, which has nothing to do with the message.
        Some(_) => Delivery::Misconfigured { reason },
    }
}

/// A message with the line ends of this system: the program makes those of the wire again.
fn unix(message: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(message.len());
    for (at, byte) in message.iter().enumerate() {
        if *byte != b'\r' || message.get(at + 1) != Some(&b'\n') {
            lines.push(*byte);
        }
    }
    lines
}

/// Whether neither this process nor any that it starts can gain rights: then `sendmail` cannot hand a mail over. Sixteen
/// directives of systemd bring it about (systemd.exec), all of them usual in hardened units.
pub fn new_privileges_are_barred() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("NoNewPrivs:").is_some_and(|value| value.trim() == "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_status_says_whose_fault_it_is() {
        let told = |status| match outcome(status, "words") {
            Delivery::Sent => "sent",
            Delivery::Later { .. } => "later",
            Delivery::Unreachable { .. } => "unreachable",
            Delivery::Misconfigured { .. } => "misconfigured",
            Delivery::Refused { .. } => "refused",
        };
        assert_eq!(
            [Some(0), Some(67), Some(75), Some(69), Some(78), None].map(told),
            ["sent", "refused", "later", "misconfigured", "misconfigured", "later"]
        );
    }

    #[test]
    fn lines_end_as_on_this_system() {
        assert_eq!(unix(b"a\r\n\r\n.\r\nb"), b"a\n\n.\nb");
    }
}
