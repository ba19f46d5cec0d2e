//! The document of `cortexscope brain sites`, which is also its receipt.

use super::Document;
use super::brain_control::{ControlImage, DrivenImage, control_images, driven_images};
use super::evolve::EvolveBoard;
use cortexscope_brain::control::ControlTrial;
use cortexscope_net::described;

described! {
    /// Several neurons, each driven in both ways. Scores are as in `brain control`.
    pub struct BrainSites {
        /// Version of the program.
        pub version: String,
        /// The fit's folder.
        pub fit: String,
        /// The judge as it was named; `null` without one.
        pub judge: Option<String>,
        /// The board that judged, and what the link carried; `null` without one.
        pub board: Option<EvolveBoard>,
        /// Steps of each image.
        pub steps: usize,
        /// Size of a step, of grey levels from −1 to 1.
        pub rate: f64,
        /// Pixels by which the image is shifted at most before a step.
        pub jitter: usize,
        /// Weight of the total variation.
        pub variation: f64,
        /// One entry for each neuron.
        pub sites: Vec<DrivenSite>,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Path of the PNG file with the figure.
        pub picture: String,
        /// Seconds that it took.
        pub seconds: f64,
    }

    /// A neuron that was driven in both ways.
    pub struct DrivenSite {
        /// The neuron.
        pub neuron: usize,
        /// Images that raise its response.
        pub stretch: DrivenGoal,
        /// Images that raise its response alone.
        pub ohp: DrivenGoal,
    }

    /// A neuron that was driven in one way.
    pub struct DrivenGoal {
        /// One entry for each seed.
        pub images: Vec<DrivenImage>,
        /// The greatest score of a natural image of the experiment, by the judge; by the own model
        /// where there is no judge, or where the judge has a single neuron and the goal is `ohp`.
        pub natural_max: f64,
        /// The same by the own model.
        pub natural_max_own: f64,
        /// Number of the natural image that the own model prefers.
        pub natural_image: usize,
        /// Share of `images` whose score by the judge exceeds `natural_max`; `null` without a
        /// judge.
        pub beyond_natural: Option<f64>,
        /// Share of `images` whose own score exceeds `natural_max_own`.
        pub beyond_natural_own: f64,
        /// What the images are compared with.
        pub controls: Vec<ControlImage>,
    }
}

impl Document for BrainSites {
    const NAME: &'static str = "brain-sites";
}

/// A trial; `files` has the path of each of its images.
pub fn driven_goal(trial: &ControlTrial, files: &[String]) -> DrivenGoal {
    DrivenGoal {
        images: driven_images(trial, files),
        natural_max: trial.natural_max_judge.unwrap_or(trial.natural_max_own),
        natural_max_own: trial.natural_max_own,
        natural_image: trial.natural_image,
        beyond_natural: trial.beyond_judge(),
        beyond_natural_own: trial.beyond_own(),
        controls: control_images(trial),
    }
}
