//! A plan against central differences.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tract_adjoint::{Adjoint, Target};
use tract_onnx::prelude::*;

use crate::reference::{TOLERANCE, difference, widen};

/// Elements of each value that are compared at most.
const MOST: usize = 24;

/// Numbers of `shape` from −1 to 1.
pub fn random(shape: &[usize], seed: u64) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_shape(shape, &values).unwrap()
}

/// Compares the derivatives of a random weighting of the first output with respect to
/// `wrt` at the inputs `inputs`, values of the model's inputs in order.
pub fn check_at(model: &TypedModel, wrt: &[OutletId], inputs: &[Tensor], what: &str) {
    let read = model.outputs[0];
    let shape = model
        .outlet_fact(read)
        .unwrap()
        .shape
        .as_concrete()
        .unwrap()
        .to_vec();
    let weights = random(&shape, 7);
    let weights = weights
        .to_plain_array_view::<f32>()
        .unwrap()
        .iter()
        .copied()
        .collect::<Vec<_>>();
    let mut plan = Adjoint::of(model)
        .wrt(wrt)
        .plan()
        .unwrap_or_else(|e| panic!("{what}: {e}"));
    let given = inputs.iter().map(|t| t.clone().into_tvalue()).collect();
    let pass = plan.run(given, &Target::Weighted(weights.clone())).unwrap();

    let mut set: Vec<(OutletId, Tensor)> = model
        .inputs
        .iter()
        .copied()
        .zip(inputs.iter().map(|t| widen(t).unwrap()))
        .collect();
    for &outlet in wrt {
        if let (None, Some(konst)) = (
            set.iter().find(|(at, _)| *at == outlet),
            &model.outlet_fact(outlet).unwrap().konst,
        ) {
            set.push((outlet, widen(konst).unwrap()));
        }
    }
    let (mut compared, mut kinks) = (0, 0);
    for (&outlet, gradient) in wrt.iter().zip(&pass.gradients) {
        assert_eq!(
            gradient.shape(),
            model
                .outlet_fact(outlet)
                .unwrap()
                .shape
                .as_concrete()
                .unwrap(),
            "{what}"
        );
        let gradient = gradient.to_plain_array_view::<f32>().unwrap();
        let gradient: Vec<f64> = gradient.iter().copied().map(f64::from).collect();
        let greatest = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
        let stride = gradient.len().div_ceil(MOST).max(1);
        for at in (0..gradient.len()).step_by(stride) {
            match difference(model, &set, (outlet, at), read, &weights).unwrap() {
                Some(slope) => {
                    let off = (slope - gradient[at]).abs();
                    let scale = greatest.max(slope.abs()).max(1e-3);
                    assert!(
                        off <= TOLERANCE * scale,
                        "{what}: element {at} of {outlet:?}: {} where differences give {slope}",
                        gradient[at],
                    );
                    compared += 1;
                }
                None => kinks += 1,
            }
        }
    }
    assert!(
        compared > 4 * kinks,
        "{what}: {compared} compared, {kinks} next to kinks"
    );
}

/// As [`check_at`], at random inputs.
pub fn check(model: &TypedModel, wrt: &[OutletId], what: &str) {
    let inputs = model.inputs.iter().enumerate().map(|(index, &input)| {
        let fact = model.outlet_fact(input).unwrap();
        random(fact.shape.as_concrete().unwrap(), 100 + index as u64)
    });
    let inputs: Vec<Tensor> = inputs.collect();
    check_at(model, wrt, &inputs, what);
}
