//! The document of `cortexscope corrupt`.

use super::Document;
use cortexscope_net::described;

described! {
    /// How a picture was corrupted.
    pub struct Corrupt {
        /// The kind, or `all` for a sheet of all kinds.
        pub corruption: String,
        /// The input, as it was named.
        pub input: String,
        /// From 1 to 5; `null` for a sheet of all severities.
        pub severity: Option<u8>,
        /// Seed of everything that is random.
        pub seed: u64,
        /// The stream of the seed.
        pub stream: u64,
        /// Degrees that were given; `null` for a random angle, or none.
        pub angle: Option<f64>,
        /// Signs along columns and rows that were given; `null` for random ones, or none.
        pub sign: Option<[f64; 2]>,
        /// `definition`, `mnist-c` or `tangent`.
        pub variant: String,
        /// [C, H, W].
        pub shape: [usize; 3],
        /// Greatest change of a level.
        pub greatest_change: f64,
        /// Path of the file.
        pub output: String,
    }
}

impl Document for Corrupt {
    const NAME: &'static str = "corrupt";
}
