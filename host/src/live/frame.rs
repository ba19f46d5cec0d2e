//! One frame as a packet, and the flow of frames.

use super::command::PlanName;
use super::packet::{Kind, Packet};
use super::stimulus::{Shown, Stimulus};
use crate::model_files::ModelFiles;
use crate::rig::{Recording, softmax};
use crate::session::Session;
use axum::body::Bytes;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often rates are taken anew.
const WINDOW: Duration = Duration::from_millis(500);

/// One frame: what was shown, and what the board made of it.
#[derive(Debug)]
pub struct Frame {
    /// Where the picture came from.
    pub source: String,
    /// The class that it is, where that is known.
    pub expected: Option<u8>,
    /// The network that ran, by the station's count.
    pub generation: u64,
    /// The board image, whose float network lies beside it.
    pub image_path: PathBuf,
    /// `[C, H, W]`, as the float network wants it.
    pub values: Vec<f32>,
    /// int8 `[C, H, W]`.
    pub input: Vec<i8>,
    /// What the board gave.
    pub recording: Recording,
    /// The plan that ran.
    pub mode: PlanName,
    /// The stream up to this frame.
    pub flow: Flow,
    /// The classes' names.
    pub labels: Vec<String>,
    /// All of it for the page.
    pub packet: Bytes,
}

/// What the host knows of the stream: counted, never rounded up.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    frames: u64,
    board_ms: f64,
    host_ms: f64,
    replaced: u64,
    window: Option<Window>,
    rates: Option<Rates>,
    link: Value,
}

#[derive(Clone, Debug)]
struct Window {
    begun: Instant,
    frames: u64,
    bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Rates {
    frames_per_s: f64,
    bytes_per_s: f64,
}

impl Flow {
    /// Frames that the board has run.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Milliseconds from the picture to the board's last byte.
    pub fn host_ms(&self) -> f64 {
        self.host_ms
    }

    /// Frames and bytes of the link a second; none in the first moments.
    pub fn rates(&self) -> Option<(f64, f64)> {
        self.rates
            .map(|rates| (rates.frames_per_s, rates.bytes_per_s))
    }

    /// Frames that a newer one took the place of.
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    /// Takes one frame in.
    pub fn count(
        &mut self,
        session: &Session,
        board_time: Duration,
        since: Instant,
        replaced: u64,
    ) {
        let statistics = session.statistics();
        let bytes = statistics.bytes_received + statistics.bytes_sent;
        self.frames += 1;
        self.board_ms = board_time.as_secs_f64() * 1e3;
        self.host_ms = since.elapsed().as_secs_f64() * 1e3;
        self.replaced = replaced;
        self.link = json!({
            "credits": session.credits(),
            "bytes": bytes,
            "damaged": statistics.frames_damaged,
            "resends": statistics.resends_asked,
            "timeouts": statistics.timeouts,
            "resets": statistics.resets,
            "reopened": statistics.links_reopened,
        });
        let (now, frames) = (Instant::now(), self.frames);
        let window = self.window.get_or_insert(Window {
            begun: now,
            frames,
            bytes,
        });
        let seconds = now.duration_since(window.begun).as_secs_f64();
        if seconds >= WINDOW.as_secs_f64() {
            self.rates = Some(Rates {
                frames_per_s: (frames - window.frames) as f64 / seconds,
                bytes_per_s: bytes.saturating_sub(window.bytes) as f64 / seconds,
            });
            *window = Window {
                begun: now,
                frames,
                bytes,
            };
        }
    }

    fn document(&self) -> Value {
        json!({
            "board_ms": self.board_ms,
            "host_ms": self.host_ms,
            "replaced": self.replaced,
            "frames_per_s": self.rates.map(|rates| rates.frames_per_s),
            "bytes_per_s": self.rates.map(|rates| rates.bytes_per_s),
            "link": self.link,
        })
    }
}

/// The packet of one frame: `input`, every tapped tensor as `tensor.N` in
/// `[C, H, W]`, the last layer's `accumulators`, `logits`, `probabilities`, and
/// the preparation's steps as `stage.NAME`.
pub fn packet(
    model: &ModelFiles,
    generation: u64,
    stimulus: &Stimulus,
    shown: &Shown,
    mode: PlanName,
    recording: &Recording,
    flow: &Flow,
) -> Bytes {
    let class = recording.predicted();
    let layers = recording
        .layers
        .iter()
        .map(|layer| json!({ "tensor": layer.tensor, "count": layer.count }));
    let stages = shown
        .stages
        .iter()
        .map(|stage| json!({ "name": stage.name, "made": stage.made }));
    let (page, number) = stimulus.from.unzip();
    let header = json!({
        "generation": generation,
        "number": flow.frames(),
        "page": page,
        "page_number": number,
        "source": stimulus.source,
        "expected": shown.label,
        "notes": shown.notes,
        "stages": stages.collect::<Vec<_>>(),
        "mode": mode,
        "class": class,
        "label": model.label(class),
        "count": recording.count,
        "layers": layers.collect::<Vec<_>>(),
        "flow": flow.document(),
    });
    let view = model.image.model();
    let shape = |tensor: usize| {
        view.tensor(tensor).map_or([0; 3], |tensor| {
            let shape = tensor.shape;
            [shape.channels, shape.height, shape.width]
        })
    };
    let mut packet = Packet::new(Kind::Frame, header).i8s("input", &shape(0), &shown.input);
    for activation in recording.activations.iter().filter(|one| one.tensor > 0) {
        let name = format!("tensor.{}", activation.tensor);
        packet = packet.i8s(&name, &shape(activation.tensor), &activation.values);
    }
    let last = shape(view.tensor_count().saturating_sub(1));
    if let Some(sums) = &recording.accumulators {
        packet = packet.i32s("accumulators", &last, sums);
    }
    let probabilities = softmax(&recording.logits);
    packet = packet.f32s("logits", &last, &recording.logits).f32s(
        "probabilities",
        &[probabilities.len()],
        &probabilities,
    );
    for stage in &shown.stages {
        let name = format!("stage.{}", stage.name);
        let size = [stage.picture.height(), stage.picture.width()].map(|side| side as usize);
        packet = packet.u8s(&name, &size, stage.picture.as_raw());
    }
    packet.emit()
}
