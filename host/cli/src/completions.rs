//! `cortexscope completions`.

use super::PROGRAM;
use clap::{Args, Command};
use clap_complete::Shell;
use std::io::Write;
use std::process::ExitCode;

/// Print a completion script for a shell.
#[derive(Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script for `program`.
    pub fn run(&self, mut program: Command) -> anyhow::Result<ExitCode> {
        // The generator panics where it cannot write; a vector always takes its bytes.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, PROGRAM, &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, ValueEnum};

    #[test]
    fn every_script_knows_every_command_that_is_shown() {
        for &shell in Shell::value_variants() {
            let mut program = crate::Cli::command();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut program, PROGRAM, &mut script);
            let script = String::from_utf8(script).expect("UTF-8");
            for command in program.get_subcommands() {
                let is_there = script.contains(command.get_name());
                assert!(is_there, "{shell}: {}", command.get_name());
            }
            // Some shells have the hyphens apart.
            assert!(script.contains("calibration-limit"), "{shell}");
        }
    }
}
