//! What a mail about one story is made from, and what it says, before it is set in plain text or HTML.

use jiff::Timestamp;

use crate::model::{Address, Change, Claim, Story, Subscription, Timing};
use crate::notify::evidence::{Evidence, evidence};
use crate::notify::foreign::clean_short;
use crate::notify::moved::{Moved, moved};
use crate::notify::so_far::{DayTable, so_far};
use crate::notify::voices::{HeldBack, OtherVoice, held_back, other_voices, repeats};
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
    /// "14 articles that repeat 1,018 or 745; …"
    pub repeats: Option<String>,
    /// What waits for a second voice.
    pub held: Vec<HeldBack>,
    /// Why the recipient gets this.
    pub why: String,
    /// How to stop it.
    pub stop: String,
}

impl Account {
    pub(super) fn of(briefing: &Briefing) -> Self {
        Self {
            moved: moved(briefing.changes, briefing.claims),
            evidence: evidence(briefing),
            others: other_voices(briefing),
            so_far: so_far(briefing),
            repeats: repeats(briefing),
            held: held_back(briefing.claims),
            why: why(briefing.subscription),
            stop: stop(briefing),
        }
    }
}

fn stop(briefing: &Briefing) -> String {
    let by_command = format!("To stop this story: tollwatch stories mute {}", briefing.story.id);
    match briefing.operator {
        Some(operator) => format!("{by_command}, or write to {}", clean_short(operator, 120)),
        None => by_command,
    }
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
    if subscription.least_change > 1 {
        rule.push(format!("rises of {} or more", subscription.least_change));
    }
    rule.push(match subscription.timing {
        Timing::AtOnce => "at once".to_owned(),
        Timing::Hourly => "hourly".to_owned(),
        Timing::Daily(time) => format!("daily at {}", time.strftime("%H:%M")),
    });
    format!(
        "You get this because of the rule “{}” for {}.",
        clean_short(&rule.join(", "), 300),
        clean_short(&subscription.recipient.email, 254)
    )
}
