//! Text from outside, made safe to print on a terminal.
//!
//! Names of layers, classes and boards come from files and from the wire. A terminal
//! obeys control characters in them: it may clear its screen, rename its window or
//! type a command. Bidirectional marks show text in another order than it has.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` in one line: each control character and each invisible mark becomes an
/// escape, as in `\u{1b}`. Text without any is given back as it is.
///
/// ```
/// use cortexscope_net::printable::printable;
///
/// assert_eq!(printable("conv1"), "conv1");
/// assert_eq!(printable("\x1b[2Jconv1\n"), "\\u{1b}[2Jconv1\\n");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, is_unprintable)
}

/// The same for a text of several lines: the ends of lines stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escape(text, |sign| sign != '\n' && is_unprintable(sign))
}

/// A document of JSON whose every sign can be printed: what JSON leaves as it is in a
/// string and a terminal obeys or hides becomes JSON's own escape, as in `\\u009b`. It
/// means the same document.
///
/// ```
/// use cortexscope_net::printable::printable_json;
///
/// assert_eq!(printable_json("{\n\"a\": \"\u{202e}b\"}"), "{\n\"a\": \"\\u202eb\"}");
/// ```
pub fn printable_json(text: &str) -> Cow<'_, str> {
    let is_unprintable = |sign| sign != '\n' && is_unprintable(sign);
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(2 * text.len());
    for sign in text.chars() {
        if is_unprintable(sign) {
            // All of them have four digits. Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(sign));
        } else {
            escaped.push(sign);
        }
    }
    Cow::Owned(escaped)
}

fn escape(text: &str, is_unprintable: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(2 * text.len());
    for sign in text.chars() {
        if is_unprintable(sign) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "{}", sign.escape_default());
        } else {
            escaped.push(sign);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal obeys `sign` or hides it.
fn is_unprintable(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            // Marks without width, marks of direction, line and paragraph ends.
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let title = "\x1b]0;owned\x07\u{9b}31m\r\t\u{7f}\u{202e}";
        let safe = printable(title);
        assert_eq!(
            safe,
            "\\u{1b}]0;owned\\u{7}\\u{9b}31m\\r\\t\\u{7f}\\u{202e}"
        );
        assert!(!safe.contains(char::is_control));
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        for text in ["", "conv1/Conv", "Überfluß 7×7 → 神経"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn lines_stay_lines_where_they_may() {
        assert_eq!(printable_lines("a\nb\x1b"), "a\nb\\u{1b}");
        assert_eq!(printable("a\nb"), "a\\nb");
    }
}
