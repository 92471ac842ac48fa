//! How long one fetch may still take.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::unfetched::{Unfetched, Waiting};

/// The time left to a fetch. Only time spent waiting for servers is taken off, not time spent in the host's queue.
#[derive(Debug)]
pub(super) struct Patience {
    left: Duration,
}

impl Patience {
    /// Patience for this long in all.
    pub(super) fn of(total: Duration) -> Self {
        Self { left: total }
    }

    /// Waits for the next thing, for no longer than `limit` and what is left of the whole.
    pub(super) async fn wait<T>(
        &mut self,
        waiting: Waiting,
        limit: Duration,
        thing: impl Future<Output = T>,
    ) -> Result<T, Unfetched> {
        // A server whose bytes are always there already would never run into the timer below.
        if self.left.is_zero() {
            return Err(Unfetched::TimedOut { waiting: Waiting::End });
        }
        let began = Instant::now();
        let outcome = timeout(limit.min(self.left), thing).await;
        self.left = self.left.saturating_sub(began.elapsed());
        outcome.map_err(|_| Unfetched::TimedOut { waiting: if self.left.is_zero() { Waiting::End } else { waiting } })
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_and_slowness_are_told_apart() {
        let second = Duration::from_secs(1);
        let mut patience = Patience::of(3 * second);
        let silence = patience.wait(Waiting::Answer, 2 * second, pending::<()>()).await;
        assert_eq!(silence, Err(Unfetched::TimedOut { waiting: Waiting::Answer }));
        let slowness = patience.wait(Waiting::Body, 2 * second, pending::<()>()).await;
        assert_eq!(slowness, Err(Unfetched::TimedOut { waiting: Waiting::End }));
        let afterwards = patience.wait(Waiting::Body, 2 * second, ready(())).await;
        assert_eq!(afterwards, Err(Unfetched::TimedOut { waiting: Waiting::End }));
    }
}
