//! Spatter: drops of water, or mud, on the lens.

use crate::canny::{Thresholds, edges};
use crate::filter::{Edge, along, correlate, gaussian};
use crate::picture::{Picture, Plane};
use crate::settings::Settings;

/// Drops. A colour picture gets water at the first three severities and mud at the others; a
/// grey one mud at all of them, as in MNIST-C.
pub fn apply(picture: &Picture, settings: &Settings) -> Picture {
    let constants = [
        (0.65, 0.3, 4.0, 0.69, 0.6),
        (0.65, 0.3, 3.0, 0.68, 0.6),
        (0.65, 0.3, 2.0, 0.68, 0.5),
        (0.65, 0.3, 1.0, 0.65, 1.5),
        (0.67, 0.4, 1.0, 0.65, 1.5),
    ];
    let (mean, spread, deviation, threshold, intensity) = settings.pick(constants);
    let mut random = settings.random();
    let noise = Plane::from_fn(picture.size(), |_, _| random.normal(mean, spread));
    let liquid = gaussian(&noise, deviation, Edge::Nearest);
    let liquid = liquid.map(|value| *value = if *value < threshold { 0.0 } else { *value });
    if picture.channels() == 3 && settings.severity <= 3 {
        water(picture, &liquid, intensity)
    } else {
        mud(picture, &liquid, threshold, intensity)
    }
}

/// Brown where a drop is thick.
fn mud(picture: &Picture, liquid: &Plane, threshold: f64, deviation: f64) -> Picture {
    let is_wet = liquid
        .clone()
        .map(|value| *value = f64::from(u8::from(*value > threshold)));
    let drops = gaussian(&is_wet, deviation, Edge::Nearest);
    let brown = [63.0, 42.0, 20.0].map(|level| level / 255.0);
    let planes = picture
        .planes()
        .into_iter()
        .zip(brown)
        .map(|(mut plane, colour)| {
            for (value, &drop) in plane.values.iter_mut().zip(&drops.values) {
                let share = if drop < 0.8 { 0.0 } else { drop };
                *value = *value * (1.0 - share) + colour * share;
            }
            plane
        });
    Picture::of_planes(&planes.collect::<Vec<_>>())
}

/// How far from a drop's edge its thickness still grows, in pixels.
const RIM: f64 = 20.0;

/// Pale turquoise, embossed by the distance to the drop's edge. The reference's edges are
/// OpenCV's, with the sum of both slopes as their strength; here it is their length.
fn water(picture: &Picture, liquid: &Plane, intensity: f64) -> Picture {
    let thresholds = Thresholds {
        low: 50.0 / 255.0,
        high: 150.0 / 255.0,
    };
    let is_edge = edges(liquid, None, thresholds);
    let thin = [1.0 / 3.0; 3];
    let smooth = |plane: &Plane| {
        along(
            &along(plane, 0, &thin, Edge::Mirror),
            1,
            &thin,
            Edge::Mirror,
        )
    };
    let distance = smooth(&distances(&is_edge, liquid.size)).map(|value| *value = value.floor());
    let emboss = Plane::from_fn([3; 2], |y, x| (y + x) as f64 - 2.0);
    let relief = correlate(&equalised(&distance), &emboss, Edge::Mirror);
    let relief = smooth(&relief.map(|value| *value = value.clamp(0.0, 255.0)));
    let drops = Plane::from_fn(liquid.size, |y, x| liquid.at(y, x) * relief.at(y, x));
    let most = drops.values.iter().copied().fold(0.0, f64::max);
    let turquoise = [175.0, 238.0, 238.0].map(|level| level / 255.0);
    let planes = picture
        .planes()
        .into_iter()
        .zip(turquoise)
        .map(|(mut plane, colour)| {
            if most > 0.0 {
                let both = plane.values.iter_mut().zip(&drops.values);
                both.for_each(|(value, drop)| *value += drop / most * intensity * colour);
            }
            plane
        });
    Picture::of_planes(&planes.collect::<Vec<_>>())
}

/// The distance of each pixel to the next edge, [`RIM`] at most.
fn distances(is_edge: &[bool], size: [usize; 2]) -> Plane {
    let [height, width] = size;
    let reach = RIM as usize;
    let near = |at: usize, end: usize| at.saturating_sub(reach)..(at + reach + 1).min(end);
    let columns = Plane::from_fn(size, |y, x| {
        let found = near(y, height).filter(|&row| is_edge[row * width + x]);
        found
            .map(|row| row.abs_diff(y))
            .min()
            .map_or(RIM, |rows| rows as f64)
    });
    Plane::from_fn(size, |y, x| {
        let of = |column: usize| {
            (columns.at(y, column).powi(2) + (column.abs_diff(x) as f64).powi(2)).sqrt()
        };
        near(x, width).map(of).fold(RIM, f64::min)
    })
}

/// Levels of 8 bits, spread so that each range of them is as frequent as every other.
fn equalised(plane: &Plane) -> Plane {
    let mut counts = [0_usize; 256];
    plane
        .values
        .iter()
        .for_each(|&value| counts[value.clamp(0.0, 255.0) as usize] += 1);
    let first = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let rest = plane.values.len() - counts[first];
    let mut sum = 0;
    let table: Vec<f64> = (0..256)
        .map(|level| {
            sum += if level > first { counts[level] } else { 0 };
            if rest == 0 {
                level as f64
            } else {
                (sum as f64 * 255.0 / rest as f64).round()
            }
        })
        .collect();
    plane
        .clone()
        .map(|value| *value = table[value.clamp(0.0, 255.0) as usize])
}
