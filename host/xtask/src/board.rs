//! The boards that there is firmware for.

use std::ops::Deref;

use cortexscope_boards::BOARDS;
pub use cortexscope_boards::{BoardKind, DEFAULT, Engine, NATIVE, Transport};

use crate::toolchain::{Core, Target};

/// A board that there is firmware for: a package under `firmware/boards`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    kind: &'static BoardKind,
    core: Core,
}

impl Deref for Board {
    type Target = BoardKind;

    fn deref(&self) -> &BoardKind {
        self.kind
    }
}

/// Every board that there is firmware for.
pub fn boards() -> impl Iterator<Item = Board> {
    BOARDS.iter().filter_map(|kind| {
        let build = kind.build?;
        let core = Core {
            target: build.target,
            cpu: build.cpu,
        };
        Some(Board { kind, core })
    })
}

impl Board {
    /// What its firmware with `engine` is compiled for.
    pub fn target(&self, engine: Engine) -> Target {
        match engine {
            Engine::Static | Engine::Small => Target::Core(self.core),
            Engine::Tract => Target::Std,
        }
    }

    /// Finds a board by name; the error names those that there are.
    pub fn find(name: &str) -> Result<Self, String> {
        boards().find(|board| board.name == name).ok_or_else(|| {
            let names: Vec<_> = boards().map(|board| board.name).collect();
            format!(
                "there is no firmware for it; there is for {}",
                names.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Board, DEFAULT, boards};
    use crate::workspace;

    #[test]
    fn boards_are_found_by_name() {
        assert_eq!(Board::find(DEFAULT).unwrap().name, DEFAULT);
        assert!(Board::find("pdp-11").unwrap_err().contains(DEFAULT));
        assert!(Board::find("native").is_err());
    }

    #[test]
    fn every_boards_package_and_target_are_those_of_its_facts() {
        for board in boards() {
            let folder = workspace::root().join("firmware/boards").join(board.name);
            let read = |file| -> toml::Table {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                text.parse().unwrap()
            };
            let package = read("Cargo.toml");
            assert_eq!(package["package"]["name"].as_str(), Some(board.name));
            // Cargo alone reads this one, for `cargo run` in the folder.
            let config = read(".cargo/config.toml");
            let build = &config["build"];
            assert_eq!(build["target"].as_str(), Some(board.core.target));
            let flags = build
                .get("rustflags")
                .and_then(|flags| flags.get(0)?.as_str());
            assert_eq!(flags.map(str::to_owned), board.core.flag());
        }
    }
}
