//! `cortexscope compare`.

use super::beside::board_beside;
use super::common::{EngineArg, blame, ctrl_c, print_json};
use super::data::{count, open_data};
use super::explain_arguments::MethodArguments;
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::{default_board, progress};
use clap::Args;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::Pick;
use cortexscope_present::comparison::{ComparedInput, ComparisonRequest, compare_networks};
use cortexscope_present::documents::compare::{Compare, MapAgreement};
use cortexscope_record::RigChoice;
use cortexscope_study::compare::{BoardAnswers, Other};
use cortexscope_study::int8;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Explains an input on the float model and on the int8 network of a board by the same
/// methods, and says how far the maps agree and whether the class changes. Methods that need
/// derivatives have the int8 network's straight-through ones; those of relevance have no rule
/// for int8.
#[derive(Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct CompareCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// A picture, a .npy array (taken as it is), or mnist:N.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    input: Option<String>,
    /// A data set instead of one input: mnist (the 10,000 test digits), a folder of pictures, a
    /// .csv table, a .npy or .npz stack, or an IDX file.
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// How many inputs of the data set, from the first.
    #[arg(long, default_value_t = 10, value_name = "N")]
    images: usize,
    /// The methods, with commas between.
    #[arg(
        long,
        value_name = "METHOD,…",
        value_delimiter = ',',
        default_value = "occlusion,rise,score-cam"
    )]
    methods: Vec<String>,
    #[command(flatten)]
    parameters: MethodArguments,
    /// The board; `cortexscope boards` lists all boards [default: mps2-an386, or native where
    /// that cannot run].
    #[arg(long)]
    board: Option<String>,
    /// The engine on the board [default: static].
    #[arg(long, value_enum)]
    engine: Option<EngineArg>,
    /// The folder for the picture and the arrays of one input.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl CompareCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let methods = self.parameters.methods(&self.methods, &model)?;
        let inputs = self.inputs(&model)?;
        let board = self.board.as_deref();
        let board = board.unwrap_or_else(|| default_board::that_runs());
        let choice = RigChoice {
            engine: self.engine.unwrap_or(EngineArg::Static).into(),
            ..RigChoice::of(board, &model.name)
        };
        let cancel = ctrl_c()?;
        let mut rig = board_beside(&model, &choice, cancel.clone())?;
        let image_hash = rig.model.hash_hex();
        let needs_slopes = methods.iter().any(|method| !method.only_asks());
        let through = needs_slopes.then(|| int8::of(&model, &rig.model));
        let through = through.transpose().map_err(blame)?;
        let mut answers = BoardAnswers::of(&mut rig, &model);
        let mut other = Other {
            answers: &mut answers,
            through: through.as_ref(),
        };
        let request = ComparisonRequest {
            model: &model,
            methods: &methods,
            inputs: &inputs,
            input: self.input.as_deref(),
            data: self.data.as_deref(),
            board,
            image_hash: &image_hash,
            folder: &self.output,
        };
        let bar = progress::bar(1, "runs");
        let mut watch = progress::watch(&bar, &cancel);
        let document = compare_networks(&request, &mut other, &mut |now| {
            bar.set_message(now.input);
            watch(now.done, now.all)
        })
        .map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&document)?;
        } else {
            say(&document)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The one input, or those of the data set.
    fn inputs(&self, model: &FloatModel) -> anyhow::Result<Vec<ComparedInput>> {
        let named = |name, values| ComparedInput { name, values };
        if let Some(input) = &self.input {
            let input = one_input(input, model, &ShowInputArgs::default())?;
            return Ok(vec![named(input.name, input.values)]);
        }
        let name = self.data.as_deref().unwrap_or_default();
        let set = open_data(name, model)?;
        let count = count(&set, Some(self.images))?;
        let inputs = set.inputs(Pick::First(count)).map_err(blame)?;
        let inputs = inputs.map(|input| input.map(|input| named(input.name, input.values)));
        inputs.collect::<Result<_, _>>().map_err(blame)
    }
}

fn say(document: &Compare) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let Compare { images, board, .. } = document;
    writeln!(
        out,
        "{images} input(s), float model against int8 on {board}"
    )?;
    let name = |row: &MapAgreement| match &row.gradients {
        Some(gradients) => format!("{} ({gradients})", row.method),
        None => row.method.clone(),
    };
    let rows = document.rank_correlation.iter();
    let rows: Vec<(String, String)> = rows.map(|row| (name(row), row.words())).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or(0).max(10);
    for (name, words) in &rows {
        writeln!(out, "  {name:<width$} {words}")?;
    }
    writeln!(out, "classes that change: {} of {images}", document.changed)?;
    for class in document.classes.iter().filter(|class| class.changed) {
        writeln!(
            out,
            "  {}: {} on the float model, {} on int8",
            class.input, class.float_label, class.int8_label
        )?;
    }
    if let Some(picture) = &document.picture {
        writeln!(out, "{picture}")?;
    }
    Ok(())
}
