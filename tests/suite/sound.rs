//! What holds for every mail, whatever strangers wrote: used by the property tests and by the fuzzer.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tollwatch::mail::render;
use tollwatch::model::{
    Address, ArticleId, Change, ChangeKind, Claim, ClaimId, Confidence, Email, Fingerprint, Group, Measure, Quantity,
    Reason, Scope, Series, Span, Status, Story, StoryId, StoryProfile, Subscription, Verdict,
};
use tollwatch::notify::{Briefing, FeedReport, Refusal, digest, letter, sign_of_life};

/// The mails whose texts are all made of these, as far as they come from outside: names, quotes, addresses, a server's
/// words.
pub fn mails(texts: &[&str], count: u64) -> Vec<Email> {
    let text = |place: usize| texts.get(place % texts.len().max(1)).copied().unwrap_or_default();
    let now: Timestamp = "2025-03-09T21:36:00Z".parse().expect("a time");
    let story = Story {
        id: StoryId(12),
        slug: text(0).to_owned(),
        name: text(1).to_owned(),
        configured: None,
        muted: false,
        first: now,
        last: now,
        profile: StoryProfile::default(),
    };
    let claim = |nth: u32, quantity: Quantity, verdict: Verdict| {
        let quote = text(2 + nth as usize).to_owned();
        // Where the number stands is ours to say, but the quote may be anything.
        let end = (count as usize % (quote.len() + 1)).min(quote.len());
        Claim {
            id: ClaimId { article: ArticleId(7 + i64::from(nth / 3)), version: 1 + nth % 2, nth },
            story: story.id,
            series: Series {
                measure: Measure::Killed,
                group: Group::People,
                source: Some(text(3 + nth as usize).to_owned()),
            },
            quantity,
            status: Status::Current,
            scope: if nth == 5 { Scope::Part } else { Scope::Story },
            place: Some(text(4).to_owned()),
            period: Some(text(5).to_owned()),
            said_by: Some(text(6).to_owned()),
            number: Span { start: end / 2, end },
            span: Span { start: 0, end: 1 },
            quote,
            derived: (nth == 2).then(|| text(7).to_owned()),
            rule: "any".to_owned(),
            confidence: Confidence::CERTAIN,
            outlet: text(8 + nth as usize).to_owned(),
            url: text(9).parse().unwrap_or_else(|_| {
                let mut url: url::Url = "https://example.org/".parse().expect("an address");
                url.set_path(text(9));
                url.set_query(Some(text(10)));
                url
            }),
            published: now - SignedDuration::from_hours(i64::from(nth) * 20),
            seen: now,
            fingerprint: Fingerprint(u64::from(nth)),
            verdict,
        }
    };
    let claims = [
        claim(1, Quantity::Exactly(count), Verdict::Told),
        claim(2, Quantity::AtLeast(count.saturating_mul(2)), Verdict::Told),
        claim(3, Quantity::Exactly(count / 2), Verdict::Held),
        claim(4, Quantity::Vague(24), Verdict::Restated),
        claim(5, Quantity::Exactly(3), Verdict::Kept),
    ];
    let changes: Vec<Change> =
        [(0, ChangeKind::Rise, Reason::EditedInPlace), (1, ChangeKind::Conflict, Reason::SourcesDisagree)]
            .map(|(place, kind, reason)| Change {
                story: story.id,
                series: claims[place].series.clone(),
                kind,
                before: Some(Quantity::Exactly(count / 3)),
                after: claims[place].quantity,
                reason,
                claim: claims[place].id,
                at: now,
            })
            .into();
    let subscription = Subscription {
        name: Some(text(11).to_owned()),
        stories: vec![text(12).to_owned()],
        parts: true,
        zone: TimeZone::UTC,
        ..Subscription::to(Address { name: text(13).to_owned(), email: "desk@example.org".to_owned() })
    };
    let from = Address { name: text(14).to_owned(), email: "tollwatch@example.org".to_owned() };
    let feeds = [text(15).to_owned(), text(16).to_owned()];
    let thread = ["a@example.org".to_owned(), text(17).to_owned()];
    let briefing = Briefing {
        story: &story,
        changes: &changes,
        all_changes: &changes,
        claims: &claims,
        subscription: &subscription,
        thread: &thread,
        from: &from,
        host: text(18),
        operator: Some("ops@example.org"),
        unsubscribe: Some("https://example.org/stop?to={recipient}&story={story}"),
        feeds: &feeds,
        now,
    };
    let troubles = [(text(19).to_owned(), text(20).to_owned())];
    let refused =
        [Refusal { id: 17, recipient: text(21).to_owned(), subject: text(22).to_owned(), reason: text(23).to_owned() }];
    let report = FeedReport { since: Some(now), articles: count, repeats: 1, troubles: &troubles, refused: &refused };
    let mut mails = vec![letter(&briefing), sign_of_life(&subscription, &from, text(18), 3, &report, now)];
    mails.extend(digest(&[briefing, briefing], &report, Some(2)));
    mails
}

/// The names of a mail's headers, in order: no text from outside adds one.
fn headers(email: &Email) -> Vec<&'static str> {
    let mut names = vec!["From", "To", "Subject", "Date", "Message-ID", "MIME-Version"];
    if !email.references.is_empty() {
        names.extend(["In-Reply-To", "References"]);
    }
    names.extend(["List-Id", "Auto-Submitted", "X-Auto-Response-Suppress"]);
    names.extend(email.extra.iter().map(|(name, _)| *name));
    names.push("Content-Type");
    names
}

/// Panics where a mail is not as every mail is.
pub fn check(email: &Email) {
    let bytes = render(email).expect("the addresses are ours");
    let message = std::str::from_utf8(&bytes).expect("a mail is ASCII");
    assert!(message.is_ascii());
    assert!(!message.replace("\r\n", "").contains(['\r', '\n']), "a bare line break in {message}");
    for line in message.split("\r\n") {
        assert!(line.len() <= 998, "a line of {} bytes: {line}", line.len());
    }
    let (head, _) = message.split_once("\r\n\r\n").expect("headers and a body");
    let found: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    assert_eq!(found, headers(email), "in {head}");
    for part in [&email.text, &email.html, &email.subject] {
        let hidden = part.chars().find(|c| {
            c.is_control() && *c != '\n'
                || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(hidden, None, "in {part}");
    }
    let html = email.html.to_lowercase();
    assert!(
        !html.contains("<script") && !html.contains("javascript:\"") && !html.contains("href=\"javascript"),
        "{html}"
    );
    // What is ours: an attribute or an element that is not would have come from outside.
    for tag in html.split('<').skip(1) {
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).find(|name| !name.is_empty()).unwrap_or_default();
        const OURS: &[&str] = &[
            "doctype", "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th", "p", "span",
            "strong", "bdi", "mark", "br", "img", "a", "if", "endif",
        ];
        assert!(OURS.contains(&name), "`<{name}` is none of ours in {html}");
    }
    for link in html.split("href=\"").skip(1) {
        assert!(link.starts_with("https://") || link.starts_with("http://"), "{link}");
    }
    assert!(email.html.len() < 102_000, "{} bytes of HTML", email.html.len());
}
