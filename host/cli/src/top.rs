//! `cortexscope top`.

use super::beside::{SideBoard, SideBoardArgs};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::{count, open_study_data};
use super::full::{ChannelsArg, FloatModelArgs};
use super::merge::MergeCommand;
use super::shard::{ShardArgs, print_part};
use super::{printer, progress};
use clap::{Args, ValueEnum};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::documents;
use cortexscope_present::top_inputs::{TopRequest, top_inputs, write};
use cortexscope_study::shard::{Parts, ShareEnd};
use cortexscope_study::top::{
    By, ChannelList, Search, TopStudy, UnitsRequest, named_units, units_on_board,
};
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
        let data = open_study_data(&self.data, &model)?;
        let images = count(data.set(), self.images)?;
        let (search, parameters) = self.search(&model, board.as_ref(), 0..images)?;
        let study = TopStudy {
            model: &model,
            data: &data,
            parameters,
            search,
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
        let data = open_study_data(&self.data, &model)?;
        let images = count(data.set(), self.images)?;
        let (search, parameters) = self.search(&model, board.as_ref(), 0..images)?;
        let study = TopStudy {
            model: &model,
            data: &data,
            parameters,
            search,
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

    /// What is looked for over these inputs, and what decides it beside model and data; says
    /// where a board's units are others.
    fn search(
        &self,
        model: &FloatModel,
        board: Option<&SideBoard>,
        inputs: Range<usize>,
    ) -> anyhow::Result<(Search, String)> {
        let request = UnitsRequest {
            layer: self.layer.as_deref(),
            maps: self.maps.as_ref().or(self.model.maps()),
            targets: &self.target,
        };
        let mut units = named_units(model, request).map_err(blame)?;
        if let Some(board) = board {
            let held = units_on_board(model, units, board.files()).map_err(blame)?;
            held.1.iter().for_each(progress::note);
            units = held.0;
        }
        let search = Search {
            units,
            by: self.by.into(),
            keep: self.k,
            inputs,
        };
        let identity = board.map(SideBoard::identity);
        let parameters = search.parameters(model, identity.as_deref());
        Ok((search, parameters))
    }
}

/// Prints the document, or what it says; its paths begin at `folder`.
fn tell(document: &documents::top::Top, folder: &Path, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(document)?;
    } else {
        write(&mut printer::stdout(), document, folder)?;
    }
    Ok(ExitCode::SUCCESS)
}
