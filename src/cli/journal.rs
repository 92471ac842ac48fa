//! The log: lines for whoever is woken at night, to the journal under systemd and to standard error elsewhere.

use std::io::IsTerminal as _;

use jiff::Timestamp;
use tracing::{info, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogLevel;
use crate::daemon::messages;
use crate::model::Delivery;
use crate::pipeline::{Answer, Event, Outcome, Turn};

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

/// Logs an event. What a program may wait for bears the id of its kind.
pub fn tell(event: &Event) {
    match event {
        Event::Polled { feed, answer, turn, next, .. } => tell_of_poll(feed, answer, *turn, *next),
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
            MESSAGE_ID = messages::FIGURE_CHANGED.id,
            story = story.name,
            outlet,
            source = change.series.source.as_deref().unwrap_or_default(),
            measure = %change.series.measure,
            group = %change.series.group,
            after = %change.after,
            "{}: {}",
            one_line(&story.name),
            super::print::change_line(change)
        ),
        Event::Held { story, claim } => {
            info!(story = story.name, outlet = claim.outlet, "held: {} {}", claim.quantity, claim.series.measure);
        }
        Event::Mailed { recipient, subject, delivery } => tell_of_mail(recipient, &one_line(subject), delivery),
    }
}

fn tell_of_poll(feed: &str, answer: &Answer, turn: Option<Turn>, next: Timestamp) {
    if turn == Some(Turn::Up) {
        info!(MESSAGE_ID = messages::FEED_UP.id, feed, %next, "the feed is up again");
    }
    let failed = if turn == Some(Turn::Down) { messages::FEED_DOWN.id } else { messages::FEED_FAILED.id };
    match answer {
        Answer::Unchanged => tracing::debug!(feed, %next, "unchanged"),
        Answer::Items { all, new, repairs } if repairs.is_empty() => info!(feed, all, new, %next, "polled"),
        Answer::Items { all, new, repairs } => {
            info!(feed, all, new, repairs = repairs.join(", "), %next, "polled, repaired");
        }
        Answer::Resting { why } => info!(feed, %next, "resting: {why}"),
        Answer::Failed { why } => warn!(MESSAGE_ID = failed, feed, %next, "the feed failed: {}", one_line(why)),
        Answer::Ended { why } => warn!(MESSAGE_ID = failed, feed, %next, "the feed is over: {}", one_line(why)),
    }
}

fn tell_of_mail(recipient: &str, subject: &str, delivery: &Delivery) {
    match delivery {
        Delivery::Sent => info!(MESSAGE_ID = messages::MAIL_SENT.id, recipient, subject, "mailed: {subject}"),
        Delivery::Later { reason } => {
            warn!(MESSAGE_ID = messages::MAIL_WAITS.id, recipient, subject, "mail waits: {}", one_line(reason));
        }
        Delivery::Unreachable { reason } => {
            let (kind, reason) = (messages::MAIL_WAITS.id, one_line(reason));
            warn!(MESSAGE_ID = kind, recipient, subject, "all mails wait: {reason}");
        }
        Delivery::Misconfigured { reason } => warn!(
            MESSAGE_ID = messages::MAIL_WAITS.id,
            recipient,
            subject,
            "all mails wait, the mail server refuses us as we are set up: {}",
            one_line(reason)
        ),
        Delivery::Refused { reason } => {
            warn!(MESSAGE_ID = messages::MAIL_REFUSED.id, recipient, subject, "mail set aside: {}", one_line(reason));
        }
    }
}

/// Foreign text on one line of a log: control characters could forge lines of their own.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::Context;

    use super::*;

    /// What would go to the journal: the fields of each message.
    #[derive(Clone, Default)]
    struct Journal(Arc<Mutex<Vec<Message>>>);

    /// The names and values of a message's fields.
    type Message = Vec<(String, String)>;

    impl<S: tracing::Subscriber> Layer<S> for Journal {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            let mut fields = Fields(Vec::new());
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }

    struct Fields(Message);

    impl Visit for Fields {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            self.0.push((field.name().to_uppercase(), format!("{value:?}")));
        }

        fn record_str(&mut self, field: &Field, value: &str) {
            self.0.push((field.name().to_uppercase(), value.to_owned()));
        }
    }

    /// The messages about an event, by their kinds; each must carry the fields that its kind promises.
    fn kinds(event: &Event) -> Vec<&'static str> {
        let journal = Journal::default();
        let subscriber = tracing_subscriber::registry().with(journal.clone());
        tracing::subscriber::with_default(subscriber, || tell(event));
        let messages = journal.0.lock().unwrap();
        let kind = |fields: &Message| {
            let (_, id) = fields.iter().find(|(name, _)| name == "MESSAGE_ID")?;
            let kind = messages::ALL.into_iter().find(|kind| kind.id == id).expect("the id is in the table");
            for promised in kind.fields {
                assert!(fields.iter().any(|(name, _)| name == promised), "{}: no {promised} in {fields:?}", kind.name);
            }
            Some(kind.name)
        };
        messages.iter().filter_map(kind).collect()
    }

    fn polled(answer: Answer, turn: Option<Turn>) -> Event {
        Event::Polled { feed: "coast".to_owned(), at: Timestamp::UNIX_EPOCH, answer, turn, next: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn feeds_that_fall_ill_and_are_well_again_are_told_apart() {
        let failed = || Answer::Failed { why: "500".to_owned() };
        assert_eq!(kinds(&polled(failed(), Some(Turn::Down))), ["a feed is down"]);
        assert_eq!(kinds(&polled(failed(), None)), ["a feed has failed again"]);
        assert_eq!(kinds(&polled(Answer::Unchanged, Some(Turn::Up))), ["a feed is up again"]);
        assert_eq!(kinds(&polled(Answer::Ended { why: "410".to_owned() }, Some(Turn::Down))), ["a feed is down"]);
        assert_eq!(kinds(&polled(Answer::Unchanged, None)), [""; 0]);
    }

    #[test]
    fn what_comes_of_a_mail_is_told() {
        let mailed = |delivery| Event::Mailed {
            recipient: "desk@example.org".to_owned(),
            subject: "Ferry\nMESSAGE_ID=forged".to_owned(),
            delivery,
        };
        let reason = || "no such user".to_owned();
        assert_eq!(kinds(&mailed(Delivery::Sent)), ["a mail was sent"]);
        assert_eq!(kinds(&mailed(Delivery::Later { reason: reason() })), ["a mail waits"]);
        assert_eq!(kinds(&mailed(Delivery::Misconfigured { reason: reason() })), ["a mail waits"]);
        assert_eq!(kinds(&mailed(Delivery::Refused { reason: reason() })), ["a mail was refused"]);
    }
}
