//! How many: a whole number and what is said about its certainty.

use std::fmt;

use crate::model::words;

/// A count of people as an article states it. Values are whole; "more than" and "at least" are not told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// "1,018"
    Exactly(u64),
    /// "more than 700", "at least 700", "700+"
    AtLeast(u64),
    /// "up to 40", "fewer than 40"
    AtMost(u64),
    /// "some 750", "nearly 750"
    About(u64),
    /// "between 20 and 30"; made by [`Quantity::between`], so that the lower end comes first.
    Between(u64, u64),
    /// "dozens", "hundreds": the floor that the word stands for, open above.
    Vague(u64),
}

words! {
    /// The kind of a [`Quantity`], without its numbers.
    Bound {
        /// The number itself.
        Exact = "exact",
        /// The number or more.
        AtLeast = "at_least",
        /// The number or fewer.
        AtMost = "at_most",
        /// Near the number.
        About = "about",
        /// From one number to another.
        Range = "range",
        /// A word such as "dozens".
        Vague = "vague",
    }
}

impl Quantity {
    /// A range with its ends in order; one number where both are equal.
    pub fn between(a: u64, b: u64) -> Self {
        match a.cmp(&b) {
            std::cmp::Ordering::Less => Self::Between(a, b),
            std::cmp::Ordering::Equal => Self::Exactly(a),
            std::cmp::Ordering::Greater => Self::Between(b, a),
        }
    }

    /// Puts a quantity together from its parts, as they are written in JSON and in the database.
    /// `None` where the parts contradict each other.
    pub fn from_parts(bound: Bound, low: Option<u64>, high: Option<u64>) -> Option<Self> {
        Some(match (bound, low, high) {
            (Bound::Exact, Some(n), Some(m)) if n == m => Self::Exactly(n),
            (Bound::About, Some(n), Some(m)) if n == m => Self::About(n),
            (Bound::AtLeast, Some(n), None) => Self::AtLeast(n),
            (Bound::Vague, Some(n), None) => Self::Vague(n),
            (Bound::AtMost, None, Some(n)) => Self::AtMost(n),
            (Bound::Range, Some(n), Some(m)) if n < m => Self::Between(n, m),
            _ => return None,
        })
    }

    /// The kind of quantity.
    pub fn bound(self) -> Bound {
        match self {
            Self::Exactly(_) => Bound::Exact,
            Self::AtLeast(_) => Bound::AtLeast,
            Self::AtMost(_) => Bound::AtMost,
            Self::About(_) => Bound::About,
            Self::Between(..) => Bound::Range,
            Self::Vague(_) => Bound::Vague,
        }
    }

    /// The least number of people stated, where one is.
    pub fn low(self) -> Option<u64> {
        match self {
            Self::Exactly(n) | Self::AtLeast(n) | Self::About(n) | Self::Between(n, _) | Self::Vague(n) => Some(n),
            Self::AtMost(_) => None,
        }
    }

    /// The greatest number of people stated, where one is.
    pub fn high(self) -> Option<u64> {
        match self {
            Self::Exactly(n) | Self::AtMost(n) | Self::About(n) | Self::Between(_, n) => Some(n),
            Self::AtLeast(_) | Self::Vague(_) => None,
        }
    }

    /// The one number by which a count is compared and told: the low end, the high end of an "up to".
    pub fn told(self) -> u64 {
        match self {
            Self::Exactly(n)
            | Self::AtLeast(n)
            | Self::AtMost(n)
            | Self::About(n)
            | Self::Between(n, _)
            | Self::Vague(n) => n,
        }
    }
}

/// As a person would write it, in words that hold for "more than 700" and "700 or more" alike: `1,018`, `at least 700`, `up to 40`, `about 750`, `20 to 30`, `dozens (24 or more)`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match *self {
            Self::Exactly(n) => grouped(n),
            Self::AtLeast(n) => format!("at least {}", grouped(n)),
            Self::AtMost(n) => format!("up to {}", grouped(n)),
            Self::About(n) => format!("about {}", grouped(n)),
            Self::Between(a, b) => format!("{} to {}", grouped(a), grouped(b)),
            Self::Vague(n) => format!("{} ({} or more)", vague_word(n), grouped(n)),
        };
        f.pad(&text)
    }
}

/// A whole number with commas between thousands.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn vague_word(floor: u64) -> &'static str {
    match floor {
        0..=23 => "several",
        24..=39 => "dozens",
        40..=199 => "scores",
        200..=1_999 => "hundreds",
        2_000..=19_999 => "thousands",
        20_000..=199_999 => "tens of thousands",
        _ => "hundreds of thousands",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_a_person_would_write_them() {
        let shown = |q: Quantity| q.to_string();
        assert_eq!(shown(Quantity::Exactly(1_018)), "1,018");
        assert_eq!(shown(Quantity::AtLeast(700)), "at least 700");
        assert_eq!(shown(Quantity::AtMost(1_234_567)), "up to 1,234,567");
        assert_eq!(shown(Quantity::between(30, 20)), "20 to 30");
        assert_eq!(shown(Quantity::Vague(24)), "dozens (24 or more)");
    }

    #[test]
    fn parts_make_the_quantity_they_came_from() {
        for q in [
            Quantity::Exactly(0),
            Quantity::AtLeast(7),
            Quantity::AtMost(7),
            Quantity::About(7),
            Quantity::Between(2, 7),
            Quantity::Vague(24),
        ] {
            assert_eq!(Quantity::from_parts(q.bound(), q.low(), q.high()), Some(q));
        }
        assert_eq!(Quantity::from_parts(Bound::Exact, Some(1), Some(2)), None);
    }
}
