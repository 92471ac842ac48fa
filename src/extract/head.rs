//! What a number counts: its head noun resolved, or the reason named why it counts no people.

use crate::extract::lexicon::lists::ARMED_BODIES;
use crate::extract::lexicon::{
    ABBREVIATION, ADVERB, BE, CASUALTY, COLLECTIVE, CONJUNCTION, DETERMINER, DISTANCE, FEARED, GRAMMAR, INCREMENT,
    INTRANSITIVE, LIVES, MONEY, MONTH, NEGATION, NUMBER, PARTICIPLE, PERCENT, PERSON, PREPOSITION, REPORT, STATE,
    SUBORDINATOR, THING, TIME, TOLL, ZERO,
};
use crate::extract::number::{Number, numbers};
use crate::extract::one::{another, definite, is_aged, is_ordinal, joined, nth, opens_phrase, single};
use crate::extract::refused::{TWO_KINDS, refusal, refuse_the_whole_of_none};
use crate::extract::token::{Kind, Token, said};
use crate::extract::unreal;
use crate::model::{Group, Measure, Quantity, Span};

/// A number together with what it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// How many.
    pub quantity: Quantity,
    /// The first token of the number, qualifier included.
    pub first: usize,
    /// The last token of the number.
    pub last: usize,
    /// The last token of the noun phrase.
    pub end: usize,
    /// How the number is told.
    pub form: Form,
    /// What is counted.
    pub head: Head,
    /// A predicate inside the phrase: "12 wounded soldiers", "12 dead", "12 of the dead".
    pub state: Option<usize>,
    /// Whether it adds to an earlier count: "12 more".
    pub increment: bool,
    /// Whether it is a piece of something told before: "12 of them".
    pub partitive: bool,
}

/// How a number is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number in digits or words.
    Stated,
    /// One person by an article or a bare noun: "a policeman".
    Single,
    /// "no one", "no deaths".
    Zero,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// People, and which.
    Person(Group),
    /// A noun that is a casualty itself: "deaths". The token.
    Casualty(usize),
    /// "lives".
    Lives,
    /// No noun at all: "12 were killed".
    Bare,
    /// A noun that the lexicon does not know.
    Unknown,
    /// Something that is not people; what.
    Refused(&'static str),
}

impl Count {
    /// A number of which nothing more is known yet than the first and the last token of it.
    pub fn bare(quantity: Quantity, (first, last): (usize, usize), form: Form) -> Self {
        let (head, state) = (Head::Bare, None);
        Self { quantity, first, last, end: last, form, head, state, increment: false, partitive: false }
    }

    /// The bytes of the number's words.
    pub fn span(&self, tokens: &[Token]) -> Span {
        Span { start: tokens[self.first].span.start, end: tokens[self.last].span.end }
    }

    /// Whether it is surely no count of people, by what stands around it: a date, money, a measure. Of ages, things and
    /// parts of names one cannot be so sure: "Idukki (37)", "five portraits in black".
    pub fn surely_counts_none(&self) -> bool {
        let sure = [
            "money",
            "percent",
            "score",
            "date",
            "year",
            "time",
            "distance",
            "let go",
            "sought",
            "wounds",
            TWO_KINDS,
            unreal::REASON,
        ];
        matches!(self.head, Head::Refused(reason) if sure.contains(&reason))
    }

    /// Whether it may count people at all.
    pub fn may_count_people(&self) -> bool {
        !matches!(self.head, Head::Refused(_))
    }
}

/// Every count of a sentence, from left to right, refused ones included.
pub fn counts(tokens: &[Token], headline: bool) -> Vec<Count> {
    let mut found: Vec<Count> = numbers(tokens).map(|number| stated(tokens, &number)).collect();
    let stated = found.len();
    let mut next = 0; // of these
    for at in 0..tokens.len() {
        next += usize::from(next < stated && found[next].last < at);
        if next < stated && found[next].first <= at {
            continue;
        }
        if tokens[at].is(ZERO) {
            found.extend(zero(tokens, at));
        } else if tokens[at].reads("as") && tokens.get(at + 1).is_some_and(|t| t.reads("many")) {
            found.extend(as_many(tokens, at, &found));
        } else if is_ordinal(&tokens[at]) {
            let covered = found.iter().any(|count| (count.first..=count.end).contains(&at));
            found.extend(nth(tokens, at).filter(|_| !covered));
        } else if tokens[at].reads_any(&["a", "an", "another"]) {
            found.extend(single(tokens, at, at + 1).or_else(|| another(tokens, at)));
        } else if tokens[at].reads_any(&["the", "his", "her", "their", "its"]) {
            found.extend(definite(tokens, at));
        } else if headline && (tokens[at].is(PERSON) || is_aged(&tokens[at])) && opens_phrase(tokens, at) {
            // "3-year-old son of deputy killed" tells of one child, not of an aged one, a son, and a deputy.
            let behind_of = at.checked_sub(2).filter(|_| tokens[at - 1].reads("of")).unwrap_or(at);
            let told = found.last().is_some_and(|before| before.form == Form::Single && before.end >= behind_of);
            found.extend(single(tokens, at, at).filter(|_| !told && is_singular(&tokens[at].lower)));
        } else if at >= 2 {
            let one = found.last().and_then(|before| joined(tokens, at, before));
            found.extend(one);
        }
    }
    found.sort_by_key(|count| count.first);
    refuse_the_whole_of_none(tokens, &mut found);
    let may_be_unreal = said(tokens) & unreal::WANTS != 0;
    for count in found.iter_mut().filter(|count| count.form != Form::Zero && count.may_count_people()) {
        if may_be_unreal && unreal::has_not_happened(tokens, count) {
            count.head = Head::Refused(unreal::REASON);
            count.state = None;
        }
    }
    found
}

fn stated(tokens: &[Token], number: &Number) -> Count {
    let mut count = Count {
        quantity: number.quantity,
        first: number.first,
        last: number.last,
        end: number.last,
        form: Form::Stated,
        head: Head::Bare,
        state: None,
        increment: number.increment,
        partitive: false,
    };
    if tokens[number.last].is(CASUALTY) && tokens[number.last].is(NUMBER) {
        // "a triple killing", "a 12-fatality crash": the number and what it counts are one word.
        count.head = Head::Casualty(number.last);
        return count;
    }
    noun_phrase(tokens, &mut count);
    // "a family of nine", "a group of five"
    let of = number.first.checked_sub(1).filter(|i| tokens[*i].reads("of"));
    let collective = of.and_then(|i| i.checked_sub(1)).map(|i| &tokens[i]).filter(|t| t.is(COLLECTIVE));
    if let Some(noun) = collective.filter(|_| count.head == Head::Bare && count.state.is_none()) {
        count.head = Head::Person(noun.senses.group.unwrap_or(Group::People));
    }
    if tokens[number.last].lower.ends_with("-strong") || tokens[number.last].lower.ends_with("-member") {
        strong(tokens, &mut count);
    }
    if let Some(reason) = refusal(tokens, number, &count) {
        count.head = Head::Refused(reason);
        count.end = count.last;
        count.state = None;
    }
    count
}

/// "a 74-strong death toll", "a nine-member family", "the four-strong crew"
fn strong(tokens: &[Token], count: &mut Count) {
    let near = |class: u64| (count.last + 1..count.last + 4).find(|i| tokens.get(*i).is_some_and(|t| t.is(class)));
    if let Some(toll) = near(TOLL) {
        count.head = Head::Casualty(toll);
        count.end = toll;
    } else if let Some(noun) = near(COLLECTIVE).filter(|_| !matches!(count.head, Head::Person(_))) {
        count.head = Head::Person(tokens[noun].senses.group.unwrap_or(Group::People));
        count.end = noun;
    }
}

/// "no one", "no deaths": nothing counted.
fn zero(tokens: &[Token], at: usize) -> Option<Count> {
    if tokens[at].reads("no") && tokens.get(at + 1).is_some_and(|t| t.reads(".") && !t.spaced) {
        return None; // "No. 3"
    }
    let mut count = Count {
        quantity: Quantity::Exactly(0),
        first: at,
        last: at,
        end: at,
        form: Form::Zero,
        head: Head::Bare,
        state: None,
        increment: false,
        partitive: false,
    };
    noun_phrase(tokens, &mut count);
    // "without casualties", "no reports of deaths"; but "without a child"
    let of_deaths = tokens[at].reads("without") || tokens[at].lower.ends_with(" of");
    // "no injured", "no arrest was made"
    let struck = count.state.is_some() || tokens.get(at + 1).is_some_and(|t| t.senses.topic == Some(Measure::Detained));
    let counts = match count.head {
        Head::Bare | Head::Unknown if struck && tokens[at].reads_any(&["no", "zero"]) => true,
        Head::Bare => !tokens[at].reads_any(&["no", "neither", "zero"]) && !of_deaths,
        Head::Person(_) => !of_deaths,
        Head::Casualty(_) | Head::Lives => true,
        Head::Unknown | Head::Refused(_) => false,
    };
    count.increment = false;
    (counts && !tokens.get(at + 1).is_some_and(|t| t.reads("longer"))).then_some(count)
}

/// "three dead and as many wounded": the number told before it.
fn as_many(tokens: &[Token], at: usize, found: &[Count]) -> Option<Count> {
    let told = |count: &&Count| count.form == Form::Stated && count.last < at && count.may_count_people();
    let before = found.iter().filter(told).max_by_key(|count| count.last)?;
    let mut count = Count::bare(before.quantity, (at, at + 1), Form::Stated);
    noun_phrase(tokens, &mut count);
    let counted = count.state.is_some() || matches!(count.head, Head::Person(_) | Head::Casualty(_));
    let again = tokens.get(at + 2).is_some_and(|t| t.is(MORE_LIKE));
    (counted || again).then_some(count)
}

/// Words that may stand behind "as many" where it counts people without a noun: "as many were hurt".
const MORE_LIKE: u64 = BE | INCREMENT;

/// Whether a noun for people names one of them.
pub fn is_singular(word: &str) -> bool {
    let last = word.rsplit([' ', '-']).next().unwrap_or(word);
    let plural = (last.ends_with('s') && !last.ends_with("ss"))
        || last.ends_with("men")
        || matches!(
            last,
            "people"
                | "children"
                | "police"
                | "personnel"
                | "staff"
                | "crew"
                | "troops"
                | "others"
                | "elderly"
                | "folk"
                | "other"
        );
    !plural
}

/// Whether a word for people stands before another noun as if it were an adjective: "police cars", "family home".
pub fn is_attributive(word: &str) -> bool {
    word == "police" || is_singular(word)
}

/// Whether a word for people tells whose somebody else is: "a mayor's wife", "two women's activists". Of "a mayor's body" he is
/// the one.
pub fn owns_somebody(tokens: &[Token], at: usize) -> bool {
    let within = |t: &&Token| t.kind != Kind::Mark && !t.is(GRAMMAR | DETERMINER | CASUALTY | THING);
    tokens[at].is(PERSON)
        && tokens.get(at + 1).is_some_and(|t| t.reads("'s"))
        && tokens[at + 2..].iter().take(3).take_while(within).any(|t| t.is(PERSON))
}

/// Whether a full stop closes an abbreviation within a name: "three St. Brenn firemen".
pub fn closes_abbreviation(tokens: &[Token], at: usize) -> bool {
    let named = |i: usize| tokens[i].is(ABBREVIATION) && tokens.get(at + 1).is_some_and(|t| t.capital);
    tokens[at].reads(".") && !tokens[at].spaced && at.checked_sub(1).is_some_and(named)
}

/// Walks the noun phrase behind the number and notes its head, its end, and what it holds.
fn noun_phrase(tokens: &[Token], count: &mut Count) {
    let mut group: Option<Group> = None;
    let mut unknown = 0;
    let mut at = count.last + 1;
    let limit = at + 9;
    while let Some(token) = tokens.get(at).filter(|_| at < limit) {
        let next = tokens.get(at + 1);
        let noun_follows =
            next.is_some_and(|t| t.is(PERSON | THING | CASUALTY) && !t.is(GRAMMAR | ADVERB) && t.kind == Kind::Word);
        // "three of the injured", "three more of the injured"
        if token.reads("of") && (at == count.last + 1 || (at == count.last + 2 && tokens[at - 1].is(INCREMENT))) {
            partitive(tokens, count, at + 1);
            return;
        }
        if token.is_quote() || closes_abbreviation(tokens, at) {
            at += 1;
            continue;
        }
        if owns_somebody(tokens, at) {
            at += 2;
            continue;
        }
        // "in 2023 two men": the next number has a noun of its own.
        if token.is(NUMBER) && token.senses.value.is_some_and(|value| value > 1) {
            break;
        }
        if token.kind != Kind::Word && !(token.kind == Kind::Mixed && token.lower.contains("-year-old")) {
            break;
        }
        if token.is(INCREMENT) && !matches!(count.head, Head::Person(_)) && !token.is(PERSON) {
            count.increment |= !token.reads_any(&["other", "others"]);
            if count.head == Head::Bare && group.is_none() {
                count.end = at;
            }
        } else if token.is(LIVES) {
            count.head = Head::Lives;
            count.end = at;
            return;
        } else if let Some(named) = token.senses.group.filter(|_| token.is(PERSON)) {
            group = match group {
                Some(known) if named == Group::People || (known == Group::Civilians && named != Group::Children) => {
                    Some(known)
                }
                _ => Some(named),
            };
            let also_casualty = token.is(CASUALTY);
            if noun_follows && next.is_some_and(|t| t.is(PERSON)) {
                at += 1;
                continue;
            }
            if next.is_some_and(|t| {
                t.is(THING) && !t.is(PERSON | GRAMMAR | REPORT | PARTICIPLE | ADVERB | PREPOSITION | SOURCE_LIKE)
            }) && is_attributive(&token.lower)
            {
                at += 1;
                continue;
            }
            count.end = at;
            count.head = Head::Person(group.unwrap_or(Group::People));
            if also_casualty && count.state.is_none() {
                count.head = if named == Group::People && group == Some(Group::People) {
                    Head::Casualty(at)
                } else {
                    count.head
                };
                count.state = Some(at);
            }
            if token.reads("other") {
                at += 1;
                continue;
            }
            members_of(tokens, count, at + 1);
            return;
        } else if token.is(CASUALTY) && !noun_follows {
            count.head = Head::Casualty(at);
            count.end = at;
            return;
        } else if token.is(STATE | PARTICIPLE) && count.state.is_none() && !token.is(GRAMMAR) {
            count.state = Some(at);
            count.end = at;
            if !next.is_some_and(|t| t.kind == Kind::Word && !t.is(GRAMMAR | DETERMINER | ADVERB | NEGATION)) {
                return;
            }
        } else if token.is(TIME | DISTANCE | MONEY | PERCENT) && !noun_follows && group.is_none() {
            count.head = Head::Refused(if token.is(TIME) {
                "time"
            } else if token.is(DISTANCE) {
                "distance"
            } else if token.is(MONEY) {
                "money"
            } else {
                "percent"
            });
            return;
        } else if token.is(THING) && !token.is(GRAMMAR | INTRANSITIVE) {
            if !noun_follows {
                if count.state.is_none()
                    || at == count.last + 1
                    || next.is_none_or(|t| t.is(GRAMMAR) || t.kind == Kind::Mark)
                {
                    count.head =
                        Head::Refused(if token.reads_any(&["families", "family", "household", "households"]) {
                            "households"
                        } else {
                            "things, not people"
                        });
                    count.state = None;
                }
                return;
            }
        } else if (token.is(ADVERB) && !token.is(SUBORDINATOR)) || (token.is(FEARED | REPORT) && !token.is(BE)) {
            // "12 confirmed dead", "12 mostly young men": looked through, where something follows; "44 since Friday" ends.
        } else if token.is(GRAMMAR | DETERMINER | NEGATION | INTRANSITIVE | ZERO) || (token.is(MONTH) && token.capital)
        {
            break;
        } else {
            unknown += 1;
            if unknown > 3 {
                break;
            }
            let plural = token.lower.ends_with('s') && !token.lower.ends_with("ss") && !token.capital;
            let ends = next.is_none_or(|t| {
                t.is(GRAMMAR | DETERMINER | ADVERB | PARTICIPLE | INTRANSITIVE | STATE) || t.kind == Kind::Mark
            });
            if plural && ends && token.senses.classes == 0 && count.state.is_none() {
                count.head = Head::Unknown;
                count.end = at;
                return;
            }
        }
        at += 1;
    }
    if let Some(group) = group {
        count.head = Head::Person(group);
    }
}

/// Words that are things to the lexicon but go on the clause after a noun for people.
const SOURCE_LIKE: u64 = CONJUNCTION | STATE;

/// "members of the security forces": whose members they are decides the group.
fn members_of(tokens: &[Token], count: &mut Count, at: usize) {
    if !tokens.get(at).is_some_and(|t| t.reads("of")) {
        return;
    }
    // "Personnel" alone are soldiers, but not those of a hospital.
    if tokens[count.end].reads("personnel") {
        count.head = Head::Person(Group::People);
    }
    if count.head != Head::Person(Group::People) {
        return;
    }
    for (i, token) in tokens.iter().enumerate().skip(at + 1).take(8) {
        // "of the Interior and Defence Ministry forces": names are joined within the phrase.
        let joins = token.is(CONJUNCTION) && tokens.get(i + 1).is_some_and(|t| t.capital);
        if token.kind == Kind::Mark || (token.is(BE | HAVE_OR_VERB) && !joins) {
            return;
        }
        if let Some(group) = token.senses.group.filter(|group| *group != Group::People) {
            count.head = Head::Person(group);
            count.end = i;
            return;
        }
        if !token.capital && ARMED_BODIES.has(&token.lower) {
            count.head = Head::Person(Group::SecurityForces);
            count.end = i;
            return;
        }
    }
}

const HAVE_OR_VERB: u64 = CONJUNCTION | PARTICIPLE | REPORT;

/// "12 of them", "12 of the wounded", "12 of the 40 victims", "one of the worst attacks".
fn partitive(tokens: &[Token], count: &mut Count, from: usize) {
    let mut group = None;
    let mut thing = false;
    for (at, token) in tokens.iter().enumerate().skip(from).take(6) {
        if token.reads_any(&["them", "whom", "these", "those", "us", "which"])
            && !tokens.get(at + 1).is_some_and(|t| t.is(PERSON | THING))
        {
            count.partitive = true;
            count.end = at;
            if token.reads_any(&["those", "these"]) {
                let told = |t: &Token| t.is(PARTICIPLE | STATE | INTRANSITIVE);
                count.state = (at + 1..at + 4).find(|i| tokens.get(*i).is_some_and(told));
                count.end = count.state.unwrap_or(at);
            }
            // "three of them children", "two of whom were women"
            let told = tokens.iter().enumerate().skip(at + 1).take(4);
            let mut named = told.skip_while(|(_, t)| t.is(ADVERB | DETERMINER | BE) || t.reads("of"));
            if let Some((end, token)) = named.next()
                && let Some(group) = token.senses.group
                && token.is(PERSON)
                && !is_singular(&token.lower)
            {
                count.end = end;
                count.head = Head::Person(group);
            }
            return;
        }
        // "30 of the port's 42 cranes"
        let through = token.reads_any(&["other", "same", "'s"]);
        if token.is(DETERMINER) || token.kind == Kind::Digits || token.is(ADVERB) || through {
            continue;
        }
        if token.is(PERSON) && !token.is(CASUALTY) {
            group = token.senses.group;
            count.end = at;
            if !tokens.get(at + 1).is_some_and(|t| t.is(PERSON)) {
                break;
            }
        } else if token.is(STATE | PARTICIPLE | CASUALTY) {
            count.state = Some(at);
            count.end = at;
            count.partitive = true;
            if !tokens.get(at + 1).is_some_and(|t| t.is(PERSON)) {
                break;
            }
        } else if token.is(GRAMMAR) || token.kind == Kind::Mark {
            break;
        } else {
            thing |= token.is(THING | TIME | DISTANCE);
        }
    }
    count.partitive |= group.is_some();
    count.head = match group {
        Some(group) => Head::Person(group),
        None if count.state.is_some() => Head::Bare,
        None if thing => Head::Refused("things, not people"),
        None => Head::Bare,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::lexicon::for_language;
    use crate::extract::token::tokens;

    fn read(text: &str) -> Vec<String> {
        let english = for_language("en").expect("English is there");
        let tokens = tokens(text, Span { start: 0, end: text.len() }, english);
        counts(&tokens, false).iter().map(|c| format!("{} {:?}", c.quantity, c.head)).collect()
    }

    #[test]
    fn people_are_told_from_things() {
        assert_eq!(
            read("12 factory workers and three police cars"),
            ["12 Person(People)", "3 Refused(\"things, not people\")"]
        );
        assert_eq!(read("14 members of the Maridan security forces"), ["14 Person(SecurityForces)"]);
        assert_eq!(read("nine members of the Interior Ministry forces"), ["9 Person(SecurityForces)"]);
        assert_eq!(read("nine members of the army"), ["9 Person(SecurityForces)"]);
        assert_eq!(read("six personnel were hit"), ["6 Person(SecurityForces)"]);
        assert_eq!(read("six personnel of the power station"), ["6 Person(People)"]);
        assert_eq!(read("a bus driver and a police car"), ["1 Person(People)"]);
        assert_eq!(read("two soldiers and a mayor's young wife"), ["2 Person(SecurityForces)", "1 Person(People)"]);
        assert_eq!(read("two women's activists were hit"), ["2 Person(People)"]);
        assert_eq!(
            read("three St. Brenn firemen, a St. Brenn fireman"),
            ["3 Person(AidWorkers)", "1 Person(AidWorkers)"]
        );
        assert_eq!(read("seven of them; two of the wounded"), ["7 Bare", "2 Bare"]);
        assert_eq!(
            read("30 of the quay's 42 cranes"),
            ["30 Refused(\"things, not people\")", "42 Refused(\"things, not people\")"]
        );
    }

    #[test]
    fn one_is_counted_without_an_article_where_a_verb_strikes_him_or_another_joins_him() {
        let (person, child) = ("1 Person(People)", "1 Person(Children)");
        assert_eq!(read("He shot his cousin in the barn."), [person]);
        assert_eq!(read("His cousin said so in the barn."), [""; 0]);
        assert_eq!(read("A clerk and 11-year-old pupil were shot."), [person, child]);
        assert_eq!(read("A clerk and pupils were shot."), [person]);
        assert_eq!(read("He killed a clerk, cook and driver."), [person; 3]);
        assert_eq!(read("He killed a clerk, father of Ana."), [person]);
        assert_eq!(read("A clerk of 61 and his cousin died."), [person, "61 Refused(\"age\")", person]);
        assert_eq!(read("A clerk of 61 and his cousin Ana Orvik died."), [person, "61 Refused(\"age\")"]);
        assert_eq!(read("The mechanic was hurt, the woman was hurt."), [person]);
        assert_eq!(read("A child selling dates was hit by a police car."), [child]);
        assert_eq!(read("A fourth, the goalkeeper, was hurt; a third of them cried."), ["1 Bare"]);
        assert_eq!(read("The nephew of a clerk was shot; the nephew of a clerk said so."), [person; 3]);
        assert_eq!(read("One died in Orvane, the other in Merrow; the other boat sank."), ["1 Bare", "1 Bare"]);
    }

    #[test]
    fn one_of_a_headline_is_counted_once() {
        let english = for_language("en").expect("English is there");
        let headline = |text: &str| counts(&tokens(text, Span { start: 0, end: text.len() }, english), true).len();
        assert_eq!(headline("4-year-old nephew of clerk shot dead"), 1);
        assert_eq!(headline("Nurse killed, 4-year-old girl hurt"), 2);
    }

    #[test]
    fn nobody_is_counted_too() {
        assert_eq!(
            read("no injured, no loss of life, no arrest was made, no doubt"),
            ["0 Bare", "0 Casualty(4)", "0 Bare"]
        );
    }

    #[test]
    fn what_counts_no_people_is_refused_with_its_reason() {
        assert_eq!(read("on March 9, 2025"), ["9 Refused(\"date\")", "2,025 Refused(\"year\")"]);
        assert_eq!(read("on October 9th 2023 killed"), ["2,023 Refused(\"year\")"]);
        assert_eq!(read("16 yr old dead"), ["16 Refused(\"age\")"]);
        assert_eq!(read("she called 911 dead tired"), ["911 Refused(\"emergency number\")"]);
        assert_eq!(read("the 999 caller told them"), ["999 Refused(\"emergency number\")"]);
        assert_eq!(read("the quake killed 911 people"), ["911 Person(People)"]);
        assert_eq!(read("homicide case 2903117745"), ["2,903,117,745 Refused(\"file or telephone number\")"]);
        assert_eq!(read("the flood displaced 2000000 people"), ["2,000,000 Person(People)"]);
        assert_eq!(read("killed 999 people"), ["999 Person(People)"]);
        assert_eq!(read("both soldiers and villagers"), ["2 Refused(\"two kinds of people\")"]);
        assert_eq!(read("both brothers were hit"), ["2 Person(People)"]);
        assert_eq!(read("both soldiers and a villager"), ["2 Person(SecurityForces)", "1 Person(People)"]);
        assert_eq!(read("in May nine died, on 9 May 12 died"), ["9 Bare", "9 Refused(\"date\")", "12 Bare"]);
        assert_eq!(read("on May 9 and May 12"), ["9 Refused(\"date\")", "12 Refused(\"date\")"]);
        assert_eq!(read("17 stab wounds, 17 for wounds"), ["17 Refused(\"wounds\")", "17 Bare"]);
        assert_eq!(read("it stood at 44 since Friday"), ["44 Bare"]);
        assert_eq!(read("image 3 of 40"), ["3 Bare", "40 Refused(\"part of a name\")"]);
        assert_eq!(read("Lena Orvik, 86, lived"), ["86 Refused(\"age\")"]);
        assert_eq!(
            read("Lena Orvik, three, was shot; Ada Orvik, six (left)"),
            ["3 Refused(\"age\")", "6 Refused(\"age\")"]
        );
        assert_eq!(read("It was shot in Port Orvik, three, and in Ada, four"), ["3 Bare", "4 Bare"]);
        assert_eq!(read("the three -year-old"), ["3 Refused(\"age\")"]);
        assert_eq!(read("it cost $50 million"), ["50,000,000 Refused(\"money\")"]);
        assert_eq!(
            read("40 families, 12 km, 30 hours"),
            ["40 Refused(\"households\")", "12 Refused(\"distance\")", "30 Refused(\"time\")"]
        );
    }
}
