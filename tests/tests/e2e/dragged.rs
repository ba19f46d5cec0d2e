//! What is dragged onto a board's drive: a model goes to its own part of the flash, whichever it
//! is and however it was made, and the firmware stays.

use crate::command_line::cortexscope;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_rig::board::{BOARDS, BoardKind, find};
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

const PAGE_BYTES: usize = 256;
/// What the flash erases at once.
const SECTOR_BYTES: u32 = 4096;

/// The pages of flash that a boot loader of `family` writes of a file, by address: read as the
/// format's specification has it.
fn pages(file: &Path, family: u32) -> BTreeMap<u32, Vec<u8>> {
    let bytes = fs::read(file).expect("it was copied");
    let mut pages = BTreeMap::new();
    let mut numbers = Vec::new();
    for block in bytes.chunks(512) {
        let word = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().expect("a word"));
        assert_eq!(
            (word(0), word(4), word(508)),
            (0x0A32_4655, 0x9E5D_5157, 0x0AB1_6F30)
        );
        // Extensions, the first of which says that the block is to be ignored.
        if word(8) & 0x8000 != 0 && word(288) == 0x9957_E304 {
            continue;
        }
        assert_eq!((word(16), word(28)), (256, family), "{}", file.display());
        numbers.push((word(20), word(24)));
        let twice = pages.insert(word(12), block[32..][..PAGE_BYTES].to_vec());
        assert_eq!(twice, None, "{:#010x} twice", word(12));
    }
    let count = numbers.len() as u32;
    assert!(numbers.into_iter().eq((0..count).map(|at| (at, count))));
    pages
}

/// A folder that looks like the drive of `board`, with what `flash` copies to it.
fn drive(folder: &Path, board: &BoardKind, models: &[&str]) -> Vec<String> {
    let id = board.drive.expect("it has one").board_id;
    fs::write(folder.join("INFO_UF2.TXT"), format!("Board-ID: {id}\r\n")).expect("a file");
    let path = folder.to_str().expect("a plain path");
    let flash = ["flash", "--board", board.name, "--drive", path];
    let mut files = vec![format!("{}.uf2", board.name)];
    let firmware = cortexscope(&flash);
    assert!(firmware.status.success(), "{firmware:?}");
    for model in models {
        let output = cortexscope(&[&flash[..], &["--model", model]].concat());
        assert!(output.status.success(), "{output:?}");
        files.push(format!("{model}-{}.uf2", board.name));
    }
    files
}

#[test]
fn another_model_is_dragged_without_touching_the_firmware() {
    let models = ["lecture-lenet", "lenet5"];
    let with_drive: Vec<&BoardKind> = BOARDS
        .iter()
        .filter(|board| board.drive.is_some())
        .collect();
    assert!(with_drive.len() >= 2);
    for board in with_drive {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = drive(folder.path(), board, &models);
        let family = board.drive.expect("it has one").uf2_family;
        let regions = board.build.expect("it has firmware").regions;
        let region = regions.model.address..regions.model.address + regions.model.bytes;
        let mut flash = pages(&folder.path().join(&files[0]), family);
        let firmware = flash.clone();
        assert!(
            firmware.keys().all(|at| *at < region.start),
            "{}",
            board.name
        );
        // One after the other, and the first once more.
        for (model, file) in models.iter().zip(&files[1..]).cycle().take(3) {
            let written = pages(&folder.path().join(file), family);
            is_the_model(&written, region.clone(), model);
            flash.extend(written);
            for (at, page) in &firmware {
                assert_eq!(&flash[at], page, "{} {model} {at:#010x}", board.name);
            }
        }
    }
}

/// What the class is given: one file, which is firmware and model.
#[test]
fn one_file_is_firmware_and_model() {
    let board = find("pico2").expect("it is known");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = drive(folder.path(), board, &["lenet5"]);
    let path = folder.path().to_str().expect("a plain path");
    let flash = [
        "flash", "--board", "pico2", "--model", "lenet5", "--drive", path,
    ];
    let output = cortexscope(&[&flash[..], &["--with-firmware"]].concat());
    assert!(output.status.success(), "{output:?}");
    let family = board.drive.expect("it has one").uf2_family;
    let written = |file: &str| pages(&folder.path().join(file), family);
    let [mut apart, model] = [&files[0], &files[1]].map(|file| written(file));
    apart.extend(model);
    assert_eq!(written("pico2-lenet5.uf2"), apart);
}

/// The pages are whole sectors of `region`, and begin with the board image of `model`.
fn is_the_model(pages: &BTreeMap<u32, Vec<u8>>, region: Range<u32>, model: &str) {
    let (first, last) = (pages.keys().next(), pages.keys().next_back());
    let (first, last) = first.zip(last).expect("pages");
    assert_eq!((*first, first % SECTOR_BYTES), (region.start, 0));
    let end = last + PAGE_BYTES as u32;
    assert_eq!(end % SECTOR_BYTES, 0);
    assert!(end <= region.end);
    assert_eq!(pages.len() * PAGE_BYTES, (end - first) as usize, "a gap");
    let written: Vec<u8> = pages.values().flatten().copied().collect();
    let model = ModelFiles::open(model).expect("it is shipped");
    let image = model.image.bytes();
    assert!(written.starts_with(image));
    assert!(written[image.len()..].iter().all(|&byte| byte == 0));
}

/// Each refusal names the drive or the board, and says what to do.
#[test]
fn a_drive_that_cannot_be_flashed_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a plain path");
    let flash = || {
        let args = [
            "flash", "--board", "pico2", "--model", "lenet5", "--drive", path,
        ];
        let output = cortexscope(&args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let says = |code: i32, words: &[&str]| {
        let (found, said) = flash();
        assert_eq!(found, Some(code), "{said}");
        for word in words {
            assert!(said.contains(word), "{word:?} is not in {said}");
        }
    };
    says(2, &["is not the drive of a pico2", "BOOTSEL"]);
    let info = folder.path().join("INFO_UF2.TXT");
    fs::write(&info, "Board-ID: RPI-RP2\r\n").expect("a file");
    says(2, &["it is a pico's", "`--board pico`"]);
    fs::write(&info, "Board-ID: RP2350\r\n").expect("a file");
    says(0, &[]);
    // A device that is always full takes the file's place.
    #[cfg(target_os = "linux")]
    {
        let file = folder.path().join("lenet5-pico2.uf2");
        fs::remove_file(&file).expect("it was copied");
        std::os::unix::fs::symlink("/dev/full", file).expect("a link");
        says(1, &["no room for", "plug it in again with BOOTSEL held"]);
    }
}
