//! What each layer costs on a board, and whether it costs more than it did.

use cortexscope_compile::layout::channels_last;

use crate::Rig;
use crate::session::{InferRequest, Mode, OccludeRequest, SessionError, TensorSet};
use serde_json::{Value, json};

/// A rise that is not accepted, in parts of what was.
const RISE: f64 = 0.02;

/// The occluder that is measured: the lecture's window, at every position.
const OCCLUDER: OccludeRequest = OccludeRequest {
    window: [7, 7],
    stride: [1, 1],
    fill: 0,
    class: None,
};

/// What one model costs on one board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Instructions or cycles of one inference; none if the board cannot count.
    pub total: Option<u64>,
    /// The layers, in order of execution.
    pub layers: Vec<LayerBench>,
    /// A map of the occluder at every position.
    pub occlusion: OcclusionBench,
}

/// What one layer costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerBench {
    /// The layer's name.
    pub name: String,
    /// Its multiplications.
    pub macs: u64,
    /// Instructions or cycles.
    pub count: Option<u64>,
}

/// What an occlusion map costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OcclusionBench {
    /// Positions of the occluder.
    pub positions: u64,
    /// Instructions or cycles of all of them, the base inference included.
    pub count: Option<u64>,
}

impl LayerBench {
    /// Instructions for each multiplication; none for a layer that has none.
    pub fn per_mac(&self) -> Option<f64> {
        (self.macs > 0).then(|| Some(self.count? as f64 / self.macs as f64))?
    }

    /// Which part of the instructions is the floor: two multiplications each.
    pub fn floor_share(&self) -> Option<f64> {
        self.per_mac().map(|per_mac| 0.5 / per_mac)
    }
}

impl Bench {
    /// Instructions of the map in parts of as many whole inferences.
    pub fn occlusion_share(&self) -> Option<f64> {
        let full = self.total? as f64 * self.occlusion.positions as f64;
        Some(self.occlusion.count? as f64 / full)
    }

    /// What is kept of it.
    pub fn document(&self, model: &str, engine: &str) -> Value {
        let layers = self.layers.iter().map(|layer| {
            json!({
                "name": layer.name,
                "instructions": layer.count,
                "macs": layer.macs,
                "instructions_per_mac": layer.per_mac(),
                "floor_share": layer.floor_share(),
            })
        });
        json!({
            "model": model,
            "engine": engine,
            "total_instructions": self.total,
            "layers": layers.collect::<Vec<_>>(),
            "occlusion": {
                "positions": self.occlusion.positions,
                "instructions": self.occlusion.count,
                "share_of_full_inferences": self.occlusion_share(),
            },
        })
    }
}

/// Measures one inference of `input`, int8 `[C, H, W]`, and one occlusion map.
///
/// # Errors
/// [`SessionError`].
pub fn bench(rig: &mut Rig, input: &[i8], mode: Mode) -> Result<Bench, SessionError> {
    let image = rig.model.image.clone();
    let model = image.model();
    let request = InferRequest {
        mode,
        taps: TensorSet::NONE,
        paint: None,
    };
    let board_input = channels_last(input, model.input().shape);
    let inference = rig.session.infer(&board_input, &request, &mut |_| {})?;
    let layers = model.layers().filter_map(|layer| {
        let cost = inference
            .layers
            .iter()
            .find(|cost| cost.tensor == layer.output)?;
        Some(LayerBench {
            name: model.tensor(layer.output)?.name.to_owned(),
            macs: layer.op.macs(),
            count: cost.count,
        })
    });
    let layers = layers.collect();
    let map = rig.occlude(input, &OCCLUDER, &mut |_| {})?;
    Ok(Bench {
        total: inference.count,
        layers,
        occlusion: OcclusionBench {
            positions: map.probabilities.len() as u64,
            count: map.count,
        },
    })
}

/// What takes more instructions in `now` than in `before`, by more than 2 %: two
/// documents with a list of [`Bench::document`] in `models`.
pub fn rises(before: &Value, now: &Value) -> Vec<String> {
    let before = counts(before);
    let now = counts(now);
    let risen = now.into_iter().filter_map(|(what, count)| {
        let (_, was) = before.iter().find(|(name, _)| *name == what)?;
        let most = *was as f64 * (1.0 + RISE);
        (count as f64 > most).then(|| format!("{what}: {count} instructions, {was} before"))
    });
    risen.collect()
}

/// Every count of a document, with what it counts.
fn counts(document: &Value) -> Vec<(String, u64)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut counts = Vec::new();
    for model in list(&document["models"]) {
        let name = text(&model["model"]);
        let mut note = |what: &str, count: &Value| {
            counts.extend(
                count
                    .as_u64()
                    .map(|count| (format!("{name} {what}"), count)),
            );
        };
        note("in total", &model["total_instructions"]);
        for layer in list(&model["layers"]) {
            note(&text(&layer["name"]), &layer["instructions"]);
        }
        note("occlusion", &model["occlusion"]["instructions"]);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(total: u64, conv: u64, occlusion: u64) -> Value {
        let bench = Bench {
            total: Some(total),
            layers: vec![LayerBench {
                name: "conv".to_owned(),
                macs: 10,
                count: Some(conv),
            }],
            occlusion: OcclusionBench {
                positions: 4,
                count: Some(occlusion),
            },
        };
        json!({ "models": [bench.document("net", "static")] })
    }

    #[test]
    fn a_rise_of_more_than_two_per_cent_is_told() {
        let before = document(1000, 100, 5000);
        assert!(rises(&before, &document(1020, 102, 5100)).is_empty());
        assert!(rises(&before, &document(10, 1, 50)).is_empty());
        let told = rises(&before, &document(1021, 103, 5101));
        assert_eq!(
            told,
            [
                "net in total: 1021 instructions, 1000 before",
                "net conv: 103 instructions, 100 before",
                "net occlusion: 5101 instructions, 5000 before",
            ]
        );
    }

    #[test]
    fn shares_are_of_two_products_an_instruction_and_of_whole_inferences() {
        let layer = LayerBench {
            name: String::new(),
            macs: 100,
            count: Some(200),
        };
        assert_eq!(
            (layer.per_mac(), layer.floor_share()),
            (Some(2.0), Some(0.25))
        );
        let pool = LayerBench { macs: 0, ..layer };
        assert_eq!((pool.per_mac(), pool.floor_share()), (None, None));
        let share = &document(1000, 1, 1000)["models"][0]["occlusion"]["share_of_full_inferences"];
        assert_eq!(share.as_f64(), Some(0.25));
    }
}
