//! What comes from strangers, or is no message: an error, and nothing changes.

use super::{Server, serve};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::client::IntoClientRequest;
use tungstenite::http::StatusCode;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Error, Message, WebSocket};

pub(super) type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// Opens the WebSocket as a page of `origin`, asking for `host`.
fn socket(server: &Server, host: &str, origin: Option<&str>) -> Result<Socket, Error> {
    let mut request = format!("ws://{}/socket", server.authority()).into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("host", host.parse().expect("a plain host"));
    if let Some(origin) = origin {
        headers.insert("origin", origin.parse().expect("a plain origin"));
    }
    let (socket, _) = tungstenite::connect(request)?;
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a timeout can be set");
    }
    Ok(socket)
}

pub(super) fn own_socket(server: &Server) -> Socket {
    let authority = server.authority();
    socket(server, authority, Some(&format!("http://{authority}"))).expect("the page may")
}

fn is_forbidden(result: Result<Socket, Error>) -> bool {
    matches!(result, Err(Error::Http(response)) if response.status() == StatusCode::FORBIDDEN)
}

/// The next text of this type.
fn wait_for(socket: &mut Socket, kind: &str) -> Value {
    loop {
        if let Message::Text(text) = socket.read().expect("the host speaks") {
            let document: Value = serde_json::from_str(&text).expect("text is JSON");
            if document["type"] == kind {
                return document;
            }
        }
    }
}

/// The state once it is so.
pub(super) fn wait_for_state(socket: &mut Socket, is_so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let state = wait_for(socket, "state")["state"].take();
        if is_so(&state) {
            return state;
        }
    }
}

pub(super) fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).expect("the host listens");
}

fn get(server: &Server, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(server.authority()).expect("the server is there");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"
    )
    .expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A search for `[target, optimiser, preset, generator]`.
fn evolve([target, optimiser, preset, generator]: &[&str; 4], queries: u64) -> String {
    let start = json!({
        "target": target, "optimiser": optimiser, "preset": preset, "generator": generator,
        "queries": queries, "seed": 0,
    });
    json!({ "type": "evolve", "what": { "start": start } }).to_string()
}

/// The header of the next packet of this kind.
fn wait_for_packet(socket: &mut Socket, kind: u32) -> Value {
    loop {
        if let Message::Binary(packet) = socket.read().expect("the host speaks") {
            let word = |at: usize| u32::from_le_bytes(packet[at..at + 4].try_into().unwrap());
            if word(0) == kind {
                let header = &packet[8..8 + word(4) as usize];
                return serde_json::from_slice(header).expect("a header is JSON");
            }
        }
    }
}

#[test]
fn strangers_get_nothing() {
    let server = serve(&["--board", "native"]).unwrap();
    let authority = server.authority();
    let own = format!("http://{authority}");
    assert!(is_forbidden(socket(&server, "evil.example", Some(&own))));
    for origin in [
        "http://evil.example",
        "null",
        "https://127.0.0.1",
        "http://127.0.0.1:1",
    ] {
        assert!(
            is_forbidden(socket(&server, authority, Some(origin))),
            "{origin}"
        );
    }
    assert!(is_forbidden(socket(&server, authority, None)));
    assert!(get(&server, "/", "Host: evil.example\r\n").starts_with("HTTP/1.1 403"));
    let host = format!("Host: {authority}\r\n");
    let foreign = format!("{host}Origin: http://evil.example\r\n");
    assert!(get(&server, "/theme.css", &foreign).starts_with("HTTP/1.1 403"));
    let page = get(&server, "/", &host);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("frame-ancestors 'none'"), "{page}");
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "//etc/passwd",
    ] {
        let answer = get(&server, path, &host);
        assert!(!answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
}

#[test]
fn what_is_no_message_is_refused_and_changes_nothing() {
    let server = serve(&["--board", "native"]).unwrap();
    let mut page = own_socket(&server);
    let before = wait_for_state(&mut page, |state| state["phase"] == "ready");
    let commands = [
        "",
        "[]",
        "{}",
        r#"{"type":"open","board":"toaster","model":"lenet5","engine":"static"}"#,
        r#"{"type":"open","board":"native","model":"../../etc/passwd","engine":"static"}"#,
        r#"{"type":"digit","index":10000}"#,
        r#"{"type":"digit","index":1e99}"#,
        r#"{"type":"attribute","what":{"method":"guessing","class":null}}"#,
        r#"{"type":"ascend","what":{"target":"conv1:0"}}"#,
        r#"{"type":"corrupt","what":{"kind":"toaster","severity":1,"seed":0}}"#,
        r#"{"type":"corrupt","what":{"kind":"fog","severity":0,"seed":0}}"#,
        r#"{"type":"corrupt","what":{"kind":"fog","severity":255,"seed":0}}"#,
        r#"{"type":"corrupt","what":{"kind":"fog","severity":1e9,"seed":0}}"#,
        r#"{"type":"attack","what":{"method":"guessing","eps":0.1,"target":null}}"#,
        r#"{"type":"attack","what":{"method":"fgsm","eps":1e300,"target":null}}"#,
        r#"{"type":"attack","what":{"method":"fgsm","eps":1.0001,"target":null}}"#,
        r#"{"type":"attack","what":{"method":"pgd-l2","eps":1e9,"target":null}}"#,
        r#"{"type":"attack","what":{"method":"pgd","eps":-0.1,"target":null}}"#,
        r#"{"type":"attack","what":{"method":"pgd","eps":1e999,"target":null}}"#,
        r#"{"type":"attack","what":{"method":"pgd","eps":0.1,"target":-1}}"#,
        r#"{"type":"evolve","what":"resume"}"#,
        r#"{"type":"evolve","what":"begin"}"#,
        &evolve(&["", "ga", "xdream", "dct"], 1),
        &evolve(&["class:3", "sgd", "xdream", "dct"], 1),
        &evolve(&["class:3", "ga", "hansen", "dct"], 1),
        &evolve(&["class:3", "ga", "xdream", "../../etc/passwd"], 1),
        &evolve(&["class:3", "ga", "xdream", "dct"], 0),
        &evolve(&["class:3", "ga", "xdream", "dct"], u64::MAX),
        r#"{"type":"camera","of":"board"}"#,
        r#"{"type":"camera","of":"neighbour"}"#,
    ];
    for command in commands {
        say(&mut page, command);
        wait_for(&mut page, "refused");
    }
    let header = |width: u64| {
        let header = json!({ "number": 1, "source": "x", "width": width, "height": 4 }).to_string();
        let mut packet = 4_u32.to_le_bytes().to_vec();
        packet.extend((header.len() as u32).to_le_bytes());
        packet.extend(header.as_bytes());
        packet.resize(packet.len().next_multiple_of(8), 0);
        packet
    };
    for packet in [
        vec![],
        vec![0; 7],
        vec![255; 64],
        header(4),
        header(1 << 40),
    ] {
        page.send(Message::binary(packet)).unwrap();
        wait_for(&mut page, "refused");
    }
    let after = {
        say(&mut page, r#"{"type":"freeze","frozen":true}"#);
        wait_for_state(&mut page, |state| state["frozen"] == true)
    };
    assert_eq!(before["choice"], after["choice"]);
    assert_eq!(before["steps"], after["steps"]);
    assert!(after["corrupt"].is_null() && after["attack"].is_null());
    assert!(after["kept_search"].is_null());
    assert_eq!(after["phase"], "ready");
}

#[test]
fn a_message_without_end_ends_the_connection_and_not_the_server() {
    let server = serve(&["--board", "native"]).unwrap();
    let mut page = own_socket(&server);
    wait_for_state(&mut page, |state| state["phase"] == "ready");
    // The host may hang up while this is still being written.
    let _ = page.send(Message::binary(vec![0; 8 << 20]));
    let ended = (0..10_000).find(|_| page.read().is_err());
    assert!(ended.is_some(), "the host hangs up");
    let mut next = own_socket(&server);
    wait_for_state(&mut next, |state| state["phase"] == "ready");
}

#[test]
fn one_page_drives_and_another_can_take_over() {
    let server = serve(&["--board", "native"]).unwrap();
    let mut first = own_socket(&server);
    let number = wait_for(&mut first, "welcome")["page"].clone();
    wait_for_state(&mut first, |state| state["phase"] == "ready");
    let mut second = own_socket(&server);
    let other = wait_for(&mut second, "welcome")["page"].clone();
    wait_for_state(&mut second, |state| state["driver"] == number);
    say(&mut second, r#"{"type":"freeze","frozen":true}"#);
    let refused = wait_for(&mut second, "refused");
    assert!(refused["text"].as_str().unwrap().contains("Another page"));
    say(&mut second, r#"{"type":"drive"}"#);
    wait_for_state(&mut first, |state| state["driver"] == other);
    say(&mut second, r#"{"type":"freeze","frozen":true}"#);
    wait_for_state(&mut first, |state| state["frozen"] == true);
    drop(second);
    wait_for_state(&mut first, |state| state["driver"] == number);
}

#[test]
fn a_flood_of_commands_ends_with_the_last_one() {
    const ATTACK: u32 = 8;
    const EVOLUTION: u32 = 9;
    let server = serve(&["--board", "native"]).unwrap();
    let mut page = own_socket(&server);
    wait_for_state(&mut page, |state| state["phase"] == "ready");
    wait_for_packet(&mut page, 2);
    for number in 0..400_u32 {
        let (kind, severity) = (["fog", "snow", "jpeg"][number as usize % 3], number % 5 + 1);
        let eps = f64::from(number % 10) / 10.0;
        say(
            &mut page,
            &format!(
                r#"{{"type":"corrupt","what":{{"kind":"{kind}","severity":{severity},"seed":0}}}}"#
            ),
        );
        say(
            &mut page,
            &format!(
                r#"{{"type":"attack","what":{{"method":"pgd","eps":{eps:?},"target":null}}}}"#
            ),
        );
        say(
            &mut page,
            &evolve(&["class:3", "ga", "xdream", "dct"], 9999),
        );
    }
    say(
        &mut page,
        r#"{"type":"corrupt","what":{"kind":"stripe","severity":1,"seed":0}}"#,
    );
    say(
        &mut page,
        r#"{"type":"attack","what":{"method":"fgsm","eps":0.25,"target":null}}"#,
    );
    say(
        &mut page,
        &evolve(&["class:5", "cma-es", "hansen", "pixels"], 40),
    );
    // Pages say that they have drawn.
    let end = loop {
        say(&mut page, r#"{"type":"shown"}"#);
        let header = wait_for_packet(&mut page, EVOLUTION);
        if header["queries"] == 40 && !header["end"].is_null() {
            break header;
        }
    };
    assert_eq!(
        (&end["spent"], &end["target"]),
        (&json!(40), &json!("class:5"))
    );
    say(&mut page, r#"{"type":"shown"}"#);
    say(&mut page, r#"{"type":"digit","index":3}"#);
    loop {
        let header = wait_for_packet(&mut page, ATTACK);
        if header["input"] == "mnist:3" && !header["board"]["after"].is_null() {
            assert_eq!(
                (&header["method"], &header["eps"]),
                (&json!("fgsm"), &json!(0.25))
            );
            break;
        }
    }
    say(&mut page, r#"{"type":"freeze","frozen":true}"#);
    let state = wait_for_state(&mut page, |state| state["corrupt"]["kind"] == "stripe");
    assert_eq!(state["phase"], "ready");
}

#[test]
fn a_page_that_goes_in_the_middle_of_a_search_stops_it() {
    let server = serve(&["--board", "native"]).unwrap();
    let mut page = own_socket(&server);
    wait_for_state(&mut page, |state| state["phase"] == "ready");
    wait_for_packet(&mut page, 2);
    say(
        &mut page,
        &evolve(&["class:3", "ga", "xdream", "dct"], 10_000),
    );
    let header = wait_for_packet(&mut page, 9);
    assert!(header["end"].is_null(), "{header}");
    drop(page);
    let mut next = own_socket(&server);
    let state = wait_for_state(&mut next, |state| !state["kept_search"].is_null());
    assert_eq!(state["kept_search"]["evolve"]["target"], "class:3");
    say(&mut next, r#"{"type":"evolve","what":"resume"}"#);
    wait_for_state(&mut next, |state| state["kept_search"].is_null());
    say(&mut next, r#"{"type":"evolve","what":"stop"}"#);
    wait_for_state(&mut next, |state| !state["kept_search"].is_null());
}

#[test]
fn a_flood_of_pages_is_bounded() {
    const ASKED: usize = 60;
    const PAGES_MAX: usize = 16;
    let server = serve(&["--board", "native"]).unwrap();
    let authority = server.authority();
    let request = format!(
        "GET /socket HTTP/1.1\r\nHost: {authority}\r\nOrigin: http://{authority}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    // All connections first, then all requests at once.
    let mut streams: Vec<TcpStream> = (0..ASKED)
        .map(|_| TcpStream::connect(authority).expect("the server is there"))
        .collect();
    for stream in &mut streams {
        stream.write_all(request.as_bytes()).expect("it reads");
    }
    let mut open = 0;
    for stream in &mut streams {
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("it answers");
        match &status[9..] {
            b"101" => open += 1,
            other => assert_eq!(other, b"503"),
        }
    }
    assert_eq!(open, PAGES_MAX);
    // Their seats are free once they are gone.
    drop(streams);
    let mut page = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let origin = format!("http://{authority}");
        socket(&server, authority, Some(&origin)).ok()
    });
    let page = page.as_mut().expect("there is a seat again");
    wait_for_state(page, |state| {
        state["pages"].as_array().map(Vec::len) == Some(1)
    });
}
