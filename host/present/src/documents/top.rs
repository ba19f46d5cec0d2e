//! The document of `cortexscope top`.

use super::Document;
use cortexscope_net::described;

described! {
    /// The inputs of a data set that excite each map, neuron or class most.
    pub struct Top {
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The data, as it was named.
        pub data: String,
        /// Inputs that were looked at, the first ones of the data.
        pub images: usize,
        /// Which number stands for a map: its greatest value (`maximum`) or its `mean`.
        pub by: String,
        /// Inputs that are kept for each unit.
        pub k: usize,
        /// What computed `maps[].inputs`: `float`, or the board's own name.
        pub network: String,
        /// One for each map, neuron or class.
        pub maps: Vec<Map>,
        /// With a board: units whose float and int8 inputs differ; `null` without.
        pub differing: Option<usize>,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Paths of the PNG files; empty without `-o`. Where parts were joined, from the folder of
        /// this document.
        pub pictures: Vec<String>,
        /// Seconds that the float model's pass over the data took; `null` where parts
        /// were joined, so that the document does not depend on their number.
        pub seconds: Option<f64>,
    }

    /// A map, a neuron or a class.
    pub struct Map {
        /// Its name: `pool2:3`, or `pool2:3:0:4` for a neuron.
        pub name: String,
        /// The layer.
        pub layer: String,
        /// The channel in it; of the last layer, the class.
        pub channel: usize,
        /// Row and column of the neuron; `null` for a map.
        pub neuron: Option<[usize; 2]>,
        /// Rows and columns that a unit sees, where nothing is cut off.
        pub field_size: [i64; 2],
        /// Rows and columns from one unit's field to the next.
        pub field_jump: [i64; 2],
        /// The inputs, the one with the greatest value first; of equals, the earlier one. A
        /// rectified unit that never fires has none.
        pub inputs: Vec<Exciting>,
        /// With a board: what the float model chooses; `null` without.
        pub float_inputs: Option<Vec<Exciting>>,
        /// With a board: inputs that the int8 network alone chooses; `null` without.
        pub only_board: Option<Vec<usize>>,
        /// With a board: inputs that the float model alone chooses; `null` without.
        pub only_float: Option<Vec<usize>>,
    }

    /// An input that excites a unit.
    pub struct Exciting {
        /// Its number in the data, from 0.
        pub input: usize,
        /// Its name.
        pub name: String,
        /// The unit's value.
        pub value: f32,
        /// Row of the map's greatest value.
        pub y: usize,
        /// Column of the map's greatest value.
        pub x: usize,
        /// What the unit there sees of the input, [y0, x0, y1, x1] in pixels of the model's
        /// input, ends not included, cut at the border.
        pub field: [usize; 4],
        /// The same where nothing is cut off.
        pub field_unclipped: [i64; 4],
    }
}

impl Document for Top {
    const NAME: &'static str = "top";
}
