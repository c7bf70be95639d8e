#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables of docs/bomp.md from what scripts/bomp.sh left in a folder: bomp_tables.py FOLDER SEEDS, or FOLDER --fashion.

A front's worth is the area it dominates in accuracy and a cost, the cost as a logarithm between the space's least and
largest, accuracy from that of a guess (10 %); as a share of the area of the whole space's front.
"""

import csv
import math
import os
import statistics
import sys


def rows_of(folder: str, name: str) -> list[dict]:
    """Of the trials that have an accuracy, in the order in which they were evaluated."""
    with open(os.path.join(folder, name + ".csv"), encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["accuracy"]]


def key_of(row: dict) -> tuple:
    return tuple((k, row[k]) for k in sorted(row) if k.startswith(("network.", "precision.")))


def area(points: list[tuple[float, float]], least: float, largest: float) -> float:
    """Of (accuracy, cost): what they dominate, cost on a scale from 0 to 1."""
    span = math.log(largest / least)
    steps = sorted((math.log(cost / least) / span, accuracy) for accuracy, cost in points)
    total, best = 0.0, 0.1
    for cost, accuracy in steps:
        if accuracy > best:
            total += (accuracy - best) * (1 - cost)
            best = accuracy
    return total


def front(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for accuracy, cost in sorted(points, key=lambda p: (p[1], -p[0])):
        if not out or accuracy > out[-1][0]:
            out.append((accuracy, cost))
    return out


def smallest(points: list[tuple[float, float]], accuracy: float) -> float:
    return min((cost for a, cost in points if a >= accuracy), default=math.nan)


class Space:
    """Every network of the digits, with its accuracies and figures."""

    def __init__(self, folder: str):
        self.tuned = {key_of(r): r for r in rows_of(folder, "all-tuned")}
        self.untuned = {key_of(r): r for r in rows_of(folder, "all-untuned")}
        # A point of a front was compiled with more care than others: the better figure stands for the network.
        for key, row in self.tuned.items():
            for cost in ("energy", "latency"):
                row[cost] = self.untuned[key][cost] = min(float(row[cost]), float(self.untuned[key][cost]))

    def points(self, cost: str, keys=None, tuned: bool = True) -> list[tuple[float, float]]:
        rows = self.tuned if tuned else self.untuned
        return [(float(rows[k]["accuracy"]), float(rows[k][cost])) for k in (keys if keys is not None else rows)]

    def share(self, cost: str, keys) -> float:
        costs = [c for _, c in self.points(cost)]
        bounds = (min(costs), max(costs))
        return area(self.points(cost, keys), *bounds) / area(self.points(cost), *bounds)


def digits(folder: str, seeds: int) -> None:
    space = Space(folder)
    eight = {"precision.conv1.weights": "8", "precision.conv2.weights": "8", "precision.dense.weights": "8"}
    print(f"{len(space.tuned)} networks; best accuracy tuned {max(a for a, _ in space.points('size')):.4f}, "
          f"untuned {max(a for a, _ in space.points('size', tuned=False)):.4f}\n")
    print("| at least | size untuned | size tuned | smaller by | energy untuned | energy tuned | less by |")
    print("|---|---|---|---|---|---|---|")
    for accuracy in (0.97, 0.96, 0.95, 0.94, 0.92, 0.90):
        cells = [f"{accuracy:.0%}"]
        for cost, form in (("size", "{:,.0f} B"), ("energy", "{:.3e} J")):
            before = smallest(space.points(cost, tuned=False), accuracy)
            after = smallest(space.points(cost), accuracy)
            cells += [form.format(before), form.format(after), f"{1 - after / before:.0%}"]
        print("| " + " | ".join(cells) + " |")
    uniform = [space.tuned[k] for k in space.tuned if all(dict(k)[n] == v for n, v in eight.items())]
    best = max(uniform, key=lambda r: float(r["accuracy"]))
    print(f"\nweights of 8 bits throughout: accuracy {float(best['accuracy']):.4f} at {float(best['size']):,.0f} B\n")
    counts = (8, 12, 16, 24, 32, 40)
    for cost in ("energy", "size"):
        print(f"Share of the front of accuracy against {cost} after so many networks: median of {seeds} seeds, least\n")
        print("| search | " + " | ".join(map(str, counts)) + " | to 95 % |")
        print("|---" * (len(counts) + 2) + "|")
        other = "size" if cost == "energy" else "energy"
        for name, runs in ((f"bayes, {cost}", f"bayes-{cost}"), (f"bayes, {other}", f"bayes-{other}"),
                           (f"bayes, {cost}, untuned", f"untuned-{cost}"), (f"evolve, {cost}", f"evolve-{cost}"),
                           ("random", f"random-{cost}")):
            shares, reached = [], []
            for seed in range(1, seeds + 1):
                keys = [key_of(r) for r in rows_of(folder, f"{runs}-{seed}")]
                shares.append([space.share(cost, keys[:n]) for n in counts])
                enough = (n for n in range(1, len(keys) + 1) if space.share(cost, keys[:n]) >= 0.95)
                reached.append(next(enough, 999))
            cells = [f"{statistics.median(s):.1%} ({min(s):.1%})" for s in zip(*shares)]
            median = statistics.median(reached)
            print(f"| {name} | " + " | ".join(cells) + f" | {'more' if median > 40 else f'{median:g}'} |")
        print()


def fashion(folder: str) -> None:
    names = ("tuned", "untuned", "random")
    points = {n: [(float(r["accuracy"]), float(r["size"]), float(r["energy"])) for r in rows_of(folder, "fashion-" + n)]
              for n in names}
    with open(os.path.join(folder, "seconds"), encoding="utf-8") as stream:
        seconds = {line.split()[0]: float(line.split()[1]) for line in stream}
    for column, cost in ((1, "size"), (2, "energy")):
        costs = [p[column] for rows in points.values() for p in rows]
        print(f"| Fashion-MNIST, {cost} | networks | seconds | area | best | least at 85 % | at 80 % | at 75 % |")
        print("|---|---|---|---|---|---|---|---|")
        for name in names:
            pairs = [(p[0], p[column]) for p in points[name]]
            least = [f"{smallest(pairs, a):.4g}" for a in (0.85, 0.80, 0.75)]
            print(f"| {name} | {len(pairs)} | {seconds['fashion-' + name]:.0f} | "
                  f"{area(pairs, min(costs), max(costs)):.3f} | {max(a for a, _ in pairs):.4f} | {' | '.join(least)} |")
        print()


if __name__ == "__main__":
    if sys.argv[2] == "--fashion":
        fashion(sys.argv[1])
    else:
        digits(sys.argv[1], int(sys.argv[2]))
