//! Ascended filters and classes.

use super::{GalleryError, Making};
use crate::scene::ascent::{Display, Seen, layout, tiles};
use cortexscope_draw::{GridLayout, Tiles, tile_grid};
use cortexscope_explain::ascend::{Ascent, Preset, climb};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{ClassValue, Target};

/// Climbs every target, and gives one grid.
fn climbed(
    making: &mut Making<'_>,
    model: &FloatModel,
    targets: &[String],
    ascent: &Ascent,
    statement: &str,
) -> Result<Tiles, GalleryError> {
    let mut climbs = Vec::new();
    for target in targets {
        let what = format!("{}: ascending {target}", model.name);
        let aim = target.parse::<Target>()?.aim(model, ClassValue::Logit)?;
        let found = climb(model, &aim, ascent, &mut |step| {
            (making.watch)(&format!("{what}, step {}", step.total))
        })?;
        let probability = aim.probability(model, &found.input)?;
        climbs.push((aim, found, probability));
    }
    let seen: Vec<Seen<'_>> = climbs
        .iter()
        .map(|(aim, climb, probability)| Seen {
            aim,
            climb,
            seed: ascent.seed,
            probability: *probability,
        })
        .collect();
    Ok(tiles(
        model,
        &seen,
        statement,
        Display::suited(ascent.bound),
    ))
}

impl Making<'_> {
    /// A preset with the gallery's seed.
    fn ascent(&self, preset: Preset, model: &FloatModel) -> Ascent {
        Ascent {
            seed: self.gallery.seed,
            ..preset.ascent(model.input_shape())
        }
    }
}

pub fn lenet(making: &mut Making<'_>, model: &FloatModel) -> Result<(), GalleryError> {
    let classes: Vec<String> = (0..10).map(|class| format!("class:{class}")).collect();
    let mut all: Option<Tiles> = None;
    let lecture = making.ascent(Preset::Lecture, model);
    let mut weaker = lecture.clone();
    weaker.penalty.l1 = 0.1;
    let mut smooth = making.ascent(Preset::Mahendran2016, model);
    smooth.penalty.tv = 0.5;
    for (ascent, words) in [
        (making.ascent(Preset::Erhan2009, model), "norm fixed"),
        (lecture, "y − Σ|x|"),
        (weaker, "y − 0.1 Σ|x|"),
        (smooth, "y − 0.5 TV(x)"),
    ] {
        let mut grid = climbed(making, model, &classes, &ascent, "")?;
        for tile in &mut grid.tiles {
            tile.lines.insert(1, words.to_owned());
        }
        match &mut all {
            None => all = Some(grid),
            Some(all) => all.tiles.extend(grid.tiles),
        }
    }
    if let Some(mut all) = all {
        all.title = "the lecture LeNet: ascended classes".to_owned();
        all.statement = "a row for each: Erhan et al. 2009, the lecture’s L1 twice, \
                         Mahendran and Vedaldi 2016 with jitter"
            .to_owned();
        all.footnote = "first three: grey is zero, each reaches its own greatest magnitude; \
                        last: black is 0, white is 1; below each its logit, probability and steps"
            .to_owned();
        all.columns = Some(10);
        let drawing = tile_grid(&all, layout(model))?;
        let command = "ascend lecture-lenet --preset mahendran-2016 --tv 0.5 --target class:0 …";
        making.add("lenet-classes.png", "Ascended digits", command, 1, &drawing)?;
    }
    let filters: Vec<String> = (0..50).map(|filter| format!("conv2:{filter}")).collect();
    let ascent = making.ascent(Preset::Erhan2009, model);
    let statement = "Erhan et al. 2009: the input of a given norm that excites the summed map most; \
                     below each the sum, at the end and at the start";
    let mut grid = climbed(making, model, &filters, &ascent, statement)?;
    grid.title = "the lecture LeNet: ascended filters of its second layer".to_owned();
    grid.columns = Some(10);
    let drawing = tile_grid(&grid, layout(model))?;
    let command = "ascend lecture-lenet --preset erhan-2009 --target conv2:0 …";
    making.add(
        "lenet-conv2.png",
        "Ascended filters of the second layer",
        command,
        1,
        &drawing,
    )
}

const PHOTOGRAPH: GridLayout = GridLayout {
    max_width: 1280,
    px_per_value: 1,
};

pub fn alexnet(making: &mut Making<'_>, model: &FloatModel) -> Result<(), GalleryError> {
    let mut ascent = making.ascent(Preset::Olah2017, model);
    // Maps are summed: their values, and so the weight, are large.
    ascent.penalty.tv = 6.0;
    ascent.jitter = 16;
    ascent.stop.steps = 128;
    let mut targets = Vec::new();
    for (layer, filters) in [
        ("conv2", [3, 17, 64, 101, 150]),
        ("conv3", [5, 60, 111, 200, 300]),
        ("conv5", [7, 33, 90, 140, 200]),
    ] {
        targets.extend(filters.map(|filter| format!("{layer}:{filter}")));
    }
    let statement =
        "Olah et al. 2017, and y − 6 TV(x): spectrum, decorrelated colours, jitter, Adam";
    let mut grid = climbed(making, model, &targets, &ascent, statement)?;
    grid.columns = Some(5);
    let drawing = tile_grid(&grid, PHOTOGRAPH)?;
    let command = "ascend alexnet_conv.onnx --tv 6 --jitter 16 --steps 128 --target conv5:7 …";
    making.add(
        "alexnet-ascended.png",
        "AlexNet’s filters, ascended",
        command,
        1,
        &drawing,
    )
}

pub fn squeezenet(making: &mut Making<'_>, model: &FloatModel) -> Result<(), GalleryError> {
    let mut ascent = making.ascent(Preset::Olah2017, model);
    // Without total variation the dots that the stride of the first layer likes stay.
    ascent.penalty.tv = 0.1;
    ascent.jitter = 16;
    ascent.stop.steps = 128;
    let classes = [130, 88, 281, 207, 934, 954, 340, 985, 323, 979];
    let targets: Vec<String> = classes.map(|class| format!("class:{class}")).to_vec();
    let statement =
        "Olah et al. 2017, and y − 0.1 TV(x): spectrum, decorrelated colours, jitter, Adam";
    let mut grid = climbed(making, model, &targets, &ascent, statement)?;
    grid.columns = Some(5);
    let drawing = tile_grid(&grid, PHOTOGRAPH)?;
    let command =
        "ascend squeezenet_v1.0_dc.onnx --tv 0.1 --jitter 16 --steps 128 --target class:130 …";
    making.add(
        "squeezenet-classes.png",
        "SqueezeNet’s classes, ascended",
        command,
        1,
        &drawing,
    )
}
