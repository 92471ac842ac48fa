//! Facts: what is known of a count, a figure or a source, told to the models as names that stand for yes.
//!
//! A model weighs a fact by the hash of its name, so that reading builds no strings; the names themselves are kept only
//! for learning and for explanations.

pub mod around;
pub mod company;
pub mod group;
pub mod standing;
pub mod time;

use std::ops::Range;

use crate::extract::hashed::{Hashed, hashed};

/// Adds the fact whose name the parts make when put together: `fact!(facts, "b1=", word)`.
macro_rules! fact {
    ($facts:expr, $($parts:tt)+) => {
        $facts.add(
            $crate::extract::hashed::id(&$crate::extract::hashed::parts![$($parts)+]),
            || $crate::extract::hashed::text(&$crate::extract::hashed::parts![$($parts)+]),
        )
    };
}

pub(crate) use fact;

/// Facts, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    ids: Vec<u64>,
    names: Option<Vec<String>>,
}

/// Some facts in a row: the hashes of their names, and the names where they were kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listed<'a> {
    /// The hashes.
    pub ids: &'a [u64],
    names: &'a [String],
}

impl Facts {
    /// No facts yet, but room for so many; names are kept where they are asked for.
    pub fn new(room: usize, named: bool) -> Self {
        Self { ids: Vec::with_capacity(room), names: named.then(Vec::new) }
    }

    /// Adds a fact by the hash of its name; [`fact!`] tells both by the parts of the name.
    #[inline]
    pub fn add(&mut self, id: u64, name: impl FnOnce() -> String) {
        self.ids.push(id);
        if let Some(names) = &mut self.names {
            keep(names, name);
        }
    }

    fn listed(&self, range: Range<usize>) -> Listed<'_> {
        let names = self.names.as_deref().and_then(|names| names.get(range.clone())).unwrap_or_default();
        Listed { ids: &self.ids[range], names }
    }
}

/// Out of the way of reading, which keeps no names.
#[cold]
fn keep(names: &mut Vec<String>, name: impl FnOnce() -> String) {
    names.push(name());
}

impl<'a> Listed<'a> {
    /// The names with their hashes; none where they were not kept.
    pub fn named(self) -> impl Iterator<Item = (u64, &'a str)> {
        self.ids.iter().copied().zip(self.names.iter().map(String::as_str))
    }
}

/// Facts about single answers, which speak alike for whichever they are told of: "a rule proposes it".
#[derive(Debug, Clone, Default)]
pub struct Answers {
    facts: Facts,
    /// Of each fact the answer that it is told of.
    of: Vec<u8>,
}

/// Facts about single answers in a row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'a> {
    facts: Listed<'a>,
    of: &'a [u8],
}

/// One of several answers, to add facts about.
pub struct Answer<'a> {
    all: &'a mut Answers,
    answer: u8,
}

impl Answers {
    fn new(room: usize, named: bool) -> Self {
        Self { facts: Facts::new(room, named), of: Vec::with_capacity(room) }
    }

    /// To add facts about one of the answers.
    pub fn of(&mut self, answer: usize) -> Answer<'_> {
        let answer = u8::try_from(answer).expect("there are a dozen answers at the most");
        Answer { all: self, answer }
    }

    fn told(&self, range: Range<usize>) -> Told<'_> {
        Told { facts: self.facts.listed(range.clone()), of: &self.of[range] }
    }
}

impl Answer<'_> {
    /// Adds a fact, as [`Facts::add`] does.
    #[inline]
    pub fn add(&mut self, id: u64, name: impl FnOnce() -> String) {
        self.all.of.push(self.answer);
        self.all.facts.add(id, name);
    }
}

impl<'a> Told<'a> {
    /// The hashes of all facts, each with the answer that it is told of.
    pub fn ids(self) -> impl Iterator<Item = (usize, u64)> {
        self.of.iter().map(|answer| usize::from(*answer)).zip(self.facts.ids.iter().copied())
    }

    /// The names of the facts about one answer, with their hashes.
    pub fn named(self, answer: usize) -> impl Iterator<Item = (u64, &'a str)> {
        let of_it = move |(of, fact): (&u8, _)| (usize::from(*of) == answer).then_some(fact);
        self.of.iter().zip(self.facts.named()).filter_map(of_it)
    }
}

/// The facts of several candidates. Those of whom the same is known share a list.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// The lists.
    pub facts: Answers,
    /// Of each candidate which list is its own.
    pub lists: Vec<usize>,
}

/// There are fewer candidates than that, and no more lists.
pub const MOST_LISTS: usize = 16;

impl Candidates {
    /// No candidates yet, but room for so many facts.
    pub fn new(room: usize, named: bool) -> Self {
        Self { facts: Answers::new(room, named), lists: Vec::with_capacity(MOST_LISTS) }
    }

    /// The hashes of all facts, each with the list that it stands in.
    pub fn ids(&self) -> impl Iterator<Item = (usize, u64)> {
        self.facts.told(0..self.facts.of.len()).ids()
    }

    /// The names of the facts of a candidate, with their hashes.
    pub fn named(&self, candidate: usize) -> impl Iterator<Item = (u64, &str)> {
        self.facts.told(0..self.facts.of.len()).named(self.lists[candidate])
    }
}

/// What is known where one of several answers is looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// Facts that may speak for each answer in its own way: "behind a colon".
    pub facts: Listed<'a>,
    /// More of them, which other questions rest on too.
    pub shared: Listed<'a>,
    /// Facts about single answers.
    pub answers: Told<'a>,
}

impl<'a> Question<'a> {
    /// All facts, but for those about single answers.
    pub fn all(self) -> impl Iterator<Item = Listed<'a>> {
        [self.facts, self.shared].into_iter()
    }
}

/// Questions of one kind, one after the other. Facts are added to the last.
#[derive(Debug, Clone, Default)]
pub struct Questions<'a> {
    /// See [`Question::facts`].
    pub facts: Facts,
    /// See [`Question::answers`].
    pub answers: Answers,
    /// Of each question where its facts and those about answers end, and what it shares with others.
    ends: Vec<(usize, usize, Listed<'a>)>,
}

impl<'a> Questions<'a> {
    /// Room for so many questions, each with so many facts and so many about answers.
    pub fn new(count: usize, facts: usize, of_answers: usize, named: bool) -> Self {
        Self {
            facts: Facts::new(count * facts, named),
            answers: Answers::new(count * of_answers, named),
            ends: Vec::with_capacity(count),
        }
    }

    /// Ends the last question, which rests on facts of others too; the next fact belongs to a new one.
    pub fn end(&mut self, shared: Listed<'a>) {
        self.ends.push((self.facts.ids.len(), self.answers.of.len(), shared));
    }

    /// The question at a place.
    pub fn get(&self, at: usize) -> Question<'_> {
        let (from, answers_from, _) = at.checked_sub(1).map_or((0, 0, Listed::default()), |before| self.ends[before]);
        let (to, answers_to, shared) = self.ends[at];
        Question { facts: self.facts.listed(from..to), shared, answers: self.answers.told(answers_from..answers_to) }
    }

    /// All questions.
    pub fn iter(&self) -> impl Iterator<Item = Question<'_>> {
        (0..self.ends.len()).map(|at| self.get(at))
    }
}

/// A small number as a word, for the names of facts; larger ones are "many".
pub fn few(n: usize) -> Hashed<'static> {
    const WORDS: [Hashed; 13] = {
        let words = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
        let (mut hashed, mut at) = ([Hashed::of(""); 13], 0);
        while at < words.len() {
            hashed[at] = Hashed::of(words[at]);
            at += 1;
        }
        hashed
    };
    WORDS.get(n).copied().unwrap_or(hashed!("many"))
}

/// A distance in tokens, coarser the farther.
pub fn distance(tokens: usize) -> Hashed<'static> {
    match tokens {
        0 => hashed!("0"),
        1 => hashed!("1"),
        2 => hashed!("2"),
        3..=4 => hashed!("3"),
        5..=7 => hashed!("5"),
        8..=12 => hashed!("8"),
        13..=20 => hashed!("13"),
        _ => hashed!("21"),
    }
}
