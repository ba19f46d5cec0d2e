//! A panel for each experiment, from its document.

use cortexscope_draw::number::{grouped, significant};
use cortexscope_draw::{Drawing, IntervalBand, IntervalRow, Intervals, PictureError, intervals};

use super::{Panel, Table};
use crate::documents::Document;
use crate::documents::brain_autoencode::{BrainAutoencode, PublishedRow};
use crate::documents::brain_compare::BrainCompare;
use crate::documents::brain_control::BrainControl;
use crate::documents::brain_fit::BrainFit;
use crate::documents::brain_sites::{BrainSites, DrivenGoal};
use crate::documents::evolve::Evolve;
use crate::scene::last_part;

/// A document, its pictures and the command that made it.
#[derive(Clone, Debug)]
pub struct Ran<D> {
    /// The command line.
    pub command: String,
    /// What it found.
    pub document: D,
    /// Its pictures.
    pub drawings: Vec<Drawing>,
}

fn begin<D: Document>(id: &str, title: &str, runs: &[&Ran<D>]) -> Panel {
    let receipt = |run: &&Ran<D>| run.document.to_text().unwrap_or_default();
    Panel {
        id: id.to_owned(),
        title: title.to_owned(),
        commands: runs.iter().map(|run| run.command.clone()).collect(),
        receipts: runs.iter().map(receipt).collect(),
        ..Panel::default()
    }
}

fn add<D: Document>(panel: &mut Panel, run: &Ran<D>) {
    panel.commands.push(run.command.clone());
    panel
        .receipts
        .push(run.document.to_text().unwrap_or_default());
}

/// Fits of the same neurons, the one whose masks are shown first.
///
/// # Errors
/// There is no fit.
pub fn encoding(fits: &[Ran<BrainFit>]) -> Result<Panel, PictureError> {
    let all: Vec<&Ran<BrainFit>> = fits.iter().collect();
    let mut panel = begin(
        "encoding",
        "Encoding: which layer predicts the neurons?",
        &all,
    );
    panel.says = vec![
        "A readout of a layer's features is fitted to each neuron and judged on images that it \
         has not seen. A factorised readout is a mask over the positions times weights of the \
         channels; ridge has a weight for each feature, and is the control."
            .to_owned(),
    ];
    let mut rows = Vec::new();
    let mut numbers = Vec::new();
    for fit in fits {
        let document = &fit.document;
        for layer in &document.layers {
            rows.push(IntervalRow {
                name: format!("{} {}", layer.layer, document.readout),
                value: layer.median_r,
                spread: None,
                is_marked: false,
            });
        }
        let own: Vec<f64> = document.neurons.iter().map(|neuron| neuron.r).collect();
        let [low, high] = own
            .iter()
            .fold([1.0_f64, -1.0], |[low, high], &r| [low.min(r), high.max(r)]);
        numbers.push(vec![
            document.readout.clone(),
            document.layer.clone(),
            format!("{:.3}", document.median_r),
            format!("{low:.3} … {high:.3}"),
            format!("{:.3}", document.median_explained_variance),
            document
                .median_explained_variance_unbiased
                .map_or_else(|| "–".to_owned(), |share| format!("{share:.3}")),
        ]);
    }
    let best = rows
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.value.total_cmp(&b.1.value))
        .map(|(at, _)| at);
    if let Some(row) = best.and_then(|at| rows.get_mut(at)) {
        row.is_marked = true;
    }
    if let Some(said) = which_readout(fits) {
        panel.says.push(said);
    }
    let first = fits.first().map(|fit| &fit.document);
    let ceiling = first.and_then(|fit| fit.ceiling.as_ref());
    // r of a perfect model with the mean response is the root of its reliability.
    let band = ceiling.map(|ceiling| IntervalBand {
        name: "a perfect model".to_owned(),
        ends: [ceiling.value.max(0.0).sqrt(), 1.0],
    });
    panel.drawings.push(intervals(&Intervals {
        title: first.map_or_else(String::new, |fit| fit.model.clone()),
        op: "median r over the neurons".to_owned(),
        statement: "Pearson's r of prediction and mean response over the test images".to_owned(),
        footnote: String::new(),
        unit: "median r".to_owned(),
        rows,
        band,
    })?);
    panel.drawings.extend(
        fits.first()
            .into_iter()
            .flat_map(|fit| fit.drawings.clone()),
    );
    panel.tables.push(Table {
        caption: "Readouts, median over the neurons".to_owned(),
        heads: [
            "readout",
            "layer",
            "r",
            "range of r",
            "explained",
            "explained, unbiased",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: numbers,
    });
    if let Some(ceiling) = ceiling {
        panel.notes.push(format!(
            "Ceiling {:.3} (median): {}.",
            ceiling.value, ceiling.formula
        ));
    }
    panel
        .notes
        .extend(fits.iter().flat_map(|fit| fit.document.notes.clone()));
    Ok(panel)
}

/// Which of two kinds of readout of the same layer predicts more, in words.
fn which_readout(fits: &[Ran<BrainFit>]) -> Option<String> {
    let [first, second] = fits else {
        return None;
    };
    let [first, second] = [&first.document, &second.document];
    if first.layer != second.layer || first.readout == second.readout {
        return None;
    }
    let (better, other) = if first.median_r > second.median_r {
        (first, second)
    } else {
        (second, first)
    };
    Some(format!(
        "Of {} the {} readout predicts more here than the {} one: median r {:.3} and {:.3}. In the \
         lecture the factorised one is ahead for V4.",
        first.layer, better.readout, other.readout, better.median_r, other.median_r
    ))
}

/// Sites driven in both ways, and a neuron driven and judged by a board.
pub fn control(sites: &Ran<BrainSites>, board: Option<&Ran<BrainControl>>) -> Panel {
    let mut panel = begin("control", "Control: stretch and one-hot images", &[sites]);
    panel.says = vec![
        "Images are made by following the gradient through network and readout. The model that \
         an image was made with always likes it; what counts is the judge, which no image was \
         made with, and its greatest response to a natural image."
            .to_owned(),
    ];
    panel.drawings.clone_from(&sites.drawings);
    let document = &sites.document;
    let row = |neuron: usize, name: &str, goal: &DrivenGoal| {
        let mean = |scores: Vec<f64>| scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        let named = |wanted: &str| {
            let scores = goal.controls.iter();
            let scores = scores.filter(|control| control.name == wanted);
            let scores: Vec<f64> = scores.filter_map(|control| control.judge).collect();
            if scores.is_empty() {
                "–".to_owned()
            } else {
                format!("{:.2}", mean(scores))
            }
        };
        let judged: Vec<f64> = goal.images.iter().filter_map(|image| image.judge).collect();
        let judged = if judged.is_empty() {
            "–".to_owned()
        } else {
            format!("{:.2}", mean(judged))
        };
        vec![
            format!("neuron {neuron}, {name}"),
            format!(
                "{:.2}",
                mean(goal.images.iter().map(|image| image.own).collect())
            ),
            judged,
            format!("{:.2}", goal.natural_max),
            named("natural"),
            named("phase-scrambled"),
            named("contrast raised"),
            named("made for another neuron"),
        ]
    };
    let rows = document.sites.iter().flat_map(|site| {
        [
            row(site.neuron, "stretch", &site.stretch),
            row(site.neuron, "one-hot", &site.ohp),
        ]
    });
    panel.tables.push(Table {
        caption: "Scores by the judge, and by the model that images were made with (own)"
            .to_owned(),
        heads: [
            "",
            "own",
            "judge",
            "greatest natural",
            "natural shown",
            "scrambled",
            "more contrast",
            "others' images",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: rows.collect(),
    });
    let beyond = |of: fn(&crate::documents::brain_sites::DrivenSite) -> &DrivenGoal| {
        let goals = document.sites.iter().map(of);
        let judged: Vec<f64> = goals.filter_map(|goal| goal.beyond_natural).collect();
        let driven = judged.iter().filter(|share| **share > 0.5).count();
        (driven, judged.len())
    };
    let (driven, count) = beyond(|site| &site.stretch);
    let own = document.sites.iter();
    let own = own
        .filter(|site| site.stretch.beyond_natural_own > 0.5)
        .count();
    if count > 0 {
        panel.says.push(format!(
            "By its own model the stretch image exceeds every natural image in {own} of {count} \
             neurons; by the judge in {driven} of {count}."
        ));
    }
    panel.notes.push(
        "Bashivan, Kar and DiCarlo (2019) have figures of their own for V4: compare yours with \
         theirs only by the same measure and with as many images."
            .to_owned(),
    );
    panel.notes.extend(document.notes.iter().cloned());
    if let Some(run) = board {
        add(&mut panel, run);
        let document = &run.document;
        panel.drawings.extend(run.drawings.iter().cloned());
        if let Some(board) = &document.board {
            panel.notes.push(format!(
                "Neuron {} was also judged by the int8 network on {}: {} answers compared with \
                 tract, {} differ.",
                document.neuron,
                board.name,
                grouped(board.queries_compared),
                grouped(board.mismatches)
            ));
        }
    }
    panel
}

/// An evolution.
pub fn evolution(run: &Ran<Evolve>) -> Panel {
    let document = &run.document;
    let mut panel = begin(
        "evolution",
        "Evolution: an image by queries alone (XDREAM)",
        &[run],
    );
    let rate = |rate: f64| significant(rate as f32);
    let share = |of: Option<f64>| {
        of.filter(|of| *of > 0.0).map_or_else(
            || "–".to_owned(),
            |of| format!("{:.0} %", 100.0 * document.last_generation_mean_clean / of),
        )
    };
    panel.says = vec![format!(
        "{} was asked {} times about images that a search makes of its answers alone. Natural \
         images cost {} queries of their own; the optimum by the gradient is what biology never \
         has.",
        document.neuron,
        grouped(document.queries_spent as u64),
        grouped(document.natural_queries as u64)
    )];
    panel.says.push(format!(
        "A rate counts from {} of the neuron's own units, and is 0 below that.",
        rate(document.zero)
    ));
    panel.drawings.clone_from(&run.drawings);
    let optional = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), rate);
    let rows = [
        (
            "last generation, mean",
            Some(document.last_generation_mean_clean),
        ),
        ("best image", Some(document.best_clean)),
        ("best natural image", document.natural_best),
        ("optimum in the same space", document.optimum_in_space),
        ("optimum in pixels", document.optimum_in_pixels),
    ];
    panel.tables.push(Table {
        caption: "Clean rates, and the last generation as a share of each".to_owned(),
        heads: ["", "rate", "share"].map(str::to_owned).to_vec(),
        rows: rows
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), optional(value), share(value)])
            .collect(),
    });
    if let Some(prediction) = &document.prediction {
        let rho = prediction.spearman;
        panel.says.push(rho.map_or_else(
            || "Likeness to the evolved image does not vary.".to_owned(),
            |rho| {
                format!(
                    "Likeness to the evolved image orders the rates of {} natural images that the \
                     search never saw with Spearman's ρ {rho:.3}.",
                    grouped(prediction.images as u64)
                )
            },
        ));
    }
    if let Some(board) = &document.board {
        panel.notes.push(format!(
            "{}: {} answers compared with tract, {} differ; {} bytes sent and {} received.",
            board.name,
            grouped(board.queries_compared),
            grouped(board.mismatches),
            grouped(board.bytes_sent),
            grouped(board.bytes_received)
        ));
    }
    panel.notes.extend(document.notes.iter().cloned());
    panel.notes.push(format!(
        "One search, of seed {}: it shows what is possible, not what is usual.",
        document.seed
    ));
    panel
}

/// Auto-encoders that predict neurons.
pub fn autoencoders(run: &Ran<BrainAutoencode>) -> Panel {
    let document = &run.document;
    let mut panel = begin(
        "autoencoders",
        "Auto-encoders: do neurons help to reconstruct?",
        &[run],
    );
    panel.says = vec![
        "An auto-encoder (DAE) reconstructs images; DAE-NR1 to DAE-NR4 also predict neurons from \
         layer 1 to 4 of their encoder; CNN-FR predicts neurons alone. The claim is that neurons \
         make the reconstruction better. A difference is of the same seeds, and an interval that \
         has 0 in it shows none."
            .to_owned(),
    ];
    panel.drawings.clone_from(&run.drawings);
    let plain = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
    };
    let within = |value: Option<f64>, interval: Option<[f64; 2]>, digits: usize| match interval {
        Some([low, high]) => format!("{} ± {:.digits$}", plain(value, digits), (high - low) / 2.0),
        None => plain(value, digits),
    };
    let rows = document.table.iter().map(|row| {
        let minus = row.minus_dae.as_ref().map(|minus| &minus.mse);
        vec![
            row.arm.clone(),
            row.neurons.clone(),
            within(row.mse, row.mse_interval, 4),
            within(row.psnr, row.psnr_interval, 2),
            within(row.ssim, row.ssim_interval, 3),
            minus.map_or_else(
                || "–".to_owned(),
                |minus| within(minus.mean, minus.interval, 4),
            ),
            plain(minus.and_then(|minus| minus.p), 3),
        ]
    });
    let range = document.table.first().map_or(1.0, |row| row.data_range);
    panel.tables.push(Table {
        caption: format!("Reconstructions, data range {range}, mean over the seeds ± 95 %"),
        heads: ["", "neurons", "MSE", "PSNR", "SSIM", "MSE − DAE", "p"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
    });
    let predicted = document.table.iter().filter_map(|row| {
        let all = row.predicted.as_ref()?;
        Some(vec![
            format!("{} {}", row.arm, row.neurons),
            all.tested.to_string(),
            format!("{:.2}", all.median_r),
            format!("{:.1}", all.uncorrected),
            format!("{:.1}", all.holm),
            format!("{:.1}", all.benjamini_hochberg),
            format!("{:.1}", all.by_chance),
            plain(all.holm_driven, 1),
            plain(all.field_error, 1),
        ])
    });
    panel.tables.push(Table {
        caption: format!("Neurons with p ≤ {}, mean over the seeds", document.level),
        heads: [
            "",
            "tested",
            "median r",
            "uncorrected",
            "Holm",
            "Benjamini–Hochberg",
            "by chance",
            "Holm, driven",
            "off by, pixels",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: predicted.collect(),
    });
    let published = document.published.table.iter().map(PublishedRow::cells);
    panel.tables.push(Table {
        caption: format!(
            "Published (arXiv 2111.15309), data range {}",
            document.published.data_range
        ),
        heads: ["", "neurons", "region", "MSE", "PSNR", "SSIM"]
            .map(str::to_owned)
            .to_vec(),
        rows: published.collect(),
    });
    panel.notes.extend(document.notes.iter().cloned());
    panel.notes.push(document.published.why_not_here.clone());
    panel
}

/// Comparisons of one network with brains.
pub fn similarity(runs: &[Ran<BrainCompare>]) -> Panel {
    let all: Vec<&Ran<BrainCompare>> = runs.iter().collect();
    let mut panel = begin("similarity", "Similarity: layers and brains", &all);
    panel.says = vec![
        "For each layer, how alike the dissimilarities of all pairs of images are to those of the \
         neurons. The ceiling is what a perfect model lies between. A network with random weights \
         is the control for every such claim, and no layer is an area."
            .to_owned(),
    ];
    for run in runs {
        panel.drawings.extend(run.drawings.iter().cloned());
        let number = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
        };
        let rows = run.document.layers.iter().map(|layer| {
            let interval = layer.rsa_interval;
            vec![
                layer.layer.clone(),
                number(layer.rsa),
                interval.map_or_else(
                    || "–".to_owned(),
                    |[low, high]| format!("{low:.3} … {high:.3}"),
                ),
                number(layer.p),
                number(layer.kendall),
                number(layer.cka),
            ]
        });
        panel.tables.push(Table {
            caption: last_part(&run.document.compared_with).to_owned(),
            heads: [
                "layer",
                "Spearman's ρ",
                "95 %",
                "p",
                "Kendall's τ_a",
                "CKA, debiased",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows: rows.collect(),
        });
        panel.notes.extend(run.document.notes.iter().cloned());
    }
    panel
}
