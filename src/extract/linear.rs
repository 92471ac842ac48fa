//! A small linear model: facts vote for labels with weights, the heaviest label wins (multinomial logistic regression).

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::extract::facts::{Candidates, Choice, Listed, Question, Questions, Told};
use crate::extract::hashed::{AsItIs, Hash};
use crate::extract::spread::Spread;
use crate::extract::table;

/// What facts weigh in a judgement, or in several that rest on the same facts.
#[derive(Debug, Clone)]
pub struct Linear<const JUDGEMENTS: usize = 1> {
    /// The labels of each judgement.
    labels: [Vec<String>; JUDGEMENTS],
    /// What each fact weighs in each judgement. Three judgements and the hash fill a line of the processor's cache, so that a
    /// look-up waits for memory once.
    rows: Spread<[Row; JUDGEMENTS]>,
}

/// What a fact weighs in a judgement, in hundredths: a table of them is half as large as one of scores.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row {
    /// For each label, nought behind the last: as wide for any number of them, so that it is added at a stroke.
    labels: [i16; MOST_LABELS],
    /// For the answer that it is told of.
    it: i16,
}

const MOST_LABELS: usize = 8;

/// What facts add up to for each label, nought behind the last.
pub type Scores = [f32; MOST_LABELS];

/// What they add up to in hundredths: whole numbers, so that their order does not matter.
type Sums = [i32; MOST_LABELS];

/// One of the judgements that facts weigh in.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'a, const JUDGEMENTS: usize = 1> {
    weights: &'a Linear<JUDGEMENTS>,
    at: usize,
}

/// What the facts of several questions weigh, looked up once for all judgements.
pub struct LookedUp<'a, const JUDGEMENTS: usize> {
    rows: Vec<&'a [Row; JUDGEMENTS]>,
    /// Where those of each question end.
    ends: Vec<usize>,
}

/// The facts of one of them.
pub type Rows<'a, const JUDGEMENTS: usize> = &'a [&'a [Row; JUDGEMENTS]];

/// A table of weights as it is read.
pub struct Table {
    labels: Vec<String>,
    rows: Vec<(u64, Row)>,
}

impl Table {
    /// Reads weights in hundredths, as [`table::write`] writes them. The last column is what a fact weighs for the one
    /// answer of which it is told.
    ///
    /// # Errors
    /// The line that is not of that form.
    pub fn parse(table: &str) -> Result<Self, String> {
        let (mut columns, told) = table::read(table).ok_or("no header")?;
        if columns.pop().is_none_or(|last| last != IT) {
            return Err(format!("the last column is not `{IT}`: {columns:?}"));
        }
        if columns.len() > MOST_LABELS {
            return Err(format!("more than {MOST_LABELS} labels: {columns:?}"));
        }
        let mut rows = Vec::new();
        let mut known: HashSet<u64, AsItIs> = HashSet::default();
        for line in told {
            let [beginning, rest] = line.name;
            let fact = Hash::of(beginning).and_all(rest.as_bytes()).id();
            let weight = |cell: &str| if cell.is_empty() { Ok(0) } else { cell.parse::<i16>() };
            let mut row = Row::default();
            for (at, cell) in line.cells().enumerate() {
                let weight = weight(cell).map_err(|_| format!("no weights: {line:?}"))?;
                match at.cmp(&columns.len()) {
                    Ordering::Less => row.labels[at] = weight,
                    Ordering::Equal => row.it = weight,
                    Ordering::Greater => return Err(format!("more weights than labels: {line:?}")),
                }
            }
            if !known.insert(fact) {
                return Err(format!("a fact told twice: {line:?}"));
            }
            rows.push((fact, row));
        }
        Ok(Self { labels: columns.into_iter().map(str::to_owned).collect(), rows })
    }
}

impl Linear {
    /// Reads the weights of one judgement.
    ///
    /// # Errors
    /// Those of [`Table::parse`].
    pub fn parse(table: &str) -> Result<Self, String> {
        Table::parse(table).map(|table| Self::of(&[table]))
    }

    /// The one judgement.
    pub fn only(&self) -> Judgement<'_> {
        self.judgement(0)
    }
}

impl<const JUDGEMENTS: usize> Linear<JUDGEMENTS> {
    /// The weights of tables, a judgement each, whose facts are looked up together.
    pub fn of(tables: &[Table; JUDGEMENTS]) -> Self {
        let facts: HashSet<u64, AsItIs> = tables.iter().flat_map(|table| &table.rows).map(|(fact, _)| *fact).collect();
        let labels = tables.each_ref().map(|table| table.labels.clone());
        let mut all = Self {
            labels,
            rows: Spread::over(&facts.into_iter().collect::<Vec<u64>>(), &[Row::default(); JUDGEMENTS]),
        };
        for (at, table) in tables.iter().enumerate() {
            table.rows.iter().for_each(|(fact, row)| all.set(*fact, at, *row));
        }
        all
    }

    /// One of the judgements.
    pub fn judgement(&self, at: usize) -> Judgement<'_, JUDGEMENTS> {
        Judgement { weights: self, at }
    }

    /// Looks up what questions rest on, but for facts about single answers.
    pub fn look_up(&self, questions: &Questions) -> LookedUp<'_, JUDGEMENTS> {
        let mut found =
            LookedUp { rows: Vec::with_capacity(questions.facts()), ends: Vec::with_capacity(questions.count()) };
        for question in questions.iter() {
            for facts in question.own() {
                self.rows.get_all(facts.ids, &mut found.rows);
            }
            found.ends.push(found.rows.len());
        }
        found
    }

    /// What a fact weighs in all judgements; nought for a fact that weighs nothing.
    #[inline]
    fn rows(&self, fact: u64) -> &[Row; JUDGEMENTS] {
        self.rows.get(fact)
    }

    /// Has a fact weigh something in one of them.
    fn set(&mut self, fact: u64, at: usize, row: Row) {
        self.rows.get_mut(fact).expect("all facts of the tables have places")[at] = row;
    }
}

impl<const JUDGEMENTS: usize> LookedUp<'_, JUDGEMENTS> {
    /// What the question at a place rests on.
    pub fn of(&self, at: usize) -> Rows<'_, JUDGEMENTS> {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.rows[from..self.ends[at]]
    }
}

impl<'a, const JUDGEMENTS: usize> Judgement<'a, JUDGEMENTS> {
    /// The labels.
    pub fn labels(self) -> &'a [String] {
        &self.weights.labels[self.at]
    }

    /// What the facts of a question add up to for each label. Facts without weights say nothing.
    pub fn scores(self, question: Question) -> Scores {
        let mut scores = Scores::default();
        for facts in question.all() {
            self.add_facts(&mut scores, facts);
        }
        self.add_answers(&mut scores, question.answers());
        scores
    }

    /// The same, where what the question shares with others was looked up.
    pub fn scores_with(self, question: Question, shared: Rows<JUDGEMENTS>) -> Scores {
        let mut scores = Scores::default();
        for facts in question.own() {
            self.add_facts(&mut scores, facts);
        }
        self.add_rows(&mut scores, shared);
        self.add_answers(&mut scores, question.answers());
        scores
    }

    /// Adds what facts weigh to what was known before.
    pub fn add_facts(self, scores: &mut Scores, facts: Listed) {
        add(scores, facts.ids.iter().fold(Sums::default(), |sums, fact| self.row(*fact).added_to(sums)));
    }

    /// Adds facts that were looked up.
    pub fn add_rows(self, scores: &mut Scores, rows: Rows<JUDGEMENTS>) {
        add(scores, rows.iter().fold(Sums::default(), |sums, rows| rows[self.at].added_to(sums)));
    }

    /// Adds what facts about single answers weigh for these.
    pub fn add_answers<'q>(self, scores: &mut Scores, answers: impl Iterator<Item = Told<'q>>) {
        let mut of_answers = Sums::default();
        for told in answers {
            for (answer, fact) in told.ids() {
                of_answers[answer] += i32::from(self.row(fact).it);
            }
        }
        add(scores, of_answers);
    }

    /// What is known of each candidate adds up to for it, place after place.
    pub fn of_each(self, candidates: &Candidates) -> Vec<f32> {
        let of_list = |facts: Listed| facts.ids.iter().map(|fact| i32::from(self.row(*fact).it)).sum();
        let of_lists: Vec<f32> = candidates.all_lists().map(of_list).map(score).collect();
        let mut of_each = Vec::with_capacity(candidates.count());
        of_each.extend(candidates.list_of_each().map(|list| of_lists[list]));
        of_each
    }

    /// What a fact weighs for the answer that it is told of.
    pub fn of_it(self, fact: u64) -> f32 {
        score(self.row(fact).it.into())
    }

    /// What each fact adds to a label, the strongest first: the explanation of a decision. Wants facts with names.
    pub fn contributions<'q>(self, question: Question<'q>, label: usize) -> Vec<(&'q str, f32)> {
        let facts = question.all().flat_map(Listed::named);
        let facts = facts.map(|(fact, name)| (name, score(self.row(fact).labels[label].into())));
        let of_it = question.named(label).map(|(fact, name)| (name, self.of_it(fact)));
        let mut found: Vec<(&str, f32)> = facts.chain(of_it).collect();
        found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(b.0)));
        found
    }

    /// What each fact about one candidate adds to it. Wants facts with names.
    pub fn contributions_to<'q>(self, candidates: Choice<'q>, candidate: usize) -> Vec<(&'q str, f32)> {
        candidates.of(candidate).named().map(|(fact, name)| (name, self.of_it(fact))).collect()
    }

    fn row(self, fact: u64) -> &'a Row {
        &self.weights.rows(fact)[self.at]
    }
}

impl Row {
    #[inline]
    fn added_to(&self, mut sums: Sums) -> Sums {
        sums.iter_mut().zip(self.labels).for_each(|(sum, weight)| *sum += i32::from(weight));
        sums
    }
}

/// Hundredths to a score.
fn score(hundredths: i32) -> f32 {
    hundredths as f32 / 100.0
}

fn add(scores: &mut Scores, sums: Sums) {
    scores.iter_mut().zip(sums).for_each(|(all, sum)| *all += score(sum));
}

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
    /// How strongly they are drawn there beside that, all examples together: what is rare, the more for each.
    pub rare: f64,
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
    /// How much an error teaches; mostly 1.
    pub weight: f64,
}

/// One place for which one of several candidates is chosen: the facts of each, and which are right.
pub struct Chosen<'a> {
    /// The facts of every candidate.
    pub candidates: Choice<'a>,
    /// The places of those that are right; several may be.
    pub right: Vec<usize>,
    /// What other weights made of them already, to be bettered; nothing, or a score for each candidate.
    pub before: &'a [f32],
    /// How much an error teaches; mostly 1.
    pub weight: f64,
}

/// The name of the column of weights for the one answer that a fact is told of.
const IT: &str = "it";

/// Learns weights for labels from examples, deterministically: passes over all examples in the order given, with steps
/// that shrink for each fact as it has been seen (AdaGrad), and weights drawn towards nought. Returns the table that
/// [`Linear::parse`] reads.
pub fn learn<'a>(labels: &[&str], examples: &'a [Example<'a>], pace: Pace) -> String {
    let width = labels.len() + 1;
    let facts = |example: &'a Example| example.question.all().flat_map(Listed::named);
    let of_answers = |example: &'a Example| (0..labels.len()).flat_map(move |answer| example.question.named(answer));
    let known = Known::of(examples.iter().flat_map(|example| facts(example).chain(of_answers(example))), pace.least);
    let mut weights = Weights::of(&known, width, pace);
    let compact: Vec<(Vec<u32>, Vec<Vec<u32>>)> = examples
        .iter()
        .map(|Example { question, .. }| {
            let of = |answer| known.places(question.named(answer).map(|(fact, _)| fact));
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
            scores.iter_mut().for_each(|error| *error *= example.weight);
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
pub fn learn_choice<'a>(examples: &'a [Chosen<'a>], pace: Pace) -> String {
    let facts = |choice: &'a Chosen| (0..choice.candidates.lists.len()).flat_map(|at| choice.candidates.of(at).named());
    let known = Known::of(examples.iter().flat_map(facts), pace.least);
    let mut weights = Weights::of(&known, 1, pace);
    let places = |choice: &Chosen| -> Vec<Vec<u32>> {
        let of = |at| known.places(choice.candidates.of(at).ids.iter().copied());
        (0..choice.candidates.lists.len()).map(of).collect()
    };
    let compact: Vec<Vec<Vec<u32>>> = examples.iter().map(places).collect();
    for _ in 0..pace.rounds {
        for (candidates, Chosen { right, before, weight, .. }) in compact.iter().zip(examples) {
            let mut scores: Vec<f64> =
                candidates.iter().map(|facts| facts.iter().map(|fact| weights.now[*fact as usize]).sum()).collect();
            scores.iter_mut().zip(*before).for_each(|(score, before)| *score += f64::from(*before));
            shares(&mut scores);
            let all_right: f64 = right.iter().map(|at| scores[*at]).sum();
            for (at, facts) in candidates.iter().enumerate() {
                let wanted = if right.contains(&at) { scores[at] / all_right.max(1e-9) } else { 0.0 };
                let error = (scores[at] - wanted) * weight;
                facts.iter().for_each(|fact| weights.step(*fact as usize, error));
            }
        }
        weights.end_round();
    }
    weights.table(&[IT], &known)
}

/// Puts the tables of two models that weigh the same facts into one, with the labels of both. Their weights for single
/// answers are left out: neither may have any.
pub fn merged(one: &str, other: &str) -> String {
    let told = |table: &str| -> (Vec<String>, BTreeMap<String, Vec<String>>) {
        let (mut labels, rows) = table::read(table).expect("a table that was just made");
        labels.pop();
        let cells = |row: table::Row| {
            let told = row.cells().chain(std::iter::repeat("")).take(labels.len());
            (row.name.concat(), told.map(str::to_owned).collect())
        };
        let rows = rows.map(cells).collect();
        (labels.iter().map(|label| (*label).to_owned()).collect(), rows)
    };
    let ((labels, one), (more_labels, mut other)) = (told(one), told(other));
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (fact, mut weights) in one {
        weights.extend(other.remove(&fact).unwrap_or_else(|| vec![String::new(); more_labels.len()]));
        all.insert(fact, weights);
    }
    for (fact, weights) in other {
        all.insert(fact, [vec![String::new(); labels.len()], weights].concat());
    }
    let labels: Vec<&str> = labels.iter().chain(&more_labels).map(String::as_str).chain([IT]).collect();
    let rows: Vec<(&str, Vec<String>)> = all.iter().map(|(fact, weights)| (fact.as_str(), weights.clone())).collect();
    table::write(&labels, &rows)
}

/// The facts that were met often enough to learn from, in the order of the alphabet, with their places.
struct Known<'a> {
    names: Vec<&'a str>,
    /// How often each was met.
    times: Vec<usize>,
    places: HashMap<u64, u32, AsItIs>,
}

impl<'a> Known<'a> {
    fn of(facts: impl Iterator<Item = (u64, &'a str)>, least: usize) -> Self {
        let mut times: HashMap<u64, (usize, &str), AsItIs> = HashMap::default();
        for (fact, name) in facts {
            times.entry(fact).or_insert((0, name)).0 += 1;
        }
        let often: BTreeMap<&str, (u64, usize)> =
            times.into_iter().filter(|(_, (n, _))| *n >= least).map(|(fact, (n, name))| (name, (fact, n))).collect();
        Self {
            names: often.keys().copied().collect(),
            times: often.values().map(|(_, n)| *n).collect(),
            places: often.into_values().map(|(fact, _)| fact).zip(0..).collect(),
        }
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
    /// How strongly each is drawn towards nought.
    shrink: Vec<f64>,
    pace: Pace,
}

impl Weights {
    fn of(known: &Known, width: usize, pace: Pace) -> Self {
        let count = known.names.len() * width;
        let shrink = known.times.iter().flat_map(|n| std::iter::repeat_n(pace.shrink + pace.rare / *n as f64, width));
        let shrink = shrink.collect();
        Self { now: vec![0.0; count], sum: vec![0.0; count], rounds: 0, squares: vec![1e-6; count], shrink, pace }
    }

    fn step(&mut self, at: usize, error: f64) {
        let step = error + self.shrink[at] * self.now[at];
        self.squares[at] += step * step;
        self.now[at] -= self.pace.rate * step / self.squares[at].sqrt();
    }

    fn end_round(&mut self) {
        self.sum.iter_mut().zip(&self.now).for_each(|(sum, now)| *sum += now);
        self.rounds += 1;
    }

    fn table(&self, labels: &[&str], known: &Known) -> String {
        let width = labels.len();
        let hundredths = |sum: &f64| (100.0 * sum / self.rounds.max(1) as f64).round() as i64;
        let cell = |weight: i64| if weight.abs() < LEAST_WEIGHT { String::new() } else { weight.to_string() };
        let row =
            |at: usize| -> Vec<String> { self.sum[at * width..][..width].iter().map(hundredths).map(cell).collect() };
        let rows = known.names.iter().enumerate().map(|(at, fact)| (*fact, row(at)));
        let rows: Vec<(&str, Vec<String>)> = rows.filter(|(_, row)| row.iter().any(|cell| !cell.is_empty())).collect();
        table::write(labels, &rows)
    }
}

/// Weights of fewer hundredths are left out of a table.
const LEAST_WEIGHT: i64 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::facts::{Likely, fact};

    fn question(names: &[&str], hint: usize) -> Questions<'static> {
        Questions::told(1, 1, Likely { facts: names.len(), of_answers: 1 }, true, |_, _, told| {
            names.iter().for_each(|name| fact!(told.facts, *name));
            fact!(told.answers.of(hint), "hinted");
        })
    }

    #[test]
    fn what_was_learnt_is_told_again_and_always_the_same() {
        let (wet, dry) = (question(&["always", "wet"], 0), question(&["always", "dry"], 1));
        let both = [(wet.get(0), 0), (dry.get(0), 1)];
        let examples: Vec<_> = both
            .repeat(20)
            .into_iter()
            .map(|(question, label)| Example { question, label, before: &[], weight: 1.0 })
            .collect();
        let pace = Pace { rounds: 10, rate: 0.1, shrink: 1e-4, rare: 0.0, least: 4 };
        let table = learn(&["rain", "sun"], &examples, pace);
        assert_eq!(table, learn(&["rain", "sun"], &examples, pace));
        let model = Linear::parse(&table).expect("a table just made");
        let scores = model.only().scores(wet.get(0));
        assert!(scores[0] > scores[1], "{table}");
        let wet = question(&["wet"], 0);
        let (strongest, weight) = model.only().contributions(wet.get(0), 0)[0];
        assert!(["wet", "hinted"].contains(&strongest) && weight > 0.0);
        // A hint speaks for whichever answer it is given of.
        let hint = model.only().scores(question(&[], 1).get(0));
        assert!(hint[1] > hint[0]);
    }
}
