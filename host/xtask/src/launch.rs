//! Starts firmware on its board: a part through probe-rs, the others in QEMU.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::board::{Board, Transport};
use crate::command;
use crate::setup::emulator;

/// Gives the command that runs `elf` on the board that it is named after.
///
/// # Errors
/// There is no such board, or probe-rs is missing.
pub fn command(elf: &Path) -> Result<Command> {
    let name = elf.file_stem().context("no ELF file")?.to_string_lossy();
    let board = Board::find(&name).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    if let Some(chip) = board.chip {
        if command::find("probe-rs").is_none() {
            bail!(
                "probe-rs, which flashes and runs {name}, is not installed: \
                 `cargo install probe-rs-tools --locked`, or see https://probe.rs"
            );
        }
        let mut probe = Command::new("probe-rs");
        probe.args(["run", "--chip", chip]).arg(elf);
        return Ok(probe);
    }
    let Transport::Qemu {
        machine, arguments, ..
    } = board.transport
    else {
        bail!("board.toml of {name} names neither a chip nor an emulator: add one to run it");
    };
    let mut qemu = Command::new(emulator::program());
    // The link is a terminal of its own, for `cortexscope --port`.
    qemu.args(["-machine", machine, "-display", "none", "-monitor", "none"])
        .args(arguments)
        .args(["-icount", "shift=6", "-serial", "pty", "-kernel"])
        .arg(elf);
    Ok(qemu)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::command;
    use crate::command::line;

    #[test]
    fn an_emulated_board_starts_in_its_machine() {
        let qemu = command(Path::new("target/mps2-an500")).unwrap();
        let line = line(&qemu);
        assert!(
            line.contains("qemu-system-arm -machine mps2-an500 "),
            "{line}"
        );
        assert!(line.ends_with(" -kernel target/mps2-an500"), "{line}");
    }

    #[test]
    fn a_part_runs_through_its_probe() {
        match command(Path::new("stm32f405")) {
            Ok(probe) => assert_eq!(line(&probe), "probe-rs run --chip STM32F405RG stm32f405"),
            Err(error) => assert!(error.to_string().contains("cargo install probe-rs-tools")),
        }
        assert!(command(Path::new("toaster")).is_err());
    }
}
