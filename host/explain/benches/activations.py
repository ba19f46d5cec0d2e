"""The activations of a whole photograph: this program beside onnxruntime in one run.

    python host/explain/benches/activations.py [--program PATH] [--rounds N] [--size HxW]

Takes onnxruntime, onnx and numpy from the Python that runs it. The model is fully convolutional, in float, and is
made here. Both take turns, so that what else the machine does meets both; the best of the rounds is compared, in
seconds and in processor time. Of the program its whole work is timed, from its start to its end; of onnxruntime
loading and one run with every layer as an output. Exit code 1 where the program takes over twice as long.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[3]
THREADS = 2
MOST = 2.0


def network(path, height, width):
    """Six convolutions and three poolings, all with ReLU, of 3, 16, 16, 32, 32, 64 and 64 channels."""
    random = np.random.default_rng(1)
    nodes, constants = [], []
    tensor, channels = "x", 3
    for layer, made in enumerate([16, 16, 32, 32, 64, 64], 1):
        weights = random.normal(0, (2 / (9 * channels)) ** 0.5, (made, channels, 3, 3)).astype(np.float32)
        constants += [numpy_helper.from_array(weights, f"w{layer}")]
        constants += [numpy_helper.from_array(np.zeros(made, np.float32), f"b{layer}")]
        inputs = [tensor, f"w{layer}", f"b{layer}"]
        nodes += [helper.make_node("Conv", inputs, [f"conv{layer}"], f"conv{layer}", pads=[1, 1, 1, 1])]
        nodes += [helper.make_node("Relu", [f"conv{layer}"], [f"relu{layer}"], f"relu{layer}")]
        tensor, channels = f"relu{layer}", made
        if layer % 2 == 0:
            options = {"kernel_shape": [2, 2], "strides": [2, 2]}
            nodes += [helper.make_node("MaxPool", [tensor], [f"pool{layer}"], f"pool{layer}", **options)]
            tensor = f"pool{layer}"
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, height, width])
    outputs = [helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None) for node in nodes]
    for name, of in (("one", outputs[-1:]), ("all", outputs)):
        graph = helper.make_graph(nodes, "whole", [x], of, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, path / f"{name}.onnx")


def seconds(command):
    """Seconds, processor seconds and greatest memory in MB of a command; and what it printed."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} failed")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output


def theirs(path):
    """The same of onnxruntime, in this process; what it computed is given too."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    begin, busy = time.perf_counter(), time.process_time()
    session = onnxruntime.InferenceSession(str(path / "all.onnx"), options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"x": np.load(path / "x.npy")})
    names = [output.name for output in session.get_outputs()]
    return time.perf_counter() - begin, time.process_time() - busy, dict(zip(names, outputs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=ROOT / "target/release/cortexscope")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", default="720x1280")
    given = parser.parse_args()
    height, width = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        network(path, height, width)
        np.save(path / "x.npy", np.random.default_rng(2).random((1, 3, height, width), np.float32))
        command = [given.program, "activations", path / "one.onnx", path / "x.npy", "--json"]
        own, other, memory = [], [], 0
        for _ in range(given.rounds):
            *time_, outputs = theirs(path)
            other.append(time_)
            *time_, held, output = seconds(command)
            own.append(time_)
            memory = max(memory, held)
        greatest = {layer["tensor"]: layer["greatest"] for layer in json.loads(output)["layers"]}
        for name, values in outputs.items():
            if not np.isclose(greatest[name], values.max(), rtol=1e-4):
                sys.exit(f"{name}: greatest value {greatest[name]} here, {values.max()} in onnxruntime")
    held = sum(values.nbytes for values in outputs.values()) / 1e6
    ratios = []
    for what, at in (("seconds", 0), ("processor seconds", 1)):
        ours, ort = (min(times[at] for times in found) for found in (own, other))
        ratios.append(ours / ort)
        print(f"{what}: onnxruntime {ort:.2f}, here {ours:.2f}, {ours / ort:.2f} times")
    print(f"memory of the program {memory:.0f} MB at most; all activations are {held:.0f} MB")
    if ratios[0] > MOST:
        sys.exit(f"missed: at most {MOST} times")


if __name__ == "__main__":
    main()
