//! Questions to a float model, to the int8 network on the board, or to both: about one input
//! or over a data set, in one piece or in shares.
//!
//! | module | what it does |
//! |---|---|
//! | [`assess`] | measures of attributions over a data set |
//! | [`attack`] | adversarial examples by queries alone, and whether an example that was made on one of the two fools the other |
//! | [`beside`] | the compiled model beside a float model, and which of its tensors holds which layer |
//! | [`mod@compare`] | how far the maps of a method agree on both, and whether the class changes |
//! | [`data`] | a data set by its name, one input at a time |
//! | [`doctor`] | what int8 costs, layer by layer, and what helps |
//! | [`int8`] | the int8 network beside a float model, with straight-through gradients |
//! | [`levels`] | pictures as levels from 0 to 255, before a model's preparation and after it |
//! | [`robustness`] | how often a model is right on corrupted pictures |
//! | [`shard`] | a study in parts, on several machines |
//! | [`top`] | the inputs that excite a map, a neuron or a class most |
//!
//! Whatever runs over data goes through it once, keeps memory that does not grow with it,
//! tells the caller how far it is, and stops when the caller says so.
//!
//! ```
//! use cortexscope_explain::float_model::{FloatModel, Overrides};
//! use cortexscope_study::data::open_data;
//! use cortexscope_study::top::{By, Search, Unit};
//! use std::ops::ControlFlow;
//!
//! let model = FloatModel::open("lenet5", &Overrides::default())?;
//! let data = open_data("mnist", &model)?;
//! let layer = model.find("pool2")?;
//! let search = Search { units: Unit::maps(&model, layer), by: By::Maximum, keep: 2, inputs: 0..20 };
//! let mut found = search.begin();
//! search.run(&model, &data, &mut found, &mut |_| ControlFlow::Continue(()))?;
//! assert_eq!(found.rankings.len(), 16);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod assess;
pub mod attack;
pub mod beside;
pub mod compare;
pub mod data;
pub mod doctor;
pub mod int8;
pub mod levels;
pub mod robustness;
pub mod shard;
pub mod top;
