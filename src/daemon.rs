//! What wakes the process: a feed that is due, a mail that is due, a reload, a shutdown. And what systemd is told.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::pipeline::{self, Desk, Watched};

/// At the latest after this the store is looked at again, whatever it said when it was last asked.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_mins(15);

/// How long work under way may take to end after a shutdown was asked for; it is below the service manager's own limit.
const GRACE: Duration = Duration::from_secs(10);

/// After a fault of the store (a full disk) nothing is started for so long.
const REST_AFTER_FAULT: SignedDuration = SignedDuration::from_mins(1);

/// All that a reload replaces: made of a checked config, as a whole or not at all.
pub struct Setup {
    /// What the pipeline works with.
    pub desk: Desk,
    /// The feeds, in the order of the config.
    pub feeds: Vec<Watched>,
}

/// What comes from outside while the daemon runs.
pub struct Orders {
    /// Ends the daemon.
    pub shutdown: CancellationToken,
    /// New setups, each from a config that was found good.
    pub reload: mpsc::Receiver<Setup>,
}

/// A piece of work under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Job {
    Feed(String),
    Outbox,
}

/// Runs until the shutdown is asked for; returns when all work has ended and the database is tidy.
///
/// # Errors
/// Only what makes going on pointless: the store cannot even be read. A fault that may pass (a full disk) is told, and
/// tried again after a minute.
pub async fn run(mut setup: Setup, clock: &Clock, mut orders: Orders) -> anyhow::Result<()> {
    let mut jobs = Jobs::default();
    let mut resting_until: Option<Timestamp> = None;
    let mut watchdog = Watchdog::from_environment();
    tell(&[NotifyState::Ready]);

    loop {
        let now = clock.now();
        let mut wake = now + LONGEST_SLEEP;
        if let Some(until) = resting_until.filter(|until| *until > now) {
            wake = until;
        } else {
            resting_until = None;
            match jobs.start_due(&setup, now).await {
                Ok(next) => wake = wake.min(next),
                Err(fault) => {
                    rest(&mut resting_until, now, &fault);
                    continue;
                }
            }
        }
        let idle = jobs.running.is_empty();
        tokio::select! {
            biased;
            () = orders.shutdown.cancelled() => break,
            Some(new) = orders.reload.recv() => {
                setup = new;
                info!(feeds = setup.feeds.len(), "the config was loaded anew");
                tell(&[NotifyState::Ready]);
            }
            Some(ended) = jobs.next_end(), if !idle => {
                if let Err(fault) = ended {
                    rest(&mut resting_until, clock.now(), &fault);
                }
                tell(&[NotifyState::Status(&status(&setup).await)]);
            }
            () = watchdog.due() => {
                // The database has just answered `start_due`; a process stuck before that does not come here.
                tell(&[NotifyState::Watchdog]);
            }
            () = clock.sleep_until(wake), if idle || clock.runs_by_itself() => {}
        }
    }

    tell(&[NotifyState::Stopping]);
    jobs.end_within(GRACE).await;
    setup.desk.close().await.context("closing the database")
}

fn rest(until: &mut Option<Timestamp>, now: Timestamp, fault: &anyhow::Error) {
    error!("{fault:#}; nothing is started for a minute");
    *until = Some(now + REST_AFTER_FAULT);
}

/// The work under way: one job a feed, one for the outbox, never two of the same.
#[derive(Default)]
struct Jobs {
    running: HashSet<Job>,
    tasks: JoinSet<anyhow::Result<()>>,
    names: HashMap<tokio::task::Id, Job>,
}

impl Jobs {
    /// Starts what is due and not yet under way; returns when the next thing will be due.
    async fn start_due(&mut self, setup: &Setup, now: Timestamp) -> anyhow::Result<Timestamp> {
        let due = setup.desk.due(&setup.feeds, now).await?;
        for feed in due.feeds {
            let desk = setup.desk.clone();
            self.start(Job::Feed(feed.name.clone()), async move { pipeline::poll(&desk, &feed).await });
        }
        if due.outbox {
            let desk = setup.desk.clone();
            self.start(Job::Outbox, async move { pipeline::send_due(&desk).await });
        }
        Ok(due.next)
    }

    fn start(&mut self, job: Job, work: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        if self.running.insert(job.clone()) {
            let handle = self.tasks.spawn(work);
            self.names.insert(handle.id(), job);
        }
    }

    /// Waits for a job to end. A job that panicked is told like one that failed: the loop goes on.
    async fn next_end(&mut self) -> Option<anyhow::Result<()>> {
        let (id, ended) = match self.tasks.join_next_with_id().await? {
            Ok((id, ended)) => (id, ended),
            Err(fault) => (fault.id(), Err(anyhow::Error::new(fault))),
        };
        let job = self.names.remove(&id);
        if let Some(job) = &job {
            self.running.remove(job);
        }
        Some(ended.with_context(|| match job {
            Some(Job::Feed(name)) => format!("feed {name}"),
            _ => "outbox".to_owned(),
        }))
    }

    /// Lets what is under way end; what takes longer is dropped between two steps, of which each is whole in the store.
    async fn end_within(&mut self, grace: Duration) {
        let all = async { while self.next_end().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            warn!(jobs = self.running.len(), "ended while work was under way; it is taken up at the next start");
            self.tasks.shutdown().await;
        }
    }
}

async fn status(setup: &Setup) -> String {
    match setup.desk.summary(setup.feeds.len()).await {
        Ok(summary) => summary,
        Err(fault) => format!("the database does not answer: {fault:#}"),
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
