//! `cortexscope live`.

use super::boards::presence;
use super::common::{BoardArgs, EngineArg, ModeArg, TapeArgs, ctrl_c, wrong};
use super::input::test_digits;
use super::preparation::PreparationArgs;
use anyhow::Context;
use clap::{Args, ValueEnum};
use cortexscope_live::command::{Choice, PlanName};
use cortexscope_live::{LiveServer, Menu, MenuBoard, Opener};
use cortexscope_net::resources::shipped;
use cortexscope_rig::board::BOARDS;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How often it is checked whether Ctrl-C was pressed.
const LOOK_FOR_CTRL_C: Duration = Duration::from_millis(100);

/// Show a board's activations on a web page, frame by frame.
#[derive(Args, Clone)]
pub(super) struct Live {
    /// The port of 127.0.0.1 to serve the page at; 0 for any free port.
    #[arg(long, default_value_t = 4180)]
    port: u16,
    /// The board; `cortexscope boards` lists all of them.
    #[arg(long, default_value = "mps2-an386")]
    board: String,
    /// A shipped model or the path of a board image.
    #[arg(long, default_value = "lecture-lenet")]
    model: String,
    /// The engine on the board.
    #[arg(long, value_enum, default_value = "static")]
    engine: EngineArg,
    /// The plan to run first.
    #[arg(long, value_enum, default_value_t)]
    mode: ModeArg,
    /// The serial port that the board is connected to, instead of an emulator.
    #[arg(long)]
    serial: Option<String>,
    /// Bits per second of the serial port.
    #[arg(long, default_value_t = 921_600)]
    baud: u32,
    /// The picture that the native board's camera takes; give it several times for several pictures, one after the other.
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
        Self {
            port: 0,
            board: board.board.clone(),
            model: board.model.clone(),
            engine: board.engine.unwrap_or(EngineArg::Static),
            mode,
            serial: board.port.clone(),
            baud: board.baud,
            sensor: board.sensor.clone(),
            no_browser: false,
            tui: false,
            preparation: PreparationArgs::default(),
        }
    }

    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let first = self.choice();
        // Errors in the arguments are reported here and not on the page.
        let args = self.board_args(&first)?;
        args.kind()?;
        self.preparation.apply(&mut args.model()?.spec.input)?;
        let (server, mut threads) = LiveServer::start(
            self.menu(),
            first,
            plan(self.mode),
            test_digits()?.clone(),
            self.opener(),
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
            eprintln!("live: {url}  (press Ctrl-C to stop)");
            if !self.no_browser && open::that_detached(&url).is_err() {
                eprintln!("Could not start a browser; open the address above yourself");
            }
            cortexscope_live::serve(listener, server, stop)
                .await
                .context("The server stopped")
        })
    }

    fn choice(&self) -> Choice {
        Choice {
            board: self.board.clone(),
            model: self.model.clone(),
            engine: name_of(self.engine),
        }
    }

    fn menu(&self) -> Menu {
        let boards = BOARDS.iter().map(|board| {
            let presence = presence(board);
            MenuBoard {
                name: board.name.to_owned(),
                core: board.core.to_owned(),
                is_there: presence.is_there,
                state: presence.text,
            }
        });
        let mut models = shipped();
        if !models.contains(&self.model) {
            models.push(self.model.clone());
        }
        Menu {
            boards: boards.collect(),
            models,
            engines: EngineArg::value_variants()
                .iter()
                .map(|&engine| name_of(engine))
                .collect(),
        }
    }

    fn board_args(&self, choice: &Choice) -> anyhow::Result<BoardArgs> {
        let engine = EngineArg::from_str(&choice.engine, false).map_err(wrong)?;
        // A serial port leads to the board that the command line named.
        let port = self.serial.clone().filter(|_| choice.board == self.board);
        Ok(BoardArgs {
            board: choice.board.clone(),
            model: choice.model.clone(),
            engine: Some(engine),
            port,
            baud: self.baud,
            sensor: self
                .sensor
                .iter()
                .filter(|_| choice.board == self.board)
                .cloned()
                .collect(),
            tape: TapeArgs::default(),
        })
    }

    fn opener(&self) -> Opener {
        let args = self.clone();
        Box::new(move |choice, cancel| {
            let board = args.board_args(choice)?;
            let mut rig = board.open_engine(board.engine()?, cancel)?;
            // What was said was said of the model that the command line names.
            if choice.model == args.model {
                args.preparation.apply(&mut rig.model.spec.input)?;
            }
            Ok(rig)
        })
    }
}

fn plan(mode: ModeArg) -> PlanName {
    match mode {
        ModeArg::Fused => PlanName::Fused,
        ModeArg::Tapped => PlanName::Tapped,
    }
}

fn name_of(engine: EngineArg) -> String {
    engine
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}
