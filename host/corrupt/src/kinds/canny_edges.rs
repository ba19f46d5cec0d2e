//! Canny edges: nothing but outlines.

use crate::canny::{Thresholds, edges};
use crate::picture::{Picture, Plane};

/// White where there is an edge, black elsewhere; of colours, channel by channel.
pub fn apply(picture: &Picture) -> Picture {
    let thresholds = Thresholds {
        low: 0.1,
        high: 0.2,
    };
    picture.by_plane(|plane| {
        let is_edge = edges(&plane, Some(1.0), thresholds);
        let values = is_edge.iter().map(|&is_edge| f64::from(u8::from(is_edge)));
        Plane {
            size: plane.size,
            values: values.collect(),
        }
    })
}
