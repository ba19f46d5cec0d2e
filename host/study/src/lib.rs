//! One question put to a float model and to the int8 network on a board.
//!
//! - [`attack`]: adversarial examples by queries alone, and whether an example that was
//!   made on one of the two fools the other.
//!
//! A board is a [`Judge`](cortexscope_explain::attack::Judge) as a float model is: it says
//! what a picture is taken for. [`attack::queries`] needs no more than that.
//!
//! ```
//! use cortexscope_explain::attack::{Goal, Victim};
//! use cortexscope_explain::float_model::{FloatModel, Overrides};
//! use cortexscope_net::random::Random;
//! use cortexscope_study::attack::queries::{Queries, QueryMethod, search};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = FloatModel::open("lecture-lenet", &Overrides::default())?;
//! let mut judge = Victim::new(&model, &|| false)?;
//! let queries = Queries {
//!     method: QueryMethod::Square,
//!     most: 3,
//!     eps: 0.3,
//! };
//! let black = vec![0; 28 * 28];
//! let goal = Goal::Towards(3);
//! let found = search(&mut judge, [1, 28, 28], &black, goal, &queries, &mut Random::new(1))?;
//! assert!(found.queries <= 4);
//! # Ok(())
//! # }
//! ```

pub mod attack;
