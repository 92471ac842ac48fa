//! What the days of the soak show, and whether the bar is met.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use tollwatch::store::Store;

use crate::Plan;

/// By how much of the median a day's resident size may differ, in percent: the bar, and what short runs are held to.
const MEMORY: (f64, f64) = (5.0, 20.0);
/// From so many days on a run is no short one.
const LONG: usize = 10;
/// So many more files may be open: at the end of a day a connection may be on its way.
const HANDLES: usize = 1;

/// What a day brought, and how the process stood at its end.
#[derive(Default)]
pub struct Day {
    pub number: usize,
    pub polls: usize,
    pub unchanged: usize,
    pub failed: usize,
    pub articles: usize,
    /// Articles that joined or opened a story.
    pub with_story: usize,
    /// Articles that had been changed in place.
    pub versions: usize,
    pub changes: usize,
    pub mails: usize,
    /// KiB.
    pub resident: u64,
    /// KiB of it that are pages of the program itself, which the system takes away and reads again as it likes.
    pub program: u64,
    /// KiB, the greatest since the start.
    pub peak: u64,
    pub threads: u64,
    pub handles: usize,
    /// Bytes, with the write-ahead log.
    pub database: u64,
    /// By how many of them it has grown.
    pub grown: u64,
    pub took: Duration,
}

pub const HEADING: &str = "day   polls unchanged failed articles stories versions changes mails   resident   own      peak \
                           threads files  database  B/article  seconds";

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>3} {:>7} {:>9} {:>6} {:>8} {:>7} {:>8} {:>7} {:>5} {:>6.1} MiB {:>5.1} {:>5.1} MiB {:>7} {:>5} {:>5.1} MiB {:>10} {:>8.1}",
            self.number,
            self.polls,
            self.unchanged,
            self.failed,
            self.articles,
            self.with_story,
            self.versions,
            self.changes,
            self.mails,
            mib(self.resident),
            mib(self.resident.saturating_sub(self.program)),
            mib(self.peak),
            self.threads,
            self.handles,
            self.database as f64 / f64::from(1 << 20),
            self.grown / self.articles.max(1) as u64,
            self.took.as_secs_f64(),
        )
    }
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1_024.0
}

/// Prints what the days show together; true where the bar is met.
pub fn tell(plan: &Plan, days: &[Day], took: Duration, folder: &Path) -> bool {
    let sum = |figure: fn(&Day) -> usize| days.iter().map(figure).sum::<usize>();
    let (articles, polls) = (sum(|day| day.articles), sum(|day| day.polls));
    println!(
        "\nin all: {polls} polls, {articles} articles, {} changes, {} mails, {:.0} s, CPU {:.0} s",
        sum(|day| day.changes),
        sum(|day| day.mails),
        took.as_secs_f64(),
        cpu_seconds(),
    );
    let later = &days[1.min(days.len())..];
    let grown: u64 = later.iter().map(|day| day.grown).sum();
    let articles_later: usize = later.iter().map(|day| day.articles).sum();
    println!(
        "database: after the first day {} bytes an article ({:.1} MiB for {articles_later})",
        grown / articles_later.max(1) as u64,
        grown as f64 / f64::from(1 << 20)
    );
    tables(&folder.join("tollwatch.db"), articles);

    let ends = [
        has_come("a line for each day", days.len() as i64 == plan.days, &format!("{} of {}", days.len(), plan.days)),
        has_come("news each day", days.iter().all(|day| day.polls > 0 && day.articles > 0), ""),
        has_come("changes and mails", sum(|day| day.changes) > 0 && sum(|day| day.mails) > 0, ""),
        flat(later),
        closed(later),
        sound(folder),
    ];
    ends.iter().all(|end| *end)
}

fn has_come(what: &str, is_so: bool, found: &str) -> bool {
    println!("{}  {what}{}{found}", if is_so { "ok    " } else { "MISSED" }, if found.is_empty() { "" } else { ": " });
    is_so
}

/// Memory after the first day.
fn flat(later: &[Day]) -> bool {
    // Beside builds a third of the program's pages came and went; what the process needs is its own and all of them.
    let program = later.iter().map(|day| day.program).max().unwrap_or_default();
    let needs = |day: &Day| day.resident.saturating_sub(day.program) + program;
    let median = |days: &[Day]| {
        let mut sizes: Vec<u64> = days.iter().map(needs).collect();
        sizes.sort_unstable();
        sizes.get(sizes.len() / 2).copied().unwrap_or_default() as f64
    };
    let usual = median(later);
    let away = |day: &Day| 100.0 * (needs(day) as f64 - usual) / usual.max(1.0);
    let furthest = later.iter().max_by(|a, b| away(a).abs().total_cmp(&away(b).abs()));
    let bar = if later.len() + 1 >= LONG { MEMORY.0 } else { MEMORY.1 };
    let week = later.len().min(7);
    let (first, last) = (median(&later[..week]), median(&later[later.len() - week..]));
    let found = match furthest {
        None => "no day to be measured".to_owned(),
        Some(day) => format!(
            "median {:.1} MiB, furthest from it day {} with {:+.1} %; the last {week} days against the first {week} after the \
             first: {:+.1} %",
            usual / 1_024.0,
            day.number,
            away(day),
            100.0 * (last - first) / first.max(1.0)
        ),
    };
    let is_flat = furthest.is_some_and(|day| away(day).abs() <= bar);
    has_come(&format!("memory within {bar} % after the first day"), is_flat, &found)
}

/// Files that are open.
fn closed(later: &[Day]) -> bool {
    let third = later.len().div_ceil(3);
    let most = |days: &[Day]| days.iter().map(|day| day.handles).max().unwrap_or_default();
    let (first, last) = (most(&later[..third]), most(&later[later.len() - third..]));
    let found = format!("at most {first} in the first third of the days, {last} in the last");
    has_come("no more files open", first > 0 && last <= first + HANDLES, &found)
}

/// The database is whole, and what it says was sent lies in the Maildir.
fn sound(folder: &Path) -> bool {
    let store = Store::open_to_read(&folder.join("tollwatch.db")).expect("the database is there");
    let damage = store.look_through().expect("the database can be read");
    let database = rusqlite::Connection::open(folder.join("tollwatch.db")).expect("the database is there");
    let sent: usize = database
        .query_row("SELECT count(*) FROM mails WHERE state = 'sent'", [], |row| row.get::<_, i64>(0))
        .expect("the outbox can be read") as usize;
    let delivered = std::fs::read_dir(folder.join("mail/new")).map_or(0, Iterator::count);
    let found = format!("{}; {sent} mails sent, {delivered} in the Maildir", damage.as_deref().unwrap_or("no damage"));
    has_come("database whole, mails delivered", damage.is_none() && sent == delivered, &found)
}

/// Where the bytes of the database are.
fn tables(path: &Path, articles: usize) {
    let sizes = |database: rusqlite::Connection| {
        let mut rows = database.prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC")?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
        rows.query_map([], row)?.collect::<Result<Vec<_>, _>>()
    };
    let sizes = rusqlite::Connection::open(path).and_then(sizes).expect("the database can be read");
    let told: Vec<String> =
        sizes.iter().take(10).map(|(name, bytes)| format!("{name} {}", bytes / articles.max(1) as i64)).collect();
    println!("bytes an article by table and index: {}", told.join(", "));
}

/// The CPU time that this process has had, user and system.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells of its processes");
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // USER_HZ, which Linux fixes at 100 towards programs.
    ticks as f64 / 100.0
}
