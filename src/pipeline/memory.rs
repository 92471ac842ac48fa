//! What the store holds of the stories that are going on, kept at hand from one article to the next.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::{SignedDuration, Timestamp};

use crate::model::StoryId;
use crate::store::{Intake, StoreError};
use crate::track::{self, Index, Ledger};

/// The pasts of so many stories are kept; then all are let go and read again when they are asked for.
const MOST_PASTS: usize = 5_000;

/// A past that no article has asked for in so long, or in twice that time at most, is let go: of most stories there is one
/// article and never another, and of a story that goes on there is one each day.
const PASTS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The stories and their pasts as of the last article taken in. An empty one is always right: what is missing is read from the
/// store, and so is everything once another connection has written to it; what people decide about stories comes from a
/// program of their own.
#[derive(Debug, Default)]
pub struct Memory {
    /// The store's version when this was read.
    version: i64,
    stories: Option<Stories>,
    /// What has been asked for since `turned`, and before that.
    pasts: HashMap<StoryId, Ledger>,
    older_pasts: HashMap<StoryId, Ledger>,
    turned: Timestamp,
}

#[derive(Debug)]
struct Stories {
    /// All stories with an article published at this time or later are in the index.
    since: Timestamp,
    index: Index,
}

impl Memory {
    /// This memory if it still holds, else an empty one.
    pub(super) fn at_version(self, version: i64) -> Self {
        if self.version == version { self } else { Self { version, ..Self::default() } }
    }

    /// The stories that an article published at `at` may join.
    pub(super) fn stories(&mut self, intake: &Intake, at: Timestamp) -> Result<&mut Index, StoreError> {
        let since = at - track::window();
        // Stories that have ended are let go when half as many again have gathered.
        let holds = |kept: &Stories| kept.since <= since && since < kept.since + track::window() / 2;
        let stories = match self.stories.take().filter(holds) {
            Some(stories) => stories,
            None => {
                let mut index = Index::default();
                intake.active_stories(since, |story| index.add(&story))?;
                Stories { since, index }
            }
        };
        Ok(&mut self.stories.insert(stories).index)
    }

    /// What has been told of a story, for an article that came in at `now`.
    pub(super) fn past(&mut self, intake: &Intake, story: StoryId, now: Timestamp) -> Result<&mut Ledger, StoreError> {
        // A clock that was set back turns it too.
        if now < self.turned || now >= self.turned + PASTS_KEPT {
            self.older_pasts = std::mem::take(&mut self.pasts);
            self.turned = now;
        }
        if self.pasts.len() >= MOST_PASTS && !self.pasts.contains_key(&story) {
            self.pasts.clear();
        }
        Ok(match self.pasts.entry(story) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(free) => free.insert(match self.older_pasts.remove(&story) {
                Some(past) => past,
                None => Ledger::of(intake.claims(story)?),
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoryProfile;
    use crate::store::Store;

    fn hour(n: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(n)
    }

    #[test]
    fn a_past_is_kept_while_articles_ask_for_it_and_let_go_after_two_days_at_most() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let mut memory = Memory::default();
        // A story each hour that nobody asks for again, and one that each of them is told beside.
        let (mut most, lasting) = (0, StoryId(0));
        for n in 0..24 * 30 {
            memory.past(&intake, StoryId(n + 1), hour(n)).unwrap();
            memory.past(&intake, lasting, hour(n)).unwrap();
            assert!(memory.pasts.contains_key(&lasting) && !memory.older_pasts.contains_key(&lasting));
            most = most.max(memory.pasts.len() + memory.older_pasts.len());
        }
        assert_eq!(most, 49, "two days of them, and the one that lasts");
        memory.past(&intake, lasting, hour(5)).unwrap();
        assert_eq!(memory.pasts.len(), 1, "the clock was set back: kept times mean nothing");
    }

    #[test]
    fn what_was_let_go_is_read_again() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let draft = |name: &str| crate::model::StoryDraft {
            name: name.to_owned(),
            configured: None,
            at: hour(0),
            profile: StoryProfile::default(),
        };
        let story = intake.open_story(&draft("Ferry")).unwrap();
        let mut memory = Memory::default();
        let kept = |memory: &Memory| memory.pasts.contains_key(&story.id) || memory.older_pasts.contains_key(&story.id);
        memory.past(&intake, story.id, hour(0)).unwrap();
        memory.past(&intake, StoryId(99), hour(25)).unwrap();
        assert!(kept(&memory));
        memory.past(&intake, StoryId(99), hour(50)).unwrap();
        assert!(!kept(&memory));
        memory.past(&intake, story.id, hour(51)).unwrap();
        assert!(kept(&memory));
    }
}
