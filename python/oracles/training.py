# SPDX-License-Identifier: Apache-2.0
"""Training of the family of network.py: in float32, then with the quantisers in place (quantisation-aware fine-tuning).

Rounding passes gradients as they are where the value was not clipped (straight-through estimator; Bengio, Leonard,
Courville, arXiv 1308.3432). Scales are set once, when the quantisers are put in, and stay.
"""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from network import EPSILON, INPUT_BITS, Parameters, Spec, activation_scale, weight_limit, weight_scale


@dataclasses.dataclass
class Split:
    """Images [n, channels, side, side], of values that INPUT_BITS at the input's scale hold, and labels [n]."""

    images: torch.Tensor
    labels: torch.Tensor


@dataclasses.dataclass
class Data:
    """A search sees `train` and `validation` alone."""

    train: Split
    validation: Split
    test: Split


def through(rounded: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """`rounded`, with the gradient of `value`."""
    return value + (rounded - value).detach()


def quantise_weights(weights: torch.Tensor, bits: int, scale: float) -> torch.Tensor:
    if bits == 1:
        signs = torch.where(weights >= 0, scale, -scale)
        return through(signs, weights.clamp(-1, 1))
    limit = weight_limit(bits)
    scaled = (weights / scale).clamp(-limit, limit)
    return through(scaled.round(), scaled) * scale


def quantise_activations(values: torch.Tensor, bits: int, scale: float) -> torch.Tensor:
    scaled = (values / scale).clamp(0, (1 << bits) - 1)
    return through(scaled.round(), scaled) * scale


class Network(nn.Module):
    """Float until quantisers are put in."""

    def __init__(self, spec: Spec):
        super().__init__()
        self.spec = spec
        self.convolutions = nn.ModuleList(
            nn.Conv2d(spec.shape(i)[1], spec.shape(i)[0], spec.kernel, padding=spec.kernel // 2, bias=False)
            for i in range(spec.convolutions))
        self.norms = nn.ModuleList(nn.BatchNorm2d(spec.shape(i)[0], eps=EPSILON) for i in range(spec.convolutions))
        self.dense = nn.Linear(spec.shape(spec.convolutions)[1], spec.classes)
        self.weight_scales: list[float] = []
        self.activation_scales: list[float] = []

    def layers(self) -> list[nn.Module]:
        return [*self.convolutions, self.dense]

    def _weights(self, layer: int) -> torch.Tensor:
        weights = self.layers()[layer].weight
        if not self.weight_scales:
            return weights
        return quantise_weights(weights, self.spec.weights[layer], self.weight_scales[layer])

    def forward(self, images: torch.Tensor, seen: list[torch.Tensor] | None = None) -> torch.Tensor:
        """Scores [n, classes]; `seen` takes what each activation's quantiser is given."""
        values = images
        for layer, norm in enumerate(self.norms):
            values = functional.conv2d(values, self._weights(layer), padding=self.spec.kernel // 2)
            values = functional.relu(norm(values))
            if seen is not None:
                seen.append(values)
            if layer < len(self.activation_scales):
                values = quantise_activations(values, self.spec.activations[layer], self.activation_scales[layer])
            values = functional.max_pool2d(values, 2)
        return functional.linear(values.flatten(1), self._weights(len(self.norms)), self.dense.bias)

    def put_quantisers_in(self, spec: Spec, images: torch.Tensor) -> None:
        """Scales from the weights and, layer by layer, from what these images cause."""
        self.spec = spec
        self.weight_scales = [weight_scale(layer.weight.detach().numpy(), bits)
                              for layer, bits in zip(self.layers(), spec.weights)]
        self.activation_scales = []
        self.eval()
        for layer, bits in enumerate(spec.activations):
            seen: list[torch.Tensor] = []
            with torch.no_grad():
                self.forward(images, seen)
            self.activation_scales.append(activation_scale(seen[layer].numpy(), bits))

    def parameters_of_file(self) -> Parameters:
        def arrays(tensors) -> list[np.ndarray]:
            return [t.detach().numpy().astype(np.float32) for t in tensors]

        return Parameters(
            arrays(layer.weight for layer in self.layers()), self.weight_scales, self.activation_scales,
            arrays(n.weight for n in self.norms), arrays(n.bias for n in self.norms),
            arrays(n.running_mean for n in self.norms), arrays(n.running_var for n in self.norms),
            self.dense.bias.detach().numpy())


def train(network: Network, data: Split, epochs: int, rate: float, seed: int, batch: int) -> None:
    """Adam with a cosine from `rate` to 0; the order of images is a function of the seed."""
    if epochs == 0:
        return
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    steps = epochs * (len(data.labels) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    network.train()
    for _ in range(epochs):
        order = torch.randperm(len(data.labels), generator=generator)
        for begin in range(0, len(order) - batch + 1, batch):
            chosen = order[begin:begin + batch]
            optimiser.zero_grad()
            functional.cross_entropy(network(data.images[chosen]), data.labels[chosen]).backward()
            optimiser.step()
            schedule.step()


def predictions(network: Network, images: torch.Tensor) -> torch.Tensor:
    """Classes [n]."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part).argmax(1) for part in images.split(500)])


def accuracy(network: Network, data: Split) -> float:
    return float((predictions(network, data.images) == data.labels).float().mean())


@dataclasses.dataclass(frozen=True)
class Recipe:
    float_epochs: int
    batch: int
    float_rate: float = 3e-3
    tuning_rate: float = 1e-3


class Trainer:
    """Trains an architecture in float once a seed, and tunes it for each assignment of bits."""

    def __init__(self, data: Data, recipe: Recipe):
        self.data, self._recipe = data, recipe
        self._floats: dict[tuple, Network] = {}

    def float_network(self, spec: Spec, seed: int) -> Network:
        key = (*spec.architecture(), seed)
        if key not in self._floats:
            torch.manual_seed(seed)
            network = Network(spec)
            train(network, self.data.train, self._recipe.float_epochs, self._recipe.float_rate, seed,
                  self._recipe.batch)
            self._floats[key] = network
        return self._floats[key]

    def tuned(self, spec: Spec, epochs: int, seed: int) -> Network:
        """Quantised, then trained for `epochs` more with its quantisers in place; 0: quantised and left at that."""
        network = copy.deepcopy(self.float_network(spec, seed))
        network.put_quantisers_in(spec, self.data.train.images[:500])
        train(network, self.data.train, epochs, self._recipe.tuning_rate, seed + 1, self._recipe.batch)
        return network
