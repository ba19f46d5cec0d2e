//! A screen of cells, and its lines as text with colours.

use cortexscope_net::printable::printable;
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
const LEVELS: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', 'o', '#', '@'];

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

    /// Puts a text, cut at the right edge; gives the column after it. Control
    /// characters, which a model's names may have, do not reach the terminal.
    pub fn text(&mut self, x: usize, y: usize, text: &str, tone: Tone) -> usize {
        let mut column = x;
        for sign in printable(text).chars() {
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

    /// What makes a terminal that shows `before`, a screen of the same size, show
    /// this one: the cells that changed, each with what changes of its look.
    pub fn update(&self, before: &Self, has_colour: bool) -> String {
        let mut text = String::new();
        let mut pen = Pen::new(has_colour);
        for y in 0..self.height {
            // Where the next sign would go without being told.
            let mut at = usize::MAX;
            for x in 0..self.width {
                let index = y * self.width + x;
                let cell = self.cells[index];
                if before.cells.get(index) == Some(&cell) {
                    continue;
                }
                if at != x {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "\x1b[{};{}H", y + 1, x + 1);
                }
                pen.write(cell, &mut text);
                at = x + 1;
            }
        }
        pen.rest(&mut text);
        text
    }

    /// The rows without colours.
    #[cfg(test)]
    pub fn lines(&self) -> Vec<String> {
        let rows = self.cells.chunks(self.width.max(1));
        rows.map(|row| row.iter().map(Cell::plain).collect())
            .collect()
    }
}

impl Cell {
    /// Its sign on a terminal without colours.
    fn plain(&self) -> char {
        self.upper
            .map_or(self.sign, |upper| level(upper, self.lower))
    }
}

/// How a terminal would show the next sign.
struct Pen {
    has_colour: bool,
    tone: Tone,
    upper: Option<Rgb<u8>>,
    lower: Option<Rgb<u8>>,
}

impl Pen {
    fn new(has_colour: bool) -> Self {
        Self {
            has_colour,
            tone: Tone::Plain,
            upper: None,
            lower: None,
        }
    }

    fn write(&mut self, cell: Cell, text: &mut String) {
        if !self.has_colour {
            text.push(cell.plain());
            return;
        }
        if cell.tone != self.tone {
            self.rest(text);
            text.push_str(match cell.tone {
                Tone::Plain => "",
                Tone::Strong => "\x1b[1m",
                Tone::Dim => "\x1b[2m",
            });
            self.tone = cell.tone;
        }
        if cell.lower != self.lower {
            colour(text, 48, cell.lower);
            self.lower = cell.lower;
        }
        // Two values of one colour are ground without a sign.
        let is_ground = cell.sign == ' ' || cell.upper.is_some() && cell.upper == cell.lower;
        if !is_ground && cell.upper != self.upper {
            colour(text, 38, cell.upper);
            self.upper = cell.upper;
        }
        text.push(if is_ground { ' ' } else { cell.sign });
    }

    /// Back to how text is.
    fn rest(&mut self, text: &mut String) {
        let is_plain = self.tone == Tone::Plain && self.upper.is_none() && self.lower.is_none();
        if !is_plain {
            text.push_str("\x1b[0m");
        }
        *self = Self::new(self.has_colour);
    }
}

/// Selects a colour, or the terminal's own: of signs with 38, of the ground with 48.
fn colour(text: &mut String, plane: u8, colour: Option<Rgb<u8>>) {
    // Writing to a String cannot fail.
    let _ = match colour {
        Some(Rgb([r, g, b])) => write!(text, "\x1b[{plane};2;{r};{g};{b}m"),
        None => write!(text, "\x1b[{}m", plane + 1),
    };
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
        assert_eq!(grid.lines(), ["  ab", "    "]);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let before = Grid::new(22, 1);
        let mut grid = before.clone();
        grid.text(0, 0, "a\x1b[2Jb\n\u{9b}", Tone::Plain);
        let text = grid.update(&before, false);
        assert_eq!(text, "\x1b[1;1Ha\\u{1b}[2Jb\\n\\u{9b}");
    }

    #[test]
    fn only_what_changed_is_written() {
        let before = Grid::new(9, 2);
        let mut grid = before.clone();
        grid.text(1, 0, "ab", Tone::Strong);
        grid.text(8, 1, "c", Tone::Plain);
        assert_eq!(
            grid.update(&before, true),
            "\x1b[1;2H\x1b[1mab\x1b[2;9H\x1b[0mc"
        );
        assert_eq!(grid.update(&before, false), "\x1b[1;2Hab\x1b[2;9Hc");
        assert_eq!(grid.update(&grid, true), "");
    }

    #[test]
    fn colours_are_named_where_they_change() {
        let before = Grid::new(4, 1);
        let mut grid = before.clone();
        let [one, two] = [Rgb([1, 2, 3]), Rgb([4, 5, 6])];
        grid.pair(0, 0, one, Some(two));
        grid.pair(1, 0, one, Some(two));
        grid.pair(2, 0, two, Some(two));
        grid.pair(3, 0, two, None);
        assert_eq!(
            grid.update(&before, true),
            "\x1b[1;1H\x1b[48;2;4;5;6m\x1b[38;2;1;2;3m▀▀ \x1b[49m\x1b[38;2;4;5;6m▀\x1b[0m"
        );
    }
}
