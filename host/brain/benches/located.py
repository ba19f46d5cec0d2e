"""Where do the neurons of a trained CNN-FR look, and why not where they were planted? A witness in PyTorch.

    python host/brain/benches/located.py [--seeds N] [--steps N] [--save FOLDER]

Plants ten neurons as `host/brain/src/planted.rs` draws them (simple and complex cells, Poisson counts, 30 spikes at most),
shows them the shipped digits or textures with the spectrum of natural images, trains the architecture of the shipped CNN-FR on
1,440 of the images, and says which share of the neurons was found within a pixel: by the middle of the mask over the cells, and
by the middle of the squared slopes at 200 test images. Takes PyTorch and numpy from the Python that runs it; with `--save` also
onnx, and writes the first network on textures, the middles of its neurons and test images for `host/brain/tests/located.rs`,
which took `--steps 4000`.
"""

import argparse
import gzip
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[3]
SIDE, NEURONS, TRAIN, VALIDATION, IMAGES = 28, 10, 1440, 1800, 2000
CHANNELS, KERNEL, STRIDE, LAYERS = 6, 9, 2, 3
CELLS = (SIDE - KERNEL) // STRIDE + 1
LAPLACIAN = torch.tensor([[0.25, 0.5, 0.25], [0.5, -3, 0.5], [0.25, 0.5, 0.25]])[None, None]


def digits():
    path = ROOT / "models/mnist/t10k-images-idx3-ubyte.gz"
    levels = np.frombuffer(gzip.decompress(path.read_bytes())[16:], np.uint8)
    return levels.reshape(-1, SIDE, SIDE)[:IMAGES].astype(np.float32) / 255


def textures(random):
    """Noise whose power falls with the frequency, around grey."""
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(SIDE)] * 2))
    frequency[0, 0] = 1 / SIDE
    noise = np.fft.fft2(random.standard_normal((IMAGES, SIDE, SIDE))) / np.sqrt(frequency)
    noise = np.fft.ifft2(noise).real
    noise = (noise - noise.mean((1, 2), keepdims=True)) / noise.std((1, 2), keepdims=True)
    return np.clip(0.5 + 0.2 * noise, 0, 1).astype(np.float32)


def plant(random, images):
    """Gives the middles of the neurons, and their rates for the images."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    centres, rates = [], []
    for neuron in range(NEURONS):
        centre = random.uniform(0.3, 0.7, 2) * (SIDE - 1)
        angle, length = random.uniform(0, np.pi), random.uniform(0.2, 0.35) * SIDE
        sigma, phase = random.uniform(0.08, 0.13) * SIDE, random.uniform(0, 2 * np.pi)
        envelope = np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (2 * sigma**2))
        along = ((y - centre[0]) * np.cos(angle) + (x - centre[1]) * np.sin(angle)) * 2 * np.pi / length
        products = []
        for quarter in (0, np.pi / 2):
            wave = np.cos(along + phase + quarter)
            gabor = envelope * (wave - (envelope * wave).sum() / envelope.sum())
            products.append((images * gabor / np.linalg.norm(gabor)).sum((1, 2)))
        drive = np.hypot(*products) if neuron % 2 else np.maximum(products[0], 0)
        centres.append(centre)
        rates.append(1 + 29 * drive / drive[:VALIDATION].max())
    return np.array(centres), np.array(rates, np.float32).T


class CnnFr(nn.Module):
    """As the recipe in models/train has it."""

    def __init__(self, means):
        super().__init__()
        inputs = [1] + [CHANNELS] * (LAYERS - 1)
        shapes = [(KERNEL, STRIDE, 0)] + [(3, 1, 1)] * (LAYERS - 1)
        self.convs = nn.ModuleList(nn.Conv2d(i, CHANNELS, *shape) for i, shape in zip(inputs, shapes))
        self.norms = nn.ModuleList(nn.BatchNorm2d(CHANNELS) for _ in inputs)
        self.masks = nn.Parameter(0.02 * torch.rand(NEURONS, CELLS**2))
        self.channels = nn.Parameter(0.2 * torch.rand(NEURONS, CHANNELS))
        self.bias = nn.Parameter(torch.log(torch.expm1(means)))

    def forward(self, x):
        for layer, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            x = norm(conv(x))
            if layer < LAYERS - 1:
                x = F.softplus(x)
        drive = torch.matmul(self.channels.abs(), x.flatten(2)) * self.masks.abs()
        return F.softplus(drive.sum(2) + self.bias)

    def penalties(self):
        first, *others = (conv.weight for conv in self.convs)
        rough = F.conv2d(first, LAPLACIAN, padding=1).square().sum((1, 2, 3)) / first.square().sum((1, 2, 3))
        groups = sum((weight.square().sum((2, 3)) + 1e-12).sqrt().sum() for weight in others)
        readout = (self.masks.abs().sum(1) * self.channels.abs().sum(1)).sum()
        return 0.03 * rough.sum() + 0.01 * groups + 0.02 * readout


def poisson(rates, counts):
    return (rates - counts * torch.log(rates + 1e-5)).sum(1).mean()


def train(images, counts, steps):
    net = CnnFr(counts[:TRAIN].mean(0))
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    milestones = [int(0.6 * steps), int(0.85 * steps)]
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones, 0.25)
    least, best = np.inf, None
    for step in range(1, steps + 1):
        net.train()
        batch = torch.randint(0, TRAIN, (64,))
        loss = poisson(net(images[batch]), counts[batch]) + net.penalties()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            net.eval()
            with torch.no_grad():
                error = poisson(net(images[TRAIN:VALIDATION]), counts[TRAIN:VALIDATION]).item()
            if error < least:
                least, best = error, {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(best)
    return net.eval()


def middle(weights, places):
    y, x = np.meshgrid(places, places, indexing="ij")
    return np.array([(weights * y).sum(), (weights * x).sum()]) / weights.sum()


def judge(net, images, rates, centres):
    """Gives r, and how far masks and slopes are from each neuron."""
    test = images[VALIDATION:].clone().requires_grad_(True)
    predicted = net(test)
    rows = []
    for neuron, centre in enumerate(centres):
        r = np.corrcoef(predicted[:, neuron].detach(), rates[VALIDATION:, neuron])[0, 1]
        mask = net.masks[neuron].detach().abs().double().numpy().reshape(CELLS, CELLS)
        (slopes,) = torch.autograd.grad(predicted[:, neuron].sum(), [test], retain_graph=True)
        energy = slopes.double().square().sum((0, 1)).numpy()
        found = [middle(mask, STRIDE * np.arange(CELLS) + (KERNEL - 1) / 2), middle(energy, np.arange(SIDE))]
        rows.append([r, *(np.linalg.norm(place - centre) for place in found)])
    return rows


def save(net, centres, images, folder):
    """Writes the network in the form that the recipe's have, a row and a column for each neuron, and 20 test images."""
    import onnx
    from onnx import helper, numpy_helper

    weights, nodes = {}, []

    def node(kind, name, *inputs, **attributes):
        previous = nodes[-1].output[0] if nodes else "input"
        nodes.append(helper.make_node(kind, [previous, *inputs], [name], name, **attributes))

    def conv(name, weight, bias=None, **attributes):
        inputs = [f"{name}.weight"]
        weights[inputs[0]] = weight
        if bias is not None:
            inputs.append(f"{name}.bias")
            weights[inputs[1]] = bias
        node("Conv", name, *inputs, kernel_shape=list(weight.shape[2:]), **attributes)

    for layer, (first, norm) in enumerate(zip(net.convs, net.norms), 1):
        around = [first.padding[0]] * 4
        conv(f"conv{layer}", first.weight, first.bias, pads=around, strides=list(first.stride))
        parts = {"scale": norm.weight, "shift": norm.bias, "mean": norm.running_mean, "variance": norm.running_var}
        weights.update({f"norm{layer}.{part}": value for part, value in parts.items()})
        node("BatchNormalization", f"norm{layer}", *(f"norm{layer}.{part}" for part in parts), epsilon=norm.eps)
        if layer < LAYERS:
            node("Softplus", f"h{layer}")
    conv("channels", net.channels.abs()[..., None, None])
    conv("mask", net.masks.abs().reshape(NEURONS, 1, CELLS, CELLS), net.bias, group=NEURONS)
    node("Softplus", "response")
    node("Flatten", "rates", axis=1)
    arrays = [numpy_helper.from_array(value.detach().numpy(), name) for name, value in weights.items()]
    shapes = {"input": [1, 1, SIDE, SIDE], "rates": [1, NEURONS]}
    ends = [[helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shapes[name])] for name in shapes]
    graph = helper.make_graph(nodes, "cnn-fr", *ends, arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "cnn-fr.onnx")
    np.savetxt(folder / "centres.txt", centres, "%.3f")
    np.save(folder / "images.npy", np.round(255 * images[VALIDATION:][:20]).astype(np.uint8))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--save", type=pathlib.Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name, images in (("textures", textures(np.random.default_rng(0))), ("digits", digits())):
        rows = []
        for seed in range(given.seeds):
            random = np.random.default_rng(seed)
            torch.manual_seed(seed)
            centres, rates = plant(random, images)
            counts = torch.from_numpy(random.poisson(rates).astype(np.float32))
            shown = torch.from_numpy(images)[:, None]
            net = train(shown, counts, given.steps)
            rows += judge(net, shown, rates, centres)
            if given.save and (name, seed) == ("textures", 0):
                save(net, centres, images, given.save)
        r, mask, slopes = np.array(rows).T
        print(
            f"{name}: {len(rows)} neurons, median r {np.median(r):.2f}; within a pixel: masks {100 * np.mean(mask <= 1):.0f} % "
            f"(median {np.median(mask):.2f}), slopes {100 * np.mean(slopes <= 1):.0f} % (median {np.median(slopes):.2f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
