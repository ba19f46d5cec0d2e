//! A demonstration on the terminal, and as one JSON document.

use super::{Demonstration, Trial};
use crate::rig::softmax;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

/// Widest bar of a class, in characters.
const BAR_WIDTH: f32 = 24.0;

impl Demonstration<'_> {
    /// Prints predictions, occlusions, instructions and memory.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn say(&self, out: &mut dyn Write) -> io::Result<()> {
        let build = self
            .board
            .elf_build_id_hex()
            .unwrap_or_else(|| "none".to_owned());
        writeln!(
            out,
            "{} on {}, engine {}",
            self.model.name, self.board.name, self.board.engine
        )?;
        writeln!(out, "model {}", self.model.hash_hex())?;
        writeln!(out, "ELF build id {build}; link: {}", self.link)?;
        for trial in &self.trials {
            self.say_trial(trial, out)?;
        }
        for measurement in &self.measurements {
            let measured = measurement.measured_arena_bytes.map_or_else(
                || "not measured".to_owned(),
                |bytes| format!("{bytes} measured"),
            );
            writeln!(
                out,
                "\narena, {}: {} bytes planned, {measured}",
                measurement.mode_name(),
                measurement.planned_arena_bytes
            )?;
        }
        writeln!(out, "link: {}", self.statistics)
    }

    fn say_trial(&self, trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
        let class = trial.recording.predicted();
        let expected = trial.expected.map_or_else(String::new, |class| {
            format!(", it is {}", self.model.label(class))
        });
        let cost = trial
            .recording
            .count
            .map_or_else(String::new, |count| format!(", {count} instructions"));
        writeln!(
            out,
            "\n{}: {}{expected}{cost}",
            trial.name,
            self.model.label(class)
        )?;
        for (class, probability) in softmax(&trial.recording.logits).into_iter().enumerate() {
            let bar = "█".repeat((probability * BAR_WIDTH).round() as usize);
            let percent = 100.0 * probability;
            writeln!(
                out,
                "  {:>4} {percent:5.1} % {bar}",
                self.model.label(class)
            )?;
        }
        let map = &trial.occlusion;
        let least = map
            .probabilities
            .iter()
            .copied()
            .fold(f32::INFINITY, f32::min);
        writeln!(
            out,
            "  occluded: P({}) falls from {:.4} to {least:.4}; {:.1} times fewer MACs than {} full inferences",
            self.model.label(map.class.into()),
            map.base_probability,
            map.macs_full as f64 / map.macs_done.max(1) as f64,
            map.probabilities.len(),
        )
    }

    /// What was found, where the pictures are in `folder`, and the report.
    pub fn document(&self, folder: &Path, report: &Path) -> Value {
        let trials = self.trials.iter().map(|trial| {
            let class = trial.recording.predicted();
            json!({
                "input": trial.name,
                "pictures": folder.join(&trial.name),
                "expected": trial.expected,
                "class": class,
                "label": self.model.label(class),
                "probabilities": softmax(&trial.recording.logits),
                "instructions": trial.recording.count,
                "occlusion": {
                    "window": self.request.window,
                    "stride": self.request.stride,
                    "fill": self.fill_level,
                    "class": trial.occlusion.class,
                    "base_probability": trial.occlusion.base_probability,
                    "macs_done": trial.occlusion.macs_done,
                    "macs_full": trial.occlusion.macs_full,
                    "instructions": trial.occlusion.count,
                },
            })
        });
        let memory = self.measurements.iter().map(|measurement| {
            json!({
                "mode": measurement.mode_name(),
                "planned_arena_bytes": measurement.planned_arena_bytes,
                "measured_arena_bytes": measurement.measured_arena_bytes,
            })
        });
        json!({
            "schema": "cortexscope.demo.1",
            "report": report,
            "board": self.board.name,
            "engine": self.board.engine,
            "elf_build_id": self.board.elf_build_id_hex(),
            "model": self.model.name,
            "model_sha256": self.model.hash_hex(),
            "trials": trials.collect::<Vec<_>>(),
            "memory": memory.collect::<Vec<_>>(),
            "link": self.statistics,
        })
    }
}
