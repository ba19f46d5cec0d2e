//! `cortexscope invert`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::progress;
use clap::Args;
use cortexscope_draw::number::significant;
use cortexscope_draw::{Theme, tile_grid};
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_explain::invert::{Inversion, Inverted, Memory, invert, noise};
use cortexscope_net::output::{make_folder, write};
use cortexscope_present::documents::Document;
use cortexscope_present::documents::invert as document;
use cortexscope_present::dump;
use cortexscope_present::scene::inversion::{layout, tiles};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Finds an input that a layer cannot tell from another one (Mahendran and Vedaldi 2015): a
/// picture as each layer remembers it, with the error.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct InvertCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// A picture, a .npy array (taken as it is), or mnist:N.
    input: String,
    /// The layer that remembers; may be given several times.
    #[arg(long, required = true)]
    layer: Vec<String>,
    /// Where the search begins: a .npy array, a picture or mnist:N [default: noise].
    #[arg(long, value_name = "INPUT")]
    start: Option<String>,
    /// Write the gradient of the objective at the start, with respect to the model's input, to
    /// this .npy file; no steps are made unless --steps asks for them.
    #[arg(long, value_name = "NPY")]
    gradient: Option<PathBuf>,
    /// Steps for each layer [default: 400; 0 with --gradient].
    #[arg(long)]
    steps: Option<usize>,
    /// What a value of z is multiplied with to be an input [default: the range from black to
    /// white, mean of the channels].
    #[arg(long)]
    sigma: Option<f64>,
    /// α of the norm.
    #[arg(long, default_value_t = 6.0)]
    alpha: f64,
    /// Weight of Σ|z|^α [default: 0.01 by the number of values].
    #[arg(long, value_name = "WEIGHT")]
    alpha_weight: Option<f64>,
    /// β of the total variation.
    #[arg(long, default_value_t = 2.0)]
    beta: f64,
    /// Weight of the total variation [default: 0.1 by the number of values].
    #[arg(long, value_name = "WEIGHT")]
    tv_weight: Option<f64>,
    /// Root mean square of the first step, in units of z.
    #[arg(long, default_value_t = 0.01, value_name = "RMS")]
    first_step: f64,
    /// The share of the last step that is kept.
    #[arg(long, default_value_t = 0.9, value_name = "SHARE")]
    momentum: f64,
    /// Standard deviation of the noise that is begun with, in units of z.
    #[arg(long, default_value_t = 0.1)]
    noise: f64,
    /// Seed of the noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for the picture, the arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

impl InvertCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.gradient.is_some() && self.layer.len() > 1 {
            return Err(wrong("--gradient is for one --layer"));
        }
        let model = self.model.open()?;
        let layers = self.layer.iter().map(|layer| model.find(layer));
        let layers: Vec<LayerId> = layers.collect::<Result<_, _>>().map_err(blame)?;
        let input = one_input(&self.input, &model, &ShowInputArgs::default())?;
        let start = self.start.as_deref();
        let start = start
            .map(|start| one_input(start, &model, &ShowInputArgs::default()))
            .transpose()?;
        let start = start.map(|start| start.values);
        make_folder(&self.output).map_err(blame)?;
        let base = self
            .output
            .join(format!("{}.invert", dump::file_name(&input.name)));
        let shape = model.input_shape().map(|size| size as u64);
        let settings: Vec<Inversion> = layers
            .iter()
            .map(|&layer| self.settings(&model, layer))
            .collect();
        let cancel = ctrl_c()?;
        let steps = settings[0].steps;
        let bar = progress::bar(steps.saturating_mul(layers.len()), "steps");
        let mut found: Vec<Inverted> = Vec::new();
        let mut results = Vec::new();
        for settings in &settings {
            let name = &model.layer(settings.layer).name;
            let begun = Instant::now();
            if let Some(path) = &self.gradient {
                let mut memory = Memory::of(&model, &input.values, settings).map_err(blame)?;
                let at = start.clone().unwrap_or_else(|| noise(&model, settings));
                let objective = memory.objective(&at).map_err(blame)?;
                dump::npy(path, &shape, &objective.gradient)?;
            }
            let before = found.len() * steps;
            let start = start.as_deref();
            let one = invert(&model, &input.values, start, settings, &mut |step| {
                bar.set_position((before + step.step) as u64);
                bar.set_message(format!("{name} {}", significant(step.value as f32)));
                if cancel.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .map_err(blame)?;
            let array = base.with_added_extension(format!("{}.npy", dump::file_name(name)));
            dump::npy(&array, &shape, &one.input)?;
            results.push(document::InvertResult {
                layer: name.clone(),
                terms: one.terms.to_vec(),
                start_terms: one.start.to_vec(),
                values: one.values.clone(),
                array: array.display().to_string(),
                gradient: self
                    .gradient
                    .as_ref()
                    .map(|path| path.display().to_string()),
                seconds: begun.elapsed().as_secs_f64(),
            });
            found.push(one);
        }
        bar.finish_and_clear();
        let picture = base.with_added_extension("png");
        let names = results.iter().map(|result| result.layer.as_str());
        let shown: Vec<(&str, &Inverted)> = names.zip(&found).collect();
        let drawing = tile_grid(&tiles(&model, &input.values, &shown), layout(&model))?;
        write(&picture, &drawing.png(Theme::Light, 2)?)?;
        let document = self.document(&model, &settings[0], picture.display().to_string(), results);
        let receipt = base.with_added_extension("json");
        write(&receipt, document.to_text()?.as_bytes())?;
        if self.json {
            print_json(&document)?;
        } else {
            let mut out = std::io::stdout().lock();
            for result in &document.results {
                let terms = result.terms.iter();
                let terms =
                    terms.map(|term| format!("{} {}", term.name, significant(term.value as f32)));
                let terms: Vec<String> = terms.collect();
                writeln!(
                    out,
                    "{}: {}, {:.2} s",
                    result.layer,
                    terms.join(", "),
                    result.seconds
                )?;
            }
            writeln!(out, "{}\n{}", picture.display(), receipt.display())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn settings(&self, model: &FloatModel, layer: LayerId) -> Inversion {
        let standard = Inversion::of(model, layer);
        let steps = if self.gradient.is_some() {
            0
        } else {
            standard.steps
        };
        Inversion {
            layer,
            sigma: self.sigma.unwrap_or(standard.sigma),
            alpha: self.alpha,
            alpha_weight: self.alpha_weight.unwrap_or(standard.alpha_weight),
            beta: self.beta,
            tv_weight: self.tv_weight.unwrap_or(standard.tv_weight),
            first_step: self.first_step,
            momentum: self.momentum,
            steps: self.steps.unwrap_or(steps),
            noise: self.noise,
            seed: self.seed,
        }
    }

    fn document(
        &self,
        model: &FloatModel,
        of: &Inversion,
        picture: String,
        results: Vec<document::InvertResult>,
    ) -> document::Invert {
        document::Invert {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            preprocessing: model.spec.input.to_string(),
            input: self.input.clone(),
            start: self.start.clone(),
            sigma: of.sigma,
            alpha: of.alpha,
            alpha_weight: of.alpha_weight,
            beta: of.beta,
            tv_weight: of.tv_weight,
            tv_border:
                "at the last row and column the missing difference is 0 and the other one counts"
                    .to_owned(),
            first_step: of.first_step,
            momentum: of.momentum,
            steps: of.steps,
            noise: of.noise,
            seed: of.seed,
            picture,
            terms: results
                .first()
                .map_or_else(Vec::new, |one| one.terms.clone()),
            results,
        }
    }
}
