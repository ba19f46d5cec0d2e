//! The slopes of an objective on a picture of any size, tile by tile.

use super::{Canvas, Dream};
use crate::attribute::{Backward, ExplainError, Rules, Wrt};
use crate::float_model::FloatModel;

/// Plans for one size.
#[derive(Debug)]
pub struct Slopes<'a> {
    dream: &'a Dream,
    backward: Backward,
    channels: usize,
    /// `[K, h, w]` of the layer for a tile.
    shape: [usize; 3],
    tile: [usize; 2],
    size: [usize; 2],
}

impl<'a> Slopes<'a> {
    /// Plans for pictures of `size`.
    ///
    /// # Errors
    /// The layer cannot be computed for a tile of that size.
    pub fn new(
        model: &FloatModel,
        dream: &'a Dream,
        size: [usize; 2],
    ) -> Result<Self, ExplainError> {
        let [channels, height, width] = model.input_shape();
        let tile = size.map(|side| side.min(dream.tile));
        let plan = |model: &FloatModel, layer| {
            let backward = Backward::new(model, layer, Wrt::Input, &Rules::Gradient)?;
            Ok::<_, ExplainError>((backward, model.layer(layer).shape))
        };
        let (backward, shape) = if tile == [height, width] {
            plan(model, dream.layer)?
        } else {
            let resized = model.resized(dream.layer, tile)?;
            plan(&resized, resized.output())?
        };
        Ok(Self {
            dream,
            backward,
            channels,
            shape,
            tile,
            size,
        })
    }

    /// The objective and its slopes: the mean over the tiles that cover a pixel, the sum of
    /// the tiles' objectives.
    ///
    /// # Errors
    /// The model cannot be run, or a value is not finite.
    pub fn of(&mut self, canvas: &Canvas) -> Result<(f64, Canvas), ExplainError> {
        let [height, width] = self.size;
        let mut slopes = vec![0.0_f32; canvas.values.len()];
        let mut covers = vec![0_u16; height * width];
        let mut whole = 0.0;
        for top in starts(height, self.tile[0]) {
            for left in starts(width, self.tile[1]) {
                let rows = rows(self.channels, self.size, self.tile, [top, left]);
                let rows: Vec<std::ops::Range<usize>> = rows.collect();
                let tile = rows.iter().flat_map(|row| &canvas.values[row.clone()]);
                let tile: Vec<f32> = tile.copied().collect();
                let (shape, dream) = (self.shape, self.dream);
                let pass = self.backward.run_objective(&tile, &|values| {
                    dream.objective.of(values, shape, dream.channel)
                })?;
                if !pass.score.is_finite() {
                    return Err(ExplainError::NotFinite("the objective"));
                }
                whole += pass.score;
                let lines = pass.gradient.chunks_exact(self.tile[1]);
                for (row, line) in rows.iter().zip(lines) {
                    for (slope, more) in slopes[row.clone()].iter_mut().zip(line) {
                        *slope += more;
                    }
                }
                for row in rows.iter().take(self.tile[0]) {
                    for cover in &mut covers[row.clone()] {
                        *cover += 1;
                    }
                }
            }
        }
        for plane in slopes.chunks_exact_mut(height * width) {
            for (slope, &cover) in plane.iter_mut().zip(&covers) {
                *slope /= f32::from(cover.max(1));
            }
        }
        let size = self.size;
        let values = slopes;
        Ok((whole, Canvas { size, values }))
    }
}

/// Where tiles begin: the last one ends at the edge, over the one before it.
pub fn starts(side: usize, tile: usize) -> Vec<usize> {
    let last = side - tile;
    let mut starts: Vec<usize> = (0..=last).step_by(tile).collect();
    if !last.is_multiple_of(tile) {
        starts.push(last);
    }
    starts
}

/// The rows of a tile within the planes of the picture, channel by channel.
fn rows(
    channels: usize,
    [height, width]: [usize; 2],
    tile: [usize; 2],
    [top, left]: [usize; 2],
) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..channels).flat_map(move |channel| {
        (top..top + tile[0]).map(move |row| {
            let from = (channel * height + row) * width + left;
            from..from + tile[1]
        })
    })
}
