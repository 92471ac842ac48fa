//! The facts that stand around a count: its own words, what the rules make of it, the words beside it, the nearest word
//! of what befell people, the sentence, the place in the article.

use crate::extract::discourse::{Line, Reading, is_piece};
use crate::extract::facts::{Facts, Question, distance, few};
use crate::extract::head::{Count, Form, Head, is_ordinal};
use crate::extract::lexicon::{
    ACCORDING, ACT, ADVERB, BE, BOUND, CASUALTY, CONJUNCTION, COUNT, DENIED, DETERMINER, DISTANCE, EARLIER, ELSEWHERE,
    FEARED, FINITE, GRAMMAR, HAVE, INCLUDE, INCREMENT, INTRANSITIVE, LABEL, MODAL, MONEY, MONTH, NEGATION, PART,
    PARTICIPLE, PERCENT, PERSON, PREPOSITION, PRONOUN, RELATIVE, REPORT, SAVED, SOURCE, STATE, SUBORDINATOR, THING,
    TIME, TOLL, WEEKDAY,
};
use crate::extract::rules;
use crate::extract::token::{Kind, Token};
use crate::model::Measure;

/// How far from a count a word of what befell people is looked for, in tokens.
const FAR: usize = 40;
/// How many words on each side of a count are taken by themselves, whatever their place.
const NEAR: usize = 10;

/// What is known of a count from what stands around it; `at` are the places of its line and of it in the line.
pub fn question(lines: &[Line], at: (usize, usize), reading: Option<&Reading>, named: bool) -> Question {
    let (index, at) = at;
    let line = &lines[index];
    let count = &line.counts[at];
    let mut question = Question::new(1 + Measure::ALL.len(), named);
    itself(line, count, &mut question.facts);
    by_rules(line, at, reading, &mut question);
    beside(line, count, &mut question.facts);
    predicates(line, count, &mut question);
    sentence(lines, index, at, &mut question);
    place(lines, index, count, &mut question);
    question
}

/// The place of a measure among the answers to what happened; the first answer is that nothing did.
pub fn answer(measure: Option<Measure>) -> usize {
    measure.map_or(0, |measure| 1 + measure as usize)
}

/// The name of a form in facts.
pub fn form(form: Form) -> &'static str {
    match form {
        Form::Stated => "stated",
        Form::Single => "single",
        Form::Zero => "zero",
    }
}

/// The name of a head in facts, and what more it says.
pub fn head(head: Head) -> (&'static str, &'static str) {
    match head {
        Head::Person(group) => ("person", group.as_str()),
        Head::Casualty(_) => ("casualty", ""),
        Head::Lives => ("lives", ""),
        Head::Bare => ("bare", ""),
        Head::Unknown => ("unknown", ""),
        Head::Refused(reason) => ("refused", reason),
    }
}

/// How large a value is, by powers of ten.
pub fn size(value: u64) -> &'static str {
    match value {
        0 => "0",
        1 => "1",
        2..=4 => "2-4",
        5..=12 => "5-12",
        13..=31 => "13-31",
        32..=99 => "32-99",
        100..=999 => "100-999",
        1_000..=9_999 => "1000-9999",
        10_000..=99_999 => "10000-99999",
        _ => "100000+",
    }
}

fn itself(line: &Line, count: &Count, facts: &mut Facts) {
    let value = count.quantity.told();
    let form = form(count.form);
    let (head, more) = head(count.head);
    let bound = count.quantity.bound().as_str();
    let noun = &line.tokens[count.end].lower;
    let spelt = match line.tokens[count.last].kind {
        Kind::Digits => "digits",
        Kind::Word => "word",
        Kind::Mixed => "mixed",
        Kind::Mark => "mark",
    };
    facts.add(&["always"]);
    facts.add(&["size=", size(value)]);
    facts.add(&["bound=", bound]);
    facts.add(&["form=", form]);
    facts.add(&["head=", head, ":", more]);
    facts.add(&["head+form=", head, ":", more, "+", form]);
    facts.add(&["head+size=", head, "+", size(value)]);
    facts.add(&["spelt+head=", spelt, "+", head]);
    facts.add(&["spelt+size=", spelt, "+", size(value)]);
    if count.end > count.last {
        facts.add(&["noun=", noun]);
        facts.add(&["noun-ends=", tail(noun)]);
        for token in &line.tokens[count.last + 1..count.end] {
            facts.add(&["in-phrase=", &token.lower]);
        }
    }
    if let Some(state) = count.state {
        let token = &line.tokens[state];
        facts.add(&["state-word=", &token.lower]);
    }
    if count.increment {
        facts.add(&["increment"]);
        facts.add(&["increment+head=", head]);
    }
    if count.partitive {
        facts.add(&["partitive"]);
        facts.add(&["partitive+head=", head, ":", more]);
    }
    if count.form != Form::Stated {
        let word = if is_ordinal(&line.tokens[count.first]) { "nth" } else { &line.tokens[count.first].lower };
        facts.add(&["form+word=", form, "+", word]);
        facts.add(&["form+word+head=", form, "+", word, "+", head]);
    }
    if (1_900..2_100).contains(&value) && spelt == "digits" {
        facts.add(&["like-a-year"]);
    }
}

fn by_rules(line: &Line, at: usize, reading: Option<&Reading>, question: &mut Question) {
    let scene = line.scene();
    let count = &line.counts[at];
    let (head, more) = head(count.head);
    let form = form(count.form);
    let Question { facts, answers } = question;
    let mut proposed: Vec<(u32, Measure)> = Vec::new();
    for rule in rules::ALL {
        let Some(proposal) = (rule.read)(&scene, at).filter(|p| p.cost <= rules::DEAREST) else { continue };
        let cost = few((proposal.cost as usize / 2).min(6));
        let it = &mut answers[answer(Some(proposal.measure))];
        it.add(&["rule=", rule.name]);
        it.add(&["rule+cost=", rule.name, "+", cost]);
        it.add(&["rule+head=", rule.name, "+", head, "+", form]);
        it.add(&["rule+cost+head=", rule.name, "+", cost, "+", head, "+", form]);
        it.add(&["rule+class=", rule.name, "+", class(&line.tokens[proposal.predicate])]);
        it.add(&["rule-word=", &line.tokens[proposal.predicate].lower]);
        facts.add(&["rule+cost=", rule.name, "+", cost]);
        facts.add(&["rule+head=", rule.name, "+", head, "+", form]);
        proposed.push((proposal.cost, proposal.measure));
    }
    proposed.sort_by_key(|(cost, _)| *cost);
    if let Some((cost, cheapest)) = proposed.first() {
        let rival = proposed.iter().find(|(_, measure)| measure != cheapest);
        let lead = few(rival.map_or(7, |(other, _)| (other - cost) as usize).min(7));
        answers[answer(Some(*cheapest))].add(&["cheapest+lead=", lead]);
        answers[answer(Some(*cheapest))].add(&["cheapest+cost=", few((*cost as usize).min(12))]);
    } else {
        facts.add(&["no-rule"]);
        facts.add(&["no-rule+head=", head, ":", more]);
        facts.add(&["no-rule+form=", form]);
    }
    if let Some(reading) = reading {
        let (tie, cost) = (reading.tie.as_str(), few((reading.proposal.cost as usize / 2).min(6)));
        let it = &mut answers[answer(Some(reading.proposal.measure))];
        it.add(&["reading=", tie]);
        it.add(&["reading+cost=", tie, "+", cost]);
        it.add(&["reading+head=", tie, "+", head, "+", form]);
        it.add(&["reading+cost+head=", tie, "+", cost, "+", head, ":", more]);
        facts.add(&["reading=", tie, "+", cost]);
        facts.add(&["reading+head=", tie, "+", head, "+", form]);
    } else {
        facts.add(&["no-reading"]);
        facts.add(&["no-reading+head=", head, "+", form]);
    }
    if is_piece(&scene, at) {
        facts.add(&["piece"]);
        facts.add(&["piece+head=", head]);
    }
    if scene.is_agent(at) {
        facts.add(&["agent"]);
        facts.add(&["agent+head=", head]);
    }
    if let Some(group) = scene.complement_group(at) {
        facts.add(&["complement=", group.as_str()]);
    }
    if let Some(measure) = count.state.and_then(|state| line.tokens[state].senses.measure) {
        answers[answer(Some(measure))].add(&["state"]);
        answers[answer(Some(measure))].add(&["state+head=", head]);
    }
}

/// The words before the number and behind its phrase.
fn beside(line: &Line, count: &Count, facts: &mut Facts) {
    let tokens = &line.tokens;
    let before = |back: usize| count.first.checked_sub(back).map(|i| &tokens[i]);
    let after = |ahead: usize| tokens.get(count.end + ahead);
    let (b1, b2, b3) = (word_at(before(1)), word_at(before(2)), word_at(before(3)));
    let (a1, a2, a3) = (word_at(after(1)), word_at(after(2)), word_at(after(3)));
    let (cb1, cb2, cb3) = (class_at(before(1)), class_at(before(2)), class_at(before(3)));
    let (ca1, ca2, ca3) = (class_at(after(1)), class_at(after(2)), class_at(after(3)));
    let (head, _) = head(count.head);
    facts.add(&["b1=", b1]);
    facts.add(&["b2=", b2]);
    facts.add(&["b3=", b3]);
    facts.add(&["a1=", a1]);
    facts.add(&["a2=", a2]);
    facts.add(&["a3=", a3]);
    facts.add(&["b21=", b2, " ", b1]);
    facts.add(&["a12=", a1, " ", a2]);
    facts.add(&["b1a1=", b1, " ", a1]);
    facts.add(&["cb1=", cb1]);
    facts.add(&["cb2=", cb2]);
    facts.add(&["ca1=", ca1]);
    facts.add(&["ca2=", ca2]);
    facts.add(&["ca3=", ca3]);
    facts.add(&["cb321=", cb3, " ", cb2, " ", cb1]);
    facts.add(&["cb21=", cb2, " ", cb1]);
    facts.add(&["ca12=", ca1, " ", ca2]);
    facts.add(&["ca123=", ca1, " ", ca2, " ", ca3]);
    facts.add(&["cb1ca1=", cb1, " ", ca1]);
    facts.add(&["b1+head=", b1, "+", head]);
    facts.add(&["a1+head=", a1, "+", head]);
    facts.add(&["cb1+head=", cb1, "+", head]);
    facts.add(&["ca1+head=", ca1, "+", head]);
    facts.add(&["ca12+head=", ca1, " ", ca2, "+", head]);
    for token in tokens[count.first.saturating_sub(NEAR)..count.first].iter().filter(|t| telling(t)) {
        facts.add(&["before=", stem(&token.lower)]);
    }
    for token in tokens.iter().skip(count.end + 1).take(NEAR).filter(|t| telling(t)) {
        facts.add(&["after=", stem(&token.lower)]);
    }
}

/// The nearest words of what befell people on each side, and how they stand to the count.
fn predicates(line: &Line, count: &Count, question: &mut Question) {
    let tokens = &line.tokens;
    let (head, more) = head(count.head);
    let form = form(count.form);
    let Question { facts, answers } = question;
    let told = |i: &usize| tokens[*i].senses.measure.is_some();
    let left: Vec<usize> = (count.first.saturating_sub(FAR)..count.first).rev().filter(told).take(2).collect();
    let right: Vec<usize> = (count.end + 1..(count.end + FAR).min(tokens.len())).filter(told).take(2).collect();
    for (side, found) in [("left", &left), ("right", &right)] {
        if found.is_empty() {
            facts.add(&[side, "-predicate=none"]);
            facts.add(&[side, "-predicate=none+", head]);
        }
        for (rank, i) in found.iter().enumerate() {
            let i = *i;
            let token = &tokens[i];
            let Some(measure) = token.senses.measure else { continue };
            let it = &mut answers[answer(Some(measure))];
            let between = if i < count.first { &tokens[i + 1..count.first] } else { &tokens[count.end + 1..i] };
            let far = distance(between.len());
            let class = class(token);
            let parted = parting(between);
            let rank = few(rank);
            it.add(&[side, rank, "-predicate"]);
            it.add(&[side, rank, "-predicate=", far, "+", head]);
            it.add(&[side, rank, "-predicate=", class, "+", head, "+", form]);
            it.add(&[side, rank, "-predicate=", class, "+", far, "+", parted]);
            it.add(&[side, rank, "-predicate=", parted, "+", head]);
            it.add(&[side, rank, "-word=", &token.lower]);
            if rank == "0" {
                let numbers = between.iter().filter(|t| t.kind == Kind::Digits || t.senses.value.is_some()).count();
                it.add(&[side, "-predicate=", parted, "+numbers", few(numbers.min(2)), "+", class]);
                facts.add(&[side, "-predicate=", class, "+", far, "+", head]);
                facts.add(&[side, "-predicate=", parted, "+", far]);
                if between.len() <= 5 {
                    let mut path: Vec<&str> = vec![side, "-path=", class];
                    for token in between {
                        path.extend([" ", self::class(token)]);
                    }
                    it.add(&path);
                    path.extend(["+", head]);
                    facts.add(&path);
                }
            }
        }
    }
    let nearest = match (left.first(), right.first()) {
        (Some(l), Some(r)) => Some(if count.first - l <= r - count.end { *l } else { *r }),
        (one, other) => one.or(other).copied(),
    };
    if let Some(measure) = nearest.and_then(|i| tokens[i].senses.measure) {
        let it = &mut answers[answer(Some(measure))];
        it.add(&["nearest"]);
        it.add(&["nearest+head=", head, ":", more]);
        it.add(&["nearest+form=", form]);
    } else {
        facts.add(&["nearest=none+", head, ":", more]);
    }
    let measure_at = |found: &[usize]| found.first().and_then(|i| tokens[*i].senses.measure);
    if let Some(measure) = measure_at(&left).filter(|measure| measure_at(&right) == Some(*measure)) {
        answers[answer(Some(measure))].add(&["on-both-sides"]);
    }
    for (i, token) in near(line, count, FAR).iter().enumerate() {
        if let Some(topic) = token.senses.topic {
            let at = count.first.saturating_sub(FAR) + i;
            let side = if at < count.first { "left" } else { "right" };
            let far = distance(if at < count.first { count.first - at } else { at.saturating_sub(count.end) });
            let it = &mut answers[answer(Some(topic))];
            it.add(&["topic"]);
            it.add(&["topic=", side, "+", far]);
            it.add(&["topic+head=", head]);
        }
    }
}

/// What parts a count from a word in its sentence, the strongest first.
fn parting(between: &[Token]) -> &'static str {
    if between.iter().any(|t| t.reads_any(&[";", ":"]) || t.is_dash()) {
        "mark"
    } else if between.iter().any(|t| t.is(SUBORDINATOR)) {
        "clause"
    } else if between.iter().any(|t| t.reads(",")) {
        "comma"
    } else if between.iter().any(|t| t.reads_any(&["and", "but", "or"])) {
        "and"
    } else {
        "no"
    }
}

/// The tokens around a count, no farther than so many on each side.
fn near<'a>(line: &'a Line, count: &Count, far: usize) -> &'a [Token] {
    &line.tokens[count.first.saturating_sub(far)..(count.end + 1 + far).min(line.tokens.len())]
}

fn sentence(lines: &[Line], index: usize, at: usize, question: &mut Question) {
    let Question { facts, answers } = question;
    let line = &lines[index];
    let count = &line.counts[at];
    let (head, _) = head(count.head);
    facts.add(&["counts=", few(line.counts.len().min(6))]);
    facts.add(&["count-of-line=", few(at.min(4))]);
    let refused = near_counts(line, at).filter(|c| !c.may_count_people()).count();
    facts.add(&["refused-near=", few(refused.min(3))]);
    if count.first == 0 {
        facts.add(&["opens"]);
        facts.add(&["opens+head=", head]);
    }
    if count.end + 2 >= line.tokens.len() {
        facts.add(&["ends"]);
        facts.add(&["ends+head=", head]);
    }
    let verb = line
        .tokens
        .iter()
        .skip(count.end + 1)
        .take(6)
        .find(|t| t.kind == Kind::Word && !t.is(GRAMMAR | ADVERB | DETERMINER));
    if let Some(verb) = verb {
        facts.add(&["then=", stem(&verb.lower)]);
        facts.add(&["then+head=", stem(&verb.lower), "+", head]);
    }
    let first = line.tokens.iter().find(|t| t.kind != Kind::Mark);
    if let Some(first) = first {
        facts.add(&["first-word=", if first.kind == Kind::Digits { "#" } else { &first.lower }]);
    }
    for token in near(line, count, 2 * NEAR) {
        for (name, class) in CUES {
            if token.is(*class) {
                facts.add(&["says=", name]);
            }
        }
    }
    if line.tokens.iter().take(60).any(Token::is_quote) {
        facts.add(&["quoted"]);
    }
    let governing = tokens_before(line, count).find(|t| is_verb(t));
    if let Some(verb) = governing {
        facts.add(&["governed-by=", &verb.lower]);
        facts.add(&["governed-by=", stem(&verb.lower), "+", head]);
    }
    let Some(previous) = index.checked_sub(1).map(|i| &lines[i]) else { return };
    let same = previous.sentence.paragraph == line.sentence.paragraph;
    let side = if same { "previous" } else { "above" };
    let mut told = previous.tokens.iter().rev().take(FAR).filter_map(|t| t.senses.measure);
    if let Some(last) = told.next() {
        let it = &mut answers[answer(Some(last))];
        it.add(&[side, "-predicate"]);
        it.add(&[side, "-predicate+head=", head]);
        for other in told.take(6) {
            answers[answer(Some(other))].add(&[side, "-other-predicate+head=", head]);
        }
    } else {
        facts.add(&[side, "-predicate=none"]);
        facts.add(&[side, "-predicate=none+", head]);
    }
    facts.add(&[side, "-counts=", few(previous.counts.iter().filter(|c| c.may_count_people()).count().min(3))]);
    for token in previous.tokens.iter().rev().take(FAR) {
        if let Some(topic) = token.senses.topic {
            answers[answer(Some(topic))].add(&[side, "-topic+head=", head]);
        }
    }
}

/// The tokens before a count, the nearest first.
fn tokens_before<'a>(line: &'a Line, count: &Count) -> impl Iterator<Item = &'a Token> {
    line.tokens[count.first.saturating_sub(NEAR)..count.first].iter().rev()
}

fn is_verb(token: &Token) -> bool {
    token.is(REPORT | BE | HAVE | FINITE | PARTICIPLE | INTRANSITIVE | SAVED)
        || (token.kind == Kind::Word && token.lower.ends_with("ed"))
}

fn near_counts(line: &Line, at: usize) -> impl Iterator<Item = &Count> {
    line.counts[at.saturating_sub(4)..(at + 5).min(line.counts.len())].iter()
}

fn place(lines: &[Line], index: usize, count: &Count, question: &mut Question) {
    let Question { facts, answers } = question;
    let (head, _) = head(count.head);
    let line = &lines[index];
    facts.add(&["place=", place_of(lines, index)]);
    let short = line.tokens.len() <= 8;
    if short {
        facts.add(&["short-line"]);
    }
    if line.tokens.first().is_some_and(|t| t.kind == Kind::Mark && !t.is_quote()) {
        facts.add(&["bullet"]);
    }
    if let Some(heading) = line.heading {
        for token in lines[heading].tokens.iter().take(8).filter(|t| telling(t)) {
            facts.add(&["heading=", &token.lower]);
            if let Some(measure) = token.senses.measure.or(token.senses.topic) {
                answers[answer(Some(measure))].add(&["in-heading"]);
                answers[answer(Some(measure))].add(&["in-heading+head=", head]);
            }
        }
    }
    if !line.sentence.headline {
        for token in lines[0].tokens.iter().take(FAR) {
            if let Some(measure) = token.senses.measure.or(token.senses.topic) {
                answers[answer(Some(measure))].add(&["in-title"]);
                answers[answer(Some(measure))].add(&["in-title+head=", head]);
            }
        }
    }
}

/// Where in the article a line stands.
pub fn place_of(lines: &[Line], index: usize) -> &'static str {
    if lines[index].sentence.headline {
        return "headline";
    }
    match lines[index].sentence.paragraph {
        0 | 1 => "first",
        2 => "lead",
        3 | 4 => "second",
        _ if index * 3 < lines.len() * 2 => "middle",
        _ => "end",
    }
}

/// Word classes that say something about a count from any place near it.
const CUES: &[(&str, u64)] = &[
    ("elsewhere", ELSEWHERE),
    ("part", PART),
    ("earlier", EARLIER),
    ("feared", FEARED),
    ("denied", DENIED),
    ("saved", SAVED),
    ("toll", TOLL),
    ("count", COUNT),
    ("include", INCLUDE),
    ("month", MONTH),
    ("weekday", WEEKDAY),
    ("report", REPORT),
    ("according", ACCORDING),
];

/// Whether a word tells more than grammar.
pub fn telling(token: &Token) -> bool {
    token.kind == Kind::Word && (!token.is(GRAMMAR | DETERMINER) || token.is(NEGATION | PRONOUN))
}

/// The beginning of a word, so that its forms are one.
pub fn stem(word: &str) -> &str {
    let end = word.char_indices().nth(7).map_or(word.len(), |(at, _)| at);
    &word[..end]
}

/// The end of a word, by which strange nouns for people are known: "-men", "-ers".
fn tail(word: &str) -> &str {
    let start = word.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    &word[start..]
}

fn word_at(token: Option<&Token>) -> &str {
    token.map_or("|", |t| if t.kind == Kind::Digits { "#" } else { &t.lower })
}

fn class_at(token: Option<&Token>) -> &str {
    token.map_or("|", class)
}

/// A word by its class, the most telling first; words of grammar by themselves.
pub fn class(token: &Token) -> &str {
    match token.kind {
        Kind::Mark => return &token.lower,
        Kind::Digits => return "#",
        Kind::Mixed => return "#x",
        Kind::Word => {}
    }
    for (name, class) in CLASSES {
        if token.is(*class) {
            return name;
        }
    }
    if token.is(PREPOSITION | DETERMINER | CONJUNCTION | RELATIVE | PRONOUN) {
        return &token.lower;
    }
    if token.is(ADVERB) {
        "adverb"
    } else if token.is(THING) {
        "thing"
    } else if token.capital {
        "Name"
    } else if token.lower.ends_with("ed") {
        "-ed"
    } else if token.lower.ends_with("ing") {
        "-ing"
    } else {
        "word"
    }
}

const CLASSES: &[(&str, u64)] = &[
    ("casualty", CASUALTY),
    ("toll", TOLL),
    ("act", ACT),
    ("state", STATE),
    ("intransitive", INTRANSITIVE),
    ("participle", PARTICIPLE),
    ("finite", FINITE),
    ("saved", SAVED),
    ("be", BE),
    ("have", HAVE),
    ("modal", MODAL),
    ("not", NEGATION),
    ("include", INCLUDE),
    ("according", ACCORDING),
    ("report", REPORT),
    ("count", COUNT),
    ("bound", BOUND),
    ("more", INCREMENT),
    ("feared", FEARED),
    ("denied", DENIED),
    ("earlier", EARLIER),
    ("part", PART),
    ("elsewhere", ELSEWHERE),
    ("month", MONTH),
    ("weekday", WEEKDAY),
    ("time", TIME),
    ("distance", DISTANCE),
    ("money", MONEY),
    ("percent", PERCENT),
    ("source", SOURCE),
    ("person", PERSON),
    ("label", LABEL),
];
