//! The same stream for those without a browser: maps as half blocks, scores,
//! costs and the flow, in a terminal.

mod grid;
mod view;

use super::command::{CameraOf, PlanName, Play};
use super::state::State;
use super::station::{Order, Overrun, Station};
use super::stimulus::any_seed;
use crate::terminal::Style;
use console::{Key, Term};
use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use view::View;

/// The longest time between two looks at the stream: a display's frame.
const LOOK: Duration = Duration::from_millis(16);
/// The other screen without a cursor, and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// Shows `station` in this terminal until `q` is pressed or `is_over`.
///
/// # Errors
/// Standard output is no terminal, or cannot be written.
pub fn run(station: &Station, is_over: &dyn Fn() -> bool) -> io::Result<()> {
    let terminal = Term::stdout();
    if !terminal.is_term() {
        return Err(io::Error::other("standard output is no terminal"));
    }
    let mut out = io::stdout();
    write!(out, "{ENTER}")?;
    let result = show(&terminal, &mut out, station, is_over);
    write!(out, "{LEAVE}")?;
    out.flush()?;
    result
}

fn show(
    terminal: &Term,
    out: &mut impl Write,
    station: &Station,
    is_over: &dyn Fn() -> bool,
) -> io::Result<()> {
    let style = Style::of_stdout();
    let (sender, keys) = mpsc::channel();
    let keyboard = terminal.clone();
    // It ends with the process, or with the first key that nobody takes.
    std::thread::spawn(move || {
        while let Ok(key) = keyboard.read_key() {
            if sender.send(key).is_err() {
                return;
            }
        }
    });
    let (frames, states) = (station.frames(), station.state());
    let mut shown: Vec<String> = Vec::new();
    let mut shown_size = (0, 0);
    let mut digit = 0;
    while !is_over() {
        let size = terminal.size();
        if size != shown_size {
            shown.clear();
            write!(out, "\x1b[2J")?;
            shown_size = size;
        }
        let state = states.borrow().clone();
        let frame = frames.borrow().clone();
        let view = View {
            state: &state,
            frame: frame.as_deref(),
        };
        let lines = view.draw(size.0.into(), size.1.into()).lines(style.colour);
        for (row, line) in lines.iter().enumerate() {
            if shown.get(row) != Some(line) {
                write!(out, "\x1b[{};1H{line}", row + 1)?;
            }
        }
        out.flush()?;
        shown = lines;
        match keys.recv_timeout(LOOK) {
            Ok(Key::Char('q') | Key::Escape | Key::CtrlC) => return Ok(()),
            // With too much to do already, one key more does nothing.
            Ok(key) => {
                let _: Result<(), Overrun> = press(&key, station, &state, &mut digit);
            }
            Err(RecvTimeoutError::Timeout) => {}
            // Without a keyboard it goes on until it is over.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK),
        }
    }
    Ok(())
}

fn press(key: &Key, station: &Station, state: &State, digit: &mut usize) -> Result<(), Overrun> {
    let last = state.digits.saturating_sub(1);
    station.order(match key {
        Key::Char('n') | Key::ArrowRight => {
            *digit = (*digit + 1).min(last);
            Order::Digit(*digit)
        }
        Key::Char('b') | Key::ArrowLeft => {
            *digit = digit.saturating_sub(1);
            Order::Digit(*digit)
        }
        Key::Char('p') if state.play.is_some() => Order::Rest,
        Key::Char('p') => Order::Play(Play {
            per_second: None,
            seed: Some(any_seed()),
        }),
        Key::Char('c') if state.host_camera.is_some() => Order::Camera(CameraOf::Host),
        Key::Char('c') if state.board_camera.is_some() => Order::Camera(CameraOf::Board),
        Key::Char('m') => Order::Mode(match state.mode {
            PlanName::Fused => PlanName::Tapped,
            PlanName::Tapped => PlanName::Fused,
        }),
        Key::Char(' ') => Order::Freeze(!state.frozen),
        Key::Char('.') => Order::Step,
        _ => return Ok(()),
    })
}
