//! What a terminal can show.

use cortexscope_net::printable::printable;
use image::Rgb;

/// What a terminal can show, and how wide it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// 24-bit colour.
    pub colour: bool,
    /// Characters beyond ASCII.
    pub unicode: bool,
    /// Characters to a line.
    pub width: usize,
}

/// Width where none is known, as in a file or a pipe.
const DEFAULT_WIDTH: usize = 100;
/// Below this, tables and maps cannot be read.
const LEAST_WIDTH: usize = 60;

impl Style {
    /// What standard output can show: colours only on a terminal that says it
    /// has 24 bits of them (`COLORTERM`), and never under `NO_COLOR`.
    pub fn of_stdout() -> Self {
        Self::of(&console::Term::stdout())
    }

    /// What standard error can show.
    pub fn of_stderr() -> Self {
        Self::of(&console::Term::stderr())
    }

    fn of(terminal: &console::Term) -> Self {
        let columns = terminal.size_checked().map(|(_, columns)| columns.into());
        let variable = |name: &str| std::env::var(name).ok();
        Self::from_environment(terminal.is_term(), columns, &variable)
    }

    /// The same from what is known of a terminal; `variable` gives an
    /// environment variable.
    pub fn from_environment(
        is_terminal: bool,
        columns: Option<usize>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let deep = variable("COLORTERM").is_some_and(|depth| {
            ["truecolor", "24bit"].contains(&depth.to_ascii_lowercase().as_str())
        });
        let dumb = variable("TERM").is_some_and(|name| name == "dumb");
        // The first that is set decides, as POSIX has it.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|value| !value.is_empty());
        let unicode = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let unicode = unicode || cfg!(windows);
        Self {
            colour: is_terminal && deep && unicode && !dumb && !set("NO_COLOR"),
            unicode,
            width: columns
                .or_else(|| variable("COLUMNS")?.parse().ok())
                .unwrap_or(DEFAULT_WIDTH)
                .max(LEAST_WIDTH),
        }
    }

    /// Text in the characters that the terminal has. Control characters, which names
    /// from a model or a board can hold, become escapes.
    pub(super) fn text(self, text: &str) -> String {
        let text = printable(text);
        if self.unicode {
            return text.into_owned();
        }
        let mut plain = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '×' => plain.push('x'),
                '…' => plain.push_str(".."),
                '−' | '–' => plain.push('-'),
                '·' => plain.push('|'),
                '→' => plain.push_str("->"),
                '’' => plain.push('\''),
                ascii if ascii.is_ascii() => plain.push(ascii),
                _ => plain.push('?'),
            }
        }
        plain
    }

    /// A name or value that comes first.
    pub fn strong(self, text: &str) -> String {
        self.escaped("1", &self.text(text))
    }

    /// A statement or a caption.
    pub(super) fn dim(self, text: &str) -> String {
        self.escaped("2", &self.text(text))
    }

    /// A statement in lines no longer than the terminal is wide, broken
    /// between words.
    pub fn dim_lines(self, text: &str) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in self.text(text).split(' ') {
            let line = lines.last_mut().map_or(0, |line| line.chars().count());
            if line > 0 && line + 1 + word.chars().count() > self.width {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        lines.iter().map(|line| self.escaped("2", line)).collect()
    }

    /// Text in a colour, where there are colours.
    pub(super) fn coloured(self, Rgb([red, green, blue]): Rgb<u8>, text: &str) -> String {
        self.escaped(&format!("38;2;{red};{green};{blue}"), text)
    }

    fn escaped(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A bar of a share, 0 to 1, of `cells` characters; in eighths of a
    /// character where there are block characters.
    pub(super) fn bar(self, share: f64, cells: usize) -> String {
        const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let length = share.clamp(0.0, 1.0) * cells as f64;
        if !self.unicode {
            return "#".repeat(length.round() as usize);
        }
        let eighths = (length * 8.0).round() as usize;
        format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(is_terminal: bool, variables: &[(&str, &str)]) -> Style {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Style::from_environment(is_terminal, None, &variable)
    }

    const MODERN: [(&str, &str); 2] = [("COLORTERM", "truecolor"), ("LANG", "en_GB.UTF-8")];

    #[test]
    fn colour_needs_a_terminal_that_has_it_and_a_user_who_wants_it() {
        assert!(style(true, &MODERN).colour);
        assert!(!style(false, &MODERN).colour, "a pipe");
        assert!(!style(true, &MODERN[1..]).colour, "no COLORTERM");
        let refused = [MODERN[0], MODERN[1], ("NO_COLOR", "1")];
        assert!(!style(true, &refused).colour);
        let empty = [MODERN[0], MODERN[1], ("NO_COLOR", "")];
        assert!(style(true, &empty).colour, "an empty NO_COLOR is not set");
        let dumb = [MODERN[0], MODERN[1], ("TERM", "dumb")];
        assert!(!style(true, &dumb).colour);
    }

    #[test]
    fn the_locale_decides_on_characters() {
        assert!(style(true, &[("LANG", "C.UTF-8")]).unicode);
        let overruled = [("LANG", "C.UTF-8"), ("LC_ALL", "C")];
        assert_eq!(style(true, &overruled).unicode, cfg!(windows));
    }

    #[test]
    fn a_width_is_read_and_kept_legible() {
        assert_eq!(style(false, &[]).width, DEFAULT_WIDTH);
        assert_eq!(style(false, &[("COLUMNS", "132")]).width, 132);
        assert_eq!(style(false, &[("COLUMNS", "7")]).width, LEAST_WIDTH);
    }

    #[test]
    fn a_long_statement_is_broken_between_words() {
        let narrow = Style {
            colour: false,
            unicode: true,
            width: 9,
        };
        let lines = narrow.dim_lines("one scale for all maps");
        assert_eq!(lines, ["one scale", "for all", "maps"]);
    }

    #[test]
    fn no_name_commands_the_terminal() {
        let style = Style {
            colour: true,
            unicode: true,
            width: 80,
        };
        let name = "\x1b]0;owned\x07conv\n";
        let safe = "\\u{1b}]0;owned\\u{7}conv\\n";
        assert_eq!(style.text(name), safe);
        assert_eq!(style.strong(name), format!("\x1b[1m{safe}\x1b[0m"));
        assert_eq!(style.dim_lines(name), [format!("\x1b[2m{safe}\x1b[0m")]);
        let mut table = Vec::new();
        let columns = [super::super::Column::text("layer")];
        let rows = vec![vec![name.to_owned()]];
        super::super::write_table(&mut table, style, &columns, rows).unwrap();
        let table = String::from_utf8(table).unwrap();
        assert!(table.contains(safe), "{table:?}");
    }

    #[test]
    fn a_bar_has_eighths_of_a_character() {
        let unicode = Style {
            colour: false,
            unicode: true,
            width: 80,
        };
        assert_eq!(unicode.bar(0.5, 5), "██▌");
        assert_eq!(unicode.bar(1.7, 3), "███");
        let plain = Style {
            unicode: false,
            ..unicode
        };
        assert_eq!(plain.bar(0.5, 6), "###");
    }
}
