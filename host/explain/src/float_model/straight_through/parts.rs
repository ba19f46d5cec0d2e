//! Sums of whole numbers in parts that `f32` holds.

use tract_adjoint::straight_through::EXACT;

/// Ranges of input channels whose sums `f32` holds, as few as possible; `None` where one
/// channel alone is too much.
pub fn parts(dims: &[usize], weights: &[i64], zero: i8) -> Option<Vec<[usize; 2]>> {
    let [outputs, inputs] = [dims[0], dims[1]];
    let plane = dims[2..].iter().product::<usize>();
    // The greatest step of an input: from its zero to the farther end.
    let step = (127.0 - f64::from(zero)).max(f64::from(zero) + 128.0);
    let greatest = |input: usize, output: usize| -> f64 {
        let at = (output * inputs + input) * plane;
        let weights = weights[at..at + plane].iter();
        weights
            .map(|&weight| weight.unsigned_abs() as f64)
            .sum::<f64>()
            * step
    };
    let mut ranges = vec![[0, 0]];
    let mut sums = vec![0.0; outputs];
    for input in 0..inputs {
        let added: Vec<f64> = (0..outputs).map(|output| greatest(input, output)).collect();
        if added.iter().any(|&sum| sum > EXACT) {
            return None;
        }
        let is_full = sums
            .iter()
            .zip(&added)
            .any(|(sum, more)| sum + more > EXACT);
        if is_full {
            ranges.push([input, input]);
            sums.fill(0.0);
        }
        sums.iter_mut()
            .zip(&added)
            .for_each(|(sum, more)| *sum += more);
        if let Some(last) = ranges.last_mut() {
            last[1] = input + 1;
        }
    }
    Some(ranges)
}

/// The weights of a range of input channels, and their sizes.
pub fn channels(dims: &[usize], weights: &[i64], [from, to]: [usize; 2]) -> (Vec<usize>, Vec<f32>) {
    let inputs = dims[1];
    let plane = dims[2..].iter().product::<usize>();
    let rows = weights.chunks_exact(inputs * plane);
    let values = rows.flat_map(|row| &row[from * plane..to * plane]);
    let mut sizes = dims.to_vec();
    sizes[1] = to - from;
    (sizes, values.map(|&weight| weight as f32).collect())
}
