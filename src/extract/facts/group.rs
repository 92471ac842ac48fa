//! The facts about whom a finding counts.

use crate::extract::discourse::{Finding, Line, alike, how_near};
use crate::extract::facts::naming::{form, head};
use crate::extract::facts::{Alike, Chapter, fact, few};
use crate::extract::hashed::{Hashed, hashed};
use crate::extract::head::{Form, Head};
use crate::extract::lexicon::PERSON;
use crate::extract::token::Kind;
use crate::model::{Group, Measure};

/// Adds what whom the others are thought to count says of a finding; their groups and its own are as judged so far.
pub fn tell_again(lines: &[Line], findings: &[Finding], at: usize, others: &Others, chapter: &mut Chapter) {
    let Chapter { facts, answers, .. } = chapter;
    let finding = &findings[at];
    let count = &lines[finding.line].counts[finding.count];
    let (own, more) = head(count.head);
    fact!(facts, "own=", finding.group, "+", own);
    let mut neighbour = |side: Hashed, other: Option<usize>| {
        let Some(other) = other.map(|i| &findings[i]) else { return };
        let near = how_near(lines, finding, other);
        let same = if other.measure == finding.measure { hashed!("same") } else { hashed!("other") };
        let less = if other.quantity.told() > finding.quantity.told() { hashed!("less") } else { hashed!("more") };
        let tie = finding.tie.name();
        fact!(facts, side, "=", other.group, "+", finding.group);
        fact!(facts, side, "=", other.group, "+", finding.group, "+", near, "+", same);
        let mut it = answers.of(other.group as usize);
        fact!(it, side, "+", own, ":", more);
        fact!(it, side, "+", own, "+", near, "+", same);
        fact!(it, side, "+", own, "+", near, "+", tie);
        fact!(it, side, "+", own, "+", same, "+", less);
    };
    neighbour(hashed!("previous"), at.checked_sub(1));
    neighbour(hashed!("next"), Some(at + 1).filter(|i| *i < findings.len()));
    neighbour(hashed!("antecedent"), finding.antecedent);
    neighbour(hashed!("last-of-measure"), others.last[at]);
    neighbour(hashed!("first-of-measure"), others.first[finding.measure as usize].filter(|first| *first < at));
    let same = others.alike.with(at);
    let here = same.partition_point(|i| *i < at);
    let large = finding.quantity.told() > 2;
    neighbour(hashed!("same-before"), here.checked_sub(1).map(|i| same[i]).filter(|_| large));
    neighbour(hashed!("same-after"), same.get(here + 1).copied().filter(|_| large));
}

/// Where findings of one kind stand.
pub struct Others {
    /// Those of the same value and measure.
    alike: Alike,
    /// Of each finding the one of its measure that was told last before it.
    last: Vec<Option<usize>>,
    /// The first of each measure.
    first: [Option<usize>; Measure::ALL.len()],
}

impl Others {
    /// Of the findings of an article.
    pub fn of(findings: &[Finding]) -> Self {
        let mut first = [None; Measure::ALL.len()];
        let mut latest = [None; Measure::ALL.len()];
        let mut last = Vec::with_capacity(findings.len());
        for (at, finding) in findings.iter().enumerate() {
            let measure = finding.measure as usize;
            last.push(latest[measure].replace(at));
            first[measure] = first[measure].or(Some(at));
        }
        Self { alike: alike(findings), last, first }
    }
}

/// Adds what is known of whom a finding counts. The groups of the findings are not looked at.
pub fn tell(lines: &[Line], findings: &[Finding], at: usize, chapter: &mut Chapter) {
    let Chapter { facts, answers, .. } = chapter;
    let finding = &findings[at];
    let line = &lines[finding.line];
    let count = &line.counts[finding.count];
    let measure = finding.measure;
    let tie = finding.tie.name();
    let (own, more) = head(count.head);
    fact!(facts, "measure+head=", measure, "+", own, ":", more);
    fact!(facts, "tie+head=", tie, "+", own, ":", more);
    fact!(facts, "found-by+head=", finding.rule, "+", own, ":", more);
    if let Head::Person(group) = count.head {
        fact!(answers.of(group as usize), "head");
        fact!(answers.of(group as usize), "head+form=", form(count.form));
        fact!(answers.of(group as usize), "head+tie=", tie);
    }
    if let Some(group) = finding.by_rule {
        fact!(answers.of(group as usize), "by-rule+head=", own);
    }
    if let Some(group) = line.scene().complement_group(finding.count) {
        fact!(answers.of(group as usize), "complement+head=", own, ":", more);
    }
    let group_of = |f: &Finding| match lines[f.line].counts[f.count].head {
        Head::Person(group) => Some(group),
        _ => f.by_rule,
    };
    if let Some(group) = finding.antecedent.and_then(|i| group_of(&findings[i])) {
        fact!(answers.of(group as usize), "antecedent+head=", own, ":", more, "+", tie);
    }
    if let Some(last) = at.checked_sub(1).map(|i| &findings[i])
        && let Some(group) = group_of(last)
    {
        let ago = few((finding.line - last.line).min(3));
        let same = if last.measure == finding.measure { hashed!("same") } else { hashed!("other") };
        fact!(answers.of(group as usize), "last+head=", own, "+", ago);
        fact!(answers.of(group as usize), "last+head=", own, "+", same, "+", tie, "+", ago);
    }
    let value = finding.quantity.told();
    let mut near = (0..at).rev().take(40).chain(at + 1..(at + 41).min(findings.len())).map(|i| &findings[i]);
    let same = near.find(|f| f.quantity.told() == value && f.measure == finding.measure && value > 2);
    if let Some(group) = same.and_then(group_of) {
        fact!(answers.of(group as usize), "same-value+head=", own, ":", more);
    }
    let first = findings.iter().take(40).find(|f| f.measure == finding.measure);
    if let Some(group) = first.and_then(group_of) {
        fact!(answers.of(group as usize), "first+head=", own, ":", more);
    }
    // "Residents 41, gang members 17; police: 4": the noun goes before its count.
    let marked = count.first.checked_sub(1).is_some_and(|i| line.tokens[i].reads_any(&[":", "–", "-", "("]));
    let label = count.first.checked_sub(1 + usize::from(marked)).map(|i| &line.tokens[i]);
    if let Some(group) =
        label.filter(|t| t.is(PERSON) && !matches!(count.head, Head::Person(_))).and_then(|t| t.senses.group)
    {
        let closes = line.tokens.get(count.end + 1).is_none_or(|t| t.kind == Kind::Mark);
        let (mark, closed) = (if marked { hashed!("marked") } else { hashed!("bare") }, few(usize::from(closes)));
        fact!(answers.of(group as usize), "label-before+head=", own, "+", mark, "+", closed);
    }
    let from = count.first.saturating_sub(12);
    for (i, token) in line.tokens[from..(count.end + 12).min(line.tokens.len())].iter().enumerate() {
        if let Some(group) = token.senses.group.filter(|g| *g != Group::People) {
            let side = if from + i < count.first { hashed!("before") } else { hashed!("behind") };
            fact!(answers.of(group as usize), "named+head=", own, "+", side);
            fact!(answers.of(group as usize), "named+tie=", tie, "+", side);
        }
    }
    for token in lines[..finding.line].last().map_or(&[][..], |l| l.tokens.as_slice()).iter().take(40) {
        if let Some(group) = token.senses.group.filter(|g| *g != Group::People) {
            fact!(answers.of(group as usize), "named-in-previous+head=", own);
        }
    }
    for token in lines[0].tokens.iter().take(40) {
        if let Some(group) = token.senses.group.filter(|g| *g != Group::People) {
            fact!(answers.of(group as usize), "named-in-title+head=", own, ":", more);
        }
    }
    if count.form == Form::Single {
        for token in &line.tokens[count.first..=count.end] {
            fact!(facts, "single-phrase=", &token.lower);
        }
    }
}
