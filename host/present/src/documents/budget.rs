//! The document of `cortexscope budget`.

use super::Document;
use cortexscope_net::described;

described! {
    /// What a network costs: parameters, multiply-accumulates, values and bytes.
    pub struct Budget {
        /// The network's name.
        pub model: String,
        /// Sums over the whole network.
        pub totals: Totals,
        /// The input, then each layer in the order of execution.
        pub layers: Vec<Layer>,
        /// How a Cortex-M4F computes each layer that has weights, as the board image says;
        /// empty where no image is known.
        pub kernels: Vec<Kernel>,
        /// One arena for each element and each plan.
        pub arenas: Vec<Arena>,
        /// What a pass backwards takes.
        pub backward: Backward,
        /// What one image takes on the wire.
        pub link: Link,
        /// The known boards, and whether the network fits each.
        pub boards: Vec<Board>,
        /// Operators that count here and that no board can run, with the reason.
        pub not_on_a_board: Vec<String>,
        /// Differences between the lecture's figures and these; empty without `--lecture`.
        pub lecture_notes: Vec<String>,
    }

    /// Sums over the whole network.
    pub struct Totals {
        /// Weights, each counted once.
        pub weights: u64,
        /// Biases.
        pub biases: u64,
        /// Weights and biases.
        pub parameters: u64,
        /// Multiply-accumulates of one inference.
        pub macs: u64,
        /// Values of one image, the input's included.
        pub values: u64,
        /// Bytes of these values in f32.
        pub values_f32_bytes: u64,
        /// Bytes of flash that the parameters take on a board.
        pub flash_bytes: u64,
        /// Bytes of the board image that `compile` makes. Estimated for a table without an
        /// image, where no board runs the network, and where more than 64 MiB of weights, or
        /// more than 2²⁴ values that the file leaves out, are not read.
        pub image_bytes: u64,
    }

    /// What one layer costs.
    pub struct Layer {
        /// The layer's name; the first one is the input.
        pub name: String,
        /// What the layer computes, and what is done to its result in place.
        pub operator: String,
        /// Channels, rows, columns.
        pub shape: [usize; 3],
        /// Weights that are counted with this layer.
        pub weights: u64,
        /// Biases that are counted with this layer.
        pub biases: u64,
        /// Multiply-accumulates.
        pub macs: u64,
        /// Values that the layer writes.
        pub values: u64,
        /// Rows and columns of the input that one value depends on; `null` if it is the whole
        /// input.
        pub receptive_field: Option<[usize; 2]>,
        /// Rows and columns of the input between two neighbouring values; `null` where that has
        /// no meaning.
        pub stride: Option<[usize; 2]>,
        /// Offset in the int8 arena of the fused plan, in bytes; `null` if the layer is fused
        /// away, and where a board makes no layer of it.
        pub fused_offset: Option<usize>,
        /// First and last step of the fused plan that need the layer's values; `null` where the
        /// offset is.
        pub fused_steps: Option<[usize; 2]>,
        /// Offset in the int8 arena of the tapped plan, in bytes.
        pub tapped_offset: Option<usize>,
        /// First and last step of the tapped plan that need the layer's values.
        pub tapped_steps: Option<[usize; 2]>,
        /// Bytes of arena that the layer needs besides its tensors in the fused plan, at most;
        /// `null` for the input.
        pub scratch_bytes: Option<usize>,
        /// Bytes of flash that its parameters take on a board.
        pub flash_bytes: u64,
    }

    /// How a Cortex-M4F computes one layer, fused and not tapped.
    pub struct Kernel {
        /// The layer's name in the board image.
        pub layer: String,
        /// The kernel: `pooled sums`, `sums`, `nine taps`, `Winograd`, `wide pairs`, `pairs`,
        /// `four rows` or `plain`.
        pub kernel: String,
        /// Bytes of the board image that only this kernel reads.
        pub packed_bytes: u64,
        /// Instructions of the innermost loop in one inference, as it is written; `null` for a
        /// layer without such a loop.
        pub loop_instructions: Option<u64>,
        /// The same in cycles, by the manual of the Cortex-M4: an estimate, without what flash
        /// adds and without what is around the loop.
        pub estimated_loop_cycles: Option<u64>,
        /// Why it is not the fastest kernel for the layer's windows; `null` if it is.
        pub fallback: Option<String>,
    }

    /// The arena of one plan.
    pub struct Arena {
        /// Type of the values: `int8` or `f32`.
        pub element: String,
        /// The plan: `fused`, `tapped`, or `unplanned` for a tensor of its own for each layer.
        pub mode: String,
        /// Bytes of arena in the plan.
        pub arena_bytes: usize,
        /// Bytes that every plan takes at least.
        pub lower_bound_bytes: usize,
        /// Whether it is proved that no plan is smaller.
        pub is_optimal: bool,
    }

    /// What a pass backwards takes, in f32.
    pub struct Backward {
        /// Bytes of activations and gradients for the gradient of the input.
        pub input_gradient_bytes: usize,
        /// Bytes of activations and gradients for the gradients of all weights.
        pub training_bytes: usize,
    }

    /// What one image takes on the wire.
    pub struct Link {
        /// Bytes for one image at most, every layer tapped.
        pub all_tapped_bytes: usize,
        /// Bytes for one image at most, without taps.
        pub logits_only_bytes: usize,
        /// One entry for each kind of link.
        pub links: Vec<Speed>,
    }

    /// How many images a link carries.
    pub struct Speed {
        /// The link's name.
        pub name: String,
        /// Bytes that it carries in a second.
        pub bytes_per_s: u32,
        /// Images in a second, every layer tapped.
        pub images_per_s_all_tapped: f64,
        /// Images in a second, without taps.
        pub images_per_s_logits_only: f64,
    }

    /// Whether the network fits one board.
    pub struct Board {
        /// The board's name on the command line.
        pub name: String,
        /// Bytes of flash that the board has; `null` for the host.
        pub flash_bytes: Option<u32>,
        /// Bytes of it that a board image may take; `null` for the host.
        pub model_region_bytes: Option<u32>,
        /// Bytes of RAM that the board has; `null` for the host.
        pub ram_bytes: Option<u32>,
        /// Bytes of flash that firmware and board image need.
        pub needs_flash_bytes: u64,
        /// The same with the small firmware; `null` where that is not built here.
        pub needs_flash_bytes_small: Option<u64>,
        /// Bytes of RAM that variables, stack, input and arena need in the fused plan.
        pub needs_ram_bytes_fused: u64,
        /// The same in the tapped plan.
        pub needs_ram_bytes_tapped: u64,
        /// Whether the network runs with the fused plan.
        pub fits_fused: bool,
        /// Whether the network runs with the tapped plan.
        pub fits_tapped: bool,
        /// Whether the network fits, in words, and what would make it fit.
        pub verdict: String,
    }
}

impl Document for Budget {
    const NAME: &'static str = "budget";
}
