"""The layers of the networks that are compared, by the names that the engine's bench gives them."""

from dataclasses import dataclass

LENETS = ["lenet5", "lecture-lenet"]
MLPERF_TINY = ["kws", "vww", "resnet8", "ad01"]


@dataclass(frozen=True)
class Layer:
    """One layer. Maps are (height, width, channels), the others (height, width)."""

    name: str
    kind: str
    reads: tuple
    gives: tuple
    window: tuple = (1, 1)
    stride: tuple = (1, 1)
    padding: tuple = (0, 0)

    @property
    def macs(self):
        inputs = {"CONVOLUTION": self.reads[2], "DEPTHWISE": 1, "DENSE": self.reads[2]}.get(self.kind, 0)
        height, width, channels = self.gives
        return height * width * channels * self.window[0] * self.window[1] * inputs


class Chain:
    """Layers in the order in which they run, each reading what the one before it gave."""

    def __init__(self, height, width, channels):
        self.map, self.layers = (height, width, channels), []

    def add(self, name, kind, gives, window=(1, 1), stride=(1, 1), padding=(0, 0)):
        self.layers.append(Layer(name, kind, self.map, gives, window, stride, padding))
        self.map = gives

    def windows(self, name, kind, channels, window, stride, same):
        """`same`: as many outputs as inputs for each stride, the padding behind not less than before."""
        if same:
            sides = [-(-side // step) for side, step in zip(self.map, stride)]
            whole = [max(0, (out - 1) * step + size - side)
                     for out, step, size, side in zip(sides, stride, window, self.map)]
            padding = tuple(pad // 2 for pad in whole)
        else:
            sides = [(side - size) // step + 1 for side, size, step in zip(self.map, window, stride)]
            padding = (0, 0)
        self.add(name, kind, (*sides, channels), window, stride, padding)

    def conv(self, name, channels, window, stride=(1, 1), same=True):
        self.windows(name, "CONVOLUTION", channels, window, stride, same)

    def depthwise(self, name, stride=(1, 1)):
        self.windows(name, "DEPTHWISE", self.map[2], (3, 3), stride, True)

    def pool(self, name, kind, window):
        self.windows(name, kind, self.map[2], window, window, False)

    def dense(self, name, units):
        height, width, channels = self.map
        self.map = (1, 1, height * width * channels)
        self.add(name, "DENSE", (1, 1, units))


def lenet5():
    net = Chain(28, 28, 1)
    net.conv("conv1", 6, (5, 5))
    net.pool("pool1", "MAX_POOL", (2, 2))
    net.conv("conv2", 16, (5, 5), same=False)
    net.pool("pool2", "MAX_POOL", (2, 2))
    for name, units in [("fc1", 120), ("fc2", 84), ("fc3", 10)]:
        net.dense(name, units)
    return net.layers


def lecture_lenet():
    net = Chain(28, 28, 1)
    net.conv("conv1", 20, (5, 5), same=False)
    net.pool("pool1", "MAX_POOL", (2, 2))
    net.conv("conv2", 50, (3, 3), same=False)
    net.pool("pool2", "MAX_POOL", (2, 2))
    net.dense("fc", 10)
    return net.layers


def kws():
    net = Chain(49, 10, 1)
    net.conv("conv_2d0", 64, (10, 4), (2, 2))
    for at in range(1, 9, 2):
        net.depthwise(f"depthwise_conv_2d{at}")
        net.conv(f"conv_2d{at + 1}", 64, (1, 1))
    net.pool("average_pool_2d9", "AVERAGE_POOL", (25, 5))
    net.dense("fully_connected11", 12)
    return net.layers


def vww():
    net = Chain(96, 96, 3)
    net.conv("conv_2d0", 8, (3, 3), (2, 2))
    blocks = [(1, 16), (2, 32), (1, 32), (2, 64), (1, 64), (2, 128), *[(1, 128)] * 5, (2, 256), (1, 256)]
    for block, (step, channels) in enumerate(blocks):
        net.depthwise(f"depthwise_conv_2d{2 * block + 1}", (step, step))
        net.conv(f"conv_2d{2 * block + 2}", channels, (1, 1))
    net.pool("average_pool_2d27", "AVERAGE_POOL", (3, 3))
    net.dense("fully_connected29", 2)
    return net.layers


def resnet8():
    net = Chain(32, 32, 3)
    net.conv("conv_2d0", 16, (3, 3))
    net.conv("conv_2d1", 16, (3, 3))
    net.conv("conv_2d2", 16, (3, 3))
    net.add("add3", "ADD", net.map)
    for at, channels in [(4, 32), (8, 64)]:
        before = net.map
        net.conv(f"conv_2d{at}", channels, (3, 3), (2, 2))
        net.conv(f"conv_2d{at + 1}", channels, (3, 3))
        net.map = before
        net.conv(f"conv_2d{at + 2}", channels, (1, 1), (2, 2))
        net.add(f"add{at + 3}", "ADD", net.map)
    net.pool("average_pool_2d12", "AVERAGE_POOL", (8, 8))
    net.dense("fully_connected14", 10)
    return net.layers


def ad01():
    net = Chain(1, 1, 640)
    for at, units in enumerate([128] * 4 + [8] + [128] * 4 + [640]):
        net.dense(f"fully_connected{at}", units)
    return net.layers


NETWORKS = {"lenet5": lenet5, "lecture-lenet": lecture_lenet, "kws": kws, "vww": vww, "resnet8": resnet8, "ad01": ad01}
