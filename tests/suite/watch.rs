//! A daemon for tests: the real one, in this process, under a clock that jumps, with a server on the loopback interface
//! that answers for all hosts as their proxy.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tollwatch::clock::{Clock, Simulated};
use tollwatch::daemon::{self, Orders, Setup};
use tollwatch::http;
use tollwatch::mail::{Maildir, Mailer};
use tollwatch::model::{Address, Confidence, Delivery, Subscription};
use tollwatch::pipeline::{Answer as Polling, Desk, Event, Keep, Outcome, Rhythm, Rules, Spacing, Watched};
use tollwatch::store::{NewMail, Store};
use tollwatch::track;

use crate::server::{Answer, Asked, Server};

/// When the tests begin.
pub const BEGIN: &str = "2025-03-10T06:00:00Z";

/// A clock that shows [`BEGIN`].
pub fn clock() -> Simulated {
    Simulated::starting_at(time(BEGIN), std::time::Duration::ZERO)
}

/// A moment, as in `2025-03-10T06:00:00Z`.
pub fn time(text: &str) -> Timestamp {
    text.parse().expect("the test's times are valid")
}

/// A server that is asked as a proxy and answers for every host; `answer` gets the address without `http://`. Nobody
/// has a `robots.txt`, and what `answer` does not know is not found.
pub fn press(answer: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> Server {
    Server::start(move |asked: &Asked| {
        let address = asked.target.strip_prefix("http://").unwrap_or(&asked.target);
        let known = if address.ends_with("/robots.txt") { None } else { answer(address) };
        known.unwrap_or_else(|| Answer::status(404))
    })
}

/// An item for [`rss`]: the last part of its address, headline, publication, and what the feed says of it.
pub type Item<'a> = (&'a str, &'a str, &'a str, &'a str);

/// An RSS feed.
pub fn rss(host: &str, items: &[Item<'_>]) -> Answer {
    let items: String = items
        .iter()
        .map(|(slug, title, published, summary)| {
            format!(
                "<item><title>{title}</title><link>http://{host}/{slug}</link><guid>{host}/{slug}</guid>\
                 <dc:date>{published}</dc:date><description>{summary}</description></item>\n"
            )
        })
        .collect();
    Answer::ok(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <channel><title>{host}</title>\n{items}</channel></rss>"
    ))
    .header("content-type", "application/rss+xml")
}

/// An article's page, in a language.
pub fn page(language: &str, title: &str, text: &str) -> Answer {
    let paragraphs: String = text.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>\n")).collect();
    Answer::ok(format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><article><h1>{title}</h1>\n{paragraphs}</article></body></html>"
    ))
    .header("content-type", "text/html; charset=utf-8")
}

/// A feed whose first poll holds one report of a ferry, and whose later polls hold a second one.
pub fn ferry_press(clock: &Simulated) -> Server {
    let clock = clock.clone();
    let first: Item<'_> = ("first", "14 dead as ferry sinks on Lake Orvane", "2025-03-10T05:00:00Z", "");
    let second: Item<'_> = ("second", "Lake Orvane ferry toll rises to 27", "2025-03-10T06:20:00Z", "");
    press(move |address| match address {
        "harbour.example/feed" if clock.now() < time("2025-03-10T06:20:00Z") => Some(rss("harbour.example", &[first])),
        "harbour.example/feed" => Some(rss("harbour.example", &[second, first])),
        "harbour.example/first" => Some(page(
            "en",
            first.1,
            "Fourteen people were killed on Sunday when a passenger ferry sank on Lake Orvane in a squall, the harbour \
             police of Port Merrow said.\n\nThe ferry went down ten minutes after it had left the landing at Port Merrow.",
        )),
        _ => Some(page(
            "en",
            second.1,
            "The death toll of the ferry sinking on Lake Orvane has risen to 27, the harbour police of Port Merrow said on \
             Monday.\n\nDivers had reached the cabin of the ferry, which sank on Sunday in a squall.",
        )),
    })
}

/// All that a daemon is made of, over its restarts.
pub struct Watch {
    folder: TempDir,
    clock: Simulated,
    /// How pages and feeds are asked for.
    pub http: http::Settings,
    /// The feeds.
    pub feeds: Vec<Watched>,
    /// What the config settles.
    pub rules: Rules,
    /// How much may be under way at once.
    pub parallel: usize,
    /// Where the mails go; a Maildir where it makes nothing.
    pub smtp: Option<tollwatch::mail::Setup>,
}

impl Watch {
    /// A daemon that has seen nothing yet and polls these feeds, given by name and host, each hour.
    pub fn new(clock: &Simulated, server: &Server, feeds: &[(&str, &str)]) -> Self {
        let watched = |(name, host): &(&str, &str)| Watched {
            name: (*name).to_owned(),
            url: format!("http://{host}/feed").parse().expect("the test's hosts are valid"),
            rhythm: Rhythm::Fixed(SignedDuration::from_hours(1)),
            outlet: None,
            language: None,
            spacing: Spacing { host_pause: SignedDuration::ZERO, ..Spacing::default() },
            first_poll: 50,
            manner: http::Manner::default(),
            keep: Keep::default(),
            selectors: tollwatch::scrape::Selectors::default(),
        };
        let http = http::Settings {
            proxy: Some(server.url("/")),
            pause: std::time::Duration::ZERO,
            ..http::Settings::default()
        };
        let address = |email: &str| Address { name: String::new(), email: email.to_owned() };
        let rules = Rules {
            named: Vec::new(),
            tracking: track::Settings {
                least_confidence: Confidence::per_mille(500),
                aliases: track::Aliases::built_in(),
            },
            subscriptions: vec![subscription("desk@example.org")],
            collect: SignedDuration::from_mins(1),
            keep_pages: SignedDuration::from_hours(24),
            look_again: Vec::new(),
            from: address("tollwatch@example.org"),
            host: "example.org".to_owned(),
            operator: None,
            unsubscribe: None,
            tell_of_feeds: true,
        };
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            clock: clock.clone(),
            http,
            feeds: feeds.iter().map(watched).collect(),
            rules,
            parallel: 1,
            smtp: None,
        }
    }

    /// Makes it wait for a silent server for a moment only: these waits are the only ones that take real time.
    pub fn hurry(&mut self) {
        self.http.connect_timeout = std::time::Duration::from_millis(200);
        self.http.idle_timeout = std::time::Duration::from_millis(200);
    }

    /// Runs the daemon until the clock shows this time, and returns what happened. Each call is a process of its own, as
    /// far as the daemon can tell.
    pub async fn until(&self, end: &str) -> Vec<Event> {
        let (events, mut happened) = mpsc::unbounded_channel();
        let setup = Setup { desk: self.desk(events), feeds: self.feeds.clone(), parallel: self.parallel };
        let (_never, reload) = mpsc::channel(1);
        let orders = Orders { shutdown: CancellationToken::new(), reload, end: Some(time(end)) };
        let running = daemon::run(setup, orders);
        tokio::time::timeout(std::time::Duration::from_secs(120), running)
            .await
            .expect("the daemon comes to its end")
            .expect("the database is there");
        let happened = std::iter::from_fn(|| happened.try_recv().ok());
        // Single requests are for those who count; what came of them is told by what follows.
        happened.filter(|event| !matches!(event, Event::Asked { .. })).collect()
    }

    /// The parts of the daemon, put together.
    pub fn desk(&self, events: mpsc::UnboundedSender<Event>) -> Desk {
        let mailer = match &self.smtp {
            None => Mailer::Maildir(Maildir { path: self.maildir() }),
            Some(setup) => {
                Mailer::Smtp(Box::new(tollwatch::mail::Smtp::new(setup.clone()).expect("the test's setup is valid")))
            }
        };
        let http = http::Client::new(self.http.clone()).expect("the test's settings are valid");
        Desk::new(self.store(), http, mailer, Clock::Simulated(self.clock.clone()), self.rules.clone(), events)
    }

    /// The database, as it is between two runs of the daemon.
    pub fn store(&self) -> Store {
        Store::open(&self.database()).expect("the database can be opened")
    }

    /// Where the database is.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("tollwatch.db")
    }

    /// What is in the Maildir: to whom, and what has changed.
    pub fn mails(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.maildir().join("new")) else { return Vec::new() };
        let mut mails: Vec<String> = files
            .map(|file| fs::read_to_string(file.expect("a file").path()).expect("mails are ASCII"))
            .map(|mail| {
                let header =
                    |name: &str| mail.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
                format!("{}: {}", header("To: "), header("X-Tollwatch-Changes: "))
            })
            .collect();
        mails.sort();
        mails
    }

    /// Puts a mail into the outbox, made so many minutes after [`BEGIN`].
    pub fn queue(&self, minutes: i64, recipient: &str) {
        let name = format!("m{minutes}.{}", recipient.replace('@', "."));
        let mail = NewMail {
            message_id: format!("{name}@example.org"),
            sender: "tollwatch@example.org".to_owned(),
            recipient: recipient.to_owned(),
            subject: format!("Ferry, {minutes} minutes after six"),
            story: None,
            bytes: format!("Message-ID: <{name}@example.org>\r\nSubject: Ferry\r\n\r\n14 dead\r\n").into_bytes(),
        };
        let made = time(BEGIN) + SignedDuration::from_mins(minutes);
        self.store().compose(&[], &mail, made).expect("the outbox takes it");
    }

    /// Where mails go without a server.
    pub fn maildir(&self) -> PathBuf {
        self.folder.path().join("mail")
    }
}

/// The wish to be told everything at once.
pub fn subscription(email: &str) -> Subscription {
    Subscription::to(Address { name: String::new(), email: email.to_owned() })
}

/// What happened, a line each; polls that brought nothing new are left out.
pub fn told(events: &[Event]) -> String {
    events.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn line(event: &Event) -> Option<String> {
    let clock = |at: &Timestamp| at.strftime("%d %H:%M").to_string();
    Some(match event {
        Event::Polled { answer: Polling::Unchanged | Polling::Items { new: 0, .. }, .. } => return None,
        Event::Polled { feed, at, answer, .. } => {
            let answer = match answer {
                Polling::Items { all, new, .. } => format!("{all} items, {new} new"),
                Polling::Resting { why } => format!("resting: {why}"),
                Polling::Failed { why } => format!("failed: {why}"),
                Polling::Ended { why } => format!("over: {why}"),
                Polling::Unchanged => unreachable!("left out above"),
            };
            format!("{} {feed}: {answer}", clock(at))
        }
        Event::Asked { .. } => return None,
        Event::Network { at, is_up } => format!("{} the network is {}", clock(at), if *is_up { "up" } else { "down" }),
        Event::Read { title, at, outcome, .. } => {
            let outcome = match outcome {
                Outcome::Taken(taken) => match &taken.unread {
                    Some(why) => format!("kept unread: {why}"),
                    None => format!("{} figures", taken.figures),
                },
                Outcome::Later { why, .. } => format!("put off: {why}"),
                Outcome::GivenUp { why } => format!("given up: {why}"),
            };
            format!("{} \"{title}\": {outcome}", clock(at))
        }
        Event::Changed { story, change, .. } => {
            format!("change in {}: {} {} {}", story.name, change.series.measure, change.series.group, change.after)
        }
        Event::Held { story, claim } => format!("held in {}: {}", story.name, claim.quantity),
        Event::Mailed { recipient, subject, delivery } => {
            let delivery = match delivery {
                Delivery::Sent => "sent".to_owned(),
                Delivery::Later { reason } => format!("waits: {reason}"),
                Delivery::Unreachable { reason } => format!("all wait, nobody there: {reason}"),
                Delivery::Misconfigured { reason } => format!("all wait: {reason}"),
                Delivery::Refused { reason } => format!("set aside: {reason}"),
            };
            format!("mail to {recipient}, {subject}: {delivery}")
        }
    })
}
