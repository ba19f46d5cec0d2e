//! The `cortexscope` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cortexscope::main()
}
