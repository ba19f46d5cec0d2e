//! Layer-wise relevance propagation, γ rule (Montavon et al. 2019, section 10.2.1).

use crate::attribute::composite::{Composite, LrpRule};
use crate::attribute::method::{Method, MethodInfo};
use crate::attribute::relevance::{self, ARGUMENTS};

/// Layer-wise relevance propagation, γ rule.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "lrp-gamma",
    summary: "Layer-wise relevance propagation by the γ rule; for inputs that are not negative.",
    paper: "Montavon et al. 2019, section 10.2.1",
    arguments: ARGUMENTS,
    build: |arguments| {
        relevance::composite(arguments, |_, gamma| LrpRule::Gamma(gamma)).map(lrp_gamma)
    },
};

/// Layer-wise relevance propagation, γ rule, with `composite`.
pub fn lrp_gamma(composite: Composite) -> Method {
    relevance::method(&INFO, composite)
}
