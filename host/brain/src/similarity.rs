//! How alike two representations of the same images are.
//!
//! - [`Rdm`]: the dissimilarity of each pair of images (Kriegeskorte et al. 2008);
//! - [`compare`]: one such matrix against those of subjects, with ceilings and chance;
//! - [`Reference`]: what a layer is compared with, of brains or of neurons;
//! - [`debiased_cka`]: linear centred kernel alignment without the bias of few images.

mod cka;
mod compare;
mod rdm;
mod reference;

pub use cka::debiased_cka;
pub use compare::{Agreement, RdmCeiling, compare, half_ceiling, subject_ceiling};
pub use rdm::Rdm;
pub use reference::{LayerComparison, Reference, ReferenceFile};
