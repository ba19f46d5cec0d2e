//! Readouts fitted to a session, and judged on images that they have not seen.

use std::collections::HashSet;

use cortexscope_statistics::{mean_and_deviation, median, pearson};

use super::ceiling::{self, Ceiling, explainable, reliability, signal_to_noise};
use super::factorised::{Checkpoint, Factorised, Lambda};
use super::readout::{Readout, ReadoutKind};
use super::ridge::Ridge;
use super::{EncodeError, Features, Watch};
use crate::data::{DataError, Images, Responses, Span};
use crate::linear::{Matrix, gram, product};

/// What is to be fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Images to fit to.
    pub train: Span,
    /// Images to judge on.
    pub test: Span,
    /// How.
    pub method: Method,
    /// Seed of the random halves of repeats.
    pub seed: u64,
}

impl Request {
    /// Checks what can be known without images and responses.
    ///
    /// # Errors
    /// [`EncodeError::Lambda`] or [`EncodeError::Overlap`].
    pub fn check(&self) -> Result<(), EncodeError> {
        if let Method::Factorised(settings) = &self.method {
            settings
                .lambdas
                .iter()
                .try_for_each(|lambda| lambda.check())?;
        }
        let (train, test) = (self.train, self.test);
        if train.overlaps(test) {
            return Err(EncodeError::Overlap { train, test });
        }
        Ok(())
    }

    /// A note where an image of the training set is in the test set as well.
    pub fn repeated(&self, images: &Images) -> Option<String> {
        let digests = images.digests();
        let seen: HashSet<_> = digests[self.train.range()].iter().collect();
        let test = digests[self.test.range()].iter();
        let twice = test.filter(|digest| seen.contains(digest)).count();
        (twice > 0).then(|| {
            format!("{twice} test images are among the training images too, so r is too good")
        })
    }
}

/// A readout and how it is fitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// A weight for each feature.
    Ridge(Ridge),
    /// A mask times weights of channels.
    Factorised(Factorised),
}

/// Readouts of all neurons, and how good they are.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The readouts.
    pub readout: Readout,
    /// What they predict for every image, `[neurons][images]`, in the unit of the responses.
    pub predictions: Vec<Vec<f64>>,
    /// One for each neuron.
    pub scores: Vec<NeuronScore>,
    /// Mean and standard deviation of each neuron's responses over the training images.
    pub scales: Vec<[f64; 2]>,
    /// Images that were fitted to.
    pub train_images: usize,
    /// Images that the fit was judged on.
    pub test_images: usize,
    /// What the reader has to know.
    pub notes: Vec<String>,
}

/// How well one neuron is predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct NeuronScore {
    /// Pearson's r with the mean response over the test images; 0 where either does not vary.
    pub r: f64,
    /// The reliability of the mean response over all images; `None` without repeats.
    pub ceiling: Option<Ceiling>,
    /// r²/SB, or r² without repeats; 0 for a negative r.
    pub explained_variance: f64,
    /// r²_ER over the test images; `None` without repeats.
    pub unbiased: Option<f64>,
    /// Variance of the signal over that of the noise of one trial, all images.
    pub signal_to_noise: Option<f64>,
    /// α of a ridge regression.
    pub alpha: Option<f64>,
    /// λ of a factorised readout.
    pub lambda: Option<Lambda>,
    /// Passes over the images before the weights of a factorised readout.
    pub epochs: Option<usize>,
}

/// Images that a fit needs at least on each side.
const FEWEST_IMAGES: usize = 10;

impl Fit {
    /// The median r over the neurons.
    pub fn median_r(&self) -> f64 {
        let all: Vec<f64> = self.scores.iter().map(|score| score.r).collect();
        median(&all).unwrap_or(0.0)
    }

    /// The median over the neurons of what `of` gives; `None` where it gives nothing for one.
    pub fn median_of(&self, of: impl Fn(&NeuronScore) -> Option<f64>) -> Option<f64> {
        let all: Option<Vec<f64>> = self.scores.iter().map(of).collect();
        median(&all?)
    }
}

/// Fits readouts of `features`, which have a row for each image of `responses`. A factorised fit
/// is kept in `checkpoint` before each pass, and goes on from what is there.
///
/// # Errors
/// Spans that overlap or reach too far, too few images, features from which nothing can
/// be read, or a checkpoint that cannot be used.
pub fn fit(
    mut features: Features,
    responses: &Responses,
    request: &Request,
    checkpoint: Option<&Checkpoint>,
    watch: Watch<'_>,
) -> Result<Fit, EncodeError> {
    let images = features.values.len() / features.size().max(1);
    if images != responses.images {
        return Err(DataError::Counts {
            images,
            responses: responses.images,
        }
        .into());
    }
    let (train_span, test_span) = (request.train, request.test);
    train_span.within(images)?;
    test_span.within(images)?;
    request.check()?;
    let complete = responses.complete();
    let side = |span: Span, side| -> Result<Vec<usize>, EncodeError> {
        let range = span.range();
        let all: Vec<usize> = complete
            .iter()
            .copied()
            .filter(|image| range.contains(image))
            .collect();
        let (have, need) = (all.len(), FEWEST_IMAGES);
        if have < need {
            return Err(EncodeError::Few { side, have, need });
        }
        Ok(all)
    };
    let train = side(train_span, "--train")?;
    let test = side(test_span, "--test")?;
    let mut notes = responses.notes.clone();
    if complete.len() < images {
        notes.push(format!(
            "{} of {images} images are left out: a neuron has no response to them",
            images - complete.len()
        ));
    }

    let scales: Vec<[f64; 2]> = (0..responses.neurons)
        .map(|neuron| mean_and_deviation(&responses.means(neuron, &train)).unwrap_or_default())
        .collect();
    let standard = features.standardise(&train)?;
    let fitted = match &request.method {
        Method::Ridge(ridge) => {
            let centred = (0..responses.neurons).map(|neuron| {
                let means = responses.means(neuron, &train);
                means.iter().map(|y| y - scales[neuron][0]).collect()
            });
            let centred: Vec<Vec<f64>> = centred.collect();
            let size = features.size();
            let rows: Vec<f32> = train
                .iter()
                .flat_map(|&image| features.row(image).iter().copied())
                .collect();
            let products = gram(&features.values, &rows, size);
            let within: Vec<f64> = train
                .iter()
                .flat_map(|&image| &products[image * train.len()..][..train.len()])
                .map(|&value| f64::from(value))
                .collect();
            let fit = ridge.fit(&within, &centred, watch)?;
            let predict = |neuron: usize| -> Vec<f64> {
                let rows = products.chunks_exact(train.len());
                let weights = &fit.images[neuron];
                rows.map(|row| {
                    let sum = row.iter().zip(weights);
                    scales[neuron][0] + sum.map(|(k, a)| f64::from(*k) * a).sum::<f64>()
                })
                .collect()
            };
            let predictions = (0..responses.neurons).map(predict).collect();
            let shares: Vec<f32> = fit.images.iter().flatten().map(|&a| a as f32).collect();
            let mut weights = vec![0.0; responses.neurons * size];
            let (shares, rows) = (
                Matrix::by_rows(&shares, train.len()),
                Matrix::by_rows(&rows, size),
            );
            product(&mut weights, false, shares, rows);
            let means: Vec<f64> = scales.iter().map(|&[mean, _]| mean).collect();
            Fitted {
                readout: Readout::of_ridge(weights, features.shape, &standard, &means),
                predictions,
                alphas: Some(fit.alphas),
                factorised: None,
            }
        }
        Method::Factorised(settings) => {
            let scored = (0..responses.neurons).map(|neuron| {
                let [mean, deviation] = scales[neuron];
                let means = responses.means(neuron, &train);
                let unit = if deviation > 0.0 { deviation } else { 1.0 };
                means.iter().map(|y| (y - mean) / unit).collect()
            });
            let scored: Vec<Vec<f64>> = scored.collect();
            let fit = settings.fit(&features, &train, &scored, checkpoint, watch)?;
            let rows = fit.weights.predict(&features);
            let predict = |neuron: usize| -> Vec<f64> {
                let [mean, deviation] = scales[neuron];
                let own = rows.iter().map(|row| f64::from(row[neuron]));
                own.map(|z| mean + deviation * z).collect()
            };
            Fitted {
                readout: Readout::of_factorised(&fit.weights, features.shape, &standard, &scales),
                predictions: (0..responses.neurons).map(predict).collect(),
                alphas: None,
                factorised: Some((fit.lambdas, fit.epochs)),
            }
        }
    };

    let mut flat = Vec::new();
    let scores = (0..responses.neurons).map(|neuron| {
        let predicted: Vec<f64> = test
            .iter()
            .map(|&image| fitted.predictions[neuron][image])
            .collect();
        let r = pearson(&predicted, &responses.means(neuron, &test));
        if r.is_none() {
            flat.push(neuron.to_string());
        }
        let r = r.unwrap_or(0.0);
        let ceiling = reliability(responses, neuron, &complete, request.seed);
        let own = r.max(0.0).powi(2);
        NeuronScore {
            r,
            ceiling,
            explained_variance: ceiling.map_or(own, |ceiling| own / ceiling.spearman_brown),
            unbiased: explainable(responses, neuron, &test, &predicted),
            signal_to_noise: signal_to_noise(responses, neuron, &complete),
            alpha: fitted.alphas.as_ref().map(|alphas| alphas[neuron]),
            lambda: fitted
                .factorised
                .as_ref()
                .map(|(lambdas, _)| lambdas[neuron]),
            epochs: fitted.factorised.as_ref().map(|(_, epochs)| epochs[neuron]),
        }
    });
    let scores = scores.collect();
    if !flat.is_empty() {
        notes.push(format!(
            "neurons {}: the response or the prediction is the same for all test images; r counts as 0",
            flat.join(", ")
        ));
    }
    Ok(Fit {
        readout: fitted.readout,
        predictions: fitted.predictions,
        scores,
        scales,
        train_images: train.len(),
        test_images: test.len(),
        notes,
    })
}

/// What each kind of readout gives.
struct Fitted {
    readout: Readout,
    predictions: Vec<Vec<f64>>,
    alphas: Option<Vec<f64>>,
    factorised: Option<(Vec<Lambda>, Vec<usize>)>,
}

impl Method {
    /// Which readout is fitted.
    pub fn kind(&self) -> ReadoutKind {
        match self {
            Self::Ridge(_) => ReadoutKind::Ridge,
            Self::Factorised(_) => ReadoutKind::Factorised,
        }
    }
}

/// How the ceiling of a fit is computed, in words.
pub fn ceiling_formula() -> String {
    format!(
        "Spearman-Brown reliability of the mean response, SB = 2 r½ / (1 + r½) with r½ the mean \
         correlation of {} random halves of the repeats, over all images; median over neurons",
        ceiling::SPLITS
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::NumberArray;
    use cortexscope_net::random::Random;
    use std::ops::ControlFlow;

    /// Features and the responses of two neurons: one is a feature, one is noise.
    fn session() -> (Features, Responses) {
        let mut random = Random::new(4);
        let shape = [4, 3, 3];
        let values: Vec<f32> = (0..120 * 36)
            .map(|_| 2.0 + random.normal() as f32)
            .collect();
        let features = Features { shape, values };
        let first = (0..120).map(|image| f64::from(features.row(image)[13]) * 5.0 + 20.0);
        let mut responses: Vec<f64> = first.collect();
        responses.extend((0..120).map(|_| random.normal()));
        let array = NumberArray {
            name: "r".to_owned(),
            shape: vec![2, 120],
            values: responses,
            is_u8: false,
            is_float: true,
        };
        (features, Responses::new(array, None).unwrap())
    }

    fn request(method: Method) -> Request {
        Request {
            train: "0..80".parse().unwrap(),
            test: "80..120".parse().unwrap(),
            method,
            seed: 0,
        }
    }

    #[test]
    fn a_neuron_that_is_a_feature_is_found_and_noise_is_not() {
        let factorised = Factorised {
            rate: 1e-2,
            batch: 8,
            lambdas: vec![Lambda {
                space: 0.003,
                depth: 0.003,
                laplace: 0.0,
            }],
            ..Factorised::new(1)
        };
        for (method, least) in [
            (Method::Ridge(Ridge::new(1)), 0.95),
            (Method::Factorised(factorised), 0.9),
        ] {
            let (features, responses) = session();
            let raw = features.clone();
            let request = request(method);
            let fit = fit(features, &responses, &request, None, &mut |_, _, _| {
                ControlFlow::Continue(())
            })
            .unwrap();
            assert!(fit.scores[0].r > least, "{:?}", fit.scores[0]);
            assert!(fit.scores[1].r.abs() < 0.4, "{:?}", fit.scores[1]);
            assert_eq!(fit.scores[0].ceiling, None);
            // The readout in raw units predicts what the fit predicted.
            for image in [0, 85] {
                let direct = fit.readout.predict(raw.row(image))[0];
                let error = (direct - fit.predictions[0][image]).abs();
                assert!(
                    error < 1e-3,
                    "{direct} is not {}",
                    fit.predictions[0][image]
                );
            }
        }
    }

    #[test]
    fn an_image_cannot_be_on_both_sides() {
        let (features, responses) = session();
        let request = Request {
            train: "0..81".parse().unwrap(),
            ..request(Method::Ridge(Ridge::new(1)))
        };
        let refused = fit(features, &responses, &request, None, &mut |_, _, _| {
            ControlFlow::Continue(())
        });
        assert!(matches!(refused, Err(EncodeError::Overlap { .. })));
    }
}
