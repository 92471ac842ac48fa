//! A noun that a count follows: "the death toll rose to 74", "the number of injured stands at 30".

use crate::extract::head::{Form, Head};
use crate::extract::lexicon::lists::TOLL_STANDS;
use crate::extract::lexicon::{
    ACCORDING, ADVERB, BE, CASUALTY, CONJUNCTION, COUNT, DETERMINER, HAVE, INTRANSITIVE, MODAL, PARTICIPLE, PERSON,
    PREPOSITION, RELATIVE, REPORT, STATE, SUBORDINATOR, TOLL,
};
use crate::extract::rules::{Proposal, Rule, Scene};
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Measure};

/// "the death toll stands at 74".
pub static TOLL_OF: Rule = Rule {
    name: "toll-of",
    examples: &[
        ("The death toll rose to 74.", &["74 killed people"]),
        ("The toll now tops 1,000.", &["at least 1,000 killed people"]),
        ("Civilian toll of the siege rises to 973", &["973 killed civilians"]),
    ],
    look_alikes: &["The death toll rose as 12 ambulances came.", "The toll road is 74 km long."],
    wants: TOLL,
    read: toll_of,
};

fn toll_of(scene: &Scene, at: usize) -> Option<Proposal> {
    let (noun, cost) = noun_before(scene, at, |scene, i| scene.tokens[i].is(TOLL))?;
    let token = &scene.tokens[noun];
    if token.reads("toll")
        && scene
            .tokens
            .get(noun + 1)
            .is_some_and(|t| t.reads_any(&["road", "roads", "plaza", "booth", "gate", "free", "-"]))
    {
        return None;
    }
    let group = counted_group(scene, noun, at);
    Some(Proposal { measure: token.senses.measure?, group, cost, predicate: noun, rule: TOLL_OF.name })
}

/// "The dead numbered 74", "casualties were put at 74".
pub static DEATHS_STAND_AT: Rule = Rule {
    name: "deaths-stand-at",
    examples: &[
        ("The dead numbered 74.", &["74 killed people"]),
        ("Casualties were put at 74.", &["74 casualties people"]),
        ("Arrests have reached 300.", &["300 detained people"]),
    ],
    look_alikes: &["The dead were buried at 74 Mill Street.", "Deaths rose in 12 towns."],
    wants: CASUALTY,
    read: deaths_stand_at,
};

fn deaths_stand_at(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if !matches!(count.head, Head::Bare | Head::Person(_)) || count.state.is_some() || count.form != Form::Stated {
        return None;
    }
    let mut i = count.first;
    let mut stands = false;
    for back in 0..8 {
        i = i.checked_sub(1)?;
        let token = &scene.tokens[i];
        if token.is(CASUALTY) && stands {
            // "The 12 deaths", "in deaths": the noun is the subject of the verb.
            let subject = i.checked_sub(1).is_none_or(|j| {
                let before = &scene.tokens[j];
                before.kind == Kind::Mark || before.is(DETERMINER | SUBORDINATOR | CONJUNCTION | ADVERB | RELATIVE)
            });
            let cost = if count.head == Head::Bare { 2 } else { 4 };
            return (subject && scene.count_at(i).is_none()).then_some(Proposal {
                measure: token.senses.measure?,
                group: None,
                cost,
                predicate: i,
                rule: DEATHS_STAND_AT.name,
            });
        }
        stands |= TOLL_STANDS.has(&token.lower) || (back == 0 && token.reads_any(&["at", "to"]));
        let passed = token.is(BE | HAVE | ADVERB | REPORT | DETERMINER)
            || TOLL_STANDS.has(&token.lower)
            || token.reads_any(&["at", "to"]);
        if !passed {
            return None;
        }
    }
    None
}

/// "the number of journalists killed reached 12", "bringing to 12 the number of dead".
pub static NUMBER_OF_DEAD: Rule = Rule {
    name: "number-of-dead",
    examples: &[
        ("The number of policemen hurt has reached 12.", &["12 injured security_forces"]),
        (
            "The number of civilians killed has risen to 973, up from 830 a day earlier.",
            &["973 killed civilians", "830 killed civilians"],
        ),
        ("This brings to 12 the number of reporters killed.", &["12 killed journalists"]),
    ],
    look_alikes: &["The number of flats burned is 12.", "A civilian asked for the number of dead."],
    wants: COUNT | TOLL,
    read: number_of_dead,
};

fn number_of_dead(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if count.form != Form::Stated {
        return None;
    }
    let behind = (count.end + 1..count.end + 4).find(|i| scene.tokens.get(*i).is_some_and(|t| t.is(COUNT | TOLL)));
    let (noun, cost) = noun_before(scene, at, |scene, i| scene.tokens[i].is(COUNT) && complement(scene, i).is_some())
        .or(behind.map(|noun| (noun, 2)))?;
    let (predicate, measure) = complement(scene, noun)?;
    let group = counted_group(scene, noun, at);
    Some(Proposal { measure, group, cost, predicate, rule: NUMBER_OF_DEAD.name })
}

/// Whom a toll counts by its own words: "the civilian death toll", "the number of policemen hurt". Those named behind it
/// belong to it up to its verb.
fn counted_group(scene: &Scene, noun: usize, at: usize) -> Option<Group> {
    let before = noun.checked_sub(1).map(|i| &scene.tokens[i]);
    let named = |token: &Token| token.senses.group.filter(|group| *group != Group::People);
    if let Some(group) = before.and_then(named) {
        return Some(group);
    }
    let until = if noun < scene.counts[at].first { scene.counts[at].first } else { scene.tokens.len() };
    let of = scene.tokens.get(noun + 1)?.reads_any(&["of", "for", "among"]) || scene.tokens[noun].lower.contains(" of");
    scene.tokens[noun + 1..until]
        .iter()
        .take(if of { 5 } else { 0 })
        .take_while(|token| !token.is(BE | HAVE | REPORT | MODAL) && token.kind == Kind::Word)
        .find_map(named)
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

/// The noun before the count that tells what it counts, and the cost of the way to it.
fn noun_before(scene: &Scene, at: usize, is_noun: impl Fn(&Scene, usize) -> bool) -> Option<(usize, u32)> {
    let count = &scene.counts[at];
    if matches!(count.head, Head::Unknown | Head::Lives) || count.state.is_some() || count.form != Form::Stated {
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
        if token.is(PARTICIPLE | STATE) && !token.is(REPORT) && !scene.is_counted(i) {
            return None;
        }
        cost += if token.is(SUBORDINATOR | ACCORDING) {
            4
        } else if token.reads(",") {
            1
        } else {
            u32::from(token.is(PREPOSITION | PERSON) && i.is_multiple_of(2))
        };
    }
    None
}
