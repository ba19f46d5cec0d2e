//! The neuron that a command line names.

use super::Evolve;
use crate::beside::open_compiled;
use crate::common::{blame, wrong};
use crate::progress;
use cortexscope_brain::encode::Stored;
use cortexscope_brain::evolve::Subjects;
use cortexscope_brain::neuron::{
    BoardNeuron, Differentiable, FittedNeuron, FloatNeuron, Neuron, Program, ProgramNeuron,
};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_explain::target::{ClassValue, Target};
use cortexscope_net::input::{InputSpec, ModelSpec};
use cortexscope_record::RigChoice;
use cortexscope_rig::board::NATIVE;
use cortexscope_rig::session::Cancel;
use cortexscope_study::beside::board_target;
use std::path::Path;
use std::time::Duration;

/// The neuron, and what else answers for it.
pub(super) struct Subject {
    model: Option<FloatModel>,
    input: InputSpec,
    asked: Asked,
    /// The neuron whose gradient is followed.
    slopes: Option<Box<dyn Differentiable>>,
    /// The natural images of a fit's session, as the user named them.
    session: Option<String>,
    identity: String,
}

/// Who answers the search.
enum Asked {
    Float(Box<FloatNeuron>),
    Fitted(Box<FittedNeuron>),
    /// The board, and one that answers the same in this process.
    Board(Box<BoardNeuron>, Box<BoardNeuron>),
    Program(ProgramNeuron),
}

impl Subject {
    pub fn open(line: &Evolve, cancel: &Cancel) -> anyhow::Result<Self> {
        if let (Some(folder), Some(neuron)) = (&line.fit, line.neuron) {
            return Self::of_fit(folder, neuron);
        }
        let model = match &line.model {
            Some(model) => Some(FloatModel::open(model, &Overrides::default()).map_err(blame)?),
            None => None,
        };
        for note in model.iter().flat_map(|model| &model.notes) {
            progress::note(note);
        }
        let input = match (&model, line.size) {
            (Some(model), None) => model.spec.input.clone(),
            (None, Some([height, width])) => ModelSpec::assumed([1, height, width]).input,
            (None, None) => ModelSpec::assumed([1, 28, 28]).input,
            (Some(_), Some(_)) => return Err(wrong("--size is for a program without --model")),
        };
        let mut identity = model
            .as_ref()
            .map(FloatModel::sha256_hex)
            .unwrap_or_default();
        if let Some(program) = &line.program {
            let neuron = start(line, program, &input, cancel)?;
            return Ok(Self {
                model,
                input,
                asked: Asked::Program(neuron),
                slopes: None,
                session: None,
                identity,
            });
        }
        let (Some(float), Some(target)) = (&model, &line.target) else {
            return Err(wrong("give --model and --target, or --program"));
        };
        let target: Target = target.parse().map_err(blame)?;
        let neuron = |target: &Target| {
            let aim = target.aim(float, ClassValue::Logit).map_err(blame)?;
            FloatNeuron::new(float, aim).map_err(blame)
        };
        let (asked, slopes) = if line.board.is_some() || line.tape.replay.is_some() {
            let files = open_compiled(float)?;
            let unit = board_target(float, &target, &files).map_err(blame)?;
            let slopes = neuron(&unit.float)?;
            let [board, twin] = boards(line, files, &float.name, &unit.board, cancel)?;
            identity += &board.rig().model.hash_hex();
            (Asked::Board(Box::new(board), Box::new(twin)), slopes)
        } else {
            (Asked::Float(Box::new(neuron(&target)?)), neuron(&target)?)
        };
        Ok(Self {
            model,
            input,
            asked,
            slopes: Some(Box::new(slopes)),
            session: None,
            identity,
        })
    }

    /// A neuron of a fit.
    fn of_fit(folder: &Path, neuron: usize) -> anyhow::Result<Self> {
        let fit = Stored::open(folder).map_err(blame)?;
        let open = || FittedNeuron::new(&fit, Some(neuron)).map_err(blame);
        let (asked, slopes) = (open()?, open()?);
        // What the fit reads and how, to the last bit.
        let identity = format!(
            "{} {} {neuron} {:?} {:?}",
            fit.about.model_sha256,
            fit.about.layer,
            fit.readout
                .slopes(neuron)
                .iter()
                .map(|w| w.to_bits())
                .collect::<Vec<_>>(),
            fit.readout.bias
        );
        Ok(Self {
            input: fit.model.spec.input.clone(),
            asked: Asked::Fitted(Box::new(asked)),
            slopes: Some(Box::new(slopes)),
            session: Some(fit.about.images.clone()),
            identity,
            model: Some(fit.model),
        })
    }

    /// The natural images of the session that the neuron was fitted to.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// How images become the model's input.
    pub fn input(&self) -> &InputSpec {
        &self.input
    }

    /// The float model, unless a program alone is asked.
    pub fn model(&self) -> Option<&FloatModel> {
        self.model.as_ref()
    }

    /// The board that is asked.
    pub fn board(&mut self) -> Option<&mut BoardNeuron> {
        match &mut self.asked {
            Asked::Board(board, _) => Some(board),
            Asked::Float(_) | Asked::Fitted(_) | Asked::Program(_) => None,
        }
    }

    /// What tells this neuron's model from another.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    pub fn description(&self) -> String {
        match &self.asked {
            Asked::Float(neuron) => neuron.description(),
            Asked::Fitted(neuron) => neuron.description(),
            Asked::Board(neuron, _) => neuron.description(),
            Asked::Program(neuron) => neuron.description(),
        }
    }

    /// Who answers what.
    pub fn subjects(&mut self) -> Subjects<'_> {
        let (neuron, twin): (&mut dyn Neuron, Option<&mut dyn Neuron>) = match &mut self.asked {
            Asked::Float(neuron) => (&mut **neuron, None),
            Asked::Fitted(neuron) => (&mut **neuron, None),
            Asked::Board(board, twin) => (&mut **board, Some(&mut **twin)),
            Asked::Program(neuron) => (neuron, None),
        };
        Subjects {
            neuron,
            twin,
            gradient: self.slopes.as_mut().map(|unit| &mut **unit as _),
        }
    }
}

fn start(
    line: &Evolve,
    name: &Path,
    input: &InputSpec,
    cancel: &Cancel,
) -> anyhow::Result<ProgramNeuron> {
    let patience = Duration::try_from_secs_f64(line.patience).ok();
    let patience = patience.filter(|patience| !patience.is_zero());
    let patience =
        patience.ok_or_else(|| wrong("--patience: give a number of seconds greater than 0"))?;
    let program = Program {
        name: name.into(),
        arguments: line.program_argument.iter().map(Into::into).collect(),
        shape: input.shape(),
        patience,
        cancel: cancel.clone(),
    };
    ProgramNeuron::start(&program).map_err(blame)
}

/// The board that was named, and the board's program in this process as its twin, both with
/// the compiled model `files`.
fn boards(
    line: &Evolve,
    files: ModelFiles,
    model: &str,
    target: &Target,
    cancel: &Cancel,
) -> anyhow::Result<[BoardNeuron; 2]> {
    let choice = RigChoice {
        port: line.port.port(),
        tape: line.tape.tape(),
        ..RigChoice::of(line.board.as_deref().unwrap_or(NATIVE), model)
    };
    let open = |choice: &RigChoice| -> anyhow::Result<BoardNeuron> {
        let rig = choice.open(files.clone(), cancel.clone()).map_err(blame)?;
        BoardNeuron::new(rig, target).map_err(blame)
    };
    // The twin's answers do not belong to the board's recording and cost.
    let twin = open(&RigChoice::of(NATIVE, model))?;
    Ok([open(&choice)?, twin.unchecked()])
}
