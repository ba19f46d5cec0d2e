//! The last result of what runs by name alone, kept in the repository.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fmt, fs};

use anyhow::{Context, Result};

use crate::{command, workspace};

/// A file of results, one table for each thing that ran.
pub struct LastRuns {
    path: PathBuf,
    tables: toml::Table,
}

/// When and on what something ran.
pub struct Circumstances {
    /// The day in UTC, `2026-01-31`.
    date: String,
    /// The commit, with `-dirty` where files were changed.
    commit: String,
}

impl Circumstances {
    /// Takes them now, before a long run: what runs is what the checkout holds at its start.
    ///
    /// # Errors
    /// This is no checkout of Git, or there is no `date`.
    pub fn now() -> Result<Self> {
        let mut describe = Command::new("git");
        describe.current_dir(workspace::root()).args([
            "describe",
            "--always",
            "--dirty",
            "--abbrev=12",
            "--exclude=*",
        ]);
        Ok(Self {
            date: line(Command::new("date").args(["-u", "+%F"]))?,
            commit: line(&mut describe)?,
        })
    }
}

fn line(command: &mut Command) -> Result<String> {
    Ok(command::output(command)?.trim().to_owned())
}

impl LastRuns {
    /// Reads the file, which is below the workspace's root; it need not be there.
    ///
    /// # Errors
    /// It is no TOML.
    pub fn open(file: &str) -> Result<Self> {
        Self::read(workspace::root().join(file))
    }

    fn read(path: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let tables = text
            .parse()
            .with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Self { path, tables })
    }

    /// Puts a result in the place of the last one of that name, and writes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn replace(
        &mut self,
        name: &str,
        circumstances: &Circumstances,
        result: impl fmt::Display,
    ) -> Result<()> {
        let row = [
            ("date", circumstances.date.clone()),
            ("commit", circumstances.commit.clone()),
            ("result", result.to_string()),
        ];
        let row = row.map(|(key, value)| (key.to_owned(), value.into()));
        let table: toml::Table = row.into_iter().collect();
        self.tables.insert(name.to_owned(), table.into());
        write(&self.path, &self.tables).with_context(|| self.path.display().to_string())
    }
}

fn write(path: &Path, tables: &toml::Table) -> Result<()> {
    let text = toml::to_string(tables)?;
    fs::write(
        path,
        format!("# The last results; cargo xtask writes them.\n\n{text}"),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Circumstances, LastRuns};

    #[test]
    fn a_result_replaces_the_last_one_of_its_name_alone() {
        let name = format!("xtask-last-run-{}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        let on = |date: &str| Circumstances {
            date: date.to_owned(),
            commit: "0123456789ab".to_owned(),
        };
        let open = || LastRuns::read(path.clone()).unwrap();
        open().replace("a", &on("2026-01-01"), "10 inputs").unwrap();
        open().replace("b", &on("2026-01-02"), "20 inputs").unwrap();
        open().replace("a", &on("2026-01-03"), "30 inputs").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let tables: toml::Table = text.parse().unwrap();
        assert_eq!(tables["a"]["date"].as_str(), Some("2026-01-03"));
        assert_eq!(tables["a"]["result"].as_str(), Some("30 inputs"));
        assert_eq!(tables["b"]["commit"].as_str(), Some("0123456789ab"));
        std::fs::write(&path, "a = ").unwrap();
        assert!(LastRuns::read(path.clone()).is_err());
        std::fs::remove_file(path).unwrap();
    }
}
