//! What a network is compared with: dissimilarities of brains, or responses of neurons.

use super::{Agreement, Rdm, RdmCeiling, compare, debiased_cka, half_ceiling, subject_ceiling};
use crate::data::{DataError, NumberArray, Responses};
use crate::encode::Features;

/// A file that says how alike images are to a brain.
#[derive(Clone, Debug, PartialEq)]
pub enum ReferenceFile {
    /// Dissimilarities `[N, N]` or `[subjects, N, N]`.
    Dissimilarities(String),
    /// Responses, as [`Responses::open`] takes them.
    Responses {
        /// The file.
        name: String,
        /// What stands in it where there is no repeat, beside NaN.
        missing: Option<f64>,
    },
}

/// What a network is compared with.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The file as it was named.
    pub name: String,
    /// A matrix of each subject.
    pub rdms: Vec<Rdm>,
    /// Between what a perfect model reaches; `None` where that is not known.
    pub ceiling: Option<RdmCeiling>,
    /// How the ceiling is computed.
    pub ceiling_formula: &'static str,
    /// The images that are compared: those that all neurons responded to.
    pub images: Vec<usize>,
    /// What the reader has to know.
    pub notes: Vec<String>,
    /// `[images, neurons]` and the number of neurons, where responses were given.
    population: Option<(Vec<f32>, usize)>,
}

/// How alike a layer and a brain are.
#[derive(Clone, Debug)]
pub struct LayerComparison {
    /// The layer's dissimilarities.
    pub rdm: Rdm,
    /// Their agreement with the subjects'; `None` where a matrix does not vary.
    pub agreement: Option<Agreement>,
    /// Debiased linear CKA with the responses; `None` where none are known or it is not defined.
    pub cka: Option<f64>,
}

/// Images without which there is no pair of pairs.
const FEWEST_IMAGES: usize = 4;

impl Reference {
    /// Reads what `file` names for `images` images; `seed` draws halves of repeats.
    ///
    /// # Errors
    /// The file cannot be used, or is of other images.
    pub fn open(file: &ReferenceFile, images: usize, seed: u64) -> Result<Self, DataError> {
        match file {
            ReferenceFile::Dissimilarities(name) => Self::of_rdms(name, images),
            ReferenceFile::Responses { name, missing } => {
                Self::of_responses(Responses::open(name, *missing)?, name, images, seed)
            }
        }
    }

    fn of_rdms(name: &str, images: usize) -> Result<Self, DataError> {
        let rdms = Rdm::all_of(&NumberArray::open(name)?)?;
        counts(images, rdms[0].images)?;
        Ok(Self {
            name: name.to_owned(),
            ceiling: subject_ceiling(&rdms),
            ceiling_formula: "mean correlation of each subject's ranks with the mean of the ranks \
                              of the others (lower) and of all (upper)",
            rdms,
            population: None,
            images: (0..images).collect(),
            notes: Vec::new(),
        })
    }

    fn of_responses(
        responses: Responses,
        name: &str,
        images: usize,
        seed: u64,
    ) -> Result<Self, DataError> {
        counts(images, responses.images)?;
        let complete = responses.complete();
        if complete.len() < FEWEST_IMAGES {
            return Err(DataError::Counts {
                images,
                responses: complete.len(),
            });
        }
        let mut notes = responses.notes.clone();
        if complete.len() < images {
            notes.push(format!(
                "{} of {images} images are left out: a neuron has no response to them",
                images - complete.len()
            ));
        }
        let values: Vec<f32> = complete
            .iter()
            .flat_map(|&image| (0..responses.neurons).map(move |neuron| (neuron, image)))
            .map(|(neuron, image)| responses.mean(neuron, image).unwrap_or(f64::NAN) as f32)
            .collect();
        Ok(Self {
            name: name.to_owned(),
            rdms: vec![Rdm::of(&values, responses.neurons)],
            population: Some((values, responses.neurons)),
            ceiling: half_ceiling(&responses, &complete, seed),
            ceiling_formula: "Spearman's ρ of the matrices of two random halves of the repeats \
                              (lower), and 2ρ / (1 + ρ) by Spearman and Brown (upper)",
            images: complete,
            notes,
        })
    }

    /// The mean of the subjects' ranks.
    pub fn mean_of_ranks(&self) -> Rdm {
        let ranked: Vec<Rdm> = self.rdms.iter().map(Rdm::ranked).collect();
        Rdm::mean(&ranked.iter().collect::<Vec<_>>())
    }

    /// Compares a layer, whose `features` are of all images, by `draws` shuffles and draws of
    /// `seed`.
    pub fn compare(&self, features: &Features, draws: usize, seed: u64) -> LayerComparison {
        let rows = self.images.iter().flat_map(|&image| features.row(image));
        let rows: Vec<f32> = rows.copied().collect();
        let rdm = Rdm::of(&rows, features.size());
        let agreement = compare(&rdm, &self.rdms, draws, seed);
        let population = self.population.as_ref();
        let cka = population
            .and_then(|(values, neurons)| debiased_cka(&rows, features.size(), values, *neurons));
        LayerComparison {
            rdm,
            agreement,
            cka,
        }
    }
}

fn counts(images: usize, responses: usize) -> Result<(), DataError> {
    if images == responses {
        Ok(())
    } else {
        Err(DataError::Counts { images, responses })
    }
}
