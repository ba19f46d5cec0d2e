//! The float model and a board's int8 network explained by the same methods: maps side by
//! side, arrays and the document.

use crate::documents::compare::{ClassPair, Compare, MapAgreement};
use crate::dump::file_name;
use crate::question::QuestionError;
use crate::results::{ResultFolder, SaveError};
use crate::scene::side_by_side::{Pair, layout, tiles};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_draw::number::significant;
use cortexscope_draw::tile_grid;
use cortexscope_explain::attribute::Method;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_net::input::data::{DataError, DataInput, DataSet, Pick};
use cortexscope_record::{ChoiceError, RigChoice};
use cortexscope_rig::session::Cancel;
use cortexscope_study::compare::{BoardAnswers, Comparison, Other, compare};
use cortexscope_study::int8::{self, Int8Error};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

/// An input that is explained.
#[derive(Clone, Debug)]
pub struct ComparedInput {
    /// Its name.
    pub name: String,
    /// `[C, H, W]` in the float model's units.
    pub values: Vec<f32>,
}

impl ComparedInput {
    /// The first `count` inputs of a data set.
    ///
    /// # Errors
    /// An input cannot be read.
    pub fn first_of(set: &DataSet, count: usize) -> Result<Vec<Self>, DataError> {
        let named = |input: DataInput| Self {
            name: input.name,
            values: input.values,
        };
        let inputs = set.inputs(Pick::First(count))?;
        inputs.map(|input| input.map(named)).collect()
    }
}

/// Why the networks are not compared.
#[derive(Debug, thiserror::Error)]
pub enum ComparisonError {
    /// There is no such board, or it cannot be reached.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The int8 network cannot be differentiated.
    #[error(transparent)]
    Int8(Box<Int8Error>),
    /// The models cannot be asked, or the answers not saved.
    #[error(transparent)]
    Question(#[from] QuestionError),
}

impl RequestError for ComparisonError {
    fn is_request(&self) -> bool {
        match self {
            Self::Choice(error) => error.is_request(),
            Self::Int8(error) => error.is_request(),
            Self::Question(error) => error.is_request(),
        }
    }
}

impl From<Int8Error> for ComparisonError {
    fn from(error: Int8Error) -> Self {
        Self::Int8(Box::new(error))
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonRequest<'a> {
    /// The float model.
    pub model: &'a FloatModel,
    /// The methods.
    pub methods: &'a [Method],
    /// What is explained.
    pub inputs: &'a [ComparedInput],
    /// The one input, as the user named it; `None` for a data set.
    pub input: Option<&'a str>,
    /// The data set that they are of, as the user named it; `None` for one input.
    pub data: Option<&'a str>,
    /// The folder for the picture and the arrays of one input; with a data set nothing is
    /// written.
    pub folder: &'a Path,
}

/// How far the comparison has come.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonProgress<'a> {
    /// The input that is explained.
    pub input: &'a str,
    /// Steps of it that are behind.
    pub done: usize,
    /// Steps of it.
    pub all: usize,
}

/// Told how far the comparison has come; may end the work.
pub type ComparisonWatch<'a> = &'a mut dyn FnMut(ComparisonProgress<'_>) -> ControlFlow<()>;

/// Explains every input on the float model and on the board of `choice`, which gets `compiled`,
/// the [compiled model](cortexscope_study::beside::compiled) beside it. For one input it draws
/// the maps side by side and writes `INPUT.compare.png` and `INPUT.METHOD.float.npy` and
/// `INPUT.METHOD.int8.npy`.
///
/// # Errors
/// [`ComparisonError`].
pub fn compare_on_board(
    request: &ComparisonRequest<'_>,
    choice: &RigChoice,
    compiled: ModelFiles,
    cancel: Cancel,
    watch: ComparisonWatch<'_>,
) -> Result<Compare, ComparisonError> {
    let mut rig = choice.open(compiled, cancel)?;
    let on_board = OnBoard {
        board: &choice.board,
        image_hash: &rig.model.hash_hex(),
    };
    let needs_slopes = request.methods.iter().any(|method| !method.only_asks());
    let through = needs_slopes.then(|| int8::of(request.model, &rig.model));
    let through = through.transpose()?;
    let mut answers = BoardAnswers::of(&mut rig, request.model);
    let mut other = Other {
        answers: &mut answers,
        through: through.as_ref(),
    };
    Ok(compare_networks(request, on_board, &mut other, watch)?)
}

/// The int8 network that is compared.
#[derive(Clone, Copy)]
struct OnBoard<'a> {
    /// The board.
    board: &'a str,
    /// Hash of the board's image, in hexadecimal.
    image_hash: &'a str,
}

fn compare_networks(
    request: &ComparisonRequest<'_>,
    on_board: OnBoard<'_>,
    other: &mut Other<'_>,
    watch: ComparisonWatch<'_>,
) -> Result<Compare, QuestionError> {
    let ComparisonRequest {
        model,
        methods,
        inputs,
        ..
    } = *request;
    let results = match request.input {
        Some(_) => Some(ResultFolder::begin(request.folder)?),
        None => None,
    };
    let begun = Instant::now();
    let mut found = Vec::with_capacity(inputs.len());
    for input in inputs {
        let mut report = |done, all| {
            watch(ComparisonProgress {
                input: &input.name,
                done,
                all,
            })
        };
        found.push(compare(model, other, &input.values, methods, &mut report)?);
    }
    let mut document = document(request, on_board, &found);
    document.seconds = begun.elapsed().as_secs_f64();
    if let (Some(results), [input], [found]) = (results, inputs, found.as_slice()) {
        save(request, input, found, &results, &mut document)?;
        results.commit()?;
    }
    Ok(document)
}

fn document(
    request: &ComparisonRequest<'_>,
    on_board: OnBoard<'_>,
    found: &[Comparison],
) -> Compare {
    let ComparisonRequest { model, inputs, .. } = *request;
    let agreements = request.methods.iter().enumerate().map(|(at, method)| {
        let known = found.iter().map(|one| one.methods[at].rank_correlation);
        let known: Vec<f64> = known.flatten().collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        MapAgreement {
            method: method.name().to_owned(),
            variant: method.variant(),
            gradients: (!method.only_asks()).then(|| "straight-through".to_owned()),
            value: (!known.is_empty()).then_some(mean),
            images: known.len(),
            float_array: None,
            int8_array: None,
        }
    });
    let classes = inputs.iter().zip(found).map(|(input, one)| ClassPair {
        input: input.name.clone(),
        float: one.classes.float,
        float_label: model.short_label(one.classes.float),
        float_probability: one.classes.float_probability,
        int8: one.classes.other,
        int8_label: model.short_label(one.classes.other),
        int8_probability: one.classes.other_probability,
        changed: one.classes.changed(),
    });
    Compare {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.clone(),
        model_sha256: model.sha256_hex(),
        image_hash: on_board.image_hash.to_owned(),
        image_sha256: on_board.image_hash.to_owned(),
        board: on_board.board.to_owned(),
        input: request.input.map(str::to_owned),
        data: request.data.map(str::to_owned),
        images: inputs.len(),
        rank_correlation: agreements.collect(),
        classes: classes.collect(),
        changed: found.iter().filter(|one| one.classes.changed()).count(),
        picture: None,
        seconds: 0.0,
    }
}

/// Saves the maps of one input, and writes their paths into the document.
fn save(
    request: &ComparisonRequest<'_>,
    input: &ComparedInput,
    found: &Comparison,
    results: &ResultFolder,
    document: &mut Compare,
) -> Result<(), SaveError> {
    let model = request.model;
    let base = file_name(&input.name);
    let words: Vec<String> = document
        .rank_correlation
        .iter()
        .map(MapAgreement::words)
        .collect();
    let mut pairs = Vec::new();
    for (at, (method, one)) in request.methods.iter().zip(&found.methods).enumerate() {
        let row = &mut document.rank_correlation[at];
        for (network, attribution, place) in [
            ("float", &one.float, &mut row.float_array),
            ("int8", &one.other, &mut row.int8_array),
        ] {
            let name = format!("{base}.{}.{network}.npy", method.name());
            let path = results.array(&name, &attribution.shape, &attribution.values)?;
            *place = Some(path.display().to_string());
        }
        pairs.push(Pair {
            method,
            float: &one.float,
            int8: &one.other,
            is_straight_through: one.is_straight_through,
            agreement: &words[at],
        });
    }
    let class = &document.classes[0];
    let statement = format!("float: {}, int8: {}", class.float_label, class.int8_label);
    let tiles = tiles(model, &input.values, &pairs, &statement);
    let drawing = tile_grid(&tiles, layout(model))?;
    let picture = results.drawing(&format!("{base}.compare.png"), &drawing, 2)?;
    document.picture = Some(picture.display().to_string());
    Ok(())
}

impl MapAgreement {
    /// The agreement as pictures and terminals have it.
    pub fn words(&self) -> String {
        match self.value {
            Some(value) => format!("rank correlation {}", significant(value as f32)),
            None => "no rank correlation".to_owned(),
        }
    }
}
