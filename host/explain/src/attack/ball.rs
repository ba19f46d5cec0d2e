//! The pictures that an attack may choose from: those within ε of the original, and valid.

use cortexscope_net::random::Random;

/// How the size of a change is measured, in pixels from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// The greatest change of a value, L∞.
    Greatest,
    /// The root of the sum of squares, L2.
    Euclidean,
}

impl Norm {
    /// As a receipt calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Greatest => "l-infinity",
            Self::Euclidean => "l2",
        }
    }

    /// The size of the change from `from` to `to`.
    pub fn distance(self, from: &[f32], to: &[f32]) -> f64 {
        let changes = from
            .iter()
            .zip(to)
            .map(|(&a, &b)| f64::from(b) - f64::from(a));
        match self {
            Self::Greatest => changes.fold(0.0, |most, change| most.max(change.abs())),
            Self::Euclidean => changes.map(|change| change * change).sum::<f64>().sqrt(),
        }
    }
}

/// Pictures within ε of one picture.
#[derive(Clone, Copy, Debug)]
pub struct Ball<'a> {
    /// The picture in its middle.
    pub centre: &'a [f32],
    /// How distance is measured.
    pub norm: Norm,
    /// The greatest distance.
    pub eps: f64,
}

impl Ball<'_> {
    /// Moves `picture` to the nearest picture of the ball, and its pixels to 0 … 1. The
    /// second step brings it closer to the centre, so that it stays in the ball.
    pub fn project(&self, picture: &mut [f32]) {
        match self.norm {
            Norm::Greatest => {
                for (pixel, &centre) in picture.iter_mut().zip(self.centre) {
                    let (at, centre) = (f64::from(*pixel), f64::from(centre));
                    *pixel = at.clamp(centre - self.eps, centre + self.eps) as f32;
                }
            }
            Norm::Euclidean => {
                let length = self.norm.distance(self.centre, picture);
                if length > self.eps {
                    let factor = self.eps / length;
                    for (pixel, &centre) in picture.iter_mut().zip(self.centre) {
                        let centre = f64::from(centre);
                        *pixel = (centre + factor * (f64::from(*pixel) - centre)) as f32;
                    }
                }
            }
        }
        valid(picture);
    }

    /// A picture of the ball, all equally likely before pixels are clipped.
    pub fn anywhere(&self, random: &mut Random) -> Vec<f32> {
        let mut picture = self.centre.to_vec();
        match self.norm {
            Norm::Greatest => {
                for pixel in &mut picture {
                    let change = self.eps * (2.0 * random.uniform() - 1.0);
                    *pixel = (f64::from(*pixel) + change) as f32;
                }
            }
            Norm::Euclidean => {
                let direction: Vec<f64> = picture.iter().map(|_| random.normal()).collect();
                let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
                // A share r of the radius holds r to the number of dimensions of the volume.
                let dimensions = picture.len().max(1) as f64;
                let radius = self.eps * random.uniform().powf(1.0 / dimensions);
                for (pixel, along) in picture.iter_mut().zip(direction) {
                    *pixel = (f64::from(*pixel) + radius * along / length) as f32;
                }
            }
        }
        valid(&mut picture);
        picture
    }
}

/// Moves pixels to the range from 0 to 1.
pub fn valid(picture: &mut [f32]) {
    for pixel in picture {
        *pixel = pixel.clamp(0.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTRE: [f32; 4] = [0.0, 0.5, 0.9, 1.0];

    fn ball(norm: Norm, eps: f64) -> Ball<'static> {
        Ball {
            centre: &CENTRE,
            norm,
            eps,
        }
    }

    #[test]
    fn projections_worked_by_hand() {
        let mut picture = [-1.0, 0.25, 1.5, 0.95];
        ball(Norm::Greatest, 0.125).project(&mut picture);
        assert_eq!(picture, [0.0, 0.375, 1.0, 0.95]);
        // The change (0.3, 0.4, 0, 0) has length 0.5.
        let mut picture = [0.3, 0.9, 0.9, 1.0];
        ball(Norm::Euclidean, 0.25).project(&mut picture);
        for (pixel, want) in picture.iter().zip([0.15, 0.7, 0.9, 1.0]) {
            assert!((pixel - want).abs() < 1e-6, "{picture:?}");
        }
    }

    #[test]
    fn a_projection_stays_in_the_ball_and_moves_nothing_twice() {
        let mut random = Random::new(5);
        for norm in [Norm::Greatest, Norm::Euclidean] {
            for eps in [0.0, 0.01, 0.3, 2.0] {
                let ball = ball(norm, eps);
                for _ in 0..50 {
                    let mut picture: Vec<f32> =
                        CENTRE.iter().map(|&x| x + random.normal() as f32).collect();
                    ball.project(&mut picture);
                    let once = picture.clone();
                    ball.project(&mut picture);
                    assert!(norm.distance(&once, &picture) < 1e-6);
                    assert!(norm.distance(&CENTRE, &once) <= eps + 1e-6);
                    assert!(once.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
                    let start = ball.anywhere(&mut random);
                    assert!(norm.distance(&CENTRE, &start) <= eps + 1e-6);
                    assert!(start.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
                }
            }
        }
    }

    #[test]
    fn starts_fill_the_ball() {
        let centre = [0.5_f32; 3];
        let mut random = Random::new(9);
        for norm in [Norm::Greatest, Norm::Euclidean] {
            let ball = Ball {
                centre: &centre,
                norm,
                eps: 0.4,
            };
            // In three dimensions half of the radius holds an eighth of the volume.
            let draws = 4000;
            let inner = (0..draws)
                .filter(|_| norm.distance(&centre, &ball.anywhere(&mut random)) < 0.2)
                .count() as f64;
            let error = (0.125_f64 * 0.875 / f64::from(draws)).sqrt();
            assert!(
                (inner / f64::from(draws) - 0.125).abs() < 5.0 * error,
                "{norm:?} {inner}"
            );
        }
    }
}
