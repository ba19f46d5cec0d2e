//! Every board beside every model: what fits, and what it costs where the board can be run.

use std::io::{self, Write};

use cortexscope_budget::fit::Need;
use cortexscope_compile::layout::channels_last;
use cortexscope_compile::model_files::{ModelFiles, ModelFilesError};
use cortexscope_draw::number::grouped;
use cortexscope_rig::Rig;
use cortexscope_rig::board::{BOARDS, BoardKind, Engine, FarEnd, Port, Transport, parts};
use cortexscope_rig::measure::measure;
use cortexscope_rig::session::{Cancel, InferRequest, Mode, SessionError, TensorSet};

use crate::documents::board_table::{BoardTable, Row, Run};
use crate::fit::fit;
use crate::terminal::{Column, Style, write_table};
use crate::verdict::verdict;

/// Which boards are asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// All of them; those that QEMU emulates are run.
    Every,
    /// One, at a port.
    AtPort(&'static BoardKind, Port),
}

/// Fits every model on every board, and runs it where it fits and the board is there.
///
/// # Errors
/// A model cannot be opened. A board that does not run is a row that says why.
pub fn board_table(
    asked: &Asked,
    models: &[String],
    cancel: &Cancel,
) -> Result<BoardTable, ModelFilesError> {
    let mut rows = Vec::new();
    for board in BOARDS.iter() {
        let far_end = match asked {
            Asked::AtPort(only, _) if only.name != board.name => continue,
            Asked::AtPort(_, port) => Some((FarEnd::Serial(port.clone()), port.path.clone())),
            Asked::Every => match board.transport {
                Transport::InProcess => continue,
                Transport::Qemu { .. } => {
                    Some((FarEnd::Here { sensor: Vec::new() }, "QEMU".to_owned()))
                }
                Transport::Serial => None,
            },
        };
        for name in models {
            let model = ModelFiles::open(name)?;
            rows.push(row(board, model, far_end.clone(), cancel));
        }
    }
    Ok(BoardTable { rows })
}

fn row(
    board: &'static BoardKind,
    model: ModelFiles,
    far_end: Option<(FarEnd, String)>,
    cancel: &Cancel,
) -> Row {
    let need = Need::of_image(&model.image.model());
    let part = parts().into_iter().find(|part| part.name == board.name);
    let fit = part.map(|part| fit(&need, &part));
    let fits = fit.as_ref().is_some_and(|fit| fit.is_possible());
    let verdict = fit.as_ref().map(verdict).unwrap_or_default();
    let name = model.name.clone();
    let outcome = match far_end {
        _ if !fits => Err("it does not fit".to_owned()),
        None => Err("it needs the part, or an emulator at --port".to_owned()),
        Some((far_end, counted_by)) => {
            run(board, model, far_end, counted_by, cancel).map_err(|error| error.to_string())
        }
    };
    let (run, not_run) = match outcome {
        Ok(run) => (Some(run), None),
        Err(why) => (None, Some(why)),
    };
    Row {
        board: board.name.to_owned(),
        core: board.core.to_owned(),
        model: name,
        fits_fused: fits,
        fits_tapped: fit.as_ref().is_some_and(|fit| fit.is_possible_tapped()),
        verdict,
        flash_bytes: fit.as_ref().map_or(0, |fit| fit.flash_bytes),
        ram_bytes: fit.as_ref().map_or(0, |fit| fit.fused_ram_bytes),
        run,
        not_run,
    }
}

fn run(
    board: &'static BoardKind,
    model: ModelFiles,
    far_end: FarEnd,
    counted_by: String,
    cancel: &Cancel,
) -> Result<Run, Box<dyn std::error::Error>> {
    let zeros = vec![0; model.image.model().input().bytes()];
    let digit = model.input("mnist:0").map_or(zeros, |input| input.values);
    let mut rig = Rig::open(board, Engine::Static, model, far_end, cancel.clone())?;
    let count = count(&mut rig, &digit)?;
    // The fused plan comes first, then the tapped one: the last that there is room for.
    let measured = measure(&mut rig, &digit)?;
    let ran = measured
        .into_iter()
        .rfind(|mode| mode.measured_arena_bytes.is_some())
        .ok_or("the board has too little RAM for any plan of this model: `budget --boards` says how much it needs")?;
    Ok(Run {
        mode: ran.mode,
        planned_arena_bytes: ran.planned_arena_bytes,
        measured_arena_bytes: ran.measured_arena_bytes,
        stack_bytes: ran.stack_bytes,
        count,
        unit: rig.session.board().count_unit().map(str::to_owned),
        counted_by,
    })
}

/// Instructions or cycles of one inference of `input`, int8 `[C, H, W]`.
fn count(rig: &mut Rig, input: &[i8]) -> Result<Option<u64>, SessionError> {
    let shape = rig.model.image.model().input().shape;
    let request = InferRequest {
        mode: Mode::Fused,
        taps: TensorSet::NONE,
        paint: None,
    };
    let input = channels_last(input, shape);
    Ok(rig.session.infer(&input, &request, &mut |_| {})?.count)
}

/// Writes the table for people.
///
/// # Errors
/// `out` takes no more.
pub fn write(out: &mut dyn Write, style: Style, table: &BoardTable) -> io::Result<()> {
    let columns = [
        Column::text("board"),
        Column::text("core"),
        Column::text("model"),
        Column::text("fits"),
        Column::number("flash B"),
        Column::number("RAM B"),
        Column::number("arena planned"),
        Column::number("measured"),
        Column::number("an inference"),
        Column::text("by whose count"),
    ];
    let dash = || "–".to_owned();
    let number = |value: Option<u64>| value.map_or_else(dash, grouped);
    let rows = table.rows.iter().map(|row| {
        let fits = match (row.fits_fused, row.fits_tapped) {
            (_, true) => "yes",
            (true, false) => "fused only",
            (false, false) => "no",
        };
        let run = row.run.as_ref();
        let whose = run.map(|run| match &run.unit {
            Some(unit) => format!("{unit}, {}", run.counted_by),
            None => "not counted".to_owned(),
        });
        vec![
            row.board.clone(),
            row.core.clone(),
            row.model.clone(),
            fits.to_owned(),
            grouped(row.flash_bytes),
            grouped(row.ram_bytes),
            number(run.map(|run| run.planned_arena_bytes.into())),
            number(run.and_then(|run| run.measured_arena_bytes).map(u64::from)),
            number(run.and_then(|run| run.count)),
            whose.or(row.not_run.clone()).unwrap_or_else(dash),
        ]
    });
    write_table(out, style, &columns, rows.collect())
}
