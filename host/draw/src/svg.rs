//! A drawing as inline SVG, for a page that defines the roles' colours.

use std::fmt::Write;
use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, Rgb, RgbaImage};

use super::drawing::{Anchor, Drawing, Mark, Paint};

impl Drawing {
    /// The picture as one `<svg>` element that can be put into HTML.
    ///
    /// Its page colours are the custom properties of
    /// [`Theme::css_properties`](super::Theme::css_properties), so that the
    /// picture follows the page's theme; its data pixels are embedded PNGs.
    pub fn svg(&self) -> String {
        let (width, height) = (self.width, self.height);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{}\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">",
            escaped(&self.alt)
        );
        for mark in &self.marks {
            // Writing to a String cannot fail.
            let _ = emit_mark(&mut svg, mark);
        }
        svg.push_str("</svg>");
        svg
    }
}

fn emit_mark(svg: &mut String, mark: &Mark) -> std::fmt::Result {
    match mark {
        Mark::Rect {
            x,
            y,
            width,
            height,
            paint,
        } => write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" style=\"fill:{}\"/>",
            css(*paint)
        ),
        Mark::Line { from, to, paint } => write!(
            svg,
            "<path d=\"M{} {}L{} {}\" style=\"stroke:{};fill:none\"/>",
            from[0],
            from[1],
            to[0],
            to[1],
            css(*paint)
        ),
        Mark::Bitmap {
            x,
            y,
            px_per_value: [across, down],
            values,
        } => write!(
            svg,
            "<image x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" \
             preserveAspectRatio=\"none\" href=\"data:image/png;base64,{}\"/>",
            values.width() * across,
            values.height() * down,
            png_base64(values)
        ),
        Mark::Text {
            x,
            y,
            text,
            size_px,
            weight,
            paint,
            anchor,
        } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            write!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" \
                 style=\"font-size:{size_px}px;font-weight:{};fill:{}\">{}</text>",
                weight.css(),
                css(*paint),
                escaped(text)
            )
        }
    }
}

fn css(paint: Paint) -> String {
    match paint {
        Paint::Role(role) => format!("var({})", role.css_property()),
        Paint::Data(Rgb([red, green, blue])) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

fn png_base64(values: &RgbaImage) -> String {
    let mut bytes = Cursor::new(Vec::new());
    let opaque = values.pixels().all(|pixel| pixel.0[3] == 255);
    let written = if opaque {
        image::DynamicImage::from(values.clone())
            .to_rgb8()
            .write_to(&mut bytes, ImageFormat::Png)
    } else {
        values.write_to(&mut bytes, ImageFormat::Png)
    };
    match written {
        Ok(()) => STANDARD.encode(bytes.into_inner()),
        // Only a bitmap without pixels is refused; an empty image shows the same.
        Err(_) => String::new(),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no place for them.
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::super::drawing::TextStyle;
    use super::*;

    #[test]
    fn names_from_outside_cannot_leave_their_element() {
        let mut drawing = Drawing {
            width: 10,
            height: 10,
            alt: "\"><script>".to_owned(),
            marks: Vec::new(),
        };
        drawing.text([0, 9], Anchor::Start, TextStyle::BODY, "\x1b\0");
        assert!(!drawing.svg().contains(char::is_control));
        drawing.text([0, 9], Anchor::Start, TextStyle::BODY, "<b>&");
        let svg = drawing.svg();
        assert!(!svg.contains("<script>") && !svg.contains("<b>"), "{svg}");
        assert!(svg.contains("&lt;b&gt;&amp;"));
    }

    #[test]
    fn a_bitmap_survives_as_the_same_values() {
        let mut values = RgbaImage::new(3, 2);
        values.put_pixel(1, 1, Rgba([1, 2, 3, 255]));
        let decoded = STANDARD.decode(png_base64(&values)).expect("base64");
        let decoded = image::load_from_memory(&decoded).expect("a PNG").to_rgba8();
        assert_eq!(decoded, values);
    }
}
