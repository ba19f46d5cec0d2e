//! The gallery of the shipped networks.

use crate::json_documents::is_valid;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("a plain name")
    };
    entries.map(name).collect()
}

/// A PNG is whole if its last chunk is there.
fn is_whole(picture: &Path) -> bool {
    let bytes = std::fs::read(picture).expect("a file");
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82")
}

#[test]
fn every_picture_is_on_the_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().to_str().expect("a plain path");
    is_valid("gallery", &["gallery", "-o", output, "--json"]);
    let page = std::fs::read_to_string(folder.path().join("index.html")).expect("a page");
    let files = files(folder.path());
    let pictures: Vec<_> = files.iter().filter(|file| file.ends_with(".png")).collect();
    // Filters, attributions, classes, filters of the second layer, an attack, fooling images,
    // dreams and corruptions; and the page.
    assert_eq!((pictures.len(), files.len()), (8, 9), "{files:?}");
    for picture in pictures {
        assert!(is_whole(&folder.path().join(picture)), "{picture}");
        assert!(page.contains(&format!("src=\"{picture}\"")), "{picture}");
    }
}

#[test]
fn an_interrupted_gallery_leaves_no_half_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut gallery = Command::new(env!("CARGO_BIN_EXE_cortexscope-under-test"))
        .args(["gallery", "-o"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    while files(folder.path()).is_empty() {
        assert_eq!(gallery.try_wait().expect("a status"), None);
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = gallery.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.expect("a signal is sent").success());
    let ended = gallery.wait().expect("it ends");
    assert!(!ended.success());
    for file in files(folder.path()) {
        assert!(
            file.ends_with(".png") && is_whole(&folder.path().join(&file)),
            "{file}"
        );
    }
}
