//! tract behind the probe's interface.

use cortexscope_core::{Model, Occluder, Tap, first_greatest, softmax_probability};
use cortexscope_probe::wire::message::{
    BoardError, EnginePhase, HeapPhase, Mode, ModelIdentity, Occlude,
};
use cortexscope_probe::{Engine, Macs, MapSink, Refusal, checked_model, occluder};
use tract_core::internal::*;

use crate::graph;
use crate::heap::{self, LEDGER, Use};
use crate::optimise::optimise;

/// tract with the model of an image, which it builds and optimises when it is first
/// asked for a result.
pub struct TractEngine<'a> {
    model: Result<Model<'a>, BoardError>,
    model_region_bytes: usize,
    input: Vec<u8>,
    /// What the program before this one died of; the answer to the next request.
    last_words: Option<BoardError>,
    plan: Option<Arc<TypedSimplePlan>>,
    phases: [Option<Use>; 3],
}

type TypedSimplePlan = SimplePlan<TypedFact, Box<dyn TypedOp>>;

/// What one run computes.
struct Outputs(TVec<TValue>);

impl<'a> TractEngine<'a> {
    /// tract with the model that lies at the beginning of `model_region`, if there
    /// is one and it passes its checks.
    pub fn new(model_region: &'a [u8]) -> Self {
        let last_words = heap::take_last_words();
        let model = checked_model(model_region);
        Self {
            model,
            model_region_bytes: model_region.len(),
            input: vec![0; model.map_or(0, |model| model.input().bytes())],
            last_words,
            plan: None,
            phases: [None; 3],
        }
    }

    /// Does `work` as a phase of its own; what died in it is told after the reset.
    fn phase<T>(&mut self, phase: EnginePhase, work: impl FnOnce(&mut Self) -> T) -> T {
        LEDGER.begin();
        heap::enter(Some(phase));
        let result = work(self);
        heap::enter(None);
        let used = LEDGER.used();
        if let Some(slot) = self.phases.get_mut(phase as usize) {
            let before = slot.unwrap_or_default();
            *slot = Some(Use {
                peak_bytes: used.peak_bytes.max(before.peak_bytes),
                ..used
            });
        }
        result
    }

    /// The model, ready to run.
    fn plan(&mut self) -> Result<Arc<TypedSimplePlan>, BoardError> {
        if let Some(died) = self.last_words.take() {
            return Err(died);
        }
        if let Some(plan) = &self.plan {
            return Ok(Arc::clone(plan));
        }
        let model = self.model?;
        let failed = |phase| move |error: TractError| failure(phase, &error);
        let typed = self
            .phase(EnginePhase::Build, |_| graph::build(&model))
            .map_err(failed(EnginePhase::Build))?;
        let plan = self
            .phase(EnginePhase::Optimise, |_| SimplePlan::new(optimise(typed)?))
            .map_err(failed(EnginePhase::Optimise))?;
        self.plan = Some(Arc::clone(&plan));
        Ok(plan)
    }
}

/// tract's refusal. Why goes to the log, which a chip has no room for.
fn failure(phase: EnginePhase, error: &TractError) -> BoardError {
    log::error!("{phase}: {error:#}");
    BoardError::EngineFailed { phase }
}

/// One run of `plan`; the tap hears of every layer.
fn run<T: Tap>(
    plan: &Arc<TypedSimplePlan>,
    model: &Model<'_>,
    input: &[u8],
    tap: &mut T,
) -> TractResult<Outputs> {
    let shape = model.input().shape;
    let shape = [1, shape.height, shape.width, shape.channels];
    let input: Vec<i8> = input.iter().map(|&byte| byte as i8).collect();
    let input = Tensor::from_shape(&shape, &input)?;
    let mut layer = 1;
    let outputs = SimpleState::new(plan)?.run_plan_with_eval(
        tvec![input.into_tvalue()],
        |context, state, node, inputs| {
            // What the optimiser made of a layer keeps the layer's number in front.
            layer = layer_of(&node.name).unwrap_or(layer);
            tap.begin(layer);
            let result = tract_core::plan::eval(context, state, node, inputs);
            tap.end(layer);
            result
        },
    )?;
    Ok(Outputs(outputs))
}

fn layer_of(name: &str) -> Option<usize> {
    let digits = name
        .split(|character: char| !character.is_ascii_digit())
        .next()?;
    digits.parse().ok().filter(|&layer| layer > 0)
}

impl Outputs {
    fn values<T: Datum>(tensor: &TValue) -> TractResult<&[T]> {
        tensor.try_as_plain_ram()?.as_slice::<T>()
    }

    fn logits(&self) -> TractResult<&[f32]> {
        Self::values(self.0.last().context("a run without outputs")?)
    }

    /// Hands everything that it wants to the tap.
    fn tap<T: Tap>(&self, tap: &mut T) -> TractResult<Result<(), T::Error>> {
        let Some([accumulators, logits]) = self.0.last_chunk() else {
            bail!("a run without outputs");
        };
        let activations = self.0.len() - 2;
        for (index, activation) in self.0.iter().take(activations).enumerate() {
            if tap.wants(index + 1)
                && let Err(stop) = tap.activation(index + 1, 0, Self::values(activation)?)
            {
                return Ok(Err(stop));
            }
        }
        if tap.wants(activations + 1)
            && let Err(stop) = tap.accumulators(Self::values(accumulators)?)
        {
            return Ok(Err(stop));
        }
        Ok(tap.logits(Self::values(logits)?))
    }
}

impl Engine for TractEngine<'_> {
    fn name(&self) -> &str {
        "tract 0.23.9"
    }

    fn model(&self) -> Result<ModelIdentity, BoardError> {
        let model = self.model?;
        Ok(ModelIdentity {
            tapped_arena_bytes: None,
            fused_arena_bytes: None,
            ..cortexscope_probe::model_identity(&model)
        })
    }

    fn model_region_bytes(&self) -> u32 {
        self.model_region_bytes as u32
    }

    fn arena_bytes(&self) -> u32 {
        0
    }

    fn input(&mut self) -> &mut [u8] {
        &mut self.input
    }

    fn paint_arena(&mut self, _paint: u8) {}

    fn arena_high_water_bytes(&self, _paint: u8) -> u32 {
        0
    }

    fn heap_phase(&self, index: usize) -> Option<HeapPhase<'_>> {
        let (phase, used) = EnginePhase::ALL
            .into_iter()
            .filter_map(|phase| Some((phase, (*self.phases.get(phase as usize)?)?)))
            .nth(index)?;
        Some(HeapPhase {
            name: phase.name(),
            live_bytes: used.live_bytes,
            peak_bytes: used.peak_bytes,
            allocations: used.allocations,
        })
    }

    fn heap_high_water_bytes(&self) -> Option<u32> {
        let [.., run] = self.phases;
        run.map(|run| run.peak_bytes)
    }

    fn infer<T: Tap>(&mut self, _mode: Mode, tap: &mut T) -> Result<(), Refusal<T::Error>> {
        let plan = self.plan()?;
        let model = self.model?;
        if tap.wants(0) {
            let input: &[i8] = cortexscope_probe::signed(&self.input);
            tap.activation(0, 0, input).map_err(Refusal::Stopped)?;
        }
        let tapped = self.phase(EnginePhase::Run, |engine| {
            run(&plan, &model, &engine.input, tap)?.tap(tap)
        });
        match tapped {
            Ok(tapped) => tapped.map_err(Refusal::Stopped),
            Err(error) => Err(failure(EnginePhase::Run, &error).into()),
        }
    }

    fn occlude<M: MapSink>(
        &mut self,
        ask: &Occlude,
        map: &mut M,
    ) -> Result<Macs, Refusal<M::Error>> {
        let model = self.model?;
        let (occluder, positions) = occluder(ask, model.input().shape)?;
        let plan = self.plan()?;
        self.phase(EnginePhase::Run, |engine| {
            Map {
                plan: &plan,
                model: &model,
                occluder,
                positions,
            }
            .draw(&engine.input, map)
        })
    }
}

/// An occlusion map, one whole inference for each position.
struct Map<'a, 'm> {
    plan: &'a Arc<TypedSimplePlan>,
    model: &'a Model<'m>,
    occluder: Occluder,
    /// Rows and columns of positions.
    positions: [usize; 2],
}

impl Map<'_, '_> {
    fn draw<M: MapSink>(&self, input: &[u8], map: &mut M) -> Result<Macs, Refusal<M::Error>> {
        let [rows, columns] = self.positions;
        let count = (rows * columns) as u32;
        let clean = self.logits(input)?;
        let class = self
            .occluder
            .class
            .unwrap_or_else(|| first_greatest(&clean));
        map.base(class as u16, softmax_probability(&clean, class), count)
            .map_err(Refusal::Stopped)?;
        for (index, position) in (0..rows)
            .flat_map(|row| (0..columns).map(move |column| [row, column]))
            .enumerate()
        {
            let logits = self.logits(&self.covered(input, position))?;
            map.position(index as u32, softmax_probability(&logits, class))
                .map_err(Refusal::Stopped)?;
        }
        Ok(Macs::of_whole_inferences(self.model.macs(), count))
    }

    fn logits<E>(&self, input: &[u8]) -> Result<Vec<f32>, Refusal<E>> {
        let run = || -> TractResult<Vec<f32>> {
            let outputs = run(self.plan, self.model, input, &mut cortexscope_core::NoTap)?;
            Ok(outputs.logits()?.to_vec())
        };
        run().map_err(|error| Refusal::Board(failure(EnginePhase::Run, &error)))
    }

    /// The input with the window at `position` filled.
    fn covered(&self, input: &[u8], [row, column]: [usize; 2]) -> Vec<u8> {
        let shape = self.model.input().shape;
        let mut covered = input.to_vec();
        let from = column * self.occluder.stride_w * shape.channels;
        let window = from..from + self.occluder.window_w * shape.channels;
        covered
            .chunks_exact_mut(shape.row_elements().max(1))
            .skip(row * self.occluder.stride_h)
            .take(self.occluder.window_h)
            .filter_map(|pixels| pixels.get_mut(window.clone()))
            .for_each(|pixels| pixels.fill(self.occluder.fill as u8));
        covered
    }
}
