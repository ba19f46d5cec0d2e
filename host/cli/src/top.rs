//! `cortexscope top`.

use super::beside::{SideBoard, SideBoardArgs};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::{count, open_study_data};
use super::full::{ChannelsArg, FloatModelArgs};
use super::merge::MergeCommand;
use super::shard::{ShardArgs, Share};
use super::{printer, progress};
use clap::{Args, ValueEnum};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::documents;
use cortexscope_present::top_inputs::{TopRequest, top_inputs, write};
use cortexscope_rig::Rig;
use cortexscope_study::beside::board_layer;
use cortexscope_study::data::Data;
use cortexscope_study::shard::{Asked, Parts, ShardError};
use cortexscope_study::top::{
    Answers, By, ChannelList, Search, SearchRankings, Unit, UnitsRequest, named_units,
    units_on_board,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

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
        let (mut search, parameters) = self.asked(&model, board.as_ref())?;
        let data = open_study_data(&self.data, &model)?;
        let images = count(data.set(), self.images)?;
        let of = (self.data.as_str(), data.set());
        let asked = Asked::new("top", &model, of, images, parameters);
        let mut share = self.shard.share(asked, self.output.as_deref())?;
        search.inputs = share.inputs.clone();
        let mut rig = board.as_ref().map(SideBoard::open).transpose()?;
        let network = rig.as_ref().map(|rig| rig.session.board().name.clone());
        let before = share.load(|answers: &Answers| answers.fit(&search))?;
        let mut answers = before.unwrap_or_else(|| Answers::begin(&search, network));

        let begun = Instant::now();
        self.search(&search, &model, &data, &mut answers, None, &mut share)?;
        let seconds = begun.elapsed().as_secs_f64();
        if let Some(rig) = &mut rig {
            let rig = Some(rig);
            self.search(&search, &model, &data, &mut answers, rig, &mut share)?;
        }
        if let Some(code) = share.end(&answers, self.json)? {
            return Ok(code);
        }
        let request = TopRequest {
            model: &model,
            search: &search,
            data: &data,
            answers: &answers,
            seconds: Some(seconds),
        };
        let document = top_inputs(&request, self.output.as_deref()).map_err(blame)?;
        tell(&document, Path::new(""), self.json)
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let model = self.model.open()?;
        let board = self.board.beside(&model)?;
        let (mut search, parameters) = self.asked(&model, board.as_ref())?;
        let data = open_study_data(&self.data, &model)?;
        let of = (self.data.as_str(), data.set());
        let images = count(data.set(), self.images)?;
        let asked = Asked::new("top", &model, of, images, parameters);
        parts.check(&asked).map_err(blame)?;
        search.inputs = 0..images;
        let mut all: Option<Answers> = None;
        for part in parts.found::<Answers>() {
            let (path, part) = part.map_err(blame)?;
            if !part.fit(&search) {
                let path = path.to_owned();
                return Err(blame(ShardError::Damaged { path }));
            }
            match &mut all {
                None => all = Some(part),
                Some(all) => all.join(&search, part),
            }
        }
        let answers = all.unwrap_or_else(|| Answers::begin(&search, None));
        let request = TopRequest {
            model: &model,
            search: &search,
            data: &data,
            answers: &answers,
            seconds: None,
        };
        let document = top_inputs(&request, Some(&to.output)).map_err(blame)?;
        tell(&document, &to.output, to.json)
    }

    /// What is looked for over all inputs, and what decides it beside model and data; says
    /// where a board's units are others.
    fn asked(
        &self,
        model: &FloatModel,
        board: Option<&SideBoard>,
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
            inputs: 0..0,
        };
        let identity = board.map(SideBoard::identity);
        let parameters = search.parameters(model, identity.as_deref());
        Ok((search, parameters))
    }

    /// One pass, of the float model or on the board, from where `answers` end.
    fn search(
        &self,
        search: &Search,
        model: &FloatModel,
        data: &Data,
        answers: &mut Answers,
        rig: Option<&mut Rig>,
        share: &mut Share,
    ) -> anyhow::Result<()> {
        let before = answers.clone();
        let is_on_board = rig.is_some();
        let with = |found: &SearchRankings| {
            let mut answers = before.clone();
            if is_on_board {
                answers.board = Some(found.clone());
            } else {
                answers.float.clone_from(found);
            }
            answers
        };
        let (from, count) = (search.inputs.start, search.inputs.len());
        let bar = progress::bar(count, "inputs");
        let cancel = ctrl_c()?;
        let mut failed = None;
        let mut report = |found: &SearchRankings| {
            bar.set_position((found.next - from) as u64);
            share.go_on(|| with(found), cancel.is_cancelled(), &mut failed)
        };
        let found = match rig {
            Some(rig) => {
                let of = |unit: &Unit| board_layer(model, unit.layer, &rig.model);
                let layers = search.units.iter().map(of).collect::<Result<Vec<_>, _>>();
                let layers = layers.map_err(blame)?;
                let found = answers.board.get_or_insert_with(|| search.begin());
                search
                    .run_on_board(rig, &layers, data, found, &mut report)
                    .map_err(blame)?;
                found
            }
            None => {
                search
                    .run(model, data, &mut answers.float, &mut report)
                    .map_err(blame)?;
                &mut answers.float
            }
        };
        bar.finish_and_clear();
        if let Some(error) = failed {
            return Err(blame(error));
        }
        let done = found.next - from;
        if done < count {
            return Err(share.interrupted(done));
        }
        Ok(())
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
