//! The file form of a config: the tables of all its files laid over each other, every value with its place.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::problem::{Problem, Report, quotable};
use super::source::{Place, Source};
use super::spelling::nearest;

/// The tables that stand once.
const TABLES: [&str; 6] = ["general", "http", "polling", "delivery", "smtp", "dkim"];

/// The tables that stand once for each of a kind, and the key that tells one from another; a recipient may have several
/// [[mail]], told apart by their names.
const LISTS: [(&str, &str); 4] = [("feed", "name"), ("story", "name"), ("source", "name"), ("mail", "recipient")];

/// All that the files say.
pub(super) struct Document<'s> {
    tables: BTreeMap<&'static str, Section<'s>>,
    lists: BTreeMap<&'static str, Vec<Section<'s>>>,
}

/// The keys of one table.
#[derive(Clone)]
pub(super) struct Section<'s> {
    /// Its head as it is written: `[http]`, `[[feed]]`.
    pub(super) title: String,
    /// Where its head stands.
    pub(super) head: Place,
    /// Its keys.
    pub(super) entries: BTreeMap<&'s str, Entry<'s>>,
}

/// A key and its value.
#[derive(Clone)]
pub(super) struct Entry<'s> {
    /// Where the key stands.
    pub(super) key: Place,
    /// Where the value stands.
    pub(super) place: Place,
    /// The value.
    pub(super) value: &'s DeValue<'s>,
}

/// Reads the syntax of every file, and all errors of syntax.
pub(super) fn parse(sources: &[Source]) -> (Vec<DeTable<'_>>, Vec<Problem>) {
    let (mut trees, mut broken) = (Vec::new(), Vec::new());
    for (number, source) in sources.iter().enumerate() {
        let (tree, errors) = DeTable::parse_recoverable(source.text());
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let words = source.text().get(span.clone()).unwrap_or_default();
            // The parser takes a bare word for a number that went wrong.
            let mend = match is_value(&source.text()[..span.start]) && words.starts_with(char::is_alphabetic) {
                true => format!("text stands in quotes: \"{}\"", quotable(words)),
                false => error.message().lines().collect::<Vec<_>>().join("; "),
            };
            let place = place(number, &span);
            broken.push(Problem::at(&place, source, "this is no TOML".to_owned(), Some(mend)));
        }
        trees.push(tree.into_inner());
    }
    (trees, broken)
}

impl<'s> Document<'s> {
    /// Lays the files over each other: a key of a later file replaces that of an earlier one; feeds, stories, sources
    /// and recipients are matched by their names.
    pub(super) fn merge(trees: &'s [DeTable<'s>], report: &mut Report<'_>) -> Self {
        let mut document = Self { tables: BTreeMap::new(), lists: BTreeMap::new() };
        for (source, tree) in trees.iter().enumerate() {
            for (key, value) in tree {
                let name: &str = key.get_ref();
                let outcome = if let Some(known) = TABLES.into_iter().find(|known| *known == name) {
                    document.add_table(known, source, value)
                } else if let Some((known, by)) = LISTS.into_iter().find(|(known, _)| *known == name) {
                    document.add_list(known, by, source, value, report)
                } else {
                    Err(unknown_top(name, value.get_ref()))
                };
                if let Err(message) = outcome {
                    report.add(place(source, &key.span()), message, None);
                }
            }
        }
        document
    }

    /// The keys of a table that stands once; none, when it is in no file.
    pub(super) fn table(&mut self, name: &'static str) -> Section<'s> {
        self.tables.remove(name).unwrap_or_else(|| Section {
            title: format!("[{name}]"),
            head: Place { source: 0, start: 0, end: 0 },
            entries: BTreeMap::new(),
        })
    }

    /// The tables of one kind, in the order of the files.
    pub(super) fn list(&mut self, name: &'static str) -> Vec<Section<'s>> {
        self.lists.remove(name).unwrap_or_default()
    }

    fn add_table(&mut self, name: &'static str, source: usize, value: &'s Spanned<DeValue<'s>>) -> Result<(), String> {
        let table = value.get_ref().as_table().ok_or_else(|| format!("`{name}` stands once, as a table: [{name}]"))?;
        let section = Section::new(format!("[{name}]"), source, value.span(), table);
        match self.tables.get_mut(name) {
            Some(earlier) => earlier.entries.extend(section.entries),
            None => drop(self.tables.insert(name, section)),
        }
        Ok(())
    }

    fn add_list(
        &mut self,
        name: &'static str,
        by: &'static str,
        source: usize,
        value: &'s Spanned<DeValue<'s>>,
        report: &mut Report<'_>,
    ) -> Result<(), String> {
        let tables = value.get_ref().as_array().and_then(|items| {
            items.iter().map(|item| Some((item.span(), item.get_ref().as_table()?))).collect::<Option<Vec<_>>>()
        });
        let tables =
            tables.ok_or_else(|| format!("each `{name}` is a table of its own, with two brackets: [[{name}]]"))?;
        let list = self.lists.entry(name).or_default();
        // By this, and not by a search, since there may be very many feeds.
        let identity = |section: &Section<'s>| {
            let further = if name == "mail" { section.text("name") } else { None };
            Some((section.text(by)?, further))
        };
        let mut known: HashMap<(&str, Option<&str>), usize> =
            list.iter().enumerate().filter_map(|(i, section)| Some((identity(section)?, i))).collect();
        for (span, table) in tables {
            let section = Section::new(format!("[[{name}]]"), source, span, table);
            let own = identity(&section);
            match own.and_then(|own| known.get(&own)) {
                Some(earlier) if list[*earlier].entries[by].place.source == source => {
                    let first = report.line_of(&list[*earlier].entries[by].place);
                    let place = section.entries[by].place.clone();
                    let message = format!("there are two [[{name}]] with this {by}");
                    let mend = if name == "mail" { "; put both into one, or give one a `name` of its own" } else { "" };
                    report.add(place, message, Some(format!("the other stands at {first}{mend}")));
                }
                Some(earlier) => list[*earlier].entries.extend(section.entries),
                None => {
                    known.extend(own.map(|own| (own, list.len())));
                    list.push(section);
                }
            }
        }
        Ok(())
    }
}

impl<'s> Section<'s> {
    fn new(title: String, source: usize, head: Range<usize>, table: &'s DeTable<'s>) -> Self {
        let entry = |(key, value): (&'s Spanned<DeString<'s>>, &'s Spanned<DeValue<'s>>)| {
            let (key, name): (_, &'s str) = (place(source, &key.span()), key.get_ref());
            (name, Entry { key, place: place(source, &value.span()), value: value.get_ref() })
        };
        Self { title, head: place(source, &head), entries: table.iter().map(entry).collect() }
    }

    fn text(&self, key: &str) -> Option<&'s str> {
        self.entries.get(key)?.value.as_str()
    }
}

/// Some bytes of a file.
pub(super) fn place(source: usize, span: &Range<usize>) -> Place {
    Place { source, start: span.start, end: span.end }
}

/// Whether what follows stands where a value is expected.
fn is_value(before: &str) -> bool {
    before.trim_end_matches([' ', '\t']).ends_with(['=', '[', ','])
}

fn unknown_top(name: &str, value: &DeValue<'_>) -> String {
    let known = || TABLES.into_iter().chain(LISTS.into_iter().map(|(name, _)| name));
    let head = |name: &str| if TABLES.contains(&name) { format!("[{name}]") } else { format!("[[{name}]]") };
    let shown = quotable(name);
    if !value.is_table() && !value.is_array() {
        return format!("`{shown}` stands outside of any table; put it below the table it belongs to");
    }
    match nearest(name, known()) {
        Some(meant) => format!("unknown table `{shown}`; did you mean {}?", head(meant)),
        None => format!("unknown table `{shown}`; there are {}", known().map(head).collect::<Vec<_>>().join(", ")),
    }
}
