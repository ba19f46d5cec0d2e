//! Auto-encoders that also predict neurons: are their reconstructions better for it, and which
//! neurons do they predict? In the manner of DAE-NR (arXiv 2111.15309) and of Klindt et al.
//! (2017, CNN-FR).
//!
//! - [`Arm`]: the shipped networks by name;
//! - [`PlantedSession`]: the images and neurons that they were trained on;
//! - [`Session`]: that, or a user's images and responses;
//! - [`AutoEncoder`]: a network with a reconstruction, neurons or both, run on images;
//! - [`ImageQuality`]: MSE, PSNR and SSIM, whose data range is stated;
//! - [`Significance`]: which neurons are predicted, with and without correction for many tests;
//! - [`Group`]: seeds of one architecture together, and the difference of two groups;
//! - [`table()`]: all of them, a row for each architecture;
//! - [`PUBLISHED`]: the paper's own table.

mod arm;
mod error;
mod evaluate;
mod group;
mod location;
mod network;
mod planted_session;
mod published;
mod quality;
mod session;
mod significance;
mod table;

pub use arm::{Arm, Family, NeuronSet, SEEDS};
pub use error::AutoEncodeError;
pub use evaluate::{Evaluation, Task, component_baseline, evaluate};
pub use group::{Difference, Group, Measure};
pub use network::{AutoEncoder, LayerNames};
pub use planted_session::{
    DRIVEN, NEURONS, PlantedSession, SessionError, TEST, TEST_REPEATS, TRAINING, VALIDATION,
};
pub use published::{DATA_RANGE as PUBLISHED_RANGE, PUBLISHED, PublishedArm, Region};
pub use quality::{ImageQuality, Quality};
pub use session::Session;
pub use significance::{Significance, Tested};
pub use table::{Judged, Kind, Row, kind_and_seed, table};
