//! Learns the weights by which `extract` chooses sources, judges scope and status and tells how sure it is, from labelled articles.
//!
//! ```text
//! cargo run --release --example train_standing -- TEXTS WEIGHTS GOLD.jsonl…
//! ```
//! TEXTS holds an article a file, named by its id; WEIGHTS is `src/extract/weights`. A story whose name's SHA-256 begins
//! with a byte divisible by three is kept closed: it is neither learnt from nor scored here. First the figures of a
//! five-fold cross-validation by story are printed, then the weights over all open stories are written.

#![allow(clippy::print_stdout)] // A command for developers: what it prints is what it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tollwatch::extract::linear::{Choice, Linear, learn, learn_choice};
use tollwatch::extract::{self, Study};
use tollwatch::model::{Article, Fingerprint, Scope, Status, Text};

const ROUNDS: usize = 8;
const SHRINK: f64 = 3e-2;
const CHOICE_ROUNDS: usize = 8;
const CHOICE_SHRINK: f64 = 1e-1;
const TRUST_ROUNDS: usize = 8;
const TRUST_SHRINK: f64 = 1e-1;
const FOLDS: usize = 5;

#[derive(Deserialize)]
struct Labelled {
    id: String,
    story: String,
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
    source: Option<String>,
}

/// What a figure of the reader is, by its label; `None` where there is no such figure in the labels.
struct Example {
    fold: usize,
    study: Study,
    label: Option<Label>,
}

struct Label {
    scope: usize,
    status: usize,
    source: String,
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
    let paired = examples.iter().filter(|e| e.label.is_some()).count();
    println!("{} figures read, {paired} of them paired with labels", examples.len());
    let write = |name: &str, table: &str| {
        let note =
            "# Learnt by examples/train_standing.rs from the open two thirds of the labelled stories. Do not edit.\n";
        std::fs::write(Path::new(weights).join(format!("{name}.tsv")), format!("{note}{table}"))
            .expect("the weights can be written");
    };
    write("source", &sources(&examples));
    write("confidence", &confidence(&examples));
    write("scope", &labels("scope", &names(Scope::ALL.iter().map(|s| s.as_str())), &examples, |l| l.scope));
    write("status", &labels("status", &names(Status::ALL.iter().map(|s| s.as_str())), &examples, |l| l.status));
}

fn names(all: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    all.collect()
}

/// Learns scope or status; prints how it did in cross-validation.
fn labels(name: &str, labels: &[&str], examples: &[Example], of: fn(&Label) -> usize) -> String {
    let pairs = |keep: &dyn Fn(&Example) -> bool| -> Vec<(Vec<String>, usize)> {
        let paired = examples.iter().filter(|e| keep(e)).filter_map(|e| Some((e, e.label.as_ref()?)));
        paired.map(|(e, label)| (owned(&e.study.standing), of(label))).collect()
    };
    let (mut right, mut all) = (0, 0);
    for fold in 0..FOLDS {
        let model = Linear::parse(&learn(labels, &pairs(&|e| e.fold != fold), ROUNDS, SHRINK)).expect("a table");
        for (facts, label) in pairs(&|e| e.fold == fold) {
            let sure = model.probabilities(facts.iter().map(String::as_str));
            right += usize::from(best(&sure) == label);
            all += 1;
        }
    }
    println!("{name}: {:.3} right in cross-validation by story ({right} of {all})", share(right, all));
    learn(labels, &pairs(&|_| true), ROUNDS, SHRINK)
}

/// Learns how far value and measure are to be trusted; prints what came true of it in cross-validation.
fn confidence(examples: &[Example]) -> String {
    let pairs = |keep: &dyn Fn(&Example) -> bool| -> Vec<(Vec<String>, usize)> {
        examples.iter().filter(|e| keep(e)).map(|e| (owned(&e.study.trust), usize::from(e.label.is_some()))).collect()
    };
    let labels = extract::CONFIDENCE_LABELS;
    // What was said of figures by weights that had not seen their stories: the odds, and whether it came true.
    let mut said: Vec<(f64, usize)> = Vec::new();
    for fold in 0..FOLDS {
        let table = learn(&labels, &pairs(&|e| e.fold != fold), TRUST_ROUNDS, TRUST_SHRINK);
        let model = Linear::parse(&table).expect("a table");
        for (facts, right) in pairs(&|e| e.fold == fold) {
            let facts = || facts.iter().map(String::as_str);
            said.push((f64::from(model.score(facts(), 1) - model.score(facts(), 0)), right));
        }
    }
    let (scale, shift) = calibration(&said);
    println!("confidence, in cross-validation by story (odds taken {scale:.2} times, shifted by {shift:.2}):");
    let mut bins = [(0_usize, 0_usize, 0.0); 10];
    for (odds, right) in said {
        let sure = likelihood(scale * odds + shift);
        let bin = (0..9).find(|bin| sure < f64::from(bin + 1) / 10.0).unwrap_or(9) as usize;
        bins[bin] = (bins[bin].0 + right, bins[bin].1 + 1, bins[bin].2 + sure);
    }
    for (bin, (right, all, sure)) in bins.iter().enumerate().filter(|(_, (_, all, _))| *all > 0) {
        let mean = sure / *all as f64;
        println!("  from .{bin}: {all:5} figures, said {mean:.3}, came true {:.3}", share(*right, *all));
    }
    let table = learn(&labels, &pairs(&|_| true), TRUST_ROUNDS, TRUST_SHRINK);
    let mut lines = table.lines();
    let mut calibrated = format!("{}\n", lines.next().expect("a header"));
    for line in lines {
        let mut cells = line.split('\t');
        let fact = cells.next().expect("a fact");
        let weights: Vec<f64> = cells.map(|cell| cell.parse::<f64>().expect("a weight") * scale).collect();
        let always = if fact == "always" { shift } else { 0.0 };
        calibrated.push_str(&format!("{fact}\t{:.3}\t{:.3}\n", weights[0], weights[1] + always));
    }
    calibrated
}

fn likelihood(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// The scale and the shift by which odds come true as often as they say (Platt's scaling), by plain descent.
fn calibration(said: &[(f64, usize)]) -> (f64, f64) {
    let (mut scale, mut shift) = (1.0, 0.0);
    for _ in 0..2_000 {
        let (mut of_scale, mut of_shift) = (0.0, 0.0);
        for (odds, right) in said {
            let error = likelihood(scale * odds + shift) - *right as f64;
            of_scale += error * odds;
            of_shift += error;
        }
        scale -= of_scale / said.len() as f64 / 2.0;
        shift -= of_shift / said.len() as f64 / 2.0;
    }
    (scale, shift)
}

/// Learns the choice of sources; prints how it did in cross-validation.
fn sources(examples: &[Example]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for fold in 0..FOLDS {
        let model = Linear::parse(&learnt_choice(examples, &|e| e.fold != fold)).expect("a table");
        for ((candidates, right), own_voice) in choices(examples, &|e| e.fold == fold) {
            let scores: Vec<f32> =
                candidates.iter().map(|facts| model.score(facts.iter().map(String::as_str), 0)).collect();
            let what = match (best(&scores), own_voice) {
                (at, _) if right.contains(&at) => "right",
                (_, true) => "invented",
                (0, _) if right.is_empty() => "not among the candidates, none taken",
                (0, _) => "none taken",
                _ => "another taken",
            };
            *counts.entry(what).or_default() += 1;
        }
    }
    let all: usize = counts.values().sum();
    let right = counts.get("right").copied().unwrap_or_default();
    println!("source: {:.3} right in cross-validation by story ({right} of {all}); {counts:?}", share(right, all));
    learnt_choice(examples, &|_| true)
}

fn learnt_choice(examples: &[Example], keep: &dyn Fn(&Example) -> bool) -> String {
    let answerable = choices(examples, keep).into_iter().map(|(c, _)| c).filter(|(_, right)| !right.is_empty());
    learn_choice(&answerable.collect::<Vec<_>>(), CHOICE_ROUNDS, CHOICE_SHRINK)
}

/// The candidates of every figure with a label, and whether the outlet speaks in its own voice.
fn choices(examples: &[Example], keep: &dyn Fn(&Example) -> bool) -> Vec<(Choice, bool)> {
    let choice = |e: &Example| {
        let gold = &e.label.as_ref()?.source;
        let name = |at: usize| e.study.candidates[at].name.as_deref().unwrap_or_default();
        let right: Vec<usize> = (0..e.study.candidates.len()).filter(|at| same_source(gold, name(*at))).collect();
        let facts = e.study.candidates.iter().map(|c| owned(&c.facts)).collect();
        Some(((facts, right), gold.is_empty()))
    };
    examples.iter().filter(|e| keep(e)).filter_map(choice).collect()
}

/// The place of the highest, the first of equals.
fn best(scores: &[f32]) -> usize {
    (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b])).expect("scores")
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn owned(facts: &[extract::Fact]) -> Vec<String> {
    facts.iter().map(ToString::to_string).collect()
}

/// Whether two names mean one source: half of the words of the shorter one in common, or the initials of the other.
fn same_source(gold: &str, read: &str) -> bool {
    let (gold, read) = (gold.trim().to_lowercase(), read.trim().to_lowercase());
    if gold.is_empty() || read.is_empty() {
        return gold == read;
    }
    let words = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let small = ["the", "of", "for", "and", "a", "an", "s", "in", "on"];
    let telling =
        |name: &str| -> BTreeSet<String> { words(name).into_iter().filter(|w| !small.contains(&w.as_str())).collect() };
    let initials = |name: &str| -> String {
        words(name)
            .iter()
            .filter(|w| !["of", "the", "for", "and"].contains(&w.as_str()))
            .filter_map(|w| w.chars().next())
            .collect()
    };
    let (a, b) = (telling(&gold), telling(&read));
    let common = a.intersection(&b).count();
    (common > 0 && common * 2 >= a.len().min(b.len())) || initials(&gold) == read || initials(&read) == gold
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
    // Pairs of the same value and measure, the nearest first, each figure and each label once.
    let studies = extract::study(&article);
    let mut options = Vec::new();
    for (g, gold) in labelled.figures.iter().enumerate() {
        let at = gold.place(&text);
        for (f, Study { figure, .. }) in studies.iter().enumerate() {
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
    let scopes = names(Scope::ALL.iter().map(|s| s.as_str()));
    let statuses = names(Status::ALL.iter().map(|s| s.as_str()));
    let label = |gold: &Gold| Label {
        scope: place(&gold.scope, &scopes),
        status: place(&gold.status, &statuses),
        source: gold.source.clone().unwrap_or_default(),
    };
    let fold = usize::from(Sha256::digest(&labelled.story)[1]) % FOLDS;
    studies
        .into_iter()
        .enumerate()
        .map(|(f, study)| Example { fold, study, label: taken.get(&f).map(|g| label(&labelled.figures[*g])) })
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
