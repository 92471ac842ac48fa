//! `tollwatch mail`: a test mail, and what is in the outbox.

use clap::{Args, Subcommand};
use serde_json::json;

use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, Format, preview, print};
use crate::clock::Clock;
use crate::mail;
use crate::model::{Address, Delivery, Subscription};
use crate::notify;
use crate::store::{DROPPED_BY_HAND, MailId, MailState, Store, StoreError};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch mail preview
  tollwatch mail preview --story 12 --format html --out mails
  tollwatch mail test
  tollwatch mail outbox list
  tollwatch mail outbox retry 17")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the mails that go next, or the one about a story, without sending any
    Preview(preview::Arguments),
    /// Send a test mail to every recipient of the config, or to one address
    Test {
        /// To this address only
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
    /// Show what waits to be sent and what was refused, and decide about it
    #[command(subcommand)]
    Outbox(Outbox),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  tollwatch mail outbox list --state dead
  tollwatch mail outbox show 17 > 17.eml
  tollwatch mail outbox retry 17")]
enum Outbox {
    /// List the mails that wait to be sent and those that were set aside
    List {
        /// Only these: queued, sent or dead
        #[arg(long)]
        state: Option<MailState>,
        /// Only those to this address
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print a mail as it was or will be sent
    Show {
        /// Its number, from `tollwatch mail outbox list`
        mail: i64,
    },
    /// Send a mail again that was set aside, or one that waits at once
    Retry {
        /// Its number, from `tollwatch mail outbox list`
        mail: i64,
    },
    /// Set aside a mail that waits to be sent
    Drop {
        /// Its number, from `tollwatch mail outbox list`
        mail: i64,
    },
}

/// How many mails a list shows.
const MOST_LISTED: u32 = 1_000;

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    match &arguments.action {
        Action::Preview(arguments) => preview::run(arguments, place),
        Action::Test { to } => test(place, to.as_deref()),
        Action::Outbox(Outbox::List { state, to, format }) => list(place, *state, to.as_deref(), *format),
        Action::Outbox(Outbox::Show { mail }) => show(&place.store_to_read()?, MailId(*mail)),
        Action::Outbox(Outbox::Retry { mail }) => {
            let (mut store, mail) = (place.store()?, MailId(*mail));
            let done = store.mail_again(mail, Clock::System.now());
            done.map_err(|error| unfit(&store, mail, error, "what has arrived is not sent a second time"))?;
            print::line(format!("mail {} is due at once", mail.0))
        }
        Action::Outbox(Outbox::Drop { mail }) => {
            let (mut store, mail) = (place.store()?, MailId(*mail));
            let done = store.mail_dead(mail, DROPPED_BY_HAND, Clock::System.now());
            done.map_err(|error| unfit(&store, mail, error, "only a mail that is queued can be dropped"))?;
            print::line(format!("mail {} is set aside", mail.0))
        }
    }
}

/// Why something could not be done to a mail: in its state, or because there is none.
fn unfit(store: &Store, mail: MailId, error: StoreError, rule: &str) -> Failure {
    if !matches!(error, StoreError::NoSuch { .. }) {
        return store_failure(error);
    }
    let is_in =
        |state: MailState| store.mails(state, u32::MAX).is_ok_and(|mails| mails.iter().any(|entry| entry.id == mail));
    match MailState::ALL.iter().find(|state| is_in(**state)) {
        Some(state) => Failure::say(Exit::Data, format!("mail {} is {state}; {rule}", mail.0)),
        None => {
            let message = format!("there is no mail {}; `tollwatch mail outbox list` shows them", mail.0);
            Failure::say(Exit::NoInput, message)
        }
    }
}

fn show(store: &Store, mail: MailId) -> Done {
    match store.mail_bytes(mail).map_err(store_failure)? {
        Some(bytes) => print::out(|out| out.write_all(&bytes)),
        None => {
            let message = format!("there is no mail {}, or it was sent long ago and its text is gone", mail.0);
            Err(Failure::say(Exit::NoInput, message))
        }
    }
}

fn test(place: &Place, to: Option<&str>) -> Done {
    let config = place.load()?;
    let mailer = settings::mailer(&config)?;
    let mut recipients: Vec<Subscription> = match to {
        Some(email) => {
            mail::check_address(email).map_err(|error| Failure::new(Exit::Usage, error))?;
            vec![Subscription::to(Address { name: String::new(), email: email.to_owned() })]
        }
        None => config.subscriptions.clone(),
    };
    // Whoever has several wishes is sent one mail.
    let mut seen = std::collections::BTreeSet::new();
    recipients.retain(|wish| seen.insert(wish.recipient.email.clone()));
    if recipients.is_empty() {
        return Err(Failure::say(
            Exit::Config,
            "the config names no recipient: add a [[mail]] table, or use --to ADDRESS",
        ));
    }
    let runtime = settings::runtime()?;
    let mut refused = 0;
    for Subscription { recipient, zone, .. } in &recipients {
        let email =
            notify::sign_of_test(&config.outgoing.from, recipient, &config.outgoing.host, Clock::System.now(), zone);
        let bytes = mail::render(&email).map_err(|error| Failure::new(Exit::Config, error))?;
        let sending = mailer.send(&email.from.email, &email.to.email, &email.message_id, &bytes);
        match runtime.block_on(sending) {
            Delivery::Sent => print::line(format!("{recipient}: sent through {}", config.outgoing.transport))?,
            Delivery::Later { reason }
            | Delivery::Unreachable { reason }
            | Delivery::Misconfigured { reason }
            | Delivery::Refused { reason } => {
                refused += 1;
                print::complain(&format!("{recipient}: not sent: {reason}"));
            }
        }
    }
    runtime.block_on(mailer.hang_up());
    match refused {
        0 => Ok(()),
        _ => {
            Err(Failure::say(Exit::Unavailable, format!("{refused} of {} test mails were not sent", recipients.len())))
        }
    }
}

fn list(place: &Place, state: Option<MailState>, to: Option<&str>, format: Format) -> Done {
    let store = place.store_to_read()?;
    let states = match &state {
        Some(state) => std::slice::from_ref(state),
        None => &[MailState::Queued, MailState::Dead][..],
    };
    let mut mails = Vec::new();
    for state in states {
        mails.extend(store.mails(*state, MOST_LISTED).map_err(store_failure)?);
    }
    mails.retain(|mail| to.is_none_or(|to| mail.recipient.eq_ignore_ascii_case(to)));
    if format == Format::Json {
        return print::json_lines(mails.iter().map(|mail| {
            json!({
                "id": mail.id.0, "message_id": mail.message_id, "recipient": mail.recipient, "subject": mail.subject,
                "state": mail.state, "story": mail.story.map(|story| story.0), "attempts": mail.attempts,
                "next_at": (mail.state == MailState::Queued).then_some(mail.next_at), "last_reason": mail.last_reason,
                "made": mail.made, "sent_at": mail.sent_at,
            })
        }));
    }
    let rows: Vec<Vec<String>> = mails
        .iter()
        .map(|mail| {
            let when = match mail.state {
                MailState::Queued => print::time(mail.next_at),
                _ => mail.sent_at.map_or_else(|| "never".to_owned(), print::time),
            };
            vec![
                mail.id.0.to_string(),
                mail.state.to_string(),
                print::time(mail.made),
                mail.recipient.clone(),
                mail.subject.clone(),
                mail.attempts.to_string(),
                when,
                mail.last_reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let when = if state == Some(MailState::Sent) { "sent (UTC)" } else { "next try (UTC)" };
    let none =
        state.map_or_else(|| "no mail waits to be sent, none was set aside".to_owned(), |s| format!("no mail is {s}"));
    print::list(&["no", "state", "made (UTC)", "to", "subject", "failed", when, "last answer"], &rows, &none)
}
