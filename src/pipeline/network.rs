//! Whether our own network is up, told from which hosts answer.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

/// So many hosts in a row must have been out of reach, and none have answered in between, for the fault to be ours.
const HOSTS: usize = 3;

/// While the network is down one feed is asked this often, to see whether it is up again.
const BETWEEN_TRIALS: SignedDuration = SignedDuration::from_secs(30);

/// Where few hosts are watched, one that is out of reach for this long is taken to be at fault itself.
const BENEFIT_OF_DOUBT: SignedDuration = SignedDuration::from_hours(1);

/// What is known of our way out.
#[derive(Debug, Default)]
pub(super) struct Network {
    last_answer: Option<Timestamp>,
    /// The hosts that have been out of reach since.
    unreached: HashSet<String>,
    last_trial: Option<Timestamp>,
}

impl Network {
    /// Takes note of an answer, whatever it says; true where the network had been down.
    pub(super) fn answered(&mut self, now: Timestamp) -> bool {
        let was_down = self.is_down();
        self.last_answer = self.last_answer.max(Some(now));
        self.unreached.clear();
        self.last_trial = None;
        was_down
    }

    /// Takes note that a host could not be reached; true where with it the network is found to be down.
    pub(super) fn unanswered(&mut self, host: &str) -> bool {
        let was_down = self.is_down();
        if self.unreached.len() <= HOSTS {
            self.unreached.insert(host.to_owned());
        }
        !was_down && self.is_down()
    }

    /// Whether the fault is ours for all that is known.
    pub(super) fn is_down(&self) -> bool {
        self.unreached.len() >= HOSTS
    }

    /// Whether a feed that could not be reached must bear it itself: others have answered since it was asked before and
    /// was out of reach then too (`last_poll`, `failing_since`), or there are too few others to go by.
    pub(super) fn is_the_feed_s_fault(
        &self,
        last_poll: Option<Timestamp>,
        failing_since: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let Some(failing_since) = failing_since.filter(|_| !self.is_down()) else { return false };
        self.last_answer > last_poll || now.duration_since(failing_since) > BENEFIT_OF_DOUBT
    }

    /// The clock was set back and shows `now`: nothing of what is known here lies ahead.
    pub(super) fn clock_set_back(&mut self, now: Timestamp) {
        self.last_answer = self.last_answer.map(|at| at.min(now));
        self.last_trial = self.last_trial.map(|at| at.min(now));
    }

    /// Whether, while the network is down, it is time to try one feed; the answer holds for one trial.
    pub(super) fn is_time_to_try(&mut self, now: Timestamp) -> bool {
        let due = self.next_trial().is_none_or(|next| next <= now);
        if due {
            self.last_trial = Some(now);
        }
        due
    }

    /// When the network is tried next.
    pub(super) fn next_trial(&self) -> Option<Timestamp> {
        self.last_trial.map(|last| last + BETWEEN_TRIALS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).expect("a time in range")
    }

    #[test]
    fn three_hosts_in_a_row_out_of_reach_are_our_own_fault() {
        let mut network = Network::default();
        assert!(!network.answered(at(0)));
        assert!(!network.unanswered("a") && !network.unanswered("a") && !network.unanswered("b"));
        assert!(!network.is_down());
        assert!(network.unanswered("c"), "this is when it is told");
        assert!(!network.unanswered("d"));
        assert!(network.is_down());
        assert!(!network.is_the_feed_s_fault(Some(at(0)), Some(at(0)), at(600)));
        assert!(network.answered(at(5)));
        assert!(!network.is_down());
    }

    #[test]
    fn a_feed_is_judged_when_others_have_answered_between_two_of_its_failures() {
        let mut network = Network::default();
        network.answered(at(10));
        assert!(!network.is_the_feed_s_fault(Some(at(0)), None, at(11)), "its first failure is not judged");
        assert!(!network.is_the_feed_s_fault(Some(at(11)), Some(at(11)), at(20)), "nobody has answered since");
        network.answered(at(15));
        assert!(network.is_the_feed_s_fault(Some(at(11)), Some(at(11)), at(20)));
        let lonely = Network::default();
        assert!(lonely.is_the_feed_s_fault(Some(at(60)), Some(at(0)), at(75)), "alone, it is judged after an hour");
    }

    #[test]
    fn one_feed_is_tried_at_a_time() {
        let mut network = Network::default();
        for host in ["a", "b", "c"] {
            network.unanswered(host);
        }
        assert!(network.is_time_to_try(at(0)));
        assert!(!network.is_time_to_try(at(0) + SignedDuration::from_secs(29)));
        assert!(network.is_time_to_try(at(1)));
    }
}
