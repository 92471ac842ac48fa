//! How counts and sources are put into words. The words themselves are data: `words/counts.tsv`, `words/sources.tsv`.

use std::sync::LazyLock;

use crate::model::quantity::grouped;
use crate::model::{Group, Measure, Quantity};
use crate::notify::foreign::clean_short;

const COUNTS: &str = include_str!("words/counts.tsv");
const SOURCES: &str = include_str!("words/sources.tsv");

/// More of a source's name than this says nothing more about who it is.
const LONGEST_NAME: usize = 90;

/// The names of one measure and group.
pub(super) struct CountWords {
    measure: Measure,
    group: Group,
    /// At the head of a line: "All killed", "Civilians killed".
    pub head: &'static str,
    /// The same where nobody counts groups apart: "Killed".
    pub alone: &'static str,
    /// As a row of a table under its measure: "all", "civilians".
    pub row: &'static str,
}

/// What a measure and group are called.
pub(super) fn words_for(measure: Measure, group: Group) -> &'static CountWords {
    static TABLE: LazyLock<Vec<CountWords>> = LazyLock::new(|| rows(COUNTS).map(|row| count_words(&row)).collect());
    TABLE
        .iter()
        .find(|words| (words.measure, words.group) == (measure, group))
        .expect("a test holds that the table has every measure and group")
}

/// What a measure and group are called where each stands by itself: "Killed", "Civilians killed".
pub fn count_name(measure: Measure, group: Group) -> &'static str {
    words_for(measure, group).alone
}

/// A measure in running text: "killed", "killed or injured".
pub(super) fn measure_words(measure: Measure) -> String {
    words_for(measure, Group::People).alone.to_lowercase()
}

/// A source at the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Voice {
    /// With its article: "the Syrian Observatory for Human Rights".
    pub name: String,
    /// "says", "say"; "reports" of an outlet's own voice.
    pub verb: &'static str,
}

impl Voice {
    /// A source by the name that the claims give it.
    pub(super) fn of_source(source: &str) -> Self {
        let name = clean_short(source, LONGEST_NAME);
        let lower = name.to_lowercase();
        let words = || lower.split(' ');
        let known = head_noun(&lower).and_then(|noun| source_words(noun.trim_start_matches('@')));
        let Some(known) = known else { return Self { name, verb: "says" } };
        let determined = words().next().is_some_and(|first| DETERMINERS.contains(&first))
            || words().any(|word| word.ends_with("'s") || word.ends_with("’s"));
        let article = match known.article {
            _ if determined => "",
            // The word that follows decides, and that need not be the noun: "an official", "a security official".
            "a " | "an " if name.starts_with(|c: char| "aeiouAEIOU".contains(c)) => "an ",
            "a " | "an " => "a ",
            other => other,
        };
        Self { name: format!("{article}{name}"), verb: known.verb }
    }

    /// An outlet that speaks in its own voice.
    pub(super) fn of_outlet(outlet: &str) -> Self {
        Self { name: clean_short(outlet, LONGEST_NAME), verb: "reports" }
    }

    /// "says the Syrian Observatory for Human Rights"
    pub(super) fn said(&self) -> String {
        format!("{} {}", self.verb, self.name)
    }
}

/// After one of these a name needs no article.
const DETERMINERS: &[&str] = &[
    "the", "a", "an", "some", "several", "one", "two", "three", "many", "its", "his", "her", "their", "another",
    "this", "these", "local",
];

/// The noun that a name turns on: "observatory" in "syrian observatory for human rights".
fn head_noun(name: &str) -> Option<&str> {
    let end = [" of ", " for ", " in ", " at ", " from ", " on ", " with ", " to ", ",", " ("]
        .iter()
        .filter_map(|mark| name.find(mark))
        .min()
        .unwrap_or(name.len());
    name[..end].split(' ').next_back().filter(|noun| !noun.is_empty())
}

struct SourceWords {
    noun: &'static str,
    /// With the space after it, or empty.
    article: &'static str,
    verb: &'static str,
}

fn source_words(noun: &str) -> Option<&'static SourceWords> {
    static TABLE: LazyLock<Vec<SourceWords>> = LazyLock::new(|| {
        let mut table: Vec<_> = rows(SOURCES).map(|row| source_row(&row)).collect();
        table.sort_by_key(|row| row.noun);
        table
    });
    TABLE.binary_search_by_key(&noun, |row| row.noun).ok().map(|at| &TABLE[at])
}

/// A count in a sentence: in the article's own words where these are few and hold the number ("nearly 750"), else in ours.
pub(super) fn in_a_sentence(quantity: Quantity, own_words: Option<&str>) -> String {
    if let Some(words) = own_words.and_then(|words| usable(quantity, words)) {
        return words;
    }
    match quantity {
        Quantity::AtLeast(n) => format!("at least {}", grouped(n)),
        Quantity::Between(a, b) => format!("between {} and {}", grouped(a), grouped(b)),
        other => other.to_string(),
    }
}

/// The qualifiers that are told as the article wrote them; a verb ("tops 700") would not stand in our sentence.
const QUALIFIERS: &[&str] = &[
    "more than",
    "at least",
    "no fewer than",
    "no less than",
    "over",
    "up to",
    "as many as",
    "fewer than",
    "less than",
    "some",
    "about",
    "around",
    "nearly",
    "almost",
    "roughly",
    "an estimated",
    "approximately",
];

fn usable(quantity: Quantity, words: &str) -> Option<String> {
    let words = clean_short(words, 40).to_lowercase();
    match quantity {
        Quantity::Exactly(_) => None,
        Quantity::Vague(_) => words.chars().all(|c| c.is_ascii_lowercase() || c == ' ').then_some(words),
        Quantity::Between(..) => None,
        bounded => {
            let (qualifier, number) = words.rsplit_once(' ')?;
            let digits = bounded.told();
            let same = number == grouped(digits) || number == digits.to_string();
            (same && QUALIFIERS.contains(&qualifier)).then(|| format!("{qualifier} {}", grouped(digits)))
        }
    }
}

/// A count in a narrow cell of a table: `1,018`, `1,300+`, `≤40`, `~750`, `20–30`, `dozens`.
pub fn in_a_cell(quantity: Quantity) -> String {
    match quantity {
        Quantity::Exactly(n) => grouped(n),
        Quantity::AtLeast(n) => format!("{}+", grouped(n)),
        Quantity::AtMost(n) => format!("≤{}", grouped(n)),
        Quantity::About(n) => format!("~{}", grouped(n)),
        Quantity::Between(a, b) => format!("{}–{}", grouped(a), grouped(b)),
        Quantity::Vague(n) => format!("{}+", grouped(n)),
    }
}

/// The lines of a table of words, split at tabs; remarks start with `#`.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t').collect())
}

fn count_words(row: &[&'static str]) -> CountWords {
    let [measure, group, head, alone, row] = *row else { panic!("words/counts.tsv: five columns: {row:?}") };
    let measure = measure.parse().expect("words/counts.tsv names only measures, held by a test");
    let group = group.parse().expect("words/counts.tsv names only groups, held by a test");
    CountWords { measure, group, head, alone, row }
}

fn source_row(row: &[&'static str]) -> SourceWords {
    let [noun, article, verb] = *row else { panic!("words/sources.tsv: three columns: {row:?}") };
    let article = match article {
        "the" => "the ",
        "a" => "a ",
        "an" => "an ",
        "-" => "",
        other => panic!("words/sources.tsv: `{other}` is no article"),
    };
    SourceWords { noun, article, verb }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_and_group_has_words() {
        for &measure in Measure::ALL {
            for &group in Group::ALL {
                let words = words_for(measure, group);
                assert!(!words.head.is_empty() && !words.row.is_empty());
            }
        }
        assert_eq!(rows(COUNTS).count(), Measure::ALL.len() * Group::ALL.len());
    }

    #[test]
    fn source_words_are_well_formed_and_said_once() {
        let table: Vec<_> = rows(SOURCES).map(|row| source_row(&row)).collect();
        assert!(table.len() > 100);
        for row in &table {
            assert!(matches!(row.verb, "says" | "say"), "{}", row.noun);
            assert_eq!(table.iter().filter(|other| other.noun == row.noun).count(), 1, "{}", row.noun);
            assert_eq!(row.noun, row.noun.to_lowercase());
        }
    }

    #[test]
    fn sources_read_naturally() {
        let said = |source: &str| Voice::of_source(source).said();
        assert_eq!(said("Syrian Observatory for Human Rights"), "says the Syrian Observatory for Human Rights");
        assert_eq!(said("officials"), "say officials");
        assert_eq!(said("health ministry"), "says the health ministry");
        assert_eq!(said("Gaza's health ministry"), "says Gaza's health ministry");
        assert_eq!(said("a security official"), "says a security official");
        assert_eq!(said("security official"), "says a security official");
        assert_eq!(said("police"), "say police");
        assert_eq!(said("SOHR"), "says SOHR");
        assert_eq!(said("Ministry of Interior"), "says the Ministry of Interior");
        assert_eq!(said("Human Rights Watch"), "says Human Rights Watch");
        assert_eq!(said("White Helmets"), "say the White Helmets");
        assert_eq!(said("local authorities"), "say local authorities");
        assert_eq!(said(""), "says ");
    }

    #[test]
    fn bounds_keep_the_words_of_the_article() {
        assert_eq!(in_a_sentence(Quantity::AtLeast(1_300), Some("More than 1300")), "more than 1,300");
        assert_eq!(in_a_sentence(Quantity::AtLeast(1_300), Some("tops 1,300")), "at least 1,300");
        assert_eq!(in_a_sentence(Quantity::About(750), Some("nearly 750")), "nearly 750");
        assert_eq!(in_a_sentence(Quantity::About(750), None), "about 750");
        assert_eq!(in_a_sentence(Quantity::Exactly(12), Some("twelve")), "12");
        assert_eq!(in_a_sentence(Quantity::Vague(24), Some("Dozens")), "dozens");
        assert_eq!(in_a_sentence(Quantity::Between(20, 30), Some("20-30")), "between 20 and 30");
    }
}
