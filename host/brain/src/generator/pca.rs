//! Principal components of natural images: the smallest generator that knows something of
//! them.

use super::GeneratorError;
use super::linear::Linear;
use crate::stimuli::Stimuli;
use crate::symmetric::leading;

/// Components, where nobody asks for another number.
pub const COMPONENTS: usize = 50;
/// Images that components are computed from at least, where there are as many; of more, every so
/// many-th is taken.
const IMAGES: usize = 2000;
/// Products of two pixels of an image that may be computed for more images than these. The
/// 60,000 digits of MNIST leave every fourth: 2,000 of them would leave 6 % more error.
const PRODUCTS: usize = 10_000_000_000;

impl Linear {
    /// The first `components` of `stimuli`: μ + Σ code · √λ · u, with the eigenvalues λ and
    /// eigenvectors u of the images' covariance.
    ///
    /// # Errors
    /// There are no more images than components.
    pub fn pca(stimuli: &Stimuli, components: usize) -> Result<Self, GeneratorError> {
        let pixels: usize = stimuli.shape.iter().product();
        let most = (PRODUCTS / pixels.pow(2).max(1)).max(IMAGES);
        let every = stimuli.images.len().div_ceil(most).max(1);
        let mut images: Vec<Vec<f32>> = stimuli.images.iter().step_by(every).cloned().collect();
        let count = images.len();
        let components = components.min(pixels);
        if count <= components {
            return Err(GeneratorError::FewImages {
                need: components + 1,
                have: count,
            });
        }
        let mut mean = vec![0.0; pixels];
        for image in &images {
            for (sum, &value) in mean.iter_mut().zip(image) {
                *sum += f64::from(value) / count as f64;
            }
        }
        let mean: Vec<f32> = mean.iter().map(|&value| value as f32).collect();
        for image in &mut images {
            for (value, mean) in image.iter_mut().zip(&mean) {
                *value -= mean;
            }
        }
        // The same eigenvalues from the smaller of both products.
        let is_wide = pixels > count;
        let product = if is_wide {
            between(&images)
        } else {
            covariance(&images, pixels)
        };
        let (values, vectors) = leading(&product, if is_wide { count } else { pixels }, components);
        let mut rows = vec![0.0; components * pixels];
        for (component, row) in rows.chunks_exact_mut(pixels).enumerate() {
            let vector = &vectors[component];
            let deviation = (values[component].max(0.0) / count as f64).sqrt();
            if is_wide {
                // u = Xᵀ v / √(n λ), so √λ u = Xᵀ v / √n.
                for (image, &weight) in images.iter().zip(vector) {
                    let weight = (weight / (count as f64).sqrt()) as f32;
                    for (to, value) in row.iter_mut().zip(image) {
                        *to += weight * value;
                    }
                }
            } else {
                for (to, value) in row.iter_mut().zip(vector) {
                    *to = (deviation * value) as f32;
                }
            }
        }
        Ok(Self::new("pca", stimuli.shape, mean, rows))
    }
}

/// Xᵀ X, `[pixels, pixels]`.
fn covariance(images: &[Vec<f32>], pixels: usize) -> Vec<f64> {
    let mut product = vec![0.0; pixels * pixels];
    for image in images {
        // Most pixels of a digit are the same in all images.
        for (row, &a) in image.iter().enumerate().filter(|(_, a)| **a != 0.0) {
            let a = f64::from(a);
            let to = &mut product[row * pixels..][row..pixels];
            for (sum, &b) in to.iter_mut().zip(&image[row..]) {
                *sum += a * f64::from(b);
            }
        }
    }
    mirror(&mut product, pixels);
    product
}

/// X Xᵀ, `[images, images]`.
fn between(images: &[Vec<f32>]) -> Vec<f64> {
    let count = images.len();
    let mut product = vec![0.0; count * count];
    for (row, a) in images.iter().enumerate() {
        for (column, b) in images.iter().enumerate().skip(row) {
            let both = a.iter().zip(b);
            product[row * count + column] = both.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        }
    }
    mirror(&mut product, count);
    product
}

/// Copies what is above the diagonal below it.
fn mirror(matrix: &mut [f64], side: usize) {
    for row in 0..side {
        for column in 0..row {
            matrix[row * side + column] = matrix[column * side + row];
        }
    }
}
