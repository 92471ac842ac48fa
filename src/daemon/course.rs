//! Whether the clock goes on as it should between two turns of the loop, and what is done when it was set.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::clock::Clock;
use crate::pipeline::{Desk, LONGEST_WORK, SLIGHTLY};

/// So much later than it was to wake the loop may wake without anything being made of it: the machine may be slow.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// What the loop knows of the clock.
pub(super) struct Course {
    /// What it showed at the last turn, and when that was by a clock that nobody sets.
    seen: Timestamp,
    at: Instant,
    /// When the loop meant to wake.
    wake: Timestamp,
    /// By how much it was set back, until that has been followed.
    behind: SignedDuration,
    /// When it is followed once more, for the sake of what was under way, and by how much it was set back.
    again: Option<(Timestamp, SignedDuration)>,
    /// Whether it was set ahead, or the machine slept, until that has been followed.
    is_ahead: bool,
}

/// A clock that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jump {
    /// By so much.
    Back(SignedDuration),
    /// At least so far, or the machine slept for so long.
    Ahead(SignedDuration),
}

impl Course {
    pub(super) fn starting(now: Timestamp) -> Self {
        Self { seen: now, at: Instant::now(), wake: now, behind: SignedDuration::ZERO, again: None, is_ahead: false }
    }

    /// Takes note of what the clock shows now.
    pub(super) fn look(&mut self, clock: &Clock, now: Timestamp) -> Option<Jump> {
        // A simulated clock stands still while work is under way.
        let passed = if clock.runs_by_itself() { self.at.elapsed() } else { Duration::ZERO };
        let jump = jump(self.seen, passed, self.wake, now);
        (self.seen, self.at) = (now, Instant::now());
        match jump {
            Some(Jump::Back(by)) => {
                warn!("the clock was set back by {by:#}: what waits comes as if it had not been");
                self.behind += by;
            }
            Some(Jump::Ahead(by)) => {
                warn!("the clock was set ahead by {by:#}, or this machine slept: what has become due is spread");
                self.is_ahead = true;
            }
            None => {}
        }
        jump
    }

    /// When the loop is to wake, which means to wake then.
    pub(super) fn sleeps_until(&mut self, wake: Timestamp) -> Timestamp {
        self.wake = self.again.map_or(wake, |(at, _)| at.min(wake));
        self.wake
    }

    /// Makes the desk follow the clock, where it was set. Tried again at the next turn where it fails.
    pub(super) async fn follow(&mut self, desk: &Desk) -> anyhow::Result<()> {
        if self.behind > SignedDuration::ZERO {
            desk.clock_set_back(self.behind, false).await?;
            self.again = Some((self.seen + LONGEST_WORK, self.behind));
            self.behind = SignedDuration::ZERO;
        }
        if let Some((_, by)) = self.again.filter(|(at, _)| *at <= self.seen) {
            desk.clock_set_back(by, true).await?;
            self.again = None;
        }
        if self.is_ahead {
            desk.spread_many().await?;
            self.is_ahead = false;
        }
        Ok(())
    }
}

/// Whether a clock was set that showed `seen` when `passed` ago the loop went to sleep until `wake`, and shows `now`.
fn jump(seen: Timestamp, passed: Duration, wake: Timestamp, now: Timestamp) -> Option<Jump> {
    let should = seen.checked_add(passed).unwrap_or(now);
    let behind = should.duration_since(now);
    let late = now.duration_since(should.max(wake));
    match () {
        () if behind > SLIGHTLY => Some(Jump::Back(behind)),
        () if late > LATE => Some(Jump::Ahead(late)),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_told_from_one_that_goes() {
        let at = |minute: i64| Timestamp::from_second(1_741_500_000 + minute * 60).expect("a time in range");
        let mins = |minutes: u64| Duration::from_secs(minutes * 60);
        let signed = SignedDuration::from_mins;
        let day = 24 * 60;
        assert_eq!(jump(at(0), mins(15), at(15), at(15)), None, "it slept as long as it meant to");
        assert_eq!(jump(at(0), mins(3), at(15), at(3)), None, "it was woken");
        assert_eq!(jump(at(0), mins(0), at(15), at(15)), None, "a simulated clock");
        assert_eq!(jump(at(0), mins(17), at(15), at(18)), None, "a slow machine");
        assert_eq!(jump(at(10), mins(0), at(15), at(9)), None, "a time server that puts it right");
        assert_eq!(jump(at(day), mins(3), at(day + 15), at(3)), Some(Jump::Back(signed(day))));
        assert_eq!(jump(at(0), mins(3), at(15), at(3 + day)), Some(Jump::Ahead(signed(day - 12))));
    }
}
