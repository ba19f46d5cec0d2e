//! From a float ONNX to an int8 network.
//!
//! ```text
//! reader → compose → import → fuse → calibrate → resolve_rounding_ties → quantise → emit_onnx
//! Graph    Graph    FloatNet FloatNet  Affines   Affines   Network    int8 ONNX
//! ```
//!
//! [`board_image`] writes a network as the bytes that a board runs, by the plan of
//! [`planner`]; [`model_files`] opens what was compiled.
//!
//! tract runs the float network on the calibration inputs and fills the tables of
//! element-wise functions; [`Judge`] runs the int8 ONNX in
//! tract. What is not supported is refused with the node's name, its operator
//! and the reason.
//!
//! ```
//! use cortexscope_compile::model_files::ModelFiles;
//!
//! let model = ModelFiles::open("lecture-lenet")?;
//! let digit = model.input("mnist:18")?;
//! assert_eq!(digit.values.len(), model.image.model().input().bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod accuracy;
mod accuracy_loss;
mod associative_scales;
pub mod board_image;
pub mod calibrate;
mod calibration_set;
mod compose;
pub mod emit_onnx;
pub mod equalise;
pub mod error;
pub mod float_net;
pub mod float_run;
mod fuse;
mod histogram;
mod import;
pub mod judge;
pub mod layer_error;
pub mod layout;
mod lookup;
pub mod model_files;
pub mod network;
mod outline;
pub mod planner;
pub mod progress;
mod quantise;
mod resolve_rounding_ties;
mod save;
mod scale_groups;
mod source_file;
pub mod warnings;
mod weight_scales;

use sha2::{Digest, Sha256};

pub use accuracy::{Accuracy, AccuracyError, Pair, accuracy};
pub use accuracy_loss::accuracy_loss;
pub use board_image::Weights;
pub use calibrate::RangeRule;
pub use calibration_set::{CalibrationSet, calibration_set};
pub use compose::compose;
pub use error::{CompileError, ModelError, Refusal};
pub use judge::{Judge, JudgeError, Trace};
pub use layer_error::LayerError;
pub use outline::Outline;
pub use progress::{Progress, Report, Stage};
pub use save::Saved;
pub use source_file::{SourceError, SourceFile, SourceOverrides};

use cortexscope_net::input::ModelSpec;
use cortexscope_net::onnx::file::decode;
use cortexscope_net::reader::{self, Graph, Hint, ReadError};
use cortexscope_net::{hex, labels};
use emit_onnx::key;
use float_net::FloatNet;
use network::Network;

/// A compiled network.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The network in int8, to be written as a board image.
    pub network: Network,
    /// The same network as an ONNX file: the contract.
    pub int8_onnx: Vec<u8>,
    /// The float network that it was made from.
    pub float: FloatNet,
    /// SHA-256 of the float ONNX file.
    pub source_sha256: [u8; 32],
    /// What the board image holds of the weights.
    pub weights: Weights,
}

/// Takes a network apart and simplifies it.
///
/// # Errors
/// A node is not supported; it is named.
pub fn import(graph: &Graph) -> Result<FloatNet, CompileError> {
    let composed = compose(graph);
    let mut net = import::import(&composed)?;
    let decided = composed.notes.iter().skip(graph.notes.len());
    net.notes.extend(decided.cloned());
    fuse::fuse(net)
}

/// Compiles the float ONNX called `name` that is in one file.
///
/// `calibration` are inputs `[C, H, W]`, made as `spec` says; some hundred are
/// enough. The same arguments always give the same bytes.
///
/// # Errors
/// What is not supported, named; a description or calibration data that does
/// not fit; an interruption by `report`.
pub fn compile(
    onnx: &[u8],
    name: &str,
    spec: &ModelSpec,
    calibration: &[Vec<f32>],
    report: Report<'_>,
) -> Result<Compiled, CompileError> {
    let hint = Hint {
        shape: Some(spec.input.shape()),
        ..Hint::default()
    };
    let model = decode(onnx).map_err(ReadError::from)?;
    let graph = reader::read(model, &hint)?;
    let source = Source {
        graph: &graph,
        sha256: Sha256::digest(onnx).into(),
    };
    compile_graph(&source, name, spec, calibration, report)
}

/// A float network, and the file that it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The network.
    pub graph: &'a Graph,
    /// SHA-256 of its file.
    pub sha256: [u8; 32],
}

/// What can be chosen of a compilation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether channels of unlike scale are brought closer first ([`mod@equalise`]).
    pub equalise: bool,
    /// How ranges follow from the calibration inputs.
    pub ranges: RangeRule,
    /// What the board image holds of the weights.
    pub weights: Weights,
}

/// As [`compile`], of a network that was read.
///
/// # Errors
/// As [`compile`].
pub fn compile_graph(
    source: &Source<'_>,
    name: &str,
    spec: &ModelSpec,
    calibration: &[Vec<f32>],
    report: Report<'_>,
) -> Result<Compiled, CompileError> {
    compile_with(source, name, spec, calibration, Options::default(), report)
}

/// As [`compile_graph`], with options.
///
/// # Errors
/// As [`compile`].
pub fn compile_with(
    source: &Source<'_>,
    name: &str,
    spec: &ModelSpec,
    calibration: &[Vec<f32>],
    options: Options,
    report: Report<'_>,
) -> Result<Compiled, CompileError> {
    let mut float = import(source.graph)?;
    if options.equalise {
        let changed = equalise::equalise(&mut float);
        float.notes.push(match changed.len() {
            0 => "no channels to equalise: no two layers with weights have only Relu, \
                  maxima or means between them, or all channels are alike"
                .to_owned(),
            count => format!(
                "equalised the channels of {count} layers: {}",
                changed.join(", ")
            ),
        });
    }
    spec.input.matches(float.input_shape)?;
    let classes = float
        .layers
        .last()
        .map_or(0, |last| last.shape.iter().product());
    labels::check(&spec.output.labels, classes)?;
    let bounds = spec.input.bounds();
    let mut affines = calibrate::calibrate(&float, options.ranges, bounds, calibration, report)?;
    resolve_rounding_ties::resolve_rounding_ties(&float, &mut affines)?;
    let network = quantise::quantise(&float, &affines, name, &spec.output.labels)?;
    let source_sha256 = source.sha256;
    let metadata = [
        (key::SPEC, spec.to_string()),
        (key::SOURCE_SHA256, hex(&source_sha256)),
    ];
    Ok(Compiled {
        int8_onnx: emit_onnx::emit(&network, &metadata),
        network,
        float,
        source_sha256,
        weights: options.weights,
    })
}
