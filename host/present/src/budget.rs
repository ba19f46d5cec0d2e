//! What a network costs, layer by layer, and what it leaves of each board: read from a file,
//! counted, planned, and put beside the boards.
//!
//! ```
//! use cortexscope_budget::Mode;
//! use cortexscope_net::reader::Hint;
//! use cortexscope_present::budget::{Budget, network};
//!
//! let (network, _) = network("lecture-lenet", Hint::default())?;
//! let budget = Budget::new(network, None);
//! assert_eq!(budget.ledger.totals.parameters(), 22_080);
//! assert_eq!(budget.int8(Mode::Fused).arena_bytes, 4_810);
//! let document = budget.document(None);
//! assert!(document.boards.iter().any(|board| board.fits_fused));
//! # Ok::<(), cortexscope_present::budget::BudgetError>(())
//! ```

mod answer;
mod document;
mod open;
mod page;
mod picture;
mod table;
mod tables;

pub use answer::{BudgetAnswer, BudgetRequest, budget};
pub use open::{BudgetError, network};
pub use page::BudgetView;
pub use table::{Cell, Columns, Format, Table};

use cortexscope_budget::fit::Need;
use cortexscope_budget::{
    Element, Ledger, MemoryPlan, Mode, Network, Purpose, backward_bytes, plan,
};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_rig::kernel::{KernelChoice, choices};
use cortexscope_wire::capacity::{inference_wire_bytes, uart_bytes_per_s};

/// A USB full-speed bulk endpoint: 19 packets of 64 bytes in each of 1,000 frames a second.
const USB_BYTES_PER_S: u32 = 1_216_000;

/// Everything that is said of a network.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The network.
    pub network: Network,
    /// What each of its layers costs.
    pub ledger: Ledger,
    /// The arena of each element in each mode.
    pub plans: Vec<(Element, Mode, MemoryPlan)>,
    /// Bytes in f32 for an input gradient and for training.
    pub backward: [usize; 2],
    /// What it needs of a board.
    pub need: Need,
    /// Whether `need` is that of a board image, to the byte.
    pub is_exact: bool,
    /// The kernel of each layer; empty where no board image is known.
    pub kernels: Vec<KernelChoice>,
}

/// The mode of the layers' table.
fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Unplanned => "unplanned",
        Mode::Tapped => "tapped",
        Mode::Fused => "fused",
    }
}

fn element_name(element: Element) -> &'static str {
    match element {
        Element::Int8 => "int8",
        Element::F32 => "f32",
    }
}

/// The kinds of links, and the bytes that each carries in a second.
fn links() -> [(&'static str, u32); 3] {
    [
        ("115,200 baud", uart_bytes_per_s(115_200)),
        ("921,600 baud", uart_bytes_per_s(921_600)),
        ("USB full speed", USB_BYTES_PER_S),
    ]
}

impl Budget {
    /// `image` is the board image that was compiled of the network, if there is one.
    pub fn new(network: Network, image: Option<&ModelFiles>) -> Self {
        let modes = [Mode::Fused, Mode::Tapped, Mode::Unplanned];
        let plans = [Element::Int8, Element::F32]
            .into_iter()
            .flat_map(|element| {
                let network = &network;
                modes.map(move |mode| (element, mode, plan(network, element, mode)))
            });
        Self {
            ledger: Ledger::new(&network),
            plans: plans.collect(),
            backward: [Purpose::InputGradient, Purpose::Training]
                .map(|purpose| backward_bytes(&network, purpose)),
            need: image.map_or_else(
                || Need::of(&network),
                |files| Need::of_image(&files.image.model()),
            ),
            is_exact: image.is_some() || network.on_board.is_some(),
            kernels: image.map_or_else(Vec::new, |files| choices(&files.image.model())),
            network,
        }
    }

    /// The int8 arena in `mode`.
    pub fn int8(&self, mode: Mode) -> &MemoryPlan {
        let found = self
            .plans
            .iter()
            .find(|(element, other, _)| *element == Element::Int8 && *other == mode);
        &found.unwrap_or(&self.plans[0]).2
    }

    /// Bytes of one image on the wire, with every layer tapped and with none.
    fn wire_bytes(&self) -> [usize; 2] {
        let mut tensors = self.network.board_values();
        let classes = tensors.pop().unwrap_or_default();
        [
            inference_wire_bytes(&tensors, classes),
            inference_wire_bytes(&[], classes),
        ]
    }
}
