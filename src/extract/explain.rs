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
    let mut shown: Option<Span> = None;
    for (i, (sentence, span, note)) in notes.iter().enumerate() {
        // What is shown already stays, though a later note in it may have another idea of where its sentence begins.
        let known = shown.filter(|shown| span.start < shown.end);
        if known.is_none() {
            if shown.is_some() {
                out.push('\n');
            }
            let _ = writeln!(out, "{}", sentence.of(text).replace('\n', " "));
        }
        let sentence = known.unwrap_or(*sentence);
        shown = Some(sentence);
        let before = text[sentence.start..span.start].chars().count();
        let width = span.of(text).chars().count().max(1);
        let _ = writeln!(out, "{}{}  {note}", " ".repeat(before), "^".repeat(width));
        let ends_sentence = notes.get(i + 1).is_none_or(|(_, next, _)| next.start >= sentence.end);
        if ends_sentence {
            let inside = |at: &Span| (sentence.start..sentence.end).contains(&at.start);
            for (_, line) in reading.arithmetic.iter().filter(|(at, _)| inside(at)) {
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
    if let Some(place) = &figure.place {
        let _ = write!(note, "   in: {place}");
    }
    if let Some(period) = &figure.period {
        let _ = write!(note, "   when: {period}");
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

/// The line around a span, for numbers that belong to no figure; no more of it than the longest sentence has, since each
/// number of a line without end would bring all of it.
fn enclosing(text: &str, span: Span) -> Span {
    let before = &text[text.ceil_char_boundary(span.start.saturating_sub(MOST_SHOWN))..span.start];
    let after = &text[span.end..text.floor_char_boundary(span.end.saturating_add(MOST_SHOWN))];
    let start = span.start - before.rfind('\n').map_or(before.len(), |at| before.len() - at - 1);
    let end = span.end + after.find('\n').unwrap_or(after.len());
    Span { start, end }
}

/// How much of a line is shown on each side of a number that belongs to no figure, in bytes.
const MOST_SHOWN: usize = 2_000;
