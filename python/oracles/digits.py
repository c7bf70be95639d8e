#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle of scikit-learn's digits: two convolutions and a dense layer, well under a second a network."""

from datasets import digits
from oracle import run
from training import Recipe

if __name__ == "__main__":
    run(digits, side=8, convolutions=2, input_scale=1 / 16, recipe=Recipe(float_epochs=20, batch=50))
