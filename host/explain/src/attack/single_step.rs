//! One step of ε: what the fast gradient methods have in common.

use super::ascent::direction;
use super::ball::{Norm, valid};
use super::found::{ChangedPicture, Slopes};
use super::objective::Goal;
use super::victim::Victim;
use crate::attribute::ExplainError;

/// The picture, one step of ε along its derivative as `norm` measures it, with pixels
/// clipped to 0 … 1.
pub fn run(
    victim: &mut Victim<'_>,
    picture: &[f32],
    goal: Goal,
    eps: f64,
    norm: Norm,
) -> Result<ChangedPicture, ExplainError> {
    let up = victim.way_up(picture, goal)?;
    let mut slopes = Slopes::default();
    slopes.add(up.is_flat(), up.loss);
    let direction = direction(&up.slopes, norm);
    let pixels = picture.iter().zip(&direction);
    let moved = pixels.map(|(&pixel, &along)| (f64::from(pixel) + eps * f64::from(along)) as f32);
    let mut picture: Vec<f32> = moved.collect();
    valid(&mut picture);
    Ok(ChangedPicture {
        picture,
        direction: Some(direction),
        slopes,
    })
}
