//! One lane for each host: one request at a time, a pause between two, in the order of asking.
//!
//! A lane is left for good (and forgotten) once nobody waits in it and its pause is over, so that the number of lanes
//! kept follows the number of hosts in use.
//!
//! A pause is a matter of seconds and runs on the runtime's clock; a rest that a host has asked for may last a day, is kept
//! over restarts, and runs on the caller's time of day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use tokio::sync::{Mutex as FairMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};
use url::{Host, Url};

use super::headers::LONGEST_REST;
use super::settings::{BadSetting, Pause, Settings};

/// With fewer lanes than this, none is looked over for being left.
const FEW_LANES: usize = 256;

/// The queues before all hosts, and the limit over all of them.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Mutex<Known>,
    slots: Arc<Semaphore>,
    pause: Duration,
    pauses: Vec<Pause>,
    by_domain: bool,
}

#[derive(Debug)]
struct Known {
    by_host: HashMap<String, Arc<FairMutex<Lane>>>,
    /// The number of lanes at which those left are forgotten.
    look_over_at: usize,
}

/// When the host may be asked again.
#[derive(Debug, Default)]
struct Lane {
    /// After the usual pause.
    free_from: Option<Instant>,
    /// After the rest that the host itself has asked for.
    resting_until: Option<Timestamp>,
}

/// The right to make one request to a host now; dropping it starts the pause.
#[derive(Debug)]
pub(super) struct Turn {
    lane: OwnedMutexGuard<Lane>,
    pause: Duration,
    _slot: OwnedSemaphorePermit,
}

impl Lanes {
    pub(super) fn new(settings: &Settings) -> Result<Self, BadSetting> {
        if settings.max_parallel == 0 {
            return Err(BadSetting::NoneParallel);
        }
        let pause = |Pause { host, pause }: &Pause| match Host::parse(host) {
            // In the form in which addresses name the host.
            Ok(host) => Ok(Pause { host: host.to_string(), pause: *pause }),
            Err(_) => Err(BadSetting::Pause(host.clone())),
        };
        Ok(Self {
            lanes: Mutex::new(Known { by_host: HashMap::new(), look_over_at: FEW_LANES }),
            slots: Arc::new(Semaphore::new(settings.max_parallel.min(Semaphore::MAX_PERMITS))),
            pause: settings.pause,
            pauses: settings.pauses.iter().map(pause).collect::<Result<_, _>>()?,
            by_domain: settings.by_domain,
        })
    }

    /// Waits for the host's turn; the error is how much longer the host has asked to be left alone, in
    /// whole seconds. `now` is asked for
    /// the time when the turn has come.
    ///
    /// The slot is taken last, so that a request that waits for its host keeps no other host waiting.
    pub(super) async fn turn(&self, url: &Url, now: impl Fn() -> Timestamp) -> Result<Turn, Duration> {
        let (host, pause) = self.host_and_pause(url);
        let lane = self.lane(host, now()).lock_owned().await;
        let at = now();
        if let Some(until) = lane.resting_until.filter(|until| *until > at) {
            let left = Duration::try_from(until.duration_since(at)).unwrap_or_default();
            return Err(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)));
        }
        if let Some(free_from) = lane.free_from {
            sleep_until(free_from).await;
        }
        let slots = Arc::clone(&self.slots);
        let slot = slots.acquire_owned().await.expect("the semaphore is never closed, since nothing calls close");
        Ok(Turn { lane, pause: pause.min(LONGEST_REST), _slot: slot })
    }

    /// Leaves a host alone until then, as it has asked before the process was started.
    pub(super) fn rest(&self, host: &str, until: Timestamp) {
        // Whoever is in the lane already has asked for it, and will hear of the rest from the host itself.
        if let Ok(mut lane) = self.lane(host, until).try_lock() {
            lane.resting_until = lane.resting_until.max(Some(until));
        }
    }

    /// The caller's clock was set back by so much and shows `now`: the rests end when they would have ended.
    pub(super) fn clock_set_back(&self, by: SignedDuration, now: Timestamp) {
        let known = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in known.by_host.values() {
            // Whoever is in the lane hears of a rest from the host itself.
            let Ok(mut lane) = lane.try_lock() else { continue };
            let earlier = |until: Timestamp| if until > now { (until - by).max(now) } else { until };
            lane.resting_until = lane.resting_until.map(earlier);
        }
    }

    /// Until when the host of this address has asked to be left alone, where that lies ahead, and its lane's name.
    pub(super) fn resting(&self, url: &Url, now: Timestamp) -> Option<(String, Timestamp)> {
        let (host, _) = self.host_and_pause(url);
        let known = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let until = known.by_host.get(host)?.try_lock().ok()?.resting_until?;
        (until > now).then(|| (host.to_owned(), until))
    }

    /// Hosts that share a pause of their own share its lane too; all others share that of their registrable domain,
    /// whatever the port, or have their own.
    pub(super) fn host_and_pause<'a>(&'a self, url: &'a Url) -> (&'a str, Duration) {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let named = self.pauses.iter().filter(|pause| is_within(host, &pause.host));
        match named.max_by_key(|pause| pause.host.len()) {
            Some(named) => (&named.host, named.pause),
            None if self.by_domain && url.domain().is_some() => (registrable(host), self.pause),
            None => (host, self.pause),
        }
    }

    fn lane(&self, host: &str, at: Timestamp) -> Arc<FairMutex<Lane>> {
        // Nothing can panic while the lock is held in a way that leaves the map half changed.
        let mut known = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = known.by_host.get(host) {
            return Arc::clone(lane);
        }
        if known.by_host.len() >= known.look_over_at {
            let now = Instant::now();
            known.by_host.retain(|_, lane| !is_left(lane, now, at));
            // Doubling keeps the looking-over cheap for each lane that is added.
            known.look_over_at = FEW_LANES.max(2 * known.by_host.len());
        }
        let lane = Arc::new(FairMutex::new(Lane::default()));
        known.by_host.insert(host.to_owned(), Arc::clone(&lane));
        lane
    }
}

/// What somebody has registered under a public suffix: `example.co.uk` of `www.example.co.uk`. Where strangers share a
/// domain that its owner has entered in the Public Suffix List, each has their own.
fn registrable(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

fn is_within(host: &str, domain: &str) -> bool {
    let above = host.len().checked_sub(domain.len());
    above.is_some_and(|above| host[above..] == *domain && (above == 0 || host.as_bytes()[above - 1] == b'.'))
}

fn is_left(lane: &Arc<FairMutex<Lane>>, now: Instant, at: Timestamp) -> bool {
    // Whoever waits in a lane holds a reference to it, and new ones are only given out under the lock of the map.
    if Arc::strong_count(lane) > 1 {
        return false;
    }
    lane.try_lock().is_ok_and(|lane| {
        lane.free_from.is_none_or(|from| from <= now) && lane.resting_until.is_none_or(|until| until <= at)
    })
}

impl Turn {
    /// Leaves the host alone until then, and to the end of that second: nobody gets a turn before.
    pub(super) fn rest(&mut self, until: Timestamp) {
        let up = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
        self.lane.resting_until = Some(until.round(up).unwrap_or(until));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.lane.free_from = Some(Instant::now() + self.pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(pause: u64, max_parallel: usize) -> Arc<Lanes> {
        let pauses = vec![Pause { host: "Slow.example".to_owned(), pause: Duration::from_secs(60) }];
        let pause = Duration::from_secs(pause);
        Arc::new(Lanes::new(&Settings { pause, pauses, max_parallel, ..Settings::default() }).unwrap())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn url(host: &str) -> Url {
        format!("http://{host}/").parse().unwrap()
    }

    /// Runs a request of `lasting` seconds to each host, all asked for at once; tells when each began and ended.
    async fn timetable(lanes: &Arc<Lanes>, hosts: &[&str], lasting: u64) -> String {
        let start = Instant::now();
        let mut running = Vec::new();
        for host in hosts {
            let (lanes, url, host) = (Arc::clone(lanes), url(host), (*host).to_owned());
            running.push(tokio::spawn(async move {
                let turn = lanes.turn(&url, || at(0)).await.unwrap();
                let began = start.elapsed().as_secs();
                tokio::time::sleep(Duration::from_secs(lasting)).await;
                drop(turn);
                format!("{host} {began}-{}", start.elapsed().as_secs())
            }));
            // Lets the task reach its queue, so that the order of asking is that of the list.
            tokio::task::yield_now().await;
        }
        let mut lines = Vec::new();
        for task in running {
            lines.push(task.await.unwrap());
        }
        lines.join(", ")
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_asked_one_by_one_with_a_pause_in_the_order_of_asking() {
        let told = timetable(&lanes(2, 9), &["a.example", "a.example:81", "b.example", "a.example."], 3).await;
        assert_eq!(told, "a.example 0-3, a.example:81 5-8, b.example 0-3, a.example. 10-13");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_run_at_once_than_allowed() {
        let told = timetable(&lanes(1, 2), &["a.example", "b.example", "c.example", "d.example"], 5).await;
        assert_eq!(told, "a.example 0-5, b.example 0-5, c.example 5-10, d.example 5-10");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_one_host_takes_no_slot_from_another() {
        let told = timetable(&lanes(10, 1), &["a.example", "a.example", "b.example"], 1).await;
        assert_eq!(told, "a.example 0-1, a.example 11-12, b.example 1-2");
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_below_a_named_one_share_its_pause() {
        let hosts = ["www.slow.example", "old.slow.example", "veryslow.example", "slow.example"];
        let told = timetable(&lanes(2, 9), &hosts, 1).await;
        let expected = "www.slow.example 0-1, old.slow.example 61-62, veryslow.example 0-1, slow.example 122-123";
        assert_eq!(told, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn the_hosts_of_one_domain_are_asked_as_one() {
        let hosts = ["www.example.co.uk", "feeds.example.co.uk", "other.co.uk", "127.0.0.1", "127.0.1.1", "localhost"];
        let told = timetable(&lanes(2, 9), &hosts, 1).await;
        assert_eq!(
            told,
            "www.example.co.uk 0-1, feeds.example.co.uk 3-4, other.co.uk 0-1, 127.0.0.1 0-1, 127.0.1.1 0-1, localhost 0-1"
        );
        let each = Settings { by_domain: false, pause: Duration::from_secs(2), ..Settings::default() };
        let told = timetable(&Arc::new(Lanes::new(&each).unwrap()), &hosts[..2], 1).await;
        assert_eq!(told, "www.example.co.uk 0-1, feeds.example.co.uk 0-1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asked_for_rest_gets_it() {
        let lanes = lanes(1, 9);
        lanes.turn(&url("a.example"), || at(0)).await.unwrap().rest(at(90));
        assert_eq!(lanes.turn(&url("a.example"), || at(30)).await.unwrap_err(), Duration::from_secs(60));
        assert_eq!(lanes.resting(&url("a.example"), at(30)), Some(("a.example".to_owned(), at(90))));
        assert!(lanes.turn(&url("b.example"), || at(30)).await.is_ok());
        assert!(lanes.turn(&url("a.example"), || at(90)).await.is_ok());
        assert_eq!(lanes.resting(&url("a.example"), at(90)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_that_was_asked_for_before_a_restart_still_holds() {
        let lanes = lanes(1, 9);
        lanes.rest("a.example", at(90));
        assert_eq!(lanes.turn(&url("a.example"), || at(30)).await.unwrap_err(), Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn lanes_that_were_left_are_forgotten() {
        let lanes = lanes(1, 9);
        lanes.turn(&url("resting.example"), || at(0)).await.unwrap().rest(at(86_400));
        for n in 0..4 * FEW_LANES {
            drop(lanes.turn(&url(&format!("host{n}.example")), || at(0)).await.unwrap());
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        // At 10 ms a request and a pause of 1 s, a hundred lanes are in their pause at any time.
        assert!(lanes.lanes.lock().unwrap().by_host.len() <= FEW_LANES + 100);
        assert!(lanes.turn(&url("resting.example"), || at(0)).await.is_err(), "a rest is not forgotten");
    }
}
