//! Auto-encoders that predict neurons, judged and put into one table: a picture of their
//! reconstructions and the receipt.

mod notes;

use super::{Progress, SavedExperiment, Watch};
use crate::documents::brain_autoencode::{
    ArmRow, BrainAutoencode, ComponentRow, NeuronNames, PublishedTable,
};
use crate::results::{ResultFolder, SaveError};
use crate::scene::reconstruction::{ReconstructionRow, reconstructions};
use cortexscope_brain::autoencode::{
    AutoEncodeError, AutoEncoder, DRIVEN, Judged, LayerNames, NEURONS, Session, TEST_REPEATS, Task,
    evaluate, kind_and_seed, table,
};
use cortexscope_brain::data::Span;
use cortexscope_brain::stimuli::as_shown;
use cortexscope_draw::Drawing;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::RequestError;
use cortexscope_net::input::InputSpec;
use notes::notes;
use std::path::PathBuf;
use thiserror::Error;

/// Networks that are to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoencodersRequest {
    /// What they are judged on.
    pub session: SessionChoice,
    /// Images to judge on, none of which was trained on; all of them if nothing is said.
    pub test: Option<Span>,
    /// Neurons of the responses that the networks predict; those that an arm of the recipe was
    /// trained on, and all for others, if nothing is said.
    pub neurons: Option<Span>,
    /// The layers that reconstruct and that predict.
    pub layers: LayerNames,
    /// p of at most this is significant.
    pub level: f64,
    /// Shuffles of the images, for the neurons that are significant by chance.
    pub shuffles: usize,
    /// Seed of the shuffles.
    pub seed: u64,
    /// The folder for the picture and the receipt; nothing is written without it.
    pub folder: Option<PathBuf>,
}

/// What networks are judged on.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionChoice {
    /// Shipped digits and planted neurons.
    Planted,
    /// A user's.
    Recorded {
        /// The images, as [`Session::open`] takes them.
        images: String,
        /// The responses, if there are any.
        responses: Option<String>,
        /// What stands in the responses where there is no repeat, beside NaN.
        missing: Option<f64>,
    },
}

/// A network, and how it was named: `NAME-1.onnx` and `NAME-2.onnx` are two seeds of one
/// architecture.
#[derive(Clone, Debug)]
pub struct NamedNetwork {
    /// Its name or path.
    pub name: String,
    /// The network.
    pub model: FloatModel,
}

/// Why networks were not judged, or the table not saved.
#[derive(Debug, Error)]
pub enum AutoencodersError {
    /// A level that is not between 0 and 1.
    #[error("--level: give a number between 0 and 1")]
    Level,
    /// Too few shuffles, or too many.
    #[error("--shuffles: give a number from 10 to 1,000,000")]
    Shuffles,
    /// There is nothing to judge.
    #[error("name a network")]
    NoNetwork,
    /// Networks that cannot stand in one table.
    #[error("{name} takes other images than {first}: judge them apart")]
    OtherImages {
        /// The network.
        name: String,
        /// The first one.
        first: String,
    },
    /// A network or the session.
    #[error(transparent)]
    AutoEncode(#[from] AutoEncodeError),
    /// The results cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl RequestError for AutoencodersError {
    fn is_request(&self) -> bool {
        match self {
            Self::Level | Self::Shuffles | Self::NoNetwork | Self::OtherImages { .. } => true,
            Self::AutoEncode(error) => error.is_request(),
            Self::Save(error) => error.is_request(),
        }
    }
}

/// Images of the first network that are drawn.
const DRAWN_IMAGES: usize = 6;
/// Images that neurons' slopes are taken at: more of them move no field by more than its error.
const FIELD_IMAGES: usize = 5;

impl AutoencodersRequest {
    /// Checks what can be known without networks and images.
    ///
    /// # Errors
    /// [`AutoencodersError::Level`] or [`AutoencodersError::Shuffles`].
    pub fn check(&self) -> Result<(), AutoencodersError> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(AutoencodersError::Level);
        }
        if !(10..=1_000_000).contains(&self.shuffles) {
            return Err(AutoencodersError::Shuffles);
        }
        Ok(())
    }
}

impl SessionChoice {
    fn open(&self) -> Result<Session, AutoEncodeError> {
        match self {
            Self::Planted => Session::planted(),
            Self::Recorded {
                images,
                responses,
                missing,
            } => Session::open(images, responses.as_deref(), *missing),
        }
    }

    fn images(&self) -> String {
        match self {
            Self::Planted => "shipped digits".to_owned(),
            Self::Recorded { images, .. } => images.clone(),
        }
    }

    fn responses(&self) -> Option<String> {
        match self {
            Self::Planted => Some(format!(
                "{NEURONS} planted neurons, of which the images drive the first {DRIVEN}; means \
                 of {TEST_REPEATS} trials"
            )),
            Self::Recorded { responses, .. } => responses.clone(),
        }
    }
}

/// What all networks of a table have in common.
struct Judging<'a> {
    request: &'a AutoencodersRequest,
    session: &'a Session,
    test: Span,
}

/// How the networks of a table take images.
struct TableInput {
    spec: InputSpec,
    data_range: f64,
}

impl TableInput {
    fn of(spec: InputSpec) -> Self {
        let [black, white] = spec.bounds();
        Self {
            spec,
            data_range: f64::from(white) - f64::from(black),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.spec.shape() == other.spec.shape() && self.data_range == other.data_range
    }
}

/// Judges `networks`, and writes `autoencode.png` and `autoencode.json` into the folder, if there
/// is one. The networks take the images as they were shown, whatever their descriptions say.
///
/// # Errors
/// [`AutoencodersError`].
pub fn judge_autoencoders(
    networks: Vec<NamedNetwork>,
    request: &AutoencodersRequest,
    watch: Watch<'_>,
) -> Result<SavedExperiment<BrainAutoencode>, AutoencodersError> {
    request.check()?;
    let session = request.session.open()?;
    let test = session.test(request.test)?;
    let results = request.folder.as_deref().map(ResultFolder::begin);
    let results = results.transpose()?;
    let judging = Judging {
        request,
        session: &session,
        test,
    };
    let all = networks.len() * test.range().len();
    let mut judged: Vec<Judged> = Vec::new();
    let mut rows: Vec<ReconstructionRow> = Vec::new();
    let mut first: Option<TableInput> = None;
    for NamedNetwork { name, mut model } in networks {
        model.spec.input = as_shown(&model.spec.input);
        let input = TableInput::of(model.spec.input.clone());
        let images = session.inputs(&input.spec, test)?;
        if let Some(known) = &first
            && !known.is_like(&input)
        {
            let first = judged.swap_remove(0).model;
            return Err(AutoencodersError::OtherImages { name, first });
        }
        let before = judged.len() * images.len();
        let doing = name.clone();
        let one = judging.judge(name, model, &images, input.data_range, &mut |count| {
            watch(Progress::Work {
                unit: "images",
                doing: &doing,
                done: before + count,
                all,
            })
        })?;
        if first.is_none() {
            let originals = images.iter().take(DRAWN_IMAGES).cloned().collect();
            rows.push(ReconstructionRow::originals(originals));
            first = Some(input);
        }
        let is_new = !judged.iter().any(|known| known.kind == one.kind);
        if is_new && let Some(quality) = one.evaluation.quality {
            let made = one.evaluation.kept.clone();
            rows.push(ReconstructionRow::of(&one.kind, one.seed, quality, made));
        }
        judged.push(one);
    }
    let input = first.ok_or(AutoencodersError::NoNetwork)?;

    let drawing = (rows.len() > 1).then(|| reconstructions(&input.spec, &rows));
    let drawing: Option<Drawing> = drawing.transpose().map_err(SaveError::from)?;
    let picture = match (&results, &drawing) {
        (Some(results), Some(drawing)) => Some(results.drawing("autoencode.png", drawing, 1)?),
        _ => None,
    };
    let mut document = judging.document(judged, &input)?;
    document.picture = picture.map(|path| path.display().to_string());
    let receipt = match results {
        Some(results) => {
            let receipt = results.receipt("autoencode.json", &document)?;
            results.commit()?;
            Some(receipt)
        }
        None => None,
    };
    Ok(SavedExperiment {
        document,
        drawings: drawing.into_iter().collect(),
        receipt,
    })
}

impl Judging<'_> {
    /// Judges one network on `images`, which are as it takes them.
    fn judge(
        &self,
        name: String,
        model: FloatModel,
        images: &[Vec<f32>],
        data_range: f64,
        watch: &mut dyn FnMut(usize) -> std::ops::ControlFlow<()>,
    ) -> Result<Judged, AutoEncodeError> {
        let Self {
            request, session, ..
        } = self;
        let neurons = session.neurons(&name, request.neurons)?;
        let responses = neurons.map(|neurons| session.responses(self.test, neurons));
        let responses = responses.transpose()?.unwrap_or_default();
        let network = AutoEncoder::new(model, &request.layers)?;
        let task = Task {
            images,
            responses: &responses,
            data_range,
            level: request.level,
            shuffles: request.shuffles,
            seed: request.seed,
            keep: DRAWN_IMAGES,
        };
        let evaluation = evaluate(&network, &task, watch)?;
        let fields = match session.driven() {
            Some(_) => network.fields(&images[..FIELD_IMAGES.min(images.len())])?,
            None => Vec::new(),
        };
        let (kind, seed) = kind_and_seed(&name);
        Ok(Judged {
            model: name,
            sha256: network.model.sha256_hex(),
            kind,
            seed,
            code: network.code_size(),
            locations: network.locations().unwrap_or_default(),
            fields,
            evaluation,
        })
    }

    /// The document, without the picture.
    fn document(
        &self,
        judged: Vec<Judged>,
        input: &TableInput,
    ) -> Result<BrainAutoencode, AutoEncodeError> {
        let Self {
            request,
            session,
            test,
        } = self;
        let data_range = input.data_range;
        let mut codes: Vec<usize> = judged.iter().filter_map(|one| one.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let components = session.components(&input.spec, *test, &codes)?.into_iter();
        let components =
            components.map(|(code, quality)| ComponentRow::new(code, data_range, quality));
        let components: Vec<ComponentRow> = components.collect();
        let rows = table(judged);
        let rows = rows.iter().map(|row| {
            let first = row.seeds.first().map_or("", |one| one.model.as_str());
            let span = session.neurons(first, request.neurons)?;
            let names = NeuronNames {
                first: span.map_or(0, |span| span.start),
                driven: session.driven(),
            };
            Ok(ArmRow::new(row, data_range, &names, request.level))
        });
        let rows = rows.collect::<Result<Vec<ArmRow>, AutoEncodeError>>()?;
        Ok(BrainAutoencode {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            images: request.session.images(),
            test: [test.start, test.end],
            responses: request.session.responses(),
            level: request.level,
            shuffles: request.shuffles,
            seed: request.seed,
            statistics: "intervals of 95 % and paired tests by Student's t over the seeds; p of \
                         Pearson's r by Student's t over the images, two-sided"
                .to_owned(),
            notes: notes(session, &rows, &components),
            table: rows,
            components,
            published: PublishedTable::new(),
            picture: None,
        })
    }
}
