//! Inputs that a filter, a neuron or a class responds to most, step by step.

use super::models::{Failure, Models};
use crate::command::Ascend;
use crate::packet::{Kind, Packet};
use crate::shared::{AscentTask, Shared};
use cortexscope_explain::ascend::{Ascent, Climb, PRESETS, Step, climb};
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{Aim, ClassValue, Target};
use cortexscope_present::scene::ascent::Display;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The least time of a step, so that people see the picture grow.
const STEP: Duration = Duration::from_millis(16);

pub(super) fn run(shared: &Shared, models: &Models) {
    while let Some(task) = shared.ascents.take() {
        // Without a task, whatever ran has stopped already.
        let Some(AscentTask {
            image_path,
            generation,
            ascend,
        }) = task
        else {
            continue;
        };
        let mut view = AscentView::new(shared, generation, ascend);
        let done = models
            .open(&image_path)
            .map_err(Failure::from)
            .and_then(|model| view.climb(&model));
        match done {
            Err(Failure::Explain(ExplainError::Interrupted)) => view.end("stopped"),
            Err(failure) => view.fail(&failure),
            Ok(()) => {}
        }
    }
}

/// An ascent as the pages see it.
struct AscentView<'a> {
    shared: &'a Shared,
    header: Value,
    ascend: Ascend,
    /// The last picture, and the input that it shows.
    last: Option<(Vec<u8>, Vec<f32>)>,
    /// `[C, H, W]`.
    shape: [usize; 3],
}

impl<'a> AscentView<'a> {
    fn new(shared: &'a Shared, generation: u64, ascend: Ascend) -> Self {
        let header = json!({
            "generation": generation,
            "target": ascend.target,
            "preset": ascend.preset,
            "seed": ascend.seed,
            "end": null,
        });
        Self {
            shared,
            header,
            ascend,
            last: None,
            shape: [0; 3],
        }
    }

    fn climb(&mut self, model: &FloatModel) -> Result<(), Failure> {
        let preset = PRESETS
            .into_iter()
            .find(|preset| preset.name() == self.ascend.preset)
            .ok_or_else(|| Failure::Unknown {
                what: "preset",
                name: self.ascend.preset.clone(),
            })?;
        let target: Target = self.ascend.target.parse()?;
        let aim = target.aim(model, ClassValue::Logit)?;
        self.shape = model.input_shape();
        let ascent = Ascent {
            seed: self.ascend.seed,
            ..preset.ascent(self.shape)
        };
        self.header["words"] = json!(aim.words);
        self.header["model"] = json!(model.name);
        self.header["model_sha256"] = json!(model.sha256_hex());
        self.header["steps"] = json!(ascent.octaves.count * ascent.stop.steps);
        let mut begun = Instant::now();
        let climbed = climb(model, &aim, &ascent, &mut |step| {
            self.step(model, &step);
            std::thread::sleep(STEP.saturating_sub(begun.elapsed()));
            begun = Instant::now();
            if self.shared.ascents.is_waiting() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        self.summit(model, &aim, &climbed);
        Ok(())
    }

    fn step(&mut self, model: &FloatModel, step: &Step<'_>) {
        if step.total == 0 {
            self.header["start"] = json!(step.value);
        }
        self.header["step"] = json!(step.total);
        self.header["value"] = json!(step.value);
        self.show(model, step.input);
    }

    fn summit(&mut self, model: &FloatModel, aim: &Aim, climb: &Climb) {
        self.header["start"] = json!(climb.start);
        self.header["step"] = json!(climb.values.len());
        self.header["value"] = json!(climb.score);
        let last = climb.stopped.last().map(ToString::to_string);
        self.header["end"] = json!(last.unwrap_or_default());
        self.header["words"] = json!(aim.words);
        self.show(model, &climb.input);
    }

    fn show(&mut self, model: &FloatModel, input: &[f32]) {
        let picture = Display::Range.picture(&model.spec.input, input);
        self.last = Some((picture.into_raw(), input.to_vec()));
        self.publish();
    }

    fn end(&mut self, why: &str) {
        self.header["end"] = json!(why);
        self.publish();
    }

    fn fail(&mut self, failure: &Failure) {
        self.header["error"] = json!(failure.to_string());
        self.end("failed");
    }

    fn publish(&self) {
        let mut packet = Packet::new(Kind::Climb, self.header.clone());
        if let Some((picture, input)) = &self.last {
            let [_, height, width] = self.shape;
            packet = packet.u8s("picture", &[height, width, 3], picture).f32s(
                "input",
                &self.shape,
                input,
            );
        }
        self.shared.climb.send_replace(Some(packet.emit()));
    }
}
