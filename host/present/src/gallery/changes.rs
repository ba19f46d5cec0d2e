//! A digit that was attacked, dreamt on and damaged, and pictures that fool the network.

use super::{GalleryError, Making};
use crate::scene::{attack as panels, corruption, fool as sheet};
use cortexscope_corrupt::{Picture, Settings};
use cortexscope_draw::{GridLayout, Tile, Tiles, tile_grid, triptych};
use cortexscope_explain::ascend::Octaves;
use cortexscope_explain::attack::{Goal, Method, Victim, attack, levels};
use cortexscope_explain::dream::{Canvas, Dream, Objective, dream};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::fool::{Climb, climb};
use cortexscope_net::input::MnistSet;
use cortexscope_net::random::Random;

const DIGIT: usize = 18;
const EPS: f64 = 0.1;
/// Layers that dream.
const DREAMERS: [&str; 4] = ["conv1", "relu1", "conv2", "relu2"];
/// Steps of a dream.
const DREAM_STEPS: usize = 20;

pub fn lenet(making: &mut Making<'_>, model: &FloatModel) -> Result<(), GalleryError> {
    let digits = MnistSet::test_digits()?;
    let Some(input) = digits.input(DIGIT, &model.spec.input) else {
        return Ok(());
    };
    let never = || false;
    let mut victim = Victim::new(model, &never)?;
    let (pixels, _) = victim.pixels.picture(&input);
    making.next("an adversarial digit")?;
    attacked(making, model, &mut victim, &pixels)?;
    fooled(making, model, &mut victim)?;
    dreamt(making, model, &input)?;
    making.next("damaged digits")?;
    damaged(making, model, &pixels)
}

fn attacked(
    making: &mut Making<'_>,
    model: &FloatModel,
    victim: &mut Victim<'_>,
    pixels: &[f32],
) -> Result<(), GalleryError> {
    let before = victim.judge(levels(pixels))?;
    let away = Goal::Away(before.class);
    let mut random = Random::new(making.gallery.seed);
    let found = attack(
        victim,
        &Method::Fgsm,
        pixels,
        &before,
        away,
        EPS,
        &mut random,
    )?;
    let input = format!("mnist:{DIGIT}");
    let shown = panels::three_panels(model, Method::Fgsm.info(), &found, &input, Some(EPS));
    let drawing = triptych(&shown, panels::layout(model))?;
    let command = format!("attack fgsm lecture-lenet {input} --eps {EPS}");
    making.add(
        "lenet-attack.png",
        "A digit that was changed by a little",
        &command,
        2,
        &drawing,
    )
}

fn fooled(
    making: &mut Making<'_>,
    model: &FloatModel,
    victim: &mut Victim<'_>,
) -> Result<(), GalleryError> {
    let parameters = Climb {
        steps: 200,
        rate: 0.5,
        confidence: 0.999,
        seed: making.gallery.seed,
    };
    let classes = victim.classes;
    let found = climb(victim, &parameters, &mut |now| {
        (making.watch)(&format!("fooling images, {} of {classes}", now.done))
    })?;
    let spec = &model.spec;
    let values = |levels: &[u8]| victim.pixels.values(levels);
    let shown = sheet::sheet(spec, &model.name, "gradient", &found.champions, &values);
    let drawing = tile_grid(&shown, sheet::layout(&spec.input))?;
    making.add(
        "lenet-fooled.png",
        "Pictures without sense that the network is sure of",
        "fool gradient lecture-lenet --confidence 0.999",
        1,
        &drawing,
    )
}

fn dreamt(making: &mut Making<'_>, model: &FloatModel, input: &[f32]) -> Result<(), GalleryError> {
    let [_, height, width] = model.input_shape();
    let canvas = Canvas {
        size: [height, width],
        values: input.to_vec(),
    };
    let mut tiles = vec![Tile {
        image: model.spec.input.picture(input),
        lines: vec![format!("mnist:{DIGIT}")],
    }];
    for name in DREAMERS {
        let settings = Dream {
            steps: DREAM_STEPS,
            octaves: Octaves {
                count: 1,
                ratio: 1.4,
            },
            rate: 6.0,
            jitter: 2,
            seed: making.gallery.seed,
            ..Dream::of(model.find(name)?, Objective::HalfSquare)
        };
        let found = dream(model, &canvas, &settings, &mut |step| {
            (making.watch)(&format!("{name} dreams, step {}", step.total))
        })?;
        tiles.push(Tile {
            image: model.spec.input.picture(&found.canvas.values),
            lines: vec![name.to_owned()],
        });
    }
    let shown = Tiles {
        title: "the lecture LeNet dreams on a digit".to_owned(),
        shape: String::new(),
        op: "½‖A‖² of a layer".to_owned(),
        statement: format!("{DREAM_STEPS} steps, a pixel changes by 6 of 255 levels in the mean"),
        footnote: "Mordvintsev et al. 2015, one octave".to_owned(),
        bar: None,
        columns: None,
        tiles,
    };
    let layout = GridLayout {
        max_width: 1280,
        px_per_value: 6,
    };
    let drawing = tile_grid(&shown, layout)?;
    let command = format!(
        "dream lecture-lenet mnist:{DIGIT} --layer conv1 --steps {DREAM_STEPS} --octaves 1 --rate 6 --jitter 2"
    );
    making.add(
        "lenet-dreams.png",
        "Deep dream on a digit",
        &command,
        1,
        &drawing,
    )
}

fn damaged(
    making: &mut Making<'_>,
    model: &FloatModel,
    pixels: &[f32],
) -> Result<(), GalleryError> {
    let [channels, height, width] = model.input_shape();
    let levels = levels(pixels).into_iter().map(f64::from).collect();
    let picture = Picture::new(channels, [height, width], levels)?;
    let settings = Settings {
        seed: making.gallery.seed,
        ..Settings::default()
    };
    let input = format!("mnist:{DIGIT}");
    let drawing = corruption::sheet(&input, &picture, &settings)?;
    making.add(
        "lenet-corruptions.png",
        "Every corruption of a digit",
        &format!("corrupt all {input}"),
        1,
        &drawing,
    )
}
