//! Whole models, every activation: with these kernels and with the engine's own.

use crate::{InstructionSet, SimdKernels};
use cortexscope_core::{Accelerator, Mode, Model, NoAccelerator, Plan, RunError, Tap, run_with};
use std::convert::Infallible;
use std::path::Path;

const MODELS: [&str; 3] = ["lecture-lenet", "lenet5", "winml-mnist"];

/// Keeps everything, or the logits alone.
#[derive(Default, PartialEq)]
struct Kept {
    everything: bool,
    watches_arena: bool,
    activations: Vec<(usize, usize, Vec<i8>)>,
    sums: Vec<i32>,
    logits: Vec<u32>,
}

impl Tap for Kept {
    type Error = Infallible;

    fn watches_arena(&self) -> bool {
        self.watches_arena
    }

    fn wants(&self, _tensor: usize) -> bool {
        self.everything
    }

    fn activation(&mut self, tensor: usize, offset: usize, bytes: &[i8]) -> Result<(), Infallible> {
        self.activations.push((tensor, offset, bytes.to_vec()));
        Ok(())
    }

    fn accumulators(&mut self, values: &[i32]) -> Result<(), Infallible> {
        self.sums.extend(values);
        Ok(())
    }

    fn logits(&mut self, values: &[f32]) -> Result<(), Infallible> {
        self.logits
            .extend(values.iter().map(|value| value.to_bits()));
        Ok(())
    }
}

fn image(name: &str) -> Vec<u64> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let file = std::fs::read(models.join(name).join(format!("{name}.ctx"))).expect("a model");
    let mut words = vec![0_u64; file.len().div_ceil(8)];
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..file.len()].copy_from_slice(&file);
    words
}

fn run(
    model: &Model<'_>,
    plan: &Plan<'_>,
    input: &[i8],
    mut tap: Kept,
    accelerator: &mut impl Accelerator,
) -> (Kept, Vec<u8>) {
    let mut arena = vec![0_u64; plan.arena_bytes().div_ceil(8)];
    let bytes = bytemuck::cast_slice_mut(&mut arena);
    let done = run_with(model, plan, bytes, input, &mut tap, accelerator);
    assert_eq!(done, Ok::<(), RunError<Infallible>>(()));
    (tap, bytes.to_vec())
}

#[test]
fn every_activation_of_the_shipped_models() {
    for name in MODELS {
        let words = image(name);
        let model = Model::check(bytemuck::cast_slice(&words)).expect("a sound image");
        let inputs = [37, 11].map(|step| {
            let count = model.input_shape().elements();
            (0..count).map(|at| (at * step % 251) as i8).collect()
        });
        for set in InstructionSet::ALL {
            let Some(mut kernels) = SimdKernels::of(set, &model) else {
                continue;
            };
            assert_eq!(kernels.instructions(), set);
            for mode in Mode::ALL {
                let plan = model.plan(mode).expect("a plan for every mode");
                // One set of kernels for all inputs: nothing of one is left in the next.
                for input in &inputs {
                    let input: &Vec<i8> = input;
                    for everything in [true, false] {
                        let tap = || Kept {
                            everything,
                            ..Kept::default()
                        };
                        let (expected, _) = run(&model, &plan, input, tap(), &mut NoAccelerator);
                        let (got, _) = run(&model, &plan, input, tap(), &mut kernels);
                        assert!(got == expected, "{name}, {mode:?}, {set}");
                    }
                }
            }
        }
    }
}

/// What the arena holds afterwards is what a board's holds, scratch included.
#[test]
fn a_watched_arena_is_a_boards() {
    let words = image("lenet5");
    let model = Model::check(bytemuck::cast_slice(&words)).expect("a sound image");
    let plan = model.plan(Mode::Fused).expect("a plan for every mode");
    let input = vec![7; model.input_shape().elements()];
    let tap = || Kept {
        watches_arena: true,
        ..Kept::default()
    };
    let (_, expected) = run(&model, &plan, &input, tap(), &mut NoAccelerator);
    let (_, got) = run(&model, &plan, &input, tap(), &mut SimdKernels::new(&model));
    assert_eq!(got, expected);
}
