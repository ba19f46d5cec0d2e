//! End-to-end tests: the library and the command line as their users see them.

mod anywhere;
mod command_line;
mod emulated_boards;
mod emulated_kernels;
mod explanations;
mod exporters;
mod float_model;
mod foreign_models;
mod fuzz_image;
mod gallery;
mod hashing;
mod hostile_board;
mod inputs;
mod json_documents;
mod lecture_shape;
mod link_faults;
mod live;
mod occlusion;
mod operators;
mod outside_data;
mod rtt;
mod session;
mod tables;
mod tract_engine;
mod witnesses;
