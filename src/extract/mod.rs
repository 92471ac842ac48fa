//! An article to its figures: sentences, tokens, numbers and what they count, the rules that join a number to what
//! happened, and what the article as a whole makes of them.
//!
//! ```text
//! text → sentences → tokens → counts → findings → sources, standings → figures → sums, tolls
//! ```
//! Nothing here fails, and nothing looks outside the article: a strange text gives an empty reading.

mod lexicon;
mod sentence;
mod token;
mod number;
mod head;
mod rules;
mod evidence;
mod discourse;
mod source;
mod facts;
pub mod linear;
mod scope;
mod arithmetic;
mod toll;
mod confidence;
mod explain;
mod json;

pub use confidence::LABELS as CONFIDENCE_LABELS;
pub use explain::explain;
pub use facts::Fact;
pub use json::to_json;
pub use source::Candidate;

use std::borrow::Cow;

use crate::extract::discourse::{Finding, Line};
use crate::extract::head::{Form, Head};
use crate::extract::lexicon::{LEXICONS, Lexicon};
use crate::extract::source::Sources;
use crate::model::{Article, Figure, Reading, SetAside, Span};

/// Reads all figures of an article, and what it says as a whole.
pub fn read(article: &Article) -> Reading {
    let Some(lexicon) = lexicon_for(article) else {
        let language = article.language.clone().unwrap_or_else(|| "unknown".to_owned());
        return Reading { unsupported_language: Some(language), ..Reading::default() };
    };
    let Evidence { lines, findings, sources, facts, trust } = Evidence::of(article, lexicon);
    let standings = scope::standings(&facts);
    let mut figures: Vec<Figure> = Vec::with_capacity(findings.len());
    for (((finding, source), standing), trust) in findings.iter().zip(sources).zip(&standings).zip(&trust) {
        figures.push(Figure {
            quantity: finding.quantity,
            measure: finding.measure,
            group: finding.group,
            source: source::choose(&source.candidates),
            place: None,
            period: None,
            status: standing.status,
            scope: standing.scope,
            span: finding.span,
            sentence: lines[finding.line].sentence.span,
            confidence: confidence::of(trust),
            rule: Cow::Borrowed(finding.rule),
            derived: None,
        });
    }
    figures.sort_by_key(|figure| figure.span.start);
    Reading {
        set_aside: set_aside(&lines, &figures),
        arithmetic: arithmetic::sums(&figures),
        tolls: toll::tolls(&figures),
        figures,
        unsupported_language: None,
    }
}

/// All that is known of an article's findings before their standing is judged.
struct Evidence {
    lines: Vec<Line>,
    findings: Vec<Finding>,
    sources: Vec<Sources>,
    facts: Vec<Vec<Fact>>,
    trust: Vec<Vec<Fact>>,
}

impl Evidence {
    fn of(article: &Article, lexicon: &Lexicon) -> Self {
        let text = article.text.as_str();
        let lines: Vec<Line> = sentence::sentences(&article.text, lexicon)
            .into_iter()
            .take_while(|sentence| sentence.span.end <= MOST_READ)
            .map(|sentence| {
                let tokens = token::tokens(text, sentence.span, lexicon);
                let counts = head::counts(&tokens, sentence.headline);
                Line { sentence, tokens, counts }
            })
            .collect();
        let findings = discourse::findings(&lines);
        let sources = source::sources(text, &lines, &findings);
        let year = article.published.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).year());
        let year = year.and_then(|year| u64::try_from(year).ok()).or_else(|| scope::latest_year(&lines));
        let facts = facts::facts(&lines, &findings, &sources, year);
        let trust = confidence::facts(&lines, &findings, &facts);
        Self { lines, findings, sources, facts, trust }
    }
}

/// A figure with all that its judgements rest on: what the weights are learnt from.
#[derive(Debug)]
pub struct Study {
    /// The figure.
    pub figure: Figure,
    /// The facts from which its scope and its status are judged.
    pub standing: Vec<Fact>,
    /// Those who may have counted it, the outlet itself first.
    pub candidates: Vec<Candidate>,
    /// The facts that speak for and against value and measure.
    pub trust: Vec<Fact>,
}

/// The figures of an article, in the order of the text, with what their judgements rest on.
pub fn study(article: &Article) -> Vec<Study> {
    let Some(lexicon) = lexicon_for(article) else { return Vec::new() };
    let Evidence { findings, sources, facts, trust, .. } = Evidence::of(article, lexicon);
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|at| findings[*at].span.start);
    let figures = read(article).figures.into_iter();
    figures
        .zip(order)
        .map(|(figure, at)| Study {
            figure,
            standing: facts[at].clone(),
            candidates: sources[at].candidates.clone(),
            trust: trust[at].clone(),
        })
        .collect()
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
        .map(|(_, lexicon)| {
            (
                lexicon.grammar_words(sample().map(str::to_lowercase).collect::<Vec<_>>().iter().map(String::as_str)),
                lexicon,
            )
        })
        .max_by_key(|(votes, _)| *votes)?;
    (words < TOO_SHORT_TO_TELL || votes * 8 >= words).then_some(&**lexicon)
}

/// So many bytes of a text are read. The longest reports of newsrooms stay below a third of it; figures are compared with
/// each other, so that a text made of nothing but figures would take time with the square of its length.
const MOST_READ: usize = 256 << 10;

/// How many words are looked at to tell a language.
const SAMPLE: usize = 300;
/// A text of fewer words is taken for one that can be read: a headline holds hardly a word of grammar.
const TOO_SHORT_TO_TELL: usize = 20;

/// The numbers that are no figures, each with the reason.
fn set_aside(lines: &[Line], figures: &[Figure]) -> Vec<SetAside> {
    let mut found = Vec::new();
    for line in lines {
        for count in line.counts.iter().filter(|c| c.form == Form::Stated) {
            let span: Span = count.span(&line.tokens);
            if figures.iter().any(|f| f.span == span) {
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

    /// The figures of one sentence under a title that says nothing: "count measure group", and the rule.
    pub fn figures_of(sentence: &str) -> Vec<(String, String)> {
        let reading = read(&article(&format!("Notes from the valley\n\n{sentence}\n")));
        let shown = |f: &Figure| format!("{} {} {}", f.quantity, f.measure, f.group);
        reading.figures.iter().map(|f| (shown(f), f.rule.to_string())).collect()
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
