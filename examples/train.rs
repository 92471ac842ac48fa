//! Learns the weights by which `extract` reads, from labelled articles.
//!
//! ```text
//! cargo run --release --example train -- learn SHARED            # writes src/extract/weights
//! cargo run --release --example train -- cross SHARED OUT.jsonl  # reads each text by weights that have not seen its story
//! ```
//! SHARED holds `corpus/*.jsonl` with `corpus/articles/`, and `real/*.jsonl`. Learnt from are the stories of the corpus,
//! the labelled articles of this repository, and those real texts of which it holds labels. A story of the corpus whose
//! name's SHA-256 begins with a byte divisible by three is kept closed: it is neither learnt from nor read. Of the real
//! texts every second one is closed, by the lowest bit of the same byte of its id.

#![allow(clippy::print_stdout)] // A command for developers: what it prints is what it is for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tollwatch::extract::learning::{Label, Labelled, Learnt, Tables, from_markup, learn};
use tollwatch::extract::{self, Weights};

const OWN: &str = "tests/cases/labelled";
const WEIGHTS: &str = "src/extract/weights";

/// A set of real texts with fewer labels than this weighs the more, so that its manner is not lost among all others.
const FEW: usize = 1_500;
const WEIGHT_OF_FEW: f32 = 3.5;

/// So much the corpus weighs where sources are learnt: who counted is told there by newsrooms.
const SOURCES_OF_CORPUS: f32 = 3.0;

#[derive(Deserialize)]
struct Article {
    id: String,
    story: String,
    published: Option<String>,
    figures: Vec<Figure>,
}

#[derive(Deserialize)]
struct Figure {
    start: Option<usize>,
    near: Option<String>,
    number: String,
    low: Option<u64>,
    high: Option<u64>,
    measure: String,
    group: String,
    scope: String,
    status: String,
    source: Option<String>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["learn", shared] => {
            let all = everything(Path::new(shared));
            println!("{} articles, {} figures", all.len(), all.iter().map(|a| a.labels.len()).sum::<usize>());
            let learnt = learn(&all);
            print!("{}", learnt.report);
            let note = "# Learnt by examples/train.rs from labelled articles. Do not edit.\n";
            for (name, table) in learnt.tables {
                println!("{name}: {} facts, {} bytes", table.lines().count() - 1, table.len());
                std::fs::write(Path::new(WEIGHTS).join(format!("{name}.tsv")), format!("{note}{table}"))
                    .expect("the weights can be written");
            }
        }
        ["cross", shared, out] => {
            let all = everything(Path::new(shared));
            let learnt = learn(&all);
            print!("{}", learnt.report);
            std::fs::write(out, unseen(&all, &learnt)).expect("the readings can be written");
        }
        _ => panic!("learn SHARED | cross SHARED OUT.jsonl"),
    }
}

/// All that is learnt from.
fn everything(shared: &Path) -> Vec<Labelled> {
    corpus(shared).into_iter().chain(own()).chain(real(shared)).collect()
}

/// What is read in each article by weights that have not seen its story, a line each.
fn unseen(all: &[Labelled], learnt: &Learnt) -> String {
    let parsed = |tables: &Tables| Weights::parse(|name| tables[name].clone()).expect("tables that were just made");
    let without: Vec<Weights> = learnt.without.iter().map(parsed).collect();
    let of_one = |a: &Labelled| {
        let reading = extract::read_by(&a.article, &without[a.fold()]);
        format!("{}\n", extract::to_json(&format!("{}.txt", a.id), None, &a.article, &reading))
    };
    all.iter().map(of_one).collect()
}

/// The labelled articles of this repository.
fn own() -> Vec<Labelled> {
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("a labelled file");
    files(Path::new(OWN), "txt")
        .iter()
        .flat_map(|path| from_markup(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .collect()
}

/// The open stories of the corpus.
fn corpus(shared: &Path) -> Vec<Labelled> {
    let folder = shared.join("corpus");
    let mut found = Vec::new();
    for gold in files(&folder, "jsonl") {
        for line in std::fs::read_to_string(gold).expect("a file of labels").lines() {
            let article: Article = serde_json::from_str(line).expect("a line of labels");
            if Sha256::digest(&article.story)[0] % 3 != 0 {
                found.push(labelled(&article, &folder.join("articles")));
            }
        }
    }
    found
}

/// The real texts of which the repository holds labels: `id, start, value, measure, group, source, status, scope` a line,
/// parted by tabs, or an id alone for a text without a figure; `start` counts code points.
fn real(shared: &Path) -> Vec<Labelled> {
    let mut found = Vec::new();
    for path in files(Path::new(OWN), "tsv") {
        let set = path.file_stem().and_then(|s| s.to_str()).expect("a name").trim_start_matches("real-").to_owned();
        let mut labels: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
        for line in std::fs::read_to_string(&path).expect("a file of labels").lines().filter(|l| !l.starts_with('#')) {
            let mut cells = line.splitn(3, '\t');
            let all = labels.entry(cells.next().expect("an id").to_owned()).or_default();
            if let (Some(start), Some(fields)) = (cells.next(), cells.next()) {
                all.push((start.parse().expect("a place"), fields.replace('\t', "|")));
            }
        }
        let few = labels.values().map(Vec::len).sum::<usize>() < FEW;
        let texts = std::fs::read_to_string(shared.join("real").join(format!("{set}.jsonl"))).expect("the real texts");
        for line in texts.lines() {
            let text: Text = serde_json::from_str(line).expect("a line with a text");
            let Some(labels) = labels.get(&text.id) else { continue };
            let place = |start: usize| text.text.char_indices().nth(start).map_or(text.text.len(), |(at, _)| at);
            let of_one = |(start, fields): &(usize, String)| Label::parse(fields, place(*start)).expect("a label");
            let labels = labels.iter().map(of_one).collect();
            let mut labelled = Labelled::new(&set, &text.id, &text.id, None, &text.text, labels);
            labelled.realign(&text.text);
            labelled.weight = if few { WEIGHT_OF_FEW } else { 1.0 };
            labelled.source_weight = labelled.weight;
            found.push(labelled);
        }
    }
    found
}

#[derive(Deserialize)]
struct Text {
    id: String,
    text: String,
}

/// The files of a folder with an ending, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    found.retain(|path| path.extension().is_some_and(|e| e == ending));
    found.sort();
    found
}

fn labelled(article: &Article, texts: &Path) -> Labelled {
    let text = std::fs::read_to_string(texts.join(format!("{}.txt", article.id))).expect("the text of an article");
    let labels = article.figures.iter().map(|figure| Label {
        start: figure.place(&text),
        low: figure.low,
        high: figure.high,
        measure: figure.measure.parse().expect("a measure"),
        group: figure.group.parse().expect("a group"),
        source: figure.source.clone().unwrap_or_default(),
        status: figure.status.parse().expect("a status"),
        scope: figure.scope.parse().expect("a scope"),
    });
    let published = article.published.as_deref().and_then(|at| at.parse().ok());
    let mut labelled = Labelled::new("corpus", &article.id, &article.story, published, &text, labels.collect());
    labelled.realign(&text);
    labelled.source_weight = SOURCES_OF_CORPUS;
    labelled
}

impl Figure {
    /// Where the number stands, in bytes: by its offset in code points, else by the words around it.
    fn place(&self, text: &str) -> usize {
        if let Some(start) = self.start {
            return text.char_indices().nth(start).map_or(text.len(), |(at, _)| at);
        }
        let near = self.near.as_deref().unwrap_or(&self.number);
        let at = text.find(near).unwrap_or(0);
        at + near.find(&self.number).unwrap_or(0)
    }
}
