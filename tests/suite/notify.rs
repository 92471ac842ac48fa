//! From changes to mails: who is told what and when, and how it reads.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tollwatch::mail::render;
use tollwatch::model::{
    Address, ArticleId, Change, ChangeKind, Claim, ClaimId, Confidence, Email, Fingerprint, Group, Measure, Quantity,
    Reason, Scope, Series, Span, Status, Story, StoryId, StoryProfile, Subscription, Timing, Verdict,
};
use tollwatch::notify::{Briefing, FeedReport, Form, Refusal, chart, digest, letter, sign_of_test};
use url::Url;

use crate::sound;

use Quantity::{AtLeast, Exactly, Vague};

const SOHR: &str = "Syrian Observatory for Human Rights";

fn at(text: &str) -> Timestamp {
    let text = if text.contains('T') { text.to_owned() } else { format!("2025-03-{text}:00Z").replace(' ', "T") };
    text.parse().expect("the tests write times as `09 14:00` of March 2025")
}

fn story() -> Story {
    Story {
        id: StoryId(12),
        slug: "syria-coast-killings-march-2025".to_owned(),
        name: "Syria coast killings, March 2025".to_owned(),
        configured: None,
        muted: false,
        first: at("06 18:00"),
        last: at("09 21:30"),
        profile: StoryProfile::default(),
    }
}

fn desk() -> Subscription {
    let recipient = Address { name: "The desk".to_owned(), email: "desk@example.org".to_owned() };
    Subscription { measures: vec![Measure::Killed], ..Subscription::to(recipient) }
}

fn sender() -> Address {
    Address { name: "tollwatch".to_owned(), email: "tollwatch@example.org".to_owned() }
}

fn killed(group: Group, source: Option<&str>) -> Series {
    Series { measure: Measure::Killed, group, source: source.map(str::to_owned) }
}

/// A claim of article `article`; the number is what stands between the stars in `quote`.
fn claim(article: i64, nth: u32, series: Series, quantity: Quantity, quote: &str, outlet: &str, when: &str) -> Claim {
    let start = quote.find('*').expect("the number is starred");
    let end = quote.rfind('*').expect("the number is starred") - 1;
    let published = at(when);
    Claim {
        id: ClaimId { article: ArticleId(article), version: 1, nth },
        story: StoryId(12),
        said_by: series.source.clone(),
        series,
        quantity,
        status: Status::Current,
        scope: Scope::Story,
        place: None,
        period: None,
        quote: quote.replace('*', ""),
        number: Span { start, end },
        span: Span { start, end },
        derived: None,
        rule: "counted-dead".to_owned(),
        confidence: Confidence::per_mille(930),
        outlet: outlet.to_owned(),
        url: Url::parse(&format!("https://example.org/a/{article}")).expect("a plain address"),
        published,
        seen: published + SignedDuration::from_mins(4),
        fingerprint: Fingerprint(article as u64),
        verdict: Verdict::Told,
    }
}

fn change(claim: &Claim, kind: ChangeKind, before: Option<Quantity>, reason: Reason) -> Change {
    Change {
        story: StoryId(12),
        series: claim.series.clone(),
        kind,
        before,
        after: claim.quantity,
        reason,
        claim: claim.id,
        at: claim.published,
    }
}

/// What the coast story's articles said until the evening of 9 March.
fn coast() -> Vec<Claim> {
    let people = || killed(Group::People, Some(SOHR));
    let civilians = || killed(Group::Civilians, Some(SOHR));
    let forces = || killed(Group::SecurityForces, Some(SOHR));
    let repeat = |article, outlet: &str, when: &str| Claim {
        verdict: Verdict::Restated,
        ..claim(article, 1, people(), Exactly(1_018), "The count stands at *1,018*.", outlet, when)
    };
    let day_three = "The Observatory has counted 1,018 dead, among them 745 civilians and 125 of the security forces.";
    let mut claims = vec![
        claim(1, 1, people(), Exactly(70), "*70* people died, the Observatory said.", "Example Post", "06 20:00"),
        claim(2, 1, people(), AtLeast(700), "The dead number *over 700*.", "Example Post", "07 18:00"),
        claim(3, 1, people(), Exactly(1_018), &day_three.replace("1,018", "*1,018*"), "Coast Daily", "08 14:00"),
        claim(3, 2, civilians(), Exactly(745), &day_three.replace("745", "*745*"), "Coast Daily", "08 14:00"),
        claim(3, 3, forces(), Exactly(125), &day_three.replace("125", "*125*"), "Coast Daily", "08 14:00"),
        claim(
            40,
            1,
            killed(Group::Civilians, Some("health office in Latakia")),
            Exactly(613),
            "Of these *613* were civilians, the office said.",
            "Levant Monitor",
            "08 16:00",
        ),
        claim(
            41,
            1,
            killed(Group::SecurityForces, Some("security official")),
            Vague(24),
            "*Dozens* of our men fell, a security official said.",
            "Example Times",
            "08 19:00",
        ),
    ];
    claims[5].verdict = Verdict::Restated;
    claims.extend([repeat(50, "Harbour News", "08 15:00"), repeat(51, "Hill Gazette", "09 09:00")]);
    claims.push(Claim {
        verdict: Verdict::Stale,
        ..claim(52, 1, people(), AtLeast(700), "*More than 700* have died.", "Slow Weekly", "07 20:00")
    });
    let last = claims.len() - 1;
    claims[last].seen = at("09 12:00");
    claims.push(Claim {
        verdict: Verdict::Held,
        ..claim(
            60,
            1,
            killed(Group::People, None),
            AtLeast(4_000),
            "*More than 4,000* are dead.",
            "Example Times",
            "09 20:00",
        )
    });
    claims
}

/// The evening of 9 March: 830 civilians, more than 1,300 in all.
fn evening() -> (Vec<Claim>, Vec<Change>) {
    let mut claims = coast();
    let quote = "The Observatory now puts the dead at more than 1,300 and has identified 830 of them as civilians who had \
                 no part in the fighting.";
    let all = claim(
        1_932,
        1,
        killed(Group::People, Some(SOHR)),
        AtLeast(1_300),
        &quote.replace("more than 1,300", "*more than 1,300*"),
        "Example Wire",
        "09 21:30",
    );
    let civilians = claim(
        1_932,
        2,
        killed(Group::Civilians, Some(SOHR)),
        Exactly(830),
        &quote.replace("830", "*830*"),
        "Example Wire",
        "09 21:30",
    );
    let changes = vec![
        change(&civilians, ChangeKind::Rise, Some(Exactly(745)), Reason::Higher),
        change(&all, ChangeKind::Rise, Some(Exactly(1_018)), Reason::Higher),
    ];
    for (article, outlet) in [(1_933, "Coast Daily"), (1_934, "Levant Monitor")] {
        let copy = Claim { verdict: Verdict::Copied, ..civilians.clone() };
        claims.push(Claim {
            id: ClaimId { article: ArticleId(article), ..copy.id },
            outlet: outlet.to_owned(),
            published: at("09 22:00"),
            ..copy
        });
    }
    claims.extend([all, civilians]);
    (claims, changes)
}

/// The briefing of a test's mail, to be changed where the test needs it otherwise.
struct Desk {
    story: Story,
    subscription: Subscription,
    claims: Vec<Claim>,
    changes: Vec<Change>,
    thread: Vec<String>,
    now: Timestamp,
    sender: Address,
    feeds: Vec<String>,
}

impl Desk {
    fn new(claims: Vec<Claim>, changes: Vec<Change>, now: &str) -> Self {
        Self {
            story: story(),
            subscription: desk(),
            claims,
            changes,
            thread: vec![],
            now: at(now),
            sender: sender(),
            feeds: vec!["example-wire".to_owned()],
        }
    }

    fn briefing(&self) -> Briefing<'_> {
        Briefing {
            story: &self.story,
            changes: &self.changes,
            all_changes: &self.changes,
            claims: &self.claims,
            subscription: &self.subscription,
            thread: &self.thread,
            from: &self.sender,
            host: "example.org",
            operator: Some("ops@example.org"),
            unsubscribe: None,
            feeds: &self.feeds,
            now: self.now,
        }
    }

    fn letter(&self) -> Email {
        letter(&self.briefing())
    }
}

/// A mail as its reader gets it: the headers as they are sent, then the plain part.
fn as_read(email: &Email) -> String {
    let bytes = render(email).expect("the addresses of the tests are sound");
    let message = String::from_utf8(bytes).expect("a rendered mail is ASCII");
    let headers = message.split("\r\n\r\n").next().expect("a message has headers").replace("\r\n", "\n");
    format!("{headers}\n\n{}", email.text)
}

/// Holds a mail against its file in `tests/cases/mails`.
fn golden(name: &str, mail: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../cases/mails");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, mail));
}

#[test]
fn the_evening_of_the_ninth_of_march() {
    let (claims, changes) = evening();
    let email = Desk::new(claims, changes, "09 21:36").letter();
    golden("the_model_case", &as_read(&email));
    golden("the_model_case_html", &email.html);
    assert!(email.text.lines().all(|line| line.chars().count() <= 78));
}

#[test]
fn a_corrected_count_in_the_recipients_own_time() {
    let ministry = || killed(Group::People, Some("transport ministry"));
    let claims = vec![
        claim(70, 1, ministry(), Exactly(62), "The ferry took *62* people down with it.", "Orvane Post", "11 07:10"),
        claim(
            74,
            1,
            ministry(),
            Exactly(58),
            "The ministry corrected its count to *58*; four of the dead had been listed twice.",
            "Orvane Post",
            "12 22:45",
        ),
    ];
    let changes = vec![change(&claims[1], ChangeKind::Fall, Some(Exactly(62)), Reason::Corrected)];
    let mut desk = Desk::new(claims, changes, "12 22:50");
    desk.story = Story {
        id: StoryId(31),
        slug: "ferry-accident-lake-orvane-march-2025".to_owned(),
        name: "Ferry accident, Lake Orvane, March 2025".to_owned(),
        ..desk.story
    };
    desk.subscription.zone = TimeZone::get("Europe/Berlin").expect("a zone of the database");
    desk.thread = vec!["story-31.aa@example.org".to_owned(), "story-31.bb@example.org".to_owned()];
    golden("a_fall", &as_read(&desk.letter()));
}

#[test]
fn two_sources_that_cannot_both_be_right() {
    let mut claims = coast();
    let ministry = claim(
        80,
        1,
        killed(Group::SecurityForces, Some("interior ministry")),
        AtLeast(300),
        "*More than 300* of its men have been killed since Thursday, the ministry said.",
        "Example Times",
        "10 09:00",
    );
    let changes = vec![change(&ministry, ChangeKind::Conflict, None, Reason::SourcesDisagree)];
    // With the official who spoke of dozens gone, only what SOHR counts stands against the ministry.
    claims.retain(|claim| claim.series.source.as_deref() != Some("security official"));
    claims.push(ministry);
    let email = Desk::new(claims, changes, "10 09:05").letter();
    golden("a_conflict", &as_read(&email));
}

#[test]
fn an_article_that_was_changed_in_place() {
    let police = || killed(Group::People, Some("harbour police"));
    let before =
        claim(90, 1, police(), Exactly(14), "Harbour police said *14* bodies were ashore.", "Coast Daily", "14 08:00");
    let mut after =
        claim(90, 1, police(), Exactly(41), "Harbour police said *41* bodies were ashore.", "Coast Daily", "14 08:00");
    after.id.version = 2;
    after.published = at("14 09:30");
    let changes = vec![change(&after, ChangeKind::Rise, Some(Exactly(14)), Reason::EditedInPlace)];
    let email = Desk::new(vec![before, after], changes, "14 09:40").letter();
    golden("an_edited_article", &as_read(&email));
}

/// The coast and the ferry, for somebody who reads once a day.
fn two_stories() -> (Desk, Desk) {
    let daily = |mut desk: Desk| {
        desk.subscription.timing = Timing::Daily("07:00".parse().expect("a time"));
        desk
    };
    let (claims, changes) = evening();
    let coast = daily(Desk::new(claims, changes, "10 07:00"));
    let ferry = claim(
        70,
        1,
        killed(Group::People, Some("transport ministry")),
        Exactly(3),
        "*3* people drowned, the ministry said.",
        "Orvane Post",
        "09 23:10",
    );
    let change = Change { story: StoryId(31), ..change(&ferry, ChangeKind::First, None, Reason::NewCount) };
    let mut ferry = daily(Desk::new(vec![ferry], vec![change], "10 07:00"));
    ferry.story.id = StoryId(31);
    ferry.story.name = "Ferry accident, Lake Orvane, March 2025".to_owned();
    (coast, ferry)
}

#[test]
fn a_day_in_one_mail() {
    let (coast, ferry) = two_stories();
    let troubles = [("hill-gazette".to_owned(), "HTTP 503 since 9 March, 04:10 UTC".to_owned())];
    let refused = [Refusal {
        id: 17,
        recipient: "desk@example.org".to_owned(),
        subject: "Re: Ferry accident, Lake Orvane, March 2025".to_owned(),
        reason: "554 5.7.1 this looks like spam".to_owned(),
    }];
    let since = Some(at("09 07:00"));
    let feeds = FeedReport { since, articles: 212, repeats: 57, troubles: &troubles, refused: &refused };
    let email = digest(&[ferry.briefing(), coast.briefing()], &feeds, None).expect("two stories moved");
    golden("a_digest", &as_read(&email));
    let nothing = Desk { changes: vec![], ..ferry };
    assert_eq!(digest(&[nothing.briefing()], &feeds, None), None, "an empty digest is not sent");
}

#[test]
fn several_steps_within_one_mail_are_one_line_with_the_way_they_took() {
    let police = || killed(Group::People, Some("police"));
    let steps: Vec<Claim> = [(1, 12), (2, 13), (3, 12)]
        .map(|(n, dead)| claim(n, 1, police(), Exactly(dead), &format!("*{dead}* died."), "Orvane Post", "11 07:10"))
        .into();
    let changes = vec![
        change(&steps[0], ChangeKind::First, None, Reason::NewCount),
        change(&steps[1], ChangeKind::Rise, Some(Exactly(12)), Reason::Higher),
        change(&steps[2], ChangeKind::Fall, Some(Exactly(13)), Reason::Corrected),
    ];
    let email = Desk::new(steps, changes, "11 07:20").letter();
    assert_eq!(email.text.lines().next(), Some("Killed: 12 → 13 → 12 (a correction), say police."));
}

#[test]
fn what_is_written_outside_cannot_steer_a_mail() {
    let evil = "A\r\nBcc: x@example.net\u{202e}\u{0} <script>alert(1)</script>";
    let mut bad =
        claim(1, 1, killed(Group::People, Some(evil)), Exactly(9), "*9* died <b>there</b>.\r.\r", evil, "09 10:00");
    bad.url = Url::parse("javascript:alert(1)").expect("a URL, though none to follow");
    let changes = vec![change(&bad, ChangeKind::First, None, Reason::NewCount)];
    let mut desk = Desk::new(vec![bad], changes, "09 10:05");
    desk.story.name = evil.to_owned();
    desk.story.slug = evil.to_owned();
    desk.subscription.recipient.name = evil.to_owned();
    let email = desk.letter();
    let message = String::from_utf8(render(&email).expect("the addresses are sound")).expect("ASCII");
    let (headers, _) = message.split_once("\r\n\r\n").expect("headers and a body");
    assert!(headers.split("\r\n").all(|line| !line.to_lowercase().starts_with("bcc:")), "{headers}");
    assert!(!message.replace("\r\n", "").contains(['\r', '\n']), "a bare line break");
    for part in [&email.text, &email.html] {
        assert!(!part.contains("javascript:") && !part.contains(['\r', '\u{202e}', '\u{0}']), "{part}");
    }
    assert!(!email.html.contains("<script") && !email.html.contains("<b>"), "{}", email.html);
}

#[test]
fn the_same_changes_make_the_same_mail() {
    let (claims, changes) = evening();
    let desk = Desk::new(claims, changes, "09 21:36");
    let (first, again) = (desk.letter(), desk.letter());
    assert_eq!(render(&first), render(&again));

    let mut turned = Desk::new(desk.claims.clone(), desk.changes.iter().rev().cloned().collect(), "09 23:00");
    assert_eq!(turned.letter().message_id, first.message_id, "by order and time it stays the same mail");
    turned.thread = vec!["root@example.org".to_owned(), first.message_id.clone()];
    assert_eq!(turned.letter().references, ["root@example.org"], "a mail is no reference of its own");
    turned.subscription.recipient.email = "night@example.org".to_owned();
    assert_ne!(turned.letter().message_id, first.message_id, "another recipient's is another mail");
}

#[test]
fn a_long_thread_is_named_by_its_root_and_its_latest_mails() {
    let (claims, changes) = evening();
    let mut desk = Desk::new(claims, changes, "09 21:36");
    desk.thread = (1..=40).map(|n| format!("{n}@example.org")).collect();
    let references = desk.letter().references;
    assert_eq!(references.len(), 10);
    assert_eq!((references[0].as_str(), references[1].as_str()), ("1@example.org", "32@example.org"));
    assert_eq!(references[9], "40@example.org");
}

#[test]
fn a_mail_stays_small_enough_to_be_shown_whole() {
    // mail programs cut HTML above 102 KB
    let (mut claims, changes) = evening();
    let repeat = claims[7].clone();
    claims.extend((1_000..1_400).map(|n| Claim {
        id: ClaimId { article: ArticleId(n), version: 1, nth: 1 },
        series: killed(Group::People, Some(&format!("{} {n}", "a very long name of a source ".repeat(8)))),
        quote: format!("*{}*", "word ".repeat(900)),
        outlet: "an outlet ".repeat(40),
        verdict: Verdict::Told,
        ..repeat.clone()
    }));
    let email = Desk::new(claims, changes, "09 21:36").letter();
    assert!(email.html.len() < 102_000, "{}", email.html.len());
    assert!(render(&email).expect("sound addresses").len() < 200_000);
    assert!(email.text.lines().all(|line| line.chars().count() <= 78), "{}", email.text);
}

#[test]
fn a_chart_is_a_picture_and_a_drawing() {
    let (claims, changes) = evening();
    let png = chart(&story(), &claims, &changes, Measure::Killed, Form::Png, (1_200, 640));
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() < 80_000, "{} bytes", png.len());
    assert_eq!(png, chart(&story(), &claims, &changes, Measure::Killed, Form::Png, (1_200, 640)));
    let svg = chart(&story(), &claims, &changes, Measure::Killed, Form::Svg, (1_200, 640));
    let svg = String::from_utf8(svg).expect("an SVG is UTF-8");
    for words in ["Syria coast killings, March 2025: killed", "1,300+", "830", "civilians, SOHR", "8 Mar", "Hollow"] {
        assert!(svg.contains(words), "{words} is missing in {svg}");
    }
    let empty = chart(&story(), &[], &[], Measure::Injured, Form::Svg, (1, 99_999));
    assert!(String::from_utf8(empty).expect("an SVG is UTF-8").contains("No counts yet"));
}

#[test]
fn a_chart_marks_what_is_lowered_and_what_is_in_conflict() {
    let by = |nth: i64, source: &str, count: Quantity, at: &str| Claim {
        verdict: Verdict::Told,
        ..claim(nth, 1, killed(Group::People, Some(source)), count, "*x* died.", "Wire", at)
    };
    let claims = [
        by(1, SOHR, AtLeast(20), "08 10:00"),
        by(2, SOHR, Exactly(31), "09 10:00"),
        by(3, "Health office", Exactly(12), "09 12:00"),
        by(4, SOHR, Exactly(27), "10 10:00"),
    ];
    let changes = [
        change(&claims[0], ChangeKind::First, None, Reason::NewCount),
        change(&claims[1], ChangeKind::Rise, Some(AtLeast(20)), Reason::AboveBound),
        change(&claims[2], ChangeKind::Conflict, Some(Exactly(31)), Reason::SourcesDisagree),
        change(&claims[3], ChangeKind::Fall, Some(Exactly(31)), Reason::Corrected),
    ];
    let svg = |changes: &[Change]| {
        let svg = chart(&story(), &claims, changes, Measure::Killed, Form::Svg, (1_200, 640));
        String::from_utf8(svg).expect("an SVG is UTF-8")
    };
    let (marked, unmarked) = (svg(&changes), svg(&changes[..2]));
    assert!(
        marked.contains("Hollow, shaded: no exact count. Dashed: other source. Triangle: lowered. Dotted: conflict.")
    );
    assert_eq!((marked.matches("<polygon").count(), unmarked.matches("<polygon").count()), (1, 0));
    assert!(unmarked.contains("Hollow, shaded: no exact count. Dashed: other source.\n"), "{unmarked}");
}

#[test]
fn the_test_mail_arrives_with_its_picture() {
    let to = desk().recipient;
    let email = sign_of_test(&sender(), &to, "example.org", at("09 21:36"), &TimeZone::UTC);
    assert!(email.text.contains("9 March, 21:36 UTC"), "{}", email.text);
    let picture = email.chart.expect("the test mail has a chart");
    assert!(email.html.contains(&format!("cid:{}", picture.cid)));
    let later = sign_of_test(&sender(), &to, "example.org", at("09 21:37"), &TimeZone::UTC);
    assert_ne!(later.message_id, email.message_id, "each test is a mail of its own");
}

/// A text as a stranger may write it: anything, with a taste for what has steered mails before.
fn strange() -> impl Strategy<Value = String> {
    let bad = prop::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{202e}",
        "\u{2066}",
        "\u{feff}",
        "<script>",
        "</title>",
        "\"",
        "'",
        "&",
        "=?utf-8?q?=0d=0a?=",
        "Bcc: x@example.net",
        "\r\n.\r\n",
        "javascript:alert(1)",
        "https://example.org/",
        "<b onload=x>",
        "--=_alternative",
    ]);
    let piece = prop_oneof![bad.prop_map(str::to_owned), any::<String>(), "[a-z ]{0,40}"];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_strangers_write_a_mail_stays_a_mail(
        texts in prop::collection::vec(strange(), 1..26),
        count in any::<u64>(),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        sound::mails(&texts, count).iter().for_each(sound::check);
    }
}
