//! How sure a reading is: by the cost of its rule and how it hangs on others.

use crate::extract::discourse::{Finding, Tie};
use crate::extract::scope::Standing;
use crate::model::{Confidence, Scope, Status};

/// The confidence that value, measure and standing of a finding are right, in thousandths.
pub fn of(finding: &Finding, standing: &Standing) -> Confidence {
    let tie = match finding.tie {
        Tie::None => 0,
        Tie::Piece => 50,
        Tie::Neighbour => 80,
        Tie::Echo => 150,
        Tie::Topic => 300,
    };
    let standing = match (standing.scope, standing.status) {
        (Scope::Story, Status::Current) => 0,
        (_, Status::Current) => 50,
        _ => 100,
    };
    let cost = u16::try_from(finding.cost).unwrap_or(u16::MAX).saturating_mul(25);
    Confidence::per_mille(970_u16.saturating_sub(cost).saturating_sub(tie).saturating_sub(standing).max(50))
}
