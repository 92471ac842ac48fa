//! Whether a number that no rule settled counts those the article is about: pieces of evidence, each with its weight.
//!
//! "The ledger stood at 212", "Tazreen: 112", "Twelve were under 18" name no predicate. What decides is what stands around
//! the number and what the article has told so far. The weights were fitted by logistic regression to labelled news that is
//! no part of this repository; they are hundredths of a unit of log odds, with the threshold set where
//! found and missed figures balance: a sum above 0 is taken.

use crate::extract::head::{Count, Form, Head};
use crate::extract::lexicon::{
    ADVERB, BE, COUNT, DETERMINER, EARLIER, ELSEWHERE, FEARED, HAVE, INCLUDE, LABEL, MODAL, MONTH, NEGATION, PERSON,
    PREPOSITION, PRONOUN, REPORT, SAVED, SOURCE, SUBORDINATOR, THING, TIME, TOLL, WEEKDAY,
};
use crate::extract::rules::{Proposal, Scene};
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Measure, Quantity};

/// A count of which no rule knows what happened, and what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct Doubt<'a> {
    /// The sentence.
    pub scene: &'a Scene<'a>,
    /// The count.
    pub at: usize,
    /// The sentence before.
    pub previous: &'a [Token],
    /// What a rule reads of it, far-fetched.
    pub weak: Option<Proposal>,
    /// What is read of the nearest count before it in the sentence.
    pub left: Option<Measure>,
    /// What is read of the nearest count after it in the sentence.
    pub right: Option<Measure>,
    /// How many sentences ago a count was read, and what of it.
    pub last: Option<(usize, Measure)>,
    /// What the article tells elsewhere of as many people.
    pub known: Option<Measure>,
    /// What the rules read most often in the article.
    pub main: Option<Measure>,
    /// What they read first.
    pub first: Option<Measure>,
    /// How many counts were read so far for a hundred sentences.
    pub density: usize,
}

/// Something that speaks for or against.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// What it is.
    #[cfg_attr(not(test), expect(dead_code, reason = "tells a reader what a weight is for; tests read it"))]
    pub name: &'static str,
    /// What it weighs, in hundredths of a unit of log odds.
    pub weight: i32,
    holds: fn(&Doubt) -> bool,
}

const fn e(name: &'static str, weight: i32, holds: fn(&Doubt) -> bool) -> Evidence {
    Evidence { name, weight, holds }
}

/// The sum of all evidence for a count.
pub fn weigh(doubt: &Doubt) -> i32 {
    ALL.iter().filter(|evidence| (evidence.holds)(doubt)).map(|evidence| evidence.weight).sum()
}

/// All evidence, the weight of no evidence at all first.
pub static ALL: &[Evidence] = &[
    e("any", 28, |_| true),
    e("a rule reads it", 20, |d| d.weak.is_some()),
    e("a rule reads it at a great cost", -2, |d| d.weak.is_some_and(|p| p.cost > 6)),
    e("a rule reads it at a very great cost", -50, |d| d.weak.is_some_and(|p| p.cost > 9)),
    e("were-killed", 58, |d| d.rule("were-killed")),
    e("killed-them", -48, |d| d.rule("killed-them")),
    e("among-the-dead", -54, |d| d.rule("among-the-dead")),
    e("of-whom", 51, |d| d.rule("of-whom")),
    e("gapped", 2, |d| d.rule("gapped")),
    e("toll-of", 45, |d| d.rule("toll-of")),
    e("a single person", -29, |d| d.count().form == Form::Single),
    e("a single person read at a cost", 37, |d| d.count().form == Form::Single && d.weak.is_some_and(|p| p.cost > 4)),
    e("an unknown noun read by a rule", 83, |d| d.count().head == Head::Unknown && d.weak.is_some()),
    e("people read by a rule", 42, |d| matches!(d.count().head, Head::Person(_)) && d.weak.is_some()),
    e("people without a predicate", -80, |d| d.peopled() && d.nearest().is_none()),
    e("people without surroundings", -60, |d| d.peopled() && d.nearest().is_none() && !d.surrounded()),
    e("no predicate", -41, |d| !d.peopled() && d.nearest().is_none()),
    e("no surroundings", -15, |d| !d.peopled() && d.nearest().is_none() && !d.surrounded()),
    e("people behind a preposition", -59, |d| d.peopled() && d.before(1).is_some_and(|t| t.is(PREPOSITION))),
    e("people before a verb of having", 1, |d| d.peopled() && d.after(1).is_some_and(|t| t.is(HAVE | MODAL))),
    e("people before a past", 15, |d| {
        d.peopled() && d.after(1).is_some_and(|t| t.lower.ends_with("ed") && t.senses.measure.is_none())
    }),
    e("people opening the sentence", 21, |d| d.peopled() && d.count().first == 0),
    e("bare, opening the sentence", 43, |d| !d.peopled() && d.count().first == 0),
    e("bare digits without surroundings", -39, |d| {
        !d.peopled() && d.word().kind == Kind::Digits && d.nearest().is_none() && !d.surrounded() && d.value() < 32
    }),
    e("known value of the headline", 47, |d| d.known.is_some() && !d.peopled() && d.value() > 30),
    e("one person among few counts", -21, |d| d.count().form == Form::Single && d.density < 25),
    e("read after, not before", -77, |d| d.right.is_some() && d.left.is_none() && !d.peopled()),
    e("bare near a mark of time", -12, |d| {
        !d.peopled() && d.near_before(6).iter().chain(d.near_after(4)).any(|t| t.is(EARLIER | WEEKDAY))
    }),
    e("said before, no thing", 31, |d| {
        !d.peopled() && d.near_before(4).iter().any(|t| t.is(REPORT)) && !d.near_after(3).iter().any(|t| t.is(THING))
    }),
    e("read before in the sentence", -26, |d| d.left.is_some()),
    e("read after in the sentence", -34, |d| d.right.is_some()),
    e("nothing read in the sentence", -31, |d| d.left.or(d.right).is_none()),
    e("read in the sentence before", 59, |d| d.since() == Some(1)),
    e("read two or three sentences ago", 35, |d| matches!(d.since(), Some(2 | 3))),
    e("read long ago", 17, |d| d.since().is_some_and(|n| n > 6)),
    e("nothing read yet", 10, |d| d.since().is_none()),
    e("known value", 28, |d| d.known.is_some() && d.value() >= 10),
    e("known small value", -20, |d| d.known.is_some() && d.value() < 10),
    e("few counts", 4, |d| d.density < 25),
    e("many counts", 7, |d| d.density > 80),
    e("bare", -10, |d| d.count().head == Head::Bare),
    e("unknown noun", -107, |d| d.count().head == Head::Unknown),
    e("people", 7, |d| d.count().head == Head::Person(Group::People)),
    e("civilians, women, children", 83, |d| {
        matches!(d.count().head, Head::Person(Group::Civilians | Group::Women | Group::Children))
    }),
    e("piece", -49, |d| d.count().partitive),
    e("increment", 52, |d| d.count().increment),
    e("complement names people", 130, |d| d.scene.complement_group(d.at).is_some()),
    e("one", -114, |d| d.value() == 1),
    e("two to four", -41, |d| (2..5).contains(&d.value())),
    e("five to twelve", -20, |d| (5..13).contains(&d.value())),
    e("over a hundred", 4, |d| d.value() > 100),
    e("over twenty thousand", -65, |d| d.value() > 20_000),
    e("in digits", -49, |d| d.word().kind == Kind::Digits),
    e("bounded", -61, |d| !matches!(d.count().quantity, Quantity::Exactly(_) | Quantity::Vague(_))),
    e("vague", -89, |d| matches!(d.count().quantity, Quantity::Vague(_))),
    e("range", -25, |d| matches!(d.count().quantity, Quantity::Between(..))),
    e("headline", 96, |d| d.scene.headline),
    e("opens the sentence", 55, |d| d.count().first == 0),
    e("number of a list", -116, |d| d.count().first == 0 && d.after(1).is_some_and(|t| t.reads_any(&[".", ")"]))),
    e("ends the sentence", 38, |d| {
        d.after(1).is_none_or(|t| t.reads_any(&[".", "!", "?", "\"", "”", "'"]) && d.after(2).is_none())
    }),
    e("before a comma", 46, |d| d.after(1).is_some_and(|t| t.reads(","))),
    e("before and, or", 53, |d| d.after(1).is_some_and(|t| t.reads_any(&["and", "or"]))),
    e("before a semicolon", 83, |d| d.after(1).is_some_and(|t| t.reads(";"))),
    e("before in, at, from", 41, |d| d.after(1).is_some_and(|t| t.reads_any(&["in", "at", "from", "on", "near"]))),
    e("before of", 48, |d| d.after(1).is_some_and(|t| t.reads("of"))),
    e("before to", 11, |d| d.after(1).is_some_and(|t| t.reads("to"))),
    e("before another preposition", 56, |d| {
        d.after(1).is_some_and(|t| t.is(PREPOSITION) && !t.reads_any(&["in", "at", "from", "on", "near", "of", "to"]))
    }),
    e("before to be", 0, |d| d.after(1).is_some_and(|t| t.is(BE))),
    e("before to have", -27, |d| d.after(1).is_some_and(|t| t.is(HAVE | MODAL))),
    e("before a past", -35, |d| d.after(1).is_some_and(|t| t.lower.ends_with("ed") && !t.is(GRAMMAR_LIKE))),
    e("before a dash or bracket", 74, |d| d.after(1).is_some_and(|t| t.is_dash() || t.reads_any(&["(", ")"]))),
    e("before a thing", -52, |d| d.after(1).is_some_and(|t| t.is(THING) && !t.is(PERSON | GRAMMAR_LIKE))),
    e("before a time", -2, |d| d.near_after(3).iter().any(|t| t.is(TIME | MONTH))),
    e("before a mark of time", 18, |d| d.near_after(4).iter().any(|t| t.is(EARLIER | WEEKDAY))),
    e("before saved", -102, |d| d.near_after(5).iter().any(|t| t.is(SAVED))),
    e("before who", 3, |d| d.after(1).is_some_and(|t| t.reads_any(&["who", "whose", "whom"]))),
    e("behind a colon", 139, |d| d.before(1).is_some_and(|t| t.reads(":"))),
    e("behind a comma", 70, |d| d.before(1).is_some_and(|t| t.reads(","))),
    e("behind a dash", 57, |d| d.before(1).is_some_and(Token::is_dash)),
    e("behind a bracket", 27, |d| d.before(1).is_some_and(|t| t.reads("("))),
    e("behind a quotation mark", 66, |d| d.before(1).is_some_and(Token::is_quote)),
    e("behind and, or", 29, |d| d.before(1).is_some_and(|t| t.reads_any(&["and", "or", "then", "but"]))),
    e("behind to", -27, |d| d.before(1).is_some_and(|t| t.reads("to"))),
    e("behind at", -15, |d| d.before(1).is_some_and(|t| t.reads("at"))),
    e("behind of", 16, |d| d.before(1).is_some_and(|t| t.reads("of"))),
    e("behind from", 40, |d| d.before(1).is_some_and(|t| t.reads("from"))),
    e("behind by", -51, |d| d.before(1).is_some_and(|t| t.reads("by"))),
    e("behind in, on", -104, |d| d.before(1).is_some_and(|t| t.reads_any(&["in", "on"]))),
    e("behind with, for", -35, |d| d.before(1).is_some_and(|t| t.reads_any(&["with", "for", "between", "after"]))),
    e("behind than, against", 96, |d| d.before(1).is_some_and(|t| t.reads_any(&["than", "against", "after", "not"]))),
    e("behind the", 11, |d| d.before(1).is_some_and(|t| t.is(DETERMINER))),
    e("behind all, other", 88, |d| {
        d.before(1).is_some_and(|t| t.reads_any(&["all", "other", "only", "first", "last"]))
    }),
    e("behind to be", 27, |d| d.before(1).is_some_and(|t| t.is(BE))),
    e("behind there are, it is", 60, |d| {
        d.before(1).is_some_and(|t| t.is(BE)) && d.before(2).is_some_and(|t| t.reads_any(&["there", "it", "that"]))
    }),
    e("behind to have", 49, |d| d.before(1).is_some_and(|t| t.is(HAVE))),
    e("behind a telling verb", -12, |d| d.before(1).is_some_and(|t| t.is(REPORT))),
    e("near behind a telling verb", 55, |d| d.near_before(4).iter().any(|t| t.is(REPORT))),
    e("behind a source", 34, |d| d.near_before(5).iter().any(|t| t.is(SOURCE))),
    e("behind a past", 3, |d| d.before(1).is_some_and(|t| t.lower.ends_with("ed") && !t.is(GRAMMAR_LIKE | REPORT))),
    e("behind a name", 9, |d| d.before(1).is_some_and(|t| t.capital && t.kind == Kind::Word && !t.is(GRAMMAR_LIKE))),
    e("behind a name and a colon", 14, |d| {
        d.before(1).is_some_and(|t| t.reads_any(&[":", "("])) && d.before(2).is_some_and(|t| t.capital)
    }),
    e("behind a label", -88, |d| d.before(1).is_some_and(|t| t.is(LABEL))),
    e("behind a time", 51, |d| d.near_before(3).iter().any(|t| t.is(TIME | MONTH))),
    e("behind a weekday", 42, |d| d.near_before(3).iter().any(|t| t.is(WEEKDAY))),
    e("behind a mark of time", 83, |d| d.near_before(8).iter().any(|t| t.is(EARLIER))),
    e("behind a thing", -34, |d| d.before(1).is_some_and(|t| t.is(THING) && !t.is(PERSON | GRAMMAR_LIKE))),
    e("behind people", 42, |d| d.near_before(3).iter().any(|t| t.is(PERSON))),
    e("behind a pronoun", -27, |d| d.before(1).is_some_and(|t| t.is(PRONOUN))),
    e("behind a toll", 67, |d| d.near_before(7).iter().any(|t| t.is(TOLL))),
    e("behind a count", 56, |d| d.near_before(7).iter().any(|t| t.is(COUNT))),
    e("behind saved", -58, |d| d.near_before(5).iter().any(|t| t.is(SAVED))),
    e("behind feared", 11, |d| d.near_before(5).iter().any(|t| t.is(FEARED))),
    e("behind a subordinator", -24, |d| d.near_before(3).iter().any(|t| t.is(SUBORDINATOR))),
    e("behind a negation", -28, |d| d.near_before(3).iter().any(|t| t.is(NEGATION))),
    e("behind including", 21, |d| d.near_before(2).iter().any(|t| t.is(INCLUDE))),
    e("behind of the, of whom", 30, |d| {
        d.scene.tokens[..d.count().first].iter().take(4).any(|t| t.reads("of") && t.capital)
    }),
    e("another event", -3, |d| d.scene.tokens.iter().any(|t| t.is(ELSEWHERE))),
    e("among things refused", -16, |d| {
        d.scene.counts.iter().filter(|c| matches!(c.head, Head::Refused(_))).count() > 1
    }),
    e("predicate in the sentence before", 17, |d| {
        d.scene.tokens[..d.count().first].iter().any(|t| t.senses.measure.is_some())
    }),
    e("predicate in the sentence after", -30, |d| {
        d.scene.tokens.get(d.count().end + 1..).unwrap_or_default().iter().any(|t| t.senses.measure.is_some())
    }),
    e("an unread count beside", 15, |d| {
        d.scene.counts.get(d.at + 1).is_some_and(|c| c.may_count_people() && c.first <= d.count().end + 4)
    }),
];

/// What speaks for one thing rather than another to have happened to them.
#[derive(Debug, Clone, Copy)]
pub struct Hint {
    /// What it is.
    #[cfg_attr(not(test), expect(dead_code, reason = "tells a reader what a weight is for; tests read it"))]
    pub name: &'static str,
    /// What it weighs against the others.
    pub weight: i32,
    holds: fn(&Doubt, Measure) -> bool,
}

const fn h(name: &'static str, weight: i32, holds: fn(&Doubt, Measure) -> bool) -> Hint {
    Hint { name, weight, holds }
}

/// All hints.
pub static HINTS: &[Hint] = &[
    h("a rule reads it", 64, |d, m| d.weak.is_some_and(|p| p.measure == m && p.cost <= 6)),
    h("a rule reads it at a great cost", 46, |d, m| d.weak.is_some_and(|p| p.measure == m && p.cost > 6)),
    h("a piece", 39, |d, m| d.weak.is_some_and(|p| p.measure == m && p.rule == "of-whom")),
    h("gapped", 3, |d, m| d.weak.is_some_and(|p| p.measure == m && p.rule == "gapped")),
    h("read before in the sentence", 15, |d, m| d.left == Some(m)),
    h("read after in the sentence", -40, |d, m| d.right == Some(m)),
    h("read in the sentence before", 86, |d, m| d.last == Some((1, m))),
    h("read two or three sentences ago", 69, |d, m| matches!(d.last, Some((2 | 3, l)) if l == m)),
    h("read long ago", 42, |d, m| matches!(d.last, Some((4.., l)) if l == m)),
    h("known large value", 104, |d, m| d.known == Some(m) && d.value() >= 10),
    h("known small value", 53, |d, m| d.known == Some(m) && d.value() < 10),
    h("most read", 59, |d, m| d.main == Some(m)),
    h("first read", 78, |d, m| d.first == Some(m)),
    h("predicate close before", -10, |d, m| d.near_before(5).iter().any(|t| t.senses.measure == Some(m))),
    h("predicate before", 123, |d, m| d.near_before(25).iter().any(|t| t.senses.measure == Some(m))),
    h("predicate close after", 45, |d, m| d.near_after(5).iter().any(|t| t.senses.measure == Some(m))),
    h("predicate after", 29, |d, m| d.near_after(25).iter().any(|t| t.senses.measure == Some(m))),
    h("surroundings close before", 80, |d, m| d.near_before(6).iter().any(|t| t.senses.topic == Some(m))),
    h("surroundings before", 80, |d, m| d.near_before(25).iter().any(|t| t.senses.topic == Some(m))),
    h("surroundings close after", 185, |d, m| d.near_after(6).iter().any(|t| t.senses.topic == Some(m))),
    h("surroundings after", 139, |d, m| d.near_after(25).iter().any(|t| t.senses.topic == Some(m))),
    h("predicate in the sentence before", 77, |d, m| d.previous.iter().any(|t| t.senses.measure == Some(m))),
    h("surroundings in the sentence before", 60, |d, m| d.previous.iter().any(|t| t.senses.topic == Some(m))),
    h("nearest predicate", 167, |d, m| d.nearest() == Some(m)),
    h("deaths are told most", 31, |_, m| m == Measure::Killed),
];

/// What most likely happened to those of a doubtful count.
pub fn measure(doubt: &Doubt) -> Option<Measure> {
    let weight = |m: Measure| HINTS.iter().filter(|h| (h.holds)(doubt, m)).map(|h| h.weight).sum::<i32>();
    Measure::ALL.iter().rev().copied().max_by_key(|m| weight(*m)).filter(|m| weight(*m) > 0)
}

/// Words that end like a past and are none, or stand in a noun phrase.
const GRAMMAR_LIKE: u64 = BE | HAVE | MODAL | PREPOSITION | DETERMINER | ADVERB | PRONOUN | SUBORDINATOR;

impl<'a> Doubt<'a> {
    fn count(&self) -> &'a Count {
        &self.scene.counts[self.at]
    }

    fn value(&self) -> u64 {
        self.count().quantity.told()
    }

    fn peopled(&self) -> bool {
        matches!(self.count().head, Head::Person(_))
    }

    /// Whether a word of the surroundings of harm stands in the sentence.
    fn surrounded(&self) -> bool {
        self.scene.tokens.iter().any(|t| t.senses.topic.is_some())
    }

    /// The predicate nearest to it in its sentence.
    fn nearest(&self) -> Option<Measure> {
        let (first, end) = (self.count().first, self.count().end);
        let told = |i: &usize| self.scene.tokens[*i].senses.measure.is_some();
        let before = (0..first).rev().find(told);
        let after = (end + 1..self.scene.tokens.len()).find(told);
        let near = match (before, after) {
            (Some(b), Some(a)) => Some(if first - b <= a - end { b } else { a }),
            (one, other) => one.or(other),
        };
        near.and_then(|i| self.scene.tokens[i].senses.measure)
    }

    fn rule(&self, name: &str) -> bool {
        self.weak.is_some_and(|p| p.rule == name)
    }

    fn since(&self) -> Option<usize> {
        self.last.map(|(lines, _)| lines)
    }

    fn word(&self) -> &'a Token {
        &self.scene.tokens[self.count().first]
    }

    fn before(&self, back: usize) -> Option<&'a Token> {
        self.count().first.checked_sub(back).and_then(|i| self.scene.tokens.get(i))
    }

    fn after(&self, ahead: usize) -> Option<&'a Token> {
        self.scene.tokens.get(self.count().end + ahead)
    }

    fn near_before(&self, far: usize) -> &'a [Token] {
        &self.scene.tokens[self.count().first.saturating_sub(far)..self.count().first]
    }

    fn near_after(&self, far: usize) -> &'a [Token] {
        let from = self.count().end + 1;
        self.scene.tokens.get(from..(from + far).min(self.scene.tokens.len())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::figures_of;

    #[test]
    fn names_of_evidence_are_unique() {
        let mut evidence: Vec<_> = ALL.iter().map(|e| e.name).collect();
        let mut hints: Vec<_> = HINTS.iter().map(|h| h.name).collect();
        for names in [&mut evidence, &mut hints] {
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
        }
    }

    #[test]
    fn a_number_without_a_predicate_takes_up_what_is_told() {
        let read = |text: &str| figures_of(text).into_iter().map(|(figure, _)| figure).collect::<Vec<_>>();
        assert_eq!(
            read("The storm killed 212 people, the ministry said. On Monday it had counted 140."),
            ["212 killed people", "140 killed people"]
        );
        assert_eq!(
            read("The fire killed 31 people. Of the 31, 12 were women."),
            ["31 killed people", "31 killed people", "12 killed women"]
        );
    }

    #[test]
    fn numbers_of_other_things_are_left_alone() {
        let read = |text: &str| figures_of(text).len();
        assert_eq!(read("The storm killed 212 people. Buses run at 7 and at 9, on line 14."), 1);
        assert_eq!(read("The council has 15 members and met on 3 May."), 0);
    }
}
