//! What the sentences of an article add up to: numbers that no rule could settle alone are settled here, and only here,
//! by what the article has told so far.

use crate::extract::evidence::{self, Doubt};
use crate::extract::head::{Count, Form, Head};
use crate::extract::lexicon::{ADVERB, BE, DETERMINER, HAVE, INCLUDE, MODAL, PREPOSITION, REPORT, SAVED, SUBORDINATOR};
use crate::extract::rules::{Proposal, Scene, cheapest};
use crate::extract::sentence::Sentence;
use crate::extract::token::{Kind, Token};
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
}

impl Line {
    /// The line as the rules see it.
    pub fn scene(&self) -> Scene<'_> {
        Scene { tokens: &self.tokens, counts: &self.counts, headline: self.sentence.headline }
    }
}

/// A count that was joined to what happened: a figure in the making, with the facts that later decisions rest on.
#[derive(Debug, Clone)]
pub struct Finding {
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
    /// The rule that found it.
    pub rule: &'static str,
    /// How far-fetched the reading is.
    pub cost: u32,
    /// The finding that this one is a piece of, or runs on from.
    pub antecedent: Option<usize>,
    /// How it hangs on its antecedent.
    pub tie: Tie,
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

/// Finds every count of people in the article that something happened to.
pub fn findings(lines: &[Line]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let by_rules: Vec<Vec<Option<Reading>>> =
        lines.iter().map(|line| (0..line.counts.len()).map(|at| by_rule(&line.scene(), at)).collect()).collect();
    let article = Register::new(lines, &by_rules);
    for ((line_index, line), mut readings) in lines.iter().enumerate().zip(by_rules) {
        let scene = line.scene();
        pieces(&scene, &mut readings, &found, line_index, lines);
        neighbours(&scene, &mut readings);
        topics(&scene, &mut readings, &article, &found, lines, line_index);
        let base = found.len();
        let mut placed: Vec<Option<usize>> = vec![None; line.counts.len()];
        for (at, reading) in readings.iter().enumerate() {
            let Some(reading) = reading else { continue };
            placed[at] = Some(found.len());
            let count = &line.counts[at];
            let antecedent = match reading.from {
                From::Here(other) => placed[other].or_else(|| (other > at).then_some(base)),
                From::Earlier(index) => Some(index),
                From::Nothing => None,
            };
            let group = group_of(&scene, at, reading, &readings, &found, antecedent.filter(|a| *a < found.len()));
            found.push(Finding {
                line: line_index,
                count: at,
                span: count.span(&line.tokens),
                quantity: count.quantity,
                measure: reading.proposal.measure,
                group,
                predicate: (reading.tie == Tie::None).then_some(reading.proposal.predicate),
                rule: reading.proposal.rule,
                cost: reading.proposal.cost,
                antecedent: antecedent.filter(|a| *a < found.len()),
                tie: reading.tie,
            });
        }
    }
    found
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    proposal: Proposal,
    tie: Tie,
    from: From,
}

#[derive(Debug, Clone, Copy)]
enum From {
    Nothing,
    /// Another count of the same line.
    Here(usize),
    /// An earlier finding.
    Earlier(usize),
}

/// A single victim or an unknown noun must be told plainly.
const DEAREST_SINGLE: u32 = 8;

fn by_rule(scene: &Scene, at: usize) -> Option<Reading> {
    let proposal = cheapest(scene, at)?;
    let count = &scene.counts[at];
    let doubtful = count.form == Form::Single || count.head == Head::Unknown;
    if doubtful && proposal.cost > DEAREST_SINGLE {
        return None;
    }
    Some(Reading { proposal, tie: Tie::None, from: From::Nothing })
}

/// "including 12 children", "eight of them", "of whom 12": a piece of the count told before.
fn pieces(scene: &Scene, readings: &mut [Option<Reading>], found: &[Finding], line: usize, lines: &[Line]) {
    for at in 0..readings.len() {
        let count = &scene.counts[at];
        if !count.may_count_people() || readings[at].is_some_and(|r| r.proposal.cost <= 1) || !is_piece(scene, at) {
            continue;
        }
        let own = readings[at].map_or(u32::MAX, |r| r.proposal.cost);
        let here = (0..at).rev().find(|i| readings[*i].is_some() && scene.counts[*i].form == Form::Stated);
        let (measure, from) = match here.and_then(|i| readings[i]) {
            Some(reading) => (reading.proposal.measure, From::Here(here.unwrap_or_default())),
            None => {
                let near = found.iter().enumerate().rev().take_while(|(_, f)| line - f.line <= 2);
                let same_paragraph = near.filter(|(_, f)| {
                    lines[f.line].sentence.paragraph == lines[line].sentence.paragraph || line - f.line == 1
                });
                match same_paragraph.map(|(i, f)| (i, f.measure)).next() {
                    Some((index, measure)) => (measure, From::Earlier(index)),
                    None => continue,
                }
            }
        };
        if own > 3 {
            readings[at] = Some(Reading {
                proposal: Proposal { measure, group: None, cost: 3, predicate: count.first, rule: "of-whom" },
                tie: Tie::Piece,
                from,
            });
        }
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
fn neighbours(scene: &Scene, readings: &mut [Option<Reading>]) {
    for at in 1..readings.len() {
        if readings[at].is_none()
            && let Some(before) = readings[at - 1]
            && run_on(scene, at - 1, at)
        {
            readings[at] = Some(gapped(before.proposal, scene.counts[at].first, at - 1, before.tie));
        }
    }
    for at in (0..readings.len().saturating_sub(1)).rev() {
        if readings[at].is_none()
            && let Some(after) = readings[at + 1]
            && after.tie != Tie::Piece
            && run_on(scene, at, at + 1)
        {
            readings[at] = Some(Reading {
                from: From::Nothing,
                ..gapped(after.proposal, scene.counts[at].first, at + 1, Tie::None)
            });
        }
    }
}

fn gapped(from: Proposal, predicate: usize, other: usize, tie: Tie) -> Reading {
    Reading {
        proposal: Proposal { measure: from.measure, group: None, cost: from.cost + 3, predicate, rule: "gapped" },
        tie: if tie == Tie::Piece { Tie::Piece } else { Tie::Neighbour },
        from: From::Here(other),
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

/// A rule's reading at this cost or above is weighed with the other evidence.
const FAR_FETCHED: u32 = 3;

/// "The ledger stood at 212", "up from 201", "the 11 workers": a number that no rule settled takes up what the article
/// tells, where the evidence speaks for it.
fn topics(
    scene: &Scene,
    readings: &mut [Option<Reading>],
    article: &Register,
    found: &[Finding],
    lines: &[Line],
    line: usize,
) {
    for at in 0..readings.len() {
        let count = &scene.counts[at];
        let weak = readings[at];
        let unsure = weak.is_some_and(|r| r.proposal.cost >= FAR_FETCHED || r.tie != Tie::None);
        let unread = weak.is_none() && count.form == Form::Stated && count.state.is_none();
        if !(unread || unsure) || !count.may_count_people() || count.form == Form::Zero {
            continue;
        }
        if unread && scene.is_agent(at) {
            continue;
        }
        let left = (0..at).rev().find(|i| readings[*i].is_some());
        let right = (at + 1..readings.len()).find(|i| readings[*i].is_some());
        let value = count.quantity.told();
        let echo = found.iter().enumerate().rev().find(|(_, f)| f.quantity.told() == value);
        let of = |other: Option<usize>| other.and_then(|i| readings[i]).map(|r| r.proposal.measure);
        let doubt = Doubt {
            scene,
            at,
            previous: line.checked_sub(1).map_or(&[], |i| lines[i].tokens.as_slice()),
            weak: weak.map(|r| r.proposal),
            left: of(left),
            right: of(right),
            last: found.last().map(|f| (line - f.line, f.measure)),
            known: echo.map(|(_, f)| f.measure).or_else(|| article.of(value)),
            main: article.main,
            first: article.values.first().map(|known| known.1),
            density: found.len() * 100 / (line + 1),
        };
        let Some(measure) = evidence::measure(&doubt) else {
            readings[at] = None;
            continue;
        };
        let agrees = |i: &usize| readings[*i].is_some_and(|r| r.proposal.measure == measure);
        let (from, tie) = if let Some((index, _)) = echo.filter(|(_, f)| value >= 10 && f.measure == measure) {
            (From::Earlier(index), Tie::Echo)
        } else if let Some(other) = left.filter(agrees).or(right.filter(agrees)) {
            (From::Here(other), Tie::Topic)
        } else {
            let near =
                found.iter().enumerate().rev().find(|(_, f)| f.measure == measure && line - f.line <= TOPIC_REACH);
            (near.map_or(From::Nothing, |(index, _)| From::Earlier(index)), Tie::Topic)
        };
        let weight = evidence::weigh(&doubt);
        if weight <= 0 {
            readings[at] = None;
            continue;
        }
        if weak.is_some_and(|r| r.proposal.measure == measure) {
            continue;
        }
        let rule = if tie == Tie::Echo { "known-value" } else { "topic" };
        // The surer, the cheaper: log odds of 3 and more are as good as a rule.
        let cost = 10 - u32::try_from(weight / 50).unwrap_or(0).min(6);
        readings[at] = Some(Reading {
            proposal: Proposal { measure, group: None, cost, predicate: count.first, rule },
            tie,
            from,
        });
    }
}

/// What the rules alone make of an article: the register that doubtful numbers are held against.
#[derive(Debug, Default)]
struct Register {
    /// Every value with what happened to so many.
    values: Vec<(u64, Measure)>,
    /// What is told most often.
    main: Option<Measure>,
}

impl Register {
    fn new(lines: &[Line], by_rules: &[Vec<Option<Reading>>]) -> Self {
        let mut values = Vec::new();
        for (line, readings) in lines.iter().zip(by_rules) {
            let told = line.counts.iter().zip(readings).filter_map(|(c, r)| Some((c.quantity.told(), r.as_ref()?)));
            values.extend(told.map(|(value, reading)| (value, reading.proposal.measure)));
        }
        let times = |measure: Measure| values.iter().filter(|known| known.1 == measure).count();
        let main = Measure::ALL.iter().rev().copied().filter(|m| times(*m) > 0).max_by_key(|m| times(*m));
        Self { main, values }
    }

    /// What happened to so many.
    fn of(&self, value: u64) -> Option<Measure> {
        self.values.iter().find(|known| known.0 == value).map(|known| known.1)
    }
}

/// Whom a count counts: its own head, else the one it hangs on, else the one it repeats.
fn group_of(
    scene: &Scene,
    at: usize,
    reading: &Reading,
    readings: &[Option<Reading>],
    found: &[Finding],
    antecedent: Option<usize>,
) -> Group {
    let count = &scene.counts[at];
    if let Head::Person(group) = count.head
        && group != Group::People
    {
        return group;
    }
    if let Some(group) = reading.proposal.group.or_else(|| scene.complement_group(at).filter(|g| *g != Group::People)) {
        return group;
    }
    let tied = antecedent.and_then(|i| found.get(i)).map(|f| f.group).filter(|group| {
        let line = antecedent.map(|i| found[i].line);
        let listed = found.iter().any(|f| Some(f.line) == line && f.tie != Tie::Piece && f.group != *group);
        reading.tie != Tie::Topic || !listed // behind a list of several groups the whole is meant
    });
    let named = matches!(count.head, Head::Person(_));
    if reading.tie == Tie::Topic && matches!(tied, Some(Group::Women | Group::Children)) {
        return Group::People; // A sub-group is told as such; who goes on without a word goes on with the whole.
    }
    if reading.tie != Tie::None && !named {
        return tied.unwrap_or(Group::People);
    }
    if reading.tie == Tie::Echo {
        return tied.unwrap_or(Group::People);
    }
    // "18 civilians were killed and 23 wounded": the gapped noun.
    if !named && at > 0 && readings[at - 1].is_some() && matches!(count.head, Head::Bare) {
        let before = &scene.counts[at - 1];
        let between = scene.between(before.end, count.first);
        let last = between.last().is_some_and(|t| t.reads_any(&["and", ","]));
        if last
            && between.len() <= 6
            && let Head::Person(group) = before.head
            && before.form == Form::Stated
        {
            return group;
        }
    }
    Group::People
}
