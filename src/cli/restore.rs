//! `tollwatch restore`: puts a backup in the place of the database.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::tz::TimeZone;
use serde_json::json;

use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::clock::Clock;
use crate::store::Store;

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  systemctl stop tollwatch
  tollwatch restore /var/backups/tollwatch/tollwatch-20250310T060509Z.db
  systemctl start tollwatch

The daemon must not run. The backup is checked as a whole before anything is replaced, and brought up to date where an \
older version wrote it; the database that it replaces is kept beside. What has been read since the backup is read again \
as far as the feeds still hold it, and what was mailed since may be mailed a second time.")]
pub struct Arguments {
    /// The backup
    file: PathBuf,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let config = place.load()?;
    let (backup, database) = (&arguments.file, &config.general.database);
    if !backup.is_file() {
        return Err(Failure::say(Exit::NoInput, format!("there is no file {}", backup.display())));
    }
    let _alone = settings::alone(&config)?;
    let restored = Store::restore(backup, database, &aside(database)).map_err(|error| {
        let Failure { exit, error } = store_failure(error);
        Failure { exit, error: error.context(format!("{} cannot be put back", backup.display())) }
    })?;
    let status = Store::open_to_read(database).and_then(|store| store.status()).map_err(store_failure)?;
    if arguments.format == Format::Json {
        return print::line(json!({
            "database": database, "replaced": restored.replaced, "form": restored.form, "articles": status.articles,
            "claims": status.claims, "alerts_pending": status.alerts_pending, "outbox": status.outbox,
            "last_poll": status.last_poll,
        }));
    }
    print::out(|out| {
        let as_of = status.last_poll.map_or_else(|| "never polled".to_owned(), |at| format!("{} UTC", print::time(at)));
        let (articles, claims) = (status.articles, status.claims);
        writeln!(out, "{}: restored, last poll {as_of}, {articles} articles, {claims} claims", database.display())?;
        if let Some(replaced) = &restored.replaced {
            writeln!(out, "{}: what was there before", replaced.display())?;
        }
        let waiting = status.alerts_pending + status.outbox;
        if waiting > 0 {
            writeln!(out, "{waiting} mails of that time go out at the next start; see `tollwatch mail outbox list`")?;
        }
        Ok(())
    })
}

/// The name under which what is replaced is kept.
fn aside(database: &Path) -> PathBuf {
    let now = Clock::System.now().to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S%.3fZ");
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".replaced-{now}"));
    name.into()
}
