//! A demonstration as one JSON document.

use super::Demonstration;
use cortexscope_rig::softmax;
use serde_json::{Value, json};
use std::path::Path;

impl Demonstration<'_> {
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
