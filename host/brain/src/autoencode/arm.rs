//! The recipe's arms: an architecture, the neurons that it was trained on, and a seed.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use cortexscope_net::resources::ResourcePath;

use super::planted_session::{DRIVEN, NEURONS};

/// Seeds of each arm.
pub const SEEDS: u8 = 5;

/// An architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The auto-encoder alone.
    Dae,
    /// The auto-encoder with neurons read from layer 1 to 4 of its encoder.
    DaeNr(u8),
    /// Neurons alone, read from three convolutions (Klindt et al. 2017).
    CnnFr,
}

/// Neurons that an arm was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeuronSet {
    /// None.
    None,
    /// All of the session.
    All,
    /// Those whose responses depend on the images.
    Significant,
    /// The others.
    Other,
}

impl NeuronSet {
    /// Its neurons of the session.
    pub fn range(self) -> Range<usize> {
        match self {
            Self::None => 0..0,
            Self::All => 0..NEURONS,
            Self::Significant => 0..DRIVEN,
            Self::Other => DRIVEN..NEURONS,
        }
    }
}

/// One trained network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arm {
    /// Its architecture.
    pub family: Family,
    /// The neurons that it predicts.
    pub neurons: NeuronSet,
    /// Its seed, below [`SEEDS`].
    pub seed: u8,
}

impl Arm {
    /// Every arm that the recipe trains, seed by seed within an architecture.
    pub fn all() -> Vec<Self> {
        let whole = [
            (Family::Dae, NeuronSet::None),
            (Family::CnnFr, NeuronSet::All),
        ];
        let read = (1..=4).flat_map(|layer| {
            let sets = [NeuronSet::All, NeuronSet::Significant, NeuronSet::Other];
            sets.map(|set| (Family::DaeNr(layer), set))
        });
        let kinds = whole.into_iter().chain(read);
        let arms = kinds.flat_map(|(family, neurons)| {
            (0..SEEDS).map(move |seed| Self {
                family,
                neurons,
                seed,
            })
        });
        arms.collect()
    }

    /// The arm that a model's name or path names: `dae-0`, or `nets/dae-0.onnx`.
    pub fn named(model: &str) -> Option<Self> {
        let stem = std::path::Path::new(model).file_stem()?;
        stem.to_str()?.parse().ok()
    }

    /// The arms that are in the program.
    pub fn shipped() -> Vec<Self> {
        let mut arms = Self::all();
        arms.retain(|arm| ResourcePath::of_model(&arm.to_string(), "onnx").is_file());
        arms
    }
}

/// As in the names of files: `dae-nr2-significant-4`.
impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.family {
            Family::Dae => f.write_str("dae")?,
            Family::DaeNr(layer) => write!(f, "dae-nr{layer}")?,
            Family::CnnFr => f.write_str("cnn-fr")?,
        }
        match self.neurons {
            NeuronSet::None | NeuronSet::All => {}
            NeuronSet::Significant => f.write_str("-significant")?,
            NeuronSet::Other => f.write_str("-other")?,
        }
        write!(f, "-{}", self.seed)
    }
}

impl FromStr for Arm {
    type Err = ();

    /// The arm of that name.
    fn from_str(name: &str) -> Result<Self, ()> {
        let mut arms = Self::all().into_iter();
        arms.find(|arm| arm.to_string() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use cortexscope_explain::float_model::{FloatModel, Overrides};
    use cortexscope_statistics::median;

    use super::*;
    use crate::autoencode::{AutoEncoder, LayerNames, Quality, Session, Task, evaluate};

    #[test]
    fn names_are_read_back_and_no_two_are_alike() {
        let all = Arm::all();
        // DAE, CNN-FR, and four layers with three sets of neurons.
        assert_eq!(all.len(), (2 + 4 * 3) * 5);
        for arm in &all {
            assert_eq!(arm.to_string().parse(), Ok(*arm));
        }
        assert_eq!(all[7].to_string(), "cnn-fr-2");
        assert!("dae-nr5-0".parse::<Arm>().is_err());
    }

    /// Correlations of each neuron that an arm predicts with its responses, and whether Holm's
    /// correction leaves it significant.
    fn found(name: &str, session: &Session) -> (Vec<f64>, Vec<bool>, Option<Quality>) {
        let model = FloatModel::open(name, &Overrides::default()).unwrap();
        let test = session.test(None).unwrap();
        let images = session.inputs(&model.spec.input, test).unwrap();
        let neurons = session.neurons(name, None).unwrap().unwrap();
        let responses = session.responses(test, neurons).unwrap();
        let network = AutoEncoder::new(model, &LayerNames::default()).unwrap();
        let task = Task {
            images: &images,
            responses: &responses,
            data_range: 1.0,
            level: 0.05,
            shuffles: 10,
            seed: 0,
            keep: 0,
        };
        let found = evaluate(&network, &task, &mut |_| ControlFlow::Continue(())).unwrap();
        let neurons = found.significance.unwrap().neurons;
        let r = neurons.iter().map(|neuron| neuron.r).collect();
        let is_found = neurons.iter().map(|neuron| neuron.p_holm <= 0.05);
        (r, is_found.collect(), found.quality)
    }

    /// What is known of the planted neurons is what the shipped arms say of them: the images
    /// drive the first ten, and nothing predicts the others.
    #[test]
    fn the_shipped_arms_find_the_planted_neurons() {
        assert_eq!(Arm::shipped(), Arm::all());
        let session = Session::planted().unwrap();
        let (r, is_found, quality) = found("cnn-fr-0", &session);
        assert_eq!(is_found, [[true; DRIVEN], [false; DRIVEN]].concat());
        assert!(r[..DRIVEN].iter().all(|r| *r > 0.7), "{r:?}");
        assert_eq!(quality, None);

        let (r, is_found, quality) = found("dae-nr2-significant-1", &session);
        assert!(is_found.iter().all(|found| *found), "{r:?}");
        // The mean digit as every reconstruction has 0.067.
        let mse = quality.unwrap().mse;
        assert!(mse < 0.02, "{mse}");

        // One of ten is found by chance in a twentieth of all networks, two in one of 800.
        let (r, is_found, _) = found("dae-nr2-other-1", &session);
        assert!(is_found.iter().filter(|found| **found).count() < 2, "{r:?}");
    }

    /// Where the planted neurons are is where CNN-FR's neurons look: nearer to their own cells
    /// than to others.
    #[test]
    fn the_shipped_arms_say_where_the_planted_neurons_are() {
        let session = Session::planted().unwrap();
        let model = FloatModel::open("cnn-fr-0", &Overrides::default()).unwrap();
        let test = session.test(None).unwrap();
        let images = session.inputs(&model.spec.input, test).unwrap();
        let network = AutoEncoder::new(model, &LayerNames::default()).unwrap();
        let fields = network.fields(&images[..3]).unwrap();
        let cells: Vec<[f64; 2]> = session.driven().unwrap().into_iter().flatten().collect();
        let off_by = |shift: usize| {
            let both = (0..DRIVEN).map(|at| (fields[at].unwrap(), cells[(at + shift) % DRIVEN]));
            let errors = both.map(|([y, x], [v, u])| (y - v).hypot(x - u));
            median(&errors.collect::<Vec<f64>>()).unwrap()
        };
        assert!(off_by(0) < 1.5, "{}", off_by(0));
        assert!((1..DRIVEN).all(|shift| off_by(shift) > 2.5));
    }
}
