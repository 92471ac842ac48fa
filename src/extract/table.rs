//! How tables of weights are written: a line a fact, under what the names of its neighbours begin with too.
//!
//! ```text
//! fact    none  killed  injured
//! after=
//!         hotel   14      -6
//!         morgue -10      17      -27
//! bracketed        3
//! ```
//! The cells are parted by tabs, in hundredths, empty for none; those behind the last weight are left out. A line with a
//! beginning alone holds for all below it that open with a tab. Half of all names is such beginnings.

use std::fmt::Write;

/// The line of a fact.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// What its name begins with, where lines above and below have that in common; and the rest of it.
    pub name: [&'a str; 2],
    /// The cells.
    cells: &'a str,
}

impl<'a> Row<'a> {
    /// The weights, without those behind the last.
    pub fn cells(self) -> impl Iterator<Item = &'a str> {
        self.cells.split('\t')
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
            Some((rest, cells)) => Some(Row { name: [shared, rest], cells }),
            None => {
                beginning = own;
                None
            }
        }
    });
    Some((labels, rows))
}

/// Writes a table. Rows are to come in the order of their names; an empty cell is no weight.
pub fn write(labels: &[&str], rows: &[(&str, Vec<String>)]) -> String {
    let mut table = format!("fact\t{}\n", labels.join("\t"));
    let beginning = |name: &str| name.find('=').map_or(0, |at| at + 1);
    for together in rows.chunk_by(|(a, _), (b, _)| beginning(a) > 0 && a[..beginning(a)] == b[..beginning(b)]) {
        let shared = if together.len() > 1 { beginning(together[0].0) } else { 0 };
        if shared > 0 {
            let _ = writeln!(table, "{}", &together[0].0[..shared]);
        }
        for (name, cells) in together {
            let told = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
            let indent = if shared > 0 { "\t" } else { "" };
            let _ = writeln!(table, "{indent}{}\t{}", &name[shared..], cells[..told].join("\t"));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let cells = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            ("after=hotel", cells(["14", "", "-6"])),
            ("after=morgue", cells(["", "17", ""])),
            ("bracketed", cells(["3", "", ""])),
            ("opens=x", cells(["", "", "4"])),
            ("zero=", cells(["1", "", ""])),
            ("zero=a", cells(["2", "", ""])),
        ];
        let table = write(&["none", "killed", "injured"], &rows);
        let (labels, read) = read(&table).expect("a header");
        assert_eq!(labels, ["none", "killed", "injured"]);
        let read: Vec<(String, Vec<&str>)> = read.map(|row| (row.name.concat(), row.cells().collect())).collect();
        let expected = rows.iter().map(|(name, cells)| {
            let told = cells.iter().rposition(|cell| !cell.is_empty()).expect("a weight");
            ((*name).to_owned(), cells[..=told].iter().map(String::as_str).collect())
        });
        assert_eq!(read, expected.collect::<Vec<_>>(), "{table}");
        assert!(table.contains("after=\n\thotel\t14\t\t-6\n"), "{table}");
    }
}
