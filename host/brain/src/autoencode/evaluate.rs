//! One network judged on images that it has not seen.

use std::ops::ControlFlow;

use super::error::AutoEncodeError;
use super::network::AutoEncoder;
use super::quality::{ImageQuality, Quality};
use super::significance::Significance;
use crate::generator::{Generator, Linear};
use crate::stimuli::Stimuli;

/// What networks are judged on.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Test images as inputs `[C, H, W]` in the network's units.
    pub images: &'a [Vec<f32>],
    /// Mean responses `[neurons][images]`; empty where none are known.
    pub responses: &'a [Vec<f64>],
    /// From black to white in the network's units.
    pub data_range: f64,
    /// p of at most this is significant.
    pub level: f64,
    /// Shuffles of the images for what chance gives.
    pub shuffles: usize,
    /// Their seed.
    pub seed: u64,
    /// Reconstructions that are kept: the first.
    pub keep: usize,
}

/// What a network was found to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Its reconstructions; `None` where it makes none.
    pub quality: Option<Quality>,
    /// Its neurons; `None` where it predicts none, or no responses are known.
    pub significance: Option<Significance>,
    /// The first reconstructions, `[C, H, W]` each.
    pub kept: Vec<Vec<f32>>,
}

/// Judges a network; `watch` is told how many images are done.
///
/// # Errors
/// There are too few images, the network has another number of neurons, cannot be run, or gives
/// what is not a number.
pub fn evaluate(
    network: &AutoEncoder,
    task: &Task<'_>,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Evaluation, AutoEncodeError> {
    /// Fewest images: a correlation needs three.
    const LEAST: usize = 3;
    if task.images.len() < LEAST {
        let (have, need) = (task.images.len(), LEAST);
        return Err(AutoEncodeError::Few { have, need });
    }
    let neurons = network.neurons();
    if let Some(layer) = network.response
        && !task.responses.is_empty()
        && task.responses.len() != neurons
    {
        return Err(AutoEncodeError::Neurons {
            model: network.model.name.clone(),
            layer: network.model.layer(layer).name.clone(),
            have: neurons,
            wanted: task.responses.len(),
        });
    }
    let shape = network.model.input_shape();
    let mut qualities = Vec::new();
    let mut rates = vec![Vec::with_capacity(task.images.len()); neurons];
    let mut found = Evaluation::default();
    for (index, image) in task.images.iter().enumerate() {
        let [made, answered] = network.run(image)?;
        if let Some(&value) = made
            .iter()
            .chain(&answered)
            .find(|value| !value.is_finite())
        {
            let (model, image) = (network.model.name.clone(), index);
            return Err(AutoEncodeError::NotFinite {
                model,
                image,
                value,
            });
        }
        if network.reconstruction.is_some() {
            qualities.extend(ImageQuality::of(image, &made, shape, task.data_range));
            if index < task.keep {
                found.kept.push(made);
            }
        }
        for (neuron, value) in rates.iter_mut().zip(answered) {
            neuron.push(f64::from(value));
        }
        if watch(index + 1).is_break() {
            return Err(AutoEncodeError::Interrupted);
        }
    }
    found.quality = Quality::over(&qualities, task.data_range);
    if !task.responses.is_empty() {
        let (level, shuffles) = (task.level, task.shuffles);
        found.significance = Significance::test(&rates, task.responses, level, shuffles, task.seed);
    }
    Ok(found)
}

/// The quality of principal components of `training` images: what an auto-encoder with a code of
/// `components` values has to beat. `None` where the images cannot be compared.
///
/// # Errors
/// There are no more training images than components.
pub fn component_baseline(
    training: &Stimuli,
    test: &[Vec<f32>],
    components: usize,
    data_range: f64,
) -> Result<Option<Quality>, AutoEncodeError> {
    let linear = Linear::pca(training, components)?;
    let mut qualities = Vec::with_capacity(test.len());
    for image in test {
        let Some(code) = linear.encode(image) else {
            return Ok(None);
        };
        let made = linear.decode(&code)?;
        qualities.extend(ImageQuality::of(image, &made, training.shape, data_range));
    }
    Ok(Quality::over(&qualities, data_range))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use cortexscope_explain::float_model::{FloatModel, Overrides};
    use cortexscope_net::onnx::GraphBuilder;
    use cortexscope_net::onnx::builder::{Size, int, ints};
    use cortexscope_net::onnx::pb::tensor_proto::DataType;
    use cortexscope_net::random::Random;
    use cortexscope_net::resources::ResourcePath;

    use super::*;
    use crate::autoencode::LayerNames;

    const SIDE: usize = 8;

    /// A network that gives `gain` times its input, as blocks of 2 × 2 pixels, and for each of
    /// two neurons the sum of its mask's pixels.
    fn network(gain: f32, masks: &[Vec<f32>; 2]) -> AutoEncoder {
        let mut graph = GraphBuilder::new("test");
        let sizes = [
            Size::Batch,
            Size::Fixed(1),
            Size::Fixed(SIDE),
            Size::Fixed(SIDE),
        ];
        graph.input("input", DataType::Float, &sizes);
        let values = Size::Fixed(SIDE * SIDE + 2);
        graph.output("output", DataType::Float, &[Size::Batch, values]);
        let two = |name: &str| ints(name, &[2, 2]);
        let mut blocks = vec![0.0; 16];
        (0..4).for_each(|channel| blocks[channel * 4 + channel] = gain);
        graph.f32s("blocks", &[4, 1, 2, 2], &blocks);
        graph.node(
            "Conv",
            &["input", "blocks"],
            "reconstruction",
            vec![two("kernel_shape"), two("strides")],
        );
        graph.f32s("copies", &[2, 1, 1, 1], &[1.0, 1.0]);
        graph.node(
            "Conv",
            &["input", "copies"],
            "channels",
            vec![ints("kernel_shape", &[1, 1])],
        );
        graph.f32s("masks", &[2, 1, SIDE, SIDE], &masks.concat());
        graph.node(
            "Conv",
            &["channels", "masks"],
            "response",
            vec![ints("kernel_shape", &[SIDE, SIDE]), int("group", 2)],
        );
        let both = ["reconstruction", "response"];
        for (layer, flat) in both.into_iter().zip(["image", "rates"]) {
            graph.node("Flatten", &[layer], flat, vec![int("axis", 1)]);
        }
        graph.node(
            "Concat",
            &["image", "rates"],
            "output",
            vec![int("axis", 1)],
        );
        let path = ResourcePath::Disk(PathBuf::from("test.onnx"));
        let model = FloatModel::from_bytes(&graph.emit(13), path, &Overrides::default()).unwrap();
        AutoEncoder::new(model, &LayerNames::default()).unwrap()
    }

    fn task<'a>(images: &'a [Vec<f32>], responses: &'a [Vec<f64>]) -> Task<'a> {
        Task {
            images,
            responses,
            data_range: 1.0,
            level: 0.05,
            shuffles: 100,
            seed: 1,
            keep: 2,
        }
    }

    fn images(count: usize) -> Vec<Vec<f32>> {
        let mut random = Random::new(2);
        let image = |_| (0..SIDE * SIDE).map(|_| random.uniform() as f32).collect();
        (0..count).map(image).collect()
    }

    /// A mask with one pixel, and one with two.
    fn masks() -> [Vec<f32>; 2] {
        let mut masks = [vec![0.0; SIDE * SIDE], vec![0.0; SIDE * SIDE]];
        masks[0][2 * SIDE + 5] = 1.0;
        masks[1][SIDE] = 3.0;
        masks[1][SIDE + 4] = 1.0;
        masks
    }

    /// With half of every level, the error is the mean of x²/4; with all of it there is none.
    #[test]
    fn blocks_are_reconstructions() {
        let images = images(4);
        let go_on = &mut |_| ControlFlow::Continue(());
        let half = evaluate(&network(0.5, &masks()), &task(&images, &[]), go_on).unwrap();
        let squares = images.iter().flatten().map(|x| f64::from(*x * *x) / 4.0);
        let wanted = squares.sum::<f64>() / (4 * SIDE * SIDE) as f64;
        let quality = half.quality.unwrap();
        assert!((quality.mse - wanted).abs() < 1e-7, "{quality:?} {wanted}");
        assert_eq!((half.kept.len(), half.significance), (2, None));
        let both = half.kept[0].iter().zip(&images[0]);
        assert!(
            both.into_iter()
                .all(|(made, image)| (made * 2.0 - image).abs() < 1e-6)
        );
        let whole = evaluate(&network(1.0, &masks()), &task(&images, &[]), go_on).unwrap();
        assert_eq!(whole.quality.unwrap().psnr, f64::INFINITY);
    }

    /// A neuron that follows its pixel is found; one that follows nothing is not. Masks say where
    /// the neurons look.
    #[test]
    fn neurons_are_tested_and_located() {
        let images = images(50);
        let network = network(1.0, &masks());
        let mut random = Random::new(3);
        let own = images.iter().map(|image| f64::from(image[2 * SIDE + 5]));
        let responses = [own.collect(), (0..50).map(|_| random.normal()).collect()];
        let mut seen = 0;
        let found = evaluate(&network, &task(&images, &responses), &mut |done| {
            seen = done;
            ControlFlow::Continue(())
        });
        let significance = found.unwrap().significance.unwrap();
        assert_eq!(seen, 50);
        assert!(significance.neurons[0].r > 0.999_999 && significance.neurons[1].p_holm > 0.05);
        let [first, second] = network.locations().unwrap().try_into().unwrap();
        assert_eq!((first, second), ([2.0, 5.0], [1.0, 1.0]));
        // The smallest layer on the way is the image itself.
        assert_eq!(network.code_size(), Some(SIDE * SIDE));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let images = images(5);
        let network = network(1.0, &masks());
        let one = [vec![0.0; 5]];
        let go_on = &mut |_| ControlFlow::Continue(());
        let error = evaluate(&network, &task(&images, &one), go_on).unwrap_err();
        assert!(
            error.to_string().contains("gives 2 values, and 1 neurons"),
            "{error}"
        );
        let few = evaluate(&network, &task(&images[..2], &[]), go_on).unwrap_err();
        assert!(few.to_string().contains("at least 3"), "{few}");
        let stop = &mut |_| ControlFlow::Break(());
        let stopped = evaluate(&network, &task(&images, &[]), stop).unwrap_err();
        assert!(matches!(stopped, AutoEncodeError::Interrupted));
    }
    /// Images that are all multiples of one: one component is exact, and the mean alone is not.
    #[test]
    fn components_are_a_baseline() {
        let pattern = &images(1)[0];
        let scaled = |scale: f32| pattern.iter().map(|level| level * scale).collect();
        let training = Stimuli {
            shape: [1, SIDE, SIDE],
            images: (0..9).map(|at| scaled(at as f32 / 8.0)).collect(),
            ..Stimuli::default()
        };
        let test = [scaled(0.3), scaled(0.9)];
        let found = component_baseline(&training, &test, 1, 1.0)
            .unwrap()
            .unwrap();
        assert!(found.mse < 1e-8 && found.psnr > 80.0, "{found:?}");
        let error = component_baseline(&training, &test, 9, 1.0).unwrap_err();
        assert!(error.to_string().contains("at least 10"), "{error}");
    }
}
