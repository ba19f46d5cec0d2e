//! What a demonstration runs.

use crate::brain::autoencoders::AutoencodersRequest;
use crate::brain::control::ControlRequest;
use crate::brain::encoding::FitRequest;
use crate::brain::evolution::EvolutionRequest;
use crate::brain::planting::PlantRequest;
use crate::brain::similarity::SimilarityRequest;
use crate::brain::sites::SitesRequest;
use std::path::Path;

/// What a demonstration runs, and what its reader has to know.
#[derive(Clone, Debug)]
pub struct DemonstrationPlan {
    /// Whose neurons they are.
    pub neurons: &'static str,
    /// What the reader has to know first.
    pub introduction: Vec<String>,
    /// Files of the folder that the experiments read: names and texts.
    pub files: Vec<(&'static str, String)>,
    /// The experiments in their order.
    pub experiments: Vec<PlannedExperiment>,
}

/// An experiment, and how a person asks for it.
#[derive(Clone, Debug)]
pub struct PlannedExperiment {
    /// What follows `cortexscope brain` on the command line that does the same.
    pub words: Vec<String>,
    /// What is asked for.
    pub request: ExperimentRequest,
}

/// One experiment. Networks are opened by name, with their own descriptions.
#[derive(Clone, Debug)]
pub enum ExperimentRequest {
    /// Neurons are planted.
    Plant(PlantRequest),
    /// Neurons are fitted.
    Fit(FitRequest),
    /// Several neurons are driven.
    Sites(SitesRequest),
    /// One neuron is driven.
    Control(ControlRequest),
    /// An image is evolved.
    Evolution(Box<EvolutionRequest>),
    /// A network is compared with brains.
    Similarity {
        /// The network.
        model: String,
        /// With what, and how.
        request: SimilarityRequest,
    },
    /// The shipped auto-encoders are judged.
    Autoencoders(AutoencodersRequest),
}

impl PlannedExperiment {
    /// What is asked for, and the words that ask for it; `output` is where its results go.
    pub(super) fn new(words: &[&str], output: &[&str], request: ExperimentRequest) -> Self {
        let words = words.iter().chain(output);
        Self {
            words: words.map(|&word| word.to_owned()).collect(),
            request,
        }
    }

    /// The command line as a person types it.
    pub fn command(&self) -> String {
        let quoted = self.words.iter().map(|word| {
            if word.contains(|c: char| c.is_whitespace() || "'\"$&;()".contains(c)) {
                format!("'{word}'")
            } else {
                word.clone()
            }
        });
        format!("cortexscope brain {}", quoted.collect::<Vec<_>>().join(" "))
    }
}

/// The path of a file of `folder`, as it is written on a command line.
pub(super) fn at(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_spaces_are_quoted() {
        let request = ExperimentRequest::Plant(PlantRequest {
            images: "mnist".to_owned(),
            size: [28; 2],
            count: 1,
            neurons: 1,
            repeats: 1,
            seed: 0,
            folder: "out".into(),
        });
        let planned = PlannedExperiment::new(&["fit", "my images.zip"], &[], request);
        assert_eq!(planned.command(), "cortexscope brain fit 'my images.zip'");
    }
}
