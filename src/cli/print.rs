//! Printing: the one place that writes to the terminal.

use std::io::{self, BufWriter, IsTerminal, Write};

use super::{Done, Exit, Failure};

/// Writes to standard output through a buffer; a reader that has gone away (`| head`) ends it in silence.
pub fn out(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Done {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(Exit::CantCreate, error)),
    }
}

/// Writes a line to standard output.
pub fn line(text: impl std::fmt::Display) -> Done {
    out(|out| writeln!(out, "{text}"))
}

/// Writes a message to standard error.
pub fn complain(message: &str) {
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{}", message.trim_end());
}

/// Whether standard output is a terminal.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Rows in columns, two spaces between them; a column is as wide as its widest cell. Cells that start with a digit
/// after stripping qualifiers are not treated apart: the caller pads what should stand to the right.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up() {
        let rows = vec![vec!["coast".into(), "1,018".into()], vec!["ferry".into(), "27".into()]];
        assert_eq!(table(&["story", "dead"], &rows), "story  dead\ncoast  1,018\nferry  27\n");
    }
}
