//! The transforms of tiles and kernels, on the points 0, 1, −1, 2, −2 and ∞.
//!
//! Vectors have a value of each of some tiles, as many as the processor's vectors have lanes.
//! Innermost loops count by hand: with little optimisation, a `for` calls the iterators of crates
//! that have none.

use pulp::Simd;

/// Points, and values along one side of a tile.
pub const POINTS: usize = 6;

/// Tiles that lie side by side: of the widest vectors one, of others a whole number.
pub const LANES: usize = 16;

/// Values of a row that are moved at once.
pub const QUAD: usize = 4;

/// A vector for each row and column of some tiles.
pub type Square<V> = [[V; POINTS]; POINTS];

/// Of each row of some tiles the first four values and the last four, tile by tile.
pub type Pieces = [[[[f32; QUAD]; LANES]; 2]; POINTS];

/// A transform of one row or column. Not a closure: its call would not be inlined, and so not
/// be compiled for the processor's vectors.
trait Line {
    fn of<S: Simd>(simd: S, line: [S::f32s; POINTS]) -> [S::f32s; POINTS];
}

/// `Bᵀ d`.
struct ToPoints;

impl Line for ToPoints {
    #[inline(always)]
    fn of<S: Simd>(simd: S, d: [S::f32s; POINTS]) -> [S::f32s; POINTS] {
        // `sum + factor · value`.
        let add = |sum, factor, value| simd.mul_add_f32s(simd.splat_f32s(factor), value, sum);
        let (even, odd) = (add(d[4], -4.0, d[2]), add(d[3], -4.0, d[1]));
        let (near, far) = (simd.sub_f32s(d[4], d[2]), simd.sub_f32s(d[3], d[1]));
        [
            add(add(d[4], -5.0, d[2]), 4.0, d[0]),
            simd.add_f32s(even, odd),
            simd.sub_f32s(even, odd),
            add(near, 2.0, far),
            add(near, -2.0, far),
            add(add(d[5], -5.0, d[3]), 4.0, d[1]),
        ]
    }
}

/// `Aᵀ v`: `M` sums of the values at the points, then anything.
struct ToSums<const M: usize>;

impl<const M: usize> Line for ToSums<M> {
    #[inline(always)]
    fn of<S: Simd>(simd: S, v: [S::f32s; POINTS]) -> [S::f32s; POINTS] {
        let add = |sum, factor, value| simd.mul_add_f32s(simd.splat_f32s(factor), value, sum);
        let (even, odd) = (simd.add_f32s(v[1], v[2]), simd.sub_f32s(v[1], v[2]));
        let (far_even, far_odd) = (simd.add_f32s(v[3], v[4]), simd.sub_f32s(v[3], v[4]));
        let mut sums = [
            simd.add_f32s(simd.add_f32s(v[0], even), far_even),
            add(odd, 2.0, far_odd),
            add(even, 4.0, far_even),
            add(odd, 8.0, far_odd),
            add(even, 16.0, far_even),
            v[5],
        ];
        sums[M - 1] = simd.add_f32s(sums[M - 1], v[5]);
        sums
    }
}

/// Transforms each column, then the first `rows` rows.
#[inline(always)]
fn both_ways<S: Simd, L: Line>(simd: S, square: &mut Square<S::f32s>, rows: usize) {
    let mut column = 0;
    while column < POINTS {
        let line = L::of(
            simd,
            [
                square[0][column],
                square[1][column],
                square[2][column],
                square[3][column],
                square[4][column],
                square[5][column],
            ],
        );
        let mut row = 0;
        while row < POINTS {
            square[row][column] = line[row];
            row += 1;
        }
        column += 1;
    }
    let mut row = 0;
    while row < rows {
        square[row] = L::of(simd, square[row]);
        row += 1;
    }
}

/// From four values of each tile, tile by tile, a vector of the first of each, one of the second
/// and so on. The order of the tiles is one that [`together`] undoes.
#[inline(always)]
fn apart<S: Simd>(simd: S, quads: &[[f32; QUAD]; LANES]) -> [S::f32s; QUAD] {
    let (quads, _) = S::as_simd_f32s(quads.as_flattened());
    simd.deinterleave_shfl_f32s([quads[0], quads[1], quads[2], quads[3]])
}

/// From vectors of the first to fourth value of each tile, those of each tile, tile by tile.
#[inline(always)]
pub fn together<S: Simd>(simd: S, values: [S::f32s; QUAD]) -> [[f32; QUAD]; LANES] {
    let mut quads = [[0.0; QUAD]; LANES];
    let (to, _) = S::as_mut_simd_f32s(quads.as_flattened_mut());
    let values = simd.interleave_shfl_f32s(values);
    let mut at = 0;
    while at < QUAD {
        to[at] = values[at];
        at += 1;
    }
    quads
}

/// `Bᵀ d B` for the tiles, as many as vectors have lanes, whose first values lie at `places` of
/// rows `wide` apart. What `pieces` held does not matter.
#[inline(always)]
pub fn of_values<S: Simd>(
    simd: S,
    rows: &[f32],
    wide: usize,
    places: &[usize],
    pieces: &mut Pieces,
) -> Square<S::f32s> {
    // All are moved before any is read: memory that was just written in pieces is slow to read.
    let mut lane = 0;
    while lane < S::F32_LANES {
        let tile = &rows[places[lane]..][..(POINTS - 1) * wide + POINTS];
        let mut y = 0;
        while y < POINTS {
            let from = &tile[y * wide..][..POINTS];
            pieces[y][0][lane].copy_from_slice(&from[..QUAD]);
            pieces[y][1][lane].copy_from_slice(&from[POINTS - QUAD..]);
            y += 1;
        }
        lane += 1;
    }
    let mut square = [[simd.splat_f32s(0.0); POINTS]; POINTS];
    let mut y = 0;
    while y < POINTS {
        let [a, b, c, d] = apart(simd, &pieces[y][0]);
        let [_, _, e, f] = apart(simd, &pieces[y][1]);
        square[y] = [a, b, c, d, e, f];
        y += 1;
    }
    both_ways::<S, ToPoints>(simd, &mut square, POINTS);
    square
}

/// `Aᵀ v A`: the first `M` rows and columns are outputs.
#[inline(always)]
pub fn to_outputs<S: Simd, const M: usize>(simd: S, square: &mut Square<S::f32s>) {
    both_ways::<S, ToSums<M>>(simd, square, M);
}

/// `G w Gᵀ` of a kernel `side × side`, given by its tap at a row and a column.
pub fn of_kernel(side: usize, tap: impl Fn(usize, usize) -> f64) -> [[f64; POINTS]; POINTS] {
    let mut down = [[0.0; POINTS]; POINTS];
    for column in 0..side {
        let line = at_points(side, |row| tap(row, column));
        for (to, value) in down.iter_mut().zip(line) {
            to[column] = value;
        }
    }
    down.map(|row| at_points(side, |column| row[column]))
}

/// `G w`: the polynomial with the coefficients `w` at the points, each value divided by
/// the product of the point's distances from the others.
fn at_points(count: usize, w: impl Fn(usize) -> f64) -> [f64; POINTS] {
    let sum = |first: usize, point: f64| {
        let powers = (first..count).step_by(2);
        powers.map(|k| w(k) * point.powi(k as i32)).sum::<f64>()
    };
    let (near, far) = ([sum(0, 1.0), sum(1, 1.0)], [sum(0, 2.0), sum(1, 2.0)]);
    [
        w(0) / 4.0,
        -(near[0] + near[1]) / 6.0,
        -(near[0] - near[1]) / 6.0,
        (far[0] + far[1]) / 24.0,
        (far[0] - far[1]) / 24.0,
        w(count - 1),
    ]
}
