//! `cortexscope man`.

use super::common::{blame, stage};
use super::conventions::{ENVIRONMENT, EXIT_CODES};
use super::{PROGRAM, explain_arguments, progress};
use anyhow::Context;
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the manual pages to a folder: one for each command, and one for each method of explain.
#[derive(Args)]
pub(super) struct ManualPages {
    /// The folder, such as ~/.local/share/man/man1.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// A manual page.
struct Page {
    file: String,
    text: Vec<u8>,
}

impl ManualPages {
    /// Writes the pages of `program`.
    pub fn run(&self, program: Command) -> anyhow::Result<ExitCode> {
        let pages = pages(program)?;
        let staged = stage(&self.folder)?;
        for page in &pages {
            let path = staged.path().join(&page.file);
            std::fs::write(&path, &page.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        staged.commit().map_err(blame)?;
        progress::note(format!("{} pages: {}", pages.len(), self.folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}

fn pages(program: Command) -> io::Result<Vec<Page>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let commands = program.get_subcommands().filter(|sub| !sub.is_hide_set());
    let mut pages = vec![page(program.clone())?];
    for command in commands {
        pages.push(page(command.clone())?);
    }
    for method in explain_arguments::method_commands(&program) {
        pages.push(page(method)?);
    }
    Ok(pages)
}

/// The page of one command. Its sections are in the order of man-pages(7).
fn page(command: Command) -> io::Result<Page> {
    let is_program = command.get_name() == PROGRAM;
    let ends_with_more = !is_program && command.get_after_help().is_some();
    let man = Man::new(command)
        .source(format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")))
        .manual("Cortexscope");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if is_program {
        man.render_subcommands_section(&mut text)?;
    }
    if ends_with_more {
        man.render_extra_section(&mut text)?;
    }
    conventions().to_writer(&mut text)?;
    Ok(Page {
        file: man.get_filename(),
        text,
    })
}

/// Exit codes and environment, which all commands share.
fn conventions() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        roff.control("TP", []);
        roff.text([bold(code.to_string())]);
        roff.text([roman(meaning)]);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(meaning)]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_and_every_method_has_a_page_that_says_its_arguments() {
        let pages = pages(crate::Cli::command()).expect("pages");
        let text = |file: &str| {
            let page = pages.iter().find(|page| page.file == file);
            let page = page.unwrap_or_else(|| panic!("no {file}"));
            // Hyphens are escaped.
            String::from_utf8_lossy(&page.text).replace("\\-", "-")
        };
        let program = text("cortexscope.1");
        for word in ["EXIT STATUS", "NO_COLOR", "cortexscope-infer(1)"] {
            assert!(program.contains(word), "{word}: {program}");
        }
        assert!(text("cortexscope-infer.1").contains("--dump"));
        let method = text("cortexscope-explain-smooth-grad.1");
        for word in ["--samples", "Smilkov et al. 2017", "EXIT STATUS"] {
            assert!(method.contains(word), "{word}: {method}");
        }
        assert!(!method.contains("--composite"), "{method}");
        let mut files: Vec<_> = pages.iter().map(|page| &page.file).collect();
        files.sort();
        files.dedup();
        assert_eq!(files.len(), pages.len(), "no page replaces another");
    }
}
