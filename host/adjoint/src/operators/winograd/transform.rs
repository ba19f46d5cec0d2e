//! The transforms of tiles and kernels, on the points 0, 1, −1, 2, −2 and ∞.
//!
//! Innermost loops count by hand: with little optimisation, a `for` calls the iterators of crates
//! that have none.

use std::ops::{Add, Mul, Sub};

/// Points, and values along one side of a tile.
pub const POINTS: usize = 6;

/// Tiles that are transformed side by side.
pub const LANES: usize = 16;

/// One value of each tile.
#[derive(Clone, Copy)]
pub struct Lanes(pub [f32; LANES]);

/// One value of each tile for each row and column.
pub type Square = [[Lanes; POINTS]; POINTS];

impl Lanes {
    /// Zeros.
    pub const ZERO: Self = Self([0.0; LANES]);
}

impl Add for Lanes {
    type Output = Self;

    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        let mut lane = 0;
        while lane < LANES {
            self.0[lane] += other.0[lane];
            lane += 1;
        }
        self
    }
}

impl Sub for Lanes {
    type Output = Self;

    #[inline(always)]
    fn sub(mut self, other: Self) -> Self {
        let mut lane = 0;
        while lane < LANES {
            self.0[lane] -= other.0[lane];
            lane += 1;
        }
        self
    }
}

impl Mul<f32> for Lanes {
    type Output = Self;

    #[inline(always)]
    fn mul(mut self, factor: f32) -> Self {
        let mut lane = 0;
        while lane < LANES {
            self.0[lane] *= factor;
            lane += 1;
        }
        self
    }
}

/// `Bᵀ d`.
#[inline(always)]
fn of_line(d: [Lanes; POINTS]) -> [Lanes; POINTS] {
    let (even, odd) = (d[4] - d[2] * 4.0, d[3] - d[1] * 4.0);
    let (near, far) = (d[4] - d[2], (d[3] - d[1]) * 2.0);
    [
        d[0] * 4.0 - d[2] * 5.0 + d[4],
        even + odd,
        even - odd,
        near + far,
        near - far,
        d[1] * 4.0 - d[3] * 5.0 + d[5],
    ]
}

/// `Aᵀ v`: `M` sums of the values at the points, then anything.
#[inline(always)]
fn to_line<const M: usize>(v: [Lanes; POINTS]) -> [Lanes; POINTS] {
    let (even, odd) = (v[1] + v[2], v[1] - v[2]);
    let (far_even, far_odd) = (v[3] + v[4], v[3] - v[4]);
    let mut sums = [
        v[0] + even + far_even,
        odd + far_odd * 2.0,
        even + far_even * 4.0,
        odd + far_odd * 8.0,
        even + far_even * 16.0,
        Lanes::ZERO,
    ];
    sums[M - 1] = sums[M - 1] + v[5];
    sums
}

/// Applies `of` to each column, then to each row.
#[inline(always)]
fn both_ways(square: &mut Square, of: impl Fn([Lanes; POINTS]) -> [Lanes; POINTS]) {
    let mut column = 0;
    while column < POINTS {
        let line = of([
            square[0][column],
            square[1][column],
            square[2][column],
            square[3][column],
            square[4][column],
            square[5][column],
        ]);
        let mut row = 0;
        while row < POINTS {
            square[row][column] = line[row];
            row += 1;
        }
        column += 1;
    }
    let mut row = 0;
    while row < POINTS {
        square[row] = of(square[row]);
        row += 1;
    }
}

/// `Bᵀ d B` for the tiles whose first values lie at `places` of rows `wide` apart.
#[inline(always)]
pub fn of_values(rows: &[f32], wide: usize, places: &[usize; LANES], square: &mut Square) {
    for (lane, &place) in places.iter().enumerate() {
        let mut y = 0;
        while y < POINTS {
            let from = &rows[place + y * wide..][..POINTS];
            let mut x = 0;
            while x < POINTS {
                square[y][x].0[lane] = from[x];
                x += 1;
            }
            y += 1;
        }
    }
    both_ways(square, of_line);
}

/// `Aᵀ v A`: the first `M` rows and columns are outputs.
#[inline(always)]
pub fn to_outputs<const M: usize>(square: &mut Square) {
    both_ways(square, to_line::<M>);
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
