//! Words as data: what the engine knows of a language, read from the tables beside this file.
//!
//! A table has one entry a line: the form in lower case, its class, and an optional note, parted by tabs; lines that begin
//! with `#` are comments. Entries are sorted by form, then class. A form may have several classes, as "missing" has, but
//! not two measures, groups or values. Tables made by `tools/` yield to the hand-written ones.

pub mod kin;
pub mod lists;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::extract::hashed::{AsItIs, Hash, Hashed};
use crate::extract::spread::Spread;
use crate::model::{Bound, Group, Measure};

/// The lexicon for a language, by its primary tag.
pub fn for_language(tag: &str) -> Option<&'static Lexicon> {
    LEXICONS.iter().find(|(language, _)| *language == tag).map(|(_, lexicon)| &**lexicon)
}

/// The languages that have a lexicon, with it.
pub static LEXICONS: [(&str, LazyLock<Lexicon>); 1] = [("en", LazyLock::new(|| Lexicon::embedded(ENGLISH)))];

/// Tables in the order in which they decide: a form is taken from a later one only where no earlier one holds it,
/// save that the hand-written tables add up.
const ENGLISH: &[Table] = &[
    Table { name: "numbers", made: false, rows: include_str!("en/numbers.tsv") },
    Table { name: "function", made: false, rows: include_str!("en/function.tsv") },
    Table { name: "predicates", made: false, rows: include_str!("en/predicates.tsv") },
    Table { name: "people", made: false, rows: include_str!("en/people.tsv") },
    Table { name: "reporting", made: false, rows: include_str!("en/reporting.tsv") },
    Table { name: "cues", made: false, rows: include_str!("en/cues.tsv") },
    Table { name: "units", made: false, rows: include_str!("en/units.tsv") },
    Table { name: "circumstances", made: false, rows: include_str!("en/circumstances.tsv") },
    Table { name: "things", made: false, rows: include_str!("en/things.tsv") },
    Table { name: "wordnet-people", made: true, rows: include_str!("en/wordnet-people.tsv") },
    Table { name: "wordnet-things", made: true, rows: include_str!("en/wordnet-things.tsv") },
];

/// The value of a number word below one hundred, in any language that has a lexicon; for words joined by a hyphen.
pub fn small_number<'a>(word: impl Into<Hashed<'a>>) -> Option<u64> {
    let word = word.into();
    LEXICONS.iter().find_map(|(_, lexicon)| lexicon.word(word).value.filter(|value| *value < 100))
}

/// A verb and the words behind those struck that say together what happened: "sent … to hospital".
#[derive(Debug)]
pub struct Frame {
    /// The words behind those struck.
    pub end: &'static str,
    /// What happened to them.
    pub measure: Measure,
}

/// The frames of English, by the hashes of their verbs.
pub static FRAMES: LazyLock<HashMap<u64, Vec<Frame>, AsItIs>> = LazyLock::new(|| {
    let mut frames: HashMap<u64, Vec<Frame>, AsItIs> = HashMap::default();
    for (verb, frame) in frame_rows().filter_map(frame) {
        frames.entry(Hash::of(verb).id()).or_default().push(frame);
    }
    frames
});

fn frame_rows() -> impl Iterator<Item = &'static str> {
    include_str!("en/frames.tsv").lines().filter(|row| !row.starts_with('#'))
}

/// The frame of a row: verb, end and measure, with tabs between them.
fn frame(row: &'static str) -> Option<(&'static str, Frame)> {
    let mut columns = row.split('\t');
    let (verb, end) = (columns.next()?, columns.next()?);
    Some((verb, Frame { end, measure: columns.next()?.parse().ok()? }))
}

struct Table {
    name: &'static str,
    /// Whether a command made it, so that it yields to the tables written by hand.
    made: bool,
    rows: &'static str,
}

/// Declares the word classes: a bit each, with the name it has in the tables.
macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Bit { $($name),+ }
        $($(#[$doc])* pub const $name: u64 = 1 << Bit::$name as u64;)+
        const CLASS_NAMES: &[(&str, u64)] = &[$(($word, $name)),+];
    };
}

classes! {
    /// A kind of person; with its group.
    PERSON = "person",
    /// Anything that is no person.
    THING = "thing",
    /// A unit of time.
    TIME = "time",
    /// A unit of length, area, mass, speed, heat.
    DISTANCE = "distance",
    /// A currency.
    MONEY = "money",
    /// A share of a hundred.
    PERCENT = "percent",
    /// A month.
    MONTH = "month",
    /// A day of the week, or "yesterday".
    WEEKDAY = "weekday",
    /// A word whose number names something: "flight 12".
    LABEL = "label",
    /// What befalls people, as past or participle of a transitive verb: "killed".
    PARTICIPLE = "participle",
    /// The same in a form that is always active: "kills", "killing".
    FINITE = "finite",
    /// What people do or suffer without an object: "died".
    INTRANSITIVE = "intransitive",
    /// A state they are in: "dead".
    STATE = "state",
    /// A noun that counts them: "deaths", "bodies".
    CASUALTY = "casualty",
    /// A noun that a count follows: "death toll".
    TOLL = "toll",
    /// A noun with "of" that those struck follow: "killing of".
    ACT = "act",
    /// "lives", dead where they are claimed, lost or taken.
    LIVES = "lives",
    /// Something that happens to people and is no casualty: "rescued".
    SAVED = "saved",
    /// Forms of to be, and verbs that link as it does.
    BE = "be",
    /// Forms of to have.
    HAVE = "have",
    /// Modal verbs and the infinitive's "to".
    MODAL = "modal",
    /// "not", "never".
    NEGATION = "negation",
    /// "and", "or", "but".
    CONJUNCTION = "conjunction",
    /// Words that open a subordinate clause: "when".
    SUBORDINATOR = "subordinator",
    /// "who", "which".
    RELATIVE = "relative",
    /// Prepositions.
    PREPOSITION = "preposition",
    /// Articles, demonstratives, possessives.
    DETERMINER = "determiner",
    /// Pronouns.
    PRONOUN = "pronoun",
    /// Adverbs, and participles of thinking and saying that stand in a passive ("believed to have").
    ADVERB = "adverb",
    /// Words that open a list of some of those counted: "including".
    INCLUDE = "include",
    /// Verbs of saying and counting.
    REPORT = "report",
    /// "according to".
    ACCORDING = "according",
    /// Nouns of those who count and say.
    SOURCE = "source",
    /// "more", "another".
    INCREMENT = "increment",
    /// Marks of an earlier count.
    EARLIER = "earlier",
    /// Marks of what is not known to be so.
    FEARED = "feared",
    /// Marks of a count quoted in order to deny it.
    DENIED = "denied",
    /// Marks of another event.
    ELSEWHERE = "elsewhere",
    /// Marks of a piece of the event.
    PART = "part",
    /// Nouns for a count, whatever is counted: "figure".
    COUNT = "copy",
    /// A number word that adds: "seven", "twenty"; with its value.
    NUMBER = "number",
    /// A number word that multiplies: "thousand"; with its value.
    MULTIPLIER = "multiplier",
    /// A word that stands for a floor: "dozens"; with its value.
    VAGUE = "vague",
    /// A phrase that is a rounded number: "half a million"; with its value.
    ABOUT = "about",
    /// Words that bound the number after them; with the bound.
    BOUND = "bound",
    /// Words that bound the number before them; with the bound.
    AFTER = "after",
    /// A word whose full stop ends no sentence, written without it: "dr".
    ABBREVIATION = "abbreviation",
    /// "no", "none".
    ZERO = "zero",
    /// A word that counts on: "third".
    ORDINAL = "ordinal",
    /// A noun for several as one, whose number is told behind it: "a family of nine".
    COLLECTIVE = "collective",
    /// Words before what is meant to happen, or happens in a tale: "planned to", "in the film".
    UNREAL = "unreal",
    /// What takes a count along to a new total: "pushing", "bringing".
    GAINING = "gaining",
    /// What reckons with what is not known: "model".
    MODEL = "model",
    /// A word of the surroundings of something that happens to people: "ward", "morgue"; with what it is.
    TOPIC = "topic",
    /// A preposition that puts something in a place: "near".
    PLACING = "placing",
    /// A preposition that puts something in a time: "during".
    TIMING = "timing",
    /// One of these that wants two ends: "between".
    RANGING = "ranging",
    /// One of these that an event may follow: "since".
    ONWARD = "onward",
    /// Words before the second end of a time: "between … and", "from … to".
    REACHING = "reaching",
    /// Prepositions that tie a name to its kind: "town of", "night of".
    LINKING = "linking",
    /// Words that choose among times: "last".
    QUALIFIER = "qualifier",
    /// Phrases that are a time by themselves: "so far this year".
    PERIOD = "period",
    /// Nouns of places, as they stand in their names: "province", "Lake".
    REGION = "region",
    /// Nouns of what is done by those named before them: "raid"; others are named by where they were.
    DEED = "deed",
}

/// Any word that says what befell people.
pub const PREDICATE: u64 = PARTICIPLE | FINITE | INTRANSITIVE | STATE | CASUALTY;
/// Words of grammar, at which a noun phrase ends.
pub const GRAMMAR: u64 =
    BE | HAVE | MODAL | CONJUNCTION | SUBORDINATOR | RELATIVE | PREPOSITION | PRONOUN | INCLUDE | ACCORDING;

/// Words by which a clause tells where and when.
const CIRCUMSTANCES: u64 =
    PLACING | TIMING | RANGING | ONWARD | REACHING | LINKING | QUALIFIER | PERIOD | REGION | DEED;

/// What a word can be. Several classes at once are the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Senses {
    /// The classes, a bit each, but for those of circumstances.
    pub classes: u64,
    /// The classes of circumstances, a bit each: apart, since what is known of a word otherwise does not hang on them.
    pub circumstances: u64,
    /// What it says to have happened, for predicates.
    pub measure: Option<Measure>,
    /// What it hints to have happened, for words of its surroundings.
    pub topic: Option<Measure>,
    /// Who it names, for persons.
    pub group: Option<Group>,
    /// Its value, for number words.
    pub value: Option<u64>,
    /// How it bounds a number.
    pub bound: Option<Bound>,
}

impl Senses {
    /// Whether the word can be of one of these classes. Most that are asked for are known when the program is built, and
    /// all of one kind, so that one word of memory is looked at.
    #[inline]
    pub fn any(self, classes: u64) -> bool {
        self.classes & (classes & !CIRCUMSTANCES) | self.circumstances & (classes & CIRCUMSTANCES) != 0
    }

    fn with(mut self, class: &str) -> Result<Self, String> {
        let (name, argument) = class.split_once(':').map_or((class, None), |(n, a)| (n, Some(a)));
        let bit = CLASS_NAMES.iter().find(|(word, _)| *word == name).ok_or(format!("unknown class `{name}`"))?.1;
        if bit & CIRCUMSTANCES != 0 {
            self.circumstances |= bit;
        } else {
            self.classes |= bit;
        }
        match (bit, argument) {
            (NUMBER | MULTIPLIER | VAGUE | ABOUT, Some(value)) => set(&mut self.value, parsed::<u64>(value)?)?,
            (BOUND | AFTER, Some(bound)) => set(&mut self.bound, parsed::<Bound>(bound)?)?,
            (TOPIC, Some(measure)) => set(&mut self.topic, parsed::<Measure>(measure)?)?,
            (PERSON, Some(group)) => set(&mut self.group, parsed::<Group>(group)?)?,
            (PARTICIPLE | FINITE | INTRANSITIVE | STATE | CASUALTY | TOLL | ACT, Some(measure)) => {
                set(&mut self.measure, parsed::<Measure>(measure)?)?;
            }
            (
                NUMBER | MULTIPLIER | VAGUE | ABOUT | BOUND | AFTER | PERSON | PARTICIPLE | FINITE | INTRANSITIVE
                | STATE | CASUALTY | TOLL | ACT | TOPIC,
                None,
            ) => return Err(format!("class `{name}` wants an argument")),
            (_, Some(argument)) => return Err(format!("class `{name}` takes no argument, found `{argument}`")),
            (_, None) => {}
        }
        Ok(self)
    }
}

fn set<T: PartialEq + std::fmt::Debug>(slot: &mut Option<T>, value: T) -> Result<(), String> {
    match slot {
        Some(old) if *old != value => Err(format!("is {old:?} and {value:?} at once")),
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// Several words that can be something together.
#[derive(Debug, Clone)]
struct Phrase {
    /// The word behind the first, by its hash.
    second: u64,
    /// Those behind it.
    rest: Box<[u64]>,
    /// What they can be.
    senses: Senses,
}

/// All that is known of a language.
#[derive(Debug)]
pub struct Lexicon {
    /// By the hashes of the words.
    entries: Spread<Entry>,
}

/// What is known of a word. With its hash it fills a line of the processor's cache.
#[derive(Debug, Clone, Default)]
struct Entry {
    /// What it can be by itself.
    senses: Senses,
    /// The phrases that it begins, by their second words; of those with the same one the longest first.
    phrases: Box<[Phrase]>,
}

impl Lexicon {
    /// What a single word can be; nothing for an unknown one.
    pub fn word<'a>(&self, lower: impl Into<Hashed<'a>>) -> Senses {
        self.entries.get(lower.into().id()).senses
    }

    /// The longest reading that begins with the word of this hash, alone or in a phrase that goes on with the words whose
    /// hashes `following` gives by their distance: how many words it has, and what it can be.
    #[inline]
    pub fn longest(&self, first: u64, following: impl Fn(usize) -> Option<u64>) -> (usize, &Senses) {
        let Entry { senses, phrases } = self.entries.get(first);
        let Some(second) = following(1).filter(|_| !phrases.is_empty()) else { return (1, senses) };
        let fitting = &phrases[phrases.partition_point(|phrase| phrase.second < second)..];
        let goes_on = |phrase: &&Phrase| (2..).zip(&*phrase.rest).all(|(at, word)| following(at) == Some(*word));
        let phrase = fitting.iter().take_while(|phrase| phrase.second == second).find(goes_on);
        phrase.map_or((1, senses), |phrase| (phrase.rest.len() + 2, &phrase.senses))
    }

    /// How many of these words are words of the language's grammar: the vote by which a text's language is told.
    pub fn grammar_words(&self, words: impl Iterator<Item = impl AsRef<str>>) -> usize {
        let grammar = GRAMMAR | DETERMINER;
        words.filter(|word| self.word(word.as_ref()).any(grammar)).count()
    }

    fn embedded(tables: &[Table]) -> Self {
        let mut draft = Draft::default();
        for table in tables {
            for (line, row) in table.rows.lines().enumerate() {
                if let Err(error) = draft.add(row, table.made) {
                    // A test reads every table, so a build with a broken one does not leave the house.
                    debug_assert!(false, "{}.tsv:{}: {error}", table.name, line + 1);
                }
            }
        }
        draft.lexicon()
    }
}

/// A lexicon while its tables are read, by the hashes of the words.
#[derive(Debug, Default)]
struct Draft(HashMap<u64, DraftEntry, AsItIs>);

/// See [`Entry`].
#[derive(Debug)]
struct DraftEntry {
    form: Box<str>,
    senses: Senses,
    /// The words of each phrase behind its first.
    phrases: Vec<(Box<[u64]>, Senses)>,
}

impl Draft {
    fn lexicon(self) -> Lexicon {
        let mut entries = Spread::over(&self.0.keys().copied().collect::<Vec<u64>>(), &Entry::default());
        for (hash, DraftEntry { senses, phrases, .. }) in self.0 {
            let phrase =
                |(words, senses): (Box<[u64]>, _)| Phrase { second: words[0], rest: words[1..].into(), senses };
            let mut phrases: Vec<Phrase> = phrases.into_iter().map(phrase).collect();
            phrases.sort_by_key(|phrase| (phrase.second, std::cmp::Reverse(phrase.rest.len())));
            let entry = entries.get_mut(hash).expect("every word has a place");
            *entry = Entry { senses, phrases: phrases.into() };
        }
        Lexicon { entries }
    }

    fn add(&mut self, row: &str, made: bool) -> Result<(), String> {
        if row.starts_with('#') || row.is_empty() {
            return Ok(());
        }
        let mut columns = row.split('\t');
        let (Some(form), Some(class)) = (columns.next(), columns.next()) else {
            return Err(format!("expected form and class, parted by a tab, found `{row}`"));
        };
        let mut words = form.split(' ');
        let first = words.next().unwrap_or_default();
        let rest: Box<[u64]> = words.map(|word| Hash::of(word).id()).collect();
        let new = || DraftEntry { form: first.into(), senses: Senses::default(), phrases: Vec::new() };
        let entry = self.0.entry(Hash::of(first).id()).or_insert_with(new);
        if *entry.form != *first {
            return Err(format!("`{first}` has the hash of `{}`", entry.form));
        }
        let senses = if rest.is_empty() {
            &mut entry.senses
        } else {
            let phrases = &mut entry.phrases;
            match phrases.iter().position(|(known, _)| *known == rest) {
                Some(at) => &mut phrases[at].1,
                None => {
                    phrases.push((rest, Senses::default()));
                    &mut phrases.last_mut().expect("one was pushed just now").1
                }
            }
        };
        if made && senses.classes != 0 {
            return Ok(());
        }
        *senses = senses.with(class).map_err(|error| format!("`{form}` {error}"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_free_of_doubles_and_contradictions() {
        for table in ENGLISH {
            let rows: Vec<_> = table.rows.lines().filter(|row| !row.starts_with('#')).collect();
            assert!(!rows.is_empty(), "{}.tsv holds no entries", table.name);
            for pair in rows.windows(2) {
                let key = |row: &'static str| row.split('\t').take(2).collect::<Vec<_>>();
                assert!(key(pair[0]) < key(pair[1]), "{}.tsv: `{}` comes before `{}`", table.name, pair[1], pair[0]);
            }
            for row in rows {
                assert_eq!(row, row.to_lowercase(), "{}.tsv holds forms in lower case", table.name);
            }
        }
        let mut draft = Draft::default();
        let mut problems = Vec::new();
        for table in ENGLISH {
            for row in table.rows.lines() {
                problems.extend(draft.add(row, table.made).err().map(|e| format!("{}.tsv: {e}", table.name)));
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn frames_are_sorted_and_free_of_doubles() {
        let rows: Vec<_> = frame_rows().collect();
        let read = FRAMES.values().map(Vec::len).sum::<usize>();
        assert_eq!(read, rows.len(), "every row of frames.tsv is a verb, an end and a measure");
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "frames.tsv is sorted");
    }

    #[test]
    fn a_word_can_be_several_things_but_has_one_measure() {
        let missing = for_language("en").expect("English is there").word("missing");
        assert!(missing.any(STATE));
        assert_eq!(missing.measure, Some(Measure::Missing));
        assert!(Senses::default().with("state:killed").and_then(|s| s.with("state:injured")).is_err());
        assert!(Senses::default().with("state").is_err());
        assert!(Senses::default().with("sate:killed").is_err());
    }

    #[test]
    fn the_longest_phrase_wins() {
        let text = ["lost", "their", "lives", "at", "sea"];
        let found = for_language("en")
            .expect("English is there")
            .longest(Hash::of(text[0]).id(), |i| text.get(i).map(|word| Hash::of(word).id()));
        assert_eq!((found.0, found.1.measure), (3, Some(Measure::Killed)));
    }
}
