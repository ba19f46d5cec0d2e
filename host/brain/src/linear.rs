//! Linear algebra at the size of a recording session: hundreds of images, tens of
//! thousands of features.

mod cholesky;
mod product;

pub use cholesky::Cholesky;
pub use product::{gram, product};
pub use tract_adjoint::matrix::Matrix;
