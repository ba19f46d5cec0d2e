//! `cortexscope verify`.

use super::common::{BoardArgs, ModeArg, print_json, wrong};
use super::{input, progress};
use clap::Args;
use cortexscope_net::printable::printable;
use cortexscope_present::documents;
use cortexscope_present::documents::origin::Origin;
use cortexscope_rig::verify::verify;
use std::io::Write;
use std::process::ExitCode;

/// Compare every layer on a board with tract, byte by byte.
#[derive(Args)]
pub(super) struct Verify {
    /// How many of the 10,000 test digits to run.
    #[arg(long, default_value_t = 100)]
    images: usize,
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
        let digits = input::test_digits()?;
        if self.images == 0 || self.images > digits.len() {
            return Err(wrong(format!("--images is from 1 to {}", digits.len())));
        }
        let mut rig = self.board.open(self.board.model()?)?;
        let spec = rig.model.spec.input.clone();
        let inputs = (0..self.images).map_while(|index| {
            let label = digits.label(index).map(usize::from);
            Some((digits.input(index, &spec)?, label))
        });
        let bar = progress::bar(self.images, "images");
        let tally = verify(&mut rig, self.mode.into(), inputs, &mut |tally| {
            bar.inc(1);
            if tally.mismatches > 0 {
                bar.set_message(format!("{} mismatches", tally.mismatches));
            }
        })?;
        bar.finish_and_clear();

        let board = rig.session.board();
        let document = documents::verify::Verify::new(Origin::from(&rig), self.mode.into(), &tally);
        if self.json {
            print_json(&document)?;
        } else {
            writeln!(
                std::io::stdout(),
                "{} on {} ({}): {} images, {} bytes compared with tract, {} mismatches, {} right",
                rig.model.name,
                board.name,
                board.engine,
                tally.images,
                tally.bytes,
                tally.mismatches,
                tally.right
            )?;
            for layer in tally.layers.iter().filter(|layer| layer.mismatches > 0) {
                writeln!(
                    std::io::stdout(),
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
