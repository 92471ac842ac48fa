//! A sketch of a text by which copies of it are found.

use super::dates;
use crate::model::Fingerprint;

/// How many words in a row are taken as one feature.
const SHINGLE: usize = 2;

/// The SimHash of a text's words: each two words in a row vote on 64 bits with a hash of their own, and the majority
/// decides (Charikar 2002). Case, punctuation and white space do not matter, nor do the names of days and months and the
/// numbers beside months, which differ between copies that are printed on different days; a small edit moves few bits.
/// The hash is written out here because stored sketches must stay comparable. A text without words gives zero.
pub fn fingerprint(text: &str) -> Fingerprint {
    let all: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let told: Vec<u64> = (0..all.len()).filter(|&i| !is_of_a_date(&all, i)).map(|i| hash_word(all[i])).collect();
    // A text of nothing but a date still has a sketch.
    let words = if told.is_empty() { all.iter().map(|word| hash_word(word)).collect() } else { told };
    let mut votes = [0_i64; 64];
    let shingles = words.windows(SHINGLE.min(words.len()).max(1));
    for shingle in shingles {
        let hash = shingle.iter().fold(0, |hash, &word| mix(hash ^ word));
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    Fingerprint(votes.iter().enumerate().filter(|(_, vote)| **vote > 0).fold(0, |bits, (bit, _)| bits | 1 << bit))
}

/// Whether a word is the name of a day or a month, or a number beside a month: "Monday, November 16, 2026".
fn is_of_a_date(words: &[&str], i: usize) -> bool {
    const DAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let is_day = |word: &str| DAYS.iter().any(|day| word.eq_ignore_ascii_case(day));
    let is_month = |word: &str| dates::month(word).is_some();
    let is_number = |word: &str| word.len() <= 4 && word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty();
    let word = |at: Option<usize>| at.and_then(|at| words.get(at)).copied().unwrap_or("");
    let (before, after) = (word(i.checked_sub(1)), word(i.checked_add(1)));
    if is_number(words[i]) {
        let year = words[i].len() == 4 && is_number(before) && is_month(word(i.checked_sub(2)));
        return is_month(before) || is_month(after) || year;
    }
    // "May" and "march" are words of other kinds too: they count as months beside a number.
    is_day(words[i]) || (is_month(words[i]) && (is_number(before) || is_number(after)))
}

/// FNV-1a over the word in small letters.
fn hash_word(word: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for c in word.chars().flat_map(char::to_lowercase) {
        hash = (hash ^ u64::from(c)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

/// The finisher of SplitMix64: every bit of the input reaches every bit of the output.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Rescue crews pulled 14 bodies from the collapsed mill in Tarvik on Monday, the regional health \
        office said, raising the toll to 31. Another 52 people were hurt, nine of them gravely. The mill, built in 1962, \
        had been inspected in spring and found sound. Neighbours heard two blasts shortly before the roof gave way. \
        Prosecutors have opened an inquiry and seized the papers of the owner, who could not be reached.";

    #[test]
    fn case_and_punctuation_do_not_matter() {
        let other = REPORT.to_uppercase().replace([',', '.'], " ; ");
        assert_eq!(fingerprint(REPORT), fingerprint(&other));
    }

    #[test]
    fn a_small_edit_moves_few_bits_and_another_text_many() {
        let edited = REPORT.replace("31", "33").replace("Another", "A further");
        assert!(fingerprint(REPORT).distance(fingerprint(&edited)) <= 12);
        let other = "The council of Velm voted on Tuesday to widen the harbour road, at a cost of four million crowns. \
            Work is to begin in April and to last two years; the market moves to the old station for that time.";
        assert!(fingerprint(REPORT).distance(fingerprint(other)) >= 20);
    }

    #[test]
    fn another_day_of_printing_does_not_matter() {
        let printed = |day: &str, date: &str| REPORT.replace("Monday", day) + date;
        let one = printed("Monday", " Printed on November 16, 2026.");
        assert_eq!(fingerprint(&one), fingerprint(&printed("Tuesday", " Printed on 17 Nov 2026.")));
        assert_ne!(fingerprint("He saw march on 31 towns"), fingerprint("He saw march on 32 towns"));
        assert_ne!(fingerprint("May 3"), Fingerprint(0));
    }

    #[test]
    fn a_text_without_words_has_the_sketch_zero() {
        assert_eq!(fingerprint(" … "), Fingerprint(0));
        assert_ne!(fingerprint("Toll"), Fingerprint(0));
    }
}
