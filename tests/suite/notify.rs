//! From changes to mails: who is told what and when, and how it reads.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tollwatch::model::{
    Address, ArticleId, Change, ChangeKind, Claim, ClaimId, Confidence, Fingerprint, Group, Measure, Quantity, Reason,
    Scope, Series, Span, Status, Story, StoryId, StoryProfile, Subscription, Timing, Verdict,
};
use tollwatch::notify::{Briefing, alerts, letter};
use url::Url;

use Quantity::{About, AtLeast, Exactly, Vague};

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
    Subscription {
        recipient: Address { name: "The desk".to_owned(), email: "desk@example.org".to_owned() },
        stories: vec![],
        measures: vec![Measure::Killed],
        groups: vec![],
        least_change: 0,
        timing: Timing::AtOnce,
        zone: TimeZone::UTC,
        quiet: None,
    }
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
        claim(1, 1, people(), Exactly(70), "At least seventy: *70* people died.", "Example Post", "06 20:00"),
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

#[test]
fn show() {
    let (claims, changes) = evening();
    let (story, desk, sender) = (story(), desk(), sender());
    let email = letter(&Briefing {
        story: &story,
        changes: &changes,
        claims: &claims,
        subscription: &desk,
        thread: &[],
        from: &sender,
        host: "example.org",
        operator: Some("ops@example.org"),
        now: at("09 21:36"),
    });
    println!("{}\n{}\n{:?}", email.subject, email.text, email.extra);
    std::fs::write("/tmp/notify/letter.html", &email.html).unwrap();
    if let Some(c) = &email.chart {
        std::fs::write("/tmp/notify/chart.png", &c.png).unwrap();
    }
    let bytes = tollwatch::mail::render(&email).unwrap();
    std::fs::write("/tmp/notify/letter.eml", &bytes).unwrap();
    let _ = (About(1), alerts(&story, &[], &[], &[], at("09 21:36"), SignedDuration::from_secs(90)));
}
