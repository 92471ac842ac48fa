//! The names that words, counts and places have in facts.

use crate::extract::discourse::Line;
use crate::extract::hashed::{Hashed, hashed};
use crate::extract::head::{Form, Head};
use crate::extract::lexicon::lists::MAY_KILL;
use crate::extract::lexicon::{
    ACCORDING, ACT, ADVERB, BE, BOUND, CASUALTY, CONJUNCTION, COUNT, DENIED, DETERMINER, DISTANCE, EARLIER, ELSEWHERE,
    FEARED, FINITE, GRAMMAR, HAVE, INCLUDE, INCREMENT, INTRANSITIVE, LABEL, MODAL, MONEY, MONTH, NEGATION, PART,
    PARTICIPLE, PERCENT, PERSON, PREPOSITION, PRONOUN, RELATIVE, REPORT, SAVED, SOURCE, STATE, THING, TIME, TOLL,
    WEEKDAY,
};
use crate::extract::token::{Kind, Token};
use crate::model::Measure;

/// The place of a measure among the answers to what happened; the first answer is that nothing did.
pub fn answer(measure: Option<Measure>) -> usize {
    measure.map_or(0, |measure| 1 + measure as usize)
}

/// The name of a form in facts.
pub fn form(form: Form) -> Hashed<'static> {
    match form {
        Form::Stated => hashed!("stated"),
        Form::Single => hashed!("single"),
        Form::Zero => hashed!("zero"),
    }
}

/// The name of a head in facts, and what more it says.
pub fn head(head: Head) -> (Hashed<'static>, Hashed<'static>) {
    match head {
        Head::Person(group) => (hashed!("person"), group.into()),
        Head::Casualty(_) => (hashed!("casualty"), hashed!("")),
        Head::Lives => (hashed!("lives"), hashed!("")),
        Head::Bare => (hashed!("bare"), hashed!("")),
        Head::Unknown => (hashed!("unknown"), hashed!("")),
        Head::Refused(reason) => (hashed!("refused"), reason.into()),
    }
}

/// How large a value is, by powers of ten.
pub fn size(value: u64) -> Hashed<'static> {
    match value {
        0 => hashed!("0"),
        1 => hashed!("1"),
        2..=4 => hashed!("2-4"),
        5..=12 => hashed!("5-12"),
        13..=31 => hashed!("13-31"),
        32..=99 => hashed!("32-99"),
        100..=999 => hashed!("100-999"),
        1_000..=9_999 => hashed!("1000-9999"),
        10_000..=99_999 => hashed!("10000-99999"),
        _ => hashed!("100000+"),
    }
}

/// Where in the article a line stands.
pub fn place_of(lines: &[Line], index: usize) -> Hashed<'static> {
    if lines[index].sentence.headline {
        return hashed!("headline");
    }
    match lines[index].sentence.paragraph {
        0 | 1 => hashed!("first"),
        2 => hashed!("lead"),
        3 | 4 => hashed!("second"),
        _ if index * 3 < lines.len() * 2 => hashed!("middle"),
        _ => hashed!("end"),
    }
}

/// The bits of several classes together.
pub const fn any(classes: &[(Hashed, u64)]) -> u64 {
    let (mut bits, mut at) = (0, 0);
    while at < classes.len() {
        bits |= classes[at].1;
        at += 1;
    }
    bits
}

/// Whether a word tells more than grammar.
pub fn telling(token: &Token) -> bool {
    token.kind == Kind::Word && (!token.is(GRAMMAR | DETERMINER) || token.is(NEGATION | PRONOUN))
}

/// The end of a word, by which strange nouns for people are known: "-men", "-ers".
pub fn tail(word: &str) -> &str {
    let start = word.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    &word[start..]
}

/// A word by itself, a number by its being one, and the edge of the sentence.
pub fn word_at(token: Option<&Token>) -> Hashed<'_> {
    token.map_or(hashed!("|"), |t| if t.kind == Kind::Digits { hashed!("#") } else { t.lower.hashed() })
}

/// The class of a word, or the edge of the sentence.
pub fn class_at(token: Option<&Token>) -> Hashed<'_> {
    token.map_or(hashed!("|"), class)
}

/// A word by its class, the most telling first; words of grammar by themselves.
pub fn class(token: &Token) -> Hashed<'_> {
    match token.kind {
        Kind::Mark => return token.lower.hashed(),
        Kind::Digits => return hashed!("#"),
        Kind::Mixed => return hashed!("#x"),
        Kind::Word => {}
    }
    if token.senses.measure == Some(Measure::Injured) && token.is(PARTICIPLE) && MAY_KILL.has(&token.lower) {
        return hashed!("participle?");
    }
    if token.is(ANY_CLASS) {
        for (name, class) in CLASSES {
            if token.is(*class) {
                return *name;
            }
        }
    }
    if token.is(PREPOSITION | DETERMINER | CONJUNCTION | RELATIVE | PRONOUN) {
        return token.lower.hashed();
    }
    if token.is(ADVERB) {
        hashed!("adverb")
    } else if token.is(THING) {
        hashed!("thing")
    } else if token.capital {
        hashed!("Name")
    } else if token.lower.ends_with("ed") {
        hashed!("-ed")
    } else if token.lower.ends_with("ing") {
        hashed!("-ing")
    } else {
        hashed!("word")
    }
}

/// The classes by which words are named, the most telling first.
const CLASSES: &[(Hashed<'static>, u64)] = &[
    (hashed!("casualty"), CASUALTY),
    (hashed!("toll"), TOLL),
    (hashed!("act"), ACT),
    (hashed!("state"), STATE),
    (hashed!("intransitive"), INTRANSITIVE),
    (hashed!("participle"), PARTICIPLE),
    (hashed!("finite"), FINITE),
    (hashed!("saved"), SAVED),
    (hashed!("be"), BE),
    (hashed!("have"), HAVE),
    (hashed!("modal"), MODAL),
    (hashed!("not"), NEGATION),
    (hashed!("include"), INCLUDE),
    (hashed!("according"), ACCORDING),
    (hashed!("report"), REPORT),
    (hashed!("count"), COUNT),
    (hashed!("bound"), BOUND),
    (hashed!("more"), INCREMENT),
    (hashed!("feared"), FEARED),
    (hashed!("denied"), DENIED),
    (hashed!("earlier"), EARLIER),
    (hashed!("part"), PART),
    (hashed!("elsewhere"), ELSEWHERE),
    (hashed!("month"), MONTH),
    (hashed!("weekday"), WEEKDAY),
    (hashed!("time"), TIME),
    (hashed!("distance"), DISTANCE),
    (hashed!("money"), MONEY),
    (hashed!("percent"), PERCENT),
    (hashed!("source"), SOURCE),
    (hashed!("person"), PERSON),
    (hashed!("label"), LABEL),
];

/// Any of them.
const ANY_CLASS: u64 = any(CLASSES);
