//! The document of `cortexscope brain evolve`, which is also its receipt.

use super::Document;
use cortexscope_brain::neuron::{BoardNeuron, NeuronError};
use cortexscope_net::described;

described! {
    /// The receipt of a search by rates alone. A rate is max(0, r − zero) of the neuron's own
    /// rate r; all rates here are clean, without noise, unless their name says `measured`.
    pub struct Evolve {
        /// Version of the program.
        pub version: String,
        /// The neuron in words.
        pub neuron: String,
        /// The model's name; `null` for a program.
        pub model: Option<String>,
        /// SHA-256 of the model's float ONNX file, in hexadecimal; `null` for a program.
        pub model_sha256: Option<String>,
        /// The target as it was asked for; `null` for a program.
        pub target: Option<String>,
        /// The board that answered; `null` without a board.
        pub board: Option<EvolveBoard>,
        /// The search: `ga`, `cma-es`, `diagonal-cma`, `sphere`, `spsa`, `fdgd` or `random`.
        pub optimiser: String,
        /// Whose settings the search uses.
        pub preset: String,
        /// Where these settings come from.
        pub preset_source: String,
        /// The search's parameters.
        pub parameters: Vec<EvolveParameter>,
        /// The image space: `pixels`, `dct`, `pca`, `decoder` or the path of a decoder.
        pub generator: String,
        /// Values of a code.
        pub dim: usize,
        /// The noise on what the search sees: `none`, `poisson:SCALE` or `multiplicative:SIGMA`.
        pub noise: String,
        /// Seed of the search and of the noise.
        pub seed: u64,
        /// The neuron's own rate that counts as 0.
        pub zero: f64,
        /// Images that the neuron was asked about by the search.
        pub queries_spent: usize,
        /// Of these, the answers that a checkpoint held already.
        pub queries_from_checkpoint: usize,
        /// The clean rate of the image with the greatest measured rate.
        pub best_clean: f64,
        /// The measured rate of that image; under noise it is too great, because it was chosen
        /// for it.
        pub best_measured: f64,
        /// The query that showed that image, from 0.
        pub best_query: usize,
        /// The mean clean rate of the last generation that the budget had room for.
        pub last_generation_mean_clean: f64,
        /// What makes these rates say little, and what to try.
        pub notes: Vec<String>,
        /// The greatest rate known of an image of the space: where the gradient leads, or the
        /// evolved image where that is better. `null` where the neuron has no gradient.
        pub optimum_in_space: Option<f64>,
        /// Where the way to it began; `null` where the neuron has no gradient.
        pub optimum_in_space_start: Option<String>,
        /// The same over all images; `null` where the neuron has no gradient.
        pub optimum_in_pixels: Option<f64>,
        /// Gradients that both optima took; a search has none.
        pub gradients: usize,
        /// The greatest rate of a natural image; `null` without natural images.
        pub natural_best: Option<f64>,
        /// Images that were shown to find it: its own cost in queries, beside the search's.
        pub natural_queries: usize,
        /// Names of the ten natural images with the greatest rates.
        pub natural_top: Vec<NaturalImage>,
        /// Names of the ten natural images with the smallest rates.
        pub natural_bottom: Vec<NaturalImage>,
        /// The rates of natural images by category; empty where no classes are known.
        pub categories: Vec<Category>,
        /// Whether likeness to the evolved image predicts the rates of images that the search
        /// never saw; `null` without natural images.
        pub prediction: Option<LikenessPrediction>,
        /// Every generation.
        pub generations: Vec<EvolveGeneration>,
        /// Seconds that the neuron took for the search's queries.
        pub neuron_seconds: f64,
        /// Seconds that the search itself took: codes and images.
        pub search_seconds: f64,
        /// Path of the best image, `.npy`, [C, H, W], from black 0 to white 1.
        pub image: String,
        /// Path of the trace, `.npy`, [2, queries]: clean and measured rates.
        pub trace: String,
        /// Paths of the pictures.
        pub pictures: Vec<String>,
    }

    /// A board, its link, and whether the host computes the same.
    pub struct EvolveBoard {
        /// The board's name.
        pub name: String,
        /// The link in words.
        pub link: String,
        /// Frames that the board may send before the host looks.
        pub credits: u16,
        /// Frames to the board for the search's queries.
        pub frames_sent: u64,
        /// Frames from the board.
        pub frames_received: u64,
        /// Bytes to the board.
        pub bytes_sent: u64,
        /// Bytes from the board.
        pub bytes_received: u64,
        /// Answers that were compared with tract's, bit by bit.
        pub queries_compared: u64,
        /// Answers that differ.
        pub mismatches: u64,
        /// The first of them; `null` where all are the same.
        pub first_mismatch: Option<RateMismatch>,
    }

    /// A query that board and host answered differently.
    pub struct RateMismatch {
        /// The query, from 0.
        pub query: u64,
        /// The board's own rate.
        pub board: f64,
        /// The host's.
        pub host: f64,
    }

    /// A parameter of a search.
    pub struct EvolveParameter {
        /// Its name.
        pub name: String,
        /// Its value.
        pub value: f64,
    }

    /// A natural image and its rate.
    pub struct NaturalImage {
        /// Its name.
        pub name: String,
        /// Its rate.
        pub rate: f64,
    }

    /// Rates of the natural images of one category.
    pub struct Category {
        /// The category's name.
        pub category: String,
        /// Its images.
        pub images: usize,
        /// The mean of their rates.
        pub mean: f64,
        /// The standard deviation of their rates.
        pub deviation: f64,
    }

    /// How well the correlation of an image's pixels with those of the evolved image predicts
    /// its rate.
    pub struct LikenessPrediction {
        /// Pearson's r; `null` where it is not defined.
        pub pearson: Option<f64>,
        /// Spearman's ρ; `null` where it is not defined.
        pub spearman: Option<f64>,
        /// Images.
        pub images: usize,
    }

    /// One generation.
    pub struct EvolveGeneration {
        /// Queries made before it.
        pub before: usize,
        /// Its images.
        pub images: usize,
        /// The mean of the clean rates.
        pub mean_clean: f64,
        /// The clean rate of the image with the greatest measured rate.
        pub best_clean: f64,
        /// The mean of the measured rates.
        pub mean_measured: f64,
        /// The greatest measured rate.
        pub best_measured: f64,
    }
}

/// The notes of a search that found `clean` rates, one for each image.
pub fn notes(clean: &[f64]) -> Vec<String> {
    let is_silent = clean.iter().all(|rate| *rate <= 0.0);
    let note = "no image of the search had a rate above 0, so that the search saw no difference between them: set \
                --rate-zero lower, or take another --generator";
    is_silent.then(|| note.to_owned()).into_iter().collect()
}

impl Document for Evolve {
    const NAME: &'static str = "evolve";
}

/// What a board that was asked has cost, and whether tract answers the same.
///
/// # Errors
/// tract failed on one of the images.
pub fn board_queries(neuron: &mut BoardNeuron) -> Result<EvolveBoard, NeuronError> {
    let agreement = neuron.agreement()?;
    let cost = neuron.link_cost();
    let session = &neuron.rig().session;
    Ok(EvolveBoard {
        name: session.board().name.clone(),
        link: session.link(),
        credits: session.credits(),
        frames_sent: cost.frames_sent,
        frames_received: cost.frames_received,
        bytes_sent: cost.bytes_sent,
        bytes_received: cost.bytes_received,
        queries_compared: agreement.queries,
        mismatches: agreement.mismatches,
        first_mismatch: agreement.first.map(|first| RateMismatch {
            query: first.query,
            board: first.board,
            host: first.host,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn a_search_that_saw_only_zeros_says_what_to_try() {
        assert_eq!(notes(&[0.0, 0.1]), Vec::<String>::new());
        let found = notes(&[0.0, 0.0]);
        assert!(found[0].contains("--rate-zero"), "{found:?}");
    }
}
