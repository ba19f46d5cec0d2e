//! Centred kernel alignment.

use crate::linear::gram;

/// Linear CKA of two representations of the same images with the unbiased estimate of HSIC
/// (Kornblith et al. 2019; Song et al. 2012, equation 5): 1 for representations that differ by
/// a rotation and a factor, 0 on average for unrelated ones, where the plain CKA is not. May be
/// below 0. `None` for fewer than four images, or where one does not vary.
///
/// `x` and `y` have `x_size` and `y_size` values an image.
///
/// # Panics
/// They are not of the same whole number of images.
pub fn debiased_cka(x: &[f32], x_size: usize, y: &[f32], y_size: usize) -> Option<f64> {
    let images = x.len() / x_size;
    assert_eq!(images, y.len() / y_size, "the same images");
    if images < 4 {
        return None;
    }
    let kernel = |values: &[f32], size: usize| -> Vec<f64> {
        let centred = centred(values, size);
        let mut kernel: Vec<f64> = gram(&centred, &centred, size)
            .into_iter()
            .map(f64::from)
            .collect();
        (0..images).for_each(|at| kernel[at * images + at] = 0.0);
        kernel
    };
    let (k, l) = (kernel(x, x_size), kernel(y, y_size));
    let own = hsic(&k, &k, images) * hsic(&l, &l, images);
    let cka = hsic(&k, &l, images) / own.sqrt();
    cka.is_finite().then_some(cka)
}

/// HSIC of two kernels whose diagonal is 0, without its bias.
fn hsic(k: &[f64], l: &[f64], images: usize) -> f64 {
    let n = images as f64;
    let sums = |kernel: &[f64]| -> Vec<f64> {
        kernel
            .chunks_exact(images)
            .map(|row| row.iter().sum())
            .collect()
    };
    let (k_sums, l_sums) = (sums(k), sums(l));
    let trace: f64 = k.iter().zip(l).map(|(k, l)| k * l).sum();
    let whole = k_sums.iter().sum::<f64>() * l_sums.iter().sum::<f64>();
    let across: f64 = k_sums.iter().zip(&l_sums).map(|(k, l)| k * l).sum();
    (trace + whole / ((n - 1.0) * (n - 2.0)) - 2.0 / (n - 2.0) * across) / (n * (n - 3.0))
}

/// Values less the mean over the images.
fn centred(values: &[f32], size: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; size];
    for row in values.chunks_exact(size) {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let images = (values.len() / size) as f64;
    let rows = values.chunks_exact(size);
    rows.flat_map(|row| {
        let row = row.iter().zip(&sums);
        row.map(|(x, sum)| (f64::from(*x) - sum / images) as f32)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::random::Random;

    fn random(count: usize, seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed);
        (0..count).map(|_| random.normal() as f32).collect()
    }

    #[test]
    fn a_rotation_and_a_factor_change_nothing() {
        let x = random(60 * 2, 1);
        let turned: Vec<f32> = x
            .chunks_exact(2)
            .flat_map(|p| {
                [
                    3.0 * (0.6 * p[0] - 0.8 * p[1]),
                    3.0 * (0.8 * p[0] + 0.6 * p[1]) + 5.0,
                ]
            })
            .collect();
        let same = debiased_cka(&x, 2, &x, 2).unwrap();
        let cka = debiased_cka(&x, 2, &turned, 2).unwrap();
        assert!(
            (same - 1.0).abs() < 1e-9 && (cka - 1.0).abs() < 1e-5,
            "{same} {cka}"
        );
    }

    /// Unrelated values with many more units than images: the plain CKA would be near 1.
    #[test]
    fn unrelated_values_have_none() {
        let mean = (0..20).map(|seed| {
            let (x, y) = (random(40 * 200, seed), random(40 * 200, 100 + seed));
            debiased_cka(&x, 200, &y, 200).unwrap()
        });
        let mean = mean.sum::<f64>() / 20.0;
        assert!(mean.abs() < 0.05, "{mean}");
        assert_eq!(debiased_cka(&[1.0; 8], 2, &[2.0; 8], 2), None);
    }
}
