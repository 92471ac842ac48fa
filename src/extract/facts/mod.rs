//! Facts: what is known of a count, a figure or a source, told to the models as names that stand for yes.
//!
//! A model weighs a fact by the hash of its name, so that reading builds no strings; the names themselves are kept only
//! for learning and for explanations.

pub mod around;
pub mod company;
pub mod group;
pub mod standing;
pub mod time;

/// A list of facts about one thing.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    ids: Vec<u64>,
    names: Option<Vec<String>>,
}

impl Facts {
    /// An empty list, which keeps names where they are asked for.
    pub fn new(named: bool) -> Self {
        Self { ids: Vec::new(), names: named.then(Vec::new) }
    }

    /// Adds the fact whose name the parts make when put together.
    pub fn add(&mut self, parts: &[&str]) {
        self.ids.push(id(parts));
        if let Some(names) = &mut self.names {
            names.push(parts.concat());
        }
    }

    /// Adds all facts of another list.
    pub fn extend(&mut self, other: &Self) {
        self.ids.extend_from_slice(&other.ids);
        if let (Some(names), Some(others)) = (&mut self.names, &other.names) {
            names.extend_from_slice(others);
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

/// What is known where one of several answers is looked for.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Facts that may speak for each answer in its own way: "behind a colon".
    pub facts: Facts,
    /// Facts about single answers, which speak alike for whichever they are told of: "a rule proposes it". As many as
    /// there are answers, or none.
    pub answers: Vec<Facts>,
}

impl Question {
    /// A question about which nothing is known yet.
    pub fn new(answers: usize, named: bool) -> Self {
        Self { facts: Facts::new(named), answers: vec![Facts::new(named); answers] }
    }

    /// All facts, those of the question and those of its answers.
    pub fn all(&self) -> impl Iterator<Item = &Facts> {
        std::iter::once(&self.facts).chain(&self.answers)
    }

    /// Adds what is known of the same question from another side.
    pub fn extend(&mut self, other: &Self) {
        self.facts.extend(&other.facts);
        self.answers.iter_mut().zip(&other.answers).for_each(|(own, more)| own.extend(more));
    }
}

/// The hash by which a fact is known: FNV-1a with 64 bits, over the name.
pub fn id(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// A small number as a word, for the names of facts; larger ones are "many".
pub fn few(n: usize) -> &'static str {
    const WORDS: [&str; 13] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    WORDS.get(n).copied().unwrap_or("many")
}

/// A distance in tokens, coarser the farther.
pub fn distance(tokens: usize) -> &'static str {
    match tokens {
        0 => "0",
        1 => "1",
        2 => "2",
        3..=4 => "3",
        5..=7 => "5",
        8..=12 => "8",
        13..=20 => "13",
        _ => "21",
    }
}
