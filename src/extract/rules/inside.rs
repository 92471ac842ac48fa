//! The number and what happened stand in one noun phrase: "12 dead", "12 wounded soldiers", "12 deaths", "12 lives".

use crate::extract::head::{Form, Head};
use crate::extract::lexicon::{CASUALTY, INTRANSITIVE, PARTICIPLE, SAVED};
use crate::extract::rules::{ANYTHING, Proposal, Rule, Scene};
use crate::model::Measure;

/// "12 dead", "12 wounded soldiers", "12 of the missing".
pub static DEAD_BESIDE: Rule = Rule {
    name: "dead-beside",
    examples: &[
        ("The blast left 12 dead and 30 wounded.", &["12 killed people", "30 injured people"]),
        ("Nine wounded soldiers lay in the school.", &["9 injured security_forces"]),
        ("Seven of the injured went home.", &["7 injured people"]),
    ],
    look_alikes: &["Twelve deadlines were missed.", "They buried 12 dead cows."],
    wants: ANYTHING,
    read: dead_beside,
};

fn dead_beside(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    let state = count.state?;
    let token = &scene.tokens[state];
    if token.is(PARTICIPLE) && !token.is(CASUALTY) && !matches!(count.head, Head::Person(_)) && scene.has_object(state)
    {
        return None; // "Two killed 12 and fled": those two are the killers.
    }
    Some(Proposal { measure: token.senses.measure?, group: None, cost: 1, predicate: state, rule: DEAD_BESIDE.name })
}

/// "12 deaths", "12 bodies", "12 arrests".
pub static COUNTED_DEATHS: Rule = Rule {
    name: "counted-deaths",
    examples: &[
        ("The district recorded 12 deaths.", &["12 killed people"]),
        ("More than 40 bodies were found on the beach.", &["at least 40 killed people"]),
        ("There were no injuries.", &["0 injured people"]),
        ("The gunmen hold 125 hostages.", &["125 abducted people"]),
    ],
    look_alikes: &["There were 12 deaths per 100,000 cattle.", "The cemetery has 61 new graves."],
    wants: ANYTHING,
    read: counted_deaths,
};

fn counted_deaths(scene: &Scene, at: usize) -> Option<Proposal> {
    let Head::Casualty(noun) = scene.head(at) else { return None };
    if scene.tokens.get(noun + 1).is_some_and(|t| t.reads("per")) {
        return None;
    }
    let measure = scene.tokens[noun].senses.measure?;
    // "125 hostages died": those who are named by what befell them may suffer more.
    let cost = if scene.counts_deaths(at) { 1 } else { 2 };
    Some(Proposal { measure, group: None, cost, predicate: noun, rule: COUNTED_DEATHS.name })
}

/// "claimed 12 lives", "cost 12 lives".
pub static LIVES_LOST: Rule = Rule {
    name: "lives-lost",
    examples: &[("The flood claimed 12 lives.", &["12 killed people"])],
    look_alikes: &["The pilot saved 12 lives."],
    wants: ANYTHING,
    read: lives_lost,
};

fn lives_lost(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if count.head != Head::Lives || count.form == Form::Single {
        return None;
    }
    let near = count.first.saturating_sub(4)..(count.end + 3).min(scene.tokens.len());
    let saved =
        scene.tokens[near].iter().any(|t| (t.is(SAVED) && !t.is(INTRANSITIVE)) || t.reads_any(&["save", "saves"]));
    (!saved).then_some(Proposal {
        measure: Measure::Killed,
        group: None,
        cost: 2,
        predicate: count.end,
        rule: LIVES_LOST.name,
    })
}
