//! The book and the README: every command in them runs and prints what they show.
//!
//! The commands of a page run one after the other in a folder of their own, in which
//! `models` and `docs` are those of the checkout. Shown output is compared; `…` stands for
//! what differs from machine to machine.

mod blocks;
mod image_format;
mod messages;
mod methods;
mod output;

use anyhow::{Context, ensure};
use blocks::{Needs, Shown, commands};
use cortexscope_tests::live_server::Server;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Commands of `by-hand` blocks, which these tests do not run, and why.
const BY_HAND: &[(&str, &str)] = &[
    ("cargo demo", "builds, and stays on the live page"),
    ("cargo xtask test", "runs this test"),
    ("cargo xtask firmware --board mps2-an386", "was run before"),
    ("cargo xtask firmware --board stm32f405", "was run before"),
    (
        "cargo install --locked --path host/cli",
        "builds for minutes",
    ),
    (
        "cargo install probe-rs-tools --locked",
        "builds for minutes",
    ),
    ("cortexscope flash --board stm32f405", "needs a part"),
    (
        "cortexscope flash --board stm32f405 --model lecture-lenet",
        "needs a part",
    ),
    (
        "cortexscope infer mnist:17 --board stm32f405 --port /dev/ttyUSB0",
        "needs a part",
    ),
    (
        "cortexscope live --board stm32f405 --serial /dev/ttyUSB0",
        "needs a part",
    ),
    ("cargo xtask firmware --board pico2", "was run before"),
    ("cargo xtask firmware --board pico", "was run before"),
    (
        "cargo xtask firmware --board microbit-v2 --model models/lecture-lenet/lecture-lenet.ctx",
        "builds firmware",
    ),
    ("cortexscope flash --board pico2", "needs a part"),
    (
        "cortexscope flash --board pico2 --model lecture-lenet",
        "needs a part",
    ),
    (
        "cortexscope flash --board pico2 --model lecture-lenet --with-firmware",
        "needs a part",
    ),
    (
        "cortexscope flash --board pico --model lecture-lenet --with-firmware",
        "needs a part",
    ),
    (
        "cargo xtask firmware --board microbit --model models/lecture-lenet/lecture-lenet.ctx",
        "builds firmware",
    ),
    ("cortexscope flash --board microbit", "needs a part"),
    (
        "cortexscope flash --board microbit --model lecture-lenet",
        "needs a part",
    ),
    (
        "cortexscope infer mnist:17 --board microbit --port /dev/ttyACM0 --baud 115200",
        "needs a part",
    ),
    (
        "cortexscope live --board microbit --serial /dev/ttyACM0 --baud 115200",
        "needs a part",
    ),
    (
        "cargo xtask dist",
        "builds for minutes; `cargo xtask test dist` does it",
    ),
    (
        "tar --extract --file cortexscope-v0.1.0-x86_64-unknown-linux-gnu.tar.gz --strip-components 1 --directory ~/.local",
        "installs; `cargo xtask test dist` does it elsewhere",
    ),
    ("python3 -m venv scope", "`cargo xtask test dist` does it"),
    (
        "scope/bin/pip install cortexscope-0.1.0-py3-none-linux_x86_64.whl",
        "`cargo xtask test dist` does it",
    ),
    (
        "scope/bin/cortexscope infer mnist:18 --board native",
        "`cargo xtask test dist` does it",
    ),
    (
        "cortexscope completions bash > ~/.local/share/bash-completion/completions/cortexscope",
        "needs a shell; the command's own test writes each script",
    ),
    (
        "cortexscope completions zsh > ~/.zfunc/_cortexscope",
        "needs a shell; the command's own test writes each script",
    ),
    (
        "cortexscope completions fish > ~/.config/fish/completions/cortexscope.fish",
        "needs a shell; the command's own test writes each script",
    ),
    (
        "cortexscope completions powershell >> $PROFILE",
        "needs a shell; the command's own test writes each script",
    ),
    ("cortexscope boards --watch", "goes on until Ctrl-C"),
    (
        "cortexscope infer mnist:17 --board pico2 --port /dev/ttyACM0",
        "needs a part",
    ),
    (
        "cortexscope live --board pico2 --serial /dev/ttyACM0",
        "needs a part",
    ),
    (
        "cortexscope infer mnist:17 --board pico --port /dev/ttyACM0",
        "needs a part",
    ),
    (
        "cortexscope infer mnist:17 --board microbit-v2 --port /dev/ttyACM0 --baud 115200",
        "needs a part",
    ),
    (
        "cortexscope live --board native --tui",
        "needs a terminal; `live::terminal` has one",
    ),
    (
        "sbatch cortexscope.sbatch attack pgd lenet5 --data mnist --eps 0.1,0.3",
        "needs Slurm; `cargo xtask test slurm` runs the script",
    ),
    (
        "sbatch --array=3 cortexscope.sbatch attack pgd lenet5 --data mnist --eps 0.1,0.3",
        "needs Slurm; `cargo xtask test slurm` runs the script",
    ),
    (
        "cortexscope merge parts -o whole",
        "joins what Slurm made; `shards` joins parts",
    ),
    ("cortexscope gallery -o gallery/", "`gallery` runs it"),
    (
        "cortexscope brain trials LOG.csv",
        "needs people; `trials` gives it a log without them",
    ),
    (
        "cortexscope brain autoencode -o autoencoders",
        "judges 70 networks; `brain` judges two of them",
    ),
    (
        "cortexscope brain demo -o brain",
        "takes a minute or two; `brain` runs it with recorded neurons",
    ),
    (
        "cortexscope brain demo --data DIR -o v4",
        "needs recorded neurons; `brain` has some",
    ),
    (
        "cortexscope brain fit --features alexnet_conv.onnx:relu3 --images images.zip --responses rates.npy --train 0..600 --test 600..1200 --readout factorised --seed 1 -o fit",
        "needs recorded neurons; `brain` has some",
    ),
    (
        "cortexscope brain control stretch --fit fit --neuron 3 --seeds 5 --judge other-fit -o control",
        "needs recorded neurons; `brain` has some",
    ),
    (
        "cortexscope brain compare alexnet_conv.onnx --images images.npz:images --rdm brain.npz:it -o compare",
        "needs recorded brains; `brain` has some",
    ),
];

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the checkout")
}

/// Runs the commands of a page.
fn run(page: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(root().join(page)).context(page.to_owned())?;
    let folder = tempfile::tempdir()?;
    for name in ["models", "docs"] {
        std::os::unix::fs::symlink(root().join(name), folder.path().join(name))?;
    }
    let mut found = Vec::new();
    for shown in commands(&text) {
        if let Err(error) = check(&shown, folder.path()) {
            found.push(format!("{page}:{}: {error:#}", shown.line));
        }
    }
    ensure!(found.is_empty(), "\n{}", found.join("\n\n"));
    Ok(())
}

fn check(shown: &Shown, folder: &Path) -> anyhow::Result<()> {
    let program = env!("CARGO_BIN_EXE_cortexscope-under-test");
    let mut words = shown.command.split_whitespace();
    if shown.needs == Needs::People {
        ensure!(
            BY_HAND.iter().any(|(command, _)| *command == shown.command),
            "`{}` is not among the commands that run by hand",
            shown.command
        );
        return Ok(());
    }
    let name = words.next().unwrap_or_default();
    ensure!(name == "cortexscope", "cannot run {name}");
    let mut command = Command::new(program);
    command.args(words).current_dir(folder);
    if shown.needs == Needs::Page {
        command.args(["--port", "0", "--no-browser"]);
        return Server::spawn(&mut command).map(drop);
    }
    // Both in the order in which a terminal would show them.
    let (mut reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // It holds the writing ends, and the reader would wait for them.
    drop(command);
    let mut printed = String::new();
    reader.read_to_string(&mut printed)?;
    let status = child.wait()?;
    ensure!(
        status.success() == (shown.needs == Needs::Nothing),
        "`{}` ends with {status}:\n{printed}",
        shown.command
    );
    let lines: Vec<&str> = printed.lines().collect();
    ensure!(
        shown.output.is_empty() || output::is_shown(&shown.output, &lines),
        "`{}` prints\n{printed}",
        shown.command
    );
    Ok(())
}

#[test]
fn the_readme() -> anyhow::Result<()> {
    run("README.md")
}

#[test]
fn the_introduction() -> anyhow::Result<()> {
    run("docs/README.md")
}

#[test]
fn install() -> anyhow::Result<()> {
    run("docs/install.md")
}

#[test]
fn first_neurons() -> anyhow::Result<()> {
    run("docs/first-neurons.md")
}

#[test]
fn the_live_page() -> anyhow::Result<()> {
    run("docs/live-page.md")
}

#[test]
fn networks_and_brains() -> anyhow::Result<()> {
    run("docs/brain.md")
}

#[test]
fn a_lesson_plan() -> anyhow::Result<()> {
    run("docs/lesson.md")
}

#[test]
fn the_figures_of_the_lecture() -> anyhow::Result<()> {
    run("docs/lecture.md")
}

#[test]
fn your_model() -> anyhow::Result<()> {
    run("docs/your-model.md")
}

#[test]
fn your_board() -> anyhow::Result<()> {
    run("docs/your-board.md")
}

#[test]
fn first_light_of_the_pico2() -> anyhow::Result<()> {
    run("docs/pico2.md")
}

#[test]
fn first_light_of_the_pico() -> anyhow::Result<()> {
    run("docs/pico.md")
}

#[test]
fn first_light_of_the_microbit_v2() -> anyhow::Result<()> {
    run("docs/microbit-v2.md")
}

#[test]
fn first_light_of_the_first_microbit() -> anyhow::Result<()> {
    run("docs/microbit.md")
}

#[test]
fn first_light_of_the_stm32f405() -> anyhow::Result<()> {
    run("docs/stm32f405.md")
}

#[test]
fn maps_and_attributions() -> anyhow::Result<()> {
    run("docs/maps-and-attributions.md")
}

#[test]
fn evolving_an_image_for_a_neuron() -> anyhow::Result<()> {
    run("docs/evolve.md")
}

#[test]
fn the_float_model_beside_its_int8_network() -> anyhow::Result<()> {
    run("docs/float-and-int8.md")
}

#[test]
fn fooling_a_network() -> anyhow::Result<()> {
    run("docs/attacks.md")
}

#[test]
fn questions_to_a_data_set() -> anyhow::Result<()> {
    run("docs/data-sets.md")
}

#[test]
fn larger_than_one_machine() -> anyhow::Result<()> {
    run("docs/clusters.md")
}

#[test]
fn what_memory_costs() -> anyhow::Result<()> {
    run("docs/memory.md")
}

#[test]
fn what_was_measured() -> anyhow::Result<()> {
    run("docs/measured.md")
}

#[test]
fn the_protocol() -> anyhow::Result<()> {
    run("docs/protocol.md")
}

#[test]
fn the_image_format() -> anyhow::Result<()> {
    run("docs/image-format.md")
}

#[test]
fn troubleshooting() -> anyhow::Result<()> {
    run("docs/troubleshooting.md")
}

#[test]
fn no_other_page_has_commands_and_no_command_is_listed_in_vain() -> anyhow::Result<()> {
    let tests = include_str!("book.rs");
    let mut by_hand = Vec::new();
    let pages = std::fs::read_dir(root().join("docs"))?;
    let pages: Vec<PathBuf> = pages
        .map(|page| Ok(page?.path()))
        .collect::<std::io::Result<_>>()?;
    for page in pages.iter().chain([&root().join("README.md")]) {
        if page.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let name = page.strip_prefix(root())?.display().to_string();
        let shown = commands(&std::fs::read_to_string(page)?);
        let is_run = tests.contains(&format!("run(\"{name}\")"));
        ensure!(shown.is_empty() || is_run, "no test runs {name}");
        let here = shown
            .into_iter()
            .filter(|shown| shown.needs == Needs::People);
        by_hand.extend(here.map(|shown| shown.command));
    }
    for (command, _) in BY_HAND {
        ensure!(
            by_hand.iter().any(|shown| shown == command),
            "no page has {command}"
        );
    }
    Ok(())
}
