#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What each repair method of binary networks costs on a machine (docs/zoo.md, "Repairs"): runs them all and prints the table.
#   scripts/repairs.sh [PLATFORM]      default: zu7ev; needs a build; two minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
blendsim=${BLENDSIM:-}
for build in build/release build/dev; do
  [ -z "$blendsim" ] && [ -x $build/blendsim ] && blendsim=$build/blendsim
done
[ -n "$blendsim" ] || { echo "build first: scripts/demo.sh or scripts/test.sh" >&2; exit 1; }
platform=${1:-zu7ev}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

repairs=(none scale rsign rprelu double-residual feature-norm average-pool duplicate two-bases two-bit squeeze-excitation dynamic-threshold)
for network in resnet20-bnn resnet18-bnn; do
  for repair in "${repairs[@]}"; do
    "$blendsim" zoo "$network" --repair "$repair" -o "$folder/net.onnx" -q
    "$blendsim" run "$folder/net.onnx" --platform "$platform" --json "$folder/$network.$repair.json" -q 2>/dev/null ||
      echo "$network with $repair does not run on $platform" >&2
  done
done

python3 - "$folder" "$platform" "${repairs[@]}" <<'EOF'
import json, os, sys

folder, platform, repairs = sys.argv[1], sys.argv[2], sys.argv[3:]
print("| network | repair | MAC, M | on chip, KiB | cycles | against none | uJ an inference | against none |")
print("|---|---|---|---|---|---|---|---|")
for network in ("resnet20-bnn", "resnet18-bnn"):
    base = None
    for repair in repairs:
        path = f"{folder}/{network}.{repair}.json"
        if not os.path.exists(path):
            print(f"| {network} | {repair} | does not run |  |  |  |  |  |")
            continue
        r = json.load(open(path))
        cycles, energy = r["cycles"], 1e6 * r["power"]["energy_per_inference_j"]
        kib = sum(b["peak_bits"] or 0 for b in r["memory"]["buffers"].values()) / 8192
        base = base or (cycles, energy)
        print(f"| {network} | {repair} | {r['network']['macs'] / 1e6:.1f} | {kib:.0f} | {cycles:,} | {cycles / base[0]:.2f} "
              f"| {energy:.0f} | {energy / base[1]:.2f} |")
EOF
