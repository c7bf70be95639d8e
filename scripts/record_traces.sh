#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the recorded runs of traces/, in every format. Equal BlendSims make equal files; test/system/traces_test.cpp checks that
# traces/ holds what this makes.
#   scripts/record_traces.sh [FOLDER [BLENDSIM]]        default: traces build/dev/blendsim
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-$root/traces}
blendsim=${2:-$root/build/dev/blendsim}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"

# NAME, then options of run: a Blend network of one block a stage and 8 channels, on zu3eg.
record() {
  local name=$1
  shift
  local formats=() ending
  for ending in pftrace fst sqlite npy; do formats+=(--trace "$folder/$name.$ending"); done
  "$blendsim" run "$work/net.onnx" --platform zu3eg "${formats[@]}" "$@" >"$work/report" 2>"$work/log" ||
    { cat "$work/log" >&2; exit 1; }
}

"$blendsim" zoo neuroblend_tiny -o "$work/net.onnx" >/dev/null
record block
# The same behind a slow memory, tokens that take their time and queues of two.
record stalled --set memory.read_latency="400 cycles" --set dispatcher.token_latency="12 cycles" --set dispatcher.queue_depth=2
# One bit of a weight of the second block's convolution flips after the weights have come; what became of it is printed.
record upset --flip 1000:weights_binary:2:3
sed -n '/^upset /,$p' "$work/report" >"$folder/upset.txt"
