//! Who is said to have counted: everyone whom the article names as one who may have, and the one whom a figure belongs
//! to, chosen by weights learnt from labelled articles.

mod again;
mod clause;
mod facts;
mod mention;
mod names;
mod phrase;

use std::collections::HashMap;
use std::mem::take;

use smol_str::{SmolStr, StrExt};

use crate::extract::discourse::Line;
use crate::extract::facts::Candidates;
use crate::extract::hashed::{AsItIs, Hash, Hashed};
use crate::extract::lexicon::DETERMINER;
use crate::extract::source::mention::{Mention, Speaker};
use crate::extract::source::names::{Names, longer};

pub use again::again;
pub use facts::{by_clause, sources};

/// Those who may have counted the findings of an article.
#[derive(Debug)]
pub struct Sources {
    /// The names of those of each finding, by the places in [`Voices::names`]; `None` where the outlet speaks in its own
    /// voice, which comes first, so that there is always one.
    names: Vec<Option<usize>>,
    /// Where the names of each finding end.
    ends: Vec<usize>,
    /// The facts that speak for and against each.
    pub facts: Candidates,
}

impl Sources {
    /// The names of those who may have counted a finding.
    pub fn names(&self, finding: usize) -> &[Option<usize>] {
        let from = finding.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.names[from..self.ends[finding]]
    }

    /// What is told of all of them in a row, finding by finding.
    pub fn of_each_finding<'a, T>(&'a self, all: &'a [T]) -> impl Iterator<Item = &'a [T]> {
        let from = |at: usize| at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends.iter().enumerate().map(move |(at, to)| &all[from(at)..*to])
    }
}

/// A mention with the full name.
#[derive(Debug)]
pub struct Voice {
    mention: Mention,
    /// The place of the name.
    name: usize,
}

/// A name by which somebody is called in an article.
#[derive(Debug)]
pub struct Name {
    /// In full.
    pub text: String,
    /// Whether it has a capital letter.
    proper: bool,
    /// Its last word in lower case, with the hash.
    last_word: SmolStr,
    last_word_hash: Hash,
    /// How often it comes up, and how often as one who tells.
    mentions: usize,
    told: usize,
}

impl Name {
    fn new(text: String) -> Self {
        let last_word = text.rsplit(' ').next().unwrap_or(&text).to_lowercase_smolstr();
        Self {
            proper: text.contains(char::is_uppercase),
            last_word_hash: Hash::of(&last_word),
            last_word,
            text,
            mentions: 0,
            told: 0,
        }
    }

    fn last_word(&self) -> Hashed<'_> {
        Hashed::known(&self.last_word, self.last_word_hash)
    }
}

/// Everyone who is named in an article, with the line, in the order of the text.
#[derive(Debug)]
pub struct Voices {
    /// The names, each once.
    pub names: Vec<Name>,
    all: Vec<(usize, Voice)>,
    /// Where the voices of each line begin; one more than there are lines.
    starts: Vec<usize>,
}

impl Voices {
    fn range(&self, line: usize) -> (usize, usize) {
        (self.starts[line], self.starts[line + 1])
    }

    fn of_line(&self, line: usize) -> &[(usize, Voice)] {
        let (from, to) = self.range(line);
        &self.all[from..to]
    }
}

/// Who is named in every line, by full names, pronouns resolved.
pub fn voices(text: &str, lines: &[Line]) -> Voices {
    let mut mentions: Vec<Vec<Mention>> = lines.iter().map(|line| mention::mentions(text, line)).collect();
    let mut names = Names::default();
    let mut found = Voices { names: Vec::new(), all: Vec::new(), starts: vec![0] };
    // By the hashes of the names.
    let mut places: HashMap<u64, usize, AsItIs> = HashMap::default();
    for (index, line) in lines.iter().enumerate() {
        for mention in take(&mut mentions[index]) {
            let name = match &mention.speaker {
                // A headline calls short what the text will call by its name.
                Speaker::Named(name) if line.sentence.headline => longer(name, &mentions[index + 1..]),
                Speaker::Named(name) => names.full(name),
                Speaker::Pronoun => match names.antecedent(index) {
                    Some(name) => name.to_owned(),
                    None => continue,
                },
            };
            if mention.from == 0 || line.tokens[..mention.from].iter().all(|t| t.is(DETERMINER)) {
                names.opened(index, &name);
            }
            names.heard(text, line, &name, mention.way.tells());
            let place = *places.entry(Hash::of(&name).id()).or_insert(found.names.len());
            if place == found.names.len() {
                found.names.push(Name::new(name));
            }
            found.names[place].mentions += 1;
            found.names[place].told += usize::from(mention.way.tells());
            found.all.push((index, Voice { mention, name: place }));
        }
        let begun = found.all[found.starts[index]..].first().is_some_and(|(_, voice)| voice.mention.from == 0);
        if let Some(name) = mention::first_named(text, line).filter(|_| !begun) {
            names.opened(index, name);
        }
        found.starts.push(found.all.len());
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    /// The sources of an article's figures, in the order of the text.
    fn sources(text: &str) -> Vec<String> {
        read(&article(text)).figures.into_iter().map(|f| f.source.unwrap_or_default()).collect()
    }

    #[test]
    fn a_short_name_stands_for_the_full_one_told_before() {
        let found = sources(
            "Killings in the Tarsa valley\n\nThe Tarsa Network for Human Rights (TNHR) said that 830 civilians were killed.\n\
             According to TNHR, 125 soldiers were killed too.\nThe Brenn-based Network said 148 gunmen were killed.",
        );
        assert_eq!(found, ["Tarsa Network for Human Rights"; 3]);
    }

    #[test]
    fn whoever_stands_before_a_verb_of_saying_says_it_whatever_he_is_called() {
        let told =
            |sentence: &str| sources(&format!("Landslide above Brenn\n\n{sentence}\n")).pop().unwrap_or_default();
        for (sentence, source) in [
            ("The harbourmaster said that 12 people were killed.", "harbourmaster"),
            ("Twelve people were killed, according to the gendarmerie.", "gendarmerie"),
            ("Twelve people were killed, according to the governor, Ana Reyes.", "governor, Ana Reyes"),
            ("Insurers said that 12 people were killed.", "Insurers"),
            ("The heat killed 12 people, according to weather records.", "weather records"),
            ("The collapse claimed 12 lives.", ""),
            ("Violence has claimed the lives of 12 people.", ""),
        ] {
            assert_eq!(told(sentence), source, "{sentence}");
        }
    }

    #[test]
    fn he_is_who_opened_the_sentence_before() {
        let found = sources(
            "Landslide above Brenn\n\nA council clerk said on Monday that the road was shut.\nAna Orvik of the burial society keeps a \
             book. She said 12 people were killed.",
        );
        assert_eq!(found, ["Ana Orvik"]);
    }

    #[test]
    fn what_a_minister_says_of_roads_is_no_source_of_a_count() {
        let found = sources(
            "Flood in Brenn\n\nThe minister said on Monday that the roads were open.\nThe river fell by a metre overnight.\n\
             Six people died in the flood.\nBridges will be rebuilt.\nShops opened again.\nThe school stayed shut.\n\
             The doctors said 12 people were injured.\nThe market stayed shut too.",
        );
        assert_eq!(found, ["", "doctors"]);
    }
}
