//! Sockets between this program and a child process. All that depends on the system
//! is here.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use elsewhere::{LocalListener, LocalStream, as_stdio, pair};
#[cfg(unix)]
pub(super) use unix::{LocalListener, LocalStream, as_stdio, pair};
