//! The newest frame wins, and what was passed over is counted.

use super::hostile::{own_socket, say, wait_for_state};
use super::{open, serve};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tungstenite::Message;

/// Pictures that are sent as fast as they can be.
const PICTURES: u64 = 300;
const SIDE: usize = 64;

/// A page's packet of pixels: a light stroke on a dark ground.
fn picture(number: u64) -> Vec<u8> {
    let header = json!({ "number": number, "source": "test", "width": SIDE, "height": SIDE });
    let header = header.to_string();
    let mut packet = 4_u32.to_le_bytes().to_vec();
    packet.extend((header.len() as u32).to_le_bytes());
    packet.extend(header.as_bytes());
    packet.resize(packet.len().next_multiple_of(8), 0);
    for at in 0..SIDE * SIDE {
        let level = if (28..36).contains(&(at % SIDE)) {
            255
        } else {
            0
        };
        packet.extend([level, level, level, 255]);
    }
    packet
}

/// The header of a frame's packet.
fn frame(packet: &[u8]) -> Option<Value> {
    let word = |at: usize| Some(u32::from_le_bytes(*packet.get(at..)?.first_chunk()?));
    let header = packet.get(8..)?.get(..word(4)? as usize)?;
    (word(0)? == 2).then(|| serde_json::from_slice(header).ok())?
}

#[test]
fn the_newest_picture_is_shown_and_the_others_are_counted() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = own_socket(&server);
    wait_for_state(&mut page, |state| state["phase"] == "ready");
    for number in 1..=PICTURES {
        page.send(Message::binary(picture(number)))?;
    }
    let mut numbers = Vec::new();
    let last = loop {
        let Message::Binary(packet) = page.read()? else {
            continue;
        };
        let Some(header) = frame(&packet) else {
            continue;
        };
        say(&mut page, r#"{"type":"shown"}"#);
        if let Some(number) = header["page_number"].as_u64() {
            numbers.push(number);
            if number == PICTURES {
                break header;
            }
        }
    };
    ensure!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    // Digit 18 ran first; every picture ran or was replaced by a newer one.
    let ran = last["number"].as_u64().context("a number")? - 1;
    let replaced = last["flow"]["replaced"].as_u64().context("a count")?;
    ensure!(
        replaced > 0 && ran + replaced == PICTURES,
        "{ran} {replaced}"
    );
    Ok(())
}

#[test]
fn a_step_runs_one_frame_and_the_page_says_what_flows() -> anyhow::Result<()> {
    let server = serve(&["--board", "native"])?;
    let mut page = open(&server, None);
    page.key(" ")?;
    page.wait("cortexscope.view.state.frozen && document.getElementById('notice').textContent.includes('Frozen')")?;
    page.click("#digit-after")?;
    page.click("#digit-after")?;
    page.value("document.activeElement.blur()")?;
    std::thread::sleep(std::time::Duration::from_millis(300));
    let number = "cortexscope.view.frame.header.number";
    ensure!(page.value(number)? == 1, "nothing runs");
    page.key(".")?;
    page.wait(&format!(
        "{number} === 2 && cortexscope.view.frame.header.source === 'mnist:20'"
    ))?;
    page.key(" ")?;
    page.wait("!cortexscope.view.state.frozen")?;
    page.key("p")?;
    page.wait("document.getElementById('play').getAttribute('aria-pressed') === 'true'")?;
    page.wait("cortexscope.flow.rate > 0")?;
    let said = "[...document.querySelectorAll('#flow dt')].map((term) => \
        `${term.textContent}: ${term.nextElementSibling.textContent}`).join('; ')";
    // The first of the two digits gave way to the second one.
    for figure in [
        "'frames replaced: 1'",
        "'link credits: ' + cortexscope.flow.last.link.credits",
        "'wire frames: damaged | resent: 0 | 0'",
        "'board resets | link reopened: 0 | 0'",
        "'link: ' + document.querySelector('#stream b:last-of-type').textContent",
    ] {
        page.wait(&format!("({said}).includes({figure})"))?;
    }
    // What has stopped is not said to flow.
    page.key("p")?;
    page.wait("document.getElementById('stream').textContent.startsWith('0 frames/s')")?;
    page.wait("document.getElementById('stream').textContent.includes(' 0 KiB/s')")?;
    page.check_console()
}
