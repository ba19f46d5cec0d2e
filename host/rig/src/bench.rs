//! What each layer costs on a board, and whether it costs more than it did.

use cortexscope_compile::layout::channels_last;

use crate::Rig;
use crate::board::{self, BoardKind, Engine};
use crate::kernel::{Kernel, M4F, packed_bytes};
use crate::measure::if_it_fits;
use crate::session::{
    InferRequest, LECTURE_PATCH, Mode, OccludeRequest, SessionError, TensorSet, patch_for,
};

/// What one model costs on one board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Instructions or cycles of one inference; none if the board cannot count.
    pub total: Option<u64>,
    /// The layers, in order of execution.
    pub layers: Vec<LayerBench>,
    /// A map with the lecture's patch at every position; of no positions if none was made, or
    /// the board has no room for it.
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
    let kind = board::find(&rig.session.board().name);
    let has_fast_kernels = kind.is_some_and(|kind| fast_kernels(kind, &rig.session.board().engine));
    let is_m4f = kind.is_some_and(|kind| kind.core == M4F);
    let layers = model.layers().filter_map(|layer| {
        let cost = inference
            .layers
            .iter()
            .find(|cost| cost.tensor == layer.output)?;
        let kernel = if has_fast_kernels {
            Kernel::of(&model, &layer, mode.into())
        } else {
            Kernel::Plain
        };
        let loop_cost = is_m4f.then(|| kernel.loop_cost(&model, &layer)).flatten();
        Some(LayerBench {
            name: model.tensor(layer.output)?.name.to_owned(),
            macs: layer.op.macs(),
            count: cost.count,
            kernel,
            packed_bytes: packed_bytes(&layer),
            loop_cycles: loop_cost.map(|cost| cost.cycles),
        })
    });
    let layers = layers.collect();
    let occlusion = match with_map {
        true => occlusion_map(rig, input)?,
        false => OcclusionBench::default(),
    };
    Ok(Bench {
        total: inference.count,
        layers,
        occlusion,
    })
}

/// One map with the lecture's patch at every position; of no positions where the board has no
/// room for it.
fn occlusion_map(rig: &mut Rig, input: &[i8]) -> Result<OcclusionBench, SessionError> {
    let request = OccludeRequest {
        window: patch_for(rig.model.image.model().input().shape, LECTURE_PATCH),
        stride: [1, 1],
        fill: 0,
        class: None,
    };
    let map = if_it_fits(rig.occlude(input, &request, &mut |_| {}))?;
    Ok(
        map.map_or_else(OcclusionBench::default, |map| OcclusionBench {
            positions: map.probabilities.len() as u64,
            count: map.count,
        }),
    )
}

/// Whether `engine`, as the board calls it, computes with the loops that [`Kernel`] names: the
/// static one on cores with the DSP extension, as the firmware of `board` is built by default.
fn fast_kernels(board: &BoardKind, engine: &str) -> bool {
    let name = engine.split(' ').next();
    name == Some(Engine::Static.name()) && board.build.is_some_and(|build| build.has_dsp())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `firmware/core/build.rs` asks for the extension, not for one core.
    #[test]
    fn kernels_are_those_of_every_core_with_the_dsp_extension() {
        let fast = |engine| {
            let boards = board::BOARDS.iter();
            let boards = boards.filter(move |board| fast_kernels(board, engine));
            boards.map(|board| board.core).collect::<BTreeSet<_>>()
        };
        let cores = ["Cortex-M33", M4F, "Cortex-M7"];
        assert_eq!(fast("static 0.1.0"), BTreeSet::from(cores));
        assert!(fast("tract 0.23.9").is_empty());
    }

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
