//! Session 210325 of V4, which has repeats: what of the explainable variance a layer explains.

use cortexscope_brain::data::{Images, NumberArray, Responses, Span};
use cortexscope_brain::encode::{Features, Method, Request, Ridge, explainable, fit, reliability};
use cortexscope_statistics::pearson;

use crate::session::{CELLS, alexnet};
use crate::{go_on, median, outside};

const FOLDS: usize = 4;

/// Predictions `[neurons][images]`, of each image by readouts fitted to the other folds.
fn predicted(features: &Features, array: &NumberArray) -> Vec<Vec<f64>> {
    let [neurons, images, repeats] = *array.shape else {
        panic!("{:?} is not [neurons, images, repeats]", array.shape)
    };
    let mut predicted = vec![vec![0.0; images]; neurons];
    for fold in 0..FOLDS {
        let (test, mut order): (Vec<_>, Vec<_>) =
            (0..images).partition(|image| image % FOLDS == fold);
        let train = order.len();
        order.extend(&test);
        let rows = order.iter().flat_map(|&image| features.row(image));
        let moved = Features {
            shape: features.shape,
            values: rows.copied().collect(),
        };
        let trials = (0..neurons).flat_map(|neuron| {
            let of_image = move |&image: &usize| (neuron * images + image) * repeats;
            let starts = order.iter().map(of_image);
            starts.flat_map(|start| &array.values[start..start + repeats])
        });
        let values = trials.copied().collect();
        let responses = NumberArray {
            values,
            ..array.clone()
        };
        let responses = Responses::new(responses, Some(-1.0)).unwrap();
        let span = |start, end| Span { start, end };
        let request = Request {
            train: span(0, train),
            test: span(train, images),
            method: Method::Ridge(Ridge::new(1)),
            seed: 0,
        };
        let found = fit(moved, &responses, &request, None, &mut go_on).unwrap();
        for (own, all) in predicted.iter_mut().zip(found.predictions) {
            for (&image, value) in test.iter().zip(&all[train..]) {
                own[image] = *value;
            }
        }
    }
    predicted
}

/// AlexNet's third layer and 480 training images: r .574, r²/SB .429 and r²_ER .413 by an
/// independent implementation. The paper's figure for its own neurons and fit is .89.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn the_third_layer_explains_two_fifths_of_the_explainable_variance() {
    let file = outside("brain/v4_210325_bashivan640.npz");
    let images = Images::open(&format!("{file}:images")).unwrap();
    let array = NumberArray::open(&format!("{file}:responses_raw")).unwrap();
    let model = alexnet();
    let third = model.find("relu3").unwrap();
    let features = Features::compute(&model, &[third], CELLS, &images, &mut go_on).unwrap();
    let predicted = predicted(&features[0], &array);
    let responses = Responses::new(array, Some(-1.0)).unwrap();
    let complete = responses.complete();
    let (mut r, mut shares, mut unbiased) = (Vec::new(), Vec::new(), Vec::new());
    for (neuron, own) in predicted.iter().enumerate() {
        let own: Vec<f64> = complete.iter().map(|&image| own[image]).collect();
        let found = pearson(&own, &responses.means(neuron, &complete)).unwrap();
        let ceiling = reliability(&responses, neuron, &complete, 0).unwrap();
        r.push(found);
        shares.push(found * found / ceiling.spearman_brown);
        unbiased.push(explainable(&responses, neuron, &complete, &own).unwrap());
    }
    let [r, share, unbiased] = [r, shares, unbiased].map(|all| median(&all));
    println!("relu3, medians of 50 neurons: r {r:.3}, r²/SB {share:.3}, r²_ER {unbiased:.3}");
    assert!((r - 0.574).abs() < 0.015, "{r}");
    assert!((share - 0.429).abs() < 0.03, "{share}");
    assert!((unbiased - 0.41).abs() < 0.03, "{unbiased}");
}
