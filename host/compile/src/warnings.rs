//! What is wrong with calibration data that compiles all the same.

use cortexscope_net::input::InputSpec;

/// Int8 has so many steps.
const STEPS: f32 = 255.0;
/// A channel that keeps fewer of them tells little apart.
const STEPS_MIN: f32 = 8.0;
/// Inputs that reach this many times further than pixels do are in other units.
const FAR: f32 = 2.0;
/// Inputs that stay within this part of what pixels reach are in other units too.
const NEAR: f32 = 1.0 / 16.0;
/// Percent of an input's values at one end of its range that are much.
const AT_AN_END: f64 = 90.0;
/// Percentage points that int8 may be below float.
const POINTS_MAX: f64 = 1.0;

/// Warnings for calibration with `inputs`, `[C, H, W]` in the float model's units.
pub fn of_inputs(inputs: &[Vec<f32>], spec: &InputSpec) -> Vec<String> {
    let mut warnings = Vec::new();
    match inputs {
        [] => return warnings,
        [_] => warnings.push(
            "calibrated with one input: each layer's range is what this one reaches. Give some hundred inputs like those to come".to_owned(),
        ),
        [first, rest @ ..] if rest.iter().all(|input| input == first) => warnings.push(format!(
            "all {} inputs are equal: each layer's range is what this one reaches. Give some hundred different inputs",
            inputs.len()
        )),
        _ => {}
    }
    let is_flat = |input: &Vec<f32>| input.iter().all(|value| *value == input[0]);
    let flat = inputs.iter().filter(|input| is_flat(input)).count();
    if flat * 10 > inputs.len() {
        warnings.push(format!(
            "in {flat} of {} inputs all values are equal (in the first such {}): empty pictures, a covered lens, or the wrong folder?",
            inputs.len(),
            inputs.iter().find(|input| is_flat(input)).map_or(0.0, |input| input[0])
        ));
    }
    warnings.extend(of_range(inputs, spec));
    warnings.extend(of_channels(inputs, spec));
    warnings
}

fn ends(values: impl Iterator<Item = f32>) -> [f32; 2] {
    values.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], value| {
        [low.min(value), high.max(value)]
    })
}

/// Inputs whose values are not in the units of the description.
fn of_range(inputs: &[Vec<f32>], spec: &InputSpec) -> Option<String> {
    let [low, high] = spec.bounds();
    let [least, greatest] = ends(inputs.iter().flatten().copied());
    let share = (greatest - least) / (high - low);
    let reach = format!(
        "the inputs reach from {least} to {greatest}, and the description's pixels from {low} to {high}"
    );
    let outside = least < low || greatest > high;
    if outside && share > FAR {
        return Some(format!(
            "{reach}: pixels would keep {:.0} of the 256 steps of int8. If the arrays hold pixels, give --array-range 0,255; if they are in other units, correct `range`, `mean` and `std`",
            STEPS / share
        ));
    }
    if least < greatest && share < NEAR {
        return Some(format!(
            "{reach}: were they divided by 255 twice, or is `range` of the description wrong?"
        ));
    }
    let values = inputs.iter().map(Vec::len).sum::<usize>();
    let saturated = |end: f32| {
        let at_end = inputs.iter().flatten().filter(|value| **value == end);
        100.0 * at_end.count() as f64 / values as f64
    };
    // Ink on an empty ground is mostly ground; nothing is mostly ink.
    let percent = saturated(high);
    (least < greatest && percent > AT_AN_END && spec.polarity.is_none()).then(|| {
        format!("{percent:.0} % of the inputs' values are {high}, the end of the range: are they saturated?")
    })
}

/// Channels, or features, of which the one scale of the input leaves little.
fn of_channels(inputs: &[Vec<f32>], spec: &InputSpec) -> Option<String> {
    let [channels, height, width] = spec.shape();
    // One row of one channel is features.
    let count = if channels == 1 && height == 1 {
        width
    } else {
        channels
    };
    if count < 2 {
        return None;
    }
    let size = (channels * height * width) / count;
    let spans = (0..count).map(|channel| {
        let values = inputs
            .iter()
            .filter_map(|input| input.get(channel * size..(channel + 1) * size));
        let [low, high] = ends(values.flatten().copied());
        // Zero is always in the range of int8.
        high.max(0.0) - low.min(0.0)
    });
    let spans: Vec<f32> = spans.collect();
    let by_span = |a: &(usize, &f32), b: &(usize, &f32)| a.1.total_cmp(b.1);
    let (widest, &span) = spans.iter().enumerate().max_by(by_span)?;
    let varying = spans.iter().enumerate().filter(|(_, span)| **span > 0.0);
    let (narrowest, &narrow) = varying.min_by(by_span)?;
    let steps = STEPS * narrow / span;
    (steps < STEPS_MIN).then(|| {
        format!(
            "the channels of the input are of very unlike scale: channel {widest} spans {span}, channel {narrowest} {narrow}, which keeps {steps:.1} of the 255 steps of int8. Scale them alike before the network, or in its first layer"
        )
    })
}

/// A warning where the int8 network is right less often than the float one.
pub fn of_accuracy(
    accuracy: &super::Accuracy,
    start: Option<&super::LayerError>,
) -> Option<String> {
    let lost = accuracy.float_percent() - accuracy.int8_percent();
    (lost > POINTS_MAX).then(|| {
        let place = start.map_or_else(String::new, |start| {
            format!(
                ". The error starts at layer {}, where it is {:.2} % of the values' power",
                start.layer,
                100.0 * start.noise
            )
        });
        format!(
            "int8 is right on {lost:.1} percentage points fewer inputs than float{place}. Calibrate with more inputs like those to come, and look at that layer's weights and ranges"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accuracy, LayerError};
    use cortexscope_net::input::ModelSpec;

    fn warned(inputs: &[Vec<f32>], shape: [usize; 3]) -> String {
        of_inputs(inputs, &ModelSpec::assumed(shape).input).join("\n")
    }

    #[test]
    fn good_inputs_are_not_warned_of() {
        let inputs: Vec<Vec<f32>> = (0..20)
            .map(|seed| {
                (0..12)
                    .map(|at| ((at * 7 + seed * 3) % 11) as f32 / 10.0)
                    .collect()
            })
            .collect();
        assert_eq!(warned(&inputs, [3, 2, 2]), "");
        let digits = vec![vec![0.0, 0.0, 0.0, 1.0], vec![0.0, 0.0, 1.0, 0.0]];
        assert_eq!(warned(&digits, [1, 2, 2]), "");
    }

    #[test]
    fn one_input_and_equal_inputs_and_empty_ones_are_named() {
        let some = vec![0.0, 0.5, 1.0, 0.2];
        assert!(warned(std::slice::from_ref(&some), [1, 2, 2]).contains("one input"));
        assert!(
            warned(&[some.clone(), some.clone()], [1, 2, 2]).contains("all 2 inputs are equal")
        );
        let black = vec![0.0; 4];
        let warned = warned(&[black.clone(), black], [1, 2, 2]);
        assert!(
            warned.contains("all values are equal") && warned.contains("all 2 inputs"),
            "{warned}"
        );
    }

    #[test]
    fn inputs_in_other_units_are_named() {
        let pixels = vec![vec![0.0, 255.0, 100.0, 7.0], vec![3.0, 200.0, 10.0, 0.0]];
        assert!(warned(&pixels, [1, 2, 2]).contains("--array-range 0,255"));
        let twice: Vec<Vec<f32>> = pixels
            .iter()
            .map(|input| input.iter().map(|value| value / 65025.0).collect())
            .collect();
        assert!(warned(&twice, [1, 2, 2]).contains("divided by 255 twice"));
        let white = vec![vec![1.0; 40], vec![1.0; 40]];
        let mut white = white;
        white[0][3] = 0.0;
        assert!(warned(&white, [1, 5, 8]).contains("saturated"));
    }

    #[test]
    fn channels_of_unlike_scale_are_named() {
        let features = vec![vec![3000.0, 0.5, 1.0], vec![-2000.0, -0.5, 2.0]];
        for shape in [[3, 1, 1], [1, 1, 3]] {
            let warned = warned(&features, shape);
            assert!(
                warned.contains("channel 0 spans 5000, channel 1 1,"),
                "{warned}"
            );
        }
    }

    #[test]
    fn lost_accuracy_is_named_with_the_layer_where_it_starts() {
        let accuracy = |int8_right| Accuracy {
            images: 1000,
            float_right: 990,
            int8_right,
            agree: 900,
        };
        let start = LayerError {
            layer: "conv2".to_owned(),
            noise: 0.25,
        };
        assert_eq!(of_accuracy(&accuracy(981), Some(&start)), None);
        let warning = of_accuracy(&accuracy(900), Some(&start)).unwrap();
        assert!(
            warning.contains("9.0 percentage points") && warning.contains("conv2"),
            "{warning}"
        );
    }
}
