//! The tables that the lecture draws by hand, of LeNet and of VGG-16, beside the exact ones
//! that [`architecture`](crate::architecture) gives.

/// A table of the lecture.
pub struct Lecture {
    /// The architecture that it is of.
    pub network: &'static str,
    /// Its rows.
    pub rows: &'static [LectureRow],
    /// What it says in total of memory and of weights.
    pub total: [&'static str; 2],
    /// Where and why the exact figures differ.
    pub notes: &'static [&'static str],
}

/// A row of the lecture: what it says of the layer of this name.
pub struct LectureRow {
    /// The layer, as in the architecture's table.
    pub layer: &'static str,
    /// Values, as the lecture writes them.
    pub memory: &'static str,
    /// Their number by its own formula.
    pub values: u64,
    /// Weights, as the lecture writes them.
    pub weights: &'static str,
    /// Their number as it prints it.
    pub weight_count: u64,
}

const fn row(
    layer: &'static str,
    memory: &'static str,
    values: u64,
    weights: &'static str,
    weight_count: u64,
) -> LectureRow {
    LectureRow {
        layer,
        memory,
        values,
        weights,
        weight_count,
    }
}

/// The lecture's table of this network, if it has one.
pub fn find(network: &str) -> Option<&'static Lecture> {
    [&VGG16, &LENET]
        .into_iter()
        .find(|lecture| lecture.network == network)
}

static VGG16: Lecture = Lecture {
    network: "vgg16",
    rows: &[
        row("input", "224*224*3=150K", 150_528, "0", 0),
        row("conv1_1", "224*224*64=3.2M", 3_211_264, "(3*3*3)*64", 1_728),
        row(
            "conv1_2",
            "224*224*64=3.2M",
            3_211_264,
            "(3*3*64)*64",
            36_864,
        ),
        row("pool1", "112*112*64=800K", 802_816, "0", 0),
        row(
            "conv2_1",
            "112*112*128=1.6M",
            1_605_632,
            "(3*3*64)*128",
            73_728,
        ),
        row(
            "conv2_2",
            "112*112*128=1.6M",
            1_605_632,
            "(3*3*64)*128",
            147_456,
        ),
        row("pool2", "56*56*128=400K", 401_408, "0", 0),
        row(
            "conv3_1",
            "56*56*256=800K",
            802_816,
            "(3*3*128)*256",
            294_912,
        ),
        row(
            "conv3_2",
            "56*56*256=800K",
            802_816,
            "(3*3*256)*256",
            589_824,
        ),
        row(
            "conv3_3",
            "56*56*256=800K",
            802_816,
            "(3*3*256)*256",
            589_824,
        ),
        row("pool3", "28*28*256=200K", 200_704, "0", 0),
        row(
            "conv4_1",
            "28*28*512=400K",
            401_408,
            "(3*3*256)*512",
            1_179_648,
        ),
        row(
            "conv4_2",
            "28*28*512=400K",
            401_408,
            "(3*3*512)*512",
            2_359_296,
        ),
        row(
            "conv4_3",
            "28*28*512=400K",
            401_408,
            "(3*3*512)*512",
            2_359_296,
        ),
        row("pool4", "14*14*512=100K", 100_352, "0", 0),
        row(
            "conv5_1",
            "14*14*512=100K",
            100_352,
            "(3*3*512)*512",
            2_359_296,
        ),
        row(
            "conv5_2",
            "14*14*512=100K",
            100_352,
            "(3*3*512)*512",
            2_359_296,
        ),
        row(
            "conv5_3",
            "14*14*512=100K",
            100_352,
            "(3*3*512)*512",
            2_359_296,
        ),
        row("pool5", "7*7*512=25K", 25_088, "0", 0),
        row("fc6", "4096", 4_096, "7*7*512*4096", 102_760_448),
        row("fc7", "4096", 4_096, "4096*4096", 16_777_216),
        row("fc8", "1000", 1_000, "4096*1000", 4_096_000),
    ],
    total: ["24M*4B~=93MB", "138M"],
    notes: &[
        "memory: the lecture's own rows sum to 15,237,608 values, 60.95 MB in f32 (4 bytes each); its total says 24M and 93 MB",
        "conv2_2: the formula reads (3*3*64)*128, which is 73,728; the number beside it, 147,456, is (3*3*128)*128 and right",
        "weights: the rows leave the biases out; with 13,416 biases the 138,344,128 weights make 138,357,544 parameters",
        "backward: twice the forward memory is for training, where every value is kept and has a gradient; planned with live ranges it is less",
    ],
};

static LENET: Lecture = Lecture {
    network: "lecture-lenet",
    rows: &[
        row("input", "28*28", 784, "0", 0),
        row("conv1", "24*24*20", 11_520, "25 per filter", 500),
        row("pool1", "12*12*20", 2_880, "0", 0),
        row("conv2", "10*10*50", 5_000, "180 per filter", 9_000),
        row("pool2", "5*5*50", 1_250, "0", 0),
        row("fc", "10", 10, "1250*10", 12_500),
    ],
    total: ["", ""],
    notes: &[
        "parameters: 22,000 weights and 80 biases make 22,080; the lecture's 25 and 180 per filter leave the bias out (26 and 181 with it)",
        "conv2: the lecture later speaks of a filter output of 11×11; 12×12 maps and 3×3 filters without padding give 10×10",
        "values: 21,434 before the 10 scores, 21,444 with them",
    ],
};
