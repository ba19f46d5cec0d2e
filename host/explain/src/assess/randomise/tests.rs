//! What weights become, and which are exchanged together.

use std::ops::ControlFlow;

use super::*;
use crate::assess::{self, Assessment, Metric};
use crate::attribute::tests::networks::{INPUT, dense};
use crate::attribute::{Gradient, Method};
use crate::float_model::Overrides;

/// Each agreement is that of the map with the weights that should be exchanged, and only those.
#[test]
fn cascading_exchanges_all_layers_above_and_independent_one() {
    let model = dense();
    let metric = Metric::Randomisation {
        redraw: Redraw::Initial,
        seed: 5,
    };
    let method: Method = Gradient.into();
    let assessment = Assessment {
        model: &model,
        method: &method,
        metric: &metric,
        seed: 0,
    };
    let mut told = Vec::new();
    let inputs = [INPUT.to_vec(), vec![0.5; 4]];
    let measures = assess::measure(assessment, &inputs, &mut |done, all| {
        told.push((done, all));
        ControlFlow::Continue(())
    })
    .expect("a measure");
    // The model itself, two layers cascading and two alone, for two inputs.
    assert!(told.iter().all(|&(_, all)| all == 10));
    told.dedup();
    let last: Vec<usize> = told.iter().map(|&(done, _)| done).collect();
    assert_eq!(
        (last.first().copied() <= Some(1), last.last()),
        (true, Some(&10))
    );
    assert!(measures.fit(assessment, 2));
    let rows = assess::measure(assessment, &inputs[..1], &mut |_, _| {
        ControlFlow::Continue(())
    })
    .expect("a measure")
    .rows(assessment);
    let mut random = Random::new(5);
    let [top, below] = ["y", "z"].map(|name| {
        let layer = model.find(name).expect("a layer");
        Redraw::Initial.of(&model, layer, &mut random)
    });
    let aim = Aim::predicted(&model, &INPUT, ClassValue::Logit).expect("a class");
    let map = |model: &FloatModel| {
        let run = &mut Run {
            model,
            input: &INPUT,
            aim: &aim,
            plans: &mut Plans::default(),
            answers: None,
            report: &mut |_, _| ControlFlow::Continue(()),
        };
        Candidate::Method(&method).map(run).expect("a map").pixels
    };
    let with = |drawn: &[&Vec<_>]| {
        let changed = drawn.iter().flat_map(|one| one.iter().cloned()).collect();
        let other = model.with_constants(&changed).expect("a model");
        agreement(&map(&model), &map(&other), [2, 2])
    };
    let wanted = [
        with(&[&top]),
        with(&[&top, &below]),
        with(&[&top]),
        with(&[&below]),
    ];
    for (have, want) in rows[0].layers.iter().zip(wanted) {
        let have = [
            have.ssim,
            have.ssim_absolute,
            have.spearman,
            have.spearman_absolute,
        ];
        assert_eq!(have, want);
    }
    assert_eq!(rows[0].value, wanted[1][3]);
}

#[test]
fn initial_weights_are_normal_and_biases_are_0() {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let id = model.find("fc").expect("a dense layer");
    let drawn = Redraw::Initial.of(&model, id, &mut Random::new(2));
    let weights = drawn[0].1.floats().expect("weights");
    assert_eq!(weights.len(), 12_500);
    let squares: f64 = weights.iter().map(|&w| f64::from(w).powi(2)).sum();
    // He et al. 2015: a variance of 2 over the fan-in; five standard errors of a variance.
    let variance = squares / 12_500.0;
    let wanted = 2.0 / 1250.0;
    assert!((variance / wanted - 1.0).abs() < 5.0 * (2.0 / 12_500.0_f64).sqrt());
    assert!(
        drawn.len() == 2
            && drawn[1]
                .1
                .floats()
                .expect("biases")
                .iter()
                .all(|&b| b == 0.0)
    );
    // Permuted they are the same ones elsewhere, wherever they were.
    let before = model.layer_constants(id).expect("weights").constants;
    let drawn = Redraw::Permuted.of(&model, id, &mut Random::new(2));
    for ((_, before), (_, after)) in before.iter().zip(&drawn) {
        let [mut before, mut after] =
            [before, after].map(|values| values.floats().expect("numbers").to_vec());
        let same = before.iter().zip(&after).filter(|(a, b)| a == b).count();
        assert!(same < 8, "{same} stay");
        before.sort_by(f32::total_cmp);
        after.sort_by(f32::total_cmp);
        assert_eq!(before, after);
    }
}

#[test]
fn every_order_is_as_likely_as_any_other() {
    let mut random = Random::new(3);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..6000 {
        let mut values = [0.0, 1.0, 2.0];
        shuffle(&mut values, &mut random);
        *counts.entry(values.map(|value| value as u8)).or_insert(0) += 1;
    }
    // Five standard errors of 1000 are 145.
    assert_eq!(counts.len(), 6);
    assert!(
        counts.values().all(|count| (855..=1145).contains(count)),
        "{counts:?}"
    );
}
