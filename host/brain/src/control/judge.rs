//! Who says what an image does to a neuron.

use std::ops::ControlFlow;
use std::path::Path;

use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_net::input::{InputSpec, ModelSpec, Picture};
use cortexscope_net::scores::first_greatest;
use cortexscope_statistics::mean_and_deviation;
use image::DynamicImage;

use super::error::ControlError;
use super::population::{softmax, unit};
use crate::data::{Images, NumberArray};
use crate::encode::Stored;
use crate::neuron::{BoardNeuron, FittedNeuron, JoinedNeurons, LayerNeuron, Neuron, NeuronError};
use crate::planted::{self, Planted};
use crate::stimuli::as_shown;

/// Neurons that answer images, and what they answered to natural ones.
pub struct Judge {
    who: Who,
    spec: InputSpec,
    /// Responses to natural images, `[neurons][images]`.
    natural: Vec<Vec<f64>>,
    /// Mean and standard deviation by which each neuron's responses become z.
    scales: Vec<[f64; 2]>,
}

enum Who {
    Model(Box<dyn Neuron>),
    Board(Box<BoardNeuron>),
}

impl Who {
    fn neuron(&mut self) -> &mut dyn Neuron {
        match self {
            Self::Model(model) => &mut **model,
            Self::Board(board) => &mut **board,
        }
    }
}

/// Told how many natural images were shown; `Break` ends the work.
pub type ImagesShown<'a> = &'a mut dyn FnMut(usize) -> ControlFlow<()>;

impl Judge {
    /// The neurons of a fit; natural images are those of its session.
    ///
    /// # Errors
    /// The network cannot be run.
    pub fn of_fit(fit: &Stored) -> Result<Self, ControlError> {
        Ok(Self {
            who: Who::Model(Box::new(FittedNeuron::new(fit, None)?)),
            spec: as_shown(&fit.model.spec.input),
            natural: fit.predictions.clone(),
            scales: scales(fit),
        })
    }

    /// A fit's folder, a folder of planted neurons, or a network that ends in one value for each
    /// neuron, such as a published model of a neuron, or a folder of such; `images` are the natural ones. `spec` says
    /// how the network wants its input, instead of the file beside it. `known` has the responses
    /// `[neurons, images]` to the natural images where they were computed before; some of them are
    /// computed again, to see that they are the judge's.
    ///
    /// # Errors
    /// Nothing of that name is there, it cannot be run, the known responses are others, or `watch`
    /// ended the work.
    pub fn open(
        name: &str,
        spec: Option<&Path>,
        images: &Images,
        known: Option<&NumberArray>,
        watch: ImagesShown<'_>,
    ) -> Result<Self, ControlError> {
        if Path::new(name).join(planted::FILE).is_file() {
            let neurons = Planted::open(Path::new(name))?;
            let spec = ModelSpec::assumed(neurons.shape()).input;
            return Self::of_neurons(Box::new(neurons), spec, images, known, watch);
        }
        if Path::new(name).is_dir() {
            let networks = networks(Path::new(name));
            if networks.is_empty() {
                if known.is_some() {
                    let folder = name.to_owned();
                    return Err(ControlError::JudgeIsFit { folder });
                }
                return Self::of_fit(&Stored::open(Path::new(name))?);
            }
            let mut parts = Vec::with_capacity(networks.len());
            let mut input = None;
            for network in networks {
                let (part, spec) = network_neurons(&network, spec)?;
                input.get_or_insert(spec);
                parts.push(part);
            }
            let joined = JoinedNeurons::new(parts).zip(input);
            let (joined, input) = joined.ok_or_else(|| ControlError::JudgeSizes {
                folder: name.to_owned(),
            })?;
            return Self::of_neurons(Box::new(joined), input, images, known, watch);
        }
        let (neurons, input) = network_neurons(name, spec)?;
        Self::of_neurons(Box::new(neurons), input, images, known, watch)
    }

    /// Neurons that see what `spec` makes of a picture; z is by their responses to the natural
    /// `images`, which may be `known` as in [`open`](Self::open).
    ///
    /// # Errors
    /// They do not answer, the known responses are others, or `watch` ended the work.
    pub fn of_neurons(
        mut neurons: Box<dyn Neuron>,
        spec: InputSpec,
        images: &Images,
        known: Option<&NumberArray>,
        watch: ImagesShown<'_>,
    ) -> Result<Self, ControlError> {
        let natural = match known {
            Some(known) => checked(known, &mut *neurons, images, &spec, watch)?,
            None => natural(&mut *neurons, images, &spec, watch)?,
        };
        Ok(Self {
            scales: natural.iter().map(|own| scale(own)).collect(),
            who: Who::Model(neurons),
            spec,
            natural,
        })
    }

    /// The neurons of `fit` as the int8 network on a board computes them. `twin` answers the
    /// same at no cost of the board; it is shown the natural `images`.
    ///
    /// # Errors
    /// The twin does not answer, or `watch` ended the work.
    pub fn of_board(
        board: BoardNeuron,
        twin: &mut dyn Neuron,
        fit: &Stored,
        images: &Images,
        watch: ImagesShown<'_>,
    ) -> Result<Self, ControlError> {
        let spec = as_shown(&board.rig().model.spec.input);
        Ok(Self {
            natural: natural(twin, images, &spec, watch)?,
            who: Who::Board(Box::new(board)),
            spec,
            scales: scales(fit),
        })
    }

    /// The board, where one judges.
    pub fn board(&mut self) -> Option<&mut BoardNeuron> {
        match &mut self.who {
            Who::Board(board) => Some(board),
            Who::Model(_) => None,
        }
    }

    /// Neurons.
    pub fn neurons(&self) -> usize {
        self.natural.len()
    }

    /// Natural images.
    pub fn images(&self) -> usize {
        self.natural.first().map_or(0, Vec::len)
    }

    /// The neuron of this judge that stands for `neuron`: its only one, or the one of the same
    /// number.
    ///
    /// # Errors
    /// It has several, and none of that number.
    pub fn twin(&self, neuron: usize) -> Result<usize, ControlError> {
        if self.neurons() == 1 {
            return Ok(0);
        }
        if neuron < self.neurons() {
            return Ok(neuron);
        }
        Err(NeuronError::NoNeuron {
            who: "the judge".to_owned(),
            neuron,
            last: self.neurons() - 1,
        }
        .into())
    }

    /// Each neuron's response to a picture, which is fitted to the judge's own input.
    ///
    /// # Errors
    /// The neurons do not answer.
    pub fn respond(&mut self, picture: &DynamicImage) -> Result<Vec<f64>, ControlError> {
        let input = self.spec.prepare(&Picture::of(picture.clone())).values;
        Ok(self.who.neuron().rates(&[&shares(&self.spec, &input)])?)
    }

    /// z-scored responses: by mean and standard deviation of the training responses of a fit,
    /// or of a network's responses to the natural images.
    pub fn z(&self, responses: &[f64]) -> Vec<f64> {
        let both = responses.iter().zip(&self.scales);
        both.map(|(response, [mean, deviation])| (response - mean) / unit(*deviation))
            .collect()
    }

    /// The softmax of z-scored responses at `neuron`; `None` for a single neuron.
    pub fn one_hot(&self, responses: &[f64], neuron: usize) -> Option<f64> {
        (self.neurons() > 1).then(|| softmax(&self.z(responses))[neuron])
    }

    /// The greatest response of `neuron` to a natural image, and the image.
    pub fn natural_best(&self, neuron: usize) -> (usize, f64) {
        let own = &self.natural[neuron];
        first_greatest(own).map_or((0, f64::NEG_INFINITY), |image| (image, own[image]))
    }

    /// The greatest softmax at `neuron` over the natural images; `None` for a single neuron.
    pub fn natural_one_hot(&self, neuron: usize) -> Option<f64> {
        let all = (0..self.images()).filter_map(|image| {
            let column: Vec<f64> = self.natural.iter().map(|own| own[image]).collect();
            self.one_hot(&column, neuron)
        });
        all.max_by(f64::total_cmp)
    }
}

/// The networks of a folder without a fit, in the order of their names.
fn networks(folder: &Path) -> Vec<String> {
    if Stored::is_in(folder) {
        return Vec::new();
    }
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = files.map(|file| file.path());
    let networks = paths.filter(|path| path.extension().is_some_and(|kind| kind == "onnx"));
    let mut names: Vec<String> = networks.map(|path| path.display().to_string()).collect();
    names.sort();
    names
}

/// The outputs of a network, and how it takes pictures as they are.
fn network_neurons(
    name: &str,
    spec: Option<&Path>,
) -> Result<(LayerNeuron, InputSpec), ControlError> {
    let overrides = Overrides {
        spec: spec.map(Path::to_owned),
        ..Overrides::default()
    };
    let model = FloatModel::open(name, &overrides)?;
    let last = model.last();
    let shape = model.layer(last).shape;
    if shape[1] * shape[2] > 1 {
        let model = model.name.clone();
        return Err(ControlError::JudgeMaps { model, shape });
    }
    Ok((LayerNeuron::new(&model, last)?, as_shown(&model.spec.input)))
}

fn scales(fit: &Stored) -> Vec<[f64; 2]> {
    let both = fit.about.means.iter().zip(&fit.about.deviations);
    both.map(|(&mean, &deviation)| [mean, deviation]).collect()
}

/// An input in a model's units as shares of white. Unlike
/// [`levels`](crate::stimuli::levels), it cuts nothing: recorded inputs may leave the range.
fn shares(spec: &InputSpec, values: &[f32]) -> Vec<f32> {
    let levels = spec.levels(values);
    levels.into_iter().map(|level| level / 255.0).collect()
}

/// The responses `[neurons][images]` to natural images.
fn natural(
    neurons: &mut dyn Neuron,
    images: &Images,
    spec: &InputSpec,
    watch: ImagesShown<'_>,
) -> Result<Vec<Vec<f64>>, ControlError> {
    let mut natural = vec![Vec::new(); neurons.neurons()];
    for image in 0..images.stimuli.len() {
        if watch(image).is_break() {
            return Err(ControlError::Interrupted);
        }
        let input = images.input(image, spec)?;
        let rates = neurons.rates(&[&shares(spec, &input)])?;
        let all = natural.iter_mut().zip(rates);
        all.for_each(|(own, rate)| own.push(rate));
    }
    Ok(natural)
}

/// Known responses that are computed again.
const CHECKED: usize = 8;
/// By how much a response may differ, as a share of the greater of it and of the neuron's
/// standard deviation. Decoders of JPEG differ in some levels, which moves published models of V4
/// by up to some percent; that eight responses to other images all lie so near, by chance, is one
/// case in a hundred million.
const TOLERANCE: f64 = 0.1;

/// The responses `[neurons][images]` that `known` has, some of them computed again.
fn checked(
    known: &NumberArray,
    neurons: &mut dyn Neuron,
    images: &Images,
    spec: &InputSpec,
    watch: ImagesShown<'_>,
) -> Result<Vec<Vec<f64>>, ControlError> {
    let (count, shown) = (neurons.neurons(), images.stimuli.len());
    if known.shape != [count, shown] {
        let wanted = format!("[{count}, {shown}]: the judge's neurons and the natural images");
        return Err(known.refuse(wanted).into());
    }
    let all: Vec<Vec<f64>> = known.values.chunks(shown).map(<[f64]>::to_vec).collect();
    let scales: Vec<[f64; 2]> = all.iter().map(|own| scale(own)).collect();
    for image in (0..shown).step_by(shown.div_ceil(CHECKED).max(1)) {
        if watch(image).is_break() {
            return Err(ControlError::Interrupted);
        }
        let input = images.input(image, spec)?;
        let answers = neurons.rates(&[&shares(spec, &input)])?;
        for (neuron, &answered) in answers.iter().enumerate() {
            let found = all[neuron][image];
            let unit = scales[neuron][1].max(answered.abs());
            // What is not a number is not near.
            let is_near = (found - answered).abs() <= TOLERANCE * unit;
            if !is_near {
                return Err(ControlError::JudgeResponses {
                    file: known.name.clone(),
                    neuron,
                    image,
                    found,
                    answered,
                });
            }
        }
    }
    Ok(all)
}

/// Mean and deviation of what one neuron answered.
fn scale(answers: &[f64]) -> [f64; 2] {
    mean_and_deviation(answers).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Stimulus;

    /// Answers with the mean of an image, and with twice that.
    struct Means;

    impl Neuron for Means {
        fn shape(&self) -> [usize; 3] {
            [1, 1, 2]
        }

        fn description(&self) -> String {
            "means".to_owned()
        }

        fn neurons(&self) -> usize {
            2
        }

        fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
            let means = images
                .iter()
                .map(|image| f64::from(image[0] + image[1]) / 2.0);
            Ok(means.flat_map(|mean| [mean, 2.0 * mean]).collect())
        }
    }

    fn judge(values: Vec<f64>, shape: Vec<usize>) -> Result<Judge, ControlError> {
        let values_of = |level: f32| Stimulus::Values {
            shape: vec![1, 1, 2],
            values: vec![level, level],
        };
        let images = Images {
            name: "images".to_owned(),
            stimuli: [0.0, 0.5, 1.0].map(values_of).into(),
        };
        let known = NumberArray {
            name: "known.npy".to_owned(),
            shape,
            values,
            is_u8: false,
            is_float: true,
        };
        let spec = ModelSpec::assumed([1, 1, 2]).input;
        let mut on = |_| ControlFlow::Continue(());
        Judge::of_neurons(Box::new(Means), spec, &images, Some(&known), &mut on)
    }

    #[test]
    fn responses_that_are_known_are_taken_and_others_are_refused() {
        let right = vec![0.0, 0.5, 1.0, 0.0, 1.0, 2.0];
        let judge_of = |values: &[f64]| judge(values.to_vec(), vec![2, 3]);
        assert_eq!(judge_of(&right).unwrap().natural_best(1), (2, 2.0));
        // Neurons in another order, and a value that is not a number.
        for (at, wrong) in [(4, 0.5), (1, f64::NAN)] {
            let mut values = right.clone();
            values[at] = wrong;
            let refused = judge_of(&values).err().unwrap().to_string();
            assert!(refused.contains("not its responses"), "{refused}");
        }
        let refused = judge(right.clone(), vec![3, 2]).err().unwrap().to_string();
        assert!(refused.contains("[2, 3]"), "{refused}");
    }
}
