//! What each layer costs on a board, and whether it costs more than it did.

use cortexscope_compile::layout::channels_last;

use crate::Rig;
use crate::board;
use crate::kernel::{Kernel, M4F, packed_bytes};
use crate::session::{InferRequest, LECTURE_PATCH, Mode, OccludeRequest, SessionError, TensorSet};

/// The map that is measured: the lecture's patch, at every position.
const MAP: OccludeRequest = OccludeRequest {
    window: [LECTURE_PATCH; 2],
    stride: [1, 1],
    fill: 0,
    class: None,
};

/// What one model costs on one board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Instructions or cycles of one inference; none if the board cannot count.
    pub total: Option<u64>,
    /// The layers, in order of execution.
    pub layers: Vec<LayerBench>,
    /// A map with the patch at every position; of no positions if none was made.
    pub occlusion: OcclusionBench,
}

/// What one layer costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerBench {
    /// The layer's name.
    pub name: String,
    /// Its multiplications.
    pub macs: u64,
    /// Instructions or cycles.
    pub count: Option<u64>,
    /// How it is computed.
    pub kernel: Kernel,
    /// Bytes of the image that only this kernel reads.
    pub packed_bytes: u64,
    /// Cycles of the innermost loop on a Cortex-M4F, by its manual and not measured; none
    /// for another core, and for a layer without such a loop.
    pub loop_cycles: Option<u64>,
}

/// What an occlusion map costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OcclusionBench {
    /// Positions of the patch.
    pub positions: u64,
    /// Instructions or cycles of all of them, the base inference included.
    pub count: Option<u64>,
}

impl LayerBench {
    /// Instructions for each multiplication; none for a layer that has none.
    pub fn per_mac(&self) -> Option<f64> {
        (self.macs > 0).then(|| Some(self.count? as f64 / self.macs as f64))?
    }

    /// Which part of the instructions is the floor: two multiplications each.
    pub fn floor_share(&self) -> Option<f64> {
        self.per_mac().map(|per_mac| 0.5 / per_mac)
    }
}

impl Bench {
    /// Instructions of the map in parts of as many whole inferences.
    pub fn occlusion_share(&self) -> Option<f64> {
        let full = self.total? as f64 * self.occlusion.positions as f64;
        Some(self.occlusion.count? as f64 / full)
    }
}

/// Measures one inference of `input`, int8 `[C, H, W]`, and one occlusion map if
/// `with_map`.
///
/// # Errors
/// [`SessionError`].
pub fn bench(
    rig: &mut Rig,
    input: &[i8],
    mode: Mode,
    with_map: bool,
) -> Result<Bench, SessionError> {
    let image = rig.model.image.clone();
    let model = image.model();
    let request = InferRequest {
        mode,
        taps: TensorSet::NONE,
        paint: None,
    };
    let board_input = channels_last(input, model.input().shape);
    let inference = rig.session.infer(&board_input, &request, &mut |_| {})?;
    let is_m4 = board::find(&rig.session.board().name).is_some_and(|board| board.core == M4F);
    let layers = model.layers().filter_map(|layer| {
        let cost = inference
            .layers
            .iter()
            .find(|cost| cost.tensor == layer.output)?;
        let kernel = if is_m4 {
            Kernel::of(&model, &layer, engine_mode(mode))
        } else {
            Kernel::Plain
        };
        Some(LayerBench {
            name: model.tensor(layer.output)?.name.to_owned(),
            macs: layer.op.macs(),
            count: cost.count,
            kernel,
            packed_bytes: packed_bytes(&layer),
            loop_cycles: kernel.loop_cost(&model, &layer).map(|cost| cost.cycles),
        })
    });
    let layers = layers.collect();
    let mut occlusion = OcclusionBench::default();
    if with_map {
        let map = rig.occlude(input, &MAP, &mut |_| {})?;
        occlusion = OcclusionBench {
            positions: map.probabilities.len() as u64,
            count: map.count,
        };
    }
    Ok(Bench {
        total: inference.count,
        layers,
        occlusion,
    })
}

/// The engine's own name for a mode of the protocol.
fn engine_mode(mode: Mode) -> cortexscope_core::Mode {
    match mode {
        Mode::Tapped => cortexscope_core::Mode::Tapped,
        Mode::Fused => cortexscope_core::Mode::Fused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_two_products_an_instruction_and_of_whole_inferences() {
        let layer = LayerBench {
            name: String::new(),
            macs: 100,
            count: Some(200),
            kernel: Kernel::Plain,
            packed_bytes: 0,
            loop_cycles: None,
        };
        assert_eq!(
            (layer.per_mac(), layer.floor_share()),
            (Some(2.0), Some(0.25))
        );
        let pool = LayerBench { macs: 0, ..layer };
        assert_eq!((pool.per_mac(), pool.floor_share()), (None, None));
        let map = OcclusionBench {
            positions: 4,
            count: Some(1000),
        };
        let bench = Bench {
            total: Some(1000),
            layers: Vec::new(),
            occlusion: map,
        };
        assert_eq!(bench.occlusion_share(), Some(0.25));
    }
}
