//! Runs a float network up to some of its layers.

use std::sync::Arc;

use tract_onnx::prelude::*;

use super::FloatModel;
use super::error::FloatModelError;
use super::layer::LayerId;
use cortexscope_net::onnx::engine::{EngineError, guarded};

/// A plan that gives some layers, for any number of runs.
pub struct Forward {
    plan: Arc<TypedRunnableModel>,
    dims: Vec<usize>,
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forward")
            .field("dims", &self.dims)
            .finish_non_exhaustive()
    }
}

impl Forward {
    /// Plans `model` so that a run gives `layers`, in this order.
    ///
    /// # Errors
    /// tract cannot plan the network.
    pub fn new(model: &FloatModel, layers: &[LayerId]) -> Result<Self, FloatModelError> {
        Self::planned(model, layers, |typed, wanted| {
            let mut typed = typed.clone();
            typed.select_output_outlets(wanted)?;
            Ok(typed)
        })
    }

    /// The same for many inputs side by side, with operators that cost less than tract's where a
    /// layer is large. Values differ from those of [`Forward::new`] by rounding.
    ///
    /// # Errors
    /// As [`Forward::new`].
    pub fn of_many(model: &FloatModel, layers: &[LayerId]) -> Result<Self, FloatModelError> {
        Self::planned(model, layers, |typed, wanted| {
            Ok(tract_adjoint::with_own_operators(typed, wanted)?)
        })
    }

    /// The same for one large input: all threads share each of its large layers.
    ///
    /// # Errors
    /// As [`Forward::new`].
    pub fn of_one(model: &FloatModel, layers: &[LayerId]) -> Result<Self, FloatModelError> {
        Self::planned(model, layers, |typed, wanted| {
            let threads = rayon::current_num_threads();
            Ok(tract_adjoint::with_threads(typed, wanted, threads)?)
        })
    }

    fn planned(
        model: &FloatModel,
        layers: &[LayerId],
        graph: impl FnOnce(&TypedModel, &[OutletId]) -> TractResult<TypedModel>,
    ) -> Result<Self, FloatModelError> {
        let plan = guarded(|| {
            let typed = model.typed();
            let all = typed.output_outlets()?;
            let wanted: Vec<OutletId> = layers.iter().map(|layer| all[layer.0]).collect();
            let graph = graph(typed, &wanted)?;
            Ok(graph.into_optimized()?.into_runnable()?)
        })?;
        let dims = model.input_dims().to_vec();
        Ok(Self { plan, dims })
    }

    /// The layers asked for, each `[C, H, W]`, for one input `[C, H, W]`.
    ///
    /// # Errors
    /// The input has another size, or tract fails.
    pub fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>, FloatModelError> {
        let mut layers = Vec::new();
        self.visit(input, &mut |values| layers.push(values.to_vec()))?;
        Ok(layers)
    }

    /// The same, without a copy: `look` sees the layers asked for one after the other.
    ///
    /// # Errors
    /// As [`Forward::run`].
    pub fn visit(
        &self,
        input: &[f32],
        look: &mut dyn FnMut(&[f32]),
    ) -> Result<(), FloatModelError> {
        let need = self.dims.iter().product();
        if input.len() != need {
            let have = input.len();
            return Err(FloatModelError::InputSize { have, need });
        }
        let run = || -> Result<(), EngineError> {
            let input = Tensor::from_shape(&self.dims, input)?;
            // Each is dropped once it was seen.
            for output in self.plan.run(tvec![input.into()])? {
                let view = output.to_plain_array_view::<f32>()?;
                match view.as_slice() {
                    Some(values) => look(values),
                    None => look(&view.iter().copied().collect::<Vec<_>>()),
                }
            }
            Ok(())
        };
        Ok(guarded(run)?)
    }
}

impl FloatModel {
    /// One run up to some layers; [`Forward`] is for many.
    ///
    /// # Errors
    /// As [`Forward`].
    pub fn activations(
        &self,
        layers: &[LayerId],
        input: &[f32],
    ) -> Result<Vec<Vec<f32>>, FloatModelError> {
        Forward::new(self, layers)?.run(input)
    }
}
