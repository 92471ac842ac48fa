//! The name of a new story, as a person would give it: "Syria coast killings, March 2025".

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::Article;
use crate::track::gazetteer;
use crate::track::profile::{self, Words};

/// Parts of a country that belong to a name, by the words of a text.
const PARTS: &[(&str, &str)] = &[("coast", "coast"), ("coastal", "coast"), ("border", "border")];

/// Names a story after its first article: where, what, when.
pub(super) fn name(article: &Article, words: &Words, at: Timestamp) -> String {
    let month = at.to_zoned(TimeZone::UTC).strftime("%B %Y").to_string();
    let event = event(article);
    match place(article, words) {
        Some(place) => format!("{place} {event}, {month}"),
        None => format!("{}, {month}", sentence_case(event)),
    }
}

/// The name in lower case and hyphens, for the command line: "syria-coast-killings-march-2025".
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in profile::without_accents(name).to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() && c != '\'' && c != '’' {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "story".to_owned() } else { slug.to_owned() }
}

/// What happened: the event of the title, else the one that the article speaks of most.
fn event(article: &Article) -> &'static str {
    let mut events: BTreeMap<&str, Told> = BTreeMap::new();
    for (event, word, place) in profile::event_words(article) {
        let points = match (place, word.weak) {
            (6.., false) => 18,
            (6.., true) => 4,
            (3.., true) => 1,
            (_, true) => 0,
            (_, false) => place,
        };
        let told = events.entry(event.name).or_default();
        told.weight += points * (event.telling + 2);
        *told.nouns.entry(word.noun).or_default() += points;
    }
    let most = events.into_values().filter(|told| told.weight > 0).max_by_key(|told| told.weight);
    let noun = most.and_then(|told| told.nouns.into_iter().max_by_key(|(_, points)| *points));
    noun.map_or("deaths", |(noun, _)| noun)
}

/// How much an article speaks of one kind of event, and in which words.
#[derive(Default)]
struct Told {
    weight: u32,
    nouns: BTreeMap<&'static str, u32>,
}

/// Where: the town that is named most and, if there is none, the country.
fn place(article: &Article, words: &Words) -> Option<String> {
    let weight = |country: bool| {
        let places = words.places.iter().filter(move |(place, _)| profile::is_country(place) == country);
        places.max_by_key(|(place, weight)| (**weight, std::cmp::Reverse(place.as_str())))
    };
    let country = weight(true);
    let town = weight(false);
    let local = after_preposition(article);
    match (town, country) {
        (Some((town, t)), Some((country, c))) => {
            let of_it = gazetteer::place(town).is_some_and(|place| place.country == country);
            // A town named in passing does not stand for an event that is told of a whole country.
            if 2 * t >= *c || !of_it && t > c { Some(town.clone()) } else { Some(with_part(article, country)) }
        }
        (Some((town, _)), None) => Some(town.clone()),
        (None, Some((country, c))) if *c >= 6 => Some(with_part(article, country)),
        (None, country) => local.or_else(|| country.map(|(country, _)| with_part(article, country))),
    }
}

fn with_part(article: &Article, country: &str) -> String {
    let lead: String = article.text.as_str().chars().take(1_500).collect::<String>().to_lowercase();
    let words: Vec<&str> = lead.split(|c: char| !c.is_alphanumeric()).collect();
    match PARTS.iter().find(|(word, _)| words.contains(word)) {
        Some((_, part)) => format!("{country} {part}"),
        None => country.to_owned(),
    }
}

/// The capitalised words after "in", "at", "near", "off" or "on", in the title or the first lines, for places that no
/// list has: "Lake Orvane".
fn after_preposition(article: &Article) -> Option<String> {
    let lead: String = article.text.body().chars().take(600).collect();
    // In a title where every word is written large, a capital letter says nothing.
    let small = article.text.title().split_whitespace().filter(|word| word.starts_with(char::is_lowercase)).count();
    let title = if small >= 3 { article.text.title() } else { "" };
    [title, &lead].into_iter().find_map(named_place)
}

fn named_place(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..words.len()).find_map(|at| {
        let mut name: Vec<&str> = Vec::new();
        for word in words[at..].iter().take(LONGEST_PLACE) {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            let bare = bare.trim_end_matches("'s").trim_end_matches("’s");
            if !bare.starts_with(char::is_uppercase) {
                break;
            }
            name.push(bare);
            if !word.ends_with(char::is_alphanumeric) {
                break; // A comma or a full stop ends the name.
            }
        }
        let telling = name.iter().any(|word| profile::is_telling(&word.to_lowercase()));
        (PREPOSITIONS.contains(&words[at - 1]) && telling).then(|| name.join(" "))
    })
}

/// After one of these a place may stand.
const PREPOSITIONS: &[&str] = &["in", "at", "near", "off", "on"];
/// A place has at most so many words.
const LONGEST_PLACE: usize = 3;

fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_plain_letters() {
        assert_eq!(slug("Syria coast killings, March 2025"), "syria-coast-killings-march-2025");
        assert_eq!(slug("Petrópolis landslide, N'Djamena"), "petropolis-landslide-ndjamena");
        assert_eq!(slug("—"), "story");
    }
}
