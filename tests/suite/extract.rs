//! The reader of figures on texts that nobody would write: whatever comes, it reads on and stays inside the text.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use tollwatch::extract::read;
use tollwatch::model::{Article, Fingerprint, Text};

fn article(text: String) -> Article {
    Article {
        url: "https://example.org/a".parse().expect("a valid address"),
        outlet: "Example Wire".to_owned(),
        language: Some("en".to_owned()),
        published: None,
        modified: None,
        text: Text::from_plain(text),
        flags: Vec::new(),
        fingerprint: Fingerprint(0),
    }
}

/// Reads a text and checks that every span lies in it, on character boundaries, a figure inside its sentence.
fn reads_on(text: String) {
    let article = article(text);
    let reading = read(&article);
    let text = article.text.as_str();
    for figure in &reading.figures {
        let (span, sentence) = (figure.span, figure.sentence);
        assert!(text.get(span.start..span.end).is_some_and(|words| !words.is_empty()), "{span:?} in {text:?}");
        assert!(text.get(sentence.start..sentence.end).is_some(), "{sentence:?} in {text:?}");
        assert!(sentence.start <= span.start && span.end <= sentence.end, "{span:?} outside {sentence:?}");
    }
    for aside in &reading.set_aside {
        assert!(text.get(aside.span.start..aside.span.end).is_some(), "{:?} in {text:?}", aside.span);
    }
}

/// Pieces of news, chosen so that counts, predicates and marks meet in every order.
fn piece() -> impl Strategy<Value = String> {
    let pieces = "12|1,018|a|an|another|no|none|two|several dozen|hundreds|more than|at least|up to|between|and|to|from|or|of|\
        of them|of whom|of the|among|among the dead were|including|those|killed|wounded|dead|missing|dying|died|were|was|\
        have been|has|lost their lives|people|children|police|police officers|soldiers|a 22-year-old|a bus driver|families|\
        deaths|bodies|lives|claimed|the death toll|rose to|stands at|the number of|up from|said|the ministry|according to|\
        officials|,|.|;|:|-|–|\"|'|(|)|\n|\n\n|%|$|No.|p.m.|March|2024|on|in|the|that|who|when|after|not|feared|\
        twenty-one|half a million|1.2m|12-15|10:30|é|\u{200b}|\u{202f}|’s|half|as many|both|all|dozen|thousand|hundred";
    let words: Vec<&'static str> = pieces.split('|').collect();
    prop_oneof![
        12 => prop::sample::select(words).prop_map(str::to_owned),
        1 => any::<u64>().prop_map(|n| n.to_string()),
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_at_all_is_read_to_its_end(text in any::<String>()) {
        reads_on(text);
    }

    #[test]
    fn pieces_of_news_in_any_order_are_read_to_their_end(
        pieces in prop::collection::vec((piece(), prop_oneof![9 => Just(" "), 1 => Just("")]), 0..60),
    ) {
        reads_on(pieces.iter().flat_map(|(word, gap)| [word.as_str(), gap]).collect());
    }
}
