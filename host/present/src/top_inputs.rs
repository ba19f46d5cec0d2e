//! The inputs that excite a unit most: sheets of them, and the document.

use crate::documents::top::{Exciting, Map, Top};
use crate::results::{ResultFolder, SaveError};
use cortexscope_draw::number::{grouped, significant};
use cortexscope_draw::{ExcitationRow, Excitations, ExcitingInput, excitations};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_net::input::{DataError, InputSpec};
use cortexscope_net::printable::printable;
use cortexscope_study::data::Data;
use cortexscope_study::top::{Answers, Excitation, Ranking, Search, Unit, compare};
use std::io::{self, Write};
use std::path::Path;

/// Pixels that a sheet is high at most, its head not counted.
const SHEET_PX: usize = 4000;

/// Why top inputs cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TopError {
    /// An input cannot be read again.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The sheets or the document cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for TopError {
    fn is_request(&self) -> bool {
        match self {
            Self::Data(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// A search that has ended.
#[derive(Clone, Copy)]
pub struct TopRequest<'a> {
    /// The float model.
    pub model: &'a FloatModel,
    /// What was searched for.
    pub search: &'a Search,
    /// The data that it went over.
    pub data: &'a Data,
    /// What was found, on the float model and on a board.
    pub answers: &'a Answers,
    /// Seconds that the float model's pass took; `None` where parts were joined. The document
    /// of joined parts names its sheets without the folder, so that it does not depend on the
    /// place.
    pub seconds: Option<f64>,
}

/// Makes the document of a search, and with a folder writes it there as `top.json`, with the
/// sheets `top.1.png` and so on.
///
/// # Errors
/// [`TopError`].
pub fn top_inputs(request: &TopRequest<'_>, folder: Option<&Path>) -> Result<Top, TopError> {
    let mut document = document(request);
    if let Some(folder) = folder {
        let results = ResultFolder::begin(folder)?;
        let names = save_sheets(request, &document, &results)?;
        document.pictures = match request.seconds {
            Some(_) => {
                let paths = names.iter().map(|name| results.path(name));
                paths.map(|path| path.display().to_string()).collect()
            }
            None => names,
        };
        results.receipt("top.json", &document)?;
        results.commit()?;
    }
    Ok(document)
}

fn document(request: &TopRequest<'_>) -> Top {
    let TopRequest {
        model,
        search,
        data,
        answers,
        seconds,
    } = *request;
    let (float, board) = (&answers.float, answers.board.as_ref());
    let spec = &model.spec.input;
    let mut maps = Vec::new();
    for (at, unit) in search.units.iter().enumerate() {
        let of = |ranking: &Ranking| {
            let best = ranking.best.iter();
            best.map(|found| exciting(model, unit, data, spec, found))
                .collect::<Vec<_>>()
        };
        let field = model.receptive_field(unit.layer);
        let of_float = &float.rankings[at];
        let difference = board.map(|board| compare(&board.rankings[at], of_float));
        maps.push(Map {
            name: unit.name(model),
            layer: model.layer(unit.layer).name.clone(),
            channel: unit.channel,
            neuron: unit.at,
            field_size: field.size,
            field_jump: field.jump,
            inputs: of(board.map_or(of_float, |board| &board.rankings[at])),
            float_inputs: board.map(|_| of(of_float)),
            only_board: difference.as_ref().map(|d| d.only_first.clone()),
            only_float: difference.map(|d| d.only_second),
        });
    }
    let is_other = |map: &&Map| {
        map.only_board.as_ref().is_some_and(|list| !list.is_empty())
            || map.only_float.as_ref().is_some_and(|list| !list.is_empty())
    };
    let silent: Vec<_> = maps.iter().filter(|map| map.inputs.is_empty()).collect();
    let mut notes = Vec::new();
    if !silent.is_empty() {
        let names: Vec<_> = silent.iter().map(|map| map.name.as_str()).collect();
        notes.push(format!(
            "{} of {} units never fire on these inputs and have no top inputs: {}",
            names.len(),
            maps.len(),
            names.join(", ")
        ));
    }
    Top {
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        preprocessing: spec.to_string(),
        data: data.argument.clone(),
        images: search.inputs.end,
        by: search.by.name().to_owned(),
        k: search.keep,
        network: answers
            .network
            .clone()
            .unwrap_or_else(|| "float".to_owned()),
        differing: board.map(|_| maps.iter().filter(is_other).count()),
        maps,
        notes,
        pictures: Vec::new(),
        seconds,
    }
}

fn exciting(
    model: &FloatModel,
    unit: &Unit,
    data: &Data,
    spec: &InputSpec,
    found: &Excitation,
) -> Exciting {
    let field = model.receptive_field(unit.layer);
    let [y, x] = found.at;
    Exciting {
        input: found.input,
        name: data.name(found.input),
        value: found.value,
        y,
        x,
        field: field.within(found.at, spec.size),
        field_unclipped: field.of_unit(found.at),
    }
}

/// Writes the units and their inputs for people; paths of sheets begin at `folder`.
///
/// # Errors
/// `out` takes no more.
pub fn write(out: &mut dyn Write, document: &Top, folder: &Path) -> io::Result<()> {
    for map in &document.maps {
        let inputs = map
            .inputs
            .iter()
            .map(|input| format!("{} {}", printable(&input.name), significant(input.value)));
        let inputs = inputs.collect::<Vec<_>>().join(", ");
        let said = if inputs.is_empty() {
            "never fires".to_owned()
        } else {
            inputs
        };
        writeln!(out, "{}: {said}", printable(&map.name))?;
    }
    if let Some(differing) = document.differing {
        writeln!(
            out,
            "{differing} of {} units have other top inputs on {} than in float",
            document.maps.len(),
            printable(&document.network)
        )?;
    }
    for note in &document.notes {
        writeln!(out, "note: {}", printable(note))?;
    }
    for path in &document.pictures {
        writeln!(out, "{}", folder.join(path).display())?;
    }
    Ok(())
}

/// Saves the sheets, as many units on each as there is room for, and gives their names.
fn save_sheets(
    request: &TopRequest<'_>,
    document: &Top,
    results: &ResultFolder,
) -> Result<Vec<String>, TopError> {
    let TopRequest { model, data, .. } = *request;
    let height = model.spec.input.size[0].max(112) + 60;
    let rows = (SHEET_PX / height).max(1);
    let mut names = Vec::new();
    for (at, maps) in document.maps.chunks(rows).enumerate() {
        let name = format!("top.{}.png", at + 1);
        let drawing = excitations(&sheet(model, data, document, maps)?);
        results.drawing(&name, &drawing.map_err(SaveError::from)?, 1)?;
        names.push(name);
    }
    Ok(names)
}

fn sheet(
    model: &FloatModel,
    data: &Data,
    document: &Top,
    maps: &[Map],
) -> Result<Excitations, DataError> {
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
) -> Result<ExcitationRow, DataError> {
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
        inputs: inputs.collect::<Result<_, DataError>>()?,
    })
}
