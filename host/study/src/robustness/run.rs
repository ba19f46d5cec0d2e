//! The pass over the data, once for each corruption and severity.

use std::ops::ControlFlow;

use rayon::prelude::*;
use thiserror::Error;

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

/// Right answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Inputs.
    pub images: usize,
    /// Right answers of the float model.
    pub right: usize,
    /// Right answers of the int8 network.
    pub board_right: Option<usize>,
    /// Right answers of the baseline.
    pub baseline_right: Option<usize>,
}

/// One corruption with one severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// From 1 to 5.
    pub severity: u8,
    /// Right answers.
    pub count: Count,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Without a corruption.
    pub clean: Count,
    /// One for each corruption and severity.
    pub rows: Vec<Row>,
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

/// Asks the networks about the first `images` of `data`: as they are, and with each of
/// `corruptions`. Input `n` takes stream `n` of the seed in `settings`, so that a row is the
/// same whichever others are measured. `report` may end it.
///
/// # Errors
/// [`RobustnessError`].
pub fn measure(
    networks: Networks<'_>,
    data: &Data,
    images: usize,
    corruptions: &[Corruption],
    settings: &Settings,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Measured, RobustnessError> {
    data.check_labels()?;
    let images = images.min(data.len());
    let rows = corruptions.iter().flat_map(|corruption| {
        let severities = corruption.severities.iter();
        severities.map(|&severity| (corruption.kind, severity))
    });
    let rows: Vec<_> = rows.collect();
    let mut pass = Pass {
        asked: Asked::new(networks.model)?,
        baseline: networks.baseline.map(Asked::new).transpose()?,
        board: networks.board,
        data,
        images,
        done: 0,
        total: images * (rows.len() + 1),
    };
    let clean = pass.count(None, settings, report)?;
    let rows = rows.into_iter().map(|(kind, severity)| {
        let settings = Settings {
            severity,
            ..*settings
        };
        let count = pass.count(Some((kind, severity)), &settings, report)?;
        Ok::<Row, RobustnessError>(Row {
            kind,
            severity,
            count,
        })
    });
    let rows = rows.collect::<Result<_, _>>()?;
    Ok(Measured { clean, rows })
}

struct Pass<'a> {
    asked: Asked<'a>,
    baseline: Option<Asked<'a>>,
    board: Option<&'a mut Rig>,
    data: &'a Data,
    images: usize,
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
        let mut from = 0;
        while from < self.images {
            let to = (from + CHUNK).min(self.images);
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

    fn on(_: Progress) -> ControlFlow<()> {
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
            measure(networks(), &data, 40, &list, &settings, &mut on).unwrap()
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
        let mut stop = |_: Progress| ControlFlow::Break(());
        let list = [Corruption::new(Kind::Fog, &[1])];
        let ended = measure(networks(), &data, 80, &list, &settings, &mut stop);
        assert!(matches!(ended, Err(RobustnessError::Interrupted)));
    }
}
