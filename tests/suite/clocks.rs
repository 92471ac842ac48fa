//! A clock that is set by a day while the daemon runs or is away: feeds are polled at their pace, nobody is asked more often
//! than it wants, and each mail comes once, in time.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use tollwatch::clock::Simulated;
use tollwatch::pipeline::{Rhythm, Spacing};

use crate::server::Server;
use crate::watch::{BEGIN, Item, Watch, clock, page, press, rss, time};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// For so long the daemon is watched after a jump ahead, and for a day after one back.
pub const HOURS_AFTER_A_JUMP_AHEAD: i64 = 4;

/// What came of a day in which the clock was set.
#[derive(Debug, Default)]
pub struct Told {
    /// How often feeds were asked after the clock was set, and how many minutes lay between two requests to one feed, at
    /// least and at most.
    pub polls: usize,
    pub gaps: (i64, i64),
    /// The most requests within a minute, after the clock was set.
    pub most_a_minute: usize,
    /// How long the mail took that tells of an article which came with the poll in which the clock was set.
    pub mail_after: Option<SignedDuration>,
    /// All mails.
    pub mails: Vec<String>,
}

/// When each feed was asked, by the clock of then, and how many of these were before the clock was set.
#[derive(Debug, Default)]
struct Visits {
    all: Vec<(String, Timestamp)>,
    before: Option<usize>,
}

/// When the clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// With the second answer of the first feed.
    Running,
    /// Between two runs.
    Away,
}

const FIRST: Item<'_> = ("first", "14 dead as ferry sinks on Lake Orvane", "2025-03-10T05:00:00Z", "");
const SECOND: Item<'_> = ("second", "Lake Orvane ferry toll rises to 27", "2025-03-10T06:20:00Z", "");

/// A press whose first feed brings news with its second answer; with that answer the clock is set by so much.
fn jumping_press(clock: &Simulated, by: Option<SignedDuration>, visits: &Arc<Mutex<Visits>>) -> Server {
    let (clock, visits) = (clock.clone(), Arc::clone(visits));
    press(move |address| {
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        if path == "feed" {
            let mut visits = visits.lock().unwrap();
            let is_first = !visits.all.iter().any(|(known, _)| known == host);
            if let Some(by) = by.filter(|_| host == "wire0.example" && !is_first && visits.before.is_none()) {
                clock.set(clock.now() + by);
                visits.before = Some(visits.all.len());
            }
            visits.all.push((host.to_owned(), clock.now()));
            return Some(match host {
                "wire0.example" if is_first => rss(host, &[FIRST]),
                "wire0.example" => rss(host, &[SECOND, FIRST]),
                _ => rss(host, &[]),
            });
        }
        let (title, text) = if path == "first" {
            (
                FIRST.1,
                "Fourteen people were killed on Sunday when a passenger ferry sank on Lake Orvane in a squall, the \
                       harbour police of Port Merrow said.\n\nThe ferry went down ten minutes after it had left the landing.",
            )
        } else {
            (
                SECOND.1,
                "The death toll of the ferry sinking on Lake Orvane has risen to 27, the harbour police of Port \
                        Merrow said on Monday.\n\nDivers had reached the cabin of the ferry, which sank on Sunday.",
            )
        };
        Some(page("en", title, text))
    })
}

/// So many feeds that are asked each hour, over a day after the clock was set.
async fn day_after_the_clock_was_set(feeds: usize, by: SignedDuration, when: When) -> Told {
    let (clock, visits) = (clock(), Arc::<Mutex<Visits>>::default());
    let server = jumping_press(&clock, (when == When::Running).then_some(by), &visits);
    let names: Vec<(String, String)> = (0..feeds).map(|n| (format!("wire{n}"), format!("wire{n}.example"))).collect();
    let named: Vec<(&str, &str)> = names.iter().map(|(name, host)| (name.as_str(), host.as_str())).collect();
    let mut watch = Watch::new(&clock, &server, &named);
    watch.parallel = 8;
    for feed in &mut watch.feeds {
        feed.rhythm = Rhythm::Fixed(SignedDuration::from_hours(1));
        feed.spacing = Spacing { jitter: 0, ..feed.spacing };
    }
    let half_past = |hour: i64| time(BEGIN) + SignedDuration::from_mins(60 * hour + 30);
    if when == When::Away {
        watch.until(&half_past(0).to_string()).await;
        clock.set(clock.now() + by);
        let mut visits = visits.lock().unwrap();
        visits.before = Some(visits.all.len());
    }
    // With many feeds some hours show it as well.
    let end = if by.is_negative() { half_past(1) } else { half_past(1 + HOURS_AFTER_A_JUMP_AHEAD) + by };
    watch.until(&end.to_string()).await;
    told(&visits.lock().unwrap(), &watch)
}

fn told(visits: &Visits, watch: &Watch) -> Told {
    let after = &visits.all[visits.before.unwrap_or(visits.all.len())..];
    let minute = SignedDuration::from_mins(1);
    let mut gaps = Vec::new();
    let mut most_a_minute = 0;
    for (nth, (host, at)) in after.iter().enumerate() {
        if let Some((_, next)) = after[nth + 1..].iter().find(|(other, _)| other == host) {
            gaps.push(next.duration_since(*at).as_mins());
        }
        let within = after[nth..].iter().take_while(|(_, other)| *other < *at + minute).count();
        most_a_minute = most_a_minute.max(within);
    }
    let news = after.iter().find(|(host, _)| host == "wire0.example").map(|(_, at)| *at);
    let mail = watch.store().mails(tollwatch::store::MailState::Sent, 9).unwrap().pop();
    Told {
        polls: after.len(),
        gaps: (gaps.iter().min().copied().unwrap_or(0), gaps.iter().max().copied().unwrap_or(0)),
        most_a_minute,
        mail_after: news.zip(mail).map(|(news, mail)| mail.made.duration_since(news)),
        mails: watch.mails(),
    }
}

/// The clock goes back by a day while the daemon runs.
pub async fn set_back() -> Told {
    day_after_the_clock_was_set(5, -DAY, When::Running).await
}

/// The clock goes back by a day while the daemon does not run.
pub async fn set_back_while_away() -> Told {
    day_after_the_clock_was_set(5, -DAY, When::Away).await
}

/// The clock goes ahead by a day while the daemon runs, with more feeds than are asked at once.
pub async fn set_ahead() -> Told {
    day_after_the_clock_was_set(200, DAY, When::Running).await
}

#[tokio::test]
async fn a_clock_that_is_set_back_by_a_day_makes_nobody_wait_for_a_day() {
    for told in [set_back().await, set_back_while_away().await] {
        assert_eq!(told.gaps, (60, 60), "{told:?}");
        assert!(told.polls >= 5 * 23, "{told:?}");
        assert_eq!(told.mails, ["desk@example.org: rise killed people 27"]);
        assert!(told.mail_after.is_some_and(|after| after <= SignedDuration::from_mins(2)), "{told:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_ahead_by_a_day_makes_no_storm() {
    let told = set_ahead().await;
    // Spread over some minutes, once each; from then on each hour again.
    assert!(told.gaps.0 >= 59 && told.gaps.1 <= 61, "{told:?}");
    assert!(told.most_a_minute <= 75, "{told:?}");
    assert_eq!(told.mails, ["desk@example.org: rise killed people 27"]);
    assert!(told.mail_after.is_some_and(|after| after <= SignedDuration::from_mins(2)), "{told:?}");
}

/// What came of some days around a change of the clocks in Berlin, with a count that rises each noon and a digest at half
/// past two at night, which in spring does not come and in autumn comes twice; the quiet hours end with it.
#[derive(Debug)]
pub struct Nights {
    /// When the digests came, in local time.
    pub digests: Vec<String>,
    /// The counts that they told.
    pub told: Vec<i64>,
}

async fn nights(begin: &str) -> Nights {
    let begin = time(begin);
    let clock = Simulated::starting_at(begin, std::time::Duration::ZERO);
    let shown = clock.clone();
    let noon = move |day: i64| begin + SignedDuration::from_hours(24 * day - 12);
    let server = press(move |address| {
        let title = |day: i64| format!("Lake Orvane ferry toll stands at {}", 27 + day);
        if address == "harbour.example/feed" {
            let items: Vec<(String, String, String)> = (0..9)
                .filter(|day| noon(*day) <= shown.now())
                .map(|day| (format!("day{day}"), title(day), noon(day).to_string()))
                .collect();
            let items: Vec<Item<'_>> =
                items.iter().rev().map(|(slug, title, at)| (slug.as_str(), title.as_str(), at.as_str(), "")).collect();
            return Some(rss("harbour.example", &items));
        }
        let day: i64 = address.rsplit_once("day")?.1.parse().ok()?;
        let text = format!(
            "The harbour police of Port Merrow said that {} people were killed when a passenger ferry sank on Lake Orvane \
             in a squall.\n\nDivers went on searching the cabin of the ferry off the landing at Port Merrow.",
            27 + day
        );
        Some(page("en", &title(day), &text))
    });
    let mut watch = Watch::new(&clock, &server, &[("harbour", "harbour.example")]);
    let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    for wish in &mut watch.rules.subscriptions {
        wish.zone = berlin.clone();
        wish.timing = tollwatch::model::Timing::Daily(jiff::civil::time(2, 30, 0, 0));
        wish.quiet = Some((jiff::civil::time(22, 0, 0, 0), jiff::civil::time(2, 30, 0, 0)));
    }
    watch.until(&(begin + 5 * DAY).to_string()).await;
    let mails = watch.store().mails(tollwatch::store::MailState::Sent, 99).unwrap();
    let mut digests: Vec<Timestamp> = mails.iter().map(|mail| mail.made).collect();
    digests.sort_unstable();
    let local = |at: &Timestamp| at.to_zoned(berlin.clone()).strftime("%d %b %H:%M %Z").to_string();
    let sql = "SELECT c.after_low FROM alert_changes a JOIN changes c ON c.id = a.change JOIN mails m ON m.id = a.mail
               WHERE m.state = 'sent' ORDER BY m.id, c.id";
    let database = rusqlite::Connection::open(watch.database()).unwrap();
    let told =
        database.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    Nights { digests: digests.iter().map(local).collect(), told }
}

/// The night in which half past two does not come.
pub async fn spring() -> Nights {
    nights("2025-03-28T00:00:00Z").await
}

/// The night in which half past two comes twice.
pub async fn autumn() -> Nights {
    nights("2025-10-24T00:00:00Z").await
}

#[tokio::test]
async fn digests_come_once_a_night_over_a_change_of_the_clocks() {
    for (nights, digests) in [
        (spring().await, ["29 Mar 02:30 CET", "30 Mar 03:30 CEST", "31 Mar 02:30 CEST", "01 Apr 02:30 CEST"]),
        (autumn().await, ["25 Oct 02:30 CEST", "26 Oct 02:30 CEST", "27 Oct 02:30 CET", "28 Oct 02:30 CET"]),
    ] {
        assert_eq!(nights.digests, digests);
        assert_eq!(nights.told, [28, 29, 30, 31]);
    }
}
