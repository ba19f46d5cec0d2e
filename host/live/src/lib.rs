//! The live page: a board's activations on the screen, frame by frame, while the
//! network runs.
//!
//! A [`LiveServer`] drives one board in a thread of its own; any number of pages
//! watch it over WebSockets, and one of them controls it. [`app`] is the page's HTTP
//! router, [`serve`] runs it on the loopback interface, and [`terminal::run`] shows
//! the same stream in a terminal.
//!
//! Layers; a module uses only those that stand before it in this table:
//!
//! | module | what it holds |
//! |---|---|
//! | [`command`], [`packet`] | messages: what a page asks for, and arrays with their header |
//! | [`stimulus`], [`frame`], `network` | the input, one frame of results, and the description of the network |
//! | `corruption` | damage to an input before the board sees it |
//! | [`state`], `latest_slot`, `question`, `shared` | what threads and pages share: orders, questions to the board, and the newest of each result |
//! | `host_camera` | a camera of the host, behind one trait for all operating systems |
//! | `study` | threads that ask the float network: attributions, ascents, layers |
//! | `worker` | the thread that drives the board |
//! | `boards` | the boards that a page may choose, and how each is opened |
//! | `server` | a board, its threads, and the seats of the pages |
//! | `socket`, [`guard`], `assets`, `glossary` | one page's WebSocket, who may talk to the server, the page's files, and what its panels show |
//! | [`terminal`] | the stream without a browser |
//!
//! ```
//! use axum::body::Body;
//! use axum::http::{Request, StatusCode};
//! use cortexscope_live::{Guard, LiveBoards, LiveServer, app};
//! use cortexscope_net::input::{MnistSet, PreparationOverrides};
//! use cortexscope_record::RigChoice;
//! use cortexscope_rig::session::Mode;
//! use std::path::Path;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let boards = LiveBoards {
//!     first: RigChoice::of("native", "lecture-lenet"),
//!     preparation: PreparationOverrides::default(),
//! };
//! boards.check()?;
//! # let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/mnist");
//! let digits = MnistSet::open(
//!     &folder.join("t10k-images-idx3-ubyte.gz"),
//!     &folder.join("t10k-labels-idx1-ubyte.gz"),
//! )?;
//! let (menu, choice) = (boards.menu(), boards.choice());
//! let open = boards.opener(|assumed| println!("{assumed}"));
//! let (server, _threads) = LiveServer::start(menu, choice, Mode::Fused, digits, open);
//!
//! // The first frame is test digit 18, a 3.
//! let mut frames = server.frames();
//! let frame = frames.wait_for(Option::is_some).await?.clone();
//! assert_eq!(frame.map(|frame| frame.recording.predicted()), Some(3));
//!
//! let page = app(server, Guard::new(4180));
//! let request = Request::get("/").header("host", "127.0.0.1:4180");
//! let response = page.oneshot(request.body(Body::empty())?).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```
//!
//! A recording is a file of packets: the eight bytes `CTXLIVE1`, then each packet
//! after its length in bytes and its time in milliseconds, four bytes each,
//! little-endian. The first packet describes the network. Where the board or the
//! model changes, another packet of that kind follows, and the packets after it
//! belong to it.
//!
//! Architecture invariant: the server answers on the loopback interface only, and
//! only to pages that it served itself.

pub mod command;
pub mod frame;
pub mod guard;
pub mod packet;
pub mod state;
pub mod stimulus;
pub mod terminal;

mod assets;
mod boards;
mod corruption;
mod glossary;
mod host_camera;
mod latest_slot;
mod network;
mod question;
mod server;
mod shared;
mod socket;
mod study;
#[cfg(test)]
mod tests;
mod worker;

pub use boards::{LiveBoardError, LiveBoards};
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

/// The HTTP router of the page of `server`, for a listener at the guard's port.
pub fn app(server: LiveServer, guard: Guard) -> Router {
    Router::new()
        .route(
            guard::SOCKET_PATH,
            any(move |upgrade| open_socket(upgrade, server.clone())),
        )
        .route("/theme.css", get(assets::theme))
        .route("/colours.json", get(assets::colours))
        .route("/panels.json", get(assets::panels))
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

/// Listens at a port of the loopback interface; 0 stands for any free port.
///
/// # Errors
/// Another program uses the port.
pub async fn listen(port: u16) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves the page of `server` until `stop` is ready.
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
