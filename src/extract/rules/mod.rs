//! The rules that join a number to what happened, inside its sentence.
//!
//! A rule is a named value: what it looks for, sentences it must read and look-alikes it must leave alone, and the
//! function that does it. Each proposes a measure at a cost; the cheapest proposal wins, the earlier rule on a tie.

pub mod inside;
pub mod before;
pub mod after;
pub mod frame;
pub mod nominal;
pub mod toll;
pub mod label;

use crate::extract::head::{Count, Head};
use crate::extract::lexicon::lists::CLASSING;
use crate::extract::lexicon::{
    ADVERB, BE, CONJUNCTION, COUNT, DETERMINER, FEARED, FINITE, HAVE, INCLUDE, INTRANSITIVE, MODAL, NEGATION,
    PARTICIPLE, PERSON, PREPOSITION, PRONOUN, RELATIVE, REPORT, SUBORDINATOR, THING, TOLL,
};
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Measure};

/// All rules, in the order in which they are told to a reader.
pub static ALL: &[&Rule] = &[
    &inside::DEAD_BESIDE,
    &inside::COUNTED_DEATHS,
    &inside::LIVES_LOST,
    &before::WERE_KILLED,
    &after::KILLED_THEM,
    &after::AMONG_THE_DEAD,
    &after::AMONG_THOSE_KILLED,
    &frame::SENT_SOMEWHERE,
    &nominal::DEATH_OF,
    &toll::TOLL_OF,
    &toll::NUMBER_OF_DEAD,
    &toll::DEATHS_STAND_AT,
    &label::LABELLED,
];

/// The rules that need no weights: where one of them is the cheapest, it is right nearly always.
pub static SURE: &[&str] = &["sent-somewhere", "deaths-stand-at"];

/// A way in which English says that something happened to a number of people.
#[derive(Debug)]
pub struct Rule {
    /// Its name, as the explanation of a reading shows it.
    pub name: &'static str,
    /// Sentences with the figures it must read in them, as "count measure group".
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests read them"))]
    pub examples: &'static [(&'static str, &'static [&'static str])],
    /// Sentences that look alike and in which it must read nothing.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests read them"))]
    pub look_alikes: &'static [&'static str],
    /// Of these classes a word must stand in the sentence, or the rule need not be asked.
    pub wants: u64,
    /// The reading of the count at this place in the scene.
    pub read: fn(&Scene, usize) -> Option<Proposal>,
}

/// What a rule wants that is asked in every sentence.
pub const ANYTHING: u64 = u64::MAX;

/// A sentence as the rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Its tokens.
    pub tokens: &'a [Token],
    /// Its counts, from left to right.
    pub counts: &'a [Count],
    /// For every token the count whose number or noun phrase covers it.
    pub covering: &'a [Option<u32>],
    /// The classes of all its tokens together.
    pub said: u64,
}

/// What a rule makes of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// What happened.
    pub measure: Measure,
    /// To whom, where the construction says so rather than the count's own noun.
    pub group: Option<Group>,
    /// How far-fetched it is; 0 is as plain as can be.
    pub cost: u32,
    /// The token that says what happened.
    pub predicate: usize,
    /// The rule's name.
    pub rule: &'static str,
}

/// No proposal above this cost is taken.
pub const DEAREST: u32 = 14;

/// All readings of the count at `at`, in the order of the rules.
pub fn proposals(scene: &Scene, at: usize) -> impl Iterator<Item = Proposal> {
    let asked = ALL.iter().filter(|rule| rule.wants == ANYTHING || rule.wants & scene.said != 0);
    asked.filter_map(move |rule| (rule.read)(scene, at)).filter(|p| p.cost <= DEAREST)
}

/// The cheapest of them.
pub fn cheapest(proposals: &[Proposal]) -> Option<Proposal> {
    proposals.iter().copied().min_by_key(|p| p.cost)
}

impl Scene<'_> {
    /// The count whose number or noun phrase covers this token.
    pub fn count_at(&self, token: usize) -> Option<usize> {
        self.covering.get(token).copied().flatten().map(|count| count as usize)
    }

    /// Whether a count and its predicate are surely one people: a number, a person, no stranger.
    pub fn head(&self, count: usize) -> Head {
        self.counts[count].head
    }

    /// Whether what is counted is what happened, not those it happened to: "deaths", but not "hostages".
    pub fn counts_deaths(&self, count: usize) -> bool {
        let Head::Casualty(noun) = self.counts[count].head else { return false };
        let persons = [Measure::Abducted, Measure::Detained, Measure::Displaced];
        !self.tokens[noun].senses.measure.is_some_and(|m| persons.contains(&m))
    }

    /// Whether the participle at `at` stands behind a form of to be, so that those struck come before it.
    pub fn is_passive(&self, at: usize) -> bool {
        let mut i = at;
        for _ in 0..5 {
            let Some(before) = i.checked_sub(1) else { return false };
            i = before;
            let token = &self.tokens[i];
            if token.is(BE) {
                return true;
            }
            let looked_through = token.is(ADVERB | NEGATION | FEARED)
                || token.reads_any(&["and", "or", ","])
                || token.senses.measure.is_some();
            if !looked_through {
                return false;
            }
        }
        false
    }

    /// The tokens between two others, both left out; none where they touch or overlap.
    pub fn between(&self, left: usize, right: usize) -> &[Token] {
        self.tokens.get(left + 1..right).unwrap_or_default()
    }

    /// Whether the participle at `at` belongs to what a number counts: "the number of people killed".
    pub fn is_counted(&self, at: usize) -> bool {
        let before = &self.tokens[at.saturating_sub(6)..at];
        let of = |pair: &[Token]| pair[0].is(COUNT) && pair[1].reads("of");
        before.windows(2).any(of) || before.iter().any(|t| t.is(COUNT | TOLL) && t.lower.ends_with(" of"))
    }

    /// Whom the complement behind a count names: "750 of the dead were civilians", "12 are women", "listed 30 as soldiers".
    pub fn complement_group(&self, count: usize) -> Option<Group> {
        let mut at = self.counts[count].end + 1;
        let mut linked = self.is_classed(count);
        at += usize::from(linked);
        while let Some(token) = self.tokens.get(at) {
            if token.is(BE) {
                linked = true;
            } else if linked && let Some(group) = token.senses.group {
                let ends = self.tokens.get(at + 1).is_none_or(|t| !t.is(PERSON | THING));
                return ends.then_some(group);
            } else if !token.is(ADVERB | DETERMINER | HAVE) {
                return None;
            }
            at += 1;
        }
        None
    }

    /// Whether a verb before a count and "as" behind it tell who those counted are: "identified 46 of them | as civilians".
    fn is_classed(&self, count: usize) -> bool {
        let Count { first, end, .. } = self.counts[count];
        let verb = |t: &Token| t.lower.rsplit(' ').next().is_some_and(|last| CLASSING.has(last));
        self.tokens.get(end + 1).is_some_and(|t| t.reads("as"))
            && self.tokens[first.saturating_sub(3)..first].iter().any(verb)
    }

    /// Whether those counted are the doers: "two bombers killed 43".
    pub fn is_agent(&self, count: usize) -> bool {
        let verb = self.counts[count].end + 1;
        self.tokens.get(verb).is_some_and(|t| t.is(PARTICIPLE | FINITE) && !t.is(INTRANSITIVE)) && self.has_object(verb)
    }

    /// Whether somebody follows the verb at `at` as its object.
    pub fn has_object(&self, at: usize) -> bool {
        let mut i = at + 1;
        while self.tokens.get(i).is_some_and(|t| t.is(ADVERB) && !t.is(DETERMINER | BE)) {
            i += 1;
        }
        let Some(token) = self.tokens.get(i) else { return false };
        token.reads_any(&["him", "them", "her", "us", "himself"])
            || token.is(DETERMINER)
            || token.senses.group.is_some()
            || self.count_at(i).is_some_and(|c| self.counts[c].may_count_people())
    }

    /// What it costs to look past a token for something that belongs to the count.
    pub fn gap(&self, at: usize) -> u32 {
        let token = &self.tokens[at];
        if token.is_dash() || token.reads_any(&[":", ";"]) {
            return 8;
        }
        if token.kind == Kind::Mark {
            return if token.reads(",") { 2 } else { u32::from(!token.is_quote()) };
        }
        if token.is(BE | HAVE | MODAL | FEARED | NEGATION) {
            0
        } else if token.is(SUBORDINATOR) {
            6
        } else if token.is(CONJUNCTION) {
            4
        } else if token.is(RELATIVE) {
            1
        } else if token.is(ADVERB | DETERMINER) {
            0
        } else if token.is(REPORT) {
            5
        } else if token.is(INCLUDE) {
            3
        } else if token.is(PREPOSITION | PRONOUN) {
            2
        } else if token.senses.measure.is_some() {
            5
        } else if token.lower.ends_with("ed") && token.senses.classes == 0 {
            4
        } else {
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::discourse::Line;
    use crate::extract::tests::article;
    use crate::extract::{lexicon, work};

    /// What the rules make of each count of a sentence, before anything is weighed: "count measure group", and the rule.
    fn proposed(sentence: &str) -> Vec<(String, &'static str)> {
        let article = article(&format!("Notes from the valley\n\n{sentence}\n"));
        let lines = work::lines(&article, lexicon::for_language("en").expect("a lexicon of English"));
        let of_count = |line: &Line, at: usize| {
            let proposal = cheapest(&proposals(&line.scene(), at).collect::<Vec<_>>())
                .filter(|_| line.counts[at].may_count_people())?;
            let group = proposal.group.unwrap_or(match line.counts[at].head {
                Head::Person(group) => group,
                _ => Group::People,
            });
            Some((format!("{} {} {group}", line.counts[at].quantity, proposal.measure), proposal.rule))
        };
        lines.iter().flat_map(|line| (0..line.counts.len()).filter_map(move |at| of_count(line, at))).collect()
    }

    #[test]
    fn every_rule_reads_its_examples_and_leaves_its_look_alikes_alone() {
        let mut wrong = Vec::new();
        for rule in ALL {
            assert!(!rule.examples.is_empty() && !rule.look_alikes.is_empty(), "{} shows nothing", rule.name);
            for (sentence, expected) in rule.examples {
                let found = proposed(sentence);
                let by_rule = found.iter().any(|(_, name)| *name == rule.name);
                let figures: Vec<_> = found.into_iter().map(|(figure, _)| figure).collect();
                if figures != *expected || !by_rule {
                    wrong.push(format!("{}: {sentence}\n    read {figures:?}, by this rule: {by_rule}", rule.name));
                }
            }
            for sentence in rule.look_alikes {
                let found = proposed(sentence);
                if found.iter().any(|(_, name)| *name == rule.name) {
                    wrong.push(format!("{}: look-alike taken: {sentence}\n    {found:?}", rule.name));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn names_of_rules_are_unique() {
        let mut names: Vec<_> = ALL.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
