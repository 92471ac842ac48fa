//! One count that stands, with the steps that led to it and all who gave it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{Claim, Quantity};
use crate::track::fit::{Fit, can_be_one, fit};
use crate::track::sources::same_voice;
use crate::track::tolls::Step;

/// One count that stands, with all who gave it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) quantity: Quantity,
    pub(super) steps: Vec<Step>,
    /// So many of the steps belong to counts that have ended: their source has begun anew.
    ended: usize,
    pub(super) outlets: BTreeSet<String>,
    /// When the article was published that gave the quantity.
    pub(super) at: Timestamp,
    /// Who has spoken on this line, and the number they gave last; `None` for the outlets' own voice.
    pub(super) voices: Vec<(Option<String>, Quantity)>,
}

impl Line {
    pub(super) fn begun_by(claim: &Claim) -> Self {
        let mut line = Self {
            quantity: claim.quantity,
            steps: Vec::new(),
            ended: 0,
            outlets: BTreeSet::new(),
            at: claim.published,
            voices: Vec::new(),
        };
        line.moved_by(claim);
        line
    }

    pub(super) fn moved_by(&mut self, claim: &Claim) {
        self.quantity = claim.quantity;
        self.at = self.at.max(claim.published);
        self.outlets = BTreeSet::new();
        self.steps.push(Step {
            at: claim.published,
            quantity: claim.quantity,
            source: claim.series.source.clone(),
            claim: claim.id,
        });
        self.supported_by(claim);
    }

    /// Moves to the first number of a count that has begun again.
    pub(super) fn begun_anew_by(&mut self, claim: &Claim) {
        self.ended = self.steps.len();
        self.voices.clear();
        self.moved_by(claim);
    }

    /// Whether a number was told in a count that has ended, and has not been come to again.
    pub(super) fn is_of_an_ended_count(&self, quantity: Quantity) -> bool {
        let (ended, of_now) = self.steps.split_at(self.ended);
        let told = |steps: &[Step]| steps.iter().any(|step| fit(quantity, step.quantity) == Fit::Same);
        told(ended) && !told(of_now)
    }

    pub(super) fn supported_by(&mut self, claim: &Claim) {
        self.outlets.insert(claim.outlet.clone());
        match self.voices.iter_mut().find(|(voice, _)| *voice == claim.series.source) {
            Some((_, last)) => *last = claim.quantity,
            None => self.voices.push((claim.series.source.clone(), claim.quantity)),
        }
    }

    /// Whether the source gave the number that stands, or is the only kind of voice on this line that has a name.
    fn is_held_by(&self, source: &str) -> bool {
        let stands = |last: Quantity| can_be_one(last, self.quantity);
        let somebody_else = self
            .voices
            .iter()
            .any(|(voice, last)| voice.as_deref().is_some_and(|voice| stands(*last) && !same_voice(voice, source)));
        self.voices.iter().any(|(voice, last)| {
            voice.as_deref().is_some_and(|voice| same_voice(voice, source)) && (stands(*last) || !somebody_else)
        })
    }

    pub(super) fn is_held_by_source_of(&self, claim: &Claim) -> bool {
        claim.series.source.as_deref().is_some_and(|source| self.is_held_by(source))
    }

    pub(super) fn has_told(&self, quantity: Quantity) -> bool {
        self.steps.iter().any(|step| fit(quantity, step.quantity) == Fit::Same)
    }
}
