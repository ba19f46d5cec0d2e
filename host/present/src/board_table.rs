//! Every board beside every model: what fits, and what it costs where the board can be run.

use std::io::{self, Write};

use cortexscope_budget::fit::Need;
use cortexscope_compile::layout::channels_last;
use cortexscope_compile::model_files::{ModelFiles, ModelFilesError};
use cortexscope_draw::number::grouped;
use cortexscope_net::RequestError;
use cortexscope_rig::Rig;
use cortexscope_rig::board::{BOARDS, BoardKind, Engine, FarEnd, Port, Transport, find, parts};
use cortexscope_rig::measure::{SAMPLE, measure, sample_input};
use cortexscope_rig::session::{Cancel, InferRequest, Mode, SessionError, TensorSet};

use crate::documents::board_table::{BoardTable, Row, Run};
use crate::fit::fit;
use crate::terminal::{Column, Style, write_table};
use crate::verdict::verdict;

/// Which boards are asked.
#[derive(Clone, Debug)]
pub enum TableBoards {
    /// All of them; those that QEMU emulates are run.
    Every,
    /// One, at a port.
    AtPort(&'static BoardKind, Port),
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum BoardTableError {
    /// There is no such board to be at a port.
    #[error("there is no board {name}; `cortexscope boards` lists all boards")]
    UnknownBoard {
        /// What was asked for.
        name: String,
    },
    /// A model cannot be opened.
    #[error(transparent)]
    Model(#[from] ModelFilesError),
}

impl RequestError for BoardTableError {
    fn is_request(&self) -> bool {
        match self {
            Self::UnknownBoard { .. } => true,
            Self::Model(error) => error.is_request(),
        }
    }
}

impl TableBoards {
    /// The board called `name` at `port`; every board without a port.
    ///
    /// # Errors
    /// [`BoardTableError::UnknownBoard`].
    pub fn of(name: &str, port: Option<Port>) -> Result<Self, BoardTableError> {
        let Some(port) = port else {
            return Ok(Self::Every);
        };
        let unknown = || BoardTableError::UnknownBoard {
            name: name.to_owned(),
        };
        Ok(Self::AtPort(find(name).ok_or_else(unknown)?, port))
    }
}

/// Fits every model on every board, and runs it where it fits and the board is there.
///
/// # Errors
/// A model cannot be opened. A board that does not run is a row that says why.
pub fn board_table(
    boards: &TableBoards,
    models: &[String],
    cancel: &Cancel,
) -> Result<BoardTable, BoardTableError> {
    let mut rows = Vec::new();
    for board in BOARDS.iter() {
        let far_end = match boards {
            TableBoards::AtPort(only, _) if only.name != board.name => continue,
            TableBoards::AtPort(_, port) => Some((FarEnd::Serial(port.clone()), port.path.clone())),
            TableBoards::Every => match board.transport {
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
    let sample = sample_input(&model)?;
    let mut rig = Rig::open(board, Engine::Static, model, far_end, cancel.clone())?;
    let count = count(&mut rig, &sample)?;
    // The fused plan comes first, then the tapped one: the last that there is room for.
    let measured = measure(&mut rig, &sample)?;
    let ran = measured
        .into_iter()
        .rfind(|mode| mode.measured_arena_bytes.is_some())
        .ok_or("the board has too little RAM for any plan of this model: `budget --boards` says how much it needs")?;
    Ok(Run {
        input: SAMPLE.to_owned(),
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

/// Boards that used another arena than was planned, a line for each.
pub fn unplanned(table: &BoardTable) -> Vec<String> {
    let lines = table.rows.iter().filter_map(|row| {
        let run = row.run.as_ref().filter(|run| !run.is_as_planned())?;
        Some(format!(
            "{} on {}: {} bytes of arena were planned, the board measured {:?}",
            row.model, row.board, run.planned_arena_bytes, run.measured_arena_bytes
        ))
    });
    lines.collect()
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
        Column::number("RAM B, fused"),
        Column::text("plan measured"),
        Column::number("arena planned"),
        Column::number("measured"),
        Column::number("an inference, fused"),
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
            run.map_or_else(dash, |run| run.mode.name().to_owned()),
            number(run.map(|run| run.planned_arena_bytes.into())),
            number(run.and_then(|run| run.measured_arena_bytes).map(u64::from)),
            number(run.and_then(|run| run.count)),
            whose.or(row.not_run.clone()).unwrap_or_else(dash),
        ]
    });
    write_table(out, style, &columns, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RAM and count are of the fused plan; a row says of which plan its arena is.
    #[test]
    fn a_row_names_the_plan_that_was_measured() {
        let run = Run {
            input: SAMPLE.to_owned(),
            mode: Mode::Tapped,
            planned_arena_bytes: 5752,
            measured_arena_bytes: Some(5752),
            stack_bytes: None,
            count: Some(1_000_000),
            unit: Some("instructions".to_owned()),
            counted_by: "QEMU".to_owned(),
        };
        let row = Row {
            board: "mps2-an386".to_owned(),
            core: "Cortex-M4F".to_owned(),
            model: "lenet5".to_owned(),
            fits_fused: true,
            fits_tapped: true,
            verdict: String::new(),
            flash_bytes: 100_000,
            ram_bytes: 20_000,
            run: Some(run),
            not_run: None,
        };
        let mut out = Vec::new();
        let table = BoardTable { rows: vec![row] };
        write(
            &mut out,
            Style::from_environment(false, None, &|_| None),
            &table,
        )
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("tapped") && text.contains("RAM B, fused"),
            "{text}"
        );
    }

    /// A digit is brought to the size of the network: nothing is measured on zeros.
    #[test]
    fn the_sample_is_a_digit_for_every_size() {
        let mut model = ModelFiles::open("lenet5").unwrap();
        let own = sample_input(&model).unwrap();
        model.spec.input.size = [40, 20];
        let other = sample_input(&model).unwrap();
        assert_eq!([own.len(), other.len()], [784, 800]);
        for sample in [own, other] {
            assert!(sample.iter().any(|&step| step != sample[0]));
        }
    }
}
