//! The noun phrases that name somebody: before a verb, behind it, with their titles, appositions and brackets.

use crate::extract::lexicon::{
    ADVERB, BE, BOUND, CONJUNCTION, COUNT, DETERMINER, EARLIER, FEARED, GRAMMAR, HAVE, MODAL, MONTH, NUMBER, PART,
    PERSON, PREPOSITION, PRONOUN, REPORT, SOURCE, SUBORDINATOR, THING, TOPIC, WEEKDAY,
};
use crate::extract::token::{Kind, Token};

/// The speaker before a verb of saying: "The interior ministry | said", "John Mina, the police chief, | said".
pub fn name_before(tokens: &[Token], verb: usize) -> Option<(usize, usize)> {
    let mut end = verb;
    while end > 0
        && (tokens[end - 1].is(ADVERB | HAVE | MODAL | WEEKDAY | EARLIER) || tokens[end - 1].reads("on"))
        && !tokens[end - 1].is(SOURCE)
    {
        end -= 1;
    }
    end = before_bracket(tokens, end);
    let last = tokens.get(end.checked_sub(1)?)?;
    if last.reads(",") {
        // An apposition between commas: the speaker stands before it.
        let comma = (end.saturating_sub(14)..end - 1).rev().find(|i| tokens[*i].reads(","))?;
        // ", a UK-based monitor," tells what the one before is, and is no part of the name.
        let kind = tokens[comma + 1].reads_any(&["a", "an", "one"]);
        let whole = !kind
            && tokens[comma + 1..end - 1]
                .iter()
                .all(|t| t.capital || t.is(SOURCE | PERSON | DETERMINER) || t.reads("of"));
        return match noun_phrase_ending(tokens, before_bracket(tokens, comma)) {
            // "the governor, Ana Reyes, said": office and name are one.
            Some(found) if whole => Some((headed(tokens, found).0, end - 1)),
            Some(found) => Some(headed(tokens, found)),
            None => noun_phrase_ending(tokens, end - 1),
        };
    }
    if last.is(PRONOUN) && last.reads_any(&["he", "she", "it", "they"]) {
        return Some((end - 1, end));
    }
    noun_phrase_ending(tokens, end)
        .map(|found| headed(tokens, found))
        .or_else(|| speaks(tokens, end))
        .or_else(|| {
            // "A nurse at the health post said", "sources in the control room said": the head stands before the preposition.
            let preposition = (end.saturating_sub(8)..end)
                .rev()
                .find(|i| tokens[*i].reads_any(&["at", "in", "from", "for", "with", "on"]))?;
            noun_phrase_ending(tokens, preposition)
        })
        .or_else(|| plain_noun_before(tokens, end, verb))
}

/// Where a name ends whose short form follows in brackets, "the Tarsa Rights Network (TRN)": that is taken up where names are
/// kept.
fn before_bracket(tokens: &[Token], end: usize) -> usize {
    let closes = end > 0 && tokens[end - 1].reads(")");
    let opens = (end.saturating_sub(5)..end).rev().find(|i| closes && tokens[*i].reads("("));
    opens.unwrap_or(end)
}

/// So many words a noun that is not known as one of those who speak may have before it.
const MOST_ADJECTIVES: usize = 3;

/// Whether a word may stand in a noun phrase whose noun is not known.
pub fn is_plain(token: &Token) -> bool {
    token.kind == Kind::Word && !token.is(GRAMMAR | REPORT | DETERMINER) && token.senses.measure.is_none()
}

/// "The harbourmaster | said", "insurers | believe": whoever stands before a verb of saying says it; without an article where
/// it closes a headline, "Six die in blaze, harbour master | says".
fn plain_noun_before(tokens: &[Token], end: usize, verb: usize) -> Option<(usize, usize)> {
    let plain = tokens[..end].iter().rev().take(MOST_ADJECTIVES + 1).take_while(|t| is_plain(t)).count();
    let from = end - plain;
    let before = from.checked_sub(1).map(|i| &tokens[i]);
    let determined = before.is_some_and(|t| t.is(DETERMINER));
    let opens = plain == 1 && before.is_none_or(|t| t.kind == Kind::Mark) && tokens[from].lower.ends_with('s');
    let closes = verb + 1 == tokens.len() && before.is_some_and(|t| t.reads_any(&[",", ";", "–", "-", ":"]));
    (plain > 0 && (determined || opens || closes)).then_some((from, end))
}

/// "according to the gendarmerie": whoever stands there has told it.
pub fn plain_noun_after(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let from = at + tokens[at.min(tokens.len())..].iter().take_while(|t| t.is(DETERMINER | NUMBER)).count();
    // "weather records": behind a preposition no verb stands.
    let plain = |t: &&Token| is_plain(t) || t.is(REPORT) && !t.is(GRAMMAR | DETERMINER);
    let plain = tokens.get(from..)?.iter().take(MOST_ADJECTIVES + 1).take_while(plain).count();
    (plain > 0).then_some((from, from + plain))
}

/// "A security official speaking anonymously | said", "a doctor who asked not to be named | said"
fn speaks(tokens: &[Token], end: usize) -> Option<(usize, usize)> {
    let goes_on = |i: &usize| tokens[*i].reads_any(&["speaking", "talking", "who", "quoted"]);
    let clause = (end.saturating_sub(12)..end).rev().find(goes_on)?;
    let plain = tokens[clause..end].iter().all(|t| t.kind == Kind::Word);
    let (from, to) = noun_phrase_ending(tokens, clause).filter(|_| plain)?;
    tokens[from..to].iter().any(|t| t.is(SOURCE | PERSON)).then_some((from, to))
}

/// "A nurse at the Mbisa clinic", "police in the port of Mbisa": the noun before the prepositions is who speaks.
fn headed(tokens: &[Token], (from, to): (usize, usize)) -> (usize, usize) {
    let (mut best, mut start, mut end) = ((from, to), from, to);
    for _ in 0..3 {
        let left = tokens[..start].iter().rev().take_while(|t| t.is(DETERMINER) && !t.is(PREPOSITION)).count();
        let Some(preposition) = (start - left).checked_sub(1) else { break };
        if !tokens[preposition].reads_any(&["of", "in", "at", "from", "for", "on", "with"]) {
            break;
        }
        let Some((first, last)) = noun_phrase_ending(tokens, preposition).or_else(|| {
            let noun = preposition.checked_sub(1).filter(|i| tokens[*i].kind == Kind::Word)?;
            let adjective = noun.checked_sub(1).filter(|i| tokens[*i].capital && !tokens[*i].is(WEEKDAY | MONTH));
            tokens[noun].is(THING).then_some((adjective.unwrap_or(noun), noun + 1))
        }) else {
            break;
        };
        end = if tokens[preposition].reads("of") { end } else { last };
        start = first;
        if tokens[first..last].iter().any(|t| t.is(SOURCE)) {
            best = (first, end);
        }
    }
    best
}

pub fn noun_phrase_ending(tokens: &[Token], end: usize) -> Option<(usize, usize)> {
    let mut start = end;
    let mut fits = false;
    while start > 0 && end - start < 10 {
        let token = &tokens[start - 1];
        let name = token.capital && !token.is(WEEKDAY | MONTH | DETERMINER | SUBORDINATOR | PRONOUN);
        let strong = token.is(SOURCE) || (name && token.senses.measure.is_none() && !token.is(PREPOSITION | ADVERB));
        let links = start < end
            && (token.reads_any(&["of", "for", "'s", "and", "&", "on", "(", ")", ".", "the"])
                || (token.reads("-") && !token.spaced));
        // "Hospital No. 16", "Rescue 1122", "112th Division"
        let numbered = matches!(token.kind, Kind::Digits | Kind::Mixed)
            && (start < end && token.kind == Kind::Mixed
                || start > 1
                    && !tokens[start - 2].is(WEEKDAY | MONTH)
                    && (tokens[start - 2].capital
                        || (tokens[start - 2].reads(".") && start > 2 && tokens[start - 3].reads("no"))));
        let linked_by_comma = token.kind == Kind::Mark && token.reads_any(&[","]);
        if linked_by_comma {
            break;
        }
        if strong || (token.is(PERSON) && !token.is(PRONOUN | BE)) {
            fits |= strong || token.is(PERSON);
            start -= 1;
        } else if numbered {
            start -= 1;
        } else if links && start > 1 {
            let inner = &tokens[start - 2];
            let goes_on = match &*token.lower {
                "the" => inner.reads_any(&["of", "for", "at", "in"]),
                "and" | "&" => inner.is(SOURCE) || (inner.capital && tokens[start..end].iter().any(|t| t.capital)),
                "." => (inner.capital && inner.lower.len() <= 4) || inner.reads("no"),
                _ => inner.is(SOURCE | PERSON) || inner.capital || token.reads("'s"),
            };
            if !goes_on {
                break;
            }
            start -= 1;
        } else if token.kind == Kind::Word
            && start < end
            && token.senses.classes & !ADJECTIVAL == 0
            && token.senses.measure.is_none()
        {
            start -= 1; // an adjective: "local", "regional", "relief"
        } else {
            break;
        }
    }
    while start < end
        && (tokens[start].kind != Kind::Word
            || tokens[start].is(DETERMINER | CONJUNCTION)
            || tokens[start].reads_any(&["of", "for", "and", "'s"]))
        && !tokens[start].is(SOURCE)
    {
        start += 1;
    }
    (fits && start < end && !tokens[start..end].iter().all(|t| t.is(FEARED | BE))).then_some((start, end))
}

/// The speaker behind "according to" or an inverted verb.
pub fn name_after(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let mut start = at;
    // "according to the district council", "according to two officials"
    while tokens.get(start).is_some_and(|t| t.is(DETERMINER | NUMBER) && !t.is(SOURCE)) {
        start += 1;
    }
    let mut end = start;
    let mut fits = false;
    while let Some(token) = tokens.get(end).filter(|_| end - start < 10) {
        let links = token.reads_any(&["of", "for", "'s", "&", "(", ")", "the", "in", "and"]);
        if token.is(SOURCE | PERSON) || (token.capital && !token.is(WEEKDAY | MONTH) && token.kind == Kind::Word) {
            fits = true;
            end += 1;
        } else if links && fits {
            let after = tokens.get(end + 1);
            let goes_on = after.is_some_and(|t| {
                (t.capital && !t.is(WEEKDAY | MONTH)) || (t.is(SOURCE) && !token.reads("and")) || t.reads("the")
            });
            if !goes_on || token.reads("(") {
                break;
            }
            end += 1;
        } else if token.kind == Kind::Word && token.senses.classes & !ADJECTIVAL == 0 && !fits {
            end += 1;
        } else {
            break;
        }
    }
    (fits && end > start).then(|| (start, with_apposition(tokens, start, end)))
}

/// "the governor, Ana Reyes,": office and name are one.
fn with_apposition(tokens: &[Token], start: usize, end: usize) -> usize {
    let office = tokens[start..end].iter().any(|t| t.is(SOURCE | PERSON) && !t.capital);
    let opens = tokens.get(end).is_some_and(|t| t.reads(","));
    let name = tokens.get(end + 1..).unwrap_or_default();
    let length = name.iter().take(5).take_while(|t| is_of_a_name(t)).count();
    let closes = name.get(length).is_none_or(|t| t.kind == Kind::Mark);
    if office && opens && length >= 2 && closes { end + 1 + length } else { end }
}

/// Whether a word is of somebody's name: "Ana", "Reyes", "Dr".
pub fn is_of_a_name(token: &Token) -> bool {
    token.capital
        && token.kind == Kind::Word
        && !token.is(WEEKDAY | MONTH | SOURCE | DETERMINER | PREPOSITION | PRONOUN | BOUND)
}

/// What the words between an article and a name may be besides adjectives: "the district council", "prison officials".
const ADJECTIVAL: u64 = THING | PART | TOPIC | COUNT;
