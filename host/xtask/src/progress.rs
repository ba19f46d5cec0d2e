//! Says how far a build is: in one line that changes at a terminal, in a line every few
//! seconds where there is none.
//!
//! Cargo knows how many crates it builds and which it is at, and tells it in its progress
//! bar alone. So cargo is asked for the bar, and it is read here.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command;

/// Between two lines where there is no terminal.
const QUIET: Duration = Duration::from_secs(5);

/// Crates that are named at a time.
const NAMED: usize = 3;

/// Runs a cargo command that builds `what`, and says on stderr how far it is. What cargo
/// says beside that, warnings and errors, goes to stderr as it is.
///
/// # Errors
/// It did not start, or it did not succeed.
pub fn run(cargo: &mut Command, what: &str) -> Result<()> {
    let line = command::line(cargo);
    let is_terminal = io::stderr().is_terminal();
    let mut child = cargo
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "200")
        .env(
            "CARGO_TERM_COLOR",
            if is_terminal { "always" } else { "never" },
        )
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{line}` did not start"))?;
    let said = child.stderr.take().context("cargo has no stderr")?;
    let mut view = View::new(what, is_terminal, io::stderr());
    for_each_line(BufReader::new(said), |line| view.show(line, Instant::now()))?;
    view.finish()?;
    let status = child.wait()?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Reads lines. A carriage return ends one too: cargo's bar is drawn over itself.
fn for_each_line(
    from: impl BufRead,
    mut each: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = Vec::new();
    for byte in from.bytes() {
        match byte? {
            b'\r' | b'\n' => {
                each(&String::from_utf8_lossy(&line))?;
                line.clear();
            }
            byte => line.push(byte),
        }
    }
    each(&String::from_utf8_lossy(&line))
}

/// How far a build is.
#[derive(Debug, PartialEq, Eq)]
struct Bar {
    done: u32,
    all: u32,
    crates: Vec<String>,
}

impl Bar {
    /// Takes `Building [===>   ] 123/310: syn, tract-core(build)` apart.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.strip_prefix("Building [")?.split_once("] ")?;
        let (numbers, crates) = rest.split_once(": ").unwrap_or((rest, ""));
        let (done, all) = numbers.trim_end_matches(':').split_once('/')?;
        Some(Self {
            done: done.trim().parse().ok()?,
            all: all.trim().parse().ok()?,
            crates: crates
                .split(", ")
                .filter(|name| !name.is_empty() && !name.contains("..."))
                .map(str::to_owned)
                .collect(),
        })
    }
}

/// What cargo's lines become.
struct View<W> {
    what: String,
    is_terminal: bool,
    into: W,
    said: Option<Instant>,
    /// The terminal's line is in use.
    is_open: bool,
}

impl<W: Write> View<W> {
    fn new(what: &str, is_terminal: bool, into: W) -> Self {
        Self {
            what: what.to_owned(),
            is_terminal,
            into,
            said: None,
            is_open: false,
        }
    }

    fn show(&mut self, line: &str, now: Instant) -> io::Result<()> {
        let plain = without_escapes(line);
        let plain = plain.trim();
        if let Some(bar) = Bar::parse(plain) {
            return self.progress(&bar, now);
        }
        // Cargo's other lines about crates that are built say the same again.
        let is_status = ["Compiling ", "Finished ", "Fresh ", "Dirty "]
            .iter()
            .any(|word| plain.starts_with(word));
        if is_status || plain.is_empty() {
            return Ok(());
        }
        self.finish()?;
        writeln!(self.into, "{}", line.trim_end())
    }

    fn progress(&mut self, bar: &Bar, now: Instant) -> io::Result<()> {
        let Bar { done, all, crates } = bar;
        let mut names = crates[..crates.len().min(NAMED)].join(", ");
        if crates.len() > NAMED {
            names.push_str(" …");
        }
        let text = format!("{}: {done} of {all} crates built; {names}", self.what);
        if self.is_terminal {
            self.is_open = true;
            // Over the line before, and nothing of it left.
            write!(self.into, "\r{text:.78}\x1b[K")?;
            return self.into.flush();
        }
        if self.said.is_some_and(|said| now < said + QUIET) {
            return Ok(());
        }
        self.said = Some(now);
        writeln!(self.into, "{text}")
    }

    /// Leaves the terminal's line empty.
    fn finish(&mut self) -> io::Result<()> {
        if self.is_open {
            write!(self.into, "\r\x1b[K")?;
            self.is_open = false;
        }
        self.into.flush()
    }
}

/// The text without what colours it.
fn without_escapes(line: &str) -> String {
    let mut plain = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            // Up to the letter that ends the sequence.
            chars.find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Bar, View, for_each_line};

    const SAID: &str = "   Compiling syn v2.0.1\n    Building [==>   ] 12/310: a, b, c(build), d\r\
        \x1b[1m\x1b[96m    Building\x1b[0m [===>  ] 13/310: tract-core\r\
        \x1b[Kwarning: unused\n   Compiling b v1.0.0\n    Finished `dev` profile in 1s\n";

    fn shown(is_terminal: bool, between: Duration) -> String {
        let mut out = Vec::new();
        let mut view = View::new("cortexscope", is_terminal, &mut out);
        let mut now = Instant::now();
        for_each_line(SAID.as_bytes(), |line| {
            now += between;
            view.show(line, now)
        })
        .unwrap();
        view.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_bar_is_taken_apart() {
        let bar = Bar::parse("Building [====>    ] 123/310: syn, tract-core(build)").unwrap();
        assert_eq!((bar.done, bar.all), (123, 310));
        assert_eq!(bar.crates, ["syn", "tract-core(build)"]);
        assert_eq!(
            Bar::parse("Building [=>  ] 1/2: a, b...").unwrap().crates,
            ["a"]
        );
        assert_eq!(Bar::parse("Building [=>  ] 1/2").unwrap().crates.len(), 0);
        assert_eq!(Bar::parse("error: Building [=>] 1/2"), None);
    }

    #[test]
    fn without_a_terminal_there_is_a_line_every_few_seconds() {
        assert_eq!(
            shown(false, Duration::from_secs(9)),
            "cortexscope: 12 of 310 crates built; a, b, c(build) …\n\
             cortexscope: 13 of 310 crates built; tract-core\n\
             \x1b[Kwarning: unused\n"
        );
        let quick = shown(false, Duration::from_millis(9));
        assert!(!quick.contains("13 of 310"), "{quick}");
        assert!(quick.contains("warning: unused"), "{quick}");
    }

    #[test]
    fn at_a_terminal_one_line_changes() {
        let shown = shown(true, Duration::from_millis(9));
        assert!(
            shown.contains("\r\x1b[K\x1b[Kwarning: unused\n"),
            "{shown:?}"
        );
        assert_eq!(shown.matches('\n').count(), 1, "{shown:?}");
        assert!(!shown.contains("Compiling"), "{shown:?}");
    }
}
