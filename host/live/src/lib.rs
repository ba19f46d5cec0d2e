//! The live page: a board's neurons on the screen while they fire.
//!
//! | module | what it does |
//! |---|---|
//! | [`server`] | one board, any number of pages, and what lies between them |
//! | `worker` | the thread that drives the board |
//! | `study` | what the float network behind the board's says of a frame |
//! | [`stimulus`] | what the network is shown: pixels, digits, cameras |
//! | [`command`], [`state`], [`packet`] | what goes over the WebSocket |
//! | `host_camera` | a camera of the host |
//! | [`frame`], `network` | what the board gave, and what it runs |
//! | `socket`, [`guard`], `assets` | the server's side of HTTP |
//! | [`terminal`] | the same stream without a browser |
//!
//! A recording is a file of packets: the eight bytes `CTXLIVE1`, then each
//! packet after its length in bytes and its time in milliseconds, four bytes
//! each, little-endian; the network's packet first.
//!
//! Architecture invariant: the server answers on the loopback interface only,
//! to pages that it served itself.

pub mod command;
pub mod frame;
pub mod guard;
pub mod packet;
pub mod state;
pub mod stimulus;
pub mod terminal;

mod assets;
mod host_camera;
mod latest_slot;
mod network;
mod server;
mod shared;
mod socket;
mod study;
#[cfg(test)]
mod tests;
mod worker;

pub use guard::Guard;
pub use server::{LiveServer, LiveThreads};
pub use shared::{Order, Overrun};
pub use state::{Menu, MenuBoard};
pub use worker::{OpenError, Opener};

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

/// The page of `server`, for a server at the guard's port.
pub fn app(server: LiveServer, guard: Guard) -> Router {
    Router::new()
        .route(
            guard::SOCKET_PATH,
            any(move |upgrade| open_socket(upgrade, server.clone())),
        )
        .route("/theme.css", get(assets::theme))
        .route("/colours.json", get(assets::colours))
        .route("/font-regular.ttf", get(assets::font))
        .route("/font-semibold.ttf", get(assets::font))
        .fallback(get(assets::file))
        .layer(axum::middleware::from_fn(move |request, next| {
            guard::middleware(guard, request, next)
        }))
}

async fn open_socket(upgrade: WebSocketUpgrade, server: LiveServer) -> Response {
    // Taken now and not when the page is served, so that no flood passes the limit.
    let Some(seat) = server.seat() else {
        let text = format!("{} pages are open already; close one", server::PAGES_MAX);
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    upgrade
        .max_message_size(socket::MESSAGE_BYTES_MAX)
        .max_frame_size(socket::MESSAGE_BYTES_MAX)
        .on_upgrade(|socket| socket::serve(socket, server, seat))
}

/// A port of the loopback interface; 0 stands for any that is free.
///
/// # Errors
/// The port is taken.
pub async fn listen(port: u16) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves the page of `server` until `stop` is done.
///
/// # Errors
/// Those of the network.
pub async fn serve(
    listener: TcpListener,
    server: LiveServer,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let guard = Guard::new(listener.local_addr()?.port());
    tokio::select! {
        result = async { axum::serve(listener, app(server, guard)).await } => result,
        () = stop => Ok(()),
    }
}
