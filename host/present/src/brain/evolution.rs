//! An image that drives a neuron, evolved by the neuron's rates alone: pictures, arrays and the
//! receipt.

mod document;
mod error;
mod files;
mod neuron_choice;
mod subject;

pub use error::EvolutionError;
pub use neuron_choice::{BoardChoice, NeuronChoice, ProgramChoice, SeenBy};

use super::{Progress, SavedExperiment, Watch};
use crate::documents::evolve::Evolve;
use crate::results::{ResultFolder, SaveError};
use crate::scene::evolution::Words;
use cortexscope_brain::data::Images;
use cortexscope_brain::evolve::{Checkpoint, Experiment, Plan, Settings, Stage, Zero, experiment};
use cortexscope_brain::generator::{Generator, GeneratorKind};
use cortexscope_brain::noise::Noise;
use cortexscope_brain::optimise::Preset;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_draw::number::{grouped, significant};
use cortexscope_net::input::{InputSpec, Pick};
use cortexscope_net::output::make_folder;
use cortexscope_rig::session::Cancel;
use document::{Context, document};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use subject::Subject;

/// An evolution that is wanted.
#[derive(Clone, Debug)]
pub struct EvolutionRequest {
    /// The neuron.
    pub neuron: NeuronChoice,
    /// The search and its settings.
    pub preset: &'static Preset,
    /// The image space.
    pub generator: GeneratorKind,
    /// Noise on what the search sees.
    pub noise: Noise,
    /// Images that the neuron is asked about.
    pub queries: usize,
    /// Seed of the search and of the noise.
    pub seed: u64,
    /// Natural images.
    pub images: NaturalImages,
    /// How many of these are taken, from the first on; all if nothing is said.
    pub natural: Option<usize>,
    /// The neuron's own rate that counts as 0.
    pub zero: Zero,
    /// Steps of each climb along the gradient.
    pub gradient_steps: usize,
    /// A file for the neuron's answers, from which the same request goes on.
    pub checkpoint: Option<PathBuf>,
    /// The folder for pictures, arrays and the receipt.
    pub folder: PathBuf,
}

/// Which natural images the neuron is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NaturalImages {
    /// Those that a fit was made with; the test digits for grey images of 28×28, otherwise none.
    #[default]
    Usual,
    /// None.
    None,
    /// Those of this name: every set that [`Stimuli::open`] takes.
    Named(String),
}

/// Searches, and writes `evolution.json`, the arrays `evolved.npy` and `evolution.npy` and the
/// pictures into the folder. `cancel` ends what is asked of a board or a program, and `watch` is
/// told how far the search is.
///
/// # Errors
/// [`EvolutionError`].
pub fn evolve_image(
    request: &EvolutionRequest,
    cancel: &Cancel,
    watch: Watch<'_>,
) -> Result<SavedExperiment<Evolve>, EvolutionError> {
    make_folder(&request.folder).map_err(SaveError::from)?;
    let mut subject = Subject::open(&request.neuron, cancel, &mut |note| {
        // Work that is to end does so at its first step.
        let _ = watch(Progress::Note(note));
    })?;
    let stimuli = stimuli(request, &subject)?;
    let stimuli = stimuli.as_ref();
    let generator = request.generator.open(subject.input().shape(), stimuli)?;
    let settings = Settings {
        preset: request.preset,
        noise: request.noise,
        queries: request.queries,
        seed: request.seed,
        zero: 0.0,
    };
    let identity =
        identity(request, subject.identity(), subject.input()) + &files_of(&*generator, stimuli);
    let checkpoint = request.checkpoint.as_ref();
    let mut checkpoint = checkpoint
        .map(|path| Checkpoint::open(path, &identity))
        .transpose()?;
    let answers = checkpoint.as_ref().map_or(0, Checkpoint::len);
    let plan = Plan {
        settings,
        zero: request.zero,
        stimuli,
        gradient_steps: request.gradient_steps,
    };
    let found = search(&mut subject, &*generator, &plan, checkpoint.as_mut(), watch)?;

    let neuron = subject.description();
    let document_of = Context {
        neuron: &neuron,
        target: request.neuron.target(),
        settings: &settings,
        generator: &*generator,
        stimuli,
        held: answers.min(request.queries),
    };
    let search = document_of.search();
    let words = Words {
        neuron: &neuron,
        search: &search,
    };
    // The checkpoint may lie in the folder already; results appear beside it together.
    let results = ResultFolder::begin(&request.folder)?;
    let shape = generator.shape();
    let (files, drawings) = files::write(&results, &found, stimuli, shape, words, subject.model())?;
    let document = document(&found, &document_of, &files, &mut subject)?;
    let receipt = results.receipt("evolution.json", &document)?;
    results.commit()?;
    Ok(SavedExperiment {
        document,
        drawings,
        receipt: Some(receipt),
    })
}

/// Runs the experiment, and tells how far it is.
fn search(
    subject: &mut Subject,
    generator: &dyn Generator,
    plan: &Plan<'_>,
    checkpoint: Option<&mut Checkpoint>,
    watch: Watch<'_>,
) -> Result<Experiment, EvolutionError> {
    let spent = Cell::new(0);
    let watch = RefCell::new(watch);
    let tell = |doing: &str| {
        watch.borrow_mut()(Progress::Work {
            unit: "queries",
            doing,
            done: spent.get(),
            all: plan.settings.queries,
        })
    };
    let found = experiment(
        subject.subjects(),
        generator,
        plan,
        checkpoint,
        &mut |made| {
            spent.set(made.spent);
            tell(&format!("rate {}", significant(made.best_clean as f32)))
        },
        &mut |stage| {
            tell(&match stage {
                Stage::Natural(count) => format!("natural image {}", grouped(count as u64)),
                Stage::Gradient(count) => format!("gradient {}", grouped(count as u64)),
            })
        },
    );
    Ok(found?)
}

fn stimuli(
    request: &EvolutionRequest,
    subject: &Subject,
) -> Result<Option<Stimuli>, EvolutionError> {
    let spec = subject.input();
    let pick = || match request.natural {
        Some(0) => Err(EvolutionError::NoNaturalImages),
        Some(count) => Ok(Pick::First(count)),
        None => Ok(Pick::All),
    };
    let named = match (&request.images, subject.session()) {
        (NaturalImages::None, _) => return Ok(None),
        (NaturalImages::Named(name), _) => name,
        (NaturalImages::Usual, Some(session)) => {
            let images = Images::open(session)?;
            return Ok(Some(Stimuli::of_recorded(&images, spec, pick()?)?));
        }
        (NaturalImages::Usual, None) if spec.shape() == [1, 28, 28] => "mnist",
        (NaturalImages::Usual, None) => return Ok(None),
    };
    Ok(Some(Stimuli::open(named, spec, pick()?)?))
}

/// Everything that the answers of `neuron`, which sees what `input` makes of an image, depend
/// on in a search.
fn identity(request: &EvolutionRequest, neuron: &str, input: &InputSpec) -> String {
    let EvolutionRequest {
        neuron: choice,
        preset,
        generator,
        noise,
        queries,
        seed,
        images,
        natural,
        zero,
        // They change no answer of the search.
        gradient_steps: _,
        checkpoint: _,
        folder: _,
    } = request;
    format!(
        "{neuron} | {input} | {choice:?} | {} {} | {generator} | {noise} | {queries} | {seed} | \
         {images:?} {natural:?} | {zero:?}",
        preset.optimiser, preset.name
    )
}

/// What the answers depend on beside the request: the bytes of the decoder and of the natural
/// images, which may change under their names.
fn files_of(generator: &dyn Generator, stimuli: Option<&Stimuli>) -> String {
    let images = stimuli.map_or_else(String::new, Stimuli::sha256);
    format!(" | {} {images}", generator.identity())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_brain::optimise::preset;
    use cortexscope_net::input::ModelSpec;
    use cortexscope_net::onnx::GraphBuilder;
    use cortexscope_net::onnx::builder::Size;
    use cortexscope_net::onnx::pb::tensor_proto::DataType;
    use std::time::Duration;

    fn request() -> EvolutionRequest {
        EvolutionRequest {
            neuron: NeuronChoice::Program(ProgramChoice {
                program: "rig".into(),
                arguments: Vec::new(),
                patience: Duration::from_secs(1),
                seen_by: SeenBy::Sides([28, 28]),
            }),
            preset: preset("ga", None).unwrap(),
            generator: GeneratorKind::LowPass,
            noise: Noise::None,
            queries: 10,
            seed: 0,
            images: NaturalImages::None,
            natural: None,
            zero: Zero::Rate(0.0),
            gradient_steps: 0,
            checkpoint: None,
            folder: "out".into(),
        }
    }

    /// A checkpoint of one is not taken for that of another.
    #[test]
    fn searches_are_told_apart_by_what_the_neuron_sees() {
        let request = request();
        let [square, wide] =
            [[1, 28, 28], [1, 28, 32]].map(|shape| ModelSpec::assumed(shape).input);
        let own = identity(&request, "", &square);
        assert_eq!(own, identity(&request.clone(), "", &square));
        assert_ne!(own, identity(&request, "", &wide));
        let underlaid = InputSpec {
            underlay: Some(0),
            ..square.clone()
        };
        assert_ne!(own, identity(&request, "", &underlaid));
        assert_ne!(own, identity(&request, "another network", &square));
        let another = EvolutionRequest { seed: 1, ..request };
        assert_ne!(own, identity(&another, "", &square));
    }

    /// Files that changed under their names are another search.
    #[test]
    fn searches_are_told_apart_by_the_bytes_of_their_files() {
        let stimuli = |level| Stimuli {
            shape: [1, 1, 1],
            images: vec![vec![level]],
            ..Stimuli::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let decoder = |weight: f32| {
            let mut graph = GraphBuilder::new("decoder");
            let sizes = [Size::Fixed(1), Size::Fixed(1)];
            graph.input("code", DataType::Float, &sizes);
            graph.f32s("weight", &[1, 1], &[weight]);
            graph.node("Gemm", &["code", "weight"], "image", Vec::new());
            graph.output("image", DataType::Float, &sizes);
            let path = folder.path().join("decoder.onnx");
            std::fs::write(&path, graph.emit(13)).unwrap();
            GeneratorKind::Decoder(path.display().to_string())
                .open([1, 1, 1], None)
                .unwrap()
        };
        let [one, other] = [1.0, 2.0].map(decoder);
        let (dark, light) = (stimuli(0.0), stimuli(1.0));
        let own = files_of(&*one, Some(&dark));
        assert_eq!(own, files_of(&*decoder(1.0), Some(&stimuli(0.0))));
        assert_ne!(own, files_of(&*one, Some(&light)));
        assert_ne!(own, files_of(&*one, None));
        assert_ne!(own, files_of(&*other, Some(&dark)));
    }
}
