//! Folders that files are looked for in at run time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The program's folder in the user's data folder:
/// `$XDG_DATA_HOME/cortexscope`, `~/.local/share/cortexscope`, or on Windows
/// `%LOCALAPPDATA%\cortexscope`.
pub fn data_folder() -> Option<PathBuf> {
    data_folder_in(|name| std::env::var_os(name))
}

fn data_folder_in(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative path in these variables is to be ignored (XDG Base Directory
    // Specification 0.8).
    let folder = |name| {
        let path = variable(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let data = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else {
        folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))
    };
    Some(data?.join("cortexscope"))
}

/// The folder that this program lies in.
pub fn program_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let program = program.canonicalize().unwrap_or(program);
    program.parent().map(Path::to_owned)
}

/// The checkout of this project that the current folder lies in, or else the one
/// that the program lies in.
pub fn checkout() -> Option<PathBuf> {
    let starts = [std::env::current_dir().ok(), program_folder()];
    starts.iter().flatten().find_map(|start| checkout_of(start))
}

fn checkout_of(start: &Path) -> Option<PathBuf> {
    let is_checkout = |folder: &&Path| {
        folder.join("host/cli/Cargo.toml").is_file() && folder.join("firmware/boards").is_dir()
    };
    start.ancestors().find(is_checkout).map(Path::to_owned)
}

/// The folder of files that were installed with this program: `share/cortexscope` of the
/// prefix that has the program in `bin`.
pub fn installed_folder() -> Option<PathBuf> {
    Some(program_folder()?.parent()?.join("share/cortexscope"))
}

/// Where `file` of a built checkout may lie, in the order in which to look:
/// in `target/` of a checkout, beside the program, where it was installed with the
/// program, in the user's data folder.
pub fn places_of(file: &Path) -> Vec<PathBuf> {
    let folders = [
        checkout().map(|checkout| checkout.join("target")),
        program_folder(),
        installed_folder(),
        data_folder(),
    ];
    folders
        .into_iter()
        .flatten()
        .map(|folder| folder.join(file))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_found_from_any_folder_in_it() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = checkout_of(here).unwrap();
        assert!(here.starts_with(&root) && here != root);
        assert_eq!(checkout_of(&here.join("src/input")), Some(root));
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(checkout_of(elsewhere.path()), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_users_data_folder_follows_the_environment() {
        let folder = |set: &[(&str, &str)]| {
            data_folder_in(|name| {
                let (_, value) = set.iter().find(|(key, _)| *key == name)?;
                Some(OsString::from(*value))
            })
        };
        let home = ("HOME", "/home/me");
        let data = |path: &str| Some(PathBuf::from(path));
        assert_eq!(folder(&[home]), data("/home/me/.local/share/cortexscope"));
        let xdg = ("XDG_DATA_HOME", "/data");
        assert_eq!(folder(&[home, xdg]), data("/data/cortexscope"));
        let relative = ("XDG_DATA_HOME", "data");
        assert_eq!(
            folder(&[home, relative]),
            data("/home/me/.local/share/cortexscope")
        );
        assert_eq!(folder(&[]), None);
    }
}
