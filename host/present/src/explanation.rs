//! An attribution of one input, with its picture, its arrays and its receipt.

use crate::dump::file_name;
use crate::question::QuestionError;
use crate::results::{ResultFolder, SaveError, network_suffix};
use crate::scene::attribution::attribution as scene;
use cortexscope_draw::{ColourLimit, attribution_picture};
use cortexscope_explain::attribute::{
    Attribution, Explained, Method, Receipt, Report, Request, explain,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::Aim;
use cortexscope_net::input::FloatInput;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What is explained, and how it is shown.
#[derive(Clone, Copy, Debug)]
pub struct ExplanationRequest<'a> {
    /// The input, in the model's units.
    pub input: &'a FloatInput,
    /// The target as the user wrote it; `None` for the predicted class.
    pub target: Option<&'a str>,
    /// What it is in the model.
    pub aim: &'a Aim,
    /// The method.
    pub method: &'a Method,
    /// How large a value has the last colour.
    pub reach: ColourLimit,
    /// The folder that all files go into.
    pub folder: &'a Path,
}

/// What was found, and its files.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The map.
    pub attribution: Attribution,
    /// The receipt, as it was written.
    pub receipt: Receipt,
    /// The files of picture, map and receipt, then of the method's other maps.
    pub files: Vec<PathBuf>,
}

/// Explains an input, and writes `INPUT.METHOD.png`, `.npy`, an array for each map that the
/// method weighed, and `INPUT.METHOD.json` into the folder; `INPUT.METHOD.int8` of an int8
/// network.
///
/// # Errors
/// [`QuestionError`].
pub fn explain_input(
    model: &FloatModel,
    request: &ExplanationRequest<'_>,
    report: Report<'_>,
) -> Result<Explanation, QuestionError> {
    let ExplanationRequest {
        input, aim, method, ..
    } = *request;
    let results = ResultFolder::begin(request.folder)?;
    let of = Request {
        input: &input.values,
        aim,
        method,
    };
    let begun = Instant::now();
    let attribution = explain(model, of, report)?;
    let seconds = begun.elapsed().as_secs_f64();

    let base = format!(
        "{}.{}{}",
        file_name(&input.name),
        method.name(),
        network_suffix(model)
    );
    let scene = scene(model, of, &attribution, request.reach);
    let drawing = attribution_picture(&scene).map_err(SaveError::from)?;
    let picture = results.drawing(&format!("{base}.png"), &drawing, 2)?;
    let name = format!("{base}.npy");
    let array = results.array(&name, &attribution.shape, &attribution.values)?;
    let mut maps = Vec::new();
    for map in &attribution.maps {
        let name = format!("{base}.{}.npy", map.name);
        maps.push(results.array(&name, &map.shape, &map.values)?);
    }
    let named: Vec<String> = maps.iter().map(|path| path.display().to_string()).collect();
    let receipt = Receipt::of(Explained {
        model,
        input: &input.argument,
        target: request.target,
        aim,
        method,
        attribution: &attribution,
        seconds,
        picture: &picture.display().to_string(),
        array: &array.display().to_string(),
        maps: &named,
    });
    let mut files = vec![
        picture,
        array,
        results.receipt(&format!("{base}.json"), &receipt)?,
    ];
    files.extend(maps);
    results.commit()?;
    Ok(Explanation {
        attribution,
        receipt,
        files,
    })
}
