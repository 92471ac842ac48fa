//! Sending: a mail as bytes, and the ways it can go: into a Maildir, to a server over SMTP, or to this machine's
//! `sendmail`.
//!
//! [`render()`] turns an [`Email`](crate::model::Email) into the bytes that are kept until they are sent; [`Mailer::send`]
//! hands them over and says what came of it. The same mail has the same bytes and the same Message-ID at every attempt,
//! so that whoever gets it twice can tell.

mod render;
mod dkim;
mod maildir;
mod smtp;
mod sendmail;

use crate::model::Delivery;

pub use dkim::{BadKey, Signer};
pub use maildir::Maildir;
pub use render::{BadAddress, check_address, render};
pub use sendmail::{Sendmail, new_privileges_are_barred};
pub use smtp::{Login, Setup, SetupError, Smtp, Tls};

/// Where mails go.
#[derive(Debug)]
pub enum Mailer {
    /// Into a directory on this machine, as the embedded default: no mail server is needed.
    Maildir(Maildir),
    /// To a mail server.
    Smtp(Box<Smtp>),
    /// To the program that the machine's own mail server brings along.
    Sendmail(Sendmail),
}

impl Mailer {
    /// Hands over one rendered mail: `from` and `to` are plain addresses for the envelope, `message_id` is the mail's own
    /// without angle brackets, `bytes` are those of [`render()`]. Never panics, and comes back within the time limit of
    /// the setup.
    pub async fn send(&self, from: &str, to: &str, message_id: &str, bytes: &[u8]) -> Delivery {
        if let Some(line) = bare_break(bytes) {
            let reason = format!("the message has a bare line break in line {line}; it cannot be sent safely");
            return Delivery::Refused { reason };
        }
        if !bytes.is_ascii() {
            return Delivery::Refused { reason: "the message is not ASCII; not every server takes it".to_owned() };
        }
        match self {
            Self::Maildir(maildir) => maildir.deliver(message_id, bytes).await,
            Self::Smtp(smtp) => smtp.send(from, to, bytes).await,
            Self::Sendmail(sendmail) => sendmail.send(from, to, bytes).await,
        }
    }

    /// Ends the connection that is kept for further mails, where there is one: to be called after a batch.
    pub async fn hang_up(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.hang_up().await;
        }
    }
}

/// The line, from 1, with a carriage return or line feed that is no part of a CRLF.
///
/// A server that takes such a break for the end of a line could be made to end the message early and to go on with
/// commands that stand in it (RUSTSEC-2026-0561, and "SMTP smuggling" of 2023). Bytes from [`render()`] have none; stored bytes are looked at all the same.
fn bare_break(bytes: &[u8]) -> Option<usize> {
    let mut line = 1;
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'\r', Some(b'\n')) => {
                line += 1;
                at += 1;
            }
            (b'\r' | b'\n', _) => return Some(line),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_line_break_is_found() {
        assert_eq!(bare_break(b"a\r\nb\r\n"), None);
        assert_eq!(bare_break(b""), None);
        assert_eq!(bare_break(b"a\r\nb\n.\n"), Some(2));
        assert_eq!(bare_break(b"a\r.\r"), Some(1));
        assert_eq!(bare_break(b"a\r\r\n"), Some(1));
        assert_eq!(bare_break(b"a\r"), Some(1));
    }
}
