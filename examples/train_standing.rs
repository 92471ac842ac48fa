//! Learns the weights by which `extract` judges scope and status, from labelled articles.
//!
//! ```text
//! cargo run --release --example train_standing -- TEXTS WEIGHTS GOLD.jsonl…
//! ```
//! TEXTS holds an article a file, named by its id; WEIGHTS is `src/extract/weights`. A story whose name's SHA-256 begins
//! with a byte divisible by three is kept closed: it is neither learnt from nor scored here. First the figures of a
//! five-fold cross-validation by story are printed, then the weights over all open stories are written.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tollwatch::extract::{self, linear};
use tollwatch::model::{Article, Fingerprint, Scope, Status, Text};

const ROUNDS: usize = 8;
const SHRINK: f64 = 2e-2;
const FOLDS: usize = 5;

#[derive(Deserialize)]
struct Labelled {
    id: String,
    story: String,
    published: Option<jiff::Timestamp>,
    figures: Vec<Gold>,
}

#[derive(Deserialize)]
struct Gold {
    start: Option<usize>,
    near: Option<String>,
    number: String,
    low: Option<u64>,
    high: Option<u64>,
    measure: String,
    scope: String,
    status: String,
}

struct Example {
    story: String,
    facts: Vec<String>,
    scope: usize,
    status: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [texts, weights, golds @ ..] = arguments.as_slice() else { panic!("TEXTS WEIGHTS GOLD.jsonl…") };
    let mut examples = Vec::new();
    for gold in golds {
        for line in std::fs::read_to_string(gold).expect("a file of labels").lines() {
            let labelled: Labelled = serde_json::from_str(line).expect("a line of labels");
            if Sha256::digest(&labelled.story)[0] % 3 != 0 {
                examples.extend(of_article(&labelled, Path::new(texts)));
            }
        }
    }
    println!("{} figures paired with labels", examples.len());

    let scopes: Vec<&str> = Scope::ALL.iter().map(|s| s.as_str()).collect();
    let statuses: Vec<&str> = Status::ALL.iter().map(|s| s.as_str()).collect();
    for (name, labels, of) in
        [("scope", &scopes, (|e| e.scope) as fn(&Example) -> usize), ("status", &statuses, |e| e.status)]
    {
        let pairs = |keep: &dyn Fn(&Example) -> bool| -> Vec<(Vec<String>, usize)> {
            examples.iter().filter(|e| keep(e)).map(|e| (e.facts.clone(), of(e))).collect()
        };
        let (mut right, mut all) = (0, 0);
        for fold in 0..FOLDS {
            let inside = |e: &Example| usize::from(Sha256::digest(&e.story)[1]) % FOLDS == fold;
            let model = linear::Linear::parse(&linear::learn(labels, &pairs(&|e| !inside(e)), ROUNDS, SHRINK))
                .expect("a table");
            for (facts, label) in pairs(&inside) {
                let sure = model.probabilities(facts.iter().map(String::as_str));
                let best = (0..sure.len()).max_by(|a, b| sure[*a].total_cmp(&sure[*b])).expect("labels");
                right += usize::from(best == label);
                all += 1;
            }
        }
        println!("{name}: {:.3} right in cross-validation by story ({right} of {all})", right as f64 / all as f64);
        let table = linear::learn(labels, &pairs(&|_| true), ROUNDS, SHRINK);
        let note =
            "# Learnt by examples/train_standing.rs from the open two thirds of the labelled stories. Do not edit.\n";
        std::fs::write(Path::new(weights).join(format!("{name}.tsv")), format!("{note}{table}"))
            .expect("the weights can be written");
    }
}

fn of_article(labelled: &Labelled, texts: &Path) -> Vec<Example> {
    let text =
        std::fs::read_to_string(texts.join(format!("{}.txt", labelled.id))).expect("the text of a labelled article");
    let article = Article {
        url: "https://example.org/".parse().expect("an address"),
        outlet: String::new(),
        language: Some("en".to_owned()),
        published: None,
        modified: None,
        text: Text::from_plain(text.clone()),
        flags: Vec::new(),
        fingerprint: Fingerprint(0),
    };
    let _ = labelled.published;
    // Pairs of the same value and measure, the nearest first, each figure and each label once.
    let figures = extract::figures_with_facts(&article);
    let mut options = Vec::new();
    for (g, gold) in labelled.figures.iter().enumerate() {
        let at = gold.place(&text);
        for (f, (figure, _)) in figures.iter().enumerate() {
            let same = figure.measure.as_str() == gold.measure
                && (figure.quantity.low(), figure.quantity.high()) == (gold.low, gold.high);
            let far = at.map_or(40, |at| at.abs_diff(figure.span.start));
            if same && far <= 60 {
                options.push((far, g, f));
            }
        }
    }
    options.sort_unstable();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, g, f) in options {
        if !taken.contains_key(&f) && !taken.values().any(|other| *other == g) {
            taken.insert(f, g);
        }
    }
    let place = |word: &str, all: &[&str]| all.iter().position(|w| *w == word).expect("a label of the guide");
    let scopes: Vec<&str> = Scope::ALL.iter().map(|s| s.as_str()).collect();
    let statuses: Vec<&str> = Status::ALL.iter().map(|s| s.as_str()).collect();
    taken
        .into_iter()
        .map(|(f, g)| Example {
            story: labelled.story.clone(),
            facts: figures[f].1.clone(),
            scope: place(&labelled.figures[g].scope, &scopes),
            status: place(&labelled.figures[g].status, &statuses),
        })
        .collect()
}

impl Gold {
    /// Where the number stands, in bytes: by its offset in code points, else by the words around it.
    fn place(&self, text: &str) -> Option<usize> {
        if let Some(start) = self.start {
            return text.char_indices().nth(start).map(|(at, _)| at);
        }
        let near = self.near.as_deref()?;
        let at = text.find(near)?;
        Some(at + near.find(&self.number).unwrap_or(0))
    }
}
