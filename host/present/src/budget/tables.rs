//! A budget as tables, for people and spreadsheets.

use cortexscope_budget::lecture::Lecture;
use cortexscope_budget::{Element, MemoryPlan, Mode};
use cortexscope_draw::number::{grouped, shape};
use cortexscope_rig::board::parts;
use cortexscope_rig::kernel::LoopCost;

use super::table::{Cell, Table};
use super::{Budget, element_name, links, mode_name};
use crate::fit::fit;
use crate::verdict::verdict;

impl Budget {
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

    /// What a link carries.
    pub fn link(&self) -> Table {
        let [all, none] = self.wire_bytes();
        let rate = |bytes_per_s: u32, bytes: usize| -> Cell {
            format!("{:.2}", f64::from(bytes_per_s) / bytes as f64).into()
        };
        let rows = links().map(|(name, bytes_per_s)| {
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
