//! A reading as text: every sentence that holds a number, with carets under what was read and why.

use std::fmt::Write;

use crate::model::{Article, Figure, Group, Measure, Reading, ReportedToll, Scope, Span, Status};

/// The explanation of a reading, for people.
pub fn explain(article: &Article, reading: &Reading) -> String {
    let text = article.text.as_str();
    let mut out = String::new();
    if let Some(language) = &reading.unsupported_language {
        let _ = writeln!(out, "Not read: there is no lexicon for the language \"{language}\".");
        return out;
    }
    let mut notes: Vec<(Span, Span, String)> = Vec::new();
    for figure in &reading.figures {
        notes.push((figure.sentence, figure.span, told(figure)));
    }
    for aside in &reading.set_aside {
        let sentence = enclosing(text, aside.span);
        notes.push((sentence, aside.span, format!("set aside: {}", aside.reason)));
    }
    notes.sort_by_key(|(_, span, _)| span.start);
    let mut last: Option<usize> = None;
    for (i, (sentence, span, note)) in notes.iter().enumerate() {
        // A later note of the same sentence may have been made with another idea of where it begins.
        let opens = last.is_none_or(|end| span.start >= end);
        if opens {
            if last.is_some() {
                out.push('\n');
            }
            let _ = writeln!(out, "{}", sentence.of(text).replace('\n', " "));
            last = Some(sentence.end);
        }
        let start = notes[..=i]
            .iter()
            .rev()
            .find(|(s, _, _)| s.start <= span.start && span.end <= s.end)
            .map_or(sentence.start, |(s, _, _)| s.start);
        let before = text[start..span.start].chars().count();
        let width = span.of(text).chars().count().max(1);
        let _ = writeln!(out, "{}{}  {note}", " ".repeat(before), "^".repeat(width));
        let ends_sentence = notes.get(i + 1).is_none_or(|(_, next, _)| last.is_some_and(|end| next.start >= end));
        if ends_sentence {
            for (_, line) in reading.arithmetic.iter().filter(|(at, _)| at.start == start) {
                let _ = writeln!(out, "{}{line}", " ".repeat(before));
            }
        }
    }
    if !notes.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "Reported: {}", reported(&reading.tolls));
    out
}

fn told(figure: &Figure) -> String {
    let mut note = format!("{}, {}: {}   [{}]", figure.measure, figure.group.label(), figure.quantity, figure.rule);
    if let Some(source) = &figure.source {
        let _ = write!(note, "   by: {source}");
    }
    if figure.scope != Scope::Story {
        let _ = write!(note, "   {}", if figure.scope == Scope::Part { "a part" } else { "another event" });
    }
    if figure.status != Status::Current {
        let _ = write!(note, "   {}", figure.status);
    }
    if let Some(derived) = &figure.derived {
        let _ = write!(note, "   derived: {derived}");
    }
    let _ = write!(note, "   {}", figure.confidence);
    note
}

/// "killed 1,018 (civilians 745, security forces 125), by the Observatory; injured 30"
fn reported(tolls: &[ReportedToll]) -> String {
    let mut parts = Vec::new();
    for measure in Measure::ALL {
        let of = |group: Group| most_telling(tolls.iter().filter(|t| t.measure == *measure && t.group == group));
        let told: Vec<&ReportedToll> = Group::ALL.iter().filter_map(|group| of(*group)).collect();
        let Some(first) = told.iter().find(|t| t.group == Group::People).or(told.first()) else { continue };
        let mut part = format!("{measure} {}", first.quantity);
        let groups: Vec<String> = told
            .iter()
            .filter(|t| t.group != Group::People)
            .map(|t| format!("{} {}", t.group.label(), t.quantity))
            .collect();
        if !groups.is_empty() {
            let _ = write!(part, " ({})", groups.join(", "));
        }
        if let Some(source) = &first.source {
            let _ = write!(part, ", by {source}");
        }
        parts.push(part);
    }
    if parts.is_empty() { "no figures".to_owned() } else { parts.join("; ") }
}

/// The largest count of a group; of equal ones the one whose source has a name of its own, or has a source at all.
fn most_telling<'a>(rows: impl Iterator<Item = &'a ReportedToll>) -> Option<&'a ReportedToll> {
    let proper = |source: &String| source.contains(char::is_uppercase);
    rows.min_by_key(|t| {
        let source = t.source.as_ref();
        (std::cmp::Reverse(t.quantity.told()), !source.is_some_and(proper), source.is_none())
    })
}

/// The line around a span, for numbers that belong to no figure.
fn enclosing(text: &str, span: Span) -> Span {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at);
    Span { start, end }
}
