//! A small linear model: facts vote for labels with weights, the heaviest label wins (multinomial logistic regression).

use std::cmp::Ordering;
use std::collections::HashSet;

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
            let line = line.map_err(|line| format!("not a fact with its letters: {line:?}"))?;
            let fact = Hash::of(&line.name).id();
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
pub fn of_answer(label: &str) -> String {
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

/// The name of the column of weights for the one answer that a fact is told of.
pub const IT: &str = "it";
