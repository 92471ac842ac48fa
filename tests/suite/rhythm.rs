//! When recipients are mailed: what must hold for every wish, in every zone, at every time, whatever comes in.

use jiff::civil::{Time, Weekday, time};
use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use tollwatch::model::{
    Address, Alarm, ArticleId, Change, ChangeKind, ClaimId, Group, Measure, Quantity, Reason, Series, Story, StoryId,
    StoryProfile, Subscription, Timing,
};
use tollwatch::notify::{Due, Mark, Standing, Step, StorySoFar, Telling, alerts, plan};

use Quantity::Exactly;

const COLLECT: SignedDuration = SignedDuration::from_secs(90);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn at(text: &str) -> Timestamp {
    text.parse().expect("the tests write whole times")
}

fn desk() -> Subscription {
    Subscription::to(Address { name: String::new(), email: "desk@example.org".to_owned() })
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone of the database")
}

fn story(id: i64) -> Story {
    let at = Timestamp::UNIX_EPOCH;
    Story {
        id: StoryId(id),
        slug: format!("ferry-{id}"),
        name: format!("Ferry {id}"),
        configured: None,
        muted: false,
        first: at,
        last: at,
        profile: StoryProfile::default(),
    }
}

fn change(story: i64, measure: Measure, before: Option<u64>, after: u64, reason: Reason) -> Change {
    let kind = match before {
        _ if reason == Reason::SourcesDisagree => ChangeKind::Conflict,
        None => ChangeKind::First,
        Some(before) if after < before => ChangeKind::Fall,
        Some(_) => ChangeKind::Rise,
    };
    let source = if kind == ChangeKind::Conflict { Some("ministry".to_owned()) } else { None };
    Change {
        story: StoryId(story),
        series: Series { measure, group: Group::People, source },
        kind,
        before: before.map(Exactly),
        after: Exactly(after),
        reason,
        claim: ClaimId { article: ArticleId(1), version: 1, nth: 1 },
        at: Timestamp::UNIX_EPOCH,
    }
}

/// A recipient whose mails are planned as the daemon does it, and all that must hold while it does.
struct Watched {
    wishes: Vec<Subscription>,
    stories: Vec<(Story, Vec<Step>)>,
    since: Timestamp,
    news: Vec<Timestamp>,
    last_sign: Option<Timestamp>,
    next: Option<Timestamp>,
    /// Each mail: when, and what.
    mails: Vec<(Timestamp, Due)>,
}

impl Watched {
    fn new(wishes: Vec<Subscription>, since: Timestamp) -> Self {
        let stories = (0..3).map(|id| (story(id), Vec::new())).collect();
        Self { wishes, stories, since, news: vec![], last_sign: None, next: None, mails: vec![] }
    }

    fn hear(&mut self, change: Change, now: Timestamp) {
        self.run_until(now);
        let id = self.stories.iter().map(|(_, steps)| steps.len() as i64).sum::<i64>() + 1;
        let mark = Mark::Waiting { heard: now, outlet: "Wire".to_owned(), feeds: vec!["wire".to_owned()] };
        self.stories[change.story.0 as usize].1.push(Step { id, change, mark });
        self.look(now);
    }

    /// Looks as often as the plans ask for it, until a time.
    fn run_until(&mut self, end: Timestamp) {
        while let Some(next) = self.next.filter(|next| *next <= end) {
            self.look(next);
        }
    }

    fn look(&mut self, now: Timestamp) {
        let wishes: Vec<&Subscription> = self.wishes.iter().collect();
        let stories: Vec<StorySoFar<'_>> = self
            .stories
            .iter()
            .filter(|(_, steps)| steps.iter().any(|step| matches!(step.mark, Mark::Waiting { .. })))
            .map(|(story, steps)| StorySoFar { story, steps: steps.clone() })
            .collect();
        let plan = plan(
            &Standing {
                wishes: &wishes,
                stories: &stories,
                mails: &self.news,
                last_news: self.news.last().copied(),
                last_sign: self.last_sign,
                since: self.since,
                collect: COLLECT,
            },
            now,
        );
        assert!(plan.next.is_none_or(|next| next > now), "{now} is not past {:?}", plan.next);
        for mail in &plan.mails {
            self.check_quiet(mail, now);
            match mail {
                Due::Letter(telling) => self.tell(std::slice::from_ref(telling)),
                Due::Digest { stories, .. } => self.tell(stories),
                Due::SignOfLife { .. } => self.last_sign = Some(now),
            }
            if !matches!(mail, Due::SignOfLife { .. }) {
                self.news.push(now);
            }
        }
        if let Some(cap) = self.wishes.iter().filter_map(|wish| wish.most_an_hour).min() {
            let within = self.news.iter().filter(|made| now < **made + HOUR).count();
            assert!(within <= cap as usize, "{within} mails within the hour up to {now}");
        }
        for id in plan.over {
            self.mark(id, Mark::Passed);
        }
        self.mails.extend(plan.mails.into_iter().map(|mail| (now, mail)));
        self.next = plan.next;
    }

    fn tell(&mut self, tellings: &[Telling]) {
        for telling in tellings {
            assert!(!telling.changes.is_empty(), "a mail about nothing");
            telling.changes.iter().for_each(|id| self.mark(*id, Mark::Told));
        }
    }

    fn mark(&mut self, id: i64, mark: Mark) {
        let steps = self.stories.iter_mut().flat_map(|(_, steps)| steps);
        let step = steps.into_iter().find(|step| step.id == id).expect("a change that is known");
        assert!(matches!(step.mark, Mark::Waiting { .. }), "change {id} is told twice");
        step.mark = mark;
    }

    /// Nothing goes out in quiet hours but stories of which a count breaks through.
    fn check_quiet(&self, mail: &Due, now: Timestamp) {
        let wish = &self.wishes[0];
        let Some((from, to)) = wish.quiet else { return };
        let clock = now.to_zoned(wish.zone.clone()).time();
        let is_quiet = if from <= to { from <= clock && clock < to } else { from <= clock || clock < to };
        if !is_quiet {
            return;
        }
        let tellings = match mail {
            Due::Letter(telling) => std::slice::from_ref(telling),
            Due::Digest { stories, .. } => stories.as_slice(),
            Due::SignOfLife { .. } => panic!("a sign of life at {clock}"),
        };
        let alarm = wish.quiet_unless.unwrap_or_else(|| panic!("{mail:?} at {clock} is in quiet hours"));
        for telling in tellings {
            let steps = &self.stories[telling.story.0 as usize].1;
            let loud = [Measure::Killed, Measure::Missing].into_iter().any(|measure| {
                let of = |step: &&Step| step.change.series.measure == measure;
                let told = steps.iter().filter(of).rfind(|step| step.mark == Mark::Told && !disputes(step));
                let told = told.map_or(0, |step| step.change.after.told());
                telling.changes.iter().filter_map(|id| steps.iter().find(|step| step.id == *id)).filter(of).any(
                    |step| {
                        let from = if disputes(step) { 0 } else { told };
                        let after = step.change.after.told();
                        after > from
                            && alarm.by.is_none_or(|by| after - from >= by)
                            && alarm.times.is_none_or(|times| after * 100 >= from * u64::from(times))
                    },
                )
            });
            assert!(loud, "{telling:?} at {clock} is in quiet hours and not loud");
        }
    }

    /// When all is said: for each count the recipient knows what stands, or what stands has risen by too little.
    fn check_all_is_told(&self) {
        let wish = &self.wishes[0];
        for (story, steps) in &self.stories {
            for measure in [Measure::Killed, Measure::Missing] {
                let line: Vec<&Step> =
                    steps.iter().filter(|s| s.change.series.measure == measure && !disputes(s)).collect();
                let Some(last) = line.last() else { continue };
                let told = line.iter().rfind(|step| step.mark == Mark::Told);
                let told = told.unwrap_or_else(|| panic!("nothing told of {measure} in {}", story.name));
                let (from, to) = (told.change.after.told(), last.change.after.told());
                let small = to > from
                    && (to - from < wish.least_change || (to - from) * 100 < from * u64::from(wish.least_percent));
                assert!(from == to || small, "{measure} in {}: told {from}, stands at {to}", story.name);
                let waits = line.iter().any(|step| matches!(step.mark, Mark::Waiting { .. }));
                assert_eq!(waits, small, "{measure} in {}: told {from}, stands at {to}", story.name);
            }
            assert!(steps.iter().filter(|step| disputes(step)).all(|step| step.mark == Mark::Told));
        }
    }

    /// No two digests without a time for one between them.
    fn check_one_digest_a_period(&self) {
        let wish = &self.wishes[0];
        let is_digest = |mail: &&(Timestamp, Due)| matches!(mail.1, Due::Digest { capped: None, .. });
        let digests: Vec<Timestamp> = self.mails.iter().filter(is_digest).map(|(at, _)| *at).collect();
        for pair in digests.windows(2) {
            assert!(is_slot_between(wish, pair[0], pair[1]), "two digests in one period: {} and {}", pair[0], pair[1]);
        }
    }

    /// A line for each mail: when, in the recipient's own time, and what.
    fn told(&self) -> String {
        let lines = self.mails.iter().map(|(at, mail)| {
            let wish = &self.wishes[0];
            let when = at.to_zoned(wish.zone.clone()).strftime("%a %d %b %H:%M:%S %Z").to_string();
            let counts = |telling: &Telling| {
                let steps = &self.stories[telling.story.0 as usize].1;
                let ids: Vec<String> = telling
                    .changes
                    .iter()
                    .filter_map(|id| steps.iter().find(|step| step.id == *id))
                    .map(|step| step.change.after.to_string())
                    .collect();
                let from = telling.told.first().map_or_else(String::new, |(_, told)| format!("{told} → "));
                format!("story {}: {from}{}", telling.story, ids.join(" → "))
            };
            match mail {
                Due::Letter(telling) => format!("{when}  letter, {}", counts(telling)),
                Due::Digest { stories, capped, .. } => {
                    let all: Vec<String> = stories.iter().map(counts).collect();
                    format!("{when}  {}, {}", if capped.is_some() { "the rest" } else { "digest" }, all.join("; "))
                }
                Due::SignOfLife { .. } => format!("{when}  all is well"),
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn disputes(step: &Step) -> bool {
    step.change.kind == ChangeKind::Conflict
}

/// Whether a digest of this wish is due in between, or right at the end.
fn is_slot_between(wish: &Subscription, from: Timestamp, to: Timestamp) -> bool {
    let (from_here, to_here) = (from.to_zoned(wish.zone.clone()), to.to_zoned(wish.zone.clone()));
    let (fits, time): (Box<dyn Fn(Weekday) -> bool>, Time) = match wish.timing {
        Timing::AtOnce => return true,
        Timing::Hourly => {
            let hour = |here: &jiff::Zoned| (here.date(), here.hour(), here.offset());
            return hour(&from_here) != hour(&to_here);
        }
        Timing::Daily(time) => (Box::new(|_| true), time),
        Timing::Weekly(day, time) => (Box::new(move |other| other == day), time),
    };
    let mut date = from_here.date().checked_sub(1.day()).expect("a date of our days");
    while date <= to_here.date() {
        let slot = wish.zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().expect("a time").timestamp();
        if fits(date.weekday()) && from < slot && slot <= to {
            return true;
        }
        date = date.tomorrow().expect("a date of our days");
    }
    false
}

/// What comes in: after so many minutes, in which story, of which measure, and by how much it moves; what kind of thing.
type Heard = (i64, i64, bool, i64, u8);

fn zones() -> Vec<String> {
    let mut zones: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
    zones.sort();
    assert!(zones.len() > 300, "only {} zones are known", zones.len());
    zones
}

fn clock_time() -> impl Strategy<Value = Time> {
    (0i8..24, prop::sample::select(vec![0i8, 15, 30, 59])).prop_map(|(hour, minute)| time(hour, minute, 0, 0))
}

prop_compose! {
    fn wish()(
        place in any::<prop::sample::Index>(),
        kind in 0usize..4,
        at in clock_time(),
        day in 0i8..7,
        quiet in prop::option::of((clock_time(), clock_time()).prop_filter("hours", |(from, to)| from != to)),
        by in prop::option::of(1u64..60),
        times in prop::option::of(101u32..400),
        (least_change, least_percent) in (1u64..20, 0u32..50),
        most_an_hour in prop::option::of(1u32..4),
        sign_of_life in any::<bool>(),
    ) -> Subscription {
        let zones = zones();
        let day = Weekday::from_monday_zero_offset(day).expect("a day of the week");
        Subscription {
            zone: zone(&zones[place.index(zones.len())]),
            timing: [Timing::AtOnce, Timing::Hourly, Timing::Daily(at), Timing::Weekly(day, at)][kind],
            quiet,
            quiet_unless: (by.is_some() || times.is_some()).then_some(Alarm { by, times }),
            least_change,
            least_percent,
            most_an_hour,
            sign_of_life: sign_of_life.then_some((day, at)),
            ..desk()
        }
    }
}

/// Lets all of it come in and waits until all that can be told is told.
fn play(wish: Subscription, start: i64, heard: &[Heard]) -> Watched {
    let mut now = Timestamp::from_second(start).expect("a time of our days");
    let mut watched = Watched::new(vec![wish], now);
    for (minutes, story, missing, by, kind) in heard {
        now += SignedDuration::from_mins(*minutes);
        let measure = if *missing { Measure::Missing } else { Measure::Killed };
        let mut line =
            watched.stories[*story as usize].1.iter().filter(|s| s.change.series.measure == measure && !disputes(s));
        let before = line.next_back().map(|step| step.change.after.told());
        let change = match (before, kind) {
            (None, _) => change(*story, measure, None, by.unsigned_abs() + 1, Reason::NewCount),
            (Some(_), 0) => change(*story, measure, None, by.unsigned_abs() + 100, Reason::SourcesDisagree),
            (Some(before), kind) => {
                let after = before.saturating_add_signed(*by);
                if after == before {
                    continue;
                }
                let reason = match kind {
                    1 => Reason::Corrected,
                    2 if after < before => Reason::Fewer,
                    _ => Reason::Higher,
                };
                change(*story, measure, Some(before), after, reason)
            }
        };
        watched.hear(change, now);
    }
    watched.run_until(now + SignedDuration::from_hours(24 * 20));
    watched
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each look checks besides that no change is told twice, that the cap is held, and what goes out in quiet hours.
    #[test]
    fn whatever_comes_in_is_told_once_and_in_its_time(
        wish in wish(),
        start in 0i64..4_000_000_000,
        heard in prop::collection::vec((0i64..900, 0i64..3, any::<bool>(), -20i64..40, 0u8..8), 1..40),
    ) {
        let is_almost_always_quiet = wish.quiet.is_some_and(|(from, to)| {
            let minutes = |time: Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
            (minutes(to) - minutes(from)).rem_euclid(1_440) > 1_300
        });
        // With an hour or two a day and one mail in them there may be no end to it in twenty days.
        prop_assume!(!is_almost_always_quiet);
        let watched = play(wish, start, &heard);
        watched.check_one_digest_a_period();
        watched.check_all_is_told();
    }

    #[test]
    fn a_wish_without_quiet_hours_and_cap_is_answered_at_its_time(wish in wish(), start in 0i64..4_000_000_000) {
        let wish = Subscription { quiet: None, most_an_hour: None, sign_of_life: None, ..wish };
        let watched = play(wish.clone(), start, &[(0, 0, false, 9, 3)]);
        let heard = watched.since;
        prop_assert_eq!(watched.mails.len(), 1);
        let due = watched.mails[0].0;
        match wish.timing {
            Timing::AtOnce => prop_assert_eq!(due, heard + COLLECT),
            Timing::Hourly => {
                let here = due.to_zoned(wish.zone);
                prop_assert_eq!((here.minute(), here.second()), (0, 0), "{}", here);
                prop_assert!(due > heard && due.duration_since(heard) <= SignedDuration::from_mins(150));
            }
            _ => {
                prop_assert!(is_slot_between(&wish, heard, due));
                prop_assert!(!is_slot_between(&wish, heard, due - SignedDuration::from_secs(1)));
            }
        }
    }
}

fn killed(before: impl Into<Option<u64>>, after: u64) -> Change {
    change(0, Measure::Killed, before.into(), after, Reason::Higher)
}

#[test]
fn at_once_means_after_collecting_and_reversals_come_to_nothing() {
    let mut watched = Watched::new(vec![desk()], at("2025-03-09T00:00:00Z"));
    watched.hear(killed(None, 12), at("2025-03-09T10:00:00Z"));
    watched.hear(killed(12, 13), at("2025-03-09T10:01:00Z"));
    watched.hear(change(0, Measure::Killed, Some(13), 12, Reason::Corrected), at("2025-03-09T10:01:20Z"));
    // 12 has been told by now.
    watched.hear(killed(12, 14), at("2025-03-09T11:00:00Z"));
    watched.hear(change(0, Measure::Killed, Some(14), 12, Reason::Corrected), at("2025-03-09T11:01:00Z"));
    watched.hear(killed(12, 15), at("2025-03-09T12:00:00Z"));
    watched.run_until(at("2025-03-10T12:00:00Z"));
    insta::assert_snapshot!(watched.told(), @r"
    Sun 09 Mar 10:01:30 UTC  letter, story 0: 12 → 13 → 12
    Sun 09 Mar 12:01:30 UTC  letter, story 0: 12 → 15
    ");
}

#[test]
fn small_rises_wait_until_they_add_up_from_what_was_told() {
    let ten = Subscription { least_change: 10, least_percent: 10, ..desk() };
    let mut watched = Watched::new(vec![ten], at("2025-03-09T00:00:00Z"));
    let counts = [100, 104, 108, 112, 115, 122, 123, 124];
    let mut before = None;
    for (hour, after) in (1..).zip(counts) {
        watched.hear(killed(before, after), at(&format!("2025-03-09T{hour:02}:00:00Z")));
        before = Some(after);
    }
    // However small, a fall is told.
    watched.hear(change(0, Measure::Killed, before, 111, Reason::Corrected), at("2025-03-09T20:00:00Z"));
    watched.run_until(at("2025-03-10T12:00:00Z"));
    insta::assert_snapshot!(watched.told(), @r"
    Sun 09 Mar 01:01:30 UTC  letter, story 0: 100
    Sun 09 Mar 04:01:30 UTC  letter, story 0: 100 → 104 → 108 → 112
    Sun 09 Mar 08:01:30 UTC  letter, story 0: 112 → 115 → 122 → 123 → 124
    Sun 09 Mar 20:01:30 UTC  letter, story 0: 124 → 111
    ");
}

#[test]
fn a_digest_keeps_its_hour_over_a_change_of_the_clocks() {
    let daily = |at: Time, name: &str| Subscription { timing: Timing::Daily(at), zone: zone(name), ..desk() };
    let mails = |wish: Subscription, times: &[&str]| -> String {
        let mut watched = Watched::new(vec![wish], at("2025-01-01T00:00:00Z"));
        for (n, heard) in (10..).zip(times) {
            watched.hear(killed((n > 10).then_some(n - 1), n), at(heard));
        }
        watched.run_until(at("2025-12-01T00:00:00Z"));
        watched.told()
    };
    // In Berlin clocks went from 02:00 to 03:00 on 30 March 2025, and from 03:00 back to 02:00 on 26 October.
    let spring = ["2025-03-29T20:00:00Z", "2025-03-30T20:00:00Z"];
    insta::assert_snapshot!(mails(daily(time(7, 0, 0, 0), "Europe/Berlin"), &spring), @r"
    Sun 30 Mar 07:00:00 CEST  digest, story 0: 10
    Mon 31 Mar 07:00:00 CEST  digest, story 0: 10 → 11
    ");
    // Half past two does not come; the digest does.
    insta::assert_snapshot!(mails(daily(time(2, 30, 0, 0), "Europe/Berlin"), &spring), @r"
    Sun 30 Mar 03:30:00 CEST  digest, story 0: 10
    Mon 31 Mar 02:30:00 CEST  digest, story 0: 10 → 11
    ");
    // Half past two comes twice; the digest does not.
    let autumn = ["2025-10-25T22:00:00Z", "2025-10-26T00:45:00Z", "2025-10-26T01:15:00Z"];
    insta::assert_snapshot!(mails(daily(time(2, 30, 0, 0), "Europe/Berlin"), &autumn), @r"
    Sun 26 Oct 02:30:00 CEST  digest, story 0: 10
    Mon 27 Oct 02:30:00 CET  digest, story 0: 10 → 11 → 12
    ");
    let hourly = Subscription { timing: Timing::Hourly, zone: zone("Europe/Berlin"), ..desk() };
    insta::assert_snapshot!(mails(hourly, &["2025-10-25T23:30:00Z", "2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"]), @r"
    Sun 26 Oct 02:00:00 CEST  digest, story 0: 10
    Sun 26 Oct 02:00:00 CET  digest, story 0: 10 → 11
    Sun 26 Oct 03:00:00 CET  digest, story 0: 11 → 12
    ");
    let weekly = Subscription {
        timing: Timing::Weekly(Weekday::Monday, time(9, 0, 0, 0)),
        zone: zone("Asia/Kolkata"),
        ..desk()
    };
    insta::assert_snapshot!(mails(weekly, &["2025-03-05T10:00:00Z", "2025-03-12T10:00:00Z", "2025-03-13T10:00:00Z"]), @r"
    Mon 10 Mar 09:00:00 IST  digest, story 0: 10
    Mon 17 Mar 09:00:00 IST  digest, story 0: 10 → 11 → 12
    ");
}

#[test]
fn quiet_hours_hold_all_but_what_breaks_through() {
    let quiet = Subscription {
        zone: zone("Europe/Berlin"),
        quiet: Some((time(22, 0, 0, 0), time(6, 30, 0, 0))),
        quiet_unless: Some(Alarm { by: Some(50), times: Some(200) }),
        ..desk()
    };
    let mut watched = Watched::new(vec![quiet], at("2025-03-01T00:00:00Z"));
    watched.hear(killed(None, 40), at("2025-03-09T18:00:00Z"));
    watched.hear(killed(40, 60), at("2025-03-09T21:30:00Z"));
    watched.hear(change(1, Measure::Killed, None, 20, Reason::NewCount), at("2025-03-09T22:00:00Z"));
    // More than 50 more than what was told, and more than twice as many.
    watched.hear(killed(60, 95), at("2025-03-10T01:00:00Z"));
    // More than 50 more, but not twice as many.
    watched.hear(killed(95, 150), at("2025-03-10T03:00:00Z"));
    watched.run_until(at("2025-03-11T00:00:00Z"));
    insta::assert_snapshot!(watched.told(), @r"
    Sun 09 Mar 19:01:30 CET  letter, story 0: 40
    Mon 10 Mar 02:01:30 CET  letter, story 0: 40 → 60 → 95
    Mon 10 Mar 06:30:00 CET  letter, story 0: 95 → 150
    Mon 10 Mar 06:30:00 CET  letter, story 1: 20
    ");
}

#[test]
fn a_correction_of_what_was_told_does_not_wait_for_the_digest() {
    let daily = Subscription { timing: Timing::Daily(time(7, 0, 0, 0)), ..desk() };
    let mut watched = Watched::new(vec![daily], at("2025-03-01T00:00:00Z"));
    watched.hear(killed(None, 62), at("2025-03-09T18:00:00Z"));
    watched.hear(change(0, Measure::Missing, None, 20, Reason::NewCount), at("2025-03-09T18:00:00Z"));
    // Nobody has been told of 62 yet.
    watched.hear(change(0, Measure::Killed, Some(62), 60, Reason::Corrected), at("2025-03-09T19:00:00Z"));
    // Of those found nobody need be told before the digest.
    watched.hear(change(0, Measure::Missing, Some(20), 12, Reason::Fewer), at("2025-03-10T12:00:00Z"));
    watched.hear(change(0, Measure::Killed, Some(60), 58, Reason::SameSourceAgain), at("2025-03-10T18:00:00Z"));
    watched.hear(killed(58, 59), at("2025-03-10T19:00:00Z"));
    watched.run_until(at("2025-03-12T00:00:00Z"));
    insta::assert_snapshot!(watched.told(), @r"
    Mon 10 Mar 07:00:00 UTC  digest, story 0: 62 → 20 → 60
    Mon 10 Mar 18:01:30 UTC  letter, story 0: 60 → 12 → 58
    Tue 11 Mar 07:00:00 UTC  digest, story 0: 58 → 59
    ");
}

#[test]
fn a_cap_makes_one_mail_of_the_rest_and_loses_nothing() {
    let two = Subscription { most_an_hour: Some(2), ..desk() };
    let mut watched = Watched::new(vec![two], at("2025-03-01T00:00:00Z"));
    for (story, count) in [(0, 5), (1, 70), (2, 9)] {
        watched.hear(change(story, Measure::Killed, None, count, Reason::NewCount), at("2025-03-09T10:00:00Z"));
    }
    watched.hear(killed(5, 25), at("2025-03-09T10:20:00Z"));
    watched.hear(change(1, Measure::Killed, Some(70), 80, Reason::Higher), at("2025-03-09T10:40:00Z"));
    watched.run_until(at("2025-03-10T00:00:00Z"));
    insta::assert_snapshot!(watched.told(), @r"
    Sun 09 Mar 10:01:30 UTC  letter, story 1: 70
    Sun 09 Mar 10:01:30 UTC  the rest, story 0: 5; story 2: 9
    Sun 09 Mar 11:01:30 UTC  letter, story 0: 5 → 25
    Sun 09 Mar 11:01:30 UTC  letter, story 1: 70 → 80
    ");
}

#[test]
fn several_wishes_of_one_recipient_tell_each_change_once_as_soon_as_any_asks() {
    let near = Subscription { stories: vec!["ferry 0".to_owned()], ..desk() };
    let all = Subscription { timing: Timing::Daily(time(7, 0, 0, 0)), ..desk() };
    let mut watched = Watched::new(vec![near, all], at("2025-03-01T00:00:00Z"));
    watched.hear(killed(None, 5), at("2025-03-09T10:00:00Z"));
    watched.hear(change(1, Measure::Killed, None, 7, Reason::NewCount), at("2025-03-09T11:00:00Z"));
    watched.run_until(at("2025-03-12T00:00:00Z"));
    insta::assert_snapshot!(watched.told(), @r"
    Sun 09 Mar 10:01:30 UTC  letter, story 0: 5
    Mon 10 Mar 07:00:00 UTC  digest, story 1: 7
    ");
}

#[test]
fn a_sign_of_life_comes_in_a_week_without_news() {
    let wish = Subscription { sign_of_life: Some((Weekday::Monday, time(9, 0, 0, 0))), ..desk() };
    let mut watched = Watched::new(vec![wish], at("2025-03-05T00:00:00Z"));
    watched.look(at("2025-03-05T00:00:00Z"));
    watched.hear(killed(None, 5), at("2025-03-18T10:00:00Z"));
    watched.run_until(at("2025-04-08T00:00:00Z"));
    insta::assert_snapshot!(watched.told(), @r"
    Mon 17 Mar 09:00:00 UTC  all is well
    Tue 18 Mar 10:01:30 UTC  letter, story 0: 5
    Mon 31 Mar 09:00:00 UTC  all is well
    Mon 07 Apr 09:00:00 UTC  all is well
    ");
}

#[test]
fn only_what_was_asked_for_is_told() {
    let asks = |wish: Subscription| {
        let numbered = [(
            1,
            Change {
                series: Series { source: Some("Harbour Police".to_owned()), ..killed(None, 9).series },
                ..killed(None, 9)
            },
        )];
        let alerted =
            alerts(&story(0), &numbered, "Coast Daily", std::slice::from_ref(&wish), at("2025-03-09T10:00:00Z"));
        if alerted.is_empty() {
            return false;
        }
        let mut watched = Watched::new(vec![wish], at("2025-03-01T00:00:00Z"));
        watched.hear(numbered[0].1.clone(), at("2025-03-09T10:00:00Z"));
        watched.run_until(at("2025-03-10T10:00:00Z"));
        !watched.mails.is_empty()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert!(asks(desk()));
    assert!(asks(Subscription { stories: words(&["FERRY"]), ..desk() }));
    assert!(!asks(Subscription { stories: words(&["quake"]), ..desk() }));
    assert!(!asks(Subscription { measures: vec![Measure::Injured], ..desk() }));
    assert!(!asks(Subscription { groups: vec![Group::Children], ..desk() }));
    assert!(asks(Subscription { sources: words(&["police"]), ..desk() }));
    assert!(!asks(Subscription { sources: words(&["ministry"]), ..desk() }));
    assert!(asks(Subscription { feeds: words(&["wire"]), ..desk() }));
    assert!(!asks(Subscription { feeds: words(&["post"]), ..desk() }));
    assert!(asks(Subscription { least_count: 9, ..desk() }));
    assert!(!asks(Subscription { least_count: 10, ..desk() }));
    assert!(!asks(Subscription { outlets: words(&["post"]), ..desk() }));
    let two = [desk(), Subscription { timing: Timing::Hourly, ..desk() }];
    let alerted = alerts(&story(0), &[(4, killed(None, 9))], "Wire", &two, at("2025-03-09T10:00:00Z"));
    assert_eq!(alerted.len(), 1, "two wishes, one recipient");
    let muted = Story { muted: true, ..story(0) };
    assert_eq!(alerts(&muted, &[(4, killed(None, 9))], "Wire", &two, at("2025-03-09T10:00:00Z")), []);
}
