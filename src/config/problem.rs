//! What is wrong with a config: where, what, and how to mend it.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::source::{Place, Source};

/// Everything that is wrong with a config, in the order of the files and of the lines. Never empty.
///
/// Its `Display` begins each problem on a line of its own and shows the line of the file with carets where there is
/// advice to hang beside them; there is no line break at the end. [`Problems::count`] is for the line below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

/// One thing that is wrong with a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// Line and column, both from 1, the column in characters; `None` where the file as a whole is at fault.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// How to mend it, when that takes more than the message says.
    pub mend: Option<String>,
    excerpt: Option<Excerpt>,
}

/// A line of the file and the columns to point at, counted in characters from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    line: String,
    columns: Range<usize>,
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

    /// What stands at a place.
    pub(super) fn text(&self, place: &Place) -> &'s str {
        &self.sources[place.source].text()[place.start..place.end]
    }

    /// `name:line` of a place.
    pub(super) fn line_of(&self, place: &Place) -> String {
        let source = &self.sources[place.source];
        format!("{}:{}", source.name, source.row(place.start))
    }
}

impl Problems {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// The problems, in order.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// "1 error", "2 errors".
    pub fn count(&self) -> String {
        match self.0.len() {
            1 => "1 error".to_owned(),
            n => format!("{n} errors"),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            let before = if i == 0 { "" } else { "\n" };
            write!(f, "{before}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Problem {
    /// Something wrong with a file as a whole: it is missing, it is no text.
    pub(super) fn of_file(file: String, message: String) -> Self {
        Self { file, position: None, message, mend: None, excerpt: None }
    }

    /// Something wrong at a place in a file. The line is shown only when there is advice, and never when it holds a
    /// secret.
    pub(super) fn at(place: &Place, source: &Source, message: String, mend: Option<String>) -> Self {
        let row = source.row(place.start);
        let (line_start, line) = source.line(row);
        let before = |end: usize| line.char_indices().take_while(|(i, _)| line_start + i < end).count();
        let start = before(place.start);
        let columns = start..before(place.end).max(start + 1);
        let excerpt = (mend.is_some() && !holds_secret(line)).then(|| Excerpt::new(line, columns));
        Self { file: source.name.clone(), position: Some((row, start + 1)), message, mend, excerpt }
    }
}

impl Excerpt {
    /// The part of a line that fits on a screen, with the columns in it.
    fn new(line: &str, columns: Range<usize>) -> Self {
        const WIDEST: usize = 160;
        let skipped = if columns.end <= WIDEST { 0 } else { columns.start.saturating_sub(WIDEST / 4) };
        let line: String = line.chars().skip(skipped).take(WIDEST).collect();
        let end = (columns.end - skipped).min(WIDEST);
        Self { line: printable(&line), columns: columns.start - skipped..end }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((row, column)) => write!(f, "{}:{row}:{column}: {}", self.file, self.message)?,
            None => write!(f, "{}: {}", self.file, self.message)?,
        }
        match (&self.excerpt, self.position, &self.mend) {
            (Some(Excerpt { line, columns }), Some((row, _)), Some(mend)) => {
                let (blank, carets) = (" ".repeat(columns.start), "^".repeat(columns.len()));
                write!(f, "\n{row:>5} | {line}\n      | {blank}{carets} {mend}")
            }
            (_, _, Some(mend)) => write!(f, "\n      {mend}"),
            (_, _, None) => Ok(()),
        }
    }
}

/// Whether a line of a config sets a password or headers, which may be keys, or names a user within an address: such lines are not repeated on a
/// terminal or in a journal.
fn holds_secret(line: &str) -> bool {
    let names_user = line
        .split("://")
        .skip(1)
        .any(|rest| rest.split(['/', '"', '\'', '?', '#']).next().is_some_and(|authority| authority.contains('@')));
    let sets = |key: &str| {
        line.split(key).skip(1).any(|rest| rest.trim_start_matches(['"', '\'', ' ', '\t']).starts_with('='))
    };
    names_user || sets("password") || sets("headers")
}

/// A line as it can be shown: one column a character, nothing that moves the cursor.
pub(super) fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// [`printable`], and cut short where it is too long to be quoted in a message.
pub(super) fn quotable(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut quoted = printable(text);
    if let Some((cut, _)) = quoted.char_indices().nth(LONGEST).filter(|(cut, _)| *cut < quoted.len()) {
        quoted.truncate(cut);
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_the_characters_even_after_wide_ones() {
        let source = Source::new("a.toml".to_owned(), "x = 1\r\ncafé = \"ß\"\r\n".to_owned());
        let start = source.text().find("\"ß").unwrap();
        let place = Place { source: 0, start, end: start + 4 };
        let problem = Problem::at(&place, &source, "odd".to_owned(), Some("write ss".to_owned()));
        assert_eq!(problem.to_string(), "a.toml:2:8: odd\n    2 | café = \"ß\"\n      |        ^^^ write ss");
    }

    #[test]
    fn a_line_with_a_secret_is_not_repeated() {
        for line in [
            "password = \"hunter2\"",
            "smtp.\"password\"=\"hunter2\"",
            "smtp = { host = \"a\", password = \"hunter2\" }",
            "url = \"https://me:hunter2@example.org/feed\"",
            "headers = { \"X-Key\" = \"hunter2\" }",
        ] {
            let source = Source::new("a.toml".to_owned(), line.to_owned());
            let place = Place { source: 0, start: 0, end: 3 };
            let shown = Problem::at(&place, &source, "odd".to_owned(), Some("leave it out".to_owned())).to_string();
            assert_eq!(shown, "a.toml:1:1: odd\n      leave it out");
        }
    }

    #[test]
    fn a_very_long_line_is_shown_around_the_carets() {
        let line = format!("x = [{}\"odd\", {}]", "\"even\", ".repeat(1_000), "1, ".repeat(1_000));
        let source = Source::new("a.toml".to_owned(), line.clone());
        let start = line.find("\"odd").unwrap();
        let place = Place { source: 0, start, end: start + 5 };
        let shown = Problem::at(&place, &source, "odd".to_owned(), Some("write even".to_owned())).to_string();
        let lines: Vec<&str> = shown.lines().map(|line| line.get(8..).unwrap_or_default()).collect();
        assert_eq!(lines[1].len(), 160);
        let under: String = lines[1].chars().zip(lines[2].chars()).filter(|(_, c)| *c == '^').map(|(c, _)| c).collect();
        assert_eq!(under, "\"odd\"");
    }
}
