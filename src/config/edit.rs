//! Adding and removing feeds in the text of a config, which keeps its comments, its order and its spacing.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use toml_edit::{ArrayOfTables, Document, Item, Table};
use url::Url;

use super::check::same_address;
use super::value;

/// A changed config and the feed that was changed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// The name of the feed that was added or removed.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// Why a config was left as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is no TOML; `tollwatch check` tells where.
    #[error("the config cannot be read: {0}")]
    Broken(String),
    /// The feeds are not written as `[[feed]]` tables.
    #[error("the feeds of this config are not written as [[feed]] tables; change it by hand")]
    NoTables,
    /// What was given for an option of the feed cannot be used.
    #[error("{option} `{given}` {what}; {mend}")]
    Refused {
        /// The option.
        option: &'static str,
        /// What was given.
        given: String,
        /// What is wrong with it.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// There is a feed with this name.
    #[error("there is a feed \"{name}\" already, at {url}; choose another name")]
    NameTaken {
        /// The name.
        name: String,
        /// Its address.
        url: String,
    },
    /// There is a feed with this address.
    #[error("feed \"{name}\" has this address already")]
    AddressTaken {
        /// Its name.
        name: String,
    },
    /// There is no feed with this name or address.
    #[error("there is no feed `{given}`{}", .nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    NotFound {
        /// What was given.
        given: String,
        /// A feed whose name is much like it.
        nearest: Option<String>,
    },
}

/// Adds a `[[feed]]` behind the last one, or at the end. Without a name it is named after its host; without an
/// interval it is polled as often as `[polling]` says.
///
/// # Errors
/// When the address, the name or the interval would be refused by [`crate::config::load`], or the name or the address
/// is taken within this text.
pub fn add_feed(text: &str, url: &str, name: Option<&str>, interval: Option<&str>) -> Result<Edited, EditError> {
    let (text, windows) = with_plain_ends(text);
    let feeds = feeds_of(&text)?;
    let address = accepted("the address", url, value::web_address)?;
    let name = match name {
        Some(name) => accepted("the name", name, value::feed_name)?,
        None => free_name(&address, &feeds),
    };
    let interval = match interval {
        Some(interval) => {
            accepted("the interval", interval, super::check::interval())?;
            Some(interval)
        }
        None => None,
    };
    if let Some(feed) = feeds.iter().find(|feed| feed.is_at(&address)) {
        return Err(EditError::AddressTaken { name: feed.name.clone() });
    }
    if let Some(feed) = feeds.iter().find(|feed| feed.name == name) {
        return Err(EditError::NameTaken { name, url: feed.url.clone() });
    }

    let mut table = Table::new();
    table.insert("name", toml_edit::value(&name));
    table.insert("url", toml_edit::value(address.as_str()));
    if let Some(interval) = interval {
        table.insert("interval", toml_edit::value(interval.trim()));
    }
    let at = feeds.last().map_or(text.len(), |feed| feed.lines.end);
    let (before, after) = text.split_at(at);
    let gap = if before.is_empty() || before.ends_with("\n\n") {
        ""
    } else if before.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    let below = if after.is_empty() || after.starts_with('\n') { "" } else { "\n" };
    let text = with_ends(format!("{before}{gap}[[feed]]\n{table}{below}{after}"), windows);
    Ok(Edited { text, name, url: address.to_string() })
}

/// A config with many feeds more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The whole text.
    pub text: String,
    /// The names and addresses of the feeds that were added.
    pub added: Vec<(String, String)>,
    /// How many are in the config already, or stand twice in the list.
    pub known: usize,
    /// What cannot be polled, and why.
    pub refused: Vec<(String, String)>,
}

/// Adds a `[[feed]]` for each title and address of a list that is not there yet, behind the last one. `elsewhere` are the
/// names and addresses of the feeds of other files. A feed is named after its title, else after its host.
///
/// # Errors
/// When the text is no TOML, or its feeds are not written as tables.
pub fn import_feeds(text: &str, list: &[(String, String)], elsewhere: &[(String, Url)]) -> Result<Imported, EditError> {
    let (text, windows) = with_plain_ends(text);
    let here = feeds_of(&text)?;
    let mut names: HashSet<String> = here.iter().map(|feed| feed.name.clone()).collect();
    names.extend(elsewhere.iter().map(|(name, _)| name.clone()));
    let parsed = here.iter().filter_map(|feed| Url::parse(&feed.url).ok());
    let mut addresses: HashSet<String> = parsed.map(|url| same_address(&url)).collect();
    addresses.extend(elsewhere.iter().map(|(_, url)| same_address(url)));

    let (mut added, mut refused, mut known, mut tables) = (Vec::new(), Vec::new(), 0, String::new());
    for (title, address) in list {
        let url = match value::web_address(&toml::de::DeValue::String(address.into())) {
            Ok(url) => url,
            Err(wrong) => {
                refused.push((super::problem::quotable(address), format!("{}; {}", wrong.what, wrong.mend)));
                continue;
            }
        };
        if !addresses.insert(same_address(&url)) {
            known += 1;
            continue;
        }
        let name = numbered(&named_after(title).unwrap_or_else(|| named_after_host(&url)), |name| names.contains(name));
        names.insert(name.clone());
        let mut table = Table::new();
        table.insert("name", toml_edit::value(&name));
        table.insert("url", toml_edit::value(url.as_str()));
        tables.push_str(&format!("\n[[feed]]\n{table}"));
        added.push((name, url.to_string()));
    }
    let at = here.last().map_or(text.len(), |feed| feed.lines.end);
    let (before, after) = text.split_at(at);
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let below = if after.is_empty() || after.starts_with('\n') || tables.is_empty() { "" } else { "\n" };
    Ok(Imported { text: with_ends(format!("{before}{gap}{tables}{below}{after}"), windows), added, known, refused })
}

/// A feed's title as one word: its letters and digits in lower case, joined; `None` where it has none.
fn named_after(title: &str) -> Option<String> {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    let name: String = name.chars().filter(|c| c.is_alphanumeric() || *c == '-').take(50).collect();
    let name = name.trim_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// Removes the `[[feed]]` with this name or address, and the comment lines directly above and below it.
///
/// # Errors
/// When there is no such feed in this text.
pub fn remove_feed(text: &str, name_or_url: &str) -> Result<Edited, EditError> {
    let (text, windows) = with_plain_ends(text);
    let feeds = feeds_of(&text)?;
    let address = Url::parse(name_or_url).ok();
    let is_meant = |feed: &&Entry| feed.name == name_or_url || address.as_ref().is_some_and(|url| feed.is_at(url));
    let Some(feed) = feeds.iter().find(is_meant) else {
        let nearest = super::spelling::nearest(name_or_url, feeds.iter().map(|feed| feed.name.as_str()));
        return Err(EditError::NotFound { given: name_or_url.to_owned(), nearest: nearest.map(str::to_owned) });
    };
    let (before, after) = (&text[..feed.lines.start], &text[feed.lines.end..]);
    // One of the two blank lines that now meet goes too.
    let after = if before.is_empty() || before.ends_with("\n\n") { after.trim_start_matches('\n') } else { after };
    let before = if after.is_empty() { before.trim_end_matches('\n') } else { before };
    let end = if after.is_empty() && !before.is_empty() { "\n" } else { "" };
    let text = with_ends(format!("{before}{end}{after}"), windows);
    Ok(Edited { text, name: feed.name.clone(), url: feed.url.clone() })
}

/// The text with `\n` at the end of each line, and whether all of them were `\r\n`.
fn with_plain_ends(text: &str) -> (Cow<'_, str>, bool) {
    let windows = text.contains("\r\n") && text.matches('\n').count() == text.matches("\r\n").count();
    (if windows { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }, windows)
}

fn with_ends(text: String, windows: bool) -> String {
    if windows { text.replace('\n', "\r\n") } else { text }
}

/// A feed of a config's text.
struct Entry {
    name: String,
    url: String,
    /// Its lines with the comments that belong to it, in bytes.
    lines: Range<usize>,
}

impl Entry {
    fn is_at(&self, url: &Url) -> bool {
        Url::parse(&self.url).is_ok_and(|own| same_address(&own) == same_address(url))
    }
}

fn feeds_of(text: &str) -> Result<Vec<Entry>, EditError> {
    let document = Document::parse(text).map_err(|error| EditError::Broken(error.message().to_owned()))?;
    match document.get("feed") {
        None => Ok(Vec::new()),
        Some(Item::ArrayOfTables(tables)) => Ok(entries(tables, text)),
        Some(_) => Err(EditError::NoTables),
    }
}

fn entries(tables: &ArrayOfTables, text: &str) -> Vec<Entry> {
    let string = |table: &Table, key| table.get(key).and_then(Item::as_str).unwrap_or_default().to_owned();
    let entry = |table: &Table| {
        let head = table.span()?;
        let end = table.iter().filter_map(|(_, item)| item.span()).map(|span| span.end).max();
        let lines = with_comments(text, head.start..end.unwrap_or(head.end).max(head.end));
        Some(Entry { name: string(table, "name"), url: string(table, "url"), lines })
    };
    tables.iter().filter_map(entry).collect()
}

/// The whole lines of a range, and the comment lines directly above and below them.
fn with_comments(text: &str, range: Range<usize>) -> Range<usize> {
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |i| from + i + 1);
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let mut start = text[..range.start].rfind('\n').map_or(0, |i| i + 1);
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |i| i + 1);
        if !is_comment(&text[above..start]) {
            break;
        }
        start = above;
    }
    let mut end = line_end(range.end);
    while end < text.len() && is_comment(&text[end..line_end(end)]) {
        end = line_end(end);
    }
    start..end
}

fn accepted<T>(
    option: &'static str,
    given: &str,
    read: impl FnOnce(&toml::de::DeValue<'_>) -> Result<T, super::reader::Wrong>,
) -> Result<T, EditError> {
    read(&toml::de::DeValue::String(given.into())).map_err(|wrong| EditError::Refused {
        option,
        given: super::problem::quotable(given),
        what: wrong.what,
        mend: wrong.mend,
    })
}

/// A name that says where the feed is from: its host without `www.`, `feeds.` and the like and without the part that
/// says the country or kind; with a number where it is taken.
fn free_name(url: &Url, feeds: &[Entry]) -> String {
    numbered(&named_after_host(url), |name| feeds.iter().any(|feed| feed.name == name))
}

fn named_after_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let labels: Vec<&str> = host.split('.').filter(|label| !["www", "feeds", "feed", "rss"].contains(label)).collect();
    let short = match (url.host(), labels.as_slice()) {
        (Some(url::Host::Domain(_)), [kept @ .., _]) if !kept.is_empty() => kept.join("-"),
        _ => host.replace([':', '.'], "-"),
    };
    let short: String = short.trim_matches('-').chars().take(60).collect();
    if short.is_empty() { "feed".to_owned() } else { short }
}

/// The name, with a number where it is taken.
fn numbered(short: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = short.to_owned();
    for number in 2.. {
        if !is_taken(&name) {
            break;
        }
        name = format!("{short}-{number}");
    }
    name
}
