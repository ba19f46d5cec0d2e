//! What keys do.

use crate::command::{CameraOf, Play};
use crate::frame::Frame;
use crate::server::LiveServer;
use crate::shared::{Order, Overrun};
use crate::state::State;
use crate::stimulus::any_seed;
use cortexscope_rig::session::Mode;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Whether the view goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It does.
    GoOn,
    /// It was asked to end.
    End,
}

/// What keys have led to.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The layer that is shown first, 0 for the input.
    pub first_layer: usize,
    /// The digit that was asked for last, until others come by themselves.
    digit: Option<usize>,
}

/// The keys that do something now, as one line.
pub(super) fn described(state: &State) -> String {
    let has_camera = state.host_camera.is_some() || state.board_camera.is_some();
    let mut described = vec!["q quit", "n b digit"];
    described.push(if state.play.is_some() {
        "p stop"
    } else {
        "p shuffle"
    });
    if has_camera {
        described.push(if state.camera_on.is_some() {
            "c stop"
        } else {
            "c camera"
        });
    }
    described.push(if state.frozen {
        "space resume"
    } else {
        "space freeze"
    });
    if state.frozen {
        described.push(". step");
    }
    described.extend(["m plan", "↑↓ layers"]);
    described.join(" · ")
}

impl Keys {
    /// Does what the key asks for.
    pub(super) fn press(
        &mut self,
        key: KeyEvent,
        server: &LiveServer,
        state: &State,
        frame: Option<&Frame>,
    ) -> Answer {
        if key.kind == KeyEventKind::Release {
            return Answer::GoOn;
        }
        let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let order = match key.code {
            KeyCode::Char('c') if has_control => return Answer::End,
            KeyCode::Char('q') | KeyCode::Esc => return Answer::End,
            KeyCode::Up => {
                self.first_layer = self.first_layer.saturating_sub(1);
                None
            }
            KeyCode::Down => {
                let layers = frame.map_or(0, |frame| frame.recording.activations.len());
                self.first_layer = (self.first_layer + 1).min(layers.saturating_sub(1));
                None
            }
            KeyCode::Char('n') | KeyCode::Right => Some(self.turn(1, state, frame)),
            KeyCode::Char('b') | KeyCode::Left => Some(self.turn(-1, state, frame)),
            KeyCode::Char('p') => {
                self.digit = None;
                Some(match state.play {
                    Some(_) => Order::Rest,
                    None => Order::Play(Play {
                        per_second: None,
                        seed: Some(any_seed()),
                    }),
                })
            }
            KeyCode::Char('c') => camera(state),
            KeyCode::Char('m') => Some(Order::Mode(match state.mode {
                Mode::Fused => Mode::Tapped,
                Mode::Tapped => Mode::Fused,
            })),
            KeyCode::Char(' ') => Some(Order::Freeze(!state.frozen)),
            KeyCode::Char('.') if state.frozen => Some(Order::Step),
            _ => None,
        };
        if let Some(order) = order {
            // With too much to do already, one key more does nothing.
            let _: Result<(), Overrun> = server.order(order);
        }
        Answer::GoOn
    }

    /// The digit so many after the one that is shown.
    fn turn(&mut self, by: isize, state: &State, frame: Option<&Frame>) -> Order {
        let shown = frame.and_then(|frame| frame.source.strip_prefix("mnist:")?.parse().ok());
        let now = self.digit.or(shown).unwrap_or(0);
        let next = now.saturating_add_signed(by);
        let next = next.min(state.digits.saturating_sub(1));
        self.digit = Some(next);
        Order::Digit(next)
    }
}

/// On with the camera that there is, or off with the one that is on.
fn camera(state: &State) -> Option<Order> {
    if state.camera_on.is_some() {
        return Some(Order::Rest);
    }
    let host = state.host_camera.as_ref().map(|_| CameraOf::Host);
    let board = state.board_camera.as_ref().map(|_| CameraOf::Board);
    host.or(board).map(Order::Camera)
}
