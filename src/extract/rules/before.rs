//! Those struck come before the word that says what happened: "12 people were killed", "12 died", "12 remain missing".

use crate::extract::head::{Form, Head};
use crate::extract::lexicon::{
    ADVERB, BE, FEARED, FINITE, GRAMMAR, HAVE, INTRANSITIVE, PARTICIPLE, PREDICATE, PREPOSITION, REPORT, SAVED, STATE,
};
use crate::extract::rules::{DEAREST, Proposal, Rule, Scene};
use crate::extract::token::{Kind, Token};

/// "12 people were killed", "12 died", "12 are missing".
pub static WERE_KILLED: Rule = Rule {
    name: "were-killed",
    examples: &[
        ("Nine people were killed when the roof fell.", &["9 killed people"]),
        ("Eleven migrants drowned.", &["11 killed people"]),
        (
            "745 civilians, 125 officers and 148 gunmen were killed.",
            &["745 killed civilians", "125 killed security_forces", "148 killed fighters"],
        ),
        ("Some 60 people are feared to have died.", &["about 60 killed people"]),
        ("In the end 125 hostages died.", &["125 killed people"]),
        ("A policeman was shot dead.", &["1 killed security_forces"]),
        ("A driver for the Tarsa branch of the Relief Desk was killed.", &["1 killed people"]),
        ("Forty people - most of them guests - died in the hotel.", &["40 killed people"]),
        ("Two officers, wounded in the first attack, were finished off.", &["2 killed security_forces"]),
    ],
    look_alikes: &["Two gunmen killed the mayor.", "Twelve people were rescued.", "Nine officers arrested the man."],
    wants: PARTICIPLE | INTRANSITIVE | STATE,
    read: were_killed,
};

fn were_killed(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if scene.counts_deaths(at) || count.head == Head::Lives {
        return None;
    }
    let mut cost = if count.head == Head::Unknown { 4 } else { 0 };
    if count.form == Form::Single {
        cost += 2;
    }
    let mut linked = false; // whether a form of to be has been passed
    let mut i = behind_phrase(scene, count.end + 1);
    if i > count.end + 1 {
        cost += 2;
    }
    while i < scene.tokens.len() && cost <= DEAREST {
        let token = &scene.tokens[i];
        if let Some(end) = aside(scene, i) {
            // What stands between dashes or brackets, or is told of them by the way, is passed over.
            cost += 2;
            i = end;
            continue;
        }
        if let Some(other) = scene.count_at(i) {
            let coordinate = i > 0 && scene.tokens[i - 1].reads_any(&[",", "and", "or", "&"])
                || scene.tokens[i - 1].is(crate::extract::lexicon::INCLUDE);
            let next = &scene.counts[other];
            // "12 people and three dogs were killed" reads on; "12 people in 3 towns were killed" does, too.
            cost += if coordinate && next.may_count_people() { 1 } else { 2 };
            if coordinate && next.state.is_some() {
                return None; // ", 30 wounded": the neighbour has its own predicate.
            }
            i = next.end + 1;
            continue;
        }
        if token.is(SAVED) && (linked || i == count.end + 1) && !token.is(PARTICIPLE | INTRANSITIVE) {
            return None;
        }
        if token.is(FINITE) && !token.is(INTRANSITIVE | PARTICIPLE) {
            return None;
        }
        if let Some(measure) = token.senses.measure {
            let here = Proposal { measure, group: None, cost, predicate: i, rule: WERE_KILLED.name };
            if token.is(PARTICIPLE) {
                if linked || scene.is_passive(i) {
                    return Some(here);
                }
                if scene.has_object(i) {
                    return None;
                }
                return Some(Proposal { cost: cost + 1, ..here });
            }
            if token.is(INTRANSITIVE) {
                return Some(here);
            }
            if token.is(STATE) {
                let near = linked || i == count.end + 1 || scene.tokens[i - 1].is(ADVERB | FEARED | REPORT);
                return Some(Proposal { cost: if near { cost } else { cost + 4 }, ..here });
            }
        }
        linked |= token.is(BE);
        cost += scene.gap(i);
        i += 1;
    }
    None
}

/// Where an aside that opens at `at` is over: "12 people | - nine of them civilians - | died", "two officers |, wounded in
/// the first attack, | were finished off".
fn aside(scene: &Scene, at: usize) -> Option<usize> {
    let tokens = &scene.tokens;
    let until = (at + MOST_OF_ASIDE).min(tokens.len());
    if tokens[at].is_dash() || tokens[at].reads("(") {
        let closes = |t: &Token| if tokens[at].reads("(") { t.reads(")") } else { t.is_dash() };
        let end = (at + 1..until).find(|i| closes(&tokens[*i]))?;
        return tokens.get(end + 1).is_some_and(|t| t.is(BE | HAVE | INTRANSITIVE)).then_some(end + 1);
    }
    let told = tokens[at].reads(",") && tokens.get(at + 1).is_some_and(|t| t.is(PARTICIPLE) && !t.is(INTRANSITIVE));
    let end = (at + 2..until).find(|i| tokens[*i].reads(","))?;
    let verb = tokens.get(end + 1).is_some_and(|t| t.is(BE | HAVE));
    let plain = (at + 2..end)
        .all(|i| !tokens[i].is(BE | HAVE | REPORT) && tokens[i].kind == Kind::Word && scene.count_at(i).is_none());
    (told && verb && plain).then_some(end + 1)
}

/// So many tokens may stand in an aside.
const MOST_OF_ASIDE: usize = 14;

/// Where the words end that belong to a noun by a preposition: "a driver | for the Tarsa branch of the Relief Desk |".
fn behind_phrase(scene: &Scene, at: usize) -> usize {
    let belongs = scene.tokens.get(at).is_some_and(|t| t.reads_any(&["of", "for", "from", "with", "at", "in"]));
    if !belongs {
        return at;
    }
    let goes_on = |i: &usize| {
        let token = &scene.tokens[*i];
        let grammar = GRAMMAR & !PREPOSITION;
        token.kind == Kind::Word
            && !token.is(grammar | PREDICATE | REPORT | SAVED)
            && !token.reads("by")
            && scene.count_at(*i).is_none()
    };
    let end = (at..(at + MOST_OF_PHRASE).min(scene.tokens.len())).find(|i| !goes_on(i)).unwrap_or(at);
    // Only a form of to be or what happened shows that the phrase has ended there.
    if scene.tokens[end].is(BE | HAVE | PREDICATE) { end } else { at }
}

/// So many tokens may belong to a noun by prepositions.
const MOST_OF_PHRASE: usize = 12;
