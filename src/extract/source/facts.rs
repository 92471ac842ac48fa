//! The facts about a figure and each of those who may have counted it.

use crate::extract::discourse::{Finding, Line, alike};
use crate::extract::facts::naming::{form, place_of};
use crate::extract::facts::{Alike, Candidates, Facts, USUAL_CANDIDATES, fact, facts, few};
use crate::extract::hashed::{Hashed, hashed};
use crate::extract::lexicon::{
    DETERMINER, EARLIER, ELSEWHERE, FEARED, INCLUDE, NUMBER, PART, PERSON, PREPOSITION, PRONOUN, SOURCE,
};
use crate::extract::source::mention::{Speaker, Way, right_of};
use crate::extract::source::{Sources, Voice, Voices};
use crate::extract::token::{Kind, Token};
use crate::model::{Scope, Status};

/// How many mentions before and behind a figure's sentence are looked at.
const EARLIER_MENTIONS: usize = 30;
const LATER_MENTIONS: usize = 4;
/// How many tokens of a sentence are looked at for its words, and how many findings before.
const MOST_TOKENS: usize = 80;
pub const MOST_FINDINGS: usize = 40;
/// How many words of a sentence, and how many between a name and the number, are taken by themselves.
const MOST_WORDS: usize = 40;
const MOST_BETWEEN: usize = 8;

/// Those who may have counted each finding, with the facts.
pub fn sources(
    lines: &[Line],
    findings: &[Finding],
    voices: &Voices,
    standings: &[(Scope, Status)],
    named: bool,
) -> Sources {
    let article = Register::of(lines, findings, voices);
    let count = findings.len();
    let mut sources = Sources {
        names: Vec::with_capacity(USUAL_CANDIDATES * count),
        ends: Vec::with_capacity(count),
        facts: Candidates::new(count, 192, named),
    };
    // Of each name the last finding that it is a candidate of.
    let mut met = vec![count; voices.names.len()];
    for (at, standing) in standings.iter().enumerate() {
        let view = View::of(lines, findings, voices, &article, *standing, at);
        candidates(&view, &mut met, &mut sources);
    }
    sources
}

/// What the article as a whole says of those it names.
struct Register {
    /// By grammar alone: whose clause each finding stands in.
    by_clause: Vec<Option<usize>>,
    /// How many figures each name tells, by grammar, and all together.
    figures: Vec<usize>,
    told: usize,
    /// How many tell anything.
    tellers: usize,
    /// How many findings stand before each line.
    starts: Vec<usize>,
    /// Who tells the same value of the same measure, by grammar.
    by_value: Alike,
    headline: Option<usize>,
    first_to_tell: Option<usize>,
    most_told: Option<usize>,
}

impl Register {
    fn of(lines: &[Line], findings: &[Finding], voices: &Voices) -> Self {
        let by_clause = by_clause(lines, findings, voices);
        let mut figures = vec![0_usize; voices.names.len()];
        by_clause.iter().flatten().for_each(|name| figures[*name] += 1);
        let first = |headline: bool| {
            let of = |(line, v): &&(usize, Voice)| v.mention.way.tells() && lines[*line].sentence.headline == headline;
            voices.all.iter().find(of).map(|(_, v)| v.name)
        };
        let most = |name: &usize| (figures[*name], &voices.names[*name].text);
        Self {
            headline: first(true),
            first_to_tell: first(false),
            most_told: (0..figures.len()).filter(|name| figures[*name] > 0).max_by_key(most),
            told: by_clause.iter().flatten().count(),
            tellers: voices.names.iter().filter(|name| name.told > 0).count(),
            starts: starts(lines.len(), findings),
            by_clause,
            figures,
            by_value: alike(findings),
        }
    }

    /// Who is told, by grammar, to have given the same count elsewhere; `None` if it is given nowhere else.
    fn same_value(&self, findings: &[Finding], at: usize) -> Option<Option<usize>> {
        let value = findings[at].quantity.told();
        let same = self.by_value.with(at);
        let mut others = same.iter().take(MOST_FINDINGS).filter(|other| **other != at && value > 2).peekable();
        others.peek()?;
        Some(others.find_map(|other| self.by_clause[*other]))
    }
}

/// How many findings stand before each of so many lines.
fn starts(lines: usize, findings: &[Finding]) -> Vec<usize> {
    let mut before = 0;
    let of_line = |line: usize| {
        before += findings[before..].iter().take_while(|f| f.line < line).count();
        before
    };
    (0..lines).map(of_line).collect()
}

/// By grammar alone: whose clause each finding stands in, by the place of the name.
pub fn by_clause(lines: &[Line], findings: &[Finding], voices: &Voices) -> Vec<Option<usize>> {
    findings.iter().map(|f| nearest(lines, f, voices.of_line(f.line)).map(|v| v.name)).collect()
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

/// Adds those who may have counted a finding, the outlet itself first, with the facts of each.
fn candidates(view: &View, met: &mut [usize], sources: &mut Sources) {
    let Sources { names, ends, facts } = sources;
    let from = names.len();
    names.push(None);
    let near = view.inside.iter().take(EARLIER_MENTIONS).chain(view.earlier.iter().rev()).chain(view.later);
    for name in near.map(|(_, v)| v.name).chain(view.roles.iter().filter_map(|(_, name)| *name)) {
        if names.len() - from > MOST_CANDIDATES {
            break;
        }
        if met[name] != view.at {
            met[name] = view.at;
            names.push(Some(name));
        }
    }
    ends.push(names.len());
    for (candidate, name) in names[from..].iter().enumerate() {
        facts.add(candidate);
        match name {
            None => nobody(view, &mut facts.facts),
            Some(name) => somebody(view, *name, &mut facts.facts),
        }
        facts.end_list();
    }
    facts.end();
}

/// An article may name hundreds; the nearest are looked at.
const MOST_CANDIDATES: usize = 12;

/// A finding with the mentions around it.
struct View<'a> {
    lines: &'a [Line],
    findings: &'a [Finding],
    voices: &'a Voices,
    article: &'a Register,
    at: usize,
    finding: &'a Finding,
    line: &'a Line,
    earlier: &'a [(usize, Voice)],
    inside: &'a [(usize, Voice)],
    later: &'a [(usize, Voice)],
    /// Who has a part in the article as a whole.
    roles: [(Hashed<'static>, Option<usize>); 3],
    opening: Hashed<'static>,
    /// Scope and status.
    standing: (Hashed<'static>, Hashed<'static>),
    same_value: Option<Option<usize>>,
    /// The last who was said to tell something before this sentence, with the line.
    last_teller: Option<(usize, &'a Voice)>,
    /// Who told the last figure before this one, by grammar, and how many lines before.
    last_figure: Option<(usize, Option<usize>)>,
    /// Whether somebody is said to tell something in the sentence.
    told: Hashed<'static>,
}

impl<'a> View<'a> {
    fn of(
        lines: &'a [Line],
        findings: &'a [Finding],
        voices: &'a Voices,
        article: &'a Register,
        (scope, status): (Scope, Status),
        at: usize,
    ) -> Self {
        let all = &voices.all;
        let finding = &findings[at];
        let line = &lines[finding.line];
        let (here, next) = voices.range(finding.line);
        let (earlier, inside) = (&all[here.saturating_sub(EARLIER_MENTIONS)..here], &all[here..next]);
        let tells = |(_, v): &&(usize, Voice)| v.mention.way.tells();
        Self {
            lines,
            findings,
            voices,
            article,
            at,
            finding,
            line,
            earlier,
            inside,
            later: &all[next..(next + LATER_MENTIONS).min(all.len())],
            roles: [
                (hashed!("headline"), article.headline),
                (hashed!("first-to-tell"), article.first_to_tell),
                (hashed!("most-told"), article.most_told),
            ],
            opening: opening(line),
            standing: (scope.into(), status.into()),
            same_value: article.same_value(findings, at),
            last_teller: earlier.iter().rev().find(tells).map(|(line, v)| (*line, v)),
            last_figure: at.checked_sub(1).map(|i| (finding.line - findings[i].line, article.by_clause[i])),
            told: if inside.iter().any(|v| tells(&v)) { hashed!("told") } else { hashed!("untold") },
        }
    }

    fn same_paragraph(&self, line: usize) -> bool {
        self.lines[line].sentence.paragraph == self.line.sentence.paragraph
    }
}

/// How a sentence opens.
pub fn opening(line: &Line) -> Hashed<'static> {
    let Some(first) = line.tokens.iter().find(|t| t.kind != Kind::Mark) else { return hashed!("nothing") };
    let count = line.counts.first().is_some_and(|c| line.tokens[c.first].span == first.span);
    if line.sentence.headline {
        hashed!("headline")
    } else if first.reads_any(&["of", "of these", "of those", "of them", "among", "among them", "among those"]) {
        hashed!("partitive")
    } else if first.reads_any(&["its", "their", "his", "her"]) {
        hashed!("its")
    } else if first.is(PRONOUN) && !first.is(DETERMINER) {
        hashed!("pronoun")
    } else if count && (first.kind != Kind::Word || first.is(NUMBER)) {
        hashed!("number")
    } else if count {
        hashed!("single")
    } else if first.reads_any(&["another", "the other", "others", "a further", "more", "also"]) {
        hashed!("another")
    } else if first.reads("the") {
        hashed!("the")
    } else if first.is(EARLIER | ELSEWHERE) {
        hashed!("elsewhere")
    } else if first.is(PREPOSITION) {
        hashed!("preposition")
    } else {
        hashed!("word")
    }
}

/// What speaks for the outlet's own voice.
fn nobody(view: &View, facts: &mut Facts) {
    let finding = view.finding;
    let line = view.line;
    let count = &line.counts[finding.count];
    let told = view.told;
    facts!(
        facts,
        ["nobody+is=", "nobody"],
        ["nobody+place=", place_of(view.lines, finding.line)],
        ["nobody+opens=", view.opening],
        ["nobody+opens+told=", view.opening, "+", told],
        ["nobody+inside=", few(view.inside.len().min(2))],
        ["nobody+told-inside=", told],
    );
    fact!(
        facts,
        "nobody+by-clause=",
        if view.article.by_clause[view.at].is_some() { hashed!("named") } else { hashed!("none") }
    );
    facts!(
        facts,
        ["nobody+tie=", finding.tie.name()],
        ["nobody+form=", form(count.form)],
        ["nobody+measure=", finding.measure],
        ["nobody+group=", finding.group],
        ["nobody+rule=", finding.rule],
        ["nobody+scope=", view.standing.0],
        ["nobody+scope+told=", view.standing.0, "+", told],
        ["nobody+status=", view.standing.1],
    );
    let teller = match view.last_teller {
        Some((at, _)) if view.same_paragraph(at) => hashed!("paragraph"),
        Some((at, _)) if finding.line - at <= 2 => hashed!("near"),
        Some(_) => hashed!("before"),
        None => hashed!("none"),
    };
    facts!(
        facts,
        ["nobody+teller=", teller],
        ["nobody+teller+scope=", teller, "+", view.standing.0, "+", told],
        ["nobody+teller+opens=", teller, "+", view.opening],
    );
    if let Some((far, source)) = view.last_figure {
        let named = if source.is_some() { hashed!("named") } else { hashed!("none") };
        facts!(
            facts,
            ["nobody+last-figure=", few(far.min(3)), "+", named],
            ["nobody+last-figure+tie=", few(far.min(3)), "+", named, "+", finding.tie.name()],
        );
    }
    if let Some(antecedent) = finding.antecedent {
        fact!(
            facts,
            "nobody+antecedent=",
            if view.article.by_clause[antecedent].is_some() { hashed!("named") } else { hashed!("none") }
        );
    }
    fact!(facts, "nobody+tellers=", few(view.article.tellers.min(4)));
    let tokens = &line.tokens[..line.tokens.len().min(MOST_TOKENS)];
    let said = tokens.iter().fold(0, |all, token| all | token.senses.classes);
    for (name, class) in [
        (hashed!("elsewhere"), ELSEWHERE),
        (hashed!("feared"), FEARED),
        (hashed!("part"), PART),
        (hashed!("include"), INCLUDE),
    ] {
        if said & class != 0 {
            fact!(facts, "nobody+says=", name);
        }
    }
    if tokens.iter().any(Token::is_quote) {
        fact!(facts, "nobody+quoted=", "yes");
    }
    fact!(
        facts,
        "nobody+article=",
        if view.article.told * 3 > view.findings.len() { hashed!("told") } else { hashed!("own") }
    );
    if view.lines.len() <= 8 {
        fact!(facts, "nobody+brief=", "yes");
    }
    if let Some(source) = view.same_value {
        fact!(facts, "nobody+same-value=", if source.is_some() { hashed!("named") } else { hashed!("none") });
    }
    for token in tokens.iter().take(3) {
        fact!(facts, "nobody+opens-word=", token.lower.stem());
    }
    for token in tokens.iter().take(MOST_WORDS) {
        fact!(facts, "nobody+word=", token.lower.stem());
    }
}

/// What speaks for somebody.
fn somebody(view: &View, name: usize, facts: &mut Facts) {
    let finding = view.finding;
    let article = view.article;
    fact!(facts, "somebody");
    let told_here = view.told;
    let by_clause = article.by_clause[view.at];
    if by_clause == Some(name) {
        fact!(facts, "by-clause");
    } else if by_clause.is_some() {
        fact!(facts, "by-clause=another");
    }
    inside(view, name, facts);
    if let Some((line, voice)) = view.earlier.iter().rev().find(|(_, v)| v.name == name) {
        earlier(view, *line, voice, facts);
    }
    if let Some((line, voice)) = view.later.iter().find(|(_, v)| v.name == name) {
        let far = few((line - finding.line).min(3));
        let paragraph = if view.same_paragraph(*line) { hashed!("same") } else { hashed!("other") };
        facts!(
            facts,
            ["later=", far, "+", paragraph, "+", voice.mention.way.name()],
            ["later=", far, "+", told_here, "+", view.opening],
        );
        if view.line.sentence.headline {
            fact!(facts, "later+headline=", far, "+", voice.mention.way.name());
        }
    }
    if let Some((far, Some(source))) = view.last_figure
        && source == name
    {
        let far = few(far.min(3));
        facts!(
            facts,
            ["last-figure=", far, "+", view.opening],
            ["last-figure=", far, "+", finding.tie.name()],
            ["last-figure=", far, "+", told_here, "+", view.standing.0],
        );
    }
    if let Some(antecedent) = finding.antecedent
        && article.by_clause[antecedent] == Some(name)
    {
        fact!(facts, "antecedent+", finding.tie.name());
    }
    let called = &view.voices.names[name];
    facts!(facts, ["times=", few(called.mentions.min(4))], ["tells=", few(called.told.min(4))]);
    let figures = few(article.figures[name].min(2));
    facts!(facts, ["tells-figures=", figures, "+", told_here], ["tells-figures=", figures, "+", view.standing.0]);
    if article.tellers == 1 && called.told > 0 {
        fact!(facts, "only-teller");
        if view.lines.len() <= 8 {
            fact!(facts, "only-teller-of-brief+tells-figures=", figures);
        }
    }
    for (role, _) in view.roles.iter().filter(|(_, other)| *other == Some(name)) {
        facts!(facts, [*role, "+", told_here], [*role, "+scope=", view.standing.0, "+", told_here]);
        if view.line.sentence.headline {
            fact!(facts, *role, "+in-headline");
        }
    }
    if view.same_value == Some(Some(name)) {
        facts!(
            facts,
            ["same-value"],
            ["same-value+", if by_clause.is_some() { hashed!("told") } else { hashed!("untold") }],
        );
    }
    let proper = if called.proper { hashed!("proper") } else { hashed!("common") };
    facts!(facts, ["name=", proper], ["name+told=", proper, "+", told_here], ["name=", called.last_word()]);
}

/// The facts of a name in the figure's own sentence.
fn inside(view: &View, name: usize, facts: &mut Facts) {
    let finding = view.finding;
    let line = view.line;
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
    let side = if ahead { hashed!("behind-number") } else { hashed!("before-number") };
    let way = mention.way.name();
    let tokens = between(view.lines, finding, voice);
    let distance = match tokens.len() {
        0..=1 => hashed!("0"),
        2..=4 => hashed!("2"),
        5..=9 => hashed!("5"),
        10..=16 => hashed!("10"),
        _ => hashed!("17"),
    };
    facts!(
        facts,
        ["inside=", way, "+", side],
        ["inside=", side, "+", distance],
        ["inside=", way, "+", side, "+", if tokens.len() < 8 { hashed!("near") } else { hashed!("far") }],
        ["inside-then=", right_of(&line.tokens, mention), "+", side],
        ["inside-then=", right_of(&line.tokens, mention), "+", way, "+", side],
    );
    if let Some(before) = line.tokens[..mention.from].iter().rev().find(|t| !t.is(DETERMINER) || t.is(PREPOSITION)) {
        facts!(facts, ["inside-prev=", &before.lower, "+", way], ["inside-prev=", &before.lower, "+", side]);
    }
    facts!(facts, ["inside-name=", view.voices.names[name].last_word(), "+", way]);
    for token in tokens.iter().take(MOST_BETWEEN) {
        fact!(facts, "inside-between=", token.lower.stem(), "+", side);
    }
    let verb = if mention.way == Way::According { mention.from } else { mention.to - 1 };
    if mention.way.tells() {
        fact!(facts, "inside-verb=", &line.tokens[verb].lower);
    }
    if mention.speaker == Speaker::Pronoun {
        fact!(facts, "inside=pronoun");
    }
    if breaks(tokens) > 0 {
        fact!(facts, "inside-break+", side);
    }
    if tokens.iter().any(|t| t.reads(",")) {
        fact!(facts, "inside-comma+", way, "+", side);
    }
    if tokens.iter().any(Token::is_quote) {
        fact!(facts, "inside-quote+", way);
    }
    if tokens.iter().any(|t| t.senses.measure.is_some()) {
        fact!(facts, "inside-predicate+", way, "+", side);
    }
    let (from, to) = if ahead { (count.last + 1, mention.from) } else { (mention.to, count.first) };
    if others(from, to) {
        fact!(facts, "inside-other-between+", way);
    }
    if finding.predicate.is_some_and(|p| from <= p && p < to) {
        fact!(facts, "inside-own-predicate-between+", way, "+", side);
    }
    if line.tokens.get(mention.from..mention.to).is_some_and(|t| t.iter().any(|t| t.is(SOURCE))) {
        fact!(facts, "inside-known+", way);
    }
    if line.tokens.get(mention.from..mention.to).is_some_and(|t| t.iter().all(|t| t.is(PERSON) && !t.is(SOURCE))) {
        fact!(facts, "inside-person+", way);
    }
    if mention.from == 0 || line.tokens[..mention.from].iter().all(|t| t.is(DETERMINER) || t.kind == Kind::Mark) {
        fact!(facts, "inside-opens-sentence+", way);
    }
}

/// The facts of a name that came up before the figure's sentence.
fn earlier(view: &View, line: usize, voice: &Voice, facts: &mut Facts) {
    let far = match view.finding.line - line {
        1 => hashed!("1"),
        2 => hashed!("2"),
        3..=4 => hashed!("3"),
        5..=8 => hashed!("5"),
        _ => hashed!("9"),
    };
    let paragraph = if view.same_paragraph(line) { hashed!("same") } else { hashed!("other") };
    let way = voice.mention.way.name();
    let told = view.told;
    let tie = view.finding.tie.name();
    facts!(
        facts,
        ["earlier=", far, "+", paragraph, "+", told],
        ["earlier=", far, "+", paragraph, "+", way],
        ["earlier-way=", way, "+", told],
    );
    let last = view.last_teller.is_some_and(|(_, v)| v.name == voice.name);
    if last {
        facts!(
            facts,
            ["last-teller+", paragraph, "+", far],
            ["last-teller+", paragraph, "+", told],
            ["last-teller+", paragraph, "+", told, "+", view.standing.0],
            ["last-teller+", view.opening, "+", paragraph],
            ["last-teller+", view.opening, "+", paragraph, "+", far],
            ["last-teller+", tie],
            ["last-teller+", tie, "+", paragraph, "+", told],
        );
        if voice.mention.way == Way::Colon {
            fact!(facts, "last-teller+colon+", paragraph);
        }
        if view.line.tokens.first().is_some_and(Token::is_quote) {
            fact!(facts, "last-teller+quoted");
        }
    }
    let near = view.at.saturating_sub(MOST_FINDINGS);
    let first = view.article.starts[line].max(near);
    let there = (first..view.at).take_while(|at| view.findings[*at].line == line);
    let told_there = there.filter(|at| view.article.by_clause[*at] == Some(voice.name)).count();
    fact!(facts, "earlier-told=", few(told_there.min(2)), "+", paragraph, "+", far);
    if last {
        fact!(facts, "last-teller+earlier-told=", few(told_there.min(1)), "+", view.opening, "+", paragraph);
    }
}
