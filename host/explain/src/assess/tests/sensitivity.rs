//! How far a map moves if the input moves a little.

use super::*;

#[test]
fn sensitivity_is_relative_and_within_the_radius() {
    let sensitivity = |radius| {
        Metric::MaxSensitivity(Sensitivity {
            radius,
            samples: 200,
            seed: 1,
        })
    };
    // The slope of a sum is the same everywhere, and so is a random map.
    let rows = measured(&planted(), Gradient, &sensitivity(0.1), &[vec![1.0; 16]]);
    assert_eq!([rows[0].value, rows[1].value], [Some(0.0), Some(0.0)]);
    // Gradient times input of 6 x₅ + 2 x₂ moves by √((6 δ)² + (2 δ′)²) / √40 ≤ r.
    let rows = measured(
        &planted(),
        GradientXInput,
        &sensitivity(0.1),
        &[vec![1.0; 16]],
    );
    let value = rows[0].value.unwrap();
    assert!(value <= 0.1 + 1e-6 && value > 0.085, "{value}");
    let rows = measured(
        &planted(),
        GradientXInput,
        &sensitivity(0.2),
        &[vec![1.0; 16]],
    );
    assert!((rows[0].value.unwrap() - 2.0 * value).abs() < 1e-5);
}

#[test]
fn a_radius_is_a_share_of_the_range_from_black_to_white() {
    let of = |model: &FloatModel, method: Method, radius, samples| {
        let metric = Metric::MaxSensitivity(Sensitivity {
            radius,
            samples,
            seed: 1,
        });
        measured(model, method, &metric, &[vec![1.0; 16]]).remove(0)
    };
    let mut model = planted();
    model.spec.input.range = [0.5, 1.0];
    // As above, with half the range: 0.05 at most.
    let value = of(&model, GradientXInput.into(), 0.1, 200).value.unwrap();
    assert!(value <= 0.05 + 1e-6 && value > 0.0425, "{value}");
    // One sample moves the map, too, and so does a short map by its own measure.
    let one = of(&model, GradientXInput.into(), 0.1, 1).value.unwrap();
    assert!(one > 0.0 && one <= value);
    let mut weights = [0.0; 16];
    (weights[5], weights[2]) = (6e-3, 2e-3);
    let mut faint = linear(&weights);
    faint.spec.input.range = [0.5, 1.0];
    let short = of(&faint, GradientXInput.into(), 0.1, 200).value.unwrap();
    assert!((short - value).abs() < 1e-5);
    // A map that is 0 everywhere has no length to measure by.
    let dark = of(&linear(&[0.0; 16]), Gradient.into(), 0.1, 3);
    assert_eq!((dark.value, dark.inputs), (None, 0));
    for (radius, samples) in [(0.0, 3), (-0.1, 3), (f64::INFINITY, 3), (0.1, 0)] {
        let metric = Metric::MaxSensitivity(Sensitivity {
            radius,
            samples,
            seed: 1,
        });
        assert!(measured_error(&model, &metric).contains("radius"));
    }
}
