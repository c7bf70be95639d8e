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
  "$blendsim" run "$work/net.onnx" --platform zu3eg "${formats[@]}" "$@" >/dev/null 2>"$work/log" ||
    { cat "$work/log" >&2; exit 1; }
}

"$blendsim" zoo neuroblend_tiny -o "$work/net.onnx" >/dev/null
record block
# The same behind a slow memory, tokens that take their time and queues of two.
record stalled --set memory.read_latency="400 cycles" --set dispatcher.token_latency="12 cycles" --set dispatcher.queue_depth=2
# One bit of the first block's output, upset between its writing and its reading.
if "$blendsim" run --help | grep -q -- --flip; then
  record upset --flip 1000:act_fixed:0:0
fi
