//! The facts about a figure and each of those who may have counted it.

use std::collections::HashMap;

use crate::extract::discourse::{Finding, Line};
use crate::extract::facts::around::{form, place_of, stem};
use crate::extract::facts::{Facts, few};
use crate::extract::lexicon::{
    COUNT, DETERMINER, EARLIER, ELSEWHERE, FEARED, INCLUDE, NUMBER, PART, PERSON, PREPOSITION, PRONOUN, REPORT, SOURCE,
    SUBORDINATOR,
};
use crate::extract::source::mention::{Speaker, Way, right_of};
use crate::extract::source::{Candidate, Sources, Voice, Voices};
use crate::extract::token::{Kind, Token};
use crate::model::{Measure, Scope, Status};

/// How many mentions before and behind a figure's sentence are looked at.
const EARLIER_MENTIONS: usize = 30;
const LATER_MENTIONS: usize = 4;
/// How many tokens of a sentence are looked at for its words, and how many findings before.
const MOST_TOKENS: usize = 80;
const MOST_FINDINGS: usize = 40;

/// Those who may have counted each finding, with the facts.
pub fn sources(
    lines: &[Line],
    findings: &[Finding],
    voices: &Voices,
    standings: &[(Scope, Status)],
    named: bool,
) -> Vec<Sources> {
    let article = Register::of(lines, findings, voices);
    (0..findings.len())
        .map(|at| Sources { candidates: of_finding(lines, findings, voices, &article, standings[at], at, named) })
        .collect()
}

/// The facts of those who may have counted each finding that lie in who is thought to have counted the others: of each
/// finding the place of that one among its candidates.
pub fn again(
    lines: &[Line],
    findings: &[Finding],
    voices: &Voices,
    sources: &[Sources],
    chosen: &[usize],
    named: bool,
) -> Vec<Vec<Facts>> {
    let name = |at: usize| sources[at].candidates[chosen[at]].name.as_deref();
    let mut times: HashMap<Option<&str>, usize> = HashMap::new();
    (0..findings.len()).for_each(|at| *times.entry(name(at)).or_default() += 1);
    let mut same: HashMap<(u64, Measure), Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        same.entry((finding.quantity.told(), finding.measure)).or_default().push(at);
    }
    let of_one = |at: usize| -> Vec<Facts> {
        let finding = &findings[at];
        let line = &lines[finding.line];
        let opening = opening(line);
        let told =
            if voices.of_line(finding.line).iter().any(|(_, v)| v.mention.way.tells()) { "told" } else { "untold" };
        let others = [("previous", at.checked_sub(1)), ("next", Some(at + 1).filter(|i| *i < findings.len()))];
        let equal = same.get(&(finding.quantity.told(), finding.measure)).map_or(&[][..], Vec::as_slice);
        let equal = equal.iter().take(MOST_FINDINGS).copied().find(|other| *other != at && finding.quantity.told() > 2);
        let of_candidate = |(index, candidate): (usize, &Candidate)| -> Facts {
            let mut facts = Facts::new(named);
            let it = candidate.name.as_deref();
            let kind = if it.is_some() { "somebody" } else { "nobody" };
            let relation = |other: usize| match name(other) {
                other if other == it => "same",
                None => "nobody",
                Some(_) => "another",
            };
            if chosen[at] == index {
                facts.add(&[kind, "+own"]);
                facts.add(&[kind, "+own+", opening, "+", told]);
            }
            for (side, other) in others {
                let Some(other) = other else {
                    facts.add(&[side, "=none+", kind]);
                    continue;
                };
                let f = &findings[other];
                let near = match finding.line.abs_diff(f.line) {
                    0 => "sentence",
                    _ if lines[f.line].sentence.paragraph == line.sentence.paragraph => "paragraph",
                    1..=2 => "near",
                    _ => "far",
                };
                let relation = relation(other);
                let kin = if f.measure == finding.measure { "same" } else { "other" };
                facts.add(&[side, "=", kind, "+", relation, "+", near]);
                facts.add(&[side, "=", kind, "+", relation, "+", near, "+", told]);
                facts.add(&[side, "=", kind, "+", relation, "+", near, "+", opening]);
                facts.add(&[side, "=", kind, "+", relation, "+", near, "+", finding.tie.as_str(), "+", kin]);
            }
            if let [Some(previous), Some(next)] = others.map(|(_, other)| other) {
                facts.add(&["between=", kind, "+", relation(previous), "+", relation(next), "+", told]);
            }
            if let Some(antecedent) = finding.antecedent {
                facts.add(&["antecedent=", kind, "+", relation(antecedent), "+", finding.tie.as_str(), "+", told]);
            }
            if let Some(equal) = equal {
                facts.add(&["same-value=", kind, "+", relation(equal), "+", told]);
            }
            let times = times.get(&it).copied().unwrap_or_default() - usize::from(chosen[at] == index);
            let share = (times * 4).checked_div(findings.len().saturating_sub(1)).unwrap_or_default();
            facts.add(&["chosen=", kind, "+", few(times.min(3)), "+", told]);
            facts.add(&["chosen=", kind, "+of-all-", few(share), "+", told]);
            facts
        };
        sources[at].candidates.iter().enumerate().map(of_candidate).collect()
    };
    (0..findings.len()).map(of_one).collect()
}

/// What the article as a whole says of those it names.
struct Register<'a> {
    /// By grammar alone: whose clause each finding stands in.
    by_clause: Vec<Option<&'a str>>,
    /// How often each name comes up, and how often as one who tells.
    mentions: HashMap<&'a str, (usize, usize)>,
    /// How many figures each tells, by grammar, and all together.
    figures: HashMap<&'a str, usize>,
    told: usize,
    /// How many tell anything.
    tellers: usize,
    /// Who tells the same value of the same measure, by grammar.
    by_value: HashMap<(u64, Measure), Vec<usize>>,
    headline: Option<&'a str>,
    first_to_tell: Option<&'a str>,
    most_told: Option<&'a str>,
}

impl<'a> Register<'a> {
    fn of(lines: &[Line], findings: &[Finding], voices: &'a Voices) -> Self {
        let by_clause = by_clause(lines, findings, voices);
        let mut mentions: HashMap<&str, (usize, usize)> = HashMap::new();
        for (_, voice) in &voices.all {
            let (times, told) = mentions.entry(&voice.name).or_default();
            *times += 1;
            *told += usize::from(voice.mention.way.tells());
        }
        let telling = |voice: &&'a (usize, Voice)| voice.1.mention.way.tells();
        let mut figures: HashMap<&str, usize> = HashMap::new();
        by_clause.iter().flatten().for_each(|name| *figures.entry(name).or_default() += 1);
        let mut by_value: HashMap<(u64, Measure), Vec<usize>> = HashMap::new();
        for (at, finding) in findings.iter().enumerate() {
            by_value.entry((finding.quantity.told(), finding.measure)).or_default().push(at);
        }
        let headline = |headline: bool| {
            let of = |(line, _): &&'a (usize, Voice)| lines[*line].sentence.headline == headline;
            voices.all.iter().filter(telling).find(of).map(|(_, v)| v.name.as_str())
        };
        Self {
            headline: headline(true),
            first_to_tell: headline(false),
            most_told: figures.iter().max_by_key(|(name, times)| (**times, **name)).map(|(name, _)| *name),
            told: by_clause.iter().flatten().count(),
            tellers: mentions.values().filter(|(_, told)| *told > 0).count(),
            by_clause,
            mentions,
            figures,
            by_value,
        }
    }

    /// Who is told, by grammar, to have given the same count elsewhere; `None` if it is given nowhere else.
    fn same_value(&self, findings: &[Finding], at: usize) -> Option<Option<&'a str>> {
        let value = findings[at].quantity.told();
        let same = self.by_value.get(&(value, findings[at].measure)).filter(|_| value > 2)?;
        let mut others = same.iter().take(MOST_FINDINGS).filter(|other| **other != at).peekable();
        others.peek()?;
        Some(others.find_map(|other| self.by_clause[*other]))
    }
}

/// By grammar alone: whose clause each finding stands in.
pub fn by_clause<'a>(lines: &[Line], findings: &[Finding], voices: &'a Voices) -> Vec<Option<&'a str>> {
    findings.iter().map(|f| nearest(lines, f, voices.of_line(f.line)).map(|v| v.name.as_str())).collect()
}

/// The one whose clause a finding stands in, by grammar.
fn nearest<'a>(lines: &[Line], finding: &Finding, voices: &'a [(usize, Voice)]) -> Option<&'a Voice> {
    let at = lines[finding.line].counts[finding.count].first;
    let reaches = |(_, (_, v)): &(usize, &(usize, Voice))| {
        v.mention.way.reaches(at < v.mention.from) && !(v.mention.from..v.mention.to).contains(&at)
    };
    // From left to right, so that those on the other side of the count begin here.
    let behind = voices.partition_point(|(_, v)| v.mention.from <= at);
    let before = voices.iter().enumerate().take(behind).rev().filter(reaches).take(MOST_IN_CLAUSE);
    let after = voices.iter().enumerate().skip(behind).filter(reaches).take(MOST_IN_CLAUSE);
    let far = |(order, (_, v)): &(usize, &(usize, Voice))| {
        let between = between(lines, finding, v);
        // "Police said 14 died, citing the coastguard": who is cited has counted.
        let cites = lines[finding.line].tokens[v.mention.from].reads_any(&["citing", "quoting", "cites", "quotes"]);
        (!cites, between.len() + 12 * breaks(between), *order)
    };
    before.chain(after).min_by_key(far).map(|(_, (_, voice))| voice)
}

/// How many mentions on each side of a count are compared: the words up to each of them are walked.
const MOST_IN_CLAUSE: usize = 8;

fn between<'a>(lines: &'a [Line], finding: &Finding, voice: &Voice) -> &'a [Token] {
    let line = &lines[finding.line];
    let count = &line.counts[finding.count];
    if count.first < voice.mention.from {
        line.tokens.get(count.last + 1..voice.mention.from).unwrap_or_default()
    } else {
        line.tokens.get(voice.mention.to..count.first).unwrap_or_default()
    }
}

fn breaks(tokens: &[Token]) -> usize {
    tokens.iter().filter(|t| t.reads_any(&[";", "while", "whereas", "but"]) || t.is_dash()).count()
}

fn of_finding(
    lines: &[Line],
    findings: &[Finding],
    voices: &Voices,
    article: &Register,
    standing: (Scope, Status),
    at: usize,
    named: bool,
) -> Vec<Candidate> {
    let finding = &findings[at];
    let all = &voices.all;
    let (here, next) = voices.range(finding.line);
    let earlier = &all[here.saturating_sub(EARLIER_MENTIONS)..here];
    let inside = &all[here..next];
    let later = &all[next..(next + LATER_MENTIONS).min(all.len())];
    let mut names: Vec<&str> = Vec::new();
    let prominent = [article.headline, article.first_to_tell, article.most_told];
    let near = inside.iter().take(EARLIER_MENTIONS).chain(earlier.iter().rev()).chain(later);
    for name in near.map(|(_, v)| v.name.as_str()).chain(prominent.into_iter().flatten()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(MOST_CANDIDATES);
    let same_value = article.same_value(findings, at);
    let opening = opening(&lines[finding.line]);
    let view = View { lines, findings, article, at, earlier, inside, later, opening, standing, same_value, named };
    let mut found = vec![Candidate { name: None, facts: nobody(&view) }];
    found.extend(names.into_iter().map(|name| Candidate { name: Some(name.to_owned()), facts: somebody(&view, name) }));
    found
}

/// An article may name hundreds; the nearest are looked at.
const MOST_CANDIDATES: usize = 12;

/// A finding with the mentions around it.
struct View<'a> {
    lines: &'a [Line],
    findings: &'a [Finding],
    article: &'a Register<'a>,
    at: usize,
    earlier: &'a [(usize, Voice)],
    inside: &'a [(usize, Voice)],
    later: &'a [(usize, Voice)],
    opening: &'static str,
    standing: (Scope, Status),
    same_value: Option<Option<&'a str>>,
    named: bool,
}

impl View<'_> {
    fn finding(&self) -> &Finding {
        &self.findings[self.at]
    }

    fn line(&self) -> &Line {
        &self.lines[self.finding().line]
    }

    /// Who told the last figure before this one, by grammar, and how many lines before.
    fn last_figure(&self) -> Option<(usize, Option<&str>)> {
        let before = self.at.checked_sub(1)?;
        Some((self.finding().line - self.findings[before].line, self.article.by_clause[before]))
    }

    /// The last who was said to tell something before this sentence.
    fn last_teller(&self) -> Option<(usize, &Voice)> {
        self.earlier.iter().rev().find(|(_, v)| v.mention.way.tells()).map(|(line, v)| (*line, v))
    }

    fn same_paragraph(&self, line: usize) -> bool {
        self.lines[line].sentence.paragraph == self.line().sentence.paragraph
    }

    /// Whether somebody is said to tell something in the sentence.
    fn told(&self) -> &'static str {
        if self.inside.iter().any(|(_, v)| v.mention.way.tells()) { "told" } else { "untold" }
    }
}

/// How a sentence opens.
fn opening(line: &Line) -> &'static str {
    let Some(first) = line.tokens.iter().find(|t| t.kind != Kind::Mark) else { return "nothing" };
    let count = line.counts.first().is_some_and(|c| line.tokens[c.first].span == first.span);
    if line.sentence.headline {
        "headline"
    } else if first.reads_any(&["of", "of these", "of those", "of them", "among", "among them", "among those"]) {
        "partitive"
    } else if first.reads_any(&["its", "their", "his", "her"]) {
        "its"
    } else if first.is(PRONOUN) && !first.is(DETERMINER) {
        "pronoun"
    } else if count && (first.kind != Kind::Word || first.is(NUMBER)) {
        "number"
    } else if count {
        "single"
    } else if first.reads_any(&["another", "the other", "others", "a further", "more", "also"]) {
        "another"
    } else if first.reads("the") {
        "the"
    } else if first.is(EARLIER | ELSEWHERE) {
        "elsewhere"
    } else if first.is(PREPOSITION) {
        "preposition"
    } else {
        "word"
    }
}

/// What speaks for the outlet's own voice.
fn nobody(view: &View) -> Facts {
    let finding = view.finding();
    let line = view.line();
    let count = &line.counts[finding.count];
    let told = view.told();
    let mut facts = Facts::new(view.named);
    let mut add = |name: &str, value: &str| facts.add(&["nobody+", name, "=", value]);
    add("is", "nobody");
    add("place", place_of(view.lines, finding.line));
    add("opens", view.opening);
    add("opens+told", [view.opening, "+", told].concat().as_str());
    add("inside", few(view.inside.len().min(2)));
    add("told-inside", told);
    add("by-clause", if view.article.by_clause[view.at].is_some() { "named" } else { "none" });
    add("tie", finding.tie.as_str());
    add("form", form(count.form));
    add("measure", finding.measure.as_str());
    add("group", finding.group.as_str());
    add("rule", finding.rule);
    add("scope", view.standing.0.as_str());
    add("scope+told", [view.standing.0.as_str(), "+", told].concat().as_str());
    add("status", view.standing.1.as_str());
    let teller = match view.last_teller() {
        Some((at, _)) if view.same_paragraph(at) => "paragraph",
        Some((at, _)) if finding.line - at <= 2 => "near",
        Some(_) => "before",
        None => "none",
    };
    add("teller", teller);
    add("teller+scope", [teller, "+", view.standing.0.as_str(), "+", told].concat().as_str());
    add("teller+opens", [teller, "+", view.opening].concat().as_str());
    if let Some((far, source)) = view.last_figure() {
        let named = if source.is_some() { "named" } else { "none" };
        add("last-figure", [few(far.min(3)), "+", named].concat().as_str());
        add("last-figure+tie", [few(far.min(3)), "+", named, "+", finding.tie.as_str()].concat().as_str());
    }
    if let Some(antecedent) = finding.antecedent {
        add("antecedent", if view.article.by_clause[antecedent].is_some() { "named" } else { "none" });
    }
    add("tellers", few(view.article.tellers.min(4)));
    for (name, class) in [("elsewhere", ELSEWHERE), ("feared", FEARED), ("part", PART), ("include", INCLUDE)] {
        if line.tokens.iter().take(MOST_TOKENS).any(|t| t.is(class)) {
            add("says", name);
        }
    }
    if line.tokens.iter().take(MOST_TOKENS).any(Token::is_quote) {
        add("quoted", "yes");
    }
    add("article", if view.article.told * 3 > view.findings.len() { "told" } else { "own" });
    if view.lines.len() <= 8 {
        add("brief", "yes");
    }
    if let Some(source) = view.same_value {
        add("same-value", if source.is_some() { "named" } else { "none" });
    }
    for token in line.tokens.iter().take(3) {
        add("opens-word", stem(&token.lower));
    }
    for token in line.tokens.iter().take(MOST_TOKENS).filter(|t| t.is(SUBORDINATOR | REPORT | COUNT | EARLIER)) {
        add("word", &token.lower);
    }
    facts
}

/// What speaks for somebody.
fn somebody(view: &View, name: &str) -> Facts {
    let finding = view.finding();
    let article = view.article;
    let mut facts = Facts::new(view.named);
    facts.add(&["somebody"]);
    let told_here = view.told();
    let by_clause = article.by_clause[view.at];
    if by_clause == Some(name) {
        facts.add(&["by-clause"]);
    } else if by_clause.is_some() {
        facts.add(&["by-clause=another"]);
    }
    inside(view, name, &mut facts);
    if let Some((line, voice)) = view.earlier.iter().rev().find(|(_, v)| v.name == name) {
        earlier(view, *line, voice, &mut facts);
    }
    if let Some((line, voice)) = view.later.iter().find(|(_, v)| v.name == name) {
        let far = few((line - finding.line).min(3));
        let paragraph = if view.same_paragraph(*line) { "same" } else { "other" };
        facts.add(&["later=", far, "+", paragraph, "+", voice.mention.way.as_str()]);
        facts.add(&["later=", far, "+", told_here, "+", view.opening]);
        if view.line().sentence.headline {
            facts.add(&["later+headline=", far, "+", voice.mention.way.as_str()]);
        }
    }
    if let Some((far, Some(source))) = view.last_figure()
        && source == name
    {
        let far = few(far.min(3));
        facts.add(&["last-figure=", far, "+", view.opening]);
        facts.add(&["last-figure=", far, "+", finding.tie.as_str()]);
        facts.add(&["last-figure=", far, "+", told_here, "+", view.standing.0.as_str()]);
    }
    if let Some(antecedent) = finding.antecedent
        && article.by_clause[antecedent] == Some(name)
    {
        facts.add(&["antecedent+", finding.tie.as_str()]);
    }
    let (times, told) = article.mentions.get(name).copied().unwrap_or_default();
    facts.add(&["times=", few(times.min(4))]);
    facts.add(&["tells=", few(told.min(4))]);
    let figures = few(article.figures.get(name).copied().unwrap_or_default().min(2));
    facts.add(&["tells-figures=", figures, "+", told_here]);
    facts.add(&["tells-figures=", figures, "+", view.standing.0.as_str()]);
    if article.tellers == 1 && told > 0 {
        facts.add(&["only-teller"]);
        if view.lines.len() <= 8 {
            facts.add(&["only-teller-of-brief+tells-figures=", figures]);
        }
    }
    for (fact, other) in
        [("headline", article.headline), ("first-to-tell", article.first_to_tell), ("most-told", article.most_told)]
    {
        if other == Some(name) {
            facts.add(&[fact, "+", told_here]);
            facts.add(&[fact, "+scope=", view.standing.0.as_str(), "+", told_here]);
            if view.line().sentence.headline {
                facts.add(&[fact, "+in-headline"]);
            }
        }
    }
    if view.same_value == Some(Some(name)) {
        facts.add(&["same-value"]);
        facts.add(&["same-value+", if by_clause.is_some() { "told" } else { "untold" }]);
    }
    let last_word = name.rsplit(' ').next().unwrap_or(name).to_lowercase();
    let proper = if name.contains(char::is_uppercase) { "proper" } else { "common" };
    facts.add(&["name=", proper]);
    facts.add(&["name+told=", proper, "+", told_here]);
    facts.add(&["name=", &last_word]);
    facts
}

/// The facts of a name in the figure's own sentence.
fn inside(view: &View, name: &str, facts: &mut Facts) {
    let finding = view.finding();
    let line = view.line();
    let count = &line.counts[finding.count];
    let others = |from: usize, to: usize| {
        view.inside.iter().any(|(_, v)| v.name != name && from <= v.mention.from && v.mention.to <= to)
    };
    let far = |v: &Voice| between(view.lines, finding, v).len();
    let Some((_, voice)) = view.inside.iter().filter(|(_, v)| v.name == name).min_by_key(|(_, v)| far(v)) else {
        return;
    };
    let mention = &voice.mention;
    let ahead = count.first < mention.from;
    let side = if ahead { "behind-number" } else { "before-number" };
    let way = mention.way.as_str();
    let tokens = between(view.lines, finding, voice);
    let distance = match tokens.len() {
        0..=1 => "0",
        2..=4 => "2",
        5..=9 => "5",
        10..=16 => "10",
        _ => "17",
    };
    facts.add(&["inside=", way, "+", side]);
    facts.add(&["inside=", side, "+", distance]);
    facts.add(&["inside=", way, "+", side, "+", if tokens.len() < 8 { "near" } else { "far" }]);
    facts.add(&["inside-then=", right_of(&line.tokens, mention), "+", side]);
    facts.add(&["inside-then=", right_of(&line.tokens, mention), "+", way, "+", side]);
    let verb = if mention.way == Way::According { mention.from } else { mention.to - 1 };
    if mention.way.tells() {
        facts.add(&["inside-verb=", &line.tokens[verb].lower]);
    }
    if mention.speaker == Speaker::Pronoun {
        facts.add(&["inside=pronoun"]);
    }
    if breaks(tokens) > 0 {
        facts.add(&["inside-break+", side]);
    }
    if tokens.iter().any(|t| t.reads(",")) {
        facts.add(&["inside-comma+", way, "+", side]);
    }
    if tokens.iter().any(Token::is_quote) {
        facts.add(&["inside-quote+", way]);
    }
    if tokens.iter().any(|t| t.senses.measure.is_some()) {
        facts.add(&["inside-predicate+", way, "+", side]);
    }
    let (from, to) = if ahead { (count.last + 1, mention.from) } else { (mention.to, count.first) };
    if others(from, to) {
        facts.add(&["inside-other-between+", way]);
    }
    if finding.predicate.is_some_and(|p| from <= p && p < to) {
        facts.add(&["inside-own-predicate-between+", way, "+", side]);
    }
    if line.tokens.get(mention.from..mention.to).is_some_and(|t| t.iter().any(|t| t.is(SOURCE))) {
        facts.add(&["inside-known+", way]);
    }
    if line.tokens.get(mention.from..mention.to).is_some_and(|t| t.iter().all(|t| t.is(PERSON) && !t.is(SOURCE))) {
        facts.add(&["inside-person+", way]);
    }
    if mention.from == 0 || line.tokens[..mention.from].iter().all(|t| t.is(DETERMINER) || t.kind == Kind::Mark) {
        facts.add(&["inside-opens-sentence+", way]);
    }
}

/// The facts of a name that came up before the figure's sentence.
fn earlier(view: &View, line: usize, voice: &Voice, facts: &mut Facts) {
    let far = match view.finding().line - line {
        1 => "1",
        2 => "2",
        3..=4 => "3",
        5..=8 => "5",
        _ => "9",
    };
    let paragraph = if view.same_paragraph(line) { "same" } else { "other" };
    let way = voice.mention.way.as_str();
    let told = view.told();
    let tie = view.finding().tie.as_str();
    facts.add(&["earlier=", far, "+", paragraph, "+", told]);
    facts.add(&["earlier=", far, "+", paragraph, "+", way]);
    facts.add(&["earlier-way=", way, "+", told]);
    let last = view.last_teller().is_some_and(|(_, v)| v.name == voice.name);
    if last {
        facts.add(&["last-teller+", paragraph, "+", far]);
        facts.add(&["last-teller+", paragraph, "+", told]);
        facts.add(&["last-teller+", paragraph, "+", told, "+", view.standing.0.as_str()]);
        facts.add(&["last-teller+", view.opening, "+", paragraph]);
        facts.add(&["last-teller+", view.opening, "+", paragraph, "+", far]);
        facts.add(&["last-teller+", tie]);
        facts.add(&["last-teller+", tie, "+", paragraph, "+", told]);
        if voice.mention.way == Way::Colon {
            facts.add(&["last-teller+colon+", paragraph]);
        }
        if view.line().tokens.first().is_some_and(Token::is_quote) {
            facts.add(&["last-teller+quoted"]);
        }
    }
    let told_there = view.findings[view.at.saturating_sub(MOST_FINDINGS)..view.at]
        .iter()
        .zip(&view.article.by_clause[view.at.saturating_sub(MOST_FINDINGS)..])
        .filter(|(f, source)| f.line == line && **source == Some(voice.name.as_str()))
        .count();
    facts.add(&["earlier-told=", few(told_there.min(2)), "+", paragraph, "+", far]);
    if last {
        facts.add(&["last-teller+earlier-told=", few(told_there.min(1)), "+", view.opening, "+", paragraph]);
    }
}
