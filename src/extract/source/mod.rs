//! Who is said to have counted: everyone whom the article names as one who may have, and the one whom a figure belongs
//! to, chosen by weights learnt from labelled articles.

mod facts;
mod mention;
mod names;

use std::sync::LazyLock;

use crate::extract::discourse::{Finding, Line};
use crate::extract::facts::Fact;
use crate::extract::linear::Linear;
use crate::extract::source::mention::{Mention, Speaker};
use crate::extract::source::names::{Names, longer};

/// One who may have counted a figure, or nobody, with the facts that speak for and against.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The name; `None` where the outlet speaks in its own voice.
    pub name: Option<String>,
    /// The facts.
    pub facts: Vec<Fact>,
}

/// Who may have counted a finding.
#[derive(Debug)]
pub struct Sources {
    /// The one whose clause it stands in, by grammar alone.
    pub by_clause: Option<String>,
    /// All who may have counted it; nobody comes first, so there is always one.
    pub candidates: Vec<Candidate>,
}

/// Those who may have counted, for every finding in their order.
pub fn sources(text: &str, lines: &[Line], findings: &[Finding]) -> Vec<Sources> {
    facts::sources(lines, findings, &named(text, lines))
}

/// The likeliest of those who may have counted.
pub fn choose(candidates: &[Candidate]) -> Option<String> {
    let score = |c: &Candidate| WEIGHTS.score(c.facts.iter().map(AsRef::as_ref), 0);
    let best = candidates.iter().rev().max_by(|a, b| score(a).total_cmp(&score(b)));
    best.and_then(|candidate| candidate.name.clone())
}

static WEIGHTS: LazyLock<Linear> = LazyLock::new(|| {
    Linear::parse(include_str!("../weights/source.tsv")).expect("the weights are part of the program and tested")
});

/// A mention with the full name.
#[derive(Debug)]
struct Voice {
    mention: Mention,
    name: String,
}

/// Who is named in every line, by full names, pronouns resolved.
fn named(text: &str, lines: &[Line]) -> Vec<Vec<Voice>> {
    let mentions: Vec<Vec<Mention>> = lines.iter().map(|line| mention::mentions(text, line)).collect();
    let mut names = Names::default();
    let mut found = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let mut voices = Vec::new();
        for mention in &mentions[index] {
            let name = match &mention.speaker {
                // A headline calls short what the text will call by its name.
                Speaker::Named(name) if line.sentence.headline => longer(name, &mentions[index + 1..]),
                Speaker::Named(name) => names.full(name),
                Speaker::Pronoun => match &names.last {
                    Some(name) => name.clone(),
                    None => continue,
                },
            };
            names.heard(text, line, &name, mention.way.tells());
            voices.push(Voice { mention: mention.clone(), name });
        }
        found.push(voices);
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    /// The sources of an article's figures, in the order of the text.
    fn sources(text: &str) -> Vec<String> {
        read(&article(text)).figures.into_iter().map(|f| f.source.unwrap_or_default()).collect()
    }

    #[test]
    fn a_short_name_stands_for_the_full_one_told_before() {
        let found = sources(
            "Killings in the Tarsa valley\n\nThe Tarsa Network for Human Rights (TNHR) said that 830 civilians were killed.\n\
             According to TNHR, 125 soldiers were killed too.\nThe Brenn-based Network said 148 gunmen were killed.",
        );
        assert_eq!(found, ["Tarsa Network for Human Rights"; 3]);
    }

    #[test]
    fn what_a_minister_says_of_roads_is_no_source_of_a_count() {
        let found = sources(
            "Flood in Brenn\n\nThe minister said on Monday that the roads were open.\nThe river fell by a metre overnight.\n\
             Six people died in the flood.\nBridges will be rebuilt.\nShops opened again.\nThe school stayed shut.\n\
             The doctors said 12 people were injured.\nThe market stayed shut too.",
        );
        assert_eq!(found, ["", "doctors"]);
    }
}
