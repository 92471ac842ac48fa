//! `tollwatch mail`: a test mail, and what is in the outbox.

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde_json::json;

use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::clock::Clock;
use crate::mail;
use crate::model::{Address, Delivery};
use crate::notify;
use crate::store::{MailId, MailState, Store, StoreError};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch mail test
  tollwatch mail list --state dead
  tollwatch mail show 17 > 17.eml
  tollwatch mail again 17")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Send a test mail to every recipient of the config, or to one address
    Test {
        /// To this address only
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
    /// List the mails in the outbox
    List {
        /// Which: queued, sent or dead
        #[arg(long, default_value = "queued")]
        state: MailState,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print a mail as it was or will be sent
    Show {
        /// Its number, from `tollwatch mail list`
        mail: i64,
    },
    /// Queue a mail again that was set aside
    Again {
        /// Its number, from `tollwatch mail list --state dead`
        mail: i64,
    },
    /// Set a queued mail aside
    Drop {
        /// Its number, from `tollwatch mail list`
        mail: i64,
    },
}

/// How many mails a list shows.
const MOST_LISTED: u32 = 1_000;

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    match &arguments.action {
        Action::Test { to } => test(place, to.as_deref()),
        Action::List { state, format } => list(place, *state, *format),
        Action::Show { mail } => show(&place.store_to_read()?, MailId(*mail)),
        Action::Again { mail } => {
            let (mut store, mail) = (place.store()?, MailId(*mail));
            let done = store.mail_again(mail, Clock::System.now());
            done.map_err(|error| unfit(&store, mail, error, "what has arrived is not sent a second time"))?;
            print::line(format!("mail {} is queued again", mail.0))
        }
        Action::Drop { mail } => {
            let (mut store, mail) = (place.store()?, MailId(*mail));
            let done = store.mail_dead(mail, "dropped by hand", Clock::System.now());
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
        None => Failure::say(Exit::NoInput, format!("there is no mail {}; `tollwatch mail list` shows them", mail.0)),
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
    let recipients: Vec<Address> = match to {
        Some(email) => {
            mail::check_address(email).map_err(|error| Failure::new(Exit::Usage, error))?;
            vec![Address { name: String::new(), email: email.to_owned() }]
        }
        None => config.subscriptions.iter().map(|wish| wish.recipient.clone()).collect(),
    };
    if recipients.is_empty() {
        return Err(Failure::say(
            Exit::Config,
            "the config names no recipient: add a [[mail]] table, or use --to ADDRESS",
        ));
    }
    let runtime = settings::runtime()?;
    let mut refused = 0;
    for recipient in &recipients {
        let email = notify::sign_of_test(
            &config.outgoing.from,
            recipient,
            &config.outgoing.host,
            Clock::System.now(),
            &TimeZone::UTC,
        );
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

fn list(place: &Place, state: MailState, format: Format) -> Done {
    let mails = place.store_to_read()?.mails(state, MOST_LISTED).map_err(store_failure)?;
    if format == Format::Json {
        return print::json_lines(mails.iter().map(|mail| {
            json!({
                "id": mail.id.0, "message_id": mail.message_id, "recipient": mail.recipient, "subject": mail.subject,
                "state": mail.state, "story": mail.story.map(|story| story.0), "attempts": mail.attempts,
                "next_at": mail.next_at, "last_reason": mail.last_reason, "made": mail.made, "sent_at": mail.sent_at,
            })
        }));
    }
    let rows: Vec<Vec<String>> = mails
        .iter()
        .map(|mail| {
            vec![
                mail.id.0.to_string(),
                print::time(mail.made),
                mail.recipient.clone(),
                mail.subject.clone(),
                mail.attempts.to_string(),
                print::time(mail.sent_at.unwrap_or(mail.next_at)),
                mail.last_reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let when = if state == MailState::Sent { "sent (UTC)" } else { "next try (UTC)" };
    print::list(
        &["no", "made (UTC)", "to", "subject", "failed", when, "last answer"],
        &rows,
        &format!("no mail is {state}"),
    )
}
