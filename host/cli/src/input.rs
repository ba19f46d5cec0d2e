//! INPUT on the command line: `mnist:17`, a `.npy` array, or a picture.

use super::common::wrong;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::input::{Array, InputSpec, MnistSet};
use cortexscope_net::resources::shipped_folder;
use image::{DynamicImage, GrayImage};
use std::path::Path;

/// The board's own camera.
pub(super) const CAMERA: &str = "camera";

/// One input, ready for the board.
pub(super) struct Input {
    /// What was written on the command line.
    pub argument: String,
    /// What it is called in messages and file names.
    pub name: String,
    /// int8 `[C, H, W]`.
    pub values: Vec<i8>,
    /// The digit that it is, where that is known.
    pub label: Option<usize>,
    /// What was done to make it, for the user to read.
    pub notes: Vec<String>,
}

/// One input as it was read, in the float model's units.
pub(super) struct RealInput {
    /// What was written on the command line.
    pub argument: String,
    /// What it is called in messages and file names.
    pub name: String,
    /// `[C, H, W]`.
    pub values: Vec<f32>,
    /// Whether `values` are int8: a compiled network's own input.
    pub is_int8: bool,
    /// The digit that it is, where that is known.
    pub label: Option<usize>,
    /// What was done to make it, for the user to read.
    pub notes: Vec<String>,
}

/// The 10,000 test digits that are shipped.
pub(super) fn test_digits() -> anyhow::Result<MnistSet> {
    let folder = shipped_folder().join("mnist");
    let images = folder.join("t10k-images-idx3-ubyte.gz");
    Ok(MnistSet::open(
        &images,
        &folder.join("t10k-labels-idx1-ubyte.gz"),
    )?)
}

/// The inputs that `names` stand for, as `model` wants them.
pub(super) fn open(names: &[String], model: &ModelFiles) -> anyhow::Result<Vec<Input>> {
    let inputs = open_real(names, &model.spec.input)?.into_iter();
    Ok(inputs.map(|input| quantised(input, model)).collect())
}

/// A picture of the board's camera, as `model` wants it.
pub(super) fn captured(picture: GrayImage, model: &ModelFiles) -> Input {
    let prepared = model.spec.input.prepare(&DynamicImage::ImageLuma8(picture));
    let input = RealInput {
        argument: CAMERA.to_owned(),
        name: CAMERA.to_owned(),
        values: prepared.values,
        is_int8: false,
        label: None,
        notes: prepared.notes,
    };
    quantised(input, model)
}

fn quantised(input: RealInput, model: &ModelFiles) -> Input {
    Input {
        values: if input.is_int8 {
            input.values.iter().map(|&value| value as i8).collect()
        } else {
            model.quantise(&input.values)
        },
        argument: input.argument,
        name: input.name,
        label: input.label,
        notes: input.notes,
    }
}

/// The inputs that `names` stand for, as a float model described by `spec`
/// wants them.
pub(super) fn open_real(names: &[String], spec: &InputSpec) -> anyhow::Result<Vec<RealInput>> {
    let mut digits = None;
    names
        .iter()
        .map(|name| {
            if let Some(index) = name.strip_prefix("mnist:") {
                if digits.is_none() {
                    digits = Some(test_digits()?);
                }
                let digits = digits.as_ref().ok_or_else(|| wrong("no digits"))?;
                return digit(name, index, digits, spec);
            }
            if name == CAMERA {
                return Err(wrong("camera is the board's own, for `infer` and the live page; give a picture"));
            }
            let path = Path::new(name);
            if !path.is_file() {
                return Err(wrong(format!(
                    "{name} is no file: an input is a picture, a .npy array or mnist:0 to mnist:9999"
                )));
            }
            let is_array = path.extension().is_some_and(|extension| extension == "npy");
            if is_array { array(path, spec) } else { picture(path, spec) }
        })
        .collect()
}

/// Digit `index` of the test set.
fn digit(
    name: &str,
    index: &str,
    digits: &MnistSet,
    spec: &InputSpec,
) -> anyhow::Result<RealInput> {
    let index: usize = index.parse().map_err(|_| {
        wrong(format!(
            "{name}: mnist: is followed by the number of a digit"
        ))
    })?;
    let last = digits.len().saturating_sub(1);
    let values = digits.input(index, spec).ok_or_else(|| {
        wrong(format!(
            "{name}: the test digits are mnist:0 to mnist:{last}"
        ))
    })?;
    Ok(RealInput {
        argument: name.to_owned(),
        name: format!("mnist-{index}"),
        values,
        is_int8: false,
        label: digits.label(index).map(usize::from),
        notes: Vec::new(),
    })
}

/// An array, taken as it is: int8 is the network's own input, anything else is
/// in the float model's units.
fn array(path: &Path, spec: &InputSpec) -> anyhow::Result<RealInput> {
    let array = Array::open(path)?;
    let is_int8 = array.is_int8;
    let mut stack = array.into_inputs(spec.shape(), path)?;
    if stack.len() != 1 {
        let name = path.display();
        return Err(wrong(format!(
            "{name} holds {} inputs: give one",
            stack.len()
        )));
    }
    let values = stack.remove(0);
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(wrong(format!(
            "{}: value {at} is {}: an input is made of finite numbers",
            path.display(),
            values[at]
        )));
    }
    Ok(RealInput {
        argument: path.display().to_string(),
        name: stem(path),
        values,
        is_int8,
        label: None,
        notes: Vec::new(),
    })
}

fn picture(path: &Path, spec: &InputSpec) -> anyhow::Result<RealInput> {
    let picture = cortexscope_net::input::picture::open(path)?;
    let prepared = spec.prepare(&picture);
    Ok(RealInput {
        argument: path.display().to_string(),
        name: stem(path),
        values: prepared.values,
        is_int8: false,
        label: None,
        notes: prepared.notes,
    })
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(
        || "input".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}
