//! A drawing as pixels.

use ab_glyph::{Font, Glyph, Point, ScaleFont};
use image::{Rgb, RgbImage};

use super::drawing::{Anchor, Drawing, Mark, Paint};
use super::text::{self, Weight};
use super::theme::{Role, Theme};

impl Drawing {
    /// The picture as pixels, `width × density` by `height × density`.
    ///
    /// Density 1 is for a screen of about 100 pixels to the inch, 2 for slides
    /// and fine screens. Data stays exact at every density.
    pub fn raster(&self, theme: Theme, density: u32) -> RgbImage {
        let density = density.max(1);
        let ground = theme.colour(Role::Background);
        let mut surface = Surface {
            image: RgbImage::from_pixel(self.width * density, self.height * density, ground),
            theme,
            density,
        };
        for mark in &self.marks {
            surface.mark(mark);
        }
        surface.image
    }
}

struct Surface {
    image: RgbImage,
    theme: Theme,
    density: u32,
}

impl Surface {
    fn colour(&self, paint: Paint) -> Rgb<u8> {
        match paint {
            Paint::Role(role) => self.theme.colour(role),
            Paint::Data(colour) => colour,
        }
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Rect {
                x,
                y,
                width,
                height,
                paint,
            } => self.fill([*x, *y], [*width, *height], self.colour(*paint)),
            Mark::Line { from, to, paint } => self.line(*from, *to, self.colour(*paint)),
            Mark::Bitmap {
                x,
                y,
                px_per_value: [across, down],
                values,
            } => {
                for (column, row, pixel) in values.enumerate_pixels() {
                    let [red, green, blue, alpha] = pixel.0;
                    if alpha > 0 {
                        let corner = [x + (column * across) as i32, y + (row * down) as i32];
                        self.fill(corner, [*across, *down], Rgb([red, green, blue]));
                    }
                }
            }
            Mark::Text {
                x,
                y,
                text,
                size_px,
                weight,
                paint,
                anchor,
            } => {
                let width = text::width_px(text, *size_px, *weight) as f32;
                let left = match anchor {
                    Anchor::Start => *x as f32,
                    Anchor::Middle => *x as f32 - width / 2.0,
                    Anchor::End => *x as f32 - width,
                };
                self.text(
                    [left, *y as f32],
                    text,
                    *size_px,
                    *weight,
                    self.colour(*paint),
                );
            }
        }
    }

    fn fill(&mut self, [x, y]: [i32; 2], [width, height]: [u32; 2], colour: Rgb<u8>) {
        let scale = i64::from(self.density);
        let span = |start: i32, length: u32, limit: u32| {
            let from = (i64::from(start) * scale).clamp(0, i64::from(limit));
            let to = ((i64::from(start) + i64::from(length)) * scale).clamp(0, i64::from(limit));
            from as u32..to as u32
        };
        let columns = span(x, width, self.image.width());
        for row in span(y, height, self.image.height()) {
            for column in columns.clone() {
                self.image.put_pixel(column, row, colour);
            }
        }
    }

    /// Lays `colour` over a pixel with a coverage of 0 to 1.
    fn blend(&mut self, [x, y]: [i32; 2], coverage: f32, colour: Rgb<u8>) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return;
        };
        let Some(pixel) = self.image.get_pixel_mut_checked(x, y) else {
            return;
        };
        let coverage = coverage.clamp(0.0, 1.0);
        for (below, above) in pixel.0.iter_mut().zip(colour.0) {
            let mixed = f32::from(*below) + (f32::from(above) - f32::from(*below)) * coverage;
            *below = mixed.round() as u8;
        }
    }

    fn line(&mut self, from: [f32; 2], to: [f32; 2], colour: Rgb<u8>) {
        let scale = self.density as f32;
        let [from, to] = [from, to].map(|point| point.map(|value| value * scale));
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let length_squared = (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
        let half_width = scale / 2.0;
        let bounds = |a: f32, b: f32| {
            let (low, high) = (a.min(b) - half_width - 1.0, a.max(b) + half_width + 1.0);
            low.floor() as i32..=high.ceil() as i32
        };
        for y in bounds(from[1], to[1]) {
            for x in bounds(from[0], to[0]) {
                let [px, py] = [x as f32 + 0.5 - from[0], y as f32 + 0.5 - from[1]];
                let along = ((px * dx + py * dy) / length_squared).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                self.blend([x, y], half_width + 0.5 - distance, colour);
            }
        }
    }

    fn text(
        &mut self,
        [left, baseline]: [f32; 2],
        text: &str,
        size_px: u32,
        weight: Weight,
        colour: Rgb<u8>,
    ) {
        let font = weight.font();
        let scale = text::scale(font, (size_px * self.density) as f32);
        let scaled = font.as_scaled(scale);
        let mut pen = Point {
            x: left * self.density as f32,
            y: baseline * self.density as f32,
        };
        for character in text.chars() {
            let id = scaled.glyph_id(character);
            let glyph = Glyph {
                id,
                scale,
                position: pen,
            };
            pen.x += scaled.h_advance(id);
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
                outline.draw(|x, y, coverage| {
                    self.blend([left + x as i32, top + y as i32], coverage, colour);
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::super::drawing::TextStyle;
    use super::*;

    fn blank() -> Drawing {
        Drawing {
            width: 40,
            height: 20,
            alt: String::new(),
            marks: Vec::new(),
        }
    }

    #[test]
    fn values_become_blocks_of_exactly_their_colour() {
        let mut drawing = blank();
        let mut values = RgbaImage::new(2, 1);
        values.put_pixel(0, 0, Rgba([10, 20, 30, 255]));
        drawing.bitmap([4, 6], [3, 5], values);
        for density in [1, 2] {
            let image = drawing.raster(Theme::Light, density);
            assert_eq!(image.dimensions(), (40 * density, 20 * density));
            let ground = Theme::Light.colour(Role::Background);
            for (x, y, pixel) in image.enumerate_pixels() {
                let inside = (4..7).contains(&(x / density)) && (6..11).contains(&(y / density));
                let expected = if inside { Rgb([10, 20, 30]) } else { ground };
                assert_eq!(*pixel, expected, "{x},{y}");
            }
        }
    }

    #[test]
    fn marks_outside_the_picture_are_cut_off() {
        let mut drawing = blank();
        drawing.rect([-5, -5], [100, 7], Role::Accent);
        let image = drawing.raster(Theme::Dark, 1);
        assert_eq!(*image.get_pixel(39, 1), Theme::Dark.colour(Role::Accent));
        assert_eq!(*image.get_pixel(0, 2), Theme::Dark.colour(Role::Background));
    }

    #[test]
    fn text_stands_on_its_baseline_and_within_its_width() {
        let mut drawing = blank();
        let width = drawing.text([5, 15], Anchor::Start, TextStyle::BODY, "HH");
        let image = drawing.raster(Theme::Light, 1);
        let ground = Theme::Light.colour(Role::Background);
        let inked: Vec<(u32, u32)> = image
            .enumerate_pixels()
            .filter(|(_, _, pixel)| **pixel != ground)
            .map(|(x, y, _)| (x, y))
            .collect();
        assert!(!inked.is_empty());
        assert_eq!(inked.iter().map(|(_, y)| *y).max(), Some(14));
        assert!(inked.iter().all(|(x, _)| (5..5 + width).contains(x)));
    }

    #[test]
    fn a_line_covers_its_ends() {
        let mut drawing = blank();
        drawing.line([2.5, 2.5], [30.5, 2.5], Role::Ink);
        let image = drawing.raster(Theme::Light, 1);
        let ink = Theme::Light.colour(Role::Ink);
        assert_eq!(*image.get_pixel(2, 2), ink);
        assert_eq!(*image.get_pixel(30, 2), ink);
        assert_ne!(*image.get_pixel(33, 2), ink);
    }
}
