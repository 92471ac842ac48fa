//! Which count a figure is — the story's, a part of it, another event's — and whether the text stands by it.

use crate::extract::discourse::{Finding, Line, Tie, is_piece};
use crate::extract::head::Form;
use crate::extract::lexicon::{COUNT, DENIED, EARLIER, ELSEWHERE, FEARED, REPORT, TOLL};
use crate::extract::token::Kind;
use crate::model::{Group, Quantity, Scope, Status};

/// What decided the scope and the status of a finding, in words for the explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which count it is.
    pub scope: Scope,
    /// Whether the text stands by it.
    pub status: Status,
}

/// The standing of every finding, in their order. `year` is the year of the article, where it is known.
pub fn standings(lines: &[Line], findings: &[Finding], year: Option<u64>) -> Vec<Standing> {
    let year = year.or_else(|| latest_year(lines));
    let statuses: Vec<Status> = findings.iter().map(|f| status(lines, f)).collect();
    let elsewhere: Vec<bool> = findings.iter().map(|f| is_elsewhere(lines, f, year)).collect();
    let anchored = |f: &Finding, i: usize| !elsewhere[i] && statuses[i] == Status::Current && !is_increment(lines, f);
    findings
        .iter()
        .enumerate()
        .map(|(i, finding)| {
            let status = statuses[i];
            let peers = findings
                .iter()
                .enumerate()
                .filter(|(j, f)| f.measure == finding.measure && f.group == finding.group && anchored(f, *j));
            let headline =
                peers.clone().filter(|(_, f)| lines[f.line].sentence.headline).map(|(_, f)| f.quantity.told()).max();
            let largest = peers
                .clone()
                .filter(|(_, f)| f.tie != Tie::Piece || f.group != Group::People)
                .map(|(_, f)| f.quantity.told())
                .max();
            let anchor = headline.into_iter().chain(largest).max();
            let scope = if elsewhere[i] {
                Scope::Other
            } else if is_increment(lines, finding) {
                Scope::Part
            } else {
                within_story(lines, finding, status, anchor, findings)
            };
            Standing { scope, status }
        })
        .collect()
}

fn within_story(lines: &[Line], finding: &Finding, status: Status, anchor: Option<u64>, findings: &[Finding]) -> Scope {
    let value = finding.quantity.told();
    let line = &lines[finding.line];
    let whole = anchor.is_none_or(|anchor| value >= anchor || near(value, anchor, finding.quantity));
    if finding.group == Group::People
        && is_piece(&line.scene(), finding.count)
        && !lines[finding.line].sentence.headline
    {
        let total = finding.antecedent.map(|i| &findings[i]).filter(|a| a.measure == finding.measure);
        if total.is_some_and(|t| t.quantity.told() > value) || finding.tie == Tie::Piece {
            return Scope::Part;
        }
    }
    if status != Status::Current {
        return Scope::Story;
    }
    if whole { Scope::Story } else { Scope::Part }
}

/// Whether a count restates a slightly different one: a rounding, or a bound that it satisfies.
fn near(value: u64, anchor: u64, quantity: Quantity) -> bool {
    let rounded = !matches!(quantity, Quantity::Exactly(_)) && value.saturating_mul(100) >= anchor.saturating_mul(70);
    rounded || matches!(quantity, Quantity::Vague(_))
}

fn is_increment(lines: &[Line], finding: &Finding) -> bool {
    let count = &lines[finding.line].counts[finding.count];
    count.increment && count.form != Form::Zero
}

/// The latest year named in the article: its own, where nothing tells the date.
fn latest_year(lines: &[Line]) -> Option<u64> {
    lines.iter().flat_map(years).max()
}

fn years(line: &Line) -> Vec<u64> {
    let is_year = |t: &&crate::extract::token::Token| t.kind == Kind::Digits && t.lower.len() == 4;
    let value = |t: &crate::extract::token::Token| t.lower.parse().ok().filter(|y| (1_500..2_100).contains(y));
    line.tokens.iter().filter(is_year).filter_map(value).collect()
}

fn is_elsewhere(lines: &[Line], finding: &Finding, year: Option<u64>) -> bool {
    let line = &lines[finding.line];
    if line.sentence.headline {
        return false;
    }
    let count = &line.counts[finding.count];
    let before = (0..count.first).rev().take(25);
    let after = count.last + 1..(count.last + 20).min(line.tokens.len());
    let older = |i: usize| {
        let token = &line.tokens[i];
        let named = token.kind == Kind::Digits
            && token.lower.len() == 4
            && !line.counts.iter().any(|c| c.first <= i && i <= c.last && c.may_count_people());
        named && year.is_some_and(|now| token.lower.parse::<u64>().is_ok_and(|y| (1_500..now).contains(&y)))
    };
    let told = |i: usize| line.tokens[i].is(ELSEWHERE) || older(i);
    before.clone().any(told) || after.clone().any(told)
}

fn status(lines: &[Line], finding: &Finding) -> Status {
    let line = &lines[finding.line];
    let count = &line.counts[finding.count];
    let tokens = &line.tokens;
    let near_before = count.first.saturating_sub(7)..count.first;
    let near_after = count.last + 1..(count.last + 6).min(tokens.len());
    let predicate = finding.predicate.map(|i| &tokens[i]);
    let feared = predicate.is_some_and(|t| t.lower.contains("feared"))
        || tokens[count.first.saturating_sub(4)..count.first]
            .iter()
            .any(|t| t.is(FEARED) && !(t.reads("may") && t.capital))
        || tokens[near_after.clone()].iter().take(3).any(|t| t.is(FEARED) && !t.reads("could"));
    if feared && count.form == Form::Stated {
        return Status::Projected;
    }
    let whole_line = tokens.iter().any(|t| t.is(DENIED));
    if whole_line && tokens[near_before.clone()].iter().chain(&tokens[near_after.clone()]).any(|t| t.is(DENIED)) {
        return Status::Disputed;
    }
    // "from 12 to 15": the first is the earlier one.
    let from = count.first > 0 && tokens[count.first - 1].reads("from");
    let to = tokens.get(count.end + 1).is_some_and(|t| t.reads("to")) && count.end + 2 < tokens.len();
    if from && (to || finding.tie == Tie::Topic || finding.rule == "toll-of") {
        return Status::Previous;
    }
    let direct = tokens[count.first.saturating_sub(3)..count.first].iter().any(|t| t.is(EARLIER) && !t.is(REPORT));
    let marked = tokens[..count.first].iter().rev().take(12).any(|t| t.is(EARLIER))
        && tokens[..count.first].iter().rev().take(12).any(|t| t.is(COUNT | TOLL | REPORT));
    if count.form == Form::Stated && (direct || marked) {
        return Status::Previous;
    }
    Status::Current
}
