//! A picture as a list of marks: one layout for PNG, SVG and tests.

use image::{ImageError, Rgb, RgbaImage};

use super::text::{self, Weight};
use super::theme::{Role, Theme};

/// What a mark is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// A colour of the page.
    Role(Role),
    /// A colour that is data, the same in every theme.
    Data(Rgb<u8>),
}

impl From<Role> for Paint {
    fn from(role: Role) -> Self {
        Paint::Role(role)
    }
}

/// Which point of a text stands at its `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// One mark. Positions are pixels from the picture's top left corner.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A filled rectangle.
    Rect {
        /// Left edge.
        x: i32,
        /// Top edge.
        y: i32,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Its colour.
        paint: Paint,
    },
    /// A straight line, one pixel wide.
    Line {
        /// Where it begins, as `[x, y]`.
        from: [f32; 2],
        /// Where it ends, as `[x, y]`.
        to: [f32; 2],
        /// Its colour.
        paint: Paint,
    },
    /// Data pixels, each enlarged to a rectangle without smoothing.
    Bitmap {
        /// Left edge.
        x: i32,
        /// Top edge.
        y: i32,
        /// Pixels of the picture to one value, as `[horizontal, vertical]`.
        px_per_value: [u32; 2],
        /// One pixel for each value; transparent where there is none.
        values: RgbaImage,
    },
    /// One line of text.
    Text {
        /// Where the anchor stands.
        x: i32,
        /// The baseline.
        y: i32,
        /// The text.
        text: String,
        /// Pixels to the em.
        size_px: u32,
        /// How heavy it is.
        weight: Weight,
        /// Its colour.
        paint: Paint,
        /// Which point of the text stands at `x`.
        anchor: Anchor,
    },
}

/// A picture: its size in pixels, a sentence for those who cannot see it, and
/// its marks from back to front.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Width in pixels at density 1.
    pub width: u32,
    /// Height in pixels at density 1.
    pub height: u32,
    /// What the picture shows, in words.
    pub alt: String,
    /// The marks, from back to front.
    pub marks: Vec<Mark>,
}

impl Drawing {
    /// The texts on the picture, from back to front.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
    }

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    /// When the encoder refuses the picture, as for a size of zero.
    pub fn png(&self, theme: Theme, density: u32) -> Result<Vec<u8>, ImageError> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        self.raster(theme, density)
            .write_to(&mut bytes, image::ImageFormat::Png)?;
        Ok(bytes.into_inner())
    }

    pub(super) fn rect(
        &mut self,
        [x, y]: [i32; 2],
        [width, height]: [u32; 2],
        paint: impl Into<Paint>,
    ) {
        self.marks.push(Mark::Rect {
            x,
            y,
            width,
            height,
            paint: paint.into(),
        });
    }

    /// A one-pixel frame whose outer size is `[width, height]`.
    pub(super) fn frame(
        &mut self,
        [x, y]: [i32; 2],
        [width, height]: [u32; 2],
        paint: impl Into<Paint>,
    ) {
        let paint = paint.into();
        let (right, bottom) = (x + width as i32 - 1, y + height as i32 - 1);
        self.rect([x, y], [width, 1], paint);
        self.rect([x, bottom], [width, 1], paint);
        self.rect([x, y], [1, height], paint);
        self.rect([right, y], [1, height], paint);
    }

    pub(super) fn line(&mut self, from: [f32; 2], to: [f32; 2], paint: impl Into<Paint>) {
        self.marks.push(Mark::Line {
            from,
            to,
            paint: paint.into(),
        });
    }

    pub(super) fn bitmap(&mut self, [x, y]: [i32; 2], px_per_value: [u32; 2], values: RgbaImage) {
        self.marks.push(Mark::Bitmap {
            x,
            y,
            px_per_value,
            values,
        });
    }

    /// Adds a line of text and gives its width in pixels.
    pub(super) fn text(
        &mut self,
        [x, y]: [i32; 2],
        anchor: Anchor,
        style: TextStyle,
        text: impl Into<String>,
    ) -> u32 {
        let text = text.into();
        let width = style.width_px(&text);
        self.marks.push(Mark::Text {
            x,
            y,
            text,
            size_px: style.size_px,
            weight: style.weight,
            paint: style.role.into(),
            anchor,
        });
        width
    }
}

/// Size, weight and colour of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextStyle {
    pub size_px: u32,
    pub weight: Weight,
    pub role: Role,
}

impl TextStyle {
    /// A picture's title.
    pub const TITLE: Self = Self::new(text::TITLE_PX, Weight::SemiBold, Role::Ink);
    /// Names and values.
    pub const BODY: Self = Self::new(text::BODY_PX, Weight::Regular, Role::Ink);
    /// The name or value that comes first.
    pub const STRONG: Self = Self::new(text::BODY_PX, Weight::SemiBold, Role::Ink);
    /// Statements and captions.
    pub const CAPTION: Self = Self::new(text::BODY_PX, Weight::Regular, Role::Dim);
    /// Ticks and indices.
    pub const TICK: Self = Self::new(text::TICK_PX, Weight::Regular, Role::Dim);

    const fn new(size_px: u32, weight: Weight, role: Role) -> Self {
        Self {
            size_px,
            weight,
            role,
        }
    }

    /// The same in another colour.
    pub const fn in_role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    pub fn width_px(self, text: &str) -> u32 {
        text::width_px(text, self.size_px, self.weight)
    }
}

/// The extents of texts and tests for them, shared by the pictures' tests.
#[cfg(test)]
pub(super) mod layout {
    use super::*;

    /// `[left, top, right, bottom]` of every text, with the text.
    pub fn text_boxes(drawing: &Drawing) -> Vec<(String, [i32; 4])> {
        drawing
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Text {
                    x,
                    y,
                    text,
                    size_px,
                    weight,
                    anchor,
                    ..
                } => {
                    let width = text::width_px(text, *size_px, *weight) as i32;
                    let left = match anchor {
                        Anchor::Start => *x,
                        Anchor::Middle => x - width / 2,
                        Anchor::End => x - width,
                    };
                    // Capitals and figures reach 0.73 em up, descenders 0.2 em down.
                    let (up, down) = (*size_px as i32 * 3 / 4, *size_px as i32 / 5);
                    Some((text.clone(), [left, y - up, left + width, y + down]))
                }
                _ => None,
            })
            .collect()
    }

    /// Fails when a mark leaves the picture or two texts overlap.
    pub fn assert_tidy(drawing: &Drawing) {
        let boxes = text_boxes(drawing);
        let (width, height) = (drawing.width as i32, drawing.height as i32);
        for (text, [left, top, right, bottom]) in &boxes {
            assert!(
                *left >= 0 && *top >= 0 && *right <= width && *bottom <= height,
                "{text:?} at {left},{top}..{right},{bottom} leaves {width}×{height}"
            );
        }
        for (index, (text, a)) in boxes.iter().enumerate() {
            for (other, b) in &boxes[index + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{text:?} {a:?} overlaps {other:?} {b:?}");
            }
        }
        for mark in &drawing.marks {
            let (x, y, right, bottom) = match mark {
                Mark::Rect {
                    x,
                    y,
                    width,
                    height,
                    ..
                } => (*x, *y, x + *width as i32, y + *height as i32),
                Mark::Bitmap {
                    x,
                    y,
                    px_per_value,
                    values,
                } => (
                    *x,
                    *y,
                    x + (values.width() * px_per_value[0]) as i32,
                    y + (values.height() * px_per_value[1]) as i32,
                ),
                _ => continue,
            };
            assert!(
                x >= 0 && y >= 0 && right <= width && bottom <= height,
                "{x},{y}..{right},{bottom} leaves {width}×{height}"
            );
        }
    }
}
