//! Those struck come after the word that says what happened: "killed 12 people", "among the dead were 12 children".

use crate::extract::head::{Form, Head};
use crate::extract::lexicon::{
    ADVERB, BE, BOUND, CASUALTY, CONJUNCTION, DETERMINER, FINITE, INCLUDE, INTRANSITIVE, NEGATION, PARTICIPLE, PERSON,
    PREDICATE, PREPOSITION, RELATIVE, SAVED, STATE, SUBORDINATOR,
};
use crate::extract::rules::{DEAREST, Proposal, Rule, Scene};
use crate::extract::token::Kind;

/// "killed 12 people", "killing 12 and wounding 30".
pub static KILLED_THEM: Rule = Rule {
    name: "killed-them",
    examples: &[
        ("The raid killed at least 17 people and wounded 40.", &["at least 17 killed people", "40 injured people"]),
        ("Two bombers killed 43 worshippers.", &["43 killed people"]),
        ("Gunmen shot dead four guards.", &["4 killed people"]),
    ],
    look_alikes: &["He was killed by 12 gunmen.", "The strike killed the talks on 12 dams."],
    wants: FINITE | PARTICIPLE,
    read: killed_them,
};

fn killed_them(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if scene.counts_deaths(at) || count.head == Head::Lives {
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
            if scene.is_counted(i) {
                return None; // "the number of those killed has risen to 12"
            }
            let measure = token.senses.measure?;
            return Some(Proposal { measure, group: None, cost, predicate: i, rule: KILLED_THEM.name });
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

/// "identified 830 civilians among those killed", "12 children among the dead".
pub static AMONG_THOSE_KILLED: Rule = Rule {
    name: "among-those-killed",
    examples: &[
        ("It has identified 830 civilians among those killed.", &["830 killed civilians"]),
        ("The list names 12 girls among the 40 dead.", &["12 killed children", "40 killed people"]),
    ],
    look_alikes: &["It named 12 of the streets among those closed."],
    wants: PREDICATE,
    read: among_those_killed,
};

fn among_those_killed(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if !matches!(count.head, Head::Bare | Head::Person(_) | Head::Unknown) || count.state.is_some() {
        return None;
    }
    let among = (count.end + 1..count.end + 6)
        .find(|i| scene.tokens.get(*i).is_some_and(|t| t.reads_any(&["among", "amongst"])))?;
    if scene.tokens[count.end + 1..among].iter().any(|t| t.kind == Kind::Mark || t.is(PREDICATE | BE)) {
        return None;
    }
    for (i, token) in scene.tokens.iter().enumerate().skip(among + 1).take(6) {
        if token.is(PREDICATE) {
            let cost = if count.head == Head::Unknown { 4 } else { 2 };
            let measure = token.senses.measure?;
            return Some(Proposal { measure, group: None, cost, predicate: i, rule: AMONG_THOSE_KILLED.name });
        }
        let passed =
            token.is(DETERMINER | PERSON | BOUND | ADVERB) || scene.count_at(i).is_some() || token.reads("those");
        if !passed {
            return None;
        }
    }
    None
}

/// "among the dead were 12 children", "killed were 12", "the dead include 12 children".
pub static AMONG_THE_DEAD: Rule = Rule {
    name: "among-the-dead",
    examples: &[
        ("Among the dead were 12 children.", &["12 killed children"]),
        ("The injured include three nurses.", &["3 injured aid_workers"]),
    ],
    look_alikes: &["The dead were mourned in 12 towns."],
    wants: PARTICIPLE | STATE | CASUALTY | INTRANSITIVE,
    read: among_the_dead,
};

fn among_the_dead(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if scene.counts_deaths(at) || count.head == Head::Lives {
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
            return Some(Proposal { measure, group: None, cost, predicate: i, rule: AMONG_THE_DEAD.name });
        }
        linked |= token.is(BE | INCLUDE) || token.reads_any(&["numbered", "totalled", "totaled", "number"]);
        cost += if token.is(PREPOSITION) { 3 } else { scene.gap(i).max(u32::from(!linked) * 3) };
    }
    None
}
