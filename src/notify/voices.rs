//! What else is said about a story: other sources' counts, repeats left out, and what waits for a second voice.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::quantity::grouped;
use crate::model::{ArticleId, Claim, Group, Scope, Status, Verdict};
use crate::notify::briefing::Briefing;
use crate::notify::evidence::when;
use crate::notify::foreign::{clean_short, link};
use crate::notify::wording::{in_a_sentence, words_for};

/// Rows under "Others say".
const MOST_VOICES: usize = 8;
/// Rows under "Of parts, places and days".
const MOST_PARTS: usize = 8;
/// Lines under "Held".
const MOST_HELD: usize = 5;

/// What a source says whose count did not move now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OtherVoice {
    /// "Health office in Latakia"; the outlet where no source is named.
    pub name: String,
    /// "civilians killed: 613"
    pub count: String,
    /// "8 March, 18:00 UTC"
    pub when: String,
    /// The article.
    pub url: Option<String>,
}

/// The latest counts by sources whose own count did not move now, of the measures that did; the newest first.
pub(super) fn other_voices(briefing: &Briefing) -> Vec<OtherVoice> {
    let moved = |claim: &Claim| briefing.changes.iter().any(|change| change.series == claim.series);
    let same_source = |claim: &Claim| {
        claim.series.source.is_some() && briefing.changes.iter().any(|c| c.series.source == claim.series.source)
    };
    let same_measure = |claim: &Claim| briefing.changes.iter().any(|c| c.series.measure == claim.series.measure);
    let mut latest: Vec<&Claim> = Vec::new();
    for claim in briefing.claims {
        let stands = matches!(claim.verdict, Verdict::Told | Verdict::Baseline | Verdict::Restated)
            && claim.status == Status::Current
            && claim.scope == Scope::Story;
        if !stands || moved(claim) || same_source(claim) || !same_measure(claim) {
            continue;
        }
        let same_voice = |known: &&mut &Claim| {
            known.series == claim.series && (claim.series.source.is_some() || known.outlet == claim.outlet)
        };
        match latest.iter_mut().find(same_voice) {
            Some(known) if (known.published, known.id) < (claim.published, claim.id) => *known = claim,
            Some(_) => {}
            None => latest.push(claim),
        }
    }
    // An outlet in its own voice that repeats what a source was told to say is no other voice.
    latest.retain(|claim| claim.series.source.is_some() || claim.verdict != Verdict::Restated);
    latest.sort_by_key(|claim| (std::cmp::Reverse(claim.published), claim.series.group));
    latest.into_iter().take(MOST_VOICES).map(|claim| other_voice(claim, briefing)).collect()
}

fn other_voice(claim: &Claim, briefing: &Briefing) -> OtherVoice {
    let name = match &claim.series.source {
        Some(source) => clean_short(source, 60),
        None => clean_short(&claim.outlet, 60),
    };
    let mut letters = name.chars();
    let name = letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect());
    OtherVoice {
        name,
        count: count(claim),
        when: when(claim.published, &briefing.subscription.zone, briefing.now),
        url: link(&claim.url).map(str::to_owned),
    }
}

/// The latest counts of a part of those affected, of one place or one day, of the measures that moved; the newest first.
pub(super) fn parts(briefing: &Briefing) -> Vec<OtherVoice> {
    let of_measure = |claim: &&Claim| briefing.changes.iter().any(|c| c.series.measure == claim.series.measure);
    let is_part = |claim: &&Claim| {
        claim.status == Status::Current
            && (claim.scope == Scope::Part || claim.place.is_some() || claim.period.is_some())
            && claim.verdict == Verdict::Kept
            && claim.scope != Scope::Other
    };
    let mut parts: Vec<&Claim> = briefing.claims.iter().filter(is_part).filter(of_measure).collect();
    parts.sort_by_key(|claim| (std::cmp::Reverse(claim.published), claim.id));
    let mut seen = BTreeSet::new();
    parts.retain(|claim| seen.insert((&claim.series, &claim.place, &claim.period)));
    parts.truncate(MOST_PARTS);
    let named = |claim: &Claim| {
        let voice = other_voice(claim, briefing);
        let of: Vec<String> =
            [&claim.place, &claim.period].into_iter().flatten().map(|at| clean_short(at, 30)).collect();
        let of = if of.is_empty() { "a part".to_owned() } else { of.join(", ") };
        OtherVoice { count: format!("{} ({of})", voice.count), ..voice }
    };
    parts.into_iter().map(named).collect()
}

/// "civilians killed: 613", "killed: dozens"
pub(super) fn count(claim: &Claim) -> String {
    let number = in_a_sentence(claim.quantity, claim.quote.get(claim.number.start..claim.number.end));
    format!("{}: {number}", words_for(claim.series.measure, claim.series.group).alone.to_lowercase())
}

/// What came in since the mail before and was not told as new: "14 articles that repeat 1,018 or 745; 2 with an older count".
pub(super) fn repeats(briefing: &Briefing) -> Option<String> {
    let behind = |claim: &&Claim| briefing.changes.iter().any(|change| change.claim == claim.id);
    let first_now = briefing.claims.iter().filter(behind).map(|claim| claim.seen).min().unwrap_or(briefing.now);
    let before = briefing.claims.iter().filter(|claim| claim.verdict == Verdict::Told && claim.seen < first_now);
    let since = before.map(|claim| claim.seen).max().unwrap_or(Timestamp::MIN);
    // What carries the new counts is named beside their quotes.
    let carries = |claim: &&Claim| {
        briefing.changes.iter().any(|change| {
            (change.series.measure, change.series.group) == (claim.series.measure, claim.series.group)
                && change.after == claim.quantity
        })
    };
    let telling: BTreeSet<ArticleId> = briefing.claims.iter().filter(carries).map(|claim| claim.id.article).collect();
    let measures: BTreeSet<_> = briefing.changes.iter().map(|change| change.series.measure).collect();
    let recent = || {
        briefing.claims.iter().filter(|claim| {
            claim.seen > since && !telling.contains(&claim.id.article) && measures.contains(&claim.series.measure)
        })
    };
    let repeating = || recent().filter(|claim| matches!(claim.verdict, Verdict::Restated | Verdict::Copied));
    let repeated: BTreeSet<ArticleId> = repeating().map(|claim| claim.id.article).collect();
    let stale = recent().filter(|claim| claim.verdict == Verdict::Stale).map(|claim| claim.id.article);
    let stale = stale.filter(|article| !repeated.contains(article)).collect::<BTreeSet<_>>().len();

    let mut parts = Vec::new();
    if !repeated.is_empty() {
        let counts: BTreeSet<u64> = repeating().map(|claim| claim.quantity.told()).collect();
        let counts: Vec<String> = counts.into_iter().rev().take(3).map(grouped).collect();
        let verb = if repeated.len() == 1 { "repeats" } else { "repeat" };
        parts.push(format!("{} that {verb} {}", articles(repeated.len()), either(&counts)));
    }
    if stale > 0 {
        parts.push(format!("{} with an older or lower count", articles(stale)));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn articles(number: usize) -> String {
    if number == 1 { "1 article".to_owned() } else { format!("{} articles", grouped(number as u64)) }
}

/// "1,018, 745 or 125"
fn either(counts: &[String]) -> String {
    match counts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// A count that is not told before a second voice confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeldBack {
    /// "more than 4,000 killed"
    pub count: String,
    /// "Example Times, no source named"
    pub by: String,
    /// The article.
    pub url: Option<String>,
}

/// What waits for a second voice: held, and not told by anybody since. The newest first.
pub(super) fn held_back(claims: &[Claim]) -> Vec<HeldBack> {
    let told_since = |held: &Claim| {
        claims.iter().any(|claim| {
            claim.verdict == Verdict::Told
                && (claim.series.measure, claim.series.group) == (held.series.measure, held.series.group)
                && claim.quantity.told() == held.quantity.told()
        })
    };
    let mut held: Vec<&Claim> =
        claims.iter().filter(|claim| claim.verdict == Verdict::Held && !told_since(claim)).collect();
    held.sort_by_key(|claim| (std::cmp::Reverse(claim.published), claim.id));
    let mut seen = BTreeSet::new();
    held.retain(|claim| seen.insert((claim.series.measure, claim.series.group, claim.quantity.told())));
    held.truncate(MOST_HELD);
    held.into_iter()
        .map(|claim| HeldBack {
            count: {
                let number = in_a_sentence(claim.quantity, claim.quote.get(claim.number.start..claim.number.end));
                let what = words_for(claim.series.measure, claim.series.group).alone.to_lowercase();
                let of = if claim.series.group != Group::People && number.ends_with('s') { " of" } else { "" };
                format!("{number}{of} {what}")
            },
            by: match &claim.series.source {
                Some(source) => format!("{}, by {}", clean_short(&claim.outlet, 60), clean_short(source, 60)),
                None => format!("{}, no source named", clean_short(&claim.outlet, 60)),
            },
            url: link(&claim.url).map(str::to_owned),
        })
        .collect()
}
