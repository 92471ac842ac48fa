//! `/changes.atom`: the changes as a feed (RFC 4287), one entry a change, for whoever reads feeds rather than mails.

use std::collections::HashMap;

use askama::Template;
use hyper::StatusCode;
use jiff::Timestamp;

use super::answer::Answer;
use super::look::{ClaimLook, Moment, Move, name};
use crate::model::StoryId;
use crate::store::{Store, StoreError};

/// So many entries stand in it, the newest first.
const ENTRIES: u32 = 100;

#[derive(Template)]
#[template(path = "changes.xml")]
struct Feed {
    /// The authority of the ids (RFC 4151).
    authority: String,
    /// The host that was asked, for the address of the feed itself.
    asked: String,
    updated: Moment,
    entries: Vec<Entry>,
}

struct Entry {
    /// Number and time of finding: the same for good, whatever becomes of the story.
    id: String,
    slug: String,
    title: String,
    moved: Move,
    found: Moment,
    claim: Option<ClaimLook>,
}

pub(super) fn feed(store: &Store, host: &str, asked: &str, started: Timestamp) -> Result<Answer, StoreError> {
    let mut stories: HashMap<StoryId, (String, String)> = HashMap::new();
    let mut entries = Vec::new();
    let mut updated = None;
    for stored in store.latest_changes(ENTRIES)? {
        updated = updated.max(Some(stored.made));
        let (change, of) = (&stored.change, stored.change.story);
        let (slug, story) = match stories.get(&of) {
            Some(known) => known.clone(),
            None => {
                let Some(story) = store.story(of)? else { continue };
                let known = (story.slug, name(&story.name));
                stories.insert(of, known.clone());
                known
            }
        };
        let moved = Move::from(change);
        let claim = store.claim(change.claim)?.map(|claim| ClaimLook::of(&claim, &[]));
        entries.push(Entry {
            id: format!("{}-{}", stored.id, stored.made.as_millisecond()),
            slug,
            title: format!("{story}: {}", moved.line()),
            moved,
            found: stored.made.into(),
            claim,
        });
    }
    let feed = Feed {
        authority: host.to_owned(),
        asked: asked.to_owned(),
        updated: updated.unwrap_or(started).into(),
        entries,
    };
    Ok(Answer::of(StatusCode::OK, "application/atom+xml; charset=utf-8", feed.render()))
}
