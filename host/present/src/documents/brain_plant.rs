//! The document of `cortexscope brain plant`.

use super::Document;
use cortexscope_net::described;

described! {
    /// Known neurons and a recording of them, for commands that want recorded ones.
    pub struct BrainPlant {
        /// Version of the program.
        pub version: String,
        /// The folder; `--judge` takes it as the neurons themselves.
        pub folder: String,
        /// Path of the images, `.npy`, u8 [N, H, W].
        pub images: String,
        /// Path of the responses, `.npy`, [neurons, N, repeats]: counts of spikes.
        pub responses: String,
        /// Images.
        pub count: usize,
        /// Repeats of each image.
        pub repeats: usize,
        /// Seed of neurons and spikes.
        pub seed: u64,
        /// One entry for each neuron.
        pub neurons: Vec<PlantedNeuron>,
    }

    /// A known neuron: a wave under an envelope.
    pub struct PlantedNeuron {
        /// Its number.
        pub index: usize,
        /// `simple` or `complex`.
        pub kind: String,
        /// Row and column of its middle, in pixels.
        pub centre: [f64; 2],
        /// Direction along which its wave goes, in degrees from the rows' direction.
        pub orientation: f64,
        /// Length of its wave in pixels.
        pub wavelength: f64,
        /// Standard deviation of its envelope in pixels.
        pub sigma: f64,
    }
}

impl Document for BrainPlant {
    const NAME: &'static str = "brain-plant";
}
