#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Random original networks against ONNX Runtime (docs/accuracy.md, "Against the original network"): COUNT of them from SEED on.
#   scripts/differential.sh [COUNT [SEED]]      default: 20000 networks from seed 1; about 40 a second and core
# build/differential/SEED/ takes a shrunk case for each kind of fault (model.onnx, x.npy, expected.npy, README.txt) and the
# progress: another call goes on where the last one ended. Exit status 0: no fault, 4: some, 1: it cannot run here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
count=${1:-20000}
seed=${2:-1}
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

if [ ! -d test/node_modules/onnxruntime-node ]; then
  (cd test && npm install --ignore-scripts --no-audit --no-fund) || { echo "ONNX Runtime cannot be installed" >&2; exit 1; }
fi
[ -f build/dev/build.ninja ] || cmake --preset dev >/dev/null
ninja -C build/dev differential >/dev/null
exec build/dev/test/differential/differential "$count" "$seed" "$PWD/build/differential/$seed"
