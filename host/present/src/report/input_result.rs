//! One input: what was seen, what came out, what mattered, and every layer.

use maud::{Markup, html};

use super::{InputResult, Run};
use crate::page::{COLUMN_PX, alternatives, figure};
use cortexscope_draw::number::{grouped, percent};
use cortexscope_draw::{
    GridLayout, MapRole, Palette, PictureError, ProbabilityRange, Scale, activation_grid,
    class_scores, occlusion_map,
};

pub(super) fn section(
    number: usize,
    trial: &InputResult,
    run: &Run,
) -> Result<Markup, PictureError> {
    let layout = GridLayout::for_network(&trial.layers, COLUMN_PX);
    let (stimuli, layers): (Vec<_>, Vec<_>) = trial
        .layers
        .iter()
        .partition(|maps| maps.role == MapRole::Stimulus);
    let stimuli = stimuli
        .into_iter()
        .map(|maps| activation_grid(maps, Scale::Shared, layout))
        .collect::<Result<Vec<_>, _>>()?;
    let scores = class_scores(&trial.scores)?;
    let mut maps = Vec::new();
    for layer in layers {
        let shared = activation_grid(layer, Scale::Shared, layout)?;
        // A vector or a single map has one scale only.
        let own = match layer.channels {
            1 => None,
            _ if layer.is_vector() => None,
            _ => Some(activation_grid(layer, Scale::PerMap, layout)?),
        };
        maps.push((shared, own));
    }
    let id = format!("input-{number}");
    Ok(html! {
        section id=(id) aria-labelledby=(format!("{id}-title")) {
            h2 id=(format!("{id}-title")) { (trial.name) " " span .verdict { (verdict(trial)) } }
            @for note in &trial.notes { p .note { (note) } }
            @if let Some(count) = run.counted(trial.count) {
                p .note { (grouped(count)) " " (run.counter.unit()) }
            }
            div .pictures {
                @for drawing in &stimuli { (figure(drawing)) }
                (figure(&scores))
            }
            (occlusion(trial)?)
            h3 { "Every layer" }
            div .pictures {
                @for (shared, own) in &maps {
                    @match own {
                        Some(own) => (alternatives([("shared", shared), ("per-map", own)])),
                        None => (figure(shared)),
                    }
                }
            }
        }
    })
}

fn verdict(trial: &InputResult) -> String {
    let scores = &trial.scores;
    let Some(class) = scores.predicted() else {
        return String::new();
    };
    let prediction = format!(
        "→ {}, {}",
        scores.labels[class],
        percent(scores.probabilities[class])
    );
    match scores
        .expected
        .and_then(|expected| scores.labels.get(expected))
    {
        Some(expected) if scores.expected != Some(class) => {
            format!("{prediction}; label {expected}")
        }
        _ => prediction,
    }
}

fn occlusion(trial: &InputResult) -> Result<Markup, PictureError> {
    let Some(occlusion) = &trial.occlusion else {
        return Ok(html! {});
    };
    let range = ProbabilityRange::LeastToGreatest;
    let lecture = occlusion_map(occlusion, Palette::Lecture, range)?;
    let safe = occlusion_map(occlusion, Palette::ColourBlindSafe, range)?;
    Ok(html! {
        h3 { "What mattered" }
        div .pictures {
            (alternatives([("lecture", &lecture), ("safe", &safe)]))
        }
        @if let Some([done, full]) = trial.occlusion_macs {
            p .note {
                (grouped(done)) " multiply-accumulates; full inferences would take " (grouped(full))
                @if done > 0 { ": " (format!("{:.1}", full as f64 / done as f64)) " times fewer" }
            }
        }
    })
}
