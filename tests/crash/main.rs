//! Kills the daemon over and over, at random and at named points, starts it again on the same database, and counts what
//! was lost, doubled or damaged: nothing may be, but for a mail whose last answer from the mail server was lost.
//!
//! ```text
//! cargo test --features crash --test crash                  200 kills
//! cargo test --features crash --test crash -- 2000          the short form of the checks
//! cargo test --features crash --test crash -- 10000         the long form
//! ```
//!
//! A world is a database, an outlet whose feed grows by an article before each start, and a mail server. Each article
//! counts one more dead than the one before, so that each makes a figure, a change and a mail. After a hundred kills the
//! daemon runs until nothing is left to do, and all that was told is compared with all that was to be told.

mod outlet;
mod post;
mod upgrade;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use outlet::Outlet;
use post::{Post, Stop};

/// So many kills a world lives through.
const KILLS_OF_A_WORLD: u64 = 100;

/// Nothing is waited for longer.
const GUARD: Duration = Duration::from_secs(60);

/// Where the daemon is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    /// After so many milliseconds.
    Random,
    /// Where the program itself stops.
    Point(&'static str),
    /// When the mail server has half of a message.
    MidBody,
    /// When the mail server has a message and has not answered.
    AfterDot,
    /// Between loading a config anew and working by it.
    Reload,
}

/// The named points, in the order in which an article passes them.
const POINTS: [At; 14] = [
    At::Point("after fetch"),
    At::Point("after parse"),
    At::Point("before commit"),
    At::Point("after commit"),
    At::Point("before lease"),
    At::Point("after connect"),
    At::Point("after MAIL"),
    At::Point("after RCPT"),
    At::Point("after DATA"),
    At::MidBody,
    At::AfterDot,
    At::Point("after 250"),
    At::Reload,
    At::Random,
];

impl At {
    fn name(self) -> &'static str {
        match self {
            Self::Random => "at random",
            Self::Point(name) => name,
            Self::MidBody => "mid body",
            Self::AfterDot => "after the dot, before the answer",
            Self::Reload => "in reload",
        }
    }
}

/// What is counted.
#[derive(Debug, Default)]
struct Counts {
    kills: BTreeMap<&'static str, u64>,
    /// Runs that ended before they could be killed there.
    missed: u64,
    articles: u64,
    figures: u64,
    changes: u64,
    mails: u64,
    doubled: u64,
    faults: Vec<String>,
}

impl Counts {
    fn add(&mut self, other: Self) {
        for (at, kills) in other.kills {
            *self.kills.entry(at).or_default() += kills;
        }
        self.missed += other.missed;
        self.articles += other.articles;
        self.figures += other.figures;
        self.changes += other.changes;
        self.mails += other.mails;
        self.doubled += other.doubled;
        self.faults.extend(other.faults);
    }

    fn kills(&self) -> u64 {
        self.kills.values().sum()
    }
}

fn main() -> ExitCode {
    let wanted = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(200_u64);
    let started = Instant::now();
    let next = AtomicU64::new(0);
    let mut all = Counts::default();
    // A daemon waits for its disk most of the time, so more worlds than cores.
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut counts = Counts::default();
                    loop {
                        let first = next.fetch_add(KILLS_OF_A_WORLD, Ordering::SeqCst);
                        if first >= wanted {
                            return counts;
                        }
                        counts.add(world(first, KILLS_OF_A_WORLD.min(wanted - first)));
                    }
                })
            })
            .collect();
        for worker in workers {
            all.add(worker.join().expect("a worker tells its faults and does not panic"));
        }
    });
    let upgrades = upgrade::kills(wanted.div_ceil(100).clamp(4, 60));
    all.add(upgrades);
    report(&all, started.elapsed())
}

fn report(all: &Counts, took: Duration) -> ExitCode {
    let mut lines: Vec<String> = all.kills.iter().map(|(at, kills)| format!("{kills:>7}  {at}")).collect();
    lines.push(format!(
        "{:>7}  kills in all, in {:.0} s; {} runs passed no such point",
        all.kills(),
        took.as_secs_f64(),
        all.missed
    ));
    lines.push(format!(
        "{} articles, {} figures, {} changes, {} mails; {} mails came twice, each after its last answer was lost",
        all.articles, all.figures, all.changes, all.mails, all.doubled
    ));
    lines.push(match all.faults.len() {
        0 => "nothing lost, nothing else doubled, every database sound".to_owned(),
        faults => format!("{faults} FAULTS:\n{}", all.faults.join("\n")),
    });
    say(&lines.join("\n"));
    if all.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "this is a program of its own")]
fn say(text: &str) {
    println!("{text}");
}

/// A number that looks random and is the same in every run (D. Lehmer's generator, modulus and factor of S. Park and
/// K. Miller, 1988).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.max(1) * 48_271 % 2_147_483_647;
        self.0 % below
    }
}

/// One database, killed so many times.
fn world(seed: u64, kills: u64) -> Counts {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let (outlet, post) = (Outlet::start(), Post::start());
    let config = folder.path().join("tollwatch.toml");
    let database = folder.path().join("tollwatch.db");
    let mut dice = Dice(seed * 7_919 + 17);
    let mut counts = Counts::default();

    // The past of the feed is taken in without a word.
    outlet.grow();
    if let Err(fault) = run_to_rest(&config, &database, &outlet, &post) {
        counts.faults.push(fault);
        return counts;
    }
    let mut round = 0;
    while counts.kills() < kills && round < kills * 2 {
        // Every second kill is at random.
        let at = if round % 2 == 0 { At::Random } else { POINTS[(round / 2 + seed) as usize % (POINTS.len() - 1)] };
        outlet.grow();
        write_config(&config, &outlet, &post);
        match killed(&config, &post, at, &mut dice) {
            true => *counts.kills.entry(at.name()).or_default() += 1,
            false => counts.missed += 1,
        }
        post.next_round();
        round += 1;
    }
    // An article during whose reading it died three times waits for an hour: that hour passes.
    let waited = Connection::open(&database)
        .and_then(|it| it.execute("UPDATE items SET next_try = 0 WHERE state = 'waiting'", []));
    waited.expect("the database takes a write after any death");
    if let Err(fault) = run_to_rest(&config, &database, &outlet, &post) {
        counts.faults.push(fault);
    }
    examine(&database, &outlet, &post, &mut counts);
    if !counts.faults.is_empty() {
        let kept = folder.keep();
        counts.faults.push(format!("the database is kept in {}", kept.display()));
    }
    counts
}

/// Writes the config. A feed that is listed at another address is due at once; at the same one it would not be asked again
/// for five minutes. The database is left alone, so that the daemon itself has to recover what it finds.
fn write_config(config: &Path, outlet: &Outlet, post: &Post) {
    let folder = config.parent().expect("it lies in a folder");
    let text = format!(
        "[general]\ndatabase = {:?}\nkeep_pages = \"none\"\n\n\
         [http]\nproxy = \"http://127.0.0.1:{}\"\nrobots = false\nspacing_of = {{ \"wire.example\" = \"0s\" }}\n\n\
         [polling]\ninterval = \"5m\"\nfollow_pace = false\njitter = \"0%\"\nlook_again = []\n\n\
         [[feed]]\nname = \"wire\"\nurl = \"http://wire.example/feed?{}\"\n\n\
         [delivery]\ntransport = \"smtp\"\nfrom = \"tolls@desk.example\"\ncollect = \"0s\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\n\
         [[mail]]\nrecipient = \"desk@desk.example\"\nwhen = \"at once\"\n",
        folder.join("tollwatch.db"),
        outlet.port(),
        outlet.next_address(),
        post.port()
    );
    fs::write(config, text).expect("the folder can be written");
}

/// A daemon, and what it says.
struct Daemon {
    child: Child,
    lines: Receiver<String>,
}

impl Daemon {
    fn start(config: &Path, crash_at: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollwatch"));
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "STATE_DIRECTORY"] {
            command.env_remove(name);
        }
        if let Some(point) = crash_at {
            command.env("TOLLWATCH_CRASH_AT", point);
        }
        command.args(["run", "--config"]).arg(config);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (told, lines) = channel();
        let errors = child.stderr.take().expect("it is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line with this text; `false` where it does not come in time or the daemon has ended.
    fn says(&self, text: &str, within: Duration) -> bool {
        let until = Instant::now() + within;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    fn kill(mut self) {
        // SIGKILL; it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn signal(&self, name: &str) {
        let _ = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
    }
}

/// Runs the daemon until it has come to the point, and kills it there; `false` where it did not come to it.
fn killed(config: &Path, post: &Post, at: At, dice: &mut Dice) -> bool {
    let within = Duration::from_secs(10);
    match at {
        At::Random => {
            let daemon = Daemon::start(config, None);
            // Half of them from the start of the process on, half from when it works.
            if dice.roll(2) == 0 {
                daemon.says("started", GUARD);
            }
            std::thread::sleep(Duration::from_micros(dice.roll(150_000)));
            daemon.kill();
            true
        }
        At::Point(name) => {
            let daemon = Daemon::start(config, Some(name));
            let reached = daemon.says("crash point:", within);
            daemon.kill();
            reached
        }
        At::MidBody | At::AfterDot => {
            post.stop_at(if at == At::MidBody { Stop::MidBody } else { Stop::AfterDot });
            let daemon = Daemon::start(config, None);
            let reached = post.has_stopped(within);
            daemon.kill();
            post.go_on();
            reached
        }
        At::Reload => {
            let daemon = Daemon::start(config, Some("in reload"));
            daemon.says("started", GUARD);
            daemon.signal("HUP");
            let reached = daemon.says("crash point:", within);
            daemon.kill();
            reached
        }
    }
}

/// Runs the daemon until all articles are read and all mails are sent.
fn run_to_rest(config: &Path, database: &Path, outlet: &Outlet, post: &Post) -> Result<(), String> {
    write_config(config, outlet, post);
    let daemon = Daemon::start(config, None);
    daemon.says("started", GUARD);
    let until = Instant::now() + GUARD;
    while !at_rest(database, outlet.articles()) {
        if Instant::now() > until {
            daemon.kill();
            return Err(format!("{}: it did not come to rest: {}", database.display(), waiting(database)));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.signal("TERM");
    let mut daemon = daemon;
    let ended = daemon.child.wait().map_err(|error| error.to_string())?;
    if ended.success() { Ok(()) } else { Err(format!("{}: it ended with {ended}", database.display())) }
}

fn at_rest(database: &Path, articles: u64) -> bool {
    let Ok(connection) = Connection::open(database) else { return false };
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

/// Compares what is there with what should be.
fn examine(database: &PathBuf, outlet: &Outlet, post: &Arc<Post>, counts: &mut Counts) {
    let connection = Connection::open(database).expect("the database opens");
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or(-1) as u64;
    let words = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap_or_default();
    let mut wrong = |what: String| counts.faults.push(format!("{}: {what}", database.display()));

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

    let kept: BTreeSet<String> = connection
        .prepare("SELECT message_id FROM mails")
        .and_then(|mut all| all.query_map([], |row| row.get(0))?.collect())
        .unwrap_or_default();
    let received = post.received();
    for id in kept.iter().filter(|id| !received.contains_key(*id)) {
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
    counts.articles += articles;
    counts.figures += figures;
    counts.changes += changes;
    counts.mails += kept.len() as u64;
    counts.doubled += doubled;
}
