//! The names by which sources are called in an article: short ones brought to the full one.

use std::cell::OnceCell;
use std::collections::VecDeque;

use smol_str::{SmolStr, StrExt};

use crate::extract::discourse::Line;
use crate::extract::hashed::Hash;
use crate::extract::lexicon::lists::{ANY_BODY, THE_BODY};
use crate::extract::source::mention::{Mention, Speaker};

/// The names by which sources were called so far.
#[derive(Debug, Default)]
pub struct Names {
    /// Who was the last that said something.
    last: Option<String>,
    /// Who opened the last sentence that somebody opened, and which that was.
    opener: Option<(usize, String)>,
    /// The last of them who has a name of its own, for which "the group" may stand.
    last_proper: Option<String>,
    /// The latest of them, in the order of the text.
    known: VecDeque<Known>,
    /// "SOHR" for "Syrian Observatory for Human Rights (SOHR)".
    short: VecDeque<(String, String)>,
}

/// How many names are kept. Every mention is compared with all of them, and whoever was named a hundred names ago is
/// named in full when the text comes back to them.
const MOST_NAMES: usize = 100;

impl Names {
    /// The full name that a short one stands for, or the name itself.
    pub fn full(&self, name: &str) -> String {
        let (name, _) = split(name);
        if let Some((_, full)) = self.short.iter().find(|(short, _)| short == name) {
            return full.clone();
        }
        if name.chars().all(char::is_uppercase)
            && name.chars().count() >= LEAST_INITIALS
            && let Some(known) = self.known.iter().find(|known| initials(&known.name).eq(name.chars()))
        {
            return known.name.clone();
        }
        let lower = lowered(name);
        let lower = lower.as_str();
        let last_word = lower.rsplit(' ').next().unwrap_or_default();
        if (ANY_BODY.has(lower) || ANY_BODY.has(last_word) && lower.contains("based"))
            && let Some(last) = &self.last_proper
        {
            return last.clone();
        }
        // "the London-based Observatory" is the Observatory.
        let bare = name.contains('-').then(|| name.split_once("-based ")).flatten().map_or(name, |(_, bare)| bare);
        // A common noun alone ("police", "officials") names nobody in particular.
        let telling = bare.contains(char::is_uppercase) || THE_BODY.has(lower);
        let words = if telling { words(bare) } else { Vec::new() };
        if telling && let Some(known) = self.known.iter().rev().find(|known| known.has_all(&words)) {
            return known.name.clone();
        }
        name.to_owned()
    }

    /// Whom "he" or "it" stands for in a sentence: who opened the one before, or who was the last that said something.
    pub fn antecedent(&self, line: usize) -> Option<&str> {
        let opener = self.opener.as_ref().filter(|(opened, _)| opened + 1 == line).map(|(_, name)| name);
        opener.or(self.last.as_ref()).map(String::as_str)
    }

    /// Takes in who opens a sentence.
    pub fn opened(&mut self, line: usize, name: &str) {
        self.opener = Some((line, name.to_owned()));
    }

    /// Takes in a name as it comes up in the text; `tells` is whether its bearer says something there.
    pub fn heard(&mut self, text: &str, line: &Line, name: &str, tells: bool) {
        if tells {
            self.last = Some(name.to_owned());
            if name.contains(char::is_uppercase) {
                self.last_proper = self.last.clone();
            }
        }
        if !self.known.iter().any(|known| known.name == name) {
            remember(&mut self.known, Known::of(name));
        }
        // "… (SOHR)" within the name or right behind the name.
        let sentence = line.sentence.span.of(text);
        if let Some(at) = sentence.contains('(').then(|| sentence.find(name)).flatten() {
            let rest = sentence[at + name.len()..].trim_start();
            let short = rest.strip_prefix('(').and_then(|r| r.split_once(')')).map(|(short, _)| short);
            let short = short.filter(|s| s.len() <= 8 && s.chars().all(char::is_uppercase));
            // The first that a short form was told for keeps it.
            if let Some(short) = short.filter(|short| !self.short.iter().any(|(known, _)| known == short)) {
                remember(&mut self.short, (short.to_owned(), name.to_owned()));
            }
        }
    }
}

/// Adds the newest, and lets go of the oldest where there are too many.
fn remember<T>(names: &mut VecDeque<T>, newest: T) {
    if names.len() == MOST_NAMES {
        names.pop_front();
    }
    names.push_back(newest);
}

/// A name and the short form in brackets that ends it.
fn split(name: &str) -> (&str, Option<&str>) {
    // A text is looked for only where a byte of it is found, which costs less.
    match name.contains('(').then(|| name.split_once(" (")).flatten() {
        Some((full, short)) => (full, Some(short.trim_end_matches(')'))),
        None => (name, None),
    }
}

/// In lower case; most names are plain, and cost less.
fn lowered(name: &str) -> SmolStr {
    if name.is_ascii() { name.to_ascii_lowercase_smolstr() } else { name.to_lowercase_smolstr() }
}

/// The great letters that words of a name begin with: "SOHR" of "Syrian Observatory for Human Rights".
fn initials(name: &str) -> impl Iterator<Item = char> {
    name.split_whitespace().filter_map(|word| word.chars().next().filter(|first| first.is_uppercase()))
}

/// A name is called by its initials where it has so many.
const LEAST_INITIALS: usize = 3;

/// A name with what short ones are compared with.
#[derive(Debug)]
struct Known {
    name: String,
    /// The hashes of its words, once somebody asks for them.
    words: OnceCell<Vec<u64>>,
}

impl Known {
    fn of(name: &str) -> Self {
        Self { name: name.to_owned(), words: OnceCell::new() }
    }

    /// Whether it has all words of a shorter name: "Rights network" of "Network for Human Rights".
    fn has_all(&self, short: &[u64]) -> bool {
        let words = self.words.get_or_init(|| words_of(&self.name));
        short.len() <= 3 && words.len() > short.len() && short.iter().all(|word| words.contains(word))
    }
}

/// The hashes of the words in lower case of a name that a short one may stand for. A title with a name in it ("head of the
/// Network for Human Rights") is somebody else's, and has none.
fn words_of(name: &str) -> Vec<u64> {
    if name.starts_with(char::is_lowercase) && name.contains(" of ") && !name.contains(", ") {
        return Vec::new();
    }
    lowered(name).split(|c: char| !c.is_alphanumeric()).map(|word| Hash::of(word).id()).collect()
}

/// The hashes of the words of a short name in lower case.
fn words(name: &str) -> Vec<u64> {
    lowered(name).split_whitespace().map(|word| Hash::of(word).id()).collect()
}

/// The first name in the text that holds all words of a headline's name, or that name itself. It comes soon: no more than
/// so many sentences and names are looked at, since a text may be headline all through.
pub fn longer(name: &str, text: &[Vec<Mention>]) -> String {
    let near = text.iter().take(MOST_NAMES).flatten().take(MOST_NAMES);
    let (proper, words) = (name.contains(char::is_uppercase), words(name));
    let full = near.into_iter().find_map(|mention| match &mention.speaker {
        Speaker::Named(full) if proper && Known::of(full).has_all(&words) => Some(full),
        _ => None,
    });
    full.map_or(name, String::as_str).to_owned()
}
