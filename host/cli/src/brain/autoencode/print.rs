//! A table of auto-encoders in words.

use cortexscope_present::documents::brain_autoencode::{BrainAutoencode, PublishedRow};
use cortexscope_present::terminal::{Column, Style, write_table};
use std::io::Write;

pub(super) fn say(document: &BrainAutoencode) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let columns = [
        Column::text("arm"),
        Column::text("neurons"),
        Column::number("seeds"),
        Column::number("MSE"),
        Column::number("PSNR"),
        Column::number("SSIM"),
        Column::number("MSE − DAE"),
        Column::number("p"),
        Column::number("r"),
        Column::number("p ≤ level"),
        Column::number("Holm"),
        Column::number("BH"),
        Column::number("by chance"),
        Column::number("driven"),
        Column::number("off by"),
    ];
    let number = |value: Option<f64>, digits: usize| {
        value.map_or_else(String::new, |value| format!("{value:.digits$}"))
    };
    let within = |value: Option<f64>, interval: Option<[f64; 2]>, digits: usize| match interval {
        Some([low, high]) => format!(
            "{} ± {:.digits$}",
            number(value, digits),
            (high - low) / 2.0
        ),
        None => number(value, digits),
    };
    let rows = document.table.iter().map(|row| {
        let exact = row.mse == Some(0.0);
        let difference = row.minus_dae.as_ref().map(|minus| &minus.mse);
        let predicted = row.predicted.as_ref();
        let count = |of: fn(&_) -> f64| number(predicted.map(of), 1);
        vec![
            row.arm.clone(),
            row.neurons.clone(),
            row.seeds.len().to_string(),
            within(row.mse, row.mse_interval, 4),
            if exact {
                "∞".to_owned()
            } else {
                within(row.psnr, row.psnr_interval, 2)
            },
            within(row.ssim, row.ssim_interval, 3),
            difference.map_or_else(String::new, |minus| within(minus.mean, minus.interval, 4)),
            number(difference.and_then(|minus| minus.p), 3),
            number(predicted.map(|all| all.median_r), 2),
            count(|all| all.uncorrected),
            count(|all| all.holm),
            count(|all| all.benjamini_hochberg),
            count(|all| all.by_chance),
            number(predicted.and_then(|all| all.holm_driven), 1),
            number(predicted.and_then(|all| all.field_error), 1),
        ]
    });
    write_table(&mut out, Style::of_stdout(), &columns, rows.collect())?;
    let range = document.table.first().map_or(1.0, |row| row.data_range);
    writeln!(
        out,
        "r: median; p ≤ level, Holm, BH, by chance: neurons, means over the seeds; driven: those of \
         Holm that the images drive; off by: median pixels from where they look to where they are"
    )?;
    writeln!(
        out,
        "images {}..{}, data range {range}; {}",
        document.test[0], document.test[1], document.statistics
    )?;
    for row in &document.components {
        writeln!(
            out,
            "{} principal components: MSE {}, PSNR {}, SSIM {}",
            row.code,
            number(row.mse, 4),
            number(row.psnr, 2),
            number(row.ssim, 3)
        )?;
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(
        out,
        "published (data range {}):",
        document.published.data_range
    )?;
    let columns = [
        Column::text("arm"),
        Column::text("neurons"),
        Column::number("region"),
        Column::number("MSE"),
        Column::number("PSNR"),
        Column::number("SSIM"),
    ];
    let rows = document.published.table.iter().map(PublishedRow::cells);
    write_table(&mut out, Style::of_stdout(), &columns, rows.collect())?;
    writeln!(out, "{}", document.published.why_not_here)?;
    if let Some(picture) = &document.picture {
        writeln!(out, "{picture}")?;
    }
    Ok(())
}
