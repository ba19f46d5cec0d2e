//! `cortexscope gallery`.

use super::common::{blame, ctrl_c, print_json, wrong};
use super::progress;
use clap::Args;
use cortexscope_present::documents;
use cortexscope_present::gallery::Gallery;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Draws filters, activations, attributions and ascents side by side, and a page with them.
#[derive(Args)]
pub(super) struct GalleryCommand {
    /// Write the pictures and index.html to this folder.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-gallery")]
    output: PathBuf,
    /// A folder with models/ (AlexNet's convolutions, SqueezeNet) and photos/, which the
    /// program does not have.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

impl GalleryCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if let Some(data) = &self.data
            && !data.is_dir()
        {
            return Err(wrong(format!("no such folder: {}", data.display())));
        }
        let gallery = Gallery {
            output: self.output.clone(),
            data: self.data.clone(),
            seed: self.seed,
        };
        if self.data.is_none() {
            progress::note(
                "Only the shipped networks are drawn; --data DIR adds AlexNet and SqueezeNet.",
            );
        }
        let cancel = ctrl_c()?;
        let bar = progress::spinner();
        let exhibits = gallery.make(&mut |what| {
            bar.set_message(what);
            bar.tick();
            progress::go_on(&cancel)
        });
        let exhibits = exhibits.map_err(blame)?;
        bar.finish_and_clear();
        let page = gallery.page();
        if self.json {
            let exhibits = exhibits.iter().map(|exhibit| documents::gallery::Exhibit {
                picture: self.output.join(&exhibit.file).display().to_string(),
                title: exhibit.title.to_owned(),
                command: exhibit.command.clone(),
                shows: exhibit.alt.clone(),
            });
            print_json(&documents::gallery::Gallery {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                seed: self.seed,
                page: page.display().to_string(),
                exhibits: exhibits.collect(),
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut out = crate::printer::stdout();
        for exhibit in &exhibits {
            let path = self.output.join(&exhibit.file);
            writeln!(out, "{}  {}", path.display(), exhibit.title)?;
        }
        writeln!(out, "{}", page.display())?;
        Ok(ExitCode::SUCCESS)
    }
}
