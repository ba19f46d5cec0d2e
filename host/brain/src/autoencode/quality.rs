//! How good a reconstruction is.
//!
//! PSNR = 10 log₁₀(R² / MSE) with the data range R: the distance of black and white in the
//! values that are compared. A range of 2, for values from −1 to 1, and one of 1, for the same
//! images from 0 to 1, give the same PSNR and SSIM, but an MSE of four times the size.

use cortexscope_statistics::ssim;

/// One reconstruction and its image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageQuality {
    /// Mean squared error.
    pub mse: f64,
    /// Peak signal-to-noise ratio in decibels; infinite where both are equal.
    pub psnr: f64,
    /// Structural similarity (Wang et al. 2004), the mean over the channels; a Gaussian window
    /// with σ 1.5.
    pub ssim: f64,
}

impl ImageQuality {
    /// Compares two images `[C, H, W]` of finite values, `range` apart from black to white.
    /// `None` where sizes or range do not allow it.
    pub fn of(image: &[f32], made: &[f32], shape: [usize; 3], range: f64) -> Option<Self> {
        let [_, height, width] = shape;
        let [x, y] = [image, made]
            .map(|all| -> Vec<f64> { all.iter().map(|&value| f64::from(value)).collect() });
        if x.is_empty() || x.len() != shape.iter().product::<usize>() || y.len() != x.len() {
            return None;
        }
        let squares = x.iter().zip(&y).map(|(x, y)| (x - y) * (x - y));
        let mse = squares.sum::<f64>() / x.len() as f64;
        let plane = height * width;
        let planes = x.chunks_exact(plane).zip(y.chunks_exact(plane));
        let likeness = planes.map(|(x, y)| ssim(x, y, [height, width], range));
        let likeness = likeness.collect::<Option<Vec<f64>>>()?;
        Some(Self {
            mse,
            psnr: psnr(mse, range),
            ssim: likeness.iter().sum::<f64>() / likeness.len() as f64,
        })
    }
}

/// The quality of many reconstructions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Mean squared error over all images.
    pub mse: f64,
    /// The mean of the images' PSNR; infinite where one reconstruction is exact.
    pub psnr: f64,
    /// PSNR of the mean squared error over all images, which is never greater.
    pub psnr_of_mse: f64,
    /// The mean of the images' SSIM.
    pub ssim: f64,
}

impl Quality {
    /// The quality over `images`, whose data range is `range`; `None` for no image.
    pub fn over(images: &[ImageQuality], range: f64) -> Option<Self> {
        if images.is_empty() {
            return None;
        }
        let mean =
            |of: fn(&ImageQuality) -> f64| images.iter().map(of).sum::<f64>() / images.len() as f64;
        let mse = mean(|image| image.mse);
        Some(Self {
            mse,
            psnr: mean(|image| image.psnr),
            psnr_of_mse: psnr(mse, range),
            ssim: mean(|image| image.ssim),
        })
    }
}

/// Decibels of a mean squared error.
fn psnr(mse: f64, range: f64) -> f64 {
    10.0 * (range * range / mse).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: one of four pixels is off by a half, so MSE is 1/16 and PSNR 10 log₁₀ 16.
    #[test]
    fn psnr_by_hand() {
        let found = ImageQuality::of(&[0.0, 1.0, 0.0, 1.0], &[0.0, 1.0, 0.5, 1.0], [1, 2, 2], 1.0);
        let found = found.unwrap();
        assert!((found.mse - 0.0625).abs() < 1e-12);
        assert!((found.psnr - 12.041_199_826_559_248).abs() < 1e-9);
        // The same images from −1 to 1 with a range of 2: four times the error, the same ratio.
        let wide = ImageQuality::of(
            &[-1.0, 1.0, -1.0, 1.0],
            &[-1.0, 1.0, 0.0, 1.0],
            [1, 2, 2],
            2.0,
        );
        let wide = wide.unwrap();
        assert!((wide.mse - 0.25).abs() < 1e-12 && (wide.psnr - found.psnr).abs() < 1e-9);
        // A range of 1 for them would be 20 log₁₀ 2 = 6.02 dB too low.
        let narrow = ImageQuality::of(
            &[-1.0, 1.0, -1.0, 1.0],
            &[-1.0, 1.0, 0.0, 1.0],
            [1, 2, 2],
            1.0,
        );
        assert!((found.psnr - narrow.unwrap().psnr - 6.020_599_913_279_624).abs() < 1e-9);
    }

    #[test]
    fn an_image_is_itself() {
        let image: Vec<f32> = (0..18).map(|at| at as f32 / 17.0).collect();
        let found = ImageQuality::of(&image, &image, [2, 3, 3], 1.0).unwrap();
        assert_eq!(
            (found.mse, found.psnr, found.ssim),
            (0.0, f64::INFINITY, 1.0)
        );
        assert_eq!(ImageQuality::of(&image, &image, [1, 3, 3], 1.0), None);
    }

    /// The mean of ratios in decibels is not the ratio of the mean (Jensen): 20 and 40 dB.
    #[test]
    fn the_mean_of_psnrs_is_greater_than_that_of_the_mean_error() {
        let one = |mse: f64| ImageQuality {
            mse,
            psnr: psnr(mse, 1.0),
            ssim: 0.0,
        };
        let found = Quality::over(&[one(1e-2), one(1e-4)], 1.0).unwrap();
        assert!((found.psnr - 30.0).abs() < 1e-9);
        assert!((found.psnr_of_mse - 10.0 * (1.0 / 0.00505_f64).log10()).abs() < 1e-9);
        assert_eq!(Quality::over(&[], 1.0), None);
    }
}
