//! A small linear model: facts vote for labels with weights, the heaviest label wins (multinomial logistic regression).

use std::collections::HashMap;

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
    let mut names: Vec<&str> = examples.iter().flat_map(|(facts, _)| facts.iter().map(String::as_str)).collect();
    names.sort_unstable();
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match seen.last_mut() {
            Some((last, times)) if *last == name => *times += 1,
            _ => seen.push((name, 1)),
        }
    }
    // A fact that was met in fewer than four findings is an accident of one story.
    seen.retain(|(_, times)| *times >= 4);
    let index: HashMap<&str, usize> = seen.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let mut weights = vec![0.0_f64; seen.len() * width];
    let mut squares = vec![1e-6_f64; seen.len() * width];
    let compact: Vec<(Vec<usize>, usize)> = examples
        .iter()
        .map(|(facts, label)| (facts.iter().filter_map(|fact| index.get(fact.as_str()).copied()).collect(), *label))
        .collect();
    for _ in 0..rounds {
        for (facts, label) in &compact {
            let mut scores: Vec<f64> =
                (0..width).map(|k| facts.iter().map(|fact| weights[fact * width + k]).sum()).collect();
            let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            scores.iter_mut().for_each(|score| *score = (*score - highest).exp());
            let sum: f64 = scores.iter().sum();
            for (k, score) in scores.iter().enumerate() {
                let error = score / sum - f64::from(u8::from(k == *label));
                for fact in facts {
                    let at = fact * width + k;
                    let step = error + shrink * weights[at];
                    squares[at] += step * step;
                    weights[at] -= 0.1 * step / squares[at].sqrt();
                }
            }
        }
    }
    let mut table = format!("fact\t{}\n", labels.join("\t"));
    for (at, (name, _)) in seen.iter().enumerate() {
        let row: Vec<String> = weights[at * width..(at + 1) * width].iter().map(|w| format!("{w:.3}")).collect();
        table.push_str(&format!("{name}\t{}\n", row.join("\t")));
    }
    table
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
