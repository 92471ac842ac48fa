//! One name for each source: "SOHR", "the UK-based monitor" and the full name are one voice.

use std::collections::HashMap;

const BUILT_IN: &str = include_str!("aliases.tsv");

/// What stands for a source named before. By itself it names nobody.
const PRONOUNS: &str = include_str!("pronouns.txt");

/// Words that say nothing about who speaks, when two names are compared.
const SMALL_WORDS: &[&str] = &["of", "the", "for", "and", "a", "an", "in", "on", "at", "to", "de", "la", "s"];

/// Which names mean the same source.
#[derive(Debug, Clone)]
pub struct Aliases {
    /// From a folded name to the name that is kept.
    kept: HashMap<String, String>,
}

impl Aliases {
    /// The names that come with tollwatch.
    pub fn built_in() -> Self {
        let rows = BUILT_IN.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let names = rows.flat_map(|row| {
            let kept = row.split('\t').next().unwrap_or_default();
            row.split('\t').map(move |name| (fold(name), kept.to_owned()))
        });
        Self { kept: names.collect() }
    }

    /// Adds further names, each with the name that is kept for it. They win over those that come with tollwatch.
    #[must_use]
    pub fn with<'a>(mut self, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for (name, kept) in more {
            self.kept.insert(fold(kept), kept.to_owned());
            self.kept.insert(fold(name), kept.to_owned());
        }
        self
    }
}

impl Default for Aliases {
    fn default() -> Self {
        Self::built_in()
    }
}

/// The name a source is kept under; `None` where nobody is named ("the group", "it", an empty text).
pub fn canonical(named: Option<&str>, aliases: &Aliases) -> Option<String> {
    let plain = plain(named?);
    let (outside, inside) = without_brackets(&plain);
    let known = |name: &str| aliases.kept.get(&fold(name)).cloned();
    if let Some(kept) = known(&plain).or_else(|| known(&outside)).or_else(|| inside.as_deref().and_then(known)) {
        return Some(kept);
    }
    let folded = fold(&outside);
    if folded.is_empty() || PRONOUNS.lines().any(|line| line == folded) {
        return None;
    }
    Some(outside)
}

/// Whether two names, both as [`canonical`] gives them, can be one voice within a story: equal, one the short form of
/// the other ("police", "Metropolitan Police"; "Honea", "Sheriff Kory Honea"), or its initials.
pub(super) fn same_voice(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (x, y) = (telling_words(a), telling_words(b));
    if x.is_empty() || y.is_empty() {
        return fold(a) == fold(b);
    }
    let (short, long) = if x.len() <= y.len() { (&x, &y) } else { (&y, &x) };
    short.iter().all(|word| long.contains(word)) || initials(long) == short.concat() && short.len() == 1
}

/// Lower case, without a leading article, possessives and punctuation at the ends.
fn fold(name: &str) -> String {
    plain(name).to_lowercase()
}

/// The name as it is printed: one line, without quotation marks, a leading article and possessives.
fn plain(name: &str) -> String {
    let tidy = name.replace(['’', '‘'], "'").replace("'s ", " ").replace(['"', '“', '”'], "");
    let mut words: Vec<&str> = tidy.split_whitespace().collect();
    while words.first().is_some_and(|word| ["the", "a", "an"].contains(&word.to_lowercase().as_str())) {
        words.remove(0);
    }
    words.join(" ").trim_matches([',', '.', ';', ':', '\'', ' ']).to_owned()
}

/// A name without what stands in its first pair of brackets, and that.
fn without_brackets(name: &str) -> (String, Option<String>) {
    match (name.find('('), name.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let outside = format!("{} {}", name[..open].trim(), name[close + 1..].trim());
            (outside.trim().to_owned(), Some(name[open + 1..close].trim().to_owned()))
        }
        _ => (name.to_owned(), None),
    }
}

fn telling_words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_end_matches("'s").trim_matches('\'').to_lowercase())
        .map(|word| if word == "gov" { "governor".to_owned() } else { word })
        .filter(|word| !word.is_empty() && !SMALL_WORDS.contains(&word.as_str()))
        .collect()
}

fn initials(words: &[String]) -> String {
    words.iter().filter_map(|word| word.chars().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str) -> Option<String> {
        canonical(Some(name), &Aliases::built_in())
    }

    #[test]
    fn the_table_of_names_is_in_order() {
        let mut seen = HashMap::new();
        let rows = BUILT_IN.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        for (row, line) in rows.enumerate() {
            assert!(line.contains('\t'), "`{line}` names no alias");
            for name in line.split('\t') {
                assert_eq!(name, name.trim(), "`{name}` has blanks around it");
                let before = seen.insert(fold(name), row);
                assert!(before.is_none_or(|before| before == row), "`{name}` stands in two rows");
            }
        }
        assert!(seen.len() > 50);
    }

    #[test]
    fn the_names_of_one_source_are_brought_to_one() {
        for name in [
            "SOHR",
            "the Syrian Observatory for Human Rights",
            "UK-based monitor",
            "the Observatory",
            "Syrian Observatory for Human Rights (SOHR)",
        ] {
            assert_eq!(kept(name).as_deref(), Some("Syrian Observatory for Human Rights"), "{name}");
        }
    }

    #[test]
    fn ministries_of_different_countries_stay_apart() {
        assert_eq!(kept("the Gaza health ministry").as_deref(), Some("Gaza health ministry"));
        assert_eq!(kept("Lebanon’s health ministry").as_deref(), Some("Lebanese health ministry"));
        assert_eq!(kept("the health ministry").as_deref(), Some("health ministry"));
    }

    #[test]
    fn a_pronoun_names_nobody() {
        assert_eq!(kept("the group"), None);
        assert_eq!(kept(" "), None);
        assert_eq!(canonical(None, &Aliases::built_in()), None);
    }

    #[test]
    fn names_from_the_config_win() {
        let aliases =
            Aliases::built_in().with([("Coast Desk", "Coastal Relief Desk"), ("SOHR", "the Observatory in Coventry")]);
        assert_eq!(canonical(Some("the coast desk"), &aliases).as_deref(), Some("Coastal Relief Desk"));
        assert_eq!(canonical(Some("SOHR"), &aliases).as_deref(), Some("the Observatory in Coventry"));
    }

    #[test]
    fn a_short_form_is_the_same_voice() {
        assert!(same_voice("Sheriff Ada Norling", "Norling"));
        assert!(same_voice("Norling", "sheriff Norling"));
        assert!(same_voice("police", "Metropolitan Police"));
        assert!(same_voice("NLRC", "Norland Lake Rescue Corps"));
        assert!(!same_voice("health ministry", "interior ministry"));
        assert!(!same_voice("Syrian Observatory for Human Rights", "Syrian Network for Human Rights"));
    }
}
