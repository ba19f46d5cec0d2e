//! One frame as a packet, and the flow of frames.

use super::packet::{Kind, Packet};
use super::stimulus::{PreparedInput, Stimulus};
use axum::body::Bytes;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::resources::ResourcePath;
use cortexscope_rig::session::Session;
use cortexscope_rig::session::{CounterKind, Mode};
use cortexscope_rig::{Recording, softmax};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Frames, and the time, that rates are taken over.
const RECENT_FRAMES: usize = 64;
const RECENT: Duration = Duration::from_secs(2);
/// A board without work for this long has paused.
const PAUSE: Duration = Duration::from_secs(2);

/// One frame: the input, and the board's results.
#[derive(Debug)]
pub struct Frame {
    /// Where the picture came from.
    pub source: String,
    /// The correct class, where it is known.
    pub expected: Option<u8>,
    /// The network that ran, counted by the server.
    pub generation: u64,
    /// The board image, whose float network lies beside it.
    pub image_path: ResourcePath,
    /// `[C, H, W]`, as the float network wants it.
    pub values: Vec<f32>,
    /// int8 `[C, H, W]`.
    pub input: Vec<i8>,
    /// The board's results.
    pub recording: Recording,
    /// What the board counts.
    pub counter: CounterKind,
    /// The plan that ran.
    pub mode: Mode,
    /// The stream up to this frame.
    pub flow: Flow,
    /// The classes' names.
    pub labels: Vec<String>,
    /// All of it for the page.
    pub packet: Bytes,
}

/// Rates and delays of the stream, as they were counted; never rounded up.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    frames: u64,
    board_ms: f64,
    host_ms: f64,
    replaced: u64,
    recent: VecDeque<Done>,
    link: Value,
}

/// A frame that the board has run.
#[derive(Clone, Copy, Debug)]
struct Done {
    at: Instant,
    /// All bytes of the link until then.
    bytes: u64,
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

    /// Frames and bytes of the link a second, over the last frames that followed
    /// each other; none where there are fewer than two.
    pub fn rates(&self) -> Option<(f64, f64)> {
        let (first, last) = (self.recent.front()?, self.recent.back()?);
        let seconds = last.at.duration_since(first.at).as_secs_f64();
        let (frames, bytes) = (
            self.recent.len() - 1,
            last.bytes.saturating_sub(first.bytes),
        );
        (seconds > 0.0).then(|| (frames as f64 / seconds, bytes as f64 / seconds))
    }

    /// Whether the board has not paused.
    pub fn is_on(&self) -> bool {
        let newest = self.recent.back();
        newest.is_some_and(|done| done.at.elapsed() < PAUSE)
    }

    /// Frames that a newer one replaced.
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
        let at = Instant::now();
        self.follow(Done { at, bytes }, board_time);
    }

    /// Takes in a frame that kept the board busy for `board_time`.
    fn follow(&mut self, done: Done, board_time: Duration) {
        let since = |one: &Done| done.at.duration_since(one.at);
        let idle = self.recent.back().map(since).unwrap_or_default();
        if idle.saturating_sub(board_time) >= PAUSE {
            self.recent.clear();
        }
        while self.recent.len() == RECENT_FRAMES
            || self.recent.len() > 1 && self.recent.front().map(since) > Some(RECENT)
        {
            self.recent.pop_front();
        }
        self.recent.push_back(done);
    }

    fn document(&self) -> Value {
        let rates = self.rates();
        json!({
            "board_ms": self.board_ms,
            "host_ms": self.host_ms,
            "replaced": self.replaced,
            "frames_per_s": rates.map(|(frames, _)| frames),
            "bytes_per_s": rates.map(|(_, bytes)| bytes),
            "link": self.link,
        })
    }
}

/// The packet of one frame: `input`, the `original` before it was damaged, every tapped tensor as `tensor.N` in
/// `[C, H, W]`, the last layer's `accumulators`, `logits`, `probabilities`, and
/// the preparation's steps as `stage.NAME`.
pub fn packet(
    model: &ModelFiles,
    generation: u64,
    stimulus: &Stimulus,
    shown: &PreparedInput,
    mode: Mode,
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
    let corruption = shown.damage.as_ref().map(|damage| {
        json!({
            "kind": damage.corrupt.kind,
            "severity": damage.corrupt.severity,
            "seed": damage.corrupt.seed,
            "stream": damage.stream,
            "error": damage.error,
        })
    });
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
        "corruption": corruption,
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
    if let Some(damage) = &shown.damage {
        packet = packet.i8s("original", &shape(0), &damage.original);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_no_slow_frame() {
        let begun = Instant::now();
        let mut flow = Flow::default();
        let run = |flow: &mut Flow, ms: u64, bytes: u64, took_ms: u64| {
            let at = begun + Duration::from_millis(ms);
            flow.follow(Done { at, bytes }, Duration::from_millis(took_ms));
            flow.rates()
        };
        assert_eq!(run(&mut flow, 10, 0, 10), None);
        // Nothing for five seconds, then a frame every ten milliseconds.
        assert_eq!(run(&mut flow, 5000, 0, 10), None);
        for frame in 1..100 {
            let (frames, bytes) = run(&mut flow, 5000 + 10 * frame, 100 * frame, 10).unwrap();
            assert!((frames - 100.0).abs() < 1e-6 && (bytes - 1e4).abs() < 1e-3);
        }
        // A slow board takes its time, and has a rate.
        run(&mut flow, 9990, 0, 4000);
        let (frames, _) = run(&mut flow, 13_990, 0, 4000).unwrap();
        assert!((frames - 0.25).abs() < 1e-6, "{frames}");
    }
}
