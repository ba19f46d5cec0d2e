//! From a search to the lecture's pictures of one (XDREAM): the best image of some
//! generations, rates over queries, and natural images.

use cortexscope_brain::evolve::Experiment;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_draw::number::{grouped, significant};
use cortexscope_draw::{
    GridLayout, IntervalRow, Intervals, ResponseTrace, Role, Tile, Tiles, TraceLevel, TraceLine,
};
use image::{Rgb, RgbImage};

/// A search in words.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The neuron.
    pub neuron: &'a str,
    /// The search, its preset, the image space and the noise.
    pub search: &'a str,
}

/// Natural images at each end of the order that are shown.
pub const SHOWN: usize = 10;

/// How large images are drawn.
pub fn layout([_, height, width]: [usize; 3]) -> GridLayout {
    GridLayout {
        max_width: super::PAGE_PX,
        px_per_value: (84 / height.max(width).max(1)).max(1) as u32,
    }
}

/// An image from black 0 to white 1. The first three of its channels are colours.
pub fn picture([channels, height, width]: [usize; 3], image: &[f32]) -> RgbImage {
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        let level = |channel: usize| {
            let plane = if channels < 3 { 0 } else { channel };
            let level = image
                .get(plane * height * width + at)
                .copied()
                .unwrap_or(0.0);
            (level * 255.0).round().clamp(0.0, 255.0) as u8
        };
        Rgb([0, 1, 2].map(level))
    })
}

/// Rates over queries, with what they are read beside.
pub fn trace(found: &Experiment, words: Words<'_>) -> ResponseTrace {
    let line = |name: &str, role, rate: fn(&cortexscope_brain::evolve::Generation) -> f64| {
        let points = found.evolution.generations.iter().map(|made| {
            let queries = (made.before + made.images) as f64;
            [queries, rate(made)]
        });
        TraceLine {
            name: name.to_owned(),
            points: points.collect(),
            role,
        }
    };
    let mut levels = Vec::new();
    let mut level = |name: String, rate: Option<f64>| {
        if let Some(rate) = rate {
            levels.push(TraceLevel { name, rate });
        }
    };
    let natural = found.natural.as_ref();
    let shown = natural.map_or(0, |natural| natural.own.len());
    level(
        format!("best of {} natural", grouped(shown as u64)),
        natural.and_then(|natural| natural.best(found.zero)),
    );
    let truth =
        |truth: &Option<cortexscope_brain::evolve::Truth>| truth.as_ref().map(|truth| truth.rate);
    level("gradient, same space".to_owned(), truth(&found.in_space));
    level("gradient, pixels".to_owned(), truth(&found.in_pixels));
    ResponseTrace {
        title: words.neuron.to_owned(),
        subtitle: words.search.to_owned(),
        statement:
            "clean rate of each generation: its mean, and its image with the greatest measured rate"
                .to_owned(),
        lines: vec![
            line("mean", Role::Ink, |made| made.mean_clean),
            line("best measured", Role::Accent, |made| made.best_clean),
        ],
        levels,
    }
}

/// The best image of some generations, the best of all, and those that it is read beside.
pub fn images(
    found: &Experiment,
    stimuli: Option<&Stimuli>,
    shape: [usize; 3],
    words: Words<'_>,
) -> Tiles {
    let tile = |image: &[f32], name: String, rate: f64| Tile {
        image: picture(shape, image),
        lines: vec![name, significant(rate as f32)],
    };
    let kept = found.evolution.kept.iter();
    let mut tiles: Vec<Tile> = kept
        .map(|kept| tile(&kept.image, format!("gen. {}", kept.generation), kept.clean))
        .collect();
    let best = &found.evolution;
    tiles.push(tile(&best.best_image, "best".to_owned(), best.best_clean()));
    for (name, truth) in [
        ("gradient", &found.in_space),
        ("in pixels", &found.in_pixels),
    ] {
        if let Some(truth) = truth {
            tiles.push(tile(&truth.image, name.to_owned(), truth.rate));
        }
    }
    let natural = || {
        let natural = found.natural.as_ref()?;
        let index = *natural.order.first()?;
        let image = stimuli?.images.get(index)?;
        Some(tile(
            image,
            "natural".to_owned(),
            natural.rate(index, found.zero),
        ))
    };
    tiles.extend(natural());
    Tiles {
        title: words.neuron.to_owned(),
        shape: String::new(),
        op: words.search.to_owned(),
        statement: "the best image of a generation and its clean rate; then what it is read beside"
            .to_owned(),
        footnote: String::new(),
        bar: None,
        columns: None,
        tiles,
    }
}

/// The natural images with the greatest and the smallest rates; `None` without any.
pub fn natural(found: &Experiment, stimuli: &Stimuli, words: Words<'_>) -> Option<Tiles> {
    let natural = found.natural.as_ref()?;
    let tile = |&index: &usize| {
        let image = stimuli.images.get(index)?;
        let name = stimuli.names.get(index).cloned().unwrap_or_default();
        Some(Tile {
            image: picture(stimuli.shape, image),
            lines: vec![name, significant(natural.rate(index, found.zero) as f32)],
        })
    };
    let count = natural.order.len();
    let top = natural.order.iter().take(SHOWN);
    let bottom = natural
        .order
        .iter()
        .skip(SHOWN.max(count.saturating_sub(SHOWN)));
    let tiles: Vec<Tile> = top.chain(bottom).filter_map(tile).collect();
    (!tiles.is_empty()).then(|| Tiles {
        title: words.neuron.to_owned(),
        shape: String::new(),
        op: format!("{} natural images", grouped(count as u64)),
        statement: "first the ten with the greatest rates, then the ten with the smallest"
            .to_owned(),
        footnote: String::new(),
        bar: None,
        columns: Some(SHOWN.min(tiles.len())),
        tiles,
    })
}

/// Rates by category, `label` being the name of each; `None` where no classes are known.
pub fn categories(
    found: &Experiment,
    words: Words<'_>,
    label: impl Fn(usize) -> String,
) -> Option<Intervals> {
    let all = &found.categories;
    let best = all.iter().max_by(|a, b| a.mean.total_cmp(&b.mean))?.class;
    let rows = all.iter().map(|rates| IntervalRow {
        name: format!(
            "{} ({} images)",
            label(rates.class),
            grouped(rates.images as u64)
        ),
        value: rates.mean,
        spread: Some([
            (rates.mean - rates.deviation).max(0.0),
            rates.mean + rates.deviation,
        ]),
        is_marked: rates.class == best,
    });
    Some(Intervals {
        title: words.neuron.to_owned(),
        op: "selectivity by category".to_owned(),
        statement: "dot: mean rate of the natural images of a category; line: one standard \
                    deviation to each side, cut at 0"
            .to_owned(),
        footnote: String::new(),
        unit: "rate".to_owned(),
        rows: rows.collect(),
        band: None,
    })
}

/// Parts that natural images are divided into by their likeness to the evolved one.
const PARTS: usize = 5;

/// Rates of natural images by their likeness to the evolved image, in five parts of equal size;
/// `None` with fewer images.
pub fn likeness(found: &Experiment, stimuli: &Stimuli, words: Words<'_>) -> Option<Intervals> {
    let natural = found.natural.as_ref()?;
    let likeness = natural.likeness(stimuli, &found.evolution.best_image);
    if likeness.len() < 2 * PARTS {
        return None;
    }
    let mut order: Vec<usize> = (0..likeness.len()).collect();
    order.sort_by(|&a, &b| likeness[a].total_cmp(&likeness[b]).then(a.cmp(&b)));
    let rows = (0..PARTS).map(|part| {
        let at = |part: usize| part * order.len() / PARTS;
        let own = &order[at(part)..at(part + 1)];
        let rates = own.iter().map(|&index| natural.rate(index, found.zero));
        let rates: Vec<f64> = rates.collect();
        let count = rates.len() as f64;
        let mean = rates.iter().sum::<f64>() / count;
        let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
        // The mean of many images is nearly normal.
        let error = 1.96 * (squares / (count - 1.0).max(1.0) / count).sqrt();
        let [low, high] = [own[0], own[own.len() - 1]].map(|index| likeness[index]);
        IntervalRow {
            name: format!("r from {low:.2} to {high:.2}").replace('-', "−"),
            value: mean,
            spread: Some([mean - error, mean + error]),
            is_marked: part + 1 == PARTS,
        }
    });
    let rho = found.prediction.and_then(|prediction| prediction.spearman);
    Some(Intervals {
        title: words.neuron.to_owned(),
        op: "does likeness to the evolved image predict the rate?".to_owned(),
        statement: "dot: mean rate of a fifth of the natural images, by the correlation of their \
                    pixels with the evolved image; line: its 95 % interval"
            .to_owned(),
        footnote: rho.map_or_else(String::new, |rho| {
            format!(
                "Spearman's ρ {rho:.3} over {} images",
                grouped(order.len() as u64)
            )
        }),
        unit: "rate".to_owned(),
        rows: rows.collect(),
        band: None,
    })
}
