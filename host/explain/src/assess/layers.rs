//! The layers whose weights are exchanged, and how a map agrees with itself after each.

use crate::float_model::{FloatModel, LayerId};

/// Which layers are exchanged together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// This one and all above it.
    Cascading,
    /// This one alone.
    Independent,
}

impl Order {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cascading => "cascading",
            Self::Independent => "independent",
        }
    }
}

/// How a map agrees with itself after weights were exchanged: means over the inputs where the
/// number has a value.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerAgreement {
    /// Which layers were exchanged together.
    pub order: Order,
    /// The lowest layer that was exchanged.
    pub layer: String,
    /// Structural similarity of the maps, each scaled to 0..1 (data range 1).
    pub ssim: Option<f64>,
    /// The same of their magnitudes.
    pub ssim_absolute: Option<f64>,
    /// Spearman's rank correlation of the maps.
    pub spearman: Option<f64>,
    /// The same of their magnitudes.
    pub spearman_absolute: Option<f64>,
}

/// The layers with weights, from the top of the network down.
pub fn layers(model: &FloatModel) -> Vec<LayerId> {
    let all = (0..model.layers().len()).rev().map(LayerId);
    all.filter(|&id| model.layer_constants(id).is_some())
        .collect()
}
