//! The mails: compose what is due, then send what is queued. A mail's bytes are fixed before its first attempt.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use super::{Desk, Event, Rules, notice, schedule};
use crate::crash;
use crate::mail;
use crate::model::{Change, Claim, Delivery, Email, Story, Subscription, Timing, Verdict};
use crate::notify::{self, FeedReport};
use crate::store::{DueAlerts, DueMail, NewMail, Store, StoreError};

/// How many mails are sent in one go before anything else gets its turn.
const MAILS_AT_ONCE: u32 = 50;

/// While the mail server takes nothing from us as we are set up, it is asked again this often.
const MISCONFIGURED_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// The mail that was taken by the server, until that is stored. Where the disk was full just then, it is stored before
/// anything else is sent: else a mail that has arrived would go out again, as often as it is tried.
#[derive(Debug, Clone, Default)]
pub(super) struct Unrecorded(Arc<Mutex<Option<DueMail>>>);

impl Unrecorded {
    fn set(&self, mail: Option<DueMail>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mail;
    }

    fn get(&self) -> Option<DueMail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Composes the mails that are due and sends those that are queued. What the mail server does is an outcome, not an
/// error.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn send_due(desk: &Desk) -> anyhow::Result<()> {
    if let Some(mail) = desk.unrecorded.get() {
        record(desk, mail, Delivery::Sent).await?;
    }
    let (now, rules) = (desk.clock.now(), desk.rules.clone());
    desk.with_store(move |store| Ok(compose_due(store, &rules, now).and_then(|()| tell_of_feeds(store, &rules, now))))
        .await?
        .context("composing mails")?;

    let now = desk.clock.now();
    crash::point("before lease");
    let due = desk.with_store(move |store| store.due_mails(now, MAILS_AT_ONCE)).await.context("reading the outbox")?;
    let mut waiting_for_repair = None;
    for mail in due {
        // While the server refuses us as such, the other mails wait with the first; they have not failed.
        let delivery = match &waiting_for_repair {
            Some(reason) => Delivery::Misconfigured { reason: String::clone(reason) },
            None => {
                desk.mailer.send(&mail.mail.sender, &mail.mail.recipient, &mail.mail.message_id, &mail.mail.bytes).await
            }
        };
        crash::point("after 250");
        if let Delivery::Misconfigured { reason } = &delivery {
            waiting_for_repair = Some(reason.clone());
        }
        record(desk, mail, delivery).await?;
    }
    Ok(())
}

async fn record(desk: &Desk, due: DueMail, delivery: Delivery) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let (recipient, subject) = (due.mail.recipient.clone(), due.mail.subject.clone());
    let outcome = delivery.clone();
    if delivery == Delivery::Sent {
        desk.unrecorded.set(Some(due.clone()));
    }
    desk.with_store(move |store| match outcome {
        Delivery::Sent => store.mail_sent(due.id, now),
        Delivery::Later { reason } if now.duration_since(due.made) > schedule::GIVE_UP_ON_MAIL => {
            store.mail_dead(due.id, &format!("given up after five days: {reason}"))
        }
        Delivery::Later { reason } => store.mail_later(due.id, &reason, schedule::mail_retry(now, due.attempts + 1)),
        Delivery::Misconfigured { reason } => store.mail_later(due.id, &reason, now + MISCONFIGURED_WAIT),
        Delivery::Refused { reason } => store.mail_dead(due.id, &reason),
    })
    .await
    .context("recording what came of a mail")?;
    desk.unrecorded.set(None);
    desk.tell(Event::Mailed { recipient, subject, delivery });
    Ok(())
}

/// Makes mails of the alerts that are due: one a story for those who are told at once, one digest for the others.
fn compose_due(store: &mut Store, rules: &Rules, now: Timestamp) -> anyhow::Result<()> {
    let due = store.due_alerts(now)?;
    for of_recipient in due.chunk_by(|a, b| a.recipient == b.recipient) {
        let recipient = &of_recipient[0].recipient;
        let wishes: Vec<&Subscription> =
            rules.subscriptions.iter().filter(|wish| wish.recipient.email == *recipient).collect();
        let Some(first_wish) = wishes.first() else {
            // The recipient has left the config since.
            let gone: Vec<_> = of_recipient.iter().flat_map(|due| due.alerts.clone()).collect();
            store.drop_alerts(&gone)?;
            continue;
        };
        let at_once = wishes.iter().any(|wish| wish.timing == Timing::AtOnce);
        if at_once || of_recipient.len() == 1 {
            for due in of_recipient {
                compose_letter(store, rules, first_wish, due, now)?;
            }
        } else {
            compose_digest(store, rules, first_wish, of_recipient, now)?;
        }
    }
    Ok(())
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

fn compose_letter(
    store: &mut Store,
    rules: &Rules,
    wish: &Subscription,
    due: &DueAlerts,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some(material) = Material::of(store, due)? else { return Ok(store.drop_alerts(&due.alerts)?) };
    let email = notify::letter(&material.briefing(rules, wish, now));
    store.compose(&due.alerts, &queued(&email, Some(due))?, now)?;
    Ok(())
}

fn compose_digest(
    store: &mut Store,
    rules: &Rules,
    wish: &Subscription,
    due: &[DueAlerts],
    now: Timestamp,
) -> anyhow::Result<()> {
    let materials = due.iter().map(|due| Material::of(store, due)).collect::<Result<Vec<_>, _>>()?;
    let briefings: Vec<notify::Briefing<'_>> =
        materials.iter().flatten().map(|material| material.briefing(rules, wish, now)).collect();
    let alerts: Vec<_> = due.iter().flat_map(|due| due.alerts.clone()).collect();
    if briefings.is_empty() {
        return Ok(store.drop_alerts(&alerts)?);
    }
    let troubles = troubles(store)?;
    let feeds = FeedReport {
        articles: articles(&materials, |_| true),
        repeats: articles(&materials, is_repeat),
        troubles: &troubles,
    };
    match notify::digest(&briefings, &feeds) {
        Some(email) => store.compose(&alerts, &queued(&email, None)?, now).map(drop)?,
        None => store.drop_alerts(&alerts)?,
    }
    Ok(())
}

/// The feeds of the config whose last poll failed, and why.
fn troubles(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    let states = store.feed_states()?;
    Ok(states.into_iter().filter_map(|state| Some((state.name, state.trouble?))).collect())
}

fn is_repeat(claim: &Claim) -> bool {
    matches!(claim.verdict, Verdict::Restated | Verdict::Copied)
}

/// How many articles of these stories have a claim of the kind.
fn articles(materials: &[Option<Material>], kind: impl Fn(&Claim) -> bool) -> u64 {
    let claims = materials.iter().flatten().flat_map(|material| &material.claims);
    claims.filter(|claim| kind(claim)).map(|claim| claim.id.article).collect::<BTreeSet<_>>().len() as u64
}

/// All that the store knows for one mail about one story.
struct Material {
    story: Story,
    changes: Vec<Change>,
    all_changes: Vec<Change>,
    claims: Vec<Claim>,
    thread: Vec<String>,
}

impl Material {
    /// `None` when the story is there no more or has been muted since.
    fn of(store: &Store, due: &DueAlerts) -> Result<Option<Self>, StoreError> {
        let Some(story) = store.story(due.story)?.filter(|story| !story.muted) else { return Ok(None) };
        let changes = store.changes_numbered(&due.changes)?.into_iter().map(|stored| stored.change).collect();
        let all_changes = store.changes(due.story)?.into_iter().map(|stored| stored.change).collect();
        let claims = store.claims(due.story)?;
        let thread = store.thread(&due.recipient, due.story)?;
        Ok(Some(Self { story, changes, all_changes, claims, thread }))
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
            now,
        }
    }
}

fn queued(email: &Email, due: Option<&DueAlerts>) -> anyhow::Result<NewMail> {
    Ok(NewMail {
        message_id: email.message_id.clone(),
        sender: email.from.email.clone(),
        recipient: email.to.email.clone(),
        subject: email.subject.clone(),
        story: due.map(|due| due.story),
        bytes: mail::render(email).context("an address that was found to be usable")?,
    })
}
