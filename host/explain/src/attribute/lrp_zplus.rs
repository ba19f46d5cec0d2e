//! Layer-wise relevance propagation, z⁺ rule (Montavon et al. 2017).

use super::composite::{Composite, LrpRule};
use super::method::{Method, MethodInfo};
use super::relevance::{self, ARGUMENTS};

/// Layer-wise relevance propagation, z⁺ rule.
pub const INFO: MethodInfo = MethodInfo {
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
