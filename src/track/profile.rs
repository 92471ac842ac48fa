//! What an article is about, as far as telling stories apart goes: places, names, events, numbers and other words.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use crate::model::{Article, Figure, Scope, StoryProfile};
use crate::track::gazetteer::{self, Kind, Place};

const EVENTS: &str = include_str!("events.tsv");
const COMMON: &str = include_str!("common.tsv");

static WORDS_OF_EVENTS: LazyLock<HashMap<&str, (&'static Event, &'static EventWord)>> = LazyLock::new(|| {
    EVENT_LIST.iter().flat_map(|event| event.words.iter().map(move |word| (word.word, (event, word)))).collect()
});
static EVENT_LIST: LazyLock<Vec<Event>> = LazyLock::new(|| {
    let rows = EVENTS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|row| {
        let mut columns = row.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (name, noun) = (next(), next());
        let telling = next().parse().unwrap_or(1);
        Event { name, telling, words: next().split(',').map(|word| EventWord::new(word, noun)).collect() }
    })
    .collect()
});
static COMMON_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| COMMON.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect());

/// A kind of event that a text can speak of.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) name: &'static str,
    /// How much it says: 3 an earthquake, 1 an attack.
    pub(super) telling: u32,
    words: Vec<EventWord>,
}

/// A word by which a text speaks of an event.
#[derive(Debug)]
pub(super) struct EventWord {
    word: &'static str,
    /// What a story is called that has it: "ferry" gives "ferry sinking".
    pub(super) noun: &'static str,
    /// Whether it stands in texts about other things too.
    pub(super) weak: bool,
}

impl EventWord {
    fn new(written: &'static str, usual: &'static str) -> Self {
        let (weak, plain) = written.strip_prefix('~').map_or((false, written), |plain| (true, plain));
        let (word, noun) = plain.split_once('=').unwrap_or((plain, usual));
        Self { word, noun, weak }
    }
}

/// So much of a text is read; what a story is about is said before that.
const READ: usize = 12_000;
/// So many paragraphs count as the lead.
const LEAD: usize = 3;
/// A text has at most this many words of a kind, the weightiest.
const KEPT: usize = 40;
/// Numbers from here on are telling: two events with 62 dead are rare, two with three are not.
const TELLING_NUMBER: u64 = 20;

/// What a word weighs in the title, and in the lead.
pub(super) const IN_TITLE: u32 = 6;
pub(super) const IN_LEAD: u32 = 3;

/// The words of one article, each with its weight: [`IN_TITLE`], [`IN_LEAD`], or 1 further down, added up.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) places: BTreeMap<String, u32>,
    pub(super) names: BTreeMap<String, u32>,
    pub(super) events: BTreeMap<String, u32>,
    pub(super) terms: BTreeMap<String, u32>,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    /// Stands at the start of a sentence or in a title, where a capital letter means nothing.
    opens: bool,
    weight: u32,
}

impl Token<'_> {
    fn is_capital(self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// Reads what an article is about.
pub(super) fn words(article: &Article, figures: &[Figure]) -> Words {
    let tokens = tokens(article);
    let certain: BTreeSet<&str> = tokens.iter().filter(|t| t.is_capital() && !t.opens).map(|t| t.text).collect();
    let mut words = Words::default();

    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at];
        if let Some((place, length)) = place_at(&tokens[at..]) {
            add(&mut words.places, place.name, token.weight);
            at += length;
            continue;
        }
        let plain = without_accents(token.text);
        let lower = plain.to_lowercase();
        let event = event_at(&tokens[at..]);
        if let Some((event, _)) = event {
            add(&mut words.events, event.name, token.weight);
        }
        if token.is_capital() && (!token.opens || certain.contains(token.text)) && event.is_none() && is_telling(&lower)
        {
            add(&mut words.names, &plain, token.weight);
        } else if token.weight > 1 && is_telling(&lower) {
            add(&mut words.terms, stem(&lower), token.weight);
        }
        at += 1;
    }
    for figure in figures.iter().filter(|f| f.scope != Scope::Other && f.quantity.told() >= TELLING_NUMBER) {
        let weight = if figure.quantity.told() < 5 * TELLING_NUMBER { 6 } else { 18 };
        add(&mut words.terms, &format!("{} {}", figure.quantity.told(), figure.measure), weight);
    }
    for kind in [&mut words.places, &mut words.names, &mut words.events, &mut words.terms] {
        keep_weightiest(kind, KEPT);
    }
    words
}

/// The words of events in an article, in the order of the text, each with its weight as in [`Words`].
pub(super) fn event_words(article: &Article) -> Vec<(&'static Event, &'static EventWord, u32)> {
    let tokens = tokens(article);
    let at = |at: usize| event_at(&tokens[at..]).map(|(event, word)| (event, word, tokens[at].weight));
    (0..tokens.len()).filter_map(at).collect()
}

/// The word of an event that starts here; two words go before one.
fn event_at(tokens: &[Token]) -> Option<(&'static Event, &'static EventWord)> {
    let lower = without_accents(tokens.first()?.text).to_lowercase();
    let pair = tokens.get(1).map(|next| format!("{lower} {}", next.text.to_lowercase()));
    pair.and_then(|pair| WORDS_OF_EVENTS.get(pair.as_str())).or(WORDS_OF_EVENTS.get(lower.as_str())).copied()
}

/// Adds an article to what is known of its story.
pub(super) fn add_to(profile: &mut StoryProfile, words: &Words) {
    profile.articles = profile.articles.saturating_add(1);
    let kinds = [
        (&mut profile.places, &words.places),
        (&mut profile.names, &words.names),
        (&mut profile.events, &words.events),
        (&mut profile.terms, &words.terms),
    ];
    for (known, new) in kinds {
        for word in new.keys() {
            let count = known.entry(word.clone()).or_default();
            *count = count.saturating_add(1);
        }
        keep_weightiest(known, 2 * KEPT);
    }
}

/// The kind of event that a name stands for.
pub(super) fn event(name: &str) -> Option<&'static Event> {
    EVENT_LIST.iter().find(|event| event.name == name)
}

fn tokens(article: &Article) -> Vec<Token<'_>> {
    let mut tokens = tokens_of(article.text.title(), IN_TITLE, true);
    let body = article.text.body();
    let end = (0..=body.len().min(READ)).rev().find(|&at| body.is_char_boundary(at)).unwrap_or(0);
    for (nth, paragraph) in body[..end].lines().filter(|line| !line.trim().is_empty()).enumerate() {
        tokens.extend(tokens_of(paragraph, if nth < LEAD { IN_LEAD } else { 1 }, false));
    }
    tokens
}

fn tokens_of(text: &str, weight: u32, title: bool) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut opens = true;
    for chunk in text.split_whitespace() {
        let ends = chunk.trim_end_matches(['"', '”', '’', '\'', ')']).ends_with(['.', '!', '?', ':']);
        let quoted = chunk.starts_with(['"', '“', '‘']);
        for part in chunk.split(['—', '–', '/', '“', '”', '"', '(', ')', '[', ']', ',', ';', ':', '!', '?', '…'])
        {
            let word = part.trim_matches(|c: char| !c.is_alphanumeric());
            let word = if part.starts_with("U.S") || part.starts_with("U.N") { part } else { word };
            let word = ["'s", "’s"].iter().find_map(|tail| word.strip_suffix(tail)).unwrap_or(word);
            if !word.is_empty() {
                tokens.push(Token { text: word, opens: opens || title || quoted, weight });
                opens = false;
            }
        }
        opens = opens && tokens.is_empty() || ends;
    }
    tokens
}

/// The longest place name that starts here, and how many words it has.
fn place_at(tokens: &[Token]) -> Option<(Place, usize)> {
    if !tokens.first()?.is_capital() {
        return None;
    }
    let mut name = String::new();
    let mut found = None;
    for (nth, token) in tokens.iter().take(gazetteer::LONGEST).enumerate() {
        if nth > 0 {
            name.push(' ');
        }
        name.push_str(token.text);
        // "us" in a title is a pronoun in capitals; "US" alone is the country.
        if let Some(place) =
            gazetteer::place(&name).filter(|_| token.text.len() > 2 || token.text.chars().all(char::is_uppercase))
        {
            found = Some((place, nth + 1));
        }
    }
    found
}

/// Whether a word tells stories apart at all.
pub(super) fn is_telling(lower: &str) -> bool {
    lower.chars().count() > 2
        && !COMMON_WORDS.contains(lower)
        && !lower.chars().next().is_some_and(|c| c.is_ascii_digit())
}

/// Takes the commonest endings away, so that "rescuers searched" and "rescuer searches" meet.
fn stem(word: &str) -> &str {
    let shorter = ["ing", "ers", "ed", "es", "er", "s"].iter().find_map(|end| word.strip_suffix(end));
    shorter.filter(|stem| stem.chars().count() >= 4).unwrap_or(word)
}

/// Whether a term is a count of people, as in "62 killed".
pub(super) fn is_number(term: &str) -> bool {
    term.starts_with(|c: char| c.is_ascii_digit()) && term.contains(' ')
}

/// The number in a term that is a count of the dead.
pub(super) fn dead(term: &str) -> Option<u64> {
    term.strip_suffix(" killed")?.parse().ok()
}

/// The word with plain letters, since newsrooms differ in the accents of foreign names.
pub(super) fn without_accents(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' | 'ā' => 'a',
            'Á' | 'À' | 'Â' | 'Ã' | 'Ä' | 'Å' => 'A',
            'ç' | 'č' | 'ć' => 'c',
            'Ç' | 'Č' | 'Ć' => 'C',
            'é' | 'è' | 'ê' | 'ë' | 'ē' => 'e',
            'É' | 'È' | 'Ê' => 'E',
            'ğ' => 'g',
            'í' | 'ì' | 'î' | 'ï' | 'ı' | 'ī' => 'i',
            'İ' | 'Í' => 'I',
            'ł' => 'l',
            'ñ' | 'ń' => 'n',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' => 'o',
            'Ó' | 'Ö' | 'Ø' => 'O',
            'š' | 'ś' | 'ş' => 's',
            'Š' | 'Ś' | 'Ş' => 'S',
            'ú' | 'ù' | 'û' | 'ü' | 'ū' => 'u',
            'Ú' | 'Ü' => 'U',
            'ý' => 'y',
            'ž' | 'ź' | 'ż' => 'z',
            'Ž' => 'Z',
            c => c,
        })
        .collect()
}

fn add(words: &mut BTreeMap<String, u32>, word: &str, weight: u32) {
    let sum = words.entry(word.to_owned()).or_default();
    *sum = sum.saturating_add(weight);
}

fn keep_weightiest(words: &mut BTreeMap<String, u32>, most: usize) {
    if words.len() <= most {
        return;
    }
    let mut weights: Vec<(u32, String)> = words.iter().map(|(word, weight)| (*weight, word.clone())).collect();
    weights.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    for (_, word) in weights.drain(most..) {
        words.remove(&word);
    }
}

/// Whether a place is a country.
pub(super) fn is_country(place: &str) -> bool {
    gazetteer::place(place).is_some_and(|place| place.kind == Kind::Country)
}

/// Whether a place is so large that much happens in it at one time: a country, or a state of one. A name that the gazetteer
/// does not know is a town.
pub(super) fn is_large(place: &str) -> bool {
    gazetteer::place(place).is_some_and(|place| place.kind != Kind::Town)
}
