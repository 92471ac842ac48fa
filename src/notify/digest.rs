//! One mail about several stories, for those who read once an hour or once a day.

use askama::Template;

use jiff::Timestamp;

use crate::model::quantity::grouped;
use crate::model::{Change, ChangeKind, Email, Subscription, Timing};
use crate::notify::briefing::{Briefing, stop_all, stop_feeds, why};
use crate::notify::evidence::{Evidence, evidence, when};
use crate::notify::foreign::{clean_short, shorten};
use crate::notify::moved::{Moved, moved};
use crate::notify::naming::{change_key, domain, message_id_of, stop_address, unsubscribe};
use crate::notify::plain::{Page, quoted};
use crate::notify::voices::{HeldBack, held_back};

/// Stories that are told in full; of the rest only the number.
const MOST_STORIES: usize = 30;
/// Lines about feeds, and about refused mails.
const MOST_TROUBLES: usize = 20;
/// Quotes of one story, and as many of what is in conflict.
const MOST_QUOTES: usize = 2;

/// What else a digest says: how the feeds and the mails did since the digest before.
#[derive(Debug, Clone, Copy, Default)]
pub struct FeedReport<'a> {
    /// When the digest before was made, or since when the recipient is in the config.
    pub since: Option<Timestamp>,
    /// Articles read since.
    pub articles: u64,
    /// Articles of these that only repeated what had been told.
    pub repeats: u64,
    /// The feeds that fail, by name, and what is wrong with each.
    pub troubles: &'a [(String, String)],
    /// The mails that servers refused for good.
    pub refused: &'a [Refusal],
}

/// A mail that a server refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its number in the outbox.
    pub id: i64,
    /// To whom it was.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// The server's words.
    pub reason: String,
}

/// The digest of several stories for one recipient: what moved most comes first. All briefings are for the same
/// recipient; the first one's wish is the one that it answers. `capped` is the recipient's cap on mails where that is why
/// these stories come in one. `None` when nothing moved: an empty digest is not sent.
pub fn digest(briefings: &[Briefing], feeds: &FeedReport, capped: Option<u32>) -> Option<Email> {
    let first = briefings.iter().find(|briefing| !briefing.changes.is_empty())?;
    let mut stories: Vec<StoryNews> = briefings.iter().filter(|b| !b.changes.is_empty()).map(StoryNews::of).collect();
    stories.sort_by_key(|news| (std::cmp::Reverse(news.size), news.id));
    let number = stories.len();
    let subject = subject(first, &stories, capped.is_some());
    let more = number.saturating_sub(MOST_STORIES);
    stories.truncate(MOST_STORIES);
    let mut of_feeds: Vec<String> = briefings.iter().flat_map(|briefing| briefing.feeds.iter().cloned()).collect();
    of_feeds.sort_unstable();
    of_feeds.dedup();
    let mut stop = vec!["To stop a story: tollwatch stories mute and its number".to_owned()];
    stop.extend(stop_feeds(&of_feeds));
    stop.extend(stop_all(first, ""));
    let content = Content {
        note: capped.map(|cap| note(cap, number)),
        stories,
        more,
        feeds: feed_lines(feeds, first.subscription, first.now),
        why: why(first.subscription),
        stop,
    };

    let mut keys: Vec<String> = briefings.iter().flat_map(|b| b.changes.iter().map(change_key)).collect();
    keys.sort_unstable();
    let recipient = &first.subscription.recipient;
    let ids: Vec<String> = content.stories.iter().map(|news| news.id.to_string()).collect();
    let mut extra = vec![("X-Tollwatch-Stories", ids.join(" ")), ("X-Tollwatch-Event", "digest".to_owned())];
    let address = stop_address(first.unsubscribe, &recipient.email, "");
    extra.extend(unsubscribe(first.operator, "stop%20the%20digest", address.as_deref()));
    Some(Email {
        message_id: message_id_of("digest", &keys, &recipient.email, first.host),
        references: vec![],
        from: first.from.clone(),
        to: recipient.clone(),
        date: first.now,
        list_id: format!("digest.tollwatch.{}", domain(first.host)),
        extra,
        text: plain(&content),
        html: html(&subject, &content),
        subject,
        chart: None,
    })
}

/// What the digest says.
struct Content {
    /// Why these stories come in one mail, where it is the cap.
    note: Option<String>,
    stories: Vec<StoryNews>,
    /// How many stories are left out.
    more: usize,
    feeds: Vec<String>,
    why: String,
    stop: Vec<String>,
}

/// What it says about one story.
struct StoryNews {
    id: i64,
    name: String,
    moved: Vec<Moved>,
    evidence: Vec<Evidence>,
    /// What contradicts each other, told apart from what moved.
    conflicts: Vec<Moved>,
    disputed: Vec<Evidence>,
    held: Vec<HeldBack>,
    size: u64,
}

impl StoryNews {
    fn of(briefing: &Briefing) -> Self {
        let contradicted = |change: &&Change| {
            briefing.changes.iter().any(|c| c.kind == ChangeKind::Conflict && c.series == change.series)
        };
        let (disputed, moves): (Vec<Change>, Vec<Change>) =
            briefing.changes.iter().cloned().partition(|change| contradicted(&change));
        let quotes = |changes: &[Change]| {
            let mut evidence = evidence(&Briefing { changes, ..*briefing });
            evidence.truncate(MOST_QUOTES);
            evidence
        };
        let moved_lines = moved(&moves, briefing.claims);
        Self {
            id: briefing.story.id.0,
            name: clean_short(&briefing.story.name, 150),
            size: moved_lines.iter().map(|line| line.size).max().unwrap_or(0),
            moved: moved_lines,
            evidence: quotes(&moves),
            conflicts: moved(&disputed, briefing.claims),
            disputed: quotes(&disputed),
            held: if briefing.subscription.unconfirmed { held_back(briefing.claims) } else { Vec::new() },
        }
    }
}

fn subject(briefing: &Briefing, stories: &[StoryNews], capped: bool) -> String {
    let now = briefing.now.to_zoned(briefing.subscription.zone.clone());
    let day = now.strftime("%-d %B %Y");
    let number = match stories {
        [story] => shorten(&story.name, 100),
        several => format!("{} stories", several.len()),
    };
    match (briefing.subscription.timing, stories) {
        (_, [_, _, ..]) if capped => {
            format!("Tolls of {day}, {}: and {} more stories", now.strftime("%H:%M"), stories.len())
        }
        (Timing::Daily(_), _) => format!("Tolls of {day}: {number}"),
        (Timing::Weekly(..), _) => format!("Tolls of the week to {day}: {number}"),
        (Timing::AtOnce | Timing::Hourly, _) => format!("Tolls of {day}, {}: {number}", now.strftime("%H:%M")),
    }
}

/// Why some stories come in one mail.
fn note(cap: u32, stories: usize) -> String {
    let mails = if cap == 1 { "1 mail".to_owned() } else { format!("{cap} mails") };
    let stories = if stories == 1 { "1 more story".to_owned() } else { format!("{stories} more stories") };
    format!("And {stories} in one mail, since you want at most {mails} an hour:")
}

/// How the feeds and the mails did.
pub(super) fn feed_lines(feeds: &FeedReport, subscription: &Subscription, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    if feeds.articles > 0 {
        let repeats = match feeds.repeats {
            0 => String::new(),
            repeats => format!(", {} of them with nothing but what was told before", grouped(repeats)),
        };
        let since =
            feeds.since.map_or_else(String::new, |since| format!(" since {}", when(since, &subscription.zone, now)));
        lines.push(format!("Articles read{since}: {}{repeats}.", grouped(feeds.articles)));
    }
    let troubles = feeds.troubles.iter().take(MOST_TROUBLES);
    lines.extend(
        troubles.map(|(feed, trouble)| {
            format!("Feed in trouble: {} ({})", clean_short(feed, 60), clean_short(trouble, 160))
        }),
    );
    if feeds.troubles.len() > MOST_TROUBLES {
        lines.push(format!("and {} more feeds in trouble", feeds.troubles.len() - MOST_TROUBLES));
    }
    for refusal in feeds.refused.iter().take(MOST_TROUBLES) {
        lines.push(format!(
            "Mail refused: “{}” to {} ({}). To send it again: tollwatch mail outbox retry {}",
            clean_short(&refusal.subject, 100),
            clean_short(&refusal.recipient, 254),
            clean_short(&refusal.reason, 160),
            refusal.id
        ));
    }
    if feeds.refused.len() > MOST_TROUBLES {
        lines.push(format!("and {} more mails refused", feeds.refused.len() - MOST_TROUBLES));
    }
    lines
}

fn plain(content: &Content) -> String {
    let mut page = Page::default();
    if let Some(note) = &content.note {
        page.wrapped(note, "", "");
    }
    for news in content.stories.iter().filter(|news| !news.moved.is_empty()) {
        if !page.text.is_empty() {
            page.gap();
        }
        page.wrapped(&format!("{} (story {})", news.name, news.id), "", "");
        for line in &news.moved {
            page.wrapped(&line.line(), " ", "   ");
        }
        quotes(&mut page, &news.evidence);
    }
    if content.stories.iter().any(|news| !news.conflicts.is_empty()) {
        if !page.text.is_empty() {
            page.gap();
        }
        page.line("In conflict");
        for news in &content.stories {
            for line in &news.conflicts {
                page.wrapped(&format!("{} (story {}): {}", shorten(&news.name, 60), news.id, line.line()), " ", "   ");
            }
            quotes(&mut page, &news.disputed);
        }
    }
    if content.more > 0 {
        page.gap();
        page.wrapped(&format!("{} more stories moved; see tollwatch stories.", content.more), "", "");
    }
    if content.stories.iter().any(|news| !news.held.is_empty()) {
        page.gap();
        page.line("Held, waiting for a second voice");
        for news in &content.stories {
            for held in &news.held {
                page.wrapped(&format!("{}: {} ({})", shorten(&news.name, 60), held.count, held.by), " ", "   ");
                page.address(held.url.as_deref(), " ");
            }
        }
    }
    if !content.feeds.is_empty() {
        page.gap();
        for line in &content.feeds {
            page.wrapped(line, "", "  ");
        }
    }
    page.gap();
    page.wrapped(&content.why, "", "");
    for line in &content.stop {
        page.wrapped(line, "", "  ");
    }
    page.text
}

fn quotes(page: &mut Page, quotes: &[Evidence]) {
    for evidence in quotes {
        page.wrapped(&quoted(&evidence.quote), "  ", "  ");
        page.wrapped(&format!("{}, {}", evidence.outlet, evidence.when), "  ", "    ");
        page.address(evidence.url.as_deref(), "  ");
    }
}

#[derive(Template)]
#[template(path = "digest.html")]
struct HtmlPage<'a> {
    title: &'a str,
    preheader: String,
    content: &'a Content,
    any_held: bool,
    any_conflict: bool,
}

fn html(title: &str, content: &Content) -> String {
    let lines = content.stories.iter().flat_map(|news| {
        news.moved.iter().chain(&news.conflicts).take(1).map(|line| format!("{}: {}", news.name, line.line()))
    });
    let preheader = lines.into_iter().next().unwrap_or_default();
    let any_held = content.stories.iter().any(|news| !news.held.is_empty());
    let any_conflict = content.stories.iter().any(|news| !news.conflicts.is_empty());
    let page = HtmlPage { title, preheader, content, any_held, any_conflict };
    page.render().expect("the template only writes to a String, which does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moved_no_mail() {
        assert_eq!(digest(&[], &FeedReport { articles: 40, repeats: 3, ..FeedReport::default() }, None), None);
    }
}
