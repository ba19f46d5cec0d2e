//! How the program answers and what it heeds: exit codes and environment variables, as
//! the help and the manual page say them.

/// The work failed, or found a fault.
pub(super) const FAILED: u8 = 1;
/// The request was wrong; the parser of the command line ends with it, too.
pub(super) const WRONG: u8 = 2;

/// What an exit code says.
pub(super) const EXIT_CODES: [(u8, &str); 3] = [
    (0, "The work is done, and it found no fault."),
    (
        FAILED,
        "The work failed, or it found a fault: bytes that differ (verify), or a layer that \
         costs more than before (bench --check).",
    ),
    (
        WRONG,
        "The request was wrong: an argument, a file that it names, or a model that the board \
         has no room for.",
    ),
];

/// The environment variables that are heeded.
pub(super) const ENVIRONMENT: [(&str, &str); 4] = [
    (
        "NO_COLOR",
        "If it is set and not empty, the program prints no colours.",
    ),
    (
        "COLORTERM",
        "If it is `truecolor` or `24bit`, the terminal shows maps in colour.",
    ),
    (
        "XDG_DATA_HOME",
        "The program also looks for firmware in its folder `cortexscope`, and writes files for \
         a debug probe there. [default: ~/.local/share]",
    ),
    (
        "RUST_LOG",
        "What the program logs to stderr, for instance `debug` or `cortexscope_rig=trace`. [default: warn, or \
         error with --quiet]",
    ),
];

/// Both tables, as the help ends with them.
pub(super) fn help() -> String {
    let codes = EXIT_CODES.map(|(code, meaning)| (code.to_string(), meaning));
    let codes = codes
        .iter()
        .map(|(code, meaning)| (code.as_str(), *meaning));
    format!(
        "Exit codes:\n{}\nEnvironment:\n{}",
        table(codes),
        table(ENVIRONMENT.into_iter())
    )
}

fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    rows.map(|(name, meaning)| format!("  {name:<13}  {meaning}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::Cli;
    use clap::CommandFactory;

    /// Whoever tries a command in a checkout leaves nothing there that git would add.
    #[test]
    fn git_ignores_every_folder_that_results_go_to_by_default() {
        let ignored = include_str!("../../../.gitignore");
        assert!(ignored.lines().any(|line| line == "cortexscope-*/"));
        let program = Cli::command();
        let mut folders = Vec::new();
        for command in program.get_subcommands() {
            for argument in command.get_arguments() {
                let values = argument.get_value_names().unwrap_or_default();
                if values.iter().any(|name| name == "DIR" || name == "FILE") {
                    folders.extend(argument.get_default_values());
                }
            }
        }
        assert!(folders.len() >= 5, "{folders:?}");
        for folder in folders {
            let folder = folder.to_string_lossy();
            assert!(folder.starts_with("cortexscope-"), "{folder}");
        }
    }
}
