//! The facts about a count that lie in its company: what its neighbours are likely to be, what the article tells of the
//! same value elsewhere, what it tells most.

use std::collections::HashMap;

use crate::extract::discourse::{Line, Place, Reading};
use crate::extract::facts::around::{answer, class, form, head};
use crate::extract::facts::{Question, distance, few};
use crate::extract::lexicon::PARTICIPLE;
use crate::extract::token::Token;
use crate::model::Measure;

/// What a count is likely to be, before its company is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// What happened to those counted; `None` where it is likely no figure.
    pub measure: Option<Measure>,
    /// How likely that is, 0 to 1.
    pub sure: f32,
}

impl Guess {
    /// What the rules alone make of a count.
    pub fn by_rule(reading: Option<&Reading>) -> Self {
        let sure = match reading.map_or(0, |r| r.proposal.cost) {
            0..=1 => 0.95,
            2..=4 => 0.75,
            _ => 0.5,
        };
        Self { measure: reading.map(|r| r.proposal.measure), sure }
    }

    fn kind(self) -> &'static str {
        if self.measure.is_some() { "figure" } else { "none" }
    }

    fn how(self) -> &'static str {
        match self.sure {
            s if s >= 0.9 => "surely",
            s if s >= 0.65 => "likely",
            _ => "maybe",
        }
    }
}

/// The facts of every count's company, in the order of the counts.
pub fn questions(lines: &[Line], places: &[Place], guesses: &[Guess], named: bool) -> Vec<Question> {
    let mut by_value: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut times = [0_usize; Measure::ALL.len()];
    let mut headline: Vec<Measure> = Vec::new();
    let mut figures = 0_usize;
    for (at, (place, guess)) in places.iter().zip(guesses).enumerate() {
        let count = place.count(lines);
        by_value.entry(count.quantity.told()).or_default().push(at);
        if let Some(measure) = guess.measure {
            times[measure as usize] += 1;
            figures += 1;
            if lines[place.line].sentence.headline {
                headline.push(measure);
            }
        }
    }
    let main = Measure::ALL.iter().rev().copied().max_by_key(|m| times[*m as usize]).filter(|m| times[*m as usize] > 0);
    let dense = match (figures * 10).checked_div(places.len()).unwrap_or(0) {
        0..=2 => "few",
        3..=5 => "half",
        6..=7 => "most",
        _ => "all",
    };
    // What befell people by the words of the whole article, counted or not.
    let mut said = [0_usize; Measure::ALL.len()];
    let words = lines.iter().flat_map(|line| &line.tokens);
    words.filter_map(|token| token.senses.measure).for_each(|measure| said[measure as usize] += 1);
    let dead = |token: &&Token| token.senses.measure == Some(Measure::Killed) && !token.is(PARTICIPLE);
    let deaths = lines.iter().flat_map(|line| &line.tokens).filter(dead).count();
    let last: Vec<Option<usize>> = running(places.len(), |at| guesses[at].measure.is_some());
    let article = Article {
        lines,
        places,
        guesses,
        by_value: &by_value,
        main,
        headline: &headline,
        times,
        said,
        deaths,
        dense,
        last: &last,
    };
    (0..places.len()).map(|at| of_one(&article, at, named)).collect()
}

/// For every place the nearest one before it for which something holds.
fn running(length: usize, holds: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut last = None;
    let before = |at| {
        let before = last;
        if holds(at) {
            last = Some(at);
        }
        before
    };
    (0..length).map(before).collect()
}

struct Article<'a> {
    lines: &'a [Line],
    places: &'a [Place],
    guesses: &'a [Guess],
    by_value: &'a HashMap<u64, Vec<usize>>,
    main: Option<Measure>,
    headline: &'a [Measure],
    times: [usize; Measure::ALL.len()],
    said: [usize; Measure::ALL.len()],
    /// How often the article says for certain that somebody died.
    deaths: usize,
    dense: &'static str,
    last: &'a [Option<usize>],
}

fn of_one(article: &Article, at: usize, named: bool) -> Question {
    let Article { lines, places, guesses, .. } = article;
    let place = places[at];
    let count = place.count(lines);
    let own = guesses[at];
    let (head, more) = head(count.head);
    let form = form(count.form);
    let mut question = Question::new(1 + Measure::ALL.len(), named);
    let Question { facts, answers } = &mut question;
    // What a guess says of itself speaks for it; what the others are speaks for being the same.
    let it = &mut answers[answer(own.measure)];
    it.add(&["own=", own.how()]);
    it.add(&["own+head=", own.how(), "+", head, ":", more]);
    it.add(&["own+form=", own.kind(), "+", own.how(), "+", form]);
    let left = at.checked_sub(1).filter(|i| places[*i].line == place.line);
    let right = Some(at + 1).filter(|i| places.get(*i).is_some_and(|p| p.line == place.line));
    for (side, other) in [("left", left), ("right", right)] {
        let Some(other) = other else {
            facts.add(&[side, "=nobody"]);
            facts.add(&[side, "=nobody+", head]);
            continue;
        };
        let guess = guesses[other];
        let (a, b) = if other < at { (other, at) } else { (at, other) };
        let (a, b) = (places[a].count(lines), places[b].count(lines));
        let between = lines[place.line].tokens.get(a.end + 1..b.first).unwrap_or_default();
        let link = match between {
            [] => "nothing",
            [one] => class(one),
            [one, .., last] if one.reads(",") => class(last),
            [.., last] => class(last),
        };
        let other_head = self::head(places[other].count(lines).head).0;
        let (kind, far) = (guess.kind(), distance(between.len()));
        let same = if own.measure == guess.measure { "same" } else { "other" };
        let it = &mut answers[answer(guess.measure)];
        it.add(&[side, "=", kind, "+", guess.how()]);
        it.add(&[side, "+head=", kind, "+", head, "+", far]);
        it.add(&[side, "+link=", kind, "+", link, "+", few(between.len().min(5))]);
        it.add(&[side, "+heads=", kind, "+", head, "+", other_head, "+", link]);
        it.add(&[side, "+own=", kind, "+", own.kind(), "+", same]);
        facts.add(&[side, "=", kind, "+", head, "+", far]);
        facts.add(&[side, "+link=", kind, "+", link, "+", head]);
    }
    if let Some(last) = article.last[at] {
        let guess = guesses[last];
        let ago = few((place.line - places[last].line).min(6));
        let same = lines[places[last].line].sentence.paragraph == lines[place.line].sentence.paragraph;
        let paragraph = if same { "same" } else { "other" };
        let it = &mut answers[answer(guess.measure)];
        it.add(&["last=", ago, "+", paragraph]);
        it.add(&["last+head=", head, ":", more, "+", ago]);
        it.add(&["last+form=", form, "+", ago]);
        it.add(&["last+own=", own.kind(), "+", ago]);
        it.add(&["last+how=", guess.how(), "+", ago]);
        if last + 1 == at {
            it.add(&["last-beside=", head]);
        }
        facts.add(&["last=", ago, "+", head, "+", paragraph]);
        facts.add(&["last+form=", form, "+", ago]);
    } else {
        facts.add(&["last=nobody"]);
        facts.add(&["last=nobody+", head]);
    }
    let value = count.quantity.told();
    let others = article.by_value.get(&value).map_or(&[][..], Vec::as_slice);
    // The nearest on each side stand for all: an article may tell one value a thousand times.
    let here = others.partition_point(|other| *other < at);
    let before = here.checked_sub(1).map(|i| others[i]);
    let after = others.get(here + 1).copied();
    let small = if value < 10 { "small" } else { "large" };
    for (side, other) in [("before", before), ("after", after)] {
        if let Some(other) = other {
            let guess = guesses[other];
            let it = &mut answers[answer(guess.measure)];
            it.add(&["value-", side, "=", guess.kind(), "+", small, "+", guess.how()]);
            it.add(&["value-", side, "+head=", guess.kind(), "+", small, "+", head]);
            it.add(&["value-", side, "+own=", guess.kind(), "+", small, "+", own.kind()]);
            if lines[places[other].line].sentence.headline {
                it.add(&["value-headline=", guess.kind(), "+", small]);
            }
        }
    }
    if others.len() == 1 {
        facts.add(&["value=once+", small]);
    }
    if let Some(main) = article.main {
        let it = &mut answers[answer(Some(main))];
        it.add(&["main"]);
        it.add(&["main+head=", head, ":", more]);
        it.add(&["main+form=", form, "+", own.kind()]);
    }
    for measure in Measure::ALL {
        match article.times[*measure as usize] {
            0 => answers[answer(Some(*measure))].add(&["never-told"]),
            times => answers[answer(Some(*measure))].add(&["told=", few(times.min(5))]),
        }
    }
    for measure in Measure::ALL {
        let it = &mut answers[answer(Some(*measure))];
        it.add(&["said=", few(article.said[*measure as usize].min(3)), "+", head]);
    }
    let deaths = few(article.said[Measure::Killed as usize].min(4));
    let wounds = few(article.said[Measure::Injured as usize].min(4));
    facts.add(&["deaths+wounds-said=", deaths, "+", wounds, "+", head]);
    // "Shot" kills or wounds; whether the article knows of any death tells which.
    let tokens = &lines[place.line].tokens;
    let around = (1..12).flat_map(|far| [count.first.checked_sub(far), Some(count.end + far)]).flatten();
    let mut told = around.filter_map(|i| tokens.get(i)).filter(|token| token.senses.measure.is_some());
    if let Some(word) = told.next() {
        facts.add(&[
            "nearest-word=",
            &word.lower,
            "+deaths",
            if article.deaths > 3 { "many" } else { few(article.deaths) },
        ]);
    }
    facts.add(&["dense=", article.dense]);
    facts.add(&["dense+head=", article.dense, "+", head]);
    for measure in article.headline.iter().take(4) {
        let it = &mut answers[answer(Some(*measure))];
        it.add(&["headline-tells"]);
        it.add(&["headline-tells+head=", head]);
    }
    question
}
