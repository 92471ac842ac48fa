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
use crate::store::{MailId, MailState};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch mail test
  tollwatch mail list --state dead
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
        Action::Again { mail } => {
            place.store()?.mail_again(MailId(*mail), Clock::System.now()).map_err(store_failure)?;
            print::line(format!("mail {mail} is queued again"))
        }
        Action::Drop { mail } => {
            place.store()?.mail_dead(MailId(*mail), "dropped by hand").map_err(store_failure)?;
            print::line(format!("mail {mail} is set aside"))
        }
    }
}

fn test(place: &Place, to: Option<&str>) -> Done {
    let config = place.load()?;
    let mailer = settings::mailer(&config)?;
    let recipients: Vec<Address> = match to {
        Some(email) => vec![Address { name: String::new(), email: email.to_owned() }],
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
            Delivery::Later { reason } | Delivery::Misconfigured { reason } | Delivery::Refused { reason } => {
                refused += 1;
                print::complain(&format!("{recipient}: not sent: {reason}"));
            }
        }
    }
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
        return print::out(|out| {
            for mail in &mails {
                let line = json!({
                    "id": mail.id.0, "message_id": mail.message_id, "recipient": mail.recipient, "subject": mail.subject, "state": mail.state,
                    "story": mail.story.map(|story| story.0), "attempts": mail.attempts, "next_at": mail.next_at,
                    "last_reason": mail.last_reason, "made": mail.made, "sent_at": mail.sent_at,
                });
                writeln!(out, "{line}")?;
            }
            Ok(())
        });
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
                mail.sent_at.or(Some(mail.next_at)).map_or_else(String::new, print::time),
                mail.last_reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let when = if state == MailState::Sent { "sent (UTC)" } else { "next try (UTC)" };
    print::out(|out| {
        out.write_all(
            print::table(&["no", "made (UTC)", "to", "subject", "failed", when, "last answer"], &rows).as_bytes(),
        )
    })
}
