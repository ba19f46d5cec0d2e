//! Elastic: a picture on rubber.

use crate::between::Places;
use crate::filter::{Edge, along, gaussian_weights};
use crate::picture::{Picture, Plane};
use crate::random::Random;
use crate::settings::Settings;

/// Moves three points at random, and then every pixel by a smooth random field (Simard et al.
/// 2003). Amplitudes are in parts of a side: 28 for a picture of 28×28, and else 244, which
/// is what ImageNet-C has for its pictures of 224×224.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let constants = [
        (2.0, 0.7, 0.1),
        (2.0, 0.08, 0.2),
        (0.05, 0.01, 0.02),
        (0.07, 0.01, 0.02),
        (0.12, 0.01, 0.02),
    ];
    let (amplitude, deviation, affine) = settings.pick(constants);
    let [height, width] = picture.size();
    let side = if [height, width] == [28, 28] {
        28.0
    } else {
        244.0
    };
    let mut random = settings.random();
    let place = points([height, width], affine * side, &mut random);
    let mut field = || {
        let noise = Plane::from_fn([height, width], |_, _| random.uniform(-1.0, 1.0));
        let weights = gaussian_weights(deviation * side, 3.0);
        let smooth = along(&noise, 0, &weights, Edge::Reflect);
        along(&smooth, 1, &weights, Edge::Reflect).map(|value| *value *= amplitude * side)
    };
    let (right, down) = (field(), field());
    let tilt = Places::new([height, width], Edge::Mirror, |y, x| {
        let [from_x, from_y] = place([x as f64, y as f64]);
        [from_y, from_x]
    });
    let bend = Places::new([height, width], Edge::Reflect, |y, x| {
        [y as f64 + down.at(y, x), x as f64 + right.at(y, x)]
    });
    picture.by_plane(|plane| bend.of(&tilt.of(&plane)))
}

/// Where a pixel `[x, y]` comes from when three points are moved by up to `most` pixels.
fn points(
    size: [usize; 2],
    most: f64,
    random: &mut Random,
) -> impl Fn([f64; 2]) -> [f64; 2] + use<> {
    let centre = size.map(|side| (side / 2) as f64);
    let reach = (size[0].min(size[1]) / 3) as f64;
    let corners = [[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]];
    let from = corners.map(|[x, y]| [centre[0] + x * reach, centre[1] + y * reach]);
    let to = from.map(|point| point.map(|at| at + random.uniform(-most, most)));
    // to = matrix · from + shift, by two differences along the axes; then the other way round.
    let along = |a: [f64; 2], b: [f64; 2]| {
        let length = (2.0 * reach).max(1.0);
        [(a[0] - b[0]) / length, (a[1] - b[1]) / length]
    };
    let (by_x, by_y) = (along(to[1], to[2]), along(to[0], to[1]));
    let determinant = by_x[0] * by_y[1] - by_y[0] * by_x[1];
    move |[x, y]| {
        let (x, y) = (x - to[2][0], y - to[2][1]);
        let right = (by_y[1] * x - by_y[0] * y) / determinant;
        let down = (by_x[0] * y - by_x[1] * x) / determinant;
        [from[2][0] + right, from[2][1] + down]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three points, which OpenCV's affine transformation is made of, come from where they were.
    #[test]
    fn three_points_are_moved() {
        let cases = [
            ([28, 28], [[23.0, 23.0], [23.0, 5.0], [5.0, 5.0]]),
            ([20, 31], [[16.0, 21.0], [16.0, 9.0], [4.0, 9.0]]),
        ];
        for (size, from) in cases {
            let mut random = Random::new(5, 0);
            let place = points(size, 2.5, &mut random);
            let mut random = Random::new(5, 0);
            for [x, y] in from {
                let [by_x, by_y] = [(); 2].map(|()| random.uniform(-2.5, 2.5));
                let [back_x, back_y] = place([x + by_x, y + by_y]);
                assert!((back_x - x).abs() < 1e-9 && (back_y - y).abs() < 1e-9);
            }
        }
    }

    /// On a ramp of five levels a pixel, a level moves by five times what its pixel does. The
    /// affine part is the same in neighbouring rows, or nearly; the field is uniform noise of
    /// deviation 1/√3, which a smoothing of 0.28 pixels leaves at 0.993 of it.
    #[test]
    fn pixels_move_as_far_as_the_severity_says() {
        let ramp = |side: usize, slope: f64, across: bool| {
            let level = |at: usize| slope * (if across { at % side } else { at / side }) as f64;
            Picture::new(1, [side; 2], (0..side * side).map(level).collect()).unwrap()
        };
        let deviation = |side: usize, across: bool, severity: u8| {
            let settings = Settings {
                severity,
                seed: 3,
                ..Settings::default()
            };
            let found = apply(&ramp(side, 5.0, across), &settings);
            let levels = found.levels();
            let mut differences = Vec::new();
            for y in 6..side - 7 {
                for x in 6..side - 7 {
                    let at = y * side + x;
                    let other = if across { at + side } else { at + 1 };
                    differences.push(levels[at] - levels[other]);
                }
            }
            let count = differences.len() as f64;
            let mean = differences.iter().sum::<f64>() / count;
            let squares = differences.iter().map(|by| (by - mean).powi(2));
            // Of a difference of two of them.
            (squares.sum::<f64>() / count / 2.0).sqrt() / 5.0
        };
        for across in [true, false] {
            for (severity, amplitude) in [(3, 0.05), (4, 0.07), (5, 0.12)] {
                let wanted = 28.0 * amplitude * 0.993 / 3.0_f64.sqrt();
                let found = deviation(28, across, severity);
                assert!((found / wanted - 1.0).abs() < 0.15, "{found} {wanted}");
            }
            // Elsewhere the side is 244: the smoothing of 2.44 pixels leaves 1/(2√π · 2.44),
            // and 0.2 of that as a difference of neighbours.
            let wanted = 244.0 * 0.05 * 0.1156 / 3.0_f64.sqrt() * 0.2;
            let found = deviation(40, across, 3);
            assert!((found / wanted - 1.0).abs() < 0.5, "{found} {wanted}");
        }
    }
}
