//! An article taken apart, stage by stage: what each judgement rests on. Reading asks the weights at every stage;
//! learning gives the stages what it knows from labels.

use crate::extract::discourse::{self, Finding, Line, Place, Reading, Tie};
use crate::extract::facts::company::{Company, Guess};
use crate::extract::facts::standing::{Register, latest_year};
use crate::extract::facts::{Candidates, Likely, Questions, around, group};
use crate::extract::head::{self, Count, Form, Head};
use crate::extract::lexicon::{ADVERB, BE, CONJUNCTION, INCLUDE, Lexicon, PERSON, PREDICATE};
use crate::extract::sentence::Sentence;
use crate::extract::source::{self, Sources, Voices};
use crate::extract::token::{Kind, Token};
use crate::extract::{rules, sentence, token};
use crate::model::{Article, Group, Measure, Scope, Status};

/// An article as far as it can be read without judging anything.
pub struct Work {
    /// The sentences with their tokens and counts.
    pub lines: Vec<Line>,
    /// Where the counts stand.
    pub places: Vec<Place>,
    /// What is known around every count.
    pub around: Questions<'static>,
    readings: Vec<Option<Reading>>,
    voices: Voices,
    year: Option<u64>,
    named: bool,
}

impl Work {
    /// Takes an article apart. `named` is whether facts keep their names.
    pub fn of(article: &Article, lexicon: &Lexicon, named: bool) -> Self {
        let text = article.text.as_str();
        let lines = lines(article, lexicon);
        let places = discourse::places(&lines);
        let proposals = discourse::proposals(&lines, &places);
        let readings = discourse::readings(&lines, &places, &proposals);
        let by_rules: Vec<Guess> = readings.iter().map(|reading| Guess::by_rule(reading.as_ref())).collect();
        let company = Company::of(&lines, &places, by_rules);
        let known = |at: usize| around::Known {
            lines: &lines,
            place: places[at],
            proposals: proposals.of(at),
            reading: readings[at].as_ref(),
        };
        let likely = Likely { facts: 80, of_answers: 64 };
        let around = Questions::told(places.len(), around::TELLERS.len() + 1, likely, named, |chapter, at, told| {
            match around::TELLERS.get(chapter) {
                Some(tell) => tell(known(at), told),
                None => company.tell(at, told),
            }
        });
        let year = article.published.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).year());
        let year = year.and_then(|year| u64::try_from(year).ok()).or_else(|| latest_year(&lines));
        let voices = source::voices(text, &lines);
        Self { around, lines, places, readings, voices, year, named }
    }

    /// What happened to those of each count where a rule is sure of it.
    pub fn settled(&self) -> impl Iterator<Item = Option<Measure>> {
        let sure = |reading: &Reading| rules::SURE.contains(&reading.proposal.rule) && reading.tie == Tie::None;
        self.readings.iter().map(move |reading| reading.as_ref().filter(|r| sure(r)).map(|r| r.proposal.measure))
    }

    /// The counts that are figures.
    pub fn findings(&self, measures: &[Option<Measure>]) -> Vec<Finding> {
        discourse::findings(&self.lines, &self.places, &self.readings, measures)
    }

    /// What is known of whom each finding counts.
    pub fn groups(&self, findings: &[Finding]) -> Questions<'_> {
        let likely = Likely { facts: 8, of_answers: 16 };
        let questions = Questions::told(findings.len(), 1, likely, self.named, |_, at, told| {
            group::tell(&self.lines, findings, at, told);
        });
        self.sharing(questions, findings)
    }

    /// What whom the others are thought to count says of each finding.
    pub fn groups_again(&self, findings: &[Finding]) -> Questions<'static> {
        let others = group::Others::of(findings);
        let likely = Likely { facts: 12, of_answers: 24 };
        Questions::told(findings.len(), 1, likely, self.named, |_, at, told| {
            group::tell_again(&self.lines, findings, at, &others, told);
        })
    }

    /// Questions about findings, which rest on what stands around their counts too.
    fn sharing(&self, questions: Questions<'static>, findings: &[Finding]) -> Questions<'_> {
        questions.sharing(&self.around, findings.iter().map(|finding| finding.place).collect())
    }

    /// The facts from which scope and status of each finding are judged, and those that lie in how the others are.
    pub fn standings<'a>(&'a self, findings: &'a [Finding]) -> Standings<'a> {
        let told_by = source::by_clause(&self.lines, findings, &self.voices);
        let register = Register::of(&self.lines, findings, told_by, self.year);
        let questions = self.sharing(register.questions(self.named), findings);
        Standings { questions, register, named: self.named }
    }

    /// Those who may have counted each finding.
    pub fn sources(&self, findings: &[Finding], standings: &[(Scope, Status)]) -> Sources {
        source::sources(&self.lines, findings, &self.voices, standings, self.named)
    }

    /// The name of one who may have counted a finding; `None` for the outlet itself.
    pub fn name(&self, sources: &Sources, finding: usize, candidate: usize) -> Option<&str> {
        sources.names(finding)[candidate].map(|name| self.voices.names[name].text.as_str())
    }

    /// What who is thought to have counted the others says of those who may have counted each finding.
    pub fn sources_again(&self, findings: &[Finding], sources: &Sources, chosen: &[usize]) -> Candidates {
        source::again(&self.lines, findings, &self.voices, sources, chosen, self.named)
    }
}

/// The sentences of an article, with their tokens and counts. All are parted into tokens before the first is counted:
/// each of the two has as much code as the processor's cache of instructions holds.
pub fn lines(article: &Article, lexicon: &Lexicon) -> Vec<Line> {
    let text = article.text.as_str();
    let sentences = sentence::sentences(&article.text, lexicon);
    let tokens: Vec<Vec<Token>> = sentences.iter().map(|s| token::tokens(text, s.span, lexicon)).collect();
    let counted = |(sentence, tokens): (Sentence, Vec<Token>)| {
        let counts = head::counts(&tokens, sentence.headline);
        Line::new(sentence, tokens, counts)
    };
    let mut lines: Vec<Line> = sentences.into_iter().zip(tokens).map(counted).collect();
    discourse::mark_headings(&mut lines);
    lines
}

/// What scope and status of the findings rest on.
pub struct Standings<'a> {
    /// What is known of each finding.
    pub questions: Questions<'a>,
    register: Register<'a>,
    named: bool,
}

impl Standings<'_> {
    /// The facts that lie in how the others are judged.
    pub fn again(&self, judged: &[(Scope, Status)]) -> Questions<'static> {
        self.register.again(judged, self.named)
    }
}

/// Gives the findings the groups that were judged, save where grammar says whom they count.
pub fn settle_groups(lines: &[Line], findings: &mut [Finding], groups: &[Group]) {
    for (finding, group) in findings.iter_mut().zip(groups) {
        finding.group = by_grammar(lines, finding).unwrap_or(*group);
    }
}

/// Whom a finding counts by its own noun or its construction: "125 soldiers", "the number of policemen hurt". Women,
/// children and medics are left to judgement: "a boy of 17", "two nurses, both mothers".
fn by_grammar(lines: &[Line], finding: &Finding) -> Option<Group> {
    let count = &lines[finding.line].counts[finding.count];
    let told = match count.head {
        Head::Person(group) if count.form == Form::Stated => Some(group),
        _ => None,
    };
    let sure = |group: &Group| {
        matches!(group, Group::Civilians | Group::SecurityForces | Group::Fighters | Group::Journalists)
    };
    // "Of those killed, 39 were firefighters": what is said of the count itself.
    let open = matches!(count.head, Head::Bare | Head::Person(Group::People)) && count.form == Form::Stated;
    let said = open.then(|| lines[finding.line].scene().complement_group(finding.count)).flatten();
    let said = said.filter(|group| *group != Group::People);
    finding.by_rule.filter(|group| *group != Group::People).or(told.filter(sure)).or(said).or_else(|| {
        let shared = shared_group(&lines[finding.line], finding.count)?;
        (sure(&shared) || shared == Group::AidWorkers).then_some(shared)
    })
}

/// "Three paramedics were killed and nine injured": of whom a bare number goes on to tell. Of women and children it does not:
/// "a girl was killed and six injured".
fn shared_group(line: &Line, at: usize) -> Option<Group> {
    let [before, count] = line.counts.get(at.checked_sub(1)?..=at)? else { return None };
    let Head::Person(group) = before.head else { return None };
    let plain = |count: &Count| count.form == Form::Stated && !count.partitive && !count.increment;
    let open =
        before.first.checked_sub(1).is_none_or(|i| !line.tokens[i].is(INCLUDE) && !line.tokens[i].reads("among"));
    let between = line.tokens.get(before.end + 1..count.first)?;
    let joined = between.last().is_some_and(|t| t.is(CONJUNCTION) || t.is(ADVERB))
        && between.iter().any(|t| t.is(CONJUNCTION) && t.reads("and"))
        && between.iter().any(|t| t.is(PREDICATE))
        && !between.iter().any(|t| t.kind == Kind::Mark && !t.reads(",") || t.is(PERSON | INCLUDE) || t.reads("among"));
    let struck = count.state.is_some() || line.tokens.get(count.end + 1).is_some_and(|t| t.is(PREDICATE | BE));
    (plain(before) && plain(count) && open && joined && struck && count.head == Head::Bare && between.len() <= 14)
        .then_some(group)
}
