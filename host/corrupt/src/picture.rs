//! A picture as levels.

use crate::random::{NORMALS, Random, WORDS};
use crate::settings::CorruptError;

/// Levels from 0 to 255, channel by channel, `[C, H, W]`: one channel is grey, three are red,
/// green and blue.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    channels: usize,
    size: [usize; 2],
    levels: Vec<f64>,
}

impl Picture {
    /// The picture of `levels`, `[C, H, W]`, with `size` rows and columns.
    ///
    /// # Errors
    /// Neither one channel nor three, no pixel, another number of levels, or a level that is
    /// not from 0 to 255.
    pub fn new(channels: usize, size: [usize; 2], levels: Vec<f64>) -> Result<Self, CorruptError> {
        let [height, width] = size;
        let need = height
            .checked_mul(width)
            .and_then(|n| n.checked_mul(channels));
        if !matches!(channels, 1 | 3) {
            return Err(CorruptError::Channels { channels });
        }
        if need != Some(levels.len()) || levels.is_empty() {
            let have = levels.len();
            return Err(CorruptError::Size {
                shape: [channels, height, width],
                have,
            });
        }
        match levels.iter().find(|level| !(0.0..=255.0).contains(*level)) {
            Some(&level) => Err(CorruptError::Level { level }),
            None => Ok(Self {
                channels,
                size,
                levels,
            }),
        }
    }

    /// One for grey, three for colours.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Rows and columns.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// `[C, H, W]`, from 0 to 255.
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The same in 8 bits, rounded to the nearest level.
    #[must_use]
    pub fn rounded(&self) -> Self {
        self.map(f64::round)
    }

    /// Levels in 8 bits, rounded to the nearest and a half upwards.
    #[inline(always)]
    pub(crate) fn whole_levels(&self) -> Vec<i32> {
        // The last bits of a number from 2^52 on are its whole part, to the nearest and a half
        // to the even one.
        const WHOLE: f64 = 4_503_599_627_370_496.0;
        let mut whole = vec![0; self.levels.len()];
        for (to, &level) in whole.iter_mut().zip(&self.levels) {
            let raised = level + WHOLE;
            let rest = level - (raised - WHOLE);
            *to = raised.to_bits() as i32 + i32::from(rest >= 0.5);
        }
        whole
    }

    /// The planes of the channels, scaled to 0..1.
    pub(crate) fn planes(&self) -> Vec<Plane> {
        self.each_plane().collect()
    }

    fn each_plane(&self) -> impl Iterator<Item = Plane> {
        let [height, width] = self.size;
        let planes = self.levels.chunks_exact(height * width);
        planes.map(|levels| Plane {
            size: self.size,
            values: levels.iter().map(|level| level / 255.0).collect(),
        })
    }

    /// A picture of planes in 0..1; what lies outside is cut.
    pub(crate) fn of_planes(planes: &[Plane]) -> Self {
        let size = planes.first().map_or([0; 2], |plane| plane.size);
        let mut levels = Vec::with_capacity(planes.len() * size[0] * size[1]);
        planes.iter().for_each(|plane| plane.levels(&mut levels));
        Self {
            channels: planes.len(),
            size,
            levels,
        }
    }

    /// A picture of the same size with other levels from 0 to 255, as many.
    pub(crate) fn with_levels(&self, levels: Vec<f64>) -> Self {
        debug_assert_eq!(levels.len(), self.levels.len());
        Self { levels, ..*self }
    }

    /// Every plane in 0..1 through `change`, one after the other: the memory of one serves
    /// the next.
    pub(crate) fn by_plane(&self, mut change: impl FnMut(Plane) -> Plane) -> Self {
        let mut levels = Vec::with_capacity(self.levels.len());
        for plane in self.each_plane() {
            change(plane).levels(&mut levels);
        }
        self.with_levels(levels)
    }

    /// Every level and a random word of its own through `change`, cut to 0..255.
    pub(crate) fn map_with_words(
        &self,
        random: &mut Random,
        change: impl Fn(f64, u64) -> f64,
    ) -> Self {
        let mut words = [0; WORDS];
        let mut levels = Vec::with_capacity(self.levels.len());
        for some in self.levels.chunks(WORDS) {
            random.words(&mut words);
            let changed = some.iter().zip(&words);
            levels.extend(changed.map(|(&level, &word)| change(level, word).clamp(0.0, 255.0)));
        }
        self.with_levels(levels)
    }

    /// Every level and a normal deviate of its own through `change`, cut to 0..255.
    pub(crate) fn map_with_normals(
        &self,
        random: &mut Random,
        change: impl Fn(f64, f64) -> f64,
    ) -> Self {
        let mut normals = [0.0; NORMALS];
        let mut levels = Vec::with_capacity(self.levels.len());
        for some in self.levels.chunks(NORMALS) {
            random.normals(&mut normals);
            let changed = some.iter().zip(&normals);
            levels.extend(changed.map(|(&level, &normal)| change(level, normal).clamp(0.0, 255.0)));
        }
        self.with_levels(levels)
    }

    /// Every level through `change`, cut to 0..255.
    pub(crate) fn map(&self, mut change: impl FnMut(f64) -> f64) -> Self {
        let levels = self.levels.iter();
        Self {
            levels: levels
                .map(|&level| change(level).clamp(0.0, 255.0))
                .collect(),
            ..*self
        }
    }
}

/// One channel, or a field of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plane {
    /// Rows and columns.
    pub size: [usize; 2],
    /// Row by row.
    pub values: Vec<f64>,
}

impl Plane {
    /// A plane of `value(row, column)`.
    pub fn from_fn(size: [usize; 2], mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let [height, width] = size;
        let mut values = Vec::with_capacity(height * width);
        for y in 0..height {
            values.extend((0..width).map(|x| value(y, x)));
        }
        Self { size, values }
    }

    /// Appends its values, which are in 0..1, as levels; what lies outside is cut.
    fn levels(&self, levels: &mut Vec<f64>) {
        let cut = self.values.iter();
        levels.extend(cut.map(|value| value.clamp(0.0, 1.0) * 255.0));
    }

    /// The value in a row and a column.
    pub fn at(&self, y: usize, x: usize) -> f64 {
        self.values[y * self.size[1] + x]
    }

    /// Every value through `change`.
    pub fn map(mut self, change: impl FnMut(&mut f64)) -> Self {
        self.values.iter_mut().for_each(change);
        self
    }

    /// Between the pixels, linearly; `edge` gives what lies at a whole place.
    pub fn between(&self, y: f64, x: f64, at: impl Fn(&Self, i64, i64) -> f64) -> f64 {
        let (top, left) = (y.floor(), x.floor());
        let (down, right) = (y - top, x - left);
        let (top, left) = (top as i64, left as i64);
        let row = |y: i64| {
            let near = at(self, y, left);
            if right == 0.0 {
                near
            } else {
                near * (1.0 - right) + at(self, y, left + 1) * right
            }
        };
        let upper = row(top);
        if down == 0.0 {
            upper
        } else {
            upper * (1.0 - down) + row(top + 1) * down
        }
    }

    /// The value at a place, 0 outside.
    pub fn or_zero(&self, y: i64, x: i64) -> f64 {
        let [height, width] = self.size;
        match (usize::try_from(y), usize::try_from(x)) {
            (Ok(y), Ok(x)) if y < height && x < width => self.at(y, x),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(matches!(
            Picture::new(2, [1, 1], vec![0.0; 2]),
            Err(CorruptError::Channels { channels: 2 })
        ));
        for (size, count) in [([2, 2], 3), ([0, 3], 0), ([usize::MAX, 2], 1)] {
            let found = Picture::new(1, size, vec![0.0; count]);
            assert!(matches!(found, Err(CorruptError::Size { .. })), "{size:?}");
        }
        for level in [-0.1, 255.1, f64::NAN] {
            let found = Picture::new(1, [1, 1], vec![level]);
            assert!(matches!(found, Err(CorruptError::Level { .. })), "{level}");
        }
    }

    #[test]
    fn values_between_pixels_are_linear() {
        let plane = Plane::from_fn([2, 2], |y, x| (10 * y + x) as f64);
        assert_eq!(plane.between(0.5, 0.25, Plane::or_zero), 5.25);
        assert_eq!(plane.between(1.0, 1.0, Plane::or_zero), 11.0);
        assert_eq!(plane.between(-0.5, 0.0, Plane::or_zero), 0.0);
        assert_eq!(plane.between(1.5, 1.0, Plane::or_zero), 5.5);
    }
}
