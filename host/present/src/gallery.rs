//! A gallery of what Cortexscope sees in a network: filters, activations,
//! attributions side by side, ascended inputs, changed digits, and a page that shows them.
//!
//! The shipped networks are always there; AlexNet and SqueezeNet, which cannot
//! be shipped, where a folder has them.

mod ascents;
mod attributions;
mod changes;
mod page;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::scene::filters::{self, FilterPictureError};
use cortexscope_draw::{Drawing, GridLayout, Scale, Theme, activation_grid};
use cortexscope_explain::activations;
use cortexscope_explain::attribute::{ArgumentError, ExplainError};
use cortexscope_explain::filters::Slice;
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Overrides};
use cortexscope_net::RequestError;
use cortexscope_net::input::picture;
use cortexscope_net::output::{self, OutputError, make_folder};

/// Why a gallery cannot be made.
#[derive(Debug, Error)]
pub enum GalleryError {
    /// A model cannot be used.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// An input cannot be explained.
    #[error(transparent)]
    Explain(ExplainError),
    /// A method cannot use an argument.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// Filters cannot be drawn.
    #[error(transparent)]
    Filters(#[from] FilterPictureError),
    /// A picture cannot be drawn.
    #[error(transparent)]
    Picture(#[from] cortexscope_draw::PictureError),
    /// A digit cannot be damaged.
    #[error(transparent)]
    Corrupt(#[from] cortexscope_corrupt::CorruptError),
    /// A photograph cannot be read.
    #[error(transparent)]
    Photograph(#[from] picture::PictureError),
    /// The digits cannot be read.
    #[error(transparent)]
    Digits(#[from] cortexscope_net::input::MnistError),
    /// A picture cannot be encoded.
    #[error(transparent)]
    Encode(#[from] image::ImageError),
    /// The folder cannot be made, or it is a file.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A picture has no such class or layer.
    #[error(transparent)]
    Target(#[from] cortexscope_explain::target::TargetError),
    /// The work was ended from outside.
    #[error("interrupted")]
    Interrupted,
}

impl RequestError for GalleryError {
    fn is_request(&self) -> bool {
        match self {
            Self::Output(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            _ => false,
        }
    }
}

impl From<ExplainError> for GalleryError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::Interrupted => Self::Interrupted,
            error => Self::Explain(error),
        }
    }
}

/// What is made.
#[derive(Clone, Debug)]
pub struct Gallery {
    /// Where the pictures and the page go.
    pub output: PathBuf,
    /// A folder with `models/` and `photos/`, where there is one.
    pub data: Option<PathBuf>,
    /// Seed of all that is random.
    pub seed: u64,
}

/// A picture of the gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct Exhibit {
    /// Its file in the gallery's folder.
    pub file: String,
    /// Its title.
    pub title: &'static str,
    /// The command that makes it, or one like it.
    pub command: String,
    /// What it shows, in words.
    pub alt: String,
}

/// Told what is being made, at every step of it; [`ControlFlow::Break`] ends the work.
pub type Watch<'a> = &'a mut dyn FnMut(&str) -> ControlFlow<()>;

/// A gallery that is being made.
struct Making<'a> {
    gallery: &'a Gallery,
    exhibits: Vec<Exhibit>,
    watch: Watch<'a>,
}

const PAGE: &str = "index.html";
/// Files in the data folder.
const ALEXNET: &str = "models/alexnet_conv.onnx";
const SQUEEZENET: &str = "models/squeezenet_v1.0_dc.onnx";
const LABELS: &str = "photos/imagenet_labels.txt";
const CAT: &str = "photos/tracel_cat.jpg";

impl Gallery {
    /// Makes every picture and the page, and gives what was made.
    ///
    /// # Errors
    /// [`GalleryError`].
    pub fn make(&self, watch: Watch<'_>) -> Result<Vec<Exhibit>, GalleryError> {
        make_folder(&self.output)?;
        let mut making = Making {
            gallery: self,
            exhibits: Vec::new(),
            watch,
        };
        making.lenets()?;
        if let Some(data) = &self.data {
            making.alexnet(data)?;
            making.squeezenet(data)?;
        }
        let html = page::html(&making.exhibits);
        self.write(PAGE, html.as_bytes())?;
        Ok(making.exhibits)
    }

    /// The page that shows everything.
    pub fn page(&self) -> PathBuf {
        self.output.join(PAGE)
    }

    /// A file is there whole or not at all: it has its name when all of it is written.
    fn write(&self, file: &str, bytes: &[u8]) -> Result<(), GalleryError> {
        Ok(output::write(&self.output.join(file), bytes)?)
    }
}

impl Making<'_> {
    fn next(&mut self, what: &str) -> Result<(), GalleryError> {
        match (self.watch)(what) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(GalleryError::Interrupted),
        }
    }

    fn add(
        &mut self,
        file: &str,
        title: &'static str,
        command: &str,
        density: u32,
        drawing: &Drawing,
    ) -> Result<(), GalleryError> {
        let png = drawing.png(Theme::Light, density)?;
        self.gallery.write(file, &png)?;
        self.exhibits.push(Exhibit {
            file: file.to_owned(),
            title,
            command: format!("cortexscope {command}"),
            alt: drawing.alt.clone(),
        });
        Ok(())
    }

    fn lenets(&mut self) -> Result<(), GalleryError> {
        let model = FloatModel::open("lecture-lenet", &Overrides::default())?;
        self.next("filters of the lecture LeNet")?;
        let conv1 = model.find("conv1")?;
        let drawing = filters::draw(&model, conv1, Slice::Auto, Scale::Shared)?;
        let command = "filters lecture-lenet";
        self.add(
            "lenet-filters.png",
            "First filters of the lecture LeNet",
            command,
            2,
            &drawing,
        )?;
        attributions::lenet(self, &model)?;
        ascents::lenet(self, &model)?;
        changes::lenet(self, &model)
    }

    fn alexnet(&mut self, data: &Path) -> Result<(), GalleryError> {
        let Some(model) = open(data, ALEXNET, None)? else {
            return Ok(());
        };
        self.next("filters of AlexNet")?;
        let conv1 = model.find("conv1")?;
        let drawing = filters::draw(&model, conv1, Slice::Auto, Scale::PerMap)?;
        let command = "filters alexnet_conv.onnx --scale per-map";
        self.add(
            "alexnet-filters.png",
            "AlexNet’s 64 first filters",
            command,
            2,
            &drawing,
        )?;
        let cat = data.join(CAT);
        if cat.is_file() {
            self.next("AlexNet on a cat")?;
            let input = model.spec.input.prepare(&picture::open(&cat)?).values;
            for (layer, file, title) in [
                (
                    "relu1",
                    "alexnet-cat-relu1.png",
                    "AlexNet on a cat: the first layer",
                ),
                (
                    "relu3",
                    "alexnet-cat-relu3.png",
                    "AlexNet on a cat: the third layer",
                ),
                (
                    "relu5",
                    "alexnet-cat-relu5.png",
                    "AlexNet on a cat: the last layer, sparser",
                ),
            ] {
                let id = model.find(layer)?;
                let recorded = activations::record(&model, &[id], &input)?;
                let mut maps = crate::scene::activation::maps(&recorded[0]);
                maps.layer = format!("{title}, {layer}");
                let layout = GridLayout {
                    max_width: 1280,
                    px_per_value: (56 / maps.width).max(1) as u32,
                };
                let drawing = activation_grid(&maps, Scale::PerMap, layout)?;
                let command = format!(
                    "activations alexnet_conv.onnx cat.jpg --layer {layer} --scale per-map"
                );
                self.add(file, title, &command, 1, &drawing)?;
            }
        }
        ascents::alexnet(self, &model)
    }

    fn squeezenet(&mut self, data: &Path) -> Result<(), GalleryError> {
        let labels = data.join(LABELS);
        let Some(model) = open(data, SQUEEZENET, Some(labels))? else {
            return Ok(());
        };
        attributions::squeezenet(self, &model, data)?;
        ascents::squeezenet(self, &model)
    }
}

/// A model of the data folder, where it is there.
fn open(
    data: &Path,
    file: &str,
    labels: Option<PathBuf>,
) -> Result<Option<FloatModel>, FloatModelError> {
    let path = data.join(file);
    if !path.is_file() {
        return Ok(None);
    }
    let overrides = Overrides {
        labels: labels.filter(|labels| labels.is_file()),
        ..Overrides::default()
    };
    FloatModel::open(&path.to_string_lossy(), &overrides).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_no_folder_for_a_gallery() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let gallery = Gallery {
            output: file.path().to_owned(),
            data: None,
            seed: 0,
        };
        let error = gallery
            .make(&mut |_| ControlFlow::Continue(()))
            .unwrap_err();
        assert!(error.is_request(), "{error}");
        assert!(error.to_string().ends_with("is a file: give a folder"));
    }
}
