//! The files as they lie below a prefix: `bin` and `share`. Unpacked into `/usr/local`,
//! `~/.local` or a Python environment, every file is where the system looks for its kind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::board::Board;
use crate::firmware::{self, Firmware};
use crate::{command, workspace};

/// Where each shell looks for completions, and what the file is called there. No shell
/// has a place of its own for PowerShell's: a profile reads the script.
const COMPLETIONS: [(&str, &str); 4] = [
    ("bash", "share/bash-completion/completions/cortexscope"),
    ("zsh", "share/zsh/site-functions/_cortexscope"),
    ("fish", "share/fish/vendor_completions.d/cortexscope.fish"),
    (
        "powershell",
        "share/cortexscope/completions/cortexscope.ps1",
    ),
];

/// The documents of the repository that are packed.
const DOCUMENTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// A folder that is laid out like a prefix.
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The tree in the folder `root`, with nothing in it yet.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder of everything but the program.
    pub fn share(&self) -> PathBuf {
        self.root.join("share")
    }

    /// Puts the program in.
    pub fn put_program(&self, program: &Path) -> Result<()> {
        let name = program.file_name().context("a program has a name")?;
        self.copy(program, &Path::new("bin").join(name))
    }

    /// Puts in what `program` says of its own command line.
    pub fn put_pages_and_completions(&self, program: &Path) -> Result<()> {
        let pages = self.root.join("share/man/man1");
        command::run(Command::new(program).args(["--quiet", "man"]).arg(&pages))?;
        for (shell, file) in COMPLETIONS {
            let script = command::output(Command::new(program).args(["completions", shell]))?;
            self.write(Path::new(file), script.as_bytes())?;
        }
        Ok(())
    }

    /// Puts in the firmware of `board`, as an ELF file, where the program looks for it,
    /// as Intel hex, and as a UF2 file if it takes such files.
    pub fn put_firmware(&self, board: &Board, firmware: &Firmware) -> Result<()> {
        let elf = &firmware.elf;
        let name = elf.file_name().context("an ELF file has a name")?;
        let place = Path::new("share/cortexscope/firmware")
            .join(board.name)
            .join(name);
        self.copy(elf, &place)?;
        self.copy(&firmware.hex, &place.with_extension("hex"))?;
        match &firmware.uf2 {
            Some(uf2) => self.copy(uf2, &place.with_extension("uf2")),
            None => Ok(()),
        }
    }

    /// Puts in the firmware of a part and the shipped model `model` as the one file that is
    /// dragged onto its drive.
    pub fn put_whole(&self, board: &Board, firmware: &Firmware, model: &str) -> Result<()> {
        let read = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
        let image = workspace::root().join(format!("models/{model}/{model}.ctx"));
        let whole = firmware::whole(board, &read(&firmware.elf)?, &read(&image)?)?;
        let place = Path::new("share/cortexscope/firmware")
            .join(board.name)
            .join(format!("{}-{model}.hex", board.name));
        self.write(&place, whole.hex.as_bytes())?;
        match whole.uf2 {
            Some(uf2) => self.write(&place.with_extension("uf2"), &uf2),
            None => Ok(()),
        }
    }

    /// Puts in the documents: the repository's own, the licences of what others wrote,
    /// and what the compiler says of its standard library.
    pub fn put_documents(&self, third_party: &str) -> Result<()> {
        let folder = Path::new("share/doc/cortexscope");
        for name in DOCUMENTS {
            self.copy(&workspace::root().join(name), &folder.join(name))?;
        }
        self.write(&folder.join("THIRD-PARTY.txt"), third_party.as_bytes())?;
        let sysroot = command::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let library = Path::new(sysroot.trim()).join("share/doc/rust/COPYRIGHT-library.html");
        if library.is_file() {
            self.copy(&library, &folder.join("rust-library.html"))?;
        }
        Ok(())
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        let to = self.make_room(to)?;
        fs::copy(from, &to)
            .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        Ok(())
    }

    fn write(&self, to: &Path, bytes: &[u8]) -> Result<()> {
        let to = self.make_room(to)?;
        fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))
    }

    fn make_room(&self, place: &Path) -> Result<PathBuf> {
        let path = self.root.join(place);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        Ok(path)
    }
}
