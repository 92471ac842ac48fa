//! What befell those whom a sentence tells of: the word for it that is said of them, before or behind.

use crate::extract::discourse::Line;
use crate::extract::lexicon::lists::GRIEVING;
use crate::extract::lexicon::{
    ACCORDING, ADVERB, BE, FEARED, HAVE, INTRANSITIVE, NEGATION, RELATIVE, REPORT, SAVED, SUBORDINATOR,
};
use crate::extract::roll::person::Person;
use crate::extract::token::{Kind, Token};
use crate::model::Measure;

/// What the sentences before said befell those they tell of.
#[derive(Debug, Default)]
pub struct Context {
    /// Whether they were killed.
    killed: bool,
    /// The paragraph of the sentence that said so.
    paragraph: usize,
    /// Whether a list of them goes on.
    listed: bool,
}

/// What a word says befalls those around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Killed,
    Other,
}

impl Context {
    /// Whether a sentence can tell of somebody killed: most cannot, and need not be read.
    pub fn may_tell(&self, line: &Line) -> bool {
        self.killed || line.tokens.iter().any(tells_of_dead)
    }

    /// Those of a sentence who were killed.
    pub fn of_dead(&mut self, line: &Line, told: Vec<Person>) -> Vec<Person> {
        if told.is_empty() {
            self.pass(line);
            return told;
        }
        let fates = fates(line);
        let near = line.sentence.paragraph <= self.paragraph + 1;
        if fates.is_empty() {
            let names: usize = told.iter().map(|p| p.last + 1 - p.first).sum();
            let ages = told.iter().filter(|p| p.months.is_some()).count();
            let from = line.tokens.iter().rposition(|t| t.reads(":")).map_or(0, |at| at + 1);
            let list = ages * 3 >= told.len() && ages > 0 && names * 2 >= (line.tokens.len() - from).saturating_sub(4);
            let goes_on = near && self.killed && (self.listed || line.sentence.paragraph == self.paragraph || list);
            if list && goes_on {
                self.paragraph = line.sentence.paragraph;
                self.listed = true;
                return told;
            }
            self.killed = false;
            self.paragraph = line.sentence.paragraph;
            return Vec::new();
        }
        let killed: Vec<bool> = told.iter().map(|person| is_killed(line, &fates, person)).collect();
        self.take(line, fates.last().map(|(_, fate)| *fate));
        // A name alone is somebody only beside others of the roll, or right beside what befell them.
        let mut sure: Vec<bool> = told
            .iter()
            .zip(&killed)
            .map(|(person, killed)| *killed && (!person.bare || stands_beside(line, &fates, person)))
            .collect();
        let beside =
            |a: usize, b: usize| line.tokens[told[a].last + 1..told[b].first.max(told[a].last + 1)].iter().all(lists);
        for at in (1..told.len()).chain((1..told.len()).rev()) {
            let joined = beside(at - 1, at);
            let may = |at: usize| killed[at] && told[at].name.len() > 1;
            let (left, right) = (sure[at - 1], sure[at]);
            sure[at - 1] |= joined && right && may(at - 1);
            sure[at] |= joined && left && may(at);
        }
        told.into_iter().zip(sure).filter(|(_, sure)| *sure).map(|(person, _)| person).collect()
    }

    /// Reads a sentence that tells of nobody.
    fn pass(&mut self, line: &Line) {
        match line.tokens.iter().rev().find_map(fate) {
            Some(last) => self.take(line, Some(last)),
            None => {
                self.killed &= line.sentence.paragraph == self.paragraph;
                self.paragraph = line.sentence.paragraph;
            }
        }
    }

    /// Takes in what a sentence says last.
    fn take(&mut self, line: &Line, last: Option<Fate>) {
        self.killed = last == Some(Fate::Killed);
        self.paragraph = line.sentence.paragraph;
        self.listed = line.tokens.last().is_some_and(|t| t.reads(":"));
    }
}

/// What joins those of a list.
fn lists(token: &Token) -> bool {
    token.reads_any(&[",", "and", ";", ":", "(", ")", "along with", "alongside", "as well as", "with"])
        || token.reads_any(&["his", "her", "their", "the", "a", "an", "'s", "also", "as", "was", "were"])
}

/// The words of a sentence that say what befell those it tells of, with where they stand.
fn fates(line: &Line) -> Vec<(usize, Fate)> {
    line.tokens.iter().enumerate().filter_map(|(at, token)| Some((at, fate(token)?))).collect()
}

/// What a word says befalls those around it.
fn fate(token: &Token) -> Option<Fate> {
    if token.kind == Kind::Mark {
        None
    } else if token.is(SAVED) || is_grieving(token) || token.lower.starts_with("surviv") || token.reads("except") {
        Some(Fate::Other)
    } else if tells_of_dead(token) {
        Some(Fate::Killed)
    } else {
        token.senses.measure.map(|_| Fate::Other)
    }
}

fn tells_of_dead(token: &Token) -> bool {
    matches!(token.senses.measure, Some(Measure::Killed | Measure::Casualties))
        || token.reads_any(&["victim", "victims", "dead", "fatalities"])
}

fn is_grieving(token: &Token) -> bool {
    GRIEVING.has(&token.lower)
}

/// How far from a name a word right beside it may stand.
const BESIDE: usize = 5;

/// "Lena Orvik was killed", "among the dead were Lena Orvik".
fn stands_beside(line: &Line, fates: &[(usize, Fate)], person: &Person) -> bool {
    let tokens = &line.tokens;
    if person.name.len() < 2 {
        return false;
    }
    let passed = |t: &Token| t.is(BE | HAVE | ADVERB | REPORT) || t.reads_any(&["also", "both", "all"]);
    let behind = fates.iter().find(|(at, _)| *at > person.last).is_some_and(|(at, fate)| {
        *fate == Fate::Killed
            && *at <= person.last + BESIDE
            && tokens[person.last + 1..*at].iter().all(passed)
            && tokens[person.last + 1..*at].iter().any(|t| t.is(BE | HAVE))
    });
    let inverted = |t: &Token| passed(t) || t.reads_any(&["with", "alongside", "along with", "of", "named", "as", ":"]);
    let before = fates.iter().rev().find(|(at, _)| *at < person.first).is_some_and(|(at, fate)| {
        *fate == Fate::Killed
            && *at + BESIDE >= person.first
            && *at + 1 < person.first
            && tokens[*at + 1..person.first].iter().all(inverted)
    });
    behind || before
}

/// Whether the sentence says of a person that they were killed.
fn is_killed(line: &Line, fates: &[(usize, Fate)], person: &Person) -> bool {
    let tokens = &line.tokens;
    let left = fates.iter().rev().find(|(at, _)| *at < person.first);
    let right = fates.iter().find(|(at, _)| *at > person.last);
    // "Ida, who was killed": whatever stands around it.
    let directly = |at: usize| {
        let between = &tokens[person.last + 1..at];
        between.len() <= BESIDE
            && between.iter().any(|t| t.is(RELATIVE))
            && between.iter().all(|t| t.is(RELATIVE | BE | HAVE | ADVERB | REPORT) || t.reads_any(&[",", ")", "also"]))
    };
    if let Some((_, fate)) = right.filter(|(at, _)| directly(*at)) {
        return *fate == Fate::Killed;
    }
    let parts = |t: &Token| {
        (t.is(RELATIVE | SUBORDINATOR) && !t.reads_any(&["as", "that"]))
            || t.is(ACCORDING)
            || t.reads_any(&[";", "while", "whereas", "by", "testimony"])
    };
    let right = right.filter(|(at, _)| {
        let between = &tokens[person.last + 1..*at];
        // "Her cousins Jon and Ida mourned": they do it.
        let acts =
            between.len() <= 2 && between.iter().all(|t| t.is(ADVERB) || t.reads("also")) && is_grieving(&tokens[*at]);
        (is_verb_of(tokens, *at) || acts) && !between.iter().any(parts)
    });
    let led = |at: usize| tokens[at + 1..person.first].iter().any(|t| parts(t) && !t.reads(";"));
    match (left, right) {
        // "Was wounded and died in hospital."
        (_, Some((at, Fate::Other))) => {
            let next = fates.iter().find(|(other, _)| other > at);
            next.is_some_and(|(other, fate)| {
                let between = &tokens[*at + 1..*other];
                *fate == Fate::Killed
                    && between.len() <= 6
                    && between.iter().any(|t| t.reads_any(&["and", "but", "later"]))
                    && !between.iter().any(|t| t.capital)
            })
        }
        (_, Some((_, fate))) => *fate == Fate::Killed,
        (Some((at, fate)), None) => *fate == Fate::Killed && !led(*at),
        (None, None) => {
            let opened = tokens[..person.first].iter().rev().take_while(|t| !t.reads(":"));
            let led = opened.into_iter().any(|t| t.is(ACCORDING) || t.reads("by"));
            !led && fates.iter().all(|(_, fate)| *fate == Fate::Killed) && !fates.is_empty()
        }
    }
}

/// Whether the word at `at` is said of those before it: "were reported as killed", "died".
fn is_verb_of(tokens: &[Token], at: usize) -> bool {
    let passed = |t: &&Token| {
        t.is(ADVERB | REPORT | NEGATION | FEARED)
            || t.reads_any(&["as", "and", "to", ",", "among", "those", "the"])
            || t.senses.measure.is_some()
    };
    let passed = tokens[..at].iter().rev().take(6).take_while(|t| passed(t) && !t.is(BE)).count();
    let be = (at - passed).checked_sub(1).is_some_and(|i| tokens[i].is(BE | HAVE));
    be || tokens[at].is(INTRANSITIVE) || tokens[at].lower.starts_with("surviv")
}
