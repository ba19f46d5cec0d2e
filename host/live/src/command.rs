//! What a page may ask for.

use cortexscope_net::input::digit_form::Steps;
use cortexscope_rig::session::Mode;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Bytes of the longest command.
pub const COMMAND_BYTES_MAX: usize = 4096;

/// One command, a JSON object with its name in `type`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// The page has drawn a frame and can take another.
    Shown,
    /// This page's frames go to the board from now on.
    Drive,
    /// Open another board, model or engine.
    Open(Choice),
    /// Which plan runs.
    Mode {
        /// Fused or tapped.
        mode: Mode,
    },
    /// Which steps of the preparation are on.
    Steps(Steps),
    /// One digit of the test set.
    Digit {
        /// Its number.
        index: usize,
    },
    /// Digits of the test set, one after the other.
    Play(Play),
    /// Show the pictures of a camera that the browser cannot reach.
    Camera {
        /// Whose it is.
        of: CameraOf,
    },
    /// Stop the digits and the camera.
    Rest,
    /// Run nothing until told.
    Freeze {
        /// Whether frames wait from now on.
        frozen: bool,
    },
    /// Run one frame while frozen.
    Step,
    /// Map what hiding a patch of the last frame does.
    Occlude(OccludeCommand),
    /// Stop the map that is being made.
    Cancel,
    /// Damage every picture from now on before the board sees it, or none.
    Corrupt {
        /// Nothing for none.
        what: Option<Corrupt>,
    },
    /// Attribute every frame from now on, or none.
    Attribute {
        /// Nothing for none.
        what: Option<Attribute>,
    },
    /// Attack every frame from now on, or none.
    Attack {
        /// Nothing for none.
        what: Option<Attack>,
    },
    /// Grow an input that excites the float network, or stop that.
    Ascend {
        /// Nothing to stop.
        what: Option<Ascend>,
    },
    /// Evolve an image that drives a neuron on the board, stop that, or go on.
    Evolve {
        /// Which of them.
        what: Evolution,
    },
}

/// What a search is to do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evolution {
    /// Begin.
    Start(Evolve),
    /// Stop, and keep what the neuron answered.
    Stop,
    /// Go on with the search that was stopped.
    Resume,
}

/// Images of one search, at most.
pub const QUERIES_MAX: usize = 10_000;

/// A search for an image that drives a neuron on the board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Evolve {
    /// `LAYER:CHANNEL`, `LAYER:CHANNEL:Y:X` or `class:K`.
    pub target: String,
    /// The search, one of [`OPTIMISERS`](cortexscope_brain::optimise::OPTIMISERS).
    pub optimiser: String,
    /// Whose settings it has.
    pub preset: String,
    /// The image space: one of [`GENERATORS`](crate::state::GENERATORS).
    pub generator: String,
    /// Images that the neuron is asked about, from 1 to [`QUERIES_MAX`].
    pub queries: usize,
    /// The seed of the search.
    pub seed: u64,
}

/// Damage to the pictures of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Corrupt {
    /// The name of a [`Kind`](cortexscope_corrupt::Kind).
    pub kind: String,
    /// From 1 to 5.
    pub severity: u8,
    /// The seed of what is random in it.
    pub seed: u64,
}

/// An attribution by the float network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// One of [`METHODS`](cortexscope_explain::attribute::METHODS).
    pub method: String,
    /// The class that is explained; the predicted one without it.
    pub class: Option<u16>,
}

/// An attack on the float network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// The name of one of [`METHODS`](cortexscope_explain::attack::METHODS).
    pub method: String,
    /// How much may change, in pixels from 0 to 1, as the method measures it. A method that
    /// finds the size of its change itself ignores it.
    #[serde(deserialize_with = "real")]
    pub eps: f64,
    /// The class that the frame is to be taken for; any other one without it.
    pub target: Option<u16>,
}

/// A real number. serde_json may keep a number as its text, which an `f64` in a tagged
/// enumeration does not read.
fn real<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let number = number.as_f64();
    number.ok_or_else(|| D::Error::custom("a number is too large"))
}

/// An ascent in the float network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ascend {
    /// `LAYER:CHANNEL`, `LAYER:CHANNEL:Y:X` or `class:K`.
    pub target: String,
    /// The name of one of [`PRESETS`](cortexscope_explain::ascend::PRESETS).
    pub preset: String,
    /// The seed of noise and jitter.
    pub seed: u64,
}

/// A board, a model and an engine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// As `cortexscope boards` names it.
    pub board: String,
    /// A shipped model, or the one that the command line named.
    pub model: String,
    /// The engine on the board.
    pub engine: String,
}

/// Whose camera it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CameraOf {
    /// The host's, through Video4Linux 2.
    Host,
    /// The board's own.
    Board,
}

/// How digits follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    /// Digits a second; as fast as the board goes without it.
    pub per_second: Option<f32>,
    /// The seed of the order; one after the other without it.
    pub seed: Option<u64>,
}

/// An occlusion map to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OccludeCommand {
    /// Rows and columns of the patch.
    pub window: [u16; 2],
    /// Rows and columns from one position to the next.
    pub stride: [u16; 2],
    /// What the patch is filled with, from 0 (black) to 255 (white).
    pub fill: u8,
    /// The class to watch; the predicted one without it.
    pub class: Option<u16>,
}

/// Why a command is refused.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It is longer than any command.
    #[error("The command is longer than {COMMAND_BYTES_MAX} bytes.")]
    TooLong,
    /// It is not a command of this server.
    #[error("This is not a command: {0}")]
    Unknown(#[from] serde_json::Error),
}

impl Command {
    /// Reads a command.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn parse(text: &str) -> Result<Self, CommandError> {
        if text.len() > COMMAND_BYTES_MAX {
            return Err(CommandError::TooLong);
        }
        Ok(serde_json::from_str(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_named() {
        assert_eq!(
            Command::parse(r#"{"type":"digit","index":17}"#).unwrap(),
            Command::Digit { index: 17 }
        );
        let play = Command::parse(r#"{"type":"play","per_second":null,"seed":3}"#).unwrap();
        assert!(matches!(play, Command::Play(Play { seed: Some(3), .. })));
        assert_eq!(
            Command::parse(r#"{"type":"mode","mode":"tapped"}"#).unwrap(),
            Command::Mode { mode: Mode::Tapped }
        );
        for (text, eps) in [
            ("0.25", 0.25),
            ("1", 1.0),
            ("3e-2", 0.03),
            ("-1e300", -1e300),
        ] {
            let line = format!(
                r#"{{"type":"attack","what":{{"method":"fgsm","eps":{text},"target":null}}}}"#
            );
            let command = Command::parse(&line).unwrap();
            let Command::Attack { what: Some(attack) } = command else {
                panic!("{command:?}");
            };
            assert_eq!((attack.eps, attack.target), (eps, None));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "[]",
            "null",
            r#"{"type":"format-disk"}"#,
            r#"{"type":"digit","index":-1}"#,
            r#"{"type":"digit","index":1,"and":2}"#,
            r#"{"type":"mode","mode":"fast"}"#,
        ] {
            assert!(Command::parse(text).is_err(), "{text}");
        }
        let long = format!(r#"{{"type":"step"{}}}"#, " ".repeat(COMMAND_BYTES_MAX));
        assert!(matches!(Command::parse(&long), Err(CommandError::TooLong)));
    }
}
