//! How deep the stack of a firmware can become, read from its ELF file.
//!
//! Each function's frame is the sum of what its instructions take of the stack; the
//! calls between functions make a graph, and the bound is its heaviest path from the
//! reset vector, with the heaviest interrupt handler on top, once: handlers have one
//! priority, so none interrupts another. What is taken is never given back in this
//! sum, and a jump out of a function counts as a call: the bound is safe, not tight.
//!
//! Panics and faults are not followed. They end in a reset, and what they need fits
//! in the room below, or runs into the fault that the memory map keeps there.

mod thumb;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cortexscope_net::described;
use object::elf;
use object::{FileFlags, Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

use thumb::{Effect, decode};

/// What a Cortex-M pushes when an exception begins: 8 words, and one to align them
/// (Armv7-M Architecture Reference Manual, B1.5.7).
const EXCEPTION_ENTRY_BYTES: u32 = 9 * 4;
/// What it pushes more where it has a floating-point unit.
const FLOAT_REGISTERS_BYTES: u32 = 18 * 4;
/// In the vector table: the reset's entry, and the first that is no fault.
const RESET: usize = 1;
const FIRST_INTERRUPT: usize = 7;
/// What the mangled names of a panic's machinery hold.
const PANICKING: &str = "9panicking";

described! {
    /// One function's part of the stack.
    #[derive(Eq)]
    pub struct Frame {
        /// The function's name.
        pub function: String,
        /// Bytes of stack that it takes.
        pub bytes: u32,
    }
}

/// A bound and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackBound {
    /// Bytes that the stack never exceeds.
    pub bytes: u32,
    /// The heaviest path from the reset.
    pub path: Vec<Frame>,
    /// The heaviest interrupt on top of it: what the hardware pushes, and the
    /// handler's path.
    pub interrupt: Vec<Frame>,
}

/// Why there is no bound.
#[derive(Debug, thiserror::Error)]
pub enum StackBoundError {
    /// It is no ELF file.
    #[error("not an ELF file: {0}")]
    Elf(#[from] object::Error),
    /// It has no vector table, or one that leads nowhere.
    #[error("the ELF file has no vector table: it is not a Cortex-M firmware")]
    NoVectors,
    /// A function calls what a register holds.
    #[error("{function} calls through a pointer: where it leads is not in the file")]
    Pointer {
        /// The function.
        function: String,
    },
    /// A function's frame is of no fixed size.
    #[error("{function} takes an amount of stack that only the running program knows")]
    Unsized {
        /// The function.
        function: String,
    },
    /// Functions call each other in a circle.
    #[error("{function} may call itself, so that its depth is not in the file")]
    Recursion {
        /// One of the functions.
        function: String,
    },
}

/// The bound for `elf`, the contents of an ELF file for a Cortex-M.
///
/// # Errors
/// [`StackBoundError`]: the file is not one, or the depth cannot be known from it.
pub fn stack_bound(elf: &[u8]) -> Result<StackBound, StackBoundError> {
    let file = object::File::parse(elf)?;
    let vectors = vectors(&file).ok_or(StackBoundError::NoVectors)?;
    let mut graph = Graph {
        functions: functions(&file)?,
        heaviest: BTreeMap::new(),
        open: BTreeSet::new(),
    };
    let reset = *vectors.get(RESET).ok_or(StackBoundError::NoVectors)?;
    graph.visit(reset)?;
    let mut interrupt = None;
    for &handler in vectors.iter().skip(FIRST_INTERRUPT) {
        let bytes = graph.visit(handler)?;
        interrupt = interrupt.max(Some((bytes, handler)));
    }
    let path = graph.path(reset);
    let mut above = vec![Frame {
        function: "exception entry".to_owned(),
        bytes: exception_entry_bytes(&file),
    }];
    above.extend(interrupt.map_or_else(Vec::new, |(_, handler)| graph.path(handler)));
    Ok(StackBound {
        bytes: path.iter().chain(&above).map(|frame| frame.bytes).sum(),
        path,
        interrupt: above,
    })
}

/// Bytes that an exception of this firmware takes as it begins.
fn exception_entry_bytes(file: &object::File<'_>) -> u32 {
    match file.flags() {
        FileFlags::Elf { e_flags, .. } if e_flags.0 & elf::EF_ARM_ABI_FLOAT_HARD == 0 => {
            EXCEPTION_ENTRY_BYTES
        }
        _ => EXCEPTION_ENTRY_BYTES + FLOAT_REGISTERS_BYTES,
    }
}

/// The words of the vector table without the stack's, addresses without the bit
/// that says Thumb.
fn vectors(file: &object::File<'_>) -> Option<Vec<u32>> {
    let data = file.section_by_name(".vector_table")?.data().ok()?;
    let words = data.as_chunks().0.iter();
    Some(words.map(|&word| u32::from_le_bytes(word) & !1).collect())
}

/// What a function takes, and where it goes.
struct Function {
    name: String,
    end: u32,
    bytes: u32,
    callees: BTreeSet<u32>,
    obstacle: Option<Obstacle>,
    is_panic: bool,
}

/// Why a function's depth is not known.
#[derive(Clone, Copy)]
enum Obstacle {
    Pointer,
    Unsized,
}

/// Every function of the file, by address.
fn functions(file: &object::File<'_>) -> Result<BTreeMap<u32, Function>, StackBoundError> {
    let mut named: BTreeMap<u32, (u32, &str)> = BTreeMap::new();
    // Where data lie between instructions, and where they end.
    let mut is_data: BTreeMap<u32, bool> = BTreeMap::new();
    for symbol in file.symbols() {
        let (Ok(name), Ok(address)) = (symbol.name(), u32::try_from(symbol.address())) else {
            continue;
        };
        if name.starts_with("$d") || name.starts_with("$t") {
            is_data.insert(address, name.starts_with("$d"));
        } else if symbol.kind() == SymbolKind::Text {
            let bytes = u32::try_from(symbol.size()).unwrap_or(0);
            let known = named.entry(address & !1).or_insert((bytes, name));
            // Of several names the one with a size is the function's own.
            if bytes > known.0 {
                *known = (bytes, name);
            }
        }
    }
    let mut functions = BTreeMap::new();
    for section in file.sections() {
        if section.kind() != SectionKind::Text {
            continue;
        }
        let data = section.data()?;
        let start = u32::try_from(section.address()).unwrap_or(u32::MAX);
        let end = start.saturating_add(u32::try_from(data.len()).unwrap_or(u32::MAX));
        for (&address, &(bytes, name)) in named.range(start..end) {
            // What an assembler wrote may have no size: it ends where the next begins.
            let next = named.range(address + 1..end).next();
            let own_end = match bytes {
                0 => next.map_or(end, |(&next, _)| next),
                bytes => address.saturating_add(bytes).min(end),
            };
            let code = &data[(address - start) as usize..(own_end - start) as usize];
            let function = scan(name, code, address, &is_data);
            functions.insert(address, function);
        }
    }
    Ok(functions)
}

/// Looks at every instruction of a function.
fn scan(name: &str, code: &[u8], start: u32, is_data: &BTreeMap<u32, bool>) -> Function {
    let end = start + code.len() as u32;
    let mut function = Function {
        name: format!("{:#}", rustc_demangle::demangle(name)),
        end,
        bytes: 0,
        callees: BTreeSet::new(),
        obstacle: None,
        is_panic: name.contains(PANICKING),
    };
    let mut at = 0;
    let mut loaded: Option<(u8, Option<i32>)> = None;
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        let here = start + at as u32;
        let marked = is_data.range(..=here).next_back();
        if marked.is_some_and(|(_, &is_data)| is_data) {
            at += 2;
            continue;
        }
        let Some((effect, bytes)) = decode(rest, here) else {
            break;
        };
        at += bytes;
        // A core before Armv7-M takes a large frame by a constant that it has just loaded.
        let constant = match effect {
            Effect::Loads { register, address } => {
                Some((register, constant(code, address.wrapping_sub(start))))
            }
            _ => None,
        };
        match effect {
            Effect::None | Effect::Loads { .. } => {}
            Effect::AddsRegister(register) => match loaded {
                Some((last, Some(value))) if last == register => {
                    let taken = value.saturating_neg().max(0).unsigned_abs();
                    function.bytes = function.bytes.saturating_add(taken);
                }
                _ => function.obstacle = Some(Obstacle::Unsized),
            },
            Effect::Takes(bytes) => function.bytes = function.bytes.saturating_add(bytes),
            Effect::TakesUnknown => function.obstacle = Some(Obstacle::Unsized),
            Effect::FollowsRegister => function.obstacle = Some(Obstacle::Pointer),
            Effect::JumpsTo(target) if (start..end).contains(&target) => {}
            // Before Armv7-M a jump that is too far for B is a BL within the function.
            Effect::Calls(target) if (start + 1..end).contains(&target) => {}
            Effect::Calls(target) | Effect::JumpsTo(target) => {
                function.callees.insert(target);
            }
        }
        loaded = constant;
    }
    function
}

/// The word at `offset` of a function's code, where there is one.
fn constant(code: &[u8], offset: u32) -> Option<i32> {
    let rest = code.get(usize::try_from(offset).ok()?..)?;
    rest.first_chunk().copied().map(i32::from_le_bytes)
}

/// The calls, and what is known of their depth.
struct Graph {
    functions: BTreeMap<u32, Function>,
    /// Per function: bytes from it down, and the callee that they go through.
    heaviest: BTreeMap<u32, (u32, Option<u32>)>,
    /// Functions whose callees are being visited.
    open: BTreeSet<u32>,
}

impl Graph {
    /// The function that `address` lies in: a jump may lead into the middle of one.
    fn around(&self, address: u32) -> Option<u32> {
        let (&start, function) = self.functions.range(..=address).next_back()?;
        (address < function.end).then_some(start)
    }

    /// Bytes from the function at `address` down.
    fn visit(&mut self, address: u32) -> Result<u32, StackBoundError> {
        let Some(start) = self.around(address) else {
            return Ok(0);
        };
        if let Some(&(bytes, _)) = self.heaviest.get(&start) {
            return Ok(bytes);
        }
        let Some(function) = self.functions.get(&start) else {
            return Ok(0);
        };
        if function.is_panic {
            self.heaviest.insert(start, (0, None));
            return Ok(0);
        }
        let name = || function.name.clone();
        match function.obstacle {
            Some(Obstacle::Pointer) => {
                return Err(StackBoundError::Pointer { function: name() });
            }
            Some(Obstacle::Unsized) => {
                return Err(StackBoundError::Unsized { function: name() });
            }
            None => {}
        }
        if !self.open.insert(start) {
            return Err(StackBoundError::Recursion { function: name() });
        }
        let (own, callees) = (function.bytes, function.callees.clone());
        let mut deepest = (0, None);
        for callee in callees {
            let bytes = self.visit(callee)?;
            if bytes > deepest.0 {
                deepest = (bytes, self.around(callee));
            }
        }
        self.open.remove(&start);
        let bytes = own.saturating_add(deepest.0);
        self.heaviest.insert(start, (bytes, deepest.1));
        Ok(bytes)
    }

    /// The heaviest path down from `address`, frames of nothing left out.
    fn path(&self, address: u32) -> Vec<Frame> {
        let mut path = Vec::new();
        let mut next = self.around(address);
        while let Some(start) = next {
            if let Some(function) = self.functions.get(&start).filter(|at| at.bytes > 0) {
                path.push(Frame {
                    function: function.name.clone(),
                    bytes: function.bytes,
                });
            }
            next = self.heaviest.get(&start).and_then(|&(_, callee)| callee);
        }
        path
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.function, self.bytes)
    }
}
