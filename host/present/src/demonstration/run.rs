//! The work of a demonstration: every layer and an occlusion map of each input, and the
//! memory.

use super::{Demonstration, InputResult};
use cortexscope_net::input::Int8Input;
use cortexscope_rig::Rig;
use cortexscope_rig::measure::measure;
use cortexscope_rig::session::{
    LECTURE_PATCH, MapProgress, Mode, OccludeRequest, SessionError, TensorSet, patch_for,
};

/// What fills the lecture's patch.
const GREY: u8 = 128;

/// What a demonstration does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// It runs the input of this name.
    Input(&'a str),
    /// It hides parts of the input.
    Occlusion {
        /// The input's name.
        input: &'a str,
        /// The patch's position.
        position: usize,
    },
    /// An input is done.
    Done,
    /// It measures the memory.
    Memory,
}

impl<'a> Demonstration<'a> {
    /// Runs `inputs` on the board of `rig`, `progress` says how far it is.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn run(
        rig: &'a mut Rig,
        inputs: Vec<Int8Input>,
        mode: Mode,
        progress: &mut dyn FnMut(Step<'_>),
    ) -> Result<Self, SessionError> {
        let shape = rig.model.image.model().input().shape;
        let request = OccludeRequest {
            window: patch_for(shape, LECTURE_PATCH),
            stride: [1, 1],
            fill: rig.model.grey(GREY),
            class: None,
        };
        let mut trials = Vec::with_capacity(inputs.len());
        for input in inputs {
            let name = input.name.as_str();
            progress(Step::Input(name));
            let recording = rig.infer(&input.values, mode, TensorSet::ALL, &mut |_| {})?;
            let occlusion = rig.occlude(&input.values, &request, &mut |map| {
                if let MapProgress::Positions { first, .. } = map {
                    progress(Step::Occlusion {
                        input: name,
                        position: first,
                    });
                }
            })?;
            trials.push(InputResult {
                argument: input.argument,
                name: input.name,
                values: input.values,
                expected: input.label,
                notes: input.notes,
                recording,
                occlusion,
            });
            progress(Step::Done);
        }
        progress(Step::Memory);
        // What a run takes of the memory does not depend on the input.
        let values = trials
            .first()
            .map_or_else(|| vec![0; shape.elements()], |trial| trial.values.clone());
        let measurements = measure(rig, &values)?;
        let memory = rig.memory()?.report;
        Ok(Self {
            mode,
            request,
            fill_level: GREY,
            trials,
            measurements,
            memory,
            board: rig.session.board().clone(),
            link: rig.session.link(),
            statistics: rig.session.statistics(),
            model: &rig.model,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_compile::model_files::ModelFiles;
    use cortexscope_rig::board::{Engine, FarEnd, find};
    use cortexscope_rig::session::Cancel;

    #[test]
    fn each_input_is_run_hidden_and_done_before_the_memory() {
        let model = ModelFiles::open("lenet5").unwrap();
        let here = FarEnd::Here { sensor: Vec::new() };
        let board = find("native").unwrap();
        let mut rig = Rig::open(board, Engine::Static, model, here, Cancel::default()).unwrap();
        let inputs = vec![rig.model.input("mnist:18").unwrap()];
        let mut steps = Vec::new();
        let found = Demonstration::run(&mut rig, inputs, Mode::Fused, &mut |step| {
            steps.push(match step {
                Step::Input(name) => format!("input {name}"),
                Step::Occlusion { .. } => "occlusion".to_owned(),
                Step::Done => "done".to_owned(),
                Step::Memory => "memory".to_owned(),
            });
        })
        .unwrap();
        steps.dedup();
        assert_eq!(steps, ["input mnist-18", "occlusion", "done", "memory"]);
        assert_eq!(found.trials[0].recording.predicted(), 3);
        assert_eq!(found.trials[0].occlusion.probabilities.len(), 22 * 22);
        assert_eq!(found.measurements.len(), 2);
    }
}
