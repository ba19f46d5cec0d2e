"""CMSIS-NN's instructions for each layer, on the emulated cores that run this engine.

    python3 firmware/core/benches/cmsis-nn/compare.py --cmsis-nn CHECKOUT [--json FILE]

CHECKOUT is a clone of CMSIS-NN. Needs arm-none-eabi-gcc with newlib, and the emulator of
`cargo xtask setup`. Each network is built in the ways that CORES names, and the fastest
counts. Inputs and weights are random; each layer's output is compared with its definition
in reference.c, and a difference is an error: the instructions of a wrong result say nothing.

Dense layers have one scale each, convolutions one for each channel.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from networks import LENETS, MLPERF_TINY, NETWORKS

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE.parents[3] / "target/tools/qemu-system-arm/qemu-system-arm"
FOLDERS = ["ConvolutionFunctions", "FullyConnectedFunctions", "PoolingFunctions", "BasicMathFunctions",
           "NNSupportFunctions"]
ASSEMBLY = "-DCMSIS_NN_USE_REQUANTIZE_INLINE_ASSEMBLY -DOPTIONAL_RESTRICT_KEYWORD=__restrict"
SINGLE = "-DCMSIS_NN_USE_SINGLE_ROUNDING"


@dataclass(frozen=True)
class Core:
    """A core, the machine that emulates it, and the flags that are tried there."""

    machine: str
    target: list
    builds: list
    flash: int
    ram: int
    tick_ns: int
    networks: list


LEVELS = ["-O3", "-O2"]
WITH_DSP = [f"{level} -flto{more} {ASSEMBLY}" for level in LEVELS for more in ["", " -fno-schedule-insns"]]
WITHOUT_DSP = [f"{level}{more} {SINGLE}" for level in LEVELS for more in ["", " -flto"]]
CORES = {
    "Cortex-M4F": Core("mps2-an386", ["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"], WITH_DSP,
                       0, 0x2000_0000, 40, LENETS + MLPERF_TINY),
    "Cortex-M33": Core("mps2-an505", ["-mcpu=cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"], WITH_DSP,
                       0x1000_0000, 0x3800_0000, 50, LENETS),
    # Code for a Cortex-M0, on a machine with room: the instructions of the micro:bit.
    "Cortex-M0": Core("mps2-an385", ["-mcpu=cortex-m0"], WITHOUT_DSP, 0, 0x2000_0000, 40, LENETS),
}


def size(shape):
    height, width, channels = shape
    return height * width * channels


def header(layers):
    """layers.h: the table of layers, and what the largest of them takes."""
    rows = []
    for layer in layers:
        numbers = [*layer.reads, *layer.gives, *layer.window, *layer.stride, *layer.padding]
        rows.append(f'    {{"{layer.name}", {layer.kind}, {", ".join(map(str, numbers))}}},')
    columns = [2 * (layer.window[0] * layer.window[1] * layer.reads[2] + 3) * 4 for layer in layers]
    most = {
        "INPUT": max(size(layer.reads) for layer in layers),
        "OUTPUT": max(size(layer.gives) for layer in layers),
        "WEIGHTS": max(size((*layer.window, layer.reads[2])) * layer.gives[2] for layer in layers),
        "CHANNELS": max(layer.gives[2] for layer in layers),
        "SCRATCH": max(columns) + 64,
    }
    defines = [f"#define MOST_{name} {value}" for name, value in most.items()]
    return "\n".join(['#include "layer.h"', *defines, "static const struct layer LAYERS[] = {", *rows, "};", ""])


def sources(checkout):
    """What int8 layers may need; the floating-point half of the library is another matter."""
    found = [path for folder in FOLDERS for path in sorted((checkout / "Source" / folder).glob("*.c"))
             if not path.stem.endswith(("_f16", "_f32", "_flt"))]
    if not found:
        raise SystemExit(f"{checkout}: no Source/ConvolutionFunctions/*.c: is it a clone of CMSIS-NN?")
    return found


def newlib_flags(compiler, root, target):
    """Where a newlib lies that was unpacked and not installed."""
    if root is None:
        return [], []
    folder = subprocess.check_output([compiler, "-mthumb", *target, "-print-multi-directory"], text=True).strip()
    return (["-isystem", str(root / "usr/include/newlib")],
            ["-L", str(root / "usr/lib/arm-none-eabi/newlib" / folder)])


def build(arguments, core, build_flags, layers, work):
    """The program's ELF file."""
    (work / "layers.h").write_text(header(layers))
    includes, libraries = newlib_flags(arguments.compiler, arguments.newlib, core.target)
    flags = ["-mthumb", *core.target, *build_flags.split(), f"-DTICK_NS={core.tick_ns}", "-ffunction-sections",
             "-fdata-sections", *includes, "-I", str(arguments.cmsis_nn / "Include"), "-I", str(HERE), "-I", str(work)]
    own = [HERE / name for name in ["board.c", "main.c", "reference.c"]]
    objects = []
    for source in [*own, *sources(arguments.cmsis_nn)]:
        objects.append(work / f"{source.stem}.o")
        # What the library is called with must stay unknown to it, as it is to a model's runtime.
        alone = ["-fno-lto"] if source in own else []
        subprocess.run([arguments.compiler, *flags, *alone, "-c", source, "-o", objects[-1]], check=True)
    program = work / "program.elf"
    link = ["-nostartfiles", "-nostdlib", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-T", HERE / "board.ld",
            f"-Wl,--defsym=FLASH={core.flash:#x}", f"-Wl,--defsym=RAM={core.ram:#x}", *libraries]
    subprocess.run([arguments.compiler, *flags, *objects, *link, "-lc", "-lgcc", "-o", program], check=True)
    return program


def counted(arguments, core, program):
    """Name, instructions, differing values and per cent at the ends of the range, of each layer."""
    run = subprocess.run([arguments.qemu, "-machine", core.machine, "-nographic", "-monitor", "none", "-serial", "none",
                          "-icount", "shift=6", "-semihosting-config", "enable=on,target=native", "-kernel", program],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         timeout=900, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{core.machine}: {run.stdout.strip() or 'the emulator failed'}")
    return [(name, *map(int, numbers)) for name, *numbers in map(str.split, run.stdout.splitlines())]


def measured(arguments, name, core, flags, network):
    """Instructions of each layer with one build."""
    layers = NETWORKS[network]()
    with tempfile.TemporaryDirectory() as work:
        rows = counted(arguments, core, build(arguments, core, flags, layers, pathlib.Path(work)))
    for layer, instructions, differ, saturated in rows:
        where = f"{name}, {network}, {layer}"
        if differ:
            raise SystemExit(f"{where}: {differ} values are not those of the definition: nothing is compared")
        if saturated > 50:
            raise SystemExit(f"{where}: {saturated} % of the values are at the ends of int8: equal ones show little")
    macs = {layer.name: layer.macs for layer in layers}
    return [{"name": layer, "macs": macs[layer], "instructions": instructions} for layer, instructions, *_ in rows]


def total(rows):
    return sum(row["instructions"] for row in rows)


def fastest(arguments, name, core, network):
    """The build of a network that takes the fewest instructions, and its layers."""
    builds = []
    for flags in core.builds:
        rows = measured(arguments, name, core, flags, network)
        print(f"{network} on a {name} with {flags}: {total(rows):,}", file=sys.stderr, flush=True)
        builds.append({"flags": flags, "layers": rows})
    return min(builds, key=lambda tried: total(tried["layers"]))


def show(name, network, best):
    rows = best["layers"]
    print(f"{network} on a {name}: {total(rows):,} instructions with {best['flags']}, each value as defined")
    for row in rows:
        each = f"{row['instructions'] / row['macs']:.2f}" if row["macs"] else "–"
        print(f"  {row['name']:<20} {row['macs']:>12,} {row['instructions']:>12,} {each:>8}")


def arguments_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cmsis-nn", type=pathlib.Path, required=True, help="a clone of CMSIS-NN")
    parser.add_argument("--compiler", default="arm-none-eabi-gcc")
    parser.add_argument("--newlib", type=pathlib.Path, help="where newlib's packages are unpacked, if not installed")
    parser.add_argument("--qemu", default=shutil.which("qemu-system-arm") or str(TOOLS))
    parser.add_argument("--cores", nargs="*", default=list(CORES), choices=list(CORES))
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--json", type=pathlib.Path, help="where the figures are written")
    return parser.parse_args(words)


def main():
    arguments = arguments_of(sys.argv[1:])
    version = subprocess.check_output([arguments.compiler, "--version"], text=True).splitlines()[0]
    document = {"compiler": version, "cores": {}}
    for name in arguments.cores:
        core = CORES[name]
        document["cores"][name] = {"machine": core.machine, "networks": {}}
        for network in [network for network in core.networks if network in arguments.networks]:
            best = fastest(arguments, name, core, network)
            document["cores"][name]["networks"][network] = best
            show(name, network, best)
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
