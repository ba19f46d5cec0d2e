//! A float network explained by its own derivatives: activations, filters,
//! attributions and ascents, all run and differentiated by tract.

pub mod activations;
pub mod ascend;
pub mod attribute;
pub mod filters;
pub mod float_model;
pub mod target;
