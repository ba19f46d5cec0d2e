//! How the tensors of a file lie in those of the normal form.
//!
//! Every activation of the normal form is `[1, C, H, W]`. A tensor of the file is
//! a [`View`] of one: each of its sizes is the product of some of the axes batch,
//! channels, rows and columns, in an order. Channels last is `[N] [H] [W] [C]`, a
//! flattened map is `[N] [C H W]`, and a series of samples is `[N] [C] [W]`. Axes of
//! size 1 stand nowhere. So transposing, flattening and taking axes of size 1 in
//! and out computes nothing: it makes another view.

use super::error::{MAX_ELEMENTS, MAX_SIZE};
use crate::onnx::constant::element_count;

/// One axis of an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Images of a batch, of which the normal form keeps one.
    Batch,
    /// Channels.
    Channel,
    /// Rows.
    Row,
    /// Columns, or samples in time.
    Column,
}

use Axis::{Batch, Channel, Column, Row};

/// A tensor of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The tensor of the normal form, by number.
    pub tensor: usize,
    /// For each size in the file, its axes from the outermost in.
    pub dims: Vec<Vec<Axis>>,
    /// What the file calls it.
    pub name: String,
}

/// Sizes of the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    /// Images in the file's batch.
    pub batch: usize,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
}

impl Axes {
    /// The size of an axis.
    pub fn size(self, axis: Axis) -> usize {
        match axis {
            Batch => self.batch,
            Channel => self.shape[0],
            Row => self.shape[1],
            Column => self.shape[2],
        }
    }

    /// The size in the file that is made of `axes`.
    pub fn product(self, axes: &[Axis]) -> usize {
        axes.iter().map(|&axis| self.size(axis)).product()
    }

    /// All sizes in the file.
    pub fn sizes(self, dims: &[Vec<Axis>]) -> Vec<usize> {
        dims.iter().map(|axes| self.product(axes)).collect()
    }

    /// `dims` without axes of size 1.
    pub fn plain(self, dims: &[&[Axis]]) -> Vec<Vec<Axis>> {
        let wide = |axes: &&[Axis]| {
            let wide = axes.iter().filter(|&&axis| self.size(axis) > 1);
            wide.copied().collect()
        };
        dims.iter().map(wide).collect()
    }

    /// The same axes in the same order, as the file's sizes `to`; none where a size
    /// would cut through an axis.
    pub fn regroup(self, dims: &[Vec<Axis>], to: &[usize]) -> Option<Vec<Vec<Axis>>> {
        let mut open = dims.iter().flatten().copied();
        let mut regrouped = Vec::with_capacity(to.len());
        for &size in to {
            let (mut axes, mut product) = (Vec::new(), 1);
            while product < size {
                let axis = open.next()?;
                product *= self.size(axis);
                axes.push(axis);
            }
            if product != size {
                return None;
            }
            regrouped.push(axes);
        }
        open.next().is_none().then_some(regrouped)
    }
}

/// Which of a map's sides an operator slides along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Rows and columns: `[N, C, H, W]`.
    Both,
    /// Only one, and the other has one place: `[N, C, T]`.
    One(Axis),
    /// Rows and columns exchanged: `[N, C, W, H]`.
    Turned,
}

/// How `dims` are a map with its channels in front, as ONNX's convolutions and
/// poolings read it; none where they are not.
pub fn as_map(dims: &[Vec<Axis>], axes: Axes) -> Option<Sides> {
    let is = |at: usize, axis: Axis| match dims[at].as_slice() {
        [] => axes.size(axis) == 1,
        [only] => *only == axis,
        _ => false,
    };
    match dims.len() {
        4 if is(0, Batch) && is(1, Channel) => {
            let both = (is(2, Row) && is(3, Column)).then_some(Sides::Both);
            both.or((is(2, Column) && is(3, Row)).then_some(Sides::Turned))
        }
        3 if is(0, Batch) && is(1, Channel) => {
            let along = |axis, other| (is(2, axis) && axes.size(other) == 1).then_some(axis);
            let along = along(Column, Row).or_else(|| along(Row, Column));
            along.map(Sides::One)
        }
        _ => None,
    }
}

/// A way to read the file's input.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Batch, and `[C, H, W]`.
    pub axes: Axes,
    /// The axes of each of the file's sizes.
    pub dims: Vec<Vec<Axis>>,
}

/// Channels that a picture has at most: red, green, blue and one more.
const MOST_COLOURS: usize = 4;

/// Pixels of MNIST's digits, which are the commonest vectors that are pictures.
const DIGIT_PIXELS: usize = 28 * 28;

/// The ways in which an input of these `sizes` may be meant, the likeliest first.
///
/// `wanted` is the `[C, H, W]` that a description says.
pub fn layouts(sizes: &[usize], wanted: Option<[usize; 3]>) -> Vec<Layout> {
    let mut found = of_rank(sizes, wanted);
    // Sizes of one say nothing: the same without them, the batch aside.
    let kept: Vec<usize> = (0..sizes.len())
        .filter(|&at| at == 0 || sizes[at] > 1)
        .collect();
    if kept.len() < sizes.len() {
        let narrow: Vec<usize> = kept.iter().map(|&at| sizes[at]).collect();
        let spread = of_rank(&narrow, wanted).into_iter().map(|layout| {
            let mut dims = vec![Vec::new(); sizes.len()];
            for (at, axes) in kept.iter().zip(layout.dims) {
                dims[*at] = axes;
            }
            let axes = layout.axes;
            Layout { axes, dims }
        });
        let spread: Vec<Layout> = spread.filter(|layout| !found.contains(layout)).collect();
        let is_vector = narrow.len() == 2;
        if is_vector && (sizes.len() == 3 || narrow[1] == DIGIT_PIXELS) {
            found.splice(0..0, spread);
        } else {
            found.extend(spread);
        }
    }
    if let Some(wanted) = wanted {
        found.sort_by_key(|layout| layout.axes.shape != wanted);
    }
    found
}

/// The same by the number of sizes.
fn of_rank(sizes: &[usize], wanted: Option<[usize; 3]>) -> Vec<Layout> {
    let mut found: Vec<Layout> = Vec::new();
    let mut add = |batch: usize, shape: [usize; 3], dims: &[&[Axis]]| {
        let axes = Axes { batch, shape };
        let dims = axes.plain(dims);
        let layout = Layout { axes, dims };
        let sides_fit = shape.iter().all(|side| (1..=MAX_SIZE).contains(side));
        let fits = sides_fit && element_count(&shape).is_some_and(|count| count <= MAX_ELEMENTS);
        if fits && axes.sizes(&layout.dims) == sizes && !found.contains(&layout) {
            found.push(layout);
        }
    };
    match *sizes {
        [batch, a, b, c] => {
            let mut both = [
                ([a, b, c], [Channel, Row, Column]),
                ([c, a, b], [Row, Column, Channel]),
            ];
            // Few values on the last axis and many on the second are colours.
            if c <= MOST_COLOURS && a > MOST_COLOURS && b > 1 {
                both.reverse();
            }
            for (shape, [first, second, third]) in both {
                add(batch, shape, &[&[Batch], &[first], &[second], &[third]]);
            }
        }
        [batch, a, b] => {
            let first = ([a, 1, b], [Channel, Column]);
            let last = ([b, 1, a], [Column, Channel]);
            let grey = ([1, a, b], [Row, Column]);
            // A square is a picture; else the shorter side has the channels.
            let order = match a.cmp(&b) {
                std::cmp::Ordering::Equal => [grey, first, last],
                std::cmp::Ordering::Less => [first, last, grey],
                std::cmp::Ordering::Greater => [last, first, grey],
            };
            for (shape, [second, third]) in order {
                add(batch, shape, &[&[Batch], &[second], &[third]]);
            }
            add(1, [batch, a, b], &[&[Channel], &[Row], &[Column]]);
        }
        [batch, features] => {
            if let Some(shape) = wanted.or((features == DIGIT_PIXELS).then_some([1, 28, 28])) {
                add(batch, shape, &[&[Batch], &[Channel, Row, Column]]);
            }
            add(batch, [1, 1, features], &[&[Batch], &[Column]]);
            add(batch, [features, 1, 1], &[&[Batch], &[Channel]]);
            add(1, [1, batch, features], &[&[Row], &[Column]]);
        }
        [features] => add(1, [1, 1, features], &[&[Column]]),
        _ => {}
    }
    found
}

/// Whether it is `[N, C, H, W]`, as most files have it.
pub fn is_usual(layout: &Layout) -> bool {
    as_map(&layout.dims, layout.axes) == Some(Sides::Both)
}

/// How people write the layout of an input: `[N, H, W, C]`.
pub fn written(layout: &Layout) -> String {
    let letter = |axis: &Axis| match axis {
        Batch => 'N',
        Channel => 'C',
        Row => 'H',
        Column if layout.axes.shape[1] == 1 => 'T',
        Column => 'W',
    };
    let rank = layout.dims.len();
    let is_vector = rank <= 2;
    let sizes = layout.dims.iter().enumerate();
    let sizes = sizes.map(|(at, axes)| match axes.as_slice() {
        [] if at == 0 && rank > 1 => "N".to_owned(),
        [] => "1".to_owned(),
        [_] if is_vector && layout.axes.shape.iter().filter(|&&size| size > 1).count() == 1 => {
            "F".to_owned()
        }
        axes => axes.iter().map(letter).collect(),
    });
    format!("[{}]", sizes.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(sizes: &[usize], wanted: Option<[usize; 3]>) -> Vec<[usize; 3]> {
        let found = layouts(sizes, wanted);
        found.iter().map(|layout| layout.axes.shape).collect()
    }

    #[test]
    fn the_likeliest_layout_comes_first() {
        assert_eq!(shapes(&[1, 28, 28, 1], None)[0], [1, 28, 28]);
        assert_eq!(shapes(&[1, 3, 32, 32], None)[0], [3, 32, 32]);
        assert_eq!(shapes(&[1, 28, 28], None)[0], [1, 28, 28]);
        assert_eq!(shapes(&[1, 128, 9], None)[0], [9, 1, 128]);
        assert_eq!(shapes(&[1, 9, 128], None)[0], [9, 1, 128]);
        assert_eq!(shapes(&[1, 784], None)[0], [1, 28, 28]);
        assert_eq!(shapes(&[1, 6], None)[0], [1, 1, 6]);
        assert_eq!(shapes(&[1, 128, 9], Some([128, 1, 9]))[0], [128, 1, 9]);
        assert_eq!(shapes(&[1, 3072], Some([3, 32, 32]))[0], [3, 32, 32]);
        assert_eq!(shapes(&[1, 784, 1], None)[0], [1, 28, 28]);
        assert_eq!(shapes(&[1, 16, 1, 1], None)[0], [16, 1, 1]);
        assert_eq!(shapes(&[1, 1, 20, 30, 1], None)[0], [20, 1, 30]);
        assert!(shapes(&[1, 2, 3, 4, 5], None).is_empty());
    }

    #[test]
    fn sizes_regroup_where_they_do_not_cut_an_axis() {
        let axes = Axes {
            batch: 1,
            shape: [4, 2, 3],
        };
        let last = axes.plain(&[&[Batch], &[Row], &[Column], &[Channel]]);
        assert_eq!(axes.sizes(&last), [1, 2, 3, 4]);
        let flat = axes.regroup(&last, &[1, 24]).unwrap();
        assert_eq!(flat, [vec![], vec![Row, Column, Channel]]);
        assert_eq!(axes.regroup(&flat, &[1, 2, 3, 4]), Some(last.clone()));
        assert_eq!(
            axes.regroup(&flat, &[1, 2, 12]).unwrap()[2],
            [Column, Channel]
        );
        assert_eq!(axes.regroup(&flat, &[1, 3, 8]), None);
        assert_eq!(axes.regroup(&flat, &[1, 12]), None);
        assert_eq!(as_map(&last, axes), None);
    }

    #[test]
    fn a_map_has_its_channels_in_front() {
        let axes = Axes {
            batch: 1,
            shape: [4, 1, 3],
        };
        let window = axes.plain(&[&[Batch], &[Channel], &[Column]]);
        assert_eq!(as_map(&window, axes), Some(Sides::One(Column)));
        let picture = axes.plain(&[&[Batch], &[Channel], &[Row], &[Column]]);
        assert_eq!(as_map(&picture, axes), Some(Sides::Both));
        let turned = axes.plain(&[&[Batch], &[Channel], &[Column], &[Row]]);
        assert_eq!(as_map(&turned, axes), Some(Sides::Turned));
        assert_eq!(written(&layouts(&[1, 8, 8, 3], None)[0]), "[N, H, W, C]");
        assert_eq!(written(&layouts(&[1, 6], None)[0]), "[N, F]");
        assert_eq!(written(&layouts(&[1, 128, 9], None)[0]), "[N, T, C]");
    }
}
