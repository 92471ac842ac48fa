//! Whether the daemon's loop turns: asked from outside, answered by the loop itself and by nobody else.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

/// A line to the daemon's loop. Copies are the same line.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Line>);

#[derive(Debug, Default)]
struct Line {
    asked: Notify,
    beats: watch::Sender<Beat>,
}

/// What the loop says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beat {
    /// After a fault of the database nothing is started before this.
    pub resting_until: Option<Timestamp>,
}

impl Pulse {
    /// Asks the loop, and waits for as long as it takes.
    pub async fn ask(&self) -> Beat {
        let mut beats = self.0.beats.subscribe();
        self.0.asked.notify_one();
        // The sender lives as long as this value.
        let _ = beats.changed().await;
        *beats.borrow()
    }

    /// Waits until somebody asks.
    pub(crate) async fn asked(&self) {
        self.0.asked.notified().await;
    }

    /// Answers all who have asked.
    pub(crate) fn beat(&self, resting_until: Option<Timestamp>) {
        self.0.beats.send_replace(Beat { resting_until });
    }
}
