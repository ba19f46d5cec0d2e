//! `cortexscope budget`.

use super::common::{ModeArg, blame, print_json, wrong};
use super::graph_arguments::GraphArgs;
use super::progress;
use clap::Args;
use cortexscope_budget::{Mode, architecture, lecture};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_draw::number::grouped;
use cortexscope_draw::{Theme, arena_plan};
use cortexscope_net::output::write;
use cortexscope_present::budget::{self, Format, Table, network};
use cortexscope_present::scene::{self, SHARP_PAGE_PX, page_density};
use cortexscope_present::terminal::Style;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a network costs: parameters, MACs, values, bytes and arena, layer by layer.
#[derive(Args)]
pub(super) struct Budget {
    /// An ONNX file (its weights may be left out), or one of lecture-lenet, lenet5,
    /// lenet5-1998, alexnet, alexnet-grouped, vgg16.
    model: String,
    /// The board image that `compile` made of the network: says how a board computes each
    /// layer, which depends on its weights. Shipped networks have theirs.
    #[arg(long, value_name = "FILE")]
    image: Option<String>,
    /// The memory plan that the table of layers shows.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// Print the lecture's rows beside the exact ones, and why they differ.
    #[arg(long)]
    lecture: bool,
    /// Print for every known board what the network needs, what is left, and what would
    /// make it fit.
    #[arg(long)]
    boards: bool,
    /// Print one JSON document on stdout.
    #[arg(long, conflicts_with_all = ["csv", "markdown"])]
    json: bool,
    /// Print the first table only, as comma-separated values.
    #[arg(long, conflicts_with = "markdown")]
    csv: bool,
    /// Print the tables as Markdown.
    #[arg(long)]
    markdown: bool,
    #[command(flatten)]
    graph: GraphArgs,
    /// Draw the arena, step by step, into this .png or .svg file.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

/// Pixels of a step of the picture in which a layer's name can be read.
const STEP_WIDTH_PX: u32 = 90;

impl Budget {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (network, found) = network(&self.model, self.graph.hint()).map_err(blame)?;
        for note in found {
            progress::note(note);
        }
        let content = budget::Budget::new(network, self.image()?.as_ref());
        let mode = match self.mode {
            ModeArg::Fused => Mode::Fused,
            ModeArg::Tapped => Mode::Tapped,
        };
        let table = lecture::find(&content.network.name);
        if self.lecture && table.is_none() {
            return Err(wrong(format!(
                "the lecture has no table of {}: it has one of vgg16 and of lecture-lenet",
                content.network.name
            )));
        }
        let lecture = table.filter(|_| self.lecture);
        if let Some(path) = &self.picture {
            draw(&content, mode, path)?;
        }
        if self.json {
            print_json(&content.document(lecture))?;
            return Ok(ExitCode::SUCCESS);
        }
        let format = match (self.csv, self.markdown) {
            (true, _) => Format::Csv,
            (_, true) => Format::Markdown,
            _ => Format::Text(Style::of_stdout()),
        };
        let out = &mut crate::printer::stdout();
        let layers = || content.layers(mode);
        match (lecture, self.boards) {
            (Some(lecture), _) => {
                title(
                    out,
                    format,
                    &format!("{}, as the lecture has it", self.model),
                )?;
                content.lecture(lecture).write(out, format)?;
                notes(out, format, lecture.notes)?;
            }
            (None, true) => {
                title(out, format, &format!("{} on every board", self.model))?;
                content.boards().write(out, format)?;
                notes(
                    out,
                    format,
                    &[
                        "needed is firmware and network; RAM is variables, stack, input and arena; the \
                         firmware counts as it was linked, or as board.toml states where it is not built",
                    ],
                )?;
            }
            (None, false) => {
                title(out, format, &self.model)?;
                layers().write(out, format)?;
                if format != Format::Csv {
                    self.rest(out, format, &content)?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The board image of the network, where there is one.
    fn image(&self) -> anyhow::Result<Option<ModelFiles>> {
        Ok(match &self.image {
            Some(path) => Some(ModelFiles::open(path)?),
            None => {
                architecture::find(&self.model).and_then(|_| ModelFiles::open(&self.model).ok())
            }
        })
    }

    fn rest(
        &self,
        out: &mut dyn Write,
        format: Format,
        content: &budget::Budget,
    ) -> anyhow::Result<()> {
        let totals = &content.ledger.totals;
        let scores = content.network.values(content.network.layers.len()) as u64;
        let megabytes = 4.0 * totals.values as f64 / 1e6;
        let facts = [
            format!(
                "parameters {}: weights {}, biases {}",
                grouped(totals.parameters()),
                grouped(totals.weights),
                grouped(totals.biases)
            ),
            format!(
                "values of one image {} ({} without the scores), input included: {megabytes:.2} MB in f32",
                grouped(totals.values),
                grouped(totals.values - scores)
            ),
            format!(
                "MACs {}; {}{} B of flash for a board image",
                grouped(totals.macs),
                if content.is_exact { "" } else { "about " },
                grouped(content.need.image_bytes)
            ),
            "activation, normalisation, dropout and softmax are written over their input; \
             a batch normalisation's scale and shift count, its statistics do not"
                .to_owned(),
        ];
        let elsewhere = &content.network.not_on_a_board;
        let is_file = architecture::find(&self.model).is_none();
        let is_estimated = is_file && elsewhere.is_empty() && !content.is_exact;
        let estimated = is_estimated.then(|| {
            "arena and flash are estimated from shapes: the weights are not read where they take \
             over 64 MiB; --boards with --image has what a board image takes"
                .to_owned()
        });
        let facts: Vec<String> = facts
            .into_iter()
            .chain(estimated)
            .chain(elsewhere.iter().map(ToString::to_string))
            .collect();
        let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
        notes(out, format, &facts)?;
        let tables: [(&str, Table); 2] = [("memory", content.arenas()), ("link", content.link())];
        for (name, table) in tables {
            writeln!(out)?;
            title(out, format, name)?;
            table.write(out, format)?;
        }
        if content.kernels.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        title(out, format, "kernels of a Cortex-M4F")?;
        content.kernels().write(out, format)?;
        let what = "the innermost loops of one inference, as they are written, and by the \
                    processor's manual: estimates, without what is around the loops and without \
                    flash; `bench` counts what a board takes";
        Ok(notes(out, format, &[what])?)
    }
}

fn title(out: &mut dyn Write, format: Format, text: &str) -> std::io::Result<()> {
    match format {
        Format::Text(style) => writeln!(out, "{}", style.strong(text)),
        Format::Markdown => writeln!(out, "### {text}\n"),
        Format::Csv => Ok(()),
    }
}

fn notes(out: &mut dyn Write, format: Format, notes: &[&str]) -> std::io::Result<()> {
    match format {
        Format::Csv => Ok(()),
        Format::Markdown => {
            writeln!(out)?;
            notes.iter().try_for_each(|note| writeln!(out, "- {note}"))
        }
        Format::Text(style) => {
            writeln!(out)?;
            let mut lines = notes.iter().flat_map(|note| style.dim_lines(note));
            lines.try_for_each(|line| writeln!(out, "{line}"))
        }
    }
}

fn draw(content: &budget::Budget, mode: Mode, path: &Path) -> anyhow::Result<()> {
    let plan = scene::memory::planned_arena(content.int8(mode));
    // A network of few steps is drawn sharp; a long one takes the page's whole width.
    let fits = plan.steps.len() as u32 * STEP_WIDTH_PX <= SHARP_PAGE_PX;
    let width = SHARP_PAGE_PX * if fits { 1 } else { 2 };
    let drawing = arena_plan(&plan, width)?;
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => drawing.png(Theme::Light, page_density(&drawing))?,
        Some("svg") => drawing.svg().into_bytes(),
        _ => {
            return Err(wrong(format!(
                "{} ends neither in .png nor in .svg",
                path.display()
            )));
        }
    };
    Ok(write(path, &bytes)?)
}
