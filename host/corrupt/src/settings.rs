//! What a corruption takes, and why it cannot be done.

use thiserror::Error;

use crate::random::Random;

/// Severities, from the mildest to the worst.
pub const SEVERITIES: std::ops::RangeInclusive<u8> = 1..=5;

/// How a picture is corrupted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// From 1 to 5.
    pub severity: u8,
    /// Seed of everything that is random.
    pub seed: u64,
    /// Which stream of the seed: the picture's number in a data set, so that each picture gets
    /// numbers of its own.
    pub stream: u64,
    /// Direction of a motion in degrees, instead of a random one.
    pub angle: Option<f64>,
    /// Signs along columns and rows, instead of random ones; a kind with one sign takes the
    /// first.
    pub sign: Option<[f64; 2]>,
    /// Where a reference departs from the definition.
    pub variant: Variant,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            severity: 1,
            seed: 0,
            stream: 0,
            angle: None,
            sign: None,
            variant: Variant::default(),
        }
    }
}

impl Settings {
    /// The constant of the severity.
    pub(crate) fn pick<T: Copy>(&self, constants: [T; 5]) -> T {
        constants[usize::from(self.severity.clamp(1, 5)) - 1]
    }

    /// The numbers of the seed's stream.
    pub(crate) fn random(&self) -> Random {
        Random::new(self.seed, self.stream)
    }

    /// The sign that was given, or a random one.
    pub(crate) fn one_sign(&self) -> f64 {
        self.sign
            .map_or_else(|| self.random().sign(), |[sign, _]| sign)
    }
}

/// Which form of a corruption, where there are several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    /// As the papers define it.
    #[default]
    Definition,
    /// As the code of MNIST-C does it: gaussian and glass blurs run down columns alone,
    /// because a channel axis is missing there, and a glass blur moves every second pixel.
    MnistC,
    /// A shear moves rows by the tangent of the angle and keeps their distance. Otherwise it
    /// is the affine transformation that MNIST-C was made with: the sine moves them, and the
    /// cosine draws them together.
    Tangent,
}

impl Variant {
    /// All, in the order of the help.
    pub const ALL: [Self; 3] = [Self::Definition, Self::MnistC, Self::Tangent];

    /// Its name on the command line and in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::MnistC => "mnist-c",
            Self::Tangent => "tangent",
        }
    }

    /// What it does, in a phrase.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Definition => "As the papers define it",
            Self::MnistC => {
                "As MNIST-C's code does it: gaussian and glass blurs down the columns alone"
            }
            Self::Tangent => "A shear by the tangent of the angle",
        }
    }

    /// The variant of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.name() == name)
    }
}

/// Why a picture cannot be corrupted.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CorruptError {
    /// A severity that is not one of [`SEVERITIES`].
    #[error(
        "severity {0}: there are severities from {least} to {worst}",
        least = SEVERITIES.start(),
        worst = SEVERITIES.end()
    )]
    Severity(u8),
    /// No direction.
    #[error("an angle of {0}: give a number of degrees")]
    Angle(f64),
    /// The picture is grey, and the kind changes colours.
    #[error("{kind} changes colours, and the picture is grey")]
    Grey {
        /// The kind.
        kind: &'static str,
    },
    /// The kind has no direction to set.
    #[error("{kind} has no {setting} to set")]
    Setting {
        /// The kind.
        kind: &'static str,
        /// What was given.
        setting: &'static str,
    },
    /// The picture is smaller than what the kind needs.
    #[error("{kind} needs a picture of at least {least}×{least} pixels")]
    TooSmall {
        /// The kind.
        kind: &'static str,
        /// Rows and columns.
        least: usize,
    },
    /// Neither grey nor colours.
    #[error("a picture has 1 channel or 3, not {channels}")]
    Channels {
        /// Channels that were given.
        channels: usize,
    },
    /// Another number of levels.
    #[error("{have} levels do not make a picture of {shape:?} [C, H, W]")]
    Size {
        /// What it should be.
        shape: [usize; 3],
        /// Levels that were given.
        have: usize,
    },
    /// A level outside the range.
    #[error("a level is {level}: levels are from 0 to 255")]
    Level {
        /// The level.
        level: f64,
    },
    /// There is no such kind.
    #[error("there is no corruption {name}; there are {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
}
