//! A table row or a label: "Killed: 12", "Dead - 12".

use crate::extract::head::Head;
use crate::extract::lexicon::{CASUALTY, INTRANSITIVE, PARTICIPLE, STATE};
use crate::extract::rules::{Proposal, Rule, Scene};

/// "Killed: 12".
pub static LABELLED: Rule = Rule {
    name: "labelled",
    examples: &[("Killed: 12, injured: 30", &["12 killed people", "30 injured people"])],
    look_alikes: &["Two were killed: 12 houses burned."],
    wants: PARTICIPLE | STATE | CASUALTY | INTRANSITIVE,
    read: labelled,
};

fn labelled(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if !matches!(count.head, Head::Bare | Head::Person(_)) || count.state.is_some() {
        return None;
    }
    let mark = count.first.checked_sub(1)?;
    let word = mark.checked_sub(1)?;
    let marked = scene.tokens[mark].reads(":") || scene.tokens[mark].is_dash();
    let token = &scene.tokens[word];
    // A label opens its line or stands behind the row before it.
    let opens = word == 0 || scene.tokens[word - 1].reads_any(&[",", ";", "•", "|", "/", ".", "*", "-"]) || (word == 1);
    if !marked || !opens || !token.is(PARTICIPLE | STATE | CASUALTY | INTRANSITIVE) {
        return None;
    }
    Some(Proposal { measure: token.senses.measure?, group: None, cost: 2, predicate: word, rule: LABELLED.name })
}
