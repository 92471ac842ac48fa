//! `tollwatch demo`: two stories unfold at speed. It brings a server for the feeds and a config; all else is what `run` uses.

mod scenario;
mod screen;
mod site;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, history, journal, print};
use crate::clock::{Clock, Simulated};
use crate::daemon::{self, Orders, Setup};
use crate::pipeline::Pulse;
use crate::store::Store;
use crate::web::{self, Counters, Site};
use scenario::Scenario;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch demo
  tollwatch demo --dir /tmp/demo && ls /tmp/demo/mail/new
  tollwatch demo --page 127.0.0.1:8089

Eleven days in March 2025 in the pages of four made-up outlets, polled by the real daemon under a clock that jumps. The
same run always gives the same mails, byte for byte.")]
pub struct Arguments {
    /// Where mails, database and charts go; what is left there of an earlier demo is replaced
    #[arg(long, value_name = "DIR", default_value = "tollwatch-demo")]
    dir: PathBuf,

    /// How long a simulated day takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 700)]
    day: u32,

    /// Send the mails to this server, unencrypted, instead of into a Maildir: to see them in your own mail program
    #[arg(long, value_name = "HOST:PORT")]
    smtp: Option<SmtpServer>,

    /// Afterwards show the database as a page at this address of loopback, until Ctrl-C
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = loopback)]
    page: Option<SocketAddr>,

    /// Go on where a demo in this directory was interrupted
    #[arg(long)]
    resume: bool,
}

/// A mail server on this machine.
#[derive(Debug, Clone)]
struct SmtpServer {
    host: String,
    port: u16,
}

impl FromStr for SmtpServer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = parts.ok_or("write a host and a port, as in localhost:2525")?;
        Ok(Self { host: host.to_owned(), port })
    }
}

pub fn run(arguments: &Arguments) -> Done {
    let started = Instant::now();
    let scenario = Arc::new(Scenario::built_in());
    prepare(&arguments.dir, arguments.resume)?;
    let runtime = settings::runtime()?;
    runtime.block_on(watch(&scenario, arguments))?;
    summary(&arguments.dir)?;
    print::line(format!("\nThe demo took {:.1} seconds.", started.elapsed().as_secs_f64()))?;
    match arguments.page {
        Some(address) => runtime.block_on(show(address, database(&arguments.dir), scenario.ends)),
        None => Ok(()),
    }
}

/// An address of this machine itself: the page has no login.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "write an address and a port, as in 127.0.0.1:8089".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only loopback, as in 127.0.0.1:8089".to_owned()) }
}

/// Shows the database as it was when the demo ended, until somebody asks to end.
async fn show(address: SocketAddr, database: PathBuf, ended: Timestamp) -> Done {
    let cannot = |error| Failure::say(Exit::Unavailable, format!("cannot listen at {address}: {error}"));
    let listener = tokio::net::TcpListener::bind(address).await.map_err(cannot)?;
    print::line(format!("page: http://{}/", listener.local_addr().map_err(cannot)?))?;
    let site = Site {
        database,
        names: Vec::new(),
        host: "demo.example".to_owned(),
        // No daemon is left to answer, and the page says so to whoever asks for its health.
        pulse: Pulse::default(),
        counters: Counters::default(),
        clock: Clock::Simulated(Simulated::starting_at(ended, Duration::ZERO)),
        started: ended,
    };
    tokio::select! {
        () = web::serve(listener, site) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

/// Empties the directory of an earlier demo's things, and of nothing else.
fn prepare(dir: &Path, resume: bool) -> Done {
    let in_the_way = |error: std::io::Error| Failure::say(Exit::CantCreate, format!("{}: {error}", dir.display()));
    let config = dir.join("tollwatch.toml");
    let filled = dir.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if filled && !config.exists() {
        let message = format!("{} holds something that is no demo; name another directory with --dir", dir.display());
        return Err(Failure::say(Exit::CantCreate, message));
    }
    for folder in ["mail", "state"].iter().filter(|_| !resume) {
        match std::fs::remove_dir_all(dir.join(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(in_the_way(error)),
            _ => {}
        }
    }
    std::fs::create_dir_all(dir).map_err(in_the_way)
}

async fn watch(scenario: &Arc<Scenario>, arguments: &Arguments) -> Done {
    let day = Duration::from_millis(u64::from(arguments.day));
    let clock = Clock::Simulated(Simulated::starting_at(begins(scenario, arguments), day / 24));
    let (address, server) = site::serve(Arc::clone(scenario), clock.clone())
        .await
        .map_err(|error| Failure::say(Exit::Unavailable, format!("no port of 127.0.0.1 can be had: {error}")))?;
    let path = arguments.dir.join("tollwatch.toml");
    let text = config_text(scenario, arguments, address);
    std::fs::write(&path, text)
        .map_err(|error| Failure::say(Exit::CantCreate, format!("{}: {error}", path.display())))?;
    let mut config = Place::new(Some(path)).load()?;
    // A config may not ask a host more often than once a second. Here all hosts are this program itself, in a hurry.
    config.http.host_spacing = Duration::ZERO;
    // What the screen does not show: a full disk, above all.
    journal::start(config.general.log);

    let (events, happened) = mpsc::unbounded_channel();
    let _alone = settings::alone(&config)?;
    let desk = settings::desk(&config, clock.clone(), events)?;
    let setup = Setup { desk, feeds: settings::watched(&config)?, parallel: config.http.parallel };
    let shutdown = CancellationToken::new();
    let (_never, reload) = mpsc::channel(1);
    let showing = tokio::spawn(screen::show(happened));
    let orders = Orders { shutdown, reload, end: Some(scenario.ends) };
    let ended = daemon::run(setup, orders).await;
    server.abort();
    showing.await.map_err(|fault| Failure::new(Exit::Software, fault))??;
    ended.map_err(|error| Failure::new(Exit::Software, error))
}

/// When the clock of the demo begins: where an earlier one was ended, if this one goes on with it. A clock that began anew
/// would be one that was set back.
fn begins(scenario: &Scenario, arguments: &Arguments) -> Timestamp {
    let earlier = Store::open_to_read(&database(&arguments.dir)).and_then(|store| store.last_poll());
    let earlier = earlier.ok().flatten().filter(|_| arguments.resume);
    earlier.map_or(scenario.begins, |last| last.max(scenario.begins))
}

fn database(dir: &Path) -> PathBuf {
    dir.join("state/tollwatch.db")
}

/// A config as anybody could write it. The feeds' hosts do not exist: the demo's server is the proxy that answers for
/// them, so that addresses, database and mails are the same in every run, whatever the port.
fn config_text(scenario: &Scenario, arguments: &Arguments, address: SocketAddr) -> String {
    let quoted = |path: PathBuf| toml_string(&path.display().to_string());
    let dir = &arguments.dir;
    let transport = if arguments.smtp.is_some() { "smtp" } else { "maildir" };
    let mut text = format!(
        "# Written by `tollwatch demo`.\n\n\
         [general]\ndatabase = {}\nlog = \"warn\"\n\n\
         # One request after the other, so that every run goes alike.\n\
         [http]\nproxy = \"http://{address}\"\nparallel = 1\n\n\
         [polling]\ninterval = \"1h\"\nfollow_pace = false\n\n\
         [delivery]\ntransport = \"{transport}\"\nmaildir = {}\nfrom = \"tollwatch <tollwatch@demo.example>\"\nhost = \"demo.example\"\n\n\
         [[mail]]\nrecipient = \"Desk <desk@demo.example>\"\nwhen = \"at once\"\n",
        quoted(std::path::absolute(database(dir)).unwrap_or_else(|_| database(dir))),
        quoted(std::path::absolute(dir.join("mail")).unwrap_or_else(|_| dir.join("mail"))),
    );
    if let Some(SmtpServer { host, port }) = &arguments.smtp {
        text.push_str(&format!("\n[smtp]\nhost = {}\nport = {port}\ntls = \"none\"\n", toml_string(host)));
    }
    for outlet in &scenario.outlets {
        let name = outlet.host.split('.').next().unwrap_or(&outlet.host);
        text.push_str(&format!("\n[[feed]]\nname = \"{name}\"\nurl = \"http://{}/feed\"\n", outlet.host));
    }
    text
}

fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The stories' tables, and where everything lies.
fn summary(dir: &Path) -> Done {
    let database = database(dir);
    let store = Store::open_to_read(&database).map_err(store_failure)?;
    let mut stories = store.stories().map_err(store_failure)?;
    stories.reverse();
    let mut lines = Vec::new();
    for story in &stories {
        let changes: Vec<_> =
            store.changes(story.id).map_err(store_failure)?.into_iter().map(|stored| stored.change).collect();
        if changes.is_empty() {
            continue;
        }
        let claims = store.claims(story.id).map_err(store_failure)?;
        let chart = dir.join(format!("{}.png", story.slug));
        history::draw(story, &claims, &changes, &chart)?;
        lines.push(format!(
            "\n{} ({} articles)\n{}chart: {}",
            story.name,
            story.profile.articles,
            history::table(&changes, &claims),
            chart.display()
        ));
    }
    print::out(|out| {
        for line in &lines {
            writeln!(out, "{line}")?;
        }
        let mail = dir.join("mail/new");
        match mail.read_dir() {
            Ok(mails) => writeln!(out, "\n{} mails: {}", mails.count(), mail.display())?,
            Err(_) => writeln!(out, "\nthe mails went to the mail server")?,
        }
        writeln!(out, "database: {}", database.display())?;
        writeln!(out, "config: {} (try `tollwatch history 1 --config …`)", dir.join("tollwatch.toml").display())
    })
}
