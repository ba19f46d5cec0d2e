//! An RP2350, without its boot ROM: what the ROM would do before it starts the program is
//! done here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use object::{Object, ObjectSymbol};
use rp2350_emu::{Config, Cores, Emulator};

use crate::port::Port;
use crate::uf2;

const FAMILY: u32 = 0xE48B_FF59;
const FLASH: u32 = 0x1000_0000;
const FLASH_BYTES: usize = 0x40_0000;
/// Cycles between two looks at the link.
const TURN: u64 = 20_000;

/// A ring of `firmware/rt/src/memory_link.rs` in the part's RAM.
struct Ring {
    address: u32,
    bytes: u32,
}

impl Ring {
    fn find(elf: &object::File<'_>, name: &str) -> Result<Self> {
        let symbol = elf.symbols().find(|symbol| symbol.name() == Ok(name));
        let symbol = symbol.with_context(|| format!("no symbol {name}"))?;
        Ok(Self {
            address: symbol.address() as u32,
            bytes: symbol.size() as u32 - 8,
        })
    }

    fn byte(&self, number: u32) -> (u32, u32) {
        let address = self.address + 8 + number % self.bytes;
        (address & !3, 8 * (address & 3))
    }

    /// Moves bytes of `from` into the ring as far as there is room; gives how many.
    fn put(&self, part: &mut Emulator, from: &[u8]) -> usize {
        let [mut put, taken] = [0, 4].map(|at| part.peek(self.address + at));
        let mut count = 0;
        for &byte in from {
            if put.wrapping_sub(taken) >= self.bytes {
                break;
            }
            let (word, shift) = self.byte(put);
            let others = part.peek(word) & !(0xFF << shift);
            part.poke(word, others | u32::from(byte) << shift);
            put = put.wrapping_add(1);
            count += 1;
        }
        part.poke(self.address, put);
        count
    }

    fn take(&self, part: &mut Emulator, to: &mut Vec<u8>) {
        let [put, mut taken] = [0, 4].map(|at| part.peek(self.address + at));
        while taken != put {
            let (word, shift) = self.byte(taken);
            to.push((part.peek(word) >> shift) as u8);
            taken = taken.wrapping_add(1);
        }
        part.poke(self.address + 4, taken);
    }
}

/// Runs the program behind a port, for ever.
pub fn run(elf: &Path, files: &[PathBuf]) -> Result<()> {
    let mut flash = vec![0xFF; FLASH_BYTES];
    for file in files {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        uf2::write(&bytes, FAMILY, FLASH, &mut flash)
            .with_context(|| file.display().to_string())?;
    }
    let elf = fs::read(elf).with_context(|| elf.display().to_string())?;
    let elf = object::File::parse(&*elf)?;
    let to_board = Ring::find(&elf, "__link_to_board")?;
    let to_host = Ring::find(&elf, "__link_to_host")?;

    let mut part = boot(&flash)?;
    let mut port = Port::open()?;
    let mut waiting = Vec::new();
    let mut buffer = [0; 4096];
    let mut answer = Vec::new();
    // Turns since anything was said: a board that only waits need not run at full speed.
    let mut idle = 0;
    loop {
        let pause = Duration::from_millis(if idle > 200 { 5 } else { 0 });
        let count = port.read(&mut buffer, pause)?;
        waiting.extend(&buffer[..count]);
        let put = to_board.put(&mut part, &waiting);
        waiting.drain(..put);
        part.run(TURN)
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        to_host.take(&mut part, &mut answer);
        port.write(&answer)?;
        idle = if count + answer.len() > 0 {
            0
        } else {
            idle + 1
        };
        answer.clear();
    }
}

/// The part as its boot ROM leaves it: stack, program counter and vectors of the first core
/// are those of the vector table at the beginning of flash, and the second core waits.
fn boot(flash: &[u8]) -> Result<Emulator> {
    let mut part = Emulator::new(Config::default());
    let mut rom = vec![0; 32 * 1024];
    rom[..8].copy_from_slice(&flash[..8]);
    part.load_bootrom(&rom);
    part.load_flash(flash);
    part.reset();
    let Cores::Arm(cores) = &mut part.cores else {
        anyhow::bail!("its cores are not Arm's");
    };
    cores[0].ppb.vtor = FLASH;
    part.bus.atomics.set_halted(1);
    Ok(part)
}
