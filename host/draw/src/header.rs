//! The head of a picture: name, shape, operator, scale and colour bar.

use image::{Rgba, RgbaImage};

use super::colour::ColourMap;
use super::drawing::{Anchor, Drawing, TextStyle};
use super::layout::MARGIN_PX;
use super::number::significant;
use super::range::Range;
use super::theme::Role;

/// A horizontal bar of colours with numbers below.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ColourBar {
    map: ColourMap,
    /// Text at a fraction of the bar's length.
    ticks: Vec<(f32, String)>,
}

impl ColourBar {
    /// A bar from the range's low to its high end, with zero between where it
    /// lies between.
    pub fn of(range: Range) -> Self {
        let ends = [significant(range.low), significant(range.high)];
        Self::with_ends(range, ends)
    }

    /// A bar for maps of different scales: no numbers but zero.
    pub fn per_map(range: Range) -> Self {
        let low = match range.map {
            ColourMap::Signed => "−greatest",
            ColourMap::Activation => "0",
            _ => "least",
        };
        Self::with_ends(range, [low.to_owned(), "map’s greatest".to_owned()])
    }

    fn with_ends(range: Range, [low, high]: [String; 2]) -> Self {
        let mut ticks = vec![(0.0, low), (1.0, high)];
        if range.low < 0.0 && range.high > 0.0 {
            ticks.insert(1, (-range.low / (range.high - range.low), "0".to_owned()));
        }
        Self {
            map: range.map,
            ticks,
        }
    }
}

/// What stands above a picture's data.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub title: String,
    pub shape: String,
    pub op: String,
    /// What the colours mean.
    pub statement: String,
    /// What else is to be known of the values; may be empty.
    pub footnote: String,
    pub bar: Option<ColourBar>,
}

const BAR_WIDTH_PX: u32 = 220;
const BAR_HEIGHT_PX: u32 = 10;
/// From the bar's top to below its numbers.
const BAR_BLOCK_PX: u32 = 30;
const TITLE_BASELINE_PX: u32 = 28;
const LINE_PX: u32 = 18;
const WORD_GAP_PX: u32 = 10;
const COLUMN_GAP_PX: u32 = 32;
/// Space between the head and the data.
const FOOT_PX: u32 = 14;
/// Lines longer than this and than the data go on below, so that words alone make no
/// picture wider than 640 pixels.
const LINE_WIDTH_PX: u32 = 640 - 2 * MARGIN_PX;

impl Header {
    /// The lines below the title, of which the first is always there.
    fn lines(&self, data_width: u32) -> Vec<String> {
        let room = data_width.max(LINE_WIDTH_PX);
        let mut lines = wrapped(&self.statement, room);
        if lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrapped(&self.footnote, room));
        lines
    }

    fn text_width(&self, data_width: u32) -> u32 {
        let title = TextStyle::TITLE.width_px(&self.title)
            + WORD_GAP_PX
            + TextStyle::CAPTION.width_px(&self.shape)
            + WORD_GAP_PX
            + TextStyle::CAPTION.width_px(&self.op);
        let lines = self.lines(data_width);
        let widths = lines.iter().map(|line| TextStyle::CAPTION.width_px(line));
        widths.fold(title, u32::max)
    }

    /// Whether the bar stands right of the text rather than below it: where
    /// the data is as wide as both.
    fn bar_beside(&self, data_width: u32, max_width: u32) -> bool {
        let both = self.text_width(data_width) + COLUMN_GAP_PX + BAR_WIDTH_PX;
        both <= data_width && both + 2 * MARGIN_PX <= max_width
    }

    /// Where the data begins, in pixels from the top.
    pub fn height(&self, data_width: u32, max_width: u32) -> u32 {
        let text = TITLE_BASELINE_PX + self.lines(data_width).len() as u32 * LINE_PX + 4;
        let bar = match self.bar {
            Some(_) if !self.bar_beside(data_width, max_width) => BAR_BLOCK_PX + 8,
            _ => 0,
        };
        text + bar + FOOT_PX
    }

    /// A drawing with the head and room for `[data_width, data_height]` below.
    pub fn draw(&self, data_width: u32, max_width: u32, data_height: u32) -> Drawing {
        let beside = self.bar_beside(data_width, max_width);
        let below = match self.bar {
            Some(_) if !beside => BAR_WIDTH_PX,
            _ => 0,
        };
        let inner = data_width.max(self.text_width(data_width)).max(below);
        let top = self.height(data_width, max_width);
        let mut drawing = Drawing {
            width: inner + 2 * MARGIN_PX,
            height: top + data_height + MARGIN_PX,
            alt: String::new(),
            marks: Vec::new(),
        };
        let mut x = MARGIN_PX;
        let mut y = TITLE_BASELINE_PX;
        let words = [
            (TextStyle::TITLE, &self.title),
            (TextStyle::CAPTION, &self.shape),
            (TextStyle::CAPTION, &self.op),
        ];
        for (style, word) in words {
            if !word.is_empty() {
                let width = drawing.text([x as i32, y as i32], Anchor::Start, style, word.as_str());
                x += width + WORD_GAP_PX;
            }
        }
        for line in self.lines(data_width) {
            if !line.is_empty() {
                y += LINE_PX;
                drawing.text(
                    [MARGIN_PX as i32, y as i32],
                    Anchor::Start,
                    TextStyle::CAPTION,
                    line,
                );
            }
        }
        if let Some(bar) = &self.bar {
            let corner = if beside {
                [
                    MARGIN_PX + data_width - BAR_WIDTH_PX,
                    TITLE_BASELINE_PX - 10,
                ]
            } else {
                [MARGIN_PX, y + 14]
            };
            bar.draw(&mut drawing, corner);
        }
        drawing
    }
}

/// `text` in lines of at most `room` pixels, divided at spaces; none where it is empty.
fn wrapped(text: &str, room: u32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| TextStyle::CAPTION.width_px(longer) <= room) {
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

impl ColourBar {
    fn draw(&self, drawing: &mut Drawing, [x, y]: [u32; 2]) {
        let mut colours = RgbaImage::new(BAR_WIDTH_PX, 1);
        for (column, _, pixel) in colours.enumerate_pixels_mut() {
            let value = column as f32 / (BAR_WIDTH_PX - 1) as f32;
            let [red, green, blue] = self.map.at(value).0;
            *pixel = Rgba([red, green, blue, 255]);
        }
        drawing.bitmap([x as i32, y as i32], [1, BAR_HEIGHT_PX], colours);
        let last = self.ticks.len() - 1;
        for (index, (fraction, text)) in self.ticks.iter().enumerate() {
            let at = (x as f32 + fraction * (BAR_WIDTH_PX - 1) as f32).round() as i32;
            let anchor = match index {
                0 => Anchor::Start,
                index if index == last => Anchor::End,
                _ => Anchor::Middle,
            };
            drawing.rect([at, (y + BAR_HEIGHT_PX) as i32], [1, 3], Role::Dim);
            let edge = at + i32::from(index == last);
            drawing.text(
                [edge, (y + BAR_HEIGHT_PX + 14) as i32],
                anchor,
                TextStyle::TICK,
                text.as_str(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below() {
        let words = "every word of it is still there ".repeat(12);
        let lines = wrapped(&words, 300);
        assert!(lines.len() > 3);
        for line in &lines {
            assert!(TextStyle::CAPTION.width_px(line) <= 300, "{line}");
        }
        assert_eq!(lines.join(" "), words.trim_end());
        assert_eq!(wrapped("", 300), [""; 0]);
        // A word that is too long by itself stays whole.
        assert_eq!(wrapped("a bcdefgh", 1), ["a", "bcdefgh"]);
    }

    #[test]
    fn words_alone_make_no_picture_wider_than_640() {
        let header = Header {
            title: "lrp-epsilon".to_owned(),
            shape: String::new(),
            op: String::new(),
            statement: "a statement ".repeat(40),
            footnote: "a footnote ".repeat(40),
            bar: None,
        };
        let drawing = header.draw(300, 332, 100);
        assert!(drawing.width <= 640, "{}", drawing.width);
        assert_eq!(drawing.height, header.height(300, 332) + 100 + MARGIN_PX);
        // Where the data is wider, there is more room for words.
        assert!(header.height(900, 932) < header.height(300, 332));
    }
}
