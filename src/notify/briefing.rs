//! What a mail about one story is made from, and what it says, before it is set in plain text or HTML.

use jiff::Timestamp;
use jiff::civil::Weekday;

use crate::model::quantity::grouped;
use crate::model::{Address, Change, ChangeKind, Claim, Story, Subscription, Timing};
use crate::notify::evidence::{Evidence, evidence};
use crate::notify::foreign::clean_short;
use crate::notify::moved::{Moved, moved};
use crate::notify::naming::stop_address;
use crate::notify::so_far::{DayTable, so_far};
use crate::notify::voices::{HeldBack, OtherVoice, held_back, other_voices, parts, repeats};
use crate::notify::wording::measure_words;

/// All that a mail about one story for one recipient is made from.
#[derive(Debug, Clone, Copy)]
pub struct Briefing<'a> {
    /// The story.
    pub story: &'a Story,
    /// The changes to be told, oldest first; not empty.
    pub changes: &'a [Change],
    /// All changes of the story so far, those to be told among them, in any order.
    pub all_changes: &'a [Change],
    /// All claims of the story, with what was made of them, in any order.
    pub claims: &'a [Claim],
    /// The wish that the mail answers.
    pub subscription: &'a Subscription,
    /// The message ids already sent to this recipient for this story, oldest first, without angle brackets.
    pub thread: &'a [String],
    /// The sender.
    pub from: &'a Address,
    /// The right side of message ids and list ids: a domain name.
    pub host: &'a str,
    /// A mail address where a person reads who can stop the mails, if there is one.
    pub operator: Option<&'a str>,
    /// A web address where mails can be stopped, if there is one; `{recipient}` and `{story}` in it stand for them.
    pub unsubscribe: Option<&'a str>,
    /// The feeds that brought the changes, by their names.
    pub feeds: &'a [String],
    /// The time of writing.
    pub now: Timestamp,
}

/// What the mail says, in the order in which it says it.
pub(super) struct Account {
    /// What moved, a line each; the whole count before the groups.
    pub moved: Vec<Moved>,
    /// The sentences with the numbers.
    pub evidence: Vec<Evidence>,
    /// What sources say whose counts did not move now.
    pub others: Vec<OtherVoice>,
    /// The told counts by day, a table for each measure that moved.
    pub so_far: Vec<DayTable>,
    /// The counts of parts, places and single days, for those who want them.
    pub parts: Vec<OtherVoice>,
    /// "14 articles that repeat 1,018 or 745; …"
    pub repeats: Option<String>,
    /// What waits for a second voice.
    pub held: Vec<HeldBack>,
    /// Why the recipient gets this.
    pub why: String,
    /// How to stop it: the story, the feed, all.
    pub stop: Vec<String>,
}

impl Account {
    pub(super) fn of(briefing: &Briefing) -> Self {
        Self {
            moved: moved(briefing.changes, briefing.claims),
            evidence: evidence(briefing),
            others: other_voices(briefing),
            so_far: so_far(briefing),
            parts: if briefing.subscription.parts { parts(briefing) } else { Vec::new() },
            repeats: repeats(briefing),
            held: if briefing.subscription.unconfirmed { held_back(briefing.claims) } else { Vec::new() },
            why: why_now(briefing),
            stop: stop(briefing),
        }
    }
}

/// [`why`], and why it does not wait for the digest where there is one.
fn why_now(briefing: &Briefing) -> String {
    let why = why(briefing.subscription);
    if briefing.subscription.timing == Timing::AtOnce {
        return why;
    }
    match briefing.changes.iter().any(|change| change.kind == ChangeKind::Fall) {
        true => format!("{why} It does not wait for your digest, since a count that you were told was lowered."),
        false => format!("{why} It does not wait, since it rose by so much as breaks through your quiet hours."),
    }
}

fn stop(briefing: &Briefing) -> Vec<String> {
    let mut lines = vec![format!("To stop this story: tollwatch stories mute {}", briefing.story.id)];
    lines.extend(stop_feeds(briefing.feeds));
    lines.extend(stop_all(briefing, &briefing.story.id.to_string()));
    lines
}

/// "To stop the feed coast-daily: tollwatch feeds remove coast-daily"
pub(super) fn stop_feeds(feeds: &[String]) -> Option<String> {
    let names: Vec<String> = feeds.iter().take(3).map(|name| clean_short(name, 60)).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("To stop the feed {name}: tollwatch feeds remove {name}")),
        [first, others @ ..] => {
            Some(format!("To stop a feed that brought this: tollwatch feeds remove {first} (or {})", others.join(", ")))
        }
    }
}

/// How to have all mails stopped, by hand or by asking somebody.
pub(super) fn stop_all(briefing: &Briefing, story: &str) -> Vec<String> {
    let email = &briefing.subscription.recipient.email;
    let by_hand = format!("To stop all mail: take {} out of the config", clean_short(email, 254));
    let mut lines = vec![match briefing.operator {
        Some(operator) => format!("{by_hand}, or write to {}", clean_short(operator, 120)),
        None => by_hand,
    }];
    if let Some(address) = stop_address(briefing.unsubscribe, email, story) {
        lines.push(format!("On the web: {address}"));
    }
    lines
}

/// "You get this because of the rule “all stories, killed, at once” for desk@example.org."
pub(super) fn why(subscription: &Subscription) -> String {
    let quoted = |parts: &[String]| parts.iter().map(|part| format!("‘{part}’")).collect::<Vec<_>>().join(" or ");
    let mut rule = vec![match subscription.stories.as_slice() {
        [] => "all stories".to_owned(),
        parts => format!("stories with {}", quoted(parts)),
    }];
    rule.extend(subscription.measures.iter().map(|measure| measure_words(*measure)));
    rule.extend(subscription.groups.iter().map(|group| group.label().to_owned()));
    let places =
        [(&subscription.sources, "said by"), (&subscription.feeds, "in the feed"), (&subscription.outlets, "in")];
    for (parts, what) in places.into_iter().filter(|(parts, _)| !parts.is_empty()) {
        rule.push(format!("{what} {}", quoted(parts)));
    }
    if subscription.least_count > 1 {
        rule.push(format!("{} people or more", grouped(subscription.least_count)));
    }
    match (subscription.least_change > 1, subscription.least_percent > 0) {
        (true, true) => rule.push(format!(
            "rises of {} or more and {} % or more",
            grouped(subscription.least_change),
            subscription.least_percent
        )),
        (true, false) => rule.push(format!("rises of {} or more", grouped(subscription.least_change))),
        (false, true) => rule.push(format!("rises of {} % or more", subscription.least_percent)),
        (false, false) => {}
    }
    rule.push(match subscription.timing {
        Timing::AtOnce => "at once".to_owned(),
        Timing::Hourly => "hourly".to_owned(),
        Timing::Daily(time) => format!("daily at {}", time.strftime("%H:%M")),
        Timing::Weekly(day, time) => format!("weekly on {} at {}", day_name(day), time.strftime("%H:%M")),
    });
    let name = subscription.name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
    format!(
        "You get this because of the rule “{}” for {}.",
        clean_short(&format!("{name}{}", rule.join(", ")), 400),
        clean_short(&subscription.recipient.email, 254)
    )
}

/// "Monday"
fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
