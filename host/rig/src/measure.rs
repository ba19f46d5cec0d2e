//! What a run really used of a board's memory: the arena and the stack are
//! painted, and what lost its paint was used.

use cortexscope_compile::layout::channels_last;
use cortexscope_compile::model_files::ModelFiles;

use crate::Rig;
use crate::session::{
    BoardError, InferRequest, Memory, Mode, OccludeRequest, SessionError, TensorSet, patch_for,
};
use cortexscope_core::occlusion_arena_bytes;
use cortexscope_net::described;
use cortexscope_net::input::InputError;

/// Two patterns that differ in every bit: a byte that is written with one of
/// them shows under the other.
const PAINTS: [u8; 2] = [0x55, 0xAA];

described! {
    /// The arena and the stack in one mode.
    #[derive(Eq)]
    pub struct Measurement {
        /// The plan that ran: `fused` or `tapped`.
        pub mode: Mode,
        /// Bytes of arena in the plan.
        pub planned_arena_bytes: u32,
        /// Bytes of arena up to the last one written, found by painting; `null` if the board
        /// cannot tell, or has no room for the plan.
        pub measured_arena_bytes: Option<u32>,
        /// Bytes of stack at the deepest; `null` if the board cannot tell, or has no room for
        /// the plan.
        pub stack_bytes: Option<u32>,
        /// The input, then each layer in the order of execution.
        pub layers: Vec<LayerMeasurement>,
    }

    /// The arena and the stack of one layer.
    #[derive(Eq)]
    pub struct LayerMeasurement {
        /// The layer's name; the first one is the input.
        pub name: String,
        /// Offset of its tensor in the arena, in bytes; `null` if it is fused away.
        pub offset: Option<u32>,
        /// Bytes of its tensor in the arena; `null` if it is fused away.
        pub bytes: Option<u32>,
        /// Bytes of arena up to the last one in use while the layer runs, earlier layers that
        /// are still needed included, by the plan; `null` for the input.
        pub planned_arena_bytes: Option<u32>,
        /// The same, found by painting what is free before each layer; `null` if the board
        /// cannot tell.
        pub measured_arena_bytes: Option<u32>,
        /// Bytes of stack at the deepest while the layer ran.
        pub stack_bytes: Option<u32>,
        /// Instructions or cycles of the layer; `null` if they were not counted.
        #[serde(rename = "instructions")]
        pub count: Option<u64>,
    }
}

/// The input that a board is measured with where none is named. A digit is an input of every
/// network, brought to its size; what a board takes of stack, time and heap depends on it.
pub const SAMPLE: &str = "mnist:0";

/// The input [`SAMPLE`], int8 `[C, H, W]`, as `model` takes it.
///
/// # Errors
/// The model takes no pictures.
pub fn sample_input(model: &ModelFiles) -> Result<Vec<i8>, InputError> {
    Ok(model.input(SAMPLE)?.values)
}

/// Runs `input`, int8 `[C, H, W]`, in every mode that the image has a plan for,
/// painted with two patterns.
///
/// # Errors
/// [`SessionError`].
pub fn measure(rig: &mut Rig, input: &[i8]) -> Result<Vec<Measurement>, SessionError> {
    let image = rig.model.image.clone();
    let model = image.model();
    let board_input = channels_last(input, model.input().shape);
    let mut measurements = Vec::new();
    for mode in [Mode::Fused, Mode::Tapped] {
        let Some(plan) = model.plan(mode.into()) else {
            continue;
        };
        let mut arena_bytes = None;
        let mut stack_bytes = None;
        let mut layers: Vec<LayerMeasurement> = model
            .tensors()
            .enumerate()
            .map(|(tensor, view)| {
                let place = plan.place(tensor);
                LayerMeasurement {
                    name: view.name.to_owned(),
                    offset: place.as_ref().map(|place| place.start as u32),
                    bytes: place.as_ref().map(|place| place.len() as u32),
                    planned_arena_bytes: (tensor > 0)
                        .then(|| plan.in_use_bytes(&model, tensor) as u32),
                    measured_arena_bytes: None,
                    stack_bytes: None,
                    count: None,
                }
            })
            .collect();
        for paint in PAINTS {
            let request = InferRequest {
                mode,
                taps: TensorSet::NONE,
                paint: Some(paint),
            };
            let Some(run) = if_it_fits(rig.session.infer(&board_input, &request, &mut |_| {}))?
            else {
                break;
            };
            arena_bytes = arena_bytes.max(run.arena_bytes);
            stack_bytes = stack_bytes.max(run.stack_bytes);
            for cost in &run.layers {
                if let Some(layer) = layers.get_mut(cost.tensor) {
                    layer.stack_bytes = layer.stack_bytes.max(cost.stack_bytes);
                    layer.measured_arena_bytes = layer.measured_arena_bytes.max(cost.arena_bytes);
                    layer.count = cost.count;
                }
            }
        }
        measurements.push(Measurement {
            mode,
            planned_arena_bytes: plan.arena_bytes() as u32,
            measured_arena_bytes: arena_bytes,
            stack_bytes,
            layers,
        });
    }
    Ok(measurements)
}

described! {
    /// What an occlusion map takes.
    #[derive(Copy, Eq)]
    pub struct OcclusionMeasurement {
        /// Rows and columns of the patch.
        pub window: [u16; 2],
        /// Bytes of arena that a map with this patch needs.
        pub planned_arena_bytes: u32,
        /// Bytes of arena up to the last one written, with the patch at some positions;
        /// `null` if the board cannot tell, or has no room for the plan.
        // What a patch changes depends on where it stands; not every position is tried, so it
        // can be fewer than the plan says.
        pub measured_arena_bytes: Option<u32>,
        /// Bytes of stack at the deepest; `null` if the board cannot tell, or has no room for
        /// the plan.
        pub stack_bytes: Option<u32>,
    }
}

/// Hides parts of `input`, int8 `[C, H, W]`, with a square patch of `side`, edge
/// to edge, painted with two patterns.
///
/// # Errors
/// [`SessionError`].
pub fn measure_occlusion(
    rig: &mut Rig,
    input: &[i8],
    side: u16,
) -> Result<OcclusionMeasurement, SessionError> {
    let image = rig.model.image.clone();
    let model = image.model();
    let shape = model.input().shape;
    let window = patch_for(shape, side);
    let request = OccludeRequest {
        window,
        stride: window,
        fill: model.input().zero,
        class: None,
    };
    let [height, width] = window.map(usize::from);
    let mut measured = OcclusionMeasurement {
        window,
        planned_arena_bytes: occlusion_arena_bytes(&model, height, width) as u32,
        measured_arena_bytes: None,
        stack_bytes: None,
    };
    let board_input = channels_last(input, shape);
    for paint in PAINTS {
        let map = rig.session.occlude_painted(&board_input, &request, paint);
        let Some(map) = if_it_fits(map)? else {
            break;
        };
        measured.measured_arena_bytes = measured.measured_arena_bytes.max(map.arena_bytes);
        measured.stack_bytes = measured.stack_bytes.max(map.stack_bytes);
    }
    Ok(measured)
}

/// What ran, or none where the board's arena is too small for it.
pub(crate) fn if_it_fits<T>(result: Result<T, SessionError>) -> Result<Option<T>, SessionError> {
    match result {
        Ok(run) => Ok(Some(run)),
        Err(SessionError::Board(BoardError::ArenaTooSmall { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What an engine takes of a board for one inference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineMeasurement {
    /// What the linker placed, and the heap phase by phase.
    pub memory: Memory,
    /// Bytes of stack at the deepest; none if the board cannot tell.
    pub stack_bytes: Option<u32>,
    /// Bytes of arena up to the last one in use.
    pub arena_bytes: Option<u32>,
    /// Bytes of heap at the fullest; none on an engine without one.
    pub heap_bytes: Option<u32>,
    /// Instructions or cycles; none if the board cannot count.
    pub count: Option<u64>,
}

/// Runs `input`, int8 `[C, H, W]`, on the engine of `rig` and measures it.
///
/// # Errors
/// [`SessionError`].
pub fn measure_engine(rig: &mut Rig, input: &[i8]) -> Result<EngineMeasurement, SessionError> {
    let board_input = channels_last(input, rig.model.image.model().input().shape);
    let mut run = |paint| {
        let request = InferRequest {
            mode: Mode::Fused,
            taps: TensorSet::NONE,
            paint,
        };
        rig.session.infer(&board_input, &request, &mut |_| {})
    };
    // The first run builds what an engine builds on the board; the others measure.
    run(None)?;
    let painted = run(Some(PAINTS[0]))?;
    let plain = run(None)?;
    Ok(EngineMeasurement {
        memory: rig.memory()?,
        stack_bytes: painted.stack_bytes,
        arena_bytes: painted.arena_bytes,
        heap_bytes: plain.heap_bytes,
        count: plain.count,
    })
}
