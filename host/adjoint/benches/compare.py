"""Value + input gradient: PyTorch and tract-adjoint in one run, on two threads.

    python host/adjoint/benches/compare.py [--real-time] [SECONDS [NET ...]]

Takes PyTorch from the Python that runs it. The two take turns, each in a process of its own, so that what else the
machine does meets both; their fastest runs are compared, and the medians are reported. Memory is what a process grows by
while it computes value and gradient for the first time, at most, weights not counted (Linux only). With --real-time both
sides run before everything else on the machine (which needs the right to do so). Exit code 1 where a target is missed.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
THREADS = 2
ROUNDS = 3
PRIORITY = 10
# How many times faster at least.
TARGETS = {
    "lecture-lenet": 4.0,
    "lecture-lenet-32": 1.0,
    "alexnet-convolutions": 1.5,
    "squeezenet-features": 1.5,
    "vgg16-convolutions": 1.5,
}


def make(name):
    """The net and the shape of its input."""
    from torch import cat, nn

    class Fire(nn.Module):
        def __init__(self, inputs, squeezed, expanded):
            super().__init__()
            self.squeeze = nn.Sequential(*conv(inputs, squeezed, 1))
            self.one = nn.Sequential(*conv(squeezed, expanded, 1))
            self.nine = nn.Sequential(*conv(squeezed, expanded, 3, 1, 1))

        def forward(self, x):
            x = self.squeeze(x)
            return cat([self.one(x), self.nine(x)], 1)

    def conv(inputs, outputs, kernel, stride=1, padding=0):
        return [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU()]

    def lenet():
        layers = [*conv(1, 20, 5), nn.MaxPool2d(2), *conv(20, 50, 3), nn.MaxPool2d(2)]
        return [*layers, nn.Flatten(), nn.Linear(1250, 10)]

    def alexnet():
        layers = [*conv(3, 64, 11, 4, 2), nn.MaxPool2d(3, 2), *conv(64, 192, 5, 1, 2), nn.MaxPool2d(3, 2)]
        layers += [*conv(192, 384, 3, 1, 1), *conv(384, 256, 3, 1, 1), *conv(256, 256, 3, 1, 1)]
        return [*layers, nn.MaxPool2d(3, 2)]

    def squeezenet():
        layers = [*conv(3, 96, 7, 2), nn.MaxPool2d(3, 2), Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128)]
        layers += [nn.MaxPool2d(3, 2), Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256)]
        return [*layers, nn.MaxPool2d(3, 2), Fire(512, 64, 256)]

    def vgg16():
        layers, channels = [], 3
        for outputs, times in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
            for _ in range(times):
                layers += conv(channels, outputs, 3, 1, 1)
                channels = outputs
            layers.append(nn.MaxPool2d(2))
        return layers

    layers, shape = {
        "lecture-lenet": (lenet, (1, 1, 28, 28)),
        "lecture-lenet-32": (lenet, (32, 1, 28, 28)),
        "alexnet-convolutions": (alexnet, (1, 3, 224, 224)),
        "squeezenet-features": (squeezenet, (1, 3, 512, 512)),
        "vgg16-convolutions": (vgg16, (1, 3, 224, 224)),
    }[name]
    return nn.Sequential(*layers()).eval().requires_grad_(False), shape


def memory(what):
    """Bytes that the process holds (VmRSS) or has held at most (VmHWM)."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) * 1024


def torch_alone(name, seconds, real_time):
    """Times PyTorch in this process, as JSON on stdout."""
    import torch

    if real_time:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    torch.set_num_threads(THREADS)
    net, shape = make(name)
    x = torch.randn(shape, requires_grad=True)

    def step():
        (gradient,) = torch.autograd.grad(net(x).sum(), [x])
        return gradient

    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    step()
    grown = memory("VmHWM") - before
    times, begin = [], time.perf_counter()
    while time.perf_counter() - begin < seconds or len(times) < 3:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"ms": statistics.median(times), "min_ms": min(times), "bytes": grown, "of": torch.__version__}))


def turn(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def build():
    command = ["cargo", "build", "--release", "-p", "tract-adjoint", "--example", "speed", "--message-format", "json"]
    messages = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    artifacts = [json.loads(line) for line in messages.stdout.splitlines()]
    return [a["executable"] for a in artifacts if a.get("target", {}).get("name") == "speed"][-1]


def compare(binary, name, seconds, real_time):
    """One line; whether the target is met."""
    theirs, ours = [], []
    first = ["chrt", "-f", str(PRIORITY)] if real_time else []
    for _ in range(ROUNDS):
        theirs.append(turn([sys.executable, __file__, "--torch", name, str(seconds), str(int(real_time))]))
        ours.append(turn([*first, binary, name, str(THREADS), str(seconds)]))
    fastest = [min(run["min_ms"] for run in theirs), min(run["value_and_gradient_min_ms"] for run in ours)]
    median = [statistics.median(r["ms"] for r in theirs), statistics.median(r["value_and_gradient_ms"] for r in ours)]
    grown = [min(run["bytes"] for run in theirs) / 1e6, min(run["grown_bytes"] for run in ours) / 1e6]
    ratio, target = fastest[0] / fastest[1], TARGETS[name]
    print(
        f"{name:21} torch {fastest[0]:8.3f} ms ({median[0]:8.3f}), {grown[0]:6.1f} MB; "
        f"tract-adjoint {fastest[1]:8.3f} ms ({median[1]:8.3f}), {grown[1]:6.1f} MB; "
        f"{ratio:5.2f} times, at least {target}: {'met' if ratio >= target else 'missed'}",
        flush=True,
    )
    return ratio >= target, theirs[0]["of"]


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--torch"]:
        return torch_alone(arguments[1], float(arguments[2]), arguments[3] == "1")
    real_time = "--real-time" in arguments
    arguments = [argument for argument in arguments if argument != "--real-time"]
    seconds = float(arguments[0]) if arguments else 3.0
    binary = build()
    print(f"{THREADS} threads at most, {ROUNDS} rounds of {seconds} s; fastest run (median), memory grown by", flush=True)
    done = [compare(binary, name, seconds, real_time) for name in arguments[1:] or TARGETS]
    print(f"torch {done[0][1]}")
    sys.exit(not all(met for met, _ in done))


if __name__ == "__main__":
    main()
