//! Facts: what is known of a count, a figure or a source, told to the models as names that stand for yes.
//!
//! A model weighs a fact by the hash of its name, so that reading builds no strings; the names themselves are kept only
//! for learning and for explanations.

pub mod around;
pub mod company;
pub mod group;
pub mod standing;
pub mod status;
pub mod time;

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

/// A list of facts about one thing.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    ids: Vec<u64>,
    names: Option<Vec<String>>,
}

impl Facts {
    /// An empty list, which keeps names where they are asked for.
    pub fn new(named: bool) -> Self {
        Self { ids: Vec::with_capacity(USUAL), names: named.then(Vec::new) }
    }

    /// Adds a fact by the hash of its name; [`fact!`] tells both by the parts of the name.
    #[inline]
    pub fn add(&mut self, id: u64, name: impl FnOnce() -> String) {
        self.ids.push(id);
        if let Some(names) = &mut self.names {
            names.push(name());
        }
    }

    /// The hashes of the names.
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The names with their hashes; none where they were not kept.
    pub fn named(&self) -> impl Iterator<Item = (u64, &str)> {
        self.ids.iter().copied().zip(self.names.iter().flatten().map(String::as_str))
    }
}

/// So many facts are usual of one thing, or fewer.
const USUAL: usize = 128;

/// Facts about single answers, which speak alike for whichever they are told of: "a rule proposes it".
#[derive(Debug, Clone, Default)]
pub struct Answers {
    facts: Facts,
    /// Of each fact the answer that it is told of.
    of: Vec<u8>,
}

/// One of several answers, to add facts about.
pub struct Answer<'a> {
    all: &'a mut Answers,
    answer: u8,
}

impl Answers {
    /// No facts about any answer yet.
    pub fn new(named: bool) -> Self {
        Self { facts: Facts::new(named), of: Vec::with_capacity(USUAL) }
    }

    /// To add facts about one of the answers.
    pub fn of(&mut self, answer: usize) -> Answer<'_> {
        let answer = u8::try_from(answer).expect("there are ten answers at the most");
        Answer { all: self, answer }
    }

    /// The hashes of all facts, each with the answer that it is told of.
    pub fn ids(&self) -> impl Iterator<Item = (usize, u64)> {
        self.of.iter().map(|answer| usize::from(*answer)).zip(self.facts.ids.iter().copied())
    }

    /// The names of the facts about one answer, with their hashes.
    pub fn named(&self, answer: usize) -> impl Iterator<Item = (u64, &str)> {
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

impl Candidates {
    /// No candidates yet.
    pub fn new(named: bool) -> Self {
        Self { facts: Answers::new(named), lists: Vec::with_capacity(16) }
    }

    /// The names of the facts of a candidate, with their hashes.
    pub fn named(&self, candidate: usize) -> impl Iterator<Item = (u64, &str)> {
        self.facts.named(self.lists[candidate])
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

/// What is known where one of several answers is looked for.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    /// Facts that may speak for each answer in its own way: "behind a colon".
    pub facts: Facts,
    /// More of them, which other questions rest on too.
    pub shared: Option<&'a Facts>,
    /// Facts about single answers.
    pub answers: Answers,
}

impl Question<'_> {
    /// A question about which nothing is known yet.
    pub fn new(named: bool) -> Self {
        Self { facts: Facts::new(named), shared: None, answers: Answers::new(named) }
    }

    /// All facts, but for those about single answers.
    pub fn all(&self) -> impl Iterator<Item = &Facts> {
        std::iter::once(&self.facts).chain(self.shared)
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
