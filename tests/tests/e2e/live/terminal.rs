//! `live --tui` in a terminal: what it shows, what keys do, and what it leaves.

use super::video;
use anyhow::{Context, ensure};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use vt100::Parser;

/// The longest wait for something to be shown, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LARGE: PtySize = size(50, 160);
const SMALL: PtySize = size(24, 80);

const fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// Rows and columns.
fn sides(size: PtySize) -> anyhow::Result<[NonZeroU16; 2]> {
    let side = |side| NonZeroU16::new(side).context("a terminal has rows and columns");
    Ok([side(size.rows)?, side(size.cols)?])
}

/// A terminal, and the program in it.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<Parser>>,
    /// How the terminal treated keys and text before.
    before: String,
}

impl Terminal {
    fn open(arguments: &[&str]) -> anyhow::Result<Self> {
        let pair = native_pty_system().openpty(LARGE)?;
        let before = modes(&*pair.master)?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cortexscope-under-test"));
        command.args(["live", "--tui", "--board", "native"]);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command)?;
        let [rows, columns] = sides(LARGE)?;
        let screen = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
        let mut output = pair.master.try_clone_reader()?;
        let parser = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 14];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut parser = parser.lock().unwrap_or_else(PoisonError::into_inner);
                parser.process(&bytes[..count]);
            }
        });
        let mut terminal = Self {
            keyboard: pair.master.take_writer()?,
            master: pair.master,
            child,
            screen,
            before,
        };
        terminal.wait("mnist:18, expected 3")?;
        Ok(terminal)
    }

    fn contents(&self) -> String {
        let parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        parser.screen().contents()
    }

    /// Waits until the screen shows this text.
    fn wait(&mut self, text: &str) -> anyhow::Result<()> {
        self.wait_until(text, |screen| screen.contains(text))
    }

    fn wait_until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        while !is_so(&self.contents()) {
            let screen = self.contents();
            ensure!(Instant::now() < end, "never {what}:\n{screen}");
            ensure!(self.child.try_wait()?.is_none(), "it ended:\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keyboard.write_all(keys.as_bytes())?;
        Ok(self.keyboard.flush()?)
    }

    fn resize(&mut self, size: PtySize) -> anyhow::Result<()> {
        let mut parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let [rows, columns] = sides(size)?;
        parser.screen_mut().set_size(rows, columns);
        self.master.resize(size)
    }

    /// Waits for its end; the terminal must be as it was.
    fn end(&mut self) -> anyhow::Result<ExitStatus> {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(Instant::now() < end, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let after = modes(&*self.master)?;
        ensure!(after == self.before, "{after} is not {}", self.before);
        // The last that it wrote may still be on its way.
        while Instant::now() < end {
            let parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
            if !parser.screen().alternate_screen() && !parser.screen().hide_cursor() {
                return Ok(status);
            }
            drop(parser);
            std::thread::sleep(Duration::from_millis(10));
        }
        anyhow::bail!("the other screen is still there, or no cursor")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How the terminal treats keys and text.
fn modes(master: &(dyn MasterPty + Send)) -> anyhow::Result<String> {
    Ok(format!("{:?}", master.get_termios().context("a terminal")?))
}

#[test]
fn keys_do_what_the_last_line_says() -> anyhow::Result<()> {
    let mut terminal = Terminal::open(&[])?;
    let keys = terminal.contents();
    let keys = keys.lines().last().unwrap_or_default().trim_end();
    ensure!(
        keys == "q quit · n b digit · p shuffle · space freeze · m plan · ↑↓ layers",
        "{keys}"
    );
    terminal.press("n")?;
    terminal.wait("mnist:19, expected 4")?;
    terminal.press("\x1b[C")?;
    terminal.wait("mnist:20, expected 9")?;
    terminal.press("b")?;
    terminal.wait("mnist:19, expected 4")?;
    terminal.press("m")?;
    terminal.wait("lecture-lenet · tapped")?;
    terminal.press(" ")?;
    terminal.wait("frozen")?;
    terminal.wait(". step")?;
    terminal.press("n")?;
    terminal.press(".")?;
    terminal.wait("mnist:20, expected 9")?;
    terminal.press(" ")?;
    terminal.wait("space freeze")?;
    terminal.press("p")?;
    terminal.wait("p stop")?;
    terminal.wait_until("frames a second", |screen| {
        let rate = screen.split(" frames/s (").next().unwrap_or_default();
        let rate = rate.split_whitespace().last();
        rate.and_then(|rate| rate.parse().ok()) > Some(0.0)
    })?;
    terminal.press("p")?;
    // Nothing comes any more, and it says so.
    terminal.wait(" 0 frames/s (board 0)")?;
    terminal.press("q")?;
    ensure!(terminal.end()?.success());
    Ok(())
}

#[test]
fn it_fits_any_size_and_reaches_every_layer() -> anyhow::Result<()> {
    let mut terminal = Terminal::open(&[])?;
    terminal.wait("conv1 20×24×24")?;
    terminal.resize(SMALL)?;
    // The input and nothing else; what does not fit can be reached.
    terminal.wait_until("a small screen", |screen| {
        let is_whole = screen.lines().all(|line| line.chars().count() <= 80);
        is_whole && screen.contains("↓ ") && screen.contains("q quit") && !screen.contains("fc 10")
    })?;
    for layer in ["conv1 20", "pool1 20", "conv2 50", "pool2 50"] {
        terminal.press("\x1b[B")?;
        terminal.wait_until(layer, |screen| {
            let maps = screen.lines().nth(1).unwrap_or_default();
            maps.starts_with(layer)
        })?;
    }
    terminal.press("\x1b[A\x1b[A\x1b[A\x1b[A")?;
    terminal.resize(LARGE)?;
    terminal.wait("conv1 20×24×24")?;
    // Asked to end from outside, it leaves the terminal as it was as well.
    let process = terminal.child.process_id().context("a process")?;
    super::page::signal("TERM", process)?;
    ensure!(terminal.end()?.success());
    Ok(())
}

#[test]
fn the_board_s_camera_is_a_key_away() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let picture = folder.path().join("seven.pgm");
    video::still(0, &picture)?;
    let mut terminal = Terminal::open(&["--sensor", picture.to_str().context("a path")?])?;
    terminal.wait("c camera")?;
    terminal.press("c")?;
    terminal.wait("camera of the board")?;
    terminal.press("c")?;
    terminal.wait("c camera")?;
    terminal.press("\x03")?;
    ensure!(terminal.end()?.success());
    Ok(())
}
