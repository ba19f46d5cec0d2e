//! Checks of the source itself, which no compiler makes.
//!
//! | module | what it finds |
//! |---|---|
//! | [`floors`] | a crate that uses a crate above it, or something that it must not reach |
//! | [`modules`] | the modules of a crate, and which of them each one uses |
//! | [`circles`] | modules of one parent that use each other |
//! | [`words`] | retired names and phrases |
//! | [`examples`] | a library without an example that is run |
//! | [`links`] | links, pictures and anchors of documents that lead nowhere |
//! | [`paths`] | files that a document names and that are not there |
//!
//! `tests/workspace.rs` holds this workspace to all of them. This package is a
//! workspace of its own, so that its answer is there in seconds.
//!
//! ```
//! use cortexscope_source::{circles::circles, modules::Modules};
//!
//! let read = |path: &std::path::Path| match path.to_str()? {
//!     "src/lib.rs" => Some("mod hen; mod egg;".to_owned()),
//!     "src/hen.rs" => Some("use crate::egg::Egg; pub struct Hen(Egg);".to_owned()),
//!     "src/egg.rs" => Some("use super::hen::Hen; pub struct Egg(Hen);".to_owned()),
//!     _ => None,
//! };
//! let modules = Modules::read("src/lib.rs".as_ref(), &read)?;
//! assert_eq!(circles(&modules)[0].names, ["egg", "hen"]);
//! # Ok::<(), cortexscope_source::modules::SourceError>(())
//! ```

#![deny(missing_docs)]

pub mod circles;
pub mod examples;
pub mod floors;
pub mod links;
pub mod modules;
pub mod paths;
pub mod words;
