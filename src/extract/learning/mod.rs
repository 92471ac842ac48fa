//! Learning: labelled articles to the weights by which others are read. Deterministic; nothing here runs when reading.
//!
//! Every judgement that rests on others is learnt from what those others are without having seen the story at hand: the
//! stories are parted into folds, and each fold is judged by weights learnt from the rest. What came out for the folds is
//! also what is reported: no story is measured by weights that have seen it.

mod fit;
mod labelled;
mod report;

use std::collections::{BTreeMap, HashSet};

pub use labelled::{Label, Labelled, from_markup};
pub use report::Report;

use crate::extract::calibration::Calibration;
use crate::extract::discourse::Finding;
use crate::extract::facts::company::Guess;
use crate::extract::facts::{Candidates, Question, Questions};
use crate::extract::learning::fit::{Chosen, Example, Pace, learn as fit, learn_choice, merged};
use crate::extract::lexicon;
use crate::extract::linear::Linear;
use crate::extract::source::Sources;
use crate::extract::weights::{NONE, best, guess, odds};
use crate::extract::work::{Work, settle_groups};
use crate::model::{Group, Measure, Scope, Status};

/// So many folds are judged by weights learnt from the others.
const FOLDS: usize = 4;

// Found by trying. Facts met in fewer examples win no more than chance on stories that were not learnt from, and cost room.
const MEASURE: Pace = Pace { rounds: 6, batch: 128, rate: 0.002, withheld: 0.15, shrink: 0.0, rare: 0.0, least: 12 };
const GROUP: Pace = Pace { rounds: 10, batch: 128, rate: 0.002, withheld: 0.0, shrink: 0.0, rare: 0.0, least: 20 };
const GROUP_AGAIN: Pace = Pace { rounds: 4, least: 60, ..GROUP };
const STANDING: Pace = Pace { rounds: 8, batch: 128, rate: 0.003, withheld: 0.2, shrink: 1.0, rare: 10.0, least: 24 };
const SOURCE: Pace = Pace { rounds: 8, batch: 16, rate: 0.0015, withheld: 0.0, shrink: 0.02, rare: 2.0, least: 12 };

/// An article taken apart, with its labels laid beside its counts.
struct Case {
    work: Work,
    /// As [`Labelled::weight`].
    weight: f32,
    /// As [`Labelled::source_weight`].
    source_weight: f32,
    fold: usize,
    /// The label of every count, where it has one.
    labels: Vec<Option<Label>>,
}

/// How far from a label's place, in bytes, a count may stand that is meant by it.
const MOST_APART: usize = 40;

impl Case {
    fn of(labelled: &Labelled) -> Option<Self> {
        let work = Work::of(&labelled.article, lexicon::for_language("en")?, true);
        // Pairs of the same value, the nearest first, each count and each label once.
        let mut options = Vec::new();
        for (g, label) in labelled.labels.iter().enumerate() {
            for (at, place) in work.places.iter().enumerate() {
                let quantity = place.count(&work.lines).quantity;
                let start = place.count(&work.lines).span(&work.lines[place.line].tokens).start;
                let far = start.abs_diff(label.start);
                if (quantity.low(), quantity.high()) == (label.low, label.high) && far <= MOST_APART {
                    options.push((far, g, at));
                }
            }
        }
        options.sort_unstable();
        let mut labels: Vec<Option<Label>> = vec![None; work.places.len()];
        let mut taken = vec![false; labelled.labels.len()];
        for (_, g, at) in options {
            if labels[at].is_none() && !std::mem::replace(&mut taken[g], true) {
                labels[at] = Some(labelled.labels[g].clone());
            }
        }
        let Labelled { weight, source_weight, .. } = *labelled;
        Some(Self { work, weight, source_weight, fold: labelled.fold(), labels })
    }

    /// The label of a finding, if it is right in value and measure.
    fn label_of(&self, finding: &Finding) -> Option<&Label> {
        self.labels[finding.place].as_ref().filter(|label| label.measure == finding.measure)
    }
}

/// Tables of weights by their names, as [`crate::extract::Weights::parse`] reads them.
pub type Tables = BTreeMap<&'static str, String>;

/// All weights, and how well they did on stories that they had not seen.
#[derive(Debug)]
pub struct Learnt {
    /// What was learnt from all articles.
    pub tables: Tables,
    /// What was learnt without each fold, by which its articles are read as unseen ones are.
    pub without: Vec<Tables>,
    /// What the folds showed.
    pub report: Report,
}

impl Labelled {
    /// The fold of its story.
    pub fn fold(&self) -> usize {
        // FNV-1a with 64 bits.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = "fold of ".bytes().chain(self.story.bytes()).fold(0xcbf2_9ce4_8422_2325, step);
        usize::try_from(hash % FOLDS as u64).unwrap_or_default()
    }
}

/// Learns all weights.
pub fn learn(articles: &[Labelled]) -> Learnt {
    let cases: Vec<Case> = articles.iter().filter_map(Case::of).collect();
    let mut shelves = vec![Tables::new(); FOLDS + 1];
    let mut report = Report::default();
    let set = |c: usize| articles[c].set.as_str();

    let guesses: Vec<Vec<Guess>> = {
        let labels: Vec<&str> = std::iter::once(NONE).chain(Measure::ALL.iter().map(|m| m.as_str())).collect();
        let wanted =
            |c: usize, at: usize| Some(cases[c].labels[at].as_ref().map_or(0, |label| 1 + label.measure as usize));
        let questions: Vec<&Questions> = cases.iter().map(|case| &case.work.around).collect();
        let (table, scores) = crossed(&cases, &labels, &questions, None, &wanted, MEASURE);
        put(&mut shelves, "measure", table);
        scores.iter().map(|scores| scores.iter().map(|scores| guess(scores)).collect()).collect()
    };
    for (c, (case, guesses)) in cases.iter().zip(&guesses).enumerate() {
        let real = articles[c].labels.len();
        let read: Vec<bool> = (case.labels.iter().zip(guesses))
            .filter(|(_, guess)| guess.measure.is_some())
            .map(|(label, guess)| label.as_ref().map(|l| l.measure) == guess.measure)
            .collect();
        report.found(set(c), real, &read);
    }
    let calibration = calibration(&cases, &guesses, &mut report);
    put(&mut shelves, "calibration", vec![calibration; FOLDS + 1]);

    let mut findings: Vec<Vec<Finding>> = cases
        .iter()
        .zip(&guesses)
        .map(|(case, guesses)| case.work.findings(&guesses.iter().map(|g| g.measure).collect::<Vec<_>>()))
        .collect();
    groups(&cases, &mut findings, &mut shelves);
    let standings = standings(&cases, &findings, &mut shelves);
    let sources = sources(&cases, &findings, &standings, &mut shelves);
    for (c, found) in findings.iter().enumerate() {
        for (at, finding) in found.iter().enumerate() {
            let Some(label) = cases[c].label_of(finding) else { continue };
            let (scope, status) = standings[c][at];
            report.right(set(c), "group", finding.group == label.group);
            report.right(set(c), "scope", scope == label.scope);
            report.right(set(c), "status", status == label.status);
            report.right(set(c), "source", sources[c][at]);
        }
    }
    let tables = shelves.pop().unwrap_or_default();
    Learnt { tables, without: shelves, report }
}

/// Lays the tables of a judgement on their shelves: those learnt without each fold, and the one learnt from all.
fn put(shelves: &mut [Tables], name: &'static str, tables: Vec<String>) {
    for (shelf, table) in shelves.iter_mut().zip(tables) {
        shelf.insert(name, table);
    }
}

/// What is learnt without each fold, and at last from all; side by side, since each is by itself.
fn with_and_without(learnt_without: impl Fn(Option<usize>) -> String + Sync) -> Vec<String> {
    std::thread::scope(|scope| {
        let learnt_without = &learnt_without;
        let folds = (0..FOLDS).map(Some).chain([None]);
        let running: Vec<_> = folds.map(|fold| scope.spawn(move || learnt_without(fold))).collect();
        running.into_iter().map(|fold| fold.join().expect("learning does not panic")).collect()
    })
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|value| word(*value)).collect()
}

/// For every case and every question in it the score of each label.
type Scores = Vec<Vec<Vec<f32>>>;

/// Learns weights without each fold and from all cases, and scores each case by weights that were learnt from the other folds. `label` tells
/// the right answer to the question at a place in a case; questions without one teach nothing. `before` are scores that
/// are to be bettered, if there are any.
fn crossed(
    cases: &[Case],
    labels: &[&str],
    questions: &[&Questions],
    before: Option<&Scores>,
    label: &(dyn Fn(usize, usize) -> Option<usize> + Sync),
    pace: Pace,
) -> (Vec<String>, Scores) {
    let scored = |c: usize, at: usize| before.map_or(&[][..], |scores| scores[c][at].as_slice());
    let learnt_without = |fold: Option<usize>| {
        let kept = questions.iter().enumerate().filter(|(c, _)| Some(cases[*c].fold) != fold);
        let examples: Vec<Example> = kept
            .flat_map(|(c, all)| all.iter().enumerate().map(move |(at, question)| (c, at, question)))
            .filter_map(|(c, at, question)| {
                let (label, before, weight) = (label(c, at)?, scored(c, at), cases[c].weight);
                Some(Example { question, label, before, weight })
            })
            .collect();
        fit(labels, &examples, pace)
    };
    let tables = with_and_without(learnt_without);
    let models: Vec<Linear> = tables[..FOLDS].iter().map(|table| parsed(table)).collect();
    let of_one = |c: usize, at: usize, question: Question| {
        let mut scores = models[cases[c].fold].only().scores(question)[..labels.len()].to_vec();
        scores.iter_mut().zip(scored(c, at)).for_each(|(score, before)| *score += before);
        scores
    };
    let of_case = |(c, all): (usize, &&Questions)| all.iter().enumerate().map(|(at, q)| of_one(c, at, q)).collect();
    (tables, questions.iter().enumerate().map(of_case).collect())
}

fn parsed(table: &str) -> Linear {
    Linear::parse(table).expect("a table that was just made")
}

/// So much the odds of every reading are lowered, so that a confidence is rather too low than too high: who is told
/// nine in ten shall find more than that.
const CAUTION: f64 = 0.25;

/// The scale and the shift by which the odds of a reading come true as often as they say (Platt's scaling).
fn calibration(cases: &[Case], guesses: &[Vec<Guess>], report: &mut Report) -> String {
    let mut said: Vec<(f64, bool)> = Vec::new();
    for (case, guesses) in cases.iter().zip(guesses) {
        for (label, guess) in case.labels.iter().zip(guesses).filter(|(_, guess)| guess.measure.is_some()) {
            let right = label.as_ref().is_some_and(|label| Some(label.measure) == guess.measure);
            said.push((odds(guess.sure).into(), right));
        }
    }
    let sure = |odds: f64, scale: f64, shift: f64| 1.0 / (1.0 + (-(scale * odds + shift)).exp());
    let (mut scale, mut shift) = (1.0, 0.0);
    for _ in 0..2_000 {
        let (mut of_scale, mut of_shift) = (0.0, 0.0);
        for (odds, right) in &said {
            let error = sure(*odds, scale, shift) - f64::from(u8::from(*right));
            of_scale += error * odds;
            of_shift += error;
        }
        scale -= of_scale / said.len().max(1) as f64 / 2.0;
        shift -= of_shift / said.len().max(1) as f64 / 2.0;
    }
    shift -= CAUTION;
    said.iter().for_each(|(odds, right)| report.said(sure(*odds, scale, shift), *right));
    #[expect(clippy::cast_possible_truncation, reason = "both are small")]
    let found = Calibration { scale: scale as f32, shift: shift as f32 };
    found.write()
}

/// Learns whom findings count, first by themselves, then with whom the others count; and gives them the groups so judged.
fn groups(cases: &[Case], findings: &mut [Vec<Finding>], shelves: &mut [Tables]) {
    let labels = words(Group::ALL, Group::as_str);
    let mut before: Option<Scores> = None;
    for (name, pace) in [("group", GROUP), ("group-again", GROUP_AGAIN)] {
        let of_case = |c: usize| match before {
            None => cases[c].work.groups(&findings[c]),
            Some(_) => cases[c].work.groups_again(&findings[c]),
        };
        let questions: Vec<Questions> = (0..cases.len()).map(of_case).collect();
        let questions: Vec<&Questions> = questions.iter().collect();
        let label = |c: usize, at: usize| cases[c].label_of(&findings[c][at]).map(|l| l.group as usize);
        let (table, scores) = crossed(cases, &labels, &questions, before.as_ref(), &label, pace);
        put(shelves, name, table);
        drop(questions);
        for ((case, found), scores) in cases.iter().zip(findings.iter_mut()).zip(&scores) {
            let judged: Vec<Group> = scores.iter().map(|scores| Group::ALL[best(scores).0]).collect();
            settle_groups(&case.work.lines, found, &judged);
        }
        before = Some(scores);
    }
}

/// Learns scope and status, first by themselves, then with how the others are judged.
fn standings(cases: &[Case], findings: &[Vec<Finding>], shelves: &mut [Tables]) -> Vec<Vec<(Scope, Status)>> {
    let standings: Vec<_> = cases.iter().zip(findings).map(|(case, found)| case.work.standings(found)).collect();
    let scope = |c: usize, at: usize| cases[c].label_of(&findings[c][at]).map(|l| l.scope as usize);
    let status = |c: usize, at: usize| cases[c].label_of(&findings[c][at]).map(|l| l.status as usize);
    let mut crossed_both = |questions: &[&Questions], before: Option<&(Scores, Scores)>, name: &'static str| {
        let before = (before.map(|b| &b.0), before.map(|b| &b.1));
        let labels = words(Scope::ALL, Scope::as_str);
        let (of_scope, scopes) = crossed(cases, &labels, questions, before.0, &scope, STANDING);
        let labels = words(Status::ALL, Status::as_str);
        let (of_status, statuses) = crossed(cases, &labels, questions, before.1, &status, STANDING);
        put(shelves, name, of_scope.iter().zip(&of_status).map(|(scope, status)| merged(scope, status)).collect());
        (scopes, statuses)
    };
    let judged = |scores: &(Scores, Scores)| -> Vec<Vec<(Scope, Status)>> {
        let of_one = |(a, b): (&Vec<f32>, &Vec<f32>)| (Scope::ALL[best(a).0], Status::ALL[best(b).0]);
        scores.0.iter().zip(&scores.1).map(|(a, b)| a.iter().zip(b).map(of_one).collect()).collect()
    };
    let questions: Vec<&Questions> = standings.iter().map(|s| &s.questions).collect();
    let first = crossed_both(&questions, None, "standing");
    let again: Vec<Questions> = standings.iter().zip(judged(&first)).map(|(s, first)| s.again(&first)).collect();
    let again: Vec<&Questions> = again.iter().collect();
    judged(&crossed_both(&again, Some(&first), "standing-again"))
}

/// Learns who counted; tells of every finding with a label whether the right one was chosen.
fn sources(
    cases: &[Case],
    findings: &[Vec<Finding>],
    standings: &[Vec<(Scope, Status)>],
    shelves: &mut [Tables],
) -> Vec<Vec<bool>> {
    let together = cases.iter().zip(findings).zip(standings);
    let sources: Vec<Sources> = together.map(|((case, found), stand)| case.work.sources(found, stand)).collect();
    let right = |c: usize, at: usize| -> Vec<usize> {
        let Some(label) = cases[c].label_of(&findings[c][at]) else { return Vec::new() };
        let name = |candidate: usize| cases[c].work.name(&sources[c], at, candidate).unwrap_or_default();
        (0..sources[c].names(at).len()).filter(|i| same_source(&label.source, name(*i))).collect()
    };
    let mut crossed = |facts: &[&Candidates], before: Option<&Scores>, name: &'static str| -> Scores {
        let scored = |c: usize, at: usize| before.map_or(&[][..], |scores| scores[c][at].as_slice());
        let tables = with_and_without(|fold| {
            let kept = facts.iter().enumerate().filter(|(c, _)| Some(cases[*c].fold) != fold);
            let examples: Vec<Chosen> = kept
                .flat_map(|(c, all)| all.iter().enumerate().map(move |(at, candidates)| (c, at, candidates)))
                .map(|(c, at, candidates)| {
                    let (right, before, weight) = (right(c, at), scored(c, at), cases[c].source_weight);
                    Chosen { candidates, right, before, weight }
                })
                .filter(|choice| !choice.right.is_empty())
                .collect();
            learn_choice(&examples, SOURCE)
        });
        let models: Vec<Linear> = tables[..FOLDS].iter().map(|table| parsed(table)).collect();
        put(shelves, name, tables);
        let of_one = |c: usize, at: usize, scores: &[f32]| -> Vec<f32> {
            let mut scores = scores.to_vec();
            scores.iter_mut().zip(scored(c, at)).for_each(|(score, before)| *score += before);
            scores
        };
        let of_case = |(c, all): (usize, &&Candidates)| -> Vec<Vec<f32>> {
            let scores = models[cases[c].fold].only().of_each(all);
            sources[c].of_each_finding(&scores).enumerate().map(|(at, scores)| of_one(c, at, scores)).collect()
        };
        facts.iter().enumerate().map(of_case).collect()
    };
    let facts: Vec<&Candidates> = sources.iter().map(|sources| &sources.facts).collect();
    let first = crossed(&facts, None, "source");
    let again: Vec<Candidates> = (0..cases.len())
        .map(|c| {
            let chosen: Vec<usize> = first[c].iter().map(|scores| best(scores).0).collect();
            cases[c].work.sources_again(&findings[c], &sources[c], &chosen)
        })
        .collect();
    let again: Vec<&Candidates> = again.iter().collect();
    let scores = crossed(&again, Some(&first), "source-again");
    let of_case = |(c, all): (usize, &Vec<Vec<f32>>)| {
        all.iter().enumerate().map(|(at, scores)| right(c, at).contains(&best(scores).0)).collect()
    };
    scores.iter().enumerate().map(of_case).collect()
}

/// Whether two names mean one source: half of the words of the shorter one in common, or the initials of the other.
fn same_source(label: &str, read: &str) -> bool {
    const SMALL: [&str; 9] = ["the", "of", "for", "and", "a", "an", "s", "in", "on"];
    let (label, read) = (label.trim().to_lowercase(), read.trim().to_lowercase());
    if label.is_empty() || read.is_empty() {
        return label == read;
    }
    let words = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let telling =
        |name: &str| -> HashSet<String> { words(name).into_iter().filter(|w| !SMALL.contains(&w.as_str())).collect() };
    let initials = |name: &str| -> String {
        let telling = words(name).into_iter().filter(|w| !["of", "the", "for", "and"].contains(&w.as_str()));
        telling.filter_map(|w| w.chars().next()).collect()
    };
    let (a, b) = (telling(&label), telling(&read));
    let common = a.intersection(&b).count();
    (common > 0 && common * 2 >= a.len().min(b.len())) || initials(&label) == read || initials(&read) == label
}
