//! A resolver that swallows what it is asked: in a network of its own, with a name server of ours on its loopback, a
//! hundred feeds have names that nobody answers for, and twenty have names that are answered at once.

use std::collections::BTreeMap;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tollwatch::http;
use tollwatch::model::Validators;

use crate::daemon::{Daemon, GUARD};
use crate::inside;
use crate::outlet::Outlet;
use crate::table::Row;

/// The word by which this program runs itself within the network.
pub const INSIDE: &str = "names-inside";

const FAULT: &str = "DNS that hangs";
const SILENT: usize = 100;
const ANSWERED: usize = 20;

/// The most threads that the unit allows (`TasksMax=` in systemd/tollwatch.service).
const MOST_THREADS: usize = 64;

/// No answered feed may have to wait longer for its first poll.
const MOST_WAIT: Duration = Duration::from_secs(60);

/// For so long the feeds are watched at least.
const WATCHED: Duration = Duration::from_secs(40);

/// The row, from a run within a network of its own.
pub fn row() -> Row {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let servers = folder.path().join("resolv.conf");
    // The times are the resolver's own when nothing is said (resolv.conf(5)).
    fs::write(&servers, "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n").expect("the folder can be written");
    inside::run(FAULT, INSIDE, "ip link set lo up && mount --bind \"$1\" /etc/resolv.conf", &servers)
}

/// What is done within.
pub fn run() -> ExitCode {
    inside::begun();
    let row = UdpSocket::bind("127.0.0.1:53").map_err(|error| error.to_string()).and_then(watched);
    inside::tell(&row.unwrap_or_else(|fault| Row::failed("", fault)));
    ExitCode::SUCCESS
}

fn watched(server: UdpSocket) -> Result<Row, String> {
    let outlet = Outlet::start();
    std::thread::spawn(move || answer(&server));
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let (database, config) = (folder.path().join("tollwatch.db"), folder.path().join("tollwatch.toml"));
    write_config(&config, &database, &outlet, folder.path());

    let daemon = Daemon::start(&config, None);
    daemon.says("started", GUARD);
    let started = Instant::now();
    let (mut threads, mut answered) = (0, None);
    while started.elapsed() < WATCHED || answered.is_none() && started.elapsed() < MOST_WAIT {
        threads = threads.max(threads_of(daemon.process()));
        if answered.is_none() && number(&database, "last_success IS NOT NULL") == Some(ANSWERED) {
            answered = Some(started.elapsed());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let silent = number(&database, "trouble IS NOT NULL AND name LIKE 'silent%'").unwrap_or_default();
    let blamed = number(&database, "failures > 0 AND name LIKE 'answered%'").unwrap_or_default();
    let words = words(&database);
    let ending = Instant::now();
    let end = daemon.end();
    let ending = ending.elapsed();
    let mut faults = Vec::new();
    if threads > MOST_THREADS {
        faults.push(format!("{threads} threads, where the unit allows {MOST_THREADS}"));
    }
    if answered.is_none() {
        faults.push(format!("the feeds that could be asked were not all within {MOST_WAIT:?}"));
    }
    if silent == 0 || !words.contains("name") {
        faults.push(format!("the silent feeds have no outcome that says so: {words}"));
    }
    if blamed > 0 {
        faults.push(format!("{blamed} feeds that were answered for have failed"));
    }
    if !end.is_ok_and(|end| end.success()) || ending > Duration::from_secs(20) {
        faults.push(format!("it did not end in time: {ending:?}"));
    }
    let (at_once, outcomes) = asked_at_once()?;
    if at_once > MOST_THREADS {
        faults.push(format!("{at_once} threads for {SILENT} names at once, where the unit allows {MOST_THREADS}"));
    }
    if outcomes.len() != 1 || !outcomes.keys().all(|outcome| outcome.contains("name")) {
        faults.push(format!("asked at once, the silent feeds have no outcome that says so: {outcomes:?}"));
    }
    let seconds = |waited: Duration| format!("{:.0} s", waited.as_secs_f64());
    Ok(Row {
        fault: FAULT.to_owned(),
        done: format!(
            "{SILENT} feeds with names that nobody answers for, {ANSWERED} others; watched for {}",
            seconds(WATCHED)
        ),
        daemon: format!(
            "after a deadline each: {words}; {threads} threads at most ({at_once} more where all {SILENT} are asked at \
             once), of the unit's {MOST_THREADS}"
        ),
        lost: format!("{blamed} of {ANSWERED} other feeds counted as failing"),
        then: format!(
            "the others are all polled within {}; SIGTERM ends it in {}",
            answered.map_or("never".to_owned(), seconds),
            seconds(ending)
        ),
        faults,
    })
}

/// The part that fetches, by itself, made to ask for all of them at the same time, as the daemon never does: how many threads
/// that takes, and what comes of it, how often.
fn asked_at_once() -> Result<(usize, BTreeMap<String, usize>), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let settings = http::Settings { max_parallel: SILENT, by_domain: false, ..http::Settings::default() };
    let client = http::Client::new(settings).map_err(|error| error.to_string())?;
    let before = threads_of(std::process::id());
    let mut most = 0;
    let mut outcomes = BTreeMap::new();
    runtime.block_on(async {
        let mut asked = tokio::task::JoinSet::new();
        for nth in 0..SILENT {
            let client = client.clone();
            asked.spawn(async move {
                let url = format!("http://at-once{nth}.example/feed").parse().expect("an address");
                client.get(&http::Request::feed(url, Validators::default()), Timestamp::UNIX_EPOCH).await
            });
        }
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while !asked.is_empty() {
            tokio::select! {
                Some(done) = asked.join_next() => {
                    let outcome = done.map_or_else(|fault| fault.to_string(), |answer| match answer {
                        Ok(_) => "answered".to_owned(),
                        Err(unfetched) => unfetched.to_string(),
                    });
                    *outcomes.entry(outcome).or_default() += 1;
                }
                _ = tick.tick() => most = most.max(threads_of(std::process::id()).saturating_sub(before)),
            }
        }
    });
    // Nobody waits for the resolver.
    runtime.shutdown_background();
    Ok((most, outcomes))
}

fn write_config(config: &Path, database: &Path, outlet: &Outlet, folder: &Path) {
    let hosts: Vec<String> = (0..ANSWERED).map(|nth| format!("\"answered{nth}.example\"")).collect();
    let mut text = format!(
        "[general]\ndatabase = {database:?}\n\n[http]\nallow_private = [{}]\nrobots = false\n\n\
         [polling]\ninterval = \"5m\"\nfollow_pace = false\n\n[delivery]\nmaildir = {:?}\n\n",
        hosts.join(", "),
        folder.join("mail")
    );
    let names = (0..SILENT).map(|nth| format!("silent{nth}")).chain((0..ANSWERED).map(|nth| format!("answered{nth}")));
    for name in names {
        text += &format!("[[feed]]\nname = \"{name}\"\nurl = \"http://{name}.example:{}/feed\"\n\n", outlet.port());
    }
    fs::write(config, text).expect("the folder can be written");
}

/// Answers for names that begin with `answered` with the loopback address, and for no other.
fn answer(server: &UdpSocket) {
    let mut buffer = [0; 512];
    while let Ok((length, from)) = server.recv_from(&mut buffer) {
        // RFC 1035, section 4.1: twelve bytes of header, then the name in labels, its type and class.
        let question = &buffer[12.min(length)..length];
        let Some(end) = question.iter().position(|byte| *byte == 0) else { continue };
        if question.len() < end + 5 || !question[1..].starts_with(b"answered") {
            continue;
        }
        let is_for_ipv4 = question[end + 1..end + 3] == [0, 1];
        let mut reply = buffer[..2].to_vec();
        reply.extend([0x81, 0x80, 0, 1, 0, u8::from(is_for_ipv4), 0, 0, 0, 0]);
        reply.extend(&question[..end + 5]);
        if is_for_ipv4 {
            reply.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        let _ = server.send_to(&reply, from);
    }
}

fn number(database: &Path, which: &str) -> Option<usize> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let sql = format!("SELECT count(*) FROM feeds WHERE {which}");
    connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).ok().map(|number| number as usize)
}

/// What is written down of the silent ones.
fn words(database: &Path) -> String {
    let sql = "SELECT group_concat(n || ': `' || trouble || '`', ', ')
               FROM (SELECT count(*) n, trouble FROM feeds WHERE name LIKE 'silent%' GROUP BY trouble)";
    Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|connection| connection.query_row(sql, [], |row| row.get(0)))
        .unwrap_or_default()
}

fn threads_of(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    threads.and_then(|number| number.trim().parse().ok()).unwrap_or_default()
}
