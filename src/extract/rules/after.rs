//! Those struck come after the word that says what happened: "killed 12 people", "among the dead were 12 children".

use crate::extract::head::{Form, Head};
use crate::extract::lexicon::{
    BE, CASUALTY, CONJUNCTION, FINITE, INCLUDE, INTRANSITIVE, NEGATION, PARTICIPLE, PREPOSITION, RELATIVE, SAVED,
    STATE, SUBORDINATOR,
};
use crate::extract::rules::{DEAREST, Proposal, Rule, Scene};

/// "killed 12 people", "killing 12 and wounding 30".
pub static KILLED_THEM: Rule = Rule {
    name: "killed-them",
    examples: &[
        ("The raid killed at least 17 people and wounded 40.", &["over 17 killed people", "over 40 injured people"]),
        ("Two bombers killed 43 worshippers.", &["43 killed people"]),
        ("Gunmen shot dead four guards.", &["4 killed people"]),
    ],
    look_alikes: &["He was killed by 12 gunmen.", "The strike killed the talks on 12 dams."],
    read: killed_them,
};

fn killed_them(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if matches!(count.head, Head::Casualty(_) | Head::Lives) {
        return None;
    }
    let mut cost = if count.head == Head::Unknown { 4 } else { 0 };
    if count.form == Form::Single {
        cost += 1;
    }
    let mut i = count.first;
    while i > 0 && cost <= DEAREST {
        i -= 1;
        let token = &scene.tokens[i];
        if let Some(other) = scene.count_at(i) {
            let between = scene.tokens.get(scene.counts[other].end + 1..count.first).unwrap_or_default();
            let coordinate = between.iter().any(|t| t.reads_any(&[",", "and", "or", "&"]));
            if scene.counts[other].state.is_some() {
                return None;
            }
            cost += if coordinate && scene.counts[other].may_count_people() { 1 } else { 4 };
            i = scene.counts[other].first;
            continue;
        }
        let struck_before = || i > 0 && scene.count_at(i - 1).is_some() && !scene.has_object(i);
        if token.is(FINITE) || (token.is(PARTICIPLE) && !scene.is_passive(i) && !struck_before()) {
            let measure = token.senses.measure?;
            return Some(Proposal { measure, cost, predicate: i, rule: KILLED_THEM.name });
        }
        if token.is(PARTICIPLE | INTRANSITIVE | STATE | SAVED) || token.reads("by") {
            return None;
        }
        cost += if token.is(PREPOSITION) && !token.reads_any(&["of", "like"]) {
            5
        } else if token.is(RELATIVE | SUBORDINATOR | NEGATION) {
            6
        } else if token.is(CONJUNCTION) {
            3
        } else {
            scene.gap(i)
        };
    }
    None
}

/// "among the dead were 12 children", "killed were 12", "the dead include 12 children".
pub static AMONG_THE_DEAD: Rule = Rule {
    name: "among-the-dead",
    examples: &[
        ("Among the dead were 12 children.", &["12 killed children"]),
        ("The injured include three nurses.", &["3 injured aid_workers"]),
        ("The casualties included 745 civilians killed in their homes.", &["745 killed civilians"]),
    ],
    look_alikes: &["The dead were mourned in 12 towns."],
    read: among_the_dead,
};

fn among_the_dead(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if matches!(count.head, Head::Casualty(_) | Head::Lives) {
        return None;
    }
    let mut i = count.first;
    let mut linked = false;
    let mut cost = 1;
    while i > 0 && cost <= DEAREST {
        i -= 1;
        let token = &scene.tokens[i];
        if let Some(other) = scene.count_at(i) {
            if scene.counts[other].state.is_some() {
                return None;
            }
            i = scene.counts[other].first;
            cost += 1;
            continue;
        }
        if linked && token.is(PARTICIPLE | STATE | CASUALTY | INTRANSITIVE) && !scene.is_passive(i) {
            let measure = token.senses.measure?;
            return Some(Proposal { measure, cost, predicate: i, rule: AMONG_THE_DEAD.name });
        }
        linked |= token.is(BE | INCLUDE) || token.reads_any(&["numbered", "totalled", "totaled", "number"]);
        cost += if token.is(PREPOSITION) { 3 } else { scene.gap(i).max(u32::from(!linked) * 3) };
    }
    None
}
