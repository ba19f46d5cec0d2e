//! What every page shows of the server: one JSON object, sent as a whole whenever
//! a part of it changes.

use super::command::{Attack, Attribute, CameraOf, Choice, Corrupt, Evolve, Play, QUERIES_MAX};
use cortexscope_brain::optimise::{OPTIMISERS, preset};
use cortexscope_corrupt::Kind;
use cortexscope_explain::ascend::{PRESETS, Preset};
use cortexscope_explain::attack::{METHODS as ATTACKS, Method, Norm};
use cortexscope_explain::attribute::METHODS;
use cortexscope_explain::target::Target;
use cortexscope_net::input::digit_form::Steps;
use cortexscope_rig::session::Mode;
use serde::Serialize;
use std::collections::VecDeque;

/// How many events are kept.
const EVENTS_MAX: usize = 12;

/// What can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Menu {
    /// Boards, whether they are there or not.
    pub boards: Vec<MenuBoard>,
    /// Models by name.
    pub models: Vec<String>,
    /// Engines by name.
    pub engines: Vec<String>,
}

/// A board that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MenuBoard {
    /// As `cortexscope boards` names it.
    pub name: String,
    /// Its processor core.
    pub core: String,
    /// Whether it can be used now.
    pub is_there: bool,
    /// `there`, or what is missing and how to get it.
    pub state: String,
}

/// How far the server is with its board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The board is being opened and measured.
    Opening,
    /// Frames run as they come.
    Ready,
    /// The connection was lost; the server tries to open the board again every second.
    Lost,
    /// The choice could not be opened; something else must be chosen.
    Failed,
}

/// A long request that keeps frames waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    /// An occlusion map.
    Occlusion,
}

/// A layer of the float network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FloatLayer {
    /// Its node's name.
    pub name: String,
    /// The ONNX operator.
    pub operator: String,
    /// `[C, H, W]`.
    pub shape: [usize; 3],
}

/// A kind of corruption that a page can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CorruptionKind {
    /// Its name.
    pub name: &'static str,
    /// Whether a severity changes anything.
    pub has_severities: bool,
    /// Whether it needs colours.
    pub needs_colours: bool,
}

/// A method of attack that a page can choose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AttackMethod {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// How it measures the size of a change.
    pub norm: &'static str,
    /// ε to begin with; nothing for a method that takes none.
    pub eps: Option<f64>,
    /// The greatest ε that is taken.
    pub eps_max: f64,
}

/// The image spaces of a search that a page can choose, as `cortexscope brain evolve` names
/// them.
pub const GENERATORS: [&str; 3] = ["dct", "pca", "pixels"];

/// A search that a page can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Search {
    /// Its name.
    pub optimiser: &'static str,
    /// Whose settings it has.
    pub preset: &'static str,
    /// Where they come from.
    pub source: &'static str,
}

/// A search that was stopped and can go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptSearch {
    /// The board and the model that it asked.
    pub choice: Choice,
    /// What it was.
    pub evolve: Evolve,
    /// Queries that were answered.
    pub spent: usize,
}

/// Something that happened, for the page to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// One more than the event before.
    pub number: u64,
    /// What happened, as a sentence.
    pub text: String,
}

/// The server as pages see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// How far it is with its board.
    pub phase: Phase,
    /// Why it is lost or failed.
    pub message: Option<String>,
    /// The board, model and engine that were chosen.
    pub choice: Choice,
    /// What can be chosen.
    pub menu: Menu,
    /// The plan that runs.
    pub mode: Mode,
    /// The preparation's steps.
    pub steps: Steps,
    /// Whether frames wait to be let through.
    pub frozen: bool,
    /// How digits follow each other, while they do.
    pub play: Option<Play>,
    /// The camera that is on.
    pub camera_on: Option<CameraOf>,
    /// The camera of the host, if it has one.
    pub host_camera: Option<String>,
    /// The board's own camera, if it has one.
    pub board_camera: Option<String>,
    /// How many test digits there are.
    pub digits: usize,
    /// How pictures are damaged, while they are.
    pub corrupt: Option<Corrupt>,
    /// The kinds of damage that a page can choose.
    pub corruptions: [CorruptionKind; Kind::ALL.len()],
    /// How frames are attributed, while they are.
    pub attribute: Option<Attribute>,
    /// The methods that a page can choose.
    pub methods: [&'static str; METHODS.len()],
    /// How frames are attacked, while they are.
    pub attack: Option<Attack>,
    /// The methods of attack that a page can choose.
    pub attacks: [AttackMethod; ATTACKS.len()],
    /// The presets of an ascent that a page can choose.
    pub presets: [&'static str; PRESETS.len()],
    /// The searches that a page can choose.
    pub searches: Vec<Search>,
    /// The image spaces that a page can choose.
    pub generators: [&'static str; GENERATORS.len()],
    /// The greatest number of queries of a search.
    pub queries_max: usize,
    /// The search that was stopped last.
    pub kept_search: Option<KeptSearch>,
    /// The layers of the float network behind the board's.
    pub float_layers: Vec<FloatLayer>,
    /// Why the float network cannot be used.
    pub float_error: Option<String>,
    /// The long request that runs.
    pub job: Option<Job>,
    /// The page whose pictures are shown to the network.
    pub driver: Option<u64>,
    /// The pages that are open, oldest first.
    pub pages: Vec<u64>,
    /// What happened last.
    pub events: VecDeque<Event>,
    next_event: u64,
}

/// The greatest ε of a method that measures L∞: every pixel may become any other.
const EPS_MAX: f64 = 1.0;
/// The greatest ε of a method that measures L2.
const EPS_L2_MAX: f64 = 10.0;

fn attacks() -> [AttackMethod; ATTACKS.len()] {
    ATTACKS.map(|info| AttackMethod {
        name: info.name,
        summary: info.summary,
        norm: info.norm.name(),
        eps: Method::standard(info.name, EPS_MAX).and_then(|method| method.standard_eps()),
        eps_max: match info.norm {
            Norm::Greatest => EPS_MAX,
            Norm::Euclidean => EPS_L2_MAX,
        },
    })
}

impl State {
    /// The state before the first board is reached.
    pub fn new(menu: Menu, choice: Choice, mode: Mode) -> Self {
        Self {
            phase: Phase::Opening,
            message: None,
            choice,
            menu,
            mode,
            steps: Steps::ALL,
            frozen: false,
            play: None,
            camera_on: None,
            host_camera: None,
            board_camera: None,
            digits: 0,
            corrupt: None,
            corruptions: Kind::ALL.map(|kind| CorruptionKind {
                name: kind.name(),
                has_severities: kind.has_severities(),
                needs_colours: kind.needs_colours(),
            }),
            attribute: None,
            methods: METHODS,
            attack: None,
            attacks: attacks(),
            presets: PRESETS.map(Preset::name),
            searches: OPTIMISERS
                .iter()
                .map(|known| Search {
                    optimiser: known.optimiser,
                    preset: known.name,
                    source: known.source,
                })
                .collect(),
            generators: GENERATORS,
            queries_max: QUERIES_MAX,
            kept_search: None,
            float_layers: Vec::new(),
            float_error: None,
            job: None,
            driver: None,
            pages: Vec::new(),
            events: VecDeque::new(),
            next_event: 1,
        }
    }

    /// Checks what a page asks an attack for.
    ///
    /// # Errors
    /// There is no such method, or its ε is out of range; a sentence for the page.
    pub fn check_attack(&self, attack: &Attack) -> Result<(), String> {
        let found = self
            .attacks
            .iter()
            .find(|known| known.name == attack.method);
        let Some(method) = found else {
            return Err("There is no such method of attack.".to_owned());
        };
        if !(0.0..=method.eps_max).contains(&attack.eps) {
            return Err(format!(
                "ε of {} is a number from 0 to {}, in pixels from 0 to 1.",
                method.name, method.eps_max
            ));
        }
        Ok(())
    }

    /// Checks what a page asks a search for; whether the board has the neuron, the search
    /// says itself.
    ///
    /// # Errors
    /// There is no such target, search or image space, or the budget is out of range; a
    /// sentence for the page.
    pub fn check_evolve(&self, evolve: &Evolve) -> Result<(), String> {
        let sentence = |error: String| format!("{error}.");
        let target = evolve.target.parse::<Target>();
        target.map_err(|error| sentence(error.to_string()))?;
        let known = preset(&evolve.optimiser, Some(&evolve.preset));
        known.map_err(|error| sentence(error.to_string()))?;
        if !self.generators.contains(&evolve.generator.as_str()) {
            let known = self.generators.join(", ");
            return Err(format!("There is no such image space: there are {known}."));
        }
        if !(1..=self.queries_max).contains(&evolve.queries) {
            return Err(format!(
                "A search on this page has from 1 to {} queries.",
                self.queries_max
            ));
        }
        Ok(())
    }

    /// Checks whether a search can go on.
    ///
    /// # Errors
    /// None was stopped, or it asked another network; a sentence for the page.
    pub fn check_resume(&self) -> Result<(), String> {
        match &self.kept_search {
            None => Err("No search was stopped.".to_owned()),
            Some(kept) if kept.choice != self.choice => {
                let Choice { board, model, .. } = &kept.choice;
                Err(format!(
                    "The search that was stopped asked {model} on {board}: open these again, or start another."
                ))
            }
            Some(_) => Ok(()),
        }
    }

    /// Adds an event, and drops the oldest where there are too many.
    pub fn announce(&mut self, text: impl Into<String>) {
        let (number, text) = (self.next_event, text.into());
        self.next_event += 1;
        self.events.push_back(Event { number, text });
        if self.events.len() > EVENTS_MAX {
            self.events.pop_front();
        }
    }

    /// A page was opened; the first one drives.
    pub fn enter(&mut self, page: u64) {
        self.pages.push(page);
        self.driver.get_or_insert(page);
    }

    /// A page was closed; the oldest of the others drives if it did.
    pub fn leave(&mut self, page: u64) {
        self.pages.retain(|&other| other != page);
        if self.driver == Some(page) {
            self.driver = self.pages.first().copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let choice = Choice {
            board: "native".to_owned(),
            model: "lenet5".to_owned(),
            engine: "static".to_owned(),
        };
        State::new(Menu::default(), choice, Mode::Fused)
    }

    #[test]
    fn there_is_one_driver_while_there_are_pages() {
        let mut state = state();
        for page in 1..=3 {
            state.enter(page);
        }
        assert_eq!(state.driver, Some(1));
        state.leave(2);
        assert_eq!(state.driver, Some(1));
        state.leave(1);
        assert_eq!(state.driver, Some(3));
        state.leave(3);
        assert_eq!(state.driver, None);
    }

    #[test]
    fn events_are_numbered_and_few() {
        let mut state = state();
        for number in 1..=20 {
            state.announce(number.to_string());
        }
        assert_eq!(state.events.len(), EVENTS_MAX);
        assert!(
            state
                .events
                .iter()
                .all(|event| event.text == event.number.to_string())
        );
    }
}
