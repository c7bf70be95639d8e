#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the power estimate against boards that were measured: scripts/boards.py CSV... > table

Reads tables as ../shared/power/boards_fit.csv (columns board, design, lut, ff, dsp, bram36, mhz, scope, idle_w, active_w,
role), brings each design through `blendsim power`, and prints predicted beside measured as Markdown, with the mean of the
errors' sizes for the rows that constants were fitted to and for the others. What a row does not say is not guessed: a
design without resources is its board's idle power, and the row says so; ranges of designs are skipped, by name.
"""
import csv
import json
import os
import re
import subprocess
import sys

# What stands around the chip. `board` watts: regulators, Ethernet, LEDs, DRAM standing by, which a plug or a USB meter sees.
# Fitted to the idle watts of rows marked `fit`; a board without such rows has 0 and is only compared by rail.
BOARDS = {
    "PYNQ-Z2": {"device": "xc7z020-clg400-1", "board": 0.0},
    "PYNQ-Z1": {"device": "xc7z020-clg400-1", "board": 0.0},
    "Arty A7-100T": {"device": "xc7a100t-csg324-1", "board": 1.97},
    "ZCU102": {"device": "xczu9eg-ffvb1156-2", "board": None},
    "ZCU104": {"device": "xczu7ev-ffvc1156-2", "board": None},
    "Ultra96": {"device": "xczu3eg-sbva484-1", "board": None},
}
# Where a row gives no clock: what the design's documentation says it runs at.
CLOCKS = {"subResNet": 300, "DenseNet": 300, "DPU": 300}


def number(text):
    """The first number of a cell that holds one value; None for empty cells and for ranges."""
    if not text or ".." in text:
        return None
    found = re.match(r"\s*([0-9.]+)", text)
    return float(found.group(1)) if found else None


def mhz_of(row):
    given = number(row["mhz"])
    if given:
        return given
    for word, clock in CLOCKS.items():
        if word in row["design"]:
            return clock
    return 100


def activity_of(row):
    if "synthetic load" in row["design"]:
        return "heavy"  # built to toggle
    if row["quality"].startswith("V"):
        return "vendor-default"
    return "typical" if number(row["dsp"]) and number(row["dsp"]) > 1000 else "light"


def predict(row, blendsim):
    command = [blendsim, "power", "--device", BOARDS[row["board"]]["device"], "--clock", f"{mhz_of(row):g} MHz",
               "--activity", activity_of(row), "--json", "-"]
    for option in ("lut", "ff", "dsp", "bram36"):
        value = number(row[option])
        if value:
            command += [f"--{option}", f"{value:g}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def scoped(figures, scope, board):
    """Watts of what the row measured: `core` (VCCINT), `on-chip`, or all."""
    if "VCCINT" in scope:
        return figures["core_w"], figures["core_w_range"]
    low, high = figures["total_w_range"]
    around = board or 0.0
    return figures["total_w"] + (around if "whole" in scope else 0), [low + around, high + around]


def rows_of(paths):
    for path in paths:
        with open(path, newline="") as file:
            yield from csv.DictReader(file)


def main():
    blendsim = os.environ.get("BLENDSIM") or next(
        (b for b in ("build/release/blendsim", "build/dev/blendsim") if os.access(b, os.X_OK)), None)
    if not blendsim or len(sys.argv) < 2:
        raise SystemExit("build first; then: scripts/boards.py TABLE.csv...")
    errors = {}
    print("| board | design | what | measured W | predicted W | range | error % | role |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows_of(sys.argv[1:]):
        role = row["role"]
        if row["board"] not in BOARDS:
            print(f"| {row['board']} | {row['design']} | skipped: the board is not known | | | | | {role} |")
            continue
        board = BOARDS[row["board"]]["board"]
        if "whole" in row["scope"] and board is None:
            print(f"| {row['board']} | {row['design']} | skipped: what its board takes is not known | | | | | {role} |")
            continue
        measured = {what: number(row[f"{what}_w"]) for what in ("idle", "active")}
        if not any(measured.values()):
            print(f"| {row['board']} | {row['design']} | skipped: a range of designs | | | | | {role} |")
            continue
        figures = predict(row, blendsim)
        bare = "" if number(row["lut"]) else ", resources unknown: as an empty part"
        for what, watt in measured.items():
            if watt is None:
                continue
            predicted, (low, high) = scoped(figures[what], row["scope"], board)
            error = 100 * (predicted / watt - 1)
            if not bare or "whole" in row["scope"]:
                errors.setdefault((role, what), []).append(abs(error))
            print(f"| {row['board']} | {row['design']} | {what}, {row['scope']}{bare} | {watt:.3f} | {predicted:.3f} "
                  f"| {low:.2f}..{high:.2f} | {error:+.1f} | {role} |")
    print()
    for (role, what), sizes in sorted(errors.items()):
        print(f"{role}, {what}: mean error {sum(sizes) / len(sizes):.1f} % of {len(sizes)} rows")


if __name__ == "__main__":
    main()
