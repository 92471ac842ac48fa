//! What wakes the process: a feed that is due, a mail that is due, a reload, a shutdown. And what systemd is told.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::crash;
use crate::pipeline::{self, Desk, Due, Spacing, Watched};

pub mod messages;
mod course;
mod heap;
mod manager;

pub use manager::{reloading, starting};

use course::{Course, Jump};
use heap::Heap;
use manager::{Standing, Watchdog, status, tell};

/// Threads for what computes or waits for the disk, at most; what finds none waits. Two documents are read at once, one piece
/// of work is done on the database, one check of it, one mail is written and one page is made. With some dozen more, half a
/// megabyte of stack and of the allocator's is kept by each for as long as there is work.
pub const BLOCKING: usize = 6;

/// At the latest after this the store is looked at again, whatever it said when it was last asked.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_mins(15);

/// How long mails under way may take to be handed over after a shutdown was asked for; it is below the service
/// manager's own limit.
const GRACE: Duration = Duration::from_secs(10);

/// After a fault of the store (a full disk) nothing is started for so long.
const REST_AFTER_FAULT: SignedDuration = SignedDuration::from_mins(1);

/// From so many due feeds on, they are worked off for [`LOOK_AGAIN`] before the store is asked again what is due.
const FEEDS_WORKED_OFF: usize = 64;
/// See [`FEEDS_WORKED_OFF`].
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// When all room has been taken for so long by work of which nothing ends, the watchdog is not fed any more. The longest
/// that may rightly take so long is a round of mails to a server that lets each wait for ten minutes.
const LONGEST_STANDSTILL: Duration = Duration::from_secs(2 * 60 * 60);

/// From so many remembered hosts on, those that need not be left alone any more are forgotten.
const HOSTS_KEPT: usize = 1_024;

/// With so many feeds the service manager is told of the status only so often: to know it, the store counts them all.
const FEEDS_QUICKLY_COUNTED: usize = 1_000;
/// See [`FEEDS_QUICKLY_COUNTED`].
const BETWEEN_STATUSES: SignedDuration = SignedDuration::from_secs(10);

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
    /// New setups, each from a config that was found good; or the word that one was not.
    pub reload: mpsc::Receiver<Result<Setup, Refused>>,
    /// Ends the daemon at this time of its clock, when the work of that time is done.
    pub end: Option<Timestamp>,
}

/// A new config was wrong, and the old one stays in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// Runs until the shutdown is asked for; returns when all work has ended and the database is tidy.
///
/// A fault that may pass (a full disk) is told, and what was to be done is tried again after a minute.
///
/// # Errors
/// When the store cannot be closed at the end.
pub async fn run(mut setup: Setup, mut orders: Orders) -> anyhow::Result<()> {
    let clock = setup.desk.clock().clone();
    let mut feeds = known(&setup);
    let mut jobs = Jobs::default();
    let mut status_told = clock.now();
    let mut course = Course::starting(clock.now());
    let mut heap = Heap::starting(clock.now());
    let mut standing = Standing::default();
    let mut watchdog = Watchdog::from_environment();
    // Whoever starts on a full disk waits for room like whoever meets one.
    if let Err(fault) = take_up(&setup).await {
        rest(&setup, &mut standing, &fault).await;
    }
    tell(&[NotifyState::Ready, NotifyState::Status(&status(&setup, &standing).await)]);

    loop {
        let now = clock.now();
        if let Some(Jump::Back(by)) = course.look(&clock, now) {
            jobs.clock_set_back(by);
            status_told = now;
            if let Some((until, _)) = &mut standing.resting {
                *until = (*until - by).max(now);
            }
        }
        let mut wake = now + LONGEST_SLEEP;
        if let Some((until, _)) = &standing.resting {
            if *until <= now {
                // A first write, before anybody is asked for what could not be kept.
                match setup.desk.try_writing(&setup.feeds).await {
                    Ok(()) => {
                        standing.resting = None;
                        info!(MESSAGE_ID = messages::DATABASE_WELL.id, "the database can be written again");
                        tell(&[NotifyState::Status(&status(&setup, &standing).await)]);
                    }
                    Err(fault) => rest(&setup, &mut standing, &fault).await,
                }
                continue;
            }
            wake = *until;
        } else {
            if let Err(fault) = course.follow(&setup.desk).await {
                rest(&setup, &mut standing, &fault).await;
                continue;
            }
            match jobs.start_due(&setup, &feeds).await {
                Ok(next) => wake = wake.min(next.unwrap_or(wake)),
                Err(fault) => {
                    rest(&setup, &mut standing, &fault).await;
                    continue;
                }
            }
        }
        let idle = jobs.running.is_empty();
        heap.look(now, idle);
        if idle && orders.end.is_some_and(|end| end <= now) {
            break;
        }
        wake = wake.min(orders.end.unwrap_or(wake));
        let wake = course.sleeps_until(wake);
        tokio::select! {
            biased;
            () = orders.shutdown.cancelled() => break,
            Some(new) = orders.reload.recv() => {
                standing.config_refused = new.is_err();
                if let Ok(new) = new {
                    setup = new;
                    crash::point("in reload");
                    (feeds, jobs.looked) = (known(&setup), None);
                    if let Err(fault) = setup.desk.watch(&setup.feeds).await {
                        rest(&setup, &mut standing, &fault).await;
                    }
                    info!(MESSAGE_ID = messages::CONFIG_LOADED.id, feeds = setup.feeds.len(), "the config was loaded anew");
                }
                tell(&[NotifyState::Ready, NotifyState::Status(&status(&setup, &standing).await)]);
            }
            Some(ended) = jobs.next_end(&clock), if !idle => {
                if let Err(fault) = ended {
                    rest(&setup, &mut standing, &fault).await;
                }
                let (few, long_ago) = (feeds.len() < FEEDS_QUICKLY_COUNTED, clock.now() > status_told + BETWEEN_STATUSES);
                if clock.runs_by_itself() && (long_ago || few && jobs.running.is_empty()) {
                    status_told = clock.now();
                    tell(&[NotifyState::Status(&status(&setup, &standing).await)]);
                }
            }
            // The database has just answered, in `start_due` or to the first write after a rest: a process that is stuck
            // before that does not come here.
            () = watchdog.due() => if !jobs.stand_still(setup.parallel) { tell(&[NotifyState::Watchdog]) },
            // Nor does it answer whoever asks whether it is well.
            () = setup.desk.pulse().asked(), if !jobs.stand_still(setup.parallel) => setup.desk.pulse().beat(standing.resting.as_ref().map(|(until, _)| *until)),
            () = clock.sleep_until(wake), if idle || clock.runs_by_itself() => {}
        }
    }

    tell(&[NotifyState::Stopping]);
    jobs.end_within(GRACE, &clock).await;
    setup.desk.close().await
}

/// The first writes.
async fn take_up(setup: &Setup) -> anyhow::Result<()> {
    if let Some(behind) = setup.desk.behind_the_last_poll().await? {
        warn!("the clock is {behind:#} behind the last poll: what waits comes as if it had not been set back");
        setup.desk.clock_set_back(behind, false).await?;
    }
    setup.desk.watch(&setup.feeds).await?;
    setup.desk.opened_sound().await?;
    setup.desk.spread_many().await
}

/// The feeds of a setup by their names.
type Feeds = HashMap<String, KnownFeed>;

/// Where a feed stands in the setup, and the name of the queue that requests to it wait in.
struct KnownFeed {
    at: usize,
    host: String,
}

fn known(setup: &Setup) -> Feeds {
    let known = |(at, feed): (usize, &Watched)| (feed.name.clone(), KnownFeed { at, host: setup.desk.lane(&feed.url) });
    setup.feeds.iter().enumerate().map(known).collect()
}

/// After a fault of the store nothing is started for a while.
async fn rest(setup: &Setup, standing: &mut Standing, fault: &anyhow::Error) {
    error!(MESSAGE_ID = messages::DATABASE_TROUBLE.id, "{fault:#}; nothing is started for a minute");
    standing.resting = Some((setup.desk.clock().now() + REST_AFTER_FAULT, format!("{fault:#}")));
    tell(&[NotifyState::Status(&status(setup, standing).await)]);
}

/// The weekly work: looks the whole database through, and removes what need not be kept. Damage is told, and does not end the daemon: what it can still do, it does.
async fn check(desk: &Desk) -> anyhow::Result<()> {
    match desk.check_database().await? {
        None => info!("the weekly check found the database sound"),
        Some(found) => error!(
            MESSAGE_ID = messages::DATABASE_TROUBLE.id,
            "the weekly check found damage in the database: {found}; stop tollwatch and restore a backup"
        ),
    }
    desk.prune_mails().await
}

/// A piece of work under way. No two of the same are, so that a feed is polled once, and the pages of one host are
/// read one after the other and leave room for those of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Job {
    Feed(String),
    Host(String),
    Outbox,
    Pages,
    Check,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed(name) => write!(f, "feed {name}"),
            Self::Host(host) => write!(f, "pages of {host}"),
            Self::Outbox => f.write_str("outbox"),
            Self::Pages => f.write_str("kept pages"),
            Self::Check => f.write_str("check of the database"),
        }
    }
}

/// A host that has been asked lately, by the name of its queue.
#[derive(Debug, Default)]
struct Host {
    /// Whether it is being asked.
    is_busy: bool,
    /// Before this it is left alone; `None` while it is busy for the first time.
    free_from: Option<Timestamp>,
    /// Whether it was a page that it was asked for last: then a feed of its is next.
    gave_a_page: bool,
}

/// A job that has been started.
struct Started {
    job: Job,
    handle: AbortHandle,
    /// The host that it asks, and how long that one is left alone afterwards.
    asks: Option<(String, SignedDuration)>,
}

/// What is under way, and what waits for room. Of one host one thing is asked at a time, and whatever waits for its host
/// takes no room from the others.
#[derive(Default)]
struct Jobs {
    running: HashSet<Job>,
    tasks: JoinSet<anyhow::Result<()>>,
    started: HashMap<tokio::task::Id, Started>,
    hosts: HashMap<String, Host>,
    /// What was due when the store was last asked, less what has been started since.
    due: Due,
    /// The feeds of it, the longest overdue first.
    feeds: VecDeque<String>,
    /// The hosts of those feeds.
    feeds_hosts: HashSet<String>,
    looked: Option<Timestamp>,
    /// When a piece of work was started or ended last, by a clock that nobody sets.
    moved: Option<Instant>,
}

impl Jobs {
    /// Starts what is due, as far as there is room; returns when to look again. What finds no room is looked at again
    /// when a job ends.
    async fn start_due(&mut self, setup: &Setup, feeds: &Feeds) -> anyhow::Result<Option<Timestamp>> {
        let now = setup.desk.clock().now();
        if self.must_look(now) {
            self.due = setup.desk.due().await?;
            self.looked = Some(now);
            let under_way = |name: &String| self.running.contains(&Job::Feed(name.clone()));
            self.feeds = std::mem::take(&mut self.due.feeds).into_iter().filter(|name| !under_way(name)).collect();
            self.feeds_hosts = self.feeds.iter().filter_map(|name| Some(feeds.get(name)?.host.clone())).collect();
        }
        if self.hosts.len() > HOSTS_KEPT {
            self.hosts.retain(|_, host| host.is_busy || host.free_from.is_some_and(|from| from > now));
        }
        let mut wake = self.due.next;
        // A mail that waits is the most urgent, then a known article, then news of new ones.
        if self.due.outbox && self.has_room(setup) {
            let desk = setup.desk.clone();
            self.start(Job::Outbox, None, async move { pipeline::send_due(&desk).await });
            self.due.outbox = false;
        }
        for item in std::mem::take(&mut self.due.items) {
            let feed = feeds.get(&item.item.feed).map(|known| setup.feeds[known.at].clone());
            let host = match &item.item.link {
                Some(link) => setup.desk.lane(link),
                None => item.item.feed.clone(),
            };
            let gives_way = self.hosts.get(&host).is_some_and(|it| it.gave_a_page) && self.feeds_hosts.contains(&host);
            if !self.has_room(setup) || gives_way || !self.is_free(&host, now, &mut wake) {
                continue;
            }
            let pause = feed.as_ref().map_or(Spacing::default(), |feed| feed.spacing).host_pause;
            let (job, desk) = (Job::Host(host.clone()), setup.desk.clone());
            self.start(job, Some((host, pause)), async move { pipeline::read(&desk, item, feed.as_ref()).await });
        }
        let mut at = 0;
        while let Some(name) = self.feeds.get(at).filter(|_| self.has_room(setup)) {
            match feeds.get(name) {
                Some(known) if !self.is_free(&known.host, now, &mut wake) => {
                    at += 1;
                    continue;
                }
                Some(known) => {
                    let (desk, feed) = (setup.desk.clone(), setup.feeds[known.at].clone());
                    let job = Job::Feed(name.clone());
                    let asks = Some((known.host.clone(), feed.spacing.host_pause));
                    self.start(job, asks, async move { pipeline::poll(&desk, &feed).await });
                }
                // It has left the config since.
                None => {}
            }
            self.feeds.remove(at);
        }
        for look in std::mem::take(&mut self.due.looks) {
            let feed = look.item.as_ref().and_then(|item| feeds.get(&item.feed));
            let feed = feed.map(|known| setup.feeds[known.at].clone());
            let host = setup.desk.lane(&look.look.url);
            let gives_way = self.feeds_hosts.contains(&host);
            if !self.has_room(setup) || gives_way || !self.is_free(&host, now, &mut wake) {
                continue;
            }
            let pause = feed.as_ref().map_or(Spacing::default(), |feed| feed.spacing).host_pause;
            let (job, desk) = (Job::Host(host.clone()), setup.desk.clone());
            self.start(job, Some((host, pause)), async move { pipeline::look_again(&desk, look, feed.as_ref()).await });
        }
        if self.due.pages && self.has_room(setup) {
            let desk = setup.desk.clone();
            self.start(Job::Pages, None, async move { desk.prune_pages().await });
            self.due.pages = false;
        }
        if self.due.check && self.has_room(setup) {
            let desk = setup.desk.clone();
            self.start(Job::Check, None, async move { check(&desk).await });
            self.due.check = false;
        }
        Ok(wake)
    }

    /// The clock was set back by so much: nobody is left alone for so much longer.
    fn clock_set_back(&mut self, by: SignedDuration) {
        for host in self.hosts.values_mut() {
            host.free_from = host.free_from.map(|from| from - by);
        }
        self.looked = None;
    }

    /// A long list of feeds is worked off before the store is asked again, so that the work does not grow with its square.
    fn must_look(&self, now: Timestamp) -> bool {
        self.feeds.len() < FEEDS_WORKED_OFF || self.looked.is_none_or(|at| now >= at + LOOK_AGAIN)
    }

    fn has_room(&self, setup: &Setup) -> bool {
        self.running.len() < setup.parallel.max(1)
    }

    /// Whether all room has been taken for long by work of which nothing ends.
    fn stand_still(&self, parallel: usize) -> bool {
        let for_long = self.moved.is_some_and(|moved| moved.elapsed() > LONGEST_STANDSTILL);
        for_long && self.running.len() >= parallel.max(1)
    }

    /// Whether a host may be asked now; when it is only resting, that is when to wake at the latest.
    fn is_free(&self, host: &str, now: Timestamp, wake: &mut Option<Timestamp>) -> bool {
        match self.hosts.get(host) {
            Some(Host { is_busy: true, .. }) => false,
            Some(Host { free_from: Some(from), .. }) if *from > now => {
                *wake = Some(wake.unwrap_or(*from).min(*from));
                false
            }
            _ => true,
        }
    }

    fn start(
        &mut self,
        job: Job,
        asks: Option<(String, SignedDuration)>,
        work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        if self.running.insert(job.clone()) {
            if let Some((host, _)) = &asks {
                let host = self.hosts.entry(host.clone()).or_default();
                (host.is_busy, host.gave_a_page) = (true, matches!(job, Job::Host(_)));
            }
            let handle = self.tasks.spawn(work);
            self.moved = Some(Instant::now());
            self.started.insert(handle.id(), Started { job, handle, asks });
        }
    }

    /// Waits for a job to end. A job that panicked is told like one that failed: the loop goes on.
    async fn next_end(&mut self, clock: &Clock) -> Option<anyhow::Result<()>> {
        let (id, ended) = match self.tasks.join_next_with_id().await? {
            Ok((id, ended)) => (id, ended),
            Err(fault) => (fault.id(), Err(anyhow::Error::new(fault))),
        };
        let Some(Started { job, asks, .. }) = self.started.remove(&id) else { return Some(ended) };
        self.running.remove(&job);
        self.moved = Some(Instant::now());
        if let Some((name, pause)) = asks
            && let Some(host) = self.hosts.get_mut(&name)
        {
            (host.is_busy, host.free_from) = (false, Some(clock.now() + pause));
        }
        Some(ended.with_context(|| job.to_string()))
    }

    /// Lets mails that are under way be handed over and drops all else between two steps, of which each is whole in the
    /// store: a page is asked for again at the next start, but a mail broken off may have arrived and would come again.
    async fn end_within(&mut self, grace: Duration, clock: &Clock) {
        for started in self.started.values().filter(|started| started.job != Job::Outbox) {
            started.handle.abort();
        }
        let all = async { while self.next_end(clock).await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            warn!(jobs = self.running.len(), "ended while work was under way; it is taken up at the next start");
            self.tasks.shutdown().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_which_nothing_ends_stands_still_only_when_it_takes_all_room() {
        let long_ago = Instant::now().checked_sub(LONGEST_STANDSTILL + Duration::from_secs(1));
        let mut jobs = Jobs { moved: long_ago, ..Jobs::default() };
        assert!(!jobs.stand_still(2), "nothing is under way");
        jobs.running.insert(Job::Outbox);
        assert!(!jobs.stand_still(2), "there is room for more");
        jobs.running.insert(Job::Pages);
        assert!(jobs.stand_still(2));
        jobs.moved = Some(Instant::now());
        assert!(!jobs.stand_still(2), "it has just moved");
    }
}
