//! A preset with some of its parameters changed.

use super::{Ascent, Blur, Bound, Optimiser, Parametrisation, Penalty, Preset, StartImage};
use crate::attribute::ExplainError;

/// What is changed in a preset; the preset has what is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AscentChanges {
    /// Where the climb begins.
    pub start_image: Option<StartImage>,
    /// Standard deviation of the noise at the start.
    pub noise: Option<f64>,
    /// What is moved.
    pub parametrisation: Option<ParametrisationKind>,
    /// Amplification of a spectrum by 1/f^decay.
    pub decay: Option<f64>,
    /// Whether colours are moved along their principal axes.
    pub decorrelate: Option<bool>,
    /// How the input is kept in bounds.
    pub bound: Option<BoundKind>,
    /// ‖v‖ of [`BoundKind::Norm`]; given alone it changes the norm of a preset that has one.
    pub norm: Option<f64>,
    /// How a step is made.
    pub optimiser: Option<OptimiserKind>,
    /// Rate of the steps.
    pub rate: Option<f64>,
    /// Weight of Σ|v|.
    pub l1: Option<f64>,
    /// Weight of Σv².
    pub l2: Option<f64>,
    /// Weight of the total variation.
    pub tv: Option<f64>,
    /// β of the total variation.
    pub tv_beta: Option<f64>,
    /// Pixels by which the input is shifted at most.
    pub jitter: Option<usize>,
    /// Standard deviation of the blur in pixels; 0 is no blur.
    pub blur: Option<f64>,
    /// Steps from one blur to the next.
    pub blur_every: Option<usize>,
    /// How many resolutions.
    pub octaves: Option<usize>,
    /// How much finer each octave is than the one before.
    pub octave_ratio: Option<f64>,
    /// Steps of each octave at most.
    pub steps: Option<usize>,
    /// Steps within which the value has to rise.
    pub patience: Option<usize>,
    /// The share by which it has to rise.
    pub rise: Option<f64>,
}

/// A [`Parametrisation`] without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParametrisationKind {
    /// [`Parametrisation::Pixels`].
    Pixels,
    /// [`Parametrisation::Fourier`].
    Fourier,
}

/// A [`Bound`] without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundKind {
    /// [`Bound::None`].
    None,
    /// [`Bound::Clip`].
    Clip,
    /// [`Bound::Sigmoid`].
    Sigmoid,
    /// [`Bound::Norm`].
    Norm,
}

/// An [`Optimiser`] without its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptimiserKind {
    /// [`Optimiser::Plain`].
    Plain,
    /// [`Optimiser::LineSearch`].
    LineSearch,
    /// [`Optimiser::Normalised`].
    Normalised,
    /// [`Optimiser::Adam`].
    Adam,
}

impl OptimiserKind {
    /// The optimiser with this `rate`.
    pub fn with_rate(self, rate: f64) -> Optimiser {
        match self {
            Self::Plain => Optimiser::Plain { rate },
            Self::LineSearch => Optimiser::LineSearch { rate },
            Self::Normalised => Optimiser::Normalised { rate },
            Self::Adam => Optimiser::Adam { rate },
        }
    }
}

impl From<Optimiser> for OptimiserKind {
    fn from(optimiser: Optimiser) -> Self {
        match optimiser {
            Optimiser::Plain { .. } => Self::Plain,
            Optimiser::LineSearch { .. } => Self::LineSearch,
            Optimiser::Normalised { .. } => Self::Normalised,
            Optimiser::Adam { .. } => Self::Adam,
        }
    }
}

impl Preset {
    /// The preset's ascent with `changes`, for a model with an input of `shape`, `[C, H, W]`.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`] says which parameters cannot be used together.
    pub fn with_changes(
        self,
        changes: &AscentChanges,
        shape: [usize; 3],
    ) -> Result<Ascent, ExplainError> {
        let mut ascent = self.ascent(shape);
        if let Some(start_image) = &changes.start_image {
            ascent.start_image = start_image.clone();
        }
        set(&mut ascent.noise, changes.noise);
        ascent.parametrisation = parametrisation(changes, ascent.parametrisation)?;
        set(&mut ascent.decorrelate, changes.decorrelate);
        ascent.bound = bound(changes, ascent.bound)?;
        let optimiser = changes.optimiser.unwrap_or(ascent.optimiser.into());
        ascent.optimiser = optimiser.with_rate(changes.rate.unwrap_or(ascent.optimiser.rate()));
        let Penalty {
            l1,
            l2,
            tv,
            tv_beta,
        } = &mut ascent.penalty;
        set(l1, changes.l1);
        set(l2, changes.l2);
        set(tv, changes.tv);
        set(tv_beta, changes.tv_beta);
        set(&mut ascent.jitter, changes.jitter);
        let [_, height, width] = shape;
        if ascent.jitter >= height.min(width) {
            return Err(ExplainError::Parameter(
                "--jitter must be less than the sides of the input",
            ));
        }
        ascent.blur = blur(changes, ascent.blur);
        set(&mut ascent.octaves.count, changes.octaves);
        set(&mut ascent.octaves.ratio, changes.octave_ratio);
        set(&mut ascent.stop.steps, changes.steps);
        set(&mut ascent.stop.patience, changes.patience);
        set(&mut ascent.stop.rise, changes.rise);
        ascent.check()?;
        Ok(ascent)
    }
}

fn set<T: Copy>(parameter: &mut T, change: Option<T>) {
    if let Some(new) = change {
        *parameter = new;
    }
}

fn parametrisation(
    changes: &AscentChanges,
    preset: Parametrisation,
) -> Result<Parametrisation, ExplainError> {
    let kind = match (changes.parametrisation, preset) {
        (Some(ParametrisationKind::Pixels), _) => Parametrisation::Pixels,
        (Some(ParametrisationKind::Fourier), Parametrisation::Pixels) => {
            Parametrisation::Fourier { decay: 1.0 }
        }
        (_, same) => same,
    };
    match (changes.decay, kind) {
        (Some(decay), Parametrisation::Fourier { .. }) => Ok(Parametrisation::Fourier { decay }),
        (Some(_), Parametrisation::Pixels) => Err(ExplainError::Parameter(
            "--decay is for --parametrisation fourier",
        )),
        (None, same) => Ok(same),
    }
}

fn bound(changes: &AscentChanges, preset: Bound) -> Result<Bound, ExplainError> {
    let norm = match (changes.norm, preset) {
        (None, Bound::Norm(norm)) => Some(norm),
        (given, _) => given,
    };
    Ok(match (changes.bound, preset) {
        (Some(BoundKind::None), _) => Bound::None,
        (Some(BoundKind::Clip), _) => Bound::Clip,
        (Some(BoundKind::Sigmoid), _) => Bound::Sigmoid,
        (Some(BoundKind::Norm), _) | (None, Bound::Norm(_)) => {
            Bound::Norm(norm.ok_or(ExplainError::Parameter("--bound norm needs --norm"))?)
        }
        (None, same) => same,
    })
}

fn blur(changes: &AscentChanges, preset: Option<Blur>) -> Option<Blur> {
    let preset = preset.unwrap_or(Blur {
        sigma: 0.0,
        every: 1,
    });
    let sigma = changes.blur.unwrap_or(preset.sigma);
    let every = changes.blur_every.unwrap_or(preset.every);
    (sigma != 0.0).then_some(Blur { sigma, every })
}

#[cfg(test)]
mod tests {
    use super::super::PRESETS;
    use super::*;

    const SHAPE: [usize; 3] = [1, 28, 28];

    fn changed(preset: Preset, changes: AscentChanges) -> Result<Ascent, String> {
        let made = preset.with_changes(&changes, SHAPE);
        made.map_err(|error| error.to_string())
    }

    #[test]
    fn without_changes_a_preset_is_itself() {
        for preset in PRESETS {
            let same = changed(preset, AscentChanges::default()).unwrap();
            assert_eq!(same, preset.ascent(SHAPE), "{}", preset.name());
        }
    }

    #[test]
    fn a_rate_a_norm_and_a_blur_change_what_the_preset_has() {
        let faster = AscentChanges {
            rate: Some(0.5),
            norm: Some(2.0),
            ..AscentChanges::default()
        };
        let ascent = changed(Preset::Erhan2009, faster.clone()).unwrap();
        assert_eq!(ascent.optimiser, Optimiser::LineSearch { rate: 0.5 });
        assert_eq!(ascent.bound, Bound::Norm(2.0));
        let ascent = changed(Preset::Lecture, faster).unwrap();
        assert_eq!(ascent.bound, Bound::None, "a norm alone bounds nothing");
        let adam = AscentChanges {
            optimiser: Some(OptimiserKind::Adam),
            blur: Some(0.0),
            ..AscentChanges::default()
        };
        let ascent = changed(Preset::Yosinski2015, adam).unwrap();
        assert_eq!(ascent.optimiser, Optimiser::Adam { rate: 0.05 });
        assert_eq!(ascent.blur, None);
        let spectrum = AscentChanges {
            parametrisation: Some(ParametrisationKind::Fourier),
            ..AscentChanges::default()
        };
        let ascent = changed(Preset::Lecture, spectrum).unwrap();
        assert_eq!(
            ascent.parametrisation,
            Parametrisation::Fourier { decay: 1.0 }
        );
    }

    #[test]
    fn changes_that_need_another_are_refused() {
        let refused = |preset, changes, words: &str| {
            let error = changed(preset, changes).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        let none = AscentChanges::default;
        let decay = Some(2.0);
        refused(
            Preset::Lecture,
            AscentChanges { decay, ..none() },
            "--decay",
        );
        let bound = Some(BoundKind::Norm);
        refused(Preset::Lecture, AscentChanges { bound, ..none() }, "--norm");
        let jitter = Some(28);
        refused(
            Preset::Lecture,
            AscentChanges { jitter, ..none() },
            "--jitter",
        );
        let rate = Some(-1.0);
        refused(
            Preset::Lecture,
            AscentChanges { rate, ..none() },
            "the rate",
        );
    }
}
