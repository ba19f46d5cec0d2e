#!/usr/bin/env python3
"""Holds every layer that a board computed against onnxruntime, byte by byte.

    cortexscope infer mnist:17 --dump DIR
    python onnxruntime_witness.py models/lenet5/lenet5.int8.onnx DIR

    cargo run -p cortexscope-tests --bin random-networks -- FOLDER 1000
    python onnxruntime_witness.py FOLDER

DIR has one .npy per tensor, as `cortexscope infer --dump` writes them: the int8
input, every layer, the last layer's accumulators and its logits. FOLDER has
such dumps for random networks of every supported operator. Nothing is tolerated:
integers are compared with ==, floats by their bits.

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


class Unable(Exception):
    """The comparison could not be made."""


class Witness:
    """An int8 ONNX in onnxruntime."""

    def __init__(self, path: Path):
        import onnx
        import onnxruntime

        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        if any(key not in metadata for key in KEYS.values()):
            raise Unable(f"{path} is not an int8 ONNX that cortexscope compiled")
        self.source, *layers = json.loads(metadata[KEYS["tensors"]])
        self.wanted = [*layers, metadata[KEYS["accumulators"]]]
        known = {output.name for output in model.graph.output}
        model.graph.output.extend(
            onnx.ValueInfoProto(name=name) for name in self.wanted if name not in known
        )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def compare(self, folder: Path) -> dict:
        """Bytes compared and bytes that differ, by tensor."""
        import numpy as np

        image = dump_of(folder, self.source)
        if image is None:
            raise Unable(f"{folder} has no {self.source}.npy, the int8 input")
        expected = self.session.run(self.wanted, {self.source: image.astype(np.int8)})
        found = {}
        for name, value in zip(self.wanted, expected):
            got = dump_of(folder, name)
            if got is None:
                raise Unable(f"{folder} has no {name}.npy")
            ours, theirs = got.ravel(), value.ravel()
            if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
                found[name] = (theirs.nbytes, theirs.nbytes)
                continue
            differing = np.count_nonzero(ours.view(np.uint8) != theirs.view(np.uint8))
            found[name] = (theirs.nbytes, int(differing))
        return found


def pairs(arguments: list):
    """Every int8 ONNX with its dumps, and a name for each dump."""
    if len(arguments) == 2:
        yield Path(arguments[0]), [Path(arguments[1])]
        return
    networks = sorted(Path(arguments[0]).glob("*/network.int8.onnx"))
    if not networks:
        raise Unable(f"{arguments[0]} has no random networks")
    for network in networks:
        yield network, sorted((network.parent / "inputs").iterdir())


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        import numpy  # noqa: F401
        import onnx  # noqa: F401
        import onnxruntime
    except ImportError as missing:
        print(f"{missing}: pip install onnx onnxruntime numpy", file=sys.stderr)
        return 2
    if not has_exact_int8():
        print("no VNNI: onnxruntime's int8 kernels saturate here", file=sys.stderr)
        return 2

    is_single = len(sys.argv) == 3
    networks = bytes_compared = mismatches = 0
    try:
        for network, folders in pairs(sys.argv[1:]):
            witness = Witness(network)
            networks += 1
            for folder in folders:
                for name, (total, differing) in witness.compare(folder).items():
                    bytes_compared += total
                    mismatches += differing
                    if is_single or differing:
                        print(f"{folder}: {name}: {total} bytes, {differing} differ")
    except Unable as reason:
        print(reason, file=sys.stderr)
        return 2
    print(
        f"{networks} network{'s' * (networks != 1)}, {bytes_compared} bytes compared with "
        f"onnxruntime {onnxruntime.__version__}, {mismatches} differ"
    )
    return 0 if mismatches == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
