//! A clock that is set back, by a person, a time server, or a machine that has lost the time: without this, all that
//! is due would wait for the clock to come by again.

use anyhow::Context as _;
use jiff::SignedDuration;

use super::Desk;

/// By less than this a clock may differ from itself without anything being made of it.
pub(crate) const SLIGHTLY: SignedDuration = SignedDuration::from_mins(1);

/// Within this time all ends that was under way when the clock was set, and may have written by the old one.
pub(crate) const LONGEST_WORK: SignedDuration = SignedDuration::from_mins(3);

impl Desk {
    /// Moves all waits to the clock as it is now, after it was set back by so much: feeds, pages, mails, digests and the
    /// rests that hosts have asked for come when they would have come. `again`, a little later, only what lies so far ahead
    /// that it was written by the clock as it was.
    ///
    /// # Errors
    /// When the store cannot be written. Nothing has been moved then.
    pub async fn clock_set_back(&self, by: SignedDuration, again: bool) -> anyhow::Result<()> {
        let now = self.clock.now();
        let from = if again { now.max(now + by - LONGEST_WORK) } else { now };
        self.with_store(move |store| store.clock_set_back(by, from, now))
            .await
            .context("moving what waits to the clock")?;
        if !again {
            self.http.clock_set_back(by, now);
        }
        self.network().clock_set_back(now);
        Ok(())
    }

    /// By how much the clock must have been set back since this program last polled; `None` where it need not have been.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn behind_the_last_poll(&self) -> anyhow::Result<Option<SignedDuration>> {
        let last = self.with_store(|store| store.last_poll()).await.context("asking for the last poll")?;
        Ok(last.map(|last| last.duration_since(self.clock.now())).filter(|behind| *behind > SLIGHTLY))
    }
}
