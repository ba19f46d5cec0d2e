//! One HTML file that says what a board did: what was run, each input with
//! every layer's maps, what it cost, and where the memory went.
//!
//! The page needs nothing but itself: pictures are inline SVG with embedded
//! PNGs, the font is embedded, and there is no script. It follows the reader's
//! light or dark theme, and can be printed.

mod cost;
mod input_result;
mod memory;
mod page;
mod run;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub(crate) use cost::extent;

use crate::documents;
use cortexscope_draw::{
    ActivationMaps, ArenaPlan, ClassScores, MemoryBar, Occlusion, PictureError,
};

/// All that a report shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportData {
    /// What was run.
    pub run: Run,
    /// The inputs, in the order they were run.
    pub trials: Vec<InputResult>,
    /// Where flash and RAM went.
    pub memory: Memory,
    /// What the link went through, frames, bytes and retries.
    pub link: Vec<Fact>,
    /// For every result what is needed to get it again.
    pub receipts: Vec<Receipt>,
}

/// What was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The board.
    pub board: String,
    /// Whether the board is emulated; then no time is ever shown.
    pub emulated: bool,
    /// What [`LayerCost::count`] and [`InputResult::count`] count.
    pub counter: Counter,
    /// The engine.
    pub engine: String,
    /// The firmware's ELF build id, in hexadecimal.
    pub elf_build_id: String,
    /// The model.
    pub model: String,
    /// SHA-256 of the board image, in hexadecimal.
    pub model_sha256: String,
    /// The protocol's version.
    pub protocol: String,
    /// What else was chosen: mode, link, seed.
    pub settings: Vec<Fact>,
    /// The commands that do the same again.
    pub commands: Vec<String>,
}

impl Run {
    /// A count, where this board counts at all.
    pub(crate) fn counted(&self, count: Option<u64>) -> Option<u64> {
        count.filter(|_| self.counter != Counter::Nothing)
    }
}

/// What a board counts while it computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Instructions that were executed.
    Instructions,
    /// Cycles of the core's clock.
    Cycles,
    /// The board cannot count.
    Nothing,
}

impl Counter {
    /// The unit, in the plural.
    pub fn unit(self) -> &'static str {
        match self {
            Counter::Instructions => "instructions",
            Counter::Cycles => "cycles",
            Counter::Nothing => "not counted",
        }
    }
}

/// A named value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The value, with its unit.
    pub value: String,
}

impl Fact {
    /// A fact from what can be made a string.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// One input and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct InputResult {
    /// What the input is called: `mnist:18`.
    pub name: String,
    /// What was done to the input before the network saw it.
    pub notes: Vec<String>,
    /// The class probabilities.
    pub scores: ClassScores,
    /// The input, then every layer.
    pub layers: Vec<ActivationMaps>,
    /// The occlusion map, where one was made.
    pub occlusion: Option<Occlusion>,
    /// Multiplications of the occlusion: done, and of as many full inferences.
    pub occlusion_macs: Option<[u64; 2]>,
    /// What the inference took, in [`Run::counter`].
    pub count: Option<u64>,
    /// What each layer took.
    pub costs: Vec<LayerCost>,
}

/// What a layer took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerCost {
    /// The layer's name, as in [`LayerMemory::name`].
    pub layer: String,
    /// Instructions or cycles, where they were counted apart.
    pub count: Option<u64>,
}

/// Where flash and RAM went.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memory {
    /// The input, then every layer.
    pub layers: Vec<LayerMemory>,
    /// What the linker placed.
    pub sections: Vec<Section>,
    /// Flash and RAM to scale; empty where the board has no linker map.
    pub bars: Vec<MemoryBar>,
    /// A plan of the arena for each mode, with the mode's name.
    pub arenas: Vec<(String, ArenaPlan)>,
    /// Every difference between planned and measured, and what it is.
    pub gaps: Vec<String>,
}

/// What a layer takes of flash and RAM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerMemory {
    /// Its name.
    pub name: String,
    /// Its operator.
    pub op: String,
    /// Shape of what it writes: `20×24×24`.
    pub shape: String,
    /// Weights, in number.
    pub weights: u64,
    /// Biases, in number.
    pub biases: u64,
    /// Multiplications and additions.
    pub macs: u64,
    /// How a Cortex-M4F computes it where it is not tapped; `None` on other cores, and
    /// without weights.
    pub kernel: Option<&'static str>,
    /// Bytes of flash that only this kernel reads.
    pub packed_bytes: u64,
    /// Instructions of this kernel's innermost loop, as it is written; `None` where nobody
    /// counted them.
    pub loop_instructions: Option<u64>,
    /// The same in cycles, by the manual of the Cortex-M4: an estimate; `None` likewise.
    pub loop_cycles: Option<u64>,
    /// Bytes of what it writes, as the board has it.
    pub activation_bytes: u64,
    /// Bytes of the same in f32.
    pub activation_f32_bytes: u64,
    /// Where that lies in the arena; `None` where it is fused away.
    pub arena_offset_bytes: Option<u64>,
    /// First and last step that need it; `None` where it is fused away.
    pub lifetime: Option<[usize; 2]>,
    /// Bytes of arena that it needs only while it runs.
    pub scratch_bytes: u64,
    /// Bytes of flash: weights, biases, scales.
    pub flash_bytes: u64,
    /// Bytes of stack at the deepest, measured.
    pub stack_bytes: Option<u64>,
}

/// A section as the linker placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name: `.text`, `board image`.
    pub name: String,
    /// Bytes of flash.
    pub flash_bytes: u64,
    /// Bytes of RAM.
    pub ram_bytes: u64,
}

/// What is needed to get a result again.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The result.
    pub title: String,
    /// Model hash, input and parameters.
    pub document: documents::receipt::Receipt,
}

/// The report as one HTML file.
///
/// # Errors
/// [`PictureError`] where values do not fit their shapes.
pub fn html(data: &ReportData) -> Result<String, PictureError> {
    Ok(page::page(data)?.into_string())
}
