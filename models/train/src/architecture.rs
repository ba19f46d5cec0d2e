//! A network as a table of named layers: maps first, then vectors.
//!
//! The burn module ([`crate::network`]) and the ONNX graph ([`crate::emit`])
//! are both made from this table, so they cannot disagree about a shape.

use crate::mnist::SIDE;

/// A network on `[N, 1, 28, 28]` images in 0.0 to 1.0, giving `[N, 10]` logits.
///
/// Between the two lists the maps are flattened, channel first.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// The name on the command line and of the files.
    pub name: &'static str,
    /// Layers on `[N, C, H, W]` maps.
    pub features: Vec<Feature>,
    /// Layers on `[N, length]` vectors.
    pub head: Vec<Head>,
}

/// A layer on maps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Feature {
    /// Convolution, stride 1, zero padding on all sides.
    Conv2d {
        /// Node name; weights are `<name>.weight` and `<name>.bias`.
        name: &'static str,
        /// Channels in.
        inputs: usize,
        /// Channels out.
        outputs: usize,
        /// Side of the square kernel.
        kernel: usize,
        /// Rows and columns of zeros on each side.
        padding: usize,
    },
    /// `max(x, 0)`.
    Relu {
        /// Node name.
        name: &'static str,
    },
    /// Maximum over windows that do not overlap.
    MaxPool {
        /// Node name.
        name: &'static str,
        /// Side of the square window, and the stride.
        window: usize,
    },
}

/// A layer on vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Head {
    /// `W·x + b`.
    Dense {
        /// Node name; weights are `<name>.weight` and `<name>.bias`.
        name: &'static str,
        /// Length in.
        inputs: usize,
        /// Length out.
        outputs: usize,
    },
    /// `max(x, 0)`.
    Relu {
        /// Node name.
        name: &'static str,
    },
}

/// Channels, height and width of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapShape {
    /// Channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl MapShape {
    /// What every network here takes.
    pub const INPUT: Self = Self {
        channels: 1,
        height: SIDE,
        width: SIDE,
    };

    /// Values of the flattened map.
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether the map has no value.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl Feature {
    /// The shape after this layer.
    ///
    /// # Panics
    ///
    /// When the channels of a convolution do not fit the map: the table is wrong.
    pub fn output_shape(&self, input: MapShape) -> MapShape {
        match *self {
            Feature::Conv2d {
                name,
                inputs,
                outputs,
                kernel,
                padding,
            } => {
                assert_eq!(inputs, input.channels, "channels into {name}");
                MapShape {
                    channels: outputs,
                    height: input.height + 2 * padding + 1 - kernel,
                    width: input.width + 2 * padding + 1 - kernel,
                }
            }
            Feature::Relu { .. } => input,
            Feature::MaxPool { window, .. } => MapShape {
                channels: input.channels,
                height: input.height / window,
                width: input.width / window,
            },
        }
    }

    fn parameter_count(&self) -> usize {
        match *self {
            Feature::Conv2d { outputs, .. } => outputs * self.terms(),
            Feature::Relu { .. } | Feature::MaxPool { .. } => 0,
        }
    }

    /// Terms of the sum that makes one output, bias included.
    fn terms(&self) -> usize {
        match *self {
            Feature::Conv2d { inputs, kernel, .. } => inputs * kernel * kernel + 1,
            Feature::Relu { .. } | Feature::MaxPool { .. } => 0,
        }
    }
}

impl Head {
    fn parameter_count(&self) -> usize {
        match *self {
            Head::Dense { outputs, .. } => outputs * self.terms(),
            Head::Relu { .. } => 0,
        }
    }

    /// Terms of the sum that makes one output, bias included.
    fn terms(&self) -> usize {
        match *self {
            Head::Dense { inputs, .. } => inputs + 1,
            Head::Relu { .. } => 0,
        }
    }
}

impl Architecture {
    /// Trainable values of the whole network.
    pub fn parameter_count(&self) -> usize {
        let features: usize = self.features.iter().map(Feature::parameter_count).sum();
        let head: usize = self.head.iter().map(Head::parameter_count).sum();
        features + head
    }

    /// Terms summed on the way from a pixel to a logit, all layers together:
    /// as many roundings can add up in it.
    pub fn summed_terms(&self) -> usize {
        let features: usize = self.features.iter().map(Feature::terms).sum();
        let head: usize = self.head.iter().map(Head::terms).sum();
        features + head
    }

    /// The shape that is flattened for the head.
    pub fn flattened_shape(&self) -> MapShape {
        self.features
            .iter()
            .fold(MapShape::INPUT, |shape, layer| layer.output_shape(shape))
    }
}
