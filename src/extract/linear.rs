//! A small linear model: facts vote for labels with weights, the heaviest label wins (multinomial logistic regression).

use std::collections::{BTreeMap, HashMap};

/// A model over the labels `L` by their place in `labels`.
#[derive(Debug)]
pub struct Linear {
    labels: Vec<String>,
    /// A weight for each label, by fact.
    weights: HashMap<String, Vec<f32>>,
}

impl Linear {
    /// Reads weights: a header `fact<tab>label<tab>label…`, then a line a fact. Lines that begin with `#` are notes.
    ///
    /// # Errors
    /// The line that is not of that form.
    pub fn parse(table: &str) -> Result<Self, String> {
        let mut lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let header = lines.next().ok_or("no header")?;
        let labels: Vec<String> = header.split('\t').skip(1).map(str::to_owned).collect();
        let mut weights = HashMap::new();
        for line in lines {
            let mut cells = line.split('\t');
            let fact = cells.next().unwrap_or_default().to_owned();
            let row: Vec<f32> =
                cells.map(str::parse).collect::<Result<_, _>>().map_err(|_| format!("no weights: {line}"))?;
            if row.len() != labels.len() {
                return Err(format!("{} weights for {} labels: {line}", row.len(), labels.len()));
            }
            weights.insert(fact, row);
        }
        Ok(Self { labels, weights })
    }

    /// The labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// How likely each label is, in the order of the labels. Facts without weights say nothing.
    pub fn probabilities<'a>(&self, facts: impl Iterator<Item = &'a str>) -> Vec<f32> {
        let mut scores = vec![0.0_f32; self.labels.len()];
        for fact in facts {
            if let Some(row) = self.weights.get(fact) {
                scores.iter_mut().zip(row).for_each(|(score, weight)| *score += weight);
            }
        }
        softmax(&mut scores);
        scores
    }

    /// How much all facts together speak for the label at a place in [`Linear::labels`].
    pub fn score<'a>(&self, facts: impl Iterator<Item = &'a str>, label: usize) -> f32 {
        facts.filter_map(|fact| self.weights.get(fact)?.get(label)).sum()
    }

    /// What each fact adds to a label, the strongest first: the explanation of a decision.
    pub fn contributions<'a>(&self, facts: impl Iterator<Item = &'a str>, label: usize) -> Vec<(&'a str, f32)> {
        let mut found: Vec<(&str, f32)> =
            facts.filter_map(|fact| Some((fact, *self.weights.get(fact)?.get(label)?))).collect();
        found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        found
    }
}

fn softmax(scores: &mut [f32]) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - highest).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// Learns weights from examples, deterministically: `rounds` passes in the order given, with steps that shrink for each
/// fact as it has been seen (AdaGrad), and weights drawn towards nought. Returns the table that [`Linear::parse`] reads.
pub fn learn(labels: &[&str], examples: &[(Vec<String>, usize)], rounds: usize, shrink: f64) -> String {
    let width = labels.len();
    let index = known_facts(examples.iter().map(|(facts, _)| facts));
    let mut weights = Weights::of(index.len() * width, shrink);
    let compact: Vec<(Vec<usize>, usize)> =
        examples.iter().map(|(facts, label)| (places(&index, facts), *label)).collect();
    for _ in 0..rounds {
        for (facts, label) in &compact {
            let mut scores: Vec<f64> =
                (0..width).map(|k| facts.iter().map(|fact| weights.now[fact * width + k]).sum()).collect();
            shares(&mut scores);
            for (k, share) in scores.iter().enumerate() {
                let error = share - f64::from(u8::from(k == *label));
                facts.iter().for_each(|fact| weights.step(fact * width + k, error));
            }
        }
        weights.end_round();
    }
    weights.table(labels, &index)
}

/// Candidates for one place, each by its facts, and the places of those that are right.
pub type Choice = (Vec<Vec<String>>, Vec<usize>);

/// Learns to choose one of several candidates, as [`learn`] does; the table has the one label `chosen`. Where several are
/// right, the one that is already likelier is learnt the more.
pub fn learn_choice(examples: &[Choice], rounds: usize, shrink: f64) -> String {
    let index = known_facts(examples.iter().flat_map(|(candidates, _)| candidates));
    let mut weights = Weights::of(index.len(), shrink);
    let compact: Vec<(Vec<Vec<usize>>, &[usize])> = examples
        .iter()
        .map(|(candidates, right)| (candidates.iter().map(|facts| places(&index, facts)).collect(), right.as_slice()))
        .collect();
    for _ in 0..rounds {
        for (candidates, right) in &compact {
            let mut scores: Vec<f64> =
                candidates.iter().map(|facts| facts.iter().map(|fact| weights.now[*fact]).sum()).collect();
            shares(&mut scores);
            let all_right: f64 = right.iter().map(|at| scores[*at]).sum();
            for (at, facts) in candidates.iter().enumerate() {
                let wanted = if right.contains(&at) { scores[at] / all_right.max(1e-9) } else { 0.0 };
                facts.iter().for_each(|fact| weights.step(*fact, scores[at] - wanted));
            }
        }
        weights.end_round();
    }
    weights.table(&["chosen"], &index)
}

/// The facts that were met often enough to learn from, in the order of the alphabet, with their places.
fn known_facts<'a>(examples: impl Iterator<Item = &'a Vec<String>>) -> BTreeMap<&'a str, usize> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    examples.flatten().for_each(|fact| *times.entry(fact).or_default() += 1);
    // A fact that was met in fewer than four findings is an accident of one story.
    times.into_iter().filter(|(_, times)| *times >= 4).enumerate().map(|(at, (fact, _))| (fact, at)).collect()
}

fn places(index: &BTreeMap<&str, usize>, facts: &[String]) -> Vec<usize> {
    facts.iter().filter_map(|fact| index.get(fact.as_str()).copied()).collect()
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
    shrink: f64,
}

impl Weights {
    fn of(count: usize, shrink: f64) -> Self {
        Self { now: vec![0.0; count], sum: vec![0.0; count], rounds: 0, squares: vec![1e-6; count], shrink }
    }

    fn step(&mut self, at: usize, error: f64) {
        let step = error + self.shrink * self.now[at];
        self.squares[at] += step * step;
        self.now[at] -= 0.1 * step / self.squares[at].sqrt();
    }

    fn end_round(&mut self) {
        self.sum.iter_mut().zip(&self.now).for_each(|(sum, now)| *sum += now);
        self.rounds += 1;
    }

    fn table(&self, labels: &[&str], index: &BTreeMap<&str, usize>) -> String {
        let mut table = format!("fact\t{}\n", labels.join("\t"));
        for (fact, at) in index {
            let row = &self.sum[at * labels.len()..(at + 1) * labels.len()];
            let row: Vec<String> = row.iter().map(|sum| format!("{:.3}", sum / self.rounds.max(1) as f64)).collect();
            table.push_str(&format!("{fact}\t{}\n", row.join("\t")));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_is_told_again_and_always_the_same() {
        let example = |fact: &str, label| (vec!["always".to_owned(), fact.to_owned()], label);
        let examples: Vec<_> = (0..20).flat_map(|_| [example("wet", 0), example("dry", 1)]).collect();
        let table = learn(&["rain", "sun"], &examples, 10, 1e-4);
        assert_eq!(table, learn(&["rain", "sun"], &examples, 10, 1e-4));
        let model = Linear::parse(&table).expect("a table just made");
        let sure = model.probabilities(["always", "wet"].into_iter());
        assert!(sure[0] > 0.9, "{sure:?}");
        assert_eq!(model.contributions(["wet"].into_iter(), 0)[0].0, "wet");
    }
}
