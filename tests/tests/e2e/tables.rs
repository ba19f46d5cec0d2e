//! The tables of networks in README.md, models/README.md and the book have the numbers of
//! the models.

use crate::command_line::json;
use cortexscope_rig::board::BOARDS;

const SHIPPED: [&str; 3] = ["lecture-lenet", "lenet5", "winml-mnist"];

/// The rows of a Markdown text that begin with one of the shipped models.
fn rows<'a>(text: &'a str, model: &str) -> Vec<&'a str> {
    let is_of = |row: &&str| {
        let first = row.split(" | ").next().unwrap_or_default();
        first.starts_with("| ") && first.contains(&format!("`{model}`"))
    };
    text.lines().filter(is_of).collect()
}

/// A file that nothing is known of but its nodes, and the image that is made of it: labels
/// and description are beside the file.
#[test]
fn budget_and_compile_name_one_arena_and_one_flash() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().to_str().expect("a name");
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../models/winml-mnist/winml-mnist.onnx"
    );
    let few = ["--calibrate", "mnist", "--calibration-limit", "2"];
    let compile = [&["compile", file][..], &few, &["-o", folder, "--json"]].concat();
    let compiled = json(&compile);
    let budget = json(&["budget", file, "--json"]);
    let image_bytes = &budget["totals"]["image_bytes"];
    assert_eq!(image_bytes, &compiled["image_bytes"]);
    assert!(image_bytes.is_u64());
    for mode in ["fused", "tapped"] {
        let arenas = budget["arenas"].as_array().expect("arenas");
        let arena = arenas
            .iter()
            .find(|arena| arena["element"] == "int8" && arena["mode"] == mode);
        let bytes = &arena.expect("an arena")["arena_bytes"];
        assert_eq!(bytes, &compiled["planned_arena_bytes"][mode], "{mode}");
    }
}

#[test]
fn parameters_are_those_of_the_models() {
    let texts = [
        ("README.md", include_str!("../../../README.md")),
        (
            "models/README.md",
            include_str!("../../../models/README.md"),
        ),
        (
            "docs/measured.md",
            include_str!("../../../docs/measured.md"),
        ),
    ];
    for model in SHIPPED {
        let path = format!(
            "{}/../models/{model}/{model}.onnx",
            env!("CARGO_MANIFEST_DIR")
        );
        let document = json(&["budget", &path, "--json"]);
        let parameters = document["totals"]["parameters"].as_u64().expect("a number");
        let cell = parameters.to_string();
        for (file, text) in texts {
            let rows = rows(text, model);
            assert!(!rows.is_empty(), "{file} has no row for {model}");
            let has = |row: &&str| {
                row.split('|')
                    .any(|found| found.trim().replace(',', "") == cell)
            };
            let right = rows.iter().filter(|row| has(row)).count();
            assert!(right > 0, "{file}: {model} has {cell} parameters: {rows:?}");
        }
    }
}

/// The firmware of the boards that there are, and the input and the arena of one network.
#[test]
fn your_board_says_what_firmware_and_network_take() {
    let firmware = BOARDS.iter().filter_map(|board| board.firmware);
    let kib: Vec<_> = firmware
        .map(|firmware| firmware.flash_bytes / 1024)
        .collect();
    let (least, most) = (kib.iter().min(), kib.iter().max());
    let (least, most) = (least.expect("a board"), most.expect("a board"));
    let budget = json(&["budget", "lecture-lenet", "--json"]);
    let arenas = budget["arenas"].as_array().expect("arenas");
    let fused = arenas
        .iter()
        .find(|arena| arena["element"] == "int8" && arena["mode"] == "fused");
    let arena = fused.expect("an arena")["arena_bytes"].as_u64();
    let bytes = (28 * 28 + arena.expect("a number")).to_string();
    let together = format!(
        "{},{}",
        &bytes[..bytes.len() - 3],
        &bytes[bytes.len() - 3..]
    );
    let page = include_str!("../../../docs/your-board.md");
    assert!(page.contains(&format!(
        "- {least} to {most} KiB of flash for the firmware"
    )));
    assert!(page.contains(&format!(
        "together {together} bytes for the lecture's LeNet"
    )));
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&format!("takes up to {most} KiB")));
    let microbit = include_str!("../../../docs/microbit.md");
    assert!(microbit.contains(&format!("take {together} of")));
}
