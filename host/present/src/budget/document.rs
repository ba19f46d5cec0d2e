//! A budget as one JSON document.

use cortexscope_budget::Mode;
use cortexscope_budget::lecture::Lecture;
use cortexscope_rig::board::parts;

use super::{Budget, element_name, links, mode_name};
use crate::documents::budget as documents;
use crate::fit::{fit, fit_small};
use crate::verdict::verdict;

impl Budget {
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
        let links = links().map(|(name, bytes_per_s)| documents::Speed {
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
                model_region_bytes: part.model_region_bytes,
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
