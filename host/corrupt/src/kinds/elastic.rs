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
