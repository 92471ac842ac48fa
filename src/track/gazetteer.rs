//! Places by their names: countries with their peoples, and the cities and regions that are often in the news.

use std::collections::HashMap;
use std::sync::LazyLock;

const PLACES: &str = include_str!("places.tsv");

static GAZETTEER: LazyLock<HashMap<String, Place>> = LazyLock::new(|| {
    let mut places = HashMap::new();
    for Row { country, peoples, towns, states } in rows() {
        for (names_of_kind, kind) in [(towns, Kind::Town), (states, Kind::State)] {
            for name in names(names_of_kind) {
                places.insert(name.to_lowercase(), Place { name, country, kind });
            }
        }
        for people in names(peoples) {
            places.insert(people.to_lowercase(), Place { name: country, country, kind: Kind::Country });
        }
        places.insert(country.to_lowercase(), Place { name: country, country, kind: Kind::Country });
    }
    places
});

/// A place that the gazetteer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The name it is kept under; the country's for the name of a people.
    pub(super) name: &'static str,
    /// The country it lies in.
    pub(super) country: &'static str,
    pub(super) kind: Kind,
}

/// How much of the map a place takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Country,
    /// A state of a country that is as large as others: Texas.
    State,
    /// A city, a town, a province.
    Town,
}

/// The longest names have this many words: "Democratic Republic of the Congo".
pub(super) const LONGEST: usize = 5;

/// Looks a name up; lower and upper case are not told apart.
pub(super) fn place(name: &str) -> Option<Place> {
    GAZETTEER.get(&name.to_lowercase()).copied()
}

/// A line of the list.
struct Row {
    country: &'static str,
    peoples: &'static str,
    towns: &'static str,
    states: &'static str,
}

fn rows() -> impl Iterator<Item = Row> {
    PLACES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        Row { country: next(), peoples: next(), towns: next(), states: next() }
    })
}

fn names(column: &'static str) -> impl Iterator<Item = &'static str> {
    column.split(',').filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_places_is_in_order() {
        let mut of: HashMap<&str, &str> = HashMap::new();
        for Row { country, peoples, towns, states } in rows() {
            assert!(!country.is_empty() && !peoples.is_empty(), "`{country}` lacks a people");
            for name in names(peoples).chain(names(towns)).chain(names(states)).chain([country]) {
                assert_eq!(name, name.trim());
                assert!(name.split(' ').count() <= LONGEST, "`{name}` is too long to be found");
                let before = of.insert(name, country);
                assert!(before.is_none(), "`{name}` stands under {country} and {}", before.unwrap_or_default());
            }
        }
        assert!(of.len() > 900, "only {} places", of.len());
    }

    #[test]
    fn a_people_leads_to_its_country() {
        let found = |name| place(name).map(|p| (p.name, p.country));
        assert_eq!(found("Syrians"), Some(("Syria", "Syria")));
        assert_eq!(found("latakia"), Some(("Latakia", "Syria")));
        assert_eq!(found("Norland"), None);
    }
}
