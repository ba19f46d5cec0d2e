//! Chains of layers of which each row is made when the layer after it needs it.
//!
//! Of a tensor between two layers of a chain only the rows under one window are there,
//! the newest last. The rows of the chain's last layer come one by one:
//!
//! ```text
//! input ───▶ conv 3×3 ──▶ 3 rows ──▶ conv 3×3 ──▶ 1 row ──▶ sum ───▶ output
//!   └───────────────────────────────────────────────────────▲
//! ```
//!
//! What the chain reads as a whole it may write over, as far as it has left it behind:
//! here the sum goes where its own input was, row by row.

use crate::image::{Model, Op, Shape, Window};
use core::ops::Range;

/// Whether this build can run chains. One that cannot has no plan in which there is one.
pub(crate) const HAS_CHAINS: bool = cfg!(not(small));

/// The most layers of a chain.
pub const MOST_LAYERS: usize = 8;

/// How one layer of a chain gets from rows to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Shape of what it reads.
    pub input: Shape,
    /// Shape of what it writes.
    pub output: Shape,
    /// The window that it slides; 1×1 where it goes element by element.
    pub window: Window,
}

impl Link {
    /// A link of no rows: all zeros, so that flash holds no copy of many of them.
    const EMPTY: Self = Self {
        input: Shape::EMPTY,
        output: Shape::EMPTY,
        window: Window::NONE,
    };

    /// A layer that goes element by element.
    pub const fn by_element(shape: Shape) -> Self {
        Self {
            input: shape,
            output: shape,
            window: Window::POINT,
        }
    }

    /// The link of an operator that can be one, with an output of this shape.
    pub(crate) fn of(op: &Op<'_>, output: Shape) -> Option<Self> {
        let (input, window) = match (op.sliding(), op) {
            (_, Op::DepthToSpace(_)) => return None,
            (Some(sliding), _) => (sliding.input, sliding.window),
            (None, Op::Lookup(_) | Op::Add(_) | Op::Mul(_)) => (&output, &Window::POINT),
            (None, _) => return None,
        };
        Some(Self {
            input: *input,
            output,
            window: *window,
        })
    }

    /// Rows of the window, those between its taps included.
    const fn extent(&self) -> usize {
        self.window.kernel_h.saturating_sub(1) * self.window.dilation_h + 1
    }

    /// Rows of the input, from the top, that there must be before row `y` can be made.
    #[inline(never)]
    pub fn needed_rows(&self, y: usize) -> usize {
        let end = y * self.window.stride_h + self.extent();
        end.saturating_sub(self.window.pad_top)
            .min(self.input.height)
    }

    /// Rows of the input that are there at once.
    pub fn held_rows(&self) -> usize {
        self.extent().min(self.input.height)
    }

    /// Bytes of these rows.
    #[inline(never)]
    pub fn held_bytes(&self) -> usize {
        self.held_rows().saturating_mul(self.input.row_elements())
    }

    /// Whether every row of the input is needed.
    pub fn needs_all_rows(&self) -> bool {
        self.needed_rows(self.output.height.saturating_sub(1)) == self.input.height
    }
}

/// A row of a layer of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number of the layer in the chain.
    pub link: usize,
    /// Which row.
    pub at: usize,
}

/// In which order the rows of a chain are made: each as late as can be.
#[derive(Clone, Debug)]
pub struct Schedule<'l> {
    links: &'l [Link],
    made: [u16; MOST_LAYERS],
}

impl<'l> Schedule<'l> {
    /// Nothing is made yet; of links there are at most [`MOST_LAYERS`].
    pub fn new(links: &'l [Link]) -> Self {
        Self {
            links,
            made: [0; MOST_LAYERS],
        }
    }

    /// Rows that link `link` has made.
    pub fn made(&self, link: usize) -> usize {
        self.made.get(link).copied().unwrap_or_default().into()
    }
}

impl Iterator for Schedule<'_> {
    type Item = Row;

    #[inline(never)]
    fn next(&mut self) -> Option<Row> {
        let mut link = self.links.len().checked_sub(1)?;
        if self.made(link) >= self.links.get(link)?.output.height {
            return None;
        }
        while link > 0 && self.made(link - 1) < self.links.get(link)?.needed_rows(self.made(link)) {
            link -= 1;
        }
        let made = self.made.get_mut(link)?;
        let at = usize::from(*made);
        *made = made.checked_add(1)?;
        Some(Row { link, at })
    }
}

/// Bytes by which the output of a chain must begin before a tensor that links read as a
/// whole, for the two to overlap: bit `n` of `readers` says whether link `n` does. Only the
/// first of the chain slides a window over it.
#[inline(never)]
pub fn lag_bytes(links: &[Link], readers: u32) -> usize {
    let (mut written, mut largest) = (0, 0);
    let mut schedule = Schedule::new(links);
    while let Some(row) = schedule.next() {
        let Some(output) = links.get(row.link) else {
            break;
        };
        if row.link + 1 < links.len() {
            continue;
        }
        written += output.output.row_elements();
        let mut left_behind = usize::MAX;
        for (at, link) in links.iter().enumerate() {
            if readers >> at & 1 == 0 {
                continue;
            }
            let next = schedule.made(at);
            let rows = if next < link.output.height {
                link.window.first_row(next).min(link.input.height)
            } else {
                link.input.height
            };
            left_behind = left_behind.min(rows * link.input.row_elements());
        }
        largest = written.saturating_sub(left_behind).max(largest);
    }
    largest
}

/// The links of a chain of a model, and how many.
pub(crate) struct Links {
    links: [Link; MOST_LAYERS],
    count: usize,
}

impl Links {
    /// No links yet.
    pub const NONE: Self = Self {
        links: [Link::EMPTY; MOST_LAYERS],
        count: 0,
    };

    /// Takes the links of `layers`; `None` where one of them cannot be in a chain. In
    /// place, because two copies are a tenth of a small board's stack.
    #[inline(never)]
    pub fn take(&mut self, model: &Model<'_>, layers: Range<usize>) -> Option<()> {
        self.count = layers.len();
        for (place, layer) in self.links.get_mut(..self.count)?.iter_mut().zip(layers) {
            let layer = model.layer(layer);
            let layer = layer.as_ref()?;
            *place = Link::of(&layer.op, layer.shape)?;
        }
        Some(())
    }

    pub fn all(&self) -> &[Link] {
        self.links.get(..self.count).unwrap_or_default()
    }

    /// The links that read rows of the link before them.
    fn readers(&self) -> &[Link] {
        self.all().get(1..).unwrap_or_default()
    }

    /// Bytes of the rows of tensors that are fused away.
    pub fn row_bytes(&self) -> usize {
        let mut bytes = 0_usize;
        for link in self.readers() {
            bytes = bytes.saturating_add(link.held_bytes());
        }
        bytes
    }

    /// Whether every row of each tensor between two links is needed.
    pub fn need_all_rows(&self) -> bool {
        self.readers().iter().all(Link::needs_all_rows)
    }

    /// The lag of the chain's output, `first` being its first layer, against `tensor`.
    pub fn lag_bytes(&self, model: &Model<'_>, first: usize, tensor: usize) -> usize {
        let mut readers = 0;
        for link in 0..self.count {
            readers |= u32::from(model.reads(first + link, tensor)) << link;
        }
        lag_bytes(self.all(), readers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const fn shape(height: usize, width: usize, channels: usize) -> Shape {
        Shape {
            height,
            width,
            channels,
        }
    }

    /// Two convolutions of 3×3 on a map of four rows, and a sum.
    fn block() -> [Link; 3] {
        let map = shape(4, 2, 1);
        let conv = Link {
            input: map,
            output: map,
            window: Window::square(3, 1, 1),
        };
        [conv, conv, Link::by_element(map)]
    }

    #[test]
    fn rows_are_made_as_late_as_can_be() {
        let links = block();
        let order: Vec<[usize; 2]> = Schedule::new(&links)
            .map(|row| [row.link, row.at])
            .collect();
        // Of the first convolution two rows before the second's first, then one each.
        let expected = [
            [0, 0],
            [0, 1],
            [1, 0],
            [2, 0],
            [0, 2],
            [1, 1],
            [2, 1],
            [0, 3],
            [1, 2],
            [2, 2],
            [1, 3],
            [2, 3],
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn a_stride_asks_for_two_rows_a_row() {
        let point = Link {
            input: shape(6, 1, 1),
            output: shape(6, 1, 1),
            window: Window::square(1, 1, 0),
        };
        let strided = Link {
            input: shape(6, 1, 1),
            output: shape(3, 1, 1),
            window: Window::square(3, 2, 1),
        };
        let order: Vec<[usize; 2]> = Schedule::new(&[point, strided])
            .map(|row| [row.link, row.at])
            .collect();
        let expected = [
            [0, 0],
            [0, 1],
            [1, 0],
            [0, 2],
            [0, 3],
            [1, 1],
            [0, 4],
            [0, 5],
            [1, 2],
        ];
        assert_eq!(order, expected);
        assert_eq!(strided.held_rows(), 3);
        assert!(strided.needs_all_rows());
    }

    /// By the schedule above: when row `y` of the sum is written, the first convolution is
    /// about to read from row `y + 1` on, and the sum itself has read row `y`.
    #[test]
    fn a_block_writes_over_what_it_skips() {
        assert_eq!(lag_bytes(&block(), 0b101), 0);
        assert_eq!(lag_bytes(&block(), 0b100), 0);
        // Without the sum the second convolution's rows are the output.
        assert_eq!(lag_bytes(&block()[..2], 0b1), 0);
        // A wider output runs ahead of what is read.
        let mut wide = block();
        wide[1].output.channels = 3;
        // After row y 6·(y + 1) bytes are written and 2·(y + 1) left behind; of the last
        // two rows all is left behind after the first convolution's last row.
        assert_eq!(lag_bytes(&wide[..2], 0b1), 24 - 8);
    }
}
