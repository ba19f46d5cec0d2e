//! The live page: the server over its sockets, and the page in a browser.

mod hostile;
mod look;
mod page;
mod study;
mod video;

use cortexscope_tests::live_server::Server;
use std::path::Path;

/// `cortexscope live` at a free port.
fn serve(arguments: &[&str]) -> anyhow::Result<Server> {
    let program = env!("CARGO_BIN_EXE_cortexscope-under-test");
    Server::start(Path::new(program), arguments)
}
