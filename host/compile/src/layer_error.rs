//! How far each layer of the int8 network is from the float one, and where that starts.

use super::accuracy::AccuracyError;
use super::float_net::FloatNet;
use super::float_run::FloatRun;
use super::judge::Judge;
use super::network::Network;

/// The first layer that has this part of the greatest error is where it starts.
const START: f64 = 0.25;

/// The error of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerError {
    /// The layer's name.
    pub layer: String,
    /// The mean square of the difference, in shares of the mean square of the float values.
    pub noise: f64,
}

/// The error of every layer over `inputs`, `[C, H, W]` in the float model's units.
///
/// # Errors
/// A network that does not run.
pub fn layer_errors(
    float: &FloatNet,
    network: &Network,
    int8_onnx: &[u8],
    inputs: &[Vec<f32>],
) -> Result<Vec<LayerError>, AccuracyError> {
    let values: Vec<&String> = float.layers.iter().map(|layer| &layer.value).collect();
    let run = FloatRun::new(float, &values)?;
    let judge = Judge::new(int8_onnx)?;
    let mut powers = vec![[0.0_f64; 2]; float.layers.len()];
    for input in inputs {
        let expected = run.run(input)?;
        let trace = judge.run(&judge.quantise(input))?;
        for (index, layer) in float.layers.iter().enumerate() {
            let affine = network.layers[index].output.affine();
            let found: Vec<f32> = match trace.activations.get(index) {
                Some(int8) => int8.iter().map(|&int8| affine.dequantise(int8)).collect(),
                None => trace.logits.clone(),
            };
            let [noise, signal] = &mut powers[index];
            let mut expected = expected[index].clone();
            layer.apply(&mut expected);
            for (expected, found) in expected.into_iter().zip(found) {
                *noise += (f64::from(expected) - f64::from(found)).powi(2);
                *signal += f64::from(expected).powi(2);
            }
        }
    }
    let layers = float.layers.iter().zip(powers);
    let error = |[noise, signal]: [f64; 2]| if noise == 0.0 { 0.0 } else { noise / signal };
    Ok(layers
        .map(|(layer, powers)| LayerError {
            layer: layer.name.clone(),
            noise: error(powers),
        })
        .collect())
}

/// The layer where the error starts: the first that has a quarter of the greatest one.
pub fn where_it_starts(errors: &[LayerError]) -> Option<&LayerError> {
    let greatest = errors.iter().map(|error| error.noise).fold(0.0, f64::max);
    let start = errors.iter().find(|error| error.noise >= START * greatest);
    start.filter(|_| greatest > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_where_a_quarter_of_it_is_first_there() {
        let errors = |noises: &[f64]| -> Vec<LayerError> {
            let noises = noises.iter().enumerate();
            noises
                .map(|(layer, &noise)| LayerError {
                    layer: layer.to_string(),
                    noise,
                })
                .collect()
        };
        let start =
            |noises: &[f64]| where_it_starts(&errors(noises)).map(|error| error.layer.clone());
        assert_eq!(start(&[1e-5, 1e-4, 0.3, 0.5, 0.4]).as_deref(), Some("2"));
        assert_eq!(start(&[0.2, 0.1]).as_deref(), Some("0"));
        assert_eq!(start(&[0.0, 0.0]), None);
        assert_eq!(start(&[]), None);
    }
}
