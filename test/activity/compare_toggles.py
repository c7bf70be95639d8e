#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts toggles in a VCD and compares them with those that netlist_activity wrote.

    compare_toggles.py TOGGLES.CSV BENCH.VCD

TOGGLES.CSV begins with `# edges FIRST LAST`; edge n of bench.v is at time 10 * (n + 1). Exit status 1 where a net is missing
or differs. Knows of the simulator that wrote the CSV nothing but its names.
"""
import sys


def read_vcd(path, first_time, last_time):
    """Toggles of every bit, by hierarchical name below bench.dut: {"child.net[3]": count}."""
    names, scopes = {}, []
    values, counts = {}, {}
    with open(path) as lines:
        for line in lines:
            words = line.split()
            if words[:1] == ["$scope"]:
                scopes.append(words[2].lstrip("\\"))
            elif words[:1] == ["$upscope"]:
                scopes.pop()
            elif words[:1] == ["$var"]:
                # A vector's range is a word of its own, and so may be a part of its name.
                width, code = int(words[2]), words[3]
                text = words[4].lstrip("\\")
                low = 0
                if len(words) > 6:
                    high, low = (int(n) for n in words[5].strip("[]").split(":")) if ":" in words[5] else (int(words[5].strip("[]")),) * 2
                    low = min(high, low)
                path_of = ".".join(scopes[2:] + [text])
                names.setdefault(code, []).append((path_of, low, width))
            elif words[:1] == ["$enddefinitions"]:
                break
        time = 0
        for line in lines:
            if line[0] == "#":
                time = int(line[1:])
                continue
            if line[0] in "01xz":
                code, bits = line[1:].strip(), line[0]
            elif line[0] == "b":
                bits, code = line[1:].split()
            else:
                continue
            width = names[code][0][2]
            bits = bits.rjust(width, "0" if bits[0] == "1" else bits[0])
            before = values.get(code)
            values[code] = bits
            if before is None or not first_time <= time < last_time:
                continue
            toggled = counts.setdefault(code, [0] * width)
            for n, (old, new) in enumerate(zip(reversed(before), reversed(bits))):
                toggled[n] += old != new
    result = {}
    for code, places in names.items():
        for path_of, low, width in places:
            for n, count in enumerate(counts.get(code, [0] * width)):
                result[f"{path_of}[{low + n}]"] = count
    return result


def main(toggles_path, vcd_path):
    with open(toggles_path) as lines:
        _, _, first, last = next(lines).split()
        next(lines)
        expected = dict(line.rsplit(",", 1) for line in lines)
    found = read_vcd(vcd_path, 10 * (int(first) + 1), 10 * (int(last) + 1))
    wrong = 0
    for net, count in expected.items():
        if found.get(net) != int(count):
            wrong += 1
            if wrong <= 20:
                print(f"{net}: netlist_activity {count.strip()}, VCD {found.get(net)}")
    total = sum(int(count) for count in expected.values())
    print(f"{len(expected)} nets, {total} toggles in {int(last) - int(first)} cycles, {wrong} nets differ")
    return 0 if wrong == 0 and total > 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
