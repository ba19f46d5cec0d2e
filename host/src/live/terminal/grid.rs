//! A screen of cells, and its lines as text with colours.

use image::Rgb;
use std::fmt::Write;

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As text is.
    Plain,
    /// Names and results.
    Strong,
    /// Units and captions.
    Dim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    sign: char,
    tone: Tone,
    upper: Option<Rgb<u8>>,
    lower: Option<Rgb<u8>>,
}

const EMPTY: Cell = Cell {
    sign: ' ',
    tone: Tone::Plain,
    upper: None,
    lower: None,
};

/// Signs for levels of a terminal without colours, dark to light.
const LEVELS: [char; 5] = [' ', '.', ':', 'o', '#'];

/// A screen of cells.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Cells to a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    cells: Vec<Cell>,
}

impl Grid {
    /// An empty screen.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            cells: vec![EMPTY; width * height],
        }
    }

    /// Puts a text, cut at the right edge; gives the column after it.
    pub fn text(&mut self, x: usize, y: usize, text: &str, tone: Tone) -> usize {
        let mut column = x;
        for sign in text.chars() {
            let Some(cell) = self.cell(column, y) else {
                break;
            };
            *cell = Cell {
                sign,
                tone,
                ..EMPTY
            };
            column += 1;
        }
        column
    }

    /// Puts two values, one over the other, into a cell.
    pub fn pair(&mut self, x: usize, y: usize, upper: Rgb<u8>, lower: Option<Rgb<u8>>) {
        if let Some(cell) = self.cell(x, y) {
            *cell = Cell {
                sign: '▀',
                tone: Tone::Plain,
                upper: Some(upper),
                lower,
            };
        }
    }

    fn cell(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        let is_inside = x < self.width && y < self.height;
        self.cells.get_mut(y * self.width + x).filter(|_| is_inside)
    }

    /// The rows, each in its own colours and reset at its end.
    pub fn lines(&self, has_colour: bool) -> Vec<String> {
        let rows = self.cells.chunks(self.width.max(1));
        rows.map(|row| line(row, has_colour)).collect()
    }
}

fn line(row: &[Cell], has_colour: bool) -> String {
    let mut text = String::new();
    let mut last = EMPTY;
    for cell in row {
        let look = Cell { sign: ' ', ..*cell };
        if has_colour && look != last {
            text.push_str("\x1b[0m");
            match cell.tone {
                Tone::Plain => {}
                Tone::Strong => text.push_str("\x1b[1m"),
                Tone::Dim => text.push_str("\x1b[2m"),
            }
            // Writing to a String cannot fail.
            if let Some(Rgb([r, g, b])) = cell.upper {
                let _ = write!(text, "\x1b[38;2;{r};{g};{b}m");
            }
            if let Some(Rgb([r, g, b])) = cell.lower {
                let _ = write!(text, "\x1b[48;2;{r};{g};{b}m");
            }
            last = look;
        }
        text.push(match cell.upper {
            Some(upper) if !has_colour => level(upper, cell.lower),
            _ => cell.sign,
        });
    }
    if has_colour {
        text.push_str("\x1b[0m");
    }
    text
}

/// A sign for how light a pair of values is.
fn level(upper: Rgb<u8>, lower: Option<Rgb<u8>>) -> char {
    let light = |Rgb(channels): Rgb<u8>| channels.iter().map(|&c| usize::from(c)).sum::<usize>();
    let sum = light(upper) + light(lower.unwrap_or(upper));
    LEVELS[(sum * LEVELS.len() / (6 * 256)).min(LEVELS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_cut_off() {
        let mut grid = Grid::new(4, 2);
        assert_eq!(grid.text(2, 0, "abc", Tone::Plain), 4);
        grid.text(0, 2, "below", Tone::Plain);
        grid.pair(9, 0, Rgb([0; 3]), None);
        assert_eq!(grid.lines(false), ["  ab", "    "]);
    }

    #[test]
    fn colours_end_where_their_line_ends() {
        let mut grid = Grid::new(2, 1);
        grid.pair(0, 0, Rgb([1, 2, 3]), Some(Rgb([4, 5, 6])));
        let lines = grid.lines(true);
        assert_eq!(
            lines[0],
            "\x1b[0m\x1b[38;2;1;2;3m\x1b[48;2;4;5;6m▀\x1b[0m \x1b[0m"
        );
        assert_eq!(grid.lines(false)[0].chars().count(), 2);
    }
}
