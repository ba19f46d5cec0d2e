//! Layer-wise relevance propagation, ε rule (Bach et al. 2015, equation 58; Montavon et al. 2019, section 10.2.1).

use crate::attribute::composite::{Composite, LrpRule};
use crate::attribute::method::{Method, MethodInfo};
use crate::attribute::relevance::{self, ARGUMENTS};

/// Layer-wise relevance propagation, ε rule.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "lrp-epsilon",
    summary: "Layer-wise relevance propagation by the ε rule.",
    paper: "Bach et al. 2015, equation 58; Montavon et al. 2019, section 10.2.1",
    arguments: ARGUMENTS,
    build: |arguments| {
        relevance::composite(arguments, |epsilon, _| LrpRule::Epsilon(epsilon)).map(lrp_epsilon)
    },
};

/// Layer-wise relevance propagation, ε rule, with `composite`.
pub fn lrp_epsilon(composite: Composite) -> Method {
    relevance::method(&INFO, composite)
}
