//! Unix sockets.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;

pub(in crate::link) use std::os::unix::net::{
    UnixListener as LocalListener, UnixStream as LocalStream,
};

/// Two ends of a new connection.
pub(in crate::link) fn pair() -> io::Result<(LocalStream, LocalStream)> {
    LocalStream::pair()
}

/// One end as a child's standard input or output.
pub(in crate::link) fn as_stdio(stream: LocalStream) -> Stdio {
    OwnedFd::from(stream).into()
}
