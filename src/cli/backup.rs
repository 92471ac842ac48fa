//! `tollwatch backup`: a copy of the database, while the daemon goes on.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::settings::{Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::clock::Clock;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch backup /var/backups/tollwatch.db
  tollwatch backup /var/backups/tollwatch/ --keep 14
  tollwatch backup /var/backups/tollwatch/ --format json | jq -r .file

The daemon need not be stopped and is not held up. The copy is checked, has reached the disk, and is there whole or not at \
all. `tollwatch restore` puts one back. The Maildir and the config are not in it.")]
pub struct Arguments {
    /// A file, or a folder that exists, in which the backup gets a name of its own
    #[arg(value_name = "FILE|DIR")]
    to: PathBuf,

    /// Remove all backups in the folder but the latest so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let folder = arguments.to.is_dir().then_some(arguments.to.as_path());
    let file = match (folder, arguments.keep) {
        (Some(folder), _) => folder.join(name(Clock::System.now())),
        (None, None) => arguments.to.clone(),
        (None, Some(_)) => {
            let message = format!("--keep wants a folder that exists, and {} is none", arguments.to.display());
            return Err(Failure::say(Exit::Usage, message));
        }
    };
    let store = place.store_to_read()?;
    store.back_up(&file).map_err(|error| match store_failure(error) {
        Failure { exit: Exit::NoInput, error } => Failure { exit: Exit::CantCreate, error },
        failure => failure,
    })?;
    let status = store.status().map_err(store_failure)?;
    let bytes = fs::metadata(&file).map(|file| file.len()).unwrap_or_default();
    let removed = match (folder, arguments.keep) {
        (Some(folder), Some(keep)) => prune(folder, keep as usize)?,
        _ => Vec::new(),
    };
    if arguments.format == Format::Json {
        return print::line(json!({
            "file": file, "bytes": bytes, "articles": status.articles, "claims": status.claims, "removed": removed,
        }));
    }
    print::out(|out| {
        let (articles, claims) = (status.articles, status.claims);
        writeln!(out, "{}: {} KB, {articles} articles, {claims} claims", file.display(), bytes.div_ceil(1_000))?;
        removed.iter().try_for_each(|file| writeln!(out, "{}: removed", file.display()))
    })
}

/// How the names of backups begin, and end.
const NAME: (&str, &str) = ("tollwatch-", ".db");

/// The name of a backup of this time: in the order of names they stand in the order of time.
fn name(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime(&format!("{}%Y%m%dT%H%M%SZ{}", NAME.0, NAME.1)).to_string()
}

/// Whether a file has the name that [`name`] gives. Whatever else lies in the folder is not ours to remove.
fn is_ours(name: &str) -> bool {
    let time = name.strip_prefix(NAME.0).and_then(|rest| rest.strip_suffix(NAME.1));
    let shape = |time: &str| time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    time.is_some_and(|time| shape(time) == "00000000T000000Z")
}

/// Removes all backups but the latest.
fn prune(folder: &Path, keep: usize) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::say(Exit::CantCreate, format!("{}: {error}", folder.display()));
    let files = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
    let ours = files.iter().filter(|file| file.file_name().to_str().is_some_and(is_ours));
    let mut backups: Vec<PathBuf> = ours.map(fs::DirEntry::path).collect();
    backups.sort();
    backups.truncate(backups.len().saturating_sub(keep));
    backups.iter().try_for_each(fs::remove_file).map_err(failed)?;
    Ok(backups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_bears_the_name_of_a_backup_is_taken_for_one() {
        let now: Timestamp = "2025-03-10T06:05:09Z".parse().expect("a time");
        assert_eq!(name(now), "tollwatch-20250310T060509Z.db");
        assert!(is_ours(&name(now)));
        for other in ["tollwatch-20250310T060509Z.db-wal", "tollwatch-before-move.db", "tollwatch.db", "notes.txt"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
