//! Which crate may use which: the floors of the workspace, and what must not be reached.
//!
//! An arrow points from a crate to what it depends on, and always down, to a lower floor.
//! Development dependencies are arrows too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Where a crate runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// On the board.
    Board,
    /// On the host.
    Host,
}

/// The floor of every crate, boards apart: they are below `firmware/boards`, on
/// [`BOARD_FLOOR`].
pub const FLOORS: &[(&str, Side, u8)] = &[
    // The facts of the boards: their build scripts, xtask and the rig read them.
    ("cortexscope-boards", Side::Board, 0),
    ("cortexscope-core", Side::Board, 0),
    ("cortexscope-digit", Side::Board, 0),
    ("cortexscope-wire", Side::Board, 0),
    ("cortexscope-probe", Side::Board, 1),
    ("cortexscope-no-panic", Side::Board, 1),
    ("cortexscope-rt", Side::Board, 2),
    ("cortexscope-tract", Side::Board, 3),
    ("cortexscope-net", Side::Host, 0),
    ("cortexscope-draw", Side::Host, 0),
    ("cortexscope-statistics", Side::Host, 0),
    ("cortexscope-corrupt", Side::Host, 0),
    ("tract-adjoint", Side::Host, 0),
    ("cortexscope-uf2", Side::Host, 0),
    // It sets up what the others need to build at all.
    ("xtask", Side::Host, 1),
    ("cortexscope-compile", Side::Host, 1),
    ("cortexscope-budget", Side::Host, 1),
    ("cortexscope-explain", Side::Host, 1),
    ("cortexscope-simd", Side::Host, 1),
    ("cortexscope-rig", Side::Host, 2),
    ("cortexscope-brain", Side::Host, 3),
    ("cortexscope-record", Side::Host, 3),
    ("cortexscope-study", Side::Host, 3),
    // It trains on the planted neurons of `brain`.
    ("cortexscope-train", Side::Host, 4),
    ("cortexscope-present", Side::Host, 4),
    ("cortexscope-live", Side::Host, 5),
    ("cortexscope-examples", Side::Host, 5),
    ("cortexscope", Side::Host, 6),
    ("cortexscope-tests", Side::Host, 7),
];

/// The floor of boards.
pub const BOARD_FLOOR: u8 = 4;

/// Arrows between crates of one floor.
const SIDEWAYS: &[(&str, &str)] = &[
    // The budget asks the compiler what it makes of a network.
    ("cortexscope-budget", "cortexscope-compile"),
];

/// What the host may use of the board's side: both ends of the link speak `wire`, the
/// native board is `probe` over `core`, and the tests run tract as a board's engine.
const SHARED: &[&str] = &[
    "cortexscope-boards",
    "cortexscope-core",
    "cortexscope-digit",
    "cortexscope-wire",
    "cortexscope-probe",
    "cortexscope-tract",
];

/// Crates that know no server, no port and no command line, whoever depends on them.
pub const QUIET: &[&str] = &[
    "cortexscope-core",
    "cortexscope-digit",
    "cortexscope-wire",
    "cortexscope-net",
    "cortexscope-draw",
    "cortexscope-statistics",
    "cortexscope-corrupt",
    "tract-adjoint",
    "cortexscope-compile",
    "cortexscope-budget",
    "cortexscope-explain",
];

/// What a crate of [`QUIET`] must not reach.
pub const LOUD: &[&str] = &[
    "axum",
    "clap",
    "crossterm",
    "hyper",
    "linuxvideo",
    "open",
    "serialport",
    "tokio",
    "tungstenite",
];

/// What `cargo metadata` says of a workspace.
pub struct Workspace {
    packages: BTreeMap<String, Package>,
    members: BTreeSet<String>,
}

struct Package {
    name: String,
    folder: String,
    /// Ids of what it is built from and with.
    dependencies: Vec<Dependency>,
}

struct Dependency {
    id: String,
    is_for_development: bool,
}

impl Workspace {
    /// Reads the document of `cargo metadata --format-version 1`.
    ///
    /// # Errors
    /// The document is not of that form: what is missing.
    pub fn parse(metadata: &Value) -> Result<Self, String> {
        let text = |value: &Value, key: &str| {
            let text = value[key].as_str().map(str::to_owned);
            text.ok_or_else(|| format!("no `{key}` in {value}"))
        };
        let list = |value: &Value, key: &str| {
            let list = value[key].as_array().cloned();
            list.ok_or_else(|| format!("no list `{key}`"))
        };
        let mut packages = BTreeMap::new();
        for package in list(metadata, "packages")? {
            let manifest = text(&package, "manifest_path")?.replace('\\', "/");
            let folder = manifest.trim_end_matches("/Cargo.toml").to_owned();
            let name = text(&package, "name")?;
            packages.insert(
                text(&package, "id")?,
                Package {
                    name,
                    folder,
                    dependencies: Vec::new(),
                },
            );
        }
        for node in list(&metadata["resolve"], "nodes")? {
            let mut dependencies = Vec::new();
            for dependency in list(&node, "deps")? {
                let kinds = list(&dependency, "dep_kinds")?;
                dependencies.push(Dependency {
                    id: text(&dependency, "pkg")?,
                    is_for_development: kinds.iter().all(|kind| kind["kind"] == "dev"),
                });
            }
            if let Some(package) = packages.get_mut(&text(&node, "id")?) {
                package.dependencies = dependencies;
            }
        }
        let members = list(metadata, "workspace_members")?;
        let members = members.iter().filter_map(Value::as_str).map(str::to_owned);
        Ok(Self {
            packages,
            members: members.collect(),
        })
    }

    /// Finds each arrow that does not point down, and each crate without a floor.
    pub fn arrows(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for id in &self.members {
            let package = &self.packages[id];
            let Some((side, floor)) = self.floor(package) else {
                wrong.push(format!(
                    "{} has no floor: give it one in tests/source/src/floors.rs",
                    package.name
                ));
                continue;
            };
            for dependency in &package.dependencies {
                if !self.members.contains(&dependency.id) {
                    continue;
                }
                let below = &self.packages[&dependency.id];
                let Some((below_side, below_floor)) = self.floor(below) else {
                    continue;
                };
                let (from, to) = (package.name.as_str(), below.name.as_str());
                let is_allowed = match (side, below_side) {
                    (Side::Board, Side::Host) => false,
                    (Side::Host, Side::Board) => SHARED.contains(&to),
                    _ => below_floor < floor || SIDEWAYS.contains(&(from, to)),
                };
                if !is_allowed {
                    wrong.push(format!(
                        "{from} ({side:?}, floor {floor}) must not depend on {to} \
                         ({below_side:?}, floor {below_floor})"
                    ));
                }
            }
        }
        wrong
    }

    /// Finds each crate of [`QUIET`] that reaches one of [`LOUD`], and on which way.
    pub fn loud(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for id in &self.members {
            if QUIET.contains(&self.packages[id].name.as_str()) {
                let mut seen = BTreeSet::new();
                self.find_loud(id, &mut Vec::new(), &mut seen, &mut wrong);
            }
        }
        wrong
    }

    fn find_loud<'w>(
        &'w self,
        id: &'w str,
        way: &mut Vec<&'w str>,
        seen: &mut BTreeSet<&'w str>,
        wrong: &mut Vec<String>,
    ) {
        if !seen.insert(id) {
            return;
        }
        let package = &self.packages[id];
        way.push(&package.name);
        if LOUD.contains(&package.name.as_str()) {
            wrong.push(way.join(" → "));
        } else {
            for dependency in &package.dependencies {
                if !dependency.is_for_development {
                    self.find_loud(&dependency.id, way, seen, wrong);
                }
            }
        }
        way.pop();
    }

    /// Gives the folder of every crate of the workspace.
    pub fn folders(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().map(|id| {
            let package = &self.packages[id];
            (package.name.as_str(), package.folder.as_str())
        })
    }

    fn floor(&self, package: &Package) -> Option<(Side, u8)> {
        let row = FLOORS.iter().find(|(name, ..)| *name == package.name);
        row.map(|&(_, side, floor)| (side, floor)).or_else(|| {
            let is_board = package.folder.contains("/firmware/boards/");
            is_board.then_some((Side::Board, BOARD_FLOOR))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Workspace;
    use serde_json::json;

    /// A workspace of crates in `/w/NAME`, each with what it depends on; a name that ends
    /// in `*` is a development dependency.
    fn workspace(crates: &[(&str, &[&str])]) -> Workspace {
        let packages: Vec<_> = crates
            .iter()
            .map(|(name, _)| json!({"id": name, "name": name, "manifest_path": format!("/w/{name}/Cargo.toml")}))
            .collect();
        let nodes: Vec<_> =
            crates
                .iter()
                .map(|(name, below)| {
                    let deps: Vec<_> = below
                    .iter()
                    .map(|name| {
                        let kind = if name.ends_with('*') { json!("dev") } else { json!(null) };
                        json!({"pkg": name.trim_end_matches('*'), "dep_kinds": [{"kind": kind}]})
                    })
                    .collect();
                    json!({"id": name, "deps": deps})
                })
                .collect();
        let members: Vec<_> = crates
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !matches!(*name, "axum" | "web"))
            .collect();
        let metadata = json!({
            "packages": packages, "resolve": {"nodes": nodes}, "workspace_members": members,
        });
        Workspace::parse(&metadata).unwrap()
    }

    #[test]
    fn arrows_point_down() {
        let good = workspace(&[
            ("cortexscope-core", &[]),
            ("cortexscope-net", &[]),
            (
                "cortexscope-compile",
                &["cortexscope-net", "cortexscope-core"],
            ),
            ("cortexscope-budget", &["cortexscope-compile"]),
        ]);
        assert_eq!(good.arrows(), [""; 0]);
        let bad = workspace(&[
            ("cortexscope-rig", &[]),
            ("cortexscope-explain", &["cortexscope-rig"]),
            ("cortexscope-compile", &["cortexscope-budget*"]),
            ("cortexscope-budget", &[]),
            ("cortexscope-rt", &["cortexscope-net"]),
            ("cortexscope-net", &["cortexscope-rt"]),
            ("cortexscope-new", &[]),
        ]);
        assert_eq!(
            bad.arrows(),
            [
                "cortexscope-compile (Host, floor 1) must not depend on cortexscope-budget \
                 (Host, floor 1)",
                "cortexscope-explain (Host, floor 1) must not depend on cortexscope-rig \
                 (Host, floor 2)",
                "cortexscope-net (Host, floor 0) must not depend on cortexscope-rt \
                 (Board, floor 2)",
                "cortexscope-new has no floor: give it one in tests/source/src/floors.rs",
                "cortexscope-rt (Board, floor 2) must not depend on cortexscope-net \
                 (Host, floor 0)",
            ]
        );
    }

    #[test]
    fn a_server_is_found_below_what_is_below() {
        let crates: &[(&str, &[&str])] = &[
            ("axum", &[]),
            ("web", &["axum"]),
            ("cortexscope-explain", &["web"]),
            ("cortexscope-budget", &["web*"]),
            ("cortexscope-live", &["web"]),
        ];
        assert_eq!(
            workspace(crates).loud(),
            ["cortexscope-explain → web → axum"]
        );
    }
}
