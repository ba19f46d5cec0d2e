//! What may be chosen of the methods' parameters, and the published values that hold where
//! nothing is.

use super::ascent::Start;
use super::ball::Norm;

/// ε of the methods that measure L2, for digits of 28×28.
const EPS_L2: f64 = 2.0;

/// Published values of ε, step and steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Digits (Madry et al. 2018, section 5).
    #[default]
    Mnist,
    /// Small photographs (Madry et al. 2018, section 5).
    Cifar10,
    /// Photographs (Kurakin et al. 2017).
    Imagenet,
}

impl Preset {
    /// All, in the order of the help.
    pub const ALL: [Self; 3] = [Self::Mnist, Self::Cifar10, Self::Imagenet];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Cifar10 => "cifar10",
            Self::Imagenet => "imagenet",
        }
    }

    /// The preset of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Its values and where they are from, in a phrase.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Mnist => "ε 0.3, 40 steps of 0.01 (Madry et al. 2018, MNIST)",
            Self::Cifar10 => "ε 8/255, 7 steps of 2/255 (Madry et al. 2018, CIFAR-10)",
            Self::Imagenet => "ε 4/255, steps of 1/255, as many as reach it (Kurakin et al. 2017)",
        }
    }

    /// ε, as `norm` measures it.
    pub fn eps(self, norm: Norm) -> f64 {
        match (norm, self) {
            (Norm::Euclidean, _) => EPS_L2,
            (Norm::Greatest, Self::Mnist) => 0.3,
            (Norm::Greatest, Self::Cifar10) => 8.0 / 255.0,
            (Norm::Greatest, Self::Imagenet) => 4.0 / 255.0,
        }
    }

    /// The size of a step along the sign.
    pub fn rate(self) -> f64 {
        match self {
            Self::Mnist => 0.01,
            Self::Cifar10 => 2.0 / 255.0,
            Self::Imagenet => 1.0 / 255.0,
        }
    }

    /// The number of steps.
    pub fn steps(self) -> usize {
        match self {
            Self::Mnist => 40,
            Self::Cifar10 => 7,
            // The lesser of ε + 4 and 1.25 ε levels.
            Self::Imagenet => 5,
        }
    }
}

/// What is changed of a method's parameters; the rest is as its file has it, or as the preset
/// does. Each method takes what it has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MethodChanges {
    /// The values that hold where nothing else is said.
    pub preset: Preset,
    /// The size of a step, as ε is measured.
    pub step: Option<f64>,
    /// Number of steps, or of generations; of methods that end by themselves the greatest.
    pub steps: Option<usize>,
    /// Where the steps start.
    pub start: Option<Start>,
    /// By which share DeepFool lengthens its change at the end.
    pub overshoot: Option<f64>,
    /// Other classes that DeepFool looks at.
    pub rivals: Option<usize>,
    /// Candidates in each generation of one-pixel.
    pub population: Option<usize>,
}
