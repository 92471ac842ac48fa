//! How sure a reading is: how likely value and measure of a finding are right, by weights learnt from labelled articles.

use std::sync::LazyLock;

use crate::extract::discourse::{Finding, Line};
use crate::extract::facts::Fact;
use crate::extract::head::Head;
use crate::extract::lexicon::REPORT;
use crate::extract::linear::Linear;
use crate::extract::token::Kind;
use crate::model::Confidence;

/// The facts about every finding that speak for or against it, in their order. `standing` are the facts from which its
/// scope is judged: what an article tells elsewhere of the same value speaks for a reading too.
pub fn facts(lines: &[Line], findings: &[Finding], standing: &[Vec<Fact>]) -> Vec<Vec<Fact>> {
    findings.iter().zip(standing).map(|(finding, standing)| of_one(lines, findings, finding, standing)).collect()
}

/// The confidence that value and measure are right, from the facts for and against.
pub fn of(facts: &[Fact]) -> Confidence {
    let likely = WEIGHTS.probabilities(facts.iter().map(AsRef::as_ref));
    let right = likely.get(RIGHT).copied().unwrap_or_default();
    // A share between nought and one, so the cast cannot lose anything.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Confidence::per_mille((right * 1_000.0).round() as u16)
}

/// The labels of the weights, in their order.
pub const LABELS: [&str; 2] = ["wrong", "right"];
const RIGHT: usize = 1;

static WEIGHTS: LazyLock<Linear> = LazyLock::new(|| {
    Linear::parse(include_str!("weights/confidence.tsv")).expect("the weights are part of the program and tested")
});

fn of_one(lines: &[Line], findings: &[Finding], finding: &Finding, standing: &[Fact]) -> Vec<Fact> {
    let line = &lines[finding.line];
    let count = &line.counts[finding.count];
    let cost = finding.cost.min(12);
    let head = match count.head {
        Head::Person(_) => "person",
        Head::Casualty(_) => "casualty",
        Head::Lives => "lives",
        Head::Bare => "bare",
        Head::Unknown => "unknown",
        Head::Refused(_) => "refused",
    };
    let mut facts: Vec<Fact> = standing.iter().filter(|fact| speaks_for_a_reading(fact)).cloned().collect();
    let mut add = |fact: String| facts.push(fact.into());
    add(format!("cost={cost}"));
    add(format!("head={head}"));
    add(format!("head+rule={head}+{}", finding.rule));
    add(format!("head+form={head}+{:?}", count.form));
    add(format!("head+cost={head}+{}", cost / 3));
    add(format!("rule+cost={}+{}", finding.rule, cost / 2));
    add(format!("rule+measure={}+{}", finding.rule, finding.measure));
    add(format!("form+measure={:?}+{}", count.form, finding.measure));
    add(format!("state={}", count.state.is_some()));
    add(format!("partitive={}", count.partitive));
    if let Some(predicate) = finding.predicate {
        let far = if predicate < count.first { count.first - predicate } else { predicate.saturating_sub(count.end) };
        add(format!("predicate={}+{}", if predicate < count.first { "before" } else { "behind" }, far.min(10) / 2));
        let between = predicate.min(count.first)..predicate.max(count.first);
        let marks = line.tokens[between.clone()].iter().filter(|t| t.kind == Kind::Mark).count();
        add(format!("marks-between={}", marks.min(3)));
        if line.tokens[between].iter().any(|t| t.is(REPORT)) {
            add("saying-between".into());
        }
        if findings.iter().any(|f| f.line == finding.line && f.count != finding.count && f.predicate == Some(predicate))
        {
            add("predicate=shared".into());
        }
    } else {
        add("predicate=none".into());
    }
    let measures = findings.iter().filter(|f| f.line == finding.line && f.measure != finding.measure).count();
    add(format!("other-measures-in-line={}", measures.min(3)));
    let before = finding.antecedent.and_then(|at| findings.get(at));
    if let Some(before) = before {
        add(format!("antecedent-cost={}", before.cost.min(9) / 3));
        add(format!("antecedent-far={}", (finding.line - before.line).min(4)));
    }
    let of_measure = findings.iter().filter(|f| f.measure == finding.measure).count();
    add(format!("measure-in-article={}", if of_measure * 3 >= findings.len() { "often" } else { "seldom" }));
    facts
}

/// Which facts of a standing bear on whether there is a figure at all.
fn speaks_for_a_reading(fact: &str) -> bool {
    let kinds = [
        "always",
        "measure=",
        "group=",
        "rule=",
        "bound=",
        "size=",
        "form=",
        "tie=",
        "place=",
        "told=",
        "headline=",
        "left=",
        "right=",
        "year",
        "quoted",
        "reported",
        "before=",
        "after=",
        "piece",
        "increment",
    ];
    kinds.iter().any(|kind| fact.starts_with(kind))
}
