//! Pictures of what a network and a board did: activation maps, class scores,
//! occlusion maps, attributions and memory.
//!
//! Every figure is a function that takes plain data and gives a [`Drawing`]: marks at
//! pixel positions, in the page's colours or in data colours. A drawing becomes a
//! PNG through [`Drawing::png`], in a light or a dark [`Theme`], or inline SVG through
//! [`Drawing::svg`], which follows the theme of its page. Both have one layout and one
//! font, so a test that reads a drawing reads what a person sees.
//!
//! Values are pixels: they are enlarged by whole numbers, never smoothed.
//!
//! # Layers
//! Each layer uses only those above it.
//! - `text`, `theme`, `colour`, [`number`]: the font, the colours, numbers as text.
//! - `range`: values to colours. `drawing`: marks; `raster` and `svg` write it.
//! - `maps`: what a layer wrote. `layout`, `header`, `outline`: what figures share.
//! - The figures, one file each: `activation` (and `vector`), `attribution`, `tiles`,
//!   `triptych`, `accuracy`, `curves`, `excitation`, `population`, `intervals`, `scores`,
//!   `occlusion`, `arena`, `memory`, `noise`, `trace`.
//!
//! # Example
//! Two maps of a convolution as a PNG file.
//! ```
//! use cortexscope_draw::{ActivationMaps, GridLayout, MapRole, Scale, Theme, activation_grid};
//!
//! let maps = ActivationMaps {
//!     layer: "conv1".to_owned(),
//!     op: "convolution 3×3".to_owned(),
//!     channels: 2,
//!     height: 2,
//!     width: 2,
//!     values: vec![0.0, 1.0, 0.5, 0.0, 4.0, 2.0, 0.0, 1.0],
//!     quantisation: None,
//!     role: MapRole::Activation,
//! };
//! let layout = GridLayout::for_network([&maps], 1280);
//! let drawing = activation_grid(&maps, Scale::Shared, layout)?;
//! let png = drawing.png(Theme::Light, 2)?;
//! assert!(png.starts_with(b"\x89PNG"));
//! assert!(drawing.texts().any(|text| text == "one scale for all maps: 0 … 4.00"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accuracy;
mod activation;
mod arena;
mod attribution;
mod colour;
mod curves;
mod drawing;
mod error;
mod excitation;
mod header;
mod intervals;
mod layout;
mod maps;
mod memory;
mod noise;
pub mod number;
mod occlusion;
mod outline;
mod population;
mod range;
mod raster;
mod scores;
mod svg;
mod text;
mod theme;
mod tiles;
mod trace;
mod triptych;
mod vector;

pub use accuracy::{AccuracyCurves, AccuracySeries, accuracy_curves};
pub use activation::{Scale, activation_grid};
pub use arena::{ArenaBuffer, ArenaPlan, BufferKind, arena_plan};
pub use attribution::{AttributionPicture, ColourLimit, Rendering, attribution_picture, heat};
pub use colour::{ColourMap, Palette};
pub use curves::{Chart, Curves, curves};
pub use drawing::Drawing;
pub use error::PictureError;
pub use excitation::{ExcitationRow, Excitations, ExcitingInput, excitations};
pub use intervals::{IntervalBand, IntervalRow, Intervals, intervals};
pub use layout::GridLayout;
pub use maps::{ActivationMaps, MapRole, Quantisation};
pub use memory::{MemoryBar, MemorySegment, SegmentKind, memory_bars};
pub use noise::{LayerNoise, NoiseRow, layer_noise};
pub use occlusion::{Occlusion, ProbabilityRange, occlusion_map};
pub use population::{PopulationCell, PopulationRow, PopulationSheet, population_sheet};
pub use range::Range;
pub use scores::{ClassScores, class_scores};
pub use text::{FONT_REGULAR, FONT_SEMIBOLD, Weight};
pub use theme::{Role, Theme};
pub use tiles::{Tile, TileScale, Tiles, tile_grid};
pub use trace::{ResponseTrace, TraceLevel, TraceLine, response_trace};
pub use triptych::{Triptych, triptych};
