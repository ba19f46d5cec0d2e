//! What the terminal shows, from the state and the newest frame.

use super::grid::{Grid, Tone};
use super::keys::described;
use super::maps;
use crate::frame::Frame;
use crate::state::{Phase, State};
use cortexscope_draw::number::{grouped, percent};
use cortexscope_rig::session::CounterKind;
use cortexscope_rig::softmax;

/// Columns of scores and costs.
const ASIDE: usize = 36;
/// Columns of a bar that stands for 1.
const BAR: usize = 20;
/// Classes that are shown.
const CLASSES: usize = 12;

/// The whole screen.
pub(super) struct View<'a> {
    pub state: &'a State,
    pub frame: Option<&'a Frame>,
    /// The layer whose maps come first, 0 for the input.
    pub first_layer: usize,
    /// New frames on this screen a second.
    pub frames_per_s: f64,
}

impl View<'_> {
    /// The screen in `height` rows and `width` columns.
    pub(super) fn draw(&self, height: usize, width: usize) -> Grid {
        let mut grid = Grid::new(width, height);
        self.head(&mut grid);
        let keys = described(self.state);
        grid.text(0, height.saturating_sub(1), &keys, Tone::Dim);
        if let Some(frame) = self.frame {
            let aside = width.saturating_sub(ASIDE);
            let row = scores(frame, aside, &mut grid);
            let row = costs(frame, aside, row + 1, &mut grid);
            let activations = &frame.recording.activations;
            let mut first = self.first_layer;
            // The input stands beside the others where there is room for it.
            if let Some(input) = activations.first().filter(|_| first == 0)
                && maps::block(input, aside, row + 1, ASIDE, &mut grid)
            {
                first = 1;
            }
            maps::draw(activations, first, aside.saturating_sub(2), &mut grid);
        }
        grid
    }

    fn head(&self, grid: &mut Grid) {
        let State { choice, phase, .. } = self.state;
        let x = grid.text(0, 0, "cortexscope  ", Tone::Strong);
        let mode = self.state.mode.name();
        let names = format!("{} · {} · {mode}  ", choice.board, choice.model);
        let mut x = grid.text(x, 0, &names, Tone::Plain);
        let said = match phase {
            Phase::Opening => vec!["opening the board".to_owned()],
            Phase::Ready if self.state.frozen => vec!["frozen".to_owned()],
            Phase::Ready => self.frame.map_or_else(Vec::new, |frame| self.flow(frame)),
            Phase::Lost | Phase::Failed => {
                let message = self.state.message.as_deref().unwrap_or_default();
                vec![match phase {
                    Phase::Lost => format!("connection lost: {message}"),
                    _ => format!("could not open the board: {message}"),
                }]
            }
        };
        let tone = match phase {
            Phase::Ready => Tone::Dim,
            _ => Tone::Strong,
        };
        // As much of it as there is room for; the first part in any case.
        for (index, part) in said.iter().enumerate() {
            let part = if index == 0 {
                part.clone()
            } else {
                format!(" · {part}")
            };
            if index > 0 && x + part.chars().count() > grid.width {
                return;
            }
            x = grid.text(x, 0, &part, tone);
        }
    }

    /// The flow of frames, what matters most first.
    fn flow(&self, frame: &Frame) -> Vec<String> {
        let rates = frame.flow.rates().filter(|_| frame.flow.is_on());
        let (board, bytes) = rates.unwrap_or_default();
        vec![
            format!(
                "{} frames/s (board {})",
                self.frames_per_s.floor(),
                board.floor()
            ),
            format!("{:.1} ms", frame.flow.host_ms()),
            format!("{} KB/s", (bytes / 1024.0).floor()),
            format!("{} replaced", frame.flow.replaced()),
        ]
    }
}

/// Scores as bars; gives the row after them.
fn scores(frame: &Frame, x: usize, grid: &mut Grid) -> usize {
    let expected = frame
        .expected
        .map_or_else(String::new, |digit| format!(", expected {digit}"));
    grid.text(x, 1, &format!("{}{expected}", frame.source), Tone::Strong);
    let class = frame.recording.predicted();
    let probabilities = softmax(&frame.recording.logits);
    let shown = probabilities.iter().enumerate().take(CLASSES);
    for (index, &probability) in shown {
        let label = frame.labels.get(index).map_or("", String::as_str);
        let bar = "█".repeat((probability * BAR as f32).round() as usize);
        let text = format!("{label:>4.4} {:>7} {bar}", percent(probability));
        let tone = if index == class {
            Tone::Strong
        } else {
            Tone::Dim
        };
        grid.text(x, 2 + index, &text, tone);
    }
    2 + probabilities.len().min(CLASSES)
}

/// What each layer took; gives the row after it.
fn costs(frame: &Frame, x: usize, y: usize, grid: &mut Grid) -> usize {
    let Some(total) = frame.recording.count else {
        return y;
    };
    let layers = frame.recording.layers.iter();
    let layers = layers.map(|layer| {
        let found = frame.recording.activations.iter();
        let found = found.clone().find(|one| one.tensor == layer.tensor);
        let name = found.map_or("last layer", |one| one.name.as_str());
        (name, layer.count)
    });
    let lines = layers.chain([("all layers", Some(total))]);
    let unit = match frame.counter {
        CounterKind::Cycles => "cycles",
        _ => "instructions",
    };
    grid.text(x, y, &format!("{:<18}{unit:>14}", "layer"), Tone::Dim);
    let mut row = y + 1;
    for (name, count) in lines {
        let count = count.map_or_else(|| "–".to_owned(), grouped);
        grid.text(x, row, &format!("{name:<18.18}{count:>14}"), Tone::Plain);
        row += 1;
    }
    row
}
