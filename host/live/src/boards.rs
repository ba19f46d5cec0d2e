//! The boards that a page may choose, and how each is opened.

use super::command::Choice;
use super::state::{Menu, MenuBoard};
use super::worker::{OpenError, Opener};
use cortexscope_compile::model_files::{ModelFiles, ModelFilesError};
use cortexscope_net::RequestError;
use cortexscope_net::input::{DigitFormError, PreparationOverrides};
use cortexscope_net::resources::shipped;
use cortexscope_record::{ChoiceError, RigChoice};
use cortexscope_rig::board::{BOARDS, Engine, Presence};

/// What a page begins with. Every other board and every shipped model can be chosen, too.
#[derive(Clone, Debug)]
pub struct LiveBoards {
    /// The board, the model and the engine that the page begins with. Port and pictures for
    /// a camera belong to this board alone.
    pub first: RigChoice,
    /// What is said of the preparation over the description of this model alone.
    pub preparation: PreparationOverrides,
}

/// Why a page cannot begin with a board, or change to it.
#[derive(Debug, thiserror::Error)]
pub enum LiveBoardError {
    /// There is no such board, or it cannot be reached.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// There is no such engine.
    #[error("there is no engine {name}: the engines are {}", engines().join(", "))]
    UnknownEngine {
        /// What was asked for.
        name: String,
    },
    /// The model cannot be opened.
    #[error(transparent)]
    Model(#[from] ModelFilesError),
    /// What was said of the preparation is not for this model.
    #[error(transparent)]
    Preparation(#[from] DigitFormError),
}

impl RequestError for LiveBoardError {
    fn is_request(&self) -> bool {
        match self {
            Self::Choice(error) => error.is_request(),
            Self::UnknownEngine { .. } => true,
            Self::Model(error) => error.is_request(),
            Self::Preparation(error) => error.is_request(),
        }
    }
}

/// The engines by name.
fn engines() -> Vec<String> {
    let names = Engine::ALL.iter().map(|engine| engine.name().to_owned());
    names.collect()
}

impl LiveBoards {
    /// Checks what the page begins with, and gives what is assumed of the model, if anything
    /// is. No board is opened.
    ///
    /// # Errors
    /// [`LiveBoardError`].
    pub fn check(&self) -> Result<Option<String>, LiveBoardError> {
        self.first.board()?;
        let mut model = self.first.model()?;
        self.preparation.apply(&mut model.spec.input)?;
        Ok(model.assumed)
    }

    /// What the page begins with, as it says it.
    pub fn choice(&self) -> Choice {
        Choice {
            board: self.first.board.clone(),
            model: self.first.model.clone(),
            engine: self.first.engine.name().to_owned(),
        }
    }

    /// What can be chosen: every board, whether it is there or not, the shipped models and
    /// the one that the page begins with, and every engine.
    pub fn menu(&self) -> Menu {
        let boards = BOARDS.iter().map(|board| {
            let presence = Presence::of(board);
            MenuBoard {
                name: board.name.to_owned(),
                core: board.core.to_owned(),
                is_there: presence.is_there(),
                state: presence.to_string(),
            }
        });
        let mut models = shipped();
        if !models.contains(&self.first.model) {
            models.push(self.first.model.clone());
        }
        Menu {
            boards: boards.collect(),
            models,
            engines: engines(),
        }
    }

    /// What opens the boards that a page chooses. `note` is told what is assumed of a model.
    pub fn opener(self, mut note: impl FnMut(&str) + Send + 'static) -> Opener {
        Box::new(move |choice, cancel| {
            let (rig_choice, model) = self.choice_and_model(choice).map_err(OpenError::from)?;
            if let Some(assumed) = &model.assumed {
                note(assumed);
            }
            Ok(rig_choice.open(model, cancel)?)
        })
    }

    /// The board of `choice` as it is opened, and the model for it.
    fn choice_and_model(&self, choice: &Choice) -> Result<(RigChoice, ModelFiles), LiveBoardError> {
        let mut engines = Engine::ALL.into_iter();
        let engine = engines.find(|engine| engine.name() == choice.engine);
        let unknown = || LiveBoardError::UnknownEngine {
            name: choice.engine.clone(),
        };
        let named = RigChoice {
            engine: engine.ok_or_else(unknown)?,
            ..RigChoice::of(&choice.board, &choice.model)
        };
        let rig_choice = if choice.board == self.first.board {
            RigChoice {
                port: self.first.port.clone(),
                sensor: self.first.sensor.clone(),
                ..named
            }
        } else {
            named
        };
        let mut model = rig_choice.model()?;
        if choice.model == self.first.model {
            self.preparation.apply(&mut model.spec.input)?;
        }
        Ok((rig_choice, model))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_rig::board::Port;

    fn boards() -> LiveBoards {
        LiveBoards {
            first: RigChoice {
                port: Some(Port {
                    path: "/dev/ttyACM0".to_owned(),
                    baud: 115_200,
                }),
                ..RigChoice::of("pico", "lenet5")
            },
            preparation: PreparationOverrides {
                underlay: Some(7),
                ..PreparationOverrides::default()
            },
        }
    }

    /// Port and preparation were said of what the page begins with.
    #[test]
    fn what_was_said_of_one_board_holds_for_it_alone() {
        let boards = boards();
        assert_eq!(boards.check().unwrap(), None);
        let first = boards.choice();
        let (choice, model) = boards.choice_and_model(&first).unwrap();
        assert_eq!(choice.port, boards.first.port);
        assert_eq!(model.spec.input.underlay, Some(7));
        let other = Choice {
            board: "native".to_owned(),
            model: "lecture-lenet".to_owned(),
            ..first.clone()
        };
        let (choice, model) = boards.choice_and_model(&other).unwrap();
        assert_eq!((choice.port, model.spec.input.underlay), (None, None));
        let unknown = Choice {
            engine: "steam".to_owned(),
            ..first
        };
        let refused = boards.choice_and_model(&unknown).unwrap_err();
        assert!(
            refused.to_string().ends_with("static, small, tract"),
            "{refused}"
        );
        assert!(boards.menu().models.contains(&"lenet5".to_owned()));
    }
}
