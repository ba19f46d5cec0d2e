//! The one way to the terminal: everything that commands print passes here.
//!
//! Names of layers, classes and files come from whoever made them, and a terminal obeys
//! control characters in them. So a [`Printer`] escapes whatever a terminal would obey,
//! but for the ends of lines and for the colours and weights that this program gives
//! its own text, where it gives any.

use std::fmt::Display;
use std::io::{self, Stderr, Stdout, Write};

use cortexscope_net::printable::printable_lines;
use cortexscope_present::terminal::Style;

/// Standard output.
pub(super) fn stdout() -> Printer<Stdout> {
    Printer {
        to: io::stdout(),
        has_colours: Style::of_stdout().colour,
    }
}

/// Standard error.
pub(super) fn stderr() -> Printer<Stderr> {
    Printer {
        to: io::stderr(),
        has_colours: Style::of_stderr().colour,
    }
}

/// Says a line on standard error, where nobody may be left to read it. `--quiet` does not leave it out: it is an error, a
/// fault that was found, or where the page is.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(stderr(), "{text}");
}

/// Writes text to a terminal, and nothing that commands it.
pub(super) struct Printer<W> {
    to: W,
    /// Whether the program's own styles pass.
    has_colours: bool,
}

impl<W: Write> Write for Printer<W> {
    /// Text comes whole: the formatting of the standard library gives one piece after the
    /// other, and cuts no character and no style.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut rest = &*text;
        while let Some(at) = rest.find(ESCAPE).filter(|_| self.has_colours) {
            let (before, from) = rest.split_at(at);
            self.to.write_all(printable_lines(before).as_bytes())?;
            let length = own_style(from).unwrap_or(0);
            let (style, after) = from.split_at(length);
            self.to.write_all(style.as_bytes())?;
            rest = after;
            if length == 0 {
                let (sign, after) = from.split_at(ESCAPE.len_utf8());
                self.to.write_all(printable_lines(sign).as_bytes())?;
                rest = after;
            }
        }
        self.to.write_all(printable_lines(rest).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

const ESCAPE: char = '\x1b';

/// Bytes of the style of this program with which `text` begins: a weight, a colour of 24
/// bits, or the end of these. Nothing among them hides text or moves the cursor.
fn own_style(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\x1b[")?;
    let end = codes.find('m')?;
    let codes: Vec<&str> = codes[..end].split(';').collect();
    let is_own = match *codes.as_slice() {
        // The logs' levels have the old colours, and their fields are italic.
        [code] => ["0", "1", "2", "3", "31", "32", "33", "34", "35", "49"].contains(&code),
        ["38" | "48", "2", red, green, blue] => [red, green, blue]
            .iter()
            .all(|level| level.parse::<u8>().is_ok()),
        _ => false,
    };
    is_own.then_some("\x1b[".len() + end + "m".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, has_colours: bool) -> String {
        let mut printer = Printer {
            to: Vec::new(),
            has_colours,
        };
        write!(printer, "{text}").unwrap();
        String::from_utf8(printer.to).unwrap()
    }

    const HOSTILE: [(&str, &str); 6] = [
        ("\x1b]0;owned\x07", "\\u{1b}]0;owned\\u{7}"),
        ("\x1b[2J\x1b[8m", "\\u{1b}[2J\\u{1b}[8m"),
        ("\x1b[38;2;1;2m", "\\u{1b}[38;2;1;2m"),
        ("\x1b[38;2;1;2;300m", "\\u{1b}[38;2;1;2;300m"),
        ("\x1b", "\\u{1b}"),
        ("a\u{202e}b\u{9b}31m\r\n", "a\\u{202e}b\\u{9b}31m\\r\n"),
    ];

    #[test]
    fn what_commands_a_terminal_is_escaped() {
        for has_colours in [false, true] {
            for (text, safe) in HOSTILE {
                assert_eq!(printed(text, has_colours), safe);
            }
        }
    }

    #[test]
    fn the_programs_own_styles_pass_where_there_are_colours() {
        let text = "\x1b[1mconv\x1b[0m \x1b[49m\x1b[38;2;1;2;255m▀\x1b[0m\n";
        assert_eq!(printed(text, true), text);
        assert!(!printed(text, false).contains(ESCAPE));
    }
}
