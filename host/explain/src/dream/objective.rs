//! What a dream raises.

/// What a dream raises, as a function of a layer's values A.
#[derive(Clone, Debug, PartialEq)]
pub enum Objective {
    /// ½‖A‖², whose derivative is A itself.
    HalfSquare,
    /// The mean of A.
    Mean,
    /// The sum over positions of the product with the guide's best matching column.
    Guide {
        /// `[K, n]`: the layer's values for the guide, n positions.
        features: Vec<f32>,
    },
}

impl Objective {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::HalfSquare => "half-square",
            Self::Mean => "mean",
            Self::Guide { .. } => "guide",
        }
    }

    /// The objective of `values`, `[K, h, w]`, or of one of their maps, and its derivative
    /// with respect to each.
    pub fn of(&self, values: &[f32], shape: [usize; 3], channel: Option<usize>) -> (f64, Vec<f32>) {
        let positions = shape[1] * shape[2];
        let range = match channel {
            Some(channel) => channel * positions..(channel + 1) * positions,
            None => 0..values.len(),
        };
        let mut slopes = vec![0.0; values.len()];
        let seen = &values[range.clone()];
        let wide = seen.iter().copied().map(f64::from);
        let value = match self {
            Self::HalfSquare => {
                slopes[range].copy_from_slice(seen);
                wide.map(|a| a * a).sum::<f64>() / 2.0
            }
            Self::Mean => {
                slopes[range].fill((1.0 / seen.len() as f64) as f32);
                wide.sum::<f64>() / seen.len() as f64
            }
            Self::Guide { features } => {
                let mut sum = 0.0;
                for position in 0..positions {
                    let column = values.iter().skip(position).step_by(positions);
                    let column: Vec<f32> = column.copied().collect();
                    let Some((best, product)) = best_match(&column, features) else {
                        continue;
                    };
                    sum += product;
                    let count = features.len() / column.len();
                    for (at, slope) in slopes
                        .iter_mut()
                        .skip(position)
                        .step_by(positions)
                        .enumerate()
                    {
                        *slope = features[at * count + best];
                    }
                }
                sum
            }
        };
        (value, slopes)
    }
}

/// The column of `features`, `[K, n]`, with the greatest product with `column`, of K values,
/// and that product; of equal ones the first.
pub fn best_match(column: &[f32], features: &[f32]) -> Option<(usize, f64)> {
    let count = features.len() / column.len().max(1);
    let mut products = vec![0.0_f64; count];
    for (value, row) in column.iter().zip(features.chunks_exact(count.max(1))) {
        for (product, feature) in products.iter_mut().zip(row) {
            *product += f64::from(*value) * f64::from(*feature);
        }
    }
    let mut best: Option<(usize, f64)> = None;
    for (at, product) in products.into_iter().enumerate() {
        if best.is_none_or(|(_, most)| product > most) {
            best = Some((at, product));
        }
    }
    best
}
