//! A picture's pixels by place.

/// Levels `[H, W]`, row by row.
pub(crate) struct Plane<'a> {
    pub(crate) levels: &'a mut [u8],
    pub(crate) height: usize,
    pub(crate) width: usize,
}

/// Rows and columns, the last ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: usize,
    pub(crate) right: usize,
}

impl<'a> Plane<'a> {
    /// The first `height · width` of `levels`.
    pub(crate) fn new(levels: &'a mut [u8], [height, width]: [usize; 2]) -> Self {
        let count = (height * width).min(levels.len());
        let levels = levels.get_mut(..count).unwrap_or_default();
        Self {
            levels,
            height,
            width,
        }
    }

    /// Takes over the levels of `from`, a picture of the same size.
    pub(crate) fn copy(&mut self, from: &Plane<'_>) {
        for (to, from) in self.levels.iter_mut().zip(from.levels.iter()) {
            *to = *from;
        }
    }

    /// The level at a place; 0 outside.
    pub(crate) fn at(&self, y: usize, x: usize) -> u8 {
        let is_inside = x < self.width;
        let level = self.levels.get(y * self.width + x);
        level.copied().filter(|_| is_inside).unwrap_or_default()
    }

    /// Sets the level at a place that is inside.
    pub(crate) fn set(&mut self, y: usize, x: usize, level: u8) {
        if x < self.width
            && let Some(place) = self.levels.get_mut(y * self.width + x)
        {
            *place = level;
        }
    }
}

impl Bounds {
    /// The place alone.
    pub(crate) const fn of(y: usize, x: usize) -> Self {
        Self {
            top: y,
            left: x,
            bottom: y,
            right: x,
        }
    }

    /// The smallest that hold both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            top: self.top.min(other.top),
            left: self.left.min(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.max(other.right),
        }
    }

    /// Height and width.
    pub(crate) const fn size(self) -> [usize; 2] {
        [self.bottom - self.top + 1, self.right - self.left + 1]
    }

    /// As far as `reach` more on every side, within a picture of this size.
    pub(crate) fn grown(self, reach: usize, [height, width]: [usize; 2]) -> Self {
        Self {
            top: self.top.saturating_sub(reach),
            left: self.left.saturating_sub(reach),
            bottom: (self.bottom + reach).min(height.saturating_sub(1)),
            right: (self.right + reach).min(width.saturating_sub(1)),
        }
    }

    /// Every place, row by row.
    pub(crate) fn places(self) -> impl Iterator<Item = (usize, usize)> {
        (self.top..=self.bottom).flat_map(move |y| (self.left..=self.right).map(move |x| (y, x)))
    }
}
