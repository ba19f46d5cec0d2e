//! Whether a study in parts is the study: a real Slurm on this machine runs the job array of
//! the book, a task of it is killed and submitted again, and every byte is compared.

mod cluster;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::{command, workspace};
use cluster::Cluster;

/// The page that has the job script.
const PAGE: &str = "docs/clusters.md";

/// Shares, as many as the script has.
const SHARES: usize = 8;

/// The task that is killed: one that others wait behind.
const KILLED: usize = 5;

/// The study: random starts, so that a stream of random numbers that depends on the share
/// shows, and long enough that a task can be killed in the middle.
const STUDY: [&str; 13] = [
    "attack",
    "pgd",
    "lecture-lenet",
    "--data",
    "mnist",
    "--images",
    "160",
    "--steps",
    "10",
    "--eps",
    "0.1,0.2",
    "--seed",
    "7",
];

/// How long all tasks may take.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Runs the array with `program`, the program that was built.
///
/// # Errors
/// Slurm is not there or does not start, or the results of eight shares are not those of one.
pub fn check(program: &Path) -> Result<()> {
    let cluster = Cluster::start()?;
    let folder = cluster.folder();
    let page = workspace::root().join(PAGE);
    let page = fs::read_to_string(&page).with_context(|| format!("{} is gone", page.display()))?;
    fs::write(folder.join("cortexscope.sbatch"), script(&page)?)?;

    let array = submit(&cluster, program, &[])?;
    kill(&cluster, &array)?;
    wait(&cluster, &array)?;
    let early = merge(program, folder, "parts", "early");
    ensure!(
        early.is_err() && !folder.join("early").exists(),
        "parts were joined although task {KILLED} had been killed"
    );
    println!("refused, as it should be: {:#}", early.unwrap_err());

    let again = submit(&cluster, program, &[format!("--array={KILLED}")])?;
    wait(&cluster, &again)?;
    merge(program, folder, "parts", "of-eight")?;

    let mut whole = Command::new(program);
    whole
        .args(STUDY)
        .args(["--shard", "0/1", "-o", "one", "--quiet"]);
    command::run(whole.current_dir(folder))?;
    merge(program, folder, "one", "of-one")?;
    let (eight, one) = (
        files(&folder.join("of-eight"))?,
        files(&folder.join("of-one"))?,
    );
    ensure!(
        one.len() == 2,
        "a document and a picture were expected: {:?}",
        one.keys()
    );
    ensure!(
        eight == one,
        "the results of {SHARES} shares are not those of one: compare them with `cortexscope \
         merge` by hand"
    );
    println!(
        "{SHARES} shares, one of them killed and submitted again, and one share: the same bytes \
         in {:?}",
        one.keys()
    );
    Ok(())
}

/// The first shell script of the page.
fn script(page: &str) -> Result<&str> {
    let (_, rest) = page
        .split_once("```sh\n")
        .with_context(|| format!("{PAGE} has no job script"))?;
    let (script, _) = rest
        .split_once("```")
        .with_context(|| format!("the job script of {PAGE} does not end"))?;
    Ok(script)
}

/// Submits the script and gives the array's number.
fn submit(cluster: &Cluster, program: &Path, options: &[String]) -> Result<String> {
    let mut sbatch = cluster.command("sbatch");
    sbatch
        .args(["--parsable", "--output=task-%a.log"])
        .args(options);
    sbatch.arg("cortexscope.sbatch").args(STUDY);
    let folder = program.parent().context("the program lies in no folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(
        std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path)),
    )?;
    let id = command::output(sbatch.env("PATH", path))?;
    Ok(id.trim().to_owned())
}

/// The state of every task of the array that is not over: its number, and such as `R`.
fn tasks(cluster: &Cluster, array: &str) -> Result<Vec<(usize, String)>> {
    let mut squeue = cluster.command("squeue");
    squeue.args(["--noheader", "--array", "--format=%F %K %t"]);
    let text = command::output(&mut squeue)?;
    let tasks = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let of = words.next()?;
        let task = words.next()?.parse().ok()?;
        (of == array).then_some((task, words.next()?.to_owned()))
    });
    Ok(tasks.collect())
}

/// Kills the task once it runs, as a power cut would: nothing in it can say good-bye.
fn kill(cluster: &Cluster, array: &str) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let tasks = tasks(cluster, array)?;
        match tasks.iter().find(|(task, _)| *task == KILLED) {
            None => bail!("task {KILLED} was over before it could be killed"),
            Some((_, state)) if state == "R" => {
                // Long enough for the program to be at work.
                std::thread::sleep(Duration::from_millis(200));
                let mut scancel = cluster.command("scancel");
                scancel.args(["--signal=KILL", "--full"]);
                return command::run(scancel.arg(format!("{array}_{KILLED}")));
            }
            Some(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    bail!("task {KILLED} did not begin within {PATIENCE:?}")
}

/// Waits until all tasks are over.
fn wait(cluster: &Cluster, array: &str) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if tasks(cluster, array)?.is_empty() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    bail!("the tasks were not over within {PATIENCE:?}")
}

fn merge(program: &Path, folder: &Path, parts: &str, output: &str) -> Result<()> {
    let mut merge = Command::new(program);
    merge.args(["merge", parts, "-o", output, "--quiet"]);
    command::output(merge.current_dir(folder)).map(|_| ())
}

/// What is in the files of a folder, by their names.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.insert(name, fs::read(entry.path())?);
    }
    Ok(files)
}
