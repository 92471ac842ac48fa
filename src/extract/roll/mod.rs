//! The roll of the dead: those whom an article tells of one by one, by name, age and kinship, though it gives no number of
//! women and children. "Lena Orvik (70) was killed with her daughter Ida (41) and Ida's son Jon, aged nine": two women, a child.
//!
//! Named people are no figures. The roll is what a careful reader would have counted at the end, so it goes into what the
//! article as a whole reports (`toll.rs`), and only where it tells of all of the dead, or nearly.

mod age;
mod fate;
mod name;
mod person;
mod telling;

use smol_str::SmolStr;

use crate::extract::discourse::Line;
use crate::extract::lexicon::kin::Sex;
use crate::extract::roll::fate::Context;
use crate::extract::roll::person::{Person, enter, same_name};
use crate::extract::roll::telling::told_in;
use crate::model::Span;

/// How many are told of one by one: at the least, and at the most where the age or the sex of some is not told.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Roll {
    /// The women.
    pub women: Tally,
    /// The children.
    pub children: Tally,
    /// All.
    pub all: u64,
    /// Where the sentence begins that tells of the first of them.
    pub from: usize,
}

/// How many of one group the roll holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Those who are surely of it.
    pub sure: u64,
    /// Those who may be.
    pub open: u64,
    /// The first of them, and the sentence that tells of them.
    pub first: Option<(Span, Span)>,
}

/// So many people are told of one by one at the most: each is compared with all before.
const MOST: usize = 400;

/// The roll of the dead of an article: with all who are told of; without those told of as several, as "two of her children",
/// who are often named elsewhere; and of those alone who have names. Which is meant shows in how many the article counts.
pub fn rolls(lines: &[Line]) -> [Roll; 3] {
    let dead = dead(lines);
    let of = |holds: fn(&Person) -> bool| tallied(dead.iter().filter(|person| holds(person)));
    [of(|_| true), of(|person| person.number == 1), of(|person| !person.name.is_empty())]
}

/// The dead of whom an article tells one by one.
fn dead(lines: &[Line]) -> Vec<Person> {
    let mut dead: Vec<Person> = Vec::new();
    let mut parents: Vec<Vec<SmolStr>> = Vec::new();
    let mut context = Context::default();
    let (mut quoted, mut paragraph) = (false, 0);
    for line in lines.iter().filter(|line| !line.sentence.headline) {
        quoted &= line.sentence.paragraph == paragraph;
        paragraph = line.sentence.paragraph;
        // What a relative says in a quotation tells again of those who are named beside it, as "my aunt" and "his wife".
        let unquoted = if quoted { line.tokens.iter().position(|t| t.reads("”")).map(|at| at + 1) } else { Some(0) };
        let Some(from) = unquoted else { continue };
        let last = |mark: &str| line.tokens[from..].iter().rposition(|t| t.reads(mark));
        quoted = last("“").is_some_and(|open| last("”").is_none_or(|close| close < open));
        if !context.may_tell(line) {
            continue;
        }
        let told = context.of_dead(line, told_in(line, from, &mut parents));
        let at = dead.len();
        let (named, unnamed): (Vec<Person>, Vec<Person>) = told.into_iter().partition(|p| !p.name.is_empty());
        for person in named.into_iter().take(MOST - at) {
            enter(&mut dead, at, person);
        }
        // A sentence that names nobody for the first time tells again of those who were told of before.
        let tells_new = dead.len() > at;
        let room = MOST - dead.len();
        let counts = |p: &Person| tells_new || (p.number == 1 && p.is_of_named());
        for person in unnamed.into_iter().filter(counts).take(room) {
            enter(&mut dead, at, person);
        }
    }
    for person in &mut dead {
        let parent = !person.name.is_empty() && parents.iter().any(|parent| same_name(parent, &person.name, true));
        if parent && person.months.is_none() && person.kin.is_none_or(|kin| kin.adult.is_none()) {
            person.grown = Some(true);
        }
    }
    dead
}

fn tallied<'a>(dead: impl Iterator<Item = &'a Person>) -> Roll {
    let mut roll = Roll { from: usize::MAX, ..Roll::default() };
    for person in dead {
        roll.from = roll.from.min(person.sentence.start);
        roll.all = roll.all.saturating_add(person.number);
        let (female, adult) = (person.sex().map(|sex| sex == Sex::Female), person.adult());
        let add = |tally: &mut Tally, belongs: Option<bool>| {
            match belongs {
                Some(true) => tally.sure = tally.sure.saturating_add(person.number),
                None => tally.open = tally.open.saturating_add(person.number),
                Some(false) => return,
            }
            tally.first = tally.first.or(Some((person.span, person.sentence)));
        };
        add(&mut roll.children, adult.map(|adult| !adult));
        add(
            &mut roll.women,
            match (female, adult) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
        );
    }
    roll
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;
    use crate::model::{Group, Measure};

    /// The women and children that an article is said to report.
    fn told(text: &str) -> Vec<String> {
        let reading = read(&article(&format!("Notes from the valley\n\n{text}\n")));
        let groups = [Group::Women, Group::Children];
        let of_roll = reading.tolls.iter().filter(|t| t.measure == Measure::Killed && groups.contains(&t.group));
        of_roll.map(|t| format!("{} {}", t.group, t.quantity)).collect()
    }

    #[test]
    fn those_told_of_one_by_one_are_counted() {
        assert_eq!(
            told(
                "Five people were killed when a shell hit a house in Tarsa.\n\nPer Orvik (75 years old) and his wife Lena (70 \
                 years old) were killed, along with their daughter Ida Orvik, 41, and her sons Jon, aged nine, and Nils, 18 months."
            ),
            ["women 2", "children 2"]
        );
        assert_eq!(
            told(
                "Three members of a family were killed in Tarsa.\n\n5-year-old Jon Orvik, his mother, 30-year-old Ida Orvik, and \
                 her mother, 56-year-old Lena Brask, were all killed."
            ),
            ["women 2", "children 1"]
        );
    }

    #[test]
    fn a_list_of_names_goes_on_over_lines() {
        assert_eq!(
            told(
                "Four people were killed in the flood in Tarsa.\n\nThe names of the victims are:\nLena Orvik (70)\nIda Orvik \
                 (41)\nJon Orvik (9)\nPer Brask (50)"
            ),
            ["women 2", "children 1"]
        );
    }

    #[test]
    fn who_is_named_twice_is_counted_once() {
        assert_eq!(
            told(
                "Two people were killed in Tarsa.\n\nIda Maria Orvik, 41, and her son Jon Orvik, 9, were killed. A teacher said \
                 that Ida Orvik and her son Jon were killed in their sleep."
            ),
            ["women 1", "children 1"]
        );
    }

    #[test]
    fn who_lives_grieves_or_speaks_is_not_counted() {
        assert_eq!(
            told(
                "Two people were killed in Tarsa.\n\nIda Orvik, 41, and her son Jon, 9, were killed, while her sister Lena Orvik, \
                 38, was injured. Their deaths were mourned by her cousin Nora Brask, 30."
            ),
            ["women 1", "children 1"]
        );
        assert_eq!(
            told("Two people were killed in Tarsa.\n\nIda Orvik, 41, and her daughter Nora, 9, survived."),
            [""; 0]
        );
    }

    #[test]
    fn what_age_is_not_told_leaves_the_count_open() {
        assert_eq!(
            told(
                "Three people were killed in Tarsa.\n\nPer Orvik, 75, his wife Lena Orvik and their daughter Ida Orvik were killed."
            ),
            ["women 1 to 2"]
        );
    }

    #[test]
    fn a_few_named_of_many_are_not_the_whole() {
        assert_eq!(
            told(
                "Sixty people were killed in the quake in Tarsa.\n\nLena Orvik, 70, and her daughter Ida Orvik, 41, were killed in \
                 their kitchen."
            ),
            [""; 0]
        );
    }

    #[test]
    fn what_is_stated_of_a_group_at_first_stands() {
        assert_eq!(
            told(
                "Four people, including three women, were killed in Tarsa.\n\nThe victims were Lena Orvik (70), Ida Orvik (41), \
                 Nora Brask (39) and Maria Brask (30)."
            ),
            ["women 3"]
        );
    }

    #[test]
    fn named_people_are_no_figures() {
        let text = "Two people were killed in Tarsa.\n\nIda Orvik, 41, and her son Jon Orvik, 9, were killed.";
        let reading = read(&article(&format!("Notes from the valley\n\n{text}\n")));
        assert_eq!(reading.figures.len(), 1);
        assert!(reading.tolls.iter().any(|t| t.derived.as_deref() == Some("of 2 who are told of one by one")));
    }
}
