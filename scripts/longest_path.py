#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The longest path of a flat netlist of UltraScale+ cells, as yosys writes it (write_json), between registers.

    scripts/longest_path.py NETLIST TOP         prints: levels,logic_ps,net_ps,from,to,cells

levels   cells that a signal goes through behind a routed net; a carry chain, and the multiplexers behind its LUTs, are one
logic    picoseconds in cells: clock to output, cells, set-up
net      picoseconds between cells: of each routed net the median of nets of its fan-out
cells    on the path, in order, "FF LUT LUT CARRY FF"

Delays are of xczu3eg at -1, slow corner. [V]: routed Vivado reports of a public data set of 24 designs on that part
(gussmith23/lakeroad-evaluation, Vivado 2021.2). [S]: a sample report of an Alveo U250, -2L, over 0.82, which is what FF
clock to output is there to here (79 to 96 ps). [7]: no report shows it: yosys' cells_sim.v of 7 series (Project X-Ray)
times 0.4, which it is where both are known: FF 96/303, its enable 43/109, block RAM 1000/2454.
A port of the module counts as a register outside.
"""
import collections
import json
import re
import sys

# Clock to output, by cell.
LAUNCH = {
    "FF": 96,      # [V] 95 to 97
    "RAMB": 1000,  # [S] 830 without the output register
    "URAM": 1000,  # nothing known: as block RAM
    "DSP": 255,    # [V] a register of the slice 96 and P out 159
    "LUTRAM": 470,  # [7] RAM32M 1153 to 1190
    "SRL": 590,    # [7] SRL16E 1472
    "PORT": 96,
}
# Before the clock, by cell and port; "" for every other port.
SETUP = {
    "FF": {"CE": 43, "R": 160, "S": 160, "": 0},  # [V] CE, D (25 ps behind the clock); [7] R 404
    "RAMB": {"WEA": 213, "WEBWE": 213, "ENARDEN": 177, "ENBWREN": 177, "": 295, "ADDRARDADDR": 226,
             "ADDRBWRADDR": 226},  # [7] WE 532, EN 443, DI 737, ADDR 566
    "URAM": {"": 295},  # as block RAM
    "DSP": {"": 100},  # [7] A, B, C 198 to 254 with their registers
    "LUTRAM": {"WE": 260, "": 180},  # [7] WE 654, DI 453
    "SRL": {"": 70},  # [7] D 173
    "PORT": {"": 0},
}
LUT = 125  # [V] 40 to 200, typically 125
MUXF = 80  # [V]
CARRY = 200  # [V] S or DI to CO or O of a CARRY8 177 to 250; 407
CARRY_ON = 25  # [V] CI to CO 23 and the net of 28 to the next, of a CARRY8: two of the CARRY4 that yosys maps to
CARRY_OUT = 120  # [V] CI to O 97 to 146
LOCAL = 30  # [V] nets of one load inside a slice, 10 to 60
NET = ((1, 230), (8, 260), (32, 340), (10**9, 460))  # [V] medians by loads


def kind(cell_type):
    for prefix, name in (("FD", "FF"), ("SRL", "SRL"), ("RAMB", "RAMB"), ("URAM", "URAM"), ("DSP", "DSP"), ("RAM", "LUTRAM"),
                         ("MUXF", "MUXF"), ("CARRY", "CARRY"), ("LUT", "LUT"), ("INV", "LUT")):
        if cell_type.startswith(prefix):
            return name
    return cell_type


CLOCKS = {"C", "CLK", "WCLK", "CLKARDCLK", "CLKBWRCLK"}


def carry_arcs(cell):
    """(input, output, delay) of a carry chain's part: S reaches O and CO from its place on, DI the next O."""
    ports = cell["connections"]
    for place in range(len(ports["S"])):
        for out in ("CO", "O"):
            for target in ports.get(out, [])[place:]:
                yield ports["S"][place], target, CARRY
            for target in ports.get(out, [])[place + (out == "O"):]:
                yield ports["DI"][place], target, CARRY
            for target in ports.get(out, [])[place:place + 1]:
                yield ports["CI"][0], target, CARRY_ON if out == "CO" else CARRY_OUT
                yield ports["CYINIT"][0], target, CARRY


def arcs_of(cell):
    """(input, output, delay) through a cell without a clock, and through the reading side of a RAM of LUTs."""
    name, ports, directions = kind(cell["type"]), cell["connections"], cell["port_directions"]
    if name == "CARRY":
        yield from carry_arcs(cell)
    elif name in ("LUT", "MUXF"):
        for port, bits in ports.items():
            if directions[port] == "input":
                yield from ((bits[0], target, LUT if name == "LUT" else MUXF) for target in ports.get("O", []))
    elif name == "LUTRAM":
        for port, bits in ports.items():  # ADDRA reads DOA, DPRA reads DPO
            out = {"ADDR": "DO" + port[4:], "DPRA": "DPO"}.get(port[:4])
            for bit in bits if out in ports else ():
                yield from ((bit, read, LUT) for read in ports[out])
    elif name == "SRL":
        for port in ports:
            if port.startswith("A"):
                yield from ((bit, target, LUT) for bit in ports[port] for target in ports.get("Q", []))


# How a bit is reached: picoseconds up to it, and the bit before it.
Step = collections.namedtuple("Step", "total logic net levels bit")


class Netlist:
    def __init__(self, module):
        self.driver, self.starts, self.names = {}, {}, {}  # by bit
        self.arcs, self.ends = collections.defaultdict(list), []
        self.loads = collections.Counter()
        for cell_name, cell in module["cells"].items():
            self.add_cell(cell_name, cell)
        for port_name, port in module["ports"].items():
            self.add_port(port_name, port)
        for net_name, net in module["netnames"].items():
            for place, bit in enumerate(net["bits"]):
                text = net_name if len(net["bits"]) == 1 else f"{net_name}[{place}]"
                rank = (net["hide_name"], net_name.startswith("$") or ".$" in net_name, len(net_name))
                if bit not in self.names or rank < self.names[bit][0]:
                    self.names[bit] = (rank, text)

    def add_cell(self, cell_name, cell):
        name, ports, directions = kind(cell["type"]), cell["connections"], cell["port_directions"]
        if name == "BUFG":
            return
        clocked = name in LAUNCH
        label = ports["Q"][0] if name in ("FF", "SRL") and ports.get("Q") else cell_name
        for port, bits in ports.items():
            for bit in bits:
                if isinstance(bit, str):  # a constant
                    continue
                if directions[port] == "output":
                    self.driver[bit] = (name, port)
                    if clocked:
                        self.starts[bit] = (LAUNCH[name], label)
                elif port not in CLOCKS:
                    self.loads[bit] += 1
                    if clocked and not (name == "DSP" and port == "PCIN"):  # within the slices' own limit
                        setup = SETUP[name].get(port, SETUP[name][""])
                        self.ends.append((bit, setup, name, port, label))
        for source, target, delay in arcs_of(cell):
            if not isinstance(source, str) and not isinstance(target, str):
                self.arcs[source].append((target, delay, name, self.port_of(cell, source)))

    @staticmethod
    def port_of(cell, bit):
        return next(p for p, bits in cell["connections"].items() if bit in bits and cell["port_directions"][p] == "input")

    def add_port(self, port_name, port):
        for bit in port["bits"]:
            if isinstance(bit, str):
                continue
            if port["direction"] == "input":
                self.driver[bit] = ("PORT", "")
                self.starts[bit] = (LAUNCH["PORT"], f"port {port_name}")
            else:
                self.loads[bit] += 1
                self.ends.append((bit, 0, "PORT", "", f"port {port_name}"))

    def net(self, bit, load, port):
        """Delay of the net to a load, and whether it is routed rather than within a slice."""
        name = self.driver[bit][0]
        within = (load == "MUXF" and port != "S") or (name == "CARRY" and port == "CI")
        if within:
            return 0, False
        alone = self.loads[bit] == 1
        if alone and name == "LUT" and load == "CARRY":
            return LOCAL, False
        if alone and name in ("LUT", "MUXF", "CARRY") and load == "FF" and port == "D":
            return LOCAL, False
        return next(delay for most, delay in NET if self.loads[bit] <= most), True

    def arrive(self):
        """Of every bit the latest Step that reaches it, in topological order."""
        waiting = collections.Counter(target for arcs in self.arcs.values() for target, *_ in arcs)
        latest = {bit: Step(launch, launch, 0, 0, None) for bit, (launch, _) in self.starts.items()}
        ready = [bit for bit in {*self.arcs, *latest} if waiting[bit] == 0]
        while ready:
            bit = ready.pop()
            for target, delay, name, port in self.arcs.get(bit, ()):
                if bit in latest:
                    step = self.step(latest[bit], bit, delay, name, port)
                    if target not in latest or step.total > latest[target].total:
                        latest[target] = step
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        for bit, count in waiting.items():
            if count > 0:
                raise SystemExit(f"longest_path: a loop of cells without a register at {self.name(bit)}")
        return latest

    def step(self, before, bit, delay, name, port):
        net, routed = self.net(bit, name, port)
        return Step(before.total + net + delay, before.logic + delay, before.net + net, before.levels + routed, bit)

    def longest(self):
        latest = self.arrive()
        paths = [(self.step(latest[bit], bit, setup, name, port), name, port, label)
                 for bit, setup, name, port, label in self.ends if bit in latest]
        end, name, port, label = max(paths, key=lambda path: path[0].total)
        cells, bit = [name], end.bit
        while bit is not None:
            first = bit
            cells.append(self.driver[bit][0])
            bit = latest[bit].bit
        levels = end.levels - self.net(end.bit, name, port)[1]
        return levels, end.logic, end.net, self.name(self.starts[first][1]), self.name(label), " ".join(cells[::-1])

    def name(self, label):
        """Of a register the net behind it, of a memory or slice the cell; without places in words and arrays."""
        text = label if isinstance(label, str) else self.names[label][1]
        text = re.sub(r"^(.*)\$\\(\w+)\$.*", r"\1\2", text)  # a register that yosys put behind a memory
        return re.sub(r"\[\d+\]|(\.\d+)+$", "", text)


def main():
    netlist_file, top = sys.argv[1:]
    with open(netlist_file) as file:
        module = json.load(file)["modules"][top]
    print(",".join(str(column) for column in Netlist(module).longest()))


main()
