//! How tables of weights are written: a line a fact, under what the names of its neighbours begin with too.
//!
//! ```text
//! fact    none  killed  injured
//! after=
//!         hotel   Ea
//!         morgue  bDk
//! bracketed       .A
//! ```
//! Behind a tab stands a letter for each label, in the order of the first line: a capital speaks for it, a small letter against, the
//! further on in the alphabet the more; a full stop is nothing, and so is what is left out at the end. A line with a beginning alone
//! holds for all below it that open with a tab. Half of all names is such beginnings, and weights told as numbers would
//! take two and a half times as much.

use std::fmt::Write;

/// What the letters of the alphabet weigh, in hundredths: in even steps as far as nine in ten weights go, then each an
/// eighth more than the last.
const STEPS: [i16; 26] =
    [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 40, 45, 51, 57, 64, 72, 81, 91, 103, 116, 130, 147, 165, 186];

/// The line of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// What its name begins with, where lines above and below have that in common; and the rest of it.
    pub name: [&'a str; 2],
    letters: &'a str,
}

impl<'a> Row<'a> {
    /// The weights in hundredths, without those behind the last; `None` for what is no letter.
    pub fn weights(self) -> impl Iterator<Item = Option<i16>> + 'a {
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

/// The labels of a table and its rows, in the order of the file. Lines that begin with `# ` are notes.
pub fn read(table: &str) -> Option<(Vec<&str>, impl Iterator<Item = Row<'_>>)> {
    let mut lines = table.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
    let labels = lines.next()?.split('\t').skip(1).collect();
    let mut beginning = "";
    let rows = lines.filter_map(move |line| {
        let (shared, own) = match line.strip_prefix('\t') {
            Some(own) => (beginning, own),
            None => ("", line),
        };
        match own.split_once('\t') {
            Some((rest, letters)) => Some(Row { name: [shared, rest], letters }),
            None => {
                beginning = own;
                None
            }
        }
    });
    Some((labels, rows))
}

/// Writes a table of weights in hundredths, each by the letter that comes nearest; facts that come nearest to nothing are
/// left out. Rows are to come in the order of their names.
pub fn write(labels: &[&str], rows: &[(&str, Vec<f32>)]) -> String {
    let told = |(name, weights): &(&'_ str, Vec<f32>)| {
        let letters: String = weights.iter().map(|weight| letter(*weight)).collect();
        let letters = letters.trim_end_matches('.').to_owned();
        (!letters.is_empty()).then(|| ((*name).to_owned(), letters))
    };
    let rows: Vec<(String, String)> = rows.iter().filter_map(told).collect();
    let mut table = format!("fact\t{}\n", labels.join("\t"));
    let beginning = |name: &str| name.find('=').map_or(0, |at| at + 1);
    for together in rows.chunk_by(|(a, _), (b, _)| beginning(a) > 0 && a[..beginning(a)] == b[..beginning(b)]) {
        let shared = if together.len() > 1 { beginning(&together[0].0) } else { 0 };
        if shared > 0 {
            let _ = writeln!(table, "{}", &together[0].0[..shared]);
        }
        for (name, letters) in together {
            let indent = if shared > 0 { "\t" } else { "" };
            let _ = writeln!(table, "{indent}{}\t{letters}", &name[shared..]);
        }
    }
    table
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
            read.map(|row| (row.name.concat(), row.weights().collect())).collect();
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
        assert!(table.contains("after=\n\thotel\tE.b\n"), "{table}");
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
