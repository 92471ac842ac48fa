//! What one article changed, as the line that `tollwatch replay --format json` prints.

use serde_json::{Value, json};

use crate::model::{Change, Claim, Quantity, Verdict};
use crate::track::observe::Observed;

/// The line of one article: its id as the input gave it, the story's name, the changes it brought and what is held.
pub fn to_json(id: &str, story: Option<&str>, observed: &Observed) -> Value {
    let held = observed.claims.iter().filter(|claim| claim.verdict == Verdict::Held);
    json!({
        "id": id,
        "story": story,
        "changes": observed.changes.iter().map(change).collect::<Vec<_>>(),
        "held": held.map(held_claim).collect::<Vec<_>>(),
    })
}

fn change(change: &Change) -> Value {
    json!({
        "measure": change.series.measure,
        "group": change.series.group,
        "kind": change.kind,
        "from": change.before.map(Quantity::told),
        "to": change.after.told(),
        "source": change.series.source.as_deref().unwrap_or_default(),
    })
}

fn held_claim(claim: &Claim) -> Value {
    json!({
        "measure": claim.series.measure,
        "group": claim.series.group,
        "to": claim.quantity.told(),
        "source": claim.series.source.as_deref().unwrap_or_default(),
    })
}
