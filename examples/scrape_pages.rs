//! Reads saved pages (`.html`, `.html.gz`) and prints what `scrape` makes of each, a JSON object a line, with the time
//! it took in microseconds. For measuring against labelled pages.
#![allow(clippy::print_stdout)]

use std::io::Read;
use std::time::Instant;

use anyhow::Context;
use flate2::read::GzDecoder;
use serde_json::json;
use tollwatch::model::{Page, Validators};
use tollwatch::scrape;

fn main() -> anyhow::Result<()> {
    for path in std::env::args().skip(1) {
        let mut body = std::fs::read(&path).with_context(|| path.clone())?;
        if path.ends_with(".gz") {
            let packed = std::mem::take(&mut body);
            GzDecoder::new(&packed[..]).read_to_end(&mut body).with_context(|| path.clone())?;
        }
        let page = Page {
            url: format!("file:///{}", path.trim_start_matches('/')).parse()?,
            fetched: jiff::Timestamp::now(),
            content_type: Some("text/html".to_owned()),
            body,
            validators: Validators::default(),
        };
        let file = path.rsplit('/').next().unwrap_or(&path);
        let start = Instant::now();
        let read = scrape::article(&page, None);
        let took = u64::try_from(start.elapsed().as_micros())?;
        let mut line = match &read {
            Ok(article) => scrape::to_json(file, article),
            Err(refused) => json!({ "file": file, "error": refused.to_string() }),
        };
        line["microseconds"] = took.into();
        println!("{line}");
    }
    Ok(())
}
