//! Layer-wise relevance propagation, z⁺ rule (Montavon et al. 2017).

use crate::attribute::composite::{Composite, LrpRule};
use crate::attribute::method::{Method, MethodInfo};
use crate::attribute::relevance::{self, ARGUMENTS};

/// Layer-wise relevance propagation, z⁺ rule.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "lrp-zplus",
    summary: "Layer-wise relevance propagation by the z⁺ rule.",
    paper: "Montavon et al. 2017",
    arguments: ARGUMENTS,
    build: |arguments| relevance::composite(arguments, |_, _| LrpRule::ZPlus).map(lrp_zplus),
};

/// Layer-wise relevance propagation, z⁺ rule, with `composite`.
pub fn lrp_zplus(composite: Composite) -> Method {
    relevance::method(&INFO, composite)
}
