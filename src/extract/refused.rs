//! Why a number counts no people who were struck: by what stands around it, or by the words that leave some out.

use crate::extract::head::{Count, Form, Head, is_singular};
use crate::extract::lexicon::lists::{CALLING, CALLS, SOUGHT};
use crate::extract::lexicon::{
    ADVERB, BE, COLLECTIVE, DETERMINER, GRAMMAR, HAVE, INTRANSITIVE, LABEL, MONEY, MONTH, NUMBER, PARTICIPLE, PERCENT,
    PERSON, PREDICATE, PREPOSITION, SAVED, THING,
};
use crate::extract::number::Number;
use crate::extract::token::{Kind, Token};
use crate::model::{Measure, Quantity};

/// "Neither of the two pilots", "none of the 62 aboard": of the number inside nothing is told.
pub fn refuse_the_whole_of_none(tokens: &[Token], found: &mut [Count]) {
    for at in 1..found.len() {
        let none = found[at - 1].form == Form::Zero && found[at - 1].partitive;
        let but_some = found[at - 1].head == Head::Refused(LEFT_OUT);
        let inside = found[at].first <= found[at - 1].end;
        // "all but three of the 62"
        let beside = tokens[found[at - 1].last + 1..found[at].first.max(found[at - 1].last + 1)].iter();
        let of_them =
            beside.clone().any(|t| t.reads("of")) && beside.clone().all(|t| t.reads("of") || t.is(DETERMINER));
        if (none && inside) || (but_some && of_them) {
            found[at].head = Head::Refused(NOT_ALL);
            found[at].state = None;
        }
    }
}

/// Why "all but three" counts none who are struck.
const LEFT_OUT: &str = "those left out";
/// Why "the 62" in "neither of the 62" counts none either.
const NOT_ALL: &str = "those of whom not all are meant";

/// Why "both" counts none where it joins.
pub const TWO_KINDS: &str = "two kinds of people";

/// "soldiers and civilians" behind "both": nouns for many on either side, so that no two are meant. "Both pilots and a
/// guard" and "both the driver and his son" are two.
fn are_two_kinds(tokens: &[Token], from: usize) -> bool {
    let phrase = |from: usize| {
        let words = tokens.iter().enumerate().skip(from).take(4);
        let plain = |t: &Token| t.kind == Kind::Word && !t.is(GRAMMAR | DETERMINER | NUMBER | PREDICATE);
        words.take_while(|(_, t)| plain(t)).last().filter(|(_, t)| t.is(PERSON) && !is_singular(&t.lower))
    };
    let Some((first, _)) = phrase(from) else { return false };
    tokens.get(first + 1).is_some_and(|t| t.reads("and")) && phrase(first + 2).is_some()
}

/// "9", "9th": what may be a day of a month.
fn day_of_month(token: &Token) -> bool {
    matches!(token.kind, Kind::Digits | Kind::Mixed) && token.lower.len() <= 4
}

/// From so many digits without a mark between them a number is a name for something, unless a noun for people follows; from
/// so many on in any case.
const UNGROUPED: usize = 7;
const MOST_UNGROUPED: usize = 10;

/// Why a number counts no people, judged by what stands around it.
pub fn refusal(tokens: &[Token], number: &Number, count: &Count) -> Option<&'static str> {
    let before = |back: usize| number.bare.checked_sub(back).and_then(|i| tokens.get(i));
    let after = |ahead: usize| tokens.get(number.last + ahead);
    let value = number.quantity.told();
    let peopled = matches!(count.head, Head::Person(_) | Head::Casualty(_) | Head::Lives) || count.state.is_some();
    let single_token = number.bare == number.last && tokens[number.bare].kind == Kind::Digits;
    if before(1).is_some_and(|t| t.reads_any(&["$", "€", "£", "₹", "¥"]) || (t.is(MONEY) && !t.reads("won")))
        || before(2).is_some_and(|t| t.reads("rs") && before(1).is_some_and(|m| m.reads(".")))
    {
        return Some("money");
    }
    if after(1).is_some_and(|t| t.is(PERCENT)) {
        return Some("percent");
    }
    // "Case 2903117745", "call 0555012345": so many digits in a row are grouped where they count people.
    let digits = if single_token { tokens[number.bare].lower.len() } else { 0 };
    if digits >= UNGROUPED && !peopled || digits >= MOST_UNGROUPED {
        return Some("file or telephone number");
    }
    // "He called 911 and", "a 999 caller said": the number that one calls for help. 911 alone is hardly ever anything else.
    if single_token && tokens[number.bare].reads_any(&["911", "999", "112", "000"]) {
        let called = before(1).is_some_and(|t| CALLING.has(&t.lower)) || after(1).is_some_and(|t| CALLS.has(&t.lower));
        if called || tokens[number.bare].reads("911") && !peopled {
            return Some("emergency number");
        }
    }
    if tokens[number.bare].reads("both") && are_two_kinds(tokens, number.last + 1) {
        return Some(TWO_KINDS);
    }
    // "three years old", and "a three -year-old girl" as careless pages have it
    let years = |t: &Token| t.reads_any(&["yr", "yrs", "year", "years"]);
    if after(1).is_some_and(years) && after(2).is_some_and(|t| t.reads("old"))
        || after(1).is_some_and(|t| t.reads("-")) && after(2).is_some_and(|t| t.lower.starts_with("year-old"))
    {
        return Some("age");
    }
    // "released 30 detainees": what befell them is over.
    let let_go = before(1).is_some_and(|t| t.is(SAVED) && t.kind == Kind::Word && !t.is(PARTICIPLE | INTRANSITIVE));
    let held = |i: usize| matches!(tokens[i].senses.measure, Some(Measure::Detained | Measure::Abducted));
    if let_go && matches!(count.head, Head::Casualty(noun) if held(noun)) {
        return Some("let go");
    }
    // "Three people are still being sought by police"
    let passed = tokens[count.end + 1..].iter().take(5).take_while(|t| t.is(BE | HAVE | ADVERB)).count();
    let sought = tokens
        .get(count.end + 1 + passed)
        .is_some_and(|t| t.is(SAVED) && t.lower.contains(' ') && SOUGHT.iter().any(|w| t.lower.starts_with(w)));
    if sought {
        return Some("sought");
    }
    // "17 stab wounds"; but "17 for wounds"
    if after(1).is_some_and(|t| t.lower.ends_with("wounds") && t.is(THING))
        || after(2).is_some_and(|t| t.reads("wounds")) && !after(1).is_some_and(|t| t.is(PREPOSITION | HAVE))
    {
        return Some("wounds");
    }
    if before(1).is_some_and(|t| t.reads("per")) {
        return Some("ratio");
    }
    if before(1).is_some_and(|t| t.reads_any(&["but", "except"])) && before(2).is_some_and(|t| t.reads("all")) {
        return Some(LEFT_OUT); // "all but three of the 62"
    }
    // "Photo 3 of 40": a label counts on.
    let counted_on =
        before(2).is_some_and(|t| t.kind == Kind::Digits) && before(3).is_some_and(|t| t.is(LABEL | THING));
    if number.plain_digits && before(1).is_some_and(|t| t.reads("of")) && counted_on && !peopled {
        return Some("part of a name");
    }
    if after(1).is_some_and(|t| t.reads("-") && !t.spaced) && after(2).is_some_and(|t| t.kind == Kind::Digits) {
        return Some("score");
    }
    if before(1).is_some_and(|t| (t.reads("-") || t.reads("/")) && !t.spaced) && !peopled {
        return Some("part of a name");
    }
    let month = |t: &Token| t.is(MONTH) && t.capital;
    if value <= 31 && after(1).is_some_and(month) && number.plain_digits {
        return Some("date");
    }
    // "May 9"; but "in May nine died", "on 9 May 12 died"
    let dated_already = before(2).is_some_and(day_of_month);
    if value <= 31
        && number.plain_digits
        && before(1).is_some_and(month)
        && !dated_already
        && (!peopled || after(1).is_none_or(|t| t.kind == Kind::Mark))
    {
        return Some("date");
    }
    if before(1).is_some_and(|t| t.reads_any(&["aged", "age", "ages"])) {
        return Some("age");
    }
    let is_year = |n: u64| (1_500..2_100).contains(&n);
    // "October 9th, 2023 killed four": the year of a date, whatever stands behind it.
    let comma = usize::from(before(1).is_some_and(|t| t.reads(",")));
    let dated = before(1 + comma).is_some_and(day_of_month) && before(2 + comma).is_some_and(month);
    if number.plain_digits && is_year(value) && (dated || comma == 0 && before(1).is_some_and(month)) {
        return Some("year");
    }
    if peopled {
        return None;
    }
    if let Quantity::Between(from, to) = number.quantity
        && is_year(from)
        && is_year(to)
        && tokens[number.bare].kind == Kind::Digits
    {
        return Some("year");
    }
    let four_digits = single_token && tokens[number.bare].lower.len() == 4;
    if four_digits && is_year(value) && number.plain_digits {
        return Some("year");
    }
    if number.plain_digits {
        let label = before(1).is_some_and(|t| {
            t.is(LABEL)
                && !(t.reads("number") && before(2).is_some_and(|b| b.is(PREDICATE | PERSON)))
                && (t.capital || t.reads_any(&["day", "page", "no", "number", "phase", "magnitude"]))
        }) || before(2).is_some_and(|t| t.is(LABEL) && before(1).is_some_and(|m| m.reads(".")));
        if label && !before(1).is_some_and(|t| t.reads(":")) {
            return Some("part of a name");
        }
        // "in Hubei 21 were killed", "Guinea 38, Nigeria 5": a number that does not run on belongs to no name.
        let runs_on = after(1).is_some_and(|t| t.kind == Kind::Word && !t.is(GRAMMAR | PREDICATE | ADVERB));
        if before(1).is_some_and(|t| t.capital && t.senses.classes == 0 && t.kind == Kind::Word)
            && number.bare > 1
            && runs_on
        {
            return Some("part of a name");
        }
        let closes = after(1).is_none_or(|t| t.reads_any(&[",", ".", ")", ";", "and"]));
        let opened = before(1).is_some_and(|t| t.reads_any(&[",", "("]));
        if value <= 110
            && closes
            && opened
            && before(2)
                .is_some_and(|t| (t.capital && t.senses.measure.is_none()) || (t.is(PERSON) && is_singular(&t.lower)))
        {
            return Some("age");
        }
    }
    // "Romello Snow, three, was": a name that no preposition makes a place.
    let name = |t: &Token| t.capital && t.kind == Kind::Word && t.senses.measure.is_none() && !t.is(GRAMMAR);
    let named =
        before(2).is_some_and(name) && before(3).is_some_and(name) && !before(4).is_some_and(|t| t.is(PREPOSITION));
    if value <= 110
        && number.bare == number.last
        && named
        && before(1).is_some_and(|t| t.reads(","))
        && after(1).is_some_and(|t| t.reads_any(&[",", "("]))
    {
        return Some("age");
    }
    // "a woman of 40", but "a family of nine"
    let person_of = before(1).is_some_and(|t| t.reads("of"))
        && before(2).is_some_and(|t| t.is(PERSON) && is_singular(&t.lower) && !t.is(COLLECTIVE));
    if value <= 110 && person_of {
        return Some("age");
    }
    if value <= 110
        && before(1).is_some_and(|t| t.reads_any(&["was", "is"]))
        && before(2).is_some_and(|t| t.reads_any(&["he", "she", "who"]))
    {
        return Some("age");
    }
    if value == 1 && after(1).is_some_and(|t| t.reads("in")) && after(2).is_some_and(|t| t.is(NUMBER)) {
        return Some("ratio");
    }
    if after(1).is_some_and(|t| t.reads("out of")) {
        return Some("ratio");
    }
    None
}
