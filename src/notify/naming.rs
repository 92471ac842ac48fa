//! By what names mails are known to servers, readers and filters: message ids, list ids and headers.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::model::{Change, StoryId};
use crate::notify::foreign::clean_short;

/// The message id of a mail about a story: the same for the same changes to the same recipient, whenever it is made, so
/// that a repeat after a crash is recognised. Without angle brackets.
pub(super) fn message_id(story: StoryId, changes: &[Change], recipient: &str, host: &str) -> String {
    let mut keys: Vec<String> = changes.iter().map(change_key).collect();
    keys.sort_unstable();
    format!("story-{story}.{}.{}@{}", digest(&keys, 8), digest(&[recipient.to_lowercase()], 4), domain(host))
}

/// The message id of another mail, named by its kind ("digest") and what makes it different from others of its kind.
pub(super) fn message_id_of(kind: &str, keys: &[String], recipient: &str, host: &str) -> String {
    format!("{kind}.{}.{}@{}", digest(keys, 8), digest(&[recipient.to_lowercase()], 4), domain(host))
}

/// What tells a change from all others: the claim behind it, its series and its kind.
pub(super) fn change_key(change: &Change) -> String {
    let series = &change.series;
    let source = series.source.as_deref().unwrap_or("");
    format!("{} {} {} {} {} {source}", change.story, change.claim, change.kind, series.measure, series.group)
}

/// The right side of an id: the host name, or `localhost` where it is none.
pub(super) fn domain(host: &str) -> &str {
    let fit = !host.is_empty()
        && host.len() <= 200
        && !host.starts_with(['.', '-'])
        && !host.ends_with('.')
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    if fit { host } else { "localhost" }
}

/// The headers by which filters sort: the story, and what moved ("rise killed civilians 830; …").
pub(super) fn filter_headers(story: StoryId, slug: &str, changes: &[Change]) -> Vec<(&'static str, String)> {
    let moved: Vec<String> = changes
        .iter()
        .take(20)
        .map(|change| {
            let series = &change.series;
            format!("{} {} {} {}", change.kind, series.measure, series.group, change.after.told())
        })
        .collect();
    vec![
        ("X-Tollwatch-Story", format!("{story} {}", clean_short(slug, 120))),
        ("X-Tollwatch-Changes", moved.join("; ")),
    ]
}

/// The List-Unsubscribe header, where a person can be written to.
pub(super) fn unsubscribe(operator: Option<&str>, subject: &str) -> Option<(&'static str, String)> {
    let operator = operator?;
    let fit = operator.contains('@') && operator.chars().all(|c| c.is_ascii_graphic() && !"<>,?&%\"".contains(c));
    fit.then(|| ("List-Unsubscribe", format!("<mailto:{operator}?subject={subject}>")))
}

fn digest(keys: &[String], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for key in keys {
        hash.update(key.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(bytes).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes whatever is written to it");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_no_domain_name_makes_no_header() {
        assert_eq!(domain("news.example.org"), "news.example.org");
        assert_eq!(domain("a>\r\nBcc: x@y"), "localhost");
        assert_eq!(domain(""), "localhost");
    }

    #[test]
    fn only_a_plain_address_is_offered_for_unsubscribing() {
        let header = unsubscribe(Some("ops@example.org"), "mute%20story%2012").unwrap();
        assert_eq!(header.1, "<mailto:ops@example.org?subject=mute%20story%2012>");
        assert_eq!(unsubscribe(Some("a>,<https://evil@x"), "mute"), None);
        assert_eq!(unsubscribe(None, "mute"), None);
    }
}
