//! Texts with hashes that can be put together: that of "b1=the" is made of those of "b1=" and "the" in one step.

use std::hash::{BuildHasherDefault, Hasher};

use crate::model::{Bound, Group, Measure, Scope, Status};

/// A text of the program with its hash, which is worked out when the program is built.
macro_rules! hashed {
    ($text:expr) => {
        const { $crate::extract::hashed::Hashed::of($text) }
    };
}

/// A text with its hash.
#[derive(Debug, Clone, Copy)]
pub struct Hashed<'a> {
    text: &'a str,
    hash: Hash,
}

/// The hash of a text: its bytes as the digits of a number to a large base, with 64 bits; and what a number is multiplied
/// by that stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash {
    sum: u64,
    shift: u64,
}

/// The base, an odd number whose bits look like chance: the golden ratio's.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The powers of the base, as many as bytes in most words.
const POWERS: [u64; 32] = {
    let mut powers = [1_u64; 32];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1].wrapping_mul(BASE);
        at += 1;
    }
    powers
};

impl Hash {
    /// That of no text at all.
    pub const NOTHING: Self = Self { sum: 0, shift: 1 };

    /// That of a text.
    pub const fn of(text: &str) -> Self {
        Self::NOTHING.and_all(text.as_bytes())
    }

    /// That of a text with one more byte.
    #[inline]
    pub const fn and(self, byte: u8) -> Self {
        Self { sum: self.sum.wrapping_mul(BASE).wrapping_add(byte as u64), shift: self.shift.wrapping_mul(BASE) }
    }

    /// That of a text with more bytes.
    pub const fn and_all(self, bytes: &[u8]) -> Self {
        let Self { mut sum, mut shift } = self;
        let mut at = 0;
        while at < bytes.len() {
            sum = sum.wrapping_mul(BASE).wrapping_add(bytes[at] as u64);
            at += 1;
        }
        let mut left = bytes.len();
        while left >= POWERS.len() {
            shift = shift.wrapping_mul(POWERS[POWERS.len() - 1]);
            left -= POWERS.len() - 1;
        }
        Self { sum, shift: shift.wrapping_mul(POWERS[left]) }
    }

    /// The number of 64 bits by which a text is known.
    pub const fn id(self) -> u64 {
        self.sum
    }
}

impl<'a> Hashed<'a> {
    /// A text whose hash is worked out now.
    pub const fn of(text: &'a str) -> Self {
        Self { text, hash: Hash::of(text) }
    }

    /// A text whose hash is known.
    pub const fn known(text: &'a str, hash: Hash) -> Self {
        Self { text, hash }
    }

    /// The number of 64 bits by which the text is known.
    pub const fn id(self) -> u64 {
        self.hash.id()
    }

    /// The text.
    pub const fn text(self) -> &'a str {
        self.text
    }
}

impl<'a> From<&'a str> for Hashed<'a> {
    fn from(text: &'a str) -> Self {
        Self::of(text)
    }
}

/// The words of an enum, hashed when the program is built.
macro_rules! hashed_words {
    ($($name:ty),+) => { $(
        impl From<$name> for Hashed<'static> {
            fn from(word: $name) -> Self {
                const WORDS: [Hashed; <$name>::ALL.len()] = {
                    let (mut words, mut at) = ([hashed!(""); <$name>::ALL.len()], 0);
                    while at < words.len() {
                        words[at] = Hashed::of(<$name>::ALL[at].as_str());
                        at += 1;
                    }
                    words
                };
                WORDS[word as usize]
            }
        }
    )+ };
}

hashed_words!(Measure, Group, Scope, Status, Bound);

/// The hash of what parts make when put together.
#[inline]
pub fn id(parts: &[Hashed]) -> u64 {
    parts.iter().fold(0, |sum, part| sum.wrapping_mul(part.hash.shift).wrapping_add(part.hash.sum))
}

/// The hash of what a text of a hash makes with another behind it.
#[inline]
pub fn id_with(id: u64, behind: Hash) -> u64 {
    id.wrapping_mul(behind.shift).wrapping_add(behind.sum)
}

/// What they make.
pub fn text(parts: &[Hashed]) -> String {
    parts.iter().map(|part| part.text).collect()
}

/// For maps whose keys are hashes of texts already.
pub type AsItIs = BuildHasherDefault<Taken>;

/// Takes such a hash as it is, but for its order.
#[derive(Debug, Default)]
pub struct Taken(u64);

impl Hasher for Taken {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        // Maps tell their places by the lower half, and all bits have a part in the upper one alone.
        self.0 = hash ^ (hash >> 32);
    }
}

/// The parts of a name, each with its hash: `parts!["b1=", word]`.
macro_rules! parts {
    (@ [$($done:expr,)*]) => { [$($done,)*] };
    (@ [$($done:expr,)*] $text:literal $(, $($rest:tt)*)?) => {
        $crate::extract::hashed::parts!(@ [$($done,)* $crate::extract::hashed::hashed!($text),] $($($rest)*)?)
    };
    (@ [$($done:expr,)*] $part:expr $(, $($rest:tt)*)?) => {
        $crate::extract::hashed::parts!(@ [$($done,)* $crate::extract::hashed::Hashed::from($part),] $($($rest)*)?)
    };
    ($($parts:tt)*) => { $crate::extract::hashed::parts!(@ [] $($parts)*) };
}

pub(crate) use {hashed, parts};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_whole_is_made_of_those_of_its_parts() {
        let word = String::from("Ærø");
        let whole = Hash::of("b1=Ærø+head").id();
        assert_eq!(id(&parts!["b1=", word.as_str(), "+", hashed!("head")]), whole);
        assert_eq!(id(&parts!["", "b1", "=Ærø+", "", "head"]), whole);
        assert_eq!(id_with(Hash::of("b1=Ærø").id(), Hash::of("+head")), whole);
        assert_eq!(text(&parts!["b1=", word.as_str(), "+", hashed!("head")]), "b1=Ærø+head");
        assert_ne!(id(&parts!["b1=head", "+", word.as_str()]), whole);
    }
}
