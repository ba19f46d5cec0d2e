//! LeNet-5 as it is taught today: dense second convolution, max pooling, ReLU.
//!
//! The layer sizes are those of LeCun, Bottou, Bengio, Haffner: *Gradient-Based
//! Learning Applied to Document Recognition*, 1998, section II.B.

use crate::architecture::{Architecture, Feature, Head};

/// The name on the command line and of the files.
pub const NAME: &str = "lenet5";

/// 784 → 6×28×28 → 6×14×14 → 16×10×10 → 16×5×5 → 120 → 84 → 10; 61,706 parameters.
pub fn architecture() -> Architecture {
    Architecture {
        name: NAME,
        features: vec![
            Feature::Conv2d {
                name: "conv1",
                inputs: 1,
                outputs: 6,
                kernel: 5,
                padding: 2,
            },
            Feature::Relu { name: "relu1" },
            Feature::MaxPool {
                name: "pool1",
                window: 2,
            },
            Feature::Conv2d {
                name: "conv2",
                inputs: 6,
                outputs: 16,
                kernel: 5,
                padding: 0,
            },
            Feature::Relu { name: "relu2" },
            Feature::MaxPool {
                name: "pool2",
                window: 2,
            },
        ],
        head: vec![
            Head::Dense {
                name: "fc1",
                inputs: 400,
                outputs: 120,
            },
            Head::Relu { name: "relu3" },
            Head::Dense {
                name: "fc2",
                inputs: 120,
                outputs: 84,
            },
            Head::Relu { name: "relu4" },
            Head::Dense {
                name: "fc3",
                inputs: 84,
                outputs: 10,
            },
        ],
    }
}
