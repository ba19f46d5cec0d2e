//! Images that are a mean and a weighted sum of pictures at right angles.

/// mean + Σ code · row.
#[derive(Clone, Debug)]
pub struct Linear {
    mean: Vec<f32>,
    /// `[dim, pixels]`, its rows at right angles to each other.
    rows: Vec<f32>,
    /// The squared length of each row.
    lengths: Vec<f64>,
}

impl Linear {
    /// Rows `[dim, pixels]` around a mean `[pixels]`.
    pub fn new(mean: Vec<f32>, rows: Vec<f32>) -> Self {
        let lengths = rows
            .chunks_exact(mean.len().max(1))
            .map(|row| dot(row, row));
        Self {
            lengths: lengths.collect(),
            mean,
            rows,
        }
    }

    pub fn dim(&self) -> usize {
        self.lengths.len()
    }

    pub fn image(&self, code: &[f64]) -> Vec<f32> {
        let mut image = self.mean.clone();
        for (row, &weight) in self.rows().zip(code) {
            let weight = weight as f32;
            for (pixel, value) in image.iter_mut().zip(row) {
                *pixel += weight * value;
            }
        }
        image
    }

    pub fn pull(&self, slopes: &[f32]) -> Vec<f64> {
        self.rows().map(|row| dot(row, slopes)).collect()
    }

    pub fn encode(&self, image: &[f32]) -> Vec<f64> {
        let away: Vec<f32> = image.iter().zip(&self.mean).map(|(a, b)| a - b).collect();
        let rows = self.rows().zip(&self.lengths);
        rows.map(|(row, &length)| {
            if length > 0.0 {
                dot(row, &away) / length
            } else {
                0.0
            }
        })
        .collect()
    }

    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.rows.chunks_exact(self.mean.len().max(1))
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}
