//! Which mails are made: what waits for each recipient, what they were told and what they wish for go into
//! [`notify::plan()`], and what it decides is written, rendered and put into the outbox.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::Timestamp;

use super::{Rules, notice};
use crate::mail;
use crate::model::{Change, Claim, Email, Story, StoryId, Subscription};
use crate::notify::{self, Due, FeedReport, Mark, Origin, Plan, Refusal, Standing, Step, StorySoFar, Telling};
use crate::store::{MailId, NewMail, Recipient, Store, StoreError, StoredChange, Waiting};

/// Makes the mails that are due, of changes and of feeds.
pub(super) fn compose_due(store: &mut Store, rules: &Rules, now: Timestamp) -> anyhow::Result<()> {
    for recipient in store.recipients_to_look_at(now)? {
        compose_for(store, rules, &recipient, now)?;
    }
    tell_of_feeds(store, rules, now)
}

fn compose_for(store: &mut Store, rules: &Rules, recipient: &str, now: Timestamp) -> anyhow::Result<()> {
    let waiting = store.waiting(recipient)?;
    let wishes = rules.wishes_of(recipient);
    if wishes.is_empty() {
        // The recipient has left the config since.
        let all: Vec<i64> = waiting.iter().map(|waiting| waiting.change).collect();
        store.let_go(recipient, &all)?;
        return Ok(store.look_at_recipient(recipient, None)?);
    }
    let had = store.recipient(recipient, now)?;
    let stories = stories_so_far(store, recipient, &waiting)?;
    let plan = plan(rules, &wishes, &stories, &had, now);
    store.let_go(recipient, &plan.over)?;
    for due in &plan.mails {
        let Some(written) = write(store, rules, &wishes, due, &had, now)? else { continue };
        let mail = queued(&written.email, written.story)?;
        match due {
            Due::Letter(_) => store.compose(&written.changes, &mail, now)?,
            Due::Digest { .. } => store.compose_digest(&written.changes, &written.refused, &mail, now)?,
            Due::SignOfLife { .. } => store.compose_sign(&written.refused, &mail, now)?,
        };
    }
    Ok(store.look_at_recipient(recipient, plan.next)?)
}

fn plan(
    rules: &Rules,
    wishes: &[&Subscription],
    stories: &[(Story, Vec<Step>)],
    had: &Recipient,
    now: Timestamp,
) -> Plan {
    let so_far: Vec<StorySoFar<'_>> =
        stories.iter().map(|(story, steps)| StorySoFar { story, steps: steps.clone() }).collect();
    let standing = Standing {
        wishes,
        stories: &so_far,
        mails: &had.mails,
        last_news: had.last_news,
        last_sign: had.last_sign,
        since: had.since,
        collect: rules.collect,
    };
    notify::plan(&standing, now)
}

/// Which mails to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// For each recipient those that go next, if nothing else comes in.
    Next,
    /// For each recipient the one about the last changes of this story, though it may have gone.
    Story(StoryId),
}

/// How often it is looked further ahead for the next mails: past the ends of quiet hours and of caps.
const LOOKS_AHEAD: usize = 16;

/// The mails that go next, or would be written of a story; nothing is stored. Their dates are when they go.
///
/// # Errors
/// Those of the database.
pub fn preview(store: &Store, rules: &Rules, sample: Sample, now: Timestamp) -> Result<Vec<Email>, StoreError> {
    let mut recipients: Vec<&str> = rules.subscriptions.iter().map(|wish| &*wish.recipient.email).collect();
    recipients.sort_unstable();
    recipients.dedup();
    let mut emails = Vec::new();
    for recipient in recipients {
        let (wishes, had) = (rules.wishes_of(recipient), store.recipient(recipient, now)?);
        let (dues, at) = match sample {
            Sample::Story(story) => (last_of_story(store, &wishes, story)?, now),
            Sample::Next => {
                let stories = stories_so_far(store, recipient, &store.waiting(recipient)?)?;
                let mut at = now;
                let mut next = plan(rules, &wishes, &stories, &had, at);
                for _ in 0..LOOKS_AHEAD {
                    let (true, Some(then)) = (next.mails.is_empty(), next.next) else { break };
                    at = then;
                    next = plan(rules, &wishes, &stories, &had, at);
                }
                (next.mails, at)
            }
        };
        for due in &dues {
            emails.extend(write(store, rules, &wishes, due, &had, at)?.map(|written| written.email));
        }
    }
    Ok(emails)
}

/// The letter about what the last article changed in a story, for the first wish that asks for any of it.
fn last_of_story(store: &Store, wishes: &[&Subscription], id: StoryId) -> Result<Vec<Due>, StoreError> {
    let (Some(story), changes) = (store.story(id)?, store.changes(id)?) else { return Ok(Vec::new()) };
    let Some(last) = changes.last().map(|last| last.change.claim) else { return Ok(Vec::new()) };
    let outlet = store.claim(last)?.map_or_else(String::new, |claim| claim.outlet);
    let of_last = |stored: &&StoredChange| {
        (stored.change.claim.article, stored.change.claim.version) == (last.article, last.version)
    };
    let letter = wishes.iter().enumerate().find_map(|(wish, asked)| {
        let origin = Origin { outlet: &outlet, feeds: None };
        let wanted = changes.iter().filter(of_last).filter(|stored| {
            // A story that is muted is shown all the same: whoever asks for it wants to see it.
            notify::wants(asked, &Story { muted: false, ..story.clone() }, &stored.change, origin)
        });
        let changes: Vec<i64> = wanted.map(|stored| stored.id).collect();
        let telling = Telling { story: id, wish, changes, told: Vec::new(), feeds: Vec::new() };
        (!telling.changes.is_empty()).then_some(Due::Letter(telling))
    });
    Ok(letter.into_iter().collect())
}

/// The stories of which something waits, with all their changes as this recipient stands to them.
fn stories_so_far(store: &Store, recipient: &str, waiting: &[Waiting]) -> Result<Vec<(Story, Vec<Step>)>, StoreError> {
    let mut stories = Vec::new();
    for of_story in waiting.chunk_by(|a, b| a.story == b.story) {
        let Some(story) = store.story(of_story[0].story)? else { continue };
        let changes = store.changes(story.id)?;
        let told = told(store, recipient, &changes)?;
        let step = |StoredChange { id, change, .. }: StoredChange| {
            let mark = match of_story.iter().find(|waiting| waiting.change == id) {
                Some(Waiting { heard, outlet, feeds, .. }) => {
                    Mark::Waiting { heard: *heard, outlet: outlet.clone(), feeds: feeds.clone() }
                }
                None if told.contains(&id) => Mark::Told,
                None => Mark::Passed,
            };
            Step { id, change, mark }
        };
        stories.push((story, changes.into_iter().map(step).collect()));
    }
    Ok(stories)
}

fn told(store: &Store, recipient: &str, changes: &[StoredChange]) -> Result<BTreeSet<i64>, StoreError> {
    let ids: Vec<i64> = changes.iter().map(|change| change.id).collect();
    Ok(store.told(recipient, &ids)?.into_iter().collect())
}

/// A mail that is written, and what it tells.
struct Written {
    email: Email,
    story: Option<StoryId>,
    changes: Vec<i64>,
    refused: Vec<MailId>,
}

/// Writes a mail; `None` where its story is gone in the meantime.
fn write(
    store: &Store,
    rules: &Rules,
    wishes: &[&Subscription],
    due: &Due,
    had: &Recipient,
    now: Timestamp,
) -> Result<Option<Written>, StoreError> {
    match due {
        Due::Letter(telling) => {
            let wish = wishes[telling.wish];
            let Some(material) = Material::of(store, &wish.recipient.email, telling)? else { return Ok(None) };
            let email = notify::letter(&material.briefing(rules, wish, now));
            let (story, changes) = (Some(telling.story), telling.changes.clone());
            Ok(Some(Written { email, story, changes, refused: Vec::new() }))
        }
        Due::Digest { stories, wish, capped } => {
            let wish = wishes[*wish];
            let behind = Behind::of(store, rules, wish, had.last_digest.unwrap_or(had.since), now)?;
            let mut materials = Vec::new();
            for telling in stories {
                materials.extend(Material::of(store, &wish.recipient.email, telling)?);
            }
            let briefings: Vec<notify::Briefing<'_>> =
                materials.iter().map(|material| material.briefing(rules, wish, now)).collect();
            let changes = stories.iter().flat_map(|telling| telling.changes.iter().copied()).collect();
            let email = notify::digest(&briefings, &behind.report(), *capped);
            Ok(email.map(|email| Written { email, story: None, changes, refused: behind.refused_ids() }))
        }
        Due::SignOfLife { wish } => {
            let wish = wishes[*wish];
            let since = had.last_news.max(had.last_sign).unwrap_or(had.since);
            let behind = Behind::of(store, rules, wish, since, now)?;
            let feeds = store.status()?.feeds as usize;
            let email = notify::sign_of_life(wish, &rules.from, &rules.host, feeds, &behind.report(), now);
            Ok(Some(Written { email, story: None, changes: Vec::new(), refused: behind.refused_ids() }))
        }
    }
}

/// How feeds and mails did since a time.
struct Behind {
    since: Timestamp,
    articles: u64,
    repeats: u64,
    troubles: Vec<(String, String)>,
    refused: Vec<Refusal>,
}

impl Behind {
    fn of(
        store: &Store,
        rules: &Rules,
        wish: &Subscription,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let email = &wish.recipient.email;
        let looks_after_all = rules.operator.as_ref().is_some_and(|operator| operator.eq_ignore_ascii_case(email));
        let refused = store.refused_mails(email, looks_after_all)?.into_iter().map(|mail| Refusal {
            id: mail.id.0,
            recipient: mail.recipient,
            subject: mail.subject,
            reason: mail.last_reason.unwrap_or_default(),
        });
        let (articles, repeats) = store.articles_between(since, now)?;
        let troubles = store.feed_states()?.into_iter().filter_map(|state| Some((state.name, state.trouble?)));
        Ok(Self { since, articles, repeats, troubles: troubles.collect(), refused: refused.collect() })
    }

    fn report(&self) -> FeedReport<'_> {
        FeedReport {
            since: Some(self.since),
            articles: self.articles,
            repeats: self.repeats,
            troubles: &self.troubles,
            refused: &self.refused,
        }
    }

    fn refused_ids(&self) -> Vec<MailId> {
        self.refused.iter().map(|refusal| MailId(refusal.id)).collect()
    }
}

/// All that the store knows for one mail about one story.
struct Material {
    story: Story,
    changes: Vec<Change>,
    all_changes: Vec<Change>,
    claims: Vec<Claim>,
    thread: Vec<String>,
    feeds: Vec<String>,
}

impl Material {
    /// `None` when the story is there no more, or nothing of what is to be told of it.
    fn of(store: &Store, recipient: &str, telling: &Telling) -> Result<Option<Self>, StoreError> {
        let Some(story) = store.story(telling.story)? else { return Ok(None) };
        let stored = store.changes_numbered(&telling.changes)?;
        if stored.is_empty() {
            return Ok(None);
        }
        let changes = stored.into_iter().map(|StoredChange { id, change, .. }| {
            // What was told last is where the way begins, though others may have been told of steps in between.
            let told = telling.told.iter().find(|(first, _)| *first == id).map(|(_, told)| *told);
            Change { before: told.or(change.before), ..change }
        });
        Ok(Some(Self {
            changes: changes.collect(),
            all_changes: store.changes(story.id)?.into_iter().map(|stored| stored.change).collect(),
            claims: store.claims(story.id)?,
            thread: store.thread(recipient, story.id)?,
            feeds: telling.feeds.clone(),
            story,
        }))
    }

    fn briefing<'a>(&'a self, rules: &'a Rules, wish: &'a Subscription, now: Timestamp) -> notify::Briefing<'a> {
        notify::Briefing {
            story: &self.story,
            changes: &self.changes,
            all_changes: &self.all_changes,
            claims: &self.claims,
            subscription: wish,
            thread: &self.thread,
            from: &rules.from,
            host: &rules.host,
            operator: rules.operator.as_deref(),
            unsubscribe: rules.unsubscribe.as_deref(),
            feeds: &self.feeds,
            now,
        }
    }
}

/// Makes mails of what is to be told of feeds.
fn tell_of_feeds(store: &mut Store, rules: &Rules, now: Timestamp) -> anyhow::Result<()> {
    for state in store.feeds_to_tell()? {
        let emails = match state.notice.filter(|_| rules.tell_of_feeds) {
            Some(told) => notice::mails(&state, told, rules, now),
            None => Vec::new(),
        };
        let mails = emails.iter().map(|email| queued(email, None)).collect::<anyhow::Result<Vec<_>>>()?;
        store.tell_of_feed(&state.name, &mails, now)?;
    }
    Ok(())
}

fn queued(email: &Email, story: Option<StoryId>) -> anyhow::Result<NewMail> {
    Ok(NewMail {
        message_id: email.message_id.clone(),
        sender: email.from.email.clone(),
        recipient: email.to.email.clone(),
        subject: email.subject.clone(),
        story,
        bytes: mail::render(email).context("an address that was found to be usable")?,
    })
}
