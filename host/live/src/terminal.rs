//! The same stream in a terminal, without a browser: maps as half blocks, scores,
//! costs and rates.

mod grid;
mod keys;
mod maps;
mod pace;
mod screen;
mod view;

use super::server::LiveServer;
use cortexscope_present::terminal::Style;
use crossterm::event::{self, Event};
use grid::Grid;
use keys::{Answer, Keys};
use pace::Pace;
use screen::Screen;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};
use view::View;

/// The time from one look at the stream to the next: a display's frame.
const LOOK: Duration = Duration::from_millis(16);
/// Columns and rows of a terminal that does not report its size.
const SIZE: (u16, u16) = (80, 24);

/// Shows `server` in this terminal until `q` is pressed or `is_over`. The
/// terminal is left as it was.
///
/// # Errors
/// Standard output is not a terminal, or cannot be written.
pub fn run(server: &LiveServer, is_over: &dyn Fn() -> bool) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return Err(io::Error::other("standard output is not a terminal"));
    }
    server.look_for_camera();
    let mut screen = Screen::enter()?;
    show(&mut screen, server, is_over)
}

fn show(screen: &mut Screen, server: &LiveServer, is_over: &dyn Fn() -> bool) -> io::Result<()> {
    let style = Style::of_stdout();
    let (frames, states) = (server.frames(), server.state());
    let mut shown = Grid::new(0, 0);
    let mut keys = Keys::default();
    let mut pace = Pace::default();
    let mut has_keyboard = true;
    while !is_over() {
        let due = Instant::now() + LOOK;
        let (width, height) = crossterm::terminal::size().unwrap_or(SIZE);
        let [width, height] = [width, height].map(usize::from);
        if [width, height] != [shown.width, shown.height] {
            screen.clear()?;
            shown = Grid::new(width, height);
        }
        let state = states.borrow().clone();
        let frame = frames.borrow().clone();
        if let Some(frame) = &frame {
            pace.show(frame.generation, frame.flow.frames());
        }
        let view = View {
            state: &state,
            frame: frame.as_deref(),
            first_layer: keys.first_layer,
            frames_per_s: pace.frames_per_s(),
        };
        let newest = view.draw(height, width);
        screen.write(&newest.update(&shown, style.colour))?;
        shown = newest;
        // Without a keyboard it goes on until it is over.
        if !has_keyboard {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            continue;
        }
        match event::poll(due.saturating_duration_since(Instant::now())) {
            Ok(false) => {}
            Ok(true) => {
                if let Event::Key(key) = event::read()?
                    && keys.press(key, server, &state, frame.as_deref()) == Answer::End
                {
                    return Ok(());
                }
            }
            Err(_) => has_keyboard = false,
        }
    }
    Ok(())
}
