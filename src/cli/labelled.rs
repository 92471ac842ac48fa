//! Files of labelled figures: for each article what a careful reader took from it, to be tracked in place of what is read.

use std::collections::HashMap;

use serde::Deserialize;

use super::input;
use super::{Exit, Failure};
use crate::model::{Bound, Confidence, Figure, Group, Measure, Quantity, Scope, Span, Status};

/// A line of such a file. It holds more, which is not looked at.
#[derive(Debug, Deserialize)]
struct Labelled {
    id: String,
    figures: Vec<LabelledFigure>,
}

#[derive(Debug, Deserialize)]
struct LabelledFigure {
    /// The words of the number.
    number: String,
    bound: Bound,
    low: Option<u64>,
    high: Option<u64>,
    measure: Measure,
    group: Group,
    /// Empty for the outlet's own voice.
    source: String,
    status: Status,
    scope: Scope,
    /// A stretch of the text in which the number stands, where it stands in the text more than once.
    #[serde(default)]
    near: Option<String>,
}

/// The labelled figures of articles, by the articles' ids.
#[derive(Debug, Default)]
pub struct Labels(HashMap<String, Vec<LabelledFigure>>);

const FORM_OF_A_LINE: &str = "A line holds one object with \"id\" and \"figures\"; each figure has \"number\", \"bound\", \"low\", \
     \"high\", \"measure\", \"group\", \"source\", \"status\" and \"scope\".";

impl Labels {
    /// Reads all the files.
    pub fn read(files: &[String]) -> Result<Self, Failure> {
        let mut labels = Self::default();
        for file in files {
            for (number, labelled) in input::objects::<Labelled>(file, &input::bytes(file)?, FORM_OF_A_LINE)? {
                let wrong = labelled.figures.iter().find(|f| Quantity::from_parts(f.bound, f.low, f.high).is_none());
                if let Some(figure) = wrong {
                    let message = format!(
                        "{file}:{number}: `{}`: \"bound\", \"low\" and \"high\" of \"{}\" contradict each other",
                        labelled.id, figure.number
                    );
                    return Err(Failure::say(Exit::Data, message));
                }
                if labels.0.contains_key(&labelled.id) {
                    return Err(Failure::say(
                        Exit::Data,
                        format!("{file}:{number}: `{}` is labelled twice", labelled.id),
                    ));
                }
                labels.0.insert(labelled.id, labelled.figures);
            }
        }
        Ok(labels)
    }

    /// The figures of an article, each where its number stands in the text; `None` for an article without labels.
    pub fn figures(&self, id: &str, text: &str) -> Option<Vec<Figure>> {
        Some(self.0.get(id)?.iter().filter_map(|labelled| figure(labelled, text)).collect())
    }
}

fn figure(labelled: &LabelledFigure, text: &str) -> Option<Figure> {
    let near = labelled.near.as_deref().and_then(|near| text.find(near)).unwrap_or(0);
    let start = text[near..].find(&labelled.number).map_or(near, |at| near + at);
    let end = (start + labelled.number.len()).min(text.len());
    // Where the number does not stand in the text, its length may lead into the middle of a letter.
    let end = (start..=end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(start);
    let sentence_start = text[..start].rfind(['\n', '.']).map_or(0, |at| at + 1);
    let sentence_end = text.get(end..).and_then(|rest| rest.find(['\n', '.'])).map_or(text.len(), |at| end + at);
    let news = (labelled.scope, labelled.status) == (Scope::Story, Status::Current);
    Some(Figure {
        quantity: Quantity::from_parts(labelled.bound, labelled.low, labelled.high)?,
        measure: labelled.measure,
        group: labelled.group,
        source: (!labelled.source.is_empty()).then(|| labelled.source.clone()),
        place: None,
        period: None,
        status: labelled.status,
        scope: labelled.scope,
        span: Span { start, end },
        sentence: Span { start: sentence_start, end: sentence_end },
        confidence: Confidence::CERTAIN,
        headline: if news { Confidence::CERTAIN } else { Confidence::NONE },
        rule: "labelled".into(),
        derived: None,
    })
}
