//! What boards and models did, as a person or a program reads it: scenes, reports,
//! galleries and terminal views.

pub mod causes;
pub mod demonstration;
pub mod dump;
pub mod gallery;
pub mod picture_file;
pub mod report;
pub mod scene;
pub mod terminal;
pub mod verdict;
