//! By what names mails are known to servers, readers and filters: message ids, list ids and headers.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::model::{Change, ChangeKind, Reason, StoryId};
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

/// The headers by which filters sort: the story, what kind of thing happened, what moved ("rise killed civilians 830; …"),
/// and the feeds that brought it.
pub(super) fn filter_headers(
    story: StoryId,
    slug: &str,
    changes: &[Change],
    feeds: &[String],
) -> Vec<(&'static str, String)> {
    let moved: Vec<String> = changes
        .iter()
        .take(20)
        .map(|change| {
            let series = &change.series;
            format!("{} {} {} {}", change.kind, series.measure, series.group, change.after.told())
        })
        .collect();
    let mut kinds: Vec<&str> = changes.iter().map(event).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut headers = vec![
        ("X-Tollwatch-Story", format!("{story} {}", clean_short(slug, 120))),
        ("X-Tollwatch-Event", kinds.join(" ")),
        ("X-Tollwatch-Changes", moved.join("; ")),
    ];
    if !feeds.is_empty() {
        let names: Vec<String> = feeds.iter().take(10).map(|name| clean_short(name, 60)).collect();
        headers.push(("X-Tollwatch-Feed", names.join(" ")));
    }
    headers
}

/// What kind of thing a change is: its kind, but what was corrected downwards and what was changed in place by those names.
fn event(change: &Change) -> &'static str {
    match (change.kind, change.reason) {
        (ChangeKind::Fall, Reason::Corrected) => "correction",
        (_, Reason::EditedInPlace) => "edit",
        (kind, _) => kind.as_str(),
    }
}

/// The List-Unsubscribe header (RFC 2369), where a person can be written to or there is a place on the web: what a mail
/// to that person says is `subject`, which is percent-encoded already.
pub(super) fn unsubscribe(
    operator: Option<&str>,
    subject: &str,
    address: Option<&str>,
) -> Option<(&'static str, String)> {
    let fit = |operator: &&str| {
        operator.contains('@') && operator.chars().all(|c| c.is_ascii_graphic() && !"<>,?&%\"".contains(c))
    };
    let by_mail = operator.filter(fit).map(|operator| format!("<mailto:{operator}?subject={subject}>"));
    let ways: Vec<String> = by_mail.into_iter().chain(address.map(|address| format!("<{address}>"))).collect();
    (!ways.is_empty()).then(|| ("List-Unsubscribe", ways.join(", ")))
}

/// The web address where mails can be stopped, with the recipient and the story in the places left for them. `None`
/// where it would be no https address that fits into a header.
pub(super) fn stop_address(template: Option<&str>, recipient: &str, story: &str) -> Option<String> {
    let address = template?.replace("{recipient}", &percent(recipient)).replace("{story}", &percent(story));
    let fit = address.len() <= 500 && address.chars().all(|c| c.is_ascii_graphic() && !"<>,\"".contains(c));
    (fit && address.starts_with("https://")).then_some(address)
}

/// A text as a part of an address (RFC 3986, section 2.3).
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => write!(encoded, "%{byte:02X}").expect("a String takes whatever is written to it"),
        }
        encoded
    })
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
    fn only_plain_addresses_are_offered_for_unsubscribing() {
        let header = |operator, address| unsubscribe(operator, "mute%20story%2012", address).map(|header| header.1);
        assert_eq!(
            header(Some("ops@example.org"), Some("https://example.org/stop")).unwrap(),
            "<mailto:ops@example.org?subject=mute%20story%2012>, <https://example.org/stop>"
        );
        assert_eq!(header(Some("a>,<https://evil@x"), None), None);
        assert_eq!(header(None, None), None);
        let address = |template| stop_address(Some(template), "désk+a@example.org", "12");
        assert_eq!(
            address("https://example.org/stop?to={recipient}&story={story}").unwrap(),
            "https://example.org/stop?to=d%C3%A9sk%2Ba%40example.org&story=12"
        );
        assert_eq!(address("http://example.org/"), None);
        assert_eq!(address("https://example.org/>,<mailto:x@y>"), None);
    }
}
