//! Where the emulator is.

use cortexscope_net::resources::folders;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// QEMU's program for Arm.
const NAME: &str = "qemu-system-arm";

/// The emulator: the one in `PATH`, or else the one that `cargo xtask setup` unpacked
/// into `tools/qemu-system-arm`, in `target/` of a checkout, beside the program or in the
/// user's data folder. Where there is none, its name alone.
pub fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let unpacked = folders::places_of(&Path::new("tools").join(NAME).join(NAME));
    find(&path, &unpacked)
}

fn find(path: &OsStr, unpacked: &[PathBuf]) -> PathBuf {
    let file = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    let is_in_path = std::env::split_paths(path).any(|folder| folder.join(&file).is_file());
    let unpacked = unpacked.iter().find(|file| file.is_file());
    match unpacked {
        Some(file) if !is_in_path => file.clone(),
        _ => NAME.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_emulator_goes_before_an_unpacked_one() {
        let folder = tempfile::tempdir().unwrap();
        let system = folder.path().join("bin");
        let unpacked = folder.path().join("tools").join(NAME);
        let places = [folder.path().join("nothing"), unpacked.clone()];
        std::fs::create_dir_all(&system).unwrap();
        std::fs::create_dir_all(folder.path().join("tools")).unwrap();
        assert_eq!(find(system.as_os_str(), &places), Path::new(NAME));
        std::fs::write(&unpacked, "").unwrap();
        assert_eq!(find(system.as_os_str(), &places), unpacked);
        let installed = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
        std::fs::write(system.join(installed), "").unwrap();
        assert_eq!(find(system.as_os_str(), &places), Path::new(NAME));
    }
}
