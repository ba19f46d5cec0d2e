//! The neuron that a request names, and what else answers for it.

use super::error::EvolutionError;
use super::neuron_choice::{BoardChoice, NeuronChoice, ProgramChoice, SeenBy};
use cortexscope_brain::encode::Stored;
use cortexscope_brain::evolve::Subjects;
use cortexscope_brain::neuron::{
    BoardNeuron, Differentiable, FittedNeuron, FloatNeuron, Neuron, Program, ProgramNeuron,
};
use cortexscope_explain::float_model::{FloatModel, Overrides};
use cortexscope_explain::target::{ClassValue, Target};
use cortexscope_net::input::{InputSpec, ModelSpec};
use cortexscope_record::RigChoice;
use cortexscope_rig::board::NATIVE;
use cortexscope_rig::session::Cancel;
use cortexscope_study::beside::{board_target, compiled};
use std::path::Path;

/// The neuron, and what else answers for it.
pub(super) struct Subject {
    model: Option<FloatModel>,
    input: InputSpec,
    respondent: Respondent,
    /// The neuron whose gradient is followed.
    slopes: Option<Box<dyn Differentiable>>,
    /// The natural images of a fit's session, as the user named them.
    session: Option<String>,
    identity: String,
}

/// Who answers the search.
enum Respondent {
    Float(Box<FloatNeuron>),
    Fitted(Box<FittedNeuron>),
    /// The board, and one that answers the same in this process.
    Board(Box<BoardNeuron>, Box<BoardNeuron>),
    Program(ProgramNeuron),
}

/// Told what was assumed of a model.
type Note<'a> = &'a mut dyn FnMut(&str);

impl Subject {
    /// Opens what `choice` names; `note` is told what was assumed.
    pub fn open(
        choice: &NeuronChoice,
        cancel: &Cancel,
        note: Note<'_>,
    ) -> Result<Self, EvolutionError> {
        match choice {
            NeuronChoice::Unit {
                model,
                target,
                board,
            } => Self::of_unit(open(model, note)?, target, board.as_ref(), cancel, note),
            NeuronChoice::Fitted { folder, neuron } => Self::of_fit(folder, *neuron),
            NeuronChoice::Program(program) => Self::of_program(program, cancel, note),
        }
    }

    /// A unit of `model`, or of the int8 network beside it.
    fn of_unit(
        model: FloatModel,
        target: &Target,
        board: Option<&BoardChoice>,
        cancel: &Cancel,
        note: Note<'_>,
    ) -> Result<Self, EvolutionError> {
        let neuron = |target: &Target| -> Result<FloatNeuron, EvolutionError> {
            Ok(FloatNeuron::new(
                &model,
                target.aim(&model, ClassValue::Logit)?,
            )?)
        };
        let mut identity = model.sha256_hex();
        let (respondent, slopes) = match board {
            Some(choice) => {
                let files = compiled(&model)?;
                if let Some(assumed) = &files.assumed {
                    note(assumed);
                }
                let unit = board_target(&model, target, &files)?;
                let slopes = neuron(&unit.float)?;
                let open = |choice: &RigChoice| -> Result<BoardNeuron, EvolutionError> {
                    let rig = choice.open(files.clone(), cancel.clone())?;
                    Ok(BoardNeuron::new(rig, &unit.board)?)
                };
                // The twin's answers do not belong to the board's recording and cost.
                let twin = open(&RigChoice::of(NATIVE, &model.name))?.unchecked();
                let board = open(&choice.rig(&model.name))?;
                identity += &board.rig().model.hash_hex();
                (Respondent::Board(Box::new(board), Box::new(twin)), slopes)
            }
            None => (
                Respondent::Float(Box::new(neuron(target)?)),
                neuron(target)?,
            ),
        };
        Ok(Self {
            input: model.spec.input.clone(),
            respondent,
            slopes: Some(Box::new(slopes)),
            session: None,
            identity,
            model: Some(model),
        })
    }

    /// A neuron of a fit.
    fn of_fit(folder: &Path, neuron: usize) -> Result<Self, EvolutionError> {
        let fit = Stored::open(folder)?;
        let open = || FittedNeuron::new(&fit, Some(neuron));
        let (respondent, slopes) = (open()?, open()?);
        let slope = fit.readout.slopes(neuron);
        let slope: Vec<u32> = slope.iter().map(|weight| weight.to_bits()).collect();
        // What the fit reads and how, to the last bit.
        let identity = format!(
            "{} {} {neuron} {slope:?} {:?}",
            fit.about.model_sha256, fit.about.layer, fit.readout.bias
        );
        Ok(Self {
            input: fit.model.spec.input.clone(),
            respondent: Respondent::Fitted(Box::new(respondent)),
            slopes: Some(Box::new(slopes)),
            session: Some(fit.about.images.clone()),
            identity,
            model: Some(fit.model),
        })
    }

    /// A program, which is started.
    fn of_program(
        choice: &ProgramChoice,
        cancel: &Cancel,
        note: Note<'_>,
    ) -> Result<Self, EvolutionError> {
        let (model, input) = match &choice.seen_by {
            SeenBy::Model(name) => {
                let model = open(name, note)?;
                let input = model.spec.input.clone();
                (Some(model), input)
            }
            SeenBy::Sides([height, width]) => {
                (None, ModelSpec::assumed([1, *height, *width]).input)
            }
        };
        let neuron = ProgramNeuron::start(&Program {
            name: (&choice.program).into(),
            arguments: choice.arguments.iter().map(Into::into).collect(),
            shape: input.shape(),
            patience: choice.patience,
            cancel: cancel.clone(),
        })?;
        let identity = model.as_ref().map(FloatModel::sha256_hex);
        Ok(Self {
            model,
            input,
            respondent: Respondent::Program(neuron),
            slopes: None,
            session: None,
            identity: identity.unwrap_or_default(),
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
        match &mut self.respondent {
            Respondent::Board(board, _) => Some(board),
            Respondent::Float(_) | Respondent::Fitted(_) | Respondent::Program(_) => None,
        }
    }

    /// What tells this neuron's model from another.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The neuron in words.
    pub fn description(&self) -> String {
        match &self.respondent {
            Respondent::Float(neuron) => neuron.description(),
            Respondent::Fitted(neuron) => neuron.description(),
            Respondent::Board(neuron, _) => neuron.description(),
            Respondent::Program(neuron) => neuron.description(),
        }
    }

    /// Who answers what.
    pub fn subjects(&mut self) -> Subjects<'_> {
        let (neuron, twin): (&mut dyn Neuron, Option<&mut dyn Neuron>) = match &mut self.respondent
        {
            Respondent::Float(neuron) => (&mut **neuron, None),
            Respondent::Fitted(neuron) => (&mut **neuron, None),
            Respondent::Board(board, twin) => (&mut **board, Some(&mut **twin)),
            Respondent::Program(neuron) => (neuron, None),
        };
        Subjects {
            neuron,
            twin,
            gradient: self.slopes.as_mut().map(|unit| &mut **unit as _),
        }
    }
}

fn open(name: &str, note: Note<'_>) -> Result<FloatModel, EvolutionError> {
    let model = FloatModel::open(name, &Overrides::default())?;
    for assumed in &model.notes {
        note(assumed);
    }
    Ok(model)
}
