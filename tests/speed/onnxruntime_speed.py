#!/usr/bin/env python3
"""The engine on this machine beside onnxruntime's int8 session: one thread, batch 1.

    python tests/speed/onnxruntime_speed.py [MODEL:TIMES ...] [--rounds N] [--seconds S]

MODEL is a name under models/, and TIMES how many times as fast as onnxruntime the
engine has to be; without any, these are `lecture-lenet:3` and `lenet5:4`. Both are
measured in turns, S seconds each, N times, and the ratio is taken round by round, so
that it holds where the machine has other work. Both run the same int8 network on an
input that lies in memory.

Needs onnxruntime and numpy, and cargo. Exit code 0: the engine is as fast as asked;
1: it is not; 2: the comparison could not be made.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = TARGET / "release/examples/native_speed"
ASKED = ["lecture-lenet:3", "lenet5:4"]


def session(path: Path):
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    made = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )
    (entry,) = made.get_inputs()
    kinds = {"tensor(int8)": np.int8, "tensor(uint8)": np.uint8, "tensor(float)": np.float32}
    shape = [side if isinstance(side, int) else 1 for side in entry.shape]
    count = int(np.prod(shape))
    values = (np.arange(count) * 37 % 251).astype(kinds[entry.type]).reshape(shape)
    names = [output.name for output in made.get_outputs()]
    return lambda: made.run(names, {entry.name: values})


def median_ns(run, seconds: float) -> float:
    took = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter_ns()
        run()
        took.append(time.perf_counter_ns() - start)
    return statistics.median(took)


def engine_ns(image: Path, seconds: float) -> tuple[float, str]:
    out = subprocess.check_output([PROGRAM, image, str(seconds)], text=True)
    _, median, kernels = out.strip().split(maxsplit=2)
    return float(median), kernels


def compare(model: str, asked: float, rounds: int, seconds: float) -> bool:
    folder = ROOT / "models" / model
    image = folder / f"{model}.ctx"
    peer = session(folder / f"{model}.int8.onnx")
    for _ in range(50):
        peer()
    ours, theirs = [], []
    for _ in range(rounds):
        took, kernels = engine_ns(image, seconds)
        ours.append(took / 1000)
        theirs.append(median_ns(peer, seconds) / 1000)
    ratios = [b / a for a, b in zip(ours, theirs)]
    times = statistics.median(ratios)
    print(f"{model}: medians of {rounds} rounds")
    for name, took in [(f"engine, {kernels}", ours), ("onnxruntime", theirs)]:
        middle = statistics.median(took)
        print(f"  {name:<22}{middle:8.1f} µs   ({min(took):.1f} to {max(took):.1f})")
    print(f"  {times:.1f} times as fast ({min(ratios):.1f} to {max(ratios):.1f}), asked {asked:g}")
    return times >= asked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=ASKED, metavar="MODEL:TIMES")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    arguments = parser.parse_args()
    cargo = ["cargo", "build", "--locked", "--release", "--package", "cortexscope-simd"]
    try:
        subprocess.run([*cargo, "--example", "native_speed"], cwd=ROOT, check=True)
        import onnxruntime

        print(f"one thread, batch 1, onnxruntime {onnxruntime.__version__}")
        met = []
        for model in arguments.models:
            name, _, asked = model.partition(":")
            met.append(compare(name, float(asked or 1), arguments.rounds, arguments.seconds))
    except (ImportError, OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"the comparison could not be made: {error}", file=sys.stderr)
        return 2
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
