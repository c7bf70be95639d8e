#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Prints, as Markdown, the watts by rail of neuroblend20 and CNV (where ../shared/models is) on every shipped platform, with bands
# (docs/accuracy.md#power).
#   scripts/rails.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
blendsim=${BLENDSIM:-build/dev/blendsim}
[ -x "$blendsim" ] || blendsim=build/release/blendsim
[ -x "$blendsim" ] || { echo "build first: scripts/demo.sh or scripts/test.sh" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$blendsim" zoo neuroblend20 -o "$folder/neuroblend20.onnx" >/dev/null
networks=("$folder/neuroblend20.onnx")
cnv=../shared/models/cnv_w1a1_qonnx.onnx
if [ -f $cnv ]; then networks+=($cnv); else echo "no $cnv: neuroblend20 alone" >&2; fi

echo "| network | platform | total W | static | clocks | working | other rails | processor | DRAM | clocks and working, band | peak |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
for network in "${networks[@]}"; do
  for platform in configs/platforms/*.yaml; do
    name=$(basename "$platform" .yaml)
    "$blendsim" run "$network" --platform "$name" --allow-oversize --json "$folder/report.json" -q 2>/dev/null ||
      { echo "| $(basename "$network" .onnx) | $name | does not compile | | | | | | | | |"; continue; }
    python3 - "$folder/report.json" <<'PYTHON'
import json, sys
r = json.load(open(sys.argv[1]))
p, rails = r["power"], r["power"]["rails"]
low, high = p["rails_range"]["dynamic"]
fits = "" if p["fits"] else " (does not fit)"
print(f"| {r['network']['name']} | {r['platform']['name']}{fits} | {p['total_w']:.2f} | {rails['core_static']:.2f} | {rails['clock']:.2f} | "
      f"{rails['dynamic']:.2f} | {rails['other']:.2f} | {rails['processor']:.1f} | {rails['dram']:.2f} | {low:.2f}..{high:.2f} | {p['peak']['total_w']:.2f} |")
PYTHON
  done
done
