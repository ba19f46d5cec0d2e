//! Damage to the stream: what corrupts each input before the board sees it.
//!
//! As `cortexscope robustness` does it, and as ImageNet-C and MNIST-C were made: the picture in
//! the size and the levels that the network reads, before its own normalisation, is
//! corrupted and rounded to 8 bits. A test digit takes the stream of its number, so that it is
//! damaged as `cortexscope corrupt KIND mnist:N --stream N` damages it; any other picture takes
//! that of its frame.

use super::command::Corrupt;
use super::stimulus::{Content, Damage, PreparedInput, Stimulus};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_corrupt::{CorruptError, Kind, SEVERITIES, Settings};
use cortexscope_net::input::InputSpec;
use cortexscope_present::causes::in_words;
use cortexscope_study::levels::{LevelsError, levels_of, values_of};

/// Why a picture is not damaged.
#[derive(Debug, thiserror::Error)]
pub(super) enum DamageError {
    /// There is no such kind or severity, or the picture is not one for it.
    #[error(transparent)]
    Corrupt(#[from] CorruptError),
    /// The network reads something else than pictures.
    #[error(transparent)]
    Levels(#[from] LevelsError),
}

/// The kind and the settings that are asked for.
///
/// # Errors
/// There is no such kind or severity.
pub(super) fn parse(corrupt: &Corrupt) -> Result<(Kind, Settings), CorruptError> {
    let kind: Kind = corrupt.kind.parse()?;
    if !SEVERITIES.contains(&corrupt.severity) {
        return Err(CorruptError::Severity(corrupt.severity));
    }
    let settings = Settings {
        severity: corrupt.severity,
        seed: corrupt.seed,
        ..Settings::default()
    };
    Ok((kind, settings))
}

/// Damages the input of frame number `frame`. One that cannot be damaged stays as it is, and
/// says why.
pub(super) fn damage(
    mut input: PreparedInput,
    corrupt: Corrupt,
    stimulus: &Stimulus,
    frame: u64,
    model: &ModelFiles,
) -> PreparedInput {
    let stream = match stimulus.content {
        Content::Digit(index) => index as u64,
        Content::Picture(_) | Content::File(_) => frame,
    };
    let original = input.input.clone();
    let corrupted = corrupted(&model.spec.input, &input.values, &corrupt, stream);
    let error = match corrupted {
        Ok(values) => {
            input.input = model.quantise(&values);
            input.values = values;
            None
        }
        Err(error) => Some(in_words(&error)),
    };
    input.damage = Some(Damage {
        corrupt,
        stream,
        original,
        error,
    });
    input
}

fn corrupted(
    spec: &InputSpec,
    values: &[f32],
    corrupt: &Corrupt,
    stream: u64,
) -> Result<Vec<f32>, DamageError> {
    let (kind, settings) = parse(corrupt)?;
    let settings = Settings { stream, ..settings };
    let picture = levels_of(spec, values)?;
    let corrupted = kind.apply(&picture, &settings)?.rounded();
    Ok(values_of(spec, &corrupted)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::MnistSet;
    use cortexscope_net::input::digit_form::Steps;

    fn corrupt(kind: &str, severity: u8) -> Corrupt {
        Corrupt {
            kind: kind.to_owned(),
            severity,
            seed: 3,
        }
    }

    fn damaged(what: Corrupt) -> PreparedInput {
        let model = ModelFiles::open("lenet5").unwrap();
        let stimulus = Stimulus::digit(18);
        let digits = MnistSet::test_digits().unwrap();
        let input = stimulus.prepare(&model, Steps::ALL, digits).unwrap();
        damage(input, what, &stimulus, 77, &model)
    }

    #[test]
    fn a_digit_is_damaged_by_its_own_stream_and_keeps_its_original() {
        let model = ModelFiles::open("lenet5").unwrap();
        let shown = damaged(corrupt("shot-noise", 5));
        let damage = shown.damage.unwrap();
        assert_eq!((damage.stream, damage.error), (18, None));
        // The digit's levels, damaged by the crate itself.
        let levels = MnistSet::test_digits().unwrap().image(18).unwrap();
        let levels = levels.iter().copied().map(f64::from).collect();
        let picture = cortexscope_corrupt::Picture::new(1, [28, 28], levels).unwrap();
        let settings = Settings {
            severity: 5,
            seed: 3,
            stream: 18,
            ..Settings::default()
        };
        let noisy = Kind::ShotNoise.apply(&picture, &settings).unwrap();
        let spec = &model.spec.input;
        let expected = |picture: &cortexscope_corrupt::Picture| -> Vec<i8> {
            let levels = picture.levels().iter();
            let values: Vec<f32> = levels
                .map(|level| spec.value(0, level.round() as u8))
                .collect();
            model.quantise(&values)
        };
        assert_eq!(shown.input, expected(&noisy));
        assert_eq!(damage.original, expected(&picture));
        assert_ne!(shown.input, damage.original);
    }

    #[test]
    fn what_cannot_be_damaged_stays_and_says_why() {
        for (what, why) in [
            (corrupt("saturate", 1), "grey"),
            (corrupt("toaster", 1), "toaster"),
            (corrupt("fog", 6), "severity 6"),
            (corrupt("fog", 0), "severity 0"),
        ] {
            let shown = damaged(what);
            let damage = shown.damage.unwrap();
            let error = damage.error.unwrap();
            assert!(error.contains(why), "{error}");
            assert_eq!(shown.input, damage.original);
        }
    }
}
