//! The document of `cortexscope gallery`.

use super::Document;
use cortexscope_net::described;

described! {
    /// What `cortexscope gallery` drew.
    pub struct Gallery {
        /// Version of the program.
        pub version: String,
        /// Seed of everything random.
        pub seed: u64,
        /// Path of the HTML page that shows every picture.
        pub page: String,
        /// One entry for each picture.
        pub exhibits: Vec<Exhibit>,
    }

    /// One picture.
    pub struct Exhibit {
        /// Path of the PNG file.
        pub picture: String,
        /// The picture's title.
        pub title: String,
        /// A command that makes this picture, or one like it.
        pub command: String,
        /// What the picture shows, in words.
        pub shows: String,
    }
}

impl Document for Gallery {
    const NAME: &'static str = "gallery";
}
