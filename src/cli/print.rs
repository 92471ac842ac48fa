//! Printing: the one place that writes to the terminal.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Done, Exit, Failure};
use crate::model::{Change, Group, Series};

/// Writes to standard output through a buffer; a reader that has gone away (`| head`) ends it in silence.
pub fn out(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Done {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(Exit::CantCreate, error)),
    }
}

/// Writes a line to standard output.
pub fn line(text: impl std::fmt::Display) -> Done {
    out(|out| writeln!(out, "{text}"))
}

/// Writes a text that brings its own line breaks.
pub fn text(text: &str) -> Done {
    out(|out| out.write_all(text.as_bytes()))
}

/// Writes one JSON object a line.
pub fn json_lines(objects: impl Iterator<Item = Value>) -> Done {
    out(|out| {
        for object in objects {
            writeln!(out, "{object}")?;
        }
        Ok(())
    })
}

/// Writes rows under a header or, where there is none, a sentence that says so.
pub fn list(header: &[&str], rows: &[Vec<String>], none: &str) -> Done {
    if rows.is_empty() { line(none) } else { text(&table(header, rows)) }
}

/// Writes a message to standard error.
pub fn complain(message: &str) {
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{}", message.trim_end());
}

/// Foreign text as a terminal may see it: a control character could move the cursor, colour what follows, or rename the
/// window. Each becomes one space, so that what is aligned stays aligned; line breaks stay.
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// Rows under a header, in columns.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header = header.iter().map(|cell| (*cell).to_owned()).collect();
    columns(std::iter::once(&header).chain(rows))
}

/// Rows in columns, two spaces between them; a column is as wide as its widest cell.
pub fn columns<'a>(rows: impl Iterator<Item = &'a Vec<String>> + Clone) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows.clone() {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&shown(cell).replace('\n', " "));
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A bar on standard error for work on so many things; nothing where that is no terminal.
pub fn progress(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}").expect("a fixed template");
    ProgressBar::new(length as u64).with_style(style)
}

/// The same while results are written: where they go to the terminal too, they show the progress themselves.
pub fn progress_beside_output(length: usize) -> ProgressBar {
    if length < 2 || io::stdout().is_terminal() { ProgressBar::hidden() } else { progress(length) }
}

/// Who counted, where nobody is named.
pub const NO_SOURCE: &str = "(none named)";

/// A change as one line: `civilians killed: 745 → 830 (+85), Syrian Observatory for Human Rights, rise`.
pub fn change_line(change: &Change) -> String {
    let counts = match change.before {
        Some(before) => {
            let difference = i128::from(change.after.told()) - i128::from(before.told());
            format!("{before} → {} ({difference:+})", change.after)
        }
        None => change.after.to_string(),
    };
    let source = change.series.source.as_deref().unwrap_or("no source named");
    shown(&format!("{}: {counts}, {source}, {}", series_name(&change.series), change.kind))
}

/// What a series counts: `civilians killed`, `all missing`.
pub fn series_name(series: &Series) -> String {
    format!("{} {}", group(series.group), series.measure)
}

/// Who is counted: `civilians`, and `all` for people of any kind.
pub fn group(group: Group) -> &'static str {
    if group == Group::People { "all" } else { group.label() }
}

/// `1 mail`, `2 mails`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// What is wrong with a feed; one that was asked to rest has not failed.
pub fn trouble(why: &str, failures: u32) -> String {
    let times = if failures > 1 { format!(" ({failures} times in a row)") } else { String::new() };
    shown(&format!("{why}{times}"))
}

/// A time as people read it in tables: `9 Mar 2025 21:30`, UTC.
pub fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up() {
        let rows = vec![vec!["coast".into(), "1,018".into()], vec!["ferry".into(), "27".into()]];
        assert_eq!(table(&["story", "dead"], &rows), "story  dead\ncoast  1,018\nferry  27\n");
    }
}
