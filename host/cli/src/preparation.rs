//! How pictures and arrays become inputs: what the command line says of it, and showing it.

use super::common::{blame, wrong};
use clap::Args;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_draw::Scale;
use cortexscope_draw::{GridLayout, Theme, tile_grid};
use cortexscope_net::input::{ArrayRange, FloatInput, InputSpec, Int8Input, PreparationOverrides};
use cortexscope_net::output;
use cortexscope_present::picture_file::PictureFile;
use cortexscope_present::scene::preparation;
use cortexscope_present::terminal::{Style, activation_maps};
use std::path::PathBuf;

const MAX_WIDTH_PX: u32 = 1280;

/// How pictures and arrays become inputs, over what the model's description says.
#[derive(Args, Clone, Default)]
pub(super) struct PreparationArgs {
    /// Bring pictures into the form of MNIST's digits: find the ink on shaded or lined
    /// ground, cut it out, and centre it. The description of the shipped models asks
    /// for it already.
    #[arg(long, help_heading = "Input")]
    digit: bool,
    /// What lies under transparent parts of pictures: white, black, or a level from 0
    /// to 255 [default: white, or black where white would hide the rest].
    #[arg(long, value_name = "LEVEL", value_parser = underlay, help_heading = "Input")]
    underlay: Option<u8>,
    /// What arrays hold: pixels with these values for black and white, as in 0,65535,
    /// or the model's own units [default: uint8 holds pixels from 0 to 255, and
    /// floating point the model's units].
    #[arg(
        long,
        value_name = "LOW,HIGH|model",
        value_parser = array_range,
        allow_hyphen_values = true,
        help_heading = "Input"
    )]
    array_range: Option<ArrayRange>,
}

impl PreparationArgs {
    /// The same in the library's terms.
    pub fn overrides(&self) -> PreparationOverrides {
        PreparationOverrides {
            is_digit: self.digit,
            underlay: self.underlay,
            array_range: self.array_range,
        }
    }

    /// Writes what was said into a model's description.
    pub fn apply(&self, spec: &mut InputSpec) -> anyhow::Result<()> {
        self.overrides().apply(spec).map_err(blame)
    }
}

/// Where inputs go, beside to the model.
#[derive(Args, Clone, Default)]
pub(super) struct ShowInputArgs {
    /// Save the input as the model gets it, float32 [N, C, H, W].
    #[arg(long, value_name = "NPY", help_heading = "Input")]
    save_input: Option<PathBuf>,
    /// Draw the steps of the preparation: on standard error, or into this picture.
    #[arg(
        long,
        value_name = "PICTURE",
        num_args = 0..=1,
        require_equals = true,
        help_heading = "Input"
    )]
    show_preparation: Option<Option<PathBuf>>,
}

impl ShowInputArgs {
    /// Saves and draws the inputs of a model described by `spec`, where that was asked
    /// for.
    pub fn show(&self, inputs: &[FloatInput], spec: &InputSpec) -> anyhow::Result<()> {
        if let Some(path) = &self.save_input {
            let [channels, height, width] = spec.shape().map(|size| size as u64);
            let values: Vec<f32> = inputs
                .iter()
                .flat_map(|input| input.values.iter().copied())
                .collect();
            let shape = [inputs.len() as u64, channels, height, width];
            output::npy(path, &shape, &values).map_err(blame)?;
        }
        match &self.show_preparation {
            None => Ok(()),
            Some(None) => {
                for input in inputs {
                    let maps = preparation::maps(input, spec);
                    let mut out = crate::printer::stderr();
                    activation_maps(&mut out, Style::of_stderr(), &maps, Scale::PerMap)?;
                }
                Ok(())
            }
            Some(Some(path)) => {
                let [input] = inputs else {
                    return Err(wrong(
                        "--show-preparation=PICTURE is for one input; leave the picture out to see all on the terminal",
                    ));
                };
                let file = PictureFile::new(path).map_err(|error| wrong(error.to_string()))?;
                let layout = GridLayout {
                    max_width: MAX_WIDTH_PX,
                    px_per_value: 1,
                };
                let drawing = tile_grid(&preparation::tiles(input, spec), layout)?;
                Ok(file.save(drawing.raster(Theme::Light, 1))?)
            }
        }
    }

    /// As [`ShowInputArgs::show`], for the inputs of a compiled model.
    pub fn show_int8(&self, inputs: &[Int8Input], model: &ModelFiles) -> anyhow::Result<()> {
        if self.save_input.is_none() && self.show_preparation.is_none() {
            return Ok(());
        }
        let spec = &model.spec.input;
        let steps = model.input_steps();
        let inputs: Vec<FloatInput> = inputs
            .iter()
            .map(|input| {
                // What the board's camera saw cannot be read again.
                FloatInput::open(&input.argument, spec, Some(steps))
                    .unwrap_or_else(|_| input.clone().dequantised(steps))
            })
            .collect();
        self.show(&inputs, spec)
    }
}

/// `white`, `black` or a level.
fn underlay(text: &str) -> Result<u8, String> {
    match text {
        "white" => Ok(255),
        "black" => Ok(0),
        level => level
            .parse()
            .map_err(|_| format!("{level:?} is not white, black or a level from 0 to 255")),
    }
}

/// `0,65535` or `model`.
fn array_range(text: &str) -> Result<ArrayRange, String> {
    if text == "model" {
        return Ok(ArrayRange::Model);
    }
    let wanted = || format!("{text:?} is not `model` or two different numbers as in 0,65535");
    let (low, high) = text.split_once(',').ok_or_else(wanted)?;
    let number = |part: &str| {
        part.trim()
            .parse::<f32>()
            .ok()
            .filter(|value| value.is_finite())
    };
    match (number(low), number(high)) {
        (Some(low), Some(high)) if low != high => Ok(ArrayRange::Pixels([low, high])),
        _ => Err(wanted()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_ranges_are_read() {
        assert_eq!(underlay("black"), Ok(0));
        assert_eq!(underlay("77"), Ok(77));
        assert!(underlay("300").is_err());
        assert_eq!(array_range("model"), Ok(ArrayRange::Model));
        assert_eq!(array_range("-1, 1"), Ok(ArrayRange::Pixels([-1.0, 1.0])));
        for text in ["5", "1,1", "0,inf", "a,b"] {
            assert!(array_range(text).is_err(), "{text}");
        }
    }
}
