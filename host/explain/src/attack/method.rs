//! The methods of `attack`: what each is called, where it comes from, and what it takes.

use super::ascent::Steps;
use super::ball::Norm;
use super::deepfool::DeepFool;
use super::objective::{Goal, Loss};
use super::one_pixel::OnePixel;
use super::victim::Victim;
use super::{bim, deepfool, fgm_l2, fgsm, one_pixel, pgd, pgd_l2};
use crate::attribute::ExplainError;
use cortexscope_net::random::Random;

/// What a method is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Where it was published.
    pub paper: &'static str,
    /// How the size of its changes is measured.
    pub norm: Norm,
}

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
    bim::INFO,
    pgd::INFO,
    pgd_l2::INFO,
    deepfool::INFO,
    one_pixel::INFO,
];

/// What a method found for one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The changed picture, pixels from 0 to 1, not yet in 8 bits.
    pub picture: Vec<f32>,
    /// What ε is multiplied by, where the change is one step of ε.
    pub direction: Option<Vec<f32>>,
    /// What the derivatives were like.
    pub slopes: Slopes,
}

/// What the derivatives were like that an attack met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slopes {
    /// Derivatives that were computed.
    pub computed: usize,
    /// Those of them that were 0 for every pixel.
    pub flat: usize,
    /// Those of them for which the margin stood in for the cross-entropy.
    pub by_margin: usize,
}

impl Slopes {
    /// Counts one more.
    pub fn add(&mut self, is_flat: bool, loss: Loss) {
        self.computed += 1;
        self.flat += usize::from(is_flat);
        self.by_margin += usize::from(loss == Loss::Margin);
    }

    /// Whether derivatives were computed and all of them were 0.
    pub fn are_flat(&self) -> bool {
        self.computed > 0 && self.flat == self.computed
    }
}

impl Method {
    /// What the method is.
    pub fn info(&self) -> MethodInfo {
        match self {
            Self::Fgsm => fgsm::INFO,
            Self::FgmL2 => fgm_l2::INFO,
            Self::Bim(_) => bim::INFO,
            Self::Pgd(_) => pgd::INFO,
            Self::PgdL2(_) => pgd_l2::INFO,
            Self::DeepFool(_) => deepfool::INFO,
            Self::OnePixel(_) => one_pixel::INFO,
        }
    }

    /// Whether the method takes an ε; the others find the size of the change themselves.
    pub fn takes_eps(&self) -> bool {
        !matches!(self, Self::DeepFool(_) | Self::OnePixel(_))
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
    ) -> Result<Found, ExplainError> {
        match self {
            Self::Fgsm => fgsm::run(victim, picture, goal, eps),
            Self::FgmL2 => fgm_l2::run(victim, picture, goal, eps),
            Self::Bim(steps) => bim::run(victim, picture, goal, eps, steps, random),
            Self::Pgd(steps) => pgd::run(victim, picture, goal, eps, steps, random),
            Self::PgdL2(steps) => pgd_l2::run(victim, picture, goal, eps, steps, random),
            Self::DeepFool(parameters) => deepfool::run(victim, picture, goal, parameters),
            Self::OnePixel(parameters) => one_pixel::run(victim, picture, goal, parameters, random),
        }
    }
}
