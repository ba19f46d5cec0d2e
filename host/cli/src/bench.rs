//! `cortexscope bench`.

use super::bench_boards;
use super::common::{ModeArg, TapeArgs, blame, ctrl_c, open_model, print_json, wrong};
use super::default_board::EMULATED;
use super::input;
use super::port::PortArgs;
use super::{printer, progress};
use anyhow::Context;
use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, presets};
use cortexscope_net::output;
use cortexscope_net::printable::printable;
use cortexscope_net::resources::folders;
use cortexscope_present::documents;
use cortexscope_present::documents::Document;
use cortexscope_present::documents::bench::{KeptBench, ModelBench};
use cortexscope_record::RigChoice;
use cortexscope_rig::bench::{Bench as Costs, LayerBench, bench};
use cortexscope_rig::board::{self, Engine, Transport};
use cortexscope_rig::kernel::Kernel;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The models that are measured where none is named.
const MODELS: [&str; 2] = ["lenet5", "lecture-lenet"];

/// Measure what each layer costs on a board, compared with the least possible.
#[derive(Args)]
pub(super) struct Bench {
    /// The board; `cortexscope boards` lists all boards.
    #[arg(long, default_value = EMULATED)]
    board: String,
    /// A shipped model or the path of a board image [default: both shipped LeNets].
    #[arg(long)]
    model: Vec<String>,
    /// The input: a digit, a picture or a .npy array, as `infer` takes it.
    #[arg(long, default_value = "mnist:0")]
    input: String,
    /// Leave the occlusion map out: it takes long where the input is large.
    #[arg(long)]
    no_occlusion: bool,
    #[command(flatten)]
    port: PortArgs,
    #[command(flatten)]
    tape: TapeArgs,
    /// The memory plan to run.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// Print one table of all boards and models: what fits, flash, RAM as planned and as
    /// measured, and what an inference takes. With --port, of the board there alone.
    #[arg(long, conflicts_with_all = ["check", "update", "record", "replay"])]
    boards: bool,
    /// Fail if anything takes over 2 % more than in the results that --update kept, if the
    /// same compiler built both.
    #[arg(long)]
    check: bool,
    /// Keep these results for later runs with --check.
    #[arg(long, conflicts_with = "check")]
    update: bool,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut names = self.model.clone();
        if names.is_empty() {
            names = MODELS.map(str::to_owned).to_vec();
        }
        if self.boards {
            return bench_boards::run(&self.board, self.port.port(), &names, self.json);
        }
        if names.len() > 1 && (self.port.is_given() || !self.tape.is_none()) {
            return Err(wrong(
                "a real board and a recording hold one model: name it with --model",
            ));
        }
        let is_replay = self.tape.replay.is_some();
        for (flag, is_given) in [("--check", self.check), ("--update", self.update)] {
            if is_replay && is_given {
                return Err(wrong(format!(
                    "{flag} is for the firmware that is here, --replay is of firmware that was \
                     recorded: give one of them"
                )));
            }
        }
        let cancel = ctrl_c()?;
        let mut models = Vec::new();
        let mut tables = Vec::new();
        let mut board_name = self.board.clone();
        let mut build_id = None;
        let mut unit = None;
        for name in &names {
            let choice = RigChoice {
                port: self.port.port(),
                tape: self.tape.tape(),
                ..RigChoice::of(&self.board, name)
            };
            let model = open_model(&choice)?;
            let mut rig = choice.open(model, cancel.clone()).map_err(blame)?;
            let input = input::open(std::slice::from_ref(&self.input), &rig.model)?.remove(0);
            let mode = self.mode.into();
            let costs = bench(&mut rig, &input.values, mode, !self.no_occlusion)?;
            let board = rig.session.board();
            if !self.no_occlusion && costs.occlusion.positions == 0 {
                progress::note(format!(
                    "{}: no occlusion map, {} has no room for it",
                    rig.model.name, board.name
                ));
            }
            tables.push(table(&rig.model.name, &costs, board.count_unit()));
            models.push(ModelBench::new(&rig.model.name, &board.engine, &costs));
            board_name.clone_from(&board.name);
            build_id = board.elf_build_id_hex();
            unit = board.count_unit().map(str::to_owned);
        }
        // The firmware that was recorded need not be the one that is built here.
        let compiler = match is_replay {
            true => None,
            false => compiler(&self.board)?,
        };
        let results = KeptBench {
            board: board_name.clone(),
            compiler: compiler.clone(),
            mode: self.mode.into(),
            unit,
            models,
        };
        if self.update {
            let text = results.to_text()?;
            output::write(&kept_path(&self.board)?, text.as_bytes())?;
        }
        let risen = if self.check {
            compare(&kept_path(&self.board)?, &results)?
        } else {
            Vec::new()
        };
        if self.json {
            print_json(&documents::bench::Bench {
                kept: results,
                elf_build_id: build_id,
            })?;
        } else {
            let mut stdout = printer::stdout();
            let firmware = match (&compiler, is_replay) {
                (Some(compiler), _) => format!("firmware by {compiler}"),
                (None, true) => "recorded".to_owned(),
                (None, false) => "firmware by the compiler of this program".to_owned(),
            };
            writeln!(stdout, "{board_name}, {}, {firmware}", self.mode.name())?;
            for table in tables {
                writeln!(stdout, "{table}")?;
            }
        }
        for line in &risen {
            printer::say(line);
        }
        Ok(if risen.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Where the results of a board are kept: in its folder in a checkout.
fn kept_path(board: &str) -> anyhow::Result<PathBuf> {
    let checkout = folders::checkout().context(
        "results are kept in a checkout: run this in one, or leave --check and --update out",
    )?;
    Ok(checkout
        .join("firmware/boards")
        .join(board)
        .join("bench.json"))
}

/// What has risen since the results at `kept`, if they are of the same compiler, plan and
/// unit.
fn compare(kept: &Path, now: &KeptBench) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(kept)
        .with_context(|| format!("{}: keep results there with --update", kept.display()))?;
    let before: KeptBench = serde_json::from_str(&text)
        .with_context(|| format!("{} does not hold results of a bench", kept.display()))?;
    let compiler = |bench: &KeptBench| bench.compiler.clone().unwrap_or_else(|| "none".to_owned());
    let mode = |bench: &KeptBench| bench.mode.name().to_owned();
    let unit = |bench: &KeptBench| bench.unit.clone().unwrap_or_else(|| "none".to_owned());
    for (what, before, now) in [
        ("compiler", compiler(&before), compiler(now)),
        ("mode", mode(&before), mode(now)),
        ("unit", unit(&before), unit(now)),
    ] {
        if before != now {
            progress::note(format!(
                "not compared: the kept results have the {what} {before:?}, these {now:?}"
            ));
            return Ok(Vec::new());
        }
    }
    Ok(now.rises_since(&before))
}

/// The compiler that built the board's firmware, as its ELF file says; none for a
/// board without one.
fn compiler(name: &str) -> anyhow::Result<Option<String>> {
    let board = board::find(name).filter(|board| board.transport != Transport::InProcess);
    let Some(board) = board else {
        return Ok(None);
    };
    let path = board::firmware_elf(board, Engine::Static);
    let elf = std::fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(board::compiler(&elf))
}

fn table(model: &str, costs: &Costs, unit: Option<&str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    let unit = unit.unwrap_or("not counted");
    let model = &*printable(model);
    table.set_header([
        model,
        unit,
        "MACs",
        "per MAC",
        "of the floor",
        "kernel",
        "cycles of its loop, estimated",
    ]);
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let number = |value: Option<u64>| right(value.map_or_else(dash, |value| value.to_string()));
    let percent = |share: Option<f64>| {
        right(share.map_or_else(dash, |share| format!("{:.1} %", 100.0 * share)))
    };
    let mut row = |layer: &LayerBench, kernel: &str| {
        table.add_row([
            Cell::new(printable(&layer.name)),
            number(layer.count),
            number((layer.macs > 0).then_some(layer.macs)),
            right(layer.per_mac().map_or_else(dash, |per| format!("{per:.2}"))),
            percent(layer.floor_share()),
            Cell::new(kernel),
            number(layer.loop_cycles),
        ]);
    };
    for layer in &costs.layers {
        row(layer, layer.kernel.name());
    }
    let cycles = costs.layers.iter().filter_map(|layer| layer.loop_cycles);
    let inference = LayerBench {
        name: "inference".to_owned(),
        macs: costs.layers.iter().map(|layer| layer.macs).sum(),
        count: costs.total,
        kernel: Kernel::Plain,
        packed_bytes: 0,
        loop_cycles: cycles.reduce(u64::saturating_add),
    };
    row(&inference, "");
    let occlusion = &costs.occlusion;
    if occlusion.positions == 0 {
        return table;
    }
    let share = costs.occlusion_share();
    table.add_row([
        Cell::new(format!("occlusion, {} positions", occlusion.positions)),
        number(occlusion.count),
        Cell::new(""),
        Cell::new(""),
        right(share.map_or_else(dash, |share| format!("{:.1} % of full", 100.0 * share))),
        Cell::new(""),
        Cell::new(""),
    ]);
    table
}

fn dash() -> String {
    "–".to_owned()
}
