//! One page's WebSocket.
//!
//! The host sends the state as text whenever it changes, and packets as they
//! come; the page sends commands as text and pixels as packets. A page gets a
//! frame only while it has drawn all but one of those it got, so that a slow
//! page sees the newest and not the oldest.

use super::command::{Attribute, COMMAND_BYTES_MAX, CameraOf, Command, Evolution};
use super::corruption;
use super::packet::{FILE_BYTES_MAX, FromPage};
use super::server::{LiveServer, Seat};
use super::shared::{Order, Overrun};
use super::stimulus::{Stimulus, any_seed};
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use cortexscope_present::causes::in_words;
use serde_json::json;
use std::time::Duration;
use tokio::sync::watch;

/// Bytes of the longest message that a page may send: a picture file and its header.
pub const MESSAGE_BYTES_MAX: usize = FILE_BYTES_MAX + COMMAND_BYTES_MAX;
/// Frames that a page may have and not have drawn.
const UNSHOWN_MAX: u32 = 2;
/// How often a page hears of a board that takes its time.
const TICK: Duration = Duration::from_millis(100);

/// What stops a page's WebSocket.
struct Gone;

/// Serves one page until it goes.
pub(super) async fn serve(mut socket: WebSocket, server: LiveServer, seat: Seat) {
    let page = seat.page;
    // One may have been plugged in since the last page was opened.
    server.look_for_camera();
    server.shared.state.send_modify(|state| state.enter(page));
    // Whichever way it went, the page is gone.
    let _ = exchange(&mut socket, &server, page).await;
    server.shared.state.send_modify(|state| state.leave(page));
    drop(seat);
    if server.shared.state.borrow().pages.is_empty() {
        // Nobody looks: the board need not work. With too much to do already it
        // rests a little later.
        let _: Result<(), Overrun> = server.order(Order::Rest);
        server.evolve(Evolution::Stop);
    }
}

async fn exchange(socket: &mut WebSocket, server: &LiveServer, page: u64) -> Result<(), Gone> {
    let shared = &server.shared;
    let mut state = shared.state.subscribe();
    let mut network = shared.network.subscribe();
    let mut frame = shared.frame.subscribe();
    let mut occlusion = shared.occlusion.subscribe();
    let mut attribution = shared.attribution.subscribe();
    let mut attack = shared.attack.subscribe();
    let mut climb = shared.climb.subscribe();
    let mut evolution = shared.evolution.subscribe();
    state.mark_changed();
    network.mark_changed();
    frame.mark_changed();
    occlusion.mark_changed();
    attribution.mark_changed();
    attack.mark_changed();
    climb.mark_changed();
    evolution.mark_changed();
    let mut tick = tokio::time::interval(TICK);
    let mut was_busy = false;
    let mut unshown = 0;
    text(socket, &json!({ "type": "welcome", "page": page })).await?;
    loop {
        tokio::select! {
            biased;
            message = socket.recv() => match message {
                Some(Ok(Message::Text(command))) => match Command::parse(&command) {
                    Ok(Command::Shown) => unshown = u32::saturating_sub(unshown, 1),
                    Ok(command) => {
                        if let Err(refusal) = handle(command, server, page) {
                            text(socket, &json!({ "type": "refused", "text": refusal })).await?;
                        }
                    }
                    Err(error) => refuse(socket, &error).await?,
                },
                Some(Ok(Message::Binary(packet))) => match FromPage::parse(&packet) {
                    Ok(picture) => {
                        if shared.state.borrow().driver == Some(page) {
                            server.show(match picture {
                                FromPage::Pixels(pixels) => Stimulus::from_page(page, pixels),
                                FromPage::File(file) => Stimulus::from_file(page, file),
                            });
                        }
                    }
                    Err(error) => refuse(socket, &error).await?,
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
            },
            Ok(()) = state.changed() => {
                let mut document = json!({ "type": "state" });
                document["state"] = json!(*state.borrow_and_update());
                text(socket, &document).await?;
            }
            Ok(()) = network.changed() => packet(socket, &mut network).await?,
            Ok(()) = frame.changed(), if unshown < UNSHOWN_MAX => {
                let newest = frame.borrow_and_update().clone();
                if let Some(newest) = newest {
                    unshown += 1;
                    send(socket, Message::Binary(newest.packet.clone())).await?;
                }
            }
            Ok(()) = occlusion.changed() => packet(socket, &mut occlusion).await?,
            Ok(()) = attribution.changed() => packet(socket, &mut attribution).await?,
            Ok(()) = attack.changed() => packet(socket, &mut attack).await?,
            Ok(()) = climb.changed() => packet(socket, &mut climb).await?,
            Ok(()) = evolution.changed() => packet(socket, &mut evolution).await?,
            _ = tick.tick() => {
                let busy = shared.busy().filter(|(time, _)| *time >= TICK);
                if busy.is_some() || was_busy {
                    let ms = busy.map(|(time, _)| time.as_millis() as u64);
                    let tensor = busy.map(|(_, tensor)| tensor);
                    text(socket, &json!({ "type": "busy", "ms": ms, "tensor": tensor })).await?;
                }
                was_busy = busy.is_some();
            }
        }
    }
}

async fn packet(
    socket: &mut WebSocket,
    newest: &mut watch::Receiver<Option<Bytes>>,
) -> Result<(), Gone> {
    let packet = newest.borrow_and_update().clone();
    match packet {
        Some(packet) => send(socket, Message::Binary(packet)).await,
        None => Ok(()),
    }
}

async fn refuse(socket: &mut WebSocket, error: &impl std::error::Error) -> Result<(), Gone> {
    text(
        socket,
        &json!({ "type": "refused", "text": error.to_string() }),
    )
    .await
}

async fn text(socket: &mut WebSocket, document: &serde_json::Value) -> Result<(), Gone> {
    send(socket, Message::Text(document.to_string().into())).await
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Gone> {
    socket.send(message).await.map_err(|_| Gone)
}

/// Does what a page asks for.
///
/// # Errors
/// Why it does not, as a sentence for the page.
fn handle(command: Command, server: &LiveServer, page: u64) -> Result<(), String> {
    let state = server.shared.state.borrow().clone();
    let order = match command {
        Command::Shown => return Ok(()),
        Command::Drive => {
            server
                .shared
                .state
                .send_modify(|state| state.driver = Some(page));
            return Ok(());
        }
        _ if state.driver != Some(page) => {
            return Err("Another page controls the board. Take over first.".to_owned());
        }
        Command::Cancel => {
            server.cancel_job();
            return Ok(());
        }
        Command::Attribute { what } => {
            let is_known = |what: &Attribute| state.methods.contains(&what.method.as_str());
            if what.as_ref().is_some_and(|what| !is_known(what)) {
                return Err("There is no such method.".to_owned());
            }
            server.attribute(what);
            return Ok(());
        }
        Command::Attack { what } => {
            if let Some(what) = &what {
                state.check_attack(what)?;
            }
            server.attack(what);
            return Ok(());
        }
        Command::Ascend { what } => {
            server.ascend(what);
            return Ok(());
        }
        Command::Evolve { what } => {
            match &what {
                Evolution::Start(evolve) => state.check_evolve(evolve)?,
                Evolution::Resume => state.check_resume()?,
                Evolution::Stop => {}
            }
            if !server.evolve(what) {
                return Err("There is no frame yet: wait until the board is there.".to_owned());
            }
            return Ok(());
        }
        Command::Open(choice) => {
            let menu = &state.menu;
            let has_board = menu.boards.iter().any(|board| board.name == choice.board);
            if !has_board
                || !menu.models.contains(&choice.model)
                || !menu.engines.contains(&choice.engine)
            {
                return Err("There is no such board, model or engine.".to_owned());
            }
            server.cancel_job();
            Order::Open(choice)
        }
        Command::Mode { mode } => Order::Mode(mode),
        Command::Steps(steps) => Order::Steps(steps),
        Command::Corrupt { what } => {
            what.as_ref()
                .map_or(Ok(()), |what| corruption::parse(what).map(drop))
                .map_err(|error| in_words(&error))?;
            Order::Corrupt(what)
        }
        Command::Digit { index } if index >= state.digits => {
            return Err(format!(
                "There are {} test digits; the first is 0.",
                state.digits
            ));
        }
        Command::Digit { index } => Order::Digit(index),
        Command::Play(mut play) => {
            play.seed = play
                .seed
                .map(|seed| if seed == 0 { any_seed() } else { seed });
            Order::Play(play)
        }
        Command::Camera { of } => match of {
            CameraOf::Host if state.host_camera.is_none() => {
                return Err("The host has no camera.".to_owned());
            }
            CameraOf::Board if state.board_camera.is_none() => {
                return Err("The board has no camera.".to_owned());
            }
            of => Order::Camera(of),
        },
        Command::Rest => Order::Rest,
        Command::Freeze { frozen } => Order::Freeze(frozen),
        Command::Step => Order::Step,
        Command::Occlude(command) => Order::Occlude(command),
    };
    server.order(order).map_err(|error| error.to_string())
}
