//! `cortexscope occlude`.

use super::common::{BoardArgs, blame, print_json, wrong};
use super::preparation::{PreparationArgs, ShowInputArgs};
use super::{input, progress};
use clap::{Args, ValueEnum};
use cortexscope_draw::{Occlusion, Palette, ProbabilityRange, Theme, occlusion_map};
use cortexscope_net::printable::printable;
use cortexscope_net::scores::first_least;
use cortexscope_present::documents;
use cortexscope_present::documents::origin::Origin;
use cortexscope_present::picture_file::PictureFile;
use cortexscope_present::scene;
use cortexscope_rig::session::{MapProgress, OccludeRequest, OcclusionMap};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Hide a patch of the input at every position and map the class probability.
#[derive(Args)]
pub(super) struct Occlude {
    /// A picture, a .npy or .npz array, or mnist:N.
    input: String,
    #[command(flatten)]
    board: BoardArgs,
    /// Size of the patch in rows and columns: 7, or 5x9.
    #[arg(long, default_value = "7", value_parser = pair)]
    window: [u16; 2],
    /// Step between two positions in rows and columns: 1, or 2x3.
    #[arg(long, default_value = "1", value_parser = pair)]
    stride: [u16; 2],
    /// Grey level of the patch, from 0 (black) to 255 (white).
    #[arg(long, default_value_t = 128)]
    fill: u8,
    /// The class to watch [default: the predicted class].
    #[arg(long)]
    class: Option<u16>,
    /// Colours of the picture.
    #[arg(long, value_enum, default_value_t)]
    palette: PaletteArg,
    /// Write the map as a picture to this file.
    #[arg(short, long, value_name = "PNG")]
    output: Option<PathBuf>,
    #[command(flatten)]
    preparation: PreparationArgs,
    #[command(flatten)]
    show: ShowInputArgs,
    /// Print one JSON document on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum PaletteArg {
    /// Blue marks important pixels, red negligible ones.
    #[default]
    Lecture,
    /// Colours that colour-blind readers can tell apart.
    ColourBlindSafe,
}

impl Occlude {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let board = self.board.on_a_board_that_runs();
        let mut model = board.model()?;
        self.preparation.apply(&mut model.spec.input)?;
        let mut inputs = input::open(std::slice::from_ref(&self.input), &model)?;
        self.show.show_int8(&inputs, &model)?;
        let input = inputs.remove(0);
        for note in &input.notes {
            progress::note(format!("{}: {note}", printable(&input.name)));
        }
        let view = model.image.model();
        let shape = view.input().shape;
        let request = OccludeRequest {
            window: self.window,
            stride: self.stride,
            fill: model.grey(self.fill),
            class: self.class,
        };
        let size = [shape.height, shape.width];
        let Some([rows, columns]) = request.positions(size) else {
            let [height, width] = size;
            return Err(wrong(format!(
                "--window is from 1 to the input's {height}x{width}, --stride at least 1"
            )));
        };
        let classes = view.logits().shape.elements();
        if self
            .class
            .is_some_and(|class| usize::from(class) >= classes)
        {
            return Err(wrong(format!("--class is from 0 to {}", classes - 1)));
        }
        let picture_file = self.output.as_deref().map(PictureFile::new);
        let picture_file = picture_file.transpose().map_err(blame)?;
        let mut rig = board.open(model.clone())?;
        let bar = progress::bar(rows * columns, "positions");
        let map = rig.occlude(&input.values, &request, &mut |progress| match progress {
            MapProgress::Begun { .. } => bar.reset(),
            MapProgress::Positions { probabilities, .. } => bar.inc(probabilities.len() as u64),
        })?;
        bar.finish_and_clear();

        let saved = map.macs_full as f64 / map.macs_done.max(1) as f64;
        if let Some(file) = &picture_file {
            let scene = scene::occlusion(&model, &input.values, &request, self.fill, &map);
            file.save(picture(scene, self.palette)?)?;
        }
        if self.json {
            print_json(&self.document(&rig, &input.name, request.fill, [rows, columns], &map))?;
        } else {
            let label = rig.model.label(map.class.into());
            let at = first_least(&map.probabilities).unwrap_or_default();
            let least = map.probabilities.get(at).copied().unwrap_or_default();
            writeln!(
                crate::printer::stdout(),
                "{}: P({}) = {:.4}, at least {least:.4} with the patch at row {}, column {}",
                printable(&input.name),
                printable(&label),
                map.base_probability,
                at / columns * usize::from(self.stride[0]),
                at % columns * usize::from(self.stride[1]),
            )?;
            writeln!(
                crate::printer::stdout(),
                "{rows}×{columns} positions, {} MACs instead of {}: {saved:.2} times fewer",
                map.macs_done,
                map.macs_full
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn document(
        &self,
        rig: &cortexscope_rig::Rig,
        input: &str,
        fill: i8,
        [rows, columns]: [usize; 2],
        map: &OcclusionMap,
    ) -> documents::occlude::Occlude {
        documents::occlude::Occlude {
            origin: Origin::from(rig),
            input: input.to_owned(),
            window: self.window,
            stride: self.stride,
            fill: self.fill,
            fill_int8: fill,
            class: map.class,
            label: rig.model.label(map.class.into()),
            base_probability: map.base_probability,
            rows,
            columns,
            probabilities: map.probabilities.clone(),
            macs_done: map.macs_done,
            macs_full: map.macs_full,
            instructions: map.count,
        }
    }
}

fn picture(scene: Occlusion, palette: PaletteArg) -> anyhow::Result<image::RgbImage> {
    let palette = match palette {
        PaletteArg::Lecture => Palette::Lecture,
        PaletteArg::ColourBlindSafe => Palette::ColourBlindSafe,
    };
    let drawing = occlusion_map(&scene, palette, ProbabilityRange::ZeroToOne)?;
    Ok(drawing.raster(Theme::Light, scene::page_density(&drawing)))
}

/// `7` or `5x9`.
fn pair(text: &str) -> Result<[u16; 2], String> {
    let sides = cortexscope_net::input::sides(text);
    sides.ok_or_else(|| "give rows and columns, each up to 65535: 7, or 5x9".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::{Cli, Command};
    use clap::Parser;
    use cortexscope_rig::session::LECTURE_PATCH;

    #[test]
    fn the_default_window_is_the_lectures() {
        let cli = Cli::try_parse_from(["cortexscope", "occlude", "mnist:18"]).unwrap();
        let Command::Occlude(occlude) = cli.command else {
            panic!("another command");
        };
        assert_eq!(occlude.window, [LECTURE_PATCH; 2]);
    }
}
