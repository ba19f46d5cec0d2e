//! What boards and models did, as a person or a program reads it.
//!
//! # Layers
//! Each layer uses only those above it.
//! - [`causes`], [`verdict`], [`dump`]: errors and verdicts in words, arrays as files.
//! - [`documents`]: the JSON documents, their schemas and `docs/json.md`.
//! - [`scene`]: from results of a board or a model to the figures of `cortexscope-draw`.
//! - `page`: what all HTML files share. [`report`]: one that says what a board did.
//!   [`brain_report`]: one that says what was done to neurons. [`terminal`]: the same contents on a terminal.
//! - [`demonstration`]: inputs on a board as pictures, report and document.
//!   [`inference`], [`ascent`]: inputs through a board, ascents of a float model, with
//!   their files and documents.
//!   [`gallery`]: float models as pictures and a page.
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

pub mod ascent;
pub mod brain_report;
pub mod causes;
pub mod demonstration;
pub mod documents;
pub mod dump;
pub mod fit;
pub mod gallery;
pub mod inference;

mod page;
pub mod picture_file;
pub mod report;
pub mod scene;
pub mod terminal;
pub mod verdict;
