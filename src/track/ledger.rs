//! What has been told of a story, as it stands after the articles taken in so far.

use std::collections::HashSet;

use crate::model::{ArticleId, Change, Claim, Verdict};
use crate::track::count::{Counts, Outcome};
use crate::track::observe::{Incoming, JUMP, Observed, Settings, claims};
use crate::track::sources::same_voice;

/// The counts that stand in one story and the voices heard in it.
#[derive(Debug, Default)]
pub struct Ledger {
    counts: Counts,
    /// The names of the story's sources, in the order in which they were first heard.
    voices: Vec<String>,
    taken: HashSet<(ArticleId, u32)>,
}

impl Ledger {
    /// The ledger after all earlier claims of a story, which may come in any order: they are gone through again in the
    /// order in which they came in.
    pub fn of(mut past: Vec<Claim>) -> Self {
        past.sort_by_key(|claim| (claim.seen, claim.published, claim.id));
        let mut ledger = Self::default();
        for report in past.chunk_by(|a, b| (a.id.article, a.id.version) == (b.id.article, b.id.version)) {
            ledger.counts.take_in(report, JUMP);
            ledger.taken.extend(report.first().map(|claim| (claim.id.article, claim.id.version)));
            for source in report.iter().filter_map(|claim| claim.series.source.as_ref()) {
                ledger.hear(source);
            }
        }
        ledger
    }

    /// Takes in one version of an article. The same version a second time gives nothing.
    pub fn take_in(&mut self, incoming: &Incoming, settings: &Settings) -> Observed {
        if !self.taken.insert((incoming.id, incoming.version)) {
            return Observed::default();
        }
        let mut claims = claims(incoming, settings);
        for source in claims.iter_mut().filter_map(|claim| claim.series.source.as_mut()) {
            self.name_alike(source);
        }
        let outcomes = self.counts.take_in(&claims, JUMP);
        let mut changes = Vec::new();
        for (claim, outcome) in claims.iter_mut().zip(outcomes) {
            claim.verdict = match outcome {
                Outcome::Quiet(verdict) => verdict,
                Outcome::Moved { .. } if incoming.baseline => Verdict::Baseline,
                Outcome::Moved { kind, before, reason } => {
                    changes.push(Change {
                        story: claim.story,
                        series: claim.series.clone(),
                        kind,
                        before,
                        after: claim.quantity,
                        reason,
                        claim: claim.id,
                        at: claim.published,
                    });
                    Verdict::Told
                }
            };
        }
        Observed { claims, changes }
    }

    /// Keeps a source under the name it was first heard by in the story: "harbour police" and "harbour police of Port
    /// Merrow" are one voice. A name that could stand for several of the story's voices stays as it is.
    fn name_alike(&mut self, source: &mut String) {
        if self.voices.contains(source) {
            return;
        }
        let mut alike = self.voices.iter().filter(|name| same_voice(name, source));
        match (alike.next(), alike.next()) {
            (Some(name), None) => source.clone_from(name),
            _ => self.voices.push(source.clone()),
        }
    }

    fn hear(&mut self, source: &str) {
        if !self.voices.iter().any(|voice| voice == source) {
            self.voices.push(source.to_owned());
        }
    }
}
