//! The arms as tables of named layers. Images are `[1, 28, 28]`; a reconstruction is
//! `[16, 7, 7]`: 16 channels at a place are the 4 × 4 pixels there (sub-pixel convolution, Shi
//! et al. 2016).

use cortexscope_brain::autoencode::{Arm, Family, NeuronSet};

/// Rows and columns of the images.
pub const SIDE: usize = 28;
/// Rows and columns of pixels at one place of a reconstruction.
pub const BLOCK: usize = 4;
/// Channels of the inner maps.
const CHANNELS: usize = 6;
/// Channels of the code, at 7 × 7 places.
const CODE_CHANNELS: usize = 2;

/// A layer on maps.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Convolution with square kernel.
    Conv {
        /// Node name; weights are `<name>.weight` and `<name>.bias`.
        name: &'static str,
        /// Channels in.
        inputs: usize,
        /// Channels out.
        outputs: usize,
        /// Side of the kernel.
        kernel: usize,
        /// Step between places.
        stride: usize,
        /// Rows and columns of zeros on each side.
        padding: usize,
    },
    /// Batch normalisation with scale and shift.
    Norm {
        /// Node name.
        name: &'static str,
        /// Channels.
        channels: usize,
    },
    /// `max(x, 0)`.
    Relu {
        /// Node name.
        name: &'static str,
    },
    /// `log(1 + e^x)`.
    Softplus {
        /// Node name.
        name: &'static str,
    },
    /// `1 / (1 + e^−x)`.
    Sigmoid {
        /// Node name.
        name: &'static str,
    },
    /// The same values as `[C, H, W]`.
    Reshape {
        /// Node name.
        name: &'static str,
        /// The sizes.
        shape: [usize; 3],
    },
    /// [`BLOCK`]² channels at a place become pixels.
    DepthToSpace {
        /// Node name.
        name: &'static str,
    },
}

impl Stage {
    /// `[C, H, W]` after this layer.
    ///
    /// # Panics
    /// The table is wrong: sizes do not fit.
    pub fn output_shape(&self, [channels, height, width]: [usize; 3]) -> [usize; 3] {
        match *self {
            Stage::Conv {
                name,
                inputs,
                outputs,
                kernel,
                stride,
                padding,
            } => {
                assert_eq!(inputs, channels, "channels into {name}");
                let side = |side: usize| (side + 2 * padding - kernel) / stride + 1;
                [outputs, side(height), side(width)]
            }
            Stage::Norm { name, channels: of } => {
                assert_eq!(of, channels, "channels into {name}");
                [channels, height, width]
            }
            Stage::Relu { .. } | Stage::Softplus { .. } | Stage::Sigmoid { .. } => {
                [channels, height, width]
            }
            Stage::Reshape { name, shape } => {
                let values = channels * height * width;
                assert_eq!(shape.iter().product::<usize>(), values, "values of {name}");
                shape
            }
            Stage::DepthToSpace { .. } => {
                let block = BLOCK * BLOCK;
                [channels / block, height * BLOCK, width * BLOCK]
            }
        }
    }

    /// Trainable values.
    pub fn parameter_count(&self) -> usize {
        match *self {
            Stage::Conv {
                inputs,
                outputs,
                kernel,
                ..
            } => outputs * (inputs * kernel * kernel + 1),
            Stage::Norm { channels, .. } => 2 * channels,
            _ => 0,
        }
    }
}

/// Where neurons are read, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Stages of the encoder before the reading.
    pub after: usize,
    /// `[C, H, W]` of what is read.
    pub shape: [usize; 3],
    /// Neurons.
    pub neurons: usize,
}

impl Head {
    /// Trainable values: a mask, weights of the channels and a bias for each neuron.
    pub fn parameter_count(&self) -> usize {
        let [channels, height, width] = self.shape;
        self.neurons * (channels + height * width + 1)
    }
}

/// An arm as a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Image to code.
    pub encoder: Vec<Stage>,
    /// Code to reconstruction; none for CNN-FR.
    pub decoder: Option<Vec<Stage>>,
    /// The readout of neurons; none for the plain auto-encoder.
    pub head: Option<Head>,
}

impl Table {
    /// The table of an arm.
    pub fn of(arm: Arm) -> Self {
        let neurons = arm.neurons.range().len();
        let (encoder, decoder, after) = match arm.family {
            Family::Dae => (encoder(), Some(decoder()), None),
            Family::CnnFr => (cnn(), None, Some(cnn().len())),
            // After the function of layer 1 to 4.
            Family::DaeNr(layer) => (encoder(), Some(decoder()), Some(2 * usize::from(layer))),
        };
        let head = after.map(|after| Head {
            after,
            shape: shape_after(&encoder[..after], [1, SIDE, SIDE]),
            neurons,
        });
        debug_assert!(head.is_none() || arm.neurons != NeuronSet::None);
        Self {
            encoder,
            decoder,
            head,
        }
    }

    /// Trainable values.
    pub fn parameter_count(&self) -> usize {
        let stages = self.encoder.iter().chain(self.decoder.iter().flatten());
        let head = self.head.map_or(0, |head| head.parameter_count());
        stages.map(Stage::parameter_count).sum::<usize>() + head
    }
}

/// `[C, H, W]` after `stages`.
pub fn shape_after(stages: &[Stage], input: [usize; 3]) -> [usize; 3] {
    let after = |shape, stage: &Stage| stage.output_shape(shape);
    stages.iter().fold(input, after)
}

/// 1×28×28 → 6×14×14 → 6×7×7 → 6×7×7 → 2×7×7, four layers h1 to h4.
fn encoder() -> Vec<Stage> {
    let conv = |name, inputs, outputs, kernel, stride| Stage::Conv {
        name,
        inputs,
        outputs,
        kernel,
        stride,
        padding: kernel / 2,
    };
    vec![
        conv("conv1", 1, CHANNELS, 5, 2),
        Stage::Relu { name: "h1" },
        conv("conv2", CHANNELS, CHANNELS, 3, 2),
        Stage::Relu { name: "h2" },
        conv("conv3", CHANNELS, CHANNELS, 3, 1),
        Stage::Relu { name: "h3" },
        conv("conv4", CHANNELS, CODE_CHANNELS, 3, 1),
        // Two channels alone: a rectifier that falls silent would take half of the code along.
        Stage::Softplus { name: "h4" },
    ]
}

/// 2×7×7 → 6×7×7 → 6×7×7 → 16×7×7.
fn decoder() -> Vec<Stage> {
    let conv = |name, inputs, outputs| Stage::Conv {
        name,
        inputs,
        outputs,
        kernel: 3,
        stride: 1,
        padding: 1,
    };
    vec![
        conv("conv5", CODE_CHANNELS, CHANNELS),
        Stage::Relu { name: "h5" },
        conv("conv6", CHANNELS, CHANNELS),
        Stage::Relu { name: "h6" },
        conv("conv7", CHANNELS, BLOCK * BLOCK),
        Stage::Sigmoid {
            name: "reconstruction",
        },
    ]
}

/// Klindt et al. (2017): three convolutions, the first unpadded and large, batch normalisation
/// after each, softplus after all but the last. 1×28×28 → 6×10×10; theirs has 48 channels of
/// 13 × 13 and no stride.
fn cnn() -> Vec<Stage> {
    let conv = |name, inputs, kernel, stride, padding| Stage::Conv {
        name,
        inputs,
        outputs: CHANNELS,
        kernel,
        stride,
        padding,
    };
    let norm = |name| Stage::Norm {
        name,
        channels: CHANNELS,
    };
    vec![
        conv("conv1", 1, 9, 2, 0),
        norm("norm1"),
        Stage::Softplus { name: "h1" },
        conv("conv2", CHANNELS, 3, 1, 1),
        norm("norm2"),
        Stage::Softplus { name: "h2" },
        conv("conv3", CHANNELS, 3, 1, 1),
        norm("norm3"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_fit_and_parameters_are_counted() {
        for arm in Arm::all() {
            let table = Table::of(arm);
            let code = shape_after(&table.encoder, [1, SIDE, SIDE]);
            if let Some(decoder) = &table.decoder {
                assert_eq!(code, [2, 7, 7]);
                assert_eq!(shape_after(decoder, code), [16, 7, 7], "{arm}");
            }
            assert!(table.parameter_count() < 7000, "{arm}");
        }
        // By hand: 6·26 + 6·55 + 6·55 + 2·55 and 6·19 + 6·55 + 16·55.
        let dae = Table::of("dae-0".parse().unwrap());
        assert_eq!(dae.parameter_count(), 926 + 1324);
        // And 20 · (6 + 196 + 1).
        let nr1 = Table::of("dae-nr1-0".parse().unwrap());
        assert_eq!(nr1.parameter_count(), 2250 + 4060);
    }
}
