"""Attacks, searches, dreams and corruptions: this program beside PyTorch and numpy in one run, on two threads.

    python host/study/benches/compare.py [--squeezenet ONNX] [--photo JPEG] [--program PATH] [--rounds N]

Takes PyTorch, numpy, scipy, OpenCV, scikit-image and Pillow from the Python that runs it. Each pair takes turns, so that
what else the machine does meets both; medians are compared. Of the program its whole work is timed, reading and writing
included, as its receipt says; of PyTorch the loop alone. Exit code 1 where a target is missed.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[3]
THREADS = 2
DIGITS = 100
STEPS = 40
SIDE = 512


def build(*arguments):
    command = ["cargo", "build", "--release", "--locked", *arguments, "--message-format", "json"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line).get("executable") for line in output.splitlines()]
    return [path for path in found if path][-1]


# A process begins with the memory of the one that starts it, and its peak counts that: here that of PyTorch. So a small
# one starts the program, and writes down its seconds and the greatest memory that it held in kB.
SMALL = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
code = subprocess.call(sys.argv[2:])
seconds = time.perf_counter() - begin
with open(sys.argv[1], "w") as file:
    json.dump([seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss], file)
sys.exit(code)
"""


def run(program, *arguments):
    """Gives the document of a command, its seconds, and the greatest memory that it held in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, *arguments, "-o", folder, "--json", "--quiet"]
        took = pathlib.Path(folder, "took.json")
        done = subprocess.run([sys.executable, "-S", "-c", SMALL, took, *command], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))} failed")
        seconds, kilobytes = json.loads(took.read_text())
    return json.loads(done.stdout), seconds, kilobytes / 1024


def lecture_lenet():
    layers = [nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1250, 10)).eval().requires_grad_(False)


def torch_pgd(net):
    """40 steps of 0.01 from a random start within 0.3, one digit at a time."""
    pictures = torch.rand(DIGITS, 1, 28, 28)
    begin = time.perf_counter()
    for picture in pictures:
        original = picture[None]
        label = net(original).argmax(1)
        x = (original + torch.empty_like(original).uniform_(-0.3, 0.3)).clamp(0, 1)
        for _ in range(STEPS):
            x.requires_grad_(True)
            (slope,) = torch.autograd.grad(F.cross_entropy(net(x), label), [x])
            x = x.detach() + 0.01 * slope.sign()
            x = torch.min(torch.max(x, original - 0.3), original + 0.3).clamp(0, 1)
    return time.perf_counter() - begin


class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1(x)), F.relu(self.expand3(x))], 1)


def squeezenet():
    """SqueezeNet 1.0 up to its eighth fire module."""
    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    layers = [nn.Conv2d(3, 96, 7, 2), nn.ReLU(), pool(), Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128), pool()]
    layers += [Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256)]
    return nn.Sequential(*layers).eval().requires_grad_(False)


def torch_dream(net, steps):
    x = torch.rand(1, 3, SIDE, SIDE)
    times = []
    for _ in range(steps):
        begin = time.perf_counter()
        x = torch.roll(x, (3, 5), (2, 3)).requires_grad_(True)
        (slope,) = torch.autograd.grad((net(x) ** 2).sum() / 2, [x])
        x = (x.detach() + 0.01 * slope / slope.abs().mean()).clamp(0, 1)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def our_dream(program, model, photo):
    """A step: the difference of two runs by the steps between them."""
    def seconds(steps):
        arguments = ["--layer", "fire8/concat", "--canvas", str(SIDE), "--octaves", "1", "--steps", str(steps)]
        return run(program, "dream", model, photo, *arguments)[1:]

    (few, _), (many, memory) = seconds(1), seconds(9)
    return (many - few) / 8, memory


def references():
    """Severity 3 of the kinds whose reference needs no ImageMagick, after the published definitions."""
    import io

    import cv2
    from PIL import Image
    from scipy import ndimage
    from skimage import color

    random = np.random.default_rng(1)

    def disk(radius, blur):
        reach = np.arange(-max(8, radius), max(8, radius) + 1)
        x, y = np.meshgrid(reach, reach)
        kernel = (x**2 + y**2 <= radius**2).astype(np.float32)
        return cv2.GaussianBlur(kernel / kernel.sum(), (3, 3), blur)

    def glass(x):
        x = ndimage.gaussian_filter(x, (1, 1, 0))
        for _ in range(3):
            for row in range(222, 1, -1):
                for column in range(222, 1, -1):
                    dx, dy = random.integers(-2, 2, 2)
                    other = x[row + dy, column + dx].copy()
                    x[row + dy, column + dx], x[row, column] = x[row, column], other
        return ndimage.gaussian_filter(x, (1, 1, 0))

    def zoom(x):
        sum_ = np.zeros_like(x)
        for factor in np.arange(1, 1.21, 0.02):
            large = ndimage.zoom(x, (factor, factor, 1), order=1)
            trim = (large.shape[0] - 224) // 2
            sum_ += large[trim : trim + 224, trim : trim + 224]
        return (x + sum_) / 12

    def plasma(side, decay):
        map_ = np.zeros((side, side))
        step, wibble = side, 100.0
        while step >= 2:
            corners = map_[0:side:step, 0:side:step]
            squares = corners + np.roll(corners, -1, 0)
            squares = squares + np.roll(squares, -1, 1)
            half = step // 2
            map_[half:side:step, half:side:step] = squares / 4 + wibble * random.uniform(-1, 1, squares.shape)
            centres = map_[half:side:step, half:side:step]
            across = centres + np.roll(centres, 1, 0) + corners + np.roll(corners, -1, 1)
            map_[0:side:step, half:side:step] = across / 4 + wibble * random.uniform(-1, 1, across.shape)
            down = centres + np.roll(centres, 1, 1) + corners + np.roll(corners, -1, 0)
            map_[half:side:step, 0:side:step] = down / 4 + wibble * random.uniform(-1, 1, down.shape)
            step, wibble = half, wibble / decay
        map_ -= map_.min()
        return map_ / map_.max()

    def elastic(x):
        y, z = np.mgrid[:224, :224].astype(float)
        shift = [ndimage.gaussian_filter(random.uniform(-1, 1, (224, 224)), 2.44) * 12.2 for _ in range(2)]
        planes = [ndimage.map_coordinates(x[..., c], [y + shift[0], z + shift[1]], order=1, mode="reflect") for c in range(3)]
        return np.stack(planes, 2)

    def in_value(x, change):
        hsv = color.rgb2hsv(x)
        return color.hsv2rgb(change(hsv))

    def brighter(hsv):
        hsv[..., 2] = np.clip(hsv[..., 2] + 0.3, 0, 1)
        return hsv

    def saturated(hsv):
        hsv[..., 1] = np.clip(hsv[..., 1] * 2, 0, 1)
        return hsv

    def impulse(x):
        chance = random.random(x.shape)
        x = x.copy()
        x[chance < 0.045], x[chance > 0.955] = 0, 1
        return x

    def jpeg(x):
        buffer = io.BytesIO()
        Image.fromarray((x * 255).astype(np.uint8)).save(buffer, "JPEG", quality=15)
        return np.asarray(Image.open(buffer)) / 255

    def pixelate(x):
        small = Image.fromarray((x * 255).astype(np.uint8)).resize((89, 89), Image.BOX)
        return np.asarray(small.resize((224, 224), Image.NEAREST)) / 255

    return {
        "gaussian-noise": lambda x: np.clip(x + random.normal(size=x.shape, scale=0.18), 0, 1),
        "shot-noise": lambda x: np.clip(random.poisson(x * 12) / 12, 0, 1),
        "impulse-noise": impulse,
        "speckle-noise": lambda x: np.clip(x + x * random.normal(size=x.shape, scale=0.35), 0, 1),
        "gaussian-blur": lambda x: np.clip(ndimage.gaussian_filter(x, (3, 3, 0)), 0, 1),
        "glass-blur": glass,
        "defocus-blur": lambda x: np.stack([cv2.filter2D(x[..., c], -1, disk(6, 0.5)) for c in range(3)], 2),
        "zoom-blur": zoom,
        "fog": lambda x: np.clip((x + 2.5 * plasma(256, 2)[:224, :224, None]) * x.max() / (x.max() + 2.5), 0, 1),
        "brightness": lambda x: in_value(x, brighter),
        "saturate": lambda x: in_value(x, saturated),
        "contrast": lambda x: np.clip((x - x.mean((0, 1))) * 0.2 + x.mean((0, 1)), 0, 1),
        "elastic": elastic,
        "pixelate": pixelate,
        "jpeg": jpeg,
    }


def time_references(seconds=0.3):
    y, x = np.mgrid[:224, :224]
    picture = np.stack([(x * (c + 2) + y * 3) % 256 for c in range(3)], 2) / 255
    found = {}
    for name, change in references().items():
        times, begin = [], time.perf_counter()
        while time.perf_counter() - begin < seconds or len(times) < 3:
            start = time.perf_counter()
            change(picture.copy())
            times.append((time.perf_counter() - start) * 1e3)
        found[name] = statistics.median(times)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--squeezenet")
    parser.add_argument("--photo")
    parser.add_argument("--program")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(THREADS)
    program = given.program or build("-p", "cortexscope")
    corrupt = build("-p", "cortexscope-corrupt", "--example", "corruptions_speed")
    missed = []

    def verdict(name, holds):
        if not holds:
            missed.append(name)
        return "met" if holds else "missed"

    print(f"torch {torch.__version__}, numpy {np.__version__}, {THREADS} threads at most, {given.rounds} rounds")
    ours, theirs, memory = [], [], 0
    net = lecture_lenet()
    for _ in range(given.rounds):
        theirs.append(torch_pgd(net))
        attack = ["attack", "pgd", "lecture-lenet", "--data", "mnist", "--images", str(DIGITS), "--steps", str(STEPS)]
        _, seconds, held = run(program, *attack)
        ours.append(seconds)
        memory = max(memory, held)
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    print(
        f"PGD, {STEPS} steps, {DIGITS} digits: torch {theirs:.2f} s, here {ours:.2f} s, {theirs / ours:.2f} times, "
        f"{memory:.0f} MB; at least 2: {verdict('PGD', theirs / ours >= 2)}"
    )

    top = ["top", "lenet5", "--data", "mnist", "--layer", "pool2"]
    found = [run(program, *top)[1:] for _ in range(given.rounds)]
    seconds = statistics.median(seconds for seconds, _ in found)
    memory = max(held for _, held in found)
    print(f"top, 10,000 digits, LeNet-5: {seconds:.2f} s, {memory:.0f} MB; at most 3 s: {verdict('top', seconds <= 3)}")

    if given.squeezenet and given.photo:
        net, ours, theirs, memory = squeezenet(), [], [], 0
        for _ in range(given.rounds):
            theirs.append(torch_dream(net, 5))
            seconds, held = our_dream(program, given.squeezenet, given.photo)
            ours.append(seconds)
            memory = max(memory, held)
        ours, theirs = statistics.median(ours), statistics.median(theirs)
        print(
            f"a dream's step, SqueezeNet, {SIDE}×{SIDE}: torch {theirs * 1e3:.0f} ms, here {ours * 1e3:.0f} ms, "
            f"{theirs / ours:.2f} times, {memory:.0f} MB; at least 1: {verdict('dream', theirs >= ours)}"
        )

    rounds = [(time_references(), json.loads(subprocess.check_output([corrupt]))) for _ in range(given.rounds)]
    print("corruptions, 224×224×3, severity 3, ms on one thread:")
    for name in rounds[0][0]:
        theirs = statistics.median(reference[name] for reference, _ in rounds)
        ours = statistics.median(own[name] for _, own in rounds)
        print(f"  {name:15} numpy {theirs:9.2f}  here {ours:8.2f}  {theirs / ours:6.2f} times  {verdict(name, theirs >= ours)}")
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
