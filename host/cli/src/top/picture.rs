//! The sheets of `cortexscope top`.

use anyhow::Context;
use cortexscope_draw::number::{grouped, significant};
use cortexscope_draw::{ExcitationRow, Excitations, ExcitingInput, Theme, excitations};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::documents::top::{Exciting, Map, Top};
use cortexscope_study::data::Data;
use std::path::Path;

/// Pixels that a sheet is high at most, its head not counted.
const SHEET_PX: usize = 4000;

/// Writes `top.1.png` and so on, as many units on a sheet as there is room for, and gives the
/// names.
pub(super) fn write(
    folder: &Path,
    model: &FloatModel,
    data: &Data,
    document: &Top,
) -> anyhow::Result<Vec<String>> {
    let height = model.spec.input.size[0].max(112) + 60;
    let rows = (SHEET_PX / height).max(1);
    let mut names = Vec::new();
    for (at, maps) in document.maps.chunks(rows).enumerate() {
        let name = format!("top.{}.png", at + 1);
        let path = folder.join(&name);
        let drawing = excitations(&sheet(model, data, document, maps)?)?;
        let drawn = drawing.raster(Theme::Light, 1);
        drawn
            .save(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        names.push(name);
    }
    Ok(names)
}

fn sheet(
    model: &FloatModel,
    data: &Data,
    document: &Top,
    maps: &[Map],
) -> anyhow::Result<Excitations> {
    let mut rows = Vec::new();
    for map in maps {
        rows.push(row(model, data, map, &map.inputs, &document.network)?);
        if let Some(float) = &map.float_inputs {
            rows.push(row(model, data, map, float, "float")?);
        }
    }
    let layer = maps
        .first()
        .map(|map| map.layer.as_str())
        .unwrap_or_default();
    let [size, jump] = maps
        .first()
        .map_or([[0; 2]; 2], |map| [map.field_size, map.field_jump]);
    Ok(Excitations {
        title: format!("{} {layer}", document.model),
        shape: format!("{} units", document.maps.len()),
        op: format!("by {}", document.by),
        statement: format!(
            "{}, {} inputs; receptive field {}×{} every {} pixels, in white",
            document.data,
            grouped(document.images as u64),
            size[0],
            size[1],
            jump[0]
        ),
        footnote: String::new(),
        rows,
    })
}

fn row(
    model: &FloatModel,
    data: &Data,
    map: &Map,
    inputs: &[Exciting],
    network: &str,
) -> anyhow::Result<ExcitationRow> {
    let spec = &model.spec.input;
    let inputs = inputs.iter().map(|found| {
        let input = data.input(found.input)?;
        Ok(ExcitingInput {
            picture: spec.picture(&input.values),
            field: found.field,
            value: significant(found.value),
            name: found.name.clone(),
        })
    });
    Ok(ExcitationRow {
        name: format!("{} · {network}", map.name),
        note: "never fires on these inputs".to_owned(),
        inputs: inputs.collect::<anyhow::Result<_>>()?,
    })
}
