//! The occlusion map, position by position.

use super::Worker;
use crate::command::OccludeCommand;
use crate::packet::{Kind, Packet};
use crate::state::Job;
use cortexscope_rig::session::{MapProgress, OccludeRequest};
use serde_json::json;
use std::sync::Arc;

impl Worker {
    /// Maps what hiding a patch of the last frame does.
    pub(super) fn occlude(&mut self, command: OccludeCommand) {
        let (Some(mut rig), Some(last)) = (self.rig.take(), &self.last) else {
            return self.update(|state| {
                state.announce("There is no frame yet: show a digit or a picture first.")
            });
        };
        let Some(input) = last.input.clone() else {
            self.rig = Some(rig);
            return self.update(|state| {
                state.announce("There is no frame yet: show a digit or a picture first.")
            });
        };
        let shape = rig.model.image.model().input().shape;
        let classes = rig.model.image.model().logits().shape.elements();
        let request = OccludeRequest {
            window: command.window,
            stride: command.stride,
            fill: rig.model.grey(command.fill),
            class: command.class,
        };
        let positions = request.positions([shape.height, shape.width]);
        let has_class = command
            .class
            .is_none_or(|class| usize::from(class) < classes);
        let Some([rows, columns]) = positions.filter(|_| has_class) else {
            self.rig = Some(rig);
            return self.update(|state| {
                state.announce("The patch or class is out of range for this network.")
            });
        };
        self.update(|state| state.job = Some(Job::Occlusion));
        let shared = Arc::clone(&self.shared);
        let (generation, frame) = (self.generation, last.frame);
        let mut map = vec![f32::NAN; rows * columns];
        let (mut class, mut base, mut done) = (0, 0.0, 0);
        let model = rig.model.clone();
        let publish = |map: &[f32], class: u16, base: f32, done: usize, end: serde_json::Value| {
            let header = json!({
                "generation": generation,
                "frame": frame,
                "class": class,
                "label": model.label(class.into()),
                "base_probability": base,
                "window": command.window,
                "stride": command.stride,
                "fill": command.fill,
                "fill_int8": request.fill,
                "done": done,
                "end": end,
            });
            let packet = Packet::new(Kind::Occlusion, header)
                .f32s("probabilities", &[rows, columns], map)
                .i8s(
                    "input",
                    &[shape.channels, shape.height, shape.width],
                    &input,
                );
            shared.occlusion.send_replace(Some(packet.emit()));
        };
        shared.set_busy(true);
        let result = rig.occlude(&input, &request, &mut |progress| match progress {
            MapProgress::Begun {
                class: watched,
                probability,
                ..
            } => {
                (class, base, done) = (watched, probability, 0);
                map.fill(f32::NAN);
                publish(&map, class, base, done, serde_json::Value::Null);
            }
            MapProgress::Positions {
                first,
                probabilities,
            } => {
                let places = map.iter_mut().skip(first);
                places
                    .zip(probabilities)
                    .for_each(|(place, &probability)| *place = probability);
                done = first + probabilities.len();
                publish(&map, class, base, done, serde_json::Value::Null);
            }
        });
        shared.set_busy(false);
        match &result {
            Ok(whole) => {
                let end = json!({
                    "macs_done": whole.macs_done,
                    "macs_full": whole.macs_full,
                    "count": whole.count,
                });
                publish(&map, class, base, done, end);
            }
            Err(_) => publish(&map, class, base, done, json!("stopped")),
        }
        self.rig = Some(rig);
        self.update(|state| state.job = None);
        if let Err(error) = result {
            self.failed(&error);
        }
    }
}
