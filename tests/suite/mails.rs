//! Timelines of articles, each with its config, and the exact mails that come of them: `tests/cases/mails/*.timeline`, each
//! with what its recipient reads in `*.snap` beside it.
//!
//! A timeline begins with the config; below a line of dashes follow the events, each with its time, with empty lines between
//! them. An article has a key, by which a later one changes it in place, its feed and its publisher; then come headline
//! and paragraphs. A figure stands in double brackets: its words, what it counts, who says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tollwatch::clock::{Clock, Simulated};
use tollwatch::config;
use tollwatch::http;
use tollwatch::mail::{Maildir, Mailer};
use tollwatch::model::{
    Article, Confidence, FeedItem, FeedState, Figure, Fingerprint, Identity, Quantity, Reading, ReportedToll, Scope,
    Span, Status, Text,
};
use tollwatch::pipeline::{self, Desk, Incoming, Memory, Rules};
use tollwatch::scrape;
use tollwatch::store::{Fetched, MailEntry, MailState, Store};
use tollwatch::track;

use crate::demo;

/// A timeline being played: the database, its daemon's desk, and the clock.
struct Play {
    folder: tempfile::TempDir,
    rules: Rules,
    clock: Simulated,
    desk: Desk,
    memory: Memory,
}

impl Play {
    async fn begin(config: &str, start: Timestamp) -> Self {
        let config = config::parse("timeline", config).unwrap_or_else(|problems| panic!("{problems}"));
        let names = config.sources.iter().flat_map(|source| {
            source.aliases.iter().map(|alias| (alias.as_str(), source.name.as_str())).collect::<Vec<_>>()
        });
        let rules = Rules {
            named: config.stories.clone(),
            tracking: track::Settings { aliases: track::Aliases::built_in().with(names), ..track::Settings::default() },
            subscriptions: config.subscriptions.clone(),
            collect: config.outgoing.collect.try_into().expect("at most an hour"),
            from: config.outgoing.from.clone(),
            host: config.outgoing.host.clone(),
            operator: config.outgoing.operator.as_ref().map(|person| person.email.clone()),
            unsubscribe: config.outgoing.unsubscribe.clone(),
            ..Rules::default()
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&folder.path().join("t.db")).expect("a new database");
        let clock = Simulated::starting_at(start, Duration::ZERO);
        let (events, _) = mpsc::unbounded_channel();
        let http = http::Client::new(http::Settings::default()).expect("the usual settings");
        let mailer = Mailer::Maildir(Maildir { path: folder.path().join("mail") });
        let desk = Desk::new(store, http, mailer, Clock::Simulated(clock.clone()), rules.clone(), events);
        desk.watch(&[]).await.expect("the database takes it");
        Self { folder, rules, clock, desk, memory: Memory::default() }
    }

    fn store(&self) -> Store {
        Store::open(&self.folder.path().join("t.db")).expect("the database is there")
    }

    /// Lets the mails go that are due until a time, as the daemon does.
    async fn until(&mut self, end: Timestamp) {
        loop {
            let now = self.clock.now();
            if self.store().outbox_due(now).expect("the database answers") {
                pipeline::send_due(&self.desk).await.expect("the mails are made");
                continue;
            }
            let next = self.store().next_wake(now).expect("the database answers").filter(|next| *next <= end);
            Clock::Simulated(self.clock.clone()).sleep_until(next.unwrap_or(end)).await;
            if next.is_none() {
                return;
            }
        }
    }

    async fn happen(&mut self, event: &str) {
        let (head, body) = event.split_once('\n').unwrap_or((event, ""));
        let mut words = head.splitn(4, ' ');
        let mut next = || words.next().unwrap_or_else(|| panic!("`{head}` is too short"));
        let at: Timestamp = next().parse().unwrap_or_else(|_| panic!("`{head}` has no time"));
        self.until(at).await;
        match next() {
            "until" => self.until(next().parse().expect("a time")).await,
            "article" => {
                let (key, rest) = (next(), next());
                let (feed, outlet) = rest.split_once(", ").unwrap_or_else(|| panic!("`{head}` names no publisher"));
                self.take_in(at, key, feed, outlet, body);
            }
            "fails" => {
                let (name, why) = (next(), next());
                let url = format!("https://{name}.example/feed").parse().expect("an address");
                let state =
                    FeedState { failures: 9, trouble: Some(why.to_owned()), ..FeedState::unpolled(name, url, at) };
                self.store().save_feed(&state).expect("the database takes it");
            }
            "refused" => {
                let (_, why) = (next(), next());
                // As if the server had said so when the last mail was handed over.
                let path = self.folder.path().join("t.db");
                let last = self.mails().last().expect("a mail").id;
                let other = rusqlite::Connection::open(path).expect("the database is there");
                let sql = "UPDATE mails SET state = 'dead', sent_at = NULL, last_reason = ?2 WHERE id = ?1";
                other.execute(sql, rusqlite::params![last.0, why]).expect("the database takes it");
            }
            other => panic!("`{other}` is no event"),
        }
        self.until(at).await;
    }

    fn take_in(&mut self, at: Timestamp, key: &str, feed: &str, outlet: &str, body: &str) {
        let mut figures = Vec::new();
        let mut plain = String::new();
        for (number, line) in body.lines().enumerate() {
            // The headline stands apart.
            plain.push_str(if number == 1 {
                "\n\n"
            } else if number > 1 {
                "\n"
            } else {
                ""
            });
            let (first, start) = (figures.len(), plain.len());
            let mut rest = line;
            while let Some((before, after)) = rest.split_once("[[") {
                let (marked, after) = after.split_once("]]").expect("brackets are closed");
                plain.push_str(before);
                figures.push(figure(marked, plain.len()));
                plain.push_str(marked.split('|').next().unwrap_or_default());
                rest = after;
            }
            plain.push_str(rest);
            let sentence = Span { start, end: plain.len() };
            figures[first..].iter_mut().for_each(|figure| figure.sentence = sentence);
        }
        let url: url::Url = format!("https://{feed}.example/{key}").parse().expect("an address");
        let text = Text::from_plain(plain);
        let title = body.lines().next().unwrap_or_default().to_owned();
        let item = FeedItem {
            feed: feed.to_owned(),
            identity: Identity::new(format!("link:{url}"), []),
            guid: None,
            link: Some(url.clone()),
            title,
            published: Some(at),
            updated: None,
            summary: None,
            content: None,
        };
        let mut store = self.store();
        let known = store.feed_states().expect("the database answers").into_iter().find(|state| state.name == feed);
        let address = format!("https://{feed}.example/feed").parse().expect("an address");
        // Nothing is polled here.
        let never = at + jiff::SignedDuration::from_hours(24 * 3_650);
        let state =
            FeedState { next_check: never, ..known.unwrap_or_else(|| FeedState::unpolled(feed, address, never)) };
        let item = store.save_poll(&state, &[item], at).expect("the database takes it").new.first().copied();
        let article = Article {
            url,
            outlet: outlet.to_owned(),
            language: Some("en".to_owned()),
            published: Some(at),
            modified: Some(at),
            flags: Vec::new(),
            fingerprint: Fingerprint(scrape::fingerprint(text.body()).0),
            text,
        };
        let toll = |figure: &Figure| ReportedToll {
            measure: figure.measure,
            group: figure.group,
            quantity: figure.quantity,
            source: figure.source.clone(),
            span: figure.span,
            sentence: figure.sentence,
            derived: None,
        };
        let reading = Reading { tolls: figures.iter().map(toll).collect(), figures, ..Reading::default() };
        let fetched = Fetched { at, page_sha256: None };
        let incoming = Incoming { item, article, fetched, page: None, baseline: false };
        pipeline::take_in_as_read(&mut store, &mut self.memory, &self.rules, &incoming, &reading)
            .expect("the database takes it");
    }

    /// All mails in the order in which they were made.
    fn mails(&self) -> Vec<MailEntry> {
        let store = self.store();
        let mut mails: Vec<MailEntry> =
            MailState::ALL.iter().flat_map(|state| store.mails(*state, 1_000).expect("the database answers")).collect();
        mails.sort_by_key(|mail| mail.id);
        mails
    }
}

/// `more than 1,300|killed civilians|police`, and in a fourth place `part` or the name of a place.
fn figure(marked: &str, start: usize) -> Figure {
    let parts: Vec<&str> = marked.split('|').collect();
    let (words, what) = (parts[0], parts[1]);
    let (measure, group) = what.split_once(' ').unwrap_or((what, "people"));
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let count = digits.parse().unwrap_or_else(|_| panic!("no number in {marked}"));
    let lower = words.to_lowercase();
    let is_bound = ["more than", "over", "at least"].iter().any(|bound| lower.starts_with(bound));
    let place = parts.get(3).map(|place| (*place).to_owned());
    Figure {
        quantity: if is_bound { Quantity::AtLeast(count) } else { Quantity::Exactly(count) },
        measure: measure.parse().expect("a measure"),
        group: group.parse().expect("a group"),
        source: parts.get(2).filter(|source| !source.is_empty()).map(|source| (*source).to_owned()),
        scope: if place.is_some() { Scope::Part } else { Scope::Story },
        headline: if place.is_some() { Confidence::NONE } else { Confidence::per_mille(990) },
        place,
        period: None,
        status: Status::Current,
        span: Span { start, end: start + words.len() },
        sentence: Span { start, end: start },
        confidence: Confidence::per_mille(990),
        rule: "timeline".into(),
        derived: None,
    }
}

/// A mail as its recipient gets it, with the Message-IDs in the order in which they first occur: what else stands in them
/// is of no meaning to people.
fn as_read(bytes: &[u8], ids: &mut BTreeMap<String, usize>) -> String {
    const SHOWN: [&str; 12] = [
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "List-Id",
        "List-Unsubscribe",
        "X-Tollwatch-Story",
        "X-Tollwatch-Event",
        "X-Tollwatch-Changes",
        "X-Tollwatch-Feed",
    ];
    let message = std::str::from_utf8(bytes).expect("a mail is ASCII");
    let head = message.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
    let mut read = String::new();
    for line in head.lines() {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        if !SHOWN.contains(&name) {
            continue;
        }
        let mut value = value.to_owned();
        if ["Message-ID", "In-Reply-To", "References"].contains(&name) {
            let known = value.split(' ').map(|id| {
                let next = ids.len() + 1;
                format!("<mail {}>", ids.entry(id.to_owned()).or_insert(next))
            });
            value = known.collect::<Vec<_>>().join(" ");
        }
        read.push_str(&format!("{name}: {value}\n"));
    }
    assert!(
        head.contains("Auto-Submitted: auto-generated") && head.contains("X-Auto-Response-Suppress: OOF, AutoReply")
    );
    format!("{read}\n{}", demo::text(bytes))
}

async fn play(timeline: &str) -> String {
    let (config, events) = timeline.split_once("\n----\n").expect("a line of dashes below the config");
    let events: Vec<&str> = events.split("\n\n").map(str::trim).filter(|event| !event.is_empty()).collect();
    let start = events[0].split(' ').next().and_then(|at| at.parse().ok()).expect("the first event has a time");
    let mut play = Play::begin(config, start).await;
    for event in events {
        play.happen(event).await;
    }
    let (store, mut ids) = (play.store(), BTreeMap::new());
    let read = play.mails().into_iter().map(|mail| {
        let bytes = store.mail_bytes(mail.id).expect("the database answers").expect("the mail is there");
        let text = as_read(&bytes, &mut ids);
        for line in text.split("\n\n").skip(1).flat_map(str::lines).filter(|line| !line.contains("https://")) {
            assert!(line.chars().count() <= 78, "too long: {line}");
        }
        text
    });
    let rule = "─".repeat(78);
    read.collect::<Vec<_>>().join(&format!("\n{rule}\n"))
}

/// After a change that is meant, `INSTA_UPDATE=always cargo test` writes the files anew; each is to be read again, as its
/// recipient would.
#[tokio::test]
async fn each_timeline_brings_the_mails_beside_it() {
    static SETTINGS: OnceLock<insta::Settings> = OnceLock::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mails");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the timelines are there")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "timeline"))
        .collect();
    files.sort();
    assert!(files.len() >= 14, "only {} timelines in {}", files.len(), folder.display());
    let settings = SETTINGS.get_or_init(|| {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../cases/mails");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    });
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let timeline = fs::read_to_string(&file).expect("a text file");
        let read = play(&timeline).await;
        settings.bind(|| insta::assert_snapshot!(name.as_str(), read));
    }
}
