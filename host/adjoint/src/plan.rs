//! A plan: the forward and the backward graph, ready to run any number of times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::plan::eval;

use crate::awake::keep_awake;
use crate::memory::{Memory, peak};
use crate::operators::Scratch;
use crate::tape::{Shape, shape_in};
use crate::{AdjointError, Objective, Rule};

/// Value and derivatives of one run.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The objective.
    pub value: f64,
    /// What the objective read.
    pub values: Vec<TValue>,
    /// For each value asked for, the derivative or the relevance, of its shape.
    pub gradients: Vec<TValue>,
    /// Sums of relevance around each layer, from the objective down, if asked for.
    pub shares: Vec<Share>,
}

/// Sums of relevance around one layer. Without rounding,
/// `above = below + bias + absorbed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The layer, by the node that writes its output.
    pub node: String,
    /// The value that it writes, in the graph that was asked about.
    pub outlet: OutletId,
    /// Its rule.
    pub rule: Rule,
    /// Relevance of its output.
    pub above: f64,
    /// What went on to its inputs.
    pub below: f64,
    /// What its bias took.
    pub bias: f64,
    /// What ε took, and what had nowhere to go because nothing contributed.
    pub absorbed: f64,
}

/// Which layer a share belongs to.
#[derive(Clone, Debug)]
pub struct ShareOf {
    /// The node that writes the layer's output.
    pub node: String,
    /// The value that it writes.
    pub outlet: OutletId,
    /// Its rule.
    pub rule: Rule,
}

/// What a plan is made of.
pub struct Parts<'a> {
    pub model: &'a TypedModel,
    pub forward: TypedModel,
    pub backward: TypedModel,
    pub read: &'a [OutletId],
    pub gradients: usize,
    /// Layers with shares, and whether each has a bias.
    pub shares: Vec<(ShareOf, bool)>,
    pub scratch: Scratch,
    pub threads: usize,
}

/// Value and derivatives of one objective's values, for any number of inputs.
///
/// A run allocates what its values need and frees it; nothing grows with the number
/// of runs.
pub struct Plan {
    forward: TypedSimpleState,
    backward: TypedSimpleState,
    inputs: Vec<Shape>,
    read: usize,
    gradients: usize,
    shares: Vec<(ShareOf, bool)>,
    pool: Option<Arc<ThreadPool>>,
    /// Whether it is known which operators share their work.
    has_run: bool,
    scratch: Scratch,
    planned: Memory,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("inputs", &self.inputs)
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl Plan {
    pub(crate) fn new(parts: Parts<'_>) -> Result<Self, AdjointError> {
        let model = parts.model;
        let inputs = model.input_outlets()?;
        let inputs = inputs.iter().map(|&input| shape_in(model, input));
        let inputs = inputs.collect::<Result<_, _>>()?;
        let pool = thread_pool(parts.threads)?;
        let state = |graph: TypedModel| {
            let plan = TypedRunnableModel::new(graph.into_optimized()?)?;
            plan.spawn()
        };
        let mut alone = model.clone();
        alone.select_output_outlets(parts.read)?;
        let alone = peak(state(alone)?.plan())?;
        let forward = state(parts.forward)?;
        let backward = state(parts.backward)?;
        let both = peak(forward.plan())?.max(peak(backward.plan())?);
        let planned = Memory {
            forward_bytes: alone,
            value_and_gradient_bytes: both,
        };
        Ok(Self {
            forward,
            backward,
            inputs,
            read: parts.read.len(),
            gradients: parts.gradients,
            shares: parts.shares,
            pool,
            has_run: false,
            scratch: parts.scratch,
            planned,
        })
    }

    /// Bytes of values that are alive at once, constants not counted.
    pub fn memory(&self) -> Memory {
        Memory {
            value_and_gradient_bytes: self.planned.value_and_gradient_bytes + self.scratch.bytes(),
            ..self.planned
        }
    }

    /// The graphs as tract runs them: forward and backward.
    pub fn graphs(&self) -> [&TypedModel; 2] {
        [self.forward.plan().model(), self.backward.plan().model()]
    }

    /// The value of `objective` for `inputs`, one for each input of the graph, and
    /// its derivatives.
    ///
    /// # Errors
    /// The inputs or the objective's derivatives have other shapes than planned, or
    /// tract fails.
    pub fn run(
        &mut self,
        inputs: TVec<TValue>,
        objective: &(impl Objective + ?Sized),
    ) -> Result<Pass, AdjointError> {
        self.run_watched(inputs, objective, None)
    }

    fn run_watched(
        &mut self,
        inputs: TVec<TValue>,
        objective: &(impl Objective + ?Sized),
        mut watch: Option<&mut Watch<'_>>,
    ) -> Result<Pass, AdjointError> {
        self.check(&inputs)?;
        // A small net is done before another thread is awake.
        let shares = !self.has_run || self.scratch.shares();
        let pool = self.pool.as_deref().filter(|_| shares);
        let saved = on(pool, &mut self.forward, inputs, 0, watch.as_deref_mut())?;
        let mut saved = saved.into_iter();
        let values: Vec<TValue> = saved.by_ref().take(self.read).collect();
        let (value, seeds) = objective.evaluate(&values)?;
        let fits = |(seed, value): (&Tensor, &TValue)| {
            seed.shape() == value.shape() && seed.datum_type() == f32::datum_type()
        };
        if seeds.len() != values.len() || !seeds.iter().zip(&values).all(fits) {
            let shapes: Vec<_> = seeds.iter().map(Tensor::shape).collect();
            let message = format!("gave derivatives of the shapes {shapes:?}");
            return Err(AdjointError::Objective(message));
        }
        let seeds = seeds.into_iter().map(IntoTValue::into_tvalue);
        let inputs = seeds.chain(saved).collect();
        let steps = self.forward.plan().order_without_consts().len();
        let outputs = on(pool, &mut self.backward, inputs, steps, watch)?;
        let mut outputs = outputs.into_iter();
        let gradients = outputs.by_ref().take(self.gradients).collect();
        self.has_run = true;
        Ok(Pass {
            value,
            values,
            gradients,
            shares: sums(&self.shares, outputs)?,
        })
    }

    /// As [`Plan::run`], telling `watch` of every operator: its place in the order of both
    /// graphs, its node, and how long it took.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn run_timed(
        &mut self,
        inputs: TVec<TValue>,
        objective: &(impl Objective + ?Sized),
        watch: &mut (dyn FnMut(usize, &TypedNode, Duration) + Send),
    ) -> Result<Pass, AdjointError> {
        self.run_watched(inputs, objective, Some(watch))
    }

    fn check(&self, inputs: &[TValue]) -> Result<(), AdjointError> {
        if inputs.len() != self.inputs.len() {
            let (have, need) = (inputs.len(), self.inputs.len());
            return Err(AdjointError::Inputs { have, need });
        }
        for (index, (input, need)) in inputs.iter().zip(&self.inputs).enumerate() {
            if input.shape() != &**need {
                return Err(AdjointError::Input {
                    index,
                    have: input.shape().to_vec(),
                    need: need.to_vec(),
                });
            }
        }
        Ok(())
    }
}

fn thread_pool(threads: usize) -> Result<Option<Arc<ThreadPool>>, AdjointError> {
    if threads < 2 {
        return Ok(None);
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| AdjointError::Threads {
        threads,
        why: error.to_string(),
    })?;
    Ok(Some(Arc::new(pool)))
}

/// What is told of every operator.
type Watch<'a> = dyn FnMut(usize, &TypedNode, Duration) + Send + 'a;

/// Runs `state` inside `pool`, where its operators find their threads.
fn on(
    pool: Option<&ThreadPool>,
    state: &mut TypedSimpleState,
    inputs: TVec<TValue>,
    first_step: usize,
    watch: Option<&mut Watch<'_>>,
) -> Result<TVec<TValue>, AdjointError> {
    let run = |state: &mut TypedSimpleState| match watch {
        None => state.run(inputs),
        Some(watch) => {
            let mut step = first_step;
            state.run_plan_with_eval(inputs, |context, op_state, node, inputs| {
                let start = Instant::now();
                let outputs = eval(context, op_state, node, inputs);
                watch(step, node, start.elapsed());
                step += 1;
                outputs
            })
        }
    };
    let outputs = match pool {
        Some(pool) => pool.install(|| keep_awake(|| run(state))),
        None => run(state),
    };
    if outputs.is_err() {
        state.reset_turn()?;
    }
    Ok(outputs?)
}

fn sums(
    shares: &[(ShareOf, bool)],
    mut outputs: impl Iterator<Item = TValue>,
) -> Result<Vec<Share>, AdjointError> {
    let mut next = || -> Result<f64, AdjointError> {
        let missing = || AdjointError::Tract("a sum of relevance is missing".to_owned());
        let sum = outputs.next().ok_or_else(missing)?;
        Ok(f64::from(
            *sum.to_plain_array_view::<f32>()?
                .iter()
                .next()
                .unwrap_or(&0.0),
        ))
    };
    let shares = shares.iter().map(|(of, has_bias)| {
        Ok(Share {
            node: of.node.clone(),
            outlet: of.outlet,
            rule: of.rule.clone(),
            above: next()?,
            below: next()?,
            absorbed: next()?,
            bias: if *has_bias { next()? } else { 0.0 },
        })
    });
    shares.collect()
}
