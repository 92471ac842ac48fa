//! The reader of figures on texts that nobody would write: whatever comes, it reads on and stays inside the text.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use tollwatch::extract::{explain, read, to_json};
use tollwatch::model::{Article, Fingerprint, Span, Text};

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

/// Reads a text and checks that every span lies in it, on character boundaries, a figure inside its sentence; that a
/// second reading is the same; and that it can be told in both forms.
fn reads_on(text: String) {
    let article = article(text);
    let reading = read(&article);
    let text = article.text.as_str();
    let lies_in_text = |span: Span| {
        assert!(text.get(span.start..span.end).is_some_and(|words| !words.is_empty()), "{span:?} in {text:?}");
    };
    for figure in &reading.figures {
        let (span, sentence) = (figure.span, figure.sentence);
        lies_in_text(span);
        lies_in_text(sentence);
        assert!(sentence.start <= span.start && span.end <= sentence.end, "{span:?} outside {sentence:?}");
    }
    for aside in &reading.set_aside {
        lies_in_text(aside.span);
    }
    assert_eq!(reading, read(&article), "read twice: {text:?}");
    assert!(to_json("a.txt", None, &article, &reading).is_object());
    assert!(explain(&article, &reading).ends_with('\n'));
}

/// Pieces of news, chosen so that counts, predicates and marks meet in every order.
fn piece() -> impl Strategy<Value = String> {
    let pieces = "12|1,018|a|an|another|no|none|two|several dozen|hundreds|more than|at least|up to|between|and|to|from|or|of|\
        of them|of whom|of the|among|among the dead were|including|those|killed|wounded|dead|missing|dying|died|were|was|\
        have been|has|lost their lives|people|children|police|police officers|soldiers|a 22-year-old|a bus driver|families|\
        deaths|bodies|lives|claimed|the death toll|rose to|stands at|the number of|up from|said|the ministry|according to|\
        officials|,|.|;|:|-|–|\"|'|(|)|\n|\n\n|%|$|No.|p.m.|March|2024|on|in|the|that|who|when|after|not|feared|\
        twenty-one|half a million|1.2m|12-15|10:30|é|\u{200b}|\u{202f}|’s|half|as many|both|all|dozen|thousand|hundred|\
        “|”|years|months|\r\n|he added|the Tarsa Network|(TN)|18446744073709551615|U.N.|......|•";
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

/// Texts on which a reader that looks too far would sit for hours: each is a piece told again and again, as a
/// headline and as a body.
const HOSTILE: &[&str] = &[
    "7",
    "1,",
    "12 ",
    "including ",
    "\"",
    "dead",
    "12 of ",
    "(",
    "([{)]} ",
    "and 12 ",
    "12 people and ",
    "officials said 12 killed, ",
    "Police (UN) ",
    ".",
    "?!\" ",
    "\n",
    "12\n",
    "\u{200b}",
    "九",
    "Ministry: 12 dead - police; ",
];

#[test]
fn a_text_without_end_is_read_to_its_end() {
    for piece in HOSTILE {
        let text = piece.repeat(20_000 / piece.len());
        reads_on(text.clone());
        reads_on(format!("Notes from the valley\n\n{text}"));
    }
}

#[test]
fn a_number_too_large_to_add_up_is_read_on_from() {
    let most = u64::MAX;
    reads_on(format!(
        "{most} killed\n\nThe army said {most} people, {most} civilians, {most} soldiers and {most} gunmen were killed, \
         up from {most} killed people. Another {most} people were killed.\n\nIda Orvik, 41, was killed with her {most} \
         daughters and {most} sons.\n"
    ));
}
