//! What words for relatives, and given names, say of the sex and the age of those who bear them.

use std::collections::HashMap;
use std::sync::LazyLock;

use smol_str::{SmolStr, SmolStrBuilder};

use crate::extract::hashed::{AsItIs, Hashed};

/// Whether somebody is a woman or girl, or a man or boy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// A woman or girl.
    Female,
    /// A man or boy.
    Male,
}

/// What a word says of whom it names: "widow", "sons", "infant".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// Their sex, where it says so.
    pub sex: Option<Sex>,
    /// Whether they are grown up, where it says so.
    pub adult: Option<bool>,
    /// Whether they are mostly grown up, or mostly not, where it does not say so: somebody's sister; somebody's child.
    pub likely: Option<bool>,
    /// Whether it names several.
    pub many: bool,
    /// Whether it names a woman and a man.
    pub spouses: bool,
    /// Whether only somebody grown up has such a relative: a child, a spouse.
    pub of_grown: bool,
    /// Whether it is a parent, who may be one told of before as such.
    pub parent: bool,
}

impl Kin {
    /// With what another word says of the same.
    pub fn and(self, other: Self) -> Self {
        Self {
            sex: self.sex.or(other.sex),
            adult: self.adult.or(other.adult),
            likely: self.likely.or(other.likely),
            ..self
        }
    }
}

/// What a word for a relative or for somebody of an age says.
pub fn kin(word: Hashed) -> Option<Kin> {
    KIN.get(&word.id()).filter(|(form, _)| *form == word.text()).map(|(_, kin)| *kin)
}

/// The sex of those who mostly bear a given name.
pub fn sex_of_name(name: &str) -> Option<Sex> {
    let name = folded(name);
    if let Some((_, sex)) = NAMES.get(&Hashed::of(&name).id()).filter(|(form, _)| *form == name) {
        return *sex;
    }
    // In Arabic as in Spanish, Italian and Russian.
    (name.len() > 2 && name.ends_with('a')).then_some(Sex::Female)
}

/// A name in small letters without the Arabic article before it, if it has one: "orvik" of "al-orvik".
pub fn without_article(name: &str) -> Option<&str> {
    let hyphen = name.bytes().take(LONGEST_ARTICLE + 1).position(|byte| byte == b'-')?;
    matches!(&name[..hyphen], "al" | "el" | "ul" | "as" | "es" | "ash" | "an" | "ad" | "ar" | "at" | "az" | "ez")
        .then(|| &name[hyphen + 1..])
}

/// So many bytes has the longest form of the Arabic article.
const LONGEST_ARTICLE: usize = 3;

/// A name without what transliterations differ in: "Khaled" and "Khalid", "Noura" and "Nourah".
pub fn folded(name: &str) -> SmolStr {
    if name.is_ascii() && !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        folded_small(name)
    } else {
        folded_small(&name.to_lowercase())
    }
}

/// The same of a name in small letters: "ee" is "i", "ei" and "ey" are "ai", "e" and "y" are "i", "o" is "u", "q" is "k", no
/// letter is doubled, and no "h" stands behind a last "a".
fn folded_small(name: &str) -> SmolStr {
    let name = without_article(name).unwrap_or(name);
    let mut letters = name.chars().filter(|c| c.is_alphanumeric()).peekable();
    let mut found = SmolStrBuilder::new();
    let (mut last, mut pending) = (None, None);
    // Letters wait until the next is known, by which a last "h" is left out.
    let mut take = |letter: Option<char>| {
        if letter.is_some() && letter == pending {
            return;
        }
        if let Some(known) = pending.filter(|known| !(letter.is_none() && *known == 'h' && last == Some('a'))) {
            found.push(known);
        }
        (last, pending) = (pending, letter);
    };
    while let Some(letter) = letters.next() {
        take(Some(match letter {
            'e' if letters.next_if_eq(&'e').is_some() => 'i',
            'e' if letters.peek().is_some_and(|next| matches!(next, 'i' | 'y')) => 'a',
            'e' | 'y' => 'i',
            'o' => 'u',
            'q' => 'k',
            other => other,
        }));
    }
    take(None);
    found.finish()
}

static KIN: LazyLock<HashMap<u64, (&str, Kin), AsItIs>> = LazyLock::new(|| {
    let known = |(word, class)| Some((Hashed::of(word).id(), (word, class_of(class)?)));
    rows(KIN_TABLE).filter_map(known).collect()
});

/// The given names as they are folded, by their hashes; none of a sex where two that fold alike differ.
static NAMES: LazyLock<HashMap<u64, (SmolStr, Option<Sex>), AsItIs>> = LazyLock::new(|| {
    let mut names: HashMap<u64, (SmolStr, Option<Sex>), AsItIs> = HashMap::default();
    for (name, sex) in rows(NAME_TABLE).filter_map(|(name, sex)| Some((folded(name), sex_of(sex)?))) {
        let known = names.entry(Hashed::of(&name).id()).or_insert((name, Some(sex)));
        known.1 = known.1.filter(|known| *known == sex);
    }
    names
});

const KIN_TABLE: &str = include_str!("en/kin.tsv");
const NAME_TABLE: &str = include_str!("en/given-names.tsv");

fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter(|row| !row.starts_with('#')).map(|row| row.split_once('\t').unwrap_or((row, "")))
}

fn sex_of(word: &str) -> Option<Sex> {
    match word {
        "f" => Some(Sex::Female),
        "m" => Some(Sex::Male),
        _ => None,
    }
}

fn class_of(class: &str) -> Option<Kin> {
    use Sex::{Female, Male};
    let base =
        Kin { sex: None, adult: None, likely: None, many: false, spouses: false, of_grown: false, parent: false };
    let (woman, man) =
        (Kin { sex: Some(Female), adult: Some(true), ..base }, Kin { sex: Some(Male), adult: Some(true), ..base });
    let (female, male) = (Kin { sex: Some(Female), ..base }, Kin { sex: Some(Male), ..base });
    let (one, many) = (|kin: Kin| kin, |kin: Kin| Kin { many: true, ..kin });
    let of_grown = |kin: Kin| Kin { of_grown: true, ..kin };
    let child = |kin: Kin| Kin { adult: Some(false), of_grown: true, ..kin };
    Some(match class {
        "woman" => one(woman),
        "women" => many(woman),
        "man" => one(man),
        "men" => many(man),
        "wife" => of_grown(woman),
        "wives" => many(of_grown(woman)),
        "husband" => of_grown(man),
        "husbands" => many(of_grown(man)),
        "mother" => Kin { parent: true, ..woman },
        "father" => Kin { parent: true, ..man },
        "girl" => child(female),
        "girls" => many(child(female)),
        "boy" => child(male),
        "boys" => many(child(male)),
        "child" => child(base),
        "children" => many(child(base)),
        "offspring" => of_grown(Kin { likely: Some(false), ..base }),
        "offsprings" => many(of_grown(Kin { likely: Some(false), ..base })),
        "daughter" => of_grown(female),
        "daughters" => many(of_grown(female)),
        "son" => of_grown(male),
        "sons" => many(of_grown(male)),
        "female" => one(female),
        "females" => many(female),
        "male" => one(male),
        "males" => many(male),
        "sister" => Kin { likely: Some(true), ..female },
        "sisters" => many(Kin { likely: Some(true), ..female }),
        "either" => one(base),
        "eithers" => many(base),
        "adult" => Kin { adult: Some(true), ..base },
        "spouses" => Kin { adult: Some(true), spouses: true, parent: true, many: true, ..base },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_free_of_doubles_and_every_class_is_known() {
        for table in [KIN_TABLE, NAME_TABLE] {
            let words: Vec<&str> = rows(table).map(|(word, _)| word).collect();
            assert!(words.len() > 100, "a table holds words");
            assert!(words.windows(2).all(|pair| pair[0] < pair[1]), "sorted, and no word twice");
            assert!(words.iter().all(|word| *word == word.to_lowercase()), "in lower case");
        }
        for (word, class) in rows(KIN_TABLE) {
            assert!(class_of(class).is_some(), "`{word}`: `{class}` is no class");
        }
        for (name, sex) in rows(NAME_TABLE) {
            assert!(sex_of(sex).is_some(), "`{name}`: `{sex}` is no sex");
        }
    }

    #[test]
    fn spellings_of_a_name_are_one() {
        assert_eq!(folded("Muhammad"), folded("Mohammad"));
        assert_eq!(folded("Khaled"), folded("Khalid"));
        assert_eq!(folded("Nourah"), folded("Noura"));
        for (name, spelling) in [
            ("Reem", "rim"),
            ("Eileen", "ailin"),
            ("Seeerah", "sira"),
            ("Leyla", "laila"),
            ("Weey", "wi"),
            ("al-Qassoum", "kasum"),
            ("Abdallah", "abdala"),
            ("Ahh", "a"),
            ("H", "h"),
            ("Heidi O'Moore", "haidiumuri"),
            ("Ærøe", "ærøi"),
        ] {
            assert_eq!(folded(name), spelling, "{name}");
        }
        assert_eq!(sex_of_name("Salma"), Some(Sex::Female));
        assert_eq!(sex_of_name("Mustafa"), Some(Sex::Male));
        assert_eq!(sex_of_name("Xq"), None);
    }
}
