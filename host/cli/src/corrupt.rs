//! `cortexscope corrupt`.

use super::common::{blame, print_json, wrong};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use cortexscope_corrupt::{CorruptError, Kind, Picture, SEVERITIES, Settings, Variant};
use cortexscope_draw::Theme;
use cortexscope_net::output;
use cortexscope_present::documents;
use cortexscope_present::picture_file::PictureFile;
use cortexscope_present::scene::corruption::{sheet, shown};
use cortexscope_study::levels::open_levels;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a sheet of all kinds is called.
const ALL: &str = "all";

/// Corrupts a picture as ImageNet-C and MNIST-C do: noise, blur, weather, geometry.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct CorruptCommand {
    /// The kind, as the papers name it (gaussian-noise, motion-blur, fog, …; underscores do,
    /// too), or `all` for a sheet of all kinds and severities.
    kind: String,
    /// A picture, a .npy array of levels from 0 to 255, or mnist:N. It is corrupted in its own
    /// size.
    input: String,
    #[arg(long, help = format!("From {} [default: 1; a sheet has all]", severities()))]
    severity: Option<u8>,
    /// Seed of everything that is random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The stream of the seed: `robustness` takes an input's number.
    #[arg(long, default_value_t = 0)]
    stream: u64,
    #[command(flatten)]
    chosen: ChosenArgs,
    /// The file to write: a picture, rounded to 8 bits, or .npy, levels from 0 to 255 as
    /// float32 [C, H, W], not rounded.
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

/// What is random or differs between references, chosen.
#[derive(Args, Clone)]
struct ChosenArgs {
    /// Direction of motion-blur and of snow in degrees, instead of a random one.
    #[arg(long, value_name = "DEGREES")]
    angle: Option<f64>,
    /// Sign of shear, rotate and translate, 1 or -1, instead of a random one; -1,1 for
    /// columns and rows.
    #[arg(long, value_parser = signs, allow_hyphen_values = true)]
    sign: Option<[f64; 2]>,
    /// Which form, where a reference departs from the definition.
    #[arg(long, value_parser = variants(), default_value = Variant::default().name())]
    variant: Variant,
}

/// The forms of a corruption, for the command line.
pub(super) fn variants() -> impl TypedValueParser<Value = Variant> {
    let values = Variant::ALL;
    let values = values.map(|variant| PossibleValue::new(variant.name()).help(variant.summary()));
    PossibleValuesParser::new(values).map(|name| Variant::named(&name).unwrap_or_default())
}

/// The mildest severity and the worst, as help says it.
pub(super) fn severities() -> String {
    format!("{} to {}", SEVERITIES.start(), SEVERITIES.end())
}

/// `1`, `+`, or `-1,1`.
fn signs(text: &str) -> Result<[f64; 2], String> {
    let sign = |part: &str| match part.trim() {
        "1" | "+1" | "+" | "1.0" => Ok(1.0),
        "-1" | "-" | "-1.0" => Ok(-1.0),
        other => Err(format!("{other:?} is not a sign: give 1 or -1")),
    };
    match text.split_once(',') {
        Some((x, y)) => Ok([sign(x)?, sign(y)?]),
        None => sign(text).map(|sign| [sign; 2]),
    }
}

impl CorruptCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let is_array = self
            .output
            .extension()
            .is_some_and(|ending| ending == "npy");
        let file = (!is_array).then(|| PictureFile::new(&self.output));
        let file = file.transpose().map_err(blame)?;
        let settings = Settings {
            severity: self.severity.unwrap_or(1),
            seed: self.seed,
            stream: self.stream,
            angle: self.chosen.angle,
            sign: self.chosen.sign,
            variant: self.chosen.variant,
        };
        let mut greatest = 0.0;
        let picture;
        if self.kind == ALL {
            picture = open_levels(&self.input).map_err(blame)?;
            let Some(file) = &file else {
                return Err(wrong("a sheet of all kinds is a picture: give -o FILE.png"));
            };
            let drawing = sheet(&self.input, &picture, &settings)?;
            file.save(drawing.raster(Theme::Light, 1))?;
        } else {
            let kind: Kind = self.kind.parse().map_err(refused)?;
            picture = open_levels(&self.input).map_err(blame)?;
            let corrupted = kind.apply(&picture, &settings).map_err(refused)?;
            let changes = corrupted.levels().iter().zip(picture.levels());
            greatest = changes.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            match &file {
                Some(file) => file.save(shown(&corrupted))?,
                None => write_array(&self.output, &corrupted)?,
            }
        }
        let [height, width] = picture.size();
        if self.json {
            print_json(&documents::corrupt::Corrupt {
                corruption: self.kind.replace('_', "-"),
                input: self.input.clone(),
                severity: (self.kind != ALL).then_some(settings.severity),
                seed: self.seed,
                stream: self.stream,
                angle: settings.angle,
                sign: settings.sign,
                variant: self.chosen.variant.name().to_owned(),
                shape: [picture.channels(), height, width],
                greatest_change: greatest,
                output: self.output.display().to_string(),
            })?;
        } else {
            writeln!(crate::printer::stdout(), "{}", self.output.display())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a picture cannot be corrupted for is what was asked for.
fn refused(error: CorruptError) -> anyhow::Error {
    wrong(error.to_string())
}

fn write_array(path: &Path, picture: &Picture) -> anyhow::Result<()> {
    let [height, width] = picture.size();
    let shape = [picture.channels(), height, width].map(|size| size as u64);
    let levels: Vec<f32> = picture.levels().iter().map(|&level| level as f32).collect();
    output::npy(path, &shape, &levels).map_err(blame)
}
