//! A noun that a count follows: "the death toll rose to 74", "the number of injured stands at 30".

use crate::extract::head::Head;
use crate::extract::lexicon::{
    ACCORDING, BE, CASUALTY, COUNT, INTRANSITIVE, PARTICIPLE, PERSON, PREPOSITION, REPORT, STATE, SUBORDINATOR, TOLL,
};
use crate::extract::rules::{Proposal, Rule, Scene};
use crate::model::Measure;

/// "the death toll stands at 74".
pub static TOLL_OF: Rule = Rule {
    name: "toll-of",
    examples: &[
        ("The death toll rose to 74.", &["74 killed people"]),
        ("The toll now tops 1,000.", &["over 1,000 killed people"]),
    ],
    look_alikes: &["The death toll rose as 12 ambulances came.", "The toll road is 74 km long."],
    read: toll_of,
};

fn toll_of(scene: &Scene, at: usize) -> Option<Proposal> {
    let (noun, cost) = noun_before(scene, at, |scene, i| scene.tokens[i].is(TOLL), PARTICIPLE | STATE)?;
    let token = &scene.tokens[noun];
    if token.reads("toll")
        && scene
            .tokens
            .get(noun + 1)
            .is_some_and(|t| t.reads_any(&["road", "roads", "plaza", "booth", "gate", "free", "-"]))
    {
        return None;
    }
    Some(Proposal { measure: token.senses.measure?, cost, predicate: noun, rule: TOLL_OF.name })
}

/// "the number of journalists killed reached 12", "bringing to 12 the number of dead".
pub static NUMBER_OF_DEAD: Rule = Rule {
    name: "number-of-dead",
    examples: &[
        ("The number of policemen hurt has reached 12.", &["12 injured security_forces"]),
        ("This brings to 12 the number of reporters killed.", &["12 killed journalists"]),
    ],
    look_alikes: &["The number of flats burned is 12."],
    read: number_of_dead,
};

fn number_of_dead(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    let behind = (count.end + 1..count.end + 4).find(|i| scene.tokens.get(*i).is_some_and(|t| t.is(COUNT | TOLL)));
    let (noun, cost) =
        noun_before(scene, at, |scene, i| scene.tokens[i].is(COUNT) && complement(scene, i).is_some(), 0)
            .or(behind.map(|noun| (noun, 3)))?;
    let (predicate, measure) = complement(scene, noun)?;
    Some(Proposal { measure, cost, predicate, rule: NUMBER_OF_DEAD.name })
}

/// What a "number of" counts: the predicate within its next words.
fn complement(scene: &Scene, noun: usize) -> Option<(usize, Measure)> {
    if let Some(measure) = scene.tokens[noun].senses.measure {
        return Some((noun, measure));
    }
    if !scene.tokens.get(noun + 1)?.reads_any(&["of", "for"]) {
        return None;
    }
    (noun + 2..(noun + 8).min(scene.tokens.len())).find_map(|i| {
        let token = &scene.tokens[i];
        (token.is(PARTICIPLE | STATE | CASUALTY | INTRANSITIVE)).then_some((i, token.senses.measure?))
    })
}

/// The noun before the count that tells what it counts, and the cost of the way to it. A word of the classes `stops` on
/// the way has a count of its own; in "the number of civilians killed" it belongs to the noun.
fn noun_before(scene: &Scene, at: usize, is_noun: impl Fn(&Scene, usize) -> bool, stops: u64) -> Option<(usize, u32)> {
    let count = &scene.counts[at];
    if matches!(count.head, Head::Unknown | Head::Lives) || count.state.is_some() {
        return None;
    }
    let mut cost = match count.head {
        Head::Bare => 1,
        Head::Person(_) => 3,
        _ => 4,
    };
    let link = scene.tokens.get(count.first.checked_sub(1)?)?;
    let linked = link.reads_any(&[
        "of", "at", "to", "from", "as", ":", "than", "reached", "hits", "hit", "reaches", "now", "touches", "touched",
        "nears", "neared",
    ]) || link.is(BE | REPORT)
        || link.is_dash()
        || scene.tokens[count.first].is(crate::extract::lexicon::BOUND);
    cost += if linked { 0 } else { 4 };
    let mut i = count.first;
    for _ in 0..16 {
        i = i.checked_sub(1)?;
        if is_noun(scene, i) {
            return Some((i, cost));
        }
        let token = &scene.tokens[i];
        if let Some(other) = scene.count_at(i) {
            i = scene.counts[other].first;
            continue;
        }
        if token.is(stops) && !token.is(REPORT) {
            return None;
        }
        cost += if token.is(SUBORDINATOR | ACCORDING) {
            4
        } else if token.reads(",") {
            1
        } else {
            u32::from(token.is(PREPOSITION | PERSON) && i % 2 == 0)
        };
    }
    None
}
