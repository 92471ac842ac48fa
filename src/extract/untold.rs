//! Those struck of whom an article gives no number: named, or told of in the plural. They are no figures, but where there
//! is no figure they are what a careful reader would say the article reports.

use crate::extract::discourse::Line;
use crate::extract::head::is_singular;
use crate::extract::lexicon::lists::MISHAPS;
use crate::extract::lexicon::{
    ACT, ADVERB, BE, CASUALTY, CONJUNCTION, DEED, DETERMINER, FEARED, FINITE, GRAMMAR, HAVE, INTRANSITIVE, MODAL,
    MONTH, NEGATION, PARTICIPLE, PERSON, PREPOSITION, PRONOUN, RELATIVE, REPORT, SOURCE, STATE, SUBORDINATOR, WEEKDAY,
};
use crate::extract::token::{Kind, Token};
use crate::extract::toll::Untold;
use crate::model::Measure;

/// So many sentences from the start are looked at: further on, those named are told of in other roles.
const OPENING: usize = 6;
/// How far a verb may stand from those it is about, in tokens.
const REACH: usize = 14;

/// Those struck without a number in the opening of an article.
pub fn untold(lines: &[Line]) -> Vec<Untold> {
    lines.iter().take(OPENING).flat_map(of_line).collect()
}

fn of_line(line: &Line) -> Vec<Untold> {
    let tokens = &line.tokens;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        // "A fatal shooting": somebody died.
        if token.reads_any(&["fatal", "deadly"])
            && tokens.get(at + 1).is_some_and(|t| t.is(DEED) || MISHAPS.has(&t.lower))
        {
            let (measure, span, sentence) = (Measure::Killed, token.span, line.sentence.span);
            found.push(Untold { measure, least: 1, span, sentence });
        }
        let Some(measure) = token.senses.measure.filter(|_| !token.is(CASUALTY)) else { continue };
        let denied = tokens[at.saturating_sub(4)..at].iter().any(|t| t.is(NEGATION | MODAL | FEARED));
        if denied || line.covering[at].is_some() {
            continue;
        }
        let passive = line.scene().is_passive(at) || token.is(INTRANSITIVE | STATE);
        let least = if passive && token.is(PARTICIPLE | INTRANSITIVE | STATE) {
            before(line, at)
        } else if (token.is(FINITE | PARTICIPLE) && !passive) || token.is(ACT) {
            behind(line, at)
        } else {
            None
        };
        found.extend(least.map(|(least, who)| Untold {
            measure,
            least,
            span: tokens[who].span,
            sentence: line.sentence.span,
        }));
    }
    found
}

/// How many stand before the verb at `at`, as its subject, and where: the nearest noun for people or name; none where a
/// count does.
fn before(line: &Line, at: usize) -> Option<(u64, usize)> {
    for i in (at.saturating_sub(REACH)..at).rev() {
        let token = &line.tokens[i];
        if line.covering[i].is_some() || token.is(SUBORDINATOR | REPORT) || token.reads(";") {
            return None;
        }
        if let Some(least) = people(&line.tokens, i) {
            return Some((least, i));
        }
        if token.reads_any(&["he", "she"]) {
            return Some((1, i));
        }
        let passed = token.is(ADVERB | BE | HAVE | CONJUNCTION | RELATIVE | PREPOSITION | DETERMINER)
            || token.kind != Kind::Word
            || token.senses.measure.is_some();
        if !passed {
            return None;
        }
    }
    None
}

/// How many stand behind the verb at `at`, as its object, and where.
fn behind(line: &Line, at: usize) -> Option<(u64, usize)> {
    for i in at + 1..(at + 5).min(line.tokens.len()) {
        let token = &line.tokens[i];
        if line.covering[i].is_some() || token.is(PREPOSITION | SUBORDINATOR | PRONOUN | REPORT) {
            return None;
        }
        // "the death of 4-year-old Lena"
        if token.lower.ends_with("-year-old") {
            return Some((1, i));
        }
        if let Some(least) = people(&line.tokens, i) {
            return Some((least, i));
        }
        if !token.is(ADVERB | DETERMINER | CONJUNCTION) && token.senses.measure.is_none() {
            return None;
        }
    }
    None
}

/// One for a name or a noun for one person, two for a noun for several.
fn people(tokens: &[Token], at: usize) -> Option<u64> {
    let token = &tokens[at];
    if token.is(PERSON) && !token.is(SOURCE | PRONOUN) && token.kind == Kind::Word {
        return Some(if is_singular(&token.lower) { 1 } else { 2 });
    }
    let grammar = GRAMMAR | DETERMINER | ADVERB | MONTH | WEEKDAY;
    let name = |t: &Token| t.capital && t.kind == Kind::Word && !t.is(grammar) && t.senses.measure.is_none();
    // A name of two words and more: one word alone may be a place.
    (name(token) && at > 0 && name(&tokens[at - 1])).then_some(1)
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    fn told(text: &str) -> Vec<String> {
        let reading = read(&article(&format!("Notes from the valley\n\n{text}\n")));
        reading.tolls.iter().map(|t| format!("{} {}", t.measure, t.quantity)).collect()
    }

    #[test]
    fn those_without_a_number_are_reported_as_such() {
        assert_eq!(told("A shell hit the market and civilians were killed."), ["killed at least 2"]);
        assert_eq!(told("Lena Maria Orvik was killed when the wall fell."), ["killed 1"]);
        assert_eq!(told("Police spoke of the death of 4-year-old Lena in Tarsa."), ["killed 1"]);
        assert_eq!(told("Lena Orvik fell from the wall. She died of her wounds."), ["killed 1"]);
        assert_eq!(told("The road was closed after a fatal crash."), ["killed 1"]);
    }

    #[test]
    fn where_nobody_is_told_of_nobody_is_reported() {
        assert_eq!(told("The ministry was evacuated in the morning."), [""; 0]);
        assert_eq!(told("It was a fatal mistake to open the dam."), [""; 0]);
        assert_eq!(told("Nobody knows whether residents may be killed."), [""; 0]);
    }
}
