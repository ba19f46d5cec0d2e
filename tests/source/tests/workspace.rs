//! This workspace held to the checks of its source.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cortexscope_source::circles::circles;
use cortexscope_source::examples::has_example;
use cortexscope_source::floors::{FLOORS, Side, Workspace};
use cortexscope_source::links;
use cortexscope_source::modules::Modules;
use cortexscope_source::paths::missing;
use cortexscope_source::words;

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace is there")
}

/// What cargo says of the workspace. Crates for other systems are left out: their
/// manifests may not have been downloaded.
fn workspace() -> Workspace {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let metadata = serde_json::from_slice(&output.stdout).expect("a document");
    Workspace::parse(&metadata).expect("what cargo documents")
}

/// Packages of the host that are programs, with nothing to call.
const PROGRAMS: &[&str] = &["cortexscope", "cortexscope-tests"];

fn none_found(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_arrow_points_up() {
    none_found(&workspace().arrows());
}

#[test]
fn what_is_quiet_reaches_no_server_and_no_port() {
    none_found(&workspace().loud());
}

#[test]
fn no_modules_of_one_parent_use_each_other() {
    let root = root();
    let read = |path: &Path| fs::read_to_string(root.join(path)).ok();
    let mut found = Vec::new();
    let mut read_files = 0;
    for (name, folder) in workspace().folders() {
        let folder = Path::new(folder)
            .strip_prefix(&root)
            .expect("of the workspace");
        for file in ["src/lib.rs", "src/main.rs"] {
            let file = folder.join(file);
            if root.join(&file).is_file() {
                let modules = Modules::read(&file, &read).expect("Rust");
                let circles = circles(&modules);
                found.extend(circles.iter().map(|circle| format!("{name}, {circle}")));
                read_files += 1;
            }
        }
    }
    none_found(&found);
    assert!(read_files > 20, "found only {read_files} roots of crates");
}

#[test]
fn every_library_of_the_host_shows_an_example() {
    let folders = workspace();
    let mut found = Vec::new();
    for (name, folder) in folders.folders() {
        let is_of_host = FLOORS
            .iter()
            .any(|&(row, side, _)| row == name && side == Side::Host);
        let file = Path::new(folder).join("src/lib.rs");
        if let Ok(text) = fs::read_to_string(&file)
            && is_of_host
            && !PROGRAMS.contains(&name)
            && !has_example(&text)
        {
            found.push(format!("{}: no example that is run", file.display()));
        }
    }
    none_found(&found);
}

/// Documents that name files for somebody who looks for them; the pages of the book are
/// added.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "models/README.md",
];

/// The book's folder.
const BOOK: &str = "docs";

fn documents() -> Vec<String> {
    let pages = fs::read_dir(root().join(BOOK)).expect("the book");
    let pages = pages.map(|page| page.expect("an entry").file_name());
    let pages = pages.map(|page| format!("{BOOK}/{}", page.to_string_lossy()));
    let pages = pages.filter(|page| page.ends_with(".md"));
    let others = DOCUMENTS.iter().map(|&document| document.to_owned());
    let mut documents: Vec<String> = others.chain(pages).collect();
    documents.sort();
    documents
}

#[test]
fn documents_name_files_that_are_there() {
    let root = root();
    let mut found = Vec::new();
    for document in documents() {
        let file = root.join(&document);
        let text = fs::read_to_string(&file).expect("readable");
        let folder = file.parent().expect("a folder");
        let missing = missing(&text, folder, &root);
        found.extend(
            missing
                .iter()
                .map(|path| format!("{document}: no such file: {path}")),
        );
    }
    none_found(&found);
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let root = root();
    let mut found = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(root.join(&document)).expect("readable");
        let broken = links::broken(Path::new(&document), &text, &root, Path::new(BOOK));
        found.extend(broken.iter().map(|link| format!("{document}: {link}")));
    }
    none_found(&found);
}

#[test]
fn the_summary_of_the_book_has_every_page_once() {
    let summary = format!("{BOOK}/SUMMARY.md");
    let text = fs::read_to_string(root().join(&summary)).expect("readable");
    let mut listed: Vec<String> = links::files(&text)
        .iter()
        .map(|page| format!("{BOOK}/{page}"))
        .collect();
    listed.sort();
    let in_book = |document: &String| document.starts_with(BOOK) && *document != summary;
    let pages: Vec<String> = documents().into_iter().filter(in_book).collect();
    assert_eq!(listed, pages);
}

/// What a reader takes in before the first try.
#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(root().join("README.md")).expect("readable");
    let (lines, words) = (readme.lines().count(), readme.split_whitespace().count());
    assert!(
        lines <= 150 && words <= 1200,
        "{lines} lines, {words} words"
    );
}

#[test]
fn no_retired_word_is_left() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("retired-words.txt");
    let list = fs::read_to_string(list).expect("readable");
    let list = words::parse(&list).expect("rows");
    let found = words::find_below(&list, &root()).expect("readable");
    none_found(&found);
}

/// Rust files of the host and of the tests.
fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// A test that needs outside data is ignored without it and fails where a file is missing;
/// it never passes without having looked.
#[test]
fn no_test_passes_without_its_data() {
    let mut files = Vec::new();
    for folder in ["host", "tests/src", "tests/tests"] {
        rust_files(&root().join(folder), &mut files);
    }
    let mut found = Vec::new();
    let mut readers = 0;
    for path in files {
        let text = fs::read_to_string(&path).expect("readable");
        for (number, line) in text.lines().enumerate() {
            let reads = line.contains("var") && line.contains("\"CORTEXSCOPE_TEST_DATA\"");
            readers += usize::from(reads);
            if (reads && !line.contains(".expect(")) || line.contains("shared/data") {
                found.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    assert!(readers >= 3, "{readers} places read the folder");
    none_found(&found);
}

/// The program also compiles for Windows: what one kind of system has alone is named where
/// `cfg` says which, in the file itself or where its module is declared.
#[test]
fn what_one_system_has_alone_is_behind_its_name() {
    let mut files = Vec::new();
    rust_files(&root().join("host"), &mut files);
    let mut found = Vec::new();
    let mut uses = 0;
    for path in files {
        let text = fs::read_to_string(&path).expect("readable");
        for system in ["unix", "windows"] {
            let Some(at) = text.find(&format!("std::os::{system}")) else {
                continue;
            };
            uses += 1;
            let asks = format!("#[cfg({system})]");
            let module = path.file_stem().and_then(|stem| stem.to_str());
            let declared = format!("{asks}\nmod {};", module.unwrap_or_default());
            let parent = path.parent().expect("a folder").with_extension("rs");
            let parent = fs::read_to_string(parent).unwrap_or_default();
            // Linux is one of them.
            let asks_for_linux = "#[cfg(target_os = \"linux\")]";
            let is_asked = text[..at].contains(&asks)
                || system == "unix" && text[..at].contains(asks_for_linux);
            if !is_asked && !parent.contains(&declared) {
                found.push(format!("{}: std::os::{system}", path.display()));
            }
        }
    }
    assert!(uses >= 2, "{uses} places name a system");
    none_found(&found);
}

/// What commands print is escaped in one place, `printer.rs`; the script for a shell is the
/// program's own text.
#[test]
fn the_command_line_prints_through_its_printer_alone() {
    let mut open = vec![root().join("host/cli/src")];
    let mut found = Vec::new();
    let mut read_files = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str());
        if matches!(name, Some("printer.rs" | "completions.rs")) {
            continue;
        }
        read_files += 1;
        for line in fs::read_to_string(&path).expect("text").lines() {
            let asks = line.contains(".is_terminal()");
            let prints = ["println!(", "print!(", "io::stdout()", "io::stderr()"];
            if !asks && prints.iter().any(|word| line.contains(word)) {
                found.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(read_files > 50, "found only {read_files} files");
    none_found(&found);
}
