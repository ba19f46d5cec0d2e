//! `cortexscope top`.

use super::beside::{SideBoard, SideBoardArgs};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::{count, open_study_data};
use super::full::{ChannelsArg, FloatModelArgs};
use super::merge::MergeCommand;
use super::progress;
use super::shard::{ShardArgs, print_part};
use clap::{Args, ValueEnum};
use cortexscope_draw::number::significant;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::Target;
use cortexscope_net::printable::printable;
use cortexscope_present::documents;
use cortexscope_present::top_inputs::{TopRequest, top_inputs};
use cortexscope_study::beside::board_layer;
use cortexscope_study::shard::{Parts, ShareEnd};
use cortexscope_study::top::{By, ChannelList, Search, TopStudy, Unit};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Finds the inputs of a data set that excite a map, a neuron or a class most.
#[derive(Args)]
#[command(mut_arg("channels", |channels| channels
    .value_parser(ChannelsArg::colours_or_maps)
    .value_name("LIST|COLOURS")
    .help("The maps of the layer to look at, as --maps; or colours and their order: grey, rgb or bgr")))]
pub(super) struct TopCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// A data set: mnist (the 10,000 test digits), a folder of pictures, a .csv table, a .npy or
    /// .npz stack, or an IDX file.
    #[arg(long, value_name = "DATA")]
    data: String,
    /// A layer whose maps are looked at, by the name of its node or of its tensor.
    #[arg(long, value_name = "NAME", required_unless_present = "target")]
    layer: Option<String>,
    /// The maps of the layer to look at: 0,3,5-7 [default: all].
    #[arg(long, value_name = "LIST", requires = "layer")]
    maps: Option<ChannelList>,
    /// LAYER:CHANNEL, LAYER:CHANNEL:Y:X (one neuron) or class:K; may be given several times.
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Inputs to keep for each map.
    #[arg(short, value_name = "K", default_value_t = 9)]
    k: usize,
    /// Which number stands for a map: its greatest value or its mean.
    #[arg(long, value_enum, default_value_t)]
    by: ByArg,
    /// Look at the first IMAGES inputs only [default: all].
    #[arg(long, value_name = "IMAGES")]
    images: Option<usize>,
    #[command(flatten)]
    shard: ShardArgs,
    #[command(flatten)]
    board: SideBoardArgs,
    /// The folder for the pictures and the document; a search that was interrupted goes on
    /// from what it left there.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ByArg {
    /// Its greatest value.
    #[default]
    Maximum,
    /// The mean over its positions.
    Mean,
}

impl From<ByArg> for By {
    fn from(by: ByArg) -> Self {
        match by {
            ByArg::Maximum => Self::Maximum,
            ByArg::Mean => Self::Mean,
        }
    }
}

impl TopCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.k == 0 {
            return Err(wrong("-k: give a number from 1 up"));
        }
        if self.model.maps().is_some() && (self.layer.is_none() || self.maps.is_some()) {
            return Err(wrong(
                "--channels: a list of maps goes with --layer, and without --maps",
            ));
        }
        let model = self.model.open()?;
        let board = self.board.beside(&model)?;
        let units = self.units(&model, board.as_ref())?;
        let data = open_study_data(&self.data, &model)?;
        let images = count(data.set(), self.images)?;
        let study = TopStudy {
            model: &model,
            data: &data,
            parameters: self.parameters(&units, &model, board.as_ref()),
            search: self.over(units, 0..images),
        };
        let share = self.shard.request(self.output.as_deref())?;
        let mut rig = board.as_ref().map(SideBoard::open).transpose()?;
        let cancel = ctrl_c()?;
        let bar = progress::bar(images, "inputs");
        let mut watch = progress::watch(&bar, &cancel);
        let (end, passed) = study.run(&share, rig.as_mut(), &mut watch).map_err(blame)?;
        bar.finish_and_clear();
        let answers = match end {
            ShareEnd::Part(part) => return print_part(part, self.json),
            ShareEnd::Whole(answers) => answers,
        };
        let request = TopRequest {
            model: &model,
            search: &study.search,
            data: &data,
            answers: &answers,
            seconds: Some(passed.as_secs_f64()),
        };
        let document = top_inputs(&request, self.output.as_deref()).map_err(blame)?;
        tell(&document, Path::new(""), self.json)
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let board = self.board.beside(&model)?;
        let units = self.units(&model, board.as_ref())?;
        let data = open_study_data(&self.data, &model)?;
        let images = count(data.set(), self.images)?;
        let study = TopStudy {
            model: &model,
            data: &data,
            parameters: self.parameters(&units, &model, board.as_ref()),
            search: self.over(units, 0..images),
        };
        let answers = study.join(parts).map_err(blame)?;
        let request = TopRequest {
            model: &model,
            search: &study.search,
            data: &data,
            answers: &answers,
            seconds: None,
        };
        let document = top_inputs(&request, Some(&to.output)).map_err(blame)?;
        tell(&document, &to.output, to.json)
    }

    fn over(&self, units: Vec<Unit>, inputs: Range<usize>) -> Search {
        Search {
            units,
            by: self.by.into(),
            keep: self.k,
            inputs,
        }
    }

    /// What decides the result beside model and data.
    fn parameters(&self, units: &[Unit], model: &FloatModel, board: Option<&SideBoard>) -> String {
        let units: Vec<_> = units.iter().map(|unit| unit.name(model)).collect();
        let by = By::from(self.by).name();
        let board = board.map_or_else(String::new, |board| format!(", {}", board.identity()));
        format!("k {}, by {by}, of {}{board}", self.k, units.join(" "))
    }

    /// The units that both networks are asked for; says where a board's are others.
    fn units(&self, model: &FloatModel, board: Option<&SideBoard>) -> anyhow::Result<Vec<Unit>> {
        let named = self.named(model)?;
        let Some(board) = board else {
            return Ok(named);
        };
        let mut units = Vec::with_capacity(named.len());
        let mut noted = Vec::new();
        for unit in named {
            let held = board_layer(model, unit.layer, board.files()).map_err(blame)?;
            if held.float != unit.layer && !noted.contains(&unit.layer) {
                let [asked, float] = [unit.layer, held.float].map(|id| &model.layer(id).name);
                progress::note(format!(
                    "the board holds {asked} as {float}: both networks are asked for {float}"
                ));
                noted.push(unit.layer);
            }
            units.push(Unit {
                layer: held.float,
                ..unit
            });
        }
        Ok(units)
    }

    fn named(&self, model: &FloatModel) -> anyhow::Result<Vec<Unit>> {
        let mut units = Vec::new();
        if let Some(name) = &self.layer {
            let layer = model.find(name).map_err(blame)?;
            units = match self.maps.as_ref().or(self.model.maps()) {
                Some(list) => Unit::listed(model, layer, list).map_err(blame)?,
                None => Unit::maps(model, layer),
            };
        }
        for text in &self.target {
            let target: Target = text.parse().map_err(blame)?;
            units.push(Unit::of_target(model, &target).map_err(blame)?);
        }
        Ok(units)
    }
}

/// Prints the document, or what it says; its paths begin at `folder`.
fn tell(document: &documents::top::Top, folder: &Path, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(document)?;
    } else {
        say(document, folder)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The units and their inputs.
fn say(document: &documents::top::Top, folder: &Path) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    for map in &document.maps {
        let inputs = map
            .inputs
            .iter()
            .map(|input| format!("{} {}", printable(&input.name), significant(input.value)));
        let inputs = inputs.collect::<Vec<_>>().join(", ");
        let said = if inputs.is_empty() {
            "never fires".to_owned()
        } else {
            inputs
        };
        writeln!(out, "{}: {said}", printable(&map.name))?;
    }
    if let Some(differing) = document.differing {
        writeln!(
            out,
            "{differing} of {} units have other top inputs on {} than in float",
            document.maps.len(),
            printable(&document.network)
        )?;
    }
    for note in &document.notes {
        writeln!(out, "note: {}", printable(note))?;
    }
    for path in &document.pictures {
        writeln!(out, "{}", folder.join(path).display())?;
    }
    Ok(())
}
