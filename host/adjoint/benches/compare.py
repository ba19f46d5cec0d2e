"""Value + input gradient: PyTorch and tract-adjoint in one run, on two threads.

    python host/adjoint/benches/compare.py [SECONDS]

Takes PyTorch from the Python that runs it. The two take turns, so that what else the
machine does meets both; medians are compared. Exit code 1 where a target is missed.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[3]
THREADS = 2
ROUNDS = 3
# How many times faster at least; none where the ratio is only reported.
TARGETS = {"lecture-lenet": 2.0, "alexnet-convolutions": 1.0, "vgg16-convolutions": None}


def conv(inputs, outputs, kernel, stride=1, padding=0):
    return [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU()]


def lecture_lenet():
    layers = [*conv(1, 20, 5), nn.MaxPool2d(2), *conv(20, 50, 3), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1250, 10)), (1, 1, 28, 28)


def alexnet():
    layers = [*conv(3, 64, 11, 4, 2), nn.MaxPool2d(3, 2), *conv(64, 192, 5, 1, 2), nn.MaxPool2d(3, 2)]
    layers += [*conv(192, 384, 3, 1, 1), *conv(384, 256, 3, 1, 1), *conv(256, 256, 3, 1, 1)]
    return nn.Sequential(*layers, nn.MaxPool2d(3, 2)), (1, 3, 224, 224)


def vgg16():
    layers, channels = [], 3
    for outputs, times in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(times):
            layers += conv(channels, outputs, 3, 1, 1)
            channels = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers), (1, 3, 224, 224)


def time_torch(make, seconds):
    net, shape = make()
    net.eval().requires_grad_(False)
    x = torch.randn(shape, requires_grad=True)

    def step():
        (gradient,) = torch.autograd.grad(net(x).sum(), [x])
        return gradient

    step()
    times, begin = [], time.perf_counter()
    while time.perf_counter() - begin < seconds or len(times) < 3:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def time_ours(binary, net, seconds, threads):
    output = subprocess.run(
        [binary, net, str(threads), str(seconds)], check=True, capture_output=True, text=True
    )
    return json.loads(output.stdout)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    torch.set_num_threads(THREADS)
    build = ["cargo", "build", "--release", "-p", "tract-adjoint", "--example", "speed"]
    messages = subprocess.run(
        [*build, "--message-format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    artifacts = [json.loads(line) for line in messages.stdout.splitlines()]
    binary = [a["executable"] for a in artifacts if a.get("target", {}).get("name") == "speed"][-1]
    nets = {"lecture-lenet": lecture_lenet, "alexnet-convolutions": alexnet, "vgg16-convolutions": vgg16}
    missed = False
    print(f"torch {torch.__version__}, {THREADS} threads at most, {ROUNDS} rounds of {seconds} s")
    for name, make in nets.items():
        theirs, ours = [], []
        for _ in range(ROUNDS):
            theirs.append(statistics.median(time_torch(make, seconds)))
            ours.append(time_ours(binary, name, seconds, THREADS)["value_and_gradient_ms"])
        theirs, ours = statistics.median(theirs), statistics.median(ours)
        ratio, target = theirs / ours, TARGETS[name]
        verdict = "reported" if target is None else f"at least {target}: {'met' if ratio >= target else 'missed'}"
        missed |= target is not None and ratio < target
        print(f"{name:22} torch {theirs:9.3f} ms  tract-adjoint {ours:9.3f} ms  {ratio:5.2f} times  {verdict}")
    sys.exit(missed)


if __name__ == "__main__":
    main()
