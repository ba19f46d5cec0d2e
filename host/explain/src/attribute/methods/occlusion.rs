//! Occlusion on the float model (Zeiler and Fergus 2014, section 4.2).

use crate::attribute::argument::{Argument, ArgumentError, ArgumentKind};
use crate::attribute::attribution::{Attribution, NamedMap};
use crate::attribute::baseline::Baseline;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use crate::attribute::run::Run;

/// Occlusion.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "occlusion",
    summary: "What the target loses when a patch of the input is hidden.",
    paper: "Zeiler and Fergus 2014, section 4.2",
    arguments: &[WINDOW, STRIDE, FILL],
    build: |arguments| {
        let [_, height, width] = arguments.input_shape;
        let window = arguments.sides(&WINDOW)?;
        let window = window.unwrap_or([height, width].map(|side| (side / 8).max(1)));
        let stride = arguments.sides(&STRIDE)?;
        let occlusion = Occlusion {
            window,
            stride: stride.unwrap_or(window.map(|side| (side / 4).max(1))),
            fill: arguments.baseline(&FILL)?,
        };
        occlusion
            .positions([height, width])
            .map_err(ArgumentError::Explain)?;
        Ok(occlusion.into())
    },
};

const WINDOW: Argument = Argument {
    name: "window",
    help: "Rows and columns of the patch, 7 or 5x9 [default: an eighth of the input].",
    kind: ArgumentKind::Sides,
    default: "",
};

const STRIDE: Argument = Argument {
    name: "stride",
    help: "Rows and columns from one position to the next, 1 or 2x3 [default: a quarter of the patch].",
    kind: ArgumentKind::Sides,
    default: "",
};

const FILL: Argument = Argument {
    name: "fill",
    help: "What the patch is filled with: black, white, zero, mean, a grey level from 0 to 255, or an input.",
    kind: ArgumentKind::Baseline,
    default: "128",
};

/// Occlusion and its parameters.
#[derive(Clone, Debug)]
pub struct Occlusion {
    /// Rows and columns of the patch.
    pub window: [usize; 2],
    /// Rows and columns from one position to the next.
    pub stride: [usize; 2],
    /// What the patch is filled with.
    pub fill: Baseline,
}

impl Occlusion {
    /// Where patches begin: their first rows, and their first columns. The last patch
    /// ends at the input's edge, one stride or less after the patch before it.
    ///
    /// # Errors
    /// The patch does not fit, or a stride is zero.
    pub fn positions(&self, size: [usize; 2]) -> Result<[Vec<usize>; 2], ExplainError> {
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
        Ok([0, 1].map(|axis| {
            let last = size[axis] - self.window[axis];
            let mut starts: Vec<usize> = (0..=last).step_by(self.stride[axis]).collect();
            if !last.is_multiple_of(self.stride[axis]) {
                starts.push(last);
            }
            starts
        }))
    }
}

impl Explainer for Occlusion {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// The target's value with the patch at each position, and for each pixel the
    /// mean drop over the patches that cover it.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let input = run.input;
        let [channels, height, width] = run.model.input_shape();
        let [rows, columns] = self.positions([height, width])?;
        let fill = self.fill.values(&run.model.spec.input, input)?;
        let score = run.value_for(input)?;

        let windows = rows.len() * columns.len();
        let mut values = Vec::with_capacity(windows);
        let mut drops = vec![0.0_f64; height * width];
        let mut covers = vec![0_u32; height * width];
        let [window_height, window_width] = self.window;
        for &top in &rows {
            for &left in &columns {
                let mut hidden = input.to_vec();
                for channel in 0..channels {
                    for row in top..top + window_height {
                        let from = (channel * height + row) * width + left;
                        let part = from..from + window_width;
                        hidden[part.clone()].copy_from_slice(&fill[part]);
                    }
                }
                let value = run.value_for(&hidden)?;
                values.push(value as f32);
                for row in top..top + window_height {
                    for column in left..left + window_width {
                        drops[row * width + column] += score - value;
                        covers[row * width + column] += 1;
                    }
                }
                run.step(values.len(), windows)?;
            }
        }
        let mean = |(&drop, &count): (&f64, &u32)| (drop / f64::from(count.max(1))) as f32;
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let pixels = drops.iter().zip(&covers).map(mean).collect();
        let bare = covers.iter().filter(|&&count| count == 0).count();
        let mut attribution = Attribution::of([1, height, width], pixels, score).with([
            ("least value under the patch", f64::from(least)),
            ("pixels that no patch covers", bare as f64),
        ]);
        attribution.maps = vec![NamedMap {
            name: "values",
            shape: [1, rows.len(), columns.len()],
            values,
        }];
        Ok(attribution)
    }

    fn variant(&self) -> String {
        "drop, mean over the patches that cover a pixel".to_owned()
    }

    fn statement(&self) -> String {
        let [height, width] = self.window;
        let [down, across] = self.stride;
        let fill = self.fill.description();
        format!("{height}×{width} patch, stride {down}×{across}, filled with {fill}")
    }

    fn caption(&self) -> String {
        let [height, width] = self.window;
        let fill = match self.fill {
            Baseline::Mean => "mean colour".to_owned(),
            _ => self.fill.description(),
        };
        format!("{height}×{width}, {fill}")
    }

    fn parameters(&self) -> Parameters {
        vec![
            ("window", ParameterValue::Sides(self.window)),
            ("stride", ParameterValue::Sides(self.stride)),
            ("fill", ParameterValue::Text(self.fill.description())),
        ]
    }

    fn values(&self) -> ValueKind {
        ValueKind::Losses
    }

    fn only_asks(&self) -> bool {
        true
    }

    fn is_coarse(&self) -> bool {
        true
    }
}
