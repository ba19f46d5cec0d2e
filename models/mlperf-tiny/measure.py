"""Compiles the four networks of MLPerf Tiny, verifies them on every emulated board that holds
them, measures each layer on a Cortex-M4F, and writes docs/mlperf-tiny.md.

    pip install tflite numpy onnx
    python3 measure.py FOLDER_OF_TFLITE_FILES WORK_FOLDER [--program cortexscope]

FOLDER_OF_TFLITE_FILES also holds ad01-40-frames.f32, 40 frames of 640 float32 that the
benchmark's auto-encoder is fed with. The inputs of the other networks are generated, from
seeds: they are like nothing that the networks were trained on, so no accuracy is measured.

WORK_FOLDER/documents keeps what was measured, so that a run that was stopped goes on where
it was: delete it to measure again.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys

import numpy

HERE = pathlib.Path(__file__).parent
PAGE = HERE / "../../docs/mlperf-tiny.md"
# Arm's library on the same core, by the command that lies beside this file.
OTHER = HERE / "../../firmware/core/benches/cmsis-nn/measured.json"
M4F = "mps2-an386"
EMULATED = ["native", M4F, "mps2-an500", "mps2-an505", "stm32f405", "microbit"]
# As the benchmark calls them, and the range of their inputs if it is not from 0 to 1.
TASKS = {"kws": "keywords (KWS)", "vww": "visual wake words (VWW)", "resnet8": "image classification (IC)",
         "ad01": "anomaly detection (AD)"}
IMAGES = 1

# Cycles of one inference on silicon, as published with the benchmark's results.
PUBLISHED = [
    ("Cortex-M0+ at 64 MHz, HALE", {"kws": 30.4, "vww": 90.5, "resnet8": 97.4, "ad01": 2.62}),
    ("Cortex-M4 at 120 MHz, X-CUBE-AI 10.2", {"kws": 5.21, "vww": 10.7, "resnet8": 19.9, "ad01": 0.58}),
    ("Cortex-M33 at 160 MHz, X-CUBE-AI 10.2", {"kws": 4.64, "vww": 9.5, "resnet8": 17.5, "ad01": 0.51}),
    ("Cortex-M7 at 280 MHz, X-CUBE-AI 9", {"kws": 3.17, "vww": 6.7, "resnet8": 11.4, "ad01": 0.34}),
]


def pictures(random, count, side, most):
    """Smooth coloured noise from 0 to `most`, [N, H, W, 3]."""
    values = random.normal(size=(count, side, side, 3))
    for _ in range(3):
        values = (values + numpy.roll(values, 1, 1) + numpy.roll(values, 1, 2) + numpy.roll(values, (1, 1), (1, 2))) / 4
    low, high = (bound((1, 2, 3), keepdims=True) for bound in (values.min, values.max))
    return most * (values - low) / (high - low)


def inputs(name, source):
    """Inputs of a network, the batch first, in the network's own order."""
    random = numpy.random.default_rng(5)
    if name == "ad01":
        return numpy.fromfile(source / "ad01-40-frames.f32", numpy.float32).reshape(-1, 640)
    if name == "kws":
        return random.normal(size=(32, 49, 10, 1)) * 20
    return pictures(random, 32, 96 if name == "vww" else 32, 1 if name == "vww" else 255)


class Program:
    """The program, and the documents that it gave: what is kept is not measured again."""

    def __init__(self, path, kept):
        self.path, self.kept = path, kept
        kept.mkdir(parents=True, exist_ok=True)

    def path_of(self, arguments):
        key = hashlib.sha256(" ".join(map(str, arguments)).encode()).hexdigest()[:16]
        return self.kept / f"{key}.json"

    def json(self, *arguments):
        kept = self.path_of(arguments)
        if not kept.exists():
            kept.write_text(json.dumps(self.measured(arguments), indent=1))
        return json.loads(kept.read_text())

    def measured(self, arguments):
        # On a machine with other work an emulator may answer too late: then once more.
        for _ in range(2):
            run = subprocess.run([self.path, *map(str, arguments), "--json"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
            if run.returncode == 0:
                return json.loads(run.stdout)
            print(f"{' '.join(map(str, arguments))}\n{run.stderr}", file=sys.stderr)
        raise SystemExit(1)


def measured(program, name, source, work, chosen):
    """What is known of one network."""
    data, one, model = work / f"{name}.npy", work / f"{name}-first.npy", work / name / f"{name}.ctx"
    values = inputs(name, source).astype(numpy.float32)
    numpy.save(data, values)
    # One input, [C, H, W].
    first = values[0].transpose(2, 0, 1) if values.ndim == 4 else values[0].reshape(1, 1, -1)
    numpy.save(one, first)
    program.json("compile", work / f"{name}.onnx", "--calibrate", data, "--calibration-limit", 16, "-o", work / name)
    budget = program.json("budget", work / f"{name}.onnx", "--image", model, "--boards")
    boards = {board["name"]: board for board in budget["boards"]}
    verified = {}
    for board in EMULATED:
        ask = ("verify", "--board", board, "--model", model, "--inputs", data, "--images", IMAGES)
        if boards[board]["fits_fused"] and (board in chosen or program.path_of(ask).exists()):
            verified[board] = program.json(*ask)
            print(f"{name} on {board}: {verified[board]['bytes']} bytes", file=sys.stderr)
    # The same with each weight once, for boards that have not the flash.
    once = work / "once" / name
    program.json("compile", work / f"{name}.onnx", "--calibrate", data, "--calibration-limit", 16, "--weights-once", "-o", once)
    small = program.json("budget", work / f"{name}.onnx", "--image", once / f"{name}.ctx", "--boards")
    bench = program.json("bench", "--board", M4F, "--model", model, "--input", one, "--no-occlusion")
    memory = program.json("memory", "--board", "native", "--model", model)
    return {"budget": budget, "boards": boards, "once": small, "verified": verified, "bench": bench["models"][0], "memory": memory}


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def grouped(number):
    return f"{number:,}"


def mismatches(verified):
    return sum(layer["mismatches"] for layer in verified["layers"])


def on_board(known, board):
    if board in known["verified"]:
        found = known["verified"][board]
        return f"{grouped(found['bytes'])} bytes, {mismatches(found)} differ"
    if known["boards"][board]["fits_fused"]:
        return "fits"
    once = {found["name"]: found for found in known["once"]["boards"]}
    return "fits with `--weights-once`" if once[board]["fits_fused"] else "does not fit"


def compared(name, layers, macs, total, other):
    """The table of a network's layers, and its last row."""
    theirs = {layer["name"]: layer["instructions"] for layer in other[name]}
    assert list(theirs) == [layer["name"] for layer in layers], name
    rows = [[layer["name"], layer["kernel"], grouped(layer["macs"]) if layer["macs"] else "–",
             grouped(layer["instructions"]), f"{layer['instructions_per_mac']:.2f}" if layer["macs"] else "–",
             grouped(theirs[layer["name"]]), share(layer["instructions"], theirs[layer["name"]])]
            for layer in layers]
    rows.append(["inference", "", grouped(macs), grouped(total), f"{total / macs:.2f}", grouped(sum(theirs.values())),
                 share(total, sum(theirs.values()))])
    return table(["layer", "kernel", "MACs", "instructions", "per MAC", "CMSIS-NN", "of CMSIS-NN's"], rows)


# Kinds of layers, by how their names begin.
KINDS = {"depthwise_conv": "depthwise convolutions", "conv": "other convolutions", "add": "sums",
         "average_pool": "average pools", "fully_connected": "dense layers"}


def summary(layers_of, totals, other, build_of):
    """The table of whole networks, and the least and the greatest share of each kind of layer."""
    theirs = {name: sum(layer["instructions"] for layer in other[name]) for name in layers_of}
    rows = [[TASKS[name], totals[name], theirs[name], f"`{build_of[name]}`"] for name in layers_of]
    rows.append(["together", sum(totals.values()), sum(theirs.values()), ""])
    beside = table(["network", "this engine", "CMSIS-NN", "of CMSIS-NN's", "CMSIS-NN's build"],
                   [[name, grouped(ours), grouped(those), share(ours, those), build]
                    for name, ours, those, build in rows])
    shares = {kind: [] for kind in KINDS}
    for name, layers in layers_of.items():
        for layer, those in zip(layers, other[name]):
            kind = next(kind for kind in KINDS if layer["name"].startswith(kind))
            shares[kind].append(100 * layer["instructions"] / those["instructions"])
    ranges = [[KINDS[kind], len(found), f"{min(found):.0f} to {max(found):.0f} %"] for kind, found in shares.items()]
    return {"beside": beside, "ranges": table(["kind", "layers", "of CMSIS-NN's, least to most"], ranges)}


def share(part, whole):
    return f"{100 * part / whole:.0f} %"


def page(found):
    builds = json.loads(OTHER.read_text())["cores"]["Cortex-M4F"]["networks"]
    other = {name: best["layers"] for name, best in builds.items()}
    build_of = {name: " ".join(flag for flag in best["flags"].split() if not flag.startswith("-D"))
                for name, best in builds.items()}
    mode = {name: known["memory"]["modes"][0] for name, known in found.items()}
    networks = table(
        ["network", "MACs", "board image, bytes", "with `--weights-once`", "arena with fused layers, planned = measured",
         "lower bound of any arena"],
        [[TASKS[name], grouped(known["budget"]["totals"]["macs"]), grouped(known["memory"]["linked"]["image_bytes"]),
          grouped(known["once"]["totals"]["image_bytes"]),
          grouped(mode[name]["planned_arena_bytes"]),
          grouped(known["budget"]["arenas"][0]["lower_bound_bytes"])] for name, known in found.items()])
    for name in found:
        assert mode[name]["planned_arena_bytes"] == mode[name]["measured_arena_bytes"], name
    boards = [board for board in next(iter(found.values()))["boards"]]
    fits = table(["board", *(TASKS[name] for name in found)],
                 [[f"`{board}`", *(on_board(known, board) for known in found.values())] for board in boards])
    totals = {name: known["bench"]["total_instructions"] for name, known in found.items()}
    macs = {name: known["budget"]["totals"]["macs"] for name, known in found.items()}
    here = ["**this engine**, Cortex-M4F, emulated", "instructions",
            *(f"{totals[name] / 1e6:.2f} M ({totals[name] / macs[name]:.2f})" for name in found)]
    others = [[part, "cycles", *(f"{cycles[name]:.2f} M ({1e6 * cycles[name] / macs[name]:.2f})" for name in found)]
              for part, cycles in PUBLISHED]
    published = table(["part", "unit", *(TASKS[name] for name in found)], [here, *others])
    layers_of = {name: known["bench"]["layers"] for name, known in found.items()}
    sections = []
    for name, layers in layers_of.items():
        rows = compared(name, layers, macs[name], totals[name], other)
        sections.append(f"### {TASKS[name][0].upper()}{TASKS[name][1:]}\n\n{rows}")
    return TEXT.format(networks=networks, fits=fits, published=published, images=IMAGES, layers="\n\n".join(sections),
                       **summary(layers_of, totals, other, build_of))


TEXT = """# The networks of MLPerf Tiny

<!-- `python3 models/mlperf-tiny/measure.py FOLDER_OF_TFLITE_FILES WORK_FOLDER` writes this page. -->

The four networks of MLPerf Tiny, read from their float files and quantised here. The files are not in this repository;
`models/mlperf-tiny/README.md` says how they become ONNX. Every number on this page but those of others is measured by one
command, which also writes the page:

```text
python3 models/mlperf-tiny/measure.py FOLDER_OF_TFLITE_FILES WORK_FOLDER
```

The benchmark's test sets are not part of this repository. The auto-encoder is calibrated with the 40 frames that are
published with it, the others with generated inputs. So this page compares bytes and costs, and claims no accuracy.

## Memory

{networks}

The engine measures what the plan says, on the native board here: `cortexscope memory --model NETWORK.ctx --board BOARD` does
so on any other, the stack included. A network also needs its input on the board, and the firmware: `cortexscope budget
NETWORK.onnx --image NETWORK.ctx --boards` adds these up for each board.

## Boards

`verify` compares every activation, accumulator and logit of {images} input with tract, byte by byte, on each board that
holds the network and that `cortexscope` can emulate. Where nothing was compared the table says what `budget` says.

{fits}

## Beside published cycles

**Instructions and cycles are different units: do not subtract or divide one by the other.** The first row is
instructions of one inference on the emulated `mps2-an386`, counted. The others are cycles of one inference on silicon, from
the benchmark's published results, of other software with weights of its own. In brackets: the same for each MAC.

{published}

## Each layer on the Cortex-M4F

`cortexscope bench --board mps2-an386 --no-occlusion --model NETWORK.ctx --input INPUT.npy`. A depthwise convolution with a
3×3 window is `nine taps`, an average pool `sums`. Other convolutions are `Winograd` or `wide pairs`, from weights that the
image holds once more; with `--weights-once` they are `pairs`. Layers
with few MACs an output cost more for each: what an output takes to be requantised is the same for 8 MACs and for 576.

CMSIS-NN, Arm's library, is V2.5.2 with gcc 12.2, on the same emulator with the same counter. Of the builds that the command
tries, each network has its fastest, with inline assembly and `__restrict`:

```text
python3 firmware/core/benches/cmsis-nn/compare.py --cmsis-nn CHECKOUT
```

Its inputs and weights are random, and each value that it gives is compared with a plain definition. Dense layers have one
scale each there, the cheaper of its two ways. Its count is that of the call for the layer. This engine's inference includes
the rest around the layers; CMSIS-NN's is the sum of its layers.

The sources for these columns were put together from public copies of V2.5.2, file by file, and not cloned whole. With them the
LeNets take what they take with the release, within 0.001 %; for the layers below there is no such check.

{beside}

Each network takes fewer instructions than with CMSIS-NN. Winograd's products need half the multiplications of a convolution
by 3×3 windows at stride 1, and weights in 16 bits are not taken apart for each product; the pooled sums that take the LeNets
below a quarter need a max-pool behind a convolution. By kind of layer:

{ranges}

What takes more than CMSIS-NN's are dense layers of fewer than 2,000 MACs.

{layers}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--program", default="cortexscope")
    parser.add_argument("--boards", nargs="*", default=EMULATED, help="boards to verify on, if they are not all")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    arguments = parser.parse_args()
    subprocess.run([sys.executable, HERE / "from_tflite.py", arguments.source, arguments.work], check=True)
    program = Program(arguments.program, arguments.work / "documents")
    found = {name: measured(program, name, arguments.source, arguments.work, arguments.boards) for name in TASKS}
    arguments.page.write_text(page(found))


if __name__ == "__main__":
    main()
