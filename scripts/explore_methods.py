#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hypervolume that explore's methods and those of pagmo and Optuna reach on the same problems: the table of
docs/exploration.md.

  scripts/explore_methods.py JUDGES [--folder FOLDER] [--seeds 5] [--jobs 2] [--problem STUDY ...] [--method NAME ...]

JUDGES is the program explore_judges (cmake -DBLENDSIM_BENCH=ON, libpagmo-dev); python3-optuna for Optuna's samplers.
What a run found is kept in FOLDER and not run again. An evaluation is a distinct point that a compiler sees. Hypervolumes
are computed here, from each front's points as `run` gives them, below four times the latency and 1.1 times the LUTs of
the study's base platform, as a share of the hypervolume of all that any run has found.
"""
import argparse
import concurrent.futures
import json
import pathlib
import resource
import statistics
import subprocess
import sys

MARKS = [50, 100, 500, 5000]
# Most evaluations: bayes and TPE take too long for more.
METHODS = {"auto": 5000, "evolve": 5000, "bayes": 500, "random": 5000, "sobol": 5000, "pagmo-nsga2-40": 5000, "pagmo-nsga2-100": 5000,
           "optuna-nsga2": 5000, "optuna-tpe": 100}
PROBLEMS = ["nb20-k26", "nb20-zu7ev"]


def area(front, reference):
    """Of what the points dominate below the reference: two costs, both made small."""
    total, last = 0.0, reference[1]
    for latency, lut in sorted(p for p in front if p[0] < reference[0] and p[1] < reference[1]):
        if lut < last:
            total += (reference[0] - latency) * (last - lut)
            last = lut
    return total / (reference[0] * reference[1])


def run_optuna(judges, study, method, seed, out, marks):
    import optuna  # pylint: disable=import-outside-toplevel

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    worker = subprocess.Popen([judges, study, "serve", str(seed), out] + [str(m) for m in marks], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    dimensions = [d.rsplit(":", 2) for d in worker.stdout.readline().split()]
    starts = [[int(v) for v in s.split(",")] for s in worker.stdout.readline().split()]
    violation = lambda trial: [trial.user_attrs["violation"]]
    sampler = (optuna.samplers.NSGAIISampler(seed=seed, constraints_func=violation) if method == "optuna-nsga2"
               else optuna.samplers.TPESampler(seed=seed, multivariate=True, constraints_func=violation))
    search = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
    for start in starts:
        search.enqueue_trial({d[0]: v for d, v in zip(dimensions, start)})
    stages = ["platform", "resources", "program", "machine", "complete"]
    own_cpu = []

    def objective(trial):
        point = [trial.suggest_int(name, 0, int(size) - 1) if kind == "ordered"
                 else trial.suggest_categorical(name, range(int(size))) for name, size, kind in dimensions]
        worker.stdin.write(" ".join(map(str, point)) + "\n")
        worker.stdin.flush()
        answer = worker.stdout.readline().split()
        if answer[0] == "over":
            trial.study.stop()
        behind = len(stages) - 1 - stages.index(answer[1])
        trial.set_user_attr("violation", 1e4 * behind + float(answer[2]) if behind else 0.0)
        return [float(v) for v in answer[3:]] if not behind else [1e12, 1e12]

    search.optimize(objective, n_trials=200 * marks[-1])
    worker.stdin.close()
    worker.wait()
    own_cpu.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime)


def run(judges, problem, method, seed, out):
    study = str(pathlib.Path(__file__).parent.parent / "configs" / "studies" / f"{problem}.yaml")
    marks = [m for m in MARKS if m <= METHODS[method]]
    if out.exists() and len(out.read_text().splitlines()) == len(marks):
        return
    if method.startswith("optuna"):
        subprocess.run([sys.executable, __file__, judges, "--one", study, method, str(seed), str(out)], check=True)
    else:
        subprocess.run([judges, study, method, str(seed), str(out)] + [str(m) for m in marks], check=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("judges")
    arguments.add_argument("--folder", default="build/judges")
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--jobs", type=int, default=1)
    arguments.add_argument("--problem", action="append", choices=PROBLEMS)
    arguments.add_argument("--method", action="append", choices=list(METHODS))
    arguments.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.one:
        study, method, seed, out = given.one
        run_optuna(given.judges, study, method, int(seed), out, [m for m in MARKS if m <= METHODS[method]])
        return
    folder = pathlib.Path(given.folder)
    folder.mkdir(parents=True, exist_ok=True)
    problems, methods = given.problem or PROBLEMS, given.method or list(METHODS)
    runs = {(p, m, s): folder / f"{p}.{m}.{s}.json" for p in problems for m in methods
            for s in range(1, given.seeds + 1)}
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for job in [pool.submit(run, given.judges, *key, out) for key, out in runs.items()]:
            job.result()
    for problem in problems:
        lines = {key: [json.loads(l) for l in out.read_text().splitlines()] for key, out in runs.items()
                 if key[0] == problem}
        base = [json.loads(l) for l in base_of(given.judges, problem, folder).read_text().splitlines()][0]["front"][0]
        reference = (4 * base[0], 1.1 * base[1])
        best = area([p for found in lines.values() for line in found for p in line["front"]], reference)
        print(f"{problem}: best known {best:.4f} of the reference's {1e6 * reference[0]:.1f} us x {reference[1]:.0f} LUT\n")
        print("| method | " + " | ".join(f"{m:,}" for m in MARKS) + " | CPU s at the last |")
        print("|---" * (len(MARKS) + 2) + "|")
        for method in methods:
            row, last = [], ""
            for m, mark in enumerate(MARKS):
                found = [lines[(problem, method, s)][m] for s in range(1, given.seeds + 1)
                         if len(lines[(problem, method, s)]) > m]
                shares = [100 * area(f["front"], reference) / best for f in found]
                row.append(f"{statistics.median(shares):.1f} %" if shares else "-")
                last = f"{statistics.median(f['cpu_s'] for f in found):.1f}" if found else last
            print(f"| {method} | " + " | ".join(row) + f" | {last} |")
        print()


def base_of(judges, problem, folder):
    """The base platform alone: what every method begins with."""
    out = folder / f"{problem}.base.json"
    study = str(pathlib.Path(__file__).parent.parent / "configs" / "studies" / f"{problem}.yaml")
    subprocess.run([judges, study, "evolve", "1", str(out), "1"], check=True)
    return out


if __name__ == "__main__":
    main()
