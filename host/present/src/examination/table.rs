//! What int8 costs as tables, for people.

use crate::documents::doctor::Doctor;
use crate::terminal::{Column, Style, write_table};
use cortexscope_study::doctor::LayerHealth;
use std::io::{self, Write};

fn decibels(value: Option<f64>) -> String {
    value.map_or_else(|| "exact".to_owned(), |value| format!("{value:.1}"))
}

/// Writes what int8 costs, layer by layer, and what to do.
///
/// # Errors
/// `out` takes no more.
pub fn write(out: &mut dyn Write, style: Style, document: &Doctor) -> io::Result<()> {
    let images = document.images;
    let right =
        |right: Option<usize>| right.map_or_else(|| "–".to_owned(), |right| right.to_string());
    writeln!(
        out,
        "{}: {images} inputs of {}, calibrated with {}, bytes of {}",
        document.model, document.data, document.calibration_inputs, document.board
    )?;
    if let Some(right) = document.float_right {
        writeln!(out, "float: right on {right} of {images}")?;
    }
    let columns = [
        Column::text("layer"),
        Column::number("SQNR dB"),
        Column::number("saturated"),
        Column::number("dead"),
        Column::number("spread"),
        Column::number("changed"),
        Column::number("right"),
    ];
    let row = |layer: &LayerHealth| {
        vec![
            layer.layer.clone(),
            decibels(layer.sqnr_db),
            format!("{:.2} %", 100.0 * layer.saturated),
            format!("{}/{}", layer.dead_channels, layer.channels),
            layer
                .spread
                .map_or_else(|| "–".to_owned(), |spread| format!("{spread:.1}")),
            layer.changed.to_string(),
            right(layer.right),
        ]
    };
    write_table(
        out,
        style,
        &columns,
        document.layers.iter().map(row).collect(),
    )?;
    match &document.first_costly_layer {
        Some(layer) => writeln!(out, "classes change first at {layer}")?,
        None => writeln!(out, "no class changes")?,
    }
    let columns = [
        Column::text("tried"),
        Column::number("SQNR dB"),
        Column::number("changed"),
        Column::number("right"),
    ];
    let remedies = document.remedies.iter().map(|remedy| {
        vec![
            remedy.name.clone(),
            decibels(remedy.sqnr_db),
            remedy.changed.to_string(),
            right(remedy.right),
        ]
    });
    write_table(out, style, &columns, remedies.collect())?;
    for line in &document.advice {
        writeln!(out, "{line}")?;
    }
    if let Some(picture) = &document.picture {
        writeln!(out, "{picture}")?;
    }
    Ok(())
}
