//! Reads a site's `robots.txt` (RFC 9309): which of its pages it asks us to leave alone.

use url::Url;

/// How much of a file is read; RFC 9309, section 2.5, wants at least 500 KiB.
pub(super) const MAX_ROBOTS: usize = 512 * 1024;

/// The rules of a `robots.txt` that concern us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Robots {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    /// Normalised; `*` stands for anything, `$` at the end for the end.
    pattern: String,
}

impl Robots {
    /// Takes the rules of all groups for `name`, in whatever case; where there is none, of those for everybody (`*`).
    ///
    /// Never fails: lines that are no rules are passed over, so a web page in the file's place forbids nothing.
    pub(super) fn parse(file: &[u8], name: &str) -> Self {
        let file = String::from_utf8_lossy(&file[..file.len().min(MAX_ROBOTS)]);
        let mut ours: Option<Vec<Rule>> = None;
        let mut everybody = Vec::new();
        // Consecutive user-agent lines share the rules that follow them.
        let (mut for_us, mut for_everybody, mut in_rules) = (false, false, true);
        for line in file.trim_start_matches('\u{feff}').split(['\n', '\r']) {
            let Some((key, value)) = record(line) else { continue };
            if key.eq_ignore_ascii_case("user-agent") {
                if in_rules {
                    (for_us, for_everybody, in_rules) = (false, false, false);
                }
                for_everybody |= value == "*";
                if product(value).eq_ignore_ascii_case(name) {
                    for_us = true;
                    // A group without rules is one too: it permits everything.
                    ours.get_or_insert_default();
                }
                continue;
            }
            let allow = key.eq_ignore_ascii_case("allow");
            if !allow && !key.eq_ignore_ascii_case("disallow") {
                continue;
            }
            in_rules = true;
            // An empty path is no rule; one that starts elsewhere matches nothing.
            if !value.starts_with(['/', '*']) {
                continue;
            }
            let rule = || Rule { allow, pattern: normalised(value, Side::Pattern) };
            if let (true, Some(ours)) = (for_us, &mut ours) {
                ours.push(rule());
            }
            if for_everybody {
                everybody.push(rule());
            }
        }
        Self { rules: ours.unwrap_or(everybody) }
    }

    /// Whether the page may be fetched: the longest rule that matches decides, among equals the one that allows.
    pub(super) fn allows(&self, url: &Url) -> bool {
        if url.path() == "/robots.txt" {
            return true;
        }
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(query);
        }
        let path = normalised(&path, Side::Path);
        let decisive = self
            .rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow));
        decisive.is_none_or(|rule| rule.allow)
    }

    /// About how much memory the rules take, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.rules.iter().map(|rule| size_of::<Rule>() + rule.pattern.capacity()).sum()
    }
}

/// The name at the start of a User-Agent header or line, as `robots.txt` knows it: letters, `-` and `_`.
pub(super) fn product(user_agent: &str) -> &str {
    let end = user_agent.find(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_');
    &user_agent[..end.unwrap_or(user_agent.len())]
}

fn record(line: &str) -> Option<(&str, &str)> {
    let line = line.split('#').next().unwrap_or_default();
    let (key, value) = line.split_once(':')?;
    Some((key.trim(), value.trim()))
}

/// What is being normalised: in a pattern `*` and `$` are signs, in a path they are characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Pattern,
    Path,
}

/// Brings percent-encoding to one form (RFC 9309, section 2.2.2): unreserved characters bare, all others that were or
/// must be encoded in capital hex.
fn normalised(text: &str, side: Side) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%'
            && let Some(encoded) = hex(bytes.get(at + 1..at + 3))
        {
            if encoded.is_ascii_alphanumeric() || b"-._~".contains(&encoded) {
                out.push(char::from(encoded));
            } else {
                push_encoded(&mut out, encoded);
            }
            at += 3;
            continue;
        }
        let last = at + 1 == bytes.len();
        let sign = side == Side::Pattern && (byte == b'*' || byte == b'$' && last);
        if byte.is_ascii_graphic() && (sign || byte != b'*' && byte != b'$') {
            out.push(char::from(byte));
        } else {
            push_encoded(&mut out, byte);
        }
        at += 1;
    }
    out
}

fn hex(digits: Option<&[u8]>) -> Option<u8> {
    let &[high, low] = digits? else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn push_encoded(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// Whether the pattern matches the path from its start. The pieces between stars are looked for from left to right,
/// each as early as possible, so the work grows with the lengths and not with the number of stars.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return !anchored || rest.is_empty() };
    for piece in pieces {
        let Some(found) = rest.find(piece) else { return false };
        rest = &rest[found + piece.len()..];
    }
    if anchored { rest.ends_with(last) } else { rest.contains(last) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(file: &str, path: &str) -> bool {
        let url = Url::parse("https://news.example").unwrap().join(path).unwrap();
        Robots::parse(file.as_bytes(), "tollwatch").allows(&url)
    }

    #[test]
    fn everybody_s_rules_are_ours_unless_we_are_named() {
        let file = "User-agent: *\nDisallow: /\n\nUser-agent: TollWatch/2.0\nDisallow: /private/\n";
        assert!(allows(file, "/news/1"));
        assert!(!allows(file, "/private/1"));
        assert!(!allows("User-agent: *\nDisallow: /news/\n", "/news/1"));
        assert!(allows("User-agent: tollwatcher\nDisallow: /\n", "/news/1"), "a longer name is another's");
    }

    #[test]
    fn user_agent_lines_in_a_row_share_their_rules_and_groups_add_up() {
        let file = "User-agent: otherbot\nUser-agent: tollwatch\nDisallow: /a\n\
                    User-agent: otherbot\nDisallow: /b\n\
                    User-agent: tollwatch\nDisallow: /c\n";
        assert_eq!(["/a", "/b", "/c"].map(|path| allows(file, path)), [false, true, false]);
        let unrelated = "User-agent: tollwatch\nSitemap: https://news.example/map.xml\nCrawl-delay: 3\nDisallow: /a\n";
        assert!(!allows(unrelated, "/a"));
    }

    #[test]
    fn a_group_of_ours_without_rules_permits_everything() {
        assert!(allows("User-agent: *\nDisallow: /\n\nUser-agent: tollwatch\nDisallow:\n", "/news/1"));
    }

    #[test]
    fn the_longest_match_decides_and_a_tie_allows() {
        let file = "User-agent: *\nDisallow: /\nAllow: /news\nDisallow: /news/draft\n";
        assert_eq!(["/", "/news/1", "/news/draft/1"].map(|path| allows(file, path)), [false, true, false]);
        assert!(allows("User-agent: *\nDisallow: /news\nAllow: /news\n", "/news"));
    }

    #[test]
    fn stars_and_the_end_are_understood() {
        let file = "User-agent: *\nDisallow: /*.pdf$\nDisallow: /*/print/\nDisallow: /*?*session=\n";
        let asked = ["/report.pdf", "/report.pdf?x=1", "/a/print/b", "/print/b", "/a?b=1&session=2", "/a?b=1"];
        assert_eq!(asked.map(|path| allows(file, path)), [false, true, false, true, false, true]);
    }

    #[test]
    fn percent_encoding_is_one_with_its_meaning() {
        let file = "User-agent: *\nDisallow: /caf%c3%a9/\nDisallow: /%7Edesk/\nDisallow: /ملف/\nDisallow: /a%2Ab\n";
        let asked = ["/café/menu", "/~desk/", "/%D9%85%D9%84%D9%81/1", "/a*b", "/aXb"];
        assert_eq!(asked.map(|path| allows(file, path)), [false, false, false, false, true]);
    }

    #[test]
    fn what_is_no_robots_file_forbids_nothing() {
        assert!(allows("<!doctype html><title>Not found</title>: Disallow: /", "/news/1"));
        assert!(allows("", "/news/1"));
        assert!(allows("Disallow: /\n", "/news/1"), "a rule without a group");
    }

    #[test]
    fn line_ends_comments_and_the_byte_order_mark_do_no_harm() {
        let file = "\u{feff}User-Agent : * # everybody\r\rDISALLOW: /a # not this\r\nDisallow:/b";
        assert_eq!(["/a", "/b", "/c", "/robots.txt"].map(|path| allows(file, path)), [false, false, true, true]);
        assert!(allows("User-agent: *\nDisallow: /", "/robots.txt"));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(file: Vec<u8>, path in "/[ -~]{0,20}") {
            let url = Url::parse("https://news.example").unwrap().join(&path);
            if let Ok(url) = url {
                Robots::parse(&file, "tollwatch").allows(&url);
            }
        }

        #[test]
        fn a_pattern_matches_as_a_plain_search_by_cases_would(pattern in "/[ab*]{0,6}\\$?", path in "/[ab]{0,8}") {
            fn plainly(pattern: &[u8], path: &[u8]) -> bool {
                match (pattern, path) {
                    ([], _) => true,
                    ([b'$'], path) => path.is_empty(),
                    ([b'*', rest @ ..], path) => (0..=path.len()).any(|skipped| plainly(rest, &path[skipped..])),
                    ([a, pattern @ ..], [b, path @ ..]) => a == b && plainly(pattern, path),
                    _ => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &path), plainly(pattern.as_bytes(), path.as_bytes()));
        }
    }
}
