//! A search as the pages see it.

use super::SearchError;
use super::asked::AskedNeuron;
use crate::command::Evolve;
use crate::packet::{Kind, Packet};
use crate::shared::Shared;
use cortexscope_brain::evolve::{GenerationReport, Natural};
use cortexscope_brain::neuron::Neuron;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_present::causes::in_words;
use cortexscope_present::scene::evolution::picture;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The time between two packets.
const PACE: Duration = Duration::from_millis(100);
/// Images of generations that are shown, spread over the budget, beside the first one.
const KEPT: usize = 5;

/// What is shown of a search.
pub(super) struct View<'a> {
    shared: &'a Shared,
    queries: usize,
    header: Value,
    shape: [usize; 3],
    /// Queries until the end of each generation, its mean and its best clean rate.
    spent: Vec<i32>,
    mean: Vec<f32>,
    best: Vec<f32>,
    /// The image with the greatest measured rate.
    image: Vec<f32>,
    /// The images of some generations, one below the other, and what they are.
    kept: Vec<u8>,
    said_of_kept: Vec<Value>,
    /// The natural image with the greatest rate.
    natural: Option<Vec<u8>>,
    published: Option<Instant>,
}

impl<'a> View<'a> {
    pub(super) fn new(shared: &'a Shared, generation: u64, evolve: &Evolve) -> Self {
        let mut header = json!(evolve);
        header["generation"] = json!(generation);
        header["neuron"] = json!(evolve.target);
        header["end"] = Value::Null;
        header["spent"] = json!(0);
        Self {
            shared,
            queries: evolve.queries,
            header,
            shape: [0; 3],
            spent: Vec::new(),
            mean: Vec::new(),
            best: Vec::new(),
            image: Vec::new(),
            kept: Vec::new(),
            said_of_kept: Vec::new(),
            natural: None,
            published: None,
        }
    }

    /// The neuron is there.
    pub(super) fn begin(&mut self, neuron: &AskedNeuron<'_>) {
        self.shape = neuron.shape();
        self.header["neuron"] = json!(neuron.description());
        self.publish();
    }

    /// So many natural images were shown.
    pub(super) fn natural(&mut self, count: usize, all: usize) {
        self.header["shown"] = json!([count, all]);
        self.publish_by_pace();
    }

    /// What the search is read beside.
    pub(super) fn beside(&mut self, natural: &Natural, stimuli: &Stimuli) {
        let best = natural.order.first();
        let name = best.and_then(|&best| stimuli.names.get(best));
        self.header["natural"] = json!({
            "images": natural.own.len(),
            "zero": natural.median,
            "best": natural.best(natural.median),
            "name": name,
        });
        let image = best.and_then(|&best| stimuli.images.get(best));
        self.natural = image.map(|image| picture(self.shape, image).into_raw());
        self.publish();
    }

    /// One more generation.
    pub(super) fn generation(&mut self, made: &GenerationReport<'_>) {
        let before = made.generation.before;
        let share = |queries: usize| queries * KEPT / self.queries.max(1);
        if before == 0 || share(before) < share(made.spent) {
            self.kept.extend(picture(self.shape, made.image).into_raw());
            self.said_of_kept.push(json!({
                "generation": made.index,
                "clean": made.generation.best_clean,
            }));
        }
        self.spent.push(made.spent as i32);
        self.mean.push(made.generation.mean_clean as f32);
        self.best.push(made.generation.best_clean as f32);
        self.image = made.best_image.to_vec();
        self.header["spent"] = json!(made.spent);
        self.header["best_clean"] = json!(made.best_clean);
        self.header["mean_clean"] = json!(made.generation.mean_clean);
        self.publish_by_pace();
    }

    pub(super) fn end(&mut self, why: &str) {
        self.header["end"] = json!(why);
        self.publish();
    }

    pub(super) fn fail(&mut self, error: &SearchError) {
        self.header["error"] = json!(in_words(error));
        self.end("failed");
    }

    fn publish_by_pace(&mut self) {
        if self.published.is_none_or(|at| at.elapsed() >= PACE) {
            self.publish();
        }
    }

    fn publish(&mut self) {
        self.published = Some(Instant::now());
        let mut header = self.header.clone();
        header["kept"] = json!(self.said_of_kept);
        let generations = self.spent.len();
        let [_, height, width] = self.shape;
        let mut packet = Packet::new(Kind::Evolution, header)
            .i32s("spent", &[generations], &self.spent)
            .f32s("mean", &[generations], &self.mean)
            .f32s("best", &[generations], &self.best);
        if !self.image.is_empty() {
            let best = picture(self.shape, &self.image);
            let count = self.said_of_kept.len();
            packet = packet
                .f32s("image", &self.shape, &self.image)
                .u8s("picture", &[height, width, 3], best.as_raw())
                .u8s("kept", &[count * height, width, 3], &self.kept);
        }
        if let Some(natural) = &self.natural {
            packet = packet.u8s("natural", &[height, width, 3], natural);
        }
        self.shared.evolution.send_replace(Some(packet.emit()));
    }
}
