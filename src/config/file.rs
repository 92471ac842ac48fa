//! The file form of a config: the tables of all its files, laid over each other, every value with its place.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::{Place, Problem, Source, nearest, printable};

/// The tables that stand once.
const TABLES: [&str; 5] = ["general", "http", "polling", "delivery", "smtp"];

/// The tables that stand once for each of a kind, and the key that tells one from another.
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
    head: Place,
    entries: BTreeMap<&'s str, Entry<'s>>,
}

#[derive(Clone)]
struct Entry<'s> {
    key: Place,
    place: Place,
    value: &'s DeValue<'s>,
}

/// What is wrong with a value, and how to mend it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Said of the value: "is no duration".
    pub(super) what: String,
    /// The advice.
    pub(super) mend: String,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }
}

/// What has been found wrong so far, and what has been asked for.
pub(super) struct Report<'s> {
    sources: &'s [Source],
    found: Vec<(Place, Problem)>,
    /// Every option that exists, as title and key: whoever reads a key declares it by doing so.
    pub(super) options: BTreeSet<(String, &'static str)>,
}

impl<'s> Report<'s> {
    pub(super) fn new(sources: &'s [Source]) -> Self {
        Self { sources, found: Vec::new(), options: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, place: Place, message: String, mend: Option<String>) {
        let problem = Problem::at(&place, &self.sources[place.source], message, mend);
        self.found.push((place, problem));
    }

    /// The problems in the order of the files and lines.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.found.sort_by(|a, b| a.0.cmp(&b.0));
        self.found.into_iter().map(|(_, problem)| problem).collect()
    }

    /// `name:line` of a place.
    pub(super) fn line_of(&self, place: &Place) -> String {
        let source = &self.sources[place.source];
        let line = source.text[..place.start].matches('\n').count() + 1;
        format!("{}:{line}", source.name)
    }
}

/// Reads the syntax of every file, and all errors of syntax.
pub(super) fn parse(sources: &[Source]) -> (Vec<DeTable<'_>>, Vec<Problem>) {
    let (mut trees, mut broken) = (Vec::new(), Vec::new());
    for (number, source) in sources.iter().enumerate() {
        let (tree, errors) = DeTable::parse_recoverable(&source.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let words = source.text.get(span.clone()).unwrap_or_default();
            // The parser takes a bare word for a number that went wrong.
            let mend = match is_value(&source.text[..span.start]) && words.starts_with(char::is_alphabetic) {
                true => format!("text stands in quotes: \"{words}\""),
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
    pub(super) fn merge(trees: &'s [DeTable<'s>], report: &mut Report<'s>) -> Self {
        let mut document = Self { tables: BTreeMap::new(), lists: BTreeMap::new() };
        for (source, tree) in trees.iter().enumerate() {
            for (key, value) in tree {
                let name: &str = key.get_ref();
                if let Some(known) = TABLES.into_iter().find(|t| *t == name) {
                    document.add_table(source, known, key, value, report);
                } else if let Some((known, by)) = LISTS.into_iter().find(|(t, _)| *t == name) {
                    document.add_list(source, known, by, key, value, report);
                } else {
                    report.add(place(source, &key.span()), unknown_top(name, value.get_ref()), None);
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

    fn add_table(
        &mut self,
        source: usize,
        name: &'static str,
        key: &Spanned<std::borrow::Cow<'s, str>>,
        value: &'s Spanned<DeValue<'s>>,
        report: &mut Report<'s>,
    ) {
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("`{name}` stands once, as a table: [{name}]");
            return report.add(place(source, &key.span()), message, None);
        };
        let section = Section::new(format!("[{name}]"), source, value, table);
        match self.tables.get_mut(name) {
            Some(earlier) => earlier.entries.extend(section.entries),
            None => drop(self.tables.insert(name, section)),
        }
    }

    fn add_list(
        &mut self,
        source: usize,
        name: &'static str,
        by: &'static str,
        key: &Spanned<std::borrow::Cow<'s, str>>,
        value: &'s Spanned<DeValue<'s>>,
        report: &mut Report<'s>,
    ) {
        let items: Option<&DeArray<'s>> =
            value.get_ref().as_array().filter(|a| a.iter().all(|i| i.get_ref().is_table()));
        let Some(items) = items else {
            let message = format!("each `{name}` is a table of its own, with two brackets: [[{name}]]");
            return report.add(place(source, &key.span()), message, None);
        };
        let list = self.lists.entry(name).or_default();
        for item in items {
            let Some(table) = item.get_ref().as_table() else { continue };
            let section = Section::new(format!("[[{name}]]"), source, item, table);
            let same = section.name(by).and_then(|own| list.iter_mut().find(|s| s.name(by) == Some(own)));
            match same {
                Some(earlier) if earlier.entries[by].place.source == source => {
                    let first = report.line_of(&earlier.entries[by].place);
                    let message = format!("there are two [[{name}]] with this {by}");
                    report.add(
                        section.entries[by].place.clone(),
                        message,
                        Some(format!("the other stands at {first}")),
                    );
                }
                Some(earlier) => earlier.entries.extend(section.entries),
                None => list.push(section),
            }
        }
    }
}

impl<'s> Section<'s> {
    fn new(title: String, source: usize, head: &Spanned<DeValue<'s>>, table: &'s DeTable<'s>) -> Self {
        let entry = |(key, value): (&'s Spanned<std::borrow::Cow<'s, str>>, &'s Spanned<DeValue<'s>>)| {
            let name: &'s str = key.get_ref();
            let entry =
                Entry { key: place(source, &key.span()), place: place(source, &value.span()), value: value.get_ref() };
            (name, entry)
        };
        Self { title, head: place(source, &head.span()), entries: table.iter().map(entry).collect() }
    }

    fn name(&self, by: &str) -> Option<&'s str> {
        self.entries.get(by)?.value.as_str()
    }
}

/// Reads the keys of a section one by one; what was not asked for when it is finished is unknown.
pub(super) struct Reader<'r, 's> {
    section: Section<'s>,
    /// What stands before the messages: `feed "rudaw"`.
    pub(super) label: String,
    asked: Vec<&'static str>,
    report: &'r mut Report<'s>,
}

impl<'r, 's> Reader<'r, 's> {
    pub(super) fn new(section: Section<'s>, report: &'r mut Report<'s>) -> Self {
        Self { label: section.title.clone(), section, asked: Vec::new(), report }
    }

    /// The value of a key; `None` when it is absent or wrong, and a wrong one is reported.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        how: impl FnOnce(&DeValue<'s>) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.asked.push(key);
        let value = self.section.entries.get(key)?.value;
        how(value).map_err(|wrong| self.wrong(key, wrong)).ok()
    }

    /// The value of a key that must be there.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        example: &str,
        how: impl FnOnce(&DeValue<'s>) -> Result<T, Wrong>,
    ) -> Option<T> {
        // A misspelt key is told as such by `finish`, which is enough.
        let misspelt = self.section.entries.keys().any(|name| nearest(name, [key]).is_some());
        if !misspelt {
            self.missing(&format!("`{key}` is missing"), &format!("add a line: {key} = {example}"));
        }
        self.read(key, how)
    }

    /// The values of a key that holds a list; each wrong one is reported at its own place.
    pub(super) fn read_list<T>(&mut self, key: &'static str, how: impl Fn(&DeValue<'s>) -> Result<T, Wrong>) -> Vec<T> {
        self.asked.push(key);
        let Some(entry) = self.section.entries.get(key) else { return Vec::new() };
        let (value, source) = (entry.value, entry.place.source);
        let Some(items) = value.as_array() else {
            self.wrong(key, Wrong::new("is no list", format!("write {key} = [\"…\", \"…\"]")));
            return Vec::new();
        };
        let mut read = Vec::new();
        for item in items {
            match how(item.get_ref()) {
                Ok(value) => read.push(value),
                Err(wrong) => {
                    let at = place(source, &item.span());
                    let message = format!("{}: {key}: `{}` {}", self.label, self.written(&at), wrong.what);
                    self.report.add(at, message, Some(wrong.mend));
                }
            }
        }
        read
    }

    /// Reports that something is missing, at the head of the table.
    pub(super) fn missing(&mut self, what: &str, mend: &str) {
        self.report.add(self.section.head.clone(), format!("{}: {what}", self.label), Some(mend.to_owned()));
    }

    /// Whether the key holds a list of nothing.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        self.section.entries.get(key).and_then(|entry| entry.value.as_array()).is_some_and(|list| list.is_empty())
    }

    /// Whether the key is there, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.section.entries.contains_key(key)
    }

    /// Reports that the value of a key is wrong.
    pub(super) fn wrong(&mut self, key: &'static str, wrong: Wrong) {
        let Some(entry) = self.section.entries.get(key) else { return };
        let message = format!("{}: `{key} = {}` {}", self.label, self.written(&entry.place), wrong.what);
        self.report.add(entry.place.clone(), message, Some(wrong.mend));
    }

    /// Refuses a key that must not be there, without repeating its value.
    pub(super) fn refuse(&mut self, key: &str, why: &str, mend: &str) {
        let Some(entry) = self.section.entries.remove(key) else { return };
        self.report.add(entry.key, format!("{}: {why}", self.label), Some(mend.to_owned()));
    }

    /// Where the value of a key stands, or the head of the table.
    pub(super) fn place_of(&self, key: &str) -> Place {
        self.section.entries.get(key).map_or(&self.section.head, |entry| &entry.place).clone()
    }

    /// `file:line` of a place.
    pub(super) fn line_of(&self, place: &Place) -> String {
        self.report.line_of(place)
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        let title = &self.section.title;
        for (name, entry) in &self.section.entries {
            if self.asked.contains(name) {
                continue;
            }
            let meant = match nearest(name, self.asked.iter().copied()) {
                Some(known) => format!("; did you mean `{known}`?"),
                None => format!("; there are {}", self.asked.join(", ")),
            };
            self.report.add(entry.key.clone(), format!("unknown key `{}` in {title}{meant}", printable(name)), None);
        }
        self.report.options.extend(self.asked.iter().map(|key| (title.clone(), *key)));
    }

    /// The first line of a value as it is written in the file, cut short; a user's password within an address is left
    /// out.
    fn written(&self, place: &Place) -> String {
        let text = &self.report.sources[place.source].text[place.start..place.end];
        let line = printable(text.lines().next().unwrap_or_default());
        let line = match (line.find("://"), line.rfind('@')) {
            (Some(scheme), Some(at)) if scheme < at => format!("{}…{}", &line[..scheme + 3], &line[at..]),
            _ => line,
        };
        if line.chars().count() <= 60 { line } else { line.chars().take(59).chain(['…']).collect() }
    }
}

fn place(source: usize, span: &std::ops::Range<usize>) -> Place {
    Place { source, start: span.start, end: span.end }
}

fn is_value(before: &str) -> bool {
    before.trim_end_matches([' ', '\t']).ends_with(['=', '[', ','])
}

fn unknown_top(name: &str, value: &DeValue<'_>) -> String {
    let known = || TABLES.into_iter().chain(LISTS.into_iter().map(|(name, _)| name));
    let head = |name: &str| if TABLES.contains(&name) { format!("[{name}]") } else { format!("[[{name}]]") };
    let shown = printable(name);
    if !value.is_table() && !value.is_array() {
        return format!("`{shown}` stands outside of any table; put it below the table it belongs to");
    }
    match nearest(name, known()) {
        Some(meant) => format!("unknown table `{shown}`; did you mean {}?", head(meant)),
        None => format!("unknown table `{shown}`; there are {}", known().map(head).collect::<Vec<_>>().join(", ")),
    }
}
