#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh Debian 12 to the report of a first run: installs what is missing, builds, simulates.
#   scripts/demo.sh [OUTPUT_FOLDER]      default: build/demo
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES

export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
echo "== building build/release"
cmake --preset release -DBLENDSIM_TESTS=OFF >/dev/null
ninja -C build/release blendsim

blendsim=build/release/blendsim
out=${1:-build/demo}
mkdir -p "$out"

models=../shared/models
if [ -d "$models" ]; then
  echo "== CNV 1W1A, trained on CIFAR-10, on the picture of a deer (class 4)"
  "$blendsim" run "$models/cnv_w1a1_qonnx.onnx" --platform k26 --input "$models/deer_u8.npy" --input-scale 1/255 \
    --json "$out/cnv_deer.json"
else
  echo "== $models is not there: the trained CNV network is left out"
fi

echo "== NeuroBlend-20: binary main path, fixed-point skip path, seeded weights"
"$blendsim" zoo neuroblend20 -o "$out/neuroblend20.onnx"
"$blendsim" compile "$out/neuroblend20.onnx" --platform k26 -o "$out/neuroblend20.program"
"$blendsim" run "$out/neuroblend20.program" --json "$out/neuroblend20.json"
echo "== networks, programs and JSON reports are in $out"
