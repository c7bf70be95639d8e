#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Median wall times of whole processes, beside ONNX Runtime on one thread where Node has it.
#   scripts/bench.sh [REPEATS]           default: 7
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repeats=${1:-7}
blendsim=build/release/blendsim
[ -x "$blendsim" ] || { echo "build first: scripts/demo.sh" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# median COMMAND...: wall milliseconds
median() {
  local i begin end
  for ((i = 0; i < repeats; ++i)); do
    begin=$(date +%s%N)
    "$@" >/dev/null
    end=$(date +%s%N)
    echo $(((end - begin) / 1000))
  done | sort -n | awk '{v[NR] = $1} END {printf "%.1f", v[int((NR + 1) / 2)] / 1000}'
}
row() { printf '%-52s %10s ms\n' "$1" "$2"; }

"$blendsim" zoo neuroblend20 -o "$folder/nb20.onnx" >/dev/null
"$blendsim" compile "$folder/nb20.onnx" --platform zu3eg -o "$folder/nb20.program" --lowered "$folder/nb20_lowered.onnx" >/dev/null
echo "median of $repeats, $(nproc) processors"
row "neuroblend20: lower, compile and run" "$(median "$blendsim" run "$folder/nb20.onnx" --platform zu3eg)"
row "neuroblend20: run the program" "$(median "$blendsim" run "$folder/nb20.program")"
row "neuroblend20: run the program, timing only" "$(median "$blendsim" run "$folder/nb20.program" --timing-only)"
models=../shared/models
if [ -d "$models" ]; then
  "$blendsim" compile "$models/cnv_w1a1_qonnx.onnx" --platform zu3eg -o "$folder/cnv.program" --lowered "$folder/cnv_lowered.onnx" >/dev/null
  row "cnv: run the program" "$(median "$blendsim" run "$folder/cnv.program" --input "$models/deer_u8.npy" --input-scale 1/255)"
  row "cnv: run the program, timing only" "$(median "$blendsim" run "$folder/cnv.program" --timing-only)"
else
  echo "$models is not there: cnv left out"
fi

bench=build/release/blendsim_bench
if [ -x "$bench" ]; then
  echo "the warm machine, one process (build/bench.json holds every repetition)"
  "$bench" --benchmark_repetitions="$repeats" --benchmark_report_aggregates_only=true \
    --benchmark_out=build/bench.json --benchmark_out_format=json "$folder"/*.program 2>/dev/null |
    awk '/_median/ {split($0, counter, "hardware_ms="); split(counter[2], hardware, " ")
                    printf "%-52s %10.3f ms   (the hardware: %s ms)\n", $1, $2, hardware[1]}'
else
  echo "$bench is not built (cmake --preset release -DBLENDSIM_BENCH=ON): no warm machine"
fi

if command -v node >/dev/null && [ -d test/node_modules/onnxruntime-node ]; then
  for model in "$folder"/*.onnx; do
    (cd test && node ort/time.mjs "$model" "$repeats")
  done
else
  echo "ONNX Runtime is not installed (scripts/test.sh does it): no comparison"
fi
