#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks an oracle for every point of a space and writes its answers as a table (`oracle: {table: FILE}`).

    record_table.py --fidelity 0 5 -o table.csv space.json -- ./digits.py --test

space.json: {"network.width": [4, 8], "precision.conv1.weights": [1, 2, 4, 8], ...}. A table that is there is gone on
with: what it has is not asked again.
"""

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys

ANSWERS = ["accuracy", "test_accuracy", "cpu_s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("space")
    parser.add_argument("oracle", nargs="+")
    parser.add_argument("--fidelity", type=int, nargs="+", default=[1])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    with open(arguments.space, encoding="utf-8") as stream:
        space = json.load(stream)
    columns = [*space, "fidelity"]
    done = set()
    if os.path.exists(arguments.output):
        with open(arguments.output, encoding="utf-8") as stream:
            done = {tuple(row[c] for c in columns) for row in csv.DictReader(stream)}
    oracle = subprocess.Popen(arguments.oracle, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with open(arguments.output, "a", encoding="utf-8") as stream:
        if not done:
            print(",".join([*columns, *ANSWERS]), file=stream)
        for values in itertools.product(*space.values(), arguments.fidelity):
            if tuple(map(str, values)) in done:
                continue
            request = {"id": 0, "point": dict(zip(space, values)), "fidelity": values[-1], "seed": arguments.seed}
            print(json.dumps(request), file=oracle.stdin, flush=True)
            answer = json.loads(oracle.stdout.readline())
            if "error" in answer:
                sys.exit(f"record_table.py: {request['point']}: {answer['error']}")
            print(",".join(str(v) for v in [*values, *(answer.get(a, "") for a in ANSWERS)]), file=stream, flush=True)


if __name__ == "__main__":
    main()
