//! One pass over the data.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ranking::{Excitation, Ranking};
use super::unit::{By, Unit};
use crate::beside::BoardLayer;
use crate::data::{Data, DataError, DataInput};
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Forward, LayerId};
use cortexscope_net::RequestError;
use cortexscope_rig::Rig;
use cortexscope_rig::session::{Mode, SessionError, TensorSet};

/// Inputs between two reports: enough that threads seldom wait for each other.
const CHUNK: usize = 128;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// The units.
    pub units: Vec<Unit>,
    /// Which number stands for a map.
    pub by: By,
    /// Inputs to keep for each unit.
    pub keep: usize,
    /// The numbers of the inputs to look at.
    pub inputs: Range<usize>,
}

/// The best inputs that a search found so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchRankings {
    /// The number of the next input to look at: all before it are counted.
    pub next: usize,
    /// The best inputs of each unit, in the order of the units.
    pub rankings: Vec<Ranking>,
}

/// Why a search cannot go on.
#[derive(Debug, Error)]
pub enum SearchError {
    /// An input cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The float model cannot be run.
    #[error(transparent)]
    Model(#[from] FloatModelError),
    /// The board does not answer as it should.
    #[error(transparent)]
    Board(#[from] SessionError),
    /// The board left the layer out.
    #[error(
        "the board did not send {layer}: its firmware may be of another version; flash it again \
         and repeat the command"
    )]
    Missing {
        /// The layer on the board.
        layer: String,
    },
}

impl RequestError for SearchError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Model(error) => error.is_request(),
            Self::Board(_) | Self::Missing { .. } => false,
        }
    }
}

impl Search {
    /// What decides its result beside model and data, in words; `board` says which board is
    /// asked, too.
    pub fn parameters(&self, model: &FloatModel, board: Option<&str>) -> String {
        let units: Vec<_> = self.units.iter().map(|unit| unit.name(model)).collect();
        let board = board.map_or_else(String::new, |board| format!(", {board}"));
        let (keep, by) = (self.keep, self.by.name());
        format!("k {keep}, by {by}, of {}{board}", units.join(" "))
    }

    /// Nothing found yet.
    pub fn begin(&self) -> SearchRankings {
        SearchRankings {
            next: self.inputs.start,
            rankings: vec![Ranking::default(); self.units.len()],
        }
    }

    /// Whether `found` can be of this search: what comes out of a file may not.
    pub fn fits(&self, found: &SearchRankings) -> bool {
        let is_of = |unit: &Unit, ranking: &Ranking| {
            ranking.best.len() <= self.keep
                && ranking.best.iter().all(|best| {
                    self.inputs.start <= best.input
                        && best.input < found.next
                        && unit.at.is_none_or(|at| at == best.at)
                })
        };
        (self.inputs.start..=self.inputs.end).contains(&found.next)
            && found.rankings.len() == self.units.len()
            && self
                .units
                .iter()
                .zip(&found.rankings)
                .all(|(unit, ranking)| is_of(unit, ranking))
    }

    /// Adds what `other` found of the inputs after those of `found`.
    pub fn join(&self, found: &mut SearchRankings, other: SearchRankings) {
        for (ranking, other) in found.rankings.iter_mut().zip(other.rankings) {
            ranking.merge(other, self.keep);
        }
        found.next = other.next;
    }

    /// Layers that the units are in, each once.
    fn layers(&self) -> Vec<LayerId> {
        let mut layers: Vec<_> = self.units.iter().map(|unit| unit.layer).collect();
        layers.sort();
        layers.dedup();
        layers
    }

    /// Runs `model` on the data from where `found` ends, on all threads, and no further
    /// than the units' layers. `report` sees what is found after every part of the data and
    /// may end the search.
    ///
    /// # Errors
    /// [`SearchError`]; what was found before stays in `found`.
    pub fn run(
        &self,
        model: &FloatModel,
        data: &Data,
        found: &mut SearchRankings,
        report: &mut dyn FnMut(&SearchRankings) -> ControlFlow<()>,
    ) -> Result<(), SearchError> {
        let layers = self.layers();
        let forward = Forward::new(model, &layers)?;
        let end = self.inputs.end.min(data.len());
        while found.next < end {
            let last = (found.next + CHUNK).min(end);
            let part = (found.next..last)
                .into_par_iter()
                .try_fold(
                    || vec![Ranking::default(); self.units.len()],
                    |mut rankings, index| -> Result<_, SearchError> {
                        let input = data.input(index)?;
                        let values = forward.run(&input.values)?;
                        let of = |layer: LayerId| {
                            let at = layers.iter().position(|&other| other == layer);
                            at.map_or(&[][..], |at| &values[at])
                        };
                        for (unit, ranking) in self.units.iter().zip(&mut rankings) {
                            let shape = model.layer(unit.layer).shape;
                            let is_rectified = model.is_rectified(unit.layer);
                            self.offer(unit, index, of(unit.layer), shape, is_rectified, ranking);
                        }
                        Ok(rankings)
                    },
                )
                .try_reduce(
                    || vec![Ranking::default(); self.units.len()],
                    |mut rankings, other| {
                        for (ranking, other) in rankings.iter_mut().zip(other) {
                            ranking.merge(other, self.keep);
                        }
                        Ok(rankings)
                    },
                )?;
            for (ranking, part) in found.rankings.iter_mut().zip(part) {
                ranking.merge(part, self.keep);
            }
            found.next = last;
            if report(found).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The same on the board of `rig`, over the int8 activations that it sends of `layers`,
    /// one for each unit. A value is in real units: steps from zero times the worth of one.
    ///
    /// # Errors
    /// As [`Search::run`].
    pub fn run_on_board(
        &self,
        rig: &mut Rig,
        layers: &[BoardLayer],
        data: &Data,
        found: &mut SearchRankings,
        report: &mut dyn FnMut(&SearchRankings) -> ControlFlow<()>,
    ) -> Result<(), SearchError> {
        let taps: TensorSet = layers.iter().map(|layer| layer.tensor).collect();
        while found.next < self.inputs.end.min(data.len()) {
            let input = data.input(found.next)?;
            self.ask(rig, layers, taps, &input, found)?;
            found.next += 1;
            if report(found).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// One input on the board.
    fn ask(
        &self,
        rig: &mut Rig,
        layers: &[BoardLayer],
        taps: TensorSet,
        input: &DataInput,
        found: &mut SearchRankings,
    ) -> Result<(), SearchError> {
        let steps = rig.model.quantise(&input.values);
        let recording = rig.infer(&steps, Mode::Fused, taps, &mut |_| {})?;
        for (at, (unit, layer)) in self.units.iter().zip(layers).enumerate() {
            let values = if layer.is_logits {
                recording.logits.clone()
            } else {
                let mut sent = recording.activations.iter();
                let sent = sent.find(|activation| activation.tensor == layer.tensor);
                let missing = || SearchError::Missing {
                    layer: layer.name.clone(),
                };
                sent.ok_or_else(missing)?.real()
            };
            let ranking = &mut found.rankings[at];
            self.offer(
                unit,
                found.next,
                &values,
                layer.shape,
                layer.is_rectified,
                ranking,
            );
        }
        Ok(())
    }

    /// Offers one input to one unit. A rectified unit that stays at 0 was not excited.
    fn offer(
        &self,
        unit: &Unit,
        input: usize,
        values: &[f32],
        shape: [usize; 3],
        is_rectified: bool,
        ranking: &mut Ranking,
    ) {
        let (value, at) = unit.read(values, shape, self.by);
        if !is_rectified || value > 0.0 {
            ranking.offer(Excitation { input, value, at }, self.keep);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::open_data;
    use cortexscope_explain::float_model::Overrides;

    fn lenet() -> FloatModel {
        FloatModel::open("lenet5", &Overrides::default()).unwrap()
    }

    fn search(model: &FloatModel, layer: &str, keep: usize, images: usize) -> Search {
        let units = Unit::maps(model, model.find(layer).unwrap());
        let by = By::Maximum;
        Search {
            units,
            by,
            keep,
            inputs: 0..images,
        }
    }

    /// Threads, parts and an interruption change nothing, and one run after the other of the
    /// plain forward pass says the same.
    #[test]
    fn a_search_is_what_one_forward_pass_after_the_other_says() {
        let model = lenet();
        let data = open_data("mnist", &model).unwrap();
        let search = search(&model, "pool2", 3, CHUNK + 12);
        let mut found = search.begin();
        let mut calls = 0;
        let mut once = |_: &SearchRankings| {
            calls += 1;
            ControlFlow::Break(())
        };
        search.run(&model, &data, &mut found, &mut once).unwrap();
        assert_eq!((calls, found.next), (1, CHUNK));
        let mut on = |_: &SearchRankings| ControlFlow::Continue(());
        search.run(&model, &data, &mut found, &mut on).unwrap();

        let layer = model.find("pool2").unwrap();
        let forward = Forward::new(&model, &[layer]).unwrap();
        let mut of_map = vec![Vec::new(); 16];
        for index in search.inputs.clone() {
            let input = data.input(index).unwrap();
            let values = forward.run(&input.values).unwrap().remove(0);
            for (map, found) in values.chunks_exact(25).zip(&mut of_map) {
                let greatest = map.iter().copied().fold(0.0_f32, f32::max);
                found.push((greatest, index));
            }
        }
        for (expected, ranking) in of_map.iter_mut().zip(&found.rankings) {
            expected.retain(|&(value, _)| value > 0.0);
            expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            expected.truncate(3);
            let found: Vec<_> = ranking.best.iter().map(|e| (e.value, e.input)).collect();
            assert_eq!(&found, expected);
        }
    }

    /// ReLU(x − 2) of pixels from 0 to 1 never fires, and no more with a bound above.
    #[test]
    fn a_rectified_layer_that_never_fires_has_no_inputs() {
        use cortexscope_net::onnx::builder::{GraphBuilder, Size};
        use tract_onnx::pb::tensor_proto::DataType;
        for operator in ["Relu", "Clip"] {
            let mut graph = GraphBuilder::new("dead");
            graph.input("x", DataType::Float, &[1, 1, 28, 28].map(Size::Fixed));
            graph.f32s("w", &[2, 1, 1, 1], &[1.0, 1.0]);
            graph.f32s("b", &[2], &[-2.0, 0.0]);
            graph.f32s("zero", &[], &[0.0]);
            graph.f32s("six", &[], &[6.0]);
            graph.node("Conv", &["x", "w", "b"], "c", Vec::new());
            let inputs = match operator {
                "Clip" => &["c", "zero", "six"][..],
                _ => &["c"],
            };
            graph.node(operator, inputs, "y", Vec::new());
            graph.output("y", DataType::Float, &[]);
            let path = std::path::PathBuf::from("dead.onnx").into();
            let model = FloatModel::from_bytes(&graph.emit(13), path, &Overrides::default());
            let model = model.unwrap();
            let data = open_data("mnist", &model).unwrap();
            for (layer, counts) in [("y", [0, 2]), ("c", [2, 2])] {
                let search = search(&model, layer, 2, 5);
                let mut found = search.begin();
                let mut on = |_: &SearchRankings| ControlFlow::Continue(());
                search.run(&model, &data, &mut found, &mut on).unwrap();
                let have: Vec<_> = found.rankings.iter().map(|r| r.best.len()).collect();
                assert_eq!(have, counts, "{operator}, {layer}");
            }
        }
    }
}
