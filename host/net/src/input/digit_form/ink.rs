//! Where the ink is: light pixels that hang together.

use image::{GrayImage, Luma, imageops};

/// Lighter pixels are ink.
const INK: u8 = 64;
/// A spot of less than one part in this many of the largest is dirt.
const DIRT: usize = 20;

/// The part of the picture that holds the ink; what else is light, such as the
/// edge of the paper, is darkened. The picture itself if there is no ink.
pub(super) fn crop(picture: &GrayImage) -> GrayImage {
    let spots = spots(picture);
    // Ink that reaches the edge is better than none.
    let has_none_inside = spots.iter().all(|spot| spot.touches_edge);
    let candidates = spots
        .iter()
        .filter(|spot| has_none_inside || !spot.touches_edge);
    let largest = candidates.map(|spot| spot.pixels.len()).max();
    let Some(largest) = largest else {
        return picture.clone();
    };
    let is_kept = |spot: &Spot| {
        spot.pixels.len() * DIRT >= largest && (has_none_inside || !spot.touches_edge)
    };
    let kept = || {
        spots
            .iter()
            .filter(|spot| is_kept(spot))
            .flat_map(|spot| &spot.pixels)
    };
    let range = |values: &mut dyn Iterator<Item = u32>| {
        values.fold((u32::MAX, 0), |(low, high), value| {
            (low.min(value), high.max(value))
        })
    };
    let (left, right) = range(&mut kept().map(|&(x, _)| x));
    let (top, bottom) = range(&mut kept().map(|&(_, y)| y));
    let mut cleaned = picture.clone();
    for spot in spots.iter().filter(|spot| !is_kept(spot)) {
        for &(x, y) in &spot.pixels {
            cleaned.put_pixel(x, y, Luma([0]));
        }
    }
    imageops::crop_imm(&cleaned, left, top, right - left + 1, bottom - top + 1).to_image()
}

/// Pixels of ink that are each other's neighbours, diagonals included.
struct Spot {
    pixels: Vec<(u32, u32)>,
    touches_edge: bool,
}

fn spots(picture: &GrayImage) -> Vec<Spot> {
    let (width, height) = picture.dimensions();
    let index = |x: u32, y: u32| (y * width + x) as usize;
    let mut is_open: Vec<bool> = picture.pixels().map(|pixel| pixel.0[0] > INK).collect();
    let mut spots = Vec::new();
    for y in 0..height {
        for x in 0..width {
            if !is_open[index(x, y)] {
                continue;
            }
            is_open[index(x, y)] = false;
            let mut spot = Spot {
                pixels: vec![(x, y)],
                touches_edge: false,
            };
            let mut next = 0;
            while let Some(&(x, y)) = spot.pixels.get(next) {
                next += 1;
                spot.touches_edge |= x == 0 || y == 0 || x == width - 1 || y == height - 1;
                for near_y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                    for near_x in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                        if std::mem::take(&mut is_open[index(near_x, near_y)]) {
                            spot.pixels.push((near_x, near_y));
                        }
                    }
                }
            }
            spots.push(spot);
        }
    }
    spots
}

/// The centre of mass `[x, y]`, a pixel's own centre at half; none if all is dark.
pub(super) fn centre_of_mass(picture: &GrayImage) -> Option<[f64; 2]> {
    let (mut mass, mut moments) = (0.0, [0.0; 2]);
    for (x, y, pixel) in picture.enumerate_pixels() {
        let level = f64::from(pixel.0[0]);
        mass += level;
        moments[0] += level * (f64::from(x) + 0.5);
        moments[1] += level * (f64::from(y) + 0.5);
    }
    (mass > 0.0).then(|| moments.map(|moment| moment / mass))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_edge_and_dirt_are_left_away() {
        let mut picture = GrayImage::new(40, 40);
        let mut fill = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
            for (x, y) in x.flat_map(|x| y.clone().map(move |y| (x, y))) {
                picture.put_pixel(x, y, Luma([200]));
            }
        };
        fill(0..3, 0..40);
        fill(10..20, 8..32);
        fill(35..36, 5..6);
        let cropped = crop(&picture);
        assert_eq!(cropped.dimensions(), (10, 24));
        assert!(cropped.pixels().all(|pixel| pixel.0[0] == 200));
    }

    #[test]
    fn ink_at_the_edge_is_better_than_none() {
        let picture = GrayImage::from_fn(8, 8, |x, _| Luma([if x < 2 { 255 } else { 0 }]));
        assert_eq!(crop(&picture).dimensions(), (2, 8));
        assert_eq!(crop(&GrayImage::new(8, 8)).dimensions(), (8, 8));
    }

    #[test]
    fn mass_has_a_centre() {
        assert_eq!(centre_of_mass(&GrayImage::new(3, 3)), None);
        let picture = GrayImage::from_fn(4, 2, |x, _| Luma([if x == 3 { 9 } else { 0 }]));
        assert_eq!(centre_of_mass(&picture), Some([3.5, 1.0]));
    }
}
