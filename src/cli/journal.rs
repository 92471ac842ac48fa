//! The log: lines for whoever is woken at night, to the journal under systemd and to standard error elsewhere.

use std::io::IsTerminal as _;

use tracing::{info, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogLevel;
use crate::model::Delivery;
use crate::pipeline::{Answer, Event, Outcome};

/// Messages of one kind carry one id, so that `journalctl MESSAGE_ID=…` shows them alone.
const FIGURE_CHANGED: &str = "5b1f0c6f3a8e4d6f9d7b2f4c1a90e731";
const MAIL_SET_ASIDE: &str = "c2a7f1f04b1d4f3e8f0d6a5b97e3c812";
const FEED_FAILED: &str = "8e4d2b7a95c34d0fa1c6e08b3f72d945";

/// Starts logging. Called once, by the commands that log.
pub fn start(level: LogLevel) {
    let filter = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let ours =
        tracing_subscriber::filter::Targets::new().with_target("tollwatch", filter).with_default(LevelFilter::WARN);
    // systemd sets this where standard error is the journal; the native protocol then keeps the fields apart.
    let journal = std::env::var_os("JOURNAL_STREAM").and_then(|_| tracing_journald::layer().ok());
    let registry = tracing_subscriber::registry().with(ours);
    // A second start, as in tests, keeps the first.
    let _ = match journal {
        Some(journal) => registry.with(journal.with_field_prefix(None)).try_init(),
        None => {
            let colours = std::io::stderr().is_terminal();
            let lines =
                tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false);
            registry.with(lines).try_init()
        }
    };
}

/// Logs an event.
pub fn tell(event: &Event) {
    match event {
        Event::Polled { feed, answer, next, .. } => match answer {
            Answer::Unchanged => tracing::debug!(feed, %next, "unchanged"),
            Answer::Items { all, new, repairs } if repairs.is_empty() => info!(feed, all, new, %next, "polled"),
            Answer::Items { all, new, repairs } => {
                info!(feed, all, new, repairs = repairs.join(", "), %next, "polled, repaired");
            }
            Answer::Resting { why } => info!(feed, %next, "resting: {why}"),
            Answer::Failed { why } => warn!(MESSAGE_ID = FEED_FAILED, feed, %next, "the feed failed: {why}"),
            Answer::Ended { why } => warn!(MESSAGE_ID = FEED_FAILED, feed, "the feed is over: {why}"),
        },
        Event::Network { is_up: true, .. } => {
            info!("the network is up again; what is due is asked for little by little");
        }
        Event::Network { is_up: false, .. } => {
            warn!("no host can be reached: the network seems to be down; that counts against no feed");
        }
        Event::Read { feed, title, outcome, .. } => match outcome {
            Outcome::Taken(taken) => info!(
                feed,
                story = taken.story.as_ref().map(|story| story.name.as_str()).unwrap_or_default(),
                figures = taken.figures,
                changes = taken.changes.len(),
                "read: {}",
                one_line(title)
            ),
            Outcome::Later { why, then } => info!(feed, %then, "put off: {}: {why}", one_line(title)),
            Outcome::GivenUp { why } => warn!(feed, "not read: {}: {why}", one_line(title)),
        },
        Event::Changed { story, change, outlet } => info!(
            MESSAGE_ID = FIGURE_CHANGED,
            story = story.name,
            outlet,
            source = change.series.source.as_deref().unwrap_or_default(),
            "{}: {}",
            one_line(&story.name),
            super::print::change_line(change)
        ),
        Event::Held { story, claim } => {
            info!(story = story.name, outlet = claim.outlet, "held: {} {}", claim.quantity, claim.series.measure);
        }
        Event::Mailed { recipient, subject, delivery } => match delivery {
            Delivery::Sent => info!(recipient, "mailed: {}", one_line(subject)),
            Delivery::Later { reason } => warn!(recipient, "mail waits: {}", one_line(reason)),
            Delivery::Unreachable { reason } => warn!("all mails wait: {}", one_line(reason)),
            Delivery::Misconfigured { reason } => {
                warn!("all mails wait, the mail server refuses us as we are set up: {}", one_line(reason));
            }
            Delivery::Refused { reason } => {
                warn!(MESSAGE_ID = MAIL_SET_ASIDE, recipient, "mail set aside: {}", one_line(reason));
            }
        },
    }
}

/// Foreign text on one line of a log: control characters could forge lines of their own.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
