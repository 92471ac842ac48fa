//! A small linear model: facts vote for labels with weights, the heaviest label wins (multinomial logistic regression).

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use crate::extract::facts::{Candidates, Listed, MOST_LISTS, Question};
use crate::extract::hashed::{AsItIs, Hash, Hashed};

/// Weights by fact, one for each label.
#[derive(Debug, Clone)]
pub struct Linear {
    labels: Vec<String>,
    /// The facts that weigh anything, by their hashes, each at a place that the hash tells or at the next free one; 0 is
    /// nobody's hash. There are as many places as a power of two, at least twice as many as facts.
    facts: Vec<u64>,
    /// By the same places, which fact of the table that is.
    row_of: Vec<u32>,
    /// What each fact weighs for each label, in the order of the table; empty where there are no labels.
    rows: Vec<Row>,
    /// What it weighs for the answer that it is told of.
    it: Vec<f32>,
}

/// Weights of a fact for the labels, nought behind the last.
type Row = [f32; MOST_LABELS];

/// A row is as wide for any number of labels, so that it is added at a stroke.
const MOST_LABELS: usize = 8;

impl Linear {
    /// Reads weights: a header `fact<tab>label<tab>label…<tab>it`, then a line a fact with its weights in hundredths, an
    /// empty cell for none; in the last column what it weighs for the one answer of which it is told. Lines that begin with `#` are notes.
    ///
    /// # Errors
    /// The line that is not of that form.
    pub fn parse(table: &str) -> Result<Self, String> {
        let mut lines = table.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
        let header = lines.next().ok_or("no header")?;
        let mut labels: Vec<String> = header.split('\t').skip(1).map(str::to_owned).collect();
        if labels.pop().is_none_or(|last| last != IT) {
            return Err(format!("the last column is not `{IT}`: {header}"));
        }
        if labels.len() > MOST_LABELS {
            return Err(format!("more than {MOST_LABELS} labels: {header}"));
        }
        let places = (2 * table.lines().count()).next_power_of_two();
        let mut read =
            Self { facts: vec![0; places], row_of: vec![0; places], rows: Vec::new(), it: Vec::new(), labels };
        for line in lines {
            let mut cells = line.split('\t');
            let fact = Hash::of(cells.next().unwrap_or_default()).id();
            let mut weights = Vec::with_capacity(MOST_LABELS + 1);
            for cell in cells {
                let hundredths = if cell.is_empty() { Ok(0) } else { cell.parse::<i16>() };
                weights.push(f32::from(hundredths.map_err(|_| format!("no weights: {line}"))?) / 100.0);
            }
            let it = weights.pop().filter(|_| weights.len() == read.labels.len());
            let it = it.ok_or_else(|| format!("{} labels, other weights: {line}", read.labels.len()))?;
            let Err(free) = read.find(fact) else { return Err(format!("a fact told twice: {line}")) };
            read.facts[free] = fact;
            read.row_of[free] = u32::try_from(read.it.len()).map_err(|_| "too many facts")?;
            read.it.push(it);
            if !weights.is_empty() {
                let mut row = [0.0; MOST_LABELS];
                row[..weights.len()].copy_from_slice(&weights);
                read.rows.push(row);
            }
        }
        Ok(read)
    }

    /// The place of a fact, or else the free one where it is not.
    fn find(&self, fact: u64) -> Result<usize, usize> {
        let last = self.facts.len() - 1;
        // Of the upper half of the product, in which all bits of the hash have a part.
        let mut at = (fact.wrapping_mul(SPREAD) >> 32) as usize & last;
        loop {
            match self.facts[at] {
                known if known == fact => return Ok(at),
                0 => return Err(at),
                _ => at = (at + 1) & last,
            }
        }
    }

    /// Which fact of the table it is; none of it where it weighs nothing.
    fn row(&self, fact: u64) -> Option<usize> {
        self.find(fact).ok().map(|place| self.row_of[place] as usize)
    }

    /// The labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What the facts add up to for each label. Facts without weights say nothing.
    pub fn scores(&self, question: Question) -> Vec<f32> {
        let mut scores = vec![0.0_f32; self.labels.len()];
        self.add(&mut scores, question);
        scores
    }

    /// Adds what is known of a question to what was known before.
    pub fn add(&self, scores: &mut [f32], question: Question) {
        let mut sums = [0.0; MOST_LABELS];
        sums[..scores.len()].copy_from_slice(scores);
        for facts in question.all() {
            for fact in facts.ids {
                if let Some(at) = self.row(*fact) {
                    sums.iter_mut().zip(&self.rows[at]).for_each(|(sum, weight)| *sum += weight);
                }
            }
        }
        let mut of_it = [0.0; MOST_LABELS];
        for (answer, fact) in question.answers.ids() {
            if let Some(at) = self.row(fact) {
                of_it[answer] += self.it[at];
            }
        }
        scores.iter_mut().zip(sums).zip(of_it).for_each(|((score, sum), of_it)| *score = sum + of_it);
    }

    /// What is known of each candidate adds up to for it.
    pub fn of_each(&self, candidates: &Candidates) -> Vec<f32> {
        let mut sums = [0.0_f32; MOST_LISTS];
        for (list, fact) in candidates.ids() {
            if let Some(at) = self.row(fact) {
                sums[list] += self.it[at];
            }
        }
        candidates.lists.iter().map(|list| sums[*list]).collect()
    }

    /// What a single fact weighs for the answer that it is told of.
    pub fn of_it(&self, fact: Hashed) -> f32 {
        self.weight_of_it(fact.id()).unwrap_or_default()
    }

    /// What each fact adds to a label, the strongest first: the explanation of a decision. Wants facts with names.
    pub fn contributions<'a>(&self, question: Question<'a>, label: usize) -> Vec<(&'a str, f32)> {
        let facts = question.all().flat_map(Listed::named);
        let facts = facts.filter_map(|(fact, name)| Some((name, self.rows[self.row(fact)?][label])));
        let of_it = question.answers.named(label).filter_map(|(fact, name)| Some((name, self.weight_of_it(fact)?)));
        let mut found: Vec<(&str, f32)> = facts.chain(of_it).collect();
        found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(b.0)));
        found
    }

    /// What each fact about one candidate adds to it. Wants facts with names.
    pub fn contributions_to<'a>(&self, candidates: &'a Candidates, candidate: usize) -> Vec<(&'a str, f32)> {
        candidates.named(candidate).filter_map(|(fact, name)| Some((name, self.weight_of_it(fact)?))).collect()
    }

    fn weight_of_it(&self, fact: u64) -> Option<f32> {
        self.row(fact).map(|at| self.it[at])
    }
}

/// An odd number whose bits look like chance.
const SPREAD: u64 = 0xff51_afd7_ed55_8ccd;

/// Scores to shares of one.
pub fn softmax(scores: &mut [f32]) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - highest).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// How weights are learnt.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Passes over all examples.
    pub rounds: usize,
    /// How large the first steps are.
    pub rate: f64,
    /// How strongly weights are drawn towards nought.
    pub shrink: f64,
    /// In how many examples a fact must be met, so that it is no accident of one story.
    pub least: usize,
}

/// A question with its right answer.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    /// What is known.
    pub question: Question<'a>,
    /// The place of the right label.
    pub label: usize,
    /// What other weights made of it already, to be bettered; nothing, or a score for each label.
    pub before: &'a [f32],
}

/// One place for which one of several candidates is chosen: the facts of each, and which are right.
pub struct Choice<'a> {
    /// The facts of every candidate.
    pub candidates: &'a Candidates,
    /// The places of those that are right; several may be.
    pub right: Vec<usize>,
    /// What other weights made of them already, to be bettered; nothing, or a score for each candidate.
    pub before: &'a [f32],
}

/// The name of the column of weights for the one answer that a fact is told of.
const IT: &str = "it";

/// Learns weights for labels from examples, deterministically: passes over all examples in the order given, with steps
/// that shrink for each fact as it has been seen (AdaGrad), and weights drawn towards nought. Returns the table that
/// [`Linear::parse`] reads.
pub fn learn<'a>(labels: &[&str], examples: &'a [Example<'a>], pace: Pace) -> String {
    let width = labels.len() + 1;
    let facts = |example: &'a Example| example.question.all().flat_map(Listed::named);
    let of_answers =
        |example: &'a Example| (0..labels.len()).flat_map(move |answer| example.question.answers.named(answer));
    let known = Known::of(examples.iter().flat_map(|example| facts(example).chain(of_answers(example))), pace.least);
    let mut weights = Weights::of(known.names.len() * width, pace);
    let compact: Vec<(Vec<u32>, Vec<Vec<u32>>)> = examples
        .iter()
        .map(|Example { question, .. }| {
            let of = |answer| known.places(question.answers.named(answer).map(|(fact, _)| fact));
            (known.places(question.all().flat_map(|facts| facts.ids).copied()), (0..labels.len()).map(of).collect())
        })
        .collect();
    let mut scores = vec![0.0_f64; labels.len()];
    for _ in 0..pace.rounds {
        for ((facts, answers), example) in compact.iter().zip(examples) {
            scores.fill(0.0);
            scores.iter_mut().zip(example.before).for_each(|(score, before)| *score = f64::from(*before));
            for fact in facts {
                let row = &weights.now[*fact as usize * width..][..width];
                scores.iter_mut().zip(row).for_each(|(score, weight)| *score += weight);
            }
            for (score, facts) in scores.iter_mut().zip(answers) {
                *score += facts.iter().map(|fact| weights.now[(*fact as usize + 1) * width - 1]).sum::<f64>();
            }
            shares(&mut scores);
            scores[example.label] -= 1.0;
            for fact in facts {
                for (k, error) in scores.iter().enumerate() {
                    weights.step(*fact as usize * width + k, *error);
                }
            }
            for (error, facts) in scores.iter().zip(answers) {
                facts.iter().for_each(|fact| weights.step((*fact as usize + 1) * width - 1, *error));
            }
        }
        weights.end_round();
    }
    weights.table(&[labels, &[IT]].concat(), &known)
}

/// Learns to choose one of several candidates, as [`learn`] does; the table has no label but that of the answer told of. Where several are
/// right, the one that is already likelier is learnt the more.
pub fn learn_choice<'a>(examples: &'a [Choice<'a>], pace: Pace) -> String {
    let facts = |choice: &'a Choice| (0..choice.candidates.lists.len()).flat_map(|at| choice.candidates.named(at));
    let known = Known::of(examples.iter().flat_map(facts), pace.least);
    let mut weights = Weights::of(known.names.len(), pace);
    let places = |choice: &Choice| -> Vec<Vec<u32>> {
        let of = |at| known.places(choice.candidates.named(at).map(|(fact, _)| fact));
        (0..choice.candidates.lists.len()).map(of).collect()
    };
    let compact: Vec<Vec<Vec<u32>>> = examples.iter().map(places).collect();
    for _ in 0..pace.rounds {
        for (candidates, Choice { right, before, .. }) in compact.iter().zip(examples) {
            let mut scores: Vec<f64> =
                candidates.iter().map(|facts| facts.iter().map(|fact| weights.now[*fact as usize]).sum()).collect();
            scores.iter_mut().zip(*before).for_each(|(score, before)| *score += f64::from(*before));
            shares(&mut scores);
            let all_right: f64 = right.iter().map(|at| scores[*at]).sum();
            for (at, facts) in candidates.iter().enumerate() {
                let wanted = if right.contains(&at) { scores[at] / all_right.max(1e-9) } else { 0.0 };
                facts.iter().for_each(|fact| weights.step(*fact as usize, scores[at] - wanted));
            }
        }
        weights.end_round();
    }
    weights.table(&[IT], &known)
}

/// Puts the tables of two models that weigh the same facts into one, with the labels of both. Their weights for single
/// answers are left out: neither may have any.
pub fn merged(one: &str, other: &str) -> String {
    let rows = |table: &str| -> (Vec<String>, BTreeMap<String, Vec<String>>) {
        let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
        let mut lines = table.lines().map(cells).map(|mut cells| {
            cells.pop();
            (cells.remove(0), cells)
        });
        let (_, labels) = lines.next().unwrap_or_default();
        (labels, lines.collect())
    };
    let ((labels, one), (more_labels, mut other)) = (rows(one), rows(other));
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (fact, mut weights) in one {
        weights.extend(other.remove(&fact).unwrap_or_else(|| vec![String::new(); more_labels.len()]));
        all.insert(fact, weights);
    }
    for (fact, weights) in other {
        all.insert(fact, [vec![String::new(); labels.len()], weights].concat());
    }
    let mut table = format!("fact\t{}\t{IT}\n", [labels, more_labels].concat().join("\t"));
    for (fact, weights) in all {
        let _ = writeln!(table, "{fact}\t{}\t", weights.join("\t"));
    }
    table
}

/// The facts that were met often enough to learn from, in the order of the alphabet, with their places.
struct Known<'a> {
    names: Vec<&'a str>,
    places: HashMap<u64, u32, AsItIs>,
}

impl<'a> Known<'a> {
    fn of(facts: impl Iterator<Item = (u64, &'a str)>, least: usize) -> Self {
        let mut times: HashMap<u64, (usize, &str), AsItIs> = HashMap::default();
        for (fact, name) in facts {
            times.entry(fact).or_insert((0, name)).0 += 1;
        }
        let often: BTreeMap<&str, u64> =
            times.into_iter().filter(|(_, (n, _))| *n >= least).map(|(fact, (_, name))| (name, fact)).collect();
        let names: Vec<&str> = often.keys().copied().collect();
        let places = often.into_values().zip(0..).collect();
        Self { names, places }
    }

    fn places(&self, facts: impl Iterator<Item = u64>) -> Vec<u32> {
        facts.filter_map(|fact| self.places.get(&fact).copied()).collect()
    }
}

/// Scores to shares of one.
fn shares(scores: &mut [f64]) {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter_mut().for_each(|score| *score = (*score - highest).exp());
    let sum: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// Weights while they are learnt.
struct Weights {
    now: Vec<f64>,
    /// The sum over the ends of all rounds: their mean depends less on the order of the examples.
    sum: Vec<f64>,
    rounds: usize,
    squares: Vec<f64>,
    pace: Pace,
}

impl Weights {
    fn of(count: usize, pace: Pace) -> Self {
        Self { now: vec![0.0; count], sum: vec![0.0; count], rounds: 0, squares: vec![1e-6; count], pace }
    }

    fn step(&mut self, at: usize, error: f64) {
        let step = error + self.pace.shrink * self.now[at];
        self.squares[at] += step * step;
        self.now[at] -= self.pace.rate * step / self.squares[at].sqrt();
    }

    fn end_round(&mut self) {
        self.sum.iter_mut().zip(&self.now).for_each(|(sum, now)| *sum += now);
        self.rounds += 1;
    }

    fn table(&self, labels: &[&str], known: &Known) -> String {
        let mut table = format!("fact\t{}\n", labels.join("\t"));
        let width = labels.len();
        for (at, fact) in known.names.iter().enumerate() {
            let row = self.sum[at * width..][..width].iter().map(|sum| 100.0 * sum / self.rounds.max(1) as f64);
            let row: Vec<i64> = row.map(|weight| weight.round() as i64).collect();
            if row.iter().all(|weight| weight.abs() < LEAST_WEIGHT) {
                continue;
            }
            table.push_str(fact);
            for weight in row {
                let _ = if weight.abs() < LEAST_WEIGHT { write!(table, "\t") } else { write!(table, "\t{weight}") };
            }
            table.push('\n');
        }
        table
    }
}

/// Weights of fewer hundredths are left out of a table.
const LEAST_WEIGHT: i64 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::facts::{Questions, fact};

    fn question(names: &[&str], hint: usize) -> Questions<'static> {
        let mut questions = Questions::new(1, names.len(), 1, true);
        names.iter().for_each(|name| fact!(questions.facts, *name));
        fact!(questions.answers.of(hint), "hinted");
        questions.end(Listed::default());
        questions
    }

    #[test]
    fn what_was_learnt_is_told_again_and_always_the_same() {
        let (wet, dry) = (question(&["always", "wet"], 0), question(&["always", "dry"], 1));
        let both = [(wet.get(0), 0), (dry.get(0), 1)];
        let examples: Vec<_> =
            both.repeat(20).into_iter().map(|(question, label)| Example { question, label, before: &[] }).collect();
        let pace = Pace { rounds: 10, rate: 0.1, shrink: 1e-4, least: 4 };
        let table = learn(&["rain", "sun"], &examples, pace);
        assert_eq!(table, learn(&["rain", "sun"], &examples, pace));
        let model = Linear::parse(&table).expect("a table just made");
        let scores = model.scores(wet.get(0));
        assert!(scores[0] > scores[1], "{table}");
        let wet = question(&["wet"], 0);
        let (strongest, weight) = model.contributions(wet.get(0), 0)[0];
        assert!(["wet", "hinted"].contains(&strongest) && weight > 0.0);
        // A hint speaks for whichever answer it is given of.
        let hint = model.scores(question(&[], 1).get(0));
        assert!(hint[1] > hint[0]);
    }
}
