//! Where and over which time a count holds, as the words of its own clause tell.

use std::ops::Range;

use crate::extract::discourse::Line;
use crate::extract::head::{Count, Form};
use crate::extract::lexicon::{
    ACCORDING, ADVERB, BE, CONJUNCTION, DEED, DETERMINER, EARLIER, ELSEWHERE, GRAMMAR, HAVE, INCLUDE, INTRANSITIVE,
    LABEL, LINKING, MODAL, MONTH, NEGATION, ONWARD, PERIOD, PERSON, PLACING, PREDICATE, PREPOSITION, PRONOUN,
    QUALIFIER, RANGING, REACHING, REGION, RELATIVE, REPORT, SOURCE, SUBORDINATOR, THING, TIME, TIMING, WEEKDAY,
};
use crate::extract::token::{Kind, Token};
use crate::model::Span;

/// The clause of a count, as far as its words may tell where and when.
pub struct Clause<'a> {
    line: &'a Line,
    /// The tokens behind the count and before it.
    behind: Range<usize>,
    before: Range<usize>,
    /// The first word of the sentence, where nobody speaks between it and the count.
    opening: Option<usize>,
}

/// How many tokens to each side of a count are looked at.
const REACH: usize = 25;

/// The tokens from the first of an expression to its last.
type Found = (usize, usize);

impl<'a> Clause<'a> {
    /// That of a count of a line.
    pub fn of(line: &'a Line, count: usize) -> Self {
        let Count { first, end: own, .. } = line.counts[count];
        // "49 dead in Tartous": the phrase belongs to what is counted, and puts it in a place as well.
        let behind_it = if own > first && line.tokens[own].is(PLACING) { own } else { own + 1 };
        Self {
            line,
            behind: behind_it..behind(line, count),
            before: before(line, count)..first,
            opening: opening(line, first),
        }
    }

    /// The place of the count: the name behind a preposition of place that stands nearest behind it, else nearest before it,
    /// else at the opening of the sentence. A kind with "of" is left out: "in the town of Baniyas" tells "Baniyas".
    pub fn place(&self, text: &str) -> Option<Span> {
        self.nearest(PLACING, |at, end| name(text, &self.line.tokens[..end], at))
    }

    /// The period of the count, from the word that opens it to the end of the expression of time.
    pub fn period(&self) -> Option<Span> {
        self.nearest(TIMING | PERIOD | WEEKDAY | DETERMINER, |at, end| time(self.line, at, end))
    }

    /// What `read` finds nearest to the count: behind it, before it, at the opening of its sentence. It opens with a word of
    /// these classes.
    fn nearest(&self, openers: u64, read: impl Fn(usize, usize) -> Option<Found>) -> Option<Span> {
        let (tokens, first) = (&self.line.tokens, self.before.end);
        let opens = |at: &usize| tokens[*at].is(openers);
        let found = self.behind.clone().filter(opens).find_map(|at| read(at, self.behind.end));
        let found = found.or_else(|| self.before.clone().rev().filter(opens).find_map(|at| read(at, first)));
        let found = found.or_else(|| self.opening.filter(opens).and_then(|at| read(at, first)));
        found.map(|(from, to)| Span { start: tokens[from].span.start, end: tokens[to].span.end })
    }
}

/// Where the clause of a count ends behind it.
fn behind(line: &Line, count: usize) -> usize {
    let tokens = &line.tokens;
    let start = line.counts[count].end + 1;
    let mut comma = None;
    for at in start..tokens.len().min(start + REACH) {
        let token = &tokens[at];
        if parts(token) {
            return at;
        }
        if attributes(tokens, at) {
            // "…, a doctor in Naro said": who says it stands before the verb.
            return comma.unwrap_or(at);
        }
        if token.reads(",") || token.is_quote() {
            comma = Some(at);
        }
        let opens = |other: &&Count| other.first == at && is_rival(other);
        let other = line.covering[at].and_then(|_| line.counts.iter().find(opens));
        if other.is_none_or(|other| shares(tokens, start, other)) {
            continue;
        }
        // "between 8 and 16 February" counts nobody.
        let opener = [at, at.saturating_sub(1)].into_iter().find(|i| tokens[*i].is(RANGING));
        if opener.is_none_or(|i| dated(line, i + 1, tokens.len(), true).is_none()) {
            return at;
        }
    }
    tokens.len().min(start + REACH)
}

/// Whether what is told behind another count is told of the one before it too: "12 killed and 30 injured in Naro".
fn shares(tokens: &[Token], start: usize, other: &Count) -> bool {
    let between = &tokens[start.min(other.first)..other.first];
    let after = &tokens[tokens.len().min(other.end + 1)..tokens.len().min(other.end + 4)];
    if other.partitive || between.iter().any(|t| t.is(SUBORDINATOR | RELATIVE | EARLIER | ELSEWHERE)) {
        return false;
    }
    if between.iter().any(|t| t.is(INCLUDE)) {
        // "including three children, in Naro", but not "including three in Naro".
        return tokens.get(other.end + 1).is_some_and(|t| t.reads(","));
    }
    let own_verb = after.iter().any(|t| t.is(BE | HAVE | INTRANSITIVE));
    let told = between.iter().any(|t| t.is(PREDICATE));
    let gapped = other.state.is_some() || after.first().is_some_and(|t| t.is(PREDICATE));
    if told { gapped && !own_verb } else { !after.first().is_some_and(|t| t.is(PLACING)) || start == other.first }
}

/// Where the clause of a count begins before it.
fn before(line: &Line, count: usize) -> usize {
    let tokens = &line.tokens;
    let first = line.counts[count].first;
    let floor = first.saturating_sub(REACH);
    let mut at = first;
    let mut joint = None;
    while at > floor {
        let token = &tokens[at - 1];
        if parts(token) || token.reads(":") {
            return at;
        }
        if attributes(tokens, at - 1) {
            return told_from(tokens, at, first);
        }
        // What stands before a joint belongs to the other count, if there is one.
        if joint.is_none() && (token.reads(",") || token.is(CONJUNCTION)) {
            joint = Some(at);
        }
        if line.covering[at - 1].is_some() && line.counts.iter().any(|other| other.end == at - 1 && is_rival(other)) {
            return joint.unwrap_or(first);
        }
        at -= 1;
    }
    at
}

/// Where what is told begins behind a verb of telling at `at - 1`: "said on Saturday that | 12 were killed".
fn told_from(tokens: &[Token], at: usize, first: usize) -> usize {
    let opens = |i: &usize| tokens[*i].is(RELATIVE | SUBORDINATOR) || tokens[*i].reads(",");
    let of_telling = tokens[at].is(PLACING | TIMING | WEEKDAY | PERIOD);
    (at..first).find(opens).map_or(if of_telling { first } else { at }, |i| i + 1)
}

/// The first word of the sentence, where nobody speaks between it and the count.
fn opening(line: &Line, first: usize) -> Option<usize> {
    let tokens = &line.tokens;
    let start = tokens[..first].iter().take_while(|t| t.is_quote() || t.is(CONJUNCTION | ADVERB)).count();
    let near = first - start <= REACH;
    let spoken = (start..first).any(|at| parts(&tokens[at]) || attributes(tokens, at) && !tokens[at].is(ACCORDING));
    (near && !spoken && start < first).then_some(start)
}

/// Whether a mark ends the clause for good.
fn parts(token: &Token) -> bool {
    token.is_dash() || token.reads(";")
}

/// Whether a count stands for people, so that it may have a place of its own.
fn is_rival(count: &Count) -> bool {
    count.form == Form::Stated && count.may_count_people()
}

/// Whether somebody tells something at this word, so that what stands beside it is of the telling: "said in Naro".
fn attributes(tokens: &[Token], at: usize) -> bool {
    let token = &tokens[at];
    let passive = || tokens[at.saturating_sub(3)..at].iter().any(|t| t.is(BE));
    let tells =
        token.is(REPORT) && token.kind == Kind::Word && token.senses.measure.is_none() && !token.is(PREPOSITION);
    (tells && !passive()) || (token.is(ACCORDING) && !token.is(SUBORDINATOR | PERIOD))
}

/// The name behind the preposition of place at `at`.
fn name(text: &str, tokens: &[Token], at: usize) -> Option<Found> {
    if !tokens[at].is(PLACING) {
        return None;
    }
    let (from, to) = named(text, tokens, at + 1)?;
    Some((from, also(text, tokens, to)))
}

/// How many words may stand between a preposition and the name.
const BEFORE_A_NAME: usize = 6;
/// How many words a name may have.
const LONGEST_NAME: usize = 6;

/// The name of a place that begins at `start`, or behind its kind and some adjectives: "the coastal province of Latakia".
fn named(text: &str, tokens: &[Token], start: usize) -> Option<Found> {
    let capital = |at: usize| tokens.get(at).is_some_and(|t| is_name(text, t));
    let mut from = start;
    let mut at = start;
    while !capital(at) {
        let token = tokens.get(at).filter(|_| at < start + BEFORE_A_NAME)?;
        let kind = token.is(REGION) || token.senses.classes == 0;
        let fits = token.kind == Kind::Word
            && (token.is(DETERMINER | LINKING) || kind || (token.is(ADVERB) && !token.is(GRAMMAR | PREDICATE)));
        if !fits || is_genitive(tokens, at) {
            return None;
        }
        at += 1;
        if token.is(DETERMINER | LINKING | REGION | ADVERB) {
            from = at;
        }
    }
    let end = at
        + tokens[at..]
            .iter()
            .take(LONGEST_NAME)
            .enumerate()
            .take_while(|(i, t)| {
                let more = *i > 0 && t.kind == Kind::Word && (t.is(LINKING) || t.lower.chars().count() <= 3);
                let link = more && !t.is(GRAMMAR & !PREPOSITION | DETERMINER | TIMING | PLACING) && capital(at + i + 1);
                is_name(text, t) && !is_genitive(tokens, at + i) || link
            })
            .count();
    let run = &tokens[at..end];
    // "Naro Market Blast" in a headline: the name ends before a noun that is no place.
    let length = run.iter().take_while(|t| !is_common(t)).count();
    let letter = length == 1 && run[0].lower.chars().count() == 1;
    if letter || run.get(length).is_some_and(|t| t.is(DEED | PERSON | SOURCE)) || !run[..length].iter().any(is_telling)
    {
        return None;
    }
    let last = at + length - 1;
    let Some(next) = tokens.get(last + 1).filter(|t| t.kind == Kind::Word) else { return Some((from, last)) };
    if is_genitive(tokens, last + 1) {
        // "Syria's Latakia province", "Naro's outskirts", but not "Orlan's prisons".
        let owned = named(text, tokens, last + 2);
        let part = tokens.get(last + 2).is_some_and(|t| t.is(REGION) && t.senses.topic.is_none());
        return owned.or(part.then_some((from, last)));
    }
    if next.is(REGION) && !is_genitive(tokens, last + 2) {
        return Some((from, last + 1));
    }
    let tied = !next.is(GRAMMAR | DETERMINER | ADVERB | PREDICATE);
    (!(tied && next.is(DEED | PERSON))).then_some((from, last))
}

/// The end of a second name that is joined to the first: "in Latakia and Tartous".
fn also(text: &str, tokens: &[Token], last: usize) -> usize {
    if !tokens.get(last + 1).is_some_and(|t| t.is(CONJUNCTION) && t.is(REACHING)) {
        return last;
    }
    let Some((from, to)) = named(text, tokens, last + 2).filter(|(from, _)| *from == last + 2) else { return last };
    let closes = tokens.get(to + 1).is_none_or(|t| t.kind == Kind::Mark || t.is(PLACING | TIMING));
    if closes && is_name(text, &tokens[from]) { to } else { last }
}

/// Whether a word is written as names are: "Tartous", "al-Hol". Days and months are no names of places.
fn is_name(text: &str, token: &Token) -> bool {
    token.kind == Kind::Word
        && token.span.of(text).contains(char::is_uppercase)
        && !token.is(WEEKDAY | MONTH | PLACING | TIMING | DETERMINER)
}

/// Whether a word with a capital is no part of a place's name: a person, an office, a thing that is no place.
fn is_common(token: &Token) -> bool {
    !token.is(REGION)
        && token.is(PERSON | SOURCE | THING | PREDICATE | REPORT | BE | HAVE | MODAL | DEED | SUBORDINATOR)
}

/// Whether a word makes a name of others: known ones alone ("the City") say of no place which it is.
fn is_telling(token: &Token) -> bool {
    !token.is(REGION | LABEL | LINKING | GRAMMAR & !PRONOUN)
}

/// Whether the word at `at` is the ending of a genitive.
fn is_genitive(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|t| t.kind == Kind::Word && !t.spaced && t.is(BE))
}

/// The expression of time that begins at `at`, before `end`.
fn time(line: &Line, at: usize, end: usize) -> Option<Found> {
    let tokens = &line.tokens[..end];
    let token = &tokens[at];
    let before = at.checked_sub(1).map(|i| &tokens[i]);
    if token.is(TIMING) {
        if before.is_some_and(|t| t.is(LABEL) && !t.capital) {
            return None; // "aged between 8 and 16"
        }
        let last = dated(line, at + 1, end, token.is(RANGING));
        // "since the 25 October takeover": a word that runs on makes an event of the date.
        let runs_on = |last: &usize| {
            is_genitive(tokens, last + 1)
                || tokens.get(last + 1).is_some_and(|t| {
                    t.kind == Kind::Word
                        && token.is(ONWARD)
                        && !t.is(GRAMMAR | ADVERB | DETERMINER | PREDICATE | REPORT)
                })
        };
        let last = last.filter(|last| !runs_on(last));
        let last = last.or_else(|| token.is(ONWARD).then(|| event(line, at + 1, end)).flatten())?;
        return Some((at, last));
    }
    let governed = before.is_some_and(|t| t.is(PREPOSITION | SUBORDINATOR | MODAL | TIMING | LINKING));
    let alone = token.is(PERIOD)
        || (token.is(WEEKDAY) && (token.lower.len() != 3 || token.capital))
        || (token.is(DETERMINER) && token.is(PRONOUN) && tokens.get(at + 1).is_some_and(|t| t.is(TIME)));
    if !alone || governed {
        return None;
    }
    let last = dated(line, at, end, false).filter(|last| !is_genitive(tokens, last + 1))?;
    Some((at, last))
}

/// How many words may stand between the opener of a period and the time.
const BEFORE_A_TIME: usize = 5;

/// The last token of the time that begins at `start`: a date, days, years. `two` is whether it must have two ends.
fn dated(line: &Line, start: usize, end: usize, two: bool) -> Option<usize> {
    let tokens = &line.tokens[..end];
    let mut last = None;
    let mut reached = false; // the second end
    let mut crossed = None;
    let mut idle = 0;
    for at in start..end {
        let token = &tokens[at];
        let previous = at.checked_sub(1).filter(|i| *i >= start).map(|i| &tokens[i]);
        let peopled = line.covering[at].is_some_and(|c| line.counts[c as usize].may_count_people());
        let number = token.senses.value.is_some() || token.kind == Kind::Digits || token.senses.bound.is_some();
        // "between 8 and 16 February": of a number with a second end what follows decides.
        let date = number && (two || !peopled);
        let year = token.kind == Kind::Digits && token.lower.len() == 4 && token.lower.starts_with(['1', '2']);
        let day_of_month = token.kind == Kind::Digits
            && token.lower.len() <= 2
            && previous.is_some_and(|t| t.is(MONTH) || t.reads("."));
        let begun = last.is_some();
        let hyphen = token.reads("-") || token.is_dash();
        if (!peopled && (year || day_of_month))
            || token.is(WEEKDAY | PERIOD)
            || (token.is(MONTH) && token.capital)
            || (token.is(TIME)
                && !token.is(BE)
                && (number_before(tokens, at) || previous.is_some() || !begun)
                && !tokens
                    .get(at + 1)
                    .is_some_and(|t| t.is(THING) && !t.is(TIME | WEEKDAY | PERIOD | GRAMMAR | ADVERB)))
        {
            last = Some(at);
            reached |= crossed.is_some();
            idle = 0;
            continue;
        }
        let reaches = at > start && (token.is(REACHING) || hyphen);
        let comma = begun && token.reads_any(&[",", "."]) && tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Digits);
        let word = token.kind == Kind::Word
            && !token.capital
            && token.senses.measure.is_none()
            && (token.is(QUALIFIER | DETERMINER)
                || !token.is(GRAMMAR | PERSON | SOURCE | THING | REPORT | NEGATION | PLACING | LABEL | REGION | DEED));
        let fits = if reaches {
            crossed = Some(at);
            two || (token.is(CONJUNCTION) && begun)
        } else if begun {
            comma || token.is(LINKING | DETERMINER) || date
        } else {
            date || word
        };
        idle += 1;
        if !fits || idle > BEFORE_A_TIME {
            break;
        }
    }
    last.filter(|_| !two || reached)
}

fn number_before(tokens: &[Token], at: usize) -> bool {
    at > 0 && (tokens[at - 1].kind == Kind::Digits || tokens[at - 1].senses.value.is_some())
}

/// How many words an event may have that a period is counted from.
const LONGEST_EVENT: usize = 10;

/// The last token of the event that begins at `start`: "since | the ceasefire took effect". Where it reads like a reason
/// ("since the road was cut") it is none.
fn event(line: &Line, start: usize, end: usize) -> Option<usize> {
    let tokens = &line.tokens[..end];
    if !tokens.get(start).is_some_and(|t| t.is(DETERMINER) || t.capital) {
        return None;
    }
    let stops = |at: &usize| tokens[*at].kind == Kind::Mark || tokens[*at].is(CONJUNCTION);
    let stop = (start..end).find(stops).unwrap_or(end);
    let plain = (start..stop).all(|at| {
        !tokens[at].is(HAVE | MODAL | NEGATION | RELATIVE & !DETERMINER | REPORT)
            && (!tokens[at].is(BE) || is_genitive(tokens, at))
            && (!tokens[at].is(PRONOUN) || tokens[at].is(DETERMINER))
            && !line.covering[at].is_some_and(|c| is_rival(&line.counts[c as usize]))
    });
    (plain && stop > start + 1 && stop - start <= LONGEST_EVENT).then(|| stop - 1)
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    /// "49 in Tartous" for every figure of a sentence, or its period in place of the place.
    fn told(sentence: &str, period: bool) -> Vec<String> {
        let reading = read(&article(&format!("Notes from the valley\n\n{sentence}\n")));
        let of = |f: &crate::model::Figure| if period { f.period.clone() } else { f.place.clone() };
        reading.figures.iter().map(|f| format!("{} {}", f.quantity, of(f).as_deref().unwrap_or("-"))).collect()
    }

    fn differing(cases: &[(&str, &[&str])], period: bool) -> String {
        let mut wrong = String::new();
        for (sentence, expected) in cases {
            let found = told(sentence, period);
            if found != *expected {
                wrong += &format!("{sentence}\n    read {found:?}, expected {expected:?}\n");
            }
        }
        wrong
    }

    #[test]
    fn places_are_read_from_the_clause_of_their_count() {
        let wrong = differing(PLACES, false);
        assert!(wrong.is_empty(), "{wrong}");
    }

    #[test]
    fn what_is_no_place_is_left_alone() {
        let wrong = differing(NO_PLACES, false);
        assert!(wrong.is_empty(), "{wrong}");
    }

    #[test]
    fn periods_are_read_from_the_clause_of_their_count() {
        let wrong = differing(PERIODS, true);
        assert!(wrong.is_empty(), "{wrong}");
    }

    #[test]
    fn what_is_no_period_is_left_alone() {
        let wrong = differing(NO_PERIODS, true);
        assert!(wrong.is_empty(), "{wrong}");
    }

    const PLACES: &[(&str, &[&str])] = &[
        ("49 people were killed in Tartous.", &["49 Tartous"]),
        ("They counted 49 dead in Tartous, 25 in Latakia.", &["49 Tartous", "25 Latakia"]),
        ("In Tartous 49 people were killed.", &["49 Tartous"]),
        ("In Tartous, 49 people were killed and 30 were injured.", &["49 Tartous", "30 Tartous"]),
        ("At least 12 people were killed in the town of Baniyas.", &["at least 12 Baniyas"]),
        ("12 people died in the coastal province of Latakia.", &["12 Latakia"]),
        ("12 people died in Latakia province.", &["12 Latakia province"]),
        ("12 people were killed in northern Tarsa.", &["12 northern Tarsa"]),
        ("12 people were killed and 30 injured near Port Ardo.", &["12 Port Ardo", "30 Port Ardo"]),
        ("A blast in Kirov killed 12 people.", &["12 Kirov"]),
        ("12 people drowned off the coast of Tarsa.", &["12 Tarsa"]),
        ("12 people were killed in Tarsa's Orvane district.", &["12 Orvane district"]),
        ("12 people were killed in Rio de Orvane on Monday.", &["12 Rio de Orvane"]),
        ("12 people were killed at the al-Orva camp.", &["12 al-Orva camp"]),
        ("12 people were killed in Latakia and Tartous.", &["12 Latakia and Tartous"]),
        ("12 people, including three children, were killed in Naroka.", &["12 Naroka", "3 Naroka"]),
        ("12 people were killed in Naroka, including three children.", &["12 Naroka", "3 -"]),
        ("12 people were killed in an Israeli raid on Naroka.", &["12 Naroka"]),
        ("12 people were killed in May in Naroka.", &["12 Naroka"]),
        ("12 people were killed outside the city of Naroka, a doctor in Kirov said.", &["12 Naroka"]),
        ("The ministry in Kirov said 12 people were killed across Tarsa.", &["12 Tarsa"]),
        ("12 people died when a bus fell into a ravine near Naroka.", &["12 Naroka"]),
    ];

    const NO_PLACES: &[(&str, &[&str])] = &[
        ("12 people were killed in May.", &["12 -"]),
        ("12 people were injured and in hospital.", &["12 -"]),
        ("12 people were injured, all in critical condition.", &["12 -"]),
        ("12 people were killed in several villages.", &["12 -"]),
        ("12 people were killed in the north.", &["12 -"]),
        ("12 people were killed in Israeli air strikes.", &["12 -"]),
        ("12 people were killed in Hamas custody.", &["12 -"]),
        ("12 people were killed, a doctor in Kirov said.", &["12 -"]),
        ("12 people were killed, according to the ministry in Kirov.", &["12 -"]),
        ("The ministry in Kirov said 12 people were killed.", &["12 -"]),
        ("12 people were killed at Friday prayers.", &["12 -"]),
        ("12 people were killed on Monday.", &["12 -"]),
        ("12 people were killed in clashes.", &["12 -"]),
        ("12 people were killed in President Orlan's home.", &["12 -"]),
        ("12 bodies were brought to the morgue at the Ministry of Health.", &["12 -"]),
        ("12 people were killed; the road in Kirov is closed.", &["12 -"]),
        ("12 people were killed – the school in Kirov is closed.", &["12 -"]),
        ("12 people were killed with a hammer.", &["12 -"]),
    ];

    const PERIODS: &[(&str, &[&str])] = &[
        ("49 people have been killed since Thursday.", &["49 since Thursday"]),
        (
            "More than 49 people have been killed in Naroka since Thursday, the monitor said on Saturday.",
            &["at least 49 since Thursday"],
        ),
        ("12 people were killed in the past 24 hours.", &["12 in the past 24 hours"]),
        ("12 people were killed over the last two weeks.", &["12 over the last two weeks"]),
        ("12 people were killed on 7 October 2023.", &["12 on 7 October 2023"]),
        ("12 people were killed on October 7, 2023, in Naroka.", &["12 on October 7, 2023"]),
        ("12 people were killed between 8 and 16 February.", &["12 between 8 and 16 February"]),
        ("12 people were killed between 2012 and 2015.", &["12 between 2012 and 2015"]),
        ("12 people were killed from Thursday to Saturday.", &["12 from Thursday to Saturday"]),
        ("12 people were killed on Tuesday morning.", &["12 on Tuesday morning"]),
        ("12 people were killed on the night of 3 May.", &["12 on the night of 3 May"]),
        ("12 people were killed overnight.", &["12 overnight"]),
        ("12 people were killed Tuesday in Naroka.", &["12 Tuesday"]),
        ("In 2015, 300 people were killed.", &["300 In 2015"]),
        ("On Tuesday, 12 people were killed.", &["12 On Tuesday"]),
        ("300 people have been killed so far this year.", &["300 so far this year"]),
        ("12 people were killed in May.", &["12 in May"]),
        ("12 people were killed in early March.", &["12 in early March"]),
        ("12 people were killed during three days of fighting.", &["12 during three days"]),
        ("12 people have been killed since the ceasefire took effect.", &["12 since the ceasefire took effect"]),
        ("An attack on Monday killed 12 people.", &["12 on Monday"]),
        ("12 people were killed on Monday and 30 were injured on Tuesday.", &["12 on Monday", "30 on Tuesday"]),
    ];

    const NO_PERIODS: &[(&str, &[&str])] = &[
        ("12 people were killed, the ministry said on Saturday.", &["12 -"]),
        ("The ministry said on Saturday that 12 people were killed.", &["12 -"]),
        ("12 people were killed in Naroka.", &["12 -"]),
        ("12 people were killed in 12 villages.", &["12 -"]),
        ("12 people were killed on the spot.", &["12 -"]),
        ("12 children aged between 8 and 16 were killed.", &["12 -"]),
        ("12 people were killed at Friday's march.", &["12 -"]),
        ("12 people were killed by Tuesday.", &["12 -"]),
        ("12 people may have been killed.", &["12 -"]),
        ("12 people were killed; the road was shut on Monday.", &["12 -"]),
        ("12 people were injured and cannot leave since the road was cut.", &["12 -"]),
        ("12 people were killed in hospital.", &["12 -"]),
        ("12 people were killed on board the ferry.", &["12 -"]),
        ("12 people were killed – the school opened in 2015.", &["12 -"]),
        ("12 people were killed during the march.", &["12 -"]),
    ];
}
