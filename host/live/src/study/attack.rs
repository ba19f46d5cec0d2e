//! Attacks on the newest frame: x, what was added, and x′, with what the float network takes
//! both for and what the board does.

use super::board::ask_board;
use super::models::{Failure, Models};
use crate::command::Attack;
use crate::packet::{Kind, Packet};
use crate::question::Asker;
use crate::shared::{AttackTask, Shared};
use cortexscope_draw::Triptych;
use cortexscope_explain::attack::{Example, Goal, Judged, Method, Reference, Request, Victim};
use cortexscope_explain::attribute::ExplainError;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::scores::{first_greatest, softmax};
use cortexscope_present::documents::attack::example_notes;
use cortexscope_present::scene::attack::three_panels;
use cortexscope_rig::session::TensorSet;
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// An attack, and all that the page shows of it.
struct FrameAttack {
    example: Example,
    method: Method,
    goal: Goal,
    /// Values of the frame that are no pixels.
    outside: usize,
    /// x′ as the networks read it.
    values: Vec<f32>,
    seconds: f64,
}

pub(super) fn run(shared: &Shared, models: &Models) {
    let mut next = shared.attacks.take();
    while let Some(task) = next {
        let path = task.frame.image_path.clone();
        next = match models.open(&path) {
            Ok(model) => attack_frames(shared, &model, task),
            Err(error) => {
                publish(shared, &task, failed(&task, &error.into()));
                shared.attacks.take()
            }
        };
    }
}

/// Attacks one frame after the other, on plans that are made once, and gives the first one of
/// another network.
fn attack_frames(shared: &Shared, model: &FloatModel, first: AttackTask) -> Option<AttackTask> {
    let path = first.frame.image_path.clone();
    // What the model is run for now.
    let current = Mutex::new(first.attack.clone());
    let is_over = || {
        is_over(
            shared,
            &current.lock().unwrap_or_else(PoisonError::into_inner),
        )
    };
    let mut victim = match Victim::new(model, &is_over) {
        Ok(victim) => victim,
        Err(error) => {
            publish(shared, &first, failed(&first, &error.into()));
            return shared.attacks.take();
        }
    };
    let mut next = Some(first);
    while let Some(task) = next.take_if(|task| task.frame.image_path == path) {
        current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&task.attack);
        match make(&mut victim, &task) {
            Ok(made) => {
                let draft = draft(model, &task, &made);
                // The float network's answers are there before the board's.
                publish(shared, &task, draft.with_board(&task, None));
                let answer = ask_logits(shared, &task, made.values);
                publish(shared, &task, draft.with_board(&task, answer.as_deref()));
            }
            // Another method, ε or class was asked for meanwhile.
            Err(Failure::Explain(ExplainError::Interrupted)) => {}
            Err(failure) => publish(shared, &task, failed(&task, &failure)),
        }
        next = shared.attacks.take();
    }
    next
}

/// Whether pages want something else than `attack` by now.
fn is_over(shared: &Shared, attack: &Attack) -> bool {
    shared.state.borrow().attack.as_ref() != Some(attack) || shared.attacks.is_closed()
}

fn publish(shared: &Shared, task: &AttackTask, packet: Packet) {
    if !is_over(shared, &task.attack) {
        shared.attack.send_replace(Some(packet.emit()));
    }
}

/// Why there is nothing to show.
fn failed(task: &AttackTask, failure: &Failure) -> Packet {
    let header = json!({
        "generation": task.frame.generation,
        "frame": task.frame.flow.frames(),
        "method": task.attack.method,
        "error": failure.to_string(),
    });
    Packet::new(Kind::Attack, header)
}

fn make(victim: &mut Victim<'_>, task: &AttackTask) -> Result<FrameAttack, Failure> {
    let asked = &task.attack;
    let method = Method::standard(&asked.method, asked.eps).ok_or_else(|| Failure::Unknown {
        what: "method",
        name: asked.method.clone(),
    })?;
    let begun = Instant::now();
    let target = asked.target.map(usize::from);
    if let Some(class) = target.filter(|class| *class >= victim.classes) {
        return Err(Failure::Unknown {
            what: "class",
            name: class.to_string(),
        });
    }
    // One input and one ε, as the command line counts them.
    let request = Request {
        method,
        eps: vec![asked.eps],
        target,
        reference: Reference::Label,
        seed: 0,
        keep: false,
    };
    request.check()?;
    let label = task.frame.expected.map(usize::from);
    let start = request.begin(victim, &task.frame.values, label)?;
    let example = request.example(victim, &start, asked.eps, request.seed_of(0, 0))?;
    let values = victim.pixels.values(&example.after.levels);
    Ok(FrameAttack {
        example,
        method,
        goal: start.goal,
        outside: start.outside,
        values,
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// What the board says to x′: its logits. `None` where it is not there, or has another
/// network by now.
fn ask_logits(shared: &Shared, task: &AttackTask, values: Vec<f32>) -> Option<Vec<f32>> {
    let mode = task.frame.mode;
    let never = || false;
    ask_board(
        shared,
        Asker::Attack,
        task.frame.generation,
        never,
        move |rig| {
            let input = rig.model.quantise(&values);
            let recording = rig.infer(&input, mode, TensorSet::default(), &mut |_| {})?;
            Ok(recording.logits)
        },
    )
}

/// A packet whose header still lacks what the board says.
struct Draft {
    header: Value,
    panels: Triptych,
    shape: [usize; 3],
    /// x and x′, `[C, H, W]`, as the float network reads them.
    arrays: [Vec<f32>; 2],
}

impl Draft {
    /// The packet with the board's logits for x′, if it gave them.
    fn with_board(&self, task: &AttackTask, after: Option<&[f32]>) -> Packet {
        let frame = &task.frame;
        let side = |logits: &[f32]| {
            let class = first_greatest(logits)?;
            Some(json!({
                "class": class,
                "label": frame.labels.get(class),
                "probability": softmax(logits).get(class),
            }))
        };
        let mut header = self.header.clone();
        header["board"] = json!({
            "before": side(&frame.recording.logits),
            "after": after.and_then(side),
        });
        let [_, height, width] = self.shape;
        let [original, changed] = &self.arrays;
        let names = ["picture.x", "picture.change", "picture.changed"];
        let panels = names.iter().zip(&self.panels.panels);
        panels
            .fold(
                Packet::new(Kind::Attack, header),
                |packet, (name, panel)| packet.u8s(name, &[height, width, 3], panel.image.as_raw()),
            )
            .f32s("x", &self.shape, original)
            .f32s("changed", &self.shape, changed)
    }
}

fn draft(model: &FloatModel, task: &AttackTask, made: &FrameAttack) -> Draft {
    let FrameAttack {
        example, method, ..
    } = made;
    let frame = &task.frame;
    let info = method.info();
    let eps = method.takes_eps().then_some(task.attack.eps);
    let panels = three_panels(model, info, example, &frame.source, eps);
    let lines: Vec<&[String]> = panels
        .panels
        .iter()
        .map(|panel| panel.lines.as_slice())
        .collect();
    let side = |judged: &Judged| {
        json!({
            "class": judged.class,
            "label": model.short_label(judged.class),
            "probability": judged.probability,
        })
    };
    let (goal, to) = match made.goal {
        Goal::Away(class) => ("away from", class),
        Goal::Towards(class) => ("to", class),
    };
    let header = json!({
        "generation": frame.generation,
        "frame": frame.flow.frames(),
        "input": frame.source,
        "method": info.name,
        "paper": info.paper,
        "norm": info.norm.name(),
        "eps": eps,
        "goal": format!("{goal} {}", model.short_label(to)),
        "reached": example.is_reached,
        "float": { "before": side(&example.before), "after": side(&example.after) },
        "greatest": example.greatest,
        "length": example.length,
        "queries": example.queries,
        "lines": lines,
        "scale": panels.statement,
        "notes": example_notes(example, made.goal, made.outside),
        "model": model.name,
        "model_sha256": model.sha256_hex(),
        "seconds": made.seconds,
    });
    Draft {
        header,
        shape: model.input_shape(),
        arrays: [frame.values.clone(), made.values.clone()],
        panels,
    }
}
