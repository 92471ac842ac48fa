//! What has happened since the program started, counted while it happens.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::model::{Change, Delivery};
use crate::pipeline::{Answer, Event, Outcome};

/// Upper bounds of the classes of lag, in seconds. A poll waits for its host's turn, so some lag is usual.
pub(super) const LAG_BOUNDS: [u32; 8] = [1, 5, 15, 60, 300, 900, 3_600, 21_600];

/// The counters. Copies are the same counters.
#[derive(Debug, Clone, Default)]
pub struct Counters(Arc<Mutex<Counts>>);

/// The counts, each under its label.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub polls: BTreeMap<&'static str, u64>,
    pub fetches: BTreeMap<&'static str, u64>,
    pub items: u64,
    pub articles: BTreeMap<&'static str, u64>,
    pub figures: u64,
    pub changes: BTreeMap<&'static str, u64>,
    pub held: u64,
    pub mails: BTreeMap<&'static str, u64>,
    pub network_down: bool,
    /// How many polls were later than they were due by at most so many seconds, and by more than the last.
    pub lags: [u64; LAG_BOUNDS.len() + 1],
    /// All lags together, in seconds.
    pub lag_sum: f64,
    /// When each feed is due, as it was said at its last poll.
    due: HashMap<String, Timestamp>,
}

impl Counters {
    /// Takes an event into account.
    pub fn count(&self, event: &Event) {
        self.lock().count(event);
    }

    pub(super) fn counts(&self) -> Counts {
        let counts = self.lock();
        Counts { due: HashMap::new(), ..counts.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Numbers are whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn count(&mut self, event: &Event) {
        match event {
            Event::Asked { outcome } => *self.fetches.entry(outcome).or_default() += 1,
            Event::Polled { feed, at, answer, next, .. } => {
                if let Answer::Items { new, .. } = answer {
                    self.items += *new as u64;
                }
                *self.polls.entry(polled(answer)).or_default() += 1;
                if let Some(due) = self.due.insert(feed.clone(), *next) {
                    self.late(at.duration_since(due).as_secs_f64().max(0.0));
                }
            }
            Event::Network { is_up, .. } => self.network_down = !is_up,
            Event::Read { outcome, .. } => {
                let outcome = match outcome {
                    Outcome::Taken(taken) => {
                        // A text that was known already is no article, and its figures were counted then.
                        self.figures += taken.version.map_or(0, |_| taken.figures as u64);
                        match taken.version {
                            Some(1) => "new",
                            Some(_) => "changed",
                            None => "known",
                        }
                    }
                    Outcome::Later { .. } => "put_off",
                    Outcome::GivenUp { .. } => "given_up",
                };
                *self.articles.entry(outcome).or_default() += 1;
            }
            Event::Changed { change, .. } => {
                let Change { kind, .. } = **change;
                *self.changes.entry(kind.as_str()).or_default() += 1;
            }
            Event::Held { .. } => self.held += 1,
            Event::Mailed { delivery, .. } => *self.mails.entry(mailed(delivery)).or_default() += 1,
        }
    }

    fn late(&mut self, seconds: f64) {
        let class = LAG_BOUNDS.iter().position(|bound| seconds <= f64::from(*bound)).unwrap_or(LAG_BOUNDS.len());
        self.lags[class] += 1;
        self.lag_sum += seconds;
    }
}

fn polled(answer: &Answer) -> &'static str {
    match answer {
        Answer::Unchanged => "unchanged",
        Answer::Items { .. } => "items",
        Answer::Resting { .. } => "resting",
        Answer::Failed { .. } => "failed",
        Answer::Ended { .. } => "ended",
    }
}

fn mailed(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Sent => "sent",
        Delivery::Later { .. } => "later",
        Delivery::Unreachable { .. } => "unreachable",
        Delivery::Misconfigured { .. } => "misconfigured",
        Delivery::Refused { .. } => "refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polled_at(at: &str, next: &str) -> Event {
        let time = |text: &str| format!("2025-03-09T{text}Z").parse().unwrap();
        Event::Polled { feed: "wire".to_owned(), at: time(at), answer: Answer::Unchanged, turn: None, next: time(next) }
    }

    #[test]
    fn lag_is_counted_from_when_the_last_poll_said() {
        let counters = Counters::default();
        counters.count(&polled_at("12:00:00", "12:15:00"));
        counters.count(&polled_at("12:15:03", "12:30:00"));
        counters.count(&polled_at("12:29:00", "12:45:00"));
        let counts = counters.counts();
        assert_eq!(counts.polls, BTreeMap::from([("unchanged", 3)]));
        assert_eq!((counts.lags[0], counts.lags[1]), (1, 1), "one was early, after a reload; one three seconds late");
        assert!((counts.lag_sum - 3.0).abs() < 1e-9);
    }
}
