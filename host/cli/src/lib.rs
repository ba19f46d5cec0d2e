//! The command line of Cortexscope: one subcommand a file, one exit point.
//!
//! Exit codes: 0 done, 1 the work failed or found a fault, 2 the request was wrong.
//! Results go to stdout, progress, notes and logs to stderr; `--json` prints one document
//! and nothing else, and `--quiet` leaves progress and notes out.

mod activations;
mod ascend;
mod ascend_parameters;
mod assess;
mod assess_parameters;
mod attack;
mod attack_parameters;
mod attack_words;
mod bench;
mod beside;
mod boards;
mod brain;
mod budget;
mod common;
mod compare;
mod compile;
mod completions;
mod conventions;
mod corrupt;
mod data;
mod default_board;
mod demo;
mod doctor;
mod dream;
mod explain;
mod explain_arguments;
mod filters;
mod flash;
mod fool;
mod full;
mod gallery;
mod gradients;
mod graph_arguments;
mod infer;
mod input;
mod invert;
mod live;
mod log;
mod man;
mod memory;
mod merge;
mod occlude;
mod operators;
mod port;
mod preparation;
mod printer;
mod progress;
mod robustness;
mod shard;
mod top;
mod verify;

use clap::{CommandFactory, Parser, Subcommand};
use common::RequestError;
use conventions::{FAILED, WRONG};
use cortexscope_net::onnx::engine::is_guarded;
use cortexscope_present::causes;
use cortexscope_present::inference::InferError;
use std::process::ExitCode;
use std::{io, panic};

/// The program's name.
const PROGRAM: &str = "cortexscope";

/// Show what a convolutional network does on a microcontroller, neuron by neuron.
#[derive(Parser)]
#[command(name = PROGRAM, version, after_help = conventions::help())]
struct Cli {
    /// Print results and errors only: no progress and no notes.
    #[arg(short, long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run real digits on a board and write a report.
    Demo(demo::Demo),
    /// List the boards: memory, connection, and whether each can be used now.
    Boards(boards::Boards),
    /// Make an int8 ONNX and a board image from a float ONNX.
    Compile(compile::Compile),
    /// Examine what int8 costs a network, layer by layer, and what helps.
    Doctor(Box<doctor::DoctorCommand>),
    /// Run inputs on a board and print the class of each.
    Infer(infer::Infer),
    /// Compare every layer on a board with tract, byte by byte.
    Verify(verify::Verify),
    /// Show a board's memory: as linked, as planned, and as measured.
    Memory(memory::Memory),
    /// Count what a network costs: parameters, MACs, values, bytes and arena, layer by layer.
    Budget(budget::Budget),
    /// List the operators of ONNX and what each command makes of them.
    Operators(operators::Operators),
    /// Measure what each layer costs on a board, compared with the least possible.
    Bench(bench::Bench),
    /// Write firmware or a board image to a board: onto its drive, or through a debug probe.
    Flash(flash::Flash),
    /// Hide a patch of the input at every position and map the class probability.
    Occlude(occlude::Occlude),
    /// Show a board's activations on a web page, frame by frame.
    Live(live::Live),
    /// Run a float model on an input and show the maps of its layers, and how sparse they are.
    Activations(activations::ActivationsCommand),
    /// Attribute a class score, a feature map or a neuron to the input pixels.
    Explain(explain::Explain),
    /// Find an input that raises a map, a neuron or a class score as far as possible.
    Ascend(Box<ascend::AscendCommand>),
    /// Change inputs by little, so that a model takes them for another class.
    Attack(Box<attack::AttackCommand>),
    /// Find pictures without sense that a model takes for each of its classes.
    Fool(fool::FoolCommand),
    /// Find the inputs of a data set that excite a map, a neuron or a class most.
    Top(Box<top::TopCommand>),
    /// Corrupt a picture as ImageNet-C and MNIST-C do: noise, blur, weather, geometry.
    Corrupt(corrupt::CorruptCommand),
    /// Measure how often a model is right on corrupted pictures, float and int8.
    Robustness(Box<robustness::RobustnessCommand>),
    /// Measure whether attributions can be trusted, compared with a random map and with edges.
    Assess(Box<assess::AssessCommand>),
    /// Join the parts that `--shard` made into one result.
    Merge(merge::MergeCommand),
    /// Explain an input on the float model and on a board's int8 network, and compare.
    Compare(Box<compare::CompareCommand>),
    /// Make what a layer sees in a picture stronger, octave by octave.
    Dream(Box<dream::DreamCommand>),
    /// Find an input that a layer cannot tell from another: a picture as layers remember it.
    Invert(Box<invert::InvertCommand>),
    /// Draw filters, activations, attributions and ascents side by side, and a page with them.
    Gallery(gallery::GalleryCommand),
    /// Draw the filters of a convolution.
    Filters(filters::Filters),
    /// Fit models of neurons, drive neurons with images, and compare networks with brains.
    Brain(brain::Brain),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
    /// Write the manual pages to a folder.
    Man(man::ManualPages),
}

/// The command line: every command, and what each takes.
pub fn command_line() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    be_silent_where_guarded();
    let line: Vec<_> = std::env::args_os().collect();
    if let Some(mut help) = explain_arguments::help(&line, &command_line()) {
        return match help.print_long_help() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(FAILED),
        };
    }
    let cli = Cli::parse();
    if cli.quiet {
        progress::be_quiet();
    }
    log::init(cli.quiet);
    let result = match cli.command {
        Command::Demo(demo) => demo.run(),
        Command::Boards(boards) => boards.run(),
        Command::Compile(compile) => compile.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Infer(infer) => infer.run(),
        Command::Verify(verify) => verify.run(),
        Command::Memory(memory) => memory.run(),
        Command::Budget(budget) => budget.run(),
        Command::Operators(operators) => operators.run(),
        Command::Bench(bench) => bench.run(),
        Command::Flash(flash) => flash.run(),
        Command::Occlude(occlude) => occlude.run(),
        Command::Live(live) => live.run(),
        Command::Activations(activations) => activations.run(),
        Command::Explain(explain) => explain.run(),
        Command::Ascend(ascend) => ascend.run(),
        Command::Attack(attack) => attack.run(),
        Command::Fool(fool) => fool.run(),
        Command::Top(top) => top.run(),
        Command::Corrupt(corrupt) => corrupt.run(),
        Command::Robustness(robustness) => robustness.run(),
        Command::Assess(assess) => assess.run(),
        Command::Merge(merge) => merge.run(),
        Command::Compare(compare) => compare.run(),
        Command::Dream(dream) => dream.run(),
        Command::Invert(invert) => invert.run(),
        Command::Gallery(gallery) => gallery.run(),
        Command::Filters(filters) => filters.run(),
        Command::Brain(brain) => brain.run(),
        Command::Completions(completions) => completions.run(command_line()),
        Command::Man(pages) => pages.run(command_line()),
    };
    match result {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let text = causes::in_words(error.as_ref());
            printer::say(format_args!("cortexscope: {text}"));
            ExitCode::from(if error.is::<RequestError>() {
                WRONG
            } else {
                FAILED
            })
        }
    }
}

/// Leaves reports of panics out where a panic becomes an error, which says more.
fn be_silent_where_guarded() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_guarded() {
            report(panic);
        }
    }));
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let printing = match error.downcast_ref() {
        Some(InferError::Print(error)) => Some(error),
        _ => error.downcast_ref::<io::Error>(),
    };
    printing.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_rig::link::LinkError;
    use cortexscope_rig::session::SessionError;

    #[test]
    fn a_reader_that_has_seen_enough_is_told_from_a_file_that_broke() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_closed_pipe(&broken().into()));
        assert!(is_closed_pipe(&InferError::Print(broken()).into()));
        let recording = SessionError::from(LinkError::RecordingUnwritten {
            path: "session.ctxtape".into(),
            source: broken(),
        });
        assert!(!is_closed_pipe(&InferError::Session(recording).into()));
        assert!(!is_closed_pipe(&io::Error::other("no room").into()));
    }
}
