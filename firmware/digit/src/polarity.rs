//! Whether ink is darker or lighter than its ground.

use crate::filter::{self, Of};
use crate::plane::Plane;

/// Which is lighter, ink or ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// As on paper.
    Dark,
    /// As on a blackboard, and in MNIST.
    Light,
}

/// Levels of a logarithm's doubling; [`logarithm`] has 3.2 of them.
const OCTAVE: u32 = 80;

/// The ink of a picture, by the third moments of the logarithm of its levels when their
/// local mean is taken away, in windows of several sizes. `small`, `large` and `line` are
/// overwritten.
///
/// Strokes are thin: they differ much from their surroundings, and their surroundings,
/// which are larger, differ little from the mean. The edge of a shade or of a sheet differs
/// as much on one side as on the other, and adds nothing.
pub(crate) fn ink<'a>(
    picture: &Plane<'_>,
    small: &mut Plane<'a>,
    large: &mut Plane<'a>,
    line: &mut [u8],
) -> Ink {
    let shorter = picture.height.min(picture.width);
    let mut moments = 0_i64;
    // An eighth, a quarter and a half of the shorter side.
    for halvings in [3, 2, 1] {
        let radius = (shorter >> halvings).max(1);
        for (plane, radius) in [(&mut *small, radius / 5), (&mut *large, radius)] {
            for (to, &level) in plane.levels.iter_mut().zip(picture.levels.iter()) {
                *to = logarithm(level);
            }
            filter::apply(plane, radius, Of::Mean, line);
        }
        for (&near, &far) in small.levels.iter().zip(large.levels.iter()) {
            let difference = i64::from(near) - i64::from(far);
            moments = moments.saturating_add(difference * difference * difference);
        }
    }
    if moments < 0 { Ink::Dark } else { Ink::Light }
}

/// The logarithm of a level and 32, from 0 to 249: as the binary one where a doubling begins,
/// straight between (Mitchell 1962).
fn logarithm(level: u8) -> u8 {
    let number = u32::from(level) + 32;
    let octave = number.ilog2();
    let part = number * OCTAVE / (1 << octave) - OCTAVE;
    ((octave - 5) * OCTAVE + part) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_rise_by_the_same_for_each_doubling() {
        assert_eq!([0, 32, 96, 224, 255].map(logarithm), [0, 80, 160, 240, 249]);
        assert!((0..255).all(|level| logarithm(level) <= logarithm(level + 1)));
    }

    #[test]
    fn the_thin_one_is_the_ink_in_light_and_in_shade() {
        let even = |_: usize, _: usize| 1.0;
        let shade = |_: usize, x: usize| 1.0 - 0.6 * x as f64 / 90.0;
        let shadow = |y: usize, _: usize| if y > 60 { 0.45 } else { 1.0 };
        for (ground, stroke, expected) in [
            (240.0, 40.0, Ink::Dark),
            (120.0, 60.0, Ink::Dark),
            (60.0, 220.0, Ink::Light),
            (0.0, 255.0, Ink::Light),
            (255.0, 0.0, Ink::Dark),
        ] {
            for light in [&even as &dyn Fn(usize, usize) -> f64, &shade, &shadow] {
                let mut ring: Vec<u8> = (0..90 * 90)
                    .map(|at| {
                        let (y, x) = (at / 90, at % 90);
                        let on = ((x as f64 - 45.0).hypot(y as f64 - 45.0) - 25.0).abs() < 4.0;
                        ((if on { stroke } else { ground }) * light(y, x)) as u8
                    })
                    .collect();
                let [mut small, mut large] = [vec![0; 8100], vec![0; 8100]];
                let mut line = vec![0; filter::line_bytes(90)];
                let found = ink(
                    &Plane::new(&mut ring, [90; 2]),
                    &mut Plane::new(&mut small, [90; 2]),
                    &mut Plane::new(&mut large, [90; 2]),
                    &mut line,
                );
                assert_eq!(found, expected, "{stroke} on {ground}");
            }
        }
    }
}
