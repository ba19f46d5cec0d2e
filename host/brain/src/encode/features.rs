//! A layer's features of images.

use std::ops::ControlFlow;
use std::path::Path;

use cortexscope_explain::float_model::{FloatModel, Forward, LayerId};
use cortexscope_net::input::array::ArrayFile;
use cortexscope_net::output::{self, OutputError};
use rayon::prelude::*;

use super::{EncodeError, Stage, Watch};
use crate::data::Images;

/// Mean over square windows, so that a fine layer has no more cells than a coarse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// Rows and columns of a window; the last window may hang over the edge, and is the
    /// mean of what it covers.
    pub window: usize,
}

/// Features of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// `[C, H, W]` of one image's features.
    pub shape: [usize; 3],
    /// Images after each other, `[C, H, W]` each.
    pub values: Vec<f32>,
}

/// Bytes that features may take.
const MOST_BYTES: usize = 6 << 30;
/// Images between two reports of progress.
const IMAGES_AT_A_TIME: usize = 16;

impl Pooling {
    /// The smallest window that leaves at most `cells` cells a side. With 13 cells,
    /// AlexNet's 55×55 become 11×11 and its 27×27 become 9×9.
    pub fn to_cells(shape: [usize; 3], cells: usize) -> Self {
        let side = shape[1].max(shape[2]);
        Self {
            window: side.div_ceil(cells.max(1)).max(1),
        }
    }

    /// `[C, H, W]` after pooling.
    pub fn shape(self, [channels, height, width]: [usize; 3]) -> [usize; 3] {
        let pooled = |side: usize| side.div_ceil(self.window);
        [channels, pooled(height), pooled(width)]
    }

    /// Values `[C, H, W]` of `shape`, pooled.
    pub fn pool(self, values: Vec<f32>, shape: [usize; 3]) -> Vec<f32> {
        if self.window == 1 {
            return values;
        }
        let mut sums = vec![0.0; self.shape(shape).iter().product()];
        self.each(shape, |fine, cell, share| {
            sums[cell] += values[fine] * share
        });
        sums
    }

    /// The derivative with respect to what was pooled, from that of the cells.
    pub fn spread(self, cells: &[f32], shape: [usize; 3]) -> Vec<f32> {
        let mut fine_values = vec![0.0; shape.iter().product()];
        self.each(shape, |fine, cell, share| {
            fine_values[fine] = cells[cell] * share
        });
        fine_values
    }

    /// Tells each value's index, its cell's index, and its share of the cell.
    fn each(self, shape: [usize; 3], mut tell: impl FnMut(usize, usize, f32)) {
        let [channels, height, width] = shape;
        let [_, rows, columns] = self.shape(shape);
        let covered = |side: usize, cell: usize| {
            let end = ((cell + 1) * self.window).min(side);
            end - cell * self.window
        };
        for channel in 0..channels {
            for y in 0..height {
                for x in 0..width {
                    let [row, column] = [y / self.window, x / self.window];
                    let count = covered(height, row) * covered(width, column);
                    let fine = (channel * height + y) * width + x;
                    let cell = (channel * rows + row) * columns + column;
                    tell(fine, cell, 1.0 / count as f32);
                }
            }
        }
    }
}

impl Features {
    /// What each of `layers` of `model`, pooled to at most `cells` cells a side, gives for each
    /// of `images`.
    ///
    /// # Errors
    /// The network fails, gives a value that is not finite, or gives more values than
    /// memory has room for.
    pub fn compute(
        model: &FloatModel,
        layers: &[LayerId],
        cells: usize,
        images: &Images,
        watch: Watch<'_>,
    ) -> Result<Vec<Self>, EncodeError> {
        let count = images.stimuli.len();
        let shapes: Vec<[usize; 3]> = layers.iter().map(|&id| model.layer(id).shape).collect();
        let mut all: Vec<Self> = shapes
            .iter()
            .map(|&shape| Self {
                shape: Pooling::to_cells(shape, cells).shape(shape),
                values: Vec::new(),
            })
            .collect();
        let size: usize = all.iter().map(Self::size).sum();
        let bytes = size.checked_mul(count).and_then(|n| n.checked_mul(4));
        if bytes.is_none_or(|bytes| bytes > MOST_BYTES) {
            return Err(EncodeError::TooLarge {
                images: count,
                features: size,
                limit: MOST_BYTES,
            });
        }
        let forward = Forward::of_many(model, layers)?;
        let one = |image: usize| -> Result<Vec<Vec<f32>>, EncodeError> {
            let input = images.input(image, &model.spec.input)?;
            let outputs = forward.run(&input)?.into_iter().zip(&shapes);
            let pooled = outputs.map(|(values, &shape)| {
                match values.iter().find(|value| !value.is_finite()) {
                    Some(&value) => Err(EncodeError::NotFinite { image, value }),
                    None => Ok(Pooling::to_cells(shape, cells).pool(values, shape)),
                }
            });
            pooled.collect()
        };
        for features in &mut all {
            features.values.reserve_exact(features.size() * count);
        }
        for first in (0..count).step_by(IMAGES_AT_A_TIME) {
            if watch(Stage::Features, first, count) == ControlFlow::Break(()) {
                return Err(EncodeError::Interrupted);
            }
            let block = first..(first + IMAGES_AT_A_TIME).min(count);
            let rows: Vec<Vec<Vec<f32>>> = block
                .into_par_iter()
                .map(one)
                .collect::<Result<_, EncodeError>>()?;
            for row in rows {
                let row = all.iter_mut().zip(row);
                row.for_each(|(features, values)| features.values.extend(values));
            }
        }
        Ok(all)
    }

    /// The features that [`keep`](Self::keep) wrote to `path`, of `images` images; `None` if
    /// no whole file of this shape lies there.
    pub fn kept(path: &Path, shape: [usize; 3], images: usize) -> Option<Self> {
        let file = ArrayFile::open(path, None).ok()?;
        let [channels, height, width] = shape;
        if file.shape != [images, channels, height, width] {
            return None;
        }
        let values = file.floats(MOST_BYTES as u64).ok()?;
        Some(Self { shape, values })
    }

    /// Writes the features to `path`, `[images, C, H, W]`. The file has its name only once it is
    /// whole.
    ///
    /// # Errors
    /// The system refuses.
    pub fn keep(&self, path: &Path) -> Result<(), OutputError> {
        let images = self.values.len() / self.size().max(1);
        let [channels, height, width] = self.shape.map(|size| size as u64);
        let shape = [images as u64, channels, height, width];
        output::npy(path, &shape, &self.values)
    }

    /// Features of one image.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Features of image `index`.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.size()..][..self.size()]
    }

    /// Takes the mean over the images `train` from each feature, and divides all by one
    /// standard deviation, that of all their values; gives the means and the deviation.
    ///
    /// No other image is looked at, so that nothing of the test leaks into the fit.
    ///
    /// # Errors
    /// Nothing varies over the training images.
    pub fn standardise(&mut self, train: &[usize]) -> Result<Standard, EncodeError> {
        let size = self.size();
        let mut sums = vec![0.0_f64; size];
        for &image in train {
            let row = self.row(image);
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, &x)| *sum += f64::from(x));
        }
        let mean: Vec<f32> = sums
            .iter()
            .map(|sum| (sum / train.len() as f64) as f32)
            .collect();
        let mut squares = 0.0;
        for &image in train {
            let row = self.row(image).iter().zip(&mean);
            squares += row
                .map(|(x, mean)| f64::from(x - mean) * f64::from(x - mean))
                .sum::<f64>();
        }
        let deviation = (squares / (train.len() * size) as f64).sqrt() as f32;
        if !(deviation.is_finite() && deviation > 0.0) {
            return Err(EncodeError::Constant);
        }
        self.values.par_chunks_mut(size).for_each(|row| {
            let row = row.iter_mut().zip(&mean);
            row.for_each(|(x, mean)| *x = (*x - mean) / deviation);
        });
        Ok(Standard { mean, deviation })
    }
}

/// How features were standardised.
#[derive(Clone, Debug, PartialEq)]
pub struct Standard {
    /// The mean of each feature.
    pub mean: Vec<f32>,
    /// The one standard deviation.
    pub deviation: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alexnets_layers_have_at_most_13_cells_a_side() {
        for (side, window, cells) in [(55, 5, 11), (27, 3, 9), (13, 1, 13)] {
            let pooling = Pooling::to_cells([64, side, side], 13);
            assert_eq!(pooling.window, window);
            assert_eq!(pooling.shape([64, side, side]), [64, cells, cells]);
        }
    }

    /// Three values in windows of two: the second window hangs over the edge.
    #[test]
    fn a_window_at_the_edge_is_the_mean_of_what_it_covers() {
        let pooling = Pooling { window: 2 };
        let values = vec![1.0, 3.0, 5.0];
        assert_eq!(pooling.pool(values, [1, 1, 3]), [2.0, 5.0]);
        assert_eq!(pooling.spread(&[4.0, 7.0], [1, 1, 3]), [2.0, 2.0, 7.0]);
    }

    #[test]
    fn what_is_kept_is_read_back_and_what_is_cut_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("features.npy");
        let features = Features {
            shape: [2, 1, 1],
            values: vec![1.0, 2.0, 3.0, 4.0],
        };
        assert_eq!(Features::kept(&path, [2, 1, 1], 2), None);
        features.keep(&path).unwrap();
        assert_eq!(Features::kept(&path, [2, 1, 1], 2), Some(features));
        assert_eq!(Features::kept(&path, [2, 1, 1], 3), None);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(Features::kept(&path, [2, 1, 1], 2), None);
    }

    #[test]
    fn the_standard_is_that_of_the_training_images() {
        let mut features = Features {
            shape: [2, 1, 1],
            values: vec![1.0, 10.0, 3.0, 14.0, 100.0, -100.0],
        };
        let standard = features.standardise(&[0, 1]).unwrap();
        assert_eq!(standard.mean, [2.0, 12.0]);
        // Deviations ±1 and ±2: the mean square is 2.5.
        assert!((standard.deviation - 2.5_f32.sqrt()).abs() < 1e-6);
        assert!((features.row(2)[0] - 98.0 / 2.5_f32.sqrt()).abs() < 1e-4);
        let mut flat = Features {
            shape: [1, 1, 1],
            values: vec![1.0, 1.0],
        };
        assert!(matches!(
            flat.standardise(&[0, 1]),
            Err(EncodeError::Constant)
        ));
    }
}
