//! The pass over the data, once for each corruption and severity.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;
use thiserror::Error;

use super::counts::{Counts, named};
use super::measured::Count;
use super::suite::Corruption;
use crate::data::{CountError, Data, DataError, DataInput};
use crate::levels::{LevelsError, has_same_units, levels_of, values_of};
use crate::shard::ShardError;
use cortexscope_corrupt::{CorruptError, Kind, SEVERITIES, Settings};
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Forward};
use cortexscope_net::RequestError;
use cortexscope_net::input::InputSpec;
use cortexscope_net::scores::first_greatest;
use cortexscope_rig::Rig;
use cortexscope_rig::session::{Mode, SessionError, TensorSet};

/// Inputs between two reports.
const CHUNK: usize = 64;

/// Who answers.
pub struct Networks<'a> {
    /// The float model.
    pub model: &'a FloatModel,
    /// A model that errors are compared with.
    pub baseline: Option<&'a FloatModel>,
    /// A board with the int8 network.
    pub board: Option<&'a mut Rig>,
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Inputs that were asked for, over all rows.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// What is being done; none for what is not corrupted.
    pub at: Option<(Kind, u8)>,
}

/// Why robustness cannot be measured.
#[derive(Debug, Error)]
pub enum RobustnessError {
    /// An input cannot be read, or has no class.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There are not so many inputs.
    #[error(transparent)]
    Images(#[from] CountError),
    /// There is no such severity.
    #[error(
        "--severity {0}: there are severities from {least} to {worst}",
        least = SEVERITIES.start(),
        worst = SEVERITIES.end()
    )]
    Severity(u8),
    /// A share cannot be kept, or parts do not belong together.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// A model cannot be run, or has no classes.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The input is no picture.
    #[error(transparent)]
    Levels(#[from] LevelsError),
    /// The corruption does not fit the pictures.
    #[error(transparent)]
    Corrupt(#[from] CorruptError),
    /// The baseline does not take the model's pictures.
    #[error(
        "the baseline takes {baseline}, and the model {model}: name one that takes pictures of the \
         same size, colours and polarity"
    )]
    Baseline {
        /// What the baseline takes.
        baseline: Box<InputSpec>,
        /// What the model takes.
        model: Box<InputSpec>,
    },
    /// The board does not answer as it should.
    #[error(transparent)]
    Board(#[from] SessionError),
    /// The caller ended it.
    #[error(
        "interrupted: a mean over some of the corruptions would mislead, so nothing is reported"
    )]
    Interrupted,
}

impl RequestError for RobustnessError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Images(error) => error.is_request(),
            Self::Shard(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            Self::Levels(error) => error.is_request(),
            Self::Severity(_) | Self::Corrupt(_) | Self::Baseline { .. } => true,
            Self::Board(_) | Self::Interrupted => false,
        }
    }
}

/// One model that is asked for classes.
struct Classifier<'a> {
    model: &'a FloatModel,
    forward: Forward,
}

impl<'a> Classifier<'a> {
    fn new(model: &'a FloatModel) -> Result<Self, FloatModelError> {
        let logits = model.logits()?;
        let forward = Forward::new(model, &[logits])?;
        Ok(Self { model, forward })
    }

    fn class(&self, values: &[f32]) -> Result<Option<usize>, RobustnessError> {
        let logits = self.forward.run(values)?;
        Ok(logits.first().and_then(|logits| first_greatest(logits)))
    }
}

/// Input `index` as `spec` has it, corrupted where that is asked for.
fn shown(
    spec: &InputSpec,
    input: Vec<f32>,
    index: usize,
    corruption: Option<(Kind, &Settings)>,
) -> Result<Vec<f32>, RobustnessError> {
    let Some((kind, settings)) = corruption else {
        return Ok(input);
    };
    let picture = levels_of(spec, &input)?;
    let settings = Settings {
        stream: index as u64,
        ..*settings
    };
    let corrupted = kind.apply(&picture, &settings)?.rounded();
    Ok(values_of(spec, &corrupted)?)
}

/// `values`, a picture in the units of `from`, in those of `to`.
fn converted(
    from: &InputSpec,
    to: &InputSpec,
    values: &[f32],
) -> Result<Vec<f32>, RobustnessError> {
    Ok(values_of(to, &levels_of(from, values)?)?)
}

/// Whether what one model is shown can be shown to the other, in its own units.
fn takes_pictures_of(baseline: &InputSpec, model: &InputSpec) -> bool {
    let contradicts = match (baseline.polarity, model.polarity) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    };
    baseline.size == model.size
        && baseline.channels.count() == model.channels.count()
        && !contradicts
}

/// What threads found of one input.
struct Answer {
    label: Option<usize>,
    is_right: bool,
    is_baseline_right: Option<bool>,
    /// The input, for the board.
    values: Vec<f32>,
}

impl Counts {
    /// Asks the networks about the `inputs` of `data`, row by row from where these counts end:
    /// as they are, and with each of `corruptions`. Input `n` takes stream `n` of the seed in
    /// `settings`, so that a row is the same whichever others are measured, and the sum of two
    /// ranges that of both. `report` sees how far it is and the rows that are done, and may end
    /// it.
    ///
    /// # Errors
    /// [`RobustnessError`]; the rows that are done stay.
    pub fn go_on(
        &mut self,
        networks: Networks<'_>,
        data: &Data,
        inputs: Range<usize>,
        corruptions: &[Corruption],
        settings: &Settings,
        report: &mut dyn FnMut(Progress, &Self) -> ControlFlow<()>,
    ) -> Result<(), RobustnessError> {
        data.check_labels()?;
        if let Some(baseline) = networks.baseline {
            let [baseline, model] = [baseline, networks.model].map(|one| &one.spec.input);
            if !takes_pictures_of(baseline, model) {
                return Err(RobustnessError::Baseline {
                    baseline: Box::new(baseline.clone()),
                    model: Box::new(model.clone()),
                });
            }
        }
        let inputs = inputs.start..inputs.end.min(data.len());
        let mut rows = vec![None];
        rows.extend(named(corruptions).map(Some));
        let mut pass = Pass {
            asked: Classifier::new(networks.model)?,
            baseline: networks.baseline.map(Classifier::new).transpose()?,
            board: networks.board,
            data,
            done: inputs.len() * self.rows.len(),
            total: inputs.len() * rows.len(),
            inputs,
        };
        for &row in rows.iter().skip(self.rows.len()) {
            let severity = row.map_or(settings.severity, |(_, severity)| severity);
            let settings = Settings {
                severity,
                ..*settings
            };
            let count = pass.count(row, &settings, &mut |now| report(now, self))?;
            self.rows.push(count);
        }
        Ok(())
    }
}

struct Pass<'a> {
    asked: Classifier<'a>,
    baseline: Option<Classifier<'a>>,
    board: Option<&'a mut Rig>,
    data: &'a Data,
    inputs: Range<usize>,
    done: usize,
    total: usize,
}

impl Pass<'_> {
    fn count(
        &mut self,
        at: Option<(Kind, u8)>,
        settings: &Settings,
        report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Count, RobustnessError> {
        let corruption = at.map(|(kind, _)| (kind, settings));
        let mut count = Count {
            board_right: self.board.as_ref().map(|_| 0),
            baseline_right: self.baseline.as_ref().map(|_| 0),
            ..Count::default()
        };
        let (asked, baseline, data) = (&self.asked, self.baseline.as_ref(), self.data);
        let is_for_board = self.board.is_some();
        let mut from = self.inputs.start;
        while from < self.inputs.end {
            let to = (from + CHUNK).min(self.inputs.end);
            let answers = (from..to).into_par_iter().map(|index| {
                let DataInput { values, label, .. } = data.input(index)?;
                let spec = &asked.model.spec.input;
                let values = shown(spec, values, index, corruption)?;
                let is_right = asked.class(&values)? == label;
                let is_baseline_right = baseline.map(|baseline| {
                    let own = &baseline.model.spec.input;
                    let is_same = has_same_units(own, spec);
                    let converted = (!is_same).then(|| converted(spec, own, &values));
                    let converted = converted.transpose()?;
                    let class = baseline.class(converted.as_ref().unwrap_or(&values))?;
                    Ok::<bool, RobustnessError>(class == label)
                });
                Ok::<Answer, RobustnessError>(Answer {
                    label,
                    is_right,
                    is_baseline_right: is_baseline_right.transpose()?,
                    values: if is_for_board { values } else { Vec::new() },
                })
            });
            for answer in answers.collect::<Result<Vec<_>, _>>()? {
                count.images += 1;
                count.right += usize::from(answer.is_right);
                if let (Some(right), Some(is)) =
                    (&mut count.baseline_right, answer.is_baseline_right)
                {
                    *right += usize::from(is);
                }
                if let (Some(right), Some(rig)) =
                    (&mut count.board_right, self.board.as_deref_mut())
                {
                    let steps = rig.model.quantise(&answer.values);
                    let said = rig.infer(&steps, Mode::Fused, TensorSet::NONE, &mut |_| {})?;
                    *right += usize::from(Some(said.predicted()) == answer.label);
                }
                self.done += 1;
            }
            let progress = Progress {
                done: self.done,
                total: self.total,
                at,
            };
            if report(progress).is_break() {
                return Err(RobustnessError::Interrupted);
            }
            from = to;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::open_data;
    use cortexscope_explain::float_model::Overrides;

    fn on(_: Progress, _: &Counts) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// A row does not depend on the others, and the model is its own baseline.
    #[test]
    fn rows_repeat_and_a_model_beside_itself_has_its_own_errors() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let data = open_data("mnist", &model).unwrap();
        let networks = || Networks {
            model: &model,
            baseline: Some(&model),
            board: None,
        };
        let settings = Settings {
            seed: 5,
            ..Settings::default()
        };
        let measured = |kinds: &[Kind]| {
            let list: Vec<_> = kinds
                .iter()
                .map(|&kind| Corruption::new(kind, &[5]))
                .collect();
            let count = |inputs: Range<usize>| {
                let mut counts = Counts::begin(None);
                counts
                    .go_on(networks(), &data, inputs, &list, &settings, &mut on)
                    .unwrap();
                counts
            };
            // Parts of it, the second one interrupted after its first row, are the whole.
            let whole = count(0..40);
            let mut parts = count(0..13);
            let mut second = Counts::begin(None);
            let mut once = |_: Progress, counts: &Counts| match counts.rows.len() {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            };
            let ended = second.go_on(networks(), &data, 13..40, &list, &settings, &mut once);
            assert!(ended.is_err() && second.rows.len() == 1 && !second.is_whole(&list));
            second
                .go_on(networks(), &data, 13..40, &list, &settings, &mut on)
                .unwrap();
            assert!(second.fit(&list, 27) && !second.fit(&list, 26));
            parts.join(&second);
            assert_eq!((&parts, parts.inputs()), (&whole, 40));
            whole.measured(&list).unwrap()
        };
        let both = measured(&[Kind::ShotNoise, Kind::Translate]);
        let one = measured(&[Kind::Translate]);
        assert_eq!(both.rows[1], one.rows[0]);
        assert_eq!(both.clean, one.clean);
        for row in &both.rows {
            assert_eq!(row.count.baseline_right, Some(row.count.right));
            assert_eq!((row.count.images, row.count.board_right), (40, None));
        }
        // All of the first 40 digits are right as they are; five pixels aside most are not.
        assert_eq!(both.clean.right, 40);
        assert!(one.rows[0].count.right < 30, "{}", one.rows[0].count.right);
    }

    /// The same network in other units is as often right.
    #[test]
    fn a_baseline_gets_the_same_pictures_in_its_own_units() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let first = model.find("conv1").unwrap();
        let constants = model.layer_constants(first).unwrap().constants;
        let (name, mut weights) = constants.into_iter().next().unwrap();
        let scaled = weights.floats().unwrap().iter().map(|w| w / 255.0);
        weights.values = cortexscope_net::onnx::Values::Float(scaled.collect());
        let mut baseline = model.with_constants(&[(name, weights)].into()).unwrap();
        baseline.spec.input.range = [0.0, 255.0];
        let data = open_data("mnist", &model).unwrap();
        let list = [Corruption::new(Kind::ShotNoise, &[5])];
        let settings = Settings::default();
        let mut counts = Counts::begin(None);
        let networks = Networks {
            model: &model,
            baseline: Some(&baseline),
            board: None,
        };
        counts
            .go_on(networks, &data, 0..40, &list, &settings, &mut on)
            .unwrap();
        let measured = counts.measured(&list).unwrap();
        for count in [measured.clean, measured.rows[0].count] {
            assert_eq!(count.baseline_right, Some(count.right));
        }
        assert_eq!(measured.clean.right, 40);
        // Pictures of another size are not the same pictures.
        baseline.spec.input.size = [32, 32];
        let networks = Networks {
            model: &model,
            baseline: Some(&baseline),
            board: None,
        };
        let refused = Counts::begin(None)
            .go_on(networks, &data, 0..1, &list, &settings, &mut on)
            .unwrap_err();
        assert!(refused.is_request(), "{refused}");
    }
}
