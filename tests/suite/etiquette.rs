//! Eight days of polling, in the daemon itself, under a clock that jumps: some thirty servers, each with a habit that
//! feeds are known for, a five-hour outage of our own network, and two restarts. The servers keep a book of every request,
//! and nobody may have reason to complain: not about an unconditional request that could have been conditional, nor one
//! before the time they had asked for, nor two at once, nor about a feed that was forgotten.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tollwatch::clock::Simulated;
use tollwatch::pipeline::{Event, Rhythm, Spacing, Watched};

use crate::server::{Answer, Asked, Server};
use crate::watch::{Watch, clock, time};

/// A Monday.
const BEGIN: &str = "2025-03-10T06:00:00Z";
const RESTARTS: [&str; 2] = ["2025-03-11T09:17:00Z", "2025-03-16T21:40:00Z"];
const END: &str = "2025-03-18T07:00:00Z";

/// When nobody can be reached.
const OUTAGE: [&str; 2] = ["2025-03-13T10:00:00Z", "2025-03-13T15:00:00Z"];

/// The longest that a server can ask to be left alone for.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One request, as a server sees it.
struct Visit<'a> {
    now: Timestamp,
    /// How often this address has been asked before.
    nth: u32,
    if_none_match: &'a str,
    if_modified_since: &'a str,
}

/// What a server says to it.
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    fn feed(body: String) -> Self {
        Self { status: 200, headers: Vec::new(), body }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The answer of a server that knows how to compare: 304 where what was sent fits. An ETag decides alone.
    fn unless_known(self, visit: &Visit<'_>) -> Self {
        let fits = match (self.header("etag"), self.header("last-modified")) {
            (Some(etag), _) => etag == visit.if_none_match,
            (None, Some(modified)) => modified == visit.if_modified_since,
            (None, None) => false,
        };
        if fits { Self { status: 304, body: String::new(), ..self } } else { self }
    }
}

/// How many items a feed that brings one each so many hours has brought until now.
fn brought(now: Timestamp, hours: i64) -> i64 {
    (now.as_second() - 1_741_000_000).div_euclid(hours * 3_600)
}

/// A feed that brings an item each so many hours, and what stands in its head.
fn rss(now: Timestamp, hours: i64, head: &str) -> Reply {
    let items: String = (0..10)
        .map(|n| {
            let number = brought(now, hours) - n;
            let at = Timestamp::from_second(1_741_000_000 + number * hours * 3_600).unwrap();
            format!("<item><title>Note {number}</title><guid>{number}</guid><dc:date>{at}</dc:date></item>\n")
        })
        .collect();
    let dc = "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"";
    Reply::feed(format!("<rss version=\"2.0\" {dc}><channel><title>Notes</title>{head}{items}</channel></rss>"))
}

/// The ETag of such a feed.
fn etag(now: Timestamp, hours: i64) -> String {
    format!("\"{}\"", brought(now, hours))
}

fn http_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn days_in(now: Timestamp) -> i64 {
    now.duration_since(time(BEGIN)).as_hours() / 24
}

/// The usual good feed, for habits that show elsewhere.
fn good(visit: &Visit<'_>, head: &str) -> Reply {
    rss(visit.now, 12, head).with("etag", etag(visit.now, 12)).unless_known(visit)
}

/// What a page says of a feed that belongs to it.
fn link_to(feed: &str) -> String {
    format!("<link rel=\"alternate\" type=\"application/rss+xml\" href=\"{feed}\">")
}

type Habit = fn(&Visit<'_>) -> Reply;

/// Each habit by the name of its feed, with the address it is at.
const HABITS: &[(&str, &str, Habit)] = &[
    ("etag", "etag.example/", |v| good(v, "")),
    ("weak-etag", "weak.example/", |v| {
        rss(v.now, 12, "").with("etag", format!("W/{}", etag(v.now, 12))).unless_known(v)
    }),
    ("last-modified", "modified.example/", |v| {
        rss(v.now, 12, "").with("last-modified", format!("note {}", brought(v.now, 12))).unless_known(v)
    }),
    // Apache's ETag counts microseconds: it changes while the time of change does not.
    ("etag-alone-changes", "apache.example/", |v| {
        rss(v.now, 12, "")
            .with("last-modified", "Mon, 03 Mar 2025 00:00:00 GMT")
            .with("etag", etag(v.now, 12))
            .unless_known(v)
    }),
    ("touched", "touched.example/", |v| rss(v.now, 24 * 30, "").with("etag", etag(v.now, 1)).unless_known(v)),
    ("constant-etag", "constant.example/", |v| rss(v.now, 12, "").with("etag", "\"1\"")),
    ("modified-in-2041", "future.example/", |v| {
        rss(v.now, 24 * 30, "").with("last-modified", "some time in 2041").unless_known(v)
    }),
    ("refreshed-on-304", "refreshed.example/", |v| {
        let known = v.if_none_match.starts_with('"');
        let reply = rss(v.now, 24 * 30, "").with("etag", format!("\"{}\"", v.nth));
        if known { Reply { status: 304, body: String::new(), ..reply } } else { reply }
    }),
    ("no-validators", "bare.example/", |v| rss(v.now, 12, "")),
    ("every-five-minutes", "busy.example/", |v| {
        // An item each hour: asked for eight times in between.
        rss(v.now, 1, "").with("etag", etag(v.now, 1)).unless_known(v)
    }),
    ("silent", "silent.example/", |v| rss(v.now, 24 * 30, "").with("etag", "\"s\"").unless_known(v)),
    ("max-age", "fresh.example/", |v| good(v, "").with("cache-control", "max-age=7200")),
    ("expires", "expires.example/", |v| {
        good(v, "").with("expires", http_date(v.now + SignedDuration::from_hours(3))).with("date", http_date(v.now))
    }),
    ("max-age-of-a-year", "year.example/", |v| good(v, "").with("cache-control", "max-age=31536000")),
    ("nonsense-max-age", "nonsense.example/", |v| good(v, "").with("cache-control", "max-age=-1").with("expires", "0")),
    ("ttl", "ttl.example/", |v| good(v, "<ttl>240</ttl>")),
    ("period", "period.example/", |v| {
        good(v, "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>")
    }),
    ("skip-hours", "night.example/", |v| {
        good(v, "<skipHours><hour>0</hour><hour>1</hour><hour>2</hour><hour>3</hour><hour>4</hour></skipHours>")
    }),
    ("skip-days", "weekend.example/", |v| good(v, "<skipDays><day>Sunday</day></skipDays>")),
    ("429-each-fifth", "limited.example/a", |v| match v.nth % 5 {
        4 => Reply::status(429).with("retry-after", "7200"),
        _ => good(v, ""),
    }),
    ("429-neighbour", "limited.example/b", |v| good(v, "")),
    ("429-until-a-date", "dated.example/", |v| match v.nth % 7 {
        3 => Reply::status(429)
            .with("retry-after", http_date(v.now + SignedDuration::from_hours(5)))
            .with("date", http_date(v.now)),
        _ => good(v, ""),
    }),
    ("429-for-ever", "forever.example/", |v| match v.nth {
        2 => Reply::status(429).with("retry-after", "99999999"),
        _ => good(v, ""),
    }),
    ("503-for-three-hours", "shared.example/a", |v| match v.nth % 6 {
        3 => Reply::status(503).with("retry-after", "10800"),
        _ => good(v, ""),
    }),
    ("503-neighbour", "shared.example/b", |v| good(v, "")),
    ("503-nonsense", "garbage.example/", |v| match v.nth % 6 {
        3 => Reply::status(503).with("retry-after", "soon"),
        _ => good(v, ""),
    }),
    ("403-for-two-days", "forbidden.example/", |v| match days_in(v.now) {
        0..2 => Reply::status(403),
        _ => good(v, ""),
    }),
    ("500-for-two-days", "broken.example/", |v| match days_in(v.now) {
        1..3 => Reply::status(500),
        _ => good(v, ""),
    }),
    ("gone-after-two-days", "gone.example/", |v| match days_in(v.now) {
        0..2 => good(v, ""),
        _ => Reply::status(410),
    }),
    ("a-page-for-a-day", "captive.example/", |v| match days_in(v.now) {
        1 => Reply::feed("<!doctype html><html><body>Log in</body></html>".to_owned()).with("etag", "\"page\""),
        _ => good(v, ""),
    }),
    ("moved-for-good", "old.example/", |_| Reply::status(301).with("location", "http://new.example/")),
    ("moved-for-now", "away.example/", |_| Reply::status(302).with("location", "http://guest.example/")),
    // The page names one feed, which is asked in its place from then on; the other page leaves the choice to a person.
    ("a-page-with-a-feed", "page.example/", |_| {
        Reply::feed(format!("<!doctype html><html><head>{}</head></html>", link_to("http://feeds.example/")))
    }),
    ("a-page-with-two", "choice.example/", |_| {
        let links = link_to("/a") + &link_to("/b");
        Reply::feed(format!("<!doctype html><html><head>{links}</head></html>"))
    }),
    ("one-of-three", "three.example/a", |v| good(v, "")),
    ("two-of-three", "three.example/b", |v| good(v, "")),
    ("three-of-three", "three.example/c", |v| good(v, "")),
];

/// Where redirects lead.
const ELSEWHERE: &[(&str, Habit)] =
    &[("new.example/", |v| good(v, "")), ("guest.example/", |v| good(v, "")), ("feeds.example/", |v| good(v, ""))];

/// A line of the servers' book.
struct Entry {
    at: Timestamp,
    address: String,
    status: u16,
    is_conditional: bool,
}

/// What the servers remember, and what they have to complain about.
#[derive(Default)]
struct Book {
    entries: Vec<Entry>,
    /// How often our own network was tried in vain.
    trials: u32,
    visits: HashMap<String, u32>,
    /// By address: the validators that its last answer gave with a feed.
    given: HashMap<String, (String, String)>,
    /// By address or, after a 429, by host: before this nobody was to come.
    not_before: HashMap<String, Timestamp>,
    /// By address: the least time between two requests that the document asks for.
    wishes: HashMap<String, SignedDuration>,
    last_at_host: HashMap<String, Timestamp>,
    complaints: Vec<String>,
}

impl Book {
    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Answer {
        let address = asked.target.trim_start_matches("http://").to_owned();
        if time(OUTAGE[0]) <= now && now < time(OUTAGE[1]) {
            self.trials += 1;
            // By this the way out is known to be shut: the proxy itself does not let us through.
            return Answer::status(407);
        }
        self.check(asked, &address, now);
        let nth = self.visits.entry(address.clone()).or_default();
        *nth += 1;
        let visit = Visit {
            now,
            nth: *nth - 1,
            if_none_match: asked.header("if-none-match"),
            if_modified_since: asked.header("if-modified-since"),
        };
        let habits =
            HABITS.iter().map(|(_, at, habit)| (at, habit)).chain(ELSEWHERE.iter().map(|(at, habit)| (at, habit)));
        let habit = habits.into_iter().find_map(|(at, habit)| (*at == address).then_some(habit));
        let reply = habit.map_or_else(|| Reply::status(404), |habit| habit(&visit));
        let is_conditional = !visit.if_none_match.is_empty() || !visit.if_modified_since.is_empty();
        self.remember(&address, &reply, now);
        self.entries.push(Entry { at: now, address, status: reply.status, is_conditional });
        let answer = Answer::of(reply.status, crate::server::Body::Whole(reply.body.clone().into_bytes()));
        reply.headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    }

    /// What there is to complain about in a request.
    fn check(&mut self, asked: &Asked, address: &str, now: Timestamp) {
        let mut complain = |what: String| self.complaints.push(format!("{now} {address}: {what}"));
        let sent = (asked.header("if-none-match").to_owned(), asked.header("if-modified-since").to_owned());
        if let Some(given) = self.given.get(address).filter(|given| **given != sent) {
            complain(format!("validators {given:?} were given, and {sent:?} sent"));
        }
        let host = address.split('/').next().unwrap_or_default().to_owned();
        for place in [address, &host] {
            if let Some(until) = self.not_before.get(place).filter(|until| **until > now) {
                complain(format!("nobody was to come before {until}"));
            }
        }
        if let Some(last) = self.last_at_host.insert(host, now)
            && now.duration_since(last) < SignedDuration::from_secs(1)
        {
            complain("less than a second after the last request to this host".to_owned());
        }
        if asked.method != "GET" || !asked.header("user-agent").starts_with("tollwatch/") {
            complain("it does not say who asks".to_owned());
        }
        for header in ["cookie", "referer"] {
            if asked.headers.contains_key(header) {
                complain(format!("it brings a {header}"));
            }
        }
        let here = now.to_zoned(TimeZone::UTC);
        let in_rest = address == "night.example/" && here.hour() < 5
            || address == "weekend.example/" && here.weekday() == jiff::civil::Weekday::Sunday;
        if in_rest && self.visits.contains_key(address) {
            complain("in its time of rest".to_owned());
        }
    }

    /// What the next request to this address must keep to.
    fn remember(&mut self, address: &str, reply: &Reply, now: Timestamp) {
        let is_feed = reply.status == 304 || reply.body.starts_with("<rss");
        if is_feed {
            let given = |name: &str| reply.header(name).unwrap_or_default().to_owned();
            self.given.insert(address.to_owned(), (given("etag"), given("last-modified")));
            for (mark, wish) in [("<ttl>240", 240), ("<sy:updatePeriod>daily", 240)] {
                if reply.body.contains(mark) {
                    self.wishes.insert(address.to_owned(), SignedDuration::from_mins(wish));
                }
            }
        }
        let seconds = |text: &str| text.parse::<i64>().ok().filter(|n| *n > 0).map(SignedDuration::from_secs);
        let until = |text: &str| {
            let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Some(at.duration_since(now)).filter(|left| left.is_positive())
        };
        let fresh = reply.header("cache-control").and_then(|value| seconds(value.trim_start_matches("max-age=")));
        let fresh = fresh.or_else(|| reply.header("expires").and_then(until));
        let rest = reply.header("retry-after").and_then(|value| seconds(value).or_else(|| until(value)));
        let wish = self.wishes.get(address).copied().filter(|_| is_feed);
        if let Some(wait) = [fresh.filter(|_| is_feed), rest, wish].into_iter().flatten().max() {
            let place = if reply.status == 429 { address.split('/').next().unwrap_or_default() } else { address };
            self.not_before.insert(place.to_owned(), now + wait.min(DAY));
        }
    }
}

/// The daemon and its servers.
fn set_up(clock: &Simulated) -> (Watch, Server, Arc<Mutex<Book>>) {
    let book: Arc<Mutex<Book>> = Arc::default();
    let (kept, shown) = (Arc::clone(&book), clock.clone());
    let server = Server::start(move |asked| kept.lock().unwrap().answer(asked, shown.now()));
    let mut watch = Watch::new(clock, &server, &[("any", "any.example")]);
    let any = watch.feeds.remove(0);
    watch.feeds = HABITS
        .iter()
        .map(|(name, address, _)| Watched {
            name: (*name).to_owned(),
            url: format!("http://{address}").parse().unwrap(),
            rhythm: Rhythm::Paced {
                usual: SignedDuration::from_mins(15),
                shortest: SignedDuration::from_mins(5),
                longest: DAY,
            },
            spacing: Spacing::default(),
            ..any.clone()
        })
        .collect();
    watch.parallel = 8;
    (watch, server, book)
}

/// How much later than it was said after the last poll each poll came; and, of the feeds that were due or tried during the
/// outage, how long after its end they came.
fn lateness(events: &[Event]) -> (Vec<SignedDuration>, Vec<SignedDuration>) {
    let outage = time(OUTAGE[0])..time(OUTAGE[1]);
    let (mut late, mut after_outage) = (Vec::new(), Vec::new());
    let mut due: HashMap<&str, Timestamp> = HashMap::new();
    let mut missed: HashSet<&str> = HashSet::new();
    for event in events {
        let Event::Polled { feed, at, next, .. } = event else { continue };
        let was_due = due.insert(feed, *next);
        if outage.contains(at) {
            missed.insert(feed);
        } else if missed.remove(feed.as_str()) || was_due.is_some_and(|due| outage.contains(&due)) {
            after_outage.push(at.duration_since(outage.end));
        } else if let Some(due) = was_due {
            late.push(at.duration_since(due));
        }
    }
    (late, after_outage)
}

#[tokio::test]
async fn in_eight_days_no_server_has_reason_to_complain_and_no_feed_is_forgotten() {
    let clock = clock();
    let (watch, server, book) = set_up(&clock);
    let mut events = Vec::new();
    for end in RESTARTS.into_iter().chain([END]) {
        events.extend(watch.until(end).await);
    }
    let book = book.lock().unwrap();
    assert!(book.complaints.is_empty(), "{} complaints:\n{}", book.complaints.len(), book.complaints.join("\n"));
    assert_eq!(server.most_at_once_of_a_host(), 1, "one host is asked one by one");

    // Nobody is asked early, after a restart neither, and nobody waits.
    let (late, after_outage) = lateness(&events);
    assert!(late.len() > 3_000, "{}", late.len());
    assert!(late.iter().all(|late| *late >= SignedDuration::ZERO), "{:?}", late.iter().min());
    assert!(late.iter().all(|late| *late <= SignedDuration::from_secs(45)), "{:?}", late.iter().max());
    // The outage: it is tried now and then, and afterwards all that had become due are asked one after the other.
    assert!((300..=600).contains(&book.trials), "{} trials in five hours", book.trials);
    // The usual interval, and a tenth of it as jitter.
    let quarter = SignedDuration::from_secs(16 * 60 + 30);
    assert!(after_outage.len() > 25, "{after_outage:?}");
    assert!(after_outage.iter().all(|after| *after <= quarter), "{after_outage:?}");
    let at_once = |second| after_outage.iter().filter(|after| after.as_secs() == second).count();
    assert!((0..900).all(|second| at_once(second) <= 3), "{after_outage:?}");
    let due: Vec<_> = watch
        .store()
        .feed_states()
        .unwrap()
        .into_iter()
        .filter(|feed| feed.ended.is_none() && feed.next_check < time(END))
        .collect();
    assert_eq!(due, [], "all that was due has been polled");

    insta::assert_snapshot!(evidence(&book), @r"
    address              asked cond.   200   304 other  shortest wait
    apache.example/        131   130    17   114     0    68 min
    away.example/          133   132     0     0   133    69 min
    bare.example/          132     0   132     0     0    68 min
    broken.example/        108   107    13    87     8    15 min
    busy.example/         1519  1518   190  1329     0     5 min
    captive.example/       119   118    22    97     0    14 min
    choice.example/         14     0    14     0     0    13 min
    constant.example/      131   130   131     0     0    68 min
    dated.example/          95    94    17    64    14    72 min
    etag.example/          131   130    17   114     0    68 min
    expires.example/        62    61    17    45     0   180 min
    feeds.example/         133   132    17   116     0    67 min
    forbidden.example/      99    90    12    79     8    15 min
    forever.example/       118   117    16   101     1    69 min
    fresh.example/          92    91    17    75     0   120 min
    future.example/          9     8     1     8     0  1307 min
    garbage.example/       155   154    17   112    26    13 min
    gone.example/           37    36     5    31     1    68 min
    guest.example/         133   132    17   116     0    69 min
    limited.example/a      120   119    17    79    24    71 min
    limited.example/b      112   111    17    95     0    69 min
    modified.example/      132   131    17   115     0    69 min
    new.example/           133   132    17   116     0    68 min
    night.example/         108   107    17    91     0    69 min
    nonsense.example/      130   129    17   113     0    71 min
    old.example/           118   117     0     0   118    68 min
    page.example/            1     0     1     0     0     0 min
    period.example/         47    46    17    30     0   240 min
    refreshed.example/       9     8     1     8     0  1318 min
    shared.example/a       111   110    17    76    18    71 min
    shared.example/b       132   131    17   115     0    70 min
    silent.example/          9     8     1     8     0  1312 min
    three.example/a        132   131    17   115     0    69 min
    three.example/b        132   131    17   115     0    68 min
    three.example/c        132   131    17   115     0    69 min
    touched.example/         9     8     9     0     0  1313 min
    ttl.example/            47    46    17    30     0   240 min
    weak.example/          133   132    17   116     0    70 min
    weekend.example/       116   115    15   101     0    68 min
    year.example/            8     7     8     0     0  1440 min
");
    insta::assert_snapshot!(notices(&watch), @r"
    10 Mar 2025  Feed a-page-with-a-feed is asked at another address
    11 Mar 2025  Feed 403-for-two-days has failed for long
    11 Mar 2025  Feed a-page-with-two has failed for long
    12 Mar 2025  Feed 403-for-two-days is well again
    12 Mar 2025  Feed 500-for-two-days has failed for long
    12 Mar 2025  Feed gone-after-two-days is gone for good
    13 Mar 2025  Feed 500-for-two-days is well again
    17 Mar 2025  Feed moved-for-good is asked at another address
");
}

/// How often each address was asked, what it said, and what the shortest time between two requests was.
fn evidence(book: &Book) -> String {
    let mut by_address: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &book.entries {
        by_address.entry(&entry.address).or_default().push(entry);
    }
    let mut told = String::from("address              asked cond.   200   304 other  shortest wait\n");
    for (address, entries) in by_address {
        let count = |what: &dyn Fn(&Entry) -> bool| entries.iter().filter(|entry| what(entry)).count();
        let shortest = entries.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at)).min().unwrap_or_default();
        let _ = writeln!(
            told,
            "{address:<20} {:>5} {:>5} {:>5} {:>5} {:>5}  {:>4} min",
            entries.len(),
            count(&|entry| entry.is_conditional),
            count(&|entry| entry.status == 200),
            count(&|entry| entry.status == 304),
            count(&|entry| !matches!(entry.status, 200 | 304)),
            shortest.as_mins(),
        );
    }
    told
}

/// The subjects of the mails, by day.
fn notices(watch: &Watch) -> String {
    let mails = std::fs::read_dir(watch.maildir().join("new")).unwrap();
    let mut told: Vec<String> = mails
        .map(|mail| {
            let mail = std::fs::read_to_string(mail.unwrap().path()).unwrap();
            let header =
                |name: &str| mail.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
            let date = header("Date: ");
            format!("{} {}", date.get(5..17).unwrap_or_default(), header("Subject: "))
        })
        .collect();
    told.sort();
    told.join("\n")
}
