//! `MODEL.toml`: how a model wants its input, and what its outputs are called.

use std::fmt;

use cortexscope_digit::SIDE_MAX;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::resources::ResourcePath;

/// The file beside a model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// The model's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How pixels become numbers.
    pub input: InputSpec,
    /// What the outputs mean.
    #[serde(default)]
    pub output: OutputSpec,
}

/// How pixels become numbers: `(range(pixel / 255) − mean) / std`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Colours and their order.
    pub channels: Channels,
    /// Rows and columns.
    pub size: [usize; 2],
    /// What pixel 0 and pixel 255 become.
    pub range: [f32; 2],
    /// Subtracted after the range: one for all channels, or one for each.
    #[serde(default = "no_mean")]
    pub mean: Vec<f32>,
    /// Divided by: one for all channels, or one for each.
    #[serde(default = "unit_std")]
    pub std: Vec<f32>,
    /// Whether ink is light or dark; without it pictures are never inverted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polarity: Option<Polarity>,
    /// The form that pictures are brought into before; without it they are only cut and
    /// resized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// The grey level that lies under transparent parts of pictures; without it white,
    /// or black where white would leave nothing to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underlay: Option<u8>,
    /// What the values of arrays stand for, where a user says it.
    #[serde(skip)]
    pub array_range: Option<ArrayRange>,
}

/// What pictures are brought into before a model sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A handwritten digit as in MNIST: see [`digit_form`](super::digit_form).
    Digit,
}

/// What the values of an array stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ArrayRange {
    /// Pixels, black and white at these values.
    Pixels([f32; 2]),
    /// The model's own units: nothing is computed.
    Model,
}

/// What the outputs mean.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    /// One label per class; may be empty.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// Colours of a model's input, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the field's standard terms")]
pub enum Channels {
    Grey,
    Rgb,
    Bgr,
    /// As many that are no colours: sensors, spectra. In a file it is their number.
    Count(usize),
}

impl Serialize for Channels {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Grey => serializer.serialize_str("grey"),
            Self::Rgb => serializer.serialize_str("rgb"),
            Self::Bgr => serializer.serialize_str("bgr"),
            Self::Count(count) => serializer.serialize_u64(*count as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Channels {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChannelsVisitor)
    }
}

struct ChannelsVisitor;

impl serde::de::Visitor<'_> for ChannelsVisitor {
    type Value = Channels;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("grey, rgb, bgr or a number of channels")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Channels, E> {
        match name {
            "grey" => Ok(Channels::Grey),
            "rgb" => Ok(Channels::Rgb),
            "bgr" => Ok(Channels::Bgr),
            other => Err(E::unknown_variant(other, &["grey", "rgb", "bgr"])),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, count: i64) -> Result<Channels, E> {
        let count = usize::try_from(count).ok();
        let count = count.filter(|count| (1..=MAX_CHANNELS).contains(count));
        count.map(Channels::Count).ok_or_else(|| {
            E::custom(format_args!(
                "channels: a number from 1 to {MAX_CHANNELS} is wanted"
            ))
        })
    }

    fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Channels, E> {
        self.visit_i64(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// Which is brighter, ink or ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Polarity {
    /// As in MNIST.
    LightOnDark,
    /// As on paper.
    DarkOnLight,
}

/// Why a `MODEL.toml` cannot be used.
#[derive(Debug, Error)]
pub enum SpecError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: ResourcePath,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no TOML, a field is missing, unknown or of another type.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// `mean` or `std` has neither one value nor one per channel.
    #[error("input.{field} has {have} values; 1 or {channels} are wanted")]
    Count {
        /// `mean` or `std`.
        field: &'static str,
        /// Values in the file.
        have: usize,
        /// Channels of the input.
        channels: usize,
    },
    /// A value that no input can be made with.
    #[error("input.{0}")]
    Value(&'static str),
    /// The model's own input has another shape.
    #[error("the model's input is {model:?} [C, H, W], the description says {spec:?}")]
    Shape {
        /// The model's.
        model: [usize; 3],
        /// The description's.
        spec: [usize; 3],
    },
}

/// Rows or columns that a description may ask for.
const MAX_SIDE: usize = 4096;

/// Channels that a description may ask for.
const MAX_CHANNELS: usize = 4096;

fn no_mean() -> Vec<f32> {
    vec![0.0]
}

fn unit_std() -> Vec<f32> {
    vec![1.0]
}

impl ModelSpec {
    /// Reads the text of a `MODEL.toml`.
    ///
    /// # Errors
    /// Unknown or missing fields, or values that no input can be made with.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let spec: Self = toml::from_str(text)?;
        spec.input.check()?;
        if spec.input.form == Some(Form::Digit) && !spec.input.takes_digits() {
            return Err(NO_DIGIT);
        }
        Ok(spec)
    }

    /// Reads a `MODEL.toml`.
    ///
    /// # Errors
    /// The file cannot be read, or [`ModelSpec::parse`] refuses it.
    pub fn open(path: &ResourcePath) -> Result<Self, SpecError> {
        let text = path.read_to_string().map_err(|source| SpecError::Read {
            path: path.clone(),
            source,
        })?;
        Self::parse(&text)
    }

    /// What is assumed of a model with input `[C, H, W]` that has no
    /// description: pixels from 0 to 1, and MNIST's polarity where it has MNIST's size.
    pub fn assumed([channels, height, width]: [usize; 3]) -> Self {
        let is_like_mnist = [channels, height, width] == [1, 28, 28];
        Self {
            name: None,
            input: InputSpec {
                channels: match channels {
                    1 => Channels::Grey,
                    3 => Channels::Rgb,
                    count => Channels::Count(count),
                },
                size: [height, width],
                range: [0.0, 1.0],
                mean: no_mean(),
                std: unit_std(),
                polarity: is_like_mnist.then_some(Polarity::LightOnDark),
                form: None,
                underlay: None,
                array_range: None,
            },
            output: OutputSpec::default(),
        }
    }
}

/// The form of digits, asked of inputs that cannot have it.
const NO_DIGIT: SpecError =
    SpecError::Value("form: a digit is grey, and has at most 2048 rows and columns");

impl InputSpec {
    /// Checks what no input could be made with.
    ///
    /// # Errors
    /// A number of values that fits neither all channels nor each, a size of
    /// zero or one that is too large, numbers that are not finite, or the form of digits in a
    /// size that it cannot have.
    pub fn check(&self) -> Result<(), SpecError> {
        let channels = self.channels.count();
        for (field, values) in [("mean", &self.mean), ("std", &self.std)] {
            let have = values.len();
            if have != 1 && have != channels {
                return Err(SpecError::Count {
                    field,
                    have,
                    channels,
                });
            }
        }
        if self.size.iter().any(|&side| side == 0 || side > MAX_SIDE) {
            return Err(SpecError::Value("size: each is from 1 to 4096"));
        }
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        if !finite(&self.range) || !finite(&self.mean) || !finite(&self.std) {
            return Err(SpecError::Value("range, mean and std are finite numbers"));
        }
        if self.range[0] == self.range[1] {
            return Err(SpecError::Value("range: its ends differ"));
        }
        if self.std.iter().any(|&std| std <= 0.0) {
            return Err(SpecError::Value("std: each is greater than 0"));
        }
        // That colours were asked of a model that has none is said where the model is known.
        if self.form == Some(Form::Digit) && self.size.iter().any(|side| *side > SIDE_MAX) {
            return Err(NO_DIGIT);
        }
        Ok(())
    }

    /// Whether inputs can have the form of MNIST's digits.
    pub fn takes_digits(&self) -> bool {
        self.channels == Channels::Grey && self.size.iter().all(|side| *side <= SIDE_MAX)
    }

    /// `[C, H, W]`.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels.count(), self.size[0], self.size[1]]
    }

    /// Checks that the model's own input is what is described.
    ///
    /// # Errors
    /// Another number of channels, rows or columns.
    pub fn matches(&self, model: [usize; 3]) -> Result<(), SpecError> {
        let spec = self.shape();
        if spec == model {
            Ok(())
        } else {
            Err(SpecError::Shape { model, spec })
        }
    }

    /// The value of `pixel` in `channel`.
    pub fn value(&self, channel: usize, pixel: u8) -> f32 {
        let [low, high] = self.range.map(f64::from);
        let of = |values: &[f32], default: f32| -> f64 {
            let first = values.first().copied().unwrap_or(default);
            values.get(channel).copied().unwrap_or(first).into()
        };
        let ranged = low + (high - low) * (f64::from(pixel) / 255.0);
        ((ranged - of(&self.mean, 0.0)) / of(&self.std, 1.0)) as f32
    }

    /// Least and greatest value that a pixel can become.
    pub fn bounds(&self) -> [f32; 2] {
        let ends = (0..self.channels.count())
            .flat_map(|channel| [self.value(channel, 0), self.value(channel, 255)]);
        ends.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], end| {
            [low.min(end), high.max(end)]
        })
    }
}

impl Channels {
    /// Channels of the input.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::Bgr => 3,
            Self::Count(count) => count,
        }
    }
}

/// The text of the file.
impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = toml::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// One line that says how an input is made. Whatever changes what a model is shown is in it,
/// so that two preparations differ where their lines do: parts of studies, features that are
/// kept and receipts are told apart by it.
impl fmt::Display for InputSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = match self.channels {
            Channels::Grey => "grey".to_owned(),
            Channels::Rgb => "RGB".to_owned(),
            Channels::Bgr => "BGR".to_owned(),
            Channels::Count(count) => format!("{count} channels"),
        };
        let [height, width] = self.size;
        let [low, high] = self.range;
        write!(
            f,
            "{channels} {height}×{width}, pixels from {low} to {high}"
        )?;
        if self.mean.iter().any(|&mean| mean != 0.0) {
            write!(f, ", minus {:?}", self.mean)?;
        }
        if self.std.iter().any(|&std| std != 1.0) {
            write!(f, ", over {:?}", self.std)?;
        }
        match self.polarity {
            Some(Polarity::LightOnDark) => f.write_str(", light ink on a dark ground"),
            Some(Polarity::DarkOnLight) => f.write_str(", dark ink on a light ground"),
            None => Ok(()),
        }?;
        match self.form {
            Some(Form::Digit) => f.write_str(", brought into the form of MNIST's digits"),
            None => Ok(()),
        }?;
        if let Some(level) = self.underlay {
            write!(f, ", grey level {level} under transparent parts")?;
        }
        match self.array_range {
            Some(ArrayRange::Pixels([black, white])) => {
                write!(f, ", arrays as pixels from {black} to {white}")
            }
            Some(ArrayRange::Model) => f.write_str(", arrays in the model's own units"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const MNIST: &str = r#"
        [input]
        channels = "grey"
        size = [28, 28]
        range = [0.0, 1.0]
        polarity = "light-on-dark"
    "#;

    #[test]
    fn the_assumption_is_mnists_form_and_says_so() {
        let assumed = ModelSpec::assumed([1, 28, 28]);
        assert_eq!(assumed, ModelSpec::parse(MNIST).unwrap());
        assert_eq!(
            assumed.input.to_string(),
            "grey 28×28, pixels from 0 to 1, light ink on a dark ground"
        );
    }

    /// Results are told apart by the line: a fact that it left out would mix them.
    #[test]
    fn every_fact_of_a_preparation_is_in_its_line() {
        let plain = ModelSpec::assumed([3, 8, 9]).input;
        // A new field belongs into the line, and here.
        let InputSpec {
            channels: _,
            size: _,
            range: _,
            mean: _,
            std: _,
            polarity: _,
            form: _,
            underlay: _,
            array_range: _,
        } = plain.clone();
        let changes: [fn(&mut InputSpec); 11] = [
            |spec| spec.channels = Channels::Bgr,
            |spec| spec.size = [9, 8],
            |spec| spec.range = [0.0, 255.0],
            |spec| spec.mean = vec![0.5],
            |spec| spec.std = vec![1.0, 2.0, 1.0],
            |spec| spec.polarity = Some(Polarity::DarkOnLight),
            |spec| spec.form = Some(Form::Digit),
            |spec| spec.underlay = Some(0),
            |spec| spec.underlay = Some(255),
            |spec| spec.array_range = Some(ArrayRange::Pixels([0.0, 1.0])),
            |spec| spec.array_range = Some(ArrayRange::Model),
        ];
        let lines = changes.iter().map(|change| {
            let mut spec = plain.clone();
            change(&mut spec);
            spec.to_string()
        });
        let lines: BTreeSet<String> = lines.chain([plain.to_string()]).collect();
        assert_eq!(lines.len(), changes.len() + 1, "{lines:?}");
    }

    /// A side that the form cannot have is not a picture without ink.
    #[test]
    fn a_description_that_asks_for_digits_that_cannot_be_is_refused() {
        let spec = |channels: &str, size: [usize; 2]| {
            ModelSpec::parse(&format!(
                "[input]\nchannels = \"{channels}\"\nsize = {size:?}\nrange = [0.0, 1.0]\nform = \"digit\"\n"
            ))
        };
        assert!(spec("grey", [SIDE_MAX, 28]).is_ok());
        for refused in [spec("grey", [28, SIDE_MAX + 1]), spec("rgb", [28, 28])] {
            let text = refused.unwrap_err().to_string();
            assert!(text.contains(&format!("at most {SIDE_MAX} rows")), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut spec = ModelSpec::parse(MNIST).unwrap();
        spec.name = Some("a \"name\"".to_owned());
        spec.input.range = [0.0, 0.996_093_75];
        spec.output.labels = vec!["zero".to_owned(), "one".to_owned()];
        assert_eq!(ModelSpec::parse(&spec.to_string()).unwrap(), spec);
    }

    #[test]
    fn channels_that_are_no_colours_are_a_number() {
        let assumed = ModelSpec::assumed([9, 1, 128]);
        assert!(assumed.to_string().contains("channels = 9"), "{assumed}");
        assert_eq!(ModelSpec::parse(&assumed.to_string()).unwrap(), assumed);
        assert_eq!(assumed.input.shape(), [9, 1, 128]);
        let refused = ModelSpec::parse(&MNIST.replace("\"grey\"", "0")).unwrap_err();
        assert!(refused.to_string().contains("from 1 to 4096"), "{refused}");
    }

    #[test]
    fn pixels_are_exact_at_the_usual_ranges() {
        let mut spec = ModelSpec::parse(MNIST).unwrap().input;
        for pixel in 0..=255 {
            assert_eq!(spec.value(0, pixel), f32::from(pixel) / 255.0);
        }
        spec.range = [0.0, 255.0];
        assert_eq!(spec.value(0, 77), 77.0);
        spec.range = [0.0, 0.996_093_75];
        assert_eq!(spec.value(0, 77), 77.0 / 256.0);
        assert_eq!(spec.bounds(), [0.0, 0.996_093_75]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refuse = |from: &str, to: &str| {
            let text = MNIST.replace(from, to);
            assert_ne!(text, MNIST);
            ModelSpec::parse(&text).unwrap_err().to_string()
        };
        assert!(refuse("polarity", "polarty").contains("polarty"));
        assert!(refuse("\"grey\"", "\"gray\"").contains("gray"));
        assert!(refuse("[28, 28]", "[0, 28]").contains("size"));
        assert!(refuse("[0.0, 1.0]", "[1.0, 1.0]").contains("range"));
        assert!(refuse("[0.0, 1.0]", "[0.0, nan]").contains("finite"));
        assert!(refuse("polarity", "std = [0.0]\n polarity").contains("std"));
        assert_eq!(
            refuse("polarity", "mean = [0.0, 1.0]\n polarity"),
            "input.mean has 2 values; 1 or 1 are wanted"
        );
    }
}
