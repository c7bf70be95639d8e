# SPDX-License-Identifier: Apache-2.0
"""Real data, split once: what is tested on is never trained or chosen on."""

from __future__ import annotations

import gzip
import os

import numpy as np
import torch

from training import Data, Split

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"  # Debian's dataset-fashion-mnist


def _split(images: np.ndarray, labels: np.ndarray, chosen: np.ndarray) -> Split:
    return Split(torch.from_numpy(images[chosen]), torch.from_numpy(labels[chosen].astype(np.int64)))


def digits() -> Data:
    """scikit-learn's digits [1, 8, 8], 0 to 16 sixteenths: 1,000 to train, 397 to validate, 400 to test."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = (bunch.images[:, None] / 16).astype(np.float32)
    order = np.random.default_rng(20230127).permutation(len(images))
    return Data(*(_split(images, bunch.target, part) for part in np.split(order, [1000, 1397])))


def _idx(file: str) -> np.ndarray:
    with gzip.open(file, "rb") as stream:
        kind = stream.read(4)
        shape = [int.from_bytes(stream.read(4), "big") for _ in range(kind[3])]
        return np.frombuffer(stream.read(), np.uint8).reshape(shape)


def fashion_mnist(train: int, folder: str = FASHION_MNIST) -> Data:
    """Fashion-MNIST [1, 28, 28], pixels in 256ths: `train` images to train, 5,000 others to validate, 10,000 to
    test."""
    def read(name: str) -> np.ndarray:
        return _idx(os.path.join(folder, name + "-ubyte.gz"))

    images = (read("train-images-idx3")[:, None] / 256).astype(np.float32)
    labels = read("train-labels-idx1")
    order = np.random.default_rng(20230127).permutation(len(images))
    test = (read("t10k-images-idx3")[:, None] / 256).astype(np.float32)
    test_labels = read("t10k-labels-idx1")
    return Data(_split(images, labels, order[5000:5000 + train]), _split(images, labels, order[:5000]),
                _split(test, test_labels, np.arange(len(test))))
