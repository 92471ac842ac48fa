//! What wakes the process: a feed that is due, a mail that is due, a reload, a shutdown. And what systemd is told.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::pipeline::{self, Desk, Watched};

/// At the latest after this the store is looked at again, whatever it said when it was last asked.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_mins(15);

/// How long mails under way may take to be handed over after a shutdown was asked for; it is below the service
/// manager's own limit.
const GRACE: Duration = Duration::from_secs(10);

/// After a fault of the store (a full disk) nothing is started for so long.
const REST_AFTER_FAULT: SignedDuration = SignedDuration::from_mins(1);

/// All that a reload replaces: made of a checked config, as a whole or not at all.
pub struct Setup {
    /// What the pipeline works with.
    pub desk: Desk,
    /// The feeds, in the order of the config.
    pub feeds: Vec<Watched>,
    /// How many pieces of work may be under way at once.
    pub parallel: usize,
}

/// What comes from outside while the daemon runs.
pub struct Orders {
    /// Ends the daemon.
    pub shutdown: CancellationToken,
    /// New setups, each from a config that was found good.
    pub reload: mpsc::Receiver<Setup>,
    /// Ends the daemon at this time of its clock, when the work of that time is done.
    pub end: Option<Timestamp>,
}

/// Runs until the shutdown is asked for; returns when all work has ended and the database is tidy.
///
/// A fault that may pass (a full disk) is told, and what was to be done is tried again after a minute.
///
/// # Errors
/// When the store cannot take in the list of feeds at the start, or cannot be closed at the end.
pub async fn run(mut setup: Setup, mut orders: Orders) -> anyhow::Result<()> {
    let clock = setup.desk.clock().clone();
    setup.desk.watch(&setup.feeds).await?;
    let mut jobs = Jobs::default();
    let mut resting_until: Option<Timestamp> = None;
    let mut watchdog = Watchdog::from_environment();
    tell(&[NotifyState::Ready, NotifyState::Status(&status(&setup).await)]);

    loop {
        let now = clock.now();
        let mut wake = now + LONGEST_SLEEP;
        if let Some(until) = resting_until {
            if until <= now {
                // A first write, before anybody is asked for what could not be kept.
                match setup.desk.watch(&setup.feeds).await {
                    Ok(()) => resting_until = None,
                    Err(fault) => rest(&mut resting_until, now, &fault),
                }
                continue;
            }
            wake = until;
        } else {
            match jobs.start_due(&setup).await {
                Ok(next) => wake = wake.min(next.unwrap_or(wake)),
                Err(fault) => {
                    rest(&mut resting_until, now, &fault);
                    continue;
                }
            }
        }
        let idle = jobs.running.is_empty();
        if idle && orders.end.is_some_and(|end| end <= now) {
            break;
        }
        wake = wake.min(orders.end.unwrap_or(wake));
        tokio::select! {
            biased;
            () = orders.shutdown.cancelled() => break,
            Some(new) = orders.reload.recv() => {
                setup = new;
                if let Err(fault) = setup.desk.watch(&setup.feeds).await {
                    rest(&mut resting_until, now, &fault);
                }
                info!(feeds = setup.feeds.len(), "the config was loaded anew");
                tell(&[NotifyState::Ready, NotifyState::Status(&status(&setup).await)]);
            }
            Some(ended) = jobs.next_end(), if !idle => {
                if let Err(fault) = ended {
                    rest(&mut resting_until, clock.now(), &fault);
                }
                if jobs.running.is_empty() && clock.runs_by_itself() {
                    tell(&[NotifyState::Status(&status(&setup).await)]);
                }
            }
            // The database has just answered `start_due`: a process that is stuck before that does not come here.
            () = watchdog.due() => tell(&[NotifyState::Watchdog]),
            () = clock.sleep_until(wake), if idle || clock.runs_by_itself() => {}
        }
    }

    tell(&[NotifyState::Stopping]);
    jobs.end_within(GRACE).await;
    setup.desk.close().await
}

/// Tells the service manager that a reload has begun; [`run`] tells it when the new config is in force.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(fault) => warn!("the service manager could not be told: {fault}"),
    }
}

/// Tells the service manager that the old config stays in force.
pub fn reload_refused() {
    tell(&[
        NotifyState::Ready,
        NotifyState::Status("the new config was refused; the old one is in force (see the log)"),
    ]);
}

fn rest(until: &mut Option<Timestamp>, now: Timestamp, fault: &anyhow::Error) {
    error!("{fault:#}; nothing is started for a minute");
    *until = Some(now + REST_AFTER_FAULT);
}

/// A piece of work under way. No two of the same are, so that a feed is polled once, and the pages of one host are
/// read one after the other and leave room for those of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Job {
    Feed(String),
    Host(String),
    Outbox,
    Pages,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed(name) => write!(f, "feed {name}"),
            Self::Host(host) => write!(f, "pages of {host}"),
            Self::Outbox => f.write_str("outbox"),
            Self::Pages => f.write_str("kept pages"),
        }
    }
}

#[derive(Default)]
struct Jobs {
    running: HashSet<Job>,
    tasks: JoinSet<anyhow::Result<()>>,
    names: HashMap<tokio::task::Id, (Job, AbortHandle)>,
}

impl Jobs {
    /// Starts what is due, as far as there is room; returns when more will be due. What finds no room is looked at again
    /// when a job ends.
    async fn start_due(&mut self, setup: &Setup) -> anyhow::Result<Option<Timestamp>> {
        let due = setup.desk.due().await?;
        let desk = || setup.desk.clone();
        // A mail that waits is the most urgent, then a known article, then news of new ones, then one that may have changed.
        if due.outbox {
            let desk = desk();
            self.start(setup, Job::Outbox, async move { pipeline::send_due(&desk).await });
        }
        for item in due.items {
            let host = item.item.link.as_ref().and_then(|link| link.host_str()).unwrap_or(&item.item.feed);
            let (job, desk) = (Job::Host(host.to_owned()), desk());
            let feed = setup.feeds.iter().find(|feed| feed.name == item.item.feed).cloned();
            self.start(setup, job, async move { pipeline::read(&desk, item, feed.as_ref()).await });
        }
        for name in due.feeds {
            let Some(feed) = setup.feeds.iter().find(|feed| feed.name == name).cloned() else { continue };
            let desk = desk();
            self.start(setup, Job::Feed(name), async move { pipeline::poll(&desk, &feed).await });
        }
        for look in due.looks {
            let host = look.look.url.host_str().unwrap_or_default();
            let (job, desk) = (Job::Host(host.to_owned()), desk());
            let feed = look.item.as_ref().and_then(|item| setup.feeds.iter().find(|feed| feed.name == item.feed));
            let feed = feed.cloned();
            self.start(setup, job, async move { pipeline::look_again(&desk, look, feed.as_ref()).await });
        }
        if due.pages {
            let desk = desk();
            self.start(setup, Job::Pages, async move { desk.prune_pages().await });
        }
        Ok(due.next)
    }

    fn start(&mut self, setup: &Setup, job: Job, work: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        if self.running.len() < setup.parallel.max(1) && self.running.insert(job.clone()) {
            let handle = self.tasks.spawn(work);
            self.names.insert(handle.id(), (job, handle));
        }
    }

    /// Waits for a job to end. A job that panicked is told like one that failed: the loop goes on.
    async fn next_end(&mut self) -> Option<anyhow::Result<()>> {
        let (id, ended) = match self.tasks.join_next_with_id().await? {
            Ok((id, ended)) => (id, ended),
            Err(fault) => (fault.id(), Err(anyhow::Error::new(fault))),
        };
        let job = self.names.remove(&id).map(|(job, _)| job);
        if let Some(job) = &job {
            self.running.remove(job);
        }
        Some(ended.with_context(|| job.map_or_else(String::new, |job| job.to_string())))
    }

    /// Lets mails that are under way be handed over and drops all else between two steps, of which each is whole in the
    /// store: a page is asked for again at the next start, but a mail broken off may have arrived and would come again.
    async fn end_within(&mut self, grace: Duration) {
        for (_, handle) in self.names.values().filter(|(job, _)| *job != Job::Outbox) {
            handle.abort();
        }
        let all = async { while self.next_end().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            warn!(jobs = self.running.len(), "ended while work was under way; it is taken up at the next start");
            self.tasks.shutdown().await;
        }
    }
}

async fn status(setup: &Setup) -> String {
    match setup.desk.status().await {
        Err(fault) => format!("the database does not answer: {fault:#}"),
        Ok(status) => {
            let last = status.last_change.map_or_else(String::new, |last| format!(" · last change: {}", last.story));
            format!(
                "{} feeds, {} resting, {} failing · outbox {}{last}",
                status.feeds, status.resting, status.failing, status.outbox
            )
        }
    }
}

/// Tells the service manager; without one this does nothing.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(fault) = sd_notify::notify(states) {
        warn!("the service manager could not be told: {fault}");
    }
}

/// The service manager's watchdog, fed at half of its time.
struct Watchdog(Option<tokio::time::Interval>);

impl Watchdog {
    fn from_environment() -> Self {
        Self(sd_notify::watchdog_enabled().map(|limit| tokio::time::interval(limit / 2)))
    }

    async fn due(&mut self) {
        match &mut self.0 {
            Some(interval) => {
                interval.tick().await;
            }
            None => std::future::pending().await,
        }
    }
}
