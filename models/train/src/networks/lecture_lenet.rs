//! The LeNet of the lecture: two convolutions and one dense layer.

use crate::architecture::{Architecture, Feature, Head};

/// The name on the command line and of the files.
pub const NAME: &str = "lecture-lenet";

/// 784 → 20×24×24 → 20×12×12 → 50×10×10 → 50×5×5 → 10; 22,080 parameters.
pub fn architecture() -> Architecture {
    Architecture {
        name: NAME,
        features: vec![
            Feature::Conv2d {
                name: "conv1",
                inputs: 1,
                outputs: 20,
                kernel: 5,
                padding: 0,
            },
            Feature::Relu { name: "relu1" },
            Feature::MaxPool {
                name: "pool1",
                window: 2,
            },
            Feature::Conv2d {
                name: "conv2",
                inputs: 20,
                outputs: 50,
                kernel: 3,
                padding: 0,
            },
            Feature::Relu { name: "relu2" },
            Feature::MaxPool {
                name: "pool2",
                window: 2,
            },
        ],
        head: vec![Head::Dense {
            name: "fc",
            inputs: 1250,
            outputs: 10,
        }],
    }
}
