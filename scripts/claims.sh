#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The figures of NeuroBlend's papers that this simulator can speak to: runs them and prints what came out (docs/claims.md).
#   scripts/claims.sh [> table]      needs a build; a minute
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
blendsim=${BLENDSIM:-}
for build in build/release build/dev; do
  [ -z "$blendsim" ] && [ -x $build/blendsim ] && blendsim=$build/blendsim
done
[ -n "$blendsim" ] || { echo "build first: scripts/demo.sh or scripts/test.sh" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$blendsim" zoo neuroblend20 -o "$folder/neuroblend20.onnx" >/dev/null
# run NAME PLATFORM [--set K=V]...: a report in $folder/NAME.json
run() {
  local name=$1 platform=$2
  shift 2
  "$blendsim" run "$folder/neuroblend20.onnx" --platform "$platform" --allow-oversize "$@" --json "$folder/$name.json" -q 2>/dev/null
}
for platform in z7020 zu3eg k26 zu7ev vu9p; do run "latency-$platform" "$platform"; done
for form in dsp lut fused; do run "xnor-$form" zu3eg --set "xnor_array.implementation=$form"; done
"$blendsim" zoo --wide >"$folder/zoo.txt"

python3 - "$folder" <<'EOF'
import json, re, sys

def report(name):
    return json.load(open(f"{sys.argv[1]}/{name}.json"))

print("| claim | what was run | paper | here | verdict |")
print("|---|---|---|---|---|")
for platform in ("z7020", "zu3eg", "k26", "zu7ev", "vu9p"):
    r = report(f"latency-{platform}")
    ms = 1e3 * r["latency_s"]
    fits = "" if r["resources"]["fits"] else ", does not fit"
    clock = ", clock above the estimate" if r["clock"]["above_estimate"] else ""
    print(f"| one image | neuroblend20 on {platform} at {r['platform']['clock_hz'] / 1e6:.0f} MHz{fits}{clock} | 0.38 ms | {ms:.4f} ms "
          f"| {'reached' if ms <= 0.38 else 'not reached'} |")
    print(f"| against the FPGA before | the same | 1.4x of 0.53 ms | {0.53 / ms:.1f}x | {'reached' if 0.53 / ms >= 1.4 else 'not reached'} |")

def ratio(form, of, what):
    """LUT over DSP with the widest and narrowest that the bands of both allow; errors that both share are not taken out."""
    (v1, (l1, h1)), (v2, (l2, h2)) = of(report(f"xnor-{form}")), of(report("xnor-dsp"))
    fits = "" if report(f"xnor-{form}")["resources"]["fits"] else f", where `{form}` does not fit"
    print(f"| XNOR in LUTs (`{form}`) over XNOR in DSP slices, power | {what}{fits} | 2.5x | {v1 / v2:.2f}x ({l1 / h2:.2f}..{h1 / l2:.2f}) "
          f"| {'reached' if v1 / v2 >= 2.5 else 'not reached'} |")

for form in ("lut", "fused"):
    ratio(form, lambda r: (r["power"]["by_unit"]["xnor_array"], r["power"]["by_unit_range"]["xnor_array"]),
          "xnor_array with popcount, accumulators, clocks; neuroblend20 on zu3eg")
    ratio(form, lambda r: (r["power"]["rails"]["core"], r["power"]["rails_range"]["core"]), "core rail of the whole machine, the same")
    ratio(form, lambda r: (r["power"]["total_w"], r["power"]["total_w_range"]), "everything, the same")
smaller = float(re.search(r"^blendmixer .* 1 / ([0-9.]+) ", open(f"{sys.argv[1]}/zoo.txt").read(), re.M)[1])
print(f"| model size of BlendMixer | weights of `blendsim zoo blendmixer` against 32 bits each and no path beside the binary one | 3.5x "
      f"| {smaller:.2f}x | {'reached' if smaller >= 3.5 else 'not reached'} |")
EOF
