//! Which compiler builds firmware: the rustup toolchain where its target can be
//! had, Debian's complete compiler with the library's source where it cannot.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, tools, workspace};

/// A compiler that can build for a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The toolchain that runs now, with the target's library installed.
    Rustup,
    /// Debian's compiler; it builds the target's library from source, and links
    /// with the rustup toolchain's linker.
    Debian {
        /// The folder of its programs.
        bin: PathBuf,
        /// The folder of rustup's `rust-lld`.
        linker_dir: PathBuf,
    },
}

/// What this machine has, as far as the choice of a toolchain needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The target's library is installed in the toolchain that runs now.
    pub target: bool,
    /// There is a `rustup`.
    pub rustup: bool,
    /// Debian's compiler, cargo and library source are there and new enough.
    pub debian: bool,
    /// The toolchain that runs now brings `rust-lld`.
    pub rust_lld: bool,
    /// There is an `apt-get`.
    pub apt: bool,
}

/// What to do next to have a toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The rustup toolchain is ready.
    UseRustup,
    /// `rustup target add`.
    AddTarget,
    /// Debian's toolchain is ready.
    UseDebian,
    /// Install or unpack the packages of Debian's toolchain.
    SetUpDebian,
    /// Nothing is left to try.
    GiveUp,
}

/// Decides what to do next. What is there goes before what has to be fetched, and
/// rustup before Debian. `target_refused` says that the target could not be added.
pub fn next(found: Found, target_refused: bool) -> Next {
    if found.target {
        Next::UseRustup
    } else if found.debian && found.rust_lld {
        Next::UseDebian
    } else if found.rustup && !target_refused {
        Next::AddTarget
    } else if found.apt && found.rust_lld && !found.debian {
        Next::SetUpDebian
    } else {
        Next::GiveUp
    }
}

/// Where Debian installs its programs. They are named in full: rustup's have the same
/// names and come first on the path.
const DEBIAN_BIN: &str = "/usr/bin";

/// The folder of the project's tools that Debian's programs are in where their packages
/// are unpacked and not installed.
pub const DEBIAN_FOLDER: &str = "debian-rust";

/// What firmware is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A target of rustc's; rustup has its core library.
    Core(Core),
    /// The target of `firmware/tract`, with a std that is built from its source.
    Std,
}

/// A processor core, as the compiler names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Core {
    /// Its target.
    pub target: &'static str,
    /// What it is called where the target alone leaves out what it can do.
    pub cpu: Option<&'static str>,
}

impl Core {
    /// The compiler's flag for it, where it takes one.
    pub fn flag(self) -> Option<String> {
        self.cpu.map(|cpu| format!("-Ctarget-cpu={cpu}"))
    }
}

/// The target of `firmware/tract`: the name of its specification, without `.json`.
const STD_TARGET: &str = "thumbv7em-std-eabihf";

impl Target {
    /// Its name, as compilers and target folders have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core(core) => core.target,
            Self::Std => STD_TARGET,
        }
    }

    /// The Cargo profile that firmware for it is built with.
    pub fn profile(self) -> &'static str {
        match self {
            Self::Core(_) => "firmware",
            Self::Std => "firmware-tract",
        }
    }

    /// What rustup calls what is missing, as its subcommand has it.
    pub fn rustup_arguments(self) -> [&'static str; 3] {
        match self {
            Self::Core(core) => ["target", "add", core.target],
            Self::Std => ["component", "add", "rust-src"],
        }
    }

    /// Adds what building for it takes to a cargo command.
    fn configure(self, cargo: &mut Command) {
        if let Self::Core(core) = self {
            if let Some(flag) = core.flag() {
                let target = core.target.replace(['-', '.'], "_").to_uppercase();
                cargo.env(format!("CARGO_TARGET_{target}_RUSTFLAGS"), flag);
            }
            return;
        }
        let prefix = STD_TARGET.replace('-', "_");
        cargo
            .args(["-Zjson-target-spec", "-Zbuild-std=std,panic_abort"])
            .arg("-Zbuild-std-features=compiler-builtins-mem")
            // Unstable flags, on a release compiler.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
            // No text for panics and debug formatting: half a megabyte of flash.
            .env("RUSTFLAGS", "-Zlocation-detail=none -Zfmt-debug=none")
            // tract assembles kernels for every Arm target. These are for another
            // kind of core; an int8 network never calls them.
            .env(format!("CC_{prefix}"), assembler(ASSEMBLER))
            .env(format!("AR_{prefix}"), assembler("arm-none-eabi-ar"))
            .env(
                format!("CFLAGS_{prefix}"),
                "-march=armv7-a -mfloat-abi=hard",
            );
    }
}

/// What assembles tract's kernels.
pub const ASSEMBLER: &str = "arm-none-eabi-gcc";

/// The folder of the project's tools that it is in where it is not installed.
pub const ASSEMBLER_FOLDER: &str = "gcc-arm-none-eabi";

fn assembler(program: &str) -> PathBuf {
    tools::find(program, ASSEMBLER_FOLDER).unwrap_or_else(|| program.into())
}

/// Looks for what can build for `target`.
///
/// # Errors
/// There is no working `rustc` at all.
pub fn look(target: Target) -> Result<Found> {
    Ok(Found {
        target: match target {
            Target::Core(core) => has_target(core.target)?,
            Target::Std => has_library_source()?,
        },
        rustup: command::find("rustup").is_some(),
        debian: debian_bin().is_some(),
        rust_lld: linker_dir()?.is_some(),
        apt: command::find("apt-get").is_some(),
    })
}

fn has_target(target: &str) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    let folder = command::output(rustc.args(["--print", "target-libdir", "--target", target]))?;
    let Ok(mut entries) = Path::new(folder.trim()).read_dir() else {
        return Ok(false);
    };
    Ok(entries.any(|entry| {
        entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
    }))
}

fn has_library_source() -> Result<bool> {
    let sysroot = command::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(has_source(&sysroot, "std"))
}

/// Gives the folder of Debian's programs: compiler, cargo and the library's source, if
/// they are there and new enough.
pub fn debian_bin() -> Option<PathBuf> {
    let folders = [DEBIAN_BIN.into(), tools::dir().join(DEBIAN_FOLDER)];
    folders.into_iter().find(|bin| is_debian(bin))
}

fn is_debian(bin: &Path) -> bool {
    let programs = ["rustc", "cargo", "rustdoc", "cargo-clippy"];
    if !programs.iter().all(|program| bin.join(program).is_file()) {
        return false;
    }
    let rustc = |args: &[&str]| {
        let mut rustc = Command::new(bin.join("rustc"));
        // rustup's cargo sets it to its own libraries.
        command::output(rustc.args(args).env_remove("LD_LIBRARY_PATH")).ok()
    };
    let version = rustc(&["--version"]).and_then(|version| version_of(&version));
    let is_new =
        version.is_some_and(|have| Some(have) >= version_of(env!("CARGO_PKG_RUST_VERSION")));
    let sysroot = rustc(&["--print", "sysroot"]);
    is_new && sysroot.is_some_and(|sysroot| has_source(&sysroot, "core"))
}

/// Whether the source of a library is in what `rustc --print sysroot` says.
fn has_source(sysroot: &str, library: &str) -> bool {
    let folder = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    folder.join(library).join("src/lib.rs").is_file()
}

/// Gives major and minor version of the first word that looks like one.
pub fn version_of(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

/// Gives the LLVM's major version that `rustc -vV` names.
pub fn llvm_major(version: &str) -> Option<u32> {
    let line = version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))?;
    line.split('.').next()?.parse().ok()
}

/// Gives the folder of the running toolchain's `rust-lld`, if it brings one.
///
/// # Errors
/// There is no working `rustc` at all.
pub fn linker_dir() -> Result<Option<PathBuf>> {
    let folder = tool_dir()?;
    Ok(folder.join("rust-lld").is_file().then_some(folder))
}

/// Gives the folder in which the running toolchain keeps its linker and LLVM's tools.
///
/// # Errors
/// There is no working `rustc` at all.
pub fn tool_dir() -> Result<PathBuf> {
    let sysroot = command::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let host = command::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    Ok(Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host.trim())
        .join("bin"))
}

impl Toolchain {
    /// Gives `cargo SUBCOMMAND` for firmware, on one board's target, in a target
    /// folder of this toolchain's own.
    ///
    /// # Errors
    /// The path cannot be extended by the linker's folder.
    pub fn cargo(&self, subcommand: &str, target: Target) -> Result<Command> {
        let mut cargo = match self {
            Self::Rustup => command::cargo(),
            Self::Debian { bin, linker_dir } => debian_cargo(subcommand, bin, linker_dir)?,
        };
        cargo.args([subcommand, "--profile", target.profile(), "--target"]);
        match (self, target) {
            (_, Target::Std) => {
                cargo.arg(workspace::root().join(format!("firmware/tract/{STD_TARGET}.json")));
            }
            (Self::Rustup, Target::Core(core)) => {
                cargo.arg(core.target);
            }
            (Self::Debian { .. }, Target::Core(core)) => {
                cargo.args([core.target, "-Zbuild-std=core"]);
            }
        }
        target.configure(&mut cargo);
        cargo.arg("--target-dir").arg(self.target_dir());
        Ok(cargo)
    }

    /// Where it puts the program of `package`, built for `target`.
    pub fn artefact(&self, target: Target, package: &str) -> PathBuf {
        self.target_dir()
            .join(target.name())
            .join(target.profile())
            .join(package)
    }

    /// Where this toolchain builds. Each has its own folder: compilers do not
    /// share what they built.
    fn target_dir(&self) -> PathBuf {
        let folder = match self {
            Self::Rustup => "build-rustup",
            Self::Debian { .. } => "build-debian",
        };
        workspace::firmware_dir().join(folder)
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rustup => "the rustup toolchain",
            Self::Debian { .. } => "Debian's compiler, with the library built from source",
        })
    }
}

fn debian_cargo(subcommand: &str, bin: &Path, linker_dir: &Path) -> Result<Command> {
    // `cargo clippy` would find rustup's clippy first.
    let program = if subcommand == "clippy" {
        "cargo-clippy"
    } else {
        "cargo"
    };
    let mut cargo = Command::new(bin.join(program));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [bin.to_owned(), linker_dir.to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    cargo
        .current_dir(workspace::root())
        .env(
            "PATH",
            env::join_paths(folders).context("a folder's name on PATH has a colon in it")?,
        )
        .env("CARGO", bin.join("cargo"))
        .env("RUSTC", bin.join("rustc"))
        .env("RUSTDOC", bin.join("rustdoc"))
        // For -Zbuild-std, on a release compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        // rustup's cargo sets it to its own libraries.
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("RUSTUP_TOOLCHAIN");
    Ok(cargo)
}

#[cfg(test)]
mod tests {
    use super::{Found, Next, llvm_major, next, version_of};

    const USERS_MACHINE: Found = Found {
        target: false,
        rustup: true,
        debian: false,
        rust_lld: true,
        apt: true,
    };

    #[test]
    fn an_ordinary_machine_adds_the_target() {
        assert_eq!(next(USERS_MACHINE, false), Next::AddTarget);
        assert_eq!(
            next(
                Found {
                    target: true,
                    ..USERS_MACHINE
                },
                false
            ),
            Next::UseRustup
        );
    }

    #[test]
    fn where_no_target_can_be_fetched_debian_steps_in() {
        assert_eq!(next(USERS_MACHINE, true), Next::SetUpDebian);
        assert_eq!(
            next(
                Found {
                    debian: true,
                    ..USERS_MACHINE
                },
                true
            ),
            Next::UseDebian
        );
        let elsewhere = Found {
            apt: false,
            ..USERS_MACHINE
        };
        assert_eq!(next(elsewhere, true), Next::GiveUp);
    }

    #[test]
    fn what_is_there_is_not_fetched_again() {
        assert_eq!(
            next(
                Found {
                    debian: true,
                    ..USERS_MACHINE
                },
                false
            ),
            Next::UseDebian
        );
        let both = Found {
            debian: true,
            target: true,
            ..USERS_MACHINE
        };
        assert_eq!(next(both, false), Next::UseRustup);
    }

    #[test]
    fn debian_needs_rustups_linker() {
        let without = Found {
            rust_lld: false,
            ..USERS_MACHINE
        };
        assert_eq!(next(without, true), Next::GiveUp);
        assert_eq!(
            next(
                Found {
                    debian: true,
                    ..without
                },
                true
            ),
            Next::GiveUp
        );
        assert_eq!(
            next(
                Found {
                    debian: true,
                    ..without
                },
                false
            ),
            Next::AddTarget
        );
    }

    #[test]
    fn every_choice_ends() {
        for bits in 0..32u8 {
            let bit = |index: u8| bits >> index & 1 == 1;
            let found = Found {
                target: bit(0),
                rustup: bit(1),
                debian: bit(2),
                rust_lld: bit(3),
                apt: bit(4),
            };
            assert_ne!(next(found, true), Next::AddTarget, "{found:?}");
        }
    }

    #[test]
    fn reads_versions() {
        assert_eq!(
            version_of("rustc 1.96.0 (ac68faa20 2026-05-25)"),
            Some((1, 96))
        );
        assert_eq!(version_of("1.95"), Some((1, 95)));
        assert_eq!(version_of("unknown"), None);
        assert_eq!(
            llvm_major("release: 1.95.0\nLLVM version: 22.1.2"),
            Some(22)
        );
        assert_eq!(llvm_major("release: 1.95.0"), None);
    }
}
