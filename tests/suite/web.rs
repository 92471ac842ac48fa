//! The page, the counters and the feed of changes, asked as a browser, a scraper and a feed reader ask.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use tollwatch::clock::Clock;
use tollwatch::feeds;
use tollwatch::model::{Article, FeedState, Page, Text, Validators};
use tollwatch::pipeline::{self, Answer, Event, Incoming, Memory, Pulse, Rules};
use tollwatch::scrape;
use tollwatch::store::{Fetched, Store};
use tollwatch::web::{self, Counters, Site};

use crate::process::{GUARD, Process};

/// What came back: status, headers by name, body.
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

fn ask(address: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(address).expect("the page is there");
    stream.set_read_timeout(Some(GUARD)).expect("a socket takes a limit");
    stream.write_all(request.as_bytes()).expect("the page listens");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the page answers");
    let text = String::from_utf8(bytes).expect("all answers are text");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text:?}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.into()));
    Reply { status: status.expect("a status"), headers: headers.collect(), body: body.to_owned() }
}

fn get(address: SocketAddr, path: &str) -> Reply {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost:8089\r\nConnection: close\r\n\r\n"))
}

/// A ferry that sank off a place that does not exist, as three outlets told it; the second has a name that no page may run.
fn filled(database: &Path) -> Store {
    let mut store = Store::open(database).unwrap();
    let mut memory = Memory::default();
    let told = [
        ("Ardo Daily", 1, "At least 27 people were killed when a ferry sank off Port Ardo, the harbour police said."),
        (
            "<script>alert(1)</script> Post",
            2,
            "The ferry that sank off Port Ardo killed 41 people, the harbour police said.",
        ),
        ("Coast Wire", 3, "The harbour police said 44 people were killed when the ferry sank off Port Ardo."),
    ];
    for (outlet, hour, sentence) in told {
        let text = Text::from_plain(format!("Ferry sinks off Port Ardo\n\n{sentence}"));
        let at = format!("2025-03-09T{hour:02}:00:00Z").parse().unwrap();
        let article = Article {
            url: format!("https://news.example/{hour}?a=1&b=%22").parse().unwrap(),
            outlet: outlet.to_owned(),
            language: Some("en".to_owned()),
            published: Some(at),
            modified: None,
            fingerprint: scrape::fingerprint(text.body()),
            text,
            flags: Vec::new(),
        };
        let fetched = Fetched { at, page_sha256: None };
        let incoming = Incoming { item: None, article, fetched, page: None, baseline: false };
        pipeline::take_in(&mut store, &mut memory, &Rules::default(), &incoming).unwrap();
    }
    let url = "https://wire.example/feed?key=swordfish".parse().unwrap();
    let at = "2025-03-09T04:00:00Z".parse().unwrap();
    let trouble = Some("<b>answered with status 500</b>".to_owned());
    store
        .save_feed(&FeedState { failures: 3, trouble, last_poll: Some(at), ..FeedState::unpolled("wire", url, at) })
        .unwrap();
    store
}

/// A page over a filled store, on a thread of its own until the test ends.
fn serving(counters: Counters) -> (SocketAddr, Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("tollwatch.db");
    let store = filled(&database);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let site = Site {
        database,
        names: vec!["tolls.example.org".to_owned()],
        host: "desk.example".to_owned(),
        pulse: Pulse::default(),
        counters,
        clock: Clock::System,
        started: "2025-03-09T00:00:00Z".parse().unwrap(),
    };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { web::serve(tokio::net::TcpListener::from_std(listener).unwrap(), site).await });
    });
    (address, store, folder)
}

#[test]
fn each_number_stands_with_its_words_outlet_time_and_link() {
    let (address, store, _folder) = serving(Counters::default());
    let story = store.stories().unwrap().remove(0);
    let overview = get(address, "/");
    assert_eq!(overview.status, 200);
    let link = format!("href=\"/stories/{}\"", story.slug);
    for wanted in [&story.name, link.as_str(), "44", "harbour police", "1 failing", "Latest changes"] {
        assert!(overview.body.contains(wanted), "{wanted} is missing:\n{}", overview.body);
    }
    let page = get(address, &format!("/stories/{}", story.slug));
    for claim in store.claims(story.id).unwrap() {
        let row = page.body.split(&format!("<tr id=\"claim-{}\">", claim.id)).nth(1).expect("a row for each claim");
        let row = row.split("</tr>").next().unwrap();
        let number = &claim.quote[claim.number.start..claim.number.end];
        let outlet = claim.outlet.replace('<', "&#60;").replace('>', "&#62;");
        let link = claim.url.as_str().replace('&', "&#38;");
        for wanted in [format!("<mark>{number}</mark>"), outlet, link, claim.published.to_string()] {
            assert!(row.contains(&wanted), "{wanted} is missing:\n{row}");
        }
    }
    for wanted in ["Counted now", "Sources side by side", "What has changed", "<svg", "27</span>", "+14"] {
        assert!(page.body.contains(wanted), "{wanted} is missing:\n{}", page.body);
    }
    let number = get(address, &format!("/stories/{}", story.id));
    assert_eq!(number.body, page.body, "by its number too");
    let feeds = get(address, "/feeds");
    assert!(feeds.body.contains("wire.example") && feeds.body.contains("(3 times in a row)"), "{}", feeds.body);
    assert!(!feeds.body.contains("swordfish") && !feeds.body.contains("<b>"), "{}", feeds.body);
    for page in [overview, page, feeds, get(address, "/changes.atom")] {
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(page.body.len() < 200_000);
    }
}

#[test]
fn every_answer_is_locked_up() {
    let (address, store, _folder) = serving(Counters::default());
    let story = format!("/stories/{}", store.stories().unwrap()[0].slug);
    for path in ["/", &story, "/feeds", "/changes.atom", "/metrics", "/style.css", "/icon.svg", "/nothing"] {
        let reply = get(address, path);
        let header = |name: &str| reply.headers.get(name).map_or("", String::as_str);
        assert_eq!(reply.status, if path == "/nothing" { 404 } else { 200 }, "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'self';"), "{path}");
        assert!(!header("content-security-policy").contains("unsafe"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert!(!reply.body.contains(" style=") || path == "/style.css", "{path} holds styles that the policy forbids");
    }
    let by = |host: &str| ask(address, &format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).status;
    assert_eq!((by("127.0.0.1:1"), by("tolls.example.org"), by("evil.example:8089")), (200, 200, 421));
    let post = ask(address, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_eq!((post.status, post.headers["allow"].as_str()), (405, "GET, HEAD"));
    let head = ask(address, "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let etag = &get(address, "/changes.atom").headers["etag"];
    let again = format!(
        "GET /changes.atom HTTP/1.1\r\nHost: localhost:8089\r\nIf-None-Match: {etag}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(ask(address, &again).status, 304);
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "a".repeat(40_000));
    assert!((400..500).contains(&ask(address, &long).status));
}

#[test]
fn the_changes_are_a_feed_that_a_reader_takes() {
    let (address, store, _folder) = serving(Counters::default());
    let story = store.stories().unwrap().remove(0);
    let changes = store.changes(story.id).unwrap();
    assert!(changes.len() >= 3, "{changes:?}");
    let reply = get(address, "/changes.atom");
    assert_eq!(reply.headers["content-type"], "application/atom+xml; charset=utf-8");
    let page = Page {
        url: "http://localhost:8089/changes.atom".parse().unwrap(),
        fetched: "2025-03-09T05:00:00Z".parse().unwrap(),
        content_type: Some(reply.headers["content-type"].clone()),
        body: reply.body.clone().into_bytes(),
        validators: Validators::default(),
    };
    let feed = feeds::parse(&page, "changes", feeds::Limits::default()).unwrap();
    assert!(feed.repairs.is_empty(), "{:?}", feed.repairs);
    assert_eq!(feed.items.len(), changes.len(), "one entry a change");
    let ids: BTreeSet<&str> = feed.items.iter().filter_map(|item| item.guid.as_deref()).collect();
    assert_eq!(ids.len(), changes.len());
    for (item, stored) in feed.items.iter().zip(changes.iter().rev()) {
        let id = format!("tag:desk.example,2025:change/{}-{}", stored.id, stored.made.as_millisecond());
        assert_eq!(item.guid.as_deref(), Some(id.as_str()));
        assert_eq!(item.link.as_ref().unwrap().path(), format!("/stories/{}", story.slug));
        assert!(item.title.contains(&stored.change.after.to_string()), "{}", item.title);
        let claim = store.claim(stored.change.claim).unwrap().unwrap();
        assert!(
            reply.body.contains(&format!("<link rel=\"via\" href=\"{}\"", claim.url.as_str().replace('&', "&#38;")))
        );
    }
    assert!(reply.body.contains("<mark>41</mark>"), "{}", reply.body);
    assert_eq!(get(address, "/changes.atom").body, reply.body, "nothing in it goes by the time of asking");
}

/// The samples of an exposition by name and labels, after checking what the format asks for.
fn exposition(text: &str) -> BTreeMap<String, f64> {
    let (mut samples, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    let mut family = String::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split_once(' ').expect("a name and words").0.to_owned();
            continue;
        }
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a type");
            assert_eq!(name, family, "HELP, then TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kinds.insert(name.to_owned(), kind.to_owned()), None, "{name} is declared twice");
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        let bare = name.split('{').next().unwrap();
        assert!(bare.starts_with(&family) && bare.starts_with("tollwatch_"), "{line} stands below {family}");
        assert!(bare.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
        match kinds[&family].as_str() {
            "counter" => assert!(bare.ends_with("_total"), "{line}"),
            "histogram" => assert!(["_bucket", "_sum", "_count"].iter().any(|end| bare.ends_with(end)), "{line}"),
            _ => assert_eq!(bare, family),
        }
        if let Some(labels) = name.strip_prefix(bare).filter(|labels| !labels.is_empty()) {
            let inside = labels.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).expect("braces");
            for label in inside.split(',') {
                let (_, word) = label.split_once('=').expect("a label and its value");
                assert!(word.len() >= 2 && word.starts_with('"') && word.ends_with('"'), "{line}");
            }
        }
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        assert_eq!(samples.insert(name.to_owned(), value), None, "{name} is there twice");
    }
    samples
}

#[test]
fn metrics_are_in_prometheus_form_and_count_what_happens() {
    let counters = Counters::default();
    let time = |text: &str| text.parse().unwrap();
    for (at, next) in
        [("2025-03-09T12:00:00Z", "2025-03-09T12:15:00Z"), ("2025-03-09T12:15:40Z", "2025-03-09T12:30:00Z")]
    {
        let answer = Answer::Items { all: 9, new: 2, repairs: Vec::new() };
        counters.count(&Event::Asked { outcome: "answered" });
        counters.count(&Event::Polled { feed: "wire".to_owned(), at: time(at), answer, turn: None, next: time(next) });
    }
    counters.count(&Event::Asked { outcome: "timed_out" });
    let (address, store, _folder) = serving(counters);
    let reply = get(address, "/metrics");
    assert_eq!(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let samples = exposition(&reply.body);
    let changes = store.changes(store.stories().unwrap()[0].id).unwrap().len() as f64;
    for (name, value) in [
        ("tollwatch_polls_total{outcome=\"items\"}", 2.0),
        ("tollwatch_fetches_total{outcome=\"timed_out\"}", 1.0),
        ("tollwatch_items_total", 4.0),
        ("tollwatch_poll_lag_seconds_bucket{le=\"15\"}", 0.0),
        ("tollwatch_poll_lag_seconds_bucket{le=\"60\"}", 1.0),
        ("tollwatch_poll_lag_seconds_count", 1.0),
        ("tollwatch_poll_lag_seconds_sum", 40.0),
        ("tollwatch_feeds{state=\"failing\"}", 1.0),
        ("tollwatch_articles", 3.0),
        ("tollwatch_changes", changes),
        ("tollwatch_outbox_age_seconds", 0.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name}\n{}", reply.body);
    }
    for name in ["tollwatch_database_bytes", "tollwatch_resident_bytes", "tollwatch_open_files"] {
        assert!(samples[name] > 3.0, "{name}\n{}", reply.body);
    }
}

#[test]
fn a_running_daemon_is_well_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tollwatch.toml");
    let database = folder.path().join("tollwatch.db");
    let text = format!("[general]\ndatabase = {database:?}\n[web]\nlisten = \"127.0.0.1:0\"\n");
    fs::write(&config, text).unwrap();
    let mut daemon = Process::from(Process::command().args(["run", "--config"]).arg(&config));
    let line = daemon.wait_for("the page is at http://");
    let address = line.rsplit_once("http://").unwrap().1.trim_end_matches('/').parse().unwrap();
    let well = get(address, "/healthz");
    assert_eq!((well.status, well.body.as_str()), (200, "ok\n"));
    assert_eq!(get(address, "/").status, 200);
    exposition(&get(address, "/metrics").body);
    // Whoever holds a connection open does not hold up the end.
    let _idle = TcpStream::connect(address).unwrap();
    daemon.signal("TERM");
    daemon.success();
    assert!(TcpStream::connect(address).is_err());
}
