//! A database, an outlet and a mail server: how the program is set up for them, and what must be true of them at the end.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::daemon::{Daemon, GUARD};
use crate::outlet::Outlet;
use crate::post::Post;

/// How the mails go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Post,
    Maildir,
}

/// Writes the config. A feed that is listed at another address is due at once; at the same one it would not be asked again
/// for five minutes. The database is left alone, so that the daemon itself has to recover what it finds.
pub fn write_config(config: &Path, database: &Path, outlet: &Outlet, address: u64, post: &Post, by: By) {
    let folder = database.parent().expect("it lies in a folder");
    let text = format!(
        "[general]\ndatabase = {:?}\nkeep_pages = \"none\"\n\n\
         [http]\nproxy = \"http://127.0.0.1:{}\"\nrobots = false\nspacing_of = {{ \"wire.example\" = \"0s\" }}\n\n\
         [polling]\ninterval = \"5m\"\nfollow_pace = false\njitter = \"0%\"\nlook_again = []\n\n\
         [[feed]]\nname = \"wire\"\nurl = \"http://wire.example/feed?{}\"\n\n\
         [delivery]\ntransport = \"{}\"\nmaildir = {:?}\nfrom = \"tolls@desk.example\"\ncollect = \"0s\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\n\
         [[mail]]\nrecipient = \"desk@desk.example\"\nwhen = \"at once\"\n",
        database,
        outlet.port(),
        address,
        if by == By::Post { "smtp" } else { "maildir" },
        folder.join("mail"),
        post.port()
    );
    fs::write(config, text).expect("the folder can be written");
}

/// Runs the daemon until all articles are read and all mails are sent.
pub fn run_to_rest(daemon: Daemon, database: &Path, outlet: &Outlet) -> Result<(), String> {
    let daemon = rest(daemon, database, outlet)?;
    let ended = daemon.end().map_err(|error| error.to_string())?;
    if ended.success() { Ok(()) } else { Err(format!("{}: it ended with {ended}", database.display())) }
}

/// Waits until all articles are read and all mails are sent.
pub fn rest(daemon: Daemon, database: &Path, outlet: &Outlet) -> Result<Daemon, String> {
    daemon.says("started", GUARD);
    match wait_for_rest(database, outlet, GUARD) {
        Ok(()) => Ok(daemon),
        Err(fault) => {
            daemon.kill();
            Err(fault)
        }
    }
}

/// Waits for the same of a daemon that runs, as long as it gets anywhere: a machine with much else to do may be slow, and what
/// it has not come to is not lost.
pub fn wait_for_rest(database: &Path, outlet: &Outlet, patience: Duration) -> Result<(), String> {
    let (mut last, mut until) = (String::new(), Instant::now() + patience);
    while !at_rest(database, outlet.articles()) {
        let now = waiting(database);
        if now != last {
            (last, until) = (now, Instant::now() + patience);
        } else if Instant::now() > until {
            return Err(format!("{}: it did not come to rest: {last}", database.display()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Reads only: what writes to the database is the program alone.
fn at_rest(database: &Path, articles: u64) -> bool {
    let Ok(connection) = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY) else { return false };
    let sql = "SELECT (SELECT count(*) FROM articles) = ?1
                 AND NOT EXISTS (SELECT 1 FROM items WHERE state = 'waiting')
                 AND NOT EXISTS (SELECT 1 FROM alert_changes WHERE mail IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM mails WHERE state = 'queued')";
    connection.query_row(sql, [articles as i64], |row| row.get(0)).unwrap_or(false)
}

fn waiting(database: &Path) -> String {
    let sql = "SELECT (SELECT count(*) FROM articles) || ' articles, ' || (SELECT count(*) FROM items WHERE state = 'waiting')
                 || ' items, ' || (SELECT count(*) FROM alert_changes WHERE mail IS NULL) || ' changes, '
                 || (SELECT count(*) || ' mails: ' || coalesce(max(last_reason), '') FROM mails WHERE state = 'queued')";
    Connection::open(database)
        .and_then(|connection| connection.query_row(sql, [], |row| row.get(0)))
        .unwrap_or_else(|error| error.to_string())
}

/// What was found in a world at its end.
#[derive(Debug, Default)]
pub struct Tally {
    pub articles: u64,
    pub figures: u64,
    pub changes: u64,
    pub mails: u64,
    pub doubled: u64,
    pub faults: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.articles += other.articles;
        self.figures += other.figures;
        self.changes += other.changes;
        self.mails += other.mails;
        self.doubled += other.doubled;
        self.faults.extend(other.faults);
    }
}

/// Compares what is there with what should be.
pub fn examine(database: &Path, outlet: &Outlet, post: &Post) -> Tally {
    let connection = Connection::open(database).expect("the database opens");
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or(-1) as u64;
    let words = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap_or_default();
    let mut faults = Vec::new();
    let mut wrong = |what: String| faults.push(format!("{}: {what}", database.display()));

    let sound = words("PRAGMA integrity_check");
    if sound != "ok" {
        wrong(format!("integrity_check: {sound}"));
    }
    if number("SELECT count(*) FROM pragma_foreign_key_check") != 0 {
        wrong("a row names another that is not there".to_owned());
    }
    // The first article is the feed's past: a figure and no change. One that had to wait, since the program had died of it for
    // all it could know, comes after articles with more dead: then it is no news. So the changes are those articles that
    // count more than all that were read before.
    let counted: Vec<u64> = connection
        .prepare("SELECT low FROM claims ORDER BY article")
        .and_then(|mut all| all.query_map([], |row| Ok(row.get::<_, i64>(0)? as u64))?.collect())
        .unwrap_or_default();
    let mut most = counted.first().copied().unwrap_or_default();
    let mut told = 0;
    for count in counted {
        if count > most {
            (most, told) = (count, told + 1);
        }
    }
    let mut expect = |what: &str, sql: &str, wanted: u64| {
        let found = number(sql);
        if found != wanted {
            wrong(format!("{found} {what} instead of {wanted}"));
        }
        found
    };
    let articles = expect("articles", "SELECT count(*) FROM articles", outlet.articles());
    expect("versions of articles", "SELECT count(*) FROM article_versions", outlet.articles());
    let figures = expect("different figures", "SELECT count(DISTINCT low) FROM claims", outlet.articles());
    expect("figures", "SELECT count(*) FROM claims", outlet.articles());
    expect(
        "late articles",
        "SELECT count(*) FROM claims WHERE verdict NOT IN ('told', 'baseline')",
        outlet.articles() - 1 - told,
    );
    let changes = expect("different changes", "SELECT count(DISTINCT after_low) FROM changes", told);
    expect("changes", "SELECT count(*) FROM changes", told);
    expect(
        "changes in mails that were sent",
        "SELECT count(DISTINCT c.change) FROM alert_changes c JOIN mails m ON m.id = c.mail WHERE m.state = 'sent'",
        told,
    );
    expect("mails that were not sent", "SELECT count(*) FROM mails WHERE state <> 'sent'", 0);

    let ids = |sql: &str| -> BTreeSet<String> {
        let all = connection.prepare(sql).and_then(|mut all| all.query_map([], |row| row.get(0))?.collect());
        all.unwrap_or_default()
    };
    let kept = ids("SELECT message_id FROM mails");
    let received = post.received();
    for id in ids("SELECT message_id FROM mails WHERE state = 'sent'").iter().filter(|id| !received.contains_key(*id)) {
        wrong(format!("the mail {id} was marked as sent and never came"));
    }
    let mut doubled = 0;
    for (id, copies) in &received {
        if !kept.contains(id) {
            wrong(format!("a mail came that is not in the database: {id}"));
        }
        if copies.iter().any(|copy| copy.bytes != copies[0].bytes) {
            wrong(format!("the mail {id} came with different bytes"));
        }
        // Each copy but the last must have been the last mail of a run that was killed before it could write that down.
        for copy in &copies[..copies.len() - 1] {
            doubled += 1;
            if !copy.last_of_its_run {
                wrong(format!("the mail {id} came again though its run went on"));
            }
        }
    }
    Tally { articles, figures, changes, mails: kept.len() as u64, doubled, faults }
}
