//! One who is counted without a number: "a nurse", "the deputy mayor was shot", "a fourth body", "another was hurt".

use crate::extract::head::{Count, Form, Head, closes_abbreviation, is_attributive, is_singular, owns_somebody};
use crate::extract::lexicon::lists::SOMEBODY;
use crate::extract::lexicon::{
    ADVERB, BE, CASUALTY, DETERMINER, FEARED, FINITE, GRAMMAR, HAVE, INTRANSITIVE, ORDINAL, PARTICIPLE, PERSON,
    PREDICATE, PREPOSITION, REPORT, STATE, THING, TIME, small_number,
};
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Quantity};

/// Whether a noun of a headline may stand without an article: "Man dead, toddler hurt", "FIFO worker dies".
pub fn opens_phrase(tokens: &[Token], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| &tokens[i]) else { return true };
    // "Police seek man in killing of boy", "Town mourns after toddler shot"
    before.reads_any(&[",", ":", ";", "and", "of", "after", "as"])
        || before.is(FINITE)
        || (before.is(PREDICATE) && before.senses.measure.is_some())
        || (at < 3 && !before.is(PERSON | DETERMINER | GRAMMAR))
}

/// "a policeman", "a 22-year-old singer": one person. `from` is where the noun phrase goes on.
pub fn single(tokens: &[Token], at: usize, from: usize) -> Option<Count> {
    let mut head = None;
    for (i, token) in tokens.iter().enumerate().skip(from).take(7) {
        if closes_abbreviation(tokens, i) || (i > from && owns_somebody(tokens, i - 1)) {
            continue;
        }
        if owns_somebody(tokens, i) {
            head = None;
            continue;
        }
        let age = if token.lower.is_hyphened() { age_of(&token.lower) } else { None };
        if let Some(years) = age {
            if head.is_none() {
                head = Some((i, if years < 18 { Group::Children } else { Group::People }));
            }
        } else if let Some(group) = token.senses.group {
            let group = match head {
                Some((_, Group::Children)) if group == Group::People => Group::Children,
                Some((_, known)) if group == Group::People && known != Group::Children => known,
                _ => group,
            };
            head = Some((i, group));
        } else if token.is(GRAMMAR | DETERMINER | FEARED)
            || (token.kind == Kind::Mark && !token.reads("-"))
            || (head.is_some() && token.is(PARTICIPLE | STATE | INTRANSITIVE | REPORT | ADVERB))
            || (head.is_some() && is_doing(tokens, i))
        {
            break;
        } else if token.is(THING | CASUALTY | TIME) {
            // "a police car"; but "a bus driver"
            if head.is_some_and(|(j, _)| j + 1 == i) && is_attributive(&tokens[i - 1].lower) {
                head = None;
            } else if head.is_some() {
                break;
            }
        } else if head.is_some() {
            break;
        }
    }
    let (end, group) = head?;
    // "A local staff", as many write it, is one of them.
    let one_of_them =
        tokens[end].reads_any(&["staff", "personnel"]) && !tokens.get(end + 1).is_some_and(|t| t.reads("of"));
    if tokens[end].kind == Kind::Word && !is_singular(&tokens[end].lower) && !one_of_them {
        return None;
    }
    // "a married couple"
    let several = SEVERAL_AS_ONE.iter().find(|(word, _)| tokens[end].reads(word)).map(|(_, value)| *value);
    Some(Count {
        quantity: Quantity::Exactly(several.unwrap_or(1)),
        first: at,
        last: at,
        end,
        form: Form::Single,
        head: Head::Person(group),
        state: None,
        increment: tokens[at].reads("another"),
        partitive: false,
    })
}

/// Whether a word tells what somebody does: "a child selling dates", "a woman sitting there", but not "a family outing in".
fn is_doing(tokens: &[Token], at: usize) -> bool {
    let goes_on =
        |t: &Token| t.kind == Kind::Word && !t.is(GRAMMAR | BE | HAVE | PREDICATE | ADVERB) || t.is(DETERMINER);
    tokens[at].lower.ends_with("ing") && tokens.get(at + 1).is_some_and(goes_on)
}

/// "The deputy mayor was assassinated", "the bomber also died", "a woman and her child": one who is no news by an article,
/// but by what befell him right behind, or by whom he is joined to.
pub fn definite(tokens: &[Token], at: usize) -> Option<Count> {
    if tokens[at].reads("the") {
        return the_other(tokens, at).or_else(|| the_one(tokens, at));
    }
    let count = single(tokens, at, at + 1)?;
    let named = tokens.get(count.end + 1).is_some_and(|t| t.capital);
    let told = tokens.iter().any(|t| t.senses.measure.is_some() || t.senses.topic.is_some());
    (told && !named || is_told(tokens, &count)).then_some(count)
}

/// "The driver died", "police arrested the owner": by his office. "The man died" is mostly one told of before.
fn the_one(tokens: &[Token], at: usize) -> Option<Count> {
    let count = single(tokens, at, at + 1)?;
    let noun = &tokens[count.end];
    let role = noun.kind == Kind::Word && !SOMEBODY.iter().any(|word| noun.lower.ends_with(word));
    let joined = at > 1 && tokens[at - 1].reads("and") && tokens[at - 2].is(PERSON);
    (role && (joined || is_told(tokens, &count))).then_some(count)
}

/// "One driver was killed and the other hurt"; "one is in critical condition, the other in good".
fn the_other(tokens: &[Token], at: usize) -> Option<Count> {
    let other = tokens.get(at + 1)?.reads_any(&["other", "older", "younger", "elder"]);
    let alone = tokens
        .get(at + 2)
        .is_none_or(|t| t.kind == Kind::Mark || t.is(BE | HAVE | PREDICATE | PREPOSITION) && !t.is(PERSON));
    (other && alone).then(|| Count::bare(Quantity::Exactly(1), (at, at + 1), Form::Single))
}

/// Whether one is told of as struck: by the verb behind, or the one right before.
fn is_told(tokens: &[Token], count: &Count) -> bool {
    let through = |t: &&Token| t.is(ADVERB | BE | HAVE) || t.reads_any(&["himself", "herself", "then"]);
    let from = behind_apposition(tokens, behind_complement(tokens, count.end + 1));
    let passed = tokens[from..].iter().take(5).take_while(through).count();
    let passive = tokens[from..from + passed].iter().any(|t| t.is(BE));
    let verb = tokens.get(from + passed);
    let struck =
        count.first > 0 && tokens[count.first - 1].senses.measure.is_some() && tokens[count.first - 1].is(PREDICATE);
    struck || verb.is_some_and(|verb| verb.is(INTRANSITIVE) || (passive && verb.is(PARTICIPLE | STATE)))
}

/// The place behind whose somebody is: "the son of a deputy was killed"; the same place where nothing is told of that.
fn behind_complement(tokens: &[Token], at: usize) -> usize {
    if !tokens.get(at).is_some_and(|t| t.reads("of")) || !tokens.get(at + 1).is_some_and(|t| t.is(DETERMINER)) {
        return at;
    }
    let goes_on = |t: &&Token| t.kind == Kind::Word && !t.is(BE | HAVE | PREDICATE) || t.is(PERSON);
    at + 2 + tokens[at + 2..].iter().take(LONGEST_COMPLEMENT).take_while(goes_on).count()
}

/// So many words stand behind "of a" at the most.
const LONGEST_COMPLEMENT: usize = 4;

/// The place behind what is told of somebody between commas: "the driver, Ana Orvik, 27, died"; the same place where nothing is.
fn behind_apposition(tokens: &[Token], at: usize) -> usize {
    let is_comma = |i: &usize| tokens[*i].reads(",");
    if !tokens.get(at).is_some_and(|t| t.reads(",")) {
        return at;
    }
    let mut closing = (at + 1..tokens.len().min(at + LONGEST_APPOSITION)).filter(is_comma);
    closing.next_back().map_or(at, |comma| comma + 1)
}

/// So many tokens an apposition has at the most.
const LONGEST_APPOSITION: usize = 12;

/// "A man and teenage girl", "killed his mother, stepfather and grandmother": one more without an article, joined to one who is
/// counted. `before` is the one without a number who was counted last.
pub fn joined(tokens: &[Token], at: usize, before: &Count) -> Option<Count> {
    let one = before.form == Form::Single && before.end + 2 == at && before.quantity == Quantity::Exactly(1);
    let joint = one && tokens[at - 1].reads_any(&["and", ","]);
    let opens = joint && (tokens[at].is(PERSON) || is_aged(&tokens[at]));
    let count = opens.then(|| single(tokens, at, at)).flatten()?;
    // After a comma only where a list goes on: "a nurse, mother of two" is one.
    let goes_on = tokens.get(count.end + 1).is_some_and(|t| t.reads_any(&[",", "and"]));
    (tokens[at - 1].reads("and") || goes_on).then_some(count)
}

/// Whether a word counts on: "third", "12th".
pub fn is_ordinal(token: &Token) -> bool {
    let ending = || token.lower.trim_start_matches(|c: char| c.is_ascii_digit());
    token.is(ORDINAL) || (token.kind == Kind::Mixed && matches!(ending(), "st" | "nd" | "rd" | "th"))
}

/// "The third victim", "a fourth body", "the 12th journalist killed": one, whatever the place in a row.
pub fn nth(tokens: &[Token], at: usize) -> Option<Count> {
    let led = at.checked_sub(1).is_some_and(|i| tokens[i].is(DETERMINER));
    // "The first to die" is often told of at length before.
    if (!led && at > 0) || tokens[at].reads("first") {
        return None;
    }
    let mut count = Count::bare(Quantity::Exactly(1), (at, at), Form::Single);
    // "A fourth, the goalkeeper, was hurt", "a third was found": but "a third of them"
    let alone = |t: &Token| t.is(BE | HAVE) || t.reads_any(&[",", "who", "whose"]);
    if led && tokens.get(at + 1).is_some_and(alone) {
        return Some(count);
    }
    for (i, token) in tokens.iter().enumerate().skip(at + 1).take(4) {
        let ends = token.kind != Kind::Word || token.is(GRAMMAR | DETERMINER);
        if (token.is(PERSON) || token.is(CASUALTY)) && !ends {
            let goes_on = tokens.get(i + 1).is_some_and(|t| t.is(PERSON | CASUALTY) && !t.is(GRAMMAR | PARTICIPLE));
            if goes_on {
                continue;
            }
            if !is_singular(&token.lower) {
                return None;
            }
            count.end = i;
            count.head = match token.senses.group.filter(|_| token.is(PERSON)) {
                Some(group) => Head::Person(group),
                None => Head::Casualty(i),
            };
            return Some(count);
        }
        // "a tenth later died", but "a third of them" and "the third said"
        if token.is(PREDICATE) && !token.is(CASUALTY) && i > at {
            let through = tokens[at + 1..i].iter().all(|t| t.is(ADVERB | BE | HAVE));
            return (through && led).then_some(count);
        }
        if !(token.is(ADVERB | BE | HAVE) || (!ends && i == at + 1)) {
            return None;
        }
    }
    None
}

/// Nouns for two or three as one.
const SEVERAL_AS_ONE: &[(&str, u64)] = &[("couple", 2), ("duo", 2), ("trio", 3)];

/// "One was killed and another hurt": one more, without a noun.
pub fn another(tokens: &[Token], at: usize) -> Option<Count> {
    let ends = tokens.get(at + 1).is_none_or(|t| t.is(BE | PREDICATE | ADVERB) && !t.is(PERSON));
    (tokens[at].reads("another") && ends)
        .then(|| Count { increment: true, ..Count::bare(Quantity::Exactly(1), (at, at), Form::Single) })
}

/// Whether a word tells one by an age: "22-year-old".
pub fn is_aged(token: &Token) -> bool {
    token.lower.is_hyphened() && age_of(&token.lower).is_some()
}

/// The age in "22-year-old", "two-year-old", "six-month-old", in whole years.
fn age_of(word: &str) -> Option<u32> {
    let (number, rest) = word.rsplit_once("-old")?.0.rsplit_once('-')?;
    let value = || number.parse().ok().or_else(|| u32::try_from(small_number(number)?).ok());
    match rest {
        "year" => value(),
        "month" | "week" | "day" => value().map(|_| 0),
        _ => None,
    }
}
