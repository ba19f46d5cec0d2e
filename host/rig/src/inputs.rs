//! Inputs by name, for a model on a board whose camera may take some of them.

use crate::Rig;
use crate::session::SessionError;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::RequestError;
use cortexscope_net::input::{CAMERA, InputError, Int8Input, picture};
use image::GrayImage;
use image::imageops::thumbnail;
use std::path::Path;

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
    /// The board makes its input of this picture, or of one that its camera takes.
    OnBoard {
        argument: String,
        picture: Option<GrayImage>,
    },
}

/// The longer side of a picture that a board makes its input of, as a small camera has it:
/// the board keeps it in its arena, four times.
pub const FRAME_SIDE: u32 = 160;

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

    /// The pictures that `names` stand for, or `camera`, of which the board makes its inputs:
    /// grey, their longer side at most [`FRAME_SIDE`].
    ///
    /// # Errors
    /// [`InputError`] of the first that is no picture.
    pub fn on_board(names: &[String]) -> Result<Self, InputError> {
        let sources = names.iter().map(|name| {
            let picture = match name.as_str() {
                CAMERA => None,
                name => Some(frame(picture::open(Path::new(name))?.into_grey())),
            };
            Ok(Source::OnBoard {
                argument: name.clone(),
                picture,
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
                    has_camera(rig)?;
                    let picture = rig.session.capture()?;
                    rig.model.captured(picture)
                }
                Source::OnBoard { argument, picture } => {
                    if picture.is_none() {
                        has_camera(rig)?;
                    }
                    let digit = rig.form(picture.as_ref())?;
                    formed(argument, &digit, &rig.model)
                }
            });
        }
        Ok(inputs)
    }
}

fn has_camera(rig: &Rig) -> Result<(), CaptureError> {
    let board = rig.session.board();
    if board.camera.is_some() {
        return Ok(());
    }
    let board = board.name.clone();
    Err(CaptureError::NoCamera { board })
}

/// A picture as a small camera has it.
fn frame(picture: GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if longer <= FRAME_SIDE {
        return picture;
    }
    let [width, height] = [width, height].map(|side| (side * FRAME_SIDE / longer).max(1));
    thumbnail(&picture, width, height)
}

/// The input that a board made.
fn formed(argument: String, digit: &GrayImage, model: &ModelFiles) -> Int8Input {
    let stem = Path::new(&argument).file_stem();
    Int8Input {
        name: stem.map_or_else(|| argument.clone(), |stem| stem.display().to_string()),
        values: digit
            .as_raw()
            .iter()
            .map(|&level| model.grey(level))
            .collect(),
        label: None,
        notes: vec!["the board made its input in MNIST's form".to_owned()],
        stages: Vec::new(),
        argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Engine, FarEnd, find};
    use crate::session::Cancel;
    use image::Luma;

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
    fn a_board_makes_its_input_of_a_file_and_of_its_cameras_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stroke.png");
        let stroke = |x: u32| if (150..170).contains(&x) { 40 } else { 210 };
        let picture = GrayImage::from_fn(320, 240, |x, y| {
            Luma([if (40..200).contains(&y) {
                stroke(x)
            } else {
                210
            }])
        });
        picture.save(&path).unwrap();
        let names = [path.to_str().unwrap(), "camera"].map(str::to_owned);
        let mut rig = native(vec![frame(picture)]);
        let inputs = Inputs::on_board(&names).unwrap().take(&mut rig).unwrap();
        assert_eq!(inputs[0].name, "stroke");
        assert_eq!(inputs[0].values, inputs[1].values);
        let row = &inputs[0].values[14 * 28..15 * 28];
        assert_eq!((row[0], row.iter().max()), (-128, Some(&127)));
        assert!(Inputs::on_board(&["mnist:0".to_owned()]).is_err());
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
