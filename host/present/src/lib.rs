//! What boards and models did, as a person or a program reads it.
//!
//! # Layers
//! Each layer uses only those above it.
//! - [`causes`], [`verdict`]: errors and verdicts in words.
//! - [`documents`]: the JSON documents, their schemas and `docs/json.md`.
//! - [`results`], [`picture_file`]: a folder of pictures, arrays and receipts, or one picture,
//!   whole or not at all. [`dump`]: what a board answered, as arrays.
//! - [`scene`]: from results of a board or a model to the figures of `cortexscope-draw`.
//! - `page`: what all HTML files share. [`report`]: one that says what a board did.
//!   [`brain_report`]: one that says what was done to neurons. [`terminal`]: a board's results
//!   on a terminal.
//! - One [`question`] put to a board or a model, with its files and its document:
//!   [`inference`], [`explanation`], [`ascent`], [`dreaming`], [`inversion`], [`adversarial`],
//!   [`fooling`], [`comparison`], [`top_inputs`], [`mod@robustness`], [`assessment`].
//! - [`compilation`]: a float network compiled, and measured. [`examination`]: what int8 costs
//!   it, and what helps.
//! - [`brain`]: experiments with neurons, with their files and their documents.
//! - [`mod@budget`]: what a network costs, and what it leaves of each board. [`fit`]: a network
//!   beside a part and the firmware that would run there.
//! - [`board_memory`], [`benchmark`]: what a network takes of one board, and what each layer
//!   costs there. [`board_table`]: every board beside every model.
//! - [`demonstration`]: inputs on a board as pictures, report and document. [`gallery`]: float
//!   models as pictures and a page.
//!
//! # Example
//! A report without inputs, which says what was run.
//! ```
//! use cortexscope_present::report::{Counter, Memory, ReportData, Run, html};
//!
//! let run = Run {
//!     board: "native".to_owned(),
//!     emulated: false,
//!     counter: Counter::Nothing,
//!     engine: "static 0.1.0".to_owned(),
//!     elf_build_id: "none".to_owned(),
//!     model: "lenet5".to_owned(),
//!     model_sha256: "0".repeat(64),
//!     protocol: "1".to_owned(),
//!     settings: Vec::new(),
//!     commands: vec!["cortexscope demo --board native --model lenet5".to_owned()],
//! };
//! let page = html(&ReportData {
//!     run,
//!     trials: Vec::new(),
//!     memory: Memory::default(),
//!     link: Vec::new(),
//!     receipts: Vec::new(),
//! })?;
//! assert!(page.contains("<h1>lenet5 on native</h1>"));
//! # Ok::<(), cortexscope_draw::PictureError>(())
//! ```

pub mod adversarial;
pub mod ascent;
pub mod assessment;
pub mod benchmark;
pub mod board_memory;
pub mod board_table;
pub mod brain;
pub mod brain_report;
pub mod budget;
pub mod causes;
pub mod comparison;
pub mod compilation;
pub mod demonstration;
pub mod documents;
pub mod dreaming;
pub mod dump;
pub mod examination;
pub mod explanation;
pub mod fit;
pub mod fooling;
pub mod gallery;
pub mod inference;
pub mod inversion;
mod page;
pub mod picture_file;
pub mod question;
pub mod report;
pub mod results;
pub mod robustness;
pub mod scene;
pub mod terminal;
pub mod top_inputs;
pub mod verdict;
