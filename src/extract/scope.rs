//! Which count a figure is — the story's, a part of it, another event's — and whether the text stands by it.

use std::str::FromStr;
use std::sync::LazyLock;

use crate::extract::discourse::{Finding, Line, Tie};
use crate::extract::facts::{self, Fact};
use crate::extract::head::{Count, Form};
use crate::extract::lexicon::{COUNT, DENIED, EARLIER, ELSEWHERE, FEARED, REPORT, TOLL};
use crate::extract::linear::Linear;
use crate::extract::token::Kind;
use crate::model::{Quantity, Scope, Status};

/// What decided the scope and the status of a finding, in words for the explanation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Which count it is.
    pub scope: Scope,
    /// Whether the text stands by it.
    pub status: Status,
    /// How likely both are right, 0 to 1.
    pub sure: f32,
}

/// The standing of every finding, in their order, by the weights that were learnt from labelled articles.
pub fn standings(facts: &[Vec<Fact>]) -> Vec<Standing> {
    facts
        .iter()
        .map(|facts| {
            let (scope, scope_sure) = likeliest(&SCOPES, facts);
            let (likely, status_sure) = likeliest(&STATUSES, facts);
            // "from 27 to 26": grammar says which is the count of now, however the sentence goes on.
            let status = if facts.iter().any(|fact| fact == facts::NOW) { Status::Current } else { likely };
            Standing { scope, status, sure: scope_sure * status_sure }
        })
        .collect()
}

static SCOPES: LazyLock<Linear> = LazyLock::new(|| built_in(include_str!("weights/scope.tsv")));
static STATUSES: LazyLock<Linear> = LazyLock::new(|| built_in(include_str!("weights/status.tsv")));

fn built_in(table: &str) -> Linear {
    Linear::parse(table).expect("the weights are part of the program and tested")
}

fn likeliest<T: FromStr>(model: &Linear, facts: &[Fact]) -> (T, f32) {
    let sure = model.probabilities(facts.iter().map(AsRef::as_ref));
    let best = (0..sure.len()).max_by(|a, b| sure[*a].total_cmp(&sure[*b])).expect("a model has labels");
    let label = model.labels()[best].parse().ok().expect("the labels are those of the enum and tested");
    (label, sure[best])
}

pub fn is_increment(lines: &[Line], finding: &Finding) -> bool {
    let count = &lines[finding.line].counts[finding.count];
    count.increment && count.form != Form::Zero
}

/// "between 2011 and 2024" reads as a range of people until the years are looked at.
fn spans_years(count: &Count) -> bool {
    let year = |n: u64| (1_800..2_100).contains(&n);
    matches!(count.quantity, Quantity::Between(a, b) if year(a) && year(b))
}

/// The latest year named in the article: its own, where nothing tells the date.
pub fn latest_year(lines: &[Line]) -> Option<u64> {
    lines.iter().flat_map(years).max()
}

fn years(line: &Line) -> Vec<u64> {
    let is_year = |t: &&crate::extract::token::Token| t.kind == Kind::Digits && t.lower.len() == 4;
    let value = |t: &crate::extract::token::Token| t.lower.parse().ok().filter(|y| (1_500..2_100).contains(y));
    line.tokens.iter().filter(is_year).filter_map(value).collect()
}

pub fn is_elsewhere(lines: &[Line], finding: &Finding, year: Option<u64>) -> bool {
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
            && !line.counts.iter().any(|c| c.first <= i && i <= c.last && c.may_count_people() && !spans_years(c));
        named && year.is_some_and(|now| token.lower.parse::<u64>().is_ok_and(|y| (1_500..now).contains(&y)))
    };
    let told = |i: usize| line.tokens[i].is(ELSEWHERE) || older(i);
    before.chain(after).any(told)
}

pub fn status(lines: &[Line], finding: &Finding) -> Status {
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
    if whole_line && tokens[near_before].iter().chain(&tokens[near_after]).any(|t| t.is(DENIED)) {
        return Status::Disputed;
    }
    // "from 12 to 15": the first is the earlier one.
    let from = count.first > 0 && tokens[count.first - 1].reads("from");
    let to = tokens.get(count.end + 1).is_some_and(|t| t.reads("to")) && count.end + 2 < tokens.len();
    if from && (to || finding.tie == Tie::Topic || finding.rule == "toll-of") {
        return Status::Previous;
    }
    let direct = tokens[count.first.saturating_sub(3)..count.first].iter().any(|t| t.is(EARLIER));
    let marked = tokens[..count.first].iter().rev().take(12).any(|t| t.is(EARLIER))
        && tokens[..count.first].iter().rev().take(12).any(|t| t.is(COUNT | TOLL | REPORT));
    if count.form == Form::Stated && (direct || marked) {
        return Status::Previous;
    }
    Status::Current
}
