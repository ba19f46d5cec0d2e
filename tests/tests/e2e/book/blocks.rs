//! The commands in a page of the book.
//!
//! A page shows them in fenced blocks of the kind `console`: a line that begins with `$ `
//! is a command, the lines after it are what it prints. A word after `console` says what
//! the block needs.

/// What a block needs beyond this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing, or an emulated board, which the other tests need as well.
    Nothing,
    /// Nothing, and the command must be refused.
    Refusal,
    /// A browser at the other end: the command serves a page until it is interrupted.
    Page,
    /// More than a test has: a part, a camera, a terminal, or minutes of building.
    People,
}

/// A command and what it prints.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    /// The line of the page that it stands in, from 1.
    pub line: usize,
    pub needs: Needs,
    pub command: String,
    pub output: Vec<String>,
}

/// The commands of a page, in their order.
///
/// # Panics
/// A block has a marker that there is not, or output before its first command.
pub fn commands(page: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut needs = None;
    let mut is_open = false;
    // A block in a list is indented.
    let mut indent = 0;
    for (index, text) in page.lines().enumerate() {
        let line = index + 1;
        if let Some(info) = text.trim_start().strip_prefix("```") {
            needs = if is_open { None } else { needs_of(info, line) };
            is_open = !is_open;
            indent = text.len() - text.trim_start().len();
        } else if let Some(needs) = needs {
            let text = text.get(indent..).unwrap_or_default();
            if let Some(command) = text.strip_prefix("$ ") {
                let command = command.to_owned();
                let output = Vec::new();
                commands.push(Shown {
                    line,
                    needs,
                    command,
                    output,
                });
            } else {
                let last = commands.last_mut();
                let last = last.unwrap_or_else(|| panic!("line {line}: output of no command"));
                last.output.push(text.trim_end().to_owned());
            }
        }
    }
    assert!(!is_open, "a block that does not end");
    commands
}

fn needs_of(info: &str, line: usize) -> Option<Needs> {
    let mut words = info.split_whitespace();
    if words.next() != Some("console") {
        return None;
    }
    Some(match words.next() {
        None => Needs::Nothing,
        Some("refused") => Needs::Refusal,
        Some("page") => Needs::Page,
        Some("by-hand") => Needs::People,
        Some(other) => panic!("line {line}: there is no marker `{other}`"),
    })
}

#[test]
fn a_block_has_commands_and_what_they_print() {
    let page = "text\n```console\n$ one --two\nthree\n$ four\n```\n```text\n$ five\n```\n\
                1. list\n\n   ```console refused\n   $ six\n     seven\n   ```\n";
    let shown = |line, needs, command: &str, output: &[&str]| Shown {
        line,
        needs,
        command: command.to_owned(),
        output: output.iter().map(|&line| line.to_owned()).collect(),
    };
    let expected = [
        shown(3, Needs::Nothing, "one --two", &["three"]),
        shown(5, Needs::Nothing, "four", &[]),
        shown(13, Needs::Refusal, "six", &["  seven"]),
    ];
    assert_eq!(commands(page), expected);
}
