//! `cortexscope verify`.

use super::common::{BoardArgs, ModeArg, blame, print_json, wrong};
use super::preparation::PreparationArgs;
use super::progress;
use clap::Args;
use cortexscope_net::input::DataSet;
use cortexscope_net::input::data::{DataError, DataInputs, MNIST, Pick};
use cortexscope_net::printable::printable;
use cortexscope_present::documents;
use cortexscope_present::documents::origin::Origin;
use cortexscope_rig::verify::verify;
use std::io::Write;
use std::process::ExitCode;

/// Compare every layer on a board with tract, byte by byte.
#[derive(Args)]
pub(super) struct Verify {
    /// How many inputs to run; the first ones are taken.
    #[arg(long, default_value_t = 100)]
    images: usize,
    /// The inputs: a folder of pictures, also one for each class, a .csv table of them, a
    /// .npy or .npz stack, an IDX file, or the 10,000 test digits.
    #[arg(long, value_name = "DATA", default_value = MNIST)]
    inputs: String,
    #[command(flatten)]
    preparation: PreparationArgs,
    #[command(flatten)]
    board: BoardArgs,
    /// The memory plan to run.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut model = self.board.model()?;
        self.preparation.apply(&mut model.spec.input)?;
        let spec = &model.spec;
        let mut data =
            DataSet::open(&self.inputs, &spec.input, &spec.output.labels).map_err(blame)?;
        for note in &data.notes {
            progress::note(note);
        }
        if self.images == 0 || (self.inputs == MNIST && self.images > data.len()) {
            let (images, last) = (self.images, data.len());
            return Err(wrong(format!(
                "--images {images}: give a number from 1 to {last}"
            )));
        }
        let pick = Pick::First(self.images);
        let mut rig = self.board.open(model)?;
        let classes = rig.model.image.model().logits().shape.elements();
        if let (true, Err(error)) = (data.has_labels(), data.check_labels(classes.max(2))) {
            if self.inputs != MNIST {
                return Err(blame(error));
            }
            // Bytes can be compared on digits for every network.
            progress::note("the model's classes are not digits, so right answers are not counted");
            data = data.without_labels();
        }
        let mut inputs = Readable::of(data.inputs(pick).map_err(blame)?);
        let bar = progress::bar(pick.count(data.len()), "images");
        let tally = verify(&mut rig, self.mode.into(), &mut inputs, &mut |tally| {
            bar.inc(1);
            if tally.mismatches > 0 {
                bar.set_message(format!("{} mismatches", tally.mismatches));
            }
        })?;
        bar.finish_and_clear();
        if let Some(error) = inputs.error {
            return Err(blame(error));
        }

        let board = rig.session.board();
        let document = documents::verify::Verify::new(Origin::from(&rig), self.mode.into(), &tally);
        if self.json {
            print_json(&document)?;
        } else {
            let right = match tally.labelled {
                0 => String::new(),
                _ => format!(", {} right", tally.right),
            };
            writeln!(
                crate::printer::stdout(),
                "{} on {} ({}): {} images, {} bytes compared with tract, {} mismatches{right}",
                rig.model.name,
                board.name,
                board.engine,
                tally.images,
                tally.bytes,
                tally.mismatches
            )?;
            for layer in tally.layers.iter().filter(|layer| layer.mismatches > 0) {
                writeln!(
                    crate::printer::stdout(),
                    "  {}: {} bytes differ",
                    printable(&layer.name),
                    layer.mismatches
                )?;
            }
        }
        Ok(if tally.mismatches == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Inputs of a set up to the first that cannot be read.
struct Readable<'a> {
    inputs: DataInputs<'a>,
    error: Option<DataError>,
}

impl<'a> Readable<'a> {
    fn of(inputs: DataInputs<'a>) -> Self {
        Self {
            inputs,
            error: None,
        }
    }
}

impl Iterator for Readable<'_> {
    type Item = (Vec<f32>, Option<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.inputs.next()? {
            Ok(input) => Some((input.values, input.label)),
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }
}
