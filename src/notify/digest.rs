//! One mail about several stories, for those who read once an hour or once a day.

use askama::Template;

use crate::model::quantity::grouped;
use crate::model::{Email, Timing};
use crate::notify::briefing::{Briefing, why};
use crate::notify::evidence::{Evidence, evidence};
use crate::notify::foreign::{clean_short, shorten};
use crate::notify::moved::{Moved, moved};
use crate::notify::naming::{change_key, domain, message_id_of, unsubscribe};
use crate::notify::plain::Page;
use crate::notify::voices::{HeldBack, held_back};

/// Stories that are told in full; of the rest only the number.
const MOST_STORIES: usize = 30;
/// Lines about feeds.
const MOST_TROUBLES: usize = 20;

/// What else a digest says: how the feeds did since the digest before.
#[derive(Debug, Clone, Copy, Default)]
pub struct FeedReport<'a> {
    /// Articles read.
    pub articles: u64,
    /// Articles that only repeated what had been told.
    pub repeats: u64,
    /// The feeds that fail, by name, and what is wrong with each.
    pub troubles: &'a [(String, String)],
}

/// The digest of several stories for one recipient: what moved most comes first. All briefings are for the same
/// subscription. `None` when nothing moved: an empty digest is not sent.
pub fn digest(briefings: &[Briefing], feeds: &FeedReport) -> Option<Email> {
    let first = briefings.iter().find(|briefing| !briefing.changes.is_empty())?;
    let mut stories: Vec<StoryNews> = briefings.iter().filter(|b| !b.changes.is_empty()).map(StoryNews::of).collect();
    stories.sort_by_key(|news| (std::cmp::Reverse(news.size), news.id));
    let more = stories.len().saturating_sub(MOST_STORIES);
    let number = stories.len();
    stories.truncate(MOST_STORIES);
    let content = Content { stories, more, feeds: feed_lines(feeds), why: why(first.subscription), stop: stop(first) };

    let mut keys: Vec<String> = briefings.iter().flat_map(|b| b.changes.iter().map(change_key)).collect();
    keys.sort_unstable();
    let recipient = &first.subscription.recipient;
    let subject = subject(first, number);
    let ids: Vec<String> = content.stories.iter().map(|news| news.id.to_string()).collect();
    let mut extra = vec![("X-Tollwatch-Stories", ids.join(" "))];
    extra.extend(unsubscribe(first.operator, "stop%20the%20digest"));
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
    stories: Vec<StoryNews>,
    /// How many stories are left out.
    more: usize,
    feeds: Vec<String>,
    why: String,
    stop: String,
}

/// What it says about one story.
struct StoryNews {
    id: i64,
    name: String,
    moved: Vec<Moved>,
    evidence: Vec<Evidence>,
    held: Vec<HeldBack>,
    size: u64,
}

impl StoryNews {
    fn of(briefing: &Briefing) -> Self {
        let moved = moved(briefing.changes, briefing.claims);
        let mut evidence = evidence(briefing);
        evidence.truncate(2);
        Self {
            id: briefing.story.id.0,
            name: clean_short(&briefing.story.name, 150),
            size: moved.iter().map(|line| line.size).max().unwrap_or(0),
            moved,
            evidence,
            held: held_back(briefing.claims),
        }
    }
}

fn subject(briefing: &Briefing, stories: usize) -> String {
    let now = briefing.now.to_zoned(briefing.subscription.zone.clone());
    let when = match briefing.subscription.timing {
        Timing::Daily(_) => now.strftime("%-d %B %Y"),
        Timing::AtOnce | Timing::Hourly => now.strftime("%-d %B %Y, %H:%M"),
    };
    let number = if stories == 1 { "1 story".to_owned() } else { format!("{stories} stories") };
    format!("Tolls of {when}: {number}")
}

fn stop(briefing: &Briefing) -> String {
    let by_command = "To stop a story: tollwatch stories mute and its number".to_owned();
    match briefing.operator {
        Some(operator) => format!("{by_command}, or write to {}.", clean_short(operator, 120)),
        None => format!("{by_command}."),
    }
}

fn feed_lines(feeds: &FeedReport) -> Vec<String> {
    let mut lines = Vec::new();
    if feeds.articles > 0 {
        let repeats = match feeds.repeats {
            0 => String::new(),
            repeats => format!(", {} of them with nothing but what was told before", grouped(repeats)),
        };
        lines.push(format!("Articles read: {}{repeats}.", grouped(feeds.articles)));
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
    lines
}

fn plain(content: &Content) -> String {
    let mut page = Page::default();
    for news in &content.stories {
        if !page.text.is_empty() {
            page.gap();
        }
        page.wrapped(&format!("{} (story {})", news.name, news.id), "", "");
        for line in &news.moved {
            page.wrapped(&line.line(), " ", "   ");
        }
        for evidence in &news.evidence {
            page.wrapped(&format!("{}, {}", evidence.outlet, evidence.when), " ", "   ");
            page.address(evidence.url.as_deref(), " ");
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
    page.wrapped(&content.stop, "", "");
    page.text
}

#[derive(Template)]
#[template(path = "digest.html")]
struct HtmlPage<'a> {
    title: &'a str,
    preheader: String,
    content: &'a Content,
    any_held: bool,
}

fn html(title: &str, content: &Content) -> String {
    let first = content.stories.first().and_then(|news| news.moved.first().map(|line| (&news.name, line)));
    let preheader = first.map_or_else(String::new, |(name, line)| format!("{name}: {}", line.line()));
    let any_held = content.stories.iter().any(|news| !news.held.is_empty());
    let page = HtmlPage { title, preheader, content, any_held };
    page.render().expect("the template only writes to a String, which does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moved_no_mail() {
        assert_eq!(digest(&[], &FeedReport { articles: 40, repeats: 3, troubles: &[] }), None);
    }
}
