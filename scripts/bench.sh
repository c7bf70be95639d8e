#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Speed, each figure beside its reference in the same run: installs and builds what it needs, prints one table and writes
# build/bench.json.
#   scripts/bench.sh [ROUNDS]           default: 5
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $BENCH_PACKAGES
command -v node >/dev/null && command -v npm >/dev/null || install_packages nodejs npm
if [ ! -d test/node_modules/onnxruntime-node ] || [ ! -d test/node_modules/onnx-proto ]; then
  (cd test && npm install --ignore-scripts --no-audit --no-fund >&2) || echo "ONNX Runtime could not be installed" >&2
fi

export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
echo "== building build/bench" >&2
cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DBLENDSIM_TESTS=OFF -DBLENDSIM_BENCH=ON >/dev/null
ninja -C build/bench blendsim blendsim_bench >&2

options=()
models=../shared/models
if [ -d "$models" ]; then
  options+=(--cnv "$models/cnv_w1a1_qonnx.onnx")
else
  echo "$models is not there: CNV is left out" >&2
fi
for rtl in build/*/rtl_conformance build/*/test/rtl_conformance build/*/test/conformance/machine/rtl_conformance; do
  [ -x "$rtl" ] && options+=(--rtl "$rtl") && break
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node test/bench/bench.mjs --blendsim build/bench/blendsim --bench build/bench/blendsim_bench --work "$work" \
  --json build/bench.json --rounds "${1:-5}" "${options[@]}"
