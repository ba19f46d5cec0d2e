//! `cortexscope invert`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::progress;
use clap::Args;
use cortexscope_draw::number::significant;
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_explain::invert::Inversion;
use cortexscope_present::inversion::{InversionRequest, SavedInversion, invert_layers};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

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
        let settings: Vec<Inversion> = layers
            .iter()
            .map(|&layer| self.settings(&model, layer))
            .collect();
        let cancel = ctrl_c()?;
        let all = settings[0].steps.saturating_mul(layers.len());
        let bar = progress::bar(all, "steps");
        let mut watch = progress::watch(&bar, &cancel);
        let request = InversionRequest {
            input: &input,
            start: start.as_ref(),
            searches: &settings,
            gradient: self.gradient.as_deref(),
            folder: &self.output,
        };
        let made = invert_layers(&model, &request, &mut |now| {
            bar.set_message(format!("{} {}", now.layer, significant(now.value as f32)));
            watch(now.steps, all)
        });
        let SavedInversion {
            document,
            picture,
            receipt,
        } = made.map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&document)?;
        } else {
            let mut out = crate::printer::stdout();
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
}
