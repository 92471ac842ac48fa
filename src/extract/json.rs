//! A reading as the JSON object that `tollwatch extract --format json` prints.

use serde_json::{Value, json};

use crate::model::{Article, Reading};

/// One article's line of JSON. `start` and `end` count Unicode code points of the article's text.
pub fn to_json(file: &str, id: Option<&str>, article: &Article, reading: &Reading) -> Value {
    let text = article.text.as_str();
    let mut points = CodePoints { text, byte: 0, point: 0 };
    let figures: Vec<Value> = reading
        .figures
        .iter()
        .map(|figure| {
            let start = points.at(figure.span.start);
            let end = points.at(figure.span.end);
            json!({
                "start": start,
                "end": end,
                "number": figure.span.of(text),
                "low": figure.quantity.low(),
                "high": figure.quantity.high(),
                "bound": figure.quantity.bound(),
                "measure": figure.measure,
                "group": figure.group,
                "source": figure.source.as_deref().unwrap_or_default(),
                "place": figure.place,
                "period": figure.period,
                "status": figure.status,
                "scope": figure.scope,
                "confidence": f64::from(figure.confidence.as_per_mille()) / 1_000.0,
                "headline": f64::from(figure.headline.as_per_mille()) / 1_000.0,
                "rule": figure.rule,
                "quote": figure.sentence.of(text),
            })
        })
        .collect();
    let tolls: Vec<Value> = reading
        .tolls
        .iter()
        .map(|toll| {
            json!({
                "measure": toll.measure,
                "group": toll.group,
                "low": toll.quantity.low(),
                "high": toll.quantity.high(),
                "bound": toll.quantity.bound(),
                "source": toll.source.as_deref().unwrap_or_default(),
                "derived": toll.derived,
            })
        })
        .collect();
    let mut line = json!({
        "file": file,
        "title": article.text.title(),
        "published": article.published.map(|at| at.to_string()),
        "language": article.language,
        "figures": figures,
        "tolls": tolls,
    });
    // What does not apply is left out: a program may take a key that is there for one that says something.
    if let Some(id) = id {
        line["id"] = json!(id);
    }
    if let Some(language) = &reading.unsupported_language {
        line["unsupported_language"] = json!(language);
    }
    line
}

/// Turns byte offsets into code points, in one walk for offsets that rise.
struct CodePoints<'a> {
    text: &'a str,
    byte: usize,
    point: usize,
}

impl CodePoints<'_> {
    fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.point) = (0, 0);
        }
        self.point += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.point
    }
}
