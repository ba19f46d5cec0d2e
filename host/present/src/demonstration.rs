//! A demonstration: what a board did with some inputs, as pictures and tables.

mod document;
mod report;
mod run;

pub use run::Step;

use crate::scene;
use crate::terminal::{self, Style};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_draw::{
    ActivationMaps, ClassScores, Drawing, GridLayout, Occlusion, Palette, PictureError,
    ProbabilityRange, Scale, Theme, activation_grid, class_scores, occlusion_map,
};
use cortexscope_rig::measure::Measurement;
use cortexscope_rig::session::{
    BoardIdentity, MemoryReport, Mode, OccludeRequest, OcclusionMap, Statistics,
};
use cortexscope_rig::{Recording, softmax};
use std::io;
use std::path::{Path, PathBuf};

/// Widest picture, in pixels of the page.
const PICTURE_WIDTH_PX: u32 = 1200;
/// Picture files have two pixels for each of the page's.
const DENSITY: u32 = 2;

/// One input and everything that the board made of it.
pub struct InputResult {
    /// What the input is on the command line.
    pub argument: String,
    /// What the input is called.
    pub name: String,
    /// int8 `[C, H, W]`.
    pub values: Vec<i8>,
    /// The class that it is, where that is known.
    pub expected: Option<usize>,
    /// What was done to make the input.
    pub notes: Vec<String>,
    /// Every layer.
    pub recording: Recording,
    /// The occlusion map.
    pub occlusion: OcclusionMap,
}

/// All of a demonstration.
pub struct Demonstration<'a> {
    /// The plan that ran.
    pub mode: Mode,
    /// The patch, its step and the class.
    pub request: OccludeRequest,
    /// Its fill as a grey level.
    pub fill_level: u8,
    /// One for each input.
    pub trials: Vec<InputResult>,
    /// The memory, planned and measured, in every mode.
    pub measurements: Vec<Measurement>,
    /// What the linker gave.
    pub memory: MemoryReport,
    /// The board.
    pub board: BoardIdentity,
    /// The link in words.
    pub link: String,
    /// What the link went through.
    pub statistics: Statistics,
    /// The model.
    pub model: &'a ModelFiles,
}

/// Why a demonstration cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something that cannot be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A file that cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A picture that cannot be encoded.
    #[error("cannot write {}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: image::ImageError,
    },
}

impl Demonstration<'_> {
    /// Writes what was run and found for a terminal.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn say(&self, out: &mut dyn io::Write, style: Style) -> io::Result<()> {
        let build = self
            .board
            .elf_build_id_hex()
            .unwrap_or_else(|| "none".to_owned());
        let title = format!("{} on {}", self.model.name, self.board.name);
        writeln!(out, "{}", style.strong(&title))?;
        let facts = [
            format!("engine {}, ELF build id {build}", self.board.engine),
            format!("model SHA-256 {}", self.model.hash_hex()),
            format!("link {}", self.link),
        ];
        for fact in facts {
            for line in style.dim_lines(&fact) {
                writeln!(out, "{line}")?;
            }
        }
        writeln!(out)?;
        terminal::report(out, style, &self.report())
    }

    /// Writes a folder of pictures per input into `folder`.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write_pictures(&self, folder: &Path) -> Result<(), WriteError> {
        for trial in &self.trials {
            let folder = folder.join(&trial.name);
            std::fs::create_dir_all(&folder).map_err(|source| WriteError::File {
                path: folder.clone(),
                source,
            })?;
            for (name, drawing) in self.drawings(trial)? {
                let path = folder.join(name).with_extension("png");
                let picture = drawing.raster(Theme::Light, DENSITY);
                picture.save(&path).map_err(|source| WriteError::Encode {
                    path: path.clone(),
                    source,
                })?;
            }
        }
        Ok(())
    }

    /// Every picture of one input, by file name.
    fn drawings(&self, trial: &InputResult) -> Result<Vec<(String, Drawing)>, PictureError> {
        let maps = self.maps(trial);
        let layout = GridLayout::for_network(&maps, PICTURE_WIDTH_PX);
        let mut drawings = Vec::new();
        for (number, maps) in maps.iter().enumerate() {
            let name = format!("{number:02}-{}", maps.layer.replace(['/', '\\', ':'], "_"));
            drawings.push((name, activation_grid(maps, Scale::Shared, layout)?));
        }
        drawings.push(("scores".to_owned(), class_scores(&self.scores(trial))?));
        let occlusion = self.occlusion(trial);
        for (name, palette) in [
            ("occlusion", Palette::Lecture),
            ("occlusion-colour-blind-safe", Palette::ColourBlindSafe),
        ] {
            let drawing = occlusion_map(&occlusion, palette, ProbabilityRange::ZeroToOne)?;
            drawings.push((name.to_owned(), drawing));
        }
        Ok(drawings)
    }

    /// The input and every layer as maps, the logits too.
    fn maps(&self, trial: &InputResult) -> Vec<ActivationMaps> {
        let view = self.model.image.model();
        let activations = trial.recording.activations.iter();
        activations
            .map(|activation| scene::maps(&view, activation))
            .chain([scene::logits(&view, &trial.recording)])
            .collect()
    }

    fn occlusion(&self, trial: &InputResult) -> Occlusion {
        let map = &trial.occlusion;
        scene::occlusion(
            self.model,
            &trial.values,
            &self.request,
            self.fill_level,
            map,
        )
    }

    /// The class probabilities of one input.
    fn scores(&self, trial: &InputResult) -> ClassScores {
        let probabilities = softmax(&trial.recording.logits);
        ClassScores {
            labels: (0..probabilities.len())
                .map(|class| self.model.label(class))
                .collect(),
            probabilities,
            expected: trial.expected,
        }
    }
}
