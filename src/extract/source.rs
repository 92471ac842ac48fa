//! Who is said to have counted: attributions as events in a sentence, and the one that a figure belongs to.

use crate::extract::discourse::{Finding, Line, Tie};
use crate::extract::lexicon::{
    ACCORDING, ADVERB, BE, CONJUNCTION, DETERMINER, EARLIER, FEARED, HAVE, MODAL, MONTH, PERSON, PREPOSITION, PRONOUN,
    RELATIVE, REPORT, SOURCE, SUBORDINATOR, WEEKDAY,
};
use crate::extract::token::{Kind, Token};

/// Somebody said something in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attribution {
    speaker: Speaker,
    /// The tokens of the speaker and the verb.
    from: usize,
    to: usize,
    /// Whether what is said stands on either side, or only behind.
    reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// "The ministry said that …"
    Behind,
    /// "…, the ministry said"
    Ahead,
    /// "according to the ministry"
    Both,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Speaker {
    Named(String),
    /// "he said", "it added"
    Pronoun,
}

/// The source of every finding, in their order; `None` where the outlet speaks in its own voice.
pub fn sources(text: &str, lines: &[Line], findings: &[Finding]) -> Vec<Option<String>> {
    let said: Vec<Vec<Attribution>> = lines.iter().map(|line| attributions(text, line)).collect();
    let mut names = Names::default();
    let mut found: Vec<Option<String>> = Vec::with_capacity(findings.len());
    let mut next = findings.iter().peekable();
    for (index, line) in lines.iter().enumerate() {
        let said: Vec<(&Attribution, Option<String>)> = said[index]
            .iter()
            .map(|attribution| {
                let name = match &attribution.speaker {
                    // A headline calls short what the text will call by its name.
                    Speaker::Named(name) if line.sentence.headline => Some(longer(name, &said[index + 1..])),
                    Speaker::Named(name) => Some(names.full(name)),
                    Speaker::Pronoun => names.last.clone(),
                };
                names.heard(text, line, name.as_deref());
                (attribution, name)
            })
            .collect();
        while let Some(finding) = next.next_if(|f| f.line == index) {
            let at = line.counts[finding.count].first;
            let own =
                said.iter().filter_map(|(a, name)| Some((distance(a, at, line)?, name))).min_by_key(|(far, _)| *far);
            let source = match own {
                Some((_, name)) => name.clone(),
                None if matches!(finding.tie, Tie::Piece | Tie::Neighbour) => {
                    finding.antecedent.and_then(|i| found.get(i).cloned()).flatten()
                }
                None => None,
            };
            found.push(source);
        }
    }
    found
}

/// The first name in the text that holds all words of a headline's name, or that name itself.
fn longer(name: &str, text: &[Vec<Attribution>]) -> String {
    let full = text.iter().flatten().find_map(|attribution| match &attribution.speaker {
        Speaker::Named(full) if name.contains(char::is_uppercase) && is_short_for(name, full) => Some(full),
        _ => None,
    });
    full.map_or(name, String::as_str).to_owned()
}

/// Whether all words of a name stand in a longer one: "Rights network" in "Network for Human Rights".
fn is_short_for(name: &str, full: &str) -> bool {
    let (name, full) = (name.to_lowercase(), full.to_lowercase());
    let parts: Vec<&str> = full.split(|c: char| !c.is_alphanumeric()).collect();
    parts.len() > name.split_whitespace().count() && name.split_whitespace().all(|word| parts.contains(&word))
}

/// How far an attribution is from a count, if it can reach it at all.
fn distance(attribution: &Attribution, at: usize, line: &Line) -> Option<usize> {
    let between = if at < attribution.from { at..attribution.from } else { attribution.to..at };
    let ahead = at < attribution.from;
    let reaches = match attribution.reach {
        Reach::Both => true,
        Reach::Behind => !ahead,
        Reach::Ahead => ahead,
    };
    if !reaches || (attribution.from..attribution.to).contains(&at) {
        return None;
    }
    let breaks = line.tokens[between.clone()]
        .iter()
        .filter(|t| t.reads_any(&[";", "while", "whereas", "but"]) || t.is_dash())
        .count();
    Some(between.len() + 12 * breaks)
}

fn attributions(text: &str, line: &Line) -> Vec<Attribution> {
    let tokens = &line.tokens;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is(ACCORDING) && !token.is(SUBORDINATOR) {
            if token.reads("per") && !tokens.get(at + 1).is_some_and(|t| t.is(SOURCE) || t.capital) {
                continue;
            }
            if let Some((from, to)) = name_after(tokens, at + 1) {
                found.push(Attribution { speaker: named(text, tokens, from, to), from: at, to, reach: Reach::Both });
            }
        } else if token.is(REPORT) && token.kind == Kind::Word {
            if at > 0 && is_passive_report(tokens, at) {
                continue;
            }
            if let Some((from, to)) = name_before(tokens, at) {
                let pronoun = to == from + 1 && tokens[from].is(PRONOUN) && !tokens[from].is(SOURCE);
                let speaker = if pronoun { Speaker::Pronoun } else { named(text, tokens, from, to) };
                let opener = from == 0
                    || tokens[..from].iter().rev().find(|t| !t.is(DETERMINER)).is_none_or(|t| {
                        t.kind == Kind::Mark || t.is(SUBORDINATOR | CONJUNCTION | RELATIVE | ADVERB | WEEKDAY)
                    });
                let closes = tokens
                    .get(at + 1)
                    .is_none_or(|t| t.kind == Kind::Mark && !t.reads_any(&[":", ","]) && !t.is_quote());
                let trailing = from > 0
                    && tokens[..from]
                        .iter()
                        .rev()
                        .find(|t| !t.is(DETERMINER))
                        .is_some_and(|t| t.reads_any(&[",", "–", "—", "-"]) || t.is_quote());
                let reach = match (closes, trailing) {
                    (true, _) => Reach::Ahead,
                    (false, true) => Reach::Both,
                    (false, false) => Reach::Behind,
                };
                if opener || !pronoun {
                    found.push(Attribution { speaker, from, to: at + 1, reach });
                }
            } else if at > 0 && (tokens[at - 1].reads(",") || tokens[at - 1].is_quote()) {
                if let Some((from, to)) = name_after(tokens, at + 1) {
                    found.push(Attribution {
                        speaker: named(text, tokens, from, to),
                        from: at,
                        to,
                        reach: Reach::Ahead,
                    });
                }
            }
        } else if line.sentence.headline && (token.reads(":") || token.is_dash()) {
            // "UN: 12 civilians killed", "12 civilians killed - monitor"
            let short = |from: usize, to: usize| {
                to > from
                    && to - from <= 5
                    && tokens[from..to].iter().any(|t| t.is(SOURCE))
                    && tokens[from..to].iter().all(|t| t.senses.measure.is_none() && t.kind == Kind::Word)
            };
            if short(0, at) {
                found.push(Attribution {
                    speaker: named(text, tokens, 0, at),
                    from: 0,
                    to: at + 1,
                    reach: Reach::Behind,
                });
            } else if short(at + 1, tokens.len()) {
                found.push(Attribution {
                    speaker: named(text, tokens, at + 1, tokens.len()),
                    from: at,
                    to: tokens.len(),
                    reach: Reach::Ahead,
                });
            }
        }
    }
    found
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

/// The speaker before a verb of saying: "The interior ministry | said", "John Mina, the police chief, | said".
fn name_before(tokens: &[Token], verb: usize) -> Option<(usize, usize)> {
    let mut end = verb;
    while end > 0
        && (tokens[end - 1].is(ADVERB | HAVE | MODAL | WEEKDAY | EARLIER) || tokens[end - 1].reads("on"))
        && !tokens[end - 1].is(SOURCE)
    {
        end -= 1;
    }
    let last = tokens.get(end.checked_sub(1)?)?;
    if last.reads(",") {
        // An apposition between commas: the speaker stands before it.
        let comma = (end.saturating_sub(14)..end - 1).rev().find(|i| tokens[*i].reads(","))?;
        return noun_phrase_ending(tokens, comma).or_else(|| noun_phrase_ending(tokens, end - 1));
    }
    if last.is(PRONOUN) && last.reads_any(&["he", "she", "it", "they"]) {
        return Some((end - 1, end));
    }
    noun_phrase_ending(tokens, end).or_else(|| {
        // "A nurse at the health post said", "sources in the control room said": the head stands before the preposition.
        let preposition = (end.saturating_sub(8)..end)
            .rev()
            .find(|i| tokens[*i].reads_any(&["at", "in", "from", "for", "with", "on"]))?;
        noun_phrase_ending(tokens, preposition)
    })
}

fn noun_phrase_ending(tokens: &[Token], end: usize) -> Option<(usize, usize)> {
    let mut start = end;
    let mut fits = false;
    while start > 0 && end - start < 10 {
        let token = &tokens[start - 1];
        let name = token.capital && !token.is(WEEKDAY | MONTH | DETERMINER | SUBORDINATOR | PRONOUN);
        let strong = token.is(SOURCE) || (name && token.senses.measure.is_none() && !token.is(PREPOSITION | ADVERB));
        let links = start < end
            && (token.reads_any(&["of", "for", "'s", "and", "&", "on", "(", ")", ".", "-"]) || token.lower == "the");
        let linked_by_comma = token.kind == Kind::Mark && token.reads_any(&[","]);
        if linked_by_comma {
            break;
        }
        if strong || (token.is(PERSON) && !token.is(PRONOUN | BE)) {
            fits |= strong || token.is(PERSON);
            start -= 1;
        } else if links && start > 1 {
            let inner = &tokens[start - 2];
            let goes_on = match token.lower.as_str() {
                "the" => inner.reads_any(&["of", "for", "at", "in"]),
                "and" | "&" => inner.is(SOURCE) || (inner.capital && tokens[start..end].iter().any(|t| t.capital)),
                "." => inner.capital && inner.lower.len() <= 4,
                _ => inner.is(SOURCE | PERSON) || inner.capital || token.reads("'s"),
            };
            if !goes_on {
                break;
            }
            start -= 1;
        } else if token.kind == Kind::Word && start < end && token.senses.classes == 0 {
            start -= 1; // an adjective: "local", "regional"
        } else {
            break;
        }
    }
    while start < end
        && (tokens[start].kind == Kind::Mark
            || tokens[start].is(DETERMINER)
            || tokens[start].reads_any(&["of", "for", "and", "'s"]))
        && !tokens[start].is(SOURCE)
    {
        start += 1;
    }
    (fits && start < end && !tokens[start..end].iter().all(|t| t.is(FEARED | BE))).then_some((start, end))
}

/// The speaker behind "according to" or an inverted verb.
fn name_after(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let mut start = at;
    while tokens.get(start).is_some_and(|t| t.is(DETERMINER) && !t.is(SOURCE)) {
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
        } else if token.kind == Kind::Word && token.senses.classes & !(crate::extract::lexicon::THING) == 0 && !fits {
            end += 1;
        } else {
            break;
        }
    }
    (fits && end > start).then_some((start, end))
}

fn named(text: &str, tokens: &[Token], from: usize, to: usize) -> Speaker {
    let mut end = to;
    while end > from + 1 && (tokens[end - 1].reads("'s") || tokens[end - 1].kind == Kind::Mark) {
        end -= 1;
    }
    let name = &text[tokens[from].span.start..tokens[end - 1].span.end];
    Speaker::Named(name.trim_end_matches("'s").trim_end_matches("’s").to_owned())
}

/// The names by which sources were called so far.
#[derive(Debug, Default)]
struct Names {
    last: Option<String>,
    known: Vec<String>,
    /// "SOHR" for "Syrian Observatory for Human Rights (SOHR)".
    short: Vec<(String, String)>,
}

impl Names {
    /// The full name that a short one stands for, or the name itself.
    fn full(&self, name: &str) -> String {
        if let Some((_, full)) = self.short.iter().find(|(short, _)| short == name) {
            return full.clone();
        }
        let lower = name.to_lowercase();
        let generic = ["group", "monitor", "organisation", "organization", "war monitor", "agency", "body", "watchdog"];
        if generic.contains(&lower.as_str())
            && let Some(last) = self.last.as_ref().filter(|last| last.contains(char::is_uppercase))
        {
            return last.clone();
        }
        // A common noun alone ("police", "officials") names nobody in particular.
        let telling = name.contains(char::is_uppercase)
            || matches!(lower.as_str(), "observatory" | "ministry" | "coalition" | "alliance" | "commission");
        if telling && let Some(known) = self.known.iter().rev().find(|known| is_short_for(name, known)) {
            return known.clone();
        }
        name.to_owned()
    }

    fn heard(&mut self, text: &str, line: &Line, name: Option<&str>) {
        let Some(name) = name else { return };
        self.last = Some(name.to_owned());
        if !self.known.iter().any(|known| known == name) {
            self.known.push(name.to_owned());
        }
        // "… (SOHR)" right behind the name.
        let sentence = line.sentence.span.of(text);
        if let Some(at) = sentence.find(name) {
            let rest = sentence[at + name.len()..].trim_start();
            let short = rest.strip_prefix('(').and_then(|r| r.split_once(')')).map(|(short, _)| short);
            if let Some(short) = short.filter(|s| s.len() <= 8 && s.chars().all(char::is_uppercase)) {
                self.short.push((short.to_owned(), name.to_owned()));
            }
        }
    }
}
