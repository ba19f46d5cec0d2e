//! The board that runs the compiled form of a float model.

use super::common::blame;
use super::progress;
use cortexscope_record::RigChoice;
use cortexscope_rig::Rig;
use cortexscope_rig::session::Cancel;
use std::path::Path;

/// The board image beside a float model: of a shipped model its name, of `NAME.onnx` the
/// file `NAME.ctx`.
pub(super) fn image_of(model: &str) -> String {
    let path = Path::new(model);
    if path
        .extension()
        .is_some_and(|extension| extension == "onnx")
    {
        path.with_extension("ctx").display().to_string()
    } else {
        model.to_owned()
    }
}

/// Reaches `board`, with `image` on it; `cancel` ends what is asked of it.
pub(super) fn board_rig(board: &str, image: &str, cancel: Cancel) -> anyhow::Result<Rig> {
    let choice = RigChoice::of(board, image);
    let model = choice.model().map_err(blame)?;
    if let Some(assumed) = &model.assumed {
        progress::note(assumed);
    }
    choice.open(model, cancel).map_err(blame)
}

#[cfg(test)]
mod tests {
    use super::image_of;

    #[test]
    fn the_image_lies_beside_the_float_model() {
        assert_eq!(image_of("lenet5"), "lenet5");
        assert_eq!(image_of("my/net.onnx"), "my/net.ctx");
    }
}
