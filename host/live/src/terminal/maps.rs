//! Tensors as blocks of maps, two values to a cell.

use super::grid::{Grid, Tone};
use cortexscope_draw::ColourMap;
use cortexscope_rig::Activation;
use image::Rgb;

/// Lines of maps that one tensor takes at most.
const LINES_MAX: usize = 4;

/// The tensors from the `first` on, in `width` columns: one line of maps of each
/// that fits, then more of them where there is room.
pub(super) fn draw(activations: &[Activation], first: usize, width: usize, grid: &mut Grid) {
    // The last row is for keys, and the one before for what does not fit.
    let mut room = grid.height.saturating_sub(3);
    let activations = activations.get(first..).unwrap_or_default();
    let sizes = activations.iter().map(|one| Size::of(one, width));
    let mut sizes: Vec<Size> = sizes
        .take_while(|size| {
            let rows = 1 + size.rows;
            let fits = rows <= room;
            room = room.saturating_sub(rows);
            fits
        })
        .collect();
    for _ in 1..LINES_MAX {
        for size in &mut sizes {
            if size.lines < size.lines_all && size.rows <= room {
                size.lines += 1;
                room -= size.rows;
            }
        }
    }
    let mut y = 1;
    for (activation, size) in activations.iter().zip(&sizes) {
        size.draw(activation, 0, y, grid);
        y += 1 + size.lines * size.rows;
    }
    let hidden = activations.len() - sizes.len();
    if hidden > 0 {
        let more = format!("↓ {hidden} more");
        grid.text(0, grid.height.saturating_sub(2), &more, Tone::Dim);
    }
}

/// One line of a tensor's maps at a place, if it fits between there and the keys.
pub(super) fn block(
    activation: &Activation,
    x: usize,
    y: usize,
    width: usize,
    grid: &mut Grid,
) -> bool {
    let size = Size::of(activation, width);
    let fits = activation.shape.width < width && y + 1 + size.rows < grid.height;
    if fits {
        size.draw(activation, x, y, grid);
    }
    fits
}

/// How a tensor's maps are arrived out.
struct Size {
    /// Maps to a line.
    across: usize,
    /// Rows to a line of maps, the empty one after it included.
    rows: usize,
    /// Lines that are shown.
    lines: usize,
    /// Lines that there are.
    lines_all: usize,
}

impl Size {
    fn of(activation: &Activation, width: usize) -> Self {
        let shape = activation.shape;
        let across = (width / (shape.width + 1)).max(1);
        Self {
            across,
            rows: shape.height.div_ceil(2) + 1,
            lines: 1,
            lines_all: shape.channels.div_ceil(across),
        }
    }

    fn draw(&self, activation: &Activation, x: usize, y: usize, grid: &mut Grid) {
        let shape = activation.shape;
        let shown = shape.channels.min(self.lines * self.across);
        let after = grid.text(x, y, &activation.name, Tone::Strong);
        let mut shape_text = format!(" {}×{}×{}", shape.channels, shape.height, shape.width);
        if shown < shape.channels {
            shape_text += &format!(", the first {shown}");
        }
        grid.text(after, y, &shape_text, Tone::Dim);
        for channel in 0..shown {
            let (column, line) = (channel % self.across, channel / self.across);
            let left = x + column * (shape.width + 1);
            map(activation, channel, left, y + 1 + line * self.rows, grid);
        }
    }
}

/// One map, two values to a cell.
fn map(activation: &Activation, channel: usize, x: usize, y: usize, grid: &mut Grid) {
    let shape = activation.shape;
    let start = channel * shape.height * shape.width;
    let colour = |row: usize, column: usize| {
        let value = activation.values.get(start + row * shape.width + column);
        value
            .filter(|_| row < shape.height)
            .map(|&value| tint(activation, value))
    };
    for row in (0..shape.height).step_by(2) {
        for column in 0..shape.width {
            if let Some(upper) = colour(row, column) {
                grid.pair(x + column, y + row / 2, upper, colour(row + 1, column));
            }
        }
    }
}

/// The colour that the page gives this int8.
fn tint(activation: &Activation, value: i8) -> Rgb<u8> {
    let (zero, value) = (f32::from(activation.zero), f32::from(value));
    if activation.tensor == 0 {
        ColourMap::Grey.at((value + 128.0) / 255.0)
    } else if activation.zero == i8::MIN {
        ColourMap::Activation.at((value + 128.0) / 255.0)
    } else {
        let reach = (127.0 - zero).max(zero + 128.0);
        ColourMap::Signed.at(0.5 + (value - zero) / 2.0 / reach)
    }
}
