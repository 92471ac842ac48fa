//! The facts about a figure and each of those who may have counted it.

use std::collections::BTreeMap;

use crate::extract::discourse::{Finding, Line, Tie};
use crate::extract::facts::Fact;
use crate::extract::head::Form;
use crate::extract::lexicon::{
    DETERMINER, EARLIER, ELSEWHERE, FEARED, INCLUDE, NUMBER, PART, PERSON, PREPOSITION, PRONOUN, SOURCE,
};
use crate::extract::source::mention::{Speaker, Way, right_of};
use crate::extract::source::{Candidate, Sources, Voice};
use crate::extract::token::{Kind, Token};

/// How many mentions before and behind a figure's sentence are looked at.
const EARLIER_MENTIONS: usize = 30;
const LATER_MENTIONS: usize = 4;

/// Those who may have counted each finding, with the facts.
pub fn sources(lines: &[Line], findings: &[Finding], voices: &[Vec<Voice>]) -> Vec<Sources> {
    let all: Vec<(usize, &Voice)> =
        voices.iter().enumerate().flat_map(|(line, voices)| voices.iter().map(move |v| (line, v))).collect();
    let article = Register::of(lines, findings, voices, &all);
    (0..findings.len())
        .map(|at| Sources {
            by_clause: article.by_clause[at].map(str::to_owned),
            candidates: of_finding(lines, findings, &all, &article, at),
        })
        .collect()
}

/// What the article as a whole says of those it names.
struct Register<'a> {
    /// By grammar alone: whose clause each finding stands in.
    by_clause: Vec<Option<&'a str>>,
    /// How often each name comes up, and how often as one who tells.
    mentions: BTreeMap<&'a str, (usize, usize)>,
    headline: Option<&'a str>,
    first_to_tell: Option<&'a str>,
    most_told: Option<&'a str>,
}

impl<'a> Register<'a> {
    fn of(lines: &[Line], findings: &[Finding], voices: &'a [Vec<Voice>], all: &[(usize, &'a Voice)]) -> Self {
        let by_clause: Vec<Option<&str>> =
            findings.iter().map(|f| nearest(lines, f, &voices[f.line]).map(|v| v.name.as_str())).collect();
        let mut mentions: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (_, voice) in all {
            let (times, told) = mentions.entry(&voice.name).or_default();
            *times += 1;
            *told += usize::from(voice.mention.way.tells());
        }
        let telling = |line: &&(usize, &'a Voice)| line.1.mention.way.tells();
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for name in by_clause.iter().flatten() {
            *told.entry(name).or_default() += 1;
        }
        Self {
            headline: all
                .iter()
                .filter(telling)
                .find(|(line, _)| lines[*line].sentence.headline)
                .map(|(_, v)| v.name.as_str()),
            first_to_tell: all
                .iter()
                .filter(telling)
                .find(|(line, _)| !lines[*line].sentence.headline)
                .map(|(_, v)| v.name.as_str()),
            most_told: told.into_iter().max_by_key(|(_, times)| *times).map(|(name, _)| name),
            by_clause,
            mentions,
        }
    }
}

/// The one whose clause a finding stands in, by grammar.
fn nearest<'a>(lines: &[Line], finding: &Finding, voices: &'a [Voice]) -> Option<&'a Voice> {
    let at = lines[finding.line].counts[finding.count].first;
    voices
        .iter()
        .filter(|v| v.mention.way.reaches(at < v.mention.from) && !(v.mention.from..v.mention.to).contains(&at))
        .min_by_key(|v| {
            let between = between(lines, finding, v);
            between.len() + 12 * breaks(between)
        })
}

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
    all: &[(usize, &Voice)],
    article: &Register,
    at: usize,
) -> Vec<Candidate> {
    let finding = &findings[at];
    let here = all.partition_point(|(line, _)| *line < finding.line);
    let next = all.partition_point(|(line, _)| *line <= finding.line);
    let earlier = &all[here.saturating_sub(EARLIER_MENTIONS)..here];
    let inside = &all[here..next];
    let later = &all[next..(next + LATER_MENTIONS).min(all.len())];
    let mut names: Vec<&str> = Vec::new();
    let prominent = [article.headline, article.first_to_tell, article.most_told];
    let near = inside.iter().chain(earlier.iter().rev()).chain(later).map(|(_, v)| v.name.as_str());
    for name in near.chain(prominent.into_iter().flatten()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(MOST_CANDIDATES);
    let view = View { lines, findings, article, at, earlier, inside, later, opening: opening(&lines[finding.line]) };
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
    earlier: &'a [(usize, &'a Voice)],
    inside: &'a [(usize, &'a Voice)],
    later: &'a [(usize, &'a Voice)],
    opening: &'static str,
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
        self.earlier.iter().rev().find(|(_, v)| v.mention.way.tells()).copied()
    }

    fn same_paragraph(&self, line: usize) -> bool {
        self.lines[line].sentence.paragraph == self.line().sentence.paragraph
    }

    fn says_told_here(&self) -> bool {
        self.inside.iter().any(|(_, v)| v.mention.way.tells())
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
fn nobody(view: &View) -> Vec<Fact> {
    let finding = view.finding();
    let line = view.line();
    let count = &line.counts[finding.count];
    let mut facts: Vec<Fact> = vec!["nobody".into()];
    let mut add = |fact: String| facts.push(format!("nobody+{fact}").into());
    let place = match line.sentence.paragraph {
        _ if line.sentence.headline => "headline",
        0 | 1 => "lead",
        2 => "second",
        _ => "later",
    };
    add(format!("place={place}"));
    add(format!("opens={}", view.opening));
    add(format!("inside={}", view.inside.len().min(2)));
    add(format!("told-inside={}", view.says_told_here()));
    add(format!("by-clause={}", if view.article.by_clause[view.at].is_some() { "named" } else { "none" }));
    add(format!("tie={:?}", finding.tie));
    add(format!(
        "form={}",
        match count.form {
            Form::Stated => "stated",
            Form::Single => "single",
            Form::Zero => "zero",
        }
    ));
    add(format!("measure={}", finding.measure));
    add(match view.last_teller() {
        Some((at, _)) if view.same_paragraph(at) => "teller=paragraph".into(),
        Some(_) => "teller=before".into(),
        None => "teller=none".into(),
    });
    if let Some((far, source)) = view.last_figure() {
        add(format!("last-figure={}+{}", far.min(3), if source.is_some() { "named" } else { "none" }));
    }
    if let Some(antecedent) = finding.antecedent {
        add(format!("antecedent={}", if view.article.by_clause[antecedent].is_some() { "named" } else { "none" }));
    }
    let tellers = view.article.mentions.values().filter(|(_, told)| *told > 0).count();
    add(format!("tellers={}", tellers.min(4)));
    for (name, class) in [("elsewhere", ELSEWHERE), ("feared", FEARED), ("part", PART), ("include", INCLUDE)] {
        if line.tokens.iter().any(|t| t.is(class)) {
            add(format!("says={name}"));
        }
    }
    if line.tokens.iter().any(|t| t.is_quote()) {
        add("quoted".into());
    }
    let share = |told: bool| view.article.by_clause.iter().filter(|source| source.is_some() == told).count();
    add(format!("article={}", if share(true) * 2 > share(false) { "told" } else { "own" }));
    if view.lines.len() <= 8 {
        add("brief".into());
    }
    let same = same_value(view);
    if let Some(source) = same {
        add(format!("same-value={}", if source.is_some() { "named" } else { "none" }));
    }
    facts
}

/// Who is told, by grammar, to have given the same count elsewhere; `None` if it is given nowhere else.
fn same_value<'a>(view: &View<'a>) -> Option<Option<&'a str>> {
    let finding = view.finding();
    let value = finding.quantity.told();
    let others = view.findings.iter().zip(&view.article.by_clause).enumerate().filter(|(at, (f, _))| {
        *at != view.at && f.quantity.told() == value && f.measure == finding.measure && value > 2
    });
    let others: Vec<Option<&str>> = others.map(|(_, (_, source))| *source).collect();
    let named = others.iter().copied().find(Option::is_some);
    if others.is_empty() { None } else { Some(named.flatten()) }
}

/// What speaks for somebody.
fn somebody(view: &View, name: &str) -> Vec<Fact> {
    let finding = view.finding();
    let article = view.article;
    let mut facts: Vec<Fact> = vec!["somebody".into()];
    let mut add = |fact: String| facts.push(fact.into());

    let by_clause = article.by_clause[view.at];
    if by_clause == Some(name) {
        add("by-clause".into());
    } else if by_clause.is_some() {
        add("by-clause=another".into());
    }
    inside(view, name, &mut add);
    let mut last = view.earlier.iter().rev().filter(|(_, v)| v.name == name);
    if let Some((line, voice)) = last.next() {
        earlier(view, *line, voice, &mut add);
    }
    if let Some((line, voice)) = view.later.iter().find(|(_, v)| v.name == name) {
        let far = (line - finding.line).min(3);
        let paragraph = if view.same_paragraph(*line) { "same" } else { "other" };
        add(format!("later={far}+{paragraph}+{}", voice.mention.way.as_str()));
    }
    if let Some((far, Some(source))) = view.last_figure()
        && source == name
    {
        add(format!("last-figure={}+{}", far.min(3), view.opening));
        add(format!("last-figure={}+{}", far.min(3), tie(finding.tie)));
    }
    if let Some(antecedent) = finding.antecedent
        && article.by_clause[antecedent] == Some(name)
    {
        add(format!("antecedent+{}", tie(finding.tie)));
    }
    let (times, told) = article.mentions.get(name).copied().unwrap_or_default();
    add(format!("times={}", times.min(4)));
    add(format!("tells={}", told.min(4)));
    let figures = article.by_clause.iter().filter(|source| **source == Some(name)).count().min(2);
    add(format!("tells-figures={figures}+{}", if view.says_told_here() { "told" } else { "untold" }));
    if article.mentions.values().filter(|(_, told)| *told > 0).count() == 1 && told > 0 {
        add("only-teller".into());
        if view.lines.len() <= 8 {
            add(format!("only-teller-of-brief+tells-figures={figures}"));
        }
    }
    for (fact, other) in
        [("headline", article.headline), ("first-to-tell", article.first_to_tell), ("most-told", article.most_told)]
    {
        if other == Some(name) {
            add(format!("{fact}+{}", if view.says_told_here() { "told" } else { "untold" }));
            if view.line().sentence.headline {
                add(format!("{fact}+in-headline"));
            }
        }
    }
    if same_value(view) == Some(Some(name)) {
        add("same-value".into());
        add(format!("same-value+{}", if by_clause.is_some() { "told" } else { "untold" }));
    }
    let last_word = name.rsplit(' ').next().unwrap_or(name);
    add(if name.contains(char::is_uppercase) { "name=proper" } else { "name=common" }.into());
    add(format!("name={}", last_word.to_lowercase()));
    facts
}

/// The facts of a name in the figure's own sentence.
fn inside(view: &View, name: &str, add: &mut impl FnMut(String)) {
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
    add(format!("inside={way}+{side}"));
    add(format!("inside={side}+{distance}"));
    add(format!("inside={way}+{side}+{}", if tokens.len() < 8 { "near" } else { "far" }));
    add(format!("inside-then={}+{side}", right_of(&line.tokens, mention)));
    add(format!("inside-then={}+{way}+{side}", right_of(&line.tokens, mention)));
    let verb = if mention.way == Way::According { mention.from } else { mention.to - 1 };
    if mention.way.tells() {
        add(format!("inside-verb={}", line.tokens[verb].lower));
    }
    if mention.speaker == Speaker::Pronoun {
        add("inside=pronoun".into());
    }
    if breaks(tokens) > 0 {
        add(format!("inside-break+{side}"));
    }
    if tokens.iter().any(|t| t.reads(",")) {
        add(format!("inside-comma+{way}+{side}"));
    }
    if tokens.iter().any(Token::is_quote) {
        add(format!("inside-quote+{way}"));
    }
    if tokens.iter().any(|t| t.senses.measure.is_some()) {
        add(format!("inside-predicate+{way}+{side}"));
    }
    let (from, to) = if ahead { (count.last + 1, mention.from) } else { (mention.to, count.first) };
    if others(from, to) {
        add(format!("inside-other-between+{way}"));
    }
    if finding.predicate.is_some_and(|p| from <= p && p < to) {
        add(format!("inside-own-predicate-between+{way}+{side}"));
    }
    if line.tokens.get(mention.from..mention.to).is_some_and(|t| t.iter().any(|t| t.is(SOURCE))) {
        add(format!("inside-known+{way}"));
    }
    if line.tokens.get(mention.from..mention.to).is_some_and(|t| t.iter().all(|t| t.is(PERSON) && !t.is(SOURCE))) {
        add(format!("inside-person+{way}"));
    }
    if mention.from == 0 || line.tokens[..mention.from].iter().all(|t| t.is(DETERMINER) || t.kind == Kind::Mark) {
        add(format!("inside-opens-sentence+{way}"));
    }
}

/// The facts of a name that came up before the figure's sentence.
fn earlier(view: &View, line: usize, voice: &Voice, add: &mut impl FnMut(String)) {
    let far = match view.finding().line - line {
        1 => "1",
        2 => "2",
        3..=4 => "3",
        5..=8 => "5",
        _ => "9",
    };
    let paragraph = if view.same_paragraph(line) { "same" } else { "other" };
    let way = voice.mention.way.as_str();
    let told = if view.says_told_here() { "told" } else { "untold" };
    add(format!("earlier={far}+{paragraph}+{told}"));
    add(format!("earlier={far}+{paragraph}+{way}"));
    add(format!("earlier-way={way}+{told}"));
    let last = view.last_teller().is_some_and(|(_, v)| v.name == voice.name);
    if last {
        add(format!("last-teller+{paragraph}+{far}"));
        add(format!("last-teller+{paragraph}+{told}"));
        add(format!("last-teller+{}+{paragraph}", view.opening));
        add(format!("last-teller+{}", tie(view.finding().tie)));
        if voice.mention.way == Way::Colon {
            add(format!("last-teller+colon+{paragraph}"));
        }
        let quotes = |line: usize| view.lines[line].tokens.iter().filter(|t| t.is_quote()).count();
        if quotes(view.finding().line) > 0 && view.line().tokens.first().is_some_and(Token::is_quote) {
            add("last-teller+quoted".into());
        }
    }
    let figures = view.findings.iter().zip(&view.article.by_clause);
    let told_here = figures.filter(|(f, source)| f.line == line && **source == Some(voice.name.as_str())).count();
    add(format!("earlier-told={}+{paragraph}+{far}", told_here.min(2)));
    if last {
        add(format!("last-teller+earlier-told={}+{}+{paragraph}", told_here.min(1), view.opening));
    }
}

fn tie(tie: Tie) -> &'static str {
    match tie {
        Tie::None => "alone",
        Tie::Piece => "piece",
        Tie::Neighbour => "neighbour",
        Tie::Echo => "echo",
        Tie::Topic => "topic",
    }
}
