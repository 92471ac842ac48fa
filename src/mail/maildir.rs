//! Delivery into a Maildir: a directory of mails that every mail program and every IMAP server can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::mail::render::hash;
use crate::model::Delivery;

/// A Maildir on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maildir {
    /// Where it is; made with its three directories when it is not there.
    pub path: PathBuf,
}

impl Maildir {
    /// Writes a mail into `tmp`, has it put on the disk, and moves it into `new`, where readers look.
    ///
    /// The file's name comes from the Message-ID: a repeat after a crash replaces the file instead of doubling it, and a
    /// mail that a reader has moved on to `cur` is not delivered again.
    pub(super) async fn deliver(&self, message_id: &str, bytes: &[u8]) -> Delivery {
        let (path, name, bytes) = (self.path.clone(), file_name(message_id), bytes.to_vec());
        match tokio::task::spawn_blocking(move || write(&path, &name, &bytes)).await {
            Ok(Ok(())) => Delivery::Sent,
            Ok(Err(error)) => self.trouble(&error),
            Err(stopped) => Delivery::Later { reason: format!("writing was broken off: {stopped}") },
        }
    }

    fn trouble(&self, error: &io::Error) -> Delivery {
        let reason = format!("{}: {error}", self.path.display());
        match error.kind() {
            // Nothing that waiting would mend.
            io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory | io::ErrorKind::ReadOnlyFilesystem => {
                Delivery::Misconfigured { reason }
            }
            _ => Delivery::Later { reason },
        }
    }
}

fn write(maildir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let [tmp, new, cur] = ["tmp", "new", "cur"].map(|part| maildir.join(part));
    for directory in [&tmp, &new, &cur] {
        make(directory)?;
    }
    if was_read(&cur, name)? {
        return Ok(());
    }
    let draft = tmp.join(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, new.join(name))?;
    // The file is on the disk; its name in `new` is only once the directory is.
    File::open(&new)?.sync_all()
}

/// Makes a directory that is not there, and has its name put on the disk: a mail in it is no safer than that.
fn make(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = directory.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), make)?;
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !directory.is_dir() => return Err(error),
        _ => {}
    }
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()
}

/// Whether a reader has already taken the mail: in `cur` its name goes on with a colon and flags.
fn was_read(cur: &Path, name: &str) -> io::Result<bool> {
    for entry in fs::read_dir(cur)? {
        let file = entry?.file_name();
        let Some(rest) = file.to_str().and_then(|file| file.strip_prefix(name)) else { continue };
        if rest.is_empty() || rest.starts_with(':') {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The Message-ID where it can be a file's name, else what is left of it and a hash.
fn file_name(message_id: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if !message_id.is_empty() && message_id.len() <= 200 && !message_id.starts_with('.') && message_id.chars().all(fits)
    {
        return message_id.to_owned();
    }
    let rest: String = message_id.trim_start_matches('.').chars().filter(|c| fits(*c)).take(100).collect();
    format!("mail.{}.{rest}", hash(message_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_id_leads_out_of_the_maildir() {
        assert_eq!(file_name("story-12.3fa9.c1@example.org"), "story-12.3fa9.c1@example.org");
        for strange in ["../../etc/passwd", "a/b", "", ".hidden", "a:2,S", &"x".repeat(300)] {
            let name = file_name(strange);
            assert!(name.starts_with("mail.") && !name.contains(['/', ':']) && name.len() < 255, "{name}");
        }
    }
}
