"""Attacks on the shipped lecture-lenet in f64: the numbers that the tests hold this crate to.

    python lenet_f64.py ROOT DIGITS

Needs NumPy and onnx. Convolutions are written out, and so are their transposes; nothing of
this repository's code is used. ROOT is the checkout.
"""

import gzip
import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper

MODELS = pathlib.Path(sys.argv[1]) / "models"
COUNT = int(sys.argv[2])
GRAPH = onnx.load(MODELS / "lecture-lenet/lecture-lenet.onnx").graph
WEIGHTS = {i.name: numpy_helper.to_array(i).astype(np.float64) for i in GRAPH.initializer}
W1, W2, WF = (WEIGHTS[f"{name}.weight"] for name in ("conv1", "conv2", "fc"))
B1, B2, BF = (WEIGHTS[f"{name}.bias"] for name in ("conv1", "conv2", "fc"))


def unpacked(name, header):
    with gzip.open(MODELS / f"mnist/t10k-{name}-ubyte.gz") as file:
        return np.frombuffer(file.read()[header:], np.uint8)


DIGITS = unpacked("images-idx3", 16).reshape(-1, 28, 28)[:COUNT] / 255
LABELS = unpacked("labels-idx1", 8)[:COUNT]


def conv(x, w, b):
    k = w.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    return np.einsum("cyxij,ocij->oyx", windows, w) + b[:, None, None]


def conv_transposed(g, w, side):
    out = np.zeros((w.shape[1], side, side))
    n = g.shape[1]
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            out[:, i : i + n, j : j + n] += np.einsum("oyx,oc->cyx", g, w[:, :, i, j])
    return out


def pool(x):
    c, h, w = x.shape
    tiles = x.reshape(c, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4).reshape(c, h // 2, w // 2, 4)
    return tiles.max(-1), tiles.argmax(-1)


def unpool(g, switches):
    c, h, w = g.shape
    tiles = np.zeros((c, h, w, 4))
    np.put_along_axis(tiles, switches[..., None], g[..., None], -1)
    return tiles.reshape(c, h, w, 2, 2).transpose(0, 1, 3, 2, 4).reshape(c, 2 * h, 2 * w)


def forward(x):
    c1 = conv(x[None], W1, B1)
    p1, s1 = pool(np.maximum(c1, 0))
    c2 = conv(p1, W2, B2)
    p2, s2 = pool(np.maximum(c2, 0))
    return WF @ p2.ravel() + BF, (c1, s1, c2, s2, p1.shape[1], p2.shape)


def backward(seed, saved):
    c1, s1, c2, s2, side, shape = saved
    g = unpool((WF.T @ seed).reshape(shape), s2) * (c2 > 0)
    g = unpool(conv_transposed(g, W2, side), s1) * (c1 > 0)
    return conv_transposed(g, W1, 28)[0]


def slope(x, y):
    z, saved = forward(x)
    p = np.exp(z - z.max())
    p /= p.sum()
    p[y] = 0
    p[y] = -p.sum()
    return backward(p, saved)


def is_right(x, y):
    return forward(np.floor(np.clip(x, 0, 1) * 255 + 0.5) / 255)[0].argmax() == y


def fgsm(x, y, eps):
    return x + eps * np.sign(slope(x, y))


def fgm_l2(x, y, eps):
    g = slope(x, y)
    return x + eps * g / np.linalg.norm(g)


def bim(x, y, eps):
    at = x
    for _ in range(10):
        at = np.clip(np.clip(at + 0.02 * np.sign(slope(at, y)), x - eps, x + eps), 0, 1)
    return at


def deepfool(x):
    at, origin = x, forward(x)[0].argmax()
    for _ in range(50):
        z, saved = forward(at)
        if z.argmax() != origin:
            break
        nearest = None
        for k in set(range(10)) - {origin}:
            seed = np.zeros(10)
            seed[k], seed[origin] = 1, -1
            w = backward(seed, saved)
            gap = abs(z[k] - z[origin])
            if nearest is None or gap / np.linalg.norm(w) < nearest[0]:
                nearest = (gap / np.linalg.norm(w), gap / (w**2).sum() * w)
        before, at = at, np.clip(at + nearest[1], 0, 1)
        if np.linalg.norm(at - before) <= 1e-3 * np.linalg.norm(at - x):
            break
    return np.linalg.norm(np.clip(x + 1.02 * (at - x), 0, 1) - x)


for attack, sizes in ((fgsm, (0.05, 0.1, 0.2)), (fgm_l2, (1.0, 2.0)), (bim, (0.1,))):
    for eps in sizes:
        right = sum(is_right(attack(x, y, eps), y) for x, y in zip(DIGITS, LABELS))
        print(attack.__name__, eps, right, "of", COUNT)
print("deepfool", [round(float(deepfool(x)), 5) for x in DIGITS[:4]])
