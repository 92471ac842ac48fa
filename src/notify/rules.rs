//! Which changes a recipient's wish asks for, and who may be told of a change at all.

use crate::model::{Alert, Change, ChangeKind, Story, Subscription};

/// Where a change was read.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The publisher.
    pub outlet: &'a str,
    /// The feeds that carry the article, by name; `None` where that is not known yet.
    pub feeds: Option<&'a [String]>,
}

/// Whom the changes of a story may concern: an alert for each recipient one of whose wishes asks for some. The changes are
/// given with their numbers in the store. Whether they are large enough, and when they are mailed, is [`super::plan()`]'s to
/// decide, since that depends on what comes in later.
pub fn alerts(
    story: &Story,
    changes: &[(i64, Change)],
    outlet: &str,
    subscriptions: &[Subscription],
    now: jiff::Timestamp,
) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    for subscription in subscriptions {
        let recipient = &subscription.recipient.email;
        let origin = Origin { outlet, feeds: None };
        let wanted = changes.iter().filter(|(_, change)| wants(subscription, story, change, origin)).map(|(id, _)| *id);
        let wanted: Vec<i64> = wanted.collect();
        match alerts.iter_mut().find(|alert| alert.recipient == *recipient) {
            _ if wanted.is_empty() => {}
            Some(alert) => {
                alert.changes.extend(wanted);
                alert.changes.sort_unstable();
                alert.changes.dedup();
            }
            None => alerts.push(Alert { recipient: recipient.clone(), story: story.id, changes: wanted, heard: now }),
        }
    }
    alerts
}

/// Whether a wish asks for changes of this kind, in this story, from there, whatever their size.
pub fn wants(subscription: &Subscription, story: &Story, change: &Change, origin: Origin<'_>) -> bool {
    let series = &change.series;
    let (name, slug) = (story.name.to_lowercase(), story.slug.to_lowercase());
    let of_story = |part: &String| {
        let part = part.to_lowercase();
        name.contains(&part) || slug.contains(&part)
    };
    let source = series.source.as_deref().unwrap_or_default().to_lowercase();
    let outlet = origin.outlet.to_lowercase();
    !story.muted
        && (subscription.stories.is_empty() || subscription.stories.iter().any(of_story))
        && (subscription.measures.is_empty() || subscription.measures.contains(&series.measure))
        && (subscription.groups.is_empty() || subscription.groups.contains(&series.group))
        && is_among(&subscription.sources, &source)
        && is_among(&subscription.outlets, &outlet)
        && (subscription.conflicts || change.kind != ChangeKind::Conflict)
        && origin.feeds.is_none_or(|feeds| {
            subscription.feeds.is_empty() || feeds.iter().any(|feed| subscription.feeds.contains(feed))
        })
}

/// Whether a name, in lower case, holds one of these parts; none: any name does.
fn is_among(parts: &[String], name: &str) -> bool {
    parts.is_empty() || parts.iter().any(|part| name.contains(&part.to_lowercase()))
}
