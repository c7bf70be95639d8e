#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits configs/activity/*.yaml to toggles counted in netlists, and judges the fit on networks that were held out.

  scripts/activity_fit.py --counts C.csv... --terms T.csv... --parts P.csv... --fit NETWORK@PLATFORM... [--write FOLDER]

--counts  windows of a netlist's run (test/activity: netlist_activity --csv)
--terms   the same windows as the model knows them: how often each term of each module (netlist_activity --terms)
--parts   what each module is built of (netlist_activity --parts)
--fit     the runs to fit to, such as neuroblend20@zu3eg; every other run is held out

Each primitive of each module is a non-negative combination of the module's terms, least squares over windows weighted alike. Prints,
as Markdown, each module's energy by the netlist and by the fit for every run, and by layer for held-out ones where --terms has
layers; with --write, writes the files that `blendsim` reads.
"""
import argparse
import collections
import csv
import math
import os
import sys

import numpy
from scipy.optimize import nnls

# Counted class -> primitive. dsp inputs are of the multiplier or of the logic unit, by module.
PRIMITIVES = {
    "lut": "lut_toggle", "srl": "lut_toggle", "lutram": "lut_toggle", "carry": "carry_toggle", "ff": "ff_toggle",
    "net": "net_toggle", "pin": "pin_toggle", "srl_cycle": "srl_clock", "lutram_write": "lutram_access",
    "dsp_product": "dsp_product", "dsp_output": "dsp_output", "dsp_cycle_multiply": "dsp_multiply_cycle",
    "dsp_cycle_logic": "dsp_logic_cycle", "dsp_cycle_add": "dsp_logic_cycle",
}
UNITS = ["load", "store", "xnor_array", "mac_array", "post_unit", "pool_unit", "dispatcher"]
BUFFERS = ["act_binary", "act_fixed", "weights_binary", "weights_fixed", "accumulators", "parameters", "instructions"]
MODULES = UNITS + BUFFERS
MILLION = 1_000_000
WINDOWS_A_FIT = 8


def primitive_of(module, kind):
    if kind == "dsp_input":
        return "dsp_logic_input" if module == "xnor_array" else "dsp_multiply_input"
    return PRIMITIVES.get(kind)


def nominal(technology):
    """Femtojoules of each primitive, of a technology file (flow maps on a line or two each)."""
    import yaml
    with open(technology) as file:
        entries = yaml.safe_load(file)["primitives"]
    scale = {"fJ": 1.0, "pJ": 1e3, "nJ": 1e6}
    return {name: float(e["value"].split()[0]) * scale[e["value"].split()[1]] for name, e in entries.items()}


class Runs:
    """counts[run][module][primitive] and terms[run][module][term]: arrays by window."""

    def __init__(self, arguments):
        self.counts, self.terms, self.parts, self.cycles, self.densities, self.layers = {}, {}, {}, {}, {}, {}
        for path in arguments.parts:
            for row in csv.DictReader(open(path)):
                self.parts[row["platform"], module_of(row["unit"])] = {k: float(v) for k, v in row.items()
                                                                       if k not in ("platform", "unit")}
        for path in arguments.counts:
            self.read_counts(path)
        for path in arguments.terms:
            self.read_terms(path)

    def read_counts(self, path):
        for row in csv.DictReader(open(path)):
            run, window, module = f"{row['network']}@{row['platform']}", int(row["window"]), module_of(row["unit"])
            cycles = self.cycles.setdefault(run, {})
            cycles[window] = float(row["cycles"])
            into = self.counts.setdefault(run, {}).setdefault(module, collections.defaultdict(dict))
            for kind, value in row.items():
                primitive = primitive_of(module, kind)
                if primitive:
                    into[primitive][window] = into[primitive].get(window, 0.0) + float(value)

    def read_terms(self, path):
        for row in csv.DictReader(open(path)):
            run = f"{row['network']}@{row['platform']}"
            if row["module"] == "density":
                self.densities.setdefault(run, {})[row["term"]] = (float(row["count"]), float(row["window"]))
                continue
            into = self.terms.setdefault(run, {}).setdefault(row["module"], collections.defaultdict(dict))
            window, layer = int(row["window"]), row["layer"]
            into[row["term"]][window] = into[row["term"]].get(window, 0.0) + float(row["count"])
            self.layers.setdefault(run, {}).setdefault((row["module"], row["term"], layer), {})[window] = float(row["count"])

    def names(self):
        return [run for run in self.counts if run in self.terms]

    def windows(self, run):
        return sorted(self.cycles[run])

    def y(self, run, module, primitive):
        """Toggles by window."""
        values = self.counts[run].get(module, {}).get(primitive, {})
        return numpy.array([values.get(w, 0.0) for w in self.windows(run)])

    def x(self, run, module, terms):
        platform = run.split("@")[1]
        flip_flops = self.parts[platform, module]["ff"]
        columns = [[self.cycles[run][w] * max(flip_flops, 1.0) for w in self.windows(run)]]
        known = self.terms[run].get(module, {})
        for term in terms:
            columns.append([known.get(term, {}).get(w, 0.0) for w in self.windows(run)])
        return numpy.array(columns).T


def module_of(unit):
    return unit.removeprefix("buffer ")


def terms_of(runs, module):
    names = []
    for run in runs.names():
        for term in runs.terms[run].get(module, {}):
            if term not in names:
                names.append(term)
    return names


def together(rows):
    """Sums of so many rows each that a window of the fit is long against a pipeline."""
    starts = numpy.arange(0, len(rows), WINDOWS_A_FIT)
    return numpy.add.reduceat(rows, starts, axis=0)


def fit_module(runs, module, fitted):
    """{primitive: coefficients of ["cycle"] + terms}"""
    terms = terms_of(runs, module)
    primitives = sorted({p for run in fitted for p in runs.counts[run].get(module, {})})
    parts = [together(runs.x(run, module, terms)) for run in fitted]
    x = numpy.concatenate(parts)
    weights = numpy.concatenate([numpy.full(len(part), 1 / math.sqrt(len(part))) for part in parts])
    scale = numpy.maximum(x.max(axis=0), 1e-30)  # terms differ by orders of magnitude
    out = {}
    for primitive in primitives:
        y = numpy.concatenate([together(runs.y(run, module, primitive)) for run in fitted])
        if y.any():
            out[primitive] = nnls(x / scale * weights[:, None], y * weights)[0] / scale
    return terms, out


def energies(runs, run, module, terms, coefficients, price):
    x = runs.x(run, module, terms)
    net = sum(runs.y(run, module, p).sum() * price[p] for p in runs.counts[run].get(module, {}))
    model = sum((x @ c).sum() * price[p] for p, c in coefficients.items())
    return net, model


def layer_energies(runs, run, fits, price):
    """{layer: [netlist, model]} in femtojoules. A window of a module belongs to the layers that the model sees there, by their
    shares of the model's energy; where it sees none, to no layer."""
    out = collections.defaultdict(lambda: [0.0, 0.0])
    windows = runs.windows(run)
    place = {w: n for n, w in enumerate(windows)}
    for module, (terms, coefficients) in fits.items():
        net = sum(runs.y(run, module, p) * price[p] for p in runs.counts[run].get(module, {}))
        if not numpy.any(net):
            continue
        idle = runs.x(run, module, [])[:, 0] * sum(c[0] * price[p] for p, c in coefficients.items())
        cost = {term: sum(c[n + 1] * price[p] for p, c in coefficients.items()) for n, term in enumerate(terms)}
        model = collections.defaultdict(lambda: numpy.zeros(len(windows)))
        for (owner, term, layer), counts in runs.layers[run].items():
            if owner == module and term in cost:
                for w, count in counts.items():
                    if w in place:
                        model[layer][place[w]] += cost[term] * count
        total = sum(model.values(), numpy.zeros(len(windows)))
        works = numpy.maximum(net - idle, 0)
        for layer, energy in model.items():
            share = numpy.divide(energy, total, out=numpy.zeros(len(windows)), where=total > 0)
            out[layer][0] += (works * share).sum()
            out[layer][1] += energy.sum()
    return out


def print_layers(runs, fits, fitted, price):
    print("\n| run | role | layers | energy uJ | mean error %, by energy | within 20 %, by energy | worst of those with 2 % or more |")
    print("|---|---|---|---|---|---|---|")
    for run in fitted + [r for r in runs.names() if r not in fitted]:
        layers = {k: v for k, v in layer_energies(runs, run, fits, price).items() if v[0] > 0}
        total = sum(net for net, _ in layers.values())
        if total <= 0:
            continue
        off = sum(abs(model - net) for net, model in layers.values())
        within = sum(net for net, model in layers.values() if abs(model - net) <= 0.2 * net)
        errors = [100 * (model / net - 1) for net, model in layers.values() if net >= 0.02 * total]
        print(f"| {run} | {'fit' if run in fitted else 'held'} | {len(layers)} | {total / 1e9:.3f} | {100 * off / total:.1f} | "
              f"{100 * within / total:.0f} | {max(errors, key=abs):+.1f} |")


def write_module(folder, module, form, terms, coefficients, version, fitted, error):
    name = f"xnor_array-{form}" if module == "xnor_array" else module
    lines = ["# SPDX-License-Identifier: Apache-2.0",
             "# Made by scripts/activity.sh: toggles for a million of each term; `cycle`: of a flip-flop's cycles.",
             "schema: blendsim.activity/1", f"module: {name}", f'version: "{version}"', f'fitted: "{", ".join(fitted)}"',
             f"error: {error} %", "terms:"]
    for n, term in enumerate(["cycle"] + terms):
        cells = {p: round(c[n] * MILLION) for p, c in coefficients.items() if round(c[n] * MILLION) > 0}
        lines.append(f"  {term}: {{" + ", ".join(f"{p}: {v}" for p, v in sorted(cells.items())) + "}")
    with open(os.path.join(folder, name + ".yaml"), "w") as file:
        file.write("\n".join(lines) + "\n")


def write_profile(folder, runs, fitted):
    sums = collections.defaultdict(lambda: [0.0, 0.0])
    for run in fitted:
        for name, (bits, compared) in runs.densities.get(run, {}).items():
            sums[name][0] += bits
            sums[name][1] += compared
    lines = ["# SPDX-License-Identifier: Apache-2.0",
             "# Made by scripts/activity.sh: of a million bits of successive words, how many differ.",
             "schema: blendsim.activity-profile/1", f'networks: "{", ".join(fitted)}"', "densities:"]
    lines += [f"  {name}: {round(MILLION * bits / compared) if compared else 0}" for name, (bits, compared) in sums.items()]
    with open(os.path.join(folder, "profile.yaml"), "w") as file:
        file.write("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("counts", "terms", "parts", "fit"):
        parser.add_argument("--" + name, nargs="+", required=True)
    parser.add_argument("--technology", default="configs/technologies/ultrascale-plus-16nm.yaml")
    parser.add_argument("--version", default="")
    parser.add_argument("--form", default="dsp", help="of xnor_array in these netlists; another than dsp writes its file alone")
    parser.add_argument("--write", metavar="FOLDER")
    arguments = parser.parse_args()
    runs, price = Runs(arguments), nominal(arguments.technology)
    missing = [run for run in arguments.fit if run not in runs.names()]
    if missing:
        sys.exit(f"no counts and terms of {', '.join(missing)}; there are: {', '.join(runs.names())}")
    held = [run for run in runs.names() if run not in arguments.fit]
    fits = {}
    print("| module | run | role | netlist uJ | fit uJ | error % |")
    print("|---|---|---|---|---|---|")
    for module in MODULES if arguments.form == "dsp" else ["xnor_array"]:
        terms, coefficients = fits[module] = fit_module(runs, module, arguments.fit)
        off = energy = 0.0
        for run in arguments.fit + held:
            net, model = energies(runs, run, module, terms, coefficients, price)
            if net <= 0:
                continue
            error = 100 * (model / net - 1)
            if run in held:
                off, energy = off + abs(model - net), energy + net
            print(f"| {module} | {run} | {'held' if run in held else 'fit'} | {net / 1e9:.4f} | {model / 1e9:.4f} | {error:+.1f} |")
        if arguments.write:
            write_module(arguments.write, module, arguments.form, terms, coefficients, arguments.version, arguments.fit, math.ceil(100 * off / energy) if energy else 0)
    if arguments.form == "dsp":
        print_layers(runs, fits, arguments.fit, price)
    if arguments.write and arguments.form == "dsp":
        write_profile(arguments.write, runs, arguments.fit)


if __name__ == "__main__":
    main()
