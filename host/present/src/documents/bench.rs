//! The document of `cortexscope bench`, and the comparison of two of them.

use super::Document;
use cortexscope_net::described;
use cortexscope_rig::bench;
use cortexscope_rig::session::Mode;
use serde::Deserialize;

/// A rise that fails the comparison, as a share of the earlier count.
const RISE: f64 = 0.02;

described! {
    /// What each layer of one or more models costs on a board. The file
    /// `firmware/boards/<board>/bench.json` is such a document without `elf_build_id`. The
    /// floor of a layer is half an instruction for each multiply-accumulate.
    pub struct Bench {
        /// The results, as they can be kept.
        #[serde(flatten)]
        pub kept: KeptBench,
        /// GNU build ID of the firmware, in hexadecimal, as the board reports it; `null` if it
        /// has none.
        pub elf_build_id: Option<String>,
    }

    /// What is kept of a bench, to be compared with a later one.
    #[derive(Deserialize)]
    pub struct KeptBench {
        /// The board's own name.
        pub board: String,
        /// The compiler of the firmware, as its ELF file says; `null` for a board without one.
        pub compiler: Option<String>,
        /// The plan that ran: `fused` or `tapped`.
        pub mode: Mode,
        /// What the board counts: `instructions` or `cycles`; `null` on a board that counts
        /// neither.
        pub unit: Option<String>,
        /// One entry for each model.
        pub models: Vec<ModelBench>,
    }

    /// What one model costs.
    #[derive(Deserialize)]
    pub struct ModelBench {
        /// The network's name in the board image.
        pub model: String,
        /// The engine's own name.
        pub engine: String,
        /// Instructions of one inference; cycles on a board that counts cycles; `null` on a
        /// board that counts neither.
        pub total_instructions: Option<u64>,
        /// The layers in the order of execution.
        pub layers: Vec<LayerBench>,
        /// A map of a 7×7 patch at stride 1, or of one as large as an input that is smaller.
        pub occlusion: OcclusionBench,
    }

    /// What one layer costs.
    #[derive(Deserialize)]
    pub struct LayerBench {
        /// The layer's name.
        pub name: String,
        /// Instructions or cycles of the layer; `null` if they were not counted.
        pub instructions: Option<u64>,
        /// Its multiply-accumulates.
        pub macs: u64,
        /// Instructions for each multiply-accumulate; `null` for a layer without any.
        pub instructions_per_mac: Option<f64>,
        /// The floor as a share of the layer's instructions, from 0 to 1; `null` for a layer
        /// without multiply-accumulates.
        pub floor_share: Option<f64>,
        /// How the board's firmware computes it, as it is built by default: `pooled sums`,
        /// `sums`, `nine taps`, `Winograd`, `wide pairs`, `pairs`, `four rows` or `plain`.
        #[serde(default)]
        pub kernel: String,
        /// Bytes of the board image that only this kernel reads.
        #[serde(default)]
        pub packed_bytes: u64,
        /// Cycles of the innermost loop by the manual of the Cortex-M4, without what flash
        /// adds and without what is around the loop: an estimate, not a measurement. `null`
        /// for another core and for a layer without such a loop.
        #[serde(default)]
        pub estimated_loop_cycles: Option<u64>,
    }

    /// What an occlusion map costs.
    #[derive(Deserialize)]
    pub struct OcclusionBench {
        /// Positions of the patch; 0 where the map was left out, or the board has no room for
        /// it.
        pub positions: u64,
        /// Instructions or cycles of the whole map; `null` if they were not counted.
        pub instructions: Option<u64>,
        /// The same as a share of one whole inference for each position.
        pub share_of_full_inferences: Option<f64>,
    }
}

impl Document for Bench {
    const NAME: &'static str = "bench";
}

impl Document for KeptBench {
    const NAME: &'static str = Bench::NAME;
}

impl ModelBench {
    /// What `model` costs with `engine`.
    pub fn new(model: &str, engine: &str, costs: &bench::Bench) -> Self {
        Self {
            model: model.to_owned(),
            engine: engine.to_owned(),
            total_instructions: costs.total,
            layers: costs.layers.iter().map(LayerBench::from).collect(),
            occlusion: OcclusionBench {
                positions: costs.occlusion.positions,
                instructions: costs.occlusion.count,
                share_of_full_inferences: costs.occlusion_share(),
            },
        }
    }

    /// Every count, with what it counts.
    fn counts(&self) -> impl Iterator<Item = (String, u64)> {
        let total = ("in total", self.total_instructions);
        let layers = self.layers.iter();
        let layers = layers.map(|layer| (layer.name.as_str(), layer.instructions));
        let occlusion = ("occlusion", self.occlusion.instructions);
        let counts = [total].into_iter().chain(layers).chain([occlusion]);
        counts.filter_map(|(what, count)| Some((format!("{} {what}", self.model), count?)))
    }
}

impl From<&bench::LayerBench> for LayerBench {
    fn from(layer: &bench::LayerBench) -> Self {
        Self {
            name: layer.name.clone(),
            instructions: layer.count,
            macs: layer.macs,
            instructions_per_mac: layer.per_mac(),
            floor_share: layer.floor_share(),
            kernel: layer.kernel.name().to_owned(),
            packed_bytes: layer.packed_bytes,
            estimated_loop_cycles: layer.loop_cycles,
        }
    }
}

impl KeptBench {
    /// What takes over 2 % more than in `before`, one line for each.
    pub fn rises_since(&self, before: &Self) -> Vec<String> {
        let counts = |bench: &Self| -> Vec<(String, u64)> {
            bench.models.iter().flat_map(ModelBench::counts).collect()
        };
        let before = counts(before);
        let unit = self.unit.as_deref().unwrap_or("counts");
        let risen = counts(self).into_iter().filter_map(|(what, count)| {
            let (_, was) = before.iter().find(|(name, _)| *name == what)?;
            let most = *was as f64 * (1.0 + RISE);
            (count as f64 > most).then(|| format!("{what}: {count} {unit}, {was} before"))
        });
        risen.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_rig::kernel::Kernel;

    fn kept(total: u64, conv: u64, occlusion: u64) -> KeptBench {
        let costs = bench::Bench {
            total: Some(total),
            layers: vec![bench::LayerBench {
                name: "conv".to_owned(),
                macs: 10,
                count: Some(conv),
                kernel: Kernel::Plain,
                packed_bytes: 0,
                loop_cycles: None,
            }],
            occlusion: bench::OcclusionBench {
                positions: 4,
                count: Some(occlusion),
            },
        };
        KeptBench {
            board: "board".to_owned(),
            compiler: None,
            mode: Mode::Fused,
            unit: Some("cycles".to_owned()),
            models: vec![ModelBench::new("net", "static", &costs)],
        }
    }

    #[test]
    fn a_rise_of_more_than_two_per_cent_is_told() {
        let before = kept(1000, 100, 5000);
        assert!(kept(1020, 102, 5100).rises_since(&before).is_empty());
        assert!(kept(10, 1, 50).rises_since(&before).is_empty());
        assert_eq!(
            kept(1021, 103, 5101).rises_since(&before),
            [
                "net in total: 1021 cycles, 1000 before",
                "net conv: 103 cycles, 100 before",
                "net occlusion: 5101 cycles, 5000 before",
            ]
        );
    }

    #[test]
    fn the_occlusion_is_a_share_of_whole_inferences() {
        let share = kept(1000, 1, 1000).models[0]
            .occlusion
            .share_of_full_inferences;
        assert_eq!(share, Some(0.25));
    }

    #[test]
    fn what_is_kept_can_be_read_again() {
        let kept = kept(1000, 100, 5000);
        let text = kept.to_text().expect("a document");
        assert!(text.contains("\"schema\": \"cortexscope.bench.1\""));
        assert_eq!(
            serde_json::from_str::<KeptBench>(&text).expect("the same"),
            kept
        );
    }
}
