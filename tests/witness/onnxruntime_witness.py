#!/usr/bin/env python3
"""Holds every layer that a board computed against onnxruntime, byte by byte.

    cortexscope infer mnist:17 --dump DIR
    python onnxruntime_witness.py models/lenet5/lenet5.int8.onnx DIR

DIR has one .npy per tensor, as `cortexscope infer --dump` writes them: the int8
input, every layer, the last layer's accumulators and its logits. Nothing is
tolerated: integers are compared with ==, floats by their bits.

Needs onnx, onnxruntime and numpy. On x86 the processor must have VNNI: without
it onnxruntime's int8 kernels saturate pairs of products in 16 bits, and differ.
Exit code 0: all equal; 1: a difference; 2: the comparison could not be made.
"""

import json
import platform
import sys
from pathlib import Path

KEYS = {
    "tensors": "cortexscope.tensors",
    "accumulators": "cortexscope.accumulators",
}


def has_exact_int8() -> bool:
    """Whether onnxruntime's int8 kernels are exact on this processor."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return True
    return "vnni" in flags


def dump_of(folder: Path, name: str):
    import numpy as np

    safe = "".join("_" if c in '/\\:*?"<>|' else c for c in name)
    for candidate in (name, safe):
        path = folder / f"{candidate}.npy"
        if path.is_file():
            return np.load(path, allow_pickle=False)
    return None


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        import numpy as np
        import onnx
        import onnxruntime
    except ImportError as missing:
        print(f"{missing}: pip install onnx onnxruntime numpy", file=sys.stderr)
        return 2
    if not has_exact_int8():
        print("no VNNI: onnxruntime's int8 kernels saturate here", file=sys.stderr)
        return 2

    model = onnx.load(sys.argv[1])
    onnx.checker.check_model(model, full_check=True)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    if any(key not in metadata for key in KEYS.values()):
        print("not an int8 ONNX that cortexscope compiled", file=sys.stderr)
        return 2
    source, *layers = json.loads(metadata[KEYS["tensors"]])
    wanted = [*layers, metadata[KEYS["accumulators"]]]

    folder = Path(sys.argv[2])
    image = dump_of(folder, source)
    if image is None:
        print(f"{folder} has no {source}.npy, the int8 input", file=sys.stderr)
        return 2
    known = {output.name for output in model.graph.output}
    model.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in wanted if name not in known
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    expected = session.run(wanted, {source: image.astype(np.int8)})

    bytes_compared = mismatches = 0
    for name, value in zip(wanted, expected):
        got = dump_of(folder, name)
        if got is None:
            print(f"{folder} has no {name}.npy", file=sys.stderr)
            return 2
        ours, theirs = got.ravel(), value.ravel()
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            print(f"{name}: {got.dtype}{got.shape} here, {value.dtype}{value.shape} there")
            mismatches += theirs.nbytes
            continue
        differing = int(
            np.count_nonzero(ours.view(np.uint8) != theirs.view(np.uint8))
        )
        bytes_compared += theirs.nbytes
        mismatches += differing
        print(f"{name}: {theirs.nbytes} bytes, {differing} differ")
    print(f"{bytes_compared} bytes compared with onnxruntime {onnxruntime.__version__}, "
          f"{mismatches} differ")
    return 0 if mismatches == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
