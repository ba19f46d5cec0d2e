//! `cortexscope top`.

mod picture;

use super::common::{blame, ctrl_c, print_json, wrong};
use super::full::FloatModelArgs;
use super::progress;
use super::side_board::SideBoardArgs;
use clap::{Args, ValueEnum};
use cortexscope_draw::number::significant;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::Target;
use cortexscope_net::input::InputSpec;
use cortexscope_net::output::make_folder;
use cortexscope_net::printable::printable;
use cortexscope_present::documents;
use cortexscope_present::documents::top::{Exciting, Map};
use cortexscope_rig::Rig;
use cortexscope_study::data::{Data, open_data};
use cortexscope_study::top::{
    By, ChannelList, Checkpoint, Excitation, Found, Ranking, Search, Unit, board_layer, compare,
};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How often an interrupted search has to begin at most so far back.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);

/// Finds the inputs of a data set that excite a map, a neuron or a class most.
#[derive(Args)]
pub(super) struct TopCommand {
    #[command(flatten)]
    model: FloatModelArgs,
    /// `mnist` for the 10,000 test digits, or a folder of pictures, flat or with a folder for
    /// each class.
    #[arg(long)]
    data: String,
    /// A layer whose maps are looked at, by the name of its node or of its tensor.
    #[arg(long, value_name = "NAME", required_unless_present = "target")]
    layer: Option<String>,
    /// The maps of the layer to look at: 0,3,5-7 [default: all].
    #[arg(long, value_name = "LIST", requires = "layer")]
    maps: Option<String>,
    /// LAYER:CHANNEL, LAYER:CHANNEL:Y:X (one neuron) or class:K; may be given several times.
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Inputs to keep for each map.
    #[arg(short, value_name = "K", default_value_t = 9)]
    k: usize,
    /// What of a map is its value.
    #[arg(long, value_enum, default_value_t)]
    by: ByArg,
    /// Look at the first IMAGES inputs only [default: all].
    #[arg(long, value_name = "IMAGES")]
    images: Option<usize>,
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
        let model = self.model.open()?;
        let units = self.units(&model)?;
        let data = open_data(&self.data, &model).map_err(blame)?;
        let search = Search {
            units,
            by: self.by.into(),
            keep: self.k,
            images: self.count(&data)?,
        };
        if let Some(folder) = &self.output {
            make_folder(folder).map_err(blame)?;
        }
        let mut rig = self.board.open(&self.model)?;

        let begun = Instant::now();
        let float = self.search(&search, &model, &data, None)?;
        let seconds = begun.elapsed().as_secs_f64();
        let board = match &mut rig {
            Some(rig) => Some(self.search(&search, &model, &data, Some(rig))?),
            None => None,
        };
        let mut document =
            self.document(&model, &search, &data, &float, board.as_ref(), seconds)?;
        if let Some(rig) = &rig {
            document.network.clone_from(&rig.session.board().name);
        }
        if let Some(folder) = &self.output {
            let written = picture::write(folder, &model, &data, &document)?;
            document.pictures = written
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            documents::write(&folder.join("top.json"), &document)?;
        }
        if self.json {
            print_json(&document)?;
        } else {
            say(&document)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn units(&self, model: &FloatModel) -> anyhow::Result<Vec<Unit>> {
        let mut units = Vec::new();
        if let Some(name) = &self.layer {
            let layer = model.find(name).map_err(blame)?;
            units = match &self.maps {
                Some(list) => {
                    let list: ChannelList = list.parse().map_err(blame)?;
                    Unit::listed(model, layer, &list).map_err(blame)?
                }
                None => Unit::maps(model, layer),
            };
        }
        for text in &self.target {
            let target: Target = text.parse().map_err(blame)?;
            units.push(Unit::of_target(model, &target).map_err(blame)?);
        }
        Ok(units)
    }

    fn count(&self, data: &Data) -> anyhow::Result<usize> {
        match self.images {
            Some(images) if images == 0 || images > data.len() => {
                Err(wrong(format!("--images is from 1 to {}", data.len())))
            }
            images => Ok(images.unwrap_or(data.len())),
        }
    }

    /// One pass, of the float model or on the board.
    fn search(
        &self,
        search: &Search,
        model: &FloatModel,
        data: &Data,
        rig: Option<&mut Rig>,
    ) -> anyhow::Result<Found> {
        let (file, network) = match &rig {
            Some(rig) => (
                "top.board.part.json",
                format!("int8 {}", rig.model.hash_hex()),
            ),
            None => ("top.part.json", "float".to_owned()),
        };
        let checkpoint = self
            .output
            .as_ref()
            .map(|folder| Checkpoint::new(&folder.join(file), search, model, data, &network));
        let before = match &checkpoint {
            Some(checkpoint) => checkpoint.load(search)?,
            None => None,
        };
        if let Some(found) = &before {
            progress::note(format!(
                "going on from input {} of {}",
                found.next, search.images
            ));
        }
        let mut found = before.unwrap_or_else(|| search.begin());
        let bar = progress::bar(search.images, "inputs");
        let cancel = ctrl_c()?;
        let mut saved = Instant::now();
        let mut failed = None;
        let mut report = |found: &Found| {
            bar.set_position(found.next as u64);
            let is_over = cancel.is_cancelled();
            if let Some(checkpoint) = &checkpoint
                && (is_over || saved.elapsed() >= CHECKPOINT_EVERY)
            {
                failed = checkpoint.save(found).err();
                saved = Instant::now();
            }
            if is_over || failed.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        match rig {
            Some(rig) => {
                let of = |unit: &Unit| board_layer(model, unit.layer, &rig.model);
                let layers = search.units.iter().map(of).collect::<Result<Vec<_>, _>>();
                let layers = layers.map_err(blame)?;
                search.run_on_board(rig, &layers, data, &mut found, &mut report)
            }
            None => search.run(model, data, &mut found, &mut report),
        }
        .map_err(blame)?;
        bar.finish_and_clear();
        if let Some(error) = failed {
            return Err(error.into());
        }
        if found.next < search.images {
            let after = format!(
                "interrupted after {} of {} inputs",
                found.next, search.images
            );
            let what = if checkpoint.is_some() {
                "the same command goes on from there"
            } else {
                "with -o DIR the same command could go on from there"
            };
            anyhow::bail!("{after}: {what}");
        }
        if let Some(checkpoint) = &checkpoint {
            checkpoint.delete()?;
        }
        Ok(found)
    }

    fn document(
        &self,
        model: &FloatModel,
        search: &Search,
        data: &Data,
        float: &Found,
        board: Option<&Found>,
        seconds: f64,
    ) -> anyhow::Result<documents::top::Top> {
        let spec = &model.spec.input;
        let mut maps = Vec::new();
        for (at, unit) in search.units.iter().enumerate() {
            let of = |ranking: &Ranking| {
                let best = ranking.best.iter();
                best.map(|found| exciting(model, unit, data, spec, found))
                    .collect::<Vec<_>>()
            };
            let field = model.receptive_field(unit.layer);
            let of_float = &float.rankings[at];
            let difference = board.map(|board| compare(&board.rankings[at], of_float));
            maps.push(Map {
                name: unit.name(model),
                layer: model.layer(unit.layer).name.clone(),
                channel: unit.channel,
                neuron: unit.at,
                field_size: field.size,
                field_jump: field.jump,
                inputs: of(board.map_or(of_float, |board| &board.rankings[at])),
                float_inputs: board.map(|_| of(of_float)),
                only_board: difference.as_ref().map(|d| d.only_first.clone()),
                only_float: difference.map(|d| d.only_second),
            });
        }
        let is_other = |map: &&Map| {
            map.only_board.as_ref().is_some_and(|list| !list.is_empty())
                || map.only_float.as_ref().is_some_and(|list| !list.is_empty())
        };
        let silent: Vec<_> = maps.iter().filter(|map| map.inputs.is_empty()).collect();
        let mut notes = Vec::new();
        if !silent.is_empty() {
            let names: Vec<_> = silent.iter().map(|map| map.name.as_str()).collect();
            notes.push(format!(
                "{} of {} units never fire on these inputs and have no top inputs: {}",
                names.len(),
                maps.len(),
                names.join(", ")
            ));
        }
        Ok(documents::top::Top {
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            preprocessing: spec.to_string(),
            data: data.argument.clone(),
            images: search.images,
            by: search.by.name().to_owned(),
            k: search.keep,
            network: "float".to_owned(),
            differing: board.map(|_| maps.iter().filter(is_other).count()),
            maps,
            notes,
            pictures: Vec::new(),
            seconds,
        })
    }
}

fn exciting(
    model: &FloatModel,
    unit: &Unit,
    data: &Data,
    spec: &InputSpec,
    found: &Excitation,
) -> Exciting {
    let field = model.receptive_field(unit.layer);
    let [y, x] = found.at;
    Exciting {
        input: found.input,
        name: data.name(found.input),
        value: found.value,
        y,
        x,
        field: field.within(found.at, spec.size),
        field_unclipped: field.of_unit(found.at),
    }
}

/// The units and their inputs.
fn say(document: &documents::top::Top) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
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
        writeln!(out, "{path}")?;
    }
    Ok(())
}
