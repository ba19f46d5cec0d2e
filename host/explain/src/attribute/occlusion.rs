//! Occlusion on the float model (Zeiler and Fergus 2014, section 4.2).

use super::{
    Attribution, ExplainError, NamedMap, OcclusionParameters, Report, Request, Residual, tell,
};
use crate::float_model::{FloatModel, Forward};

/// The target's value with the window at each position, and for each pixel the
/// mean drop over the windows that cover it.
pub fn run(
    model: &FloatModel,
    request: Request<'_>,
    parameters: &OcclusionParameters,
    report: Report<'_>,
) -> Result<Attribution, ExplainError> {
    let Request { input, aim, .. } = request;
    let [channels, height, width] = model.input_shape();
    let [rows, columns] = parameters.positions([height, width])?;
    let fill = parameters.fill.values(&model.spec.input, input)?;
    let forward = Forward::new(model, &[aim.layer])?;
    let score = aim.value(&forward.run(input)?[0]);

    let mut values = Vec::with_capacity(rows * columns);
    let mut drops = vec![0.0_f64; height * width];
    let mut covers = vec![0_u32; height * width];
    let [window_height, window_width] = parameters.window;
    for position in 0..rows * columns {
        let top = position / columns * parameters.stride[0];
        let left = position % columns * parameters.stride[1];
        let mut hidden = input.to_vec();
        for channel in 0..channels {
            for row in top..top + window_height {
                let from = (channel * height + row) * width + left;
                let part = from..from + window_width;
                hidden[part.clone()].copy_from_slice(&fill[part]);
            }
        }
        let value = aim.value(&forward.run(&hidden)?[0]);
        values.push(value as f32);
        for row in top..top + window_height {
            for column in left..left + window_width {
                drops[row * width + column] += score - value;
                covers[row * width + column] += 1;
            }
        }
        tell(report, position + 1, rows * columns)?;
    }
    let mean = |(&drop, &count): (&f64, &u32)| (drop / f64::from(count.max(1))) as f32;
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    Ok(Attribution {
        shape: [1, height, width],
        values: drops.iter().zip(&covers).map(mean).collect(),
        score,
        residuals: vec![
            Residual {
                name: "least value under the window",
                value: f64::from(least),
            },
            Residual {
                name: "pixels that no window covers",
                value: covers.iter().filter(|&&count| count == 0).count() as f64,
            },
        ],
        maps: vec![NamedMap {
            name: "values",
            shape: [1, rows, columns],
            values,
        }],
        rules: Vec::new(),
    })
}

impl OcclusionParameters {
    /// Positions of the window from top to bottom and from left to right.
    ///
    /// # Errors
    /// The window does not fit, or a stride is zero.
    pub fn positions(&self, size: [usize; 2]) -> Result<[usize; 2], ExplainError> {
        let fits = |axis: usize| (1..=size[axis]).contains(&self.window[axis]);
        if !(fits(0) && fits(1)) {
            return Err(ExplainError::Window {
                window: self.window,
                input: size,
            });
        }
        if self.stride.contains(&0) {
            return Err(ExplainError::Parameter("a stride is a number from 1 up"));
        }
        Ok([0, 1].map(|axis| (size[axis] - self.window[axis]) / self.stride[axis] + 1))
    }
}
