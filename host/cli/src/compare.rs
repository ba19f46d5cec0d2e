//! `cortexscope compare`.

use super::common::{EngineArg, blame, ctrl_c, open_model, print_json};
use super::data::{count, open_data};
use super::explain_arguments::MethodArguments;
use super::full::{FloatModelArgs, one_input};
use super::preparation::ShowInputArgs;
use super::{default_board, progress};
use clap::Args;
use cortexscope_draw::number::significant;
use cortexscope_draw::{Theme, tile_grid};
use cortexscope_explain::attribute::Method;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::Pick;
use cortexscope_net::output::{make_folder, write};
use cortexscope_present::documents::compare::{ClassPair, Compare, MapAgreement};
use cortexscope_present::dump;
use cortexscope_present::scene::side_by_side::{Pair, layout, tiles};
use cortexscope_record::RigChoice;
use cortexscope_study::compare::{BoardAnswers, Comparison, Other, compare};
use cortexscope_study::int8;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

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
    /// A data set instead of one input: mnist, the 10,000 test digits in order.
    #[arg(long)]
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
        let inputs = match (&self.input, &self.data) {
            (Some(input), _) => {
                let input = one_input(input, &model, &ShowInputArgs::default())?;
                vec![(input.name, input.values)]
            }
            (None, data) => {
                let set = open_data(data.as_deref().unwrap_or_default(), &model)?;
                let count = count(&set, Some(self.images))?;
                let inputs = set.inputs(Pick::First(count)).map_err(blame)?;
                let inputs = inputs.map(|input| input.map(|input| (input.name, input.values)));
                inputs.collect::<Result<Vec<_>, _>>().map_err(blame)?
            }
        };
        let board = self.board.as_deref();
        let board = board.unwrap_or_else(|| default_board::that_runs());
        let choice = RigChoice {
            engine: self.engine.unwrap_or(EngineArg::Static).into(),
            ..RigChoice::of(board, &self.model.model)
        };
        let files = open_model(&choice)?;
        let cancel = ctrl_c()?;
        let mut rig = choice.open(files, cancel.clone()).map_err(blame)?;
        let image_hash = rig.model.hash_hex();
        let needs_slopes = methods.iter().any(|method| !method.only_asks());
        let through = needs_slopes.then(|| int8::of(&model, &rig.model));
        let through = through.transpose().map_err(blame)?;
        let mut answers = BoardAnswers::of(&mut rig, &model).map_err(blame)?;
        let mut other = Other {
            answers: &mut answers,
            through: through.as_ref(),
        };
        let bar = progress::bar(1, "runs");
        let begun = Instant::now();
        let mut found = Vec::with_capacity(inputs.len());
        for (name, values) in &inputs {
            bar.set_message(name.clone());
            let one = compare(&model, &mut other, values, &methods, &mut |done, all| {
                bar.set_length(all as u64);
                bar.set_position(done as u64);
                if cancel.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            found.push(one.map_err(blame)?);
        }
        bar.finish_and_clear();
        let seconds = begun.elapsed().as_secs_f64();
        let mut document = self.document(&model, &methods, &inputs, &found);
        document.board = board.to_owned();
        document.image_hash = image_hash;
        document.seconds = seconds;
        if self.input.is_some() {
            self.write(&model, &methods, &inputs[0], &found[0], &mut document)?;
        }
        if self.json {
            print_json(&document)?;
        } else {
            say(&document)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn document(
        &self,
        model: &FloatModel,
        methods: &[Method],
        inputs: &[(String, Vec<f32>)],
        found: &[Comparison],
    ) -> Compare {
        let agreements = methods.iter().enumerate().map(|(at, method)| {
            let known = found.iter().map(|one| one.methods[at].rank_correlation);
            let known: Vec<f64> = known.flatten().collect();
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            MapAgreement {
                method: method.name().to_owned(),
                variant: method.variant(),
                gradients: (!method.only_asks()).then(|| "straight-through".to_owned()),
                value: (!known.is_empty()).then_some(mean),
                images: known.len(),
                float_array: None,
                int8_array: None,
            }
        });
        let classes = inputs.iter().zip(found).map(|(input, one)| ClassPair {
            input: input.0.clone(),
            float: one.classes.float,
            float_label: model.short_label(one.classes.float),
            float_probability: one.classes.float_probability,
            int8: one.classes.other,
            int8_label: model.short_label(one.classes.other),
            int8_probability: one.classes.other_probability,
            changed: one.classes.changed(),
        });
        Compare {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            image_hash: String::new(),
            board: String::new(),
            input: self.input.clone(),
            data: self.data.clone(),
            images: inputs.len(),
            rank_correlation: agreements.collect(),
            classes: classes.collect(),
            changed: found.iter().filter(|one| one.classes.changed()).count(),
            picture: None,
            seconds: 0.0,
        }
    }

    fn write(
        &self,
        model: &FloatModel,
        methods: &[Method],
        input: &(String, Vec<f32>),
        found: &Comparison,
        document: &mut Compare,
    ) -> anyhow::Result<()> {
        make_folder(&self.output).map_err(blame)?;
        let base = self.output.join(dump::file_name(&input.0));
        let words: Vec<String> = document.rank_correlation.iter().map(agreement).collect();
        let mut pairs = Vec::new();
        for (at, (method, one)) in methods.iter().zip(&found.methods).enumerate() {
            let row = &mut document.rank_correlation[at];
            for (network, attribution, place) in [
                ("float", &one.float, &mut row.float_array),
                ("int8", &one.other, &mut row.int8_array),
            ] {
                let name = format!("{}.{network}.npy", method.name());
                let path = base.with_added_extension(name);
                let shape = attribution.shape.map(|size| size as u64);
                dump::npy(&path, &shape, &attribution.values)?;
                *place = Some(path.display().to_string());
            }
            pairs.push(Pair {
                method,
                float: &one.float,
                int8: &one.other,
                is_straight_through: one.is_straight_through,
                agreement: &words[at],
            });
        }
        let class = &document.classes[0];
        let statement = format!("float: {}, int8: {}", class.float_label, class.int8_label);
        let drawing = tile_grid(&tiles(model, &input.1, &pairs, &statement), layout(model))?;
        let picture = base.with_added_extension("compare.png");
        write(&picture, &drawing.png(Theme::Light, 2)?)?;
        document.picture = Some(picture.display().to_string());
        Ok(())
    }
}

fn agreement(row: &MapAgreement) -> String {
    match row.value {
        Some(value) => format!("rank correlation {}", significant(value as f32)),
        None => "no rank correlation".to_owned(),
    }
}

fn say(document: &Compare) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let Compare { images, board, .. } = document;
    writeln!(
        out,
        "{images} input(s), float model against int8 on {board}"
    )?;
    for row in &document.rank_correlation {
        writeln!(out, "  {:<10} {}", row.method, agreement(row))?;
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
