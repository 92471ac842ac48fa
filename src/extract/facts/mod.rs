//! Facts: what is known of a count, a figure or a source, told to the models as names that stand for yes.
//!
//! A model weighs a fact by the hash of its name, so that reading builds no strings; the names themselves are kept only
//! for learning and for explanations.

pub mod around;
pub mod company;
pub mod group;
pub mod naming;
pub mod standing;
pub mod time;

use std::mem::replace;
use std::ops::Range;

use crate::extract::hashed::{Hashed, hashed, text};

/// Adds the fact whose name the parts make when put together: `fact!(facts, "b1=", word)`.
macro_rules! fact {
    ($facts:expr, $($parts:tt)+) => {
        if let Some(names) = $facts.add($crate::extract::hashed::id(&$crate::extract::hashed::parts![$($parts)+])) {
            names.keep(&$crate::extract::hashed::parts![$($parts)+]);
        }
    };
}

/// Adds several facts at once, as [`fact!`] does one: `facts!(facts, ["b1=", b1], ["b2=", b2])`. Room and names are asked for
/// once.
macro_rules! facts {
    ($facts:expr, $([$($parts:tt)+]),+ $(,)?) => {
        let ids = [$($crate::extract::hashed::id(&$crate::extract::hashed::parts![$($parts)+])),+];
        if let Some(names) = $facts.add_all(ids) {
            $(names.keep(&$crate::extract::hashed::parts![$($parts)+]);)+
        }
    };
}

pub(crate) use {fact, facts};

/// Facts, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    ids: Vec<u64>,
    names: Names,
    /// Whether they are kept.
    named: bool,
}

/// The names of facts, as far as they are kept.
#[derive(Debug, Clone, Default)]
pub struct Names(Vec<String>);

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
        Self { ids: Vec::with_capacity(room), names: Names::default(), named }
    }

    /// Adds a fact by the hash of its name, and gives where the name is to be kept, if it is; [`fact!`] tells both by the
    /// parts of the name.
    #[inline]
    pub fn add(&mut self, id: u64) -> Option<&mut Names> {
        self.ids.push(id);
        if self.named { Some(&mut self.names) } else { None }
    }

    /// Adds several facts, as [`Facts::add`] does one.
    #[inline]
    pub fn add_all<const COUNT: usize>(&mut self, ids: [u64; COUNT]) -> Option<&mut Names> {
        self.ids.extend_from_slice(&ids);
        if self.named { Some(&mut self.names) } else { None }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    fn listed(&self, range: Range<usize>) -> Listed<'_> {
        let names = self.names.0.get(range.clone()).unwrap_or_default();
        Listed { ids: &self.ids[range], names }
    }
}

impl Names {
    /// Keeps the name that parts make when put together. Out of the way of reading, which keeps no names.
    #[cold]
    pub fn keep(&mut self, parts: &[Hashed]) {
        self.0.push(text(parts));
    }
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
    pub fn add(&mut self, id: u64) -> Option<&mut Names> {
        self.all.of.push(self.answer);
        self.all.facts.add(id)
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

/// The candidates of an article's places, one place after the other, with what is known of each. Those of one place of whom
/// the same is known share a list. Facts are added to the last list.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// The facts of all lists.
    pub facts: Facts,
    /// Where each list ends.
    list_ends: Vec<usize>,
    /// Of each candidate which list of its place is its own.
    lists: Vec<usize>,
    /// Of each place where its lists and its candidates end.
    ends: Vec<(usize, usize)>,
}

/// The candidates of one place.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    facts: &'a Facts,
    /// Where the first list begins, and each of them ends.
    from: usize,
    list_ends: &'a [usize],
    /// Of each candidate which list is its own.
    pub lists: &'a [usize],
}

/// There are fewer candidates of a place than that, and no more lists.
pub const MOST_LISTS: usize = 16;

/// Few places have more candidates than that.
pub const USUAL_CANDIDATES: usize = 12;

impl Candidates {
    /// No candidates yet, but room for those of so many places, with so many facts each.
    pub fn new(count: usize, facts: usize, named: bool) -> Self {
        let room = || Vec::with_capacity(USUAL_CANDIDATES * count);
        Self {
            facts: Facts::new(count * facts, named),
            list_ends: room(),
            lists: room(),
            ends: Vec::with_capacity(count),
        }
    }

    /// Adds a candidate with one of the lists of its place, which may be the one that is told next.
    pub fn add(&mut self, list: usize) {
        self.lists.push(list);
    }

    /// Ends the last list; the next fact belongs to a new one.
    pub fn end_list(&mut self) {
        self.list_ends.push(self.facts.ids.len());
    }

    /// Ends the last place.
    pub fn end(&mut self) {
        self.ends.push((self.list_ends.len(), self.lists.len()));
    }

    /// How many candidates all places have.
    pub fn count(&self) -> usize {
        self.lists.len()
    }

    /// What is known by each list of all places.
    pub fn all_lists(&self) -> impl Iterator<Item = Listed<'_>> {
        let from = |at: usize| at.checked_sub(1).map_or(0, |before| self.list_ends[before]);
        self.list_ends.iter().enumerate().map(move |(at, to)| self.facts.listed(from(at)..*to))
    }

    /// Of each candidate of all places which of these lists is its own.
    pub fn list_of_each(&self) -> impl Iterator<Item = usize> {
        let places = self.ends.iter().scan((0, 0), |from, to| Some((replace(from, *to), *to)));
        places.flat_map(|((first, from), (_, to))| self.lists[from..to].iter().map(move |list| first + list))
    }

    /// The candidates of a place.
    pub fn get(&self, at: usize) -> Choice<'_> {
        let (first, from) = at.checked_sub(1).map_or((0, 0), |before| self.ends[before]);
        let (last, to) = self.ends[at];
        Choice {
            facts: &self.facts,
            from: first.checked_sub(1).map_or(0, |before| self.list_ends[before]),
            list_ends: &self.list_ends[first..last],
            lists: &self.lists[from..to],
        }
    }

    /// Those of all places.
    pub fn iter(&self) -> impl Iterator<Item = Choice<'_>> {
        (0..self.ends.len()).map(|at| self.get(at))
    }
}

impl<'a> Choice<'a> {
    /// What is known of a candidate.
    pub fn of(self, candidate: usize) -> Listed<'a> {
        let list = self.lists[candidate];
        let from = list.checked_sub(1).map_or(self.from, |before| self.list_ends[before]);
        self.facts.listed(from..self.list_ends[list])
    }
}

/// Questions of one kind. What is known is told chapter by chapter, each of all questions before the next: told question by
/// question, the code of all chapters would be more than the processor's cache of instructions holds, and be loaded again
/// for each.
#[derive(Debug, Clone)]
pub struct Questions<'a> {
    told: Chapter,
    /// Where what a chapter tells of a question ends among the facts and among those about answers: the questions of the
    /// first chapter, then those of the next.
    ends: Vec<(usize, usize)>,
    count: usize,
    /// What the questions share with others.
    shared: Option<Shared<'a>>,
}

/// The questions that others rest on too.
#[derive(Debug, Clone)]
struct Shared<'a> {
    questions: &'a Questions<'static>,
    /// The place among them of the one that each question shares.
    places: Vec<usize>,
}

/// A part of what is known of a question, as it is told: facts are added behind those told before. All parts of all
/// questions stand in one row, so that memory is asked for once.
#[derive(Debug, Clone, Default)]
pub struct Chapter {
    /// Facts that may speak for each answer in its own way: "behind a colon".
    pub facts: Facts,
    /// Facts about single answers.
    pub answers: Answers,
}

/// How many facts are likely to be told of a question.
#[derive(Debug, Clone, Copy)]
pub struct Likely {
    /// Those that may speak for each answer.
    pub facts: usize,
    /// Those about single answers.
    pub of_answers: usize,
}

impl Questions<'static> {
    /// Questions that share nothing with others. `tell` adds what the chapter at a place knows of the question at another;
    /// names of facts are kept where they are asked for.
    pub fn told(
        count: usize,
        chapters: usize,
        likely: Likely,
        named: bool,
        tell: impl Fn(usize, usize, &mut Chapter),
    ) -> Self {
        let mut told = Chapter {
            facts: Facts::new(count * likely.facts, named),
            answers: Answers::new(count * likely.of_answers, named),
        };
        let mut ends = Vec::with_capacity(count * chapters);
        for chapter in 0..chapters {
            for at in 0..count {
                tell(chapter, at, &mut told);
                ends.push((told.facts.count(), told.answers.of.len()));
            }
        }
        Self { told, ends, count, shared: None }
    }

    /// The same questions, where each rests on what one of others does too, at the place that is told of it.
    pub fn sharing<'a>(self, questions: &'a Questions<'static>, places: Vec<usize>) -> Questions<'a> {
        Questions { shared: Some(Shared { questions, places }), ..self }
    }
}

impl<'a> Questions<'a> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many facts they rest on, but for those that they share and those about single answers.
    pub fn facts(&self) -> usize {
        self.told.facts.count()
    }

    /// Where what each chapter tells of the question at a place begins and ends.
    fn parts(&self, at: usize) -> impl Iterator<Item = ((usize, usize), (usize, usize))> {
        let ends = (at..self.ends.len()).step_by(self.count.max(1));
        ends.map(|end| (end.checked_sub(1).map_or((0, 0), |before| self.ends[before]), self.ends[end]))
    }

    /// The question at a place.
    pub fn get(&'a self, at: usize) -> Question<'a> {
        Question { questions: self, at }
    }

    /// All questions.
    pub fn iter(&'a self) -> impl Iterator<Item = Question<'a>> {
        (0..self.count()).map(|at| self.get(at))
    }
}

/// What is known where one of several answers is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    questions: &'a Questions<'a>,
    at: usize,
}

impl<'a> Question<'a> {
    /// The facts that are its own, but for those about single answers.
    pub fn own(self) -> impl Iterator<Item = Listed<'a>> {
        self.questions.parts(self.at).map(|(from, to)| self.questions.told.facts.listed(from.0..to.0))
    }

    /// All facts, but for those about single answers.
    pub fn all(self) -> impl Iterator<Item = Listed<'a>> {
        let shared =
            self.questions.shared.iter().flat_map(move |shared| shared.questions.get(shared.places[self.at]).own());
        self.own().chain(shared)
    }

    /// The facts about single answers.
    pub fn answers(self) -> impl Iterator<Item = Told<'a>> {
        self.questions.parts(self.at).map(|(from, to)| self.questions.told.answers.told(from.1..to.1))
    }

    /// The facts about one answer, by their hashes and names.
    pub fn named(self, answer: usize) -> impl Iterator<Item = (u64, &'a str)> {
        self.answers().flat_map(move |told| told.named(answer))
    }
}

/// The places of those that are alike in something.
#[derive(Debug)]
pub struct Alike {
    /// Those that are alike stand together, in their order.
    places: Vec<usize>,
    /// For every place where those begin and end that are alike with it.
    groups: Vec<(usize, usize)>,
}

impl Alike {
    /// Those at the places counted from nought, by what they have in common.
    pub fn of<K: Ord>(keys: impl Iterator<Item = K>) -> Self {
        let mut sorted: Vec<(K, usize)> = keys.zip(0..).collect();
        sorted.sort_unstable();
        let mut groups = vec![(0, 0); sorted.len()];
        let mut from = 0;
        for alike in sorted.chunk_by(|one, other| one.0 == other.0) {
            let group = (from, from + alike.len());
            alike.iter().for_each(|(_, place)| groups[*place] = group);
            from += alike.len();
        }
        Self { places: sorted.into_iter().map(|(_, place)| place).collect(), groups }
    }

    /// The places of those that are alike with the one at a place, itself among them, in their order.
    pub fn with(&self, place: usize) -> &[usize] {
        let (from, to) = self.groups[place];
        &self.places[from..to]
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
