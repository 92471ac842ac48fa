//! A soak at speed: the whole daemon under a clock that jumps, 30 days of 1,000 feeds by default, against a press of
//! made-up outlets on the loopback interface in a process of its own. Is its memory flat, does it leave files open, what
//! does an article cost in the database?
//!
//! ```text
//! cargo bench --bench soak                                  # 30 days, 1,000 feeds
//! cargo bench --bench soak -- --days 3 --feeds 30             # the short form of .ci/run
//! cargo bench --bench soak -- --keep-pages 7                  # with pages going again after a week
//! cargo bench --bench soak -- --days 10 --feeds 20 --leak 4   # to see that the bar can be missed: 4 KiB lost a poll
//! cargo bench --bench soak -- --bare                          # without the environment that the unit sets
//! ```
//!
//! The process runs in the environment that `systemd/tollwatch.service` sets.
//! Settings are those of `config/tollwatch.toml`, with its feeds replaced; recipients are its own at once, a daily digest
//! and one with quiet hours; the config is loaded anew once a week. Of the time limits only that for a silent server is
//! shortened, since time stands still while it is waited for; for the same reason the pause between two requests to a host
//! is kept by the daemon alone and not by the client too. Database and mails lie in memory (`/dev/shm`) where that is there,
//! so that the disk's time for each commit is not measured; they are no part of the process's resident size.
//!
//! At the end of each simulated day, when nothing is under way, a line is printed. The bar: after the first day no day's
//! resident size, with all of the program that was ever read in, is further than 5 % from the median of all days after the
//! first, and no day of the last third has more files open than the fullest of the first third, but for one. Of runs below
//! ten days only so much can be said: there the bar for memory is at 20 %.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod news;
mod press;
mod verdict;
mod world;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tollwatch::clock::{Clock, Simulated};
use tollwatch::config::{self, Config};
use tollwatch::daemon::{self, Orders, Setup};
use tollwatch::http::{self, Manner};
use tollwatch::mail::{Maildir, Mailer};
use tollwatch::model::{Address, Alarm, Delivery, Subscription, Timing};
use tollwatch::pipeline::{Answer, Desk, Event, Keep, Outcome, Rhythm, Rules, Spacing, Watched};
use tollwatch::scrape::Selectors;
use tollwatch::store::Store;
use tollwatch::track;
use tollwatch::web::Counters;

use verdict::Day;
use world::World;

/// A Wednesday.
const BEGIN: &str = "2031-01-01T00:00:00Z";
/// The feed that is polled once a day, so that all else has ended when it is answered. See `press`.
const MARK: &str = "midnight";
/// How long a silent server is waited for, in real time.
const SILENCE: Duration = Duration::from_secs(1);

/// What is run.
struct Plan {
    days: i64,
    feeds: u64,
    seed: u64,
    /// Kept pages' time in days, where it is not the config's.
    keep_pages: Option<i64>,
    /// So many KiB are lost on purpose with each poll.
    leak: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        let value = arguments.get(at + 1).and_then(|value| value.parse::<i64>().ok());
        Some(value.unwrap_or_else(|| panic!("{name} wants a number")))
    };
    let seed = number("--seed").unwrap_or(1) as u64;
    if arguments.iter().any(|argument| argument == "--serve") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(press::serve(World { seed, begin: begin() }));
        return ExitCode::SUCCESS;
    }
    if !arguments.iter().any(|argument| argument == "--bare") {
        take_the_unit_s_environment(&arguments);
    }
    // `cargo test --benches` runs this too: then small.
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let (days, feeds) = if is_bench { (30, 1_000) } else { (2, 20) };
    let plan = Plan {
        days: number("--days").unwrap_or(days).max(2),
        feeds: number("--feeds").unwrap_or(feeds).max(1) as u64,
        seed,
        keep_pages: number("--keep-pages"),
        leak: number("--leak").unwrap_or(0) as usize,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(4))
        .max_blocking_threads(daemon::BLOCKING)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let good = runtime.block_on(soak(&plan));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Starts this program anew where the unit sets a variable that it does not have: some are read before `main`.
fn take_the_unit_s_environment(arguments: &[String]) {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/tollwatch.service");
    let unit = std::fs::read_to_string(&unit).unwrap_or_else(|error| panic!("{}: {error}", unit.display()));
    let set = unit.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('='));
    let missing: Vec<(&str, &str)> = set.filter(|(name, _)| std::env::var_os(name).is_none()).collect();
    if !missing.is_empty() {
        let own = std::env::current_exe().expect("the benchmark's own file");
        let error = Command::new(own).args(&arguments[1..]).envs(missing).exec();
        panic!("the benchmark cannot be started anew: {error}");
    }
}

fn begin() -> Timestamp {
    BEGIN.parse().expect("a date")
}

async fn soak(plan: &Plan) -> bool {
    let shared_memory = Path::new("/dev/shm");
    let place = if shared_memory.is_dir() { shared_memory.to_owned() } else { std::env::temp_dir() };
    let folder = tempfile::Builder::new().prefix("soak").tempdir_in(&place).expect("a temporary folder");
    let clock = Simulated::starting_at(begin(), Duration::ZERO);
    let server = Server::start(plan.seed, &clock);
    let config = shipped_config(folder.path());
    let (events, happened) = mpsc::unbounded_channel();
    let database = folder.path().join("tollwatch.db");
    let store = Store::open(&database).expect("the database can be made");
    let (client, mailer, rules) = parts(plan, &config, server.address, folder.path());
    let desk = Desk::new(store, client, mailer, Clock::Simulated(clock.clone()), rules, events);
    let feeds = feeds(plan, &config);
    println!(
        "{} feeds, {} days, seed {}; pages kept for {} days; database in {}",
        plan.feeds,
        plan.days,
        plan.seed,
        plan.keep_pages.unwrap_or_else(|| days(config.general.keep_pages)),
        place.display()
    );
    println!("{}", verdict::HEADING);

    let (reloaded, reload) = mpsc::channel(1);
    let (ended, end) = oneshot::channel();
    let watching = Watching {
        folder: folder.path().to_owned(),
        leak: plan.leak,
        counters: Counters::default(),
        lost: Vec::new(),
        days: Vec::new(),
        at: Instant::now(),
    };
    let mut again = {
        let (mut desk, config, feeds) = (desk.clone(), config.clone(), feeds.clone());
        let (plan, address, folder) = (Plan { ..*plan }, server.address, folder.path().to_owned());
        move || {
            let (client, mailer, rules) = parts(&plan, &config, address, &folder);
            desk = desk.under(client, mailer, rules);
            Setup { desk: desk.clone(), feeds: feeds.clone(), parallel: config.http.parallel }
        }
    };
    let watching = tokio::spawn(watching.watch(happened, end, move |day| {
        // Once a week the config is loaded anew.
        if day % 7 == 0 {
            let _ = reloaded.try_send(Ok(again()));
        }
    }));
    // The last day's mark comes within the quarter of an hour over which feeds are spread at the start.
    let until = begin() + SignedDuration::from_hours(24 * plan.days) + SignedDuration::from_mins(30);
    let setup = Setup { desk, feeds, parallel: config.http.parallel };
    let began = Instant::now();
    daemon::run(setup, Orders { shutdown: CancellationToken::new(), reload, end: Some(until) })
        .await
        .expect("the daemon runs");
    let took = began.elapsed();
    let _ = ended.send(());
    let seen = watching.await.expect("the watcher ends");
    drop(server);
    verdict::tell(plan, &seen, took, folder.path())
}

/// The config that is shipped, whose state is in this folder.
fn shipped_config(folder: &Path) -> Config {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/tollwatch.toml");
    let mut config = config::load(&path).unwrap_or_else(|problems| panic!("{problems}"));
    config.general.database = folder.join("tollwatch.db");
    config
}

fn days(duration: Duration) -> i64 {
    (duration.as_secs() / 86_400) as i64
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).expect("the config's spans are short")
}

/// As `cli::settings` makes them of a config.
fn parts(plan: &Plan, config: &Config, server: SocketAddr, folder: &Path) -> (http::Client, Mailer, Rules) {
    let settings = http::Settings {
        proxy: format!("http://{server}").parse().ok(),
        idle_timeout: SILENCE,
        pause: Duration::ZERO,
        max_parallel: config.http.parallel,
        max_feed: config.http.feed_size,
        max_page: config.http.page_size,
        by_domain: config.http.spacing_by_domain,
        obey_robots: config.http.robots,
        ..http::Settings::default()
    };
    let keep_pages =
        plan.keep_pages.map_or(signed(config.general.keep_pages), |days| SignedDuration::from_hours(24 * days));
    let rules = Rules {
        named: config.stories.clone(),
        tracking: track::Settings {
            least_confidence: config.general.least_confidence,
            aliases: track::Aliases::built_in(),
        },
        subscriptions: recipients(config),
        collect: signed(config.outgoing.collect),
        keep_pages,
        look_again: config.polling.look_again.iter().copied().map(signed).collect(),
        from: config.outgoing.from.clone(),
        host: config.outgoing.host.clone(),
        operator: None,
        unsubscribe: config.outgoing.unsubscribe.clone(),
        tell_of_feeds: config.polling.notices,
    };
    let client = http::Client::new(settings).expect("the settings are valid");
    (client, Mailer::Maildir(Maildir { path: folder.join("mail") }), rules)
}

fn recipients(config: &Config) -> Vec<Subscription> {
    let to = |email: &str| Subscription::to(Address { name: String::new(), email: email.to_owned() });
    let digest = Subscription { timing: Timing::Daily(time(7, 0, 0, 0)), ..to("digest@example.org") };
    let quiet = Subscription {
        quiet: Some((time(22, 0, 0, 0), time(6, 0, 0, 0))),
        quiet_unless: Some(Alarm { by: Some(50), times: None }),
        most_an_hour: Some(10),
        least_percent: 5,
        ..to("night@example.org")
    };
    config.subscriptions.iter().cloned().chain([digest, quiet]).collect()
}

fn feeds(plan: &Plan, config: &Config) -> Vec<Watched> {
    let polling = &config.polling;
    let spacing = Spacing {
        jitter: polling.jitter,
        longest_wait: signed(polling.longest_wait),
        host_pause: signed(config.http.host_spacing),
    };
    let bounds = polling.pace.expect("the shipped config follows the feeds' pace");
    let paced = Rhythm::Paced {
        usual: signed(polling.interval),
        shortest: signed(bounds.shortest),
        longest: signed(bounds.longest),
    };
    let feed = |name: String, url: String, rhythm: Rhythm, spacing: Spacing| Watched {
        name,
        url: url.parse().expect("an address"),
        rhythm,
        outlet: None,
        language: None,
        spacing,
        first_poll: polling.first_poll,
        manner: Manner::default(),
        keep: Keep::default(),
        selectors: Selectors::default(),
    };
    let press = (0..plan.feeds).map(|number| {
        let own = World::has_own_interval(number);
        let rhythm = if own { Rhythm::Fixed(SignedDuration::from_hours(1)) } else { paced };
        let url = format!("http://{}/feed/{number}", World::host(number));
        feed(format!("outlet-{number}"), url, rhythm, spacing)
    });
    let daily = Rhythm::Fixed(SignedDuration::from_hours(24));
    let mark = feed(MARK.to_owned(), format!("http://{MARK}.example/feed"), daily, Spacing { jitter: 0, ..spacing });
    press.chain([mark]).collect()
}

/// Whoever counts what the daemon tells, and looks at the process at the end of each day.
struct Watching {
    folder: PathBuf,
    leak: usize,
    /// As the daemon's own page has them.
    counters: Counters,
    lost: Vec<Vec<u8>>,
    days: Vec<Day>,
    at: Instant,
}

impl Watching {
    async fn watch(
        mut self,
        mut happened: mpsc::UnboundedReceiver<Event>,
        mut end: oneshot::Receiver<()>,
        mut at_the_end_of_a_day: impl FnMut(usize),
    ) -> Vec<Day> {
        let mut day = Day::default();
        let mut is_first_mark = true;
        loop {
            let event = tokio::select! {
                biased;
                event = happened.recv() => event,
                _ = &mut end => None,
            };
            let Some(event) = event else { return self.days };
            self.counters.count(&event);
            if matches!(&event, Event::Polled { feed, .. } if feed == MARK) {
                // The first mark is the beginning of the first day.
                if !std::mem::take(&mut is_first_mark) {
                    self.close(&mut day);
                    at_the_end_of_a_day(self.days.len());
                }
                continue;
            }
            if matches!(event, Event::Polled { .. }) && self.leak > 0 {
                self.lost.push(vec![1; self.leak * 1_024]);
            }
            count(&mut day, &event);
        }
    }

    /// Measures what there is at the end of a day, and prints its line.
    fn close(&mut self, day: &mut Day) {
        let size = |name: &str| std::fs::metadata(self.folder.join(name)).map_or(0, |file| file.len());
        day.number = self.days.len() + 1;
        day.resident = status("VmRSS:");
        day.program = status("RssFile:");
        day.peak = status("VmHWM:");
        day.threads = status("Threads:");
        day.handles = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        day.database = size("tollwatch.db") + size("tollwatch.db-wal");
        day.grown = day.database.saturating_sub(self.days.last().map_or(0, |before| before.database));
        day.took = self.at.elapsed();
        self.at = Instant::now();
        println!("{day}");
        let _ = std::io::stdout().flush();
        self.days.push(std::mem::take(day));
    }
}

fn count(day: &mut Day, event: &Event) {
    match event {
        Event::Polled { answer, .. } => {
            day.polls += 1;
            day.unchanged += usize::from(matches!(answer, Answer::Unchanged));
            day.failed += usize::from(!matches!(answer, Answer::Unchanged | Answer::Items { .. }));
        }
        Event::Read { outcome: Outcome::Taken(taken), .. } => match taken.version {
            Some(1) => {
                day.articles += 1;
                day.with_story += usize::from(taken.story.is_some());
            }
            Some(_) => day.versions += 1,
            None => {}
        },
        Event::Changed { .. } => day.changes += 1,
        Event::Mailed { delivery: Delivery::Sent, .. } => day.mails += 1,
        _ => {}
    }
}

/// A figure of /proc/self/status, as it stands there: sizes in KiB.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of its processes");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|figure| figure.parse().ok()).unwrap_or_default()
}

/// The press, for as long as the value lives.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it, and a thread that tells it the time whenever it asks.
    fn start(seed: u64, clock: &Simulated) -> Self {
        let own = std::env::current_exe().expect("the benchmark's own file");
        let mut child = Command::new(own)
            .args(["--serve", "--seed", &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut asks = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut tells = child.stdin.take().expect("its input is piped");
        let mut line = String::new();
        asks.read_line(&mut line).expect("it says where it is");
        let clock = clock.clone();
        std::thread::spawn(move || {
            let mut asked = [0];
            while asks.read_exact(&mut asked).is_ok() {
                if tells.write_all(&clock.now().as_millisecond().to_le_bytes()).is_err() {
                    return;
                }
            }
        });
        Self { child, address: line.trim().parse().expect("an address") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
