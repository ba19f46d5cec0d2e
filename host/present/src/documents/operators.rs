//! The document of `cortexscope operators`.

use super::Document;
use cortexscope_net::described;

described! {
    /// The operators of ONNX that are read, and what each command makes of them.
    pub struct Operators {
        /// One entry for each operator, by name.
        pub operators: Vec<Operator>,
    }

    /// What each command makes of an operator.
    pub struct Operator {
        /// The operator's name in ONNX.
        pub name: String,
        /// Whether `budget` counts it.
        pub budget: bool,
        /// Whether `compile` takes it, where a board can run it.
        pub compile: bool,
        /// What a board makes of it, or why it cannot run it.
        pub board: String,
        /// Whether `explain` sends gradients and relevance through it.
        pub explain: bool,
    }
}

impl Document for Operators {
    const NAME: &'static str = "operators";
}
