//! Requests that no browser sends: bodies without end, lengths that lie, and halves of a
//! request. The server answers or hangs up, takes little memory, and goes on.

use super::hostile::{own_socket, wait_for_state};
use super::{Server, serve};
use crate::bounded::greatest_kib;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// More than the server takes with a board, and far less than it is sent.
const MEMORY_KIB_MAX: u64 = 512 << 10;

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.authority()).expect("the server is there");
    let patience = Some(Duration::from_secs(30));
    stream
        .set_read_timeout(patience)
        .expect("a time can be set");
    stream
        .set_write_timeout(patience)
        .expect("a time can be set");
    stream
}

/// The first line of an answer; empty where the server hangs up.
fn status(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => answer.extend(byte),
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("no answer: {error}"),
        }
    }
    String::from_utf8_lossy(&answer).trim().to_owned()
}

/// What the server says to these bytes, in a connection of their own.
fn says(server: &Server, bytes: &[u8]) -> String {
    let mut stream = connect(server);
    // It may hang up before it has read all.
    let _ = stream.write_all(bytes);
    status(&mut stream)
}

/// A request without a body.
fn request(server: &Server, method: &str, path: &str, headers: &str) -> String {
    let host = server.authority();
    says(
        server,
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").as_bytes(),
    )
}

#[test]
fn what_is_not_there_is_said_by_a_status() {
    let server = serve(&["--board", "native"]).unwrap();
    for path in [
        "/no/such/file",
        "/%00",
        "/%ff%fe",
        "/?a=b",
        "/socket/more",
        "/theme.css/",
    ] {
        let answer = request(&server, "GET", path, "");
        let is_page = path.starts_with("/?");
        let wanted = if is_page {
            "HTTP/1.1 200"
        } else {
            "HTTP/1.1 404"
        };
        assert!(answer.starts_with(wanted), "{path}: {answer}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
        let answer = request(&server, method, "/theme.css", "");
        assert!(answer.starts_with("HTTP/1.1 405"), "{method}: {answer}");
    }
    // No WebSocket: the headers that ask for one are missing, or say another version.
    let own = format!("Origin: http://{}\r\n", server.authority());
    let another = format!(
        "{own}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n"
    );
    for headers in [&own, &another] {
        let answer = request(&server, "GET", "/socket", headers);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

#[test]
fn what_is_no_request_ends_its_connection_and_nothing_else() {
    let server = serve(&["--board", "native"]).unwrap();
    let host = server.authority();
    let long = "x".repeat(1 << 20);
    let many: String = (0..1_000).map(|at| format!("X-{at}: x\r\n")).collect();
    let lines = [
        "\0\0\0\0\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        format!("GET /{long} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\n{many}\r\n"),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n"),
        format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
        ),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: toaster\r\n\r\n"),
    ];
    for line in lines {
        let answer = says(&server, line.as_bytes());
        let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(is_refused, "{}…: {answer}", &line[..line.len().min(60)]);
    }
    let page = request(&server, "GET", "/", "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
}

/// Nothing reads a body: what announces terabytes is answered at once, and what goes on is
/// not kept.
#[test]
fn a_body_without_end_is_not_kept() {
    let server = serve(&["--board", "native"]).unwrap();
    let host = server.authority();
    let announced = format!("Host: {host}\r\nContent-Length: {}\r\n\r\n", 1_u64 << 40);
    let chunked = format!("Host: {host}\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (method, wanted) in [("POST", "HTTP/1.1 405"), ("GET", "HTTP/1.1 200")] {
        for headers in [&announced, &chunked] {
            let mut stream = connect(&server);
            write!(stream, "{method} /theme.css HTTP/1.1\r\n{headers}").expect("it reads");
            let answer = status(&mut stream);
            assert!(answer.starts_with(wanted), "{method}: {answer}");
            let part = [b"100000\r\n", &vec![b'x'; 1 << 20][..], b"\r\n"].concat();
            // It hangs up, or does not read; either ends this.
            let _ = stream.set_write_timeout(Some(Duration::from_secs(1)));
            let _ = (0..256).try_for_each(|_| stream.write_all(&part));
        }
    }
    let kib = greatest_kib(server.process()).expect("it runs");
    assert!(kib < MEMORY_KIB_MAX, "{kib} KiB");
}

/// Connections that send a byte now and then, or nothing, keep nobody waiting.
#[test]
fn slow_connections_keep_nobody_waiting() {
    let server = serve(&["--board", "native"]).unwrap();
    let host = server.authority();
    let begins = [
        String::new(),
        "GET / HT".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\n"),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\nx"),
    ];
    let mut slow: Vec<TcpStream> = Vec::new();
    for begin in begins.iter().cycle().take(200) {
        let mut stream = connect(&server);
        stream.write_all(begin.as_bytes()).expect("it reads");
        slow.push(stream);
    }
    let begun = Instant::now();
    for _ in 0..5 {
        slow.iter_mut()
            .for_each(|stream| drop(stream.write_all(b"x")));
        let page = request(&server, "GET", "/", "Connection: close\r\n");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    }
    let mut page = own_socket(&server);
    wait_for_state(&mut page, |state| state["phase"] == "ready");
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}
