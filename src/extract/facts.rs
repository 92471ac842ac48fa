//! The facts about each finding from which its scope and its status are judged: named, countable, and free of the
//! words of any one story.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::extract::discourse::{Finding, Line, Tie, is_piece};
use crate::extract::head::Form;
use crate::extract::lexicon::{
    COUNT, DENIED, DETERMINER, EARLIER, ELSEWHERE, FEARED, INCLUDE, MONTH, PART, PREPOSITION, REPORT, TOLL, WEEKDAY,
};
use crate::extract::scope::{is_elsewhere, is_increment, status};
use crate::extract::source::Sources;
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Measure, Status};

/// A fact, by its name: "anchor=equal".
pub type Fact = Cow<'static, str>;

/// The fact that a count is the second of "from 27 to 26".
pub const NOW: &str = "from-to=second";

/// The facts of every finding, in their order. `year` is the year of the article, where it is known.
pub fn facts(lines: &[Line], findings: &[Finding], sources: &[Sources], year: Option<u64>) -> Vec<Vec<Fact>> {
    let register = Register::of(lines, findings, year);
    (0..findings.len()).map(|at| of_one(lines, findings, sources, &register, at)).collect()
}

/// What the article as a whole says, as far as single findings are compared with it.
struct Register {
    statuses: Vec<Status>,
    elsewhere: Vec<bool>,
    increments: Vec<bool>,
    /// The largest current count of a measure and group, and of a measure over all groups.
    largest: BTreeMap<(Measure, Option<Group>), u64>,
    /// The same in the headline.
    headline: BTreeMap<Measure, u64>,
    /// How often a value is told of a measure.
    repeats: BTreeMap<(Measure, u64), usize>,
}

impl Register {
    fn of(lines: &[Line], findings: &[Finding], year: Option<u64>) -> Self {
        let mut register = Self {
            statuses: findings.iter().map(|f| status(lines, f)).collect(),
            elsewhere: findings.iter().map(|f| is_elsewhere(lines, f, year)).collect(),
            increments: findings.iter().map(|f| is_increment(lines, f)).collect(),
            largest: BTreeMap::new(),
            headline: BTreeMap::new(),
            repeats: BTreeMap::new(),
        };
        for (at, finding) in findings.iter().enumerate() {
            let value = finding.quantity.told();
            *register.repeats.entry((finding.measure, value)).or_default() += 1;
            if register.elsewhere[at] || register.increments[at] || register.statuses[at] != Status::Current {
                continue;
            }
            for key in [(finding.measure, Some(finding.group)), (finding.measure, None)] {
                let largest = register.largest.entry(key).or_default();
                *largest = value.max(*largest);
            }
            if lines[finding.line].sentence.headline {
                let largest = register.headline.entry(finding.measure).or_default();
                *largest = value.max(*largest);
            }
        }
        register
    }
}

fn of_one(lines: &[Line], findings: &[Finding], sources: &[Sources], register: &Register, at: usize) -> Vec<Fact> {
    let finding = &findings[at];
    let line = &lines[finding.line];
    let count = &line.counts[finding.count];
    let value = finding.quantity.told();
    let mut facts: Vec<Fact> = Vec::with_capacity(48);
    let mut add = |fact: Fact| facts.push(fact);

    add("always".into());
    add(format!("measure={}", finding.measure).into());
    add(format!("group={}", finding.group).into());
    add(format!("rule={}", finding.rule).into());
    add(format!("bound={}", finding.quantity.bound()).into());
    add(size(value).into());
    add(match count.form {
        Form::Stated => "form=stated",
        Form::Single => "form=single",
        Form::Zero => "form=zero",
    }
    .into());
    add(match finding.tie {
        Tie::None => "tie=none",
        Tie::Piece => "tie=piece",
        Tie::Neighbour => "tie=neighbour",
        Tie::Echo => "tie=echo",
        Tie::Topic => "tie=topic",
    }
    .into());
    add(place(lines, finding.line).into());
    if is_piece(&line.scene(), finding.count) {
        add("piece".into());
        add(format!("piece+{}", if finding.group == Group::People { "people" } else { "group" }).into());
    }
    if register.increments[at] {
        add("increment".into());
    }
    if register.elsewhere[at] {
        add("elsewhere".into());
    }
    add(format!("by-rule={}", register.statuses[at]).into());

    let of_group = register.largest.get(&(finding.measure, Some(finding.group))).copied();
    let of_all = register.largest.get(&(finding.measure, None)).copied();
    let against_group = against(value, of_group);
    add(format!("largest-of-group={against_group}").into());
    add(format!("largest-of-all={}", against(value, of_all)).into());
    add(format!("headline={}", against(value, register.headline.get(&finding.measure).copied())).into());
    add(format!("group+largest={}+{against_group}", if finding.group == Group::People { "people" } else { "group" })
        .into());
    add(match register.repeats.get(&(finding.measure, value)) {
        Some(0 | 1) | None => "told=once",
        Some(2) => "told=twice",
        Some(_) => "told=often",
    }
    .into());

    let same = |f: &Finding| f.measure == finding.measure && f.group == finding.group;
    if !findings[..at].iter().any(same) {
        add("first-of-series".into());
    }
    if findings[..at].iter().any(|f| same(f) && f.quantity.told() > value) {
        add("larger-before".into());
    }
    if findings[at + 1..].iter().any(|f| same(f) && f.quantity.told() > value) {
        add("larger-after".into());
    }
    let here = |f: &Finding| f.line == finding.line && f.measure == finding.measure;
    if findings.iter().any(|f| here(f) && f.quantity.told() > value) {
        add("larger-in-sentence".into());
    }
    if findings.iter().any(|f| here(f) && f.quantity.told() < value) {
        add("smaller-in-sentence".into());
    }
    let source = sources[at].by_clause.as_deref();
    add(if source.is_some() { "source=named" } else { "source=none" }.into());
    if source.is_some()
        && findings
            .iter()
            .zip(sources)
            .any(|(f, s)| same(f) && s.by_clause.as_deref() == source && f.quantity.told() > value)
    {
        add("larger-by-same-source".into());
    }

    around(line, count.first, count.last, count.end, &mut add);
    facts
}

/// What stands around the number.
fn around(line: &Line, first: usize, last: usize, end: usize, add: &mut impl FnMut(Fact)) {
    let tokens = &line.tokens;
    let before = &tokens[..first];
    let after = tokens.get(end.max(last) + 1..).unwrap_or_default();
    let classes: [(&str, u64); 9] = [
        ("elsewhere", ELSEWHERE),
        ("part", PART),
        ("earlier", EARLIER),
        ("feared", FEARED),
        ("denied", DENIED),
        ("toll", TOLL | COUNT),
        ("include", INCLUDE),
        ("month", MONTH),
        ("weekday", WEEKDAY),
    ];
    for (name, class) in classes {
        if before.iter().rev().take(6).any(|t| t.is(class)) {
            add(format!("before={name}").into());
        } else if before.iter().any(|t| t.is(class)) {
            add(format!("far-before={name}").into());
        }
        if after.iter().take(6).any(|t| t.is(class)) {
            add(format!("after={name}").into());
        } else if after.iter().any(|t| t.is(class)) {
            add(format!("far-after={name}").into());
        }
    }
    let reads = |i: Option<usize>, word: &str| i.and_then(|i| tokens.get(i)).is_some_and(|t| t.reads(word));
    if reads(first.checked_sub(1), "from") && reads(Some(end + 1), "to") {
        add("from-to=first".into());
    }
    if reads(first.checked_sub(1), "to")
        && before.iter().rev().skip(1).take(6).any(|t| t.reads("from") || t.reads("down from") || t.reads("up from"))
    {
        add(NOW.into());
    }
    if let Some(token) = before.last() {
        add(format!("left={}", kind(token)).into());
    } else {
        add("left=start".into());
    }
    if let Some(token) = after.first() {
        add(format!("right={}", kind(token)).into());
        if token.is(PREPOSITION) && after.get(1).is_some_and(|t| t.capital || t.is(DETERMINER)) {
            add(format!("then={}+{}", token.lower, if after[1].capital { "name" } else { "the" }).into());
        }
    }
    for word in
        ["had", "was", "were", "have", "has", "since", "another", "other", "total", "alone", "each", "so far", "now"]
    {
        if tokens.iter().any(|t| t.reads(word)) {
            add(format!("says={word}").into());
        }
    }
    if tokens.first().is_some_and(|t| t.reads("in") || t.reads("at")) {
        add("opens=in".into());
    }
    if tokens.iter().any(|t| t.is_quote()) {
        add("quoted".into());
    }
    if tokens.iter().any(|t| {
        t.kind == Kind::Digits && t.lower.len() == 4 && (t.lower.starts_with("19") || t.lower.starts_with("20"))
    }) {
        add("year".into());
    }
    if tokens.iter().any(|t| t.is(REPORT)) {
        add("reported".into());
    }
}

/// A word by its class; small words by themselves.
fn kind(token: &Token) -> Cow<'static, str> {
    if token.kind == Kind::Mark {
        return format!("mark{}", token.lower).into();
    }
    if token.is(PREPOSITION | DETERMINER) && token.lower.len() <= 6 && !token.capital {
        return token.lower.clone().into();
    }
    for (name, class) in [("include", INCLUDE), ("earlier", EARLIER), ("report", REPORT), ("toll", TOLL | COUNT)] {
        if token.is(class) {
            return name.into();
        }
    }
    if token.capital { "name" } else { "word" }.into()
}

fn size(value: u64) -> &'static str {
    match value {
        0 => "size=0",
        1 => "size=1",
        2..=9 => "size=2-9",
        10..=99 => "size=10-99",
        100..=999 => "size=100-999",
        _ => "size=1000+",
    }
}

fn against(value: u64, other: Option<u64>) -> &'static str {
    match other {
        None => "none",
        Some(other) if value == other => "equal",
        Some(other) if value > other => "above",
        Some(other) if value.saturating_mul(10) >= other.saturating_mul(9) => "just-below",
        Some(other) if value.saturating_mul(2) >= other => "half",
        Some(other) if value.saturating_mul(10) >= other => "tenth",
        Some(_) => "far-below",
    }
}

fn place(lines: &[Line], at: usize) -> &'static str {
    if lines[at].sentence.headline {
        return "place=headline";
    }
    match lines[at].sentence.paragraph {
        0 | 1 => "place=lead",
        2 => "place=second",
        _ if at * 3 < lines.len() * 2 => "place=middle",
        _ => "place=end",
    }
}
