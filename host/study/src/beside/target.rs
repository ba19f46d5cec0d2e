//! One unit of a float model and of the board beside it.

use thiserror::Error;

use super::{BoardLayerError, board_layer};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::float_model::{FloatModel, FloatModelError};
use cortexscope_explain::target::Target;
use cortexscope_net::RequestError;

/// The same quantity in both networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardTarget {
    /// What the board answers, by the name of its layer.
    pub board: Target,
    /// What the float model computes of it: of a convolution that the board holds rectified,
    /// the rectifier's value.
    pub float: Target,
}

/// Why a unit is not on the board.
#[derive(Debug, Error)]
pub enum BoardTargetError {
    /// The float model has no such layer.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The board does not hold its layer.
    #[error(transparent)]
    Layer(#[from] BoardLayerError),
}

impl RequestError for BoardTargetError {
    fn is_request(&self) -> bool {
        match self {
            Self::Model(error) => error.is_request(),
            Self::Layer(error) => error.is_request(),
        }
    }
}

/// `target` of `model` as both networks compute it; a class is the same in both.
///
/// # Errors
/// The model has no such layer, or the board does not hold it.
pub fn board_target(
    model: &FloatModel,
    target: &Target,
    board: &ModelFiles,
) -> Result<BoardTarget, BoardTargetError> {
    let (Target::Channel { layer, .. } | Target::Neuron { layer, .. }) = target else {
        return Ok(BoardTarget {
            board: target.clone(),
            float: target.clone(),
        });
    };
    let held = board_layer(model, model.find(layer)?, board)?;
    let of = |name: &str| {
        let layer = name.to_owned();
        match target {
            Target::Neuron { at, .. } => Target::Neuron { layer, at: *at },
            Target::Channel { channel, .. } => Target::Channel {
                layer,
                channel: *channel,
            },
            Target::Class(class) => Target::Class(class.clone()),
        }
    };
    Ok(BoardTarget {
        board: of(&held.name),
        float: of(&model.layer(held.float).name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_explain::float_model::Overrides;

    /// The board holds the first convolution as the rectifier after it cuts it, by whichever
    /// name it is asked for.
    #[test]
    fn both_networks_are_asked_for_what_is_rectified() {
        let model = FloatModel::open("lecture-lenet", &Overrides::default()).unwrap();
        let board = ModelFiles::open("lecture-lenet").unwrap();
        let of = |text: &str| board_target(&model, &text.parse().unwrap(), &board);
        for asked in ["conv1:2", "relu1:2"] {
            let found = of(asked).unwrap();
            let both = [found.board, found.float].map(|target| target.to_string());
            assert_eq!(both, ["conv1:2", "relu1:2"], "{asked}");
        }
        let unit = of("conv1:2:4:5").unwrap();
        assert_eq!(unit.float.to_string(), "relu1:2:4:5");
        let class = of("class:3").unwrap();
        assert_eq!(
            [class.board, class.float].map(|one| one.to_string()),
            ["class:3"; 2]
        );
        assert!(of("conv9:2").unwrap_err().is_request());
    }
}
