//! Sending: a mail as bytes, and the ways it can go: into a Maildir, or to a server over SMTP.
//!
//! [`render()`] turns an [`Email`](crate::model::Email) into the bytes that are kept until they are sent; [`Mailer::send`]
//! hands them over and says what came of it. The same mail has the same bytes and the same Message-ID at every attempt,
//! so that whoever gets it twice can tell.

mod render;
mod maildir;
mod smtp;

use crate::model::Delivery;

pub use maildir::Maildir;
pub use render::{BadAddress, check_address, render};
pub use smtp::{Login, Setup, SetupError, Smtp, Tls};

/// Where mails go.
#[derive(Debug)]
pub enum Mailer {
    /// Into a directory on this machine, as the embedded default: no mail server is needed.
    Maildir(Maildir),
    /// To a mail server.
    Smtp(Box<Smtp>),
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
        match self {
            Self::Maildir(maildir) => maildir.deliver(message_id, bytes).await,
            Self::Smtp(smtp) => smtp.send(from, to, bytes).await,
        }
    }
}

/// The line, from 1, with a carriage return or line feed that is no part of a CRLF.
///
/// lettre up to 0.11.23 does not double the dot after such a break (RUSTSEC-2026-0561), so that a text could end the
/// message early and go on with commands. Bytes from [`render()`] have none; stored bytes are looked at all the same.
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
