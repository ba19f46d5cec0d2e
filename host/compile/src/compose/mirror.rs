//! What is inside of a map repeated around it, by reflection or from its edge: one convolution
//! takes the rows that come again, another puts them where they belong, among zeros, and a
//! sum joins them with the map; then the same for columns.

use cortexscope_net::onnx::Attributes;
use cortexscope_net::onnx::builder::{int, ints};
use tract_onnx::pb::NodeProto;

use super::among_zeros::among_zeros;
use super::draft::Draft;

/// Weights of one of the convolutions.
const MOST_WEIGHTS: usize = 1 << 20;

/// Composes a Pad by reflection or repetition of rows and columns.
pub fn compose(draft: &mut Draft<'_>, node: &NodeProto) -> Option<()> {
    let x = node.input.first()?.clone();
    let [channels, height, width] = draft.map(&x)?;
    let reflects = match Attributes(node).text("mode").ok()? {
        Some("reflect") => true,
        Some("edge") => false,
        _ => return None,
    };
    let pads = draft.integers(node.input.get(1)?)?;
    let pads: Vec<usize> = pads
        .iter()
        .map(|&pad| usize::try_from(pad).ok())
        .collect::<Option<_>>()?;
    let &[0, 0, top, left, 0, 0, bottom, right] = pads.as_slice() else {
        return None;
    };
    let sides = [[top, bottom], [left, right]];
    let sizes = [height, width];
    let mut strips = Vec::new();
    for (axis, around) in sides.into_iter().enumerate() {
        if around == [0, 0] {
            continue;
        }
        let size = sizes[axis];
        let sources = repeated(size, around, reflects)?;
        let whole = size + around[0] + around[1];
        let weights = channels.checked_mul(sources.len())?.checked_mul(whole)?;
        if weights > MOST_WEIGHTS {
            return None;
        }
        strips.push(Strips {
            axis,
            around,
            sources,
        });
    }
    let mut from = x;
    let last = strips.len().checked_sub(1)?;
    for (index, strips) in strips.iter().enumerate() {
        let [zeros, placed] = strips.write(draft, node, &from)?;
        if index == last {
            return draft.end(node, ["Add", &zeros, &placed], Vec::new());
        }
        let sizes = draft.sizes(&placed)?.to_vec();
        from = draft.add(node, "padded", ["Add", &zeros, &placed], Vec::new(), &sizes);
    }
    None
}

/// A row or column that comes again, and where.
struct Source {
    /// Its place in the map.
    from: usize,
    /// Its places in the padded map.
    to: Vec<usize>,
}

/// The rows or columns of `size` that come again around the map; none where they are not in
/// it.
fn repeated(size: usize, [before, after]: [usize; 2], reflects: bool) -> Option<Vec<Source>> {
    let end = before + size;
    if !reflects {
        let last = size.checked_sub(1)?;
        let sources = [(0, 0..before), (last, end..end + after)];
        let sources = sources.into_iter().filter(|(_, to)| !to.is_empty());
        let sources = sources.map(|(from, to)| Source {
            from,
            to: to.collect(),
        });
        return Some(sources.collect());
    }
    let above = (0..before).map(|to| (before - to, to));
    let below = (0..after).map(|to| (size.checked_sub(2 + to), end + to));
    let mut sources = Vec::new();
    for (from, to) in above.map(|(from, to)| (Some(from), to)).chain(below) {
        let from = from.filter(|&from| from < size)?;
        let to = vec![to];
        sources.push(Source { from, to });
    }
    Some(sources)
}

/// The rows, axis 0, or columns that come again.
struct Strips {
    axis: usize,
    around: [usize; 2],
    sources: Vec<Source>,
}

impl Strips {
    /// The map `x` with zeros around it, and what comes again in the place of these zeros,
    /// with zeros inside.
    fn write(&self, draft: &mut Draft<'_>, node: &NodeProto, x: &str) -> Option<[String; 2]> {
        let [channels, height, width] = draft.map(x)?;
        let sides = [height, width];
        let size = sides[self.axis];
        let [before, after] = self.around;
        let whole = before + size + after;
        let sized = |length: usize, channels: usize| {
            let mut sides = sides;
            sides[self.axis] = length;
            [1, channels, sides[0], sides[1]]
        };
        let along = |length: usize| {
            let mut kernel = [1, 1];
            kernel[self.axis] = length;
            kernel
        };
        let groups = || int("group", channels as i64);
        // Each window is so wide that it reaches the map, wherever it lies.
        let pads = |around: usize| {
            let mut pads = [0; 4];
            (pads[self.axis], pads[self.axis + 2]) = (around, around);
            ints("pads", &pads)
        };
        let zeros = among_zeros(draft, node, "zeros", x, self.axis, self.around)?;

        let count = self.sources.len();
        let mut taken = Vec::new();
        for source in &self.sources {
            taken.extend((0..size).map(|at| f32::from(at == source.from)));
        }
        let [rows, columns] = along(size);
        let dims = [channels * count, 1, rows, columns];
        let weights = draft.floats(node, "taken", &dims, taken.repeat(channels));
        let parts = ["Conv", x, &weights];
        let sizes = sized(1, channels * count);
        let strips = draft.add(node, "strips", parts, vec![groups()], &sizes);

        let mut put = Vec::new();
        for source in &self.sources {
            // Tap `t` of the window at place `p` lies on the strip where p + t = whole − 1.
            put.extend((0..whole).map(|tap| f32::from(source.to.contains(&(whole - 1 - tap)))));
        }
        let [rows, columns] = along(whole);
        let dims = [channels, count, rows, columns];
        let weights = draft.floats(node, "put", &dims, put.repeat(channels));
        let parts = ["Conv", &strips, &weights];
        let attributes = vec![pads(whole - 1), groups()];
        let placed = draft.add(node, "again", parts, attributes, &sized(whole, channels));
        Some([zeros, placed])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_again_as_onnx_says() {
        let pairs = |sources: Vec<Source>| -> Vec<(usize, Vec<usize>)> {
            let each = sources.into_iter();
            each.map(|source| (source.from, source.to)).collect()
        };
        // Of 0 1 2 3: 2 1 [0 1 2 3] 2, and 0 0 [0 1 2 3] 3.
        let reflected = repeated(4, [2, 1], true).map(pairs);
        let expected = vec![(2, vec![0]), (1, vec![1]), (2, vec![6])];
        assert_eq!(reflected, Some(expected));
        let edge = repeated(4, [2, 1], false).map(pairs);
        assert_eq!(edge, Some(vec![(0, vec![0, 1]), (3, vec![6])]));
        assert!(repeated(2, [2, 0], true).is_none());
    }
}
