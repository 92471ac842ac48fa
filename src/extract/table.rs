//! How tables of weights are written: a line a fact, in the order of the names, each told by what it does not share with the
//! name above.
//!
//! ```text
//! fact    none  killed  injured
//! 0after=hotel  Ea
//! 6morgue       bDk
//! 0bracketed    .A
//! ```
//! The first sign of a line is how many letters of the name above its own begins with: nought to nine, then `A` for ten and on,
//! then `a` for thirty-six and on. Behind a tab stands a letter for each label, in the order of the first line: a capital speaks
//! for it, a small letter against, the further on in the alphabet the more; a full stop is nothing, and so is what is left
//! out at the end. Two thirds of all letters of the names are shared, and weights told as numbers would take two and a half
//! times as much.

use std::fmt::Write;

/// What the letters of the alphabet weigh, in hundredths: in even steps as far as nine in ten weights go, then each an
/// eighth more than the last.
const STEPS: [i16; 26] =
    [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 40, 45, 51, 57, 64, 72, 81, 91, 103, 116, 130, 147, 165, 186];

/// The signs of how many letters a name shares with the one above.
const SHARED: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The line of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its name.
    pub name: String,
    letters: &'a str,
}

impl<'a> Row<'a> {
    /// The weights in hundredths, without those behind the last; `None` for what is no letter.
    pub fn weights(&self) -> impl Iterator<Item = Option<i16>> + use<'a> {
        self.letters.bytes().map(weight)
    }
}

/// What a letter weighs.
fn weight(letter: u8) -> Option<i16> {
    match letter {
        b'.' => Some(0),
        b'A'..=b'Z' => Some(STEPS[usize::from(letter - b'A')]),
        b'a'..=b'z' => Some(-STEPS[usize::from(letter - b'a')]),
        _ => None,
    }
}

/// The letter that comes nearest to a weight in hundredths; a full stop for what is nearer to nothing.
fn letter(weight: f32) -> char {
    let far = |step: &i16| (f32::from(*step) - weight.abs()).abs();
    let nearest = STEPS.iter().zip(b'A'..).min_by(|a, b| far(a.0).total_cmp(&far(b.0)));
    match nearest {
        Some((step, letter)) if far(step) < weight.abs() => {
            char::from(if weight > 0.0 { letter } else { letter.to_ascii_lowercase() })
        }
        _ => '.',
    }
}

/// The labels of a table and its rows, in the order of the file; of a row that is of another form the line. Lines that
/// begin with `# ` are notes.
pub fn read(table: &str) -> Option<(Vec<&str>, impl Iterator<Item = Result<Row<'_>, &str>>)> {
    let mut lines = table.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
    let labels = lines.next()?.split('\t').skip(1).collect();
    let mut above = String::new();
    let rows = lines.map(move |line| {
        let row = row(line, &above);
        if let Some(row) = &row {
            above.clone_from(&row.name);
        }
        row.ok_or(line)
    });
    Some((labels, rows))
}

/// Writes a table of weights in hundredths, each by the letter that comes nearest; facts that come nearest to nothing are
/// left out. Rows are to come in the order of their names.
pub fn write<'a>(labels: &[&str], rows: &[(&'a str, Vec<f32>)]) -> String {
    let told = |(name, weights): &(&'a str, Vec<f32>)| {
        let letters: String = weights.iter().map(|weight| letter(*weight)).collect();
        let letters = letters.trim_end_matches('.').to_owned();
        (!letters.is_empty()).then_some((*name, letters))
    };
    let mut table = format!("fact\t{}\n", labels.join("\t"));
    let mut above = "";
    for (name, letters) in rows.iter().filter_map(told) {
        let shared = common(above, name).min(SHARED.len() - 1);
        let rest: String = name.chars().skip(shared).collect();
        let _ = writeln!(table, "{}{rest}\t{letters}", char::from(SHARED[shared]));
        above = name;
    }
    table
}

/// How many letters two names have in common at the beginning.
fn common(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

/// The row of a line, below one of this name.
fn row<'a>(line: &'a str, above: &str) -> Option<Row<'a>> {
    let (name, letters) = line.split_once('\t')?;
    let (sign, rest) = (name.bytes().next()?, name.get(1..)?);
    let shared = SHARED.iter().position(|known| *known == sign)?;
    let beginning: String = above.chars().take(shared).collect();
    (beginning.chars().count() == shared).then(|| Row { name: beginning + rest, letters })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let rows = [
            ("after=hotel", vec![15.0, 0.0, -6.0]),
            ("after=morgue", vec![0.0, 300.0, 0.0]),
            ("bracketed", vec![3.0, 0.0, 0.0]),
            ("nothing", vec![1.0, -1.4, 0.0]),
            ("opens=x", vec![0.0, 0.0, 4.0]),
            ("zero=", vec![-13.0, 0.0, 0.0]),
            ("zero=a", vec![2.0, 0.0, 0.0]),
        ];
        let table = write(&["none", "killed", "injured"], &rows);
        let (labels, read) = read(&table).expect("a header");
        assert_eq!(labels, ["none", "killed", "injured"]);
        let read: Vec<(String, Vec<Option<i16>>)> =
            read.map(|row| row.expect("a row")).map(|row| (row.name.clone(), row.weights().collect())).collect();
        let expected: [(&str, &[i16]); 6] = [
            ("after=hotel", &[15, 0, -6]),
            ("after=morgue", &[0, 186]),
            ("bracketed", &[3]),
            ("opens=x", &[0, 0, 3]),
            ("zero=", &[-12]),
            ("zero=a", &[3]),
        ];
        let expected = expected.map(|(name, weights)| (name.to_owned(), weights.iter().map(|w| Some(*w)).collect()));
        assert_eq!(read, expected, "{table}");
        assert!(table.contains("0after=hotel\tE.b\n6morgue\t"), "{table}");
        assert!(row("7x\tA", "after").is_none() && row("0x", "").is_none() && row("\tA", "").is_none());
    }

    #[test]
    fn every_letter_is_told_as_itself() {
        for step in STEPS.iter().flat_map(|step| [*step, -step]) {
            assert_eq!(u8::try_from(letter(step.into())).ok().and_then(weight), Some(step));
        }
        assert!(STEPS.is_sorted());
        assert_eq!(weight(b'?'), None);
    }
}
