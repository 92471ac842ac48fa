//! Made-up values for the tests of the store: a ferry that sank off Port Ardo.

use jiff::Timestamp;
use url::Url;

use crate::model::*;
use crate::store::{Fetched, ItemId, Store};

/// So many minutes into the events.
pub fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_741_500_000 + n * 60).unwrap()
}

pub fn url(text: &str) -> Url {
    text.parse().unwrap()
}

pub fn feed(name: &str) -> FeedState {
    let address = url(&format!("https://{name}.example/feed.xml"));
    FeedState {
        validators: Validators { etag: Some(r#"W/"7a""#.to_owned()), last_modified: Some("Sun, 09 Mar".to_owned()) },
        body_hash: Some("00ff".to_owned()),
        last_poll: Some(minute(0)),
        last_success: Some(minute(0)),
        ..FeedState::unpolled(name, address, minute(15))
    }
}

/// An item with a guid, a link and its words as keys.
pub fn item(feed: &str, guid: &str, link: &str, title: &str) -> FeedItem {
    let keys = [format!("link:{link}"), format!("words:{title}")];
    FeedItem {
        feed: feed.to_owned(),
        identity: Identity::new(format!("guid:{guid}"), keys),
        guid: Some(guid.to_owned()),
        link: Some(url(&format!("https://{link}"))),
        title: title.to_owned(),
        published: Some(minute(0)),
        updated: None,
        summary: Some("Divers searched the hull overnight.".to_owned()),
        content: Some("<p>Divers searched the hull overnight.</p>".to_owned()),
    }
}

pub fn article(link: &str, body: &str) -> Article {
    Article {
        url: url(&format!("https://{link}")),
        outlet: "Ardo Daily".to_owned(),
        language: Some("en".to_owned()),
        published: Some(minute(1)),
        modified: Some(minute(2)),
        text: Text::from_parts("Ferry toll rises", [body]),
        flags: vec![Flag::LiveBlog, Flag::RepairedEncoding],
        fingerprint: Fingerprint(u64::MAX - 6),
    }
}

pub fn fetched(at: Timestamp) -> Fetched {
    Fetched { at, page_sha256: Some("ab".repeat(32)) }
}

pub fn draft(name: &str) -> StoryDraft {
    let mut profile = StoryProfile { articles: 1, ..StoryProfile::default() };
    profile.places.insert("Port Ardo".to_owned(), 1);
    profile.events.insert("sinking".to_owned(), 1);
    StoryDraft { name: name.to_owned(), configured: None, at: minute(1), profile }
}

pub fn claim(id: ClaimId, story: StoryId, quantity: Quantity) -> Claim {
    Claim {
        id,
        story,
        series: Series {
            measure: Measure::Killed,
            group: Group::SecurityForces,
            source: Some("Coast guard".to_owned()),
        },
        quantity,
        status: Status::Current,
        scope: Scope::Story,
        place: Some("Port Ardo".to_owned()),
        period: None,
        said_by: Some("the coast guard".to_owned()),
        quote: "The coast guard counted 31 dead.".to_owned(),
        number: Span { start: 24, end: 26 },
        span: Span { start: 42, end: 44 },
        derived: None,
        rule: "counted-dead".to_owned(),
        confidence: Confidence::per_mille(930),
        outlet: "Ardo Daily".to_owned(),
        url: url("https://daily.example/ferry"),
        published: minute(1),
        seen: minute(3),
        fingerprint: Fingerprint(1 << 63),
        verdict: Verdict::Told,
    }
}

/// The change that a claim makes as the first of its series.
pub fn first_count(claim: &Claim) -> Change {
    Change {
        story: claim.story,
        series: claim.series.clone(),
        kind: ChangeKind::First,
        before: None,
        after: claim.quantity,
        reason: Reason::NewCount,
        claim: claim.id,
        at: claim.published,
    }
}

/// Polls one item, and takes in an article with one claim, one change and an alert to each recipient.
pub fn one_story(store: &mut Store, link: &str, recipients: &[&str], heard: Timestamp) -> (StoryId, i64) {
    let saved = store.save_poll(&feed("daily"), &[item("daily", link, link, link)], minute(0)).unwrap();
    take_in(store, saved.new[0], link, recipients, heard)
}

fn take_in(store: &mut Store, item: ItemId, link: &str, recipients: &[&str], heard: Timestamp) -> (StoryId, i64) {
    let intake = store.intake().unwrap();
    let article = intake.add_article(&article(link, "31 people died."), &fetched(minute(3))).unwrap();
    let story = intake.open_story(&draft("Port Ardo ferry")).unwrap().id;
    let claim = claim(ClaimId { article, version: 1, nth: 1 }, story, Quantity::Exactly(31));
    intake.add_claims(std::slice::from_ref(&claim)).unwrap();
    let changes = intake.add_changes(&[first_count(&claim)], minute(4)).unwrap();
    let alert = |recipient: &&str| Alert { recipient: (*recipient).to_owned(), story, changes: changes.clone(), heard };
    intake.add_alerts(&recipients.iter().map(alert).collect::<Vec<_>>()).unwrap();
    intake.item_read(item, Some(article), "1 figure", minute(4)).unwrap();
    intake.commit().unwrap();
    (story, changes[0])
}
