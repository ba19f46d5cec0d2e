//! The tables of a budget, and the JSON document with the same contents.

use super::table::{Cell, Table};
use cortexscope_budget::fit::Need;
use cortexscope_budget::lecture::Lecture;
use cortexscope_budget::{
    Element, Ledger, MemoryPlan, Mode, Network, Purpose, backward_bytes, plan,
};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_draw::number::grouped;
use cortexscope_present::documents::budget as documents;
use cortexscope_present::fit::{fit, fit_small};
use cortexscope_present::verdict::verdict;
use cortexscope_rig::board::parts;
use cortexscope_rig::kernel::{KernelChoice, LoopCost, choices};
use cortexscope_wire::capacity::{inference_wire_bytes, uart_bytes_per_s};

/// A USB full-speed bulk endpoint: 19 packets of 64 bytes in each of 1,000 frames a second.
const USB_BYTES_PER_S: u32 = 1_216_000;

/// Everything that is said of a network.
pub(super) struct Content {
    pub network: Network,
    pub ledger: Ledger,
    pub plans: Vec<(Element, Mode, MemoryPlan)>,
    /// Bytes in f32 for an input gradient and for training.
    pub backward: [usize; 2],
    pub need: Need,
    /// Whether `need` is that of a board image, to the byte.
    pub is_exact: bool,
    /// The kernel of each layer; empty where no board image is known.
    pub kernels: Vec<KernelChoice>,
}

/// The mode of the layers' table.
pub(super) fn mode_name(mode: Mode) -> &'static str {
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

impl Content {
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

    pub fn int8(&self, mode: Mode) -> &MemoryPlan {
        let found = self
            .plans
            .iter()
            .find(|(element, other, _)| *element == Element::Int8 && *other == mode);
        &found.unwrap_or(&self.plans[0]).2
    }

    /// The layers, one a row, and their sum.
    pub fn layers(&self, mode: Mode) -> Table {
        let plan = self.int8(mode);
        let last = self.ledger.rows.len() - 1;
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for (tensor, row) in self.ledger.rows.iter().enumerate() {
            let scratch = tensor
                .checked_sub(1)
                .map(|layer| plan.scratch_bytes[layer] as u64);
            let board_bytes = if tensor == last {
                4 * row.values
            } else {
                row.values
            };
            rows.push(vec![
                row.name.as_str().into(),
                row.op.as_str().into(),
                shape(row.shape).into(),
                row.weights.into(),
                row.biases.into(),
                row.macs.into(),
                row.values.into(),
                (4 * row.values).into(),
                board_bytes.into(),
                pair(row.receptive_field).into(),
                pair(row.stride).into(),
                plan.offsets[tensor].map(|offset| offset as u64).into(),
                steps(plan.lives[tensor]).into(),
                scratch.into(),
                row.flash_bytes.into(),
            ]);
        }
        let totals = &self.ledger.totals;
        rows.push(vec![
            "sum".into(),
            "".into(),
            "".into(),
            totals.weights.into(),
            totals.biases.into(),
            totals.macs.into(),
            totals.values.into(),
            (4 * totals.values).into(),
            Cell::None,
            "".into(),
            "".into(),
            Cell::None,
            "".into(),
            Cell::None,
            totals.flash_bytes.into(),
        ]);
        Table {
            columns: vec![
                ("layer", false, 0),
                ("operator", false, 132),
                ("shape", false, 0),
                ("weights", true, 0),
                ("biases", true, 0),
                ("MACs", true, 0),
                ("values", true, 0),
                ("f32 B", true, 120),
                ("int8 B", true, 120),
                ("field", true, 100),
                ("stride", true, 100),
                ("offset", true, 150),
                ("steps", false, 150),
                ("scratch B", true, 150),
                ("flash B", true, 150),
            ],
            rows,
        }
    }

    /// What each way to run costs.
    pub fn arenas(&self) -> Table {
        let row = |(element, mode, plan): &(Element, Mode, MemoryPlan)| {
            vec![
                Cell::from(format!("forward, {}", element_name(*element))),
                mode_name(*mode).into(),
                (plan.arena_bytes as u64).into(),
                (plan.lower_bound_bytes as u64).into(),
                if *mode == Mode::Unplanned {
                    "every layer in memory of its own".into()
                } else {
                    plan.proof.words().into()
                },
            ]
        };
        let mut rows: Vec<Vec<Cell>> = self.plans.iter().map(row).collect();
        let parameters = 4 * self.ledger.totals.parameters();
        for (name, bytes, with) in [
            (
                "forward and input gradient, f32",
                self.backward[0],
                "beside the weights".to_owned(),
            ),
            (
                "forward and training, f32",
                self.backward[1],
                format!(
                    "beside weights and their gradients, {} B each",
                    grouped(parameters)
                ),
            ),
        ] {
            rows.push(vec![
                name.into(),
                "tapped".into(),
                (bytes as u64).into(),
                Cell::None,
                with.into(),
            ]);
        }
        Table {
            columns: vec![
                ("pass", false, 0),
                ("mode", false, 0),
                ("arena B", true, 0),
                ("lower bound B", true, 0),
                ("", false, 100),
            ],
            rows,
        }
    }

    /// How each layer is computed.
    pub fn kernels(&self) -> Table {
        let rows = self.kernels.iter().map(|choice| {
            let of_loop = |part: fn(&LoopCost) -> u64| choice.loop_cost.as_ref().map(part);
            vec![
                choice.layer.as_str().into(),
                choice.kernel.name().into(),
                choice.packed_bytes.into(),
                of_loop(|cost| cost.instructions).into(),
                of_loop(|cost| cost.cycles).into(),
                choice.fallback.unwrap_or_default().into(),
            ]
        });
        Table {
            columns: vec![
                ("layer", false, 0),
                ("kernel", false, 0),
                ("for it alone, B", true, 0),
                ("loop instructions", true, 0),
                ("loop cycles", true, 0),
                ("", false, 0),
            ],
            rows: rows.collect(),
        }
    }

    fn wire_bytes(&self) -> [usize; 2] {
        let mut tensors = self.network.board_values();
        let classes = tensors.pop().unwrap_or_default();
        [
            inference_wire_bytes(&tensors, classes),
            inference_wire_bytes(&[], classes),
        ]
    }

    fn links() -> [(&'static str, u32); 3] {
        [
            ("115,200 baud", uart_bytes_per_s(115_200)),
            ("921,600 baud", uart_bytes_per_s(921_600)),
            ("USB full speed", USB_BYTES_PER_S),
        ]
    }

    /// What a link carries.
    pub fn link(&self) -> Table {
        let [all, none] = self.wire_bytes();
        let rate = |bytes_per_s: u32, bytes: usize| -> Cell {
            format!("{:.2}", f64::from(bytes_per_s) / bytes as f64).into()
        };
        let rows = Self::links().map(|(name, bytes_per_s)| {
            vec![
                name.into(),
                u64::from(bytes_per_s).into(),
                (all as u64).into(),
                rate(bytes_per_s, all),
                (none as u64).into(),
                rate(bytes_per_s, none),
            ]
        });
        Table {
            columns: vec![
                ("link", false, 0),
                ("B/s", true, 0),
                ("all tapped, B", true, 0),
                ("images/s", true, 0),
                ("logits only, B", true, 0),
                ("images/s", true, 0),
            ],
            rows: rows.to_vec(),
        }
    }

    /// Every part beside the network.
    pub fn boards(&self) -> Table {
        let rows = parts().into_iter().map(|part| {
            let fit = fit(&self.need, &part);
            let left = |which: usize| -> Cell {
                fit.left().map_or(Cell::None, |left| signed(left[which]))
            };
            vec![
                part.name.into(),
                part.flash_bytes.map(u64::from).into(),
                fit.flash_bytes.into(),
                left(0),
                part.ram_bytes.map(u64::from).into(),
                fit.fused_ram_bytes.into(),
                left(1),
                fit.tapped_ram_bytes.into(),
                verdict(&fit).into(),
            ]
        });
        Table {
            columns: vec![
                ("board", false, 0),
                ("flash B", true, 100),
                ("needed", true, 0),
                ("left", true, 0),
                ("RAM B", true, 100),
                ("fused", true, 0),
                ("left", true, 0),
                ("tapped", true, 100),
                ("", false, 0),
            ],
            rows: rows.collect(),
        }
    }

    /// The lecture's rows beside the exact ones.
    pub fn lecture(&self, lecture: &Lecture) -> Table {
        let exact = |layer: &str| self.ledger.rows.iter().find(|row| row.name == layer);
        let mark = |said: u64, is: Option<u64>| -> Cell {
            if Some(said) == is { "same" } else { "DIFFERS" }.into()
        };
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for row in lecture.rows {
            let found = exact(row.layer);
            let formula = formula(row.weights);
            let weights = match formula {
                Some(product) if product != row.weight_count => {
                    format!("the formula is {}", grouped(product)).into()
                }
                _ => mark(row.weight_count, found.map(|found| found.weights)),
            };
            rows.push(vec![
                row.layer.into(),
                row.memory.into(),
                found.map(|found| found.values).into(),
                mark(row.values, found.map(|found| found.values)),
                row.weights.into(),
                row.weight_count.into(),
                found.map(|found| found.weights).into(),
                weights,
            ]);
        }
        rows.push(vec![
            "total".into(),
            lecture.total[0].into(),
            self.ledger.totals.values.into(),
            "see below".into(),
            lecture.total[1].into(),
            lecture
                .rows
                .iter()
                .map(|row| row.weight_count)
                .sum::<u64>()
                .into(),
            self.ledger.totals.weights.into(),
            "".into(),
        ]);
        Table {
            columns: vec![
                ("layer", false, 0),
                ("lecture: memory", false, 0),
                ("exact", true, 0),
                ("", false, 0),
                ("lecture: weights", false, 0),
                ("lecture says", true, 0),
                ("exact", true, 0),
                ("", false, 0),
            ],
            rows,
        }
    }

    /// The same as one JSON document.
    pub fn document(&self, lecture: Option<&Lecture>) -> documents::Budget {
        let totals = &self.ledger.totals;
        let (fused, tapped) = (self.int8(Mode::Fused), self.int8(Mode::Tapped));
        let rows = self.ledger.rows.iter().enumerate();
        let layers = rows.map(|(tensor, row)| documents::Layer {
            name: row.name.clone(),
            operator: row.op.clone(),
            shape: row.shape,
            weights: row.weights,
            biases: row.biases,
            macs: row.macs,
            values: row.values,
            receptive_field: row.receptive_field,
            stride: row.stride,
            fused_offset: fused.offsets[tensor],
            fused_steps: fused.lives[tensor],
            tapped_offset: tapped.offsets[tensor],
            tapped_steps: tapped.lives[tensor],
            scratch_bytes: tensor
                .checked_sub(1)
                .map(|layer| fused.scratch_bytes[layer]),
            flash_bytes: row.flash_bytes,
        });
        let kernels = self.kernels.iter().map(|choice| documents::Kernel {
            layer: choice.layer.clone(),
            kernel: choice.kernel.name().to_owned(),
            packed_bytes: choice.packed_bytes,
            loop_instructions: choice.loop_cost.map(|cost| cost.instructions),
            estimated_loop_cycles: choice.loop_cost.map(|cost| cost.cycles),
            fallback: choice.fallback.map(str::to_owned),
        });
        let plans = self.plans.iter();
        let arenas = plans.map(|(element, mode, plan)| documents::Arena {
            element: element_name(*element).to_owned(),
            mode: mode_name(*mode).to_owned(),
            arena_bytes: plan.arena_bytes,
            lower_bound_bytes: plan.lower_bound_bytes,
            is_optimal: plan.proof.is_optimal(),
        });
        let [all, none] = self.wire_bytes();
        let links = Self::links().map(|(name, bytes_per_s)| documents::Speed {
            name: name.to_owned(),
            bytes_per_s,
            images_per_s_all_tapped: f64::from(bytes_per_s) / all as f64,
            images_per_s_logits_only: f64::from(bytes_per_s) / none as f64,
        });
        let boards = parts().into_iter().map(|part| {
            let fit = fit(&self.need, &part);
            let small = fit_small(&self.need, &part);
            documents::Board {
                name: part.name.to_owned(),
                flash_bytes: part.flash_bytes,
                ram_bytes: part.ram_bytes,
                needs_flash_bytes: fit.flash_bytes,
                needs_flash_bytes_small: small.map(|small| small.flash_bytes),
                needs_ram_bytes_fused: fit.fused_ram_bytes,
                needs_ram_bytes_tapped: fit.tapped_ram_bytes,
                fits_fused: fit.is_possible(),
                fits_tapped: fit.is_possible_tapped(),
                verdict: verdict(&fit),
            }
        });
        let notes = lecture.map_or(&[][..], |lecture| lecture.notes);
        documents::Budget {
            model: self.network.name.clone(),
            totals: documents::Totals {
                weights: totals.weights,
                biases: totals.biases,
                parameters: totals.parameters(),
                macs: totals.macs,
                values: totals.values,
                values_f32_bytes: 4 * totals.values,
                flash_bytes: totals.flash_bytes,
                image_bytes: self.need.image_bytes,
            },
            layers: layers.collect(),
            kernels: kernels.collect(),
            arenas: arenas.collect(),
            backward: documents::Backward {
                input_gradient_bytes: self.backward[0],
                training_bytes: self.backward[1],
            },
            link: documents::Link {
                all_tapped_bytes: all,
                logits_only_bytes: none,
                links: links.to_vec(),
            },
            boards: boards.collect(),
            not_on_a_board: self
                .network
                .not_on_a_board
                .iter()
                .map(ToString::to_string)
                .collect(),
            lecture_notes: notes.iter().map(|&note| note.to_owned()).collect(),
        }
    }
}

fn signed(value: i64) -> Cell {
    let minus = if value < 0 { "−" } else { "" };
    format!("{minus}{}", grouped(value.unsigned_abs())).into()
}

/// What a formula such as `(3*3*64)*128` comes to; none where it is not a product.
fn formula(text: &str) -> Option<u64> {
    let plain: String = text.chars().filter(|c| !"()".contains(*c)).collect();
    let factors: Option<Vec<u64>> = plain.split('*').map(|factor| factor.parse().ok()).collect();
    factors
        .filter(|factors| factors.len() > 1)
        .map(|factors| factors.iter().product())
}

fn shape([channels, height, width]: [usize; 3]) -> String {
    if height == 1 && width == 1 {
        channels.to_string()
    } else {
        format!("{channels}×{height}×{width}")
    }
}

fn pair(values: Option<[usize; 2]>) -> String {
    match values {
        None => "all".to_owned(),
        Some([a, b]) if a == b => a.to_string(),
        Some([a, b]) => format!("{a}×{b}"),
    }
}

fn steps(life: Option<[usize; 2]>) -> String {
    match life {
        None => "fused".to_owned(),
        Some([first, last]) if first == last => first.to_string(),
        Some([first, last]) => format!("{first}–{last}"),
    }
}
