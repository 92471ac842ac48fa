//! The mails: compose what is due, then send what is queued. A mail's bytes are fixed before its first attempt.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use jiff::SignedDuration;

use super::{Desk, Event, compose, schedule};
use crate::model::Delivery;
use crate::store::DueMail;

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
    desk.with_store(move |store| Ok(compose::compose_due(store, &rules, now))).await?.context("composing mails")?;

    let now = desk.clock.now();
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
