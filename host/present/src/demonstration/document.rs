//! A demonstration as one JSON document.

use super::Demonstration;
use crate::documents::demo::{Arena, Demo, InputResult, Occlusion};
use crate::documents::origin::Origin;
use cortexscope_rig::softmax;
use std::path::Path;

impl Demonstration<'_> {
    /// The results, with the paths of the report and of the pictures in `folder`.
    pub fn document(&self, folder: &Path, report: &Path) -> Demo {
        let trials = self.trials.iter().map(|trial| {
            let class = trial.recording.predicted();
            InputResult {
                input: trial.name.clone(),
                pictures: folder.join(&trial.name).display().to_string(),
                expected: trial.expected,
                class,
                label: self.model.label(class),
                probabilities: softmax(&trial.recording.logits),
                instructions: trial.recording.count,
                occlusion: Occlusion {
                    window: self.request.window,
                    stride: self.request.stride,
                    fill: self.fill_level,
                    class: trial.occlusion.class,
                    base_probability: trial.occlusion.base_probability,
                    macs_done: trial.occlusion.macs_done,
                    macs_full: trial.occlusion.macs_full,
                    instructions: trial.occlusion.count,
                },
            }
        });
        let memory = self.measurements.iter().map(|measurement| Arena {
            mode: measurement.mode,
            planned_arena_bytes: measurement.planned_arena_bytes,
            measured_arena_bytes: measurement.measured_arena_bytes,
        });
        Demo {
            origin: Origin::new(&self.board, self.model),
            report: report.display().to_string(),
            trials: trials.collect(),
            memory: memory.collect(),
            link: self.statistics,
        }
    }
}
