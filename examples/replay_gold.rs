//! Runs labelled figures through stories and tracking, from an empty store in memory, to measure them by themselves.
//!
//! `cargo run --example replay_gold -- TEXTDIR GOLD.jsonl… > predicted.jsonl`

use std::collections::HashMap;
use std::io::{self, Write};
use std::{env, fs};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use tollwatch::extract;
use tollwatch::model::{
    Article, ArticleId, Bound, Confidence, Figure, Fingerprint, Group, Measure, Quantity, Scope, Span, Status, Story,
    StoryId, Text,
};
use tollwatch::track::{Incoming, Index, Ledger, Link, Settings, link, slug, to_json};

#[derive(Deserialize)]
struct Labelled {
    id: String,
    outlet: String,
    published: Timestamp,
    figures: Vec<LabelledFigure>,
}

#[derive(Deserialize)]
struct LabelledFigure {
    number: String,
    bound: Bound,
    low: Option<u64>,
    high: Option<u64>,
    measure: Measure,
    group: Group,
    source: String,
    status: Status,
    scope: Scope,
    near: Option<String>,
}

fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    let texts = args.next().context("give the folder of the texts")?;
    let mut articles = Vec::new();
    for gold in args {
        for line in fs::read_to_string(&gold).with_context(|| gold.clone())?.lines() {
            articles.push(serde_json::from_str::<Labelled>(line).with_context(|| format!("{gold}: {line:.80}"))?);
        }
    }
    articles.sort_by(|a, b| (a.published, &a.id).cmp(&(b.published, &b.id)));

    let settings = Settings::default();
    let mut stories = Index::default();
    let mut opened = 0;
    let mut ledgers: HashMap<StoryId, Ledger> = HashMap::new();
    let mut out = io::stdout().lock();
    for (nth, labelled) in (1..).zip(&articles) {
        let text = fs::read_to_string(format!("{texts}/{}.txt", labelled.id)).context(labelled.id.clone())?;
        let article = article(labelled, text)?;
        let reading = extract::labelled(&article, figures(labelled, article.text.as_str()));
        let at = labelled.published;
        let story = match link(&article, &reading, at, &stories, &[]) {
            Link::Joins(id) => stories.join(id, &article, &reading, at).context("a story that is known")?.clone(),
            Link::Opens(draft) => {
                opened += 1;
                let story = Story {
                    id: StoryId(opened),
                    slug: slug(&draft.name),
                    name: draft.name,
                    configured: draft.configured,
                    muted: false,
                    first: draft.at,
                    last: draft.at,
                    profile: draft.profile,
                };
                stories.add(story.clone());
                story
            }
            Link::Nothing => {
                writeln!(out, "{}", to_json(&labelled.id, None, &Default::default()))?;
                continue;
            }
        };
        let incoming = Incoming {
            story: story.id,
            id: ArticleId(nth),
            version: 1,
            article: &article,
            reading: &reading,
            seen: at,
            baseline: false,
        };
        let observed = ledgers.entry(story.id).or_default().take_in(&incoming, &settings);
        writeln!(out, "{}", to_json(&labelled.id, Some(&format!("{} {}", story.id, story.name)), &observed))?;
    }
    Ok(())
}

fn article(labelled: &Labelled, text: String) -> Result<Article> {
    Ok(Article {
        url: Url::parse("https://example.org/")?.join(&labelled.id)?,
        outlet: labelled.outlet.clone(),
        language: Some("en".to_owned()),
        published: Some(labelled.published),
        modified: None,
        // No two of the labelled articles are copies of each other.
        fingerprint: Fingerprint(
            labelled.id.bytes().fold(14_695_981_039_346_656_037, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
            }),
        ),
        flags: Vec::new(),
        text: Text::from_plain(text),
    })
}

fn figures(labelled: &Labelled, text: &str) -> Vec<Figure> {
    let figure = |f: &LabelledFigure| {
        let near = f.near.as_deref().and_then(|near| text.find(near)).unwrap_or(0);
        let start = text[near..].find(&f.number).map_or(near, |at| near + at);
        let end = (start + f.number.len()).min(text.len());
        let sentence_start = text[..start].rfind(['\n', '.']).map_or(0, |at| at + 1);
        let sentence_end = text.get(end..).and_then(|rest| rest.find(['\n', '.'])).map_or(text.len(), |at| end + at);
        Some(Figure {
            quantity: Quantity::from_parts(f.bound, f.low, f.high)?,
            measure: f.measure,
            group: f.group,
            source: (!f.source.is_empty()).then(|| f.source.clone()),
            place: None,
            period: None,
            status: f.status,
            scope: f.scope,
            span: Span { start, end },
            sentence: Span { start: sentence_start, end: sentence_end },
            confidence: Confidence::per_mille(1_000),
            rule: "labelled".into(),
            derived: None,
        })
    };
    labelled.figures.iter().filter_map(figure).collect()
}
