//! A small linear model: facts vote for labels with weights, the heaviest label wins (multinomial logistic regression).

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::extract::facts::{Candidates, Choice, Listed, Question, Questions, Told};
use crate::extract::hashed::{AsItIs, Hash, id_with};
use crate::extract::spread::Spread;
use crate::extract::table;

/// What facts weigh in a judgement, or in several that rest on the same facts.
#[derive(Debug, Clone)]
pub struct Linear<const JUDGEMENTS: usize = 1> {
    /// The labels of each judgement.
    labels: [Vec<String>; JUDGEMENTS],
    /// What the names of facts about each of them end with, where they are told with the answer.
    of_labels: [Vec<Hash>; JUDGEMENTS],
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
    /// Reads weights, as [`table::write`] writes them. The last column is what a fact weighs for the one
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
            let mut row = Row::default();
            for (at, weight) in line.weights().enumerate() {
                let weight = weight.ok_or_else(|| format!("no letters: {line:?}"))?;
                match at.cmp(&columns.len()) {
                    Ordering::Less => row.labels[at] = weight,
                    Ordering::Equal => row.it = weight,
                    Ordering::Greater => return Err(format!("more letters than labels: {line:?}")),
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
        let of_labels =
            labels.each_ref().map(|labels| labels.iter().map(|label| Hash::of(&of_answer(label))).collect());
        let mut all = Self {
            labels,
            of_labels,
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

    /// Adds what facts about single answers weigh for these, and what each weighs for all labels, told of this answer and not
    /// of another: "a rule proposes killed" speaks against "none" too.
    pub fn add_answers<'q>(self, scores: &mut Scores, answers: impl Iterator<Item = Told<'q>>) {
        let mut sums = Sums::default();
        for told in answers {
            for (answer, fact) in told.ids() {
                sums[answer] += i32::from(self.row(fact).it);
                sums = self.row(id_with(fact, self.weights.of_labels[self.at][answer])).added_to(sums);
            }
        }
        add(scores, sums);
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
    pub fn contributions(self, question: Question, label: usize) -> Vec<(String, f32)> {
        let weight = |fact: u64| score(self.row(fact).labels[label].into());
        let facts = question.all().flat_map(Listed::named).map(|(fact, name)| (name.to_owned(), weight(fact)));
        let of_it = question.named(label).map(|(fact, name)| (name.to_owned(), self.of_it(fact)));
        let answers = self.labels().iter().enumerate();
        let of_answers = answers.flat_map(|(answer, of)| {
            let behind = self.weights.of_labels[self.at][answer];
            question
                .named(answer)
                .map(move |(fact, name)| (name.to_owned() + &of_answer(of), weight(id_with(fact, behind))))
        });
        let mut found: Vec<(String, f32)> = facts.chain(of_it).chain(of_answers).collect();
        found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(&b.0)));
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

/// What the name of a fact about an answer ends with, where it is told with the answer: "rule=toll@killed".
fn of_answer(label: &str) -> String {
    format!("@{label}")
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
    /// So many examples make a step.
    pub batch: usize,
    /// How far a weight goes in one of the first steps; in the last ones it is next to nothing.
    pub rate: f32,
    /// The share of what is known of an example that is withheld each time it comes up, so that facts are learnt to do
    /// without one another.
    pub withheld: f32,
    /// How strongly weights are drawn towards nought, for each round at the first rate.
    pub shrink: f32,
    /// How strongly they are drawn there beside that, parted among the examples that a fact is met in: what is rare, the more.
    pub rare: f32,
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
    pub weight: f32,
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
    pub weight: f32,
}

/// The name of the column of weights for the one answer that a fact is told of.
const IT: &str = "it";

/// Learns weights for labels from examples, deterministically: passes over all examples, a batch at a time, as [`Pace`] says.
/// Returns the table that [`Linear::parse`] reads.
pub fn learn<'a>(labels: &[&str], examples: &'a [Example<'a>], pace: Pace) -> String {
    let width = labels.len() + 1;
    let ends: Vec<String> = labels.iter().map(|label| of_answer(label)).collect();
    let behind: Vec<Hash> = ends.iter().map(|end| Hash::of(end)).collect();
    let told =
        |example: &'a Example| example.question.all().flat_map(Listed::named).map(|(fact, name)| (fact, [name, ""]));
    let with_answer = |fact: u64, answer: usize| id_with(fact, behind[answer]);
    let of_answers = |example: &'a Example| {
        (0..labels.len())
            .flat_map(move |answer| example.question.named(answer).map(move |(fact, name)| (fact, name, answer)))
    };
    let facts = examples.iter().flat_map(|example| {
        let of_answers = of_answers(example)
            .flat_map(|(fact, name, at)| [(fact, [name, ""]), (with_answer(fact, at), [name, ends[at].as_str()])]);
        told(example).chain(of_answers)
    });
    let known = Known::of(facts, pace.least);
    let compact: Vec<(Vec<u32>, Vec<Vec<u32>>)> = examples
        .iter()
        .map(|example| {
            let facts = told(example).map(|(fact, _)| fact);
            let facts = facts.chain(of_answers(example).map(|(fact, _, answer)| with_answer(fact, answer)));
            let of = |answer| known.places(example.question.named(answer).map(|(fact, _)| fact));
            (known.places(facts), (0..labels.len()).map(of).collect())
        })
        .collect();
    let weights = mean_of_runs(&known, width, pace, |weights| {
        let mut scores = vec![0.0_f32; labels.len()];
        let mut told: Vec<u32> = Vec::new();
        while let Some(batch) = weights.next_batch(examples.len()) {
            for at in batch {
                let ((facts, answers), example) = (&compact[at], &examples[at]);
                told.clear();
                told.extend(facts.iter().filter(|_| !weights.withholds()));
                scores.fill(0.0);
                scores.iter_mut().zip(example.before).for_each(|(score, before)| *score = *before);
                for fact in &told {
                    let row = &weights.now[*fact as usize * width..][..width];
                    scores.iter_mut().zip(row).for_each(|(score, weight)| *score += weight);
                }
                for (score, facts) in scores.iter_mut().zip(answers) {
                    *score += facts.iter().map(|fact| weights.now[(*fact as usize + 1) * width - 1]).sum::<f32>();
                }
                softmax(&mut scores);
                scores[example.label] -= 1.0;
                scores.iter_mut().for_each(|error| *error *= example.weight);
                for fact in &told {
                    let row = &mut weights.slope[*fact as usize * width..][..width];
                    row.iter_mut().zip(&scores).for_each(|(slope, error)| *slope += error);
                }
                for (error, facts) in scores.iter().zip(answers) {
                    facts.iter().for_each(|fact| weights.slope[(*fact as usize + 1) * width - 1] += error);
                }
            }
            weights.step();
        }
    });
    table_of(&weights, &[labels, &[IT]].concat(), &known)
}

/// Learns to choose one of several candidates, as [`learn`] does; the table has no label but that of the answer told of. Where several are
/// right, the one that is already likelier is learnt the more.
pub fn learn_choice<'a>(examples: &'a [Chosen<'a>], pace: Pace) -> String {
    let facts = |choice: &'a Chosen| (0..choice.candidates.lists.len()).flat_map(|at| choice.candidates.of(at).named());
    let known = Known::of(examples.iter().flat_map(facts).map(|(fact, name)| (fact, [name, ""])), pace.least);
    let places = |choice: &Chosen| -> Vec<Vec<u32>> {
        let of = |at| known.places(choice.candidates.of(at).ids.iter().copied());
        (0..choice.candidates.lists.len()).map(of).collect()
    };
    let compact: Vec<Vec<Vec<u32>>> = examples.iter().map(places).collect();
    let weights = mean_of_runs(&known, 1, pace, |weights| {
        let mut told: Vec<Vec<u32>> = Vec::new();
        while let Some(batch) = weights.next_batch(examples.len()) {
            for at in batch {
                let Chosen { right, before, weight, .. } = &examples[at];
                told.clear();
                let kept = |facts: &Vec<u32>, weights: &mut Weights| {
                    facts.iter().copied().filter(|_| !weights.withholds()).collect()
                };
                told.extend(compact[at].iter().map(|facts| kept(facts, weights)));
                let mut scores: Vec<f32> =
                    told.iter().map(|facts| facts.iter().map(|fact| weights.now[*fact as usize]).sum()).collect();
                scores.iter_mut().zip(*before).for_each(|(score, before)| *score += before);
                softmax(&mut scores);
                let all_right: f32 = right.iter().map(|at| scores[*at]).sum();
                for (at, facts) in told.iter().enumerate() {
                    let wanted = if right.contains(&at) { scores[at] / all_right.max(1e-9) } else { 0.0 };
                    let error = (scores[at] - wanted) * weight;
                    facts.iter().for_each(|fact| weights.slope[*fact as usize] += error);
                }
            }
            weights.step();
        }
    });
    table_of(&weights, &[IT], &known)
}

/// Puts the tables of two models that weigh the same facts into one, with the labels of both. Their weights for single
/// answers are left out: neither may have any.
pub fn merged(one: &str, other: &str) -> String {
    let told = |table: &str| -> (Vec<String>, BTreeMap<String, Vec<f32>>) {
        let (mut labels, rows) = table::read(table).expect("a table that was just made");
        labels.pop();
        let weights = |row: table::Row| {
            let told = row.weights().flatten().map(f32::from).chain(std::iter::repeat(0.0)).take(labels.len());
            (row.name.concat(), told.collect())
        };
        let rows = rows.map(weights).collect();
        (labels.iter().map(|label| (*label).to_owned()).collect(), rows)
    };
    let ((labels, one), (more_labels, mut other)) = (told(one), told(other));
    let mut all: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    for (fact, mut weights) in one {
        weights.extend(other.remove(&fact).unwrap_or_else(|| vec![0.0; more_labels.len()]));
        all.insert(fact, weights);
    }
    for (fact, weights) in other {
        all.insert(fact, [vec![0.0; labels.len()], weights].concat());
    }
    let labels: Vec<&str> = labels.iter().chain(&more_labels).map(String::as_str).chain([IT]).collect();
    let rows: Vec<(&str, Vec<f32>)> = all.iter().map(|(fact, weights)| (fact.as_str(), weights.clone())).collect();
    table::write(&labels, &rows)
}

/// The facts that were met often enough to learn from, in the order of the alphabet, with their places.
struct Known {
    names: Vec<String>,
    /// How often each was met.
    times: Vec<usize>,
    places: HashMap<u64, u32, AsItIs>,
}

impl Known {
    /// Of facts with their names, whose two parts belong together.
    fn of<'a>(facts: impl Iterator<Item = (u64, [&'a str; 2])>, least: usize) -> Self {
        let mut times: HashMap<u64, (usize, [&str; 2]), AsItIs> = HashMap::default();
        for (fact, name) in facts {
            times.entry(fact).or_insert((0, name)).0 += 1;
        }
        let often = times.into_iter().filter(|(_, (n, _))| *n >= least);
        let often: BTreeMap<String, (u64, usize)> = often.map(|(fact, (n, name))| (name.concat(), (fact, n))).collect();
        Self {
            names: often.keys().cloned().collect(),
            times: often.values().map(|(_, n)| *n).collect(),
            places: often.into_values().map(|(fact, _)| fact).zip(0..).collect(),
        }
    }

    fn places(&self, facts: impl Iterator<Item = u64>) -> Vec<u32> {
        facts.filter_map(|fact| self.places.get(&fact).copied()).collect()
    }
}

/// Weights while they are learnt, by Adam (Kingma and Ba 2015): each goes against the mean slope of its last steps, as far
/// as that is steady, a little less each time.
struct Weights {
    now: Vec<f32>,
    /// The slope of the errors of this batch by each weight.
    slope: Vec<f32>,
    mean: Vec<f32>,
    square: Vec<f32>,
    /// How strongly each is drawn towards nought in a round at the first rate.
    shrink: Vec<f32>,
    pace: Pace,
    chance: Chance,
    /// The examples of this round, in their order.
    order: Vec<usize>,
    /// How many rounds, how many examples of this one, and how many steps were taken.
    rounds: usize,
    taken: usize,
    steps: i32,
}

impl Weights {
    /// Those of a run, from nought, by chance of its own.
    fn of(known: &Known, width: usize, pace: Pace, run: u64) -> Self {
        let noughts = vec![0.0; known.names.len() * width];
        let shrink = known.times.iter().flat_map(|n| std::iter::repeat_n(pace.shrink + pace.rare / *n as f32, width));
        Self {
            shrink: shrink.collect(),
            now: noughts.clone(),
            slope: noughts.clone(),
            mean: noughts.clone(),
            square: noughts,
            pace,
            chance: Chance::of(run),
            order: Vec::new(),
            rounds: 0,
            taken: 0,
            steps: 0,
        }
    }

    /// The places of the next examples, in an order that is shuffled anew for each round; `None` once all rounds are over.
    fn next_batch(&mut self, examples: usize) -> Option<Vec<usize>> {
        if self.taken == self.order.len() {
            if self.rounds == self.pace.rounds || examples == 0 {
                return None;
            }
            self.rounds += 1;
            self.taken = 0;
            self.order = (0..examples).collect();
            for at in (1..examples).rev() {
                let other = self.chance.below(at + 1);
                self.order.swap(at, other);
            }
        }
        let to = (self.taken + self.pace.batch).min(self.order.len());
        let batch = self.order[self.taken..to].to_vec();
        self.taken = to;
        Some(batch)
    }

    fn withholds(&mut self) -> bool {
        self.pace.withheld > 0.0 && self.chance.share() < self.pace.withheld
    }

    /// Moves all weights against the slope of the batch.
    fn step(&mut self) {
        const KEPT: [f32; 2] = [0.9, 0.999];
        self.steps += 1;
        let per_round = self.order.len().div_ceil(self.pace.batch) as f32;
        let done = self.steps as f32 / (per_round * self.pace.rounds as f32);
        let rate = self.pace.rate * (0.51 + 0.49 * (std::f32::consts::PI * done).cos());
        let warm = KEPT.map(|kept| 1.0 - kept.powi(self.steps));
        let of_round = rate / self.pace.rate / per_round;
        let moments = self.slope.iter_mut().zip(&mut self.mean).zip(&mut self.square);
        for ((now, shrink), ((slope, mean), square)) in self.now.iter_mut().zip(&self.shrink).zip(moments) {
            let of_one = *slope / self.pace.batch as f32;
            *slope = 0.0;
            *mean = KEPT[0] * *mean + (1.0 - KEPT[0]) * of_one;
            *square = KEPT[1] * *square + (1.0 - KEPT[1]) * of_one * of_one;
            *now -=
                rate * (*mean / warm[0]) / ((*square / warm[1]).sqrt() + 1e-8) + (shrink * of_round).min(1.0) * *now;
        }
    }
}

/// So many runs are learnt, each by chance of its own: their mean reads better than most of them.
const RUNS: u64 = 3;

/// The mean of weights that are learnt in several runs.
fn mean_of_runs(known: &Known, width: usize, pace: Pace, learn: impl Fn(&mut Weights)) -> Vec<f32> {
    let mut mean = vec![0.0; known.names.len() * width];
    for run in 0..RUNS {
        let mut weights = Weights::of(known, width, pace, run);
        learn(&mut weights);
        mean.iter_mut().zip(weights.now).for_each(|(mean, weight)| *mean += weight / RUNS as f32);
    }
    mean
}

/// The table of what facts weigh for labels.
fn table_of(weights: &[f32], labels: &[&str], known: &Known) -> String {
    let row = |weights: &[f32]| weights.iter().map(|weight| 100.0 * weight).collect();
    let rows = weights.chunks(labels.len()).map(row);
    let rows: Vec<(&str, Vec<f32>)> = known.names.iter().map(String::as_str).zip(rows).collect();
    table::write(labels, &rows)
}

/// Chance that is the same whenever it is asked: xorshift (Marsaglia 2003).
struct Chance(u64);

impl Chance {
    fn of(run: u64) -> Self {
        Self(0x2545_f491_4f6c_dd1d ^ (run << 17))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A whole number below another.
    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap_or_default()
    }

    /// A share of one.
    fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }
}

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
        let pace = Pace { rounds: 10, batch: 8, rate: 0.1, withheld: 0.1, shrink: 0.0, rare: 0.0, least: 4 };
        let table = learn(&["rain", "sun"], &examples, pace);
        assert_eq!(table, learn(&["rain", "sun"], &examples, pace));
        let model = Linear::parse(&table).expect("a table just made");
        let scores = model.only().scores(wet.get(0));
        assert!(scores[0] > scores[1], "{table}");
        let wet = question(&["wet"], 0);
        let (strongest, weight) = model.only().contributions(wet.get(0), 0)[0].clone();
        assert!(["wet", "hinted"].contains(&strongest.as_str()) && weight > 0.0);
        // A hint speaks for whichever answer it is given of.
        let hint = model.only().scores(question(&[], 1).get(0));
        assert!(hint[1] > hint[0]);
    }

    #[test]
    fn a_fact_of_an_answer_may_speak_for_another() {
        // What is hinted of rain comes true, and what is hinted of sun is snow.
        let hinted = [(question(&["always"], 0), 0), (question(&["always"], 2), 1)];
        let examples: Vec<_> = hinted
            .iter()
            .cycle()
            .take(40)
            .map(|(question, label)| Example { question: question.get(0), label: *label, before: &[], weight: 1.0 })
            .collect();
        let pace = Pace { rounds: 20, batch: 8, rate: 0.1, withheld: 0.0, shrink: 0.0, rare: 0.0, least: 4 };
        let table = learn(&["rain", "snow", "sun"], &examples, pace);
        let model = Linear::parse(&table).expect("a table just made");
        let likeliest = |hint: usize| {
            let scores = model.only().scores(question(&["always"], hint).get(0));
            (0..3).max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
        };
        assert_eq!([likeliest(0), likeliest(2)], [Some(0), Some(1)], "{table}");
        assert!(table.contains("hinted@sun"), "{table}");
    }
}
