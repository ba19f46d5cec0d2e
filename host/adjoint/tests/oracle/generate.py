"""Arrays that tests/oracle.rs compares with, computed by PyTorch in float64.

    python generate.py        # writes arrays/*.npy and provenance.json beside itself

Inputs and weights are float32 numbers, so that both sides begin with the same; results
are float64. Relevance is propagated here as autograd's derivative of what the rule
counts, times what it counts it for: a way of its own to the same numbers.
"""

import hashlib
import json
import pathlib
import platform

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
ARRAYS = HERE / "arrays"
SEED = 20240229

torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)
files = {}


def put(name, tensor):
    array = tensor.detach().numpy()
    np.save(ARRAYS / f"{name}.npy", np.ascontiguousarray(array))
    files[f"{name}.npy"] = hashlib.sha256((ARRAYS / f"{name}.npy").read_bytes()).hexdigest()


def draw(*shape):
    """Numbers around 0, all of them float32."""
    return torch.randn(*shape).float().double()


def single(name, tensor):
    put(name, tensor.float())


# A net with groups, dilation, strides, overlapping pools, normalisation and softmax.
x = draw(2, 4, 11, 12).requires_grad_()
weights = {
    "conv1.weight": draw(6, 2, 3, 3) * 0.5,
    "conv1.bias": draw(6) * 0.5,
    "conv2.weight": draw(5, 6, 3, 2) * 0.25,
    "conv2.bias": draw(5) * 0.5,
    "fc.weight": draw(7, 5 * 2 * 3) * 0.25,
    "fc.bias": draw(7),
}
weights = {name: w.float().double().requires_grad_() for name, w in weights.items()}


def net(x, rectify=F.relu):
    y = F.conv2d(x, weights["conv1.weight"], weights["conv1.bias"], stride=1, padding=1, groups=2)
    y = rectify(y)
    y = F.local_response_norm(y, 3, alpha=0.5, beta=0.75, k=1.25)
    y = F.max_pool2d(y, 3, stride=2, padding=1)
    y = F.conv2d(y, weights["conv2.weight"], weights["conv2.bias"], dilation=(1, 2), padding=(0, 1))
    y = rectify(y)
    y = F.avg_pool2d(y, 2, stride=2, padding=(0, 1), count_include_pad=False, ceil_mode=False)
    y = F.linear(y[:, :, :2, :3].flatten(1), weights["fc.weight"], weights["fc.bias"])
    return y


single("net.x", x)
for name, w in weights.items():
    single(f"net.{name}", w)
logits = net(x)
loss = F.log_softmax(logits, 1)[0, 2] + 0.5 * F.softmax(logits, 1)[1, 4]
put("net.logits", logits)
put("net.loss", loss)
gradients = torch.autograd.grad(loss, [x, *weights.values()])
for name, gradient in zip(["x", *weights], gradients):
    put(f"net.d.{name}", gradient)


class Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (g > 0) * (x > 0)


class Deconvnet(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        return g * (g > 0)


for name, rectify in [("guided", Guided.apply), ("deconvnet", Deconvnet.apply)]:
    (gradient,) = torch.autograd.grad(net(x, rectify)[0, 3], [x])
    put(f"net.{name}", gradient)


def share(relevance, terms, rest=0.0, epsilon=0.0):
    """Sum over terms (value, function) of value * d/dvalue of what the term counts."""
    values = [value.detach().requires_grad_() for value, _ in terms]
    z = sum(function(value) for value, (_, function) in zip(values, terms))
    divisor = z + rest
    divisor = divisor + epsilon * torch.where(divisor < 0, -1.0, 1.0)
    shares = torch.where(divisor == 0, 0.0, relevance / torch.where(divisor == 0, 1.0, divisor))
    slopes = torch.autograd.grad((z * shares.detach()).sum(), values)
    return sum(value.detach() * slope for value, slope in zip(values, slopes))


def rules(name, x, w, b, layer, relevance, low, high):
    """Every rule on one layer without bias `layer(value, weights)`; `b` is added."""
    single(f"{name}.x", x), single(f"{name}.w", w), single(f"{name}.b", b.flatten())
    single(f"{name}.r", relevance)
    pos, neg = (lambda t: t.clamp(min=0)), (lambda t: t.clamp(max=0))
    put(f"{name}.epsilon", share(relevance, [(x, lambda v: layer(v, w))], b, 0.25))
    put(f"{name}.gamma", share(relevance, [(x, lambda v: layer(v, w + 0.5 * pos(w)))], b + 0.5 * pos(b)))
    plus = share(relevance, [(pos(x), lambda v: layer(v, pos(w))), (neg(x), lambda v: layer(v, neg(w)))], pos(b))
    minus = share(relevance, [(pos(x), lambda v: layer(v, neg(w))), (neg(x), lambda v: layer(v, pos(w)))], neg(b))
    put(f"{name}.zplus", plus)
    put(f"{name}.alphabeta", 2 * plus - minus)
    corner = torch.ones_like(x)
    put(
        f"{name}.zbox",
        share(
            relevance,
            [
                (x, lambda v: layer(v, w)),
                (low * corner, lambda v: -layer(v, pos(w))),
                (high * corner, lambda v: -layer(v, neg(w))),
            ],
        ),
    )
    put(f"{name}.flat", share(relevance, [(corner, lambda v: layer(v, torch.ones_like(w)))]))


def convolution(v, w):
    return F.conv2d(v, w, stride=(2, 1), padding=(1, 0), groups=2)


x = draw(1, 4, 6, 5)
w, b = draw(6, 2, 3, 3), draw(1, 6, 1, 1)
relevance = draw(*convolution(x, w).shape)
low = torch.tensor([-3.0, -2.5, -2.0, -4.0]).view(1, 4, 1, 1)
high = torch.tensor([3.0, 2.5, 4.0, 2.0]).view(1, 4, 1, 1)
rules("conv", x, w, b, convolution, relevance, low, high)

x, w, b = draw(3, 8), draw(5, 8), draw(1, 5)
rules("dense", x, w, b, F.linear, draw(3, 5), torch.tensor(-3.0), torch.tensor(3.5))

(HERE / "provenance.json").write_text(
    json.dumps(
        {
            "generator": "generate.py",
            "seed": SEED,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "sha256": files,
        },
        indent=2,
    )
    + "\n"
)
