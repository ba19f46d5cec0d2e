//! What a neuron makes of natural images: the scale on which a search is read.

use cortexscope_statistics::{pearson, spearman};

use crate::neuron::{Neuron, NeuronError};
use crate::stimuli::Stimuli;

/// The rates of natural images.
#[derive(Clone, Debug, PartialEq)]
pub struct Natural {
    /// The neuron's own rate for each image.
    pub own: Vec<f64>,
    /// The places of the images, the greatest rate first.
    pub order: Vec<usize>,
    /// The median of the neuron's own rates.
    pub median: f64,
}

/// The rates of the images of one category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CategoryRates {
    /// The class.
    pub class: usize,
    /// Its images.
    pub images: usize,
    /// The mean rate.
    pub mean: f64,
    /// The standard deviation of the rates.
    pub deviation: f64,
}

/// Whether the likeness to an evolved image predicts the rates of images that the search
/// never saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Pearson's r between likeness and rate; `None` where one does not vary.
    pub pearson: Option<f64>,
    /// Spearman's ρ.
    pub spearman: Option<f64>,
    /// Images.
    pub images: usize,
}

/// Images that a neuron is asked about at once.
const BATCH: usize = 64;

/// Asks `neuron` about every image of `stimuli`; `progress` is told how many were asked, and
/// ends the work with `false`.
///
/// # Errors
/// The neuron does not answer. `None` where the work was ended.
pub fn screen(
    neuron: &mut dyn Neuron,
    stimuli: &Stimuli,
    progress: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Natural>, NeuronError> {
    let mut own = Vec::with_capacity(stimuli.images.len());
    for batch in stimuli.images.chunks(BATCH) {
        let images: Vec<&[f32]> = batch.iter().map(Vec::as_slice).collect();
        own.extend(neuron.rates(&images)?);
        if !progress(own.len()) {
            return Ok(None);
        }
    }
    let mut order: Vec<usize> = (0..own.len()).collect();
    order.sort_by(|&a, &b| own[b].total_cmp(&own[a]).then(a.cmp(&b)));
    let half = own.len() / 2;
    let median = match own.len() {
        0 => 0.0,
        count if count % 2 == 1 => own[order[half]],
        _ => (own[order[half - 1]] + own[order[half]]) / 2.0,
    };
    Ok(Some(Natural { own, order, median }))
}

impl Natural {
    /// The rate of image `index` over `zero`.
    pub fn rate(&self, index: usize, zero: f64) -> f64 {
        (self.own[index] - zero).max(0.0)
    }

    /// The greatest rate over `zero`; `None` without images.
    pub fn best(&self, zero: f64) -> Option<f64> {
        self.order.first().map(|&index| self.rate(index, zero))
    }

    /// The rates by category, in the order of the classes.
    pub fn by_category(&self, classes: &[usize], zero: f64) -> Vec<CategoryRates> {
        let count = classes.iter().max().map_or(0, |most| most + 1);
        let of_class = |class: usize| {
            let both = classes.iter().enumerate().take(self.own.len());
            let rates = both
                .filter(|(_, other)| **other == class)
                .map(|(at, _)| self.rate(at, zero));
            let rates: Vec<f64> = rates.collect();
            if rates.is_empty() {
                return None;
            }
            let images = rates.len();
            let mean = rates.iter().sum::<f64>() / images as f64;
            let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
            Some(CategoryRates {
                class,
                images,
                mean,
                deviation: (squares / images as f64).sqrt(),
            })
        };
        (0..count).filter_map(of_class).collect()
    }

    /// The correlation of each image's pixels with those of `evolved`; 0 for an even image.
    pub fn likeness(&self, stimuli: &Stimuli, evolved: &[f32]) -> Vec<f64> {
        let wide = |image: &[f32]| image.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        let evolved = wide(evolved);
        let images = stimuli.images.iter().take(self.own.len());
        images
            .map(|image| pearson(&wide(image), &evolved).unwrap_or(0.0))
            .collect()
    }

    /// How each image's likeness to `evolved` predicts its rate.
    pub fn prediction(&self, stimuli: &Stimuli, evolved: &[f32], zero: f64) -> Prediction {
        let likeness = self.likeness(stimuli, evolved);
        let rates = (0..likeness.len()).map(|index| self.rate(index, zero));
        let rates: Vec<f64> = rates.collect();
        Prediction {
            pearson: pearson(&likeness, &rates),
            spearman: spearman(&likeness, &rates),
            images: rates.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn natural(own: &[f64]) -> Natural {
        struct Fixed<'a>(std::slice::Iter<'a, f64>);
        impl Neuron for Fixed<'_> {
            fn shape(&self) -> [usize; 3] {
                [1, 1, 2]
            }
            fn description(&self) -> String {
                "fixed".to_owned()
            }
            fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
                Ok(self.0.by_ref().take(images.len()).copied().collect())
            }
        }
        let stimuli = Stimuli {
            shape: [1, 1, 2],
            images: vec![vec![0.0, 1.0]; own.len()],
            ..Stimuli::default()
        };
        let screened = screen(&mut Fixed(own.iter()), &stimuli, &mut |_| true);
        screened.unwrap().unwrap()
    }

    #[test]
    fn median_order_and_best_by_hand() {
        let natural = natural(&[3.0, -1.0, 8.0, 4.0]);
        assert_eq!(
            (natural.median, natural.order.as_slice()),
            (3.5, &[2, 3, 0, 1][..])
        );
        assert_eq!(natural.best(natural.median), Some(4.5));
        assert_eq!(natural.rate(1, natural.median), 0.0);
    }

    #[test]
    fn categories_by_hand() {
        let rates = natural(&[1.0, 3.0, 5.0, 7.0]).by_category(&[2, 2, 0, 2], 1.0);
        assert_eq!(rates.len(), 2);
        assert_eq!(
            (rates[0].class, rates[0].mean, rates[0].deviation),
            (0, 4.0, 0.0)
        );
        let mean = (0.0 + 2.0 + 6.0) / 3.0;
        assert!((rates[1].mean - mean).abs() < 1e-12);
        assert!((rates[1].deviation.powi(2) - (40.0 / 3.0 - mean * mean)).abs() < 1e-12);
    }

    #[test]
    fn likeness_that_grows_with_the_rate_predicts_it() {
        let natural = natural(&[0.0, 1.0, 2.0]);
        let stimuli = Stimuli {
            shape: [1, 1, 3],
            images: vec![
                vec![1.0, 0.0, 0.0],
                vec![0.0, 1.0, 0.9],
                vec![0.0, 0.0, 1.0],
            ],
            ..Stimuli::default()
        };
        let found = natural.prediction(&stimuli, &[0.0, 0.0, 1.0], 0.0);
        assert_eq!((found.spearman, found.images), (Some(1.0), 3));
    }
}
