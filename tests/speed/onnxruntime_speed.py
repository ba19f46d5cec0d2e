#!/usr/bin/env python3
"""The engine on this machine beside onnxruntime's int8 session: one thread, batch 1.

    python tests/speed/onnxruntime_speed.py [MODEL] [--rounds N] [--seconds S]

MODEL is a name under models/, `lenet5` if left out. Both are measured in turns,
S seconds each, N times; the medians of the rounds are compared. Both run the same
int8 network on an input that lies in memory.

Needs onnxruntime and numpy, and cargo. Exit code 0: the engine is at least as
fast; 1: it is not; 2: the comparison could not be made.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="lenet5")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    arguments = parser.parse_args()
    folder = ROOT / "models" / arguments.model
    image = folder / f"{arguments.model}.ctx"
    cargo = ["cargo", "build", "--release", "--package", "cortexscope-core"]
    try:
        subprocess.run([*cargo, "--example", "native_speed"], cwd=ROOT, check=True)
        run = session(folder / f"{arguments.model}.int8.onnx")
    except (ImportError, OSError, subprocess.CalledProcessError) as error:
        print(f"the comparison could not be made: {error}", file=sys.stderr)
        return 2
    program = ROOT / "target/release/examples/native_speed"
    for _ in range(50):
        run()
    engine, peer = [], []
    for _ in range(arguments.rounds):
        out = subprocess.check_output([program, image, str(arguments.seconds)], text=True)
        engine.append(float(out.split()[1]))
        peer.append(median_ns(run, arguments.seconds))
    ours, theirs = statistics.median(engine), statistics.median(peer)
    print(f"{arguments.model}, one thread, batch 1, median of {arguments.rounds} rounds")
    print(f"engine       {ours / 1000:8.1f} µs   (rounds {min(engine) / 1000:.1f} to {max(engine) / 1000:.1f})")
    print(f"onnxruntime  {theirs / 1000:8.1f} µs   (rounds {min(peer) / 1000:.1f} to {max(peer) / 1000:.1f})")
    print(f"onnxruntime takes {theirs / ours:.2f} times as long")
    return 0 if ours <= theirs else 1


if __name__ == "__main__":
    sys.exit(main())
