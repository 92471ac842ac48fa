//! How a count stands to one told before: the same, a rounding of it, firmer, higher or lower.

use crate::model::Quantity;

/// What a new count is, seen from the count told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// The same number.
    Same,
    /// A rounding, a bound or a vague word that the told count satisfies.
    Satisfied,
    /// More people.
    Higher,
    /// Fewer people.
    Lower,
}

/// Compares a new count with a told one. Counts are compared as intervals; one number stands for both only where they
/// cannot be squared.
pub(super) fn fit(new: Quantity, told: Quantity) -> Fit {
    let (n, t) = (new.told(), told.told());
    if n == t {
        return if new.bound() == told.bound() || new.high() == told.high() { Fit::Same } else { Fit::Satisfied };
    }
    let satisfied = match new {
        // "More than 1,000" and "hundreds" say nothing new while the told count is at least that.
        Quantity::AtLeast(n) | Quantity::Vague(n) => told.low().is_some_and(|low| low >= n),
        Quantity::About(n) => within_rounding(t, n),
        Quantity::Between(low, high) => (low..=high).contains(&t),
        // A higher ceiling than any told count is news; a ceiling just above it is not.
        Quantity::AtMost(n) => t <= n && within_rounding(t, n),
        Quantity::Exactly(n) => match told {
            Quantity::About(t) => within_rounding(n, t),
            Quantity::AtMost(t) => n <= t && n > 0,
            _ => n < t && is_round(n) && within(t, n, 25),
        },
    };
    match (satisfied, n > t) {
        (true, _) => Fit::Satisfied,
        (false, true) => Fit::Higher,
        (false, false) => Fit::Lower,
    }
}

/// Whether two counts in one article can be one: equal, or one of them a rounding or a bound of the other.
pub(super) fn can_be_one(a: Quantity, b: Quantity) -> bool {
    let agrees = |x, y| matches!(fit(x, y), Fit::Same | Fit::Satisfied);
    agrees(a, b) || agrees(b, a)
}

/// The one of two agreeing counts that says more: a number before a bound before a rounding before a word.
pub(super) fn says_more(a: Quantity, b: Quantity) -> bool {
    let rank = |q: Quantity| match q {
        Quantity::Exactly(_) => 3,
        Quantity::AtLeast(_) | Quantity::Between(..) | Quantity::AtMost(_) => 2,
        Quantity::About(_) => 1,
        Quantity::Vague(_) => 0,
    };
    (rank(a), a.told()) > (rank(b), b.told())
}

/// Whether a rounded number can stand for an exact one: "some 750" for 745. Newsrooms round to one or two digits; a
/// number with more digits was not rounded by much.
fn within_rounding(exact: u64, rounded: u64) -> bool {
    if is_round(rounded) { within(exact, rounded, 70) } else { within(exact, rounded, 5) }
}

/// Whether a number has at most two digits before its zeros and is at least 20: 750 is round, 745 and 12 are not.
fn is_round(n: u64) -> bool {
    let mut digits = n;
    while digits >= 100 && digits.is_multiple_of(10) {
        digits /= 10;
    }
    digits < 100 && (n >= 100 || (n >= 20 && n.is_multiple_of(10)))
}

/// Whether two numbers differ by at most so many thousandths of the second.
fn within(a: u64, b: u64, thousandths: u128) -> bool {
    u128::from(a.abs_diff(b)) * 1_000 <= u128::from(b) * thousandths
}

#[cfg(test)]
mod tests {
    use super::*;
    use Quantity::{About, AtLeast, AtMost, Between, Exactly, Vague};

    #[test]
    fn a_restatement_is_satisfied_by_the_count_told() {
        for (new, told) in [
            (AtLeast(1_000), Exactly(1_018)),
            (About(750), Exactly(745)),
            (About(1_018), AtLeast(1_018)),
            (Vague(200), Exactly(830)),
            (AtLeast(330), Exactly(335)),
            (Between(20, 30), Exactly(24)),
            (Exactly(1_000), Exactly(1_018)),
            (Exactly(1_018), AtLeast(1_018)),
        ] {
            assert!(matches!(fit(new, told), Fit::Same | Fit::Satisfied), "{new} after {told}: {:?}", fit(new, told));
        }
    }

    #[test]
    fn a_precise_count_above_a_bound_is_higher() {
        for (new, told) in [
            (Exactly(830), AtLeast(800)),
            (Exactly(125), Vague(24)),
            (AtLeast(1_300), Exactly(1_018)),
            (Exactly(322), Between(2, 8)),
            (AtMost(1_400), Exactly(211)),
            (Vague(20_000), Vague(2_000)),
        ] {
            assert_eq!(fit(new, told), Fit::Higher, "{new} after {told}");
        }
    }

    #[test]
    fn a_lower_count_is_no_rounding() {
        for (new, told) in [
            (Exactly(745), Exactly(830)),
            (About(250), Exactly(291)),
            (Exactly(613), Exactly(745)),
            (Exactly(0), Exactly(18)),
            (AtMost(6), Exactly(19)),
        ] {
            assert_eq!(fit(new, told), Fit::Lower, "{new} after {told}");
        }
    }

    #[test]
    fn numbers_at_the_end_of_the_scale_are_compared() {
        assert_eq!(fit(About(u64::MAX), Exactly(0)), Fit::Higher);
        assert_eq!(fit(Exactly(0), AtLeast(u64::MAX)), Fit::Lower);
    }
}
