//! The log for a debug probe: what the stm32f405's program leaves in RAM is an RTT
//! channel, found by its symbol and read from the memory of the emulated part.

use cortexscope_rig::board::{Engine, Transport, find, firmware_elf};
use cortexscope_rig::link::emulator;
use defmt_decoder::Table;
use object::{Object, ObjectSymbol};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

const RAM: u32 = 0x2000_0000;
const RAM_BYTES: u32 = 0x2_0000;
/// Two lengths stand between the 16 bytes of the name and the first up channel.
const CHANNEL: usize = 16 + 2 * 4;

/// The part's RAM some time after its program started.
fn ram_after(wait: Duration, machine: &str, elf: &Path) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = folder.path().join("ram");
    let mut emulator = Command::new(emulator::program())
        .args(["-machine", machine, "-display", "none", "-nodefaults"])
        .args(["-icount", "shift=6", "-monitor", "stdio", "-kernel"])
        .arg(elf)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the emulator starts");
    thread::sleep(wait);
    let mut monitor = emulator.stdin.take().expect("its monitor");
    write!(
        monitor,
        "memsave {RAM:#x} {RAM_BYTES:#x} \"{}\"\nquit\n",
        image.display()
    )
    .expect("the monitor listens");
    emulator.wait().expect("the emulator ends");
    fs::read(image).expect("the RAM")
}

/// What the program wrote into the first up channel of the control block at `block`,
/// if it has made one.
fn written(ram: &[u8], block: u32) -> Option<&[u8]> {
    let at = |address: u32| usize::try_from(address - RAM).expect("an offset");
    let block = &ram[at(block)..];
    if !block.starts_with(b"SEGGER RTT") {
        return None;
    }
    let word = |field: usize| {
        let from = CHANNEL + 4 * field;
        u32::from_le_bytes(block[from..from + 4].try_into().expect("four bytes"))
    };
    let [buffer, size, written, read] = [1, 2, 3, 4].map(word);
    assert!(written < size, "{written} of {size}");
    assert_eq!(read, 0, "no probe has read");
    Some(&ram[at(buffer)..at(buffer + written)])
}

#[test]
fn a_debug_probe_finds_the_log_in_the_parts_ram() {
    let board = find("stm32f405").expect("the board is known");
    let Transport::Qemu { machine, .. } = board.transport else {
        panic!("{board:?} is not emulated");
    };
    let path = firmware_elf(board, Engine::Static);
    let elf = fs::read(&path).expect("the firmware was built");
    let block = object::File::parse(&*elf)
        .expect("an ELF file")
        .symbols()
        .find(|symbol| symbol.name() == Ok("_SEGGER_RTT"))
        .expect("a control block")
        .address();
    let block = u32::try_from(block).expect("an address of the part");
    let table = Table::parse(&elf)
        .expect("a readable log table")
        .expect("a log table");

    // How long the program takes to its first line depends on the machine.
    for wait_ms in [100, 300, 1_000, 3_000, 10_000] {
        let ram = ram_after(Duration::from_millis(wait_ms), machine, &path);
        let Some(bytes) = written(&ram, block) else {
            continue;
        };
        let mut decoder = table.new_stream_decoder();
        decoder.received(bytes);
        if let Ok(frame) = decoder.decode() {
            let line = frame.display_message().to_string();
            assert!(line.starts_with("the PLL does not lock"), "{line}");
            return;
        }
    }
    panic!("nothing was logged");
}
