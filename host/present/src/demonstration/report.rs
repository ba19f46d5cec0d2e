//! A demonstration as one HTML file.

use super::{Demonstration, InputResult, WriteError};
use crate::documents;
use crate::documents::origin::Origin;
use crate::documents::receipt::Window;
use crate::report::{
    Counter, Fact, LayerCost, LayerMemory, Memory, Receipt, ReportData, Run, Section, html,
};
use crate::scene;
use cortexscope_core::{Op, Plan};
use cortexscope_draw::number::grouped;
use cortexscope_rig::board::find;
use cortexscope_rig::kernel::{M4F, choices};
use cortexscope_rig::session::CounterKind;
use std::path::{Path, PathBuf};

impl Demonstration<'_> {
    /// Writes `report.html` into `folder`.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write_report(&self, folder: &Path) -> Result<PathBuf, WriteError> {
        let page = html(&self.report())?;
        let path = folder.join("report.html");
        std::fs::write(&path, page).map_err(|source| WriteError::File {
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }

    pub(super) fn report(&self) -> ReportData {
        ReportData {
            run: self.facts(),
            trials: self.trials.iter().map(|trial| self.trial(trial)).collect(),
            memory: self.memory(),
            link: self.link_facts(),
            receipts: self
                .trials
                .iter()
                .map(|trial| self.receipt(trial))
                .collect(),
        }
    }

    fn facts(&self) -> Run {
        let inputs: Vec<_> = self
            .trials
            .iter()
            .map(|trial| quoted(&trial.argument))
            .collect();
        Run {
            board: self.board.name.clone(),
            emulated: self.board.counter == CounterKind::Instructions,
            counter: match self.board.counter {
                CounterKind::Instructions => Counter::Instructions,
                CounterKind::Cycles => Counter::Cycles,
                CounterKind::None => Counter::Nothing,
            },
            engine: self.board.engine.clone(),
            elf_build_id: self
                .board
                .elf_build_id_hex()
                .unwrap_or_else(|| "none".to_owned()),
            model: self.model.name.clone(),
            model_sha256: self.model.hash_hex(),
            protocol: cortexscope_wire::schema::PROTOCOL_VERSION.to_string(),
            settings: vec![
                Fact::new("Mode", self.mode.name()),
                Fact::new("Link", self.link.clone()),
            ],
            commands: vec![format!(
                "cortexscope demo --board {} --model {} --mode {} --inputs {}",
                self.board.name,
                self.model.name,
                self.mode.name(),
                inputs.join(" "),
            )],
        }
    }

    fn trial(&self, trial: &InputResult) -> crate::report::InputResult {
        let view = self.model.image.model();
        let map = &trial.occlusion;
        let costs = trial.recording.layers.iter().map(|layer| LayerCost {
            layer: view
                .tensor(layer.tensor)
                .map_or("", |tensor| tensor.name)
                .to_owned(),
            count: layer.count,
        });
        crate::report::InputResult {
            name: trial.name.clone(),
            notes: trial.notes.clone(),
            scores: self.scores(trial),
            layers: self.maps(trial),
            occlusion: Some(self.occlusion(trial)),
            occlusion_macs: Some([map.macs_done, map.macs_full]),
            count: trial.recording.count,
            costs: costs.collect(),
        }
    }

    fn memory(&self) -> Memory {
        let view = self.model.image.model();
        let modes = self.measurements.iter().filter_map(|measurement| {
            let plan = view.plan(measurement.mode.into())?;
            let arena = scene::memory::arena(&view, &plan, measurement.measured_arena_bytes);
            Some((measurement.mode.name().to_owned(), arena))
        });
        let gaps = self.measurements.iter().filter_map(|measurement| {
            let measured = measurement.measured_arena_bytes?;
            let planned = measurement.planned_arena_bytes;
            (measured != planned).then(|| {
                let mode = measurement.mode.name();
                format!("{mode}: the plan says {planned} bytes of arena, {measured} were written")
            })
        });
        let stack = self
            .measurements
            .iter()
            .filter_map(|measurement| measurement.stack_bytes)
            .max();
        Memory {
            layers: view
                .plan(self.mode.into())
                .map_or_else(Vec::new, |plan| self.layers(&plan)),
            sections: self.sections(),
            bars: scene::memory::bars(&self.memory, stack),
            arenas: modes.collect(),
            gaps: gaps.collect(),
        }
    }

    fn layers(&self, plan: &Plan<'_>) -> Vec<LayerMemory> {
        let view = self.model.image.model();
        let arena = scene::memory::arena(&view, plan, None);
        let part = find(&self.board.name);
        let kernels = part.filter(|part| part.core == M4F).map(|_| choices(&view));
        let kernels = kernels.unwrap_or_default();
        let measured = self
            .measurements
            .iter()
            .find(|measurement| measurement.mode == self.mode);
        let tensors = view.tensors().enumerate().map(|(tensor, output)| {
            let layer = tensor.checked_sub(1).and_then(|layer| view.layer(layer));
            let op = layer.as_ref().map(|layer| &layer.op);
            let (weights, biases) = match op {
                Some(Op::Conv2d(conv)) => (conv.weights().len(), conv.bias.len()),
                Some(Op::Dense(dense)) => (dense.weights().len(), dense.bias.len()),
                _ => (0, 0),
            };
            let buffer = arena
                .buffers
                .iter()
                .find(|buffer| buffer.name == output.name);
            let beside = ["scratch", "row"].map(|what| format!("{what} of {}", output.name));
            let beside = arena
                .buffers
                .iter()
                .filter(|buffer| beside.contains(&buffer.name));
            let shape = output.shape;
            let choice = kernels.iter().find(|choice| choice.layer == output.name);
            LayerMemory {
                name: output.name.to_owned(),
                op: op.map_or_else(|| "input".to_owned(), scene::operator),
                shape: format!("{}×{}×{}", shape.channels, shape.height, shape.width),
                weights: weights as u64,
                biases: biases as u64,
                macs: op.map_or(0, Op::macs),
                kernel: choice.map(|choice| choice.kernel.name()),
                packed_bytes: choice.map_or(0, |choice| choice.packed_bytes),
                loop_instructions: choice
                    .and_then(|choice| choice.loop_cost)
                    .map(|cost| cost.instructions),
                loop_cycles: choice
                    .and_then(|choice| choice.loop_cost)
                    .map(|cost| cost.cycles),
                activation_bytes: output.bytes() as u64,
                activation_f32_bytes: 4 * shape.elements() as u64,
                arena_offset_bytes: buffer.map(|buffer| buffer.offset_bytes),
                lifetime: buffer.map(|buffer| [buffer.first_step, buffer.last_step]),
                scratch_bytes: beside.map(|buffer| buffer.bytes).sum(),
                // One byte a weight; an i32 bias and an f32 multiplier a channel.
                flash_bytes: (weights + 8 * biases) as u64,
                stack_bytes: measured
                    .and_then(|measurement| measurement.layers.get(tensor))
                    .and_then(|layer| layer.stack_bytes)
                    .map(u64::from),
            }
        });
        tensors.collect()
    }

    fn sections(&self) -> Vec<Section> {
        let sections = &self.memory.sections;
        let rows = [
            (".text", sections.text_bytes, 0),
            (".rodata", sections.rodata_bytes, 0),
            (".data", sections.data_bytes, sections.data_bytes),
            ("board image", self.memory.image_bytes, 0),
            (".bss", 0, sections.bss_bytes),
            ("arena", 0, self.memory.arena_bytes),
            ("stack", 0, sections.stack_bytes),
            ("heap", 0, sections.heap_bytes),
        ];
        let section = |(name, flash, ram): (&str, u32, u32)| Section {
            name: name.to_owned(),
            flash_bytes: flash.into(),
            ram_bytes: ram.into(),
        };
        rows.into_iter().map(section).collect()
    }

    fn link_facts(&self) -> Vec<Fact> {
        let link = &self.statistics;
        [
            ("Frames received", link.frames_received),
            ("Bytes received", link.bytes_received),
            ("Frames sent", link.frames_sent),
            ("Bytes sent", link.bytes_sent),
            ("Frames damaged", link.frames_damaged),
            ("Resends asked", link.resends_asked),
            ("Requests repeated", link.requests_repeated),
            ("Resets", link.resets),
        ]
        .into_iter()
        .map(|(name, value)| Fact::new(name, grouped(value)))
        .collect()
    }

    fn receipt(&self, trial: &InputResult) -> Receipt {
        Receipt {
            title: trial.name.clone(),
            document: documents::receipt::Receipt {
                origin: Origin::new(&self.board, self.model),
                input: trial.name.clone(),
                mode: self.mode,
                seed: None,
                occlusion: Window {
                    window: self.request.window,
                    stride: self.request.stride,
                    fill: self.fill_level,
                    class: trial.occlusion.class,
                },
            },
        }
    }
}

/// As a shell wants it.
fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:".contains(c);
    if argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}
