//! Says what is about to be installed and why, and asks where somebody can answer.

use std::env;
use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result, bail};

/// Whether a person has to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// `--yes`, or a CI machine: nobody is asked.
    Given,
    /// Somebody is at a terminal.
    Ask,
    /// Nobody can answer, and nobody has agreed.
    Refused,
}

impl Consent {
    /// Finds out whether there is somebody to ask.
    pub fn new(yes: bool) -> Self {
        let is_ci = env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        Self::decide(yes || is_ci, is_terminal)
    }

    fn decide(yes: bool, is_terminal: bool) -> Self {
        match (yes, is_terminal) {
            (true, _) => Self::Given,
            (false, true) => Self::Ask,
            (false, false) => Self::Refused,
        }
    }

    /// Announces what `commands` are run for, and returns once they may be.
    ///
    /// # Errors
    /// Somebody said no, or nobody could be asked.
    pub fn obtain(self, why: &str, commands: &[String]) -> Result<()> {
        eprintln!("{why}");
        for command in commands {
            eprintln!("    {command}");
        }
        match self {
            Self::Given => Ok(()),
            Self::Refused => bail!("not done: nobody is at a terminal to agree; pass --yes"),
            Self::Ask => {
                eprint!("Run this? [Y/n] ");
                io::stderr().flush().context("the terminal is gone")?;
                let mut answer = String::new();
                io::stdin()
                    .read_line(&mut answer)
                    .context("the terminal is gone")?;
                if is_yes(&answer) {
                    Ok(())
                } else {
                    bail!("not done, as you say")
                }
            }
        }
    }
}

/// An empty line is the default, yes; an end of input is not an answer.
fn is_yes(answer: &str) -> bool {
    answer.ends_with('\n')
        && matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "" | "y" | "yes"
        )
}

#[cfg(test)]
mod tests {
    use super::{Consent, is_yes};

    #[test]
    fn yes_asks_nobody_and_a_pipe_agrees_to_nothing() {
        assert_eq!(Consent::decide(true, true), Consent::Given);
        assert_eq!(Consent::decide(true, false), Consent::Given);
        assert_eq!(Consent::decide(false, true), Consent::Ask);
        assert_eq!(Consent::decide(false, false), Consent::Refused);
        assert!(Consent::Refused.obtain("", &[]).is_err());
    }

    #[test]
    fn only_yes_is_yes() {
        for yes in ["\n", "y\n", "Y\n", "yes\r\n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "n\n", "no\n", "what?\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
