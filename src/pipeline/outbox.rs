//! The mails: compose what is due, then send what is queued. A mail's bytes are fixed before its first attempt.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use jiff::Timestamp;

use super::{Desk, Event, compose, schedule};
use crate::model::Delivery;
use crate::store::{DueMail, MailPause, NewMail, PauseKind, Store};

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
    desk.with_store(move |store| Ok(compose::compose_due(store, &rules, now))).await?.context("composing mails")?;

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
