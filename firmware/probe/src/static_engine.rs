//! The static engine, `cortexscope-core`, behind the probe's interface.

#[cfg(feature = "digit")]
use crate::engine::PictureRoom;
use crate::engine::{Engine, Macs, MapSink, Refusal};
use crate::request::{image_refusal, model_identity, occluder, signed};
use crate::stream::painted_over;
#[cfg(not(feature = "small"))]
use cortexscope_core::occlude as make_map;
#[cfg(feature = "small")]
use cortexscope_core::occlude_by_inferences as make_map;
use cortexscope_core::{
    Accelerator, ArenaError, ImageError, Model, NoAccelerator, OcclusionError, RunError, Tap,
    run_with,
};
use cortexscope_wire::message::{BoardError, Mode, ModelIdentity, Occlude};

/// The static engine over a model image and an arena.
///
/// The end of the arena keeps the input between requests; what is before it
/// belongs to the engine.
pub struct StaticEngine<'a, A = NoAccelerator> {
    model: Result<Model<'a>, ImageError>,
    model_region: &'a [u8],
    work: &'a mut [u8],
    input: &'a mut [u8],
    accelerator: A,
}

impl<'a> StaticEngine<'a> {
    /// The engine with the model that lies at the beginning of `model_region`,
    /// if there is one and it passes its checks.
    pub fn new(model_region: &'a [u8], arena: &'a mut [u8]) -> Self {
        let model = Model::check(model_region);
        let input_bytes = model.map_or(0, |model| model.input_shape().elements());
        // An arena too small for the input is told apart when a request needs it.
        let at = arena.len().saturating_sub(input_bytes);
        let (work, input) = arena.split_at_mut(at);
        Self {
            model,
            model_region,
            work,
            input,
            accelerator: NoAccelerator,
        }
    }

    /// The same engine, with layers left to what `load` makes of the model.
    pub fn accelerated<A: Accelerator + Default>(
        self,
        load: impl FnOnce(&Model<'a>) -> A,
    ) -> StaticEngine<'a, A> {
        StaticEngine {
            accelerator: self
                .model
                .map_or_else(|_| A::default(), |model| load(&model)),
            model: self.model,
            model_region: self.model_region,
            work: self.work,
            input: self.input,
        }
    }
}

impl<A: Accelerator> StaticEngine<'_, A> {
    /// The refusal of work that cannot begin.
    #[inline(never)]
    fn cannot_begin(&self, error: ArenaError) -> BoardError {
        let plan_bytes = match error {
            ArenaError::TooSmall { need_bytes, .. } => need_bytes,
            ArenaError::Misaligned => return BoardError::ArenaMisaligned { need_bytes: 4 },
            // The input is shorter than the model's only where the arena is, and then it
            // is too small for any plan.
            ArenaError::InputLength { .. } => 0,
        };
        let model = self.model.as_ref();
        let input_bytes = model.map_or(0, |model| model.input_shape().elements());
        BoardError::ArenaTooSmall {
            need_bytes: (plan_bytes + input_bytes) as u32,
            have_bytes: self.arena_bytes(),
        }
    }
}

/// The model, or why the image in `region` was refused.
#[inline(never)]
fn usable<'e, 'a>(
    model: &'e Result<Model<'a>, ImageError>,
    region: &[u8],
) -> Result<&'e Model<'a>, BoardError> {
    let model = model.as_ref();
    model.map_err(|error| image_refusal(error, region))
}

impl<A: Accelerator> Engine for StaticEngine<'_, A> {
    fn name(&self) -> &str {
        concat!("static ", env!("CARGO_PKG_VERSION"))
    }

    fn model(&self) -> Result<ModelIdentity, BoardError> {
        usable(&self.model, self.model_region).map(model_identity)
    }

    fn model_region_bytes(&self) -> u32 {
        self.model_region.len() as u32
    }

    fn arena_bytes(&self) -> u32 {
        (self.work.len() + self.input.len()) as u32
    }

    fn input(&mut self) -> &mut [u8] {
        self.input
    }

    #[cfg(feature = "digit")]
    fn picture_room(&mut self) -> Option<PictureRoom<'_>> {
        let input = self.model.ok()?.input();
        let shape = input.shape;
        // Levels from 0 to 1, so that a level is its own int8 but for the zero. Compared in
        // bits: a core without a floating-point unit would take code for it.
        let one_255th = (1.0_f32 / 255.0).to_bits();
        let takes_levels = shape.channels == 1
            && input.zero == i8::MIN
            && input.scale.to_bits().abs_diff(one_255th) <= 2;
        takes_levels.then_some(PictureRoom {
            room: self.work,
            input: self.input,
            size: [shape.height, shape.width],
        })
    }

    fn paint_arena(&mut self, paint: u8) {
        self.work.fill(paint);
    }

    fn arena_high_water_bytes(&self, paint: u8) -> u32 {
        painted_over(self.work, paint)
    }

    fn infer<T: Tap>(&mut self, mode: Mode, tap: &mut T) -> Result<(), Refusal<T::Error>> {
        let model = usable(&self.model, self.model_region)?;
        let plan = model
            .plan(engine_mode(mode))
            .ok_or(BoardError::ModeNotInImage(mode))?;
        let input = signed(self.input);
        let accelerator = &mut self.accelerator;
        run_with(model, &plan, self.work, input, tap, accelerator).map_err(|error| match error {
            RunError::Arena(error) => self.cannot_begin(error).into(),
            RunError::ForeignPlan => BoardError::ModeNotInImage(mode).into(),
            RunError::Tap(stop) => Refusal::Stopped(stop),
        })
    }

    fn occlude<M: MapSink>(
        &mut self,
        ask: &Occlude,
        map: &mut M,
    ) -> Result<Macs, Refusal<M::Error>> {
        let model = usable(&self.model, self.model_region)?;
        let (occluder, [rows, columns]) = occluder(ask, model.input_shape())?;
        let positions = (rows * columns) as u32;
        let input = signed(self.input);
        let done = make_map(
            model,
            self.work,
            input,
            &occluder,
            map,
            |map, class, probability| map.base(class as u16, probability, positions),
            |map, index, probability| map.position(index as u32, probability),
        );
        match done {
            Ok(report) => Ok(Macs {
                done: report.macs_done,
                full: report.macs_full,
            }),
            Err(OcclusionError::Stopped(stop)) => Err(Refusal::Stopped(stop)),
            Err(OcclusionError::Arena(error)) => Err(self.cannot_begin(error).into()),
            // The patch and the class were looked at before.
            Err(_) => Err(BoardError::Unsupported.into()),
        }
    }
}

fn engine_mode(mode: Mode) -> cortexscope_core::Mode {
    match mode {
        Mode::Tapped => cortexscope_core::Mode::Tapped,
        Mode::Fused => cortexscope_core::Mode::Fused,
    }
}
