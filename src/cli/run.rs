//! `tollwatch run`: the daemon.

use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::settings::{self, Place};
use super::{Done, Exit, Failure, journal};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{self, Orders, Refused, Setup, messages};
use crate::pipeline::Desk;
use crate::store::StoreError;
use crate::web::{self, Counters, Site};

/// How often a database that cannot be opened now is tried again.
const BETWEEN_TRIALS: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tollwatch run --config /etc/tollwatch/tollwatch.toml

SIGHUP loads the config anew (a bad one is refused and the old one kept); SIGTERM and Ctrl-C end within seconds and \
lose nothing. Under systemd, readiness, status and watchdog are told to it, and the log goes to the journal.")]
pub struct Arguments {}

pub fn run(_: &Arguments, place: &Place) -> Done {
    let config = place.load()?;
    journal::start(config.general.log);
    let runtime = settings::runtime()?;
    let done = runtime.block_on(serve(config, place));
    // A thread that still reads a strange page, or waits for the system's resolver, is not waited for.
    runtime.shutdown_background();
    done
}

async fn serve(config: Config, place: &Place) -> Done {
    let (events, mut happened) = mpsc::unbounded_channel();
    let counters = Counters::default();
    let counting = counters.clone();
    let telling = tokio::spawn(async move {
        while let Some(event) = happened.recv().await {
            counting.count(&event);
            journal::tell(&event);
        }
    });
    let _alone = patiently(|| settings::alone(&config)).await?;
    let desk = patiently(|| settings::desk(&config, Clock::System, events.clone())).await?;
    drop(events);
    let setup = Setup { desk: desk.clone(), feeds: settings::watched(&config)?, parallel: config.http.parallel };
    let page = show(&config, &desk, counters).await?;
    let shutdown = CancellationToken::new();
    let (reloaded, reload) = mpsc::channel(1);
    let listening = listen(place, desk, shutdown.clone(), reloaded)?;
    // After this, whoever waits for the word may send signals.
    info!(config = %place.path().display(), "started: {}", config.summary());
    if setup.feeds.is_empty() {
        warn!("{}", settings::NO_FEED);
    }
    let ended = daemon::run(setup, Orders { shutdown, reload, end: None }).await;
    listening.abort();
    page.inspect(|page| page.abort());
    // The desk's last copy is gone with the daemon; what it told last is still to be written.
    let _ = tokio::time::timeout(Duration::from_secs(1), telling).await;
    ended.map_err(|error| Failure::new(Exit::Software, error))
}

/// Serves the page, where the config wants it. The address stays until the end of the process.
async fn show(
    config: &Config,
    desk: &Desk,
    counters: Counters,
) -> Result<Option<tokio::task::JoinHandle<()>>, Failure> {
    let Some(address) = config.web.listen else { return Ok(None) };
    let cannot = |error| {
        let message = format!("cannot listen at {address} ({error}); name another port in `listen` of [web]");
        Failure::say(Exit::Unavailable, message)
    };
    let listener = tokio::net::TcpListener::bind(address).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    info!("the page is at http://{address}/");
    let clock = desk.clock().clone();
    let site = Site {
        database: config.general.database.clone(),
        names: config.web.names.clone(),
        host: config.outgoing.host.clone(),
        pulse: desk.pulse().clone(),
        counters,
        started: clock.now(),
        clock,
    };
    Ok(Some(tokio::spawn(web::serve(listener, site))))
}

/// What the database's disk refuses for now is waited for, be it full or read-only: whoever is restarted again and again is
/// given up by the service manager.
async fn patiently<T>(trial: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    loop {
        match trial() {
            Err(failure) if failure.error.downcast_ref().is_some_and(StoreError::may_pass) => {
                error!(MESSAGE_ID = messages::DATABASE_TROUBLE.id, "{failure}; tried again in a minute");
                daemon::starting(&failure.to_string());
                tokio::time::sleep(BETWEEN_TRIALS).await;
            }
            done => return done,
        }
    }
}

/// Turns signals into orders.
fn listen(
    place: &Place,
    desk: Desk,
    shutdown: CancellationToken,
    reloaded: mpsc::Sender<Result<Setup, Refused>>,
) -> Result<tokio::task::JoinHandle<()>, Failure> {
    let no_signals = |error| Failure::say(Exit::Software, format!("cannot listen for signals: {error}"));
    let mut hangup = signal(SignalKind::hangup()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let place = Place::new(Some(place.path().to_owned()));
    let mut desk = desk;
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => {
                    let loaded = load_anew(&place, &desk).map_err(|failure| {
                        let refused = "the new config is refused and the old one kept";
                        error!(MESSAGE_ID = messages::CONFIG_REFUSED.id, "{refused}:\n{failure}");
                        Refused
                    });
                    // The one before is let go, with its connections and certificates: two megabytes.
                    if let Ok(setup) = &loaded {
                        desk = setup.desk.clone();
                    }
                    if reloaded.send(loaded).await.is_err() {
                        return;
                    }
                }
            }
        }
        info!("asked to end");
        shutdown.cancel();
    }))
}

fn load_anew(place: &Place, desk: &Desk) -> Result<Setup, Failure> {
    daemon::reloading();
    let config = place.load()?;
    Ok(Setup {
        desk: settings::desk_under(desk, &config)?,
        feeds: settings::watched(&config)?,
        parallel: config.http.parallel,
    })
}
