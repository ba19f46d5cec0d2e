//! The `cortexscope` command, built beside the tests that call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    cortexscope::main()
}
