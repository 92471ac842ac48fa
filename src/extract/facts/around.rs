//! The facts that stand around a count: its own words, what the rules make of it, the words beside it, the nearest word
//! of what befell people, the sentence, the place in the article.

use crate::extract::discourse::{Line, Place, Reading, is_piece};
use crate::extract::facts::naming::{
    self, answer, any, class, class_at, form, head, place_of, size, tail, telling, word_at,
};
use crate::extract::facts::{Chapter, distance, fact, few};
use crate::extract::hashed::{Hashed, hashed, id};
use crate::extract::head::{Count, Form};
use crate::extract::lexicon::{
    ACCORDING, ADVERB, BE, COUNT, DENIED, DETERMINER, EARLIER, ELSEWHERE, FEARED, FINITE, GRAMMAR, HAVE, INCLUDE,
    INTRANSITIVE, MONTH, PART, PARTICIPLE, REPORT, SAVED, SUBORDINATOR, TOLL, WEEKDAY,
};
use crate::extract::one::is_ordinal;
use crate::extract::rules::{Proposal, cheapest};
use crate::extract::token::{Kind, Token};

/// How far from a count a word of what befell people is looked for, in tokens.
const FAR: usize = 40;
/// How many words on each side of a count are taken by themselves, whatever their place.
const NEAR: usize = 10;

/// A count with what the rules make of it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The lines of the article.
    pub lines: &'a [Line],
    /// Where the count stands.
    pub place: Place,
    /// What the rules propose for it.
    pub proposals: &'a [Proposal],
    /// What they and its list make of it.
    pub reading: Option<&'a Reading>,
}

/// What adds facts about a count to a chapter of them.
pub type Teller = fn(Known, &mut Chapter);

/// Each adds a part of what is known of a count from what stands around it.
pub const TELLERS: [Teller; 6] = [itself, by_rules, beside, predicates, sentence, place];

impl<'a> Known<'a> {
    fn line(self) -> &'a Line {
        &self.lines[self.place.line]
    }

    fn count(self) -> &'a Count {
        self.place.count(self.lines)
    }
}

/// The number and what it counts.
fn itself(known: Known, chapter: &mut Chapter) {
    let (line, count, facts) = (known.line(), known.count(), &mut chapter.facts);
    let value = count.quantity.told();
    let form = form(count.form);
    let (head, more) = head(count.head);
    let bound = Hashed::from(count.quantity.bound());
    let noun = &line.tokens[count.end].lower;
    let spelt = match line.tokens[count.last].kind {
        Kind::Digits => hashed!("digits"),
        Kind::Word => hashed!("word"),
        Kind::Mixed => hashed!("mixed"),
        Kind::Mark => hashed!("mark"),
    };
    fact!(facts, "always");
    fact!(facts, "size=", size(value));
    fact!(facts, "bound=", bound);
    fact!(facts, "form=", form);
    fact!(facts, "head=", head, ":", more);
    fact!(facts, "head+form=", head, ":", more, "+", form);
    fact!(facts, "head+size=", head, "+", size(value));
    fact!(facts, "spelt+head=", spelt, "+", head);
    fact!(facts, "spelt+size=", spelt, "+", size(value));
    if count.end > count.last {
        fact!(facts, "noun=", noun);
        fact!(facts, "noun-ends=", tail(noun));
        for token in &line.tokens[count.last + 1..count.end] {
            fact!(facts, "in-phrase=", &token.lower);
        }
    }
    if let Some(state) = count.state {
        let token = &line.tokens[state];
        fact!(facts, "state-word=", &token.lower);
    }
    if count.increment {
        fact!(facts, "increment");
        fact!(facts, "increment+head=", head);
    }
    if count.partitive {
        fact!(facts, "partitive");
        fact!(facts, "partitive+head=", head, ":", more);
    }
    if count.form != Form::Stated {
        let first = &line.tokens[count.first];
        if is_ordinal(first) {
            fact!(facts, "form+word=", form, "+nth");
            fact!(facts, "form+word+head=", form, "+nth+", head);
        } else {
            fact!(facts, "form+word=", form, "+", &first.lower);
            fact!(facts, "form+word+head=", form, "+", &first.lower, "+", head);
        }
    }
    if (1_900..2_100).contains(&value) && line.tokens[count.last].kind == Kind::Digits {
        fact!(facts, "like-a-year");
    }
}

/// What the rules make of it.
fn by_rules(known: Known, chapter: &mut Chapter) {
    let (line, count, at) = (known.line(), known.count(), known.place.count);
    let Known { proposals, reading, .. } = known;
    let scene = line.scene();
    let (head, more) = head(count.head);
    let form = form(count.form);
    let Chapter { facts, answers, .. } = chapter;
    for proposal in proposals {
        let (rule, cost) = (Hashed::of(proposal.rule), few((proposal.cost as usize / 2).min(6)));
        let mut it = answers.of(answer(Some(proposal.measure)));
        fact!(it, "rule=", rule);
        fact!(it, "rule+cost=", rule, "+", cost);
        fact!(it, "rule+head=", rule, "+", head, "+", form);
        fact!(it, "rule+cost+head=", rule, "+", cost, "+", head, "+", form);
        fact!(it, "rule+class=", rule, "+", class(&line.tokens[proposal.predicate]));
        fact!(it, "rule-word=", &line.tokens[proposal.predicate].lower);
        fact!(facts, "rule+cost=", rule, "+", cost);
        fact!(facts, "rule+head=", rule, "+", head, "+", form);
    }
    if let Some(Proposal { cost, measure, .. }) = cheapest(proposals) {
        let rival = proposals.iter().filter(|other| other.measure != measure).map(|other| other.cost).min();
        let lead = few(rival.map_or(7, |other| (other - cost) as usize).min(7));
        fact!(answers.of(answer(Some(measure))), "cheapest+lead=", lead);
        fact!(answers.of(answer(Some(measure))), "cheapest+cost=", few((cost as usize).min(12)));
    } else {
        fact!(facts, "no-rule");
        fact!(facts, "no-rule+head=", head, ":", more);
        fact!(facts, "no-rule+form=", form);
    }
    if let Some(reading) = reading {
        let (tie, cost) = (reading.tie.name(), few((reading.proposal.cost as usize / 2).min(6)));
        let mut it = answers.of(answer(Some(reading.proposal.measure)));
        fact!(it, "reading=", tie);
        fact!(it, "reading+cost=", tie, "+", cost);
        fact!(it, "reading+head=", tie, "+", head, "+", form);
        fact!(it, "reading+cost+head=", tie, "+", cost, "+", head, ":", more);
        fact!(facts, "reading=", tie, "+", cost);
        fact!(facts, "reading+head=", tie, "+", head, "+", form);
    } else {
        fact!(facts, "no-reading");
        fact!(facts, "no-reading+head=", head, "+", form);
    }
    if is_piece(&scene, at) {
        fact!(facts, "piece");
        fact!(facts, "piece+head=", head);
    }
    if scene.is_agent(at) {
        fact!(facts, "agent");
        fact!(facts, "agent+head=", head);
    }
    if let Some(group) = scene.complement_group(at) {
        fact!(facts, "complement=", group);
    }
    if let Some(measure) = count.state.and_then(|state| line.tokens[state].senses.measure) {
        fact!(answers.of(answer(Some(measure))), "state");
        fact!(answers.of(answer(Some(measure))), "state+head=", head);
    }
}

/// The words before the number and behind its phrase.
fn beside(known: Known, chapter: &mut Chapter) {
    let (count, facts) = (known.count(), &mut chapter.facts);
    let tokens = &known.line().tokens;
    let before = |back: usize| count.first.checked_sub(back).map(|i| &tokens[i]);
    let after = |ahead: usize| tokens.get(count.end + ahead);
    let (b1, b2, b3) = (word_at(before(1)), word_at(before(2)), word_at(before(3)));
    let (a1, a2, a3) = (word_at(after(1)), word_at(after(2)), word_at(after(3)));
    let (cb1, cb2, cb3) = (class_at(before(1)), class_at(before(2)), class_at(before(3)));
    let (ca1, ca2, ca3) = (class_at(after(1)), class_at(after(2)), class_at(after(3)));
    let (head, _) = head(count.head);
    fact!(facts, "b1=", b1);
    fact!(facts, "b2=", b2);
    fact!(facts, "b3=", b3);
    fact!(facts, "a1=", a1);
    fact!(facts, "a2=", a2);
    fact!(facts, "a3=", a3);
    fact!(facts, "b21=", b2, " ", b1);
    fact!(facts, "a12=", a1, " ", a2);
    fact!(facts, "b1a1=", b1, " ", a1);
    fact!(facts, "cb1=", cb1);
    fact!(facts, "cb2=", cb2);
    fact!(facts, "ca1=", ca1);
    fact!(facts, "ca2=", ca2);
    fact!(facts, "ca3=", ca3);
    fact!(facts, "cb321=", cb3, " ", cb2, " ", cb1);
    fact!(facts, "cb21=", cb2, " ", cb1);
    fact!(facts, "ca12=", ca1, " ", ca2);
    fact!(facts, "ca123=", ca1, " ", ca2, " ", ca3);
    fact!(facts, "cb1ca1=", cb1, " ", ca1);
    fact!(facts, "b1+head=", b1, "+", head);
    fact!(facts, "a1+head=", a1, "+", head);
    fact!(facts, "cb1+head=", cb1, "+", head);
    fact!(facts, "ca1+head=", ca1, "+", head);
    fact!(facts, "ca12+head=", ca1, " ", ca2, "+", head);
    for token in tokens[count.first.saturating_sub(NEAR)..count.first].iter().filter(|t| telling(t)) {
        fact!(facts, "before=", token.lower.stem());
    }
    for token in tokens.iter().skip(count.end + 1).take(NEAR).filter(|t| telling(t)) {
        fact!(facts, "after=", token.lower.stem());
    }
}

/// The nearest words of what befell people on each side, and how they stand to the count.
fn predicates(known: Known, chapter: &mut Chapter) {
    let (line, count) = (known.line(), known.count());
    let tokens = &line.tokens;
    let (head, more) = head(count.head);
    let form = form(count.form);
    let Chapter { facts, answers, .. } = chapter;
    let told = |i: &usize| tokens[*i].senses.measure.is_some();
    let mut before = (count.first.saturating_sub(FAR)..count.first).rev().filter(told);
    let mut behind = (count.end + 1..(count.end + FAR).min(tokens.len())).filter(told);
    let left = [before.next(), before.next()];
    let right = [behind.next(), behind.next()];
    for (side, found) in [(hashed!("left"), left), (hashed!("right"), right)] {
        if found[0].is_none() {
            fact!(facts, side, "-predicate=none");
            fact!(facts, side, "-predicate=none+", head);
        }
        for (at, i) in found.into_iter().flatten().enumerate() {
            let token = &tokens[i];
            let Some(measure) = token.senses.measure else { continue };
            let mut it = answers.of(answer(Some(measure)));
            let between = if i < count.first { &tokens[i + 1..count.first] } else { &tokens[count.end + 1..i] };
            let far = distance(between.len());
            let class = class(token);
            let parted = parting(between);
            let rank = few(at);
            fact!(it, side, rank, "-predicate");
            fact!(it, side, rank, "-predicate=", far, "+", head);
            fact!(it, side, rank, "-predicate=", class, "+", head, "+", form);
            fact!(it, side, rank, "-predicate=", class, "+", far, "+", parted);
            fact!(it, side, rank, "-predicate=", parted, "+", head);
            fact!(it, side, rank, "-word=", &token.lower);
            if at == 0 {
                let numbers = between.iter().filter(|t| t.kind == Kind::Digits || t.senses.value.is_some()).count();
                fact!(it, side, "-predicate=", parted, "+numbers", few(numbers.min(2)), "+", class);
                fact!(facts, side, "-predicate=", class, "+", far, "+", head);
                fact!(facts, side, "-predicate=", parted, "+", far);
                if between.len() <= MOST_ON_PATH {
                    let mut path = [hashed!(""); 5 + 2 * MOST_ON_PATH];
                    path[..3].copy_from_slice(&[side, hashed!("-path="), class]);
                    for (steps, token) in path[3..].chunks_mut(2).zip(between) {
                        steps.copy_from_slice(&[hashed!(" "), naming::class(token)]);
                    }
                    if let Some(names) = it.add(id(&path)) {
                        names.keep(&path);
                    }
                    path[3 + 2 * MOST_ON_PATH..].copy_from_slice(&[hashed!("+"), head]);
                    if let Some(names) = facts.add(id(&path)) {
                        names.keep(&path);
                    }
                }
            }
        }
    }
    let nearest = match (left[0], right[0]) {
        (Some(l), Some(r)) => Some(if count.first - l <= r - count.end { l } else { r }),
        (one, other) => one.or(other),
    };
    if let Some(measure) = nearest.and_then(|i| tokens[i].senses.measure) {
        let mut it = answers.of(answer(Some(measure)));
        fact!(it, "nearest");
        fact!(it, "nearest+head=", head, ":", more);
        fact!(it, "nearest+form=", form);
    } else {
        fact!(facts, "nearest=none+", head, ":", more);
    }
    let measure_at = |found: Option<usize>| found.and_then(|i| tokens[i].senses.measure);
    if let Some(measure) = measure_at(left[0]).filter(|measure| measure_at(right[0]) == Some(*measure)) {
        fact!(answers.of(answer(Some(measure))), "on-both-sides");
    }
    for (i, token) in near(line, count, FAR).iter().enumerate() {
        if let Some(topic) = token.senses.topic {
            let at = count.first.saturating_sub(FAR) + i;
            let side = if at < count.first { hashed!("left") } else { hashed!("right") };
            let far = distance(if at < count.first { count.first - at } else { at.saturating_sub(count.end) });
            let mut it = answers.of(answer(Some(topic)));
            fact!(it, "topic");
            fact!(it, "topic=", side, "+", far);
            fact!(it, "topic+head=", head);
        }
    }
}

/// So many words between a count and a word of what befell people are a path that is told step by step.
const MOST_ON_PATH: usize = 5;

/// What parts a count from a word in its sentence, the strongest first.
fn parting(between: &[Token]) -> Hashed<'static> {
    if between.iter().any(|t| t.reads_any(&[";", ":"]) || t.is_dash()) {
        hashed!("mark")
    } else if between.iter().any(|t| t.is(SUBORDINATOR)) {
        hashed!("clause")
    } else if between.iter().any(|t| t.reads(",")) {
        hashed!("comma")
    } else if between.iter().any(|t| t.reads_any(&["and", "but", "or"])) {
        hashed!("and")
    } else {
        hashed!("no")
    }
}

/// The tokens around a count, no farther than so many on each side.
fn near<'a>(line: &'a Line, count: &Count, far: usize) -> &'a [Token] {
    &line.tokens[count.first.saturating_sub(far)..(count.end + 1 + far).min(line.tokens.len())]
}

/// The sentence as a whole, and the one before.
fn sentence(known: Known, chapter: &mut Chapter) {
    let Chapter { facts, answers, .. } = chapter;
    let (lines, line, count) = (known.lines, known.line(), known.count());
    let Place { line: index, count: at } = known.place;
    let (head, _) = head(count.head);
    fact!(facts, "counts=", few(line.counts.len().min(6)));
    fact!(facts, "count-of-line=", few(at.min(4)));
    let refused = near_counts(line, at).filter(|c| !c.may_count_people()).count();
    fact!(facts, "refused-near=", few(refused.min(3)));
    if count.first == 0 {
        fact!(facts, "opens");
        fact!(facts, "opens+head=", head);
    }
    if count.end + 2 >= line.tokens.len() {
        fact!(facts, "ends");
        fact!(facts, "ends+head=", head);
    }
    let verb = line
        .tokens
        .iter()
        .skip(count.end + 1)
        .take(6)
        .find(|t| t.kind == Kind::Word && !t.is(GRAMMAR | ADVERB | DETERMINER));
    if let Some(verb) = verb {
        fact!(facts, "then=", verb.lower.stem());
        fact!(facts, "then+head=", verb.lower.stem(), "+", head);
    }
    let first = line.tokens.iter().find(|t| t.kind != Kind::Mark);
    if let Some(first) = first {
        fact!(facts, "first-word=", word_at(Some(first)));
    }
    for token in near(line, count, 2 * NEAR).iter().filter(|t| t.is(ANY_CUE)) {
        for (name, class) in CUES {
            if token.is(*class) {
                fact!(facts, "says=", *name);
            }
        }
    }
    if line.tokens.iter().take(60).any(Token::is_quote) {
        fact!(facts, "quoted");
    }
    let governing = tokens_before(line, count).find(|t| is_verb(t));
    if let Some(verb) = governing {
        fact!(facts, "governed-by=", &verb.lower);
        fact!(facts, "governed-by=", verb.lower.stem(), "+", head);
    }
    let Some(previous) = index.checked_sub(1).map(|i| &lines[i]) else { return };
    let same = previous.sentence.paragraph == line.sentence.paragraph;
    let side = if same { hashed!("previous") } else { hashed!("above") };
    let mut told = previous.tokens.iter().rev().take(FAR).filter_map(|t| t.senses.measure);
    if let Some(last) = told.next() {
        let mut it = answers.of(answer(Some(last)));
        fact!(it, side, "-predicate");
        fact!(it, side, "-predicate+head=", head);
        for other in told.take(6) {
            fact!(answers.of(answer(Some(other))), side, "-other-predicate+head=", head);
        }
    } else {
        fact!(facts, side, "-predicate=none");
        fact!(facts, side, "-predicate=none+", head);
    }
    fact!(facts, side, "-counts=", few(previous.counts.iter().filter(|c| c.may_count_people()).count().min(3)));
    for token in previous.tokens.iter().rev().take(FAR) {
        if let Some(topic) = token.senses.topic {
            fact!(answers.of(answer(Some(topic))), side, "-topic+head=", head);
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

/// The place in the article.
fn place(known: Known, chapter: &mut Chapter) {
    let Chapter { facts, answers, .. } = chapter;
    let (lines, line, index) = (known.lines, known.line(), known.place.line);
    let (head, _) = head(known.count().head);
    fact!(facts, "place=", place_of(lines, index));
    let short = line.tokens.len() <= 8;
    if short {
        fact!(facts, "short-line");
    }
    if line.tokens.first().is_some_and(|t| t.kind == Kind::Mark && !t.is_quote()) {
        fact!(facts, "bullet");
    }
    if let Some(heading) = line.heading {
        for token in lines[heading].tokens.iter().take(8).filter(|t| telling(t)) {
            fact!(facts, "heading=", &token.lower);
            if let Some(measure) = token.senses.measure.or(token.senses.topic) {
                fact!(answers.of(answer(Some(measure))), "in-heading");
                fact!(answers.of(answer(Some(measure))), "in-heading+head=", head);
            }
        }
    }
    if !line.sentence.headline {
        for token in lines[0].tokens.iter().take(FAR) {
            if let Some(measure) = token.senses.measure.or(token.senses.topic) {
                fact!(answers.of(answer(Some(measure))), "in-title");
                fact!(answers.of(answer(Some(measure))), "in-title+head=", head);
            }
        }
    }
}

/// Word classes that say something about a count from any place near it.
const CUES: &[(Hashed<'static>, u64)] = &[
    (hashed!("elsewhere"), ELSEWHERE),
    (hashed!("part"), PART),
    (hashed!("earlier"), EARLIER),
    (hashed!("feared"), FEARED),
    (hashed!("denied"), DENIED),
    (hashed!("saved"), SAVED),
    (hashed!("toll"), TOLL),
    (hashed!("count"), COUNT),
    (hashed!("include"), INCLUDE),
    (hashed!("month"), MONTH),
    (hashed!("weekday"), WEEKDAY),
    (hashed!("report"), REPORT),
    (hashed!("according"), ACCORDING),
];

/// Any of them.
const ANY_CUE: u64 = any(CUES);
