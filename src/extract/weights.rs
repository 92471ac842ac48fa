//! What was learnt from labelled articles: the weights by which counts are judged.

use std::ops::Range;
use std::sync::LazyLock;

use foldhash::HashMap;

use crate::extract::arithmetic;
use crate::extract::calibration::Calibration;
use crate::extract::discourse::{Finding, Line};
use crate::extract::entries;
use crate::extract::facts::Question;
use crate::extract::facts::company::Guess;
use crate::extract::linear::{Judgement, Linear, LookedUp, Scores, Table, softmax};
use crate::extract::settled;
use crate::extract::source::Sources;
use crate::extract::work::{Standings, Work, settle_groups};
use crate::model::{Confidence, Group, Measure, Scope, Span, Status};

/// The weights of all judgements.
#[derive(Debug, Clone)]
pub struct Weights {
    /// What happened to those counted, if anything; who was counted; which count it is, and whether the text stands by it.
    /// All rest on what stands around a count.
    counted: Linear<3>,
    /// What whom the others count adds to that.
    group_again: Linear,
    /// What how the others are judged adds to that.
    standing_again: Linear,
    /// Who counted.
    source: Linear,
    /// What who counted the others adds to that.
    source_again: Linear,
    /// How odds become a confidence.
    calibration: Calibration,
}

/// The weights that are part of the program.
pub static LEARNT: LazyLock<Weights> = LazyLock::new(|| {
    Weights::parse(|name| {
        TABLES.iter().find(|(known, _)| *known == name).map_or(String::new(), |(_, table)| (*table).to_owned())
    })
    .expect("the weights are part of the program and tested")
});

/// The tables of weights, by name.
const TABLES: &[(&str, &str)] = &[
    ("measure", include_str!("weights/measure.tsv")),
    ("group", include_str!("weights/group.tsv")),
    ("standing", include_str!("weights/standing.tsv")),
    ("group-again", include_str!("weights/group-again.tsv")),
    ("standing-again", include_str!("weights/standing-again.tsv")),
    ("source", include_str!("weights/source.tsv")),
    ("source-again", include_str!("weights/source-again.tsv")),
    ("calibration", include_str!("weights/calibration.tsv")),
];

/// The label of a count that is no figure.
pub const NONE: &str = "none";

/// A count is taken for a figure where that is likelier than this. From .45 to .55 as many are found in composed news; what is
/// read whole, and real pages, are read a little better the higher it is.
const LIKELY_ENOUGH: f32 = 0.5;

impl Weights {
    /// Reads all tables, each by its name.
    ///
    /// # Errors
    /// The table and the line in it that cannot be read.
    pub fn parse(table: impl Fn(&str) -> String) -> Result<Self, String> {
        let told = |name: &str| Table::parse(&table(name)).map_err(|error| format!("{name}: {error}"));
        let read = |name: &str| told(name).map(|table| Linear::of(&[table]));
        Ok(Self {
            counted: Linear::of(&[told("measure")?, told("group")?, told("standing")?]),
            group_again: read("group-again")?,
            standing_again: read("standing-again")?,
            source: read("source")?,
            source_again: read("source-again")?,
            calibration: Calibration::parse(&table("calibration")).map_err(|error| format!("calibration: {error}"))?,
        })
    }

    /// What happened to those counted, if anything.
    fn measure(&self) -> Judgement<'_, 3> {
        self.counted.judgement(0)
    }

    /// Who was counted.
    fn group(&self) -> Judgement<'_, 3> {
        self.counted.judgement(1)
    }

    /// Which count it is, and whether the text stands by it: the labels of all scopes, then of all statuses.
    fn standing(&self) -> Judgement<'_, 3> {
        self.counted.judgement(2)
    }
}

/// The likeliest measure by the scores of the labels "none" and all measures, with how likely that one is; or that there
/// is none, with how likely that is.
pub fn guess(scores: &[f32]) -> Guess {
    let mut shares = [0.0; 1 + Measure::ALL.len()];
    shares.copy_from_slice(scores);
    softmax(&mut shares);
    let (best, sure) = best(&shares[1..]);
    let figure = 1.0 - shares[0];
    if figure > LIKELY_ENOUGH {
        Guess { measure: Some(Measure::ALL[best]), sure }
    } else {
        Guess { measure: None, sure: shares[0] }
    }
}

/// What happened to those of each count: by the weights, but for a rule that needs none.
fn guesses(work: &Work, weights: &Weights, around: &LookedUp<3>) -> Vec<Guess> {
    let weighed = work.around.iter().enumerate().map(|(at, question)| {
        let mut scores = Scores::default();
        weights.measure().add_rows(&mut scores, around.of(at));
        weights.measure().add_answers(&mut scores, question.answers());
        guess(&scores)
    });
    let settled = |(guess, measure): (Guess, Option<Measure>)| match measure {
        Some(_) if measure != guess.measure => Guess { measure, sure: SETTLED },
        _ => guess,
    };
    weighed.zip(work.settled()).map(settled).collect()
}

/// How sure a measure is that a rule settles against the weights.
const SETTLED: f32 = 0.9;

/// The place and the value of the highest, the first of equals.
pub fn best(scores: &[f32]) -> (usize, f32) {
    let higher = |best: (usize, f32), (at, score): (usize, &f32)| if *score > best.1 { (at, *score) } else { best };
    scores.iter().enumerate().fold((0, f32::NEG_INFINITY), higher)
}

/// The odds of a likelihood, as a logarithm; bounded, so that none is without end.
pub fn odds(sure: f32) -> f32 {
    let sure = sure.clamp(0.0005, 0.9995);
    (sure / (1.0 - sure)).ln()
}

/// What the weights make of an article taken apart.
pub struct Judged {
    /// The figures, with their groups.
    pub findings: Vec<Finding>,
    /// Scope and status of each.
    pub standings: Vec<(Scope, Status)>,
    /// Who counted each.
    pub sources: Vec<Option<String>>,
    /// How sure value and measure of each are.
    pub confidences: Vec<Confidence>,
    /// How likely each is right in all that makes it news.
    pub headlines: Vec<Confidence>,
}

/// Judges an article.
pub fn judge(work: &Work, weights: &Weights) -> Judged {
    let around = weights.counted.look_up(&work.around);
    let guesses = guesses(work, weights, &around);
    let measures: Vec<Option<Measure>> = guesses.iter().map(|guess| guess.measure).collect();
    let mut findings = work.findings(&measures);
    let groups = group(work, &mut findings, weights, &around);
    let mut stands = stand(&work.lines, &findings, &work.standings(&findings), weights, &around);
    let mut standings: Vec<(Scope, Status)> = stands.iter().map(|stand| stand.likeliest).collect();
    arithmetic::add_up(&findings, &mut standings);
    entries::outdate(&work.lines, &findings, &mut standings);
    for (stand, standing) in stands.iter_mut().zip(&standings).filter(|(stand, standing)| stand.likeliest != **standing)
    {
        // What adds up to a whole stands as the whole does; what a newer entry outdates is no news.
        stand.whole_now = if *standing == WHOLE_NOW { 1.0 } else { 0.0 };
    }
    let sources = work.sources(&findings, &standings);
    let scores = source_scores(work, &findings, &sources, weights);
    let name = |(at, scores)| work.name(&sources, at, best(scores).0).map(str::to_owned);
    let chosen = sources.of_each_finding(&scores).enumerate().map(name).collect();
    let sure: Vec<f32> = findings.iter().map(|f| weights.calibration.sure(odds(guesses[f.place].sure))).collect();
    let headline = |at: usize| {
        let (group, share) = groups[at];
        // A group that grammar settled is out of doubt.
        let of_group = if findings[at].group == Group::ALL[group] { share } else { 1.0 };
        confidence(sure[at] * of_group * stands[at].whole_now)
    };
    let headlines = (0..findings.len()).map(headline).collect();
    let confidences = sure.into_iter().map(confidence).collect();
    Judged { sources: chosen, findings, standings, confidences, headlines }
}

/// Gives the findings their groups, first each by itself, then with whom the others count; returns the likeliest group of
/// each by the weights, with how likely it is.
fn group(work: &Work, findings: &mut [Finding], weights: &Weights, around: &LookedUp<3>) -> Vec<(usize, f32)> {
    let by_itself =
        |(question, finding): (_, &Finding)| weights.group().scores_with(question, around.of(finding.place));
    let mut scores: Vec<Scores> = work.groups(findings).iter().zip(&*findings).map(by_itself).collect();
    let likeliest = |scores: &[Scores]| scores.iter().map(|scores| Group::ALL[best(scores).0]).collect::<Vec<_>>();
    settle_groups(&work.lines, findings, &likeliest(&scores));
    let again = weights.group_again.only();
    for (scores, question) in scores.iter_mut().zip(work.groups_again(findings).iter()) {
        again.scores(question).iter().zip(scores).for_each(|(again, score)| *score += again);
    }
    settle_groups(&work.lines, findings, &likeliest(&scores));
    let share = |mut scores: Scores| {
        softmax(&mut scores);
        best(&scores)
    };
    scores.into_iter().map(share).collect()
}

/// Scope and status of what is news.
const WHOLE_NOW: (Scope, Status) = (Scope::Story, Status::Current);

/// How many labels all scopes and statuses are together.
const ALL_STANDINGS: usize = Scope::ALL.len() + Status::ALL.len();

/// How a finding stands.
struct Stand {
    /// The likeliest scope and status.
    likeliest: (Scope, Status),
    /// How likely it is a whole count of now.
    whole_now: f32,
}

/// Scope and status of every finding: first by itself, then with how the others are judged.
fn stand(
    lines: &[Line],
    findings: &[Finding],
    standings: &Standings,
    weights: &Weights,
    around: &LookedUp<3>,
) -> Vec<Stand> {
    let judged = |scores: &Scores| {
        let (scopes, statuses) = scores[..ALL_STANDINGS].split_at(Scope::ALL.len());
        (Scope::ALL[best(scopes).0], Status::ALL[best(statuses).0])
    };
    let by_itself =
        |(question, finding): (_, &Finding)| weights.standing().scores_with(question, around.of(finding.place));
    let mut scores: Vec<Scores> = standings.questions.iter().zip(findings).map(by_itself).collect();
    let first: Vec<(Scope, Status)> = scores.iter().map(judged).collect();
    let again = standings.again(&first);
    for (scores, again) in scores.iter_mut().zip(again.iter()) {
        again.own().for_each(|facts| weights.standing_again.only().add_facts(scores, facts));
    }
    let decided = |(mut scores, finding): (Scores, &Finding)| {
        let (scope, status) = judged(&scores);
        let (scopes, statuses) = scores[..ALL_STANDINGS].split_at_mut(Scope::ALL.len());
        softmax(scopes);
        softmax(statuses);
        let (whole, now) = (scopes[Scope::Story as usize], statuses[Status::Current as usize]);
        let line = &lines[finding.line];
        // "Another 143": what is added to a count is a piece of it.
        let piece = line.counts[finding.count].increment.then_some(Scope::Part);
        // What is a piece may be a piece of something else.
        let settled = (scope == Scope::Story).then(|| piece.or_else(|| settled::scope(line, finding.count))).flatten();
        let (scope, whole) = settled.map_or((scope, whole), |scope| (scope, 0.0));
        let (status, now) = match settled::status(line, finding.count) {
            Some(status) => (status, if status == Status::Current { 1.0 } else { 0.0 }),
            None => (status, now),
        };
        Stand { likeliest: (scope, status), whole_now: whole * now }
    };
    scores.into_iter().zip(findings).map(decided).collect()
}

/// The scores of those who may have counted, finding after finding: first by themselves, then with who counted the
/// others.
fn source_scores(work: &Work, findings: &[Finding], sources: &Sources, weights: &Weights) -> Vec<f32> {
    let mut scores = weights.source.only().of_each(&sources.facts);
    let first: Vec<usize> = sources.of_each_finding(&scores).map(|scores| best(scores).0).collect();
    let again = weights.source_again.only().of_each(&work.sources_again(findings, sources, &first));
    scores.iter_mut().zip(again).for_each(|(score, again)| *score += again);
    scores
}

/// A likelihood in the form in which it is given.
fn confidence(likely: f32) -> Confidence {
    // A share between nought and one, so the cast cannot lose anything.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Confidence::per_mille((likely * 1_000.0).round() as u16)
}

/// One decision on a number, with what each fact added to it over its strongest rival.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What was decided: "measure", "group", "scope", "status", "source".
    pub on: &'static str,
    /// The answer: "killed", or "none" for a number that counts nobody.
    pub answer: String,
    /// How much likelier than all others, 0 to 1, before grammar and arithmetic have their say.
    pub sure: f32,
    /// The strongest rival; empty where there was none.
    pub rival: String,
    /// The facts that weigh most, the strongest first, each with what it adds to the answer over the rival.
    pub facts: Vec<(String, f32)>,
}

/// So many facts of a decision are told.
const MOST_FACTS: usize = 12;

/// What decided on each number of an article, which must have been taken apart with the names of its facts.
pub fn decisions(work: &Work, weights: &Weights) -> Vec<(Span, Vec<Decision>)> {
    let around = weights.counted.look_up(&work.around);
    let guesses = guesses(work, weights, &around);
    let measures: Vec<Option<Measure>> = guesses.iter().map(|guess| guess.measure).collect();
    let mut told: Vec<(Span, Vec<Decision>)> = (work.places.iter().zip(work.around.iter()))
        .map(|(place, around)| {
            let span = place.count(&work.lines).span(&work.lines[place.line].tokens);
            (span, vec![decision("measure", weights.measure(), around, 0..1 + Measure::ALL.len())])
        })
        .collect();
    let mut findings = work.findings(&measures);
    let questions = work.groups(&findings);
    for (finding, question) in findings.iter().zip(questions.iter()) {
        told[finding.place].1.push(decision("group", weights.group(), question, 0..Group::ALL.len()));
    }
    drop(questions);
    group(work, &mut findings, weights, &around);
    let standings = work.standings(&findings);
    for (finding, question) in findings.iter().zip(standings.questions.iter()) {
        let decisions = &mut told[finding.place].1;
        decisions.push(decision("scope", weights.standing(), question, 0..Scope::ALL.len()));
        decisions.push(decision("status", weights.standing(), question, Scope::ALL.len()..ALL_STANDINGS));
    }
    let settled = stand(&work.lines, &findings, &standings, weights, &around);
    let settled: Vec<(Scope, Status)> = settled.iter().map(|stand| stand.likeliest).collect();
    let sources = work.sources(&findings, &settled);
    let scores = source_scores(work, &findings, &sources, weights);
    for ((at, finding), scores) in findings.iter().enumerate().zip(sources.of_each_finding(&scores)) {
        told[finding.place].1.push(choice(work, &sources, at, scores.to_vec(), weights.source.only()));
    }
    told
}

/// The likeliest of some labels, its strongest rival, and the facts that decide between them.
fn decision(on: &'static str, weights: Judgement<3>, question: Question, labels: Range<usize>) -> Decision {
    let names = &weights.labels()[labels.clone()];
    let scores = &mut weights.scores(question)[labels.clone()];
    softmax(scores);
    let (winner, rival, sure) = two_best(scores);
    let mut facts: HashMap<String, f32> = HashMap::default();
    for (label, sign) in [(winner, 1.0), (rival, -1.0)] {
        for (fact, weight) in weights.contributions(question, labels.start + label) {
            *facts.entry(fact).or_default() += sign * weight;
        }
    }
    Decision { on, answer: names[winner].clone(), sure, rival: names[rival].clone(), facts: strongest(facts) }
}

/// The source chosen, and the one that came next.
fn choice(work: &Work, sources: &Sources, finding: usize, mut scores: Vec<f32>, weights: Judgement) -> Decision {
    softmax(&mut scores);
    let (winner, rival, sure) = two_best(&scores);
    let name = |at: usize| work.name(sources, finding, at).unwrap_or("the outlet itself").to_owned();
    let mut facts: HashMap<String, f32> = HashMap::default();
    for (at, sign) in [(winner, 1.0), (rival, -1.0)] {
        for (fact, weight) in weights.contributions_to(sources.facts.get(finding), at) {
            *facts.entry(fact.to_owned()).or_default() += sign * weight;
        }
    }
    let rival = if rival == winner { String::new() } else { name(rival) };
    Decision { on: "source", answer: name(winner), sure, rival, facts: strongest(facts) }
}

/// The places of the highest and of the second highest share, and the first of these shares; one place twice where there
/// is no other.
fn two_best(shares: &[f32]) -> (usize, usize, f32) {
    let (winner, sure) = best(shares);
    let others = shares.iter().enumerate().filter(|(at, _)| *at != winner);
    let rival = others.max_by(|a, b| a.1.total_cmp(b.1)).map_or(winner, |(at, _)| at);
    (winner, rival, sure)
}

fn strongest(facts: HashMap<String, f32>) -> Vec<(String, f32)> {
    let mut facts: Vec<(String, f32)> = facts.into_iter().collect();
    facts.retain(|(_, weight)| weight.abs() >= 0.01);
    facts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(&b.0)));
    facts.truncate(MOST_FACTS);
    facts
}
