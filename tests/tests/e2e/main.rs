//! End-to-end tests: the library and the command line as their users see them.

mod lecture_shape;
mod link_faults;
mod session;
