//! Images made for neurons, beside what they are compared with.

use cortexscope_brain::control::{Answered, Control, ControlKind, ControlTrial, Goal, Site};
use cortexscope_draw::{
    Drawing, GridLayout, PictureError, PopulationCell, PopulationRow, PopulationSheet, Tile, Tiles,
    population_sheet, tile_grid,
};
use image::DynamicImage;

/// Pixels of a small image's longer side, about.
const SIDE_PX: u32 = 112;

/// A fit in words.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The network.
    pub model: &'a str,
    /// The layer that is read.
    pub layer: &'a str,
    /// Who judges; `None` where nobody does.
    pub judge: Option<&'a str>,
}

/// All images of a trial and their scores by both models.
///
/// # Errors
/// There is no image.
pub fn trial(trial: &ControlTrial, words: Words<'_>) -> Result<Drawing, PictureError> {
    let made = trial
        .images
        .iter()
        .map(|image| tile(&image.answered, format!("seed {}", image.seed)));
    let controls = trial
        .controls
        .iter()
        .map(|control| tile(&control.answered, caption(control.kind, control.of)));
    let tiles: Vec<Tile> = made.chain(controls).collect();
    let side = tiles
        .first()
        .map_or(1, |tile| tile.image.width().max(tile.image.height()));
    let tiles = Tiles {
        title: format!(
            "{}: {} of neuron {}",
            words.model,
            goal_name(trial.goal),
            trial.neuron
        ),
        shape: String::new(),
        op: words.layer.to_owned(),
        statement: match words.judge {
            Some(judge) => format!(
                "own: the model that the images were made with; judge: {}",
                super::last_part(judge)
            ),
            None => "own: the model that the images were made with".to_owned(),
        },
        footnote: "images as they were scored, contrast not stretched".to_owned(),
        bar: None,
        columns: None,
        tiles,
    };
    let layout = GridLayout {
        max_width: super::PAGE_PX,
        px_per_value: (SIDE_PX / side.max(1)).max(1),
    };
    tile_grid(&tiles, layout)
}

/// `stretch` or `ohp`.
pub fn goal_name(goal: Goal) -> &'static str {
    match goal {
        Goal::Stretch => "stretch",
        Goal::OneHot => "ohp",
    }
}

/// What a control is, in no more words than stand below a small picture. `of` is the seed
/// of the image that it was made of, or the neuron that it was made for.
fn caption(kind: ControlKind, of: Option<u64>) -> String {
    let words = match kind {
        ControlKind::NaturalAtContrast => "same contrast",
        ControlKind::OtherNeuron => "for neuron",
        other => other.name(),
    };
    of.map_or_else(|| words.to_owned(), |of| format!("{words} {of}"))
}

fn tile(answered: &Answered, name: String) -> Tile {
    let judge = answered.judge.map_or_else(
        || "no judge".to_owned(),
        |score| format!("judge {score:.3}"),
    );
    Tile {
        image: DynamicImage::ImageLuma8(answered.picture.clone()).to_rgb8(),
        lines: vec![name, format!("own {:.3}", answered.own), judge],
    }
}

/// The lecture's figure: for each site its best natural image, its stretch image, its one-hot
/// image and two controls, and below each what the whole population answers. The images are
/// those of the first seed, so that none was chosen for its score.
///
/// # Errors
/// There is no site.
pub fn sites(sites: &[Site], words: Words<'_>) -> Result<Drawing, PictureError> {
    let control = |trial: &ControlTrial, kind: ControlKind| {
        let found = trial.controls.iter().find(|control| control.kind == kind);
        found.cloned()
    };
    let row = |name: &str, note: &str, goal: Goal, of: &dyn Fn(&Site) -> Option<ShownImage>| {
        PopulationRow {
            name: name.to_owned(),
            note: note.to_owned(),
            cells: sites
                .iter()
                .map(|site| of(site).map(|shown| cell(site.neuron, goal, shown)))
                .collect(),
        }
    };
    let rows = vec![
        row(
            "natural",
            "the best natural image",
            Goal::Stretch,
            &|site| {
                let number = site.stretch.natural_image;
                let found = control(&site.stretch, ControlKind::Natural)?;
                Some(ShownImage::of(&found, format!("image {number}")))
            },
        ),
        row(
            "stretch",
            "the response as high as possible",
            Goal::Stretch,
            &|site| ShownImage::first(&site.stretch),
        ),
        row(
            "one-hot",
            "the response high alone",
            Goal::OneHot,
            &|site| ShownImage::first(&site.one_hot),
        ),
        row(
            "scrambled",
            "stretch with the phases of noise",
            Goal::Stretch,
            &|site| {
                let found = control(&site.stretch, ControlKind::PhaseScrambled)?;
                Some(ShownImage::of(&found, "control".to_owned()))
            },
        ),
        row("other", "stretch of another site", Goal::Stretch, &|site| {
            let found = control(&site.stretch, ControlKind::OtherNeuron)?;
            let of = found.of.unwrap_or_default();
            Some(ShownImage::of(&found, format!("of neuron {of}")))
        }),
    ];
    let who = words.judge.map_or_else(
        || "by the model that the images were made with, which says nothing of control".to_owned(),
        |judge| {
            format!(
                "by the judge, {}, where it has all neurons; own: the model that the images were \
                 made with",
                super::last_part(judge)
            )
        },
    );
    population_sheet(&PopulationSheet {
        title: format!(
            "{} {}: stretch and one-hot images",
            words.model, words.layer
        ),
        op: format!("{} sites", sites.len()),
        statement:
            "bars: z-scored responses of all neurons, the site's own in colour; one scale for all"
                .to_owned(),
        footnote: who,
        unit: "z-score".to_owned(),
        columns: sites
            .iter()
            .map(|site| format!("neuron {}", site.neuron))
            .collect(),
        rows,
    })
}

/// An image of the sheet.
struct ShownImage {
    name: String,
    answered: Answered,
}

impl ShownImage {
    fn of(control: &Control, name: String) -> Self {
        Self {
            name,
            answered: control.answered.clone(),
        }
    }

    fn first(trial: &ControlTrial) -> Option<Self> {
        let image = trial.images.first()?;
        Some(Self {
            name: format!("seed {}", image.seed),
            answered: image.answered.clone(),
        })
    }
}

fn cell(neuron: usize, goal: Goal, shown: ShownImage) -> PopulationCell {
    let ShownImage { name, answered } = shown;
    let unit = match goal {
        Goal::Stretch => "",
        Goal::OneHot => " softmax",
    };
    let own = format!("own {:.2}{unit}", answered.own);
    let judge = answered
        .judge
        .map_or_else(|| name.clone(), |score| format!("{name}: {score:.2}{unit}"));
    PopulationCell {
        image: DynamicImage::ImageLuma8(answered.picture).to_rgb8(),
        lines: vec![judge, own],
        responses: answered.population,
        target: neuron,
    }
}
