//! The methods of `attack`: what each is called, where it comes from, and what it takes.

use super::ascent::Steps;
use super::changes::{MethodChanges, Preset};
use super::deepfool::DeepFool;
use super::found::{ChangedPicture, MethodInfo};
use super::objective::Goal;
use super::one_pixel::OnePixel;
use super::victim::Victim;
use super::{deepfool, fgm_l2, fgsm, one_pixel, projected};
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;

/// A method with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// One step of ε along the sign.
    Fgsm,
    /// One step of length ε along the gradient.
    FgmL2,
    /// Steps along the sign, from the input.
    Bim(Steps),
    /// Steps along the sign, within a cube.
    Pgd(Steps),
    /// Steps along the gradient, within a sphere.
    PgdL2(Steps),
    /// Steps to the nearest linearised boundary.
    DeepFool(DeepFool),
    /// One pixel, found by differential evolution.
    OnePixel(OnePixel),
}

/// Every method's description, in the order of the help.
pub const METHODS: [MethodInfo; 7] = [
    fgsm::INFO,
    fgm_l2::INFO,
    projected::BIM,
    projected::PGD,
    projected::PGD_L2,
    deepfool::INFO,
    one_pixel::INFO,
];

/// The method called `name`.
pub fn find(name: &str) -> Option<MethodInfo> {
    METHODS.into_iter().find(|info| info.name == name)
}

impl Method {
    /// The method of this name for changes of size `eps`, with its parameters as far as they
    /// are not changed; `None` where there is no such method.
    pub fn with_changes(name: &str, changes: &MethodChanges, eps: f64) -> Option<Self> {
        Some(match name {
            "fgsm" => Self::Fgsm,
            "fgm-l2" => Self::FgmL2,
            "bim" => Self::Bim(projected::bim_steps(changes)),
            "pgd" => Self::Pgd(projected::pgd_steps(changes)),
            "pgd-l2" => Self::PgdL2(projected::pgd_l2_steps(changes, eps)),
            "deepfool" => Self::DeepFool(DeepFool::with_changes(changes)),
            "one-pixel" => Self::OnePixel(OnePixel::with_changes(changes)),
            _ => return None,
        })
    }

    /// The method of this name for changes of size `eps`, with the parameters that
    /// `cortexscope attack` takes where none are given; `None` where there is no such method.
    pub fn standard(name: &str, eps: f64) -> Option<Self> {
        Self::with_changes(name, &MethodChanges::default(), eps)
    }

    /// The ε of this method where none is given; `None` for one that takes none.
    pub fn standard_eps(&self) -> Option<f64> {
        let eps = Preset::default().eps(self.info().norm);
        self.takes_eps().then_some(eps)
    }

    /// What the method is.
    pub fn info(&self) -> MethodInfo {
        match self {
            Self::Fgsm => fgsm::INFO,
            Self::FgmL2 => fgm_l2::INFO,
            Self::Bim(_) => projected::BIM,
            Self::Pgd(_) => projected::PGD,
            Self::PgdL2(_) => projected::PGD_L2,
            Self::DeepFool(_) => deepfool::INFO,
            Self::OnePixel(_) => one_pixel::INFO,
        }
    }

    /// Whether the method takes an ε; the others find the size of the change themselves.
    pub fn takes_eps(&self) -> bool {
        self.info().takes_eps
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ExplainError::Parameter`] says which is out of range.
    pub fn check(&self) -> Result<(), ExplainError> {
        match self {
            Self::Fgsm | Self::FgmL2 => Ok(()),
            Self::Bim(steps) | Self::Pgd(steps) | Self::PgdL2(steps) => steps.check(),
            Self::DeepFool(parameters) => parameters.check(),
            Self::OnePixel(parameters) => parameters.check(),
        }
    }

    /// Attacks one picture `[C, H, W]`, pixels from 0 to 1. A method that takes no ε
    /// ignores it.
    ///
    /// # Errors
    /// The model cannot be run, or the work is to end.
    pub fn run(
        &self,
        victim: &mut Victim<'_>,
        picture: &[f32],
        goal: Goal,
        eps: f64,
        random: &mut Random,
    ) -> Result<ChangedPicture, ExplainError> {
        match self {
            Self::Fgsm => fgsm::run(victim, picture, goal, eps),
            Self::FgmL2 => fgm_l2::run(victim, picture, goal, eps),
            Self::Bim(steps) | Self::Pgd(steps) | Self::PgdL2(steps) => {
                let ball = (self.info().norm, eps);
                projected::run(victim, picture, goal, ball, steps, random)
            }
            Self::DeepFool(parameters) => deepfool::run(victim, picture, goal, parameters),
            Self::OnePixel(parameters) => one_pixel::run(victim, picture, goal, parameters, random),
        }
    }
}
