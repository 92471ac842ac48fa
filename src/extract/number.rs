//! Numbers: digits and number words to a [`Quantity`], with the words that bound it.

use crate::extract::lexicon::lists::{CLIMBING, RANGING, RISING};
use crate::extract::lexicon::{
    ABOUT, AFTER, BE, BOUND, CASUALTY, HAVE, INCREMENT, LABEL, MONTH, MULTIPLIER, NUMBER, PERSON, PREDICATE, VAGUE,
};
use crate::extract::token::{Kind, Token};
use crate::model::{Bound, Quantity};

/// A number in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The first token of it, the qualifier included.
    pub first: usize,
    /// The first token of the number proper.
    pub bare: usize,
    /// The last token of it, included.
    pub last: usize,
    /// What it says.
    pub quantity: Quantity,
    /// Whether it is written in digits and nothing else, so that it may be a year, an age or a label.
    pub plain_digits: bool,
    /// Whether it stands with "more", "another", "additional".
    pub increment: bool,
}

/// All numbers of a sentence, from left to right. Those with a fraction that no multiplier makes whole are left out,
/// as are clock times and numbers with letters.
pub fn numbers(tokens: &[Token]) -> impl Iterator<Item = Number> {
    // The token to go on at, and the one behind the last number.
    let (mut at, mut free) = (0, 0);
    std::iter::from_fn(move || {
        let (quantity, next) = loop {
            if at >= tokens.len() {
                return None;
            }
            let found = || sharing_range(tokens, at).or_else(|| range(tokens, at));
            match may_open(&tokens[at]).then(found).flatten() {
                Some(found) => break found,
                None => at += 1,
            }
        };
        let mut number = Number {
            first: at,
            bare: at,
            last: next - 1,
            quantity,
            plain_digits: next == at + 1 && tokens[at].kind == Kind::Digits,
            increment: false,
        };
        qualify(tokens, &mut number, free);
        at = number.last + 1;
        free = at;
        Some(number)
    })
}

/// The number or the range that begins at a token, and the token after it.
fn range(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let (low, next) = value(tokens, at)?;
    match upper_end(tokens, at, next, low) {
        Some((upper, after)) => Some((Quantity::between(low.told(), upper), after)),
        None => Some((low, next)),
    }
}

/// "Between three and four thousand", "1.2 to 1.5 million": a range whose ends share what multiplies them.
fn sharing_range(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let end = |token: &Token| match token.kind {
        Kind::Digits => digits(&token.lower),
        Kind::Word => number_word(token).map(|value| (value, 0)),
        _ => None,
    };
    let low = end(&tokens[at])?;
    let upper = is_range(tokens, at, at + 1)?;
    let high = end(tokens.get(upper)?)?;
    let multipliers = tokens[upper + 1..].iter().take_while(|t| t.is(MULTIPLIER));
    let (mut by, mut next) = (1_u64, upper + 1);
    for multiplier in multipliers {
        by = by.checked_mul(multiplier.senses.value?)?;
        next += 1;
    }
    let whole = |(value, fraction): (u64, u32)| {
        let (product, scale) = (value.checked_mul(by)?, 10_u64.checked_pow(fraction)?);
        (product % scale == 0).then_some(product / scale)
    };
    let (low, high) = (whole(low)?, whole(high)?);
    (by > 1 && low < high).then_some((Quantity::between(low, high), next))
}

/// Whether a token may begin a number. Most words are none, nor have they a hyphen that may make one of two.
fn may_open(token: &Token) -> bool {
    let plain = matches!(token.kind, Kind::Word | Kind::Mark) && !token.is(ABOUT | VAGUE | NUMBER);
    !plain || token.lower.is_hyphened()
}

/// The number that begins at a token, and the token after it.
fn value(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let token = &tokens[at];
    if !may_open(token) {
        return None;
    }
    if token.is(ABOUT) {
        return Some((Quantity::About(token.senses.value?), at + 1));
    }
    if token.is(VAGUE) {
        return Some((Quantity::Vague(token.senses.value?), at + 1));
    }
    let (mut whole, mut fraction, plus) = match token.kind {
        Kind::Digits => digits(&token.lower).map(|(n, f)| (n, f, false))?,
        Kind::Mixed if token.is(NUMBER) => (token.senses.value?, 0, false),
        Kind::Mixed => suffixed(&token.lower)?,
        Kind::Word => (number_word(token)?, 0, false),
        Kind::Mark => return None,
    };
    // `whole` counts in units of one over ten to the power of `fraction`.
    let mut next = at + 1;
    if let Some(joined) = thousands(tokens, at) {
        return Some((Quantity::Exactly(joined), at + 2));
    }
    let mut done: u64 = 0;
    let mut dozens = false;
    while let Some(token) = tokens.get(next) {
        if token.is(MULTIPLIER) {
            let by = token.senses.value?;
            whole = whole.checked_mul(by)?;
            while fraction > 0 && whole % 10 == 0 {
                whole /= 10;
                fraction -= 1;
            }
            next += 1;
            dozens |= by == DOZEN;
            if by >= 1_000 {
                done = done.checked_add(whole)?;
                whole = 0;
            }
        } else if fraction == 0 && (next > at + 1 || whole >= 100) && tokens[at].kind == Kind::Word {
            // "one hundred and four", "two thousand three hundred"
            let word = if token.reads("and") { next + 1 } else { next };
            let Some(more) = tokens.get(word).filter(|t| t.kind == Kind::Word).and_then(number_word) else { break };
            if more >= 100 || (whole % 100 != 0 && whole != 0) {
                break;
            }
            whole = whole.checked_add(more)?;
            next = word + 1;
        } else {
            break;
        }
    }
    // "two and a half thousand"
    if let Some([and, a, half, multiplier, ..]) = tokens.get(next..)
        && next == at + 1
        && and.reads("and")
        && a.reads("a")
        && half.reads("half")
        && multiplier.is(MULTIPLIER)
    {
        let by = multiplier.senses.value?;
        whole = whole.checked_mul(by)?.checked_add(by / 2)?;
        next += 4;
    }
    if fraction > 0 {
        return None;
    }
    let total = done.checked_add(whole)?;
    let quantity = match (plus, dozens) {
        (true, _) => Quantity::AtLeast(total),
        (false, true) => Quantity::About(total),
        (false, false) => Quantity::Exactly(total),
    };
    Some((quantity, next))
}

/// Who counts by dozens rounds.
const DOZEN: u64 = 12;

/// "1 234" in digits parted by a space, where nothing says that the first of them is a day or a name's number.
fn thousands(tokens: &[Token], at: usize) -> Option<u64> {
    let plain = |t: &&Token| t.kind == Kind::Digits && t.lower.bytes().all(|b| b.is_ascii_digit());
    let (head, tail) = (tokens.get(at).filter(plain)?, tokens.get(at + 1).filter(plain)?);
    let before = at.checked_sub(1).map(|i| &tokens[i]);
    let named = before.is_some_and(|t| {
        t.is(MONTH | LABEL)
            || t.kind != Kind::Word && !t.reads_any(&[",", "(", "–", "—", "-", ":"])
            || t.capital && at > 1
    });
    let counts = tokens.get(at + 2).is_some_and(|t| t.is(PERSON | CASUALTY | PREDICATE | BE | HAVE));
    let fits = head.lower.len() <= 3 && !head.lower.starts_with('0') && tail.lower.len() == 3 && tail.spaced;
    if !fits || named || !counts {
        return None;
    }
    format!("{}{}", &*head.lower, &*tail.lower).parse().ok()
}

/// "12" → (12, 0); "1,234" → (1234, 0); "12,34,567" → (1234567, 0); "1.2" → (12, 1).
fn digits(text: &str) -> Option<(u64, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.contains(['.', ',']) || fraction.len() > 6 {
        return None;
    }
    let mut groups = whole.split(',');
    groups.next();
    if groups.any(|group| !matches!(group.len(), 2 | 3)) {
        return None;
    }
    let mut value: u64 = 0;
    for digit in whole.chars().chain(fraction.chars()).filter_map(|c| c.to_digit(10)) {
        value = value.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some((value, fraction.len().try_into().ok()?))
}

/// "1.2m", "12k", "52,000-plus", "20-odd": the number, the places after the point, and whether it is a floor.
fn suffixed(text: &str) -> Option<(u64, u32, bool)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.')))?;
    let (value, fraction) = digits(&text[..end])?;
    let by = match &text[end..] {
        "-plus" => return Some((value, fraction, true)),
        "-odd" | "odd" => return Some((value, fraction, false)),
        "k" => 1_000,
        "mn" | "m" => 1_000_000,
        "bn" => 1_000_000_000,
        _ => return None,
    };
    let scale = 10_u64.checked_pow(fraction)?;
    let product = value.checked_mul(by)?;
    (product % scale == 0 && (fraction > 0 || by == 1_000)).then_some((product / scale, 0, false))
}

fn number_word(token: &Token) -> Option<u64> {
    if token.is(NUMBER) {
        return token.senses.value;
    }
    if token.is(MULTIPLIER) {
        return None; // "Million Street", "hundred-year": a multiplier needs something to multiply.
    }
    if !token.lower.is_hyphened() {
        return None;
    }
    let (tens, ones) = token.lower.split_once('-')?;
    let value = |word: &str| crate::extract::lexicon::small_number(word);
    match (value(tens)?, value(ones)) {
        (tens @ 20..=90, Some(ones @ 1..=9)) if tens % 10 == 0 => Some(tens + ones),
        (tens, None) if ones == "odd" => Some(tens),
        _ => None,
    }
}

/// "12/15 people": either, where they are counted, and neither a date nor a share.
fn is_either(tokens: &[Token], at: usize, slash: usize) -> bool {
    let joined = !tokens[slash].spaced && tokens.get(slash + 1).is_some_and(|t| !t.spaced && t.kind == Kind::Digits);
    let alone = tokens[at].kind == Kind::Digits && !at.checked_sub(1).is_some_and(|i| tokens[i].reads("/"));
    let counted =
        tokens.get(slash + 2).is_some_and(|t| t.is(PERSON | CASUALTY) && !t.reads_any(&["victims", "attackers"]));
    joined && alone && counted
}

/// The upper end of a range: "12-15", "12 to 15", "two or three", "between 20 and 30".
fn upper_end(tokens: &[Token], at: usize, next: usize, low: Quantity) -> Option<(u64, usize)> {
    let Quantity::Exactly(low) = low else { return None };
    let start = is_range(tokens, at, next)?;
    let (Quantity::Exactly(high), after) = value(tokens.get(..tokens.len()).filter(|t| start < t.len())?, start)?
    else {
        return None;
    };
    let link = &tokens[next];
    let years = (1_800..2_100).contains(&low) && link.reads_any(&["-", "–"]);
    // "Five or eleven?": the one or the other, not something between.
    let asked = link.reads("or") && (high > low.saturating_mul(2) || tokens.get(after).is_some_and(|t| t.reads("?")));
    let fits = low < high && !years && !asked;
    (fits && (low > 0 || link.reads("and"))).then_some((high, after))
}

/// Whether the token at `next` makes a range of the number that begins at `at` and ends before it, and one that begins at
/// the place that is given.
fn is_range(tokens: &[Token], at: usize, next: usize) -> Option<usize> {
    let link = tokens.get(next)?;
    let before = at.checked_sub(1).map(|i| &tokens[i]);
    // "rose by eight to 71" and "from 16 to 34" tell a change; "ranged from two to eight" tells a range.
    let ranges = tokens[at.saturating_sub(RANGING_FROM)..at].iter().any(|t| RANGING.has(&t.lower));
    let from = before.is_some_and(|t| t.reads_any(&["from", "rose", "up", "by"])) && !ranges;
    // "rose from 12 up to 15" tells a change, "from 12 up to 15 people" a range.
    let rises = |t: &Token| RISING.has(&t.lower);
    let risen = tokens[at.saturating_sub(5)..at].iter().any(rises);
    let linked = match &*link.lower {
        "up to" => before.is_some_and(|t| t.reads("from")) && !risen,
        "/" => is_either(tokens, at, next),
        "-" | "–" => !link.spaced,
        "to" => !from,
        "or" => true,
        "and" => before.is_some_and(|t| t.reads("between")),
        _ => false,
    };
    // "up to" and the like may stand before the upper end; it adds nothing.
    linked.then_some(if tokens.get(next + 1).is_some_and(|t| t.reads("up to")) { next + 2 } else { next + 1 })
}

/// So many tokens before a range there may stand a verb that tells it: "ranged, by whom one asks, from two to eight".
const RANGING_FROM: usize = 8;

/// Widens a number to the words around it that bound it, no further left than `from`.
fn qualify(tokens: &[Token], number: &mut Number, from: usize) {
    let mut bound = None;
    let mut at = number.first;
    let mut increment = false;
    while at > from {
        let token = &tokens[at - 1];
        if token.reads("up to") && at >= 2 && CLIMBING.has(&tokens[at - 2].lower) {
            break; // "has gone up to 135": it is there.
        }
        if token.reads("top") && at >= 2 && tokens[at - 2].reads("on") {
            break; // "on top of some 300"
        }
        if token.is(BOUND) {
            // The outermost of two qualifiers decides: "up to about 40".
            if !matches!(bound, Some(Bound::AtLeast | Bound::AtMost)) || token.senses.bound != Some(Bound::About) {
                bound = token.senses.bound;
            }
            at -= 1;
            number.first = at;
        } else if token.is(INCREMENT)
            && token.reads_any(&["another", "additional", "further", "a further", "an additional"])
        {
            increment = true;
            at -= 1;
        } else if token.reads_any(&["a", "the", "between", "of"]) && at - 1 > from && tokens[at - 2].is(BOUND) {
            at -= 1;
        } else if token.reads("between") && matches!(number.quantity, Quantity::Between(..)) {
            at -= 1;
            number.first = at;
        } else {
            break;
        }
    }
    // "Twelve (12) people": the same number again.
    let again = tokens.get(number.last + 1).is_some_and(|t| t.reads("("))
        && tokens.get(number.last + 3).is_some_and(|t| t.reads(")"))
        && tokens.get(number.last + 2).is_some_and(|t| t.kind == Kind::Digits)
        && value(tokens, number.last + 2).is_some_and(|(same, _)| same.told() == number.quantity.told());
    if again && tokens[number.bare].kind == Kind::Word {
        number.last += 3;
    }
    if let Some(after) = tokens.get(number.last + 1) {
        // "In 2005 at least 700 died": what bounds the next number.
        let of_next = || tokens.get(number.last + 2).is_some_and(may_open) && value(tokens, number.last + 2).is_some();
        if after.is(AFTER) && bound.is_none() && !(after.is(BOUND) && of_next()) {
            bound = after.senses.bound;
            number.last += 1;
        } else if after.reads("+") && !after.spaced {
            bound = Some(Bound::AtLeast);
            number.last += 1;
        } else if is_and_more(&tokens[number.last + 1..]) && bound.is_none() {
            bound = Some(Bound::AtLeast);
            number.last += 2;
        }
    }
    number.increment = increment;
    number.plain_digits &= bound.is_none();
    number.quantity = match (number.quantity, bound) {
        (Quantity::Exactly(n) | Quantity::About(n), Some(Bound::AtLeast)) => Quantity::AtLeast(n),
        (Quantity::Exactly(n) | Quantity::About(n), Some(Bound::AtMost)) => Quantity::AtMost(n),
        (Quantity::Exactly(n), Some(Bound::About)) => Quantity::About(n),
        (quantity, _) => quantity,
    };
}

/// Whether "and more" stands at the beginning: "40 and more". No phrase of the lexicon, since "and" opens what is counted
/// next where "more than" follows: "40 were killed and more than 150 injured".
fn is_and_more(tokens: &[Token]) -> bool {
    matches!(tokens, [and, more, ..] if and.reads("and") && more.reads("more"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::lexicon::for_language;
    use crate::extract::token::tokens;
    use crate::model::Span;

    fn read(text: &str) -> Vec<String> {
        let english = for_language("en").expect("English is there");
        let tokens = tokens(text, Span { start: 0, end: text.len() }, english);
        numbers(&tokens)
            .map(|n| format!("{} = {}", &text[tokens[n.first].span.start..tokens[n.last].span.end], n.quantity))
            .collect()
    }

    #[test]
    fn numbers_are_read_in_every_dress() {
        assert_eq!(read("1,018 and 12,34,567"), ["1,018 = 1,018", "12,34,567 = 1,234,567"]);
        assert_eq!(
            read("1.2 lakh, 1.2m, half a million"),
            ["1.2 lakh = 120,000", "1.2m = 1,200,000", "half a million = about 500,000"]
        );
        assert_eq!(read("one hundred and four"), ["one hundred and four = 104"]);
        assert_eq!(read("took in one hundred and four"), ["one hundred and four = 104"]);
        assert_eq!(read("it stands at one, they say"), ["one = 1"]);
        assert_eq!(read("two and a half thousand"), ["two and a half thousand = 2,500"]);
        assert_eq!(read("a hundred and seventy-seven"), ["a hundred and seventy-seven = 177"]);
        assert_eq!(read("two thousand three hundred and twelve"), ["two thousand three hundred and twelve = 2,312"]);
        assert_eq!(
            read("twenty-one, two dozen, a dozen"),
            ["twenty-one = 21", "two dozen = about 24", "a dozen = about 12"]
        );
        assert_eq!(
            read("several dozen; hundreds of thousands"),
            ["several dozen = dozens (24 or more)", "hundreds of thousands = hundreds of thousands (200,000 or more)"]
        );
    }

    #[test]
    fn the_words_that_bound_a_number_belong_to_it() {
        assert_eq!(read("more than 700"), ["more than 700 = at least 700"]);
        assert_eq!(read("up to about 40"), ["up to about 40 = up to 40"]);
        assert_eq!(read("12 or more"), ["12 or more = at least 12"]);
        assert_eq!(read("40 at least"), ["40 at least = at least 40"]);
        assert_eq!(read("in 2005 at least 40"), ["2005 = 2,005", "at least 40 = at least 40"]);
        assert_eq!(read("on top of some 300"), ["some 300 = about 300"]);
        assert_eq!(read("300 and more"), ["300 and more = at least 300"]);
        assert_eq!(read("300 and more than 40"), ["300 = 300", "more than 40 = at least 40"]);
        assert_eq!(read("300 dead and more than 40 hurt"), ["300 = 300", "more than 40 = at least 40"]);
        assert_eq!(read("52,000-plus and 300+"), ["52,000-plus = at least 52,000", "300+ = at least 300"]);
        assert_eq!(read("nearly 750, some 1,018"), ["nearly 750 = about 750", "some 1,018 = about 1,018"]);
    }

    #[test]
    fn a_range_is_no_change_and_a_change_no_range() {
        assert_eq!(read("between 20 and 30"), ["between 20 and 30 = 20 to 30"]);
        assert_eq!(read("between three and four thousand"), ["between three and four thousand = 3,000 to 4,000"]);
        assert_eq!(read("1.2 to 1.5 million"), ["1.2 to 1.5 million = 1,200,000 to 1,500,000"]);
        assert_eq!(read("500 to two thousand"), ["500 to two thousand = 500 to 2,000"]);
        assert_eq!(read("from 1.2 to 1.5 million"), ["1.5 million = 1,500,000"]);
        assert_eq!(read("12-15 or 12 to 15"), ["12-15 = 12 to 15", "12 to 15 = 12 to 15"]);
        assert_eq!(read("from 16 to 34"), ["16 = 16", "34 = 34"]);
        assert_eq!(read("estimates ranged from two to eight"), ["two to eight = 2 to 8"]);
        assert_eq!(read("their estimates run from 10,000 to 40,000"), ["10,000 to 40,000 = 10,000 to 40,000"]);
        assert_eq!(read("five or eleven?"), ["five = 5", "eleven = 11"]);
        // Twice the largest number that is read is none.
        assert_eq!(read("18446744073709551615 or 3").len(), 2);
        assert_eq!(read("twenty or 22? seven or eight"), ["twenty = 20", "22 = 22", "seven or eight = 7 to 8"]);
        assert_eq!(read("the toll has gone up to 135"), ["135 = 135"]);
        assert_eq!(read("in 2024-25"), ["2024 = 2,024", "25 = 25"]);
    }

    #[test]
    fn what_is_no_whole_number_is_left_out() {
        assert!(read("magnitude 6.8 at 10:30, 5am, a 22-year-old").is_empty());
    }
}
