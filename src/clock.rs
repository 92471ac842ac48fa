//! The clock: the one place that reads the time of day. Everything else is told what time it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// What time it is, and how to wait.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until somebody waits, then jumps to the end of the wait: days pass in seconds, and
    /// the same run always sees the same times.
    Simulated(Simulated),
}

/// The state of a simulated clock; its copies show the same time.
#[derive(Debug, Clone)]
pub struct Simulated {
    now: Arc<Mutex<Timestamp>>,
    /// How long a jump over one hour really takes, so that somebody can watch.
    pace: Duration,
}

impl Simulated {
    /// A clock that shows `now` and takes `pace` for each hour that it jumps over.
    pub fn starting_at(now: Timestamp, pace: Duration) -> Self {
        Self { now: Arc::new(Mutex::new(now)), pace }
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets it, as a person or a time server may set the machine's.
    pub fn set(&self, to: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    async fn jump_to(&self, then: Timestamp) {
        let ahead = then.duration_since(self.now()).max(SignedDuration::ZERO);
        if !self.pace.is_zero() {
            tokio::time::sleep(self.pace.mul_f64(ahead.as_secs_f64() / 3600.0)).await;
        }
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = then.max(*now);
    }
}

impl Clock {
    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Simulated(simulated) => simulated.now(),
        }
    }

    /// Waits until the clock shows `then`; returns at once when it already does.
    ///
    /// The machine's clock is looked at again at least once a minute, since it can be set. Where it has been set back, this
    /// returns early: what was waited for may lie days ahead by now.
    pub async fn sleep_until(&self, then: Timestamp) {
        match self {
            Self::Simulated(simulated) => simulated.jump_to(then).await,
            Self::System => loop {
                let now = Timestamp::now();
                let Ok(left) = Duration::try_from(then.duration_since(now)) else { return };
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(Duration::from_secs(60))).await;
                if Timestamp::now() < now {
                    return;
                }
            },
        }
    }

    /// Whether time passes while work is under way; if not, one waits only when there is no work.
    pub fn runs_by_itself(&self) -> bool {
        matches!(self, Self::System)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_simulated_clock_jumps_and_never_goes_back() {
        let start: Timestamp = "2025-03-08T00:00:00Z".parse().expect("a date");
        let clock = Clock::Simulated(Simulated::starting_at(start, Duration::ZERO));
        let copy = clock.clone();
        clock.sleep_until(start + SignedDuration::from_hours(6)).await;
        assert_eq!(copy.now().to_string(), "2025-03-08T06:00:00Z");
        clock.sleep_until(start).await;
        assert_eq!(clock.now().to_string(), "2025-03-08T06:00:00Z");
    }
}
