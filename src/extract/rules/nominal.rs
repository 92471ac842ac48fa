//! A noun with "of" that those struck follow: "the killing of 12 people", "the bodies of 12 men".

use crate::extract::lexicon::{ACT, ADVERB, DETERMINER};
use crate::extract::rules::{Proposal, Rule, Scene};

/// "the death of 12 people".
pub static DEATH_OF: Rule = Rule {
    name: "death-of",
    examples: &[
        ("The mayor confirmed the deaths of 12 pupils.", &["12 killed people"]),
        ("They announced the arrest of nine men.", &["9 detained people"]),
    ],
    look_alikes: &["He spoke of the death of 12 languages."],
    wants: ACT,
    read: death_of,
};

fn death_of(scene: &Scene, at: usize) -> Option<Proposal> {
    let mut i = scene.counts[at].first;
    let mut cost = 1;
    for _ in 0..12 {
        i = i.checked_sub(1)?;
        let token = &scene.tokens[i];
        if let Some(other) = scene.count_at(i) {
            if scene.counts[other].state.is_some() {
                return None;
            }
            i = scene.counts[other].first;
            cost += 1;
        } else if token.is(ACT) && [" of", " for", " with"].iter().any(|end| token.lower.ends_with(end)) {
            return Some(Proposal {
                measure: token.senses.measure?,
                group: None,
                cost,
                predicate: i,
                rule: DEATH_OF.name,
            });
        } else if !token.is(DETERMINER | ADVERB) {
            if !token.reads_any(&[",", "and"]) {
                return None;
            }
            cost += 1;
        }
    }
    None
}
