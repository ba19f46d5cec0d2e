//! What networks are judged on: the planted session, or a user's images and responses.

use cortexscope_net::input::InputSpec;

use super::arm::{Arm, Family, NeuronSet};
use super::error::AutoEncodeError;
use super::evaluate::component_baseline;
use super::planted_session::{DRIVEN, NEURONS, PlantedSession, TEST, TRAINING};
use super::quality::Quality;
use crate::data::{DataError, Images, Responses, Span};
use crate::stimuli::{Stimuli, values};

/// Images, and what neurons answered to them.
#[derive(Debug)]
pub enum Session {
    /// Shipped digits and planted neurons.
    Planted(Box<PlantedSession>),
    /// A user's.
    Recorded {
        /// The images.
        images: Images,
        /// The responses, where they are known.
        responses: Option<Responses>,
    },
}

impl Session {
    /// The shipped session.
    ///
    /// # Errors
    /// The program is not whole.
    pub fn planted() -> Result<Self, AutoEncodeError> {
        Ok(Self::Planted(Box::new(PlantedSession::record()?)))
    }

    /// A user's images and responses.
    ///
    /// # Errors
    /// A file cannot be used, or they are of other numbers of images.
    pub fn open(
        images: &str,
        responses: Option<&str>,
        missing: Option<f64>,
    ) -> Result<Self, AutoEncodeError> {
        let responses = responses.map(|name| Responses::open(name, missing));
        let responses = responses.transpose()?;
        let images = Images::open(images)?;
        if let Some(responses) = &responses
            && responses.images != images.stimuli.len()
        {
            let (images, responses) = (images.stimuli.len(), responses.images);
            return Err(DataError::Counts { images, responses }.into());
        }
        Ok(Self::Recorded { images, responses })
    }

    /// The images to judge on: those of `wanted`, or all that are not for training.
    ///
    /// # Errors
    /// They reach beyond the last image, or some of them are for training.
    pub fn test(&self, wanted: Option<Span>) -> Result<Span, AutoEncodeError> {
        let (all, count) = match self {
            Self::Planted(_) => (TEST, TEST.end),
            Self::Recorded { images, .. } => (0..images.stimuli.len(), images.stimuli.len()),
        };
        let test = wanted.unwrap_or(Span {
            start: all.start,
            end: all.end,
        });
        test.within(count)?;
        if test.start < all.start {
            return Err(AutoEncodeError::Trained {
                test,
                first: all.start,
                end: all.end,
            });
        }
        Ok(test)
    }

    /// Neurons of the responses that `model` is tested on: `wanted`, or those that an arm was trained
    /// on by its name, or all. `None` where no responses are known.
    ///
    /// # Errors
    /// There are fewer neurons than `wanted` says.
    pub fn neurons(
        &self,
        model: &str,
        wanted: Option<Span>,
    ) -> Result<Option<Span>, AutoEncodeError> {
        let (count, own) = match self {
            Self::Planted(_) => {
                let set = Arm::named(model).map_or(NeuronSet::All, |arm| match arm.family {
                    Family::Dae => NeuronSet::All,
                    Family::DaeNr(_) | Family::CnnFr => arm.neurons,
                });
                (NEURONS, set.range())
            }
            Self::Recorded { responses, .. } => match responses {
                Some(responses) => (responses.neurons, 0..responses.neurons),
                None => return Ok(None),
            },
        };
        let span = wanted.unwrap_or(Span {
            start: own.start,
            end: own.end,
        });
        if span.end > count {
            return Err(AutoEncodeError::NoNeurons { span, count });
        }
        Ok(Some(span))
    }

    /// The test images as a model of `spec` takes them, `[C, H, W]` each.
    ///
    /// # Errors
    /// The model takes images of another size.
    pub fn inputs(&self, spec: &InputSpec, test: Span) -> Result<Vec<Vec<f32>>, AutoEncodeError> {
        match self {
            Self::Planted(session) => {
                let shape = spec.shape();
                let [_, height, width] = shape;
                if shape != [1, session.planted.size[0], session.planted.size[1]] {
                    return Err(AutoEncodeError::Digits { shape });
                }
                let images = session.images[test.range()].iter();
                debug_assert!(images.clone().all(|image| image.len() == height * width));
                Ok(images.map(|image| values(spec, image)).collect())
            }
            Self::Recorded { images, .. } => {
                let all = test.range().map(|index| images.input(index, spec));
                Ok(all.collect::<Result<_, DataError>>()?)
            }
        }
    }

    /// Mean responses of `neurons` to the test images, `[neurons][images]`.
    ///
    /// # Errors
    /// A neuron has no response to one of them.
    pub fn responses(&self, test: Span, neurons: Span) -> Result<Vec<Vec<f64>>, AutoEncodeError> {
        let all = neurons.range().map(|neuron| match self {
            Self::Planted(session) => {
                let own = &session.test_means[neuron * TEST.len()..][..TEST.len()];
                Ok(own[test.start - TEST.start..test.end - TEST.start].to_vec())
            }
            Self::Recorded { responses, .. } => {
                let mean = |image| {
                    let mean = responses.as_ref().and_then(|all| all.mean(neuron, image));
                    mean.ok_or(DataError::NoResponse { neuron, image })
                };
                test.range().map(mean).collect()
            }
        });
        Ok(all.collect::<Result<_, DataError>>()?)
    }

    /// For each neuron, row and column of its middle where the images drive it; `None` where the
    /// neurons are not known.
    pub fn driven(&self) -> Option<Vec<Option<[f64; 2]>>> {
        let Self::Planted(session) = self else {
            return None;
        };
        let cells = session.planted.cells.iter().enumerate();
        let driven = cells.map(|(at, cell)| (at < DRIVEN).then_some(cell.centre));
        Some(driven.collect())
    }

    /// Codes and the quality of as many principal components of the training images. None where
    /// the training images are not known, or levels from 0 to 1 are not the network's units.
    ///
    /// # Errors
    /// There are no more training images than components.
    pub fn components(
        &self,
        spec: &InputSpec,
        test: Span,
        codes: &[usize],
    ) -> Result<Vec<(usize, Quality)>, AutoEncodeError> {
        let Self::Planted(session) = self else {
            return Ok(Vec::new());
        };
        if spec.bounds() != [0.0, 1.0] {
            return Ok(Vec::new());
        }
        let training = Stimuli {
            shape: spec.shape(),
            images: session.images[TRAINING].to_vec(),
            ..Stimuli::default()
        };
        let tested = &session.images[test.range()];
        let mut found = Vec::new();
        let pixels: usize = spec.shape().iter().product();
        // As many components as pixels are the image itself.
        for &code in codes.iter().filter(|code| **code < pixels) {
            let quality = component_baseline(&training, tested, code, 1.0)?;
            found.extend(quality.map(|quality| (code, quality)));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_judged_on_what_was_trained_on() {
        let session = Session::planted().unwrap();
        let span = |text: &str| Some(text.parse::<Span>().unwrap());
        assert_eq!(session.test(None).unwrap().range(), TEST);
        assert_eq!(
            session.test(span("1900..1950")).unwrap().range(),
            1900..1950
        );
        let error = session.test(span("1799..1900")).unwrap_err().to_string();
        assert!(error.contains("1800..2000"), "{error}");
        assert!(session.test(span("1900..2001")).is_err());
    }

    #[test]
    fn an_arm_has_the_neurons_that_it_was_trained_on() {
        let session = Session::planted().unwrap();
        let range = |model: &str| session.neurons(model, None).unwrap().unwrap().range();
        assert_eq!(range("dae-nr1-significant-0"), 0..10);
        assert_eq!(range("dae-nr1-other-0"), 10..20);
        assert_eq!(range("nets/dae-nr1-other-0.onnx"), 10..20);
        assert_eq!(range("cnn-fr-1"), 0..20);
        assert_eq!(range("mine.onnx"), 0..20);
        let test = session.test(None).unwrap();
        let responses =
            session.responses(test, session.neurons("cnn-fr-1", None).unwrap().unwrap());
        let responses = responses.unwrap();
        assert_eq!((responses.len(), responses[0].len()), (20, TEST.len()));
        let beyond = Some("10..21".parse::<Span>().unwrap());
        assert!(session.neurons("mine.onnx", beyond).is_err());
    }
}
