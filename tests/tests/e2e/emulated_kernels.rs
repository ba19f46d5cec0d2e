//! The kernels that only a board's core can run: the same bytes as a plain
//! reference on random networks, and no more instructions than they took before.

use crate::command_line::cortexscope;
use cortexscope_rig::bench::{LayerBench, bench};
use cortexscope_rig::kernel::Kernel;
use cortexscope_rig::session::TensorSet;
use cortexscope_rig::verify::left_by_steps;
use cortexscope_tests::random_network::{
    RandomNetwork, draw, draw_depthwise, draw_depthwise_maps, draw_first_convolutions, draw_pooled,
    draw_wide, draw_windows,
};
use cortexscope_tests::reference;
use cortexscope_tests::rig::{Mode, compiled_for};

/// Networks, each on an emulator of its own.
const NETWORKS: u64 = 40;
const INPUTS: usize = 3;

/// Of these each has more pixels.
const DEPTHWISE_NETWORKS: u64 = 12;

#[test]
fn random_networks_give_the_bytes_of_the_reference() {
    for seed in 0..NETWORKS {
        compare(&draw(seed, INPUTS), seed);
    }
}

#[test]
fn pooled_sums_give_the_bytes_of_the_reference() {
    for seed in 0..NETWORKS {
        compare(&draw_pooled(seed, INPUTS), seed);
    }
}

#[test]
fn wide_convolutions_give_the_bytes_of_the_reference() {
    for seed in 0..NETWORKS {
        compare(&draw_wide(seed, 2), seed);
    }
}

#[test]
fn whole_windows_give_the_bytes_of_the_reference() {
    for seed in 0..NETWORKS {
        compare(&draw_windows(seed, 2), seed);
    }
}

#[test]
fn depthwise_convolutions_give_the_bytes_of_the_reference() {
    for seed in 0..DEPTHWISE_NETWORKS {
        compare(&draw_depthwise(seed, 1), seed);
    }
}

/// Runs a network in both modes, with every tensor tapped and with those that the steps
/// leave: a layer that is not tapped may be computed in another way.
fn compare(drawn: &RandomNetwork, seed: u64) {
    let (compiled, mut rig) =
        compiled_for("mps2-an386", drawn).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
    for input in &drawn.inputs {
        let input = rig.model.quantise(input);
        let expected = reference::run(&compiled.network, &input);
        for mode in [Mode::Tapped, Mode::Fused] {
            let left = left_by_steps(&rig, mode);
            for taps in [Some(TensorSet::ALL), left].into_iter().flatten() {
                let recording = rig.infer(&input, mode, taps, &mut |_| {});
                let recording = recording.expect("the board answers");
                for tapped in &recording.activations {
                    let expected = &expected.activations[tapped.tensor];
                    assert_eq!(&tapped.values, expected, "{}, seed {seed}", tapped.name);
                }
                let sums = recording.accumulators.as_ref();
                assert_eq!(sums, Some(&expected.accumulators), "{mode:?}, seed {seed}");
            }
        }
    }
}

/// Four instructions for each MAC of a depthwise convolution, in its whole layer.
#[test]
fn depthwise_convolutions_take_four_instructions_a_mac() {
    let drawn = draw_depthwise_maps(1);
    let (_, mut rig) = compiled_for("mps2-an386", &drawn).expect("it compiles");
    let input = rig.model.quantise(&drawn.inputs[0]);
    let costs = bench(&mut rig, &input, Mode::Tapped, false).expect("the board answers");
    let depthwise = costs.layers.iter();
    let depthwise = depthwise.filter(|layer| layer.kernel == Kernel::NineTaps);
    let per_mac: Vec<f64> = depthwise.filter_map(LayerBench::per_mac).collect();
    assert_eq!(per_mac.len(), 2);
    assert!(per_mac.iter().all(|&per_mac| per_mac <= 4.0), "{per_mac:?}");
}

/// 1.7 instructions for each MAC of a first convolution, and of one of single pixels 1.5.
#[test]
fn first_convolutions_take_few_instructions_a_mac() {
    let drawn = draw_first_convolutions(1);
    let (_, mut rig) = compiled_for("mps2-an386", &drawn).expect("it compiles");
    let input = rig.model.quantise(&drawn.inputs[0]);
    let costs = bench(&mut rig, &input, Mode::Tapped, false).expect("the board answers");
    let wide = costs.layers.iter();
    let wide = wide.filter(|layer| layer.kernel == Kernel::WidePairs);
    let per_mac: Vec<f64> = wide.filter_map(LayerBench::per_mac).collect();
    let [first, second, points] = per_mac[..] else {
        panic!("{per_mac:?}");
    };
    assert!(
        first <= 1.7 && second <= 1.7 && points <= 1.5,
        "{per_mac:?}"
    );
}

#[test]
fn nothing_takes_more_instructions_than_it_did() {
    let bench = cortexscope(&["bench", "--board", "mps2-an386", "--check"]);
    let said = String::from_utf8_lossy(&bench.stderr);
    assert!(bench.status.success(), "{said}");
}
