#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle of Fashion-MNIST: two convolutions and a dense layer, on 12,000 of its images."""

from datasets import fashion_mnist
from oracle import run
from training import Recipe

if __name__ == "__main__":
    run(lambda: fashion_mnist(12_000), side=28, convolutions=2, input_scale=1 / 256,
        recipe=Recipe(float_epochs=4, batch=64))
