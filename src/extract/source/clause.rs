//! The nouns that open clauses: whoever opens the clause of a count may have counted, whatever the verb.

use crate::extract::discourse::Line;
use crate::extract::head::Form;
use crate::extract::lexicon::{
    ADVERB, BE, COLLECTIVE, CONJUNCTION, COUNT, DETERMINER, EARLIER, GRAMMAR, HAVE, LABEL, MODAL, MONTH, PERSON,
    PREPOSITION, QUALIFIER, RELATIVE, REPORT, SOURCE, SUBORDINATOR, THING, TIME, TOPIC, WEEKDAY,
};
use crate::extract::source::phrase::is_plain;
use crate::extract::token::{Kind, Token};

/// Those who open the clause of a count and are known neither as ones who speak nor by a name, by their first word and the
/// one behind the last: "the harbour log ends at 12", "the ferryman, wet to the bone, arrived at 12". `taken` are the words of
/// those who are known.
pub fn openers(line: &Line, taken: &[bool]) -> Vec<(usize, usize)> {
    let tokens = &line.tokens;
    let mut counts = line.counts.iter().filter(|c| c.may_count_people()).map(|c| c.first).peekable();
    let mut found = Vec::new();
    let mut opens = true;
    for at in 0..tokens.len() {
        while counts.next_if(|count| *count <= at).is_some() {}
        let Some(count) = counts.peek() else { break };
        let token = &tokens[at];
        if opens && token.kind != Kind::Mark && !introduces(line, at) {
            opens = false;
            // "A surgeon": one who speaks, though a count by its form.
            let counted = line.covering[at].is_some_and(|c| line.counts[c as usize].form != Form::Single);
            let free = !counted && !taken[at..].iter().take(2).any(|taken| *taken);
            if free && let Some(to) = opener(tokens, at, *count) {
                found.push((at, to));
            }
        } else if token.reads_any(&[";", ":", ",", "–", "—"]) || token.is_quote() {
            opens = true;
        }
    }
    found
}

/// What stands before the noun that opens a clause: "and", "when", "the", "on Monday", "in 2012".
fn introduces(line: &Line, at: usize) -> bool {
    let tokens = &line.tokens;
    let is_time = |at: usize| {
        let digits = tokens[at].kind == Kind::Digits && line.covering[at].is_none();
        digits || tokens[at].is(WEEKDAY | MONTH | TIME | EARLIER)
    };
    let of_time =
        || (at + 1..tokens.len().min(at + 4)).find(|i| !tokens[*i].is(DETERMINER | QUALIFIER)).is_some_and(is_time);
    tokens[at].is(CONJUNCTION | SUBORDINATOR | DETERMINER | ADVERB)
        || is_time(at)
        || tokens[at].is(PREPOSITION) && of_time()
}

/// The end of the noun that opens a clause, if a verb follows before its count.
fn opener(tokens: &[Token], at: usize, count: usize) -> Option<usize> {
    let clause = &tokens[..count];
    // "The first count of the mayor": a noun, though it may be a verb.
    let noun_of = |i: usize| i > at && tokens[i].is(REPORT) && tokens[i + 1].reads_any(&["of", "by", "from"]);
    let verb = |i: usize| i > at && may_be_verb(&tokens[i]) && !tokens[i].is(PERSON | THING) && !noun_of(i);
    let plain = |i: usize| is_plain(&tokens[i]) && tokens[i].senses.classes & !NOMINAL == 0;
    let noun = |i: &usize| (plain(*i) || noun_of(*i)) && !verb(*i);
    let end = at + (at..count.min(at + 5)).take_while(noun).count();
    let next = clause.get(end).filter(|_| end > at)?;
    // "Tarsa: 12"
    let listed = next.reads(":") && end + 3 > count;
    // "of the harbour", "which lay open,", "(Brenn)"
    let beside = next.is(PREPOSITION | RELATIVE) || next.reads(",") || next.reads("(");
    (verb(end) || listed || beside && verb_follows(clause, end)).then_some(end)
}

/// What a noun that opens a clause may be besides unknown: "some", "of those", "Monday" open it too, and are none.
const NOMINAL: u64 = PERSON | SOURCE | THING | TOPIC | COUNT | LABEL | COLLECTIVE;

/// Whether a word may be the verb of a clause.
fn may_be_verb(token: &Token) -> bool {
    let inflected = || token.lower.ends_with("ed") || token.lower.ends_with('s') || token.senses.classes == 0;
    token.kind == Kind::Word
        && (token.is(REPORT | HAVE | MODAL | BE) || !token.capital && !token.is(GRAMMAR | DETERMINER) && inflected())
}

/// Whether a verb follows upon the noun that ends at a token, what is told beside it left out: "which lay open,".
fn verb_follows(clause: &[Token], noun_ends: usize) -> bool {
    let near = clause.len().min(noun_ends + 25);
    let mut at = noun_ends;
    while at < near && !clause[at].reads_any(&[";", ":"]) {
        let aside = clause[at].is(RELATIVE) || clause[at].reads(",");
        let closes = (at + 1..clause.len().min(at + 16)).find(|i| aside && clause[*i].reads(","));
        if closes.is_none() && may_be_verb(&clause[at]) && (clause[at].is(REPORT) || !clause[at].is(PERSON | THING)) {
            return true;
        }
        at = closes.unwrap_or(at) + 1;
    }
    false
}
