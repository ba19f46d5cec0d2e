//! The pass over the data, once for each corruption and severity.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;
use thiserror::Error;

use super::counts::{Counts, named};
use super::measured::Count;
use super::suite::Corruption;
use crate::data::{Data, DataError};
use crate::levels::{LevelsError, levels_of, values_of};
use cortexscope_corrupt::{CorruptError, Kind, Settings};
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Forward};
use cortexscope_net::RequestError;
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
    /// A model cannot be run, or has no classes.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The input is no picture.
    #[error(transparent)]
    Levels(#[from] LevelsError),
    /// The corruption does not fit the pictures.
    #[error(transparent)]
    Corrupt(#[from] CorruptError),
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
            Self::Model(error) => error.is_request(),
            Self::Levels(error) => error.is_request(),
            Self::Corrupt(_) => true,
            Self::Board(_) | Self::Interrupted => false,
        }
    }
}

/// One model that is asked.
struct Asked<'a> {
    model: &'a FloatModel,
    forward: Forward,
}

impl<'a> Asked<'a> {
    fn new(model: &'a FloatModel) -> Result<Self, FloatModelError> {
        let logits = model.logits()?;
        let forward = Forward::new(model, &[logits])?;
        Ok(Self { model, forward })
    }

    /// The input as the model gets it, and its class.
    fn input(
        &self,
        data: &Data,
        index: usize,
        corruption: Option<(Kind, &Settings)>,
    ) -> Result<(Vec<f32>, Option<usize>), RobustnessError> {
        let spec = &self.model.spec.input;
        let input = data.input(index)?;
        let Some((kind, settings)) = corruption else {
            return Ok((input.values, input.label));
        };
        let picture = levels_of(spec, &input.values)?;
        let settings = Settings {
            stream: index as u64,
            ..*settings
        };
        let corrupted = kind.apply(&picture, &settings)?.rounded();
        Ok((values_of(spec, &corrupted)?, input.label))
    }

    fn class(&self, values: &[f32]) -> Result<Option<usize>, RobustnessError> {
        let logits = self.forward.run(values)?;
        Ok(logits.first().and_then(|logits| first_greatest(logits)))
    }
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
        let inputs = inputs.start..inputs.end.min(data.len());
        let mut rows = vec![None];
        rows.extend(named(corruptions).map(Some));
        let mut pass = Pass {
            asked: Asked::new(networks.model)?,
            baseline: networks.baseline.map(Asked::new).transpose()?,
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
    asked: Asked<'a>,
    baseline: Option<Asked<'a>>,
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
                let (values, label) = asked.input(data, index, corruption)?;
                let is_right = asked.class(&values)? == label;
                let is_baseline_right = baseline.map(|baseline| {
                    let (values, label) = baseline.input(data, index, corruption)?;
                    Ok::<bool, RobustnessError>(baseline.class(&values)? == label)
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
}
