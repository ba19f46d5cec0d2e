//! The document of `cortexscope brain control`, which is also its receipt.

use super::Document;
use super::evolve::EvolveBoard;
use cortexscope_brain::control::ControlTrial;
use cortexscope_net::described;

described! {
    /// Images made for a neuron, and the controls. `own` is the score by the model that an image
    /// was made with, which says nothing of control; `judge` is that of a model which it was not
    /// made with. A score is a response in the unit of the responses for `stretch`, and the
    /// softmax of the z-scored responses of all neurons for `ohp`.
    pub struct BrainControl {
        /// Version of the program.
        pub version: String,
        /// `stretch` or `ohp`.
        pub goal: String,
        /// The fit's folder.
        pub fit: String,
        /// The neuron.
        pub neuron: usize,
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
        /// One entry for each seed.
        pub images: Vec<DrivenImage>,
        /// The greatest score of a natural image of the experiment, by the judge; by the own model
        /// where there is no judge, or where the judge has a single neuron and `goal` is `ohp`.
        pub natural_max: f64,
        /// The same by the own model.
        pub natural_max_own: f64,
        /// Number of the natural image that the own model prefers.
        pub natural_image: usize,
        /// Natural images that the greatest is one of.
        pub natural_images: usize,
        /// Share of `images` whose score by the judge exceeds `natural_max`; `null` without a judge.
        pub beyond_natural: Option<f64>,
        /// Share of `images` whose own score exceeds `natural_max_own`.
        pub beyond_natural_own: f64,
        /// The mean correlation of the images of two seeds; `null` for one seed.
        pub seed_similarity: Option<f64>,
        /// What the images are compared with.
        pub controls: Vec<ControlImage>,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Path of the PNG file with all images.
        pub picture: String,
        /// Seconds that it took.
        pub seconds: f64,
    }

    /// An image that was made for the neuron.
    pub struct DrivenImage {
        /// Seed of the first levels and of the shifts.
        pub seed: u64,
        /// The score by the model that it was made with.
        pub own: f64,
        /// The score by the judge; `null` without one, or for `ohp` with a judge of one neuron.
        pub judge: Option<f64>,
        /// Standard deviation of the grey levels, 0 to 255.
        pub contrast: f64,
        /// The z-scored responses of all neurons: by the judge where it has as many as the fit,
        /// else by the fit itself.
        pub population: Vec<f64>,
        /// Path of the PNG file.
        pub file: String,
    }

    /// An image that was not made for the neuron, or was changed.
    pub struct ControlImage {
        /// What it is: `natural`, `natural at the same contrast`, `phase-scrambled`,
        /// `contrast raised` or `made for another neuron`.
        pub name: String,
        /// The seed or the other neuron it was made for; `null` for a natural image.
        pub of: Option<u64>,
        /// The score by the model that the images were made with.
        pub own: f64,
        /// The score by the judge; `null` as in `images`.
        pub judge: Option<f64>,
        /// Standard deviation of the grey levels, 0 to 255.
        pub contrast: f64,
    }
}

impl Document for BrainControl {
    const NAME: &'static str = "brain-control";
}

/// What was answered to the images of a trial; `files` has a path for each.
pub fn driven_images(trial: &ControlTrial, files: &[String]) -> Vec<DrivenImage> {
    let both = trial.images.iter().zip(files);
    let images = both.map(|(image, file)| DrivenImage {
        seed: image.seed,
        own: image.answered.own,
        judge: image.answered.judge,
        contrast: image.answered.contrast,
        population: image.answered.population.clone(),
        file: file.clone(),
    });
    images.collect()
}

/// What was answered to the controls of a trial.
pub fn control_images(trial: &ControlTrial) -> Vec<ControlImage> {
    let controls = trial.controls.iter().map(|control| ControlImage {
        name: control.kind.name().to_owned(),
        of: control.of,
        own: control.answered.own,
        judge: control.answered.judge,
        contrast: control.answered.contrast,
    });
    controls.collect()
}
