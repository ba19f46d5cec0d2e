//! Which board, firmware and model gave a document.

use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::{described, hex};
use cortexscope_rig::Rig;
use cortexscope_rig::session::BoardIdentity;

described! {
    /// Every document with results from a board has these fields.
    pub struct Origin {
        /// The board's own name.
        pub board: String,
        /// The engine's own name.
        pub engine: String,
        /// GNU build ID of the firmware, in hexadecimal, as the board reports it; `null` if it
        /// has none.
        pub elf_build_id: Option<String>,
        /// The network's name in the board image.
        pub model: String,
        /// The same as `image_sha256`. In documents without `board`, a key of this name is of the
        /// ONNX file.
        pub model_sha256: String,
        /// SHA-256 of the board image from byte 48 on, in hexadecimal: what comes before is the
        /// place of this hash.
        pub image_sha256: String,
        /// SHA-256 of the int8 ONNX file that the board image was made from, in hexadecimal, as
        /// the image says.
        pub int8_onnx_sha256: String,
    }
}

impl Origin {
    /// The origin of results from `board`, which runs `model`.
    pub fn new(board: &BoardIdentity, model: &ModelFiles) -> Self {
        Self {
            board: board.name.clone(),
            engine: board.engine.clone(),
            elf_build_id: board.elf_build_id_hex(),
            model: model.name.clone(),
            model_sha256: model.hash_hex(),
            image_sha256: model.hash_hex(),
            int8_onnx_sha256: hex(model.image.model().onnx_hash()),
        }
    }
}

impl From<&Rig> for Origin {
    fn from(rig: &Rig) -> Self {
        Self::new(rig.session.board(), &rig.model)
    }
}
