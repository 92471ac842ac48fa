//! Reading one table of a config, key by key.

use toml::de::DeValue;

use super::file::{Section, place};
use super::problem::{Report, quotable};
use super::source::Place;
use super::spelling::nearest;

/// Reads the keys of a section one by one; what was not asked for when it is finished is unknown.
pub(super) struct Reader<'r, 't, 's> {
    section: Section<'s>,
    /// What stands before the messages: `feed "rudaw"`.
    pub(super) label: String,
    asked: Vec<&'static str>,
    report: &'r mut Report<'t>,
}

impl<'r, 't, 's> Reader<'r, 't, 's> {
    pub(super) fn new(section: Section<'s>, report: &'r mut Report<'t>) -> Self {
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
                Err(wrong) => self.wrong_part(key, place(source, &item.span()), wrong),
            }
        }
        read
    }

    /// The values of a key that holds a table, each with its name; wrong ones are reported at their own places.
    pub(super) fn read_table<T>(
        &mut self,
        key: &'static str,
        how: impl Fn(&str, &DeValue<'s>) -> Result<T, Wrong>,
    ) -> Vec<T> {
        self.asked.push(key);
        let Some(entry) = self.section.entries.get(key) else { return Vec::new() };
        let (value, source) = (entry.value, entry.place.source);
        let Some(table) = value.as_table() else {
            self.wrong(key, Wrong::new("is no table", format!("write {key} = {{ \"…\" = \"…\" }}")));
            return Vec::new();
        };
        let mut read = Vec::new();
        for (name, item) in table {
            match how(name.get_ref(), item.get_ref()) {
                Ok(value) => read.push(value),
                Err(wrong) => {
                    let at = place(source, &(name.span().start..item.span().end));
                    self.wrong_part(key, at, wrong);
                }
            }
        }
        read
    }

    /// The same for values that are not to be repeated anywhere: what is wrong is told by the names alone.
    pub(super) fn read_secret_table<T>(
        &mut self,
        key: &'static str,
        how: impl Fn(&str, &DeValue<'s>) -> Result<T, Wrong>,
    ) -> Vec<T> {
        self.asked.push(key);
        let Some(entry) = self.section.entries.get(key) else { return Vec::new() };
        let (value, source) = (entry.value, entry.place.source);
        let Some(table) = value.as_table() else {
            let message = format!("{}: `{key}` is no table; write {key} = {{ \"…\" = \"…\" }}", self.label);
            self.report.add(entry.key.clone(), message, None);
            return Vec::new();
        };
        let mut read = Vec::new();
        for (name, item) in table {
            match how(name.get_ref(), item.get_ref()) {
                Ok(value) => read.push(value),
                Err(Wrong { what, mend }) => {
                    let message = format!("{}: {key}: `{}` {what}; {mend}", self.label, quotable(name.get_ref()));
                    self.report.add(place(source, &name.span()), message, None);
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

    fn wrong_part(&mut self, key: &'static str, at: Place, wrong: Wrong) {
        let message = format!("{}: {key}: `{}` {}", self.label, self.written(&at), wrong.what);
        self.report.add(at, message, Some(wrong.mend));
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
            self.report.add(entry.key.clone(), format!("unknown key `{}` in {title}{meant}", quotable(name)), None);
        }
        self.report.options.extend(self.asked.iter().map(|key| (title.clone(), *key)));
    }

    /// The first line of a value as it is written in the file, cut short; a user's password within an address is left
    /// out.
    fn written(&self, place: &Place) -> String {
        let text = &self.report.text(place);
        let line = text.lines().next().unwrap_or_default();
        let shown = match (line.find("://"), line.rfind('@')) {
            (Some(scheme), Some(at)) if scheme < at => format!("{}…{}", &line[..scheme + 3], &line[at..]),
            _ => line.to_owned(),
        };
        quotable(&shown)
    }
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
