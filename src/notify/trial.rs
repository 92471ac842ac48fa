//! The mail of `tollwatch mail test`: it shows that mails arrive, with their picture, and what they look like.

use askama::Template;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{
    Address, ArticleId, Claim, ClaimId, Confidence, Email, Fingerprint, Group, Measure, Picture, Quantity, Scope,
    Series, Span, Status, Story, StoryId, StoryProfile, Verdict,
};
use crate::notify::chart::{Form, chart};
use crate::notify::evidence::when;
use crate::notify::letter::CHART_SIZE;
use crate::notify::naming::{domain, message_id_of};
use crate::notify::plain::Page;

const SUBJECT: &str = "tollwatch: a test";
const ALT: &str = "Example chart: 12, then 31, then more than 40 dead in a made-up ferry accident";

/// A mail that tells no news, with an example chart of made-up figures. Each time of asking makes a mail of its own.
pub fn sign_of_test(from: &Address, to: &Address, host: &str, now: Timestamp, zone: &TimeZone) -> Email {
    let message_id = message_id_of("test", &[now.to_string()], &to.email, host);
    let lines = [
        format!("This is a test, asked for with “tollwatch mail test” on {}.", when(now, zone, now)),
        "If you can read it, alerts will reach you. An alert begins with what moved, as in: \
         “Killed: 12 → 31 (+19), says the harbour office.”"
            .to_owned(),
        "The HTML part shows a chart of made-up figures; if you see none there, your mail program holds pictures back."
            .to_owned(),
    ];
    let mut page = Page::default();
    for line in &lines {
        page.wrapped(line, "", "");
    }
    let cid = format!("chart.{message_id}");
    let html = HtmlPage { title: SUBJECT, preheader: &lines[0], lines: &lines, cid: &cid, alt: ALT };
    Email {
        references: vec![],
        from: from.clone(),
        to: to.clone(),
        subject: SUBJECT.to_owned(),
        date: now,
        list_id: format!("test.tollwatch.{}", domain(host)),
        extra: vec![],
        text: page.text,
        html: html.render().expect("the template only writes to a String, which does not fail"),
        chart: Some(Picture { cid, png: example_chart(now) }),
        message_id,
    }
}

#[derive(Template)]
#[template(path = "trial.html")]
struct HtmlPage<'a> {
    title: &'a str,
    preheader: &'a str,
    lines: &'a [String],
    cid: &'a str,
    alt: &'a str,
}

fn example_chart(now: Timestamp) -> Vec<u8> {
    let counts = [(60, Quantity::Exactly(12)), (34, Quantity::Exactly(31)), (6, Quantity::AtLeast(40))];
    let claims: Vec<Claim> =
        counts.iter().enumerate().map(|(nth, (hours, count))| example_claim(nth, *count, now, *hours)).collect();
    let story = Story {
        id: StoryId(0),
        slug: "example".to_owned(),
        name: "Example: a ferry accident".to_owned(),
        configured: None,
        muted: false,
        first: now,
        last: now,
        profile: StoryProfile::default(),
    };
    chart(&story, &claims, &[], Measure::Killed, Form::Png, CHART_SIZE)
}

fn example_claim(nth: usize, quantity: Quantity, now: Timestamp, hours_ago: i64) -> Claim {
    let published = now.checked_sub(SignedDuration::from_hours(hours_ago)).unwrap_or(now);
    let source = Some("harbour office".to_owned());
    Claim {
        id: ClaimId { article: ArticleId(nth as i64), version: 1, nth: 1 },
        story: StoryId(0),
        series: Series { measure: Measure::Killed, group: Group::People, source: source.clone() },
        quantity,
        status: Status::Current,
        scope: Scope::Story,
        place: None,
        period: None,
        said_by: source,
        quote: String::new(),
        number: Span { start: 0, end: 0 },
        span: Span { start: 0, end: 0 },
        derived: None,
        rule: "example".to_owned(),
        confidence: Confidence::per_mille(1_000),
        outlet: "Example".to_owned(),
        url: Url::parse("https://example.org/").expect("a plain address"),
        published,
        seen: published,
        fingerprint: Fingerprint(0),
        verdict: Verdict::Told,
    }
}
