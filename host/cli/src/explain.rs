//! `cortexscope explain`.

use super::common::{blame, ctrl_c, print_json, stage, wrong};
use super::explain_arguments::{MethodArguments, methods};
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::progress;
use clap::{Args, ValueEnum};
use cortexscope_draw::number::significant;
use cortexscope_draw::{ColourLimit, Theme, attribution_picture};
use cortexscope_explain::attribute::{Attribution, Explained, Receipt, Request, explain};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{Aim, ClassValue, Target};
use cortexscope_net::output::write;
use cortexscope_present::documents::Document;
use cortexscope_present::dump;
use cortexscope_present::scene::attribution::attribution as scene;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Attributes a class score, a feature map or a neuron to the pixels of an input.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Each method has arguments of its own: `cortexscope explain METHOD --help` shows them."
)]
pub(super) struct Explain {
    /// The method.
    #[arg(value_parser = methods())]
    method: String,
    #[command(flatten)]
    model: FloatModelArgs,
    /// A picture, a .npy or .npz array, or mnist:N.
    input: String,
    /// What is explained: LAYER:CHANNEL, LAYER:CHANNEL:Y:X or class:K [default: the
    /// predicted class].
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Which value of a class is explained.
    #[arg(long, value_enum, default_value_t)]
    class_value: ClassValueArg,
    #[command(flatten)]
    parameters: MethodArguments,
    /// Percent of the values that the colours tell apart; larger values get the last
    /// colour.
    #[arg(long, value_name = "PERCENT", default_value_t = 99.5)]
    reach: f32,
    /// The folder for the picture, the arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    #[command(flatten)]
    show: ShowInputArgs,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

/// Which value of a class is meant.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(super) enum ClassValueArg {
    /// The score before the softmax.
    #[default]
    Logit,
    /// The softmax's probability.
    Probability,
}

impl From<ClassValueArg> for ClassValue {
    fn from(value: ClassValueArg) -> Self {
        match value {
            ClassValueArg::Logit => Self::Logit,
            ClassValueArg::Probability => Self::Probability,
        }
    }
}

impl Explain {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !(self.reach > 0.0 && self.reach <= 100.0) {
            return Err(wrong(
                "--reach: give a percentage greater than 0, at most 100",
            ));
        }
        let target = self.target.as_deref().map(str::parse::<Target>);
        let target = target.transpose().map_err(blame)?;
        let model = self.model.open()?;
        let method = self.parameters.method(&self.method, &model)?;
        let input = one_input(&self.input, &model, &self.show)?;
        let value = self.class_value.into();
        let aim = match &target {
            Some(target) => target.aim(&model, value).map_err(blame)?,
            None => Aim::predicted(&model, &input.values, value).map_err(blame)?,
        };
        let request = Request {
            input: &input.values,
            aim: &aim,
            method: &method,
        };

        let staged = stage(&self.output)?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "steps");
        let begun = Instant::now();
        let attribution = explain(&model, request, &mut |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
            if cancel.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .map_err(blame)?;
        let seconds = begun.elapsed().as_secs_f64();
        bar.finish_and_clear();

        let reach = if self.reach < 100.0 {
            ColourLimit::Percentile(self.reach)
        } else {
            ColourLimit::Greatest
        };
        let written = self.write(
            staged.path(),
            &model,
            request,
            &attribution,
            reach,
            &input.name,
        )?;
        let files = written.in_folder(&self.output);
        let receipt = Receipt::of(Explained {
            model: &model,
            input: &input.argument,
            target: self.target.as_deref(),
            aim: &aim,
            method: &method,
            attribution: &attribution,
            seconds,
            picture: &files.picture.display().to_string(),
            array: &files.array.display().to_string(),
            maps: &files.maps,
        });
        write(&written.receipt, receipt.to_text()?.as_bytes())?;
        staged.commit().map_err(blame)?;
        if self.json {
            print_json(&receipt)?;
        } else {
            self.say(&aim, &attribution, &files, seconds)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn write(
        &self,
        folder: &Path,
        model: &FloatModel,
        request: Request<'_>,
        attribution: &Attribution,
        reach: ColourLimit,
        input: &str,
    ) -> anyhow::Result<Files> {
        let base = folder.join(format!(
            "{}.{}",
            dump::file_name(input),
            request.method.name()
        ));
        let picture = base.with_added_extension("png");
        let drawing = attribution_picture(&scene(model, request, attribution, reach))?;
        write(&picture, &drawing.png(Theme::Light, 2)?)?;
        let sizes = |shape: [usize; 3]| shape.map(|size| size as u64);
        let array = base.with_added_extension("npy");
        dump::npy(&array, &sizes(attribution.shape), &attribution.values)?;
        let mut maps = Vec::new();
        for map in &attribution.maps {
            let path = base.with_added_extension(format!("{}.npy", map.name));
            dump::npy(&path, &sizes(map.shape), &map.values)?;
            maps.push(path.display().to_string());
        }
        let receipt = base.with_added_extension("json");
        Ok(Files {
            picture,
            array,
            maps,
            receipt,
        })
    }

    fn say(
        &self,
        aim: &Aim,
        attribution: &Attribution,
        files: &Files,
        seconds: f64,
    ) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{}: {} {}, {seconds:.2} s",
            self.method,
            aim.words,
            significant(attribution.score as f32)
        )?;
        for residual in &attribution.residuals {
            let value = significant(residual.value as f32);
            writeln!(out, "  {}: {value}", residual.name)?;
        }
        for note in &attribution.notes {
            writeln!(out, "  note: {note}")?;
        }
        for path in [&files.picture, &files.array, &files.receipt] {
            writeln!(out, "{}", path.display())?;
        }
        for path in &files.maps {
            writeln!(out, "{path}")?;
        }
        Ok(())
    }
}

struct Files {
    picture: PathBuf,
    array: PathBuf,
    maps: Vec<String>,
    receipt: PathBuf,
}

impl Files {
    /// The same files where they lie in the end.
    fn in_folder(&self, folder: &Path) -> Self {
        let place = |path: &Path| folder.join(path.file_name().unwrap_or_default());
        let maps = self.maps.iter().map(|map| place(Path::new(map)));
        Self {
            picture: place(&self.picture),
            array: place(&self.array),
            maps: maps.map(|path| path.display().to_string()).collect(),
            receipt: place(&self.receipt),
        }
    }
}
