//! `cortexscope live`.

use super::common::{BoardArgs, EngineArg, ModeArg, blame, ctrl_c};
use super::default_board::{self, EMULATED};
use super::preparation::PreparationArgs;
use super::{printer, progress};
use anyhow::Context;
use clap::Args;
use cortexscope_live::{LiveBoards, LiveServer};
use cortexscope_net::input::MnistSet;
use cortexscope_record::RigChoice;
use cortexscope_rig::board::{BAUD, Port};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How often it is checked whether Ctrl-C was pressed.
const LOOK_FOR_CTRL_C: Duration = Duration::from_millis(100);

/// Show a board's activations on a web page, frame by frame.
#[derive(Args, Clone)]
pub(super) struct Live {
    /// Serve the page at this port of 127.0.0.1; 0 takes any free port.
    #[arg(long, default_value_t = 4180)]
    port: u16,
    /// The board; `cortexscope boards` lists all boards [default: mps2-an386, or native
    /// where that cannot run].
    #[arg(long)]
    board: Option<String>,
    /// A shipped model or the path of a board image.
    #[arg(long, default_value = "lecture-lenet")]
    model: String,
    /// The engine on the board.
    #[arg(long, value_enum, default_value = "static")]
    engine: EngineArg,
    /// The memory plan to run first.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// Use the board at this serial port instead of an emulated one.
    #[arg(long)]
    serial: Option<String>,
    /// Speed of the serial port in bits per second; the micro:bits need 115200.
    #[arg(long, default_value_t = BAUD)]
    baud: u32,
    /// A picture for the native board's camera; several are shown one after the other.
    #[arg(long, value_name = "PICTURE")]
    sensor: Vec<PathBuf>,
    /// Do not open a browser.
    #[arg(long)]
    no_browser: bool,
    /// Show the stream in this terminal instead of on a web page.
    #[arg(long)]
    tui: bool,
    #[command(flatten)]
    preparation: PreparationArgs,
}

impl Live {
    /// The page for the board and model of another command.
    pub fn after(board: &BoardArgs, mode: ModeArg) -> Self {
        let (serial, baud) = board.port.parts();
        Self {
            port: 0,
            board: board.board.clone(),
            model: board.model.clone(),
            engine: board.engine.unwrap_or(EngineArg::Static),
            mode,
            serial,
            baud,
            sensor: board.sensor.clone(),
            no_browser: false,
            tui: false,
            preparation: PreparationArgs::default(),
        }
    }

    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let is_open = self.board.is_none() && self.serial.is_none();
        let runs = || default_board::that_runs().to_owned();
        Self {
            board: self.board.clone().or_else(|| is_open.then(runs)),
            ..self.clone()
        }
        .start()
    }

    fn start(&self) -> anyhow::Result<ExitCode> {
        let boards = self.boards();
        // Errors in the arguments are reported here and not on the page.
        if let Some(assumed) = boards.check().map_err(blame)? {
            progress::note(assumed);
        }
        let (server, mut threads) = LiveServer::start(
            boards.menu(),
            boards.choice(),
            self.mode.into(),
            MnistSet::test_digits()?.clone(),
            boards.opener(|assumed| progress::note(assumed)),
        );
        if self.tui {
            let cancel = ctrl_c()?;
            let shown = cortexscope_live::terminal::run(&server, &|| cancel.is_cancelled());
            threads.stop();
            return Ok(shown.map(|()| ExitCode::SUCCESS)?);
        }
        let served = self.serve(server);
        threads.stop();
        served.map(|()| ExitCode::SUCCESS)
    }

    fn serve(&self, server: LiveServer) -> anyhow::Result<()> {
        let cancel = ctrl_c()?;
        let stop = async move {
            while !cancel.is_cancelled() {
                tokio::time::sleep(LOOK_FOR_CTRL_C).await;
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        runtime.block_on(async {
            let (listener, address) =
                cortexscope_live::listen(self.port).await.with_context(|| {
                    format!(
                        "Could not serve the page at port {}; choose another one with --port",
                        self.port
                    )
                })?;
            let url = format!("http://{address}/");
            printer::say(format_args!("live: {url}  (press Ctrl-C to stop)"));
            if !self.no_browser && open::that_detached(&url).is_err() {
                printer::say("Could not start a browser; open the address above yourself");
            }
            cortexscope_live::serve(listener, server, stop)
                .await
                .context("The server stopped")
        })
    }

    /// What the page begins with, and what was said of it.
    fn boards(&self) -> LiveBoards {
        let port = self.serial.clone().map(|path| Port {
            path,
            baud: self.baud,
        });
        let board = self.board.as_deref().unwrap_or(EMULATED);
        LiveBoards {
            first: RigChoice {
                engine: self.engine.into(),
                port,
                sensor: self.sensor.clone(),
                ..RigChoice::of(board, &self.model)
            },
            preparation: self.preparation.overrides(),
        }
    }
}
