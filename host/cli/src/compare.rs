//! `cortexscope compare`.

use super::beside::open_compiled;
use super::common::{EngineArg, blame, ctrl_c, print_json};
use super::data::{count, open_data};
use super::explain_arguments::MethodArguments;
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::{default_board, progress};
use clap::Args;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::comparison::{ComparedInput, ComparisonRequest, compare_on_board};
use cortexscope_present::documents::compare::{Compare, MapAgreement};
use cortexscope_record::RigChoice;
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
        let compiled = open_compiled(&model)?;
        let request = ComparisonRequest {
            model: &model,
            methods: &methods,
            inputs: &inputs,
            input: self.input.as_deref(),
            data: self.data.as_deref(),
            folder: &self.output,
        };
        let cancel = ctrl_c()?;
        let bar = progress::bar(1, "runs");
        let mut watch = progress::watch(&bar, &cancel);
        let ended = cancel.clone();
        let made = compare_on_board(&request, &choice, compiled, ended, &mut |now| {
            bar.set_message(now.input);
            watch(now.done, now.all)
        });
        let document = made.map_err(blame)?;
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
        if let Some(input) = &self.input {
            let input = one_input(input, model, &ShowInputArgs::default())?;
            return Ok(vec![ComparedInput {
                name: input.name,
                values: input.values,
            }]);
        }
        let name = self.data.as_deref().unwrap_or_default();
        let set = open_data(name, model)?;
        let count = count(&set, Some(self.images))?;
        ComparedInput::first_of(&set, count).map_err(blame)
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
