//! Where the ink is: light pixels that hang together.

use image::{GrayImage, Luma, imageops};

/// Lighter pixels are ink if they lie beside pixels that are [`SURE`] to be.
pub(super) const INK: u8 = 64;
/// Lighter pixels are ink; ruled lines are darker.
pub(super) const SURE: u8 = 144;
/// A spot of less than one part in this many of the largest is dirt.
const DIRT: usize = 25;
/// Spots further from the main one than this part of its longer side belong to
/// something else.
const APART: f64 = 0.3;
/// What a spot at the edge of the picture counts beside one inside.
const AT_EDGE: f64 = 0.2;

/// A part of a picture: `[left, top, width, height]`.
pub(super) type Part = [u32; 4];

/// The part of the picture that holds the ink, and the picture with everything else
/// that is light, such as the edge of the paper, darkened; `None` if there is no ink.
pub(super) fn crop(picture: &GrayImage) -> Option<(GrayImage, Part)> {
    let mut spots = spots(picture, SURE);
    if spots.is_empty() {
        spots = self::spots(picture, INK);
    }
    let kept = main(&spots)?;
    // Soft edges are as wide as half a stroke at most.
    let reach = ((stroke_width(&kept) / 2.0).round() as u32).max(1);
    let is_kept = |spot: &Spot| kept.iter().any(|kept| std::ptr::eq(*kept, spot));
    let mut is_left_away = vec![false; picture.as_raw().len()];
    let index = |x: u32, y: u32| (y * picture.width() + x) as usize;
    for spot in spots.iter().filter(|spot| !is_kept(spot)) {
        for &(x, y) in &spot.pixels {
            is_left_away[index(x, y)] = true;
        }
    }
    let mut cleaned = GrayImage::new(picture.width(), picture.height());
    let mut bounds: Option<[u32; 4]> = None;
    for &(x, y) in kept.iter().flat_map(|spot| &spot.pixels) {
        for near_y in y.saturating_sub(reach)..=(y + reach).min(picture.height() - 1) {
            for near_x in x.saturating_sub(reach)..=(x + reach).min(picture.width() - 1) {
                if is_left_away[index(near_x, near_y)] {
                    continue;
                }
                let pixel = *picture.get_pixel(near_x, near_y);
                cleaned.put_pixel(near_x, near_y, pixel);
                if pixel.0[0] > INK {
                    let place = [near_x, near_y, near_x, near_y];
                    bounds = Some(bounds.map_or(place, |bounds| around(bounds, place)));
                }
            }
        }
    }
    let [left, top, right, bottom] = bounds?;
    let part = [left, top, right - left + 1, bottom - top + 1];
    let cut = imageops::crop_imm(&cleaned, part[0], part[1], part[2], part[3]).to_image();
    Some((cut, part))
}

/// Pixels of ink that are each other's neighbours, diagonals included.
pub(super) struct Spot {
    pub(super) pixels: Vec<(u32, u32)>,
    /// `[left, top, right, bottom]`, all inside.
    bounds: [u32; 4],
    /// Sides of its pixels that face no ink.
    outline: usize,
    touches_edge: bool,
}

/// The largest spot, one inside rather than one at the edge, and those beside it that
/// belong to it.
pub(super) fn main(spots: &[Spot]) -> Option<Vec<&Spot>> {
    let weight = |spot: &&Spot| {
        let pixels = spot.pixels.len() as f64;
        if spot.touches_edge {
            AT_EDGE * pixels
        } else {
            pixels
        }
    };
    let main = spots
        .iter()
        .max_by(|a, b| weight(a).total_cmp(&weight(b)))?;
    let [left, top, right, bottom] = main.bounds;
    let reach = APART * f64::from((right - left).max(bottom - top) + 1);
    let belongs = |spot: &&Spot| {
        let is_main = std::ptr::eq(*spot, main);
        let is_like_it = spot.pixels.len() * DIRT >= main.pixels.len()
            && (main.touches_edge || !spot.touches_edge)
            && gap(main.bounds, spot.bounds) <= reach;
        is_main || is_like_it
    };
    Some(spots.iter().filter(belongs).collect())
}

/// How far two boxes are apart.
fn gap(a: [u32; 4], b: [u32; 4]) -> f64 {
    let between = |low: usize| {
        let high = low + 2;
        let first = i64::from(a[low]) - i64::from(b[high]);
        let second = i64::from(b[low]) - i64::from(a[high]);
        first.max(second).max(0) as f64
    };
    between(0).hypot(between(1))
}

fn around(a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
    [
        a[0].min(b[0]),
        a[1].min(b[1]),
        a[2].max(b[2]),
        a[3].max(b[3]),
    ]
}

/// The spots of pixels that are lighter than `level`.
pub(super) fn spots(picture: &GrayImage, level: u8) -> Vec<Spot> {
    let (width, height) = picture.dimensions();
    let index = |x: u32, y: u32| (y * width + x) as usize;
    let is_ink: Vec<bool> = picture.pixels().map(|pixel| pixel.0[0] > level).collect();
    let mut is_open = is_ink.clone();
    let mut spots = Vec::new();
    for y in 0..height {
        for x in 0..width {
            if !is_open[index(x, y)] {
                continue;
            }
            is_open[index(x, y)] = false;
            let mut spot = Spot {
                pixels: vec![(x, y)],
                bounds: [x, y, x, y],
                outline: 0,
                touches_edge: false,
            };
            let mut next = 0;
            while let Some(&(x, y)) = spot.pixels.get(next) {
                next += 1;
                spot.bounds = around(spot.bounds, [x, y, x, y]);
                let at = index(x, y);
                let faces = [
                    x == 0 || !is_ink[at - 1],
                    x == width - 1 || !is_ink[at + 1],
                    y == 0 || !is_ink[at - width as usize],
                    y == height - 1 || !is_ink[at + width as usize],
                ];
                spot.outline += faces.iter().filter(|faces| **faces).count();
                for near_y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                    for near_x in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                        if std::mem::take(&mut is_open[index(near_x, near_y)]) {
                            spot.pixels.push((near_x, near_y));
                        }
                    }
                }
            }
            let [left, top, right, bottom] = spot.bounds;
            spot.touches_edge = left == 0 || top == 0 || right == width - 1 || bottom == height - 1;
            spots.push(spot);
        }
    }
    spots
}

/// The width of the strokes of spots, twice their area over their outline.
pub(super) fn stroke_width(spots: &[&Spot]) -> f64 {
    let area: usize = spots.iter().map(|spot| spot.pixels.len()).sum();
    let outline: usize = spots.iter().map(|spot| spot.outline).sum();
    // Counted along rows and columns, an outline is 4/π of its length on average.
    2.0 * area as f64 / (outline as f64 * std::f64::consts::FRAC_PI_4).max(1.0)
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

/// Thickens strokes by `radius` pixels: every pixel becomes the lightest of a disc.
pub(super) fn thickened(picture: &GrayImage, radius: u32) -> GrayImage {
    let reach = i64::from(radius);
    let disc: Vec<(i64, i64)> = (-reach..=reach)
        .flat_map(|y| (-reach..=reach).map(move |x| (x, y)))
        .filter(|(x, y)| x * x + y * y <= reach * reach)
        .collect();
    // Room for what grows over the edge.
    let (width, height) = picture.dimensions();
    GrayImage::from_fn(width + 2 * radius, height + 2 * radius, |x, y| {
        let near = disc.iter().filter_map(|(dx, dy)| {
            let x = u32::try_from(i64::from(x) - reach + dx).ok()?;
            let y = u32::try_from(i64::from(y) - reach + dy).ok()?;
            picture.get_pixel_checked(x, y)
        });
        Luma([near.map(|pixel| pixel.0[0]).max().unwrap_or_default()])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(picture: &mut GrayImage, x: std::ops::Range<u32>, y: std::ops::Range<u32>) {
        for (x, y) in x.flat_map(|x| y.clone().map(move |y| (x, y))) {
            picture.put_pixel(x, y, Luma([200]));
        }
    }

    #[test]
    fn the_papers_edge_dirt_and_other_writing_are_left_away() {
        let mut picture = GrayImage::new(60, 60);
        fill(&mut picture, 0..3, 0..60);
        fill(&mut picture, 20..30, 8..32);
        fill(&mut picture, 33..34, 5..6);
        fill(&mut picture, 40..50, 50..55);
        let (cropped, part) = crop(&picture).unwrap();
        assert_eq!(part, [20, 8, 10, 24]);
        assert!(cropped.pixels().all(|pixel| pixel.0[0] == 200));
        // A part of the same sign.
        fill(&mut picture, 32..38, 8..12);
        assert_eq!(crop(&picture).unwrap().1, [20, 8, 18, 24]);
    }

    #[test]
    fn ink_at_the_edge_is_better_than_dirt_inside_and_than_none() {
        let mut picture = GrayImage::new(30, 30);
        fill(&mut picture, 0..6, 0..30);
        assert_eq!(crop(&picture).unwrap().1, [0, 0, 6, 30]);
        fill(&mut picture, 15..18, 15..18);
        assert_eq!(crop(&picture).unwrap().1, [0, 0, 6, 30]);
        assert!(crop(&GrayImage::new(8, 8)).is_none());
    }

    #[test]
    fn strokes_have_a_width() {
        let mut picture = GrayImage::new(80, 80);
        fill(&mut picture, 10..16, 5..75);
        let all = spots(&picture, INK);
        let width = stroke_width(&main(&all).unwrap());
        assert!((5.0..=7.5).contains(&width), "{width}");
        let thick = thickened(&crop(&picture).unwrap().0, 2);
        assert_eq!(thick.dimensions(), (10, 74));
        assert_eq!(thick.get_pixel(0, 30).0, [200]);
        assert_eq!(thick.get_pixel(0, 0).0, [0]);
    }

    #[test]
    fn mass_has_a_centre() {
        assert_eq!(centre_of_mass(&GrayImage::new(3, 3)), None);
        let picture = GrayImage::from_fn(4, 2, |x, _| Luma([if x == 3 { 9 } else { 0 }]));
        assert_eq!(centre_of_mass(&picture), Some([3.5, 1.0]));
    }
}
