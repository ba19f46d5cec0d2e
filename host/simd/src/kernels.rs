//! The layers of a model, as the engine's accelerator.

use crate::instructions::{Instructions, portable::Portable};
#[cfg(target_arch = "x86_64")]
use crate::instructions::{avx2::Avx2, vnni::Vnni};
use crate::layer::{Layer, Rows};
use cortexscope_core::ops::Output;
use cortexscope_core::{Accelerator, Model, Op};
use std::fmt;

/// What the kernels are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 with VNNI: 64 products of bytes an instruction.
    Vnni,
    /// AVX2: 16 products of 16-bit numbers an instruction.
    Avx2,
    /// Plain Rust, on any processor.
    Portable,
}

impl InstructionSet {
    /// All of them, the fastest first.
    pub const ALL: [Self; 3] = [Self::Vnni, Self::Avx2, Self::Portable];
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vnni => "AVX-512 VNNI",
            Self::Avx2 => "AVX2",
            Self::Portable => "plain Rust",
        })
    }
}

/// The layers of one model that have kernels here: convolutions without groups, and dense
/// layers. The others are the engine's.
pub struct SimdKernels {
    layers: Layers,
    /// The layer whose input was taken.
    taken: usize,
}

enum Layers {
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni, Vec<Option<Layer<Vnni>>>),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2, Vec<Option<Layer<Avx2>>>),
    Portable(Portable, Vec<Option<Layer<Portable>>>),
}

impl SimdKernels {
    /// Kernels for `model`, of the fastest instructions that this processor has. Repacks
    /// all weights.
    pub fn new(model: &Model<'_>) -> Self {
        let mut all = InstructionSet::ALL.into_iter();
        let best = all.find_map(|instructions| Self::of(instructions, model));
        // The last ones are there on every processor.
        best.unwrap_or_default()
    }

    /// Kernels of these instructions; `None` where this processor does not have them.
    pub fn of(instructions: InstructionSet, model: &Model<'_>) -> Option<Self> {
        let layers = match instructions {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Vnni => Layers::Vnni(Vnni::detect()?, layers(model)),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => Layers::Avx2(Avx2::detect()?, layers(model)),
            InstructionSet::Portable => Layers::Portable(Portable, layers(model)),
            #[cfg(not(target_arch = "x86_64"))]
            InstructionSet::Vnni | InstructionSet::Avx2 => return None,
        };
        Some(Self { layers, taken: 0 })
    }

    /// What they are made of.
    pub fn instructions(&self) -> InstructionSet {
        match self.layers {
            #[cfg(target_arch = "x86_64")]
            Layers::Vnni(..) => InstructionSet::Vnni,
            #[cfg(target_arch = "x86_64")]
            Layers::Avx2(..) => InstructionSet::Avx2,
            Layers::Portable(..) => InstructionSet::Portable,
        }
    }

    fn compute(&mut self, rows: Rows<'_, '_>) {
        match &mut self.layers {
            #[cfg(target_arch = "x86_64")]
            Layers::Vnni(vnni, layers) => compute(*vnni, layers, self.taken, rows),
            #[cfg(target_arch = "x86_64")]
            Layers::Avx2(avx2, layers) => compute(*avx2, layers, self.taken, rows),
            Layers::Portable(portable, layers) => compute(*portable, layers, self.taken, rows),
        }
    }
}

/// For no model: no layer has kernels.
impl Default for SimdKernels {
    fn default() -> Self {
        Self {
            layers: Layers::Portable(Portable, Vec::new()),
            taken: 0,
        }
    }
}

impl Accelerator for SimdKernels {
    fn computes(&self, layer: usize, pooled: bool) -> bool {
        match &self.layers {
            #[cfg(target_arch = "x86_64")]
            Layers::Vnni(_, layers) => computes(layers, layer, pooled),
            #[cfg(target_arch = "x86_64")]
            Layers::Avx2(_, layers) => computes(layers, layer, pooled),
            Layers::Portable(_, layers) => computes(layers, layer, pooled),
        }
    }

    fn take(&mut self, layer: usize, input: &[i8]) {
        self.taken = layer;
        self.compute(Rows::Take(input));
    }

    fn row(&mut self, y: usize, output: Output<'_>) {
        self.compute(Rows::Row(y, output));
    }

    fn pooled_row(&mut self, y: usize, output: &mut [i8]) {
        self.compute(Rows::Pooled(y, output));
    }
}

/// The layers of a model, where there are kernels for them.
fn layers<I: Instructions>(model: &Model<'_>) -> Vec<Option<Layer<I>>> {
    let of = |layer: cortexscope_core::Layer<'_>| match &layer.op {
        Op::Conv2d(conv) => {
            let next = model.layer(layer.output);
            let pool = match next.as_ref().map(|next| &next.op) {
                Some(Op::MaxPool(pool)) => Some(pool),
                _ => None,
            };
            Layer::conv(conv, pool)
        }
        Op::Dense(dense) => Some(Layer::dense(dense)),
        Op::MaxPool(_)
        | Op::Lookup(_)
        | Op::Concat
        | Op::Add(_)
        | Op::Mul(_)
        | Op::DepthToSpace(_) => None,
    };
    model.layers().map(of).collect()
}

fn computes<I: Instructions>(layers: &[Option<Layer<I>>], layer: usize, pooled: bool) -> bool {
    let layer = layers.get(layer).and_then(Option::as_ref);
    layer.is_some_and(|layer| !pooled || layer.is_pooled())
}

fn compute<I: Instructions>(
    instructions: I,
    layers: &mut [Option<Layer<I>>],
    taken: usize,
    rows: Rows<'_, '_>,
) {
    if let Some(layer) = layers.get_mut(taken).and_then(Option::as_mut) {
        layer.compute(instructions, rows);
    }
}
