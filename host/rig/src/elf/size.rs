//! What takes a firmware's flash and RAM: section by section, and of each section
//! what for. The parts of a section add up to it, by construction.
//!
//! Code is told apart by its debug information. Most of it is inlined, so each
//! half-word belongs to the innermost function around it that is not the language's
//! own library: an iterator that a kernel uses is the kernel's. What has no debug
//! information goes by the symbol that it lies in; data goes by its symbol.

use addr2line::Context;
use addr2line::gimli::{self, Dwarf, EndianSlice, RunTimeEndian};
use cortexscope_net::described;
use cortexscope_net::described::{Described, Shape};
use object::elf::{SHF_ALLOC, SHF_WRITE};
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What bytes are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The int8 engine.
    Engine,
    /// The probe's loop, the protocol and what encodes it.
    Protocol,
    /// Start-up, clock, link, counter, log.
    Runtime,
    /// The language's library, memory copies and arithmetic.
    Library,
    /// Constants without a name: texts, tables that the compiler made.
    Constants,
    /// The board image, linked in.
    Image,
    /// Activations.
    Arena,
    /// Between two parts, or known to none.
    Unknown,
}

impl Cause {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Protocol => "probe and protocol",
            Self::Runtime => "board and runtime",
            Self::Library => "language library",
            Self::Constants => "constants without a name",
            Self::Image => "board image",
            Self::Arena => "arena",
            Self::Unknown => "padding and unknown",
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.words())
    }
}

impl Described for Cause {
    fn shape() -> Shape {
        Shape::Text
    }
}

described! {
    /// One section of the ELF file.
    #[derive(Eq)]
    pub struct Section {
        /// The section's name.
        pub name: String,
        /// Its bytes.
        pub bytes: u64,
        /// Whether it takes flash.
        pub is_flash: bool,
        /// Whether it takes RAM.
        pub is_ram: bool,
        /// What it holds; the bytes add up to the section's.
        pub causes: Vec<Part>,
    }

    /// One part of a section.
    #[derive(Copy, Eq)]
    pub struct Part {
        /// What the part is for.
        pub cause: Cause,
        /// Its bytes.
        pub bytes: u64,
    }
}

/// The file cannot be taken apart.
#[derive(Debug, thiserror::Error)]
pub enum SizeError {
    /// It is no ELF file.
    #[error("not an ELF file: {0}")]
    Elf(#[from] object::Error),
    /// Its debug information cannot be read.
    #[error("its debug information cannot be read: {0}")]
    Dwarf(#[from] gimli::Error),
}

type Slice<'a> = EndianSlice<'a, RunTimeEndian>;

/// Every section of `elf` that takes memory.
///
/// # Errors
/// [`SizeError`].
pub fn sections(elf: &[u8]) -> Result<Vec<Section>, SizeError> {
    let file = object::File::parse(elf)?;
    let load = |id: gimli::SectionId| -> Result<Slice<'_>, gimli::Error> {
        let section = file.section_by_name(id.name());
        let data = section
            .and_then(|section| section.data().ok())
            .unwrap_or_default();
        Ok(EndianSlice::new(data, RunTimeEndian::Little))
    };
    let context = Context::from_dwarf(Dwarf::load(load)?)?;
    let mut symbols: Vec<(u64, u64, Cause)> = file
        .symbols()
        .filter(|symbol| symbol.size() > 0)
        .map(|symbol| {
            // The lowest bit of a function's address says Thumb.
            let address = symbol.address() & !u64::from(symbol.kind() == object::SymbolKind::Text);
            (
                address,
                symbol.size(),
                by_symbol(symbol.name().unwrap_or_default()),
            )
        })
        .collect();
    symbols.sort_unstable_by_key(|&(address, ..)| address);
    let mut sections = Vec::new();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
            continue;
        };
        if sh_flags.0 & SHF_ALLOC.0 == 0 || section.size() == 0 {
            continue;
        }
        let name = section.name()?;
        let mut causes = BTreeMap::new();
        let is_code = section.kind() == SectionKind::Text;
        let step = if is_code { 2 } else { 1 };
        let mut at = section.address();
        let end = at + section.size();
        while at < end {
            let length = step.min(end - at);
            let cause = match name {
                ".arena" => Cause::Arena,
                ".model" => Cause::Image,
                ".vector_table" | ".note.gnu.build-id" => Cause::Runtime,
                _ => {
                    let by_line = is_code.then(|| by_line(&context, at)).flatten();
                    let other = if is_code {
                        Cause::Unknown
                    } else {
                        Cause::Constants
                    };
                    by_line.or_else(|| within(&symbols, at)).unwrap_or(other)
                }
            };
            let fixed = matches!(cause, Cause::Arena | Cause::Image);
            let length = if fixed { end - at } else { length };
            *causes.entry(cause).or_insert(0) += length;
            at += length;
        }
        let is_loaded = section.kind() != SectionKind::UninitializedData;
        let is_ram = sh_flags.0 & SHF_WRITE.0 != 0 && name != ".model";
        sections.push(Section {
            name: name.to_owned(),
            bytes: section.size(),
            is_flash: is_loaded && name != ".arena",
            is_ram: is_ram || name == ".arena",
            causes: causes
                .into_iter()
                .map(|(cause, bytes)| Part { cause, bytes })
                .collect(),
        });
    }
    Ok(sections)
}

/// The cause of the symbol that `address` lies in.
fn within(symbols: &[(u64, u64, Cause)], address: u64) -> Option<Cause> {
    let after = symbols.partition_point(|&(start, ..)| start <= address);
    let mut before = symbols[..after].iter().rev().take(4);
    let found = before.find(|&&(start, bytes, _)| address < start + bytes);
    found.map(|&(.., cause)| cause)
}

/// The cause of the innermost function at `address` that is not the library's.
fn by_line(context: &Context<Slice<'_>>, address: u64) -> Option<Cause> {
    let mut frames = context.find_frames(address).skip_all_loads().ok()?;
    let mut found = None;
    while let Ok(Some(frame)) = frames.next() {
        let file = frame.location.and_then(|location| location.file);
        let Some(cause) = file.map(by_path) else {
            continue;
        };
        found = found.or(Some(cause));
        if cause != Cause::Library {
            return Some(cause);
        }
    }
    found
}

/// Whose a source file is.
fn by_path(path: &str) -> Cause {
    let path = path.replace('\\', "/");
    let has = |part: &str| path.contains(part);
    if has("firmware/core/") {
        return Cause::Engine;
    }
    if has("firmware/probe/") || has("firmware/wire/") {
        return Cause::Protocol;
    }
    if has("firmware/rt/") || has("firmware/boards/") {
        return Cause::Runtime;
    }
    // A package of the registry: …/registry/src/INDEX/NAME-VERSION/src/…
    let package = path
        .split("/registry/src/")
        .nth(1)
        .and_then(|rest| rest.split('/').nth(1));
    match package {
        Some(package) => by_crate(package),
        None => Cause::Library,
    }
}

/// Whose a package is, by how its name begins.
fn by_crate(name: &str) -> Cause {
    const RUNTIME: [&str; 8] = [
        "cortex", "defmt", "critical", "volatile", "bare", "nb", "fugit", "rp2",
    ];
    const ENGINE: [&str; 3] = ["bytemuck", "sha2", "digest"];
    const LIBRARY: [&str; 2] = ["compiler_builtins", "compiler-builtins"];
    let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
    let name_is_ours = name.starts_with("cortexscope");
    if starts(&LIBRARY) {
        Cause::Library
    } else if starts(&ENGINE) || name.starts_with("cortexscope_core") {
        Cause::Engine
    } else if name.starts_with("cortexscope_rt") || (starts(&RUNTIME) && !name_is_ours) {
        Cause::Runtime
    } else {
        Cause::Protocol
    }
}

/// Whose a symbol is. Both manglings carry the crate's name.
fn by_symbol(symbol: &str) -> Cause {
    let has = |part: &str| symbol.contains(part);
    if has("cortexscope_core") {
        Cause::Engine
    } else if has("cortexscope_probe") || has("cortexscope_wire") || has("postcard") {
        Cause::Protocol
    } else if has("cortexscope_rt") || has("cortex_m") || has("defmt") || has("__INTERRUPTS") {
        Cause::Runtime
    } else if has("compiler_builtins") || has("4core") || has("__aeabi") || has("mem") {
        Cause::Library
    } else if has("anon") || has("switch.table") || has("str.") {
        Cause::Constants
    } else {
        Cause::Runtime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_files_have_owners() {
        for (path, cause) in [
            ("firmware/core/src/ops/conv2d.rs", Cause::Engine),
            ("/x/firmware/wire/src/frame.rs", Cause::Protocol),
            ("/x/firmware/boards/mps2-an386/src/uart.rs", Cause::Runtime),
            (
                "/h/registry/src/index-1/postcard-1.1.3/src/ser.rs",
                Cause::Protocol,
            ),
            (
                "/h/registry/src/index-1/cortex-m-0.7.7/src/asm.rs",
                Cause::Runtime,
            ),
            (
                "/h/registry/src/index-1/rp2040-hal-0.12.0/src/usb.rs",
                Cause::Runtime,
            ),
            ("/rustc/abc/library/core/src/iter/mod.rs", Cause::Library),
        ] {
            assert_eq!(by_path(path), cause, "{path}");
        }
    }

    #[test]
    fn an_address_lies_in_the_symbol_around_it() {
        let symbols = [(8, 4, Cause::Engine), (16, 8, Cause::Runtime)];
        assert_eq!(within(&symbols, 11), Some(Cause::Engine));
        assert_eq!(within(&symbols, 12), None);
        assert_eq!(within(&symbols, 23), Some(Cause::Runtime));
    }

    #[test]
    fn what_is_no_elf_file_is_refused() {
        assert!(matches!(sections(b"no"), Err(SizeError::Elf(_))));
    }
}
