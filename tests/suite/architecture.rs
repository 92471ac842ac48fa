//! Who may name whom: reads `src` and holds the rules that ARCHITECTURE.md tells.

use std::fs;
use std::path::{Path, PathBuf};

/// What a part of the crate may name of the others; what is not listed here may not exist.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("feeds", &["model"]),
    ("scrape", &["model"]),
    ("extract", &["model"]),
    ("track", &["model"]),
    ("notify", &["model"]),
    ("http", &["model"]),
    ("store", &["model", "crash"]),
    ("mail", &["model", "crash"]),
    ("config", &["model"]),
    ("clock", &[]),
    ("crash", &[]),
    (
        "pipeline",
        &["model", "feeds", "scrape", "extract", "track", "notify", "http", "store", "mail", "clock", "crash"],
    ),
    ("daemon", &["model", "pipeline", "http", "store", "mail", "config", "clock", "crash"]),
    ("web", &["model", "track", "notify", "store", "pipeline", "clock"]),
    (
        "cli",
        &[
            "model", "feeds", "scrape", "extract", "track", "notify", "http", "store", "mail", "config", "clock",
            "pipeline", "daemon", "web",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// The outside libraries that have a home, some of them two.
const HOMES: &[(&str, &str)] = &[
    ("feed_rs", "feeds"),
    ("scraper", "scrape"),
    ("trafilatura", "scrape"),
    ("foldhash", "extract"),
    ("smol_str", "extract"),
    ("reqwest", "http"),
    ("psl", "http"),
    ("rusqlite", "store"),
    ("rusqlite_migration", "store"),
    ("lettre", "mail"),
    ("aws_lc_rs", "mail"),
    ("rustls_pki_types", "mail"),
    ("base64", "mail"),
    ("plotters", "notify"),
    ("askama", "notify"),
    ("askama", "web"),
    ("hyper", "http"),
    ("hyper", "web"),
    ("hyper", "cli"),
    ("hyper_util", "web"),
    ("hyper_util", "cli"),
    ("http_body_util", "web"),
    ("http_body_util", "cli"),
    ("clap", "cli"),
    ("indicatif", "cli"),
    ("toml_edit", "config"),
    ("sd_notify", "daemon"),
];

/// What a pure part must not reach for: the disk, the net, the runtime, the environment.
const PURE: &[&str] = &["model", "feeds", "scrape", "extract", "track", "notify"];
const WORLD: &[&str] = &["std::fs", "std::net", "std::env", "std::process", "tokio::", "tracing::"];

/// Reading the time of day belongs to the clock alone.
const TIME_OF_DAY: &[&str] = &["Timestamp::now", "Zoned::now", "SystemTime::now"];

struct Source {
    part: String,
    path: String,
    text: String,
}

#[test]
fn every_part_names_only_what_it_may() {
    let sources = read_sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path());
    assert!(sources.len() > 30, "only {} files were read: is this the right folder?", sources.len());
    let violations: Vec<String> = sources.iter().flat_map(violations).collect();
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn a_planted_violation_is_found() {
    let planted = |part: &str, text: &str| {
        violations(&Source { part: part.to_owned(), path: format!("src/{part}/planted.rs"), text: text.to_owned() })
    };
    assert_eq!(
        planted("extract", "use crate::model::Article;\nuse crate::store::Store;\n"),
        ["src/extract/planted.rs:2: `extract` may not name `crate::store`"]
    );
    assert_eq!(
        planted("track", "use crate::{model, http};\n"),
        ["src/track/planted.rs:1: write one `use` for each module, not a group at the crate's root"]
    );
    assert_eq!(
        planted("notify", "let page = reqwest::get(url);"),
        ["src/notify/planted.rs:1: `reqwest` belongs to `http` alone"]
    );
    assert_eq!(
        planted("notify", "hyper::StatusCode::OK"),
        ["src/notify/planted.rs:1: `hyper` belongs to `http` and `web` and `cli` alone"]
    );
    assert_eq!(
        planted("scrape", "std::fs::read(path)"),
        ["src/scrape/planted.rs:1: `scrape` is pure and may not use `std::fs`"]
    );
    assert_eq!(
        planted("pipeline", "let now = Timestamp::now();"),
        ["src/pipeline/planted.rs:1: only `clock` reads the time of day (`Timestamp::now`)"]
    );
    assert_eq!(planted("drawer", ""), ["src/drawer/planted.rs: `drawer` has no place in the table of parts"]);
    assert!(
        planted("pipeline", "use crate::track::observe;\nuse rusqlite_nothing::x;\n// reqwest is not used here\n")
            .is_empty()
    );
}

fn violations(source: &Source) -> Vec<String> {
    let Some((_, may_name)) = MAY_NAME.iter().find(|(part, _)| *part == source.part) else {
        return vec![format!("{}: `{}` has no place in the table of parts", source.path, source.part)];
    };
    let mut found = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut tell = |what: String| found.push(format!("{}:{}: {what}", source.path, number + 1));
        if code.contains("crate::{") {
            tell("write one `use` for each module, not a group at the crate's root".to_owned());
        }
        // The binary names the library by its name.
        let root = if source.part == "main" { "tollwatch::" } else { "crate::" };
        for name in names_after(code, root) {
            let known = MAY_NAME.iter().any(|(part, _)| *part == name);
            if known && name != source.part && !may_name.contains(&name) {
                tell(format!("`{}` may not name `crate::{name}`", source.part));
            }
        }
        let mut told = Vec::new();
        for (library, _) in HOMES.iter().filter(|(library, _)| uses_library(code, library)) {
            let homes: Vec<&str> = HOMES.iter().filter(|(other, _)| other == library).map(|(_, home)| *home).collect();
            if !homes.contains(&source.part.as_str()) && !told.contains(library) {
                told.push(*library);
                tell(format!("`{library}` belongs to `{}` alone", homes.join("` and `")));
            }
        }
        if PURE.contains(&source.part.as_str()) {
            for reach in WORLD.iter().filter(|reach| code.contains(**reach)) {
                tell(format!("`{}` is pure and may not use `{reach}`", source.part));
            }
        }
        if source.part != "clock" {
            for call in TIME_OF_DAY.iter().filter(|call| code.contains(**call)) {
                tell(format!("only `clock` reads the time of day (`{call}`)"));
            }
        }
    }
    found
}

/// The identifiers that stand right after each occurrence of a path's root.
fn names_after<'a>(code: &'a str, root: &str) -> Vec<&'a str> {
    code.match_indices(root)
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .map(|(at, _)| {
            let rest = &code[at + root.len()..];
            &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .collect()
}

fn uses_library(code: &str, library: &str) -> bool {
    code.match_indices(library).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            && code[at + library.len()..].starts_with("::")
    })
}

fn read_sources(src: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![src.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(src).expect("it was found there");
            let first = inside.components().next().expect("a file has a name").as_os_str().to_string_lossy();
            Source {
                part: first.trim_end_matches(".rs").to_owned(),
                path: format!("src/{}", inside.display()),
                text: fs::read_to_string(&path).expect("source files are UTF-8"),
            }
        })
        .collect()
}
