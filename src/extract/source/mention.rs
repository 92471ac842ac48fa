//! Mentions of those who may have counted: who is named in a sentence, and whether they are said to tell anything.

use crate::extract::discourse::Line;
use crate::extract::hashed::{Hashed, hashed};
use crate::extract::head::Count;
use crate::extract::lexicon::lists::{CLAIMED, CLAIMING};
use crate::extract::lexicon::{
    ACCORDING, ADVERB, BE, CONJUNCTION, COUNT, DETERMINER, HAVE, MODAL, MONTH, NUMBER, PERSON, PREPOSITION, PRONOUN,
    RELATIVE, REPORT, SOURCE, SUBORDINATOR, TOLL, WEEKDAY,
};
use crate::extract::source::clause;
use crate::extract::source::phrase::{is_of_a_name, name_after, name_before, noun_phrase_ending, plain_noun_after};
use crate::extract::token::{Kind, Token};

/// Somebody is named in a sentence who may have counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Who.
    pub speaker: Speaker,
    /// The first token of the name, and of the verb where one comes first.
    pub from: usize,
    /// The token behind the name and its verb.
    pub to: usize,
    /// How.
    pub way: Way,
}

/// Who is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// By a name or a noun.
    Named(String),
    /// "he said", "it added"
    Pronoun,
}

/// How somebody is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// "The ministry said that …"
    Opens,
    /// "…, the ministry said, …"
    Inserted,
    /// "…, the ministry said."
    Closes,
    /// "…", said the ministry
    Inverted,
    /// "according to the ministry"
    According,
    /// "Ministry: 12 dead"
    Colon,
    /// "12 dead - ministry"
    Dash,
    /// "12 dead (ministry)"
    Bracket,
    /// "the ministry's figure"
    Owner,
    /// "put at 12 by the ministry"
    By,
    /// "The ministry has 12 dead": before any other verb.
    Subject,
    /// "The harbour log ends at 12": an unknown noun that opens the clause of a count, before its verb.
    Clause,
    /// Anything else.
    Passing,
}

impl Way {
    /// The name in facts.
    pub fn name(self) -> Hashed<'static> {
        match self {
            Self::Opens => hashed!("opens"),
            Self::Inserted => hashed!("inserted"),
            Self::Closes => hashed!("closes"),
            Self::Inverted => hashed!("inverted"),
            Self::According => hashed!("according"),
            Self::Colon => hashed!("colon"),
            Self::Dash => hashed!("dash"),
            Self::Bracket => hashed!("bracket"),
            Self::Owner => hashed!("owner"),
            Self::By => hashed!("by"),
            Self::Subject => hashed!("subject"),
            Self::Clause => hashed!("clause"),
            Self::Passing => hashed!("passing"),
        }
    }

    /// Whether somebody is said to tell something.
    pub fn tells(self) -> bool {
        !matches!(self, Self::Owner | Self::By | Self::Subject | Self::Clause | Self::Passing)
    }

    /// Whether what is told may stand before the mention, and behind it.
    pub fn reaches(self, ahead: bool) -> bool {
        match self {
            Self::Opens | Self::Colon => !ahead,
            Self::Closes | Self::Inverted | Self::Dash | Self::Bracket => ahead,
            Self::Inserted | Self::According => true,
            Self::Owner | Self::By | Self::Subject | Self::Clause | Self::Passing => false,
        }
    }
}

/// All mentions of a sentence, from left to right.
pub fn mentions(text: &str, line: &Line) -> Vec<Mention> {
    let tokens = &line.tokens;
    let mut found: Vec<Mention> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let mention = if token.is(ACCORDING) && !token.is(SUBORDINATOR) {
            if token.reads("per") && !is_told_per(tokens, at) {
                continue;
            }
            let told_by = name_after(tokens, at + 1).or_else(|| plain_noun_after(tokens, at + 1));
            told_by.map(|(from, to)| (named(text, tokens, from, to), at, to, Way::According))
        } else if token.is(REPORT) && token.kind == Kind::Word {
            if at > 0 && is_passive_report(tokens, at) || claims_lives(tokens, at) {
                continue;
            }
            cited(text, tokens, at).or_else(|| said(text, tokens, at))
        } else if token.reads(":") || token.is_dash() || token.reads("(") {
            set_off(text, line, at)
        } else if token.reads("by") && at > 0 && tokens[at - 1].is(REPORT) {
            // "verified by the mission"
            let told_by = name_after(tokens, at + 1).or_else(|| plain_noun_after(tokens, at + 1));
            told_by.map(|(from, to)| (named(text, tokens, from, to), from, to, Way::By))
        } else {
            None
        };
        if let Some((speaker, from, to, way)) = mention {
            found.push(Mention { speaker, from, to, way });
        }
    }
    passing(text, line, &mut found);
    let mut taken = vec![false; tokens.len()];
    found.iter().for_each(|m| taken[m.from..m.to].fill(true));
    let opens = |(from, to)| Mention { speaker: named(text, tokens, from, to), from, to, way: Way::Clause };
    found.extend(clause::openers(line, &taken).into_iter().map(opens));
    found.sort_by_key(|mention| (mention.from, mention.to));
    found
}

/// Who opens a sentence by a full name, whether anything is told there or not: "Ana Orvik keeps a book."
pub fn first_named<'a>(text: &'a str, line: &Line) -> Option<&'a str> {
    let tokens = &line.tokens;
    let length = tokens.iter().take(6).take_while(|t| is_of_a_name(t)).count();
    (2..6).contains(&length).then(|| &text[tokens[0].span.start..tokens[length - 1].span.end])
}

/// "…, per the district council", but not "two per household".
fn is_told_per(tokens: &[Token], at: usize) -> bool {
    let source = |t: &Token| t.is(SOURCE) || t.capital;
    let set_off = at.checked_sub(1).is_none_or(|i| tokens[i].kind == Kind::Mark);
    let named = name_after(tokens, at + 1).is_some_and(|(from, to)| tokens[from..to].iter().any(source));
    tokens.get(at + 1).is_some_and(source) || (set_off && named)
}

/// "The collapse claimed 12 lives", "claimed the lives of 12": nobody says anything.
fn claims_lives(tokens: &[Token], at: usize) -> bool {
    let mut object =
        tokens[at + 1..].iter().take(6).take_while(|t| t.kind != Kind::Mark && !t.is(SUBORDINATOR | REPORT));
    // A token may be several words of the lexicon: "the lives of".
    CLAIMING.has(&tokens[at].lower) && object.any(|t| t.lower.split(' ').any(|word| CLAIMED.has(word)))
}

type Told = (Speaker, usize, usize, Way);

/// "The UN cites the health ministry's figure": who is cited has counted.
fn cited(text: &str, tokens: &[Token], at: usize) -> Option<Told> {
    let cites = tokens[at].reads_any(&["cites", "quotes"]);
    let (from, to) =
        name_after(tokens, at + 1).filter(|(from, to)| cites && tokens[*from..*to].iter().any(|t| t.is(SOURCE)))?;
    Some((named(text, tokens, from, to), at, to, Way::According))
}

/// The speaker at a verb of saying.
fn said(text: &str, tokens: &[Token], at: usize) -> Option<Told> {
    if let Some((from, to)) = inverted(tokens, at) {
        return Some((named(text, tokens, from, to), at, to, Way::Inverted));
    }
    if let Some((from, to)) = name_before(tokens, at) {
        // "Prior reports", "Official counts": a noun, and no verb of saying.
        let noun =
            tokens[at].is(SOURCE | COUNT) || tokens.get(at + 1).is_some_and(|t| t.is(HAVE | BE | MODAL | REPORT));
        if at == from + 1 && from == 0 && !tokens[0].is(SOURCE | PERSON | PRONOUN) && noun {
            return None;
        }
        let pronoun = to == from + 1 && tokens[from].is(PRONOUN) && !tokens[from].is(SOURCE);
        let speaker = if pronoun { Speaker::Pronoun } else { named(text, tokens, from, to) };
        let ahead = tokens[..from].iter().rev().find(|t| !t.is(DETERMINER));
        let opener = ahead
            .is_none_or(|t| t.kind == Kind::Mark || t.is(SUBORDINATOR | CONJUNCTION | RELATIVE | ADVERB | WEEKDAY));
        let closes =
            tokens.get(at + 1).is_none_or(|t| t.kind == Kind::Mark && !t.reads_any(&[":", ","]) && !t.is_quote());
        let trailing = ahead.is_some_and(|t| t.reads_any(&[",", "–", "—", "-"]) || t.is_quote());
        let way = match (closes, trailing) {
            (true, _) => Way::Closes,
            (false, true) => Way::Inserted,
            (false, false) => Way::Opens,
        };
        return (opener || !pronoun).then_some((speaker, from, at + 1, way));
    }
    let parted = at > 0 && (tokens[at - 1].reads(",") || tokens[at - 1].is_quote());
    let (from, to) = speaker_after(tokens, at).filter(|_| parted)?;
    Some((named(text, tokens, from, to), at, to, Way::Inverted))
}

/// `"…", said Ana Reyes, a clerk`; "twelve dead, says the district council.": nobody before the verb is looked for.
fn inverted(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let before = at.checked_sub(1).map(|i| &tokens[i])?;
    let (from, to) = speaker_after(tokens, at)?;
    let ends = tokens.get(to).is_none_or(|t| t.kind == Kind::Mark && !t.is_quote());
    (before.is_quote() || before.reads(",") && ends).then_some((from, to))
}

/// Who stands right behind a verb of saying, an article between them at most.
fn speaker_after(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let determined = || plain_noun_after(tokens, at + 1).filter(|(from, _)| *from > at + 1);
    name_after(tokens, at + 1).or_else(determined).filter(|(from, _)| *from <= at + 2)
}

/// "UN: 12 civilians killed", "12 civilians killed - monitor", "12 civilians killed (UN)".
fn set_off(text: &str, line: &Line, at: usize) -> Option<Told> {
    let tokens = &line.tokens;
    let is_name = |from: usize, to: usize| {
        to > from
            && to - from <= 6
            && tokens[from..to].iter().any(|t| t.is(SOURCE) || t.capital)
            && tokens[from..to].iter().all(|t| {
                (t.senses.measure.is_none() || t.capital)
                    && (t.kind == Kind::Word || t.reads("'s"))
                    && !t.is(BE | HAVE | MODAL | REPORT | WEEKDAY | MONTH)
            })
    };
    let known = |from: usize, to: usize| tokens[from..to].iter().any(|t| t.is(SOURCE));
    if tokens[at].reads("(") {
        let to = (at + 1..(at + 8).min(tokens.len())).find(|i| tokens[*i].reads(")"))?;
        let inside = tokens[at + 1].span.of(text);
        let acronym = inside.chars().filter(|c| c.is_uppercase()).count() > 1;
        let closes = tokens.get(to + 1).is_none_or(|t| t.kind == Kind::Mark);
        let full = to > at + 2 && tokens[at + 1..to].iter().all(is_of_a_name);
        let bearer = known(at + 1, to) || acronym || full;
        return (is_name(at + 1, to) && bearer && closes && !abbreviates(tokens, at, inside))
            .then(|| (named(text, tokens, at + 1, to), at, to + 1, Way::Bracket));
    }
    // A clock or a bullet may stand before the name: "14:00 - Governor's office: 12 known dead".
    let start = (0..at)
        .rev()
        .find(|i| tokens[*i].is_dash() || (tokens[*i].kind == Kind::Mark && !tokens[*i].reads("'s")))
        .map_or_else(|| usize::from(tokens[0].kind != Kind::Word), |i| i + 1);
    let start = start.min(at);
    let start = start + tokens[start..at].iter().take_while(|t| t.is(DETERMINER) || t.kind != Kind::Word).count();
    let opens = tokens[..start].iter().all(|t| t.kind != Kind::Word || t.is(DETERMINER)) && start <= 5;
    if opens && is_name(start, at) && known(start, at) && (tokens[at].reads(":") || line.sentence.headline) {
        return Some((named(text, tokens, start, at), start, at + 1, Way::Colon));
    }
    let ends = is_name(at + 1, tokens.len()) && known(at + 1, tokens.len());
    // "At least 12 killed in raid: official", where a line without a full stop is as good as a headline.
    let said_so = tokens[at].reads(":") && tokens.len() - at <= 4 && tokens.last().is_some_and(|t| t.is(SOURCE));
    (ends && (line.sentence.headline || tokens[at].is_dash() || said_so))
        .then(|| (named(text, tokens, at + 1, tokens.len()), at, tokens.len(), Way::Dash))
}

/// Whether the words before a bracket begin with its letters: "Relief Desk (RD)".
fn abbreviates(tokens: &[Token], bracket: usize, short: &str) -> bool {
    let words = tokens[bracket.saturating_sub(10)..bracket].iter().filter(|t| t.kind == Kind::Word);
    let big: String = words.filter(|t| t.capital).filter_map(|t| t.lower.chars().next()).collect();
    let mut letters = short.chars().flat_map(char::to_lowercase).rev().filter(|c| c.is_alphabetic());
    let last = big.chars().last();
    last.is_some() && big.len() >= 2 && letters.any(|c| Some(c) == last)
}

/// Those who are named without a word of telling.
fn passing(text: &str, line: &Line, found: &mut Vec<Mention>) {
    let tokens = &line.tokens;
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let covered = found.iter().find(|m| (m.from..m.to).contains(&at)).map(|m| m.to);
        let counts = |c: &&Count| c.may_count_people() && (c.first..=c.end).contains(&at);
        let counted = line.covering[at].and_then(|_| line.counts.iter().find(counts));
        let is_who = token.reads("who") && !token.span.of(text).chars().all(char::is_uppercase);
        let next = match (covered, counted) {
            (Some(to), _) => to,
            (None, Some(count)) => count.end + 1,
            // "Its tally now stands at 973"
            (None, None) if token.reads_any(&["its", "their"]) && owns_a_count(tokens, at) => {
                found.push(Mention { speaker: Speaker::Pronoun, from: at, to: at + 1, way: Way::Owner });
                at + 1
            }
            // "He has 12 in his book", "it had listed 40"
            (None, None) if opens_clause_of_count(line, at) => {
                found.push(Mention { speaker: Speaker::Pronoun, from: at, to: at + 1, way: Way::Clause });
                at + 1
            }
            (None, None) if token.is(SOURCE) && !token.is(REPORT | COUNT | TOLL) && !is_who => {
                let end = name_after(tokens, at).map_or(at + 1, |(_, to)| to.max(at + 1));
                let end = line.counts.iter().map(|c| c.first).filter(|i| *i > at).fold(end, usize::min);
                let from = noun_phrase_ending(tokens, at + 1).map_or(at, |(from, _)| from.min(at));
                let from = line.counts.iter().map(|c| c.end + 1).filter(|i| *i <= at).fold(from, usize::max);
                found.push(Mention {
                    speaker: named(text, tokens, from, end),
                    from,
                    to: end,
                    way: way_of(tokens, from, end),
                });
                end
            }
            (None, None) => match named_subject(tokens, at) {
                Some(end) => {
                    let speaker = named(text, tokens, at, end);
                    found.push(Mention { speaker, from: at, to: end, way: way_of(tokens, at, end) });
                    end
                }
                None => at + 1,
            },
        };
        at = next.max(at + 1);
    }
}

/// Whether a pronoun opens the clause of a count, with a verb of its own behind it that strikes nobody: "he has 12".
fn opens_clause_of_count(line: &Line, at: usize) -> bool {
    let tokens = &line.tokens;
    if !tokens[at].reads_any(&["he", "she", "it", "they"]) {
        return false;
    }
    let opens = at.checked_sub(1).is_none_or(|i| tokens[i].kind == Kind::Mark || tokens[i].is(CONJUNCTION | ADVERB));
    let verb =
        tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Word && !t.is(BE | MODAL) && t.senses.measure.is_none());
    let counts = || line.counts.iter().any(|c| c.may_count_people() && (at + 2..at + 12).contains(&c.first));
    opens && verb && counts()
}

/// "Vale has 110 dead", "St. Vincent's took in eight": where a name opens a clause and a verb follows, the end of it.
fn named_subject(tokens: &[Token], at: usize) -> Option<usize> {
    let opens = tokens[..at]
        .iter()
        .rev()
        .find(|t| !t.is(DETERMINER))
        .is_none_or(|t| t.kind != Kind::Word && !t.reads("'s") || t.is(SUBORDINATOR | CONJUNCTION | RELATIVE));
    if !opens || !is_of_a_name(&tokens[at]) {
        return None;
    }
    let length = tokens[at..].iter().take(5).take_while(|t| is_of_a_name(t)).count();
    let next = tokens.get(at + length)?;
    // "Violence has claimed 12 lives", "floods have killed 12": what does it, and not who counts it.
    let does = tokens[at + length..].iter().position(|t| !t.is(HAVE | ADVERB)).map(|i| at + length + i);
    let does = does.is_some_and(|verb| tokens[verb].senses.measure.is_some() || claims_lives(tokens, verb));
    let verb = next.is(HAVE | REPORT) && !next.is(BE) && !does;
    let its_count = next.reads("'s") && owns_a_count(tokens, at + length);
    (verb || its_count).then_some(at + length)
}

fn owns_a_count(tokens: &[Token], at: usize) -> bool {
    let behind = tokens.iter().skip(at + 1).take(3);
    behind.take_while(|t| t.kind == Kind::Word && !t.is(BE | HAVE | REPORT & !SOURCE)).any(|t| t.is(COUNT | TOLL))
}

fn way_of(tokens: &[Token], from: usize, to: usize) -> Way {
    let before = tokens[..from].iter().rev().find(|t| !t.is(DETERMINER) || t.is(PREPOSITION));
    let after = tokens.get(to);
    if after.is_some_and(|t| t.reads("'s")) || tokens[to - 1].reads("'s") {
        return Way::Owner;
    }
    if before.is_some_and(|t| t.reads_any(&["by", "from"])) {
        return Way::By;
    }
    // "The ministry has counted 12 dead, the hospital 15": the verb is told once.
    let told = tokens[..from].iter().any(|t| t.is(REPORT));
    let gapped = before.is_some_and(|t| t.reads_any(&[",", "and", ";"])) && told;
    if gapped && after.is_some_and(|t| t.kind == Kind::Digits || t.is(NUMBER)) {
        let ends = tokens.get(to + 1).is_none_or(|t| t.kind == Kind::Mark || t.is(CONJUNCTION));
        if ends {
            return Way::Opens;
        }
    }
    let clause =
        before.is_none_or(|t| t.kind != Kind::Word || t.is(SUBORDINATOR | CONJUNCTION | RELATIVE | ADVERB | WEEKDAY));
    let verb = after.is_some_and(|t| {
        t.is(HAVE | BE | MODAL | ADVERB | REPORT | RELATIVE)
            || t.reads(",")
            || (t.kind == Kind::Word && !t.capital && !t.is(PREPOSITION | CONJUNCTION | PERSON))
    });
    if clause && verb { Way::Subject } else { Way::Passing }
}

/// The word behind a mention, by its class, for facts.
pub fn right_of(tokens: &[Token], mention: &Mention) -> Hashed<'static> {
    match tokens.get(mention.to) {
        None => hashed!("end"),
        Some(t) if t.reads("'s") => match tokens.get(mention.to + 1) {
            Some(t) if t.is(COUNT | TOLL) => hashed!("its-count"),
            _ => hashed!("its"),
        },
        Some(t) if t.reads(":") => hashed!("colon"),
        Some(t) if t.is_quote() => hashed!("quote"),
        Some(t) if t.kind == Kind::Mark => hashed!("mark"),
        Some(t) if t.is(BE) => hashed!("be"),
        Some(t) if t.is(HAVE) => hashed!("have"),
        Some(t) if t.is(RELATIVE) => hashed!("who"),
        Some(t) if t.is(COUNT | TOLL) => hashed!("count"),
        Some(t) if t.senses.measure.is_some() => hashed!("struck"),
        Some(t) if t.is(PREPOSITION) => hashed!("preposition"),
        Some(_) => hashed!("word"),
    }
}

fn is_passive_report(tokens: &[Token], at: usize) -> bool {
    let mut i = at;
    for _ in 0..3 {
        let Some(before) = i.checked_sub(1) else { return false };
        i = before;
        if tokens[i].is(BE) && !tokens[i].reads_any(&["'s", "left", "found"]) {
            return true;
        }
        if tokens[i].reads("to") {
            return true; // "refused to say"
        }
        if !tokens[i].is(ADVERB) {
            return false;
        }
    }
    false
}

fn named(text: &str, tokens: &[Token], from: usize, to: usize) -> Speaker {
    let mut end = to;
    while end > from + 1
        && (tokens[end - 1].reads_any(&["'s", "of", "in", "for", "the", "and"]) || tokens[end - 1].kind == Kind::Mark)
    {
        end -= 1;
    }
    let mut name = &text[tokens[from].span.start..tokens[end - 1].span.end];
    for genitive in ["'s", "’s"] {
        while let Some(owner) = name.strip_suffix(genitive) {
            name = owner;
        }
    }
    Speaker::Named(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::article;
    use crate::extract::{lexicon, work};

    /// Who is named in a sentence, and how.
    fn named_in(sentence: &str) -> Vec<(String, Way)> {
        let article = article(&format!("Landslide above Brenn\n\n{sentence}\n"));
        let lines = work::lines(&article, lexicon::for_language("en").expect("a lexicon of English"));
        let found = mentions(article.text.as_str(), lines.last().expect("a sentence"));
        let name = |mention: Mention| match mention.speaker {
            Speaker::Named(name) => (name, mention.way),
            Speaker::Pronoun => ("(pronoun)".to_owned(), mention.way),
        };
        found.into_iter().map(name).collect()
    }

    #[test]
    fn whoever_opens_the_clause_of_a_count_may_have_counted_whatever_the_verb() {
        for (sentence, who) in [
            ("The harbour log ends at 41 deaths.", "harbour log"),
            ("Orvik Lines, which runs the ferry, had 17 dead.", "Orvik Lines"),
            ("The ferryman, wet to the bone, arrived at 19 dead.", "ferryman"),
            ("On Monday the logbook of the ferry gave 14 dead.", "logbook"),
            ("The quay saw, as beekeepers swear, 60 people drown.", "beekeepers"),
            ("Tarsa: 12 people dead.", "Tarsa"),
        ] {
            assert!(named_in(sentence).contains(&(who.to_owned(), Way::Clause)), "{sentence} {:?}", named_in(sentence));
        }
        for sentence in ["The road is closed.", "12 people died in the mud."] {
            assert_eq!(named_in(sentence), [], "{sentence}");
        }
    }

    #[test]
    fn who_is_told_of_between_commas_is_named_before_them() {
        let sentence =
            "The Tarsa Network for Human Rights (TNHR), a monitor group, reported that 1,300 people were killed.";
        assert_eq!(named_in(sentence), [("Tarsa Network for Human Rights".to_owned(), Way::Opens)]);
        for sentence in ["Some reports claimed 12 deaths.", "Of those, 12 people had been shot."] {
            assert_eq!(named_in(sentence), [], "{sentence}");
        }
    }

    #[test]
    fn who_stands_behind_the_verb_said_it() {
        for (sentence, who) in [
            ("\"I saw 12 dead on the quay and two of the crew,\" said Ana Orvik, a teacher.", "Ana Orvik"),
            ("Twelve people were killed, says the harbourmaster.", "harbourmaster"),
            ("Twelve people were killed, said the police chief, Ana Orvik.", "police chief, Ana Orvik"),
        ] {
            assert_eq!(named_in(sentence), [(who.to_owned(), Way::Inverted)], "{sentence}");
        }
        // Here it stands before the verb, and what follows is what it says.
        let found = named_in("The governor, Ana Reyes, said Tarsa lost 12 people.");
        assert_eq!(found.first().map(|(name, _)| name.as_str()), Some("governor, Ana Reyes"), "{found:?}");
    }

    #[test]
    fn who_closes_a_headline_needs_no_article() {
        assert_eq!(
            named_in("Six die in blaze, harbour master says").last().map(|n| n.0.clone()),
            Some("harbour master".into())
        );
        assert_eq!(named_in("Six die in blaze, harbour master says it is closed"), []);
    }

    #[test]
    fn a_full_name_in_brackets_tells() {
        assert_eq!(named_in("In Brenn 12 people died (Tarsa Lantern)."), [("Tarsa Lantern".to_owned(), Way::Bracket)]);
        assert_eq!(named_in("In all 12 people died (Brenn)."), []);
    }

    #[test]
    fn an_article_joined_to_a_name_is_of_the_name() {
        let found = named_in("The health spokesman Omar al-Orvik said 12 people were killed.");
        assert_eq!(found, [("health spokesman Omar al-Orvik".to_owned(), Way::Opens)]);
    }
}
