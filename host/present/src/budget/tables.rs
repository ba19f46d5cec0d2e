//! A budget as tables, for people and spreadsheets.

use cortexscope_budget::fit::Fit;
use cortexscope_budget::lecture::{Lecture, LectureRow};
use cortexscope_budget::{Mode, Row};
use cortexscope_draw::number::{grouped, shape};
use cortexscope_rig::board::{Part, parts};
use cortexscope_rig::kernel::{KernelChoice, LoopCost};

use super::table::{Cell, Columns, Table};
use super::{Budget, element_name, links, mode_name};
use crate::fit::fit;
use crate::verdict::verdict;

/// A way to run a network, and what it costs.
struct Pass {
    name: String,
    mode: &'static str,
    arena_bytes: usize,
    lower_bound_bytes: Option<usize>,
    note: String,
}

impl Budget {
    /// The layers, one a row, and their sum.
    pub fn layers(&self, mode: Mode) -> Table {
        let plan = self.int8(mode);
        let last = self.ledger.rows.len() - 1;
        let board_bytes = |tensor: usize, row: &Row| match tensor == last {
            true => 4 * row.values,
            false => row.values,
        };
        let scratch = |tensor: usize| {
            let layer = tensor.checked_sub(1)?;
            Some(plan.scratch_bytes[layer] as u64)
        };
        let offset = |tensor: usize| plan.offsets[tensor].map(|offset| offset as u64);
        let rows: Vec<(usize, &Row)> = self.ledger.rows.iter().enumerate().collect();
        let totals = &self.ledger.totals;
        Columns::of(&rows)
            .text("layer", |(_, row)| row.name.clone())
            .sum("sum")
            .text("operator", |(_, row)| row.op.clone())
            .from(132)
            .text("shape", |(_, row)| shape(row.shape))
            .number("weights", |(_, row)| row.weights)
            .sum(totals.weights)
            .number("biases", |(_, row)| row.biases)
            .sum(totals.biases)
            .number("MACs", |(_, row)| row.macs)
            .sum(totals.macs)
            .number("values", |(_, row)| row.values)
            .sum(totals.values)
            .number("f32 B", |(_, row)| 4 * row.values)
            .sum(4 * totals.values)
            .from(120)
            .number("int8 B", |(tensor, row)| board_bytes(*tensor, row))
            .from(120)
            .number("field", |(_, row)| pair(row.receptive_field))
            .from(100)
            .number("stride", |(_, row)| pair(row.stride))
            .from(100)
            .number("offset", |(tensor, _)| offset(*tensor))
            .from(150)
            .text("steps", |(tensor, _)| steps(plan.lives[*tensor]))
            .from(150)
            .number("scratch B", |(tensor, _)| scratch(*tensor))
            .from(150)
            .number("flash B", |(_, row)| row.flash_bytes)
            .sum(totals.flash_bytes)
            .from(150)
            .table()
    }

    /// What each way to run costs.
    pub fn arenas(&self) -> Table {
        Columns::of(&self.passes())
            .text("pass", |pass| pass.name.clone())
            .text("mode", |pass| pass.mode)
            .number("arena B", |pass| pass.arena_bytes as u64)
            .number("lower bound B", |pass| {
                pass.lower_bound_bytes.map(|bytes| bytes as u64)
            })
            .text("", |pass| pass.note.clone())
            .from(100)
            .table()
    }

    fn passes(&self) -> Vec<Pass> {
        let forward = self.plans.iter().map(|(element, mode, plan)| Pass {
            name: format!("forward, {}", element_name(*element)),
            mode: mode_name(*mode),
            arena_bytes: plan.arena_bytes,
            lower_bound_bytes: Some(plan.lower_bound_bytes),
            note: match mode {
                Mode::Unplanned => "every layer in memory of its own".to_owned(),
                Mode::Tapped | Mode::Fused => plan.proof.words().to_owned(),
            },
        });
        let parameters = grouped(4 * self.ledger.totals.parameters());
        let backward = [
            ("input gradient", "beside the weights".to_owned()),
            (
                "training",
                format!("beside weights and their gradients, {parameters} B each"),
            ),
        ];
        let backward = backward.into_iter().zip(self.backward);
        let backward = backward.map(|((what, note), arena_bytes)| Pass {
            name: format!("forward and {what}, f32"),
            mode: mode_name(Mode::Tapped),
            arena_bytes,
            lower_bound_bytes: None,
            note,
        });
        forward.chain(backward).collect()
    }

    /// How each layer is computed.
    pub fn kernels(&self) -> Table {
        let of_loop =
            |choice: &KernelChoice, part: fn(&LoopCost) -> u64| choice.loop_cost.as_ref().map(part);
        Columns::of(&self.kernels)
            .text("layer", |choice| choice.layer.clone())
            .text("kernel", |choice| choice.kernel.name())
            .number("for it alone, B", |choice| choice.packed_bytes)
            .number("loop instructions", |choice| {
                of_loop(choice, |cost| cost.instructions)
            })
            .number("loop cycles", |choice| of_loop(choice, |cost| cost.cycles))
            .text("", |choice| choice.fallback.unwrap_or_default())
            .table()
    }

    /// What a link carries.
    pub fn link(&self) -> Table {
        let [all, none] = self.wire_bytes();
        let rate = |bytes_per_s: u32, bytes: usize| {
            format!("{:.2}", f64::from(bytes_per_s) / bytes as f64)
        };
        Columns::of(&links())
            .text("link", |&(name, _)| name)
            .number("B/s", |&(_, bytes_per_s)| u64::from(bytes_per_s))
            .number("all tapped, B", |_| all as u64)
            .number("images/s", |&(_, bytes_per_s)| rate(bytes_per_s, all))
            .number("logits only, B", |_| none as u64)
            .number("images/s", |&(_, bytes_per_s)| rate(bytes_per_s, none))
            .table()
    }

    /// Every part beside the network.
    pub fn boards(&self) -> Table {
        let rows = parts().into_iter().map(|part| {
            let fit = fit(&self.need, &part);
            (part, fit)
        });
        let rows: Vec<(Part, Fit)> = rows.collect();
        let left = |fit: &Fit, which: usize| fit.left().map(|left| signed(left[which]));
        Columns::of(&rows)
            .text("board", |(part, _)| part.name)
            .number("flash B", |(part, _)| part.flash_bytes.map(u64::from))
            .from(100)
            .number("needed", |(_, fit)| fit.flash_bytes)
            .number("left", |(_, fit)| left(fit, 0))
            .number("RAM B", |(part, _)| part.ram_bytes.map(u64::from))
            .from(100)
            .number("fused", |(_, fit)| fit.fused_ram_bytes)
            .number("left", |(_, fit)| left(fit, 1))
            .number("tapped", |(_, fit)| fit.tapped_ram_bytes)
            .from(100)
            .text("", |(_, fit)| verdict(fit))
            .table()
    }

    /// The lecture's rows beside the exact ones.
    pub fn lecture(&self, lecture: &Lecture) -> Table {
        let found = |said: &LectureRow| {
            let mut rows = self.ledger.rows.iter();
            rows.find(|row| row.name == said.layer)
        };
        let values = |said: &LectureRow| found(said).map(|row| row.values);
        let weights = |said: &LectureRow| found(said).map(|row| row.weights);
        let totals = &self.ledger.totals;
        let said_weights = lecture.rows.iter().map(|row| row.weight_count);
        Columns::of(lecture.rows)
            .text("layer", |said| said.layer)
            .sum("total")
            .text("lecture: memory", |said| said.memory)
            .sum(lecture.total[0])
            .number("exact", values)
            .sum(totals.values)
            .text("", |said| mark(said.values, values(said)))
            .sum("see below")
            .text("lecture: weights", |said| said.weights)
            .sum(lecture.total[1])
            .number("lecture says", |said| said.weight_count)
            .sum(said_weights.sum::<u64>())
            .number("exact", weights)
            .sum(totals.weights)
            .text("", |said| match formula(said.weights) {
                Some(product) if product != said.weight_count => {
                    format!("the formula is {}", grouped(product))
                }
                _ => mark(said.weight_count, weights(said)).to_owned(),
            })
            .table()
    }
}

/// Whether the lecture says what is.
fn mark(said: u64, is: Option<u64>) -> &'static str {
    if Some(said) == is { "same" } else { "DIFFERS" }
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
