//! Somebody of the roll, and whether they stand on it already.

use smol_str::SmolStr;

use crate::extract::lexicon::kin::{Kin, Sex, sex_of_name};
use crate::extract::roll::name::is_pronoun;
use crate::model::Span;

/// Somebody who is told of by name or kinship; or several without names: "his two daughters".
#[derive(Debug, Clone)]
pub struct Person {
    /// The words of the name, folded; none where they are told of by kinship alone.
    pub name: Vec<SmolStr>,
    /// The given name as it stands.
    pub given: SmolStr,
    /// Their age in months.
    pub months: Option<u64>,
    /// What the noun for them says.
    pub kin: Option<Kin>,
    /// The noun for them as a relative, and whose they are: a name or a pronoun.
    pub relation: Option<(SmolStr, SmolStr)>,
    /// Whether something else shows that they are grown up: a child, a spouse.
    pub grown: Option<bool>,
    /// How many they are.
    pub number: u64,
    /// The first token that tells of them.
    pub first: usize,
    /// The last one.
    pub last: usize,
    /// Whether there is nothing but a name.
    pub bare: bool,
    /// The word for them.
    pub span: Span,
    /// The sentence that holds it.
    pub sentence: Span,
}

/// From this age on, in months, one is grown up.
const GROWN_UP: u64 = 18 * 12;

impl Person {
    /// Their sex, by the noun for them or else by the given name.
    pub fn sex(&self) -> Option<Sex> {
        self.kin.and_then(|kin| kin.sex).or_else(|| sex_of_name(&self.given))
    }

    /// Whether they are told of as somebody's child or grandchild, whatever their age.
    pub fn descends(&self) -> bool {
        self.kin.is_some_and(|kin| kin.of_grown && kin.adult != Some(true))
    }

    /// Whether they are told of as a relative of one who is named there.
    pub fn is_of_named(&self) -> bool {
        self.relation.as_ref().is_some_and(|(_, whose)| !is_pronoun(whose) && !whose.is_empty())
    }

    /// Whether they are grown up, by what tells it best.
    pub fn adult(&self) -> Option<bool> {
        let told = self.months.map(|months| months >= GROWN_UP);
        told.or(self.kin.and_then(|kin| kin.adult)).or(self.grown).or(self.kin.and_then(|kin| kin.likely))
    }
}

/// Enters a person unless the roll has them: those from `fresh` on are of the same sentence.
pub fn enter(dead: &mut Vec<Person>, fresh: usize, person: Person) {
    let known = dead.iter().enumerate().position(|(at, other)| {
        let ages = match (other.months, person.months) {
            (Some(a), Some(b)) => a.abs_diff(b) <= 24,
            _ => true,
        };
        let same = if person.name.is_empty() || other.name.is_empty() {
            person.name.is_empty() && other.name.is_empty() && at < fresh && person.relation == other.relation
        } else {
            same_name(&other.name, &person.name, at < fresh)
        };
        ages && same
    });
    let Some(known) = known else {
        dead.push(person);
        return;
    };
    let known = &mut dead[known];
    known.months = known.months.or(person.months);
    if known.kin.is_none_or(|kin| kin.adult.is_none() && kin.sex.is_none()) {
        known.kin = person.kin.or(known.kin);
    } else if let (Some(a), Some(b)) = (known.kin, person.kin) {
        known.kin = Some(a.and(b));
    }
    if person.name.len() > known.name.len() {
        known.name = person.name;
    }
}

/// Whether two names may be one person's: the first words are alike, and all of the shorter stand in the longer, or the
/// second and the last are alike. `short` is whether a given name alone may stand for a whole name.
pub fn same_name(a: &[SmolStr], b: &[SmolStr], short: bool) -> bool {
    let (short_one, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short_one.is_empty() || short_one[0] != long[0] {
        return false;
    }
    if short_one.len() == 1 {
        return short || long.len() == 1;
    }
    short_one.iter().all(|word| long.contains(word))
        || (short_one.len() > 2 && short_one[1] == long[1] && short_one.last() == long.last())
}
