//! Inputs by name, for a model on a board whose camera may take some of them.

use crate::Rig;
use crate::session::SessionError;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::RequestError;
use cortexscope_net::input::{CAMERA, InputError, Int8Input};

/// Inputs in the order in which they were named. Files are opened; pictures of the
/// board's camera are still to be taken.
#[derive(Clone, Debug)]
pub struct Inputs {
    sources: Vec<Source>,
}

#[derive(Clone, Debug)]
enum Source {
    Opened(Int8Input),
    Camera,
}

/// Why a picture cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The board has no camera.
    #[error(
        "{board} has no camera: give a picture; `--board native --sensor PICTURE` looks at one"
    )]
    NoCamera {
        /// The board.
        board: String,
    },
    /// The board does not answer as it should.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl RequestError for CaptureError {
    fn is_request(&self) -> bool {
        matches!(self, Self::NoCamera { .. })
    }
}

impl Inputs {
    /// Opens what `names` stand for, as `model` wants it: `mnist:18`, an array, a
    /// picture, or `camera` for the board's own. No board is needed yet.
    ///
    /// # Errors
    /// [`InputError`] of the first that cannot be opened.
    pub fn open(names: &[String], model: &ModelFiles) -> Result<Self, InputError> {
        let sources = names.iter().map(|name| {
            Ok(match name.as_str() {
                CAMERA => Source::Camera,
                name => Source::Opened(model.input(name)?),
            })
        });
        let sources = sources.collect::<Result<_, InputError>>()?;
        Ok(Self { sources })
    }

    /// The inputs; the board of `rig` takes its pictures now.
    ///
    /// # Errors
    /// [`CaptureError`].
    pub fn take(self, rig: &mut Rig) -> Result<Vec<Int8Input>, CaptureError> {
        let mut inputs = Vec::with_capacity(self.sources.len());
        for source in self.sources {
            inputs.push(match source {
                Source::Opened(input) => input,
                Source::Camera => {
                    let board = rig.session.board();
                    if board.camera.is_none() {
                        let board = board.name.clone();
                        return Err(CaptureError::NoCamera { board });
                    }
                    let picture = rig.session.capture()?;
                    rig.model.captured(picture)
                }
            });
        }
        Ok(inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Engine, FarEnd, find};
    use crate::session::Cancel;
    use image::{GrayImage, Luma};

    fn native(sensor: Vec<GrayImage>) -> Rig {
        let model = ModelFiles::open("lecture-lenet").unwrap();
        let board = find("native").unwrap();
        let here = FarEnd::Here { sensor };
        Rig::open(board, Engine::Static, model, here, Cancel::default()).unwrap()
    }

    #[test]
    fn the_camera_takes_its_place_among_the_files() {
        let names = ["mnist:0", "camera", "mnist:1"].map(str::to_owned);
        let mut rig = native(vec![GrayImage::from_pixel(40, 40, Luma([200]))]);
        let inputs = Inputs::open(&names, &rig.model).unwrap();
        let inputs = inputs.take(&mut rig).unwrap();
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["mnist-0", "camera", "mnist-1"]);
    }

    #[test]
    fn a_board_without_a_camera_is_the_requests_fault() {
        let mut rig = native(Vec::new());
        let inputs = Inputs::open(&["camera".to_owned()], &rig.model).unwrap();
        let error = inputs.take(&mut rig).unwrap_err();
        assert!(error.is_request(), "{error}");
        assert!(Inputs::open(&["no/such/file.png".to_owned()], &rig.model).is_err());
    }
}
