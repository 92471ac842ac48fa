//! The mails: compose what is due, then send what is queued. A mail's bytes are fixed before its first attempt.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use jiff::Timestamp;

use super::{Desk, Event, Rules, notice, schedule};
use crate::mail;
use crate::model::{Change, Claim, Delivery, Email, Story, Subscription, Timing, Verdict};
use crate::notify::{self, FeedReport};
use crate::store::{DueAlerts, DueMail, MailPause, NewMail, PauseKind, Store, StoreError};

/// How many mails are sent in one go before anything else gets its turn.
const MAILS_AT_ONCE: u32 = 50;

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
    let read = move |store: &mut Store| Ok((store.due_mails(now, MAILS_AT_ONCE)?, store.mail_pause()?));
    let (due, pause) = desk.with_store(read).await.context("reading the outbox")?;
    let sent = send(desk, due, pause).await;
    desk.mailer.hang_up().await;
    sent
}

/// Sends mails one after the other. The first that finds the server away or unwilling makes all wait, and is the one that
/// is tried again when the wait is over.
async fn send(desk: &Desk, due: Vec<DueMail>, mut pause: Option<MailPause>) -> anyhow::Result<()> {
    let mut put_off = BTreeSet::new();
    for mail in due {
        // Behind a mail that was put off, the later ones to its recipient wait: they would overtake it.
        if put_off.contains(&mail.mail.recipient) {
            continue;
        }
        let NewMail { sender, recipient, message_id, bytes, .. } = &mail.mail;
        let delivery = desk.mailer.send(sender, recipient, message_id, bytes).await;
        if let Some((kind, reason)) = all_wait(&delivery) {
            let (recipient, subject) = (recipient.clone(), mail.mail.subject.clone());
            make_all_wait(desk, kind, reason.to_owned(), pause).await?;
            desk.tell(Event::Mailed { recipient, subject, delivery });
            return Ok(());
        }
        if matches!(delivery, Delivery::Later { .. }) {
            put_off.insert(recipient.clone());
        }
        record(desk, mail, delivery).await?;
        if pause.take().is_some() {
            desk.with_store(|store| store.resume_mails()).await.context("recording that mails go again")?;
        }
    }
    Ok(())
}

/// Whether an outcome speaks of the mail server as a whole, and not of the mail.
fn all_wait(delivery: &Delivery) -> Option<(PauseKind, &str)> {
    match delivery {
        Delivery::Unreachable { reason } => Some((PauseKind::Unreachable, reason)),
        Delivery::Misconfigured { reason } => Some((PauseKind::Misconfigured, reason)),
        Delivery::Sent | Delivery::Later { .. } | Delivery::Refused { .. } => None,
    }
}

/// Makes all mails wait until the next trial. Those that nobody could take for five days are set aside; but while it is us
/// who are refused, none is.
async fn make_all_wait(desk: &Desk, kind: PauseKind, reason: String, before: Option<MailPause>) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let trials = before.as_ref().map_or(0, |pause| pause.trials) + 1;
    let since = before.map_or(now, |pause| pause.since);
    let until = schedule::mail_trial(now, kind == PauseKind::Misconfigured, trials);
    let pause = MailPause { kind, reason, since, until, trials };
    desk.with_store(move |store| {
        if kind == PauseKind::Unreachable {
            let long_ago = now.checked_sub(schedule::GIVE_UP_ON_MAIL).unwrap_or(Timestamp::MIN);
            store.give_up_mails(long_ago, &format!("given up after five days: {}", pause.reason), now)?;
        }
        store.pause_mails(&pause)
    })
    .await
    .context("recording that all mails wait")
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
            store.mail_dead(due.id, &format!("given up after five days: {reason}"), now)
        }
        Delivery::Later { reason } => store.mail_later(due.id, &reason, schedule::mail_retry(now, due.attempts + 1)),
        Delivery::Refused { reason } => store.mail_dead(due.id, &reason, now),
        // These make all mails wait, and leave the one that met them as it was.
        Delivery::Unreachable { .. } | Delivery::Misconfigured { .. } => Ok(()),
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
