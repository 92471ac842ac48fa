//! What the sentences of an article make of its counts: each read by the rules, by the list it stands in, by what it is a
//! piece of; and those that are figures, each with what it hangs on.

use foldhash::HashMap;

use crate::extract::facts::Alike;
use crate::extract::hashed::{Hashed, hashed};
use crate::extract::head::{Count, Form, Head};
use crate::extract::lexicon::lists::LINKS;
use crate::extract::lexicon::{ADVERB, BE, DETERMINER, HAVE, INCLUDE, MODAL, PREPOSITION, REPORT, SAVED, SUBORDINATOR};
use crate::extract::rules::{self, Proposal, Scene, cheapest};
use crate::extract::sentence::Sentence;
use crate::extract::token::{self, Kind, Token};
use crate::model::{Group, Measure, Quantity, Span};

/// A sentence with its tokens and counts.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where it stands.
    pub sentence: Sentence,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Its counts.
    pub counts: Vec<Count>,
    /// For every token the count whose number or noun phrase covers it.
    pub covering: Vec<Option<u32>>,
    /// The classes of all tokens together.
    pub said: u64,
    /// The line that stands as a heading above it.
    pub heading: Option<usize>,
}

impl Line {
    /// A line that stands under no heading.
    pub fn new(sentence: Sentence, tokens: Vec<Token>, counts: Vec<Count>) -> Self {
        let mut covering = vec![None; tokens.len()];
        // Of two counts that share a token, as "a" of "a 12-member family" does, the first has it.
        for (at, count) in counts.iter().enumerate().rev() {
            covering[count.first..=count.end].fill(u32::try_from(at).ok());
        }
        let said = token::said(&tokens);
        Self { sentence, tokens, counts, covering, said, heading: None }
    }

    /// Whether it is a paragraph of few words without a full stop, as headings are.
    fn is_heading(&self) -> bool {
        let short = self.tokens.len() <= 6 && !self.sentence.headline;
        short && self.counts.is_empty() && self.tokens.last().is_some_and(|t| t.kind == Kind::Word)
    }

    /// Whether it tells of another article: "Read more: Ferry fire kills 22".
    pub fn is_link(&self) -> bool {
        let colon = self.tokens.iter().take(LONGEST_LINK + 1).position(|t| t.reads(":"));
        colon.is_some_and(|colon| {
            let opening: Vec<&str> = self.tokens[..colon].iter().map(|t| &*t.lower).collect();
            LINKS.has(&*opening.join(" "))
        })
    }

    /// The line as the rules see it.
    pub fn scene(&self) -> Scene<'_> {
        Scene { tokens: &self.tokens, counts: &self.counts, covering: &self.covering, said: self.said }
    }
}

/// As many words stand before the colon of a link at the most.
const LONGEST_LINK: usize = 4;

/// A count that was joined to what happened: a figure in the making, with the facts that later decisions rest on.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Its place among all counts of the article.
    pub place: usize,
    /// The index of the line.
    pub line: usize,
    /// The index of the count in its line.
    pub count: usize,
    /// The words of the number.
    pub span: Span,
    /// How many.
    pub quantity: Quantity,
    /// What happened.
    pub measure: Measure,
    /// To whom.
    pub group: Group,
    /// The token that said so, where it stands in the same line.
    pub predicate: Option<usize>,
    /// To whom, where the construction says so.
    pub by_rule: Option<Group>,
    /// The rule that found it.
    pub rule: &'static str,
    /// The finding that this one is a piece of, or runs on from.
    pub antecedent: Option<usize>,
    /// How it hangs on its antecedent.
    pub tie: Tie,
}

impl Tie {
    /// The name in facts.
    pub fn name(self) -> Hashed<'static> {
        match self {
            Self::None => hashed!("alone"),
            Self::Piece => hashed!("piece"),
            Self::Neighbour => hashed!("neighbour"),
            Self::Echo => hashed!("echo"),
            Self::Topic => hashed!("topic"),
        }
    }
}

/// How a finding hangs on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// It stands by itself.
    None,
    /// A piece of it: "12 of them", "including 12 children".
    Piece,
    /// Its neighbour in a list: "745 civilians, 125 officers".
    Neighbour,
    /// The same value told again.
    Echo,
    /// A bare number that goes on with the topic: "up from 201".
    Topic,
}

/// The most sentences between a bare number and the count whose topic it takes up.
const TOPIC_REACH: usize = 3;

/// Notes for every line the heading that it stands under.
pub fn mark_headings(lines: &mut [Line]) {
    let mut heading = None;
    for at in 0..lines.len() {
        let alone = [at.checked_sub(1), Some(at + 1)]
            .into_iter()
            .flatten()
            .all(|other| lines.get(other).is_none_or(|l| l.sentence.paragraph != lines[at].sentence.paragraph));
        if alone && lines[at].is_heading() {
            heading = Some(at);
        } else {
            lines[at].heading = heading;
        }
    }
}

/// Where a count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The index of the line.
    pub line: usize,
    /// The index of the count in its line.
    pub count: usize,
}

impl Place {
    /// The count that stands there.
    pub fn count(self, lines: &[Line]) -> &Count {
        &lines[self.line].counts[self.count]
    }
}

/// All counts of an article that may be figures, in the order of the text.
pub fn places(lines: &[Line]) -> Vec<Place> {
    let all = lines.iter().enumerate();
    let all = all.flat_map(|(line, found)| (0..found.counts.len()).map(move |count| Place { line, count }));
    all.filter(|place| !place.count(lines).surely_counts_none()).collect()
}

/// What the rules propose for every count, in the order of the places.
pub fn proposals(lines: &[Line], places: &[Place]) -> Proposals {
    let mut found = Proposals { all: Vec::new(), ends: Vec::with_capacity(places.len()) };
    for place in places {
        found.all.extend(rules::proposals(&lines[place.line].scene(), place.count));
        found.ends.push(found.all.len());
    }
    found
}

/// The proposals of the rules, count after count.
#[derive(Debug)]
pub struct Proposals {
    all: Vec<Proposal>,
    /// Where those of each count end.
    ends: Vec<usize>,
}

impl Proposals {
    /// Those for the count at a place.
    pub fn of(&self, place: usize) -> &[Proposal] {
        let from = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[from..self.ends[place]]
    }
}

/// What the rules and the lists of the sentences make of every count, in the order of the places.
pub fn readings(lines: &[Line], places: &[Place], proposals: &Proposals) -> Vec<Option<Reading>> {
    let mut all: Vec<Option<Reading>> = Vec::with_capacity(places.len());
    // The places of the line's counts; none for those that are surely no figures.
    let mut place_of: Vec<Option<usize>> = Vec::new();
    let mut readings: Vec<Option<Reading>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let scene = line.scene();
        let mut next = all.len();
        place_of.clear();
        place_of.extend(line.counts.iter().map(|count| {
            let place = (!count.surely_counts_none()).then_some(next);
            next += usize::from(place.is_some());
            place
        }));
        let by_rule = |(at, place): (usize, &Option<usize>)| by_rule(&line.counts[at], proposals.of((*place)?));
        readings.clear();
        readings.extend(place_of.iter().enumerate().map(by_rule));
        pieces(&scene, &mut readings, &all, places, &place_of, index, lines);
        neighbours(&scene, &mut readings, &place_of);
        all.extend(readings.iter().zip(&place_of).filter(|(_, place)| place.is_some()).map(|(reading, _)| *reading));
    }
    all
}

/// The counts that are figures, each with what hangs on it. `measures` tells of every count what happened to those
/// counted, if anything.
pub fn findings(
    lines: &[Line],
    places: &[Place],
    readings: &[Option<Reading>],
    measures: &[Option<Measure>],
) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut finding_of: Vec<Option<usize>> = vec![None; places.len()];
    let mut by_value: HashMap<(u64, Measure), usize> = HashMap::default();
    for (at, place) in places.iter().enumerate() {
        let Some(measure) = measures[at] else { continue };
        let count = place.count(lines);
        let value = count.quantity.told();
        let reading = readings[at].filter(|r| r.proposal.measure == measure);
        let (tie, antecedent) = match reading {
            Some(reading) => (reading.tie, reading.from.and_then(|from| finding_of[from])),
            None => match by_value.get(&(value, measure)).filter(|_| value >= 10) {
                Some(known) => (Tie::Echo, Some(*known)),
                None => {
                    let near = found.iter().enumerate().rev().take(8).find(|(_, f)| f.measure == measure);
                    let near = near.filter(|(_, f)| place.line - f.line <= TOPIC_REACH).map(|(index, _)| index);
                    (Tie::Topic, near)
                }
            },
        };
        let rule = match (reading, tie) {
            (Some(reading), _) => reading.proposal.rule,
            (None, Tie::Echo) => "known-value",
            (None, _) => "topic",
        };
        finding_of[at] = Some(found.len());
        by_value.entry((value, measure)).or_insert(found.len());
        found.push(Finding {
            place: at,
            line: place.line,
            count: place.count,
            span: count.span(&lines[place.line].tokens),
            quantity: count.quantity,
            measure,
            group: Group::People,
            predicate: reading.filter(|r| r.tie == Tie::None).map(|r| r.proposal.predicate),
            by_rule: reading.and_then(|r| r.proposal.group),
            rule,
            antecedent,
            tie,
        });
    }
    found
}

/// How near to each other two findings stand, as a word for facts.
pub fn how_near(lines: &[Line], one: &Finding, other: &Finding) -> Hashed<'static> {
    match one.line.abs_diff(other.line) {
        0 => hashed!("sentence"),
        _ if lines[one.line].sentence.paragraph == lines[other.line].sentence.paragraph => hashed!("paragraph"),
        1..=2 => hashed!("near"),
        _ => hashed!("far"),
    }
}

/// The findings that tell the same value of the same measure.
pub fn alike(findings: &[Finding]) -> Alike {
    Alike::of(findings.iter().map(|finding| (finding.quantity.told(), finding.measure)))
}

/// What rules and lists make of a count.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// What happened, and how far-fetched it is.
    pub proposal: Proposal,
    /// How it hangs on another count.
    pub tie: Tie,
    /// The place of that count among all of the article.
    pub from: Option<usize>,
}

/// A single victim or an unknown noun must be told plainly.
const DEAREST_SINGLE: u32 = 8;

fn by_rule(count: &Count, proposals: &[Proposal]) -> Option<Reading> {
    let proposal = cheapest(proposals).filter(|_| count.may_count_people())?;
    let doubtful = count.form == Form::Single || count.head == Head::Unknown;
    if doubtful && proposal.cost > DEAREST_SINGLE {
        return None;
    }
    Some(Reading { proposal, tie: Tie::None, from: None })
}

/// "including 12 children", "eight of them", "of whom 12": a piece of the count told before.
fn pieces(
    scene: &Scene,
    readings: &mut [Option<Reading>],
    before: &[Option<Reading>],
    places: &[Place],
    place_of: &[Option<usize>],
    line: usize,
    lines: &[Line],
) {
    for at in 0..readings.len() {
        let count = &scene.counts[at];
        if !count.may_count_people() || readings[at].is_some_and(|r| r.proposal.cost <= 3) || !is_piece(scene, at) {
            continue;
        }
        let here =
            (at.saturating_sub(8)..at).rev().find(|i| readings[*i].is_some() && scene.counts[*i].form == Form::Stated);
        let (measure, from) = match here.and_then(|i| readings[i].map(|r| (i, r))) {
            Some((i, reading)) => (reading.proposal.measure, place_of[i]),
            None => {
                let near = before.iter().enumerate().rev().take(12).filter_map(|(i, r)| Some((i, (*r)?)));
                let mut near = near.filter(|(i, _)| {
                    let other = places[*i].line;
                    let together = lines[other].sentence.paragraph == lines[line].sentence.paragraph;
                    line - other <= 2 && (together || line - other == 1)
                });
                match near.next() {
                    Some((i, reading)) => (reading.proposal.measure, Some(i)),
                    None => continue,
                }
            }
        };
        readings[at] = Some(Reading {
            proposal: Proposal { measure, group: None, cost: 3, predicate: count.first, rule: "of-whom" },
            tie: Tie::Piece,
            from,
        });
    }
}

/// Whether the words around a count make it a piece of another.
pub fn is_piece(scene: &Scene, at: usize) -> bool {
    let count = &scene.counts[at];
    let mut before = count.first;
    while before > 0 && scene.tokens[before - 1].is(ADVERB | DETERMINER) && !scene.tokens[before - 1].is(INCLUDE) {
        before -= 1;
    }
    let listed = |i: usize| {
        let token = &scene.tokens[i];
        token.is(INCLUDE) || token.reads_any(&["among", "of these", "of those", "of the"])
    };
    let led = before > 0 && listed(before - 1);
    let opened = before >= 3
        && scene.tokens[before - 1].reads(",")
        && scene.tokens[before - 2].reads_any(&["these", "those", "them", "whom", "these"]);
    let followed = scene.tokens.get(count.end + 1).is_some_and(|t| t.reads_any(&["of them", "of whom", "of which"]));
    // "including three women and two children": what is joined to a piece is a piece.
    let joined = at > 0
        && scene.tokens.get(count.first.wrapping_sub(1)).is_some_and(|t| t.reads_any(&["and", ","]))
        && scene.counts[at - 1].end + 3 > count.first
        && matches!(count.head, Head::Person(_))
        && led_by_include(scene, at - 1);
    led || opened || followed || joined || (count.partitive && count.state.is_none())
}

fn led_by_include(scene: &Scene, at: usize) -> bool {
    scene.counts[at].first > 0 && scene.tokens[scene.counts[at].first - 1].is(INCLUDE)
}

/// "745 civilians, 125 officers and 148 gunmen": what is told of one holds for its neighbours.
fn neighbours(scene: &Scene, readings: &mut [Option<Reading>], place_of: &[Option<usize>]) {
    for at in 1..readings.len() {
        if readings[at].is_none()
            && let Some(before) = readings[at - 1]
            && run_on(scene, at - 1, at)
        {
            readings[at] = Some(gapped(before.proposal, scene.counts[at].first, place_of[at - 1], before.tie));
        }
    }
    for at in (0..readings.len().saturating_sub(1)).rev() {
        if readings[at].is_none()
            && let Some(after) = readings[at + 1]
            && after.tie != Tie::Piece
            && run_on(scene, at, at + 1)
        {
            readings[at] = Some(gapped(after.proposal, scene.counts[at].first, None, Tie::None));
        }
    }
}

fn gapped(from: Proposal, predicate: usize, other: Option<usize>, tie: Tie) -> Reading {
    Reading {
        proposal: Proposal { measure: from.measure, group: None, cost: from.cost + 3, predicate, rule: "gapped" },
        tie: if tie == Tie::Piece { Tie::Piece } else { Tie::Neighbour },
        from: other,
    }
}

/// Whether two counts stand in one list: nothing between them but a comma or "and", and where they were.
fn run_on(scene: &Scene, left: usize, right: usize) -> bool {
    let (a, b) = (&scene.counts[left], &scene.counts[right]);
    if !a.may_count_people() || !b.may_count_people() || b.form == Form::Zero || a.form == Form::Zero {
        return false;
    }
    if matches!(b.head, Head::Casualty(_) | Head::Lives | Head::Unknown) || b.state.is_some() || b.first <= a.end {
        return false;
    }
    let between = scene.between(a.end, b.first);
    let joined = between.iter().any(|t| t.reads_any(&[",", "and", ";", "or", "&", "plus", "as well as", "along with"]));
    let plain = between.iter().all(|t| {
        t.reads_any(&[",", "and", ";", "or", "&", "plus", "as well as", "along with"])
            || t.is(PREPOSITION | DETERMINER | ADVERB)
            || t.is_quote()
            || t.capital
            || (t.senses.measure.is_none()
                && !t.is(BE | HAVE | MODAL | REPORT | SUBORDINATOR | SAVED)
                && t.kind == Kind::Word)
    });
    let limit = if matches!(b.head, Head::Person(_)) { 7 } else { 6 };
    let placed =
        between.iter().any(|t| t.is(PREPOSITION)) || scene.tokens.get(b.end + 1).is_some_and(|t| t.is(PREPOSITION));
    joined
        && plain
        && between.len() <= limit
        && (matches!(b.head, Head::Person(_)) || (placed && a.form == Form::Stated))
}
