//! Lists of words that a single place asks for: a class of words has a bit with each token, and there are no more than 64.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::LazyLock;

use crate::extract::hashed::{AsItIs, Hash, Hashed};
use crate::extract::spread::Spread;

/// The words of a list.
#[derive(Debug)]
pub struct List {
    words: Vec<&'static str>,
    /// By their hashes that they are of the list.
    hashes: Spread<bool>,
}

impl List {
    fn of(name: &str) -> Self {
        let words: Vec<&str> = rows().filter(|(list, _)| *list == name).map(|(_, word)| word).collect();
        let all: HashSet<u64, AsItIs> = words.iter().map(|word| Hash::of(word).id()).collect();
        let mut hashes = Spread::over(&all.iter().copied().collect::<Vec<u64>>(), &false);
        all.iter().for_each(|hash| *hashes.get_mut(*hash).expect("every word has a place") = true);
        Self { words, hashes }
    }

    /// Whether a word is one of them.
    pub fn has<'a>(&self, word: impl Into<Hashed<'a>>) -> bool {
        *self.hashes.get(word.into().id())
    }
}

impl Deref for List {
    type Target = [&'static str];

    fn deref(&self) -> &Self::Target {
        &self.words
    }
}

/// Declares the lists of English, each with the name it has in the table.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        $($(#[$doc])* pub static $name: LazyLock<List> = LazyLock::new(|| List::of($word));)+
        #[cfg(test)]
        const NAMES: &[&str] = &[$($word),+];
    };
}

lists! {
    /// What opens a line that tells of another article.
    LINKS = "link",
    /// Words that say something about the standing of a count from any place near it.
    OF_STANDING = "standing",
    /// Participles of what hurts people or kills them: "shot".
    MAY_KILL = "may-kill",
    /// Verbs behind which "from" opens a range.
    RANGING = "ranging",
    /// Verbs behind which "from … up to" tells a change.
    RISING = "rising",
    /// Verbs that take "up" along, so that "up to" behind them bounds nothing.
    CLIMBING = "climbing",
    /// Words that join.
    JOINING = "and",
    /// What may be fatal besides deeds.
    MISHAPS = "mishap",
    /// Verbs that tell how many something comes to.
    TOLL_STANDS = "toll-stands",
    /// Verbs of those who look for somebody.
    SOUGHT = "sought",
    /// What one does to an emergency number.
    CALLING = "calling",
    /// What stands behind an emergency number.
    CALLS = "calls",
    /// Bodies whose members are of the security forces.
    ARMED_BODIES = "armed-body",
    /// Verbs by which what kills takes lives.
    CLAIMING = "claiming",
    /// What it takes.
    CLAIMED = "claimed",
    /// Verbs behind which "as" tells who somebody is.
    CLASSING = "classing",
    /// Nouns for those who are no group of their own beside women and children.
    MEN = "men",
    /// Times within a day: a count of such a time is an earlier one of the same.
    OF_A_DAY = "of-a-day",
    /// What is told without anybody who stands by it.
    RUMOURS = "rumour",
    /// Nouns by which one is called who was told of before.
    SOMEBODY = "somebody",
    /// What those who live do about the dead.
    GRIEVING = "grieving",
    /// What stands between a noun for somebody and the name.
    INTRODUCING = "introducing",
    /// Nouns that stand for the last body named, whatever it is: "the group".
    ANY_BODY = "any-body",
    /// Nouns for a body of which an article names few, so that the noun stands for the name that holds it.
    THE_BODY = "the-body",
    /// Small words within names.
    NAME_PARTICLES = "name-particle",
}

/// The rows of the table: list and word, with a tab between them.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = include_str!("en/lists.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.map(|row| row.split_once('\t').unwrap_or((row, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_words_and_every_word_a_list() {
        let rows: Vec<_> = rows().collect();
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "lists.tsv is sorted and free of doubles");
        for (list, word) in &rows {
            assert!(NAMES.contains(list) && !word.is_empty(), "`{list}\t{word}`: nobody asks for it");
        }
        for name in NAMES {
            assert!(!List::of(name).is_empty(), "no word is in the list `{name}`");
        }
    }
}
