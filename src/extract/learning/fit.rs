//! Learning what facts weigh from examples; deterministic, by chance that is the same in every run.

use std::collections::{BTreeMap, HashMap};

use crate::extract::facts::{Choice, Listed, Question};
use crate::extract::hashed::{AsItIs, Hash, id_with};
use crate::extract::linear::{IT, of_answer, softmax};
use crate::extract::table;

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

/// Learns weights for labels from examples, deterministically: passes over all examples, a batch at a time, as [`Pace`] says.
/// Returns the table that [`Linear::parse`](crate::extract::linear::Linear::parse) reads.
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
            (row.name.clone(), told.collect())
        };
        let rows = rows.map(|row| weights(row.expect("a table that was just made"))).collect();
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
const RUNS: u64 = 6;

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
    use crate::extract::facts::{Likely, Questions, fact};
    use crate::extract::linear::Linear;

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
        assert!(table.contains("\n7sun\t"), "{table}"); // after "hinted@rain", of which it shares seven letters
    }
}
