//! An article to its figures: sentences, tokens, numbers and what they count, the rules that join a number to what
//! happened, and what the article as a whole makes of them.
//!
//! ```text
//! text → sentences → tokens → counts → findings → sources, standings, circumstances → figures → sums, tolls
//! ```
//! Nothing here fails, and nothing looks outside the article: a strange text gives an empty reading.

mod hashed;
mod lexicon;
mod sentence;
mod token;
mod number;
mod head;
mod one;
mod refused;
mod unreal;
mod rules;
mod discourse;
mod source;
mod facts;
mod linear;
mod spread;
mod table;
mod work;
mod settled;
mod calibration;
mod weights;
pub mod learning;
mod arithmetic;
mod entries;
mod toll;
mod untold;
mod joined;
mod fates;
mod roll;
mod circumstance;
mod explain;
mod json;

pub use explain::explain;
pub use json::to_json;
pub use weights::{Decision, Weights};

use std::borrow::Cow;

use smol_str::StrExt;

use foldhash::HashSet;

use crate::extract::circumstance::Clause;
use crate::extract::discourse::Line;
use crate::extract::head::{Form, Head};
use crate::extract::lexicon::{LEXICONS, Lexicon};
use crate::extract::toll::Besides;
use crate::extract::weights::{Judged, judge};
use crate::extract::work::Work;
use crate::model::{Article, Figure, Reading, SetAside, Span};

/// Reads all figures of an article, and what it says as a whole.
pub fn read(article: &Article) -> Reading {
    read_by(article, &weights::LEARNT)
}

/// Reads an article by other weights than those of the program.
pub fn read_by(article: &Article, weights: &Weights) -> Reading {
    let Some(lexicon) = lexicon_for(article) else {
        let language = article.language.clone().unwrap_or_else(|| "unknown".to_owned());
        return Reading { unsupported_language: Some(language), ..Reading::default() };
    };
    let text = article.text.as_str();
    let work = Work::of(article, lexicon, false);
    let Judged { findings, standings, sources, confidences, headlines } = judge(&work, weights);
    let mut figures: Vec<Figure> = Vec::with_capacity(findings.len());
    for ((((finding, source), (scope, status)), confidence), headline) in
        findings.iter().zip(sources).zip(standings).zip(confidences).zip(headlines)
    {
        let line = &work.lines[finding.line];
        let words = |span: Span| span.of(text).to_owned();
        let clause = Clause::of(line, finding.count);
        figures.push(Figure {
            quantity: finding.quantity,
            measure: finding.measure,
            group: finding.group,
            source,
            place: clause.place(text).map(words),
            period: clause.period().map(words),
            status,
            scope,
            span: finding.span,
            sentence: line.sentence.span,
            confidence,
            headline,
            rule: Cow::Borrowed(finding.rule),
            derived: None,
        });
    }
    figures.sort_by_key(|figure| figure.span.start);
    Reading {
        set_aside: set_aside(&work.lines, &figures),
        arithmetic: arithmetic::sums(&figures),
        tolls: toll::tolls(
            &figures,
            opening(&work.lines, &figures),
            &Besides {
                untold: untold::untold(&work.lines),
                joined: joined::joined(&work.lines, &findings),
                died: fates::died(&work.lines, &findings),
                rolls: roll::rolls(&work.lines),
            },
        ),
        figures,
        unsupported_language: None,
    }
}

/// Where the headline and the first paragraph with a figure end, in bytes: above it a page may have a caption, a name, a
/// link.
fn opening(lines: &[Line], figures: &[Figure]) -> usize {
    let body = || lines.iter().filter(|line| !line.sentence.headline);
    let Some(first) = body().next() else { return lines.last().map_or(0, |line| line.sentence.span.end) };
    let told =
        figures.iter().map(|figure| figure.sentence).find(|sentence| sentence.start >= first.sentence.span.start);
    let first = told.and_then(|told| body().find(|line| line.sentence.span == told)).unwrap_or(first);
    let paragraph = first.sentence.paragraph;
    let opening = lines.iter().take_while(|line| line.sentence.headline || line.sentence.paragraph <= paragraph);
    opening.last().map_or(0, |line| line.sentence.span.end)
}

/// What decided on each number of an article, in the order of the text: for those who doubt a reading, and for those who
/// look after the weights.
pub fn decisions(article: &Article) -> Vec<(Span, Vec<Decision>)> {
    let Some(lexicon) = lexicon_for(article) else { return Vec::new() };
    weights::decisions(&Work::of(article, lexicon, true), &weights::LEARNT)
}

/// The lexicon for the article's language: the one it names, else the one whose words of grammar it is full of.
fn lexicon_for(article: &Article) -> Option<&'static Lexicon> {
    if let Some(language) = &article.language {
        let primary = language.split(['-', '_']).next().unwrap_or_default().to_lowercase();
        return lexicon::for_language(&primary);
    }
    let sample = || article.text.as_str().split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).take(SAMPLE);
    let words = sample().count();
    let (votes, lexicon) = LEXICONS
        .iter()
        .map(|(_, lexicon)| (lexicon.grammar_words(sample().map(|word| word.to_lowercase_smolstr())), lexicon))
        .max_by_key(|(votes, _)| *votes)?;
    (words < TOO_SHORT_TO_TELL || votes * 8 >= words).then_some(&**lexicon)
}

/// How many words are looked at to tell a language.
const SAMPLE: usize = 300;
/// A text of fewer words is taken for one that can be read: a headline holds hardly a word of grammar.
const TOO_SHORT_TO_TELL: usize = 20;

/// The numbers that are no figures, each with the reason.
fn set_aside(lines: &[Line], figures: &[Figure]) -> Vec<SetAside> {
    let mut found = Vec::new();
    let read: HashSet<Span> = figures.iter().map(|f| f.span).collect();
    for line in lines {
        for count in line.counts.iter().filter(|c| c.form == Form::Stated) {
            let span: Span = count.span(&line.tokens);
            if read.contains(&span) {
                continue;
            }
            let reason = match count.head {
                Head::Refused(reason) => reason,
                Head::Unknown => "nothing that happens to people",
                _ => "nothing said to have happened to them",
            };
            found.push(SetAside { span, reason: Cow::Borrowed(reason) });
        }
    }
    found
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{Fingerprint, Text};

    /// An article of a plain text, for tests.
    pub fn article(text: &str) -> Article {
        Article {
            url: "https://example.org/a".parse().expect("a valid address"),
            outlet: "Example Wire".to_owned(),
            language: Some("en".to_owned()),
            published: None,
            modified: None,
            text: Text::from_plain(text.to_owned()),
            flags: Vec::new(),
            fingerprint: Fingerprint(0),
        }
    }

    #[test]
    fn a_language_without_a_lexicon_is_not_read() {
        let mut german = article("Neun Tote\n\nBei einem Brand sind 9 Menschen gestorben.");
        german.language = Some("de".to_owned());
        let reading = read(&german);
        assert_eq!(reading.unsupported_language.as_deref(), Some("de"));
        assert!(reading.figures.is_empty() && reading.set_aside.is_empty());
    }
}
