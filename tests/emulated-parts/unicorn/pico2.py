"""An RP2350 that boots from UF2 files: `pico2.py FIRMWARE.elf FIRMWARE.uf2 [MODEL.uf2]`.

The core is QEMU's Cortex-M33, as the library Unicorn has it. Around it are memories, and of the
peripherals as much as the firmware waits for. There is no boot ROM: what it would do before
the program starts is done here. The link is the one in RAM (`firmware/rt/src/memory_link.rs`),
whose symbols the ELF file has; it is the standard input and output. Nothing is counted.
"""

import os
import select
import struct
import sys

import unicorn
from unicorn import arm_const as arm

FAMILY = 0xE48BFF59
FLASH, FLASH_BYTES = 0x1000_0000, 0x40_0000
RAM, RAM_BYTES = 0x2000_0000, 0x8_2000
PERIPHERALS = [(0x4000_0000, 0x20_0000), (0x5000_0000, 0x40_0000), (0xD000_0000, 0x10_0000)]
# The core's own registers; the page with SysTick answers as peripherals do.
CORE, CORE_BYTES = 0xE000_0000, 0x10_0000
SYSTEM, PAGE = CORE + 0xE000, 0x1000

# A board that has asked so often, and has neither received nor sent anything, waits.
IDLE = 200

# What is said of a peripheral that the firmware waits for: its clock runs, it is out of reset.
ANSWERS = {
    0x4004_8004: 1 << 31,  # XOSC: stable
    0x4005_0000: 1 << 31,  # PLL of the core: locked
    0x4005_8000: 1 << 31,  # PLL of USB: locked
    0x4002_0008: 0x1FFF_FFFF,  # all resets done
    SYSTEM + 0x18: 1,  # SysTick stands still, at another number than the 0 at which it wraps
}
# Which of its sources a clock runs by, one bit for each, as its control register chooses.
SELECTED = {
    0x4001_0038: (0x4001_0030, 3),  # the reference clock
    0x4001_0044: (0x4001_003C, 1),  # the core's clock
}


def blocks(path):
    """The bytes of a UF2 file by address, read as the format's specification has it."""
    with open(path, "rb") as file:
        data = file.read()
    assert len(data) % 512 == 0, f"{path}: not whole blocks"
    pages, numbers = {}, []
    for at in range(0, len(data), 512):
        block = data[at : at + 512]
        magic, second, flags, address, size, number, count, family = struct.unpack_from("<8I", block)
        (last,) = struct.unpack_from("<I", block, 508)
        assert (magic, second, last) == (0x0A324655, 0x9E5D5157, 0x0AB16F30), f"{path}: no block"
        if flags & 0x8000 and struct.unpack_from("<I", block, 32 + size) == (0x9957E304,):
            # To be ignored, for revision A2 of the chip.
            assert at == 0 and (number, count, family) == (0, 2, 0xE48BFF57)
            continue
        assert flags & 0x2000 and family == FAMILY, f"{path}: family {family:#x}"
        assert size == 256 and address % 256 == 0, f"{path}: no page"
        assert address not in pages, f"{path}: {address:#x} twice"
        pages[address] = block[32 : 32 + size]
        numbers.append((number, count))
    assert numbers == [(number, len(numbers)) for number in range(len(numbers))], f"{path}: a block is missing"
    return pages


def symbols(path):
    """Address and size of every symbol of a 32-bit ELF file."""
    with open(path, "rb") as file:
        data = file.read()
    (headers,) = struct.unpack_from("<I", data, 0x20)
    entry, count = struct.unpack_from("<HH", data, 0x2E)
    sections = [struct.unpack_from("<10I", data, headers + entry * index) for index in range(count)]
    found = {}
    for section in sections:
        if section[1] != 2:
            continue
        names = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 16):
            name, address, size = struct.unpack_from("<3I", data, at)
            end = data.index(b"\0", names + name)
            found[data[names + name : end].decode()] = (address, size)
    return found


class Ring:
    """A ring in the part's RAM."""

    def __init__(self, part, symbol):
        self.part = part
        self.address, size = symbol
        self.size = size - 8

    def numbers(self):
        return struct.unpack("<2I", self.part.mem_read(self.address, 8))

    def put(self, data):
        """Puts in as much as there is room for; gives the rest."""
        put, taken = self.numbers()
        room = self.size - (put - taken) % 2**32
        at = put % self.size
        first, second = data[: min(room, self.size - at)], data[self.size - at : room]
        self.part.mem_write(self.address + 8 + at, first)
        self.part.mem_write(self.address + 8, second)
        self.part.mem_write(self.address, struct.pack("<I", (put + len(first + second)) % 2**32))
        return data[room:]

    def take(self):
        """Everything that is in it."""
        put, taken = self.numbers()
        held = bytes(self.part.mem_read(self.address + 8, self.size))
        at = taken % self.size
        self.part.mem_write(self.address + 4, struct.pack("<I", put))
        return (held[at:] + held[:at])[: (put - taken) % 2**32]


def peripheral(part, base, size):
    """Registers that keep what is written, but for those in `ANSWERS` and `SELECTED`."""
    kept = {}

    def read(_part, offset, _size, _data):
        address = base + offset
        if address in SELECTED:
            control, sources = SELECTED[address]
            return 1 << (kept.get(control, 0) & sources)
        return ANSWERS.get(address, kept.get(address, 0))

    def write(_part, offset, _size, value, _data):
        kept[base + offset] = value

    part.mmio_map(base, size, read, None, write, None)


def main(elf, files):
    part = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    part.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M33)
    part.mem_map(FLASH, FLASH_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
    part.mem_map(RAM, RAM_BYTES)
    part.mem_map(CORE, SYSTEM - CORE)
    part.mem_map(SYSTEM + PAGE, CORE + CORE_BYTES - SYSTEM - PAGE)
    for base, size in [*PERIPHERALS, (SYSTEM, PAGE)]:
        peripheral(part, base, size)
    part.mem_write(FLASH, b"\xff" * FLASH_BYTES)
    for file in files:
        for address, page in blocks(file).items():
            assert FLASH <= address <= FLASH + FLASH_BYTES - len(page), f"{file}: not in flash"
            part.mem_write(address, page)

    names = symbols(elf)
    to_board, to_host = (Ring(part, names[name]) for name in ("__link_to_board", "__link_to_host"))
    waiting = b""
    # How often the board has asked since anything was sent or received.
    idle = 0

    def send():
        """Passes on what the board has put into its ring."""
        nonlocal idle
        data = to_host.take()
        if data:
            idle = 0
        while data:
            data = data[os.write(1, data) :]

    def is_asked(_part, _address, _size, _data):
        """The board looks whether something has arrived; so does this."""
        nonlocal waiting, idle
        send()
        # A board that works asks, too, now and then; it is not kept waiting.
        idle += 1
        pause = 0.001 if idle > IDLE else 0
        if select.select([0], [], [], pause)[0]:
            idle = 0
            received = os.read(0, 4096)
            if not received:
                os._exit(0)
            waiting += received
        if waiting:
            waiting = to_board.put(waiting)

    # At these two functions alone: a hook on memory would slow down every load and store.
    for name, action in [("__link_is_asked", is_asked), ("__link_puts", lambda *_: send())]:
        address = names[name][0] & ~1
        part.hook_add(unicorn.UC_HOOK_CODE, action, begin=address, end=address)

    stack, reset = struct.unpack("<2I", part.mem_read(FLASH, 8))
    part.reg_write(arm.UC_ARM_REG_MSP, stack)
    part.reg_write(arm.UC_ARM_REG_SP, stack)
    try:
        part.emu_start(reset | 1, 0xFFFF_FFFE)
    except unicorn.UcError as error:
        registers = {name: part.reg_read(getattr(arm, f"UC_ARM_REG_{name}")) for name in ("PC", "LR", "SP")}
        sys.exit(f"{error} at {', '.join(f'{name} {value:#010x}' for name, value in registers.items())}")


main(sys.argv[1], sys.argv[2:])
