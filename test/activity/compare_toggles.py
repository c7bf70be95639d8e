#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts toggles in a VCD and compares them with those that netlist_activity wrote.

    compare_toggles.py TOGGLES.CSV BENCH.VCD

TOGGLES.CSV begins with `# edges FIRST LAST`; edge n of bench.v is at time 10 * (n + 1). Exit status 1 where a net is
missing or differs. Knows of the simulator that wrote the CSV nothing but its names.
"""
import sys


def plain(name):
    """A name without the escapes of a VCD: one before it, and one before every backslash in it."""
    return (name[1:] if name.startswith("\\") else name).replace("\\\\", "\\")


def read_names(lines):
    """Places of each code, from the header: {code: [(path below bench.dut, lowest index, width)]}."""
    names, scopes = {}, []
    for line in lines:
        words = line.split()
        if words[:1] == ["$scope"]:
            scopes.append(plain(words[2]))
        elif words[:1] == ["$upscope"]:
            scopes.pop()
        elif words[:1] == ["$enddefinitions"]:
            break
        elif words[:1] == ["$var"]:
            # $var wire WIDTH CODE NAME [HIGH:LOW] $end; a name of one bit has no range.
            span = [int(n) for n in words[5].strip("[]").split(":")] if len(words) > 6 else [0]
            path = ".".join(scopes[2:] + [plain(words[4])])
            names.setdefault(words[3], []).append((path, min(span), int(words[2])))
    return names


def read_changes(lines):
    """(time, code, bits) of each line behind the header."""
    time = 0
    for line in lines:
        if line[0] == "#":
            time = int(line[1:])
        elif line[0] in "01xz":
            yield time, line[1:].strip(), line[0]
        elif line[0] == "b":
            bits, code = line[1:].split()
            yield time, code, bits


def read_vcd(path, first_time, last_time):
    """Toggles of every bit in [first_time, last_time): {"child.net[3]": count}."""
    values, counts = {}, {}
    with open(path) as lines:
        names = read_names(lines)
        for time, code, bits in read_changes(lines):
            width = names[code][0][2]
            bits = bits.rjust(width, "0" if bits[0] == "1" else bits[0])
            before, values[code] = values.get(code), bits
            if before is None or not first_time <= time < last_time:
                continue
            toggled = counts.setdefault(code, [0] * width)
            for n, (old, new) in enumerate(zip(reversed(before), reversed(bits))):
                toggled[n] += old != new
    result = {}
    for code, places in names.items():
        for place, low, width in places:
            for n, count in enumerate(counts.get(code, [0] * width)):
                result[f"{place}[{low + n}]"] = count
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
