//! What polling costs: the daemon under 1,000, 10,000 and 100,000 feeds on a quarter of an hour, of which a third has
//! changed at each poll, against a server on the loopback interface in a process of its own. In real time, a minute each.
//!
//! ```text
//! cargo bench --bench polling                      # all three
//! cargo bench --bench polling -- --size 10000      # one
//! cargo bench --bench polling -- --seconds 300     # longer
//! ```
//!
//! CPU is that of the daemon's process alone, as a share of one core, reading and storing of the new articles' texts
//! included; memory is its greatest resident size. Lateness is from the moment at which a feed is due to the start of its
//! poll. At the end as many feeds as can be are polled at once, for the speed.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tollwatch::clock::Clock;
use tollwatch::daemon::{self, Orders, Setup};
use tollwatch::http::{self, Manner};
use tollwatch::mail::{Maildir, Mailer};
use tollwatch::model::{Address, Confidence};
use tollwatch::pipeline::{self, Answer, Desk, Event, Keep, Rhythm, Rules, Spacing, Watched};
use tollwatch::store::Store;
use tollwatch::track;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const INTERVAL: SignedDuration = SignedDuration::from_mins(15);
const PARALLEL: usize = 32;
/// So many polls are made for the speed.
const AT_FULL_SPEED: usize = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<usize>().ok()
    };
    if arguments.iter().any(|argument| argument == "--serve") {
        return runtime().block_on(serve());
    }
    if let Some([_, database, size, seconds, server]) =
        arguments.get(1..).filter(|all| all.first().is_some_and(|it| it == "--prepare"))
    {
        let (size, seconds) = (size.parse().expect("a size"), seconds.parse().expect("seconds"));
        let server = server.parse().expect("an address");
        return runtime().block_on(prepare(Path::new(database), size, seconds, server));
    }
    let seconds = number("--seconds").unwrap_or(60);
    match number("--size") {
        Some(size) => runtime().block_on(measure(size, seconds)),
        // Each size in a process of its own: its memory is its own.
        None => SIZES.iter().for_each(|size| {
            let own = std::env::current_exe().expect("the benchmark's own file");
            let seconds = seconds.to_string();
            let done = Command::new(own).args(["--size", &size.to_string(), "--seconds", &seconds]).status();
            assert!(done.is_ok_and(|status| status.success()), "the measurement ended in a fault");
        }),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made")
}

async fn measure(size: usize, seconds: usize) {
    let (mut server, address) = start_server();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = folder.path().join("tollwatch.db");
    let feeds = feeds(size);
    let coming = coming(size, seconds);
    let own = std::env::current_exe().expect("the benchmark's own file");
    let told = [&database.display().to_string(), &size.to_string(), &seconds.to_string(), &address.to_string()];
    let done = Command::new(own).arg("--prepare").args(told).status();
    assert!(done.is_ok_and(|status| status.success()), "the preparation ended in a fault");

    let end = Timestamp::now() + SignedDuration::from_secs(seconds as i64);
    let due = due_until(&database, end);
    let (events, happened) = mpsc::unbounded_channel();
    let desk = desk(&database, address, events);
    let (cpu, began) = (cpu_seconds(), Instant::now());
    let (_never, reload) = mpsc::channel(1);
    let warm = feeds[..coming].to_vec();
    let setup = Setup { desk: desk.clone(), feeds, parallel: PARALLEL };
    let listening = tokio::spawn(listen(happened, due));
    daemon::run(setup, Orders { shutdown: CancellationToken::new(), reload, end: Some(end) })
        .await
        .expect("the daemon runs");
    let (cpu, took) = (cpu_seconds() - cpu, began.elapsed().as_secs_f64());
    let (resident, greatest) = (memory("VmRSS:"), memory("VmHWM:"));
    drop(desk);
    let mut heard = listening.await.expect("the listener ends");
    heard.late.sort_unstable();
    let late =
        |share: f64| heard.late.get(((heard.late.len() - 1) as f64 * share) as usize).copied().unwrap_or_default();
    println!(
        "{size:>7} feeds: {:.1} polls/s, {:.0} % changed, {} failed; CPU {:.2} % of a core; resident {resident} MiB, at most \
         {greatest} MiB; late: median {:.3} s, p99 {:.3} s, at most {:.3} s",
        heard.polls as f64 / took,
        100.0 * heard.changed as f64 / heard.polls.max(1) as f64,
        heard.failed,
        100.0 * cpu / took,
        late(0.5).as_secs_f64(),
        late(0.99).as_secs_f64(),
        late(1.0).as_secs_f64(),
    );
    full_speed(&database, address, &warm).await;
    let _ = server.kill();
    let _ = server.wait();
}

/// How many feeds, about, come due while it is measured.
fn coming(size: usize, seconds: usize) -> usize {
    (size * (seconds + 15) / INTERVAL.as_secs() as usize).clamp(100, size)
}

/// In a process of its own, so that what it takes is not counted: a database in which the feeds that will come due have
/// been polled once, so that their items are known and each poll brings one at most.
async fn prepare(database: &Path, size: usize, seconds: usize, server: std::net::SocketAddr) {
    let feeds = feeds(size);
    seed(database, &feeds);
    let desk = desk(database, server, mpsc::unbounded_channel().0);
    poll_all(&desk, feeds.iter().take(coming(size, seconds))).await;
    come_due_anew(database);
}

/// Polls feed after feed, as many at once as the daemon would, as fast as it goes.
async fn full_speed(database: &Path, address: std::net::SocketAddr, feeds: &[Watched]) {
    let desk = desk(database, address, mpsc::unbounded_channel().0);
    let (cpu, began) = (cpu_seconds(), Instant::now());
    poll_all(&desk, feeds.iter().cycle().take(AT_FULL_SPEED)).await;
    let (cpu, took) = (cpu_seconds() - cpu, began.elapsed().as_secs_f64());
    println!(
        "        at full speed: {:.0} polls/s, {:.2} ms of CPU a poll",
        AT_FULL_SPEED as f64 / took,
        1_000.0 * cpu / AT_FULL_SPEED as f64
    );
}

async fn poll_all(desk: &Desk, feeds: impl Iterator<Item = &Watched>) {
    let mut running = JoinSet::new();
    for feed in feeds {
        if running.len() == PARALLEL {
            running.join_next().await;
        }
        let (desk, feed) = (desk.clone(), feed.clone());
        running.spawn(async move { pipeline::poll(&desk, &feed).await });
    }
    while running.join_next().await.is_some() {}
}

/// What the daemon told.
#[derive(Default)]
struct Heard {
    polls: usize,
    changed: usize,
    failed: usize,
    late: Vec<Duration>,
}

async fn listen(mut happened: mpsc::UnboundedReceiver<Event>, mut due: HashMap<String, Timestamp>) -> Heard {
    let mut heard = Heard::default();
    while let Some(event) = happened.recv().await {
        let Event::Polled { feed, at, answer, next, .. } = event else { continue };
        heard.polls += 1;
        heard.changed += usize::from(matches!(answer, Answer::Items { .. }));
        heard.failed += usize::from(!matches!(answer, Answer::Items { .. } | Answer::Unchanged));
        if let Some(due) = due.insert(feed, next) {
            heard.late.push(Duration::try_from(at.duration_since(due)).unwrap_or_default());
        }
    }
    heard
}

fn feeds(size: usize) -> Vec<Watched> {
    let feed = |n: usize| Watched {
        name: format!("f{n}"),
        url: format!("http://f{n}.example/feed").parse().expect("an address"),
        rhythm: Rhythm::Fixed(INTERVAL),
        outlet: None,
        language: None,
        spacing: Spacing::default(),
        first_poll: 50,
        manner: Manner::default(),
        keep: Keep::default(),
        selectors: tollwatch::scrape::Selectors::default(),
    };
    (0..size).map(feed).collect()
}

/// A database in which all feeds are known.
fn seed(database: &Path, feeds: &[Watched]) {
    let mut store = Store::open(database).expect("the database can be made");
    let names: Vec<_> = feeds.iter().map(|feed| (feed.name.clone(), feed.url.clone())).collect();
    store.configure_feeds(&names, Timestamp::now()).expect("the feeds can be stored");
}

/// Nothing waits to be read, and the feeds come due evenly over one interval, in their order.
fn come_due_anew(database: &Path) {
    let sql = "UPDATE items SET state = 'read'; UPDATE feeds SET next_check = CAST(substr(name, 2) AS INTEGER);";
    rusqlite::Connection::open(database).and_then(|db| db.execute_batch(sql)).expect("the feeds can be made due");
    let mut store = Store::open(database).expect("the database is there");
    store.spread_due(Timestamp::now(), INTERVAL, INTERVAL).expect("the feeds can be spread");
}

/// The feeds that come due until then, and when.
fn due_until(database: &Path, end: Timestamp) -> HashMap<String, Timestamp> {
    let due = |database: rusqlite::Connection| {
        let mut rows = database.prepare("SELECT name, next_check FROM feeds WHERE next_check <= ?1")?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?));
        rows.query_map([end.as_millisecond()], row)?.collect::<Result<Vec<_>, _>>()
    };
    let due = rusqlite::Connection::open(database).and_then(due).expect("the feeds can be read");
    let moment = |millis| Timestamp::from_millisecond(millis).expect("a time in range");
    due.into_iter().map(|(name, at)| (name, moment(at))).collect()
}

fn desk(database: &Path, server: std::net::SocketAddr, events: mpsc::UnboundedSender<Event>) -> Desk {
    let settings = http::Settings {
        proxy: format!("http://{server}").parse().ok(),
        max_parallel: PARALLEL,
        ..http::Settings::default()
    };
    let rules = Rules {
        named: Vec::new(),
        tracking: track::Settings { least_confidence: Confidence::per_mille(500), aliases: track::Aliases::built_in() },
        subscriptions: Vec::new(),
        collect: SignedDuration::from_mins(1),
        from: Address { name: String::new(), email: "tollwatch@example.org".to_owned() },
        host: "example.org".to_owned(),
        keep_pages: SignedDuration::ZERO,
        look_again: Vec::new(),
        operator: None,
        unsubscribe: None,
        tell_of_feeds: true,
    };
    let http = http::Client::new(settings).expect("the settings are valid");
    let mailer = Mailer::Maildir(Maildir { path: database.with_file_name("mail") });
    Desk::new(Store::open(database).expect("the database is there"), http, mailer, Clock::System, rules, events)
}

/// The CPU time that this process has had, user and system.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells of its processes");
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // USER_HZ, which Linux fixes at 100 towards programs.
    ticks as f64 / 100.0
}

/// A figure of /proc/self/status, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of its processes");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1_024
}

fn start_server() -> (Child, std::net::SocketAddr) {
    let own = std::env::current_exe().expect("the benchmark's own file");
    let mut child = Command::new(own).arg("--serve").stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output is piped");
    BufReader::new(out).read_line(&mut line).expect("it says where it is");
    (child, line.trim().parse().expect("an address"))
}

/// A server that answers for all hosts: of three polls one brings a feed of 25 items, one of them new, and two a 304.
async fn serve() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("a bound listener has an address"));
    std::io::stdout().flush().expect("the output is read");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| async move { Ok::<_, Infallible>(answer(&request)) });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let nth = ASKED.fetch_add(1, Ordering::Relaxed);
    let is_conditional = request.headers().contains_key("if-none-match");
    let (status, body) = if is_conditional && !nth.is_multiple_of(3) {
        (StatusCode::NOT_MODIFIED, String::new())
    } else {
        (StatusCode::OK, feed(request.uri().host().unwrap_or_default(), nth))
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert("etag", format!("\"{nth}\"").parse().expect("digits in quotes"));
    response
}

/// About 48 KiB, as much as a newsroom's feed has.
fn feed(host: &str, nth: u64) -> String {
    let words =
        "The council of the lower valley met on Thursday to talk about the price of oil and of bread. ".repeat(19);
    let mut out = format!("<rss version=\"2.0\"><channel><title>{host}</title>");
    for n in 0..25 {
        let number = if n == 0 { format!("new-{nth}") } else { n.to_string() };
        let _ = write!(
            out,
            "<item><title>Prices in the valley, {number}</title><guid>{host}/{number}</guid>\
             <pubDate>Tue, 11 Mar 2025 10:{n:02}:00 +0000</pubDate><description>{words}</description></item>"
        );
    }
    out + "</channel></rss>"
}
