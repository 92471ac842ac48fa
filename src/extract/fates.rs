//! What befell those counted in the end: "kidnapped and later killed", "was hurt. He died in hospital". A count says once
//! how many they are; that they died is told of them besides.

use foldhash::HashSet;

use crate::extract::discourse::{Finding, Line};
use crate::extract::head::is_singular;
use crate::extract::lexicon::{
    ADVERB, BE, CASUALTY, DETERMINER, FEARED, HAVE, INTRANSITIVE, MODAL, NEGATION, PARTICIPLE, PERSON, RELATIVE,
    REPORT, STATE,
};
use crate::extract::token::{Kind, Token};
use crate::model::{Measure, Span};

/// How many sentences behind a count may tell what became of those counted.
const REACH: usize = 2;
/// How many tokens of a clause are looked at.
const MOST_TOKENS: usize = 40;

/// How many figures on each side are asked whether a later sentence may mean them instead.
const NEAR: usize = 8;

/// The figures, by the spans of their numbers, of whom the text tells that they died.
pub fn died(lines: &[Line], findings: &[Finding]) -> HashSet<Span> {
    let alone = |at: usize| {
        let near = at.saturating_sub(NEAR)..(at + NEAR + 1).min(findings.len());
        let (own, others) = (&findings[at], near.filter(|i| *i != at).map(|i| &findings[i]));
        !others.into_iter().any(|other| other.line == own.line && several(other) == several(own))
    };
    let dies = |at: &usize| {
        let own = &findings[*at];
        let later = |far: usize| lines.get(own.line + far).is_some_and(|line| in_later_sentence(line, several(own)));
        let living = own.measure != Measure::Killed && own.quantity.told() > 0;
        living && (in_sentence(&lines[own.line], own) || (alone(*at) && (1..=REACH).any(later)))
    };
    (0..findings.len()).filter(dies).map(|at| findings[at].span).collect()
}

fn several(finding: &Finding) -> bool {
    finding.quantity.told() > 1
}

/// "One nurse was abducted from her home and killed", "they seized two men and shot them dead".
fn in_sentence(line: &Line, finding: &Finding) -> bool {
    let count = &line.counts[finding.count];
    let tells = |i: &usize| line.tokens[*i].senses.measure == Some(finding.measure);
    let behind = (count.end + 1..(count.end + MOST_TOKENS).min(line.tokens.len())).find(tells);
    let predicate = finding.predicate.or(behind).unwrap_or(count.end);
    let from = predicate.max(count.end) + 1;
    // Who is struck by a doer is named again where it is the doer that goes on: "and killed him".
    let struck = predicate < count.first && !line.scene().is_passive(predicate);
    (from..(from + MOST_TOKENS).min(line.tokens.len()))
        .take_while(|i| !counted(line, *i) && !line.tokens[*i].reads(";"))
        .any(|i| {
            let again = names_them(line.tokens.get(i + 1), several(finding));
            dies(line, i, several(finding)) && (!struck || again)
        })
}

/// "He later died", "The man was freed but died of his wounds", "Their bodies were found".
fn in_later_sentence(line: &Line, several: bool) -> bool {
    let tokens = &line.tokens;
    let Some(first) = tokens.iter().take(MOST_TOKENS).position(|t| t.kind == Kind::Word) else { return false };
    let body = tokens.get(first + 1).is_some_and(|t| t.reads(if several { "bodies" } else { "body" }));
    if body && tokens[first].reads_any(if several { &["their", "the"] } else { &["his", "her", "the"] }) {
        return true;
    }
    let subject = if names_them(tokens.get(first), several) {
        Some(first)
    } else if tokens[first].reads("the") {
        let noun = (first + 1..(first + 5).min(tokens.len())).find(|i| tokens[*i].is(PERSON));
        noun.filter(|i| is_singular(&tokens[*i].lower) != several && !counted(line, *i))
    } else {
        None
    };
    let Some(subject) = subject else { return false };
    (subject + 1..(subject + MOST_TOKENS).min(tokens.len()))
        .take_while(|i| !counted(line, *i) && !tokens[*i].reads(";"))
        .any(|i| {
            let left = tokens[subject + 1..i].iter().rev().take_while(|t| looked_through(t)).count();
            dies(line, i, several) || (i - left == subject + 1 && is_death(line, i) && !doubted(&tokens[i - left..i]))
        })
}

/// Whether the word at `at` says that those died who are the subject of the clause before: it is joined to that by "and",
/// or has them as its pronoun.
fn dies(line: &Line, at: usize, several: bool) -> bool {
    let tokens = &line.tokens;
    if !is_death(line, at) {
        return false;
    }
    let left = tokens[..at].iter().rev().take(MOST_TOKENS).take_while(|t| looked_through(t)).count();
    let Some(link) = (at - left).checked_sub(1).map(|i| &tokens[i]) else { return false };
    let joined = link.reads_any(&["and", "but", "then", ","])
        || (link.is(RELATIVE) && at >= left + 2 && tokens[at - left - 2].reads(","))
        || names_them(Some(link), several);
    joined && !doubted(&tokens[at - left..at])
}

fn is_death(line: &Line, at: usize) -> bool {
    let token = &line.tokens[at];
    let verb = token.is(STATE) || (token.is(PARTICIPLE | INTRANSITIVE) && !token.is(CASUALTY));
    if !verb || token.senses.measure != Some(Measure::Killed) {
        return false;
    }
    let object = line.scene().has_object(at) && !token.is(INTRANSITIVE | STATE);
    let pronoun = [false, true].iter().any(|several| names_them(line.tokens.get(at + 1), *several));
    !object || pronoun
}

/// Words between those who die and the word that says so.
fn looked_through(token: &Token) -> bool {
    token.is(ADVERB | BE | HAVE | NEGATION | MODAL | FEARED | REPORT) && !token.reads_any(&["and", "but", "then", ","])
}

fn doubted(tokens: &[Token]) -> bool {
    tokens.iter().any(|t| t.is(NEGATION | MODAL | FEARED))
}

/// Whether a token is a pronoun for one, or for several.
fn names_them(token: Option<&Token>, several: bool) -> bool {
    let words: &[&str] = if several { &["they", "them", "both", "all"] } else { &["he", "she", "him", "her"] };
    token.is_some_and(|t| t.reads_any(words))
}

fn counted(line: &Line, at: usize) -> bool {
    line.covering[at].is_some_and(|count| line.counts[count as usize].may_count_people())
        && !line.tokens[at].is(DETERMINER)
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    fn told(text: &str) -> Vec<String> {
        let reading = read(&article(&format!("Notes from the valley\n\n{text}\n")));
        let people = reading.tolls.iter().filter(|t| t.group == crate::model::Group::People);
        people.map(|t| format!("{} {}", t.measure, t.quantity)).collect()
    }

    #[test]
    fn who_dies_in_the_end_is_among_the_dead() {
        assert_eq!(told("One nurse was abducted from her home in Tarsa and killed."), ["killed 1", "abducted 1"]);
        assert_eq!(told("Gunmen kidnapped two drivers near Tarsa and later killed them."), ["killed 2", "abducted 2"]);
        assert_eq!(told("One driver was wounded in Tarsa. He later died in hospital."), ["killed 1"]);
        assert_eq!(
            told("Two drivers were kidnapped in Tarsa. Their bodies were found on the road."),
            ["killed 2", "abducted 2"]
        );
    }

    #[test]
    fn who_lives_or_is_somebody_else_is_not() {
        assert_eq!(told("One nurse was abducted near Tarsa and could be killed."), ["abducted 1"]);
        assert_eq!(told("One driver was wounded near Tarsa. He has not died."), ["injured 1"]);
        assert_eq!(told("Two drivers were kidnapped in Tarsa. They were freed in May."), ["abducted 2"]);
    }
}
