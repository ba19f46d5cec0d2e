//! What a measure says of each input: it can be kept, and joined with that of other inputs.

use serde::{Deserialize, Serialize};

use super::curve::{Curve, Point};
use super::layers::{LayerAgreement, Order, layers};
use super::{Assessment, Metric, Row};
use crate::exact::Exact;

/// The measures of inputs, in the order of the inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// For each input those of the method, of chance and of edges.
    of_inputs: Vec<Vec<One>>,
}

/// A measure of one map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct One {
    value: Option<Exact>,
    curve: Vec<[Exact; 2]>,
    /// Agreements after each layer's weights were exchanged: cascading, then independent,
    /// each from the top down.
    layers: Vec<[Option<Exact>; 4]>,
}

impl One {
    /// A measure that is a number.
    pub fn of_value(value: Option<f64>) -> Self {
        Self {
            value: value.map(Exact),
            ..Self::default()
        }
    }

    /// A measure that is a curve and its area.
    pub fn of_curve(curve: &Curve) -> Self {
        let points = curve.points.iter();
        Self {
            value: Some(Exact(curve.area)),
            curve: points
                .map(|point| [Exact(point.share), Exact(point.value)])
                .collect(),
            layers: Vec::new(),
        }
    }

    /// Adds the agreement after one more layer.
    pub fn push_layer(&mut self, agreement: [Option<f64>; 4]) {
        self.layers.push(agreement.map(|number| number.map(Exact)));
    }
}

impl Measures {
    /// Adds an input.
    pub(super) fn push(&mut self, of_input: Vec<One>) {
        self.of_inputs.push(of_input);
    }

    /// Inputs that were measured.
    pub fn len(&self) -> usize {
        self.of_inputs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.of_inputs.is_empty()
    }

    /// Adds the inputs after these.
    pub fn join(&mut self, other: Self) {
        self.of_inputs.extend(other.of_inputs);
    }

    /// Whether they can be of `assessment` and of at most `inputs` inputs: what comes out of a
    /// file may not.
    pub fn fit(&self, assessment: Assessment<'_>, inputs: usize) -> bool {
        let [_, height, width] = assessment.model.input_shape();
        let points = match assessment.metric {
            Metric::Curve { step, .. } => (height * width).div_ceil((*step).max(1)) + 1,
            _ => 0,
        };
        let agreements = match assessment.metric {
            Metric::Randomisation { .. } => 2 * layers(assessment.model).len(),
            _ => 0,
        };
        let fits = |one: &One| one.curve.len() == points && one.layers.len() == agreements;
        let candidates = assessment.candidates().len();
        self.len() <= inputs
            && self
                .of_inputs
                .iter()
                .all(|ones| ones.len() == candidates && ones.iter().all(fits))
    }

    /// The table: means over the inputs where a measure has a value.
    pub fn rows(&self, assessment: Assessment<'_>) -> Vec<Row> {
        let candidates = assessment.candidates();
        let names = candidates.iter().map(|candidate| candidate.name());
        names
            .enumerate()
            .map(|(at, map)| {
                let ones = self.of_inputs.iter().filter_map(|ones| ones.get(at));
                let ones: Vec<&One> = ones.collect();
                match assessment.metric {
                    Metric::Randomisation { .. } => randomised(map, &ones, assessment),
                    _ => row(map, &ones),
                }
            })
            .collect()
    }
}

fn row(map: &'static str, ones: &[&One]) -> Row {
    let known: Vec<f64> = ones.iter().filter_map(|one| Some(one.value?.0)).collect();
    let first = ones.first().map_or(&[][..], |one| &one.curve);
    let curve = first.iter().enumerate().map(|(at, [share, _])| {
        let sum: f64 = ones.iter().map(|one| one.curve[at][1].0).sum();
        Point {
            share: share.0,
            value: sum / ones.len() as f64,
        }
    });
    Row {
        map,
        value: mean(&known),
        inputs: known.len(),
        curve: curve.collect(),
        layers: Vec::new(),
    }
}

/// The agreement after each layer; the value is the rank correlation of the magnitudes with
/// all layers exchanged.
fn randomised(map: &'static str, ones: &[&One], assessment: Assessment<'_>) -> Row {
    let model = assessment.model;
    let layers = layers(model);
    let mut row = Row {
        map,
        ..Row::default()
    };
    let orders = [Order::Cascading, Order::Independent];
    let named = orders
        .iter()
        .flat_map(|&order| layers.iter().map(move |&layer| (order, layer)));
    for (at, (order, layer)) in named.enumerate() {
        let known = |which: usize| -> Vec<f64> {
            let agreements = ones.iter().filter_map(|one| one.layers[at][which]);
            agreements.map(|number| number.0).collect()
        };
        let of = |which: usize| mean(&known(which));
        row.layers.push(LayerAgreement {
            order,
            layer: model.layer(layer).name.clone(),
            ssim: of(0),
            ssim_absolute: of(1),
            spearman: of(2),
            spearman_absolute: of(3),
        });
        if order == Order::Cascading {
            row.value = of(3);
            row.inputs = known(3).len();
        }
    }
    row
}

/// The arithmetic mean, where there is a number.
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
