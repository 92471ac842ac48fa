//! The text of a config file, and places in it.

/// A file of the config with the name it is told under.
pub(super) struct Source {
    /// The path as it was given.
    pub(super) name: String,
    text: String,
    /// The byte that each line starts at.
    lines: Vec<usize>,
}

/// Some bytes of one of the files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The number of the file among those that were read.
    pub(super) source: usize,
    /// The first byte.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
}

impl Source {
    pub(super) fn new(name: String, text: String) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name, text, lines }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The number of the line that holds a byte, from 1.
    pub(super) fn row(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// A line by its number, without its end, and the byte it starts at.
    pub(super) fn line(&self, row: usize) -> (usize, &str) {
        let start = self.lines[row - 1];
        let end = self.lines.get(row).map_or(self.text.len(), |next| next - 1);
        let line = &self.text[start..end];
        (start, line.strip_suffix('\r').unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_bytes() {
        let source = Source::new("a.toml".to_owned(), "one\r\ntwo\n\nlast".to_owned());
        let row_and_line = |at| (source.row(at), source.line(source.row(at)).1);
        assert_eq!(row_and_line(0), (1, "one"));
        assert_eq!(row_and_line(4), (1, "one"));
        assert_eq!(row_and_line(5), (2, "two"));
        assert_eq!(row_and_line(9), (3, ""));
        assert_eq!(row_and_line(14), (4, "last"));
        assert_eq!(Source::new(String::new(), String::new()).line(1), (0, ""));
    }
}
