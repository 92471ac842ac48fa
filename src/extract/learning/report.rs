//! How well learnt weights did on stories that they had not seen.

use std::collections::BTreeMap;
use std::fmt;

/// What was right, by the set of articles and by the judgement.
#[derive(Debug, Default)]
pub struct Report {
    /// Of every set: how many figures are real, how many were read, how many of these are right in value and measure.
    found: BTreeMap<String, (usize, usize, usize)>,
    /// Of every set and judgement: how many of the figures found, and how many right.
    right: BTreeMap<(String, &'static str), (usize, usize)>,
    /// In ten steps of confidence: how many figures, how many right, and the sum of what was said.
    bins: [(usize, usize, f64); 10],
}

impl Report {
    /// Notes what was found in an article with so many real figures: of each figure whether it is right.
    pub fn found(&mut self, set: &str, real: usize, read: &[bool]) {
        let entry = self.found.entry(set.to_owned()).or_default();
        let right = read.iter().filter(|right| **right).count();
        *entry = (entry.0 + real, entry.1 + read.len(), entry.2 + right);
    }

    /// Notes whether a judgement on a figure that was found is right.
    pub fn right(&mut self, set: &str, judgement: &'static str, right: bool) {
        let entry = self.right.entry((set.to_owned(), judgement)).or_default();
        *entry = (entry.0 + 1, entry.1 + usize::from(right));
    }

    /// Notes how sure a reading was said to be, and whether it came true.
    pub fn said(&mut self, sure: f64, right: bool) {
        let bin = (1..10).rev().find(|bin| sure >= f64::from(*bin) / 10.0).unwrap_or(0);
        let bin = &mut self.bins[usize::try_from(bin).unwrap_or_default()];
        *bin = (bin.0 + 1, bin.1 + usize::from(right), bin.2 + sure);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cross-validated by story:")?;
        for (set, (real, read, right)) in &self.found {
            let share = |of: usize| *right as f64 / of.max(1) as f64;
            let f1 = 2.0 * *right as f64 / (real + read).max(1) as f64;
            let (precision, recall) = (share(*read), share(*real));
            write!(f, "  {set:8} {real:5} figures, found F1 {f1:.3} (precision {precision:.3}, recall {recall:.3})")?;
            let judged = self.right.iter().filter(|((of, _), _)| of == set);
            for ((_, judgement), (all, right)) in judged {
                write!(f, ", {judgement} {:.3}", *right as f64 / *all as f64)?;
            }
            writeln!(f)?;
        }
        writeln!(f, "confidence, and how often it came true:")?;
        for (bin, (all, right, sum)) in self.bins.iter().enumerate().filter(|(_, bin)| bin.0 > 0) {
            let (said, true_) = (sum / *all as f64, *right as f64 / *all as f64);
            writeln!(f, "  from .{bin}: {all:5} figures, said {said:.3}, came true {true_:.3}")?;
        }
        Ok(())
    }
}
