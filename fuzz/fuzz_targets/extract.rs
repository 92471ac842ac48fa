//! Reads any text at all as an English article. Whatever it is, reading ends without a panic, every span lies in the
//! text on character boundaries, and a reading can be told in both forms.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::{Corpus, fuzz_target};

use tollwatch::extract;
use tollwatch::model::{Article, Fingerprint, Reading, Span, Text};

/// Longer texts are left alone: bounded work shows in short ones already.
const LONGEST: usize = 16 * 1024;
/// An article is read in a few milliseconds; what takes longer than this is told of, and is no failure.
const SLOW: Duration = Duration::from_millis(100);

fuzz_target!(|text: &str| -> Corpus {
    if text.len() > LONGEST {
        return Corpus::Reject;
    }
    let article = article(text);
    let start = Instant::now();
    let reading = extract::read(&article);
    let json = extract::to_json("fuzz.txt", None, &article, &reading);
    let told = extract::explain(&article, &reading);
    let took = start.elapsed();
    if took > SLOW {
        eprintln!("slow: {took:?} for {} bytes that begin with {:?}", text.len(), text.chars().take(60).collect::<String>());
    }
    holds(&article, &reading);
    assert!(json.is_object() && !told.is_empty());
    Corpus::Keep
});

fn article(text: &str) -> Article {
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

/// Every span lies in the text, on character boundaries, and is not empty; a figure lies in its sentence.
fn holds(article: &Article, reading: &Reading) {
    let text = article.text.as_str();
    let lies_in_text = |span: Span| {
        assert!(text.get(span.start..span.end).is_some_and(|words| !words.is_empty()), "{span:?} in {text:?}");
    };
    for figure in &reading.figures {
        let (span, sentence) = (figure.span, figure.sentence);
        lies_in_text(span);
        lies_in_text(sentence);
        assert!(sentence.start <= span.start && span.end <= sentence.end, "{span:?} outside {sentence:?} in {text:?}");
    }
    for aside in &reading.set_aside {
        lies_in_text(aside.span);
    }
}
