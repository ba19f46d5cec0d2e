//! The table of the DAE-NR paper (arXiv 2111.15309) as the lecture shows it: mouse V1 of Antolik
//! et al. (2016), three regions. Values from −1 to 1, so a data range of 2, and means of the
//! images' PSNR: both follow from the table itself, as PSNR = 10 log₁₀(R² / MSE) gives R of 2.02
//! to 2.27 for its rows.

/// Numbers of one region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Mean squared error.
    pub mse: f64,
    /// Peak signal-to-noise ratio in decibels.
    pub psnr: f64,
    /// Structural similarity.
    pub ssim: f64,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PublishedArm {
    /// The architecture.
    pub name: &'static str,
    /// Neurons that it was trained on: all, significant or other.
    pub neurons: &'static str,
    /// Regions 1 to 3; `None` where the table has none.
    pub regions: [Option<Region>; 3],
}

/// Data range of the published numbers.
pub const DATA_RANGE: f64 = 2.0;

const fn region(mse: f64, psnr: f64, ssim: f64) -> Option<Region> {
    Some(Region { mse, psnr, ssim })
}

const fn all(name: &'static str, regions: [Option<Region>; 3]) -> PublishedArm {
    PublishedArm {
        name,
        neurons: "all",
        regions,
    }
}

const fn third(
    name: &'static str,
    neurons: &'static str,
    mse: f64,
    psnr: f64,
    ssim: f64,
) -> PublishedArm {
    PublishedArm {
        name,
        neurons,
        regions: [None, None, region(mse, psnr, ssim)],
    }
}

/// The published rows.
pub const PUBLISHED: &[PublishedArm] = &[
    PublishedArm {
        name: "DAE",
        neurons: "none",
        regions: [
            region(0.022, 23.709, 0.771),
            region(0.024, 23.338, 0.754),
            region(0.081, 17.039, 0.561),
        ],
    },
    all(
        "DAE-NR1",
        [
            region(0.021, 23.829, 0.776),
            region(0.023, 23.392, 0.753),
            region(0.044, 19.751, 0.763),
        ],
    ),
    all(
        "DAE-NR2",
        [
            region(0.021, 23.779, 0.775),
            region(0.023, 23.440, 0.759),
            region(0.043, 19.819, 0.764),
        ],
    ),
    all(
        "DAE-NR3",
        [
            region(0.021, 23.778, 0.775),
            region(0.024, 23.330, 0.755),
            region(0.043, 19.789, 0.761),
        ],
    ),
    all(
        "DAE-NR4",
        [
            region(0.022, 23.721, 0.773),
            region(0.023, 23.491, 0.760),
            region(0.059, 18.462, 0.668),
        ],
    ),
    third("DAE-NR1", "significant", 0.043, 19.784, 0.761),
    third("DAE-NR1", "other", 0.125, 15.168, 0.332),
    third("DAE-NR2", "significant", 0.047, 19.467, 0.743),
    third("DAE-NR2", "other", 0.082, 16.970, 0.547),
    third("DAE-NR3", "significant", 0.049, 19.245, 0.724),
    third("DAE-NR3", "other", 0.116, 15.463, 0.362),
    third("DAE-NR4", "significant", 0.047, 19.497, 0.740),
    third("DAE-NR4", "other", 0.045, 19.628, 0.752),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The range that each row implies is near 2: with a range of 1 all would be 6.02 dB lower.
    #[test]
    fn the_range_is_two() {
        for arm in PUBLISHED {
            for region in arm.regions.into_iter().flatten() {
                let range = (region.mse * 10.0_f64.powf(region.psnr / 10.0)).sqrt();
                assert!((1.95..2.35).contains(&range), "{} {range}", arm.name);
            }
        }
    }
}
