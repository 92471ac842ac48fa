//! The facts about a count that lie in its company: what its neighbours are likely to be, what the article tells of the
//! same value elsewhere, what it tells most.

use crate::extract::discourse::{Line, Place, Reading};
use crate::extract::facts::naming::{self, answer, class, form, head};
use crate::extract::facts::{Alike, Chapter, distance, fact, few};
use crate::extract::hashed::{Hashed, hashed};
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

    fn kind(self) -> Hashed<'static> {
        if self.measure.is_some() { hashed!("figure") } else { hashed!("none") }
    }

    fn how(self) -> Hashed<'static> {
        match self.sure {
            s if s >= 0.9 => hashed!("surely"),
            s if s >= 0.65 => hashed!("likely"),
            _ => hashed!("maybe"),
        }
    }
}

/// The company of every count of an article.
pub struct Company<'a> {
    lines: &'a [Line],
    places: &'a [Place],
    /// What the counts are likely to be, by the rules alone.
    guesses: Vec<Guess>,
    by_value: Alike,
    /// What the article tells most.
    main: Option<Measure>,
    /// What the headline tells.
    headline: Vec<Measure>,
    /// How many counts tell each measure.
    times: [usize; Measure::ALL.len()],
    /// What befell people by the words of the whole article, counted or not.
    said: [usize; Measure::ALL.len()],
    /// How often the article says for certain that somebody died.
    deaths: usize,
    /// How many of its counts are figures.
    dense: Hashed<'static>,
    /// For every count the nearest figure before it.
    last: Vec<Option<usize>>,
}

impl<'a> Company<'a> {
    /// What the counts of an article are to one another.
    pub fn of(lines: &'a [Line], places: &'a [Place], guesses: Vec<Guess>) -> Self {
        let by_value = Alike::of(places.iter().map(|place| place.count(lines).quantity.told()));
        let mut times = [0_usize; Measure::ALL.len()];
        let mut headline: Vec<Measure> = Vec::new();
        let mut figures = 0_usize;
        for (place, guess) in places.iter().zip(&guesses) {
            if let Some(measure) = guess.measure {
                times[measure as usize] += 1;
                figures += 1;
                if lines[place.line].sentence.headline {
                    headline.push(measure);
                }
            }
        }
        let main =
            Measure::ALL.iter().rev().copied().max_by_key(|m| times[*m as usize]).filter(|m| times[*m as usize] > 0);
        let dense = match (figures * 10).checked_div(places.len()).unwrap_or(0) {
            0..=2 => hashed!("few"),
            3..=5 => hashed!("half"),
            6..=7 => hashed!("most"),
            _ => hashed!("all"),
        };
        let mut said = [0_usize; Measure::ALL.len()];
        let words = lines.iter().flat_map(|line| &line.tokens);
        words.filter_map(|token| token.senses.measure).for_each(|measure| said[measure as usize] += 1);
        let dead = |token: &&Token| token.senses.measure == Some(Measure::Killed) && !token.is(PARTICIPLE);
        let deaths = lines.iter().flat_map(|line| &line.tokens).filter(dead).count();
        let last = running(places.len(), |at| guesses[at].measure.is_some());
        Self { lines, places, by_value, main, headline, times, said, deaths, dense, last, guesses }
    }

    /// Adds the facts of the company of the count at a place.
    pub fn tell(&self, at: usize, chapter: &mut Chapter) {
        let Self { lines, places, guesses, .. } = self;
        let place = places[at];
        let count = place.count(lines);
        let own = guesses[at];
        let (head, more) = head(count.head);
        let form = form(count.form);
        let Chapter { facts, answers, .. } = chapter;
        // What a guess says of itself speaks for it; what the others are speaks for being the same.
        let mut it = answers.of(answer(own.measure));
        fact!(it, "own=", own.how());
        fact!(it, "own+head=", own.how(), "+", head, ":", more);
        fact!(it, "own+form=", own.kind(), "+", own.how(), "+", form);
        let left = at.checked_sub(1).filter(|i| places[*i].line == place.line);
        let right = Some(at + 1).filter(|i| places.get(*i).is_some_and(|p| p.line == place.line));
        for (side, other) in [(hashed!("left"), left), (hashed!("right"), right)] {
            let Some(other) = other else {
                fact!(facts, side, "=nobody");
                fact!(facts, side, "=nobody+", head);
                continue;
            };
            let guess = guesses[other];
            let (a, b) = if other < at { (other, at) } else { (at, other) };
            let (a, b) = (places[a].count(lines), places[b].count(lines));
            let between = lines[place.line].tokens.get(a.end + 1..b.first).unwrap_or_default();
            let link = match between {
                [] => hashed!("nothing"),
                [one] => class(one),
                [one, .., last] if one.reads(",") => class(last),
                [.., last] => class(last),
            };
            let other_head = naming::head(places[other].count(lines).head).0;
            let (kind, far) = (guess.kind(), distance(between.len()));
            let same = if own.measure == guess.measure { hashed!("same") } else { hashed!("other") };
            let mut it = answers.of(answer(guess.measure));
            fact!(it, side, "=", kind, "+", guess.how());
            fact!(it, side, "+head=", kind, "+", head, "+", far);
            fact!(it, side, "+link=", kind, "+", link, "+", few(between.len().min(5)));
            fact!(it, side, "+heads=", kind, "+", head, "+", other_head, "+", link);
            fact!(it, side, "+own=", kind, "+", own.kind(), "+", same);
            fact!(facts, side, "=", kind, "+", head, "+", far);
            fact!(facts, side, "+link=", kind, "+", link, "+", head);
        }
        if let Some(last) = self.last[at] {
            let guess = guesses[last];
            let ago = few((place.line - places[last].line).min(6));
            let same = lines[places[last].line].sentence.paragraph == lines[place.line].sentence.paragraph;
            let paragraph = if same { hashed!("same") } else { hashed!("other") };
            let mut it = answers.of(answer(guess.measure));
            fact!(it, "last=", ago, "+", paragraph);
            fact!(it, "last+head=", head, ":", more, "+", ago);
            fact!(it, "last+form=", form, "+", ago);
            fact!(it, "last+own=", own.kind(), "+", ago);
            fact!(it, "last+how=", guess.how(), "+", ago);
            if last + 1 == at {
                fact!(it, "last-beside=", head);
            }
            fact!(facts, "last=", ago, "+", head, "+", paragraph);
            fact!(facts, "last+form=", form, "+", ago);
        } else {
            fact!(facts, "last=nobody");
            fact!(facts, "last=nobody+", head);
        }
        let value = count.quantity.told();
        let others = self.by_value.with(at);
        // The nearest on each side stand for all: an article may tell one value a thousand times.
        let here = others.partition_point(|other| *other < at);
        let before = here.checked_sub(1).map(|i| others[i]);
        let after = others.get(here + 1).copied();
        let small = if value < 10 { hashed!("small") } else { hashed!("large") };
        for (side, other) in [(hashed!("before"), before), (hashed!("after"), after)] {
            if let Some(other) = other {
                let guess = guesses[other];
                let mut it = answers.of(answer(guess.measure));
                fact!(it, "value-", side, "=", guess.kind(), "+", small, "+", guess.how());
                fact!(it, "value-", side, "+head=", guess.kind(), "+", small, "+", head);
                fact!(it, "value-", side, "+own=", guess.kind(), "+", small, "+", own.kind());
                if lines[places[other].line].sentence.headline {
                    fact!(it, "value-headline=", guess.kind(), "+", small);
                }
            }
        }
        if others.len() == 1 {
            fact!(facts, "value=once+", small);
        }
        if let Some(main) = self.main {
            let mut it = answers.of(answer(Some(main)));
            fact!(it, "main");
            fact!(it, "main+head=", head, ":", more);
            fact!(it, "main+form=", form, "+", own.kind());
        }
        for measure in Measure::ALL {
            match self.times[*measure as usize] {
                0 => fact!(answers.of(answer(Some(*measure))), "never-told"),
                times => fact!(answers.of(answer(Some(*measure))), "told=", few(times.min(5))),
            }
        }
        for measure in Measure::ALL {
            let mut it = answers.of(answer(Some(*measure)));
            fact!(it, "said=", few(self.said[*measure as usize].min(3)), "+", head);
        }
        let deaths = few(self.said[Measure::Killed as usize].min(4));
        let wounds = few(self.said[Measure::Injured as usize].min(4));
        fact!(facts, "deaths+wounds-said=", deaths, "+", wounds, "+", head);
        // "Shot" kills or wounds; whether the article knows of any death tells which.
        let tokens = &lines[place.line].tokens;
        let around = (1..12).flat_map(|far| [count.first.checked_sub(far), Some(count.end + far)]).flatten();
        let mut told = around.filter_map(|i| tokens.get(i)).filter(|token| token.senses.measure.is_some());
        if let Some(word) = told.next() {
            fact!(
                facts,
                "nearest-word=",
                &word.lower,
                "+deaths",
                if self.deaths > 3 { hashed!("many") } else { few(self.deaths) },
            );
        }
        fact!(facts, "dense=", self.dense);
        fact!(facts, "dense+head=", self.dense, "+", head);
        for measure in self.headline.iter().take(4) {
            let mut it = answers.of(answer(Some(*measure)));
            fact!(it, "headline-tells");
            fact!(it, "headline-tells+head=", head);
        }
    }
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
