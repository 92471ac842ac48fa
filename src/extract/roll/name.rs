//! Names of people, and nouns for relatives, in the tokens of a sentence.

use smol_str::SmolStr;

use crate::extract::hashed::Hashed;
use crate::extract::head::is_singular;
use crate::extract::lexicon::kin::{Kin, folded, kin, sex_of_name, without_article};
use crate::extract::lexicon::lists::NAME_PARTICLES;
use crate::extract::lexicon::{
    ABBREVIATION, ADVERB, BE, CONJUNCTION, DETERMINER, GRAMMAR, HAVE, MODAL, MONTH, NEGATION, PERSON, PREPOSITION,
    PRONOUN, REPORT, WEEKDAY,
};
use crate::extract::token::{Kind, Token};

/// What the word at `at` says, if it is one for a relative and no title or name.
pub fn kin_at(tokens: &[Token], at: usize) -> Option<Kin> {
    let token = tokens.get(at)?;
    if token.kind != Kind::Word || (token.capital && at > 0) {
        return None;
    }
    let title = |kin: &Kin| kin.sex.is_none() && kin.adult == Some(true) && !kin.many;
    kin(token.lower.hashed()).filter(|kin| !token.is(ABBREVIATION) && !title(kin))
}

/// The number right before a noun: "two sons", "her three small daughters".
pub fn number_before(tokens: &[Token], at: usize) -> u64 {
    (at.saturating_sub(3)..at)
        .rev()
        .find_map(|i| tokens[i].senses.value.or_else(|| tokens[i].lower.parse().ok()))
        .filter(|value| *value < 20)
        .unwrap_or(0)
}

pub fn is_pronoun(whose: &str) -> bool {
    matches!(whose, "his" | "her" | "their" | "my")
}

/// So many tokens of a name are looked at.
const LONGEST_NAME: usize = 14;

/// The last token of a name of a person that begins at `at`.
pub fn name(tokens: &[Token], at: usize) -> Option<usize> {
    let first = tokens.get(at)?;
    if !opens_name(tokens, at, first) {
        return None;
    }
    let mut end = at;
    let mut i = at + 1;
    while i < tokens.len() && i < at + LONGEST_NAME {
        let token = &tokens[i];
        if is_name_word(token) {
            end = i;
        } else if (token.reads(".") && tokens[i - 1].is(ABBREVIATION)) || token.reads("/") || is_particle(token) {
            // goes on only if a name follows
        } else {
            break;
        }
        i += 1;
    }
    Some(end)
}

fn is_particle(token: &Token) -> bool {
    NAME_PARTICLES.has(&token.lower)
}

fn is_name_word(token: &Token) -> bool {
    token.kind == Kind::Word
        && (token.capital || without_article(&token.lower).is_some())
        && !token.is(MONTH | WEEKDAY)
        && !token.lower.bytes().any(|byte| byte == b' ')
}

fn opens_name(tokens: &[Token], at: usize, first: &Token) -> bool {
    if !is_name_word(first) || first.reads("i") {
        return false;
    }
    let word =
        GRAMMAR | DETERMINER | ADVERB | BE | HAVE | MODAL | NEGATION | PRONOUN | PREPOSITION | CONJUNCTION | REPORT;
    let opens = at == 0 || tokens[at - 1].reads_any(&[":", "•", "-"]);
    let goes_on = tokens.get(at + 1).is_some_and(|t| is_name_word(t) || t.reads_any(&["'s", "(", ","]));
    let known = first.senses.classes != 0 || first.senses.measure.is_some();
    if opens && !goes_on {
        return !known && sex_of_name(&first.lower).is_some();
    }
    !first.is(word) || sex_of_name(&first.lower).is_some()
}

/// The words of a name, folded, without titles, bynames and articles.
pub fn name_words(tokens: &[Token]) -> Vec<SmolStr> {
    let plain = unprefixed(tokens).iter().filter(|t| is_name_word(t) && !t.is(ABBREVIATION));
    let mut words: Vec<SmolStr> = plain.map(|t| folded(&t.lower)).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && (kin(Hashed::of(&words[0])).is_some() || matches!(&*words[0], "pruf" | "pruf.")) {
        words.remove(0);
    }
    words
}

/// A name without what somebody is before it: "Pharmacist Dr Ida Orvik".
fn unprefixed(tokens: &[Token]) -> &[Token] {
    let is_office = |t: &&Token| {
        (t.is(PERSON) && is_singular(&t.lower) || t.is(ABBREVIATION)) && sex_of_name(&t.lower).is_none() || t.reads(".")
    };
    let offices = tokens.iter().take_while(is_office).count();
    if offices < tokens.len() { &tokens[offices..] } else { tokens }
}

/// The given name as it stands: the first word that is no title.
pub fn given_name(tokens: &[Token]) -> SmolStr {
    let name = unprefixed(tokens);
    let mut words = name.iter().filter(|t| is_name_word(t) && !t.is(ABBREVIATION) && kin(t.lower.hashed()).is_none());
    words.next().map(|t| t.lower.text()).unwrap_or_default()
}

/// What titles before a name say: "Mrs", "Dr", "Umm".
pub fn title(tokens: &[Token]) -> Option<Kin> {
    kin(tokens.first()?.lower.hashed())
}
