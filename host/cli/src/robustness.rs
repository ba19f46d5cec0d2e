//! `cortexscope robustness`.

use super::beside::{SideBoard, SideBoardArgs};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::corrupt::{severities, variants};
use super::data::open_study_data;
use super::full::FloatModelArgs;
use super::merge::MergeCommand;
use super::progress;
use super::shard::{ShardArgs, print_part};
use clap::{Args, ValueEnum};
use cortexscope_corrupt::{Kind, Variant};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_present::documents::robustness::Robustness;
use cortexscope_present::robustness::{joined_robustness, robustness};
use cortexscope_present::terminal::{Style, right_answers};
use cortexscope_study::data::Data;
use cortexscope_study::robustness::{
    CorruptionChoice, Progress, RobustnessRequest, RobustnessStudy, Suite,
};
use cortexscope_study::shard::{Parts, ShareEnd};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measures how often a model is right on corrupted pictures, float and int8.
#[derive(Args)]
pub(super) struct RobustnessCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// A data set with labels: mnist (the 10,000 test digits), a folder with a folder of pictures
    /// for each class, a .csv table, or a stack or an IDX file with its labels.
    #[arg(long, value_name = "DATA")]
    data: String,
    /// Take the first IMAGES inputs [default: all].
    #[arg(long, value_name = "IMAGES")]
    images: Option<usize>,
    /// A model that errors are compared with: mCE is 1 where both are as bad.
    #[arg(long, value_name = "MODEL")]
    baseline: Option<String>,
    /// A named set of corruptions [default: mnist-c for digits, else imagenet-c].
    #[arg(long, value_enum, conflicts_with = "corruption")]
    suite: Option<SuiteArg>,
    /// Kinds of corruption instead of a set.
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    corruption: Vec<String>,
    #[arg(
        long,
        value_name = "SEVERITY",
        value_delimiter = ',',
        help = format!("Severities, from {} [default: all]", severities())
    )]
    severity: Vec<u8>,
    /// The severities that the set was published with: for MNIST-C one each.
    #[arg(long, conflicts_with_all = ["severity", "corruption"])]
    published: bool,
    /// Seed of everything that is random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Which form, where a reference departs from the definition.
    #[arg(long, value_parser = variants(), default_value = Variant::default().name())]
    variant: Variant,
    #[command(flatten)]
    shard: ShardArgs,
    #[command(flatten)]
    board: SideBoardArgs,
    /// The folder for the curves and the document.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum SuiteArg {
    /// The 15 of ImageNet-C.
    #[value(name = "imagenet-c")]
    ImageNetC,
    /// The 15 of MNIST-C.
    #[value(name = "mnist-c")]
    MnistC,
}

impl From<SuiteArg> for Suite {
    fn from(suite: SuiteArg) -> Self {
        match suite {
            SuiteArg::ImageNetC => Self::ImageNetC,
            SuiteArg::MnistC => Self::MnistC,
        }
    }
}

/// The networks and the pictures that were named.
struct OpenedRobustness {
    model: FloatModel,
    data: Data,
    corruptions: CorruptionChoice,
    baseline: Option<FloatModel>,
    board: Option<SideBoard>,
    /// What tells the board from others.
    identity: Option<String>,
}

impl RobustnessCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let opened = self.open()?;
        let study = RobustnessStudy::new(self.request(&opened)).map_err(blame)?;
        let folder = self.output.as_deref();
        let share = self.shard.request(folder)?;
        let mut rig = opened.board.as_ref().map(SideBoard::open).transpose()?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(0, "pictures");
        let mut watch = |now: Progress| {
            bar.set_length(now.total as u64);
            bar.set_position(now.done as u64);
            if let Some((kind, severity)) = now.at {
                bar.set_message(format!("{kind} {severity}"));
            }
            progress::go_on(&cancel)
        };
        let made = robustness(&study, &share, rig.as_mut(), folder, &mut watch).map_err(blame)?;
        bar.finish_and_clear();
        match made {
            ShareEnd::Part(part) => print_part(part, self.json),
            ShareEnd::Whole(document) => tell(&document, Path::new(""), self.json),
        }
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let opened = self.open()?;
        let study = RobustnessStudy::of_parts(self.request(&opened)).map_err(blame)?;
        let joined = joined_robustness(&study, parts, &to.output).map_err(blame)?;
        tell(&joined, &to.output, to.json)
    }

    fn open(&self) -> anyhow::Result<OpenedRobustness> {
        let model = self.model.open()?;
        let data = open_study_data(&self.data, &model)?;
        let kinds = self.corruption.iter().map(|name| name.parse::<Kind>());
        let kinds = kinds.collect::<Result<Vec<_>, _>>();
        let open = |name: &String| FloatModel::open(name, &Overrides::default()).map_err(blame);
        let baseline = self.baseline.as_ref().map(open).transpose()?;
        let board = self.board.beside(&model)?;
        Ok(OpenedRobustness {
            corruptions: CorruptionChoice {
                suite: self.suite.map(Suite::from),
                kinds: kinds.map_err(|error| wrong(error.to_string()))?,
                severities: self.severity.clone(),
                is_published: self.published,
            },
            identity: board.as_ref().map(SideBoard::identity),
            model,
            data,
            baseline,
            board,
        })
    }

    fn request<'a>(&self, opened: &'a OpenedRobustness) -> RobustnessRequest<'a> {
        RobustnessRequest {
            model: &opened.model,
            data: &opened.data,
            images: self.images,
            corruptions: &opened.corruptions,
            seed: self.seed,
            variant: self.variant,
            baseline: opened.baseline.as_ref(),
            board: opened.identity.as_deref(),
        }
    }
}

/// Prints the document, or what it says; its path begins at `folder`.
fn tell(found: &Robustness, folder: &Path, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(found)?;
    } else {
        say(found, folder)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The table, and what it comes to.
fn say(found: &Robustness, folder: &Path) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    right_answers(&mut out, Style::of_stdout(), found)?;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    writeln!(out, "mean error: {}", percent(found.mean_error))?;
    if let Some(error) = found.board_mean_error {
        writeln!(out, "mean error of int8: {}", percent(error))?;
    }
    if let (Some(mce), Some(baseline)) = (found.mce, &found.baseline) {
        writeln!(out, "mCE against {baseline}: {}", percent(mce))?;
    }
    if let Some(mce) = found.board_mce {
        writeln!(out, "mCE of int8: {}", percent(mce))?;
    }
    for note in &found.notes {
        writeln!(out, "note: {note}")?;
    }
    if let Some(picture) = &found.picture {
        writeln!(out, "{}", folder.join(picture).display())?;
    }
    Ok(())
}
