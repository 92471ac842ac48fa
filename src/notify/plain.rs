//! The plain part of a mail: it stands alone, in at most 78 columns, with every address on a line of its own.

use crate::notify::briefing::Account;
use crate::notify::evidence::{Evidence, Piece};
use crate::notify::so_far::DayTable;
use crate::notify::voices::OtherVoice;

/// RFC 5322, section 2.1.1: lines should be no longer.
const COLUMNS: usize = 78;

/// The whole plain part of a letter.
pub(super) fn letter(account: &Account) -> String {
    let mut page = Page::default();
    for moved in &account.moved {
        page.wrapped(&moved.line(), "", "  ");
    }
    for evidence in &account.evidence {
        page.gap();
        quote(&mut page, evidence);
    }
    voices(&mut page, "Others say", &account.others);
    for table in &account.so_far {
        page.gap();
        day_table(&mut page, table);
    }
    voices(&mut page, "Of parts, places and days", &account.parts);
    if account.repeats.is_some() || !account.held.is_empty() {
        page.gap();
    }
    if let Some(repeats) = &account.repeats {
        page.wrapped(&format!("Not told as new: {repeats}."), "", "  ");
    }
    for held in &account.held {
        page.wrapped(&format!("Held: {} ({}), waits for a second voice.", held.count, held.by), "", "  ");
        page.address(held.url.as_deref(), "  ");
    }
    page.gap();
    page.wrapped(&account.why, "", "");
    for line in &account.stop {
        page.wrapped(line, "", "  ");
    }
    page.text
}

/// What sources say, a line each where all of them fit, else under their names.
fn voices(page: &mut Page, heading: &str, voices: &[OtherVoice]) {
    if voices.is_empty() {
        return;
    }
    page.gap();
    page.line(heading);
    let widest = |part: fn(&OtherVoice) -> &String| {
        voices.iter().map(|voice| part(voice).chars().count()).max().unwrap_or(0) + 2
    };
    let (names, counts) = (widest(|voice| &voice.name), widest(|voice| &voice.count));
    let row = |voice: &OtherVoice| format!(" {:names$}{:counts$}{}", voice.name, voice.count, voice.when);
    if voices.iter().all(|voice| row(voice).chars().count() <= COLUMNS) {
        voices.iter().for_each(|voice| page.line(&row(voice)));
        return;
    }
    let mut names: Vec<&str> = Vec::new();
    for voice in voices {
        if names.contains(&voice.name.as_str()) {
            continue;
        }
        names.push(&voice.name);
        page.wrapped(&voice.name, " ", "   ");
        for own in voices.iter().filter(|other| other.name == voice.name) {
            page.wrapped(&format!("{} ({})", own.count, own.when), "   ", "     ");
        }
    }
}

fn quote(page: &mut Page, evidence: &Evidence) {
    match &evidence.formerly {
        Some(formerly) => {
            page.wrapped(&format!("Before: {}", quoted(formerly)), " ", " ");
            page.wrapped(&format!("Now: {}", quoted(&evidence.quote)), " ", " ");
        }
        None => page.wrapped(&quoted(&evidence.quote), " ", " "),
    }
    page.wrapped(&format!("{}, {}", evidence.outlet, evidence.when), " ", " ");
    page.address(evidence.url.as_deref(), " ");
    if let Some(also) = &evidence.also {
        page.wrapped(&format!("also in: {also}"), " ", "   ");
    }
}

/// The sentence with its numbers between stars, which many programs show in bold.
pub(super) fn quoted(pieces: &[Piece]) -> String {
    let words: String = pieces
        .iter()
        .map(|piece| if piece.marked { format!("*{}*", piece.text.trim()) } else { piece.text.clone() })
        .collect();
    format!("“{}”", words.trim())
}

fn day_table(page: &mut Page, table: &DayTable) {
    let heading = format!("So far ({})", table.measure);
    let names = table.rows.iter().map(|(name, _)| name.chars().count() + 1);
    let widest = names.chain([heading.chars().count()]).max().unwrap_or(0);
    let column = |at: usize| {
        let cells = table.rows.iter().map(|(_, cells)| cells[at].chars().count());
        cells.chain([table.days[at].chars().count()]).max().unwrap_or(0) + 2
    };
    let columns: Vec<usize> = (0..table.days.len()).map(column).collect();
    // The oldest days give way where the rest would not fit.
    let mut from = 0;
    while widest + columns[from..].iter().sum::<usize>() > COLUMNS && from + 2 < columns.len() {
        from += 1;
    }
    let row = |name: &str, cells: &[String]| {
        let cells = cells.iter().zip(&columns).skip(from).map(|(cell, width)| format!("{cell:>width$}"));
        format!("{name:<widest$}{}", cells.collect::<String>())
    };
    page.line(&row(&heading, &table.days));
    for (name, cells) in &table.rows {
        page.line(&row(&format!(" {name}"), cells));
    }
    for line in &table.legend {
        page.wrapped(line, " ", "   ");
    }
}

/// A text that grows line by line.
#[derive(Default)]
pub(super) struct Page {
    /// The lines so far, each ended by `\n`.
    pub text: String,
}

impl Page {
    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// An address on a line of its own: never broken, however long, since a broken link leads nowhere.
    pub(super) fn address(&mut self, url: Option<&str>, indent: &str) {
        if let Some(url) = url {
            self.line(&format!("{indent}{url}"));
        }
    }

    /// Words, broken into lines of at most 78 columns; a single word that is longer is cut.
    pub(super) fn wrapped(&mut self, words: &str, first: &str, further: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in words.split(' ') {
            for part in parts(word, COLUMNS - further.len() - 1) {
                let length = line.chars().count() + usize::from(!empty) + part.chars().count();
                if !empty && length > COLUMNS {
                    self.line(&line);
                    line = further.to_owned();
                    empty = true;
                }
                if !empty {
                    line.push(' ');
                }
                line.push_str(&part);
                empty = false;
            }
        }
        self.line(&line);
    }
}

fn parts(word: &str, most: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    letters.chunks(most).map(|part| part.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_column_79() {
        let mut page = Page::default();
        page.wrapped(&format!("{} {}", "word ".repeat(40).trim(), "x".repeat(200)), " ", "   ");
        assert!(page.text.lines().count() > 4);
        assert!(page.text.lines().all(|line| line.chars().count() <= COLUMNS), "{}", page.text);
    }

    #[test]
    fn an_address_is_never_broken() {
        let mut page = Page::default();
        let url = format!("https://example.org/{}", "a-".repeat(60));
        page.address(Some(&url), " ");
        assert_eq!(page.text, format!(" {url}\n"));
    }
}
