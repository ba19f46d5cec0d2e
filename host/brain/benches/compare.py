"""Factorised readouts beside PyTorch in one run, and what evolution takes on the boards, on two threads.

    python host/brain/benches/compare.py [--program PATH] [--example PATH] [--rounds N] [--emulated BOARD]

Takes PyTorch and numpy from the Python that runs it. Both sides read the same features, standardise them, fit 33 readouts
to the same planted neurons in the same number of passes, keep each neuron's best weights by the images held back, and
predict the other images. They take turns, so that what else the machine does meets both; medians are compared. Exit code 1
where a target is missed.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[3]
THREADS = 2
NEURONS, TRAIN, TEST, EPOCHS, BATCH = 33, 600, 100, 60, 64
SHAPE = (384, 13, 13)
QUERIES = 3000
LAPLACIAN = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]])[None, None]


def build():
    """Builds program and example together, so that both have the same features of what they share; gives their paths."""
    command = ["cargo", "build", "--release", "--locked", "-p", "cortexscope", "-p", "cortexscope-brain"]
    command += ["--bin", "cortexscope", "--example", "fit-speed", "--message-format", "json"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line).get("executable") for line in output.splitlines()]
    paths = {pathlib.Path(path).stem: path for path in found if path}
    return paths["cortexscope"], paths["fit-speed"]


def session(random):
    """Rectified features, and neurons that read them by a mask and ten channels, with noise."""
    channels, height, width = SHAPE
    features = np.maximum(random.standard_normal((TRAIN + TEST, *SHAPE), dtype=np.float32), 0)
    y, x = np.mgrid[:height, :width]
    responses = []
    for _ in range(NEURONS):
        row, column = random.uniform(3, height - 3), random.uniform(3, width - 3)
        mask = np.exp(-((y - row) ** 2 + (x - column) ** 2) / 4.5).astype(np.float32)
        picked = random.choice(channels, 10, replace=False)
        signal = np.einsum("ichw,hw,c->i", features[:, picked], mask, random.standard_normal(10).astype(np.float32))
        signal = (signal - signal.mean()) / signal.std()
        responses.append(signal + 0.5 * random.standard_normal(TRAIN + TEST))
    return features, np.stack(responses)


def torch_fit(features, responses):
    """Gives seconds, and the median r on the test images."""
    begin = time.perf_counter()
    channels, positions = SHAPE[0], SHAPE[1] * SHAPE[2]
    x = torch.from_numpy(features).reshape(-1, channels, positions)
    x = x - x[:TRAIN].mean(0)
    x = x / x[:TRAIN].square().mean().sqrt()
    y = torch.from_numpy(responses).float().T
    y = (y - y[:TRAIN].mean(0)) / y[:TRAIN].std(0)
    masks = (1 / positions + 0.01 * torch.randn(NEURONS, positions)).requires_grad_(True)
    depth = (0.01 * torch.randn(NEURONS, channels)).requires_grad_(True)
    bias = torch.zeros(NEURONS, requires_grad=True)
    weights = [masks, depth, bias]
    optimiser = torch.optim.Adam(weights, lr=1e-3, fused=True)
    order = torch.arange(TRAIN)
    held, kept = order[4::5], order[order % 5 != 4]
    x_held, y_held = x[held], y[held]
    least = torch.full((NEURONS,), torch.inf)
    best = [part.detach().clone() for part in weights]

    def predict(x):
        return (torch.matmul(x, masks.T) * depth.T).sum(1) + bias

    for epoch in range(EPOCHS + 1):
        with torch.no_grad():
            errors = (predict(x_held) - y_held).square().mean(0)
            better = errors < least
            least = torch.where(better, errors, least)
            for kept_part, part in zip(best, weights):
                kept_part[better] = part[better]
        if epoch == EPOCHS:
            break
        for places in kept[torch.randperm(len(kept))].split(BATCH):
            optimiser.zero_grad()
            loss = (predict(x[places]) - y[places]).square().mean(0).sum()
            loss = loss + 0.3 * masks.square().sum() + 0.3 * depth.square().sum()
            edges = F.conv2d(masks.reshape(NEURONS, 1, *SHAPE[1:]), LAPLACIAN, padding=1)
            loss = loss + 0.1 * edges.flatten(1).norm(dim=1).sum()
            loss.backward()
            optimiser.step()
    with torch.no_grad():
        for part, kept_part in zip(weights, best):
            part.copy_(kept_part)
        predicted = predict(x)[TRAIN:].numpy()
    seconds = time.perf_counter() - begin
    r = [np.corrcoef(predicted[:, neuron], y[TRAIN:, neuron])[0, 1] for neuron in range(NEURONS)]
    return seconds, float(np.median(r))


def our_fit(example, features, responses):
    arguments = [example, features, responses, str(TRAIN), str(EPOCHS)]
    document = json.loads(subprocess.check_output(arguments, env={**os.environ, "RAYON_NUM_THREADS": str(THREADS)}))
    return document["seconds"], document["median_r"]


def evolution(program, board, optimiser):
    """Gives the seconds of the neuron and of the search, as the receipt has them."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "brain", "evolve", "--model", "lenet5", "--target", "class:3", "--board", board]
        command += ["--optimiser", optimiser, "--queries", str(QUERIES), "--gradient-steps", "0", "--images", "none"]
        command += ["--rate-zero", "0", "-o", folder, "--json", "--quiet"]
        document = json.loads(subprocess.check_output(command))
    if document["queries_spent"] != QUERIES:
        sys.exit(f"{document['queries_spent']} queries were made")
    return document["neuron_seconds"], document["search_seconds"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program")
    parser.add_argument("--example")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--emulated", default="mps2-an386")
    given = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    program, example = given.program, given.example
    if not (program and example):
        program, example = build()
    missed = []

    def verdict(name, holds):
        if not holds:
            missed.append(name)
        return "met" if holds else "missed"

    print(f"torch {torch.__version__}, {THREADS} threads at most, {given.rounds} rounds")
    features, responses = session(np.random.default_rng(1))
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.npy" for name in ("features", "responses")]
        for path, values in zip(paths, (features, responses)):
            np.save(path, values)
        rounds = [(torch_fit(features, responses), our_fit(example, *paths)) for _ in range(given.rounds)]
    (theirs, their_r), (ours, our_r) = (map(statistics.median, zip(*side)) for side in zip(*rounds))
    print(
        f"{NEURONS} factorised readouts, {TRAIN} images, {EPOCHS} passes: torch {theirs:.2f} s (r {their_r:.3f}), "
        f"here {ours:.2f} s (r {our_r:.3f}), {theirs / ours:.2f} times; at least 2: {verdict('fit', theirs >= 2 * ours)}"
    )
    for board, most in ((given.emulated, 60), ("native", 3)):
        for optimiser in ("ga", "cma-es", "sphere"):
            neuron, search = evolution(program, board, optimiser)
            share = 100 * search / neuron
            print(
                f"{QUERIES} queries, {optimiser}, {board}: {neuron:.2f} s, at most {most}: "
                f"{verdict(f'time of {optimiser} on {board}', neuron + search <= most)}; the search {search:.3f} s, {share:.1f} %, "
                f"below 10: {verdict(f'share of {optimiser} on {board}', share < 10)}"
            )
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
