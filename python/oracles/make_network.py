#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Maker of the family's networks: a line of JSON with network.* and precision.* in, the path of a QONNX file out.

The weights are not trained: cycles, energy and size do not depend on it.
"""

import argparse
import json
import os
import sys
import tempfile

from network import spec_of, untrained, write_qonnx

FAMILIES = {"digits": (8, 2, 1 / 16), "fashion_mnist": (28, 2, 1 / 256)}  # side, convolutions, input's scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", choices=FAMILIES)
    side, convolutions, scale = FAMILIES[parser.parse_args().family]
    with tempfile.TemporaryDirectory(prefix="blendsim-networks-") as folder:
        file = os.path.join(folder, "network.onnx")
        for line in sys.stdin:
            try:
                spec = spec_of(json.loads(line), 1, side, 10, convolutions, scale)
                write_qonnx(spec, untrained(spec), file)
            except ValueError as error:
                sys.exit(f"make_network.py: {error}")
            print(file, flush=True)


if __name__ == "__main__":
    main()
