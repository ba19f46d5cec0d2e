//! SphereCMA (Wang and Ponce 2022): codes of one length; the search moves along the sphere
//! and turns by less and less.

use super::{Code, Optimiser, length, normal_code, rank_weights, ranked};
use cortexscope_net::random::Random;

/// A search on a sphere.
#[derive(Clone, Debug)]
pub struct Sphere {
    dim: usize,
    radius: f64,
    /// Generations until the angle is smallest.
    generations: usize,
    made: usize,
    /// Where the search stands, once something was measured.
    base: Option<Code>,
}

/// Codes of a generation; from the second on, the base is one more.
const POPULATION: usize = 40;
/// How far the base goes towards the mean of the better half: beyond it.
const RATE: f64 = 1.5;
/// The first and the last angle in degrees, for a draw of the expected length.
const ANGLES: [f64; 2] = [50.0, 7.33];
/// Length of the codes in the generator of the paper, which has 4096 values.
pub const PUBLISHED_RADIUS: f64 = 300.0;
const PUBLISHED_DIM: f64 = 4096.0;

impl Sphere {
    /// For codes of `dim` values and the length `radius`, and `queries` in all.
    pub fn new(dim: usize, radius: f64, queries: usize) -> Self {
        Self {
            dim,
            radius,
            generations: (queries / POPULATION).max(2),
            made: 0,
            base: None,
        }
    }

    /// The paper's length for codes of `dim` values: the same at each value.
    pub fn scaled_radius(dim: usize) -> f64 {
        PUBLISHED_RADIUS * (dim as f64 / PUBLISHED_DIM).sqrt()
    }

    /// The angle of a draw of length 1 in this generation, in radians: it falls
    /// exponentially ("Sphere exp").
    fn angle(&self) -> f64 {
        let last = self.generations - 1;
        let part = self.made.saturating_sub(1).min(last) as f64 / last as f64;
        let degrees = ANGLES[0] * (ANGLES[1] / ANGLES[0]).powf(part);
        degrees.to_radians() / (self.dim as f64).sqrt()
    }

    fn onto(&self, mut code: Code) -> Code {
        let norm = length(&code);
        if norm > 0.0 {
            code.iter_mut()
                .for_each(|value| *value *= self.radius / norm);
        }
        code
    }
}

/// The point on the great circle from `from` to `to`, of one length, at `part` of the way;
/// beyond `to` where that is greater than 1.
fn along_sphere(from: &[f64], to: &[f64], part: f64) -> Code {
    let square: f64 = from.iter().map(|value| value * value).sum();
    let cosine: f64 = from.iter().zip(to).map(|(a, b)| a * b).sum::<f64>() / square;
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let sine = angle.sin();
    if sine < 1e-9 {
        return to.to_vec();
    }
    let (a, b) = (
        ((1.0 - part) * angle).sin() / sine,
        (part * angle).sin() / sine,
    );
    from.iter()
        .zip(to)
        .map(|(from, to)| a * from + b * to)
        .collect()
}

impl Optimiser for Sphere {
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("population", POPULATION as f64),
            ("parents", (POPULATION / 2) as f64),
            ("radius", self.radius),
            ("rate", RATE),
            ("first_angle_degrees", ANGLES[0]),
            ("last_angle_degrees", ANGLES[1]),
            ("generations_to_last_angle", self.generations as f64),
        ]
    }

    fn ask(&mut self, random: &mut Random) -> Vec<Code> {
        let Some(base) = &self.base else {
            let codes = (0..POPULATION).map(|_| self.onto(normal_code(self.dim, random)));
            return codes.collect();
        };
        let angle = self.angle();
        let square = self.radius * self.radius;
        let mut codes = vec![base.clone()];
        for _ in 0..POPULATION {
            let mut tangent = normal_code(self.dim, random);
            let along: f64 = tangent.iter().zip(base).map(|(a, b)| a * b).sum::<f64>() / square;
            for (value, base) in tangent.iter_mut().zip(base) {
                *value -= along * base;
            }
            let norm = length(&tangent).max(1e-300);
            let (sine, cosine) = (angle * norm).sin_cos();
            let both = base.iter().zip(&tangent);
            let code =
                both.map(|(base, tangent)| cosine * base + sine * self.radius * tangent / norm);
            codes.push(code.collect());
        }
        codes
    }

    fn tell(&mut self, codes: &[Code], scores: &[f64], random: &mut Random) {
        self.made += 1;
        // The base itself has no weight.
        let skipped = usize::from(self.base.is_some());
        let (codes, scores) = (&codes[skipped..], &scores[skipped..]);
        let order = ranked(scores, random);
        let mut mean = vec![0.0; self.dim];
        for (weight, &at) in rank_weights(codes.len()).iter().zip(&order) {
            for (to, value) in mean.iter_mut().zip(&codes[at]) {
                *to += weight * value;
            }
        }
        let mean = self.onto(mean);
        self.base = Some(match &self.base {
            Some(base) => self.onto(along_sphere(base, &mean, RATE)),
            None => mean,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_length_and_angles_fall() {
        let mut sphere = Sphere::new(30, 7.0, 400);
        let mut random = Random::new(4);
        let mut angles = Vec::new();
        for _ in 0..10 {
            let codes = sphere.ask(&mut random);
            for code in &codes {
                assert!((length(code) - 7.0).abs() < 1e-9);
            }
            let scores: Vec<f64> = codes.iter().map(|code| code[0]).collect();
            sphere.tell(&codes, &scores, &mut random);
            angles.push(sphere.angle() * 30.0_f64.sqrt());
        }
        assert!((angles[0].to_degrees() - 50.0).abs() < 1e-9);
        assert!((angles[9].to_degrees() - 7.33).abs() < 1e-9);
        assert!(angles.windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn the_way_on_the_sphere_goes_beyond_its_end() {
        let found = along_sphere(&[1.0, 0.0], &[0.5, 0.75_f64.sqrt()], 1.5);
        assert!(found[0].abs() < 1e-12 && (found[1] - 1.0).abs() < 1e-12);
    }
}
