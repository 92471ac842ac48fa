//! Kills the daemon over and over, at random and at named points, starts it again on the same database, and counts what
//! was lost, doubled or damaged.
//!
//! A world is a database, an outlet whose feed grows by an article before each start, and a mail server. Each article
//! counts one more dead than the one before, so that each makes a figure, a change and a mail. After a hundred kills the
//! daemon runs until nothing is left to do, and all that was told is compared with all that was to be told.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::daemon::{Daemon, GUARD};
use crate::outlet::Outlet;
use crate::post::{Post, Stop};
use crate::world::{self, By, Tally};
use crate::{Dice, say, upgrade};

/// So many kills a world lives through.
const KILLS_OF_A_WORLD: u64 = 100;

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
pub struct Counts {
    pub kills: BTreeMap<&'static str, u64>,
    /// Runs that ended before they could be killed there.
    pub missed: u64,
    pub found: Tally,
}

impl Counts {
    fn add(&mut self, other: Self) {
        for (at, kills) in other.kills {
            *self.kills.entry(at).or_default() += kills;
        }
        self.missed += other.missed;
        self.found.add(other.found);
    }

    fn kills(&self) -> u64 {
        self.kills.values().sum()
    }
}

/// Kills so often.
pub fn run(wanted: u64) -> ExitCode {
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
                        if first % 1_000 == 900 {
                            say(&format!("{} of {wanted} kills", first + KILLS_OF_A_WORLD));
                        }
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
    let found = &all.found;
    let mut lines: Vec<String> = all.kills.iter().map(|(at, kills)| format!("{kills:>7}  {at}")).collect();
    lines.push(format!(
        "{:>7}  kills in all, in {:.0} s; {} runs passed no such point",
        all.kills(),
        took.as_secs_f64(),
        all.missed
    ));
    lines.push(format!(
        "{} articles, {} figures, {} changes, {} mails; {} mails came twice, each after its last answer was lost",
        found.articles, found.figures, found.changes, found.mails, found.doubled
    ));
    lines.push(match found.faults.len() {
        0 => "nothing lost, nothing else doubled, every database sound".to_owned(),
        faults => format!("{faults} FAULTS:\n{}", found.faults.join("\n")),
    });
    say(&lines.join("\n"));
    if found.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One database, killed so many times.
fn world(seed: u64, kills: u64) -> Counts {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let (outlet, post) = (Outlet::start(), Post::start());
    let config = folder.path().join("tollwatch.toml");
    let database = folder.path().join("tollwatch.db");
    let mut dice = Dice(seed * 7_919 + 17);
    let set_up =
        |outlet: &Outlet| world::write_config(&config, &database, outlet, outlet.next_address(), &post, By::Post);
    let run_to_rest = |outlet: &Outlet| {
        set_up(outlet);
        world::run_to_rest(Daemon::start(&config, None), &database, outlet)
    };
    let mut counts = Counts::default();

    // The past of the feed is taken in without a word.
    outlet.grow();
    if let Err(fault) = run_to_rest(&outlet) {
        counts.found.faults.push(fault);
        return counts;
    }
    let mut round = 0;
    while counts.kills() < kills && round < kills * 2 {
        // Every second kill is at random.
        let at = if round % 2 == 0 { At::Random } else { POINTS[(round / 2 + seed) as usize % (POINTS.len() - 1)] };
        outlet.grow();
        set_up(&outlet);
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
    match run_to_rest(&outlet) {
        Ok(()) => counts.found.add(world::examine(&database, &outlet, &post)),
        // What it has not come to would look like a loss.
        Err(fault) => counts.found.faults.push(fault),
    }
    if !counts.found.faults.is_empty() {
        let kept = folder.keep();
        counts.found.faults.push(format!("the database is kept in {}", kept.display()));
    }
    counts
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
