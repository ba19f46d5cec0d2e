//! Scales and zero points of the activations, from real inputs.
//!
//! Each tensor's range is the one with the least mean square error over the
//! values that it takes on the calibration inputs. Tensors that MaxPool and
//! Concat tie together share one range; the input's is the declared one, and
//! more where a calibration input goes beyond it.

use super::error::CompileError;
use super::float_net::{FloatLayer, FloatNet};
use super::float_run::FloatRun;
use super::histogram::Histogram;
use super::progress::{Progress, Report, Stage, tell};
use super::scale_groups::ScaleGroups;
use cortexscope_net::Affine;

/// How a tensor's range follows from its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RangeRule {
    /// The range with the least mean square error.
    #[default]
    LeastSquareError,
    /// From the least to the greatest value.
    Extremes,
}

/// One quantisation per tensor; the logits' says that they have none.
///
/// `declared` are the least and greatest value of the input.
///
/// # Errors
/// An input of the wrong size, infinities or NaN, an interruption, or a network
/// that tract cannot run.
pub fn calibrate(
    net: &FloatNet,
    rule: RangeRule,
    declared: [f32; 2],
    inputs: &[Vec<f32>],
    report: Report<'_>,
) -> Result<Vec<Affine>, CompileError> {
    let need: usize = net.input_shape.iter().product();
    for (index, input) in inputs.iter().enumerate() {
        let have = input.len();
        if have != need {
            return Err(CompileError::CalibrationSize { index, have, need });
        }
    }
    if inputs.is_empty() {
        return Err(CompileError::NoCalibration);
    }
    let sources = Sources::of(net)?;
    let groups = ScaleGroups::of(net);
    let ranges = sources.ranges(&groups, declared, inputs, report)?;
    let histograms = sources.histograms(&groups, &ranges, inputs, report)?;
    let logits = net.layers.len();
    let affine = |tensor: usize| {
        if tensor == logits {
            return Affine {
                scale: 1.0,
                zero: 0,
            };
        }
        let group = groups.first(tensor);
        // What is read from a file or a camera is never cut.
        if group == 0 {
            let [low, high] = ranges[0];
            return Affine::of_range(low, high);
        }
        match rule {
            RangeRule::LeastSquareError => histograms[group].least_square_error(),
            RangeRule::Extremes => {
                let [low, high] = ranges[group];
                Affine::of_range(low, high)
            }
        }
    };
    Ok((0..=logits).map(affine).collect())
}

/// The tensors whose values decide the ranges, and where to find them.
struct Sources<'n> {
    run: FloatRun,
    /// Tensor numbers, in the order of the run's outputs; 0 is not among them.
    tensors: Vec<usize>,
    layers: Vec<&'n FloatLayer>,
    names: Vec<String>,
    input: String,
}

/// Least and greatest value, indexed by the first tensor of a group.
type Ranges = Vec<[f32; 2]>;

impl<'n> Sources<'n> {
    fn of(net: &'n FloatNet) -> Result<Self, CompileError> {
        let groups = ScaleGroups::of(net);
        let logits = net.layers.len();
        let own = |&tensor: &usize| groups.sources(net, tensor).any(|source| source == tensor);
        let tensors: Vec<usize> = (1..logits).filter(own).collect();
        let layers = || tensors.iter().map(|&tensor| &net.layers[tensor - 1]);
        let names: Vec<String> = layers().map(|layer| layer.value.clone()).collect();
        Ok(Self {
            run: FloatRun::new(net, &names)?,
            layers: layers().collect(),
            input: net.input.clone(),
            tensors,
            names,
        })
    }

    /// Calls `take` with each tensor and its values, on each input.
    fn each(
        &self,
        stage: Stage,
        inputs: &[Vec<f32>],
        report: Report<'_>,
        mut take: impl FnMut(usize, &[f32]),
    ) -> Result<(), CompileError> {
        for (index, input) in inputs.iter().enumerate() {
            let finite = |name: &str, values: &[f32]| {
                if values.iter().all(|value| value.is_finite()) {
                    return Ok(());
                }
                let tensor = name.to_owned();
                Err(CompileError::NotFinite { tensor, index })
            };
            finite(&self.input, input)?;
            take(0, input);
            let mut outputs = self.run.run(input)?;
            for (at, values) in outputs.iter_mut().enumerate() {
                finite(&self.names[at], values)?;
                self.layers[at].apply(values);
                take(self.tensors[at], values);
            }
            let progress = Progress {
                stage,
                done: index + 1,
                total: inputs.len(),
            };
            tell(report, progress)?;
        }
        Ok(())
    }

    fn ranges(
        &self,
        groups: &ScaleGroups,
        declared: [f32; 2],
        inputs: &[Vec<f32>],
        report: Report<'_>,
    ) -> Result<Ranges, CompileError> {
        let last = self.tensors.last().copied().unwrap_or_default();
        let mut ranges = vec![[0.0_f32; 2]; last + 1];
        ranges[0] = declared;
        self.each(Stage::Ranges, inputs, report, |tensor, values| {
            let range = &mut ranges[groups.first(tensor)];
            for &value in values {
                *range = [range[0].min(value), range[1].max(value)];
            }
        })?;
        Ok(ranges)
    }

    fn histograms(
        &self,
        groups: &ScaleGroups,
        ranges: &Ranges,
        inputs: &[Vec<f32>],
        report: Report<'_>,
    ) -> Result<Vec<Histogram>, CompileError> {
        let empty = ranges.iter().map(|&[low, high]| Histogram::new(low, high));
        let mut histograms: Vec<Histogram> = empty.collect();
        self.each(Stage::Histograms, inputs, report, |tensor, values| {
            let histogram = &mut histograms[groups.first(tensor)];
            values.iter().for_each(|&value| histogram.add(value));
        })?;
        Ok(histograms)
    }
}
