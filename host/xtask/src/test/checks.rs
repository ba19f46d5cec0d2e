//! What is checked, in the order in which it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::board::{self, Board, Engine, boards};
use crate::command::{self, cargo, run};
use crate::last_run::{Circumstances, LastRuns};
use crate::test::emulated_parts::{self, Emulator};
use crate::test::{dist, long_verify, no_panic, one_build, slurm};
use crate::{firmware, fuzz, licences, setup, workspace};

/// How long each fuzz target runs as a check.
const FUZZ_SECONDS: u32 = 20;

/// What the names of the checks begin with that build firmware.
pub const FIRMWARE: &str = "firmware ";

/// A named check.
pub struct Check {
    /// Its name, as the summary and the filters have it.
    pub name: String,
    /// It takes longer than people wait for: it runs where a filter names it.
    pub only_by_name: bool,
    /// Where it runs.
    pub place: Place,
    /// It boots boards: it begins when their firmware is built.
    pub wants_firmware: bool,
    action: Box<dyn Fn() -> Result<Outcome>>,
}

/// Where a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// After the others, with its output on the terminal.
    Here,
    /// Beside them, in a program of its own: it builds in a folder of its own, or only what
    /// the tests build too.
    Aside,
}

/// How a check ended that did not fail.
pub enum Outcome {
    /// It found nothing wrong.
    Passed,
    /// It was not run: why not, and what to do.
    NotRun(&'static str),
}

impl Check {
    fn new(name: impl Into<String>, action: impl Fn() -> Result<()> + 'static) -> Self {
        Self {
            name: name.into(),
            only_by_name: false,
            place: Place::Here,
            wants_firmware: false,
            action: Box::new(move || action().map(|()| Outcome::Passed)),
        }
    }

    /// Gives a check that runs beside others.
    fn aside(name: impl Into<String>, action: impl Fn() -> Result<()> + 'static) -> Self {
        Self {
            place: Place::Aside,
            ..Self::new(name, action)
        }
    }

    /// Has it wait for the firmware of all boards.
    fn with_firmware(self) -> Self {
        Self {
            wants_firmware: true,
            ..self
        }
    }

    /// Leaves it out where no filter names it.
    fn only_by_name(self) -> Self {
        Self {
            only_by_name: true,
            ..self
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// It failed, or it could not be run: no check is skipped in silence.
    pub fn run(&self) -> Result<Outcome> {
        (self.action)()
    }
}

/// Gives every check: of each place, in the order in which they run. `data` is the folder
/// of outside data.
pub fn all(data: Option<&Path>) -> Vec<Check> {
    let mut checks = vec![
        Check::new("lock file", lock_file),
        Check::new("one build", one_build),
        Check::new("format", || run(cargo().args(["fmt", "--all", "--check"]))),
        Check::new("licences", licences::check),
        // The end-to-end tests boot the boards and look at the live page. Without one of
        // them, the tests that need it fail and say so, and no others.
        Check::new("set-up", setup::for_tests),
    ];
    for (board, engine) in firmwares() {
        let name = format!("{FIRMWARE}{}{}", board.name, engine.suffix());
        checks.push(Check::aside(name, move || build(&board, engine)));
    }
    checks.push(Check::aside(format!("{FIRMWARE}small"), || {
        let board = Board::find(board::DEFAULT).map_err(anyhow::Error::msg)?;
        build(&board, Engine::Small)
    }));
    checks.push(Check::aside("no panic", no_panic::check));
    for (board, engine) in firmwares() {
        let name = |what| format!("{what} {}{}", board.name, engine.suffix());
        checks.push(Check::aside(name("clippy"), move || {
            board_clippy(&board, engine)
        }));
        if engine == Engine::Static {
            checks.push(Check::aside(name("docs"), move || board_docs(&board)));
        }
    }
    checks.extend([
        Check::aside("source", source),
        Check::aside("windows", windows),
        Check::aside("address sanitizer", || run(&mut sanitised_kernels())),
        Check::aside("clippy of the fuzz targets", || {
            run(strict_clippy(&mut fuzz::clippy()))
        }),
        Check::new("clippy host", || {
            run(strict_clippy(host("clippy").arg("--all-targets")))
        }),
        Check::new("docs host", || run(strict_docs(&mut host("doc")))),
        // The boards that they boot may still be on their way.
        Check::new("test programs", || run(host("test").arg("--no-run"))),
        Check::new("tests", || run(host("test").arg("--no-fail-fast"))).with_firmware(),
    ]);
    checks.extend(Emulator::ALL.map(|(board, emulator)| emulated_part(board, emulator)));
    checks.extend([
        Check::aside("dist", dist::check),
        tests_on_outside_data(data),
        Check::new("training", training).only_by_name(),
        Check::new("slurm", in_parts).only_by_name(),
        Check::new("fuzz", || {
            fuzz::briefly(FUZZ_SECONDS)?;
            fuzz::coverage(&[])
        })
        .only_by_name(),
    ]);
    checks.extend(long_verify::without_part().map(|board| {
        let verify = move || long_verify::check(board, &program()?);
        Check::new(format!("verify {board}"), verify).only_by_name()
    }));
    checks
}

/// Looks at the source itself: which crate uses which, circles of modules, retired
/// words. A workspace of its own, so that what it needs changes no other package.
fn source() -> Result<()> {
    let manifest = workspace::root().join("tests/source/Cargo.toml");
    let mut format = cargo();
    run(format
        .arg("fmt")
        .args(["--check", "--manifest-path"])
        .arg(&manifest))?;
    let mut test = locked("test");
    run(test
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(workspace::root().join("target/source")))
}

/// The tests that read models and photographs which this repository may not ship, and
/// those that take minutes. They are ignored by default, and they are the only ones that
/// are.
fn tests_on_outside_data(data: Option<&Path>) -> Check {
    const NAME: &str = "tests on outside data";
    let Some(folder) = data.map(Path::to_owned) else {
        return Check {
            action: Box::new(|| {
                Ok(Outcome::NotRun(
                    "they need models and photographs; give their folder with `--data DIR`",
                ))
            }),
            ..Check::new(NAME, || Ok(()))
        };
    };
    Check::aside(NAME, move || {
        setup::emulator::find()?;
        run(host("test")
            .arg("--no-fail-fast")
            // Library, programs and integration tests: no examples of the documentation.
            .arg("--tests")
            .args(["--", "--ignored"])
            .env("CORTEXSCOPE_TEST_DATA", &folder))
    })
}

/// The recipe that trains the shipped networks.
const TRAINING: &str = "cortexscope-train";

/// Gives a cargo command on every package that is neither a board nor the training. In
/// one command, so that what they share is built once, with one set of features.
fn host(subcommand: &str) -> Command {
    let mut cargo = locked(subcommand);
    cargo.args(["--workspace", "--exclude", TRAINING]);
    for board in boards() {
        cargo.args(["--exclude", board.name]);
    }
    cargo
}

/// Lints and tests the training. Its deep-learning framework is a fifth of all crates,
/// and changes the features of those that it shares with the others, tract among them:
/// with it, everything would be built for its sake. What it made is in the repository.
fn training() -> Result<()> {
    let on = |subcommand| {
        let mut cargo = locked(subcommand);
        cargo.args(["--package", TRAINING]);
        cargo
    };
    let circumstances = Circumstances::now()?;
    run(strict_clippy(on("clippy").arg("--all-targets")))?;
    run(strict_docs(&mut on("doc")))?;
    run(&mut on("test"))?;
    LastRuns::open("models/train/last-run.toml")?.replace(
        TRAINING,
        &circumstances,
        "clippy, documentation and tests passed",
    )
}

/// Builds the program and has it talk to a board that somebody else's emulator runs.
fn emulated_part(board: &'static str, emulator: Emulator) -> Check {
    let action = move || {
        if let Some(missing) = emulated_parts::MISSING {
            return Ok(Outcome::NotRun(missing));
        }
        emulated_parts::check(board, emulator, &program()?)?;
        Ok(Outcome::Passed)
    };
    Check {
        action: Box::new(action),
        ..Check::aside(format!("emulated {board}"), || Ok(()))
    }
}

/// Builds the program and has a Slurm on this machine run a study in parts with it.
fn in_parts() -> Result<()> {
    slurm::check(&program()?)
}

/// Builds the program and gives its path.
fn program() -> Result<PathBuf> {
    run(locked("build").args(["--package", "cortexscope"]))?;
    let folder = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Ok(workspace::root().join(folder).join("debug/cortexscope"))
}

/// The target that the program is type-checked for beside this machine's own.
const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// Type-checks the program for Windows.
///
/// Nothing is linked, so nobody needs what build scripts make of C and assembler.
/// They are given `true` as compiler and archiver, which do nothing: without it the
/// check would ask for a cross compiler. A compiler cache would refuse such a
/// compiler, so none is used.
fn windows() -> Result<()> {
    setup::standard_library(WINDOWS)?;
    let mut check = locked("check");
    check.args(["--package", "cortexscope", "--target", WINDOWS]);
    for tool in ["CC", "CXX", "AR"] {
        check.env(format!("{tool}_{}", WINDOWS.replace('-', "_")), "true");
    }
    run(check.env("RUSTC_WRAPPER", ""))
}

/// Gives the tests of the kernels, fast beside slow, with overflow checks and under
/// AddressSanitizer. The standard library is not instrumented; the kernels are, and
/// they are inlined into what the tests call.
fn sanitised_kernels() -> Command {
    let mut cargo = locked("test");
    cargo
        .args([
            "--package",
            "cortexscope-core",
            "--package",
            "cortexscope-simd",
            "--lib",
        ])
        .args(["--target", "host-tuple"])
        .arg("--target-dir")
        .arg(workspace::root().join("target/sanitizer"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zsanitizer=address");
    cargo
}

fn locked(subcommand: &str) -> Command {
    let mut cargo = cargo();
    cargo.args([subcommand, "--locked"]);
    cargo
}

fn strict_clippy(cargo: &mut Command) -> &mut Command {
    cargo.args(["--", "--deny", "warnings"])
}

fn strict_docs(cargo: &mut Command) -> &mut Command {
    cargo
        .arg("--no-deps")
        .env("RUSTDOCFLAGS", "--deny warnings")
}

fn lock_file() -> Result<()> {
    command::output(locked("metadata").args(["--format-version", "1"]))?;
    println!("Cargo.lock is complete and current");
    Ok(())
}

fn one_build() -> Result<()> {
    let of = |package| {
        let mut tree = locked("tree");
        tree.args(["--package", package]);
        tree
    };
    one_build::check(of("xtask"), of("cortexscope"), host("tree"))
}

/// Every board with every engine that it has, those of tract last: they set up another
/// compiler, which then builds what rustup has no library for yet, in other bytes.
fn firmwares() -> impl Iterator<Item = (Board, Engine)> {
    let all = boards().flat_map(|board| board.engines.iter().map(move |&engine| (board, engine)));
    let (own, others): (Vec<_>, Vec<_>) = all.partition(|&(_, engine)| engine == Engine::Static);
    own.into_iter().chain(others)
}

fn build(board: &Board, engine: Engine) -> Result<()> {
    let toolchain = setup::toolchain(board.target(engine))?;
    firmware::build(board, engine, &toolchain, None)?.print();
    Ok(())
}

fn board_clippy(board: &Board, engine: Engine) -> Result<()> {
    let target = board.target(engine);
    let mut clippy = setup::toolchain(target)?.cargo("clippy", target)?;
    if let Some(feature) = engine.feature() {
        clippy.args(["--features", feature]);
    }
    // Path dependencies are linted with the board: the runtime, probe, core and wire.
    run(strict_clippy(clippy.args(["--package", board.name])))
}

fn board_docs(board: &Board) -> Result<()> {
    let target = board.target(Engine::Static);
    let mut doc = setup::toolchain(target)?.cargo("doc", target)?;
    run(strict_docs(doc.args([
        "--package",
        board.name,
        "--package",
        "cortexscope-rt",
    ])))
}
