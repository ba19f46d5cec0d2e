//! What the terminal shows, from the state and the newest frame.

use super::grid::{Grid, Tone};
use crate::live::frame::Frame;
use crate::live::state::{Phase, State};
use crate::picture::ColourMap;
use crate::picture::number::grouped;
use crate::rig::{Activation, softmax};
use image::Rgb;

/// Columns of scores and costs.
const ASIDE: usize = 36;
/// Columns of a bar that stands for 1.
const BAR: usize = 20;
/// Classes that are shown.
const CLASSES: usize = 12;
const KEYS: &str = "n b digit · p shuffle · space freeze · . step · m plan · q end";

/// The whole screen.
pub(super) struct View<'a> {
    pub state: &'a State,
    pub frame: Option<&'a Frame>,
}

impl View<'_> {
    /// The screen in so many columns and rows; `size` is rows first, as
    /// terminals have it.
    pub(super) fn draw(&self, height: usize, width: usize) -> Grid {
        let mut grid = Grid::new(width, height);
        self.head(&mut grid);
        grid.text(0, height.saturating_sub(1), KEYS, Tone::Dim);
        if let Some(frame) = self.frame {
            let aside = width.saturating_sub(ASIDE);
            let row = scores(frame, aside, &mut grid);
            costs(frame, aside, row + 1, &mut grid);
            maps(frame, aside.saturating_sub(2), &mut grid);
        }
        grid
    }

    fn head(&self, grid: &mut Grid) {
        let State { choice, phase, .. } = self.state;
        let x = grid.text(0, 0, "cortexscope  ", Tone::Strong);
        let names = format!(
            "{} · {} · {:?}  ",
            choice.board, choice.model, self.state.mode
        );
        let x = grid.text(x, 0, &names.to_lowercase(), Tone::Plain);
        let said = match phase {
            Phase::Opening => "reaching the board".to_owned(),
            Phase::Ready if self.state.frozen => "frozen".to_owned(),
            Phase::Ready => self.frame.map_or_else(String::new, |frame| {
                let (rate, bytes) = frame.flow.rates().unwrap_or_default();
                format!(
                    "{rate:.1} frames/s · {:.1} ms · {:.0} KB/s · {} replaced",
                    frame.flow.host_ms(),
                    bytes / 1024.0,
                    frame.flow.replaced()
                )
            }),
            Phase::Lost | Phase::Failed => {
                let message = self.state.message.as_deref().unwrap_or_default();
                format!("no board: {message}")
            }
        };
        let tone = match phase {
            Phase::Ready => Tone::Dim,
            _ => Tone::Strong,
        };
        grid.text(x, 0, &said, tone);
    }
}

/// Scores as bars; gives the row after them.
fn scores(frame: &Frame, x: usize, grid: &mut Grid) -> usize {
    let expected = frame
        .expected
        .map_or_else(String::new, |digit| format!(", it is a {digit}"));
    grid.text(x, 1, &format!("{}{expected}", frame.source), Tone::Strong);
    let class = frame.recording.predicted();
    let probabilities = softmax(&frame.recording.logits);
    let shown = probabilities.iter().enumerate().take(CLASSES);
    for (index, &probability) in shown {
        let label = frame.labels.get(index).map_or("", String::as_str);
        let bar = "█".repeat((probability * BAR as f32).round() as usize);
        let text = format!("{label:>4.4} {:>5.1} % {bar}", 100.0 * probability);
        let tone = if index == class {
            Tone::Strong
        } else {
            Tone::Dim
        };
        grid.text(x, 2 + index, &text, tone);
    }
    2 + probabilities.len().min(CLASSES)
}

/// What each layer took.
fn costs(frame: &Frame, x: usize, y: usize, grid: &mut Grid) {
    let Some(total) = frame.recording.count else {
        return;
    };
    let layers = frame.recording.layers.iter();
    let layers = layers.map(|layer| {
        let found = frame.recording.activations.iter();
        let found = found.clone().find(|one| one.tensor == layer.tensor);
        let name = found.map_or("last layer", |one| one.name.as_str());
        (name, layer.count)
    });
    let lines = layers.chain([("all, counted", Some(total))]);
    for (row, (name, count)) in lines.enumerate() {
        let count = count.map_or_else(|| "–".to_owned(), grouped);
        grid.text(
            x,
            y + row,
            &format!("{name:<18.18}{count:>14}"),
            Tone::Plain,
        );
    }
}

/// Every tensor's maps, in one or two lines each.
fn maps(frame: &Frame, width: usize, grid: &mut Grid) {
    let bottom = grid.height.saturating_sub(1);
    let mut y = 1;
    for activation in &frame.recording.activations {
        let shape = activation.shape;
        let rows = shape.height.div_ceil(2);
        let across = (width / (shape.width + 1)).max(1);
        let lines = shape.channels.div_ceil(across).min(2);
        let lines = lines.min(bottom.saturating_sub(y + 1) / (rows + 1).max(1));
        if lines == 0 {
            return;
        }
        let shown = shape.channels.min(lines * across);
        let x = grid.text(0, y, &activation.name, Tone::Strong);
        let mut words = format!(" {}×{}×{}", shape.channels, shape.height, shape.width);
        if shown < shape.channels {
            words += &format!(", the first {shown}");
        }
        grid.text(x, y, &words, Tone::Dim);
        for channel in 0..shown {
            let (column, line) = (channel % across, channel / across);
            let (left, top) = (column * (shape.width + 1), y + 1 + line * (rows + 1));
            map(activation, channel, left, top, grid);
        }
        y += 1 + lines * (rows + 1);
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
