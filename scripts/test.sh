#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything from what the tree holds and runs every test. Exit status 0 only if all of them pass.
# --long: also many programs on rtl/ and more platforms of it (label `long`), which take the better part of an hour.
set -euo pipefail
labels=(-LE long)
[ "${1:-}" = --long ] && labels=()
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES $TEST_PACKAGES
jobs=$(nproc)
# A build in another folder finds what this one compiled; precompiled headers need to be told that they may be cached.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# ONNX Runtime for Node is the judge of values; tests that need it skip with a reason when it cannot be had.
command -v node >/dev/null && command -v npm >/dev/null || install_packages nodejs npm || true
if [ ! -d test/node_modules/onnxruntime-node ]; then
  if ! (cd test && npm install --ignore-scripts --no-audit --no-fund); then
    echo "SKIPPED: ONNX Runtime could not be installed; comparisons with it will be skipped" >&2
  fi
fi
scripts/trace_processor.sh || echo "SKIPPED: Perfetto's trace processor could not be fetched; its sums will not be compared" >&2

# The page is looked at in a browser, and its bundle made again; both skip with a reason where that cannot be had.
command -v chromium >/dev/null || install_packages chromium || true
if [ ! -d page/node_modules/playwright-core ]; then
  (cd page && npm ci --no-audit --no-fund) || echo "SKIPPED: the page's tools could not be installed" >&2
fi

# Another compiler's binary: reports must have the same digest, programs the same bytes. The same build, with sanitizers,
# is the fuzzers'.
if command -v clang++ >/dev/null; then
  SEED=1 scripts/fuzz.sh all 30
  [ -f build/clang/build.ninja ] || cmake -S . -B build/clang -G Ninja -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=5 -DBLENDSIM_TESTS=OFF >/dev/null
  ninja -C build/clang -j"$jobs" blendsim
else
  echo "SKIPPED: clang++ is not installed; nothing is fuzzed, digests of two compilers will not be compared" >&2
fi

# shellcheck disable=SC2086
install_packages $MPI_PACKAGES || echo "SKIPPED: MPI could not be installed; blendsim-mpi is neither built nor tested" >&2
mpi=OFF
command -v mpicxx >/dev/null && [ -f /usr/include/boost/mpi.hpp ] && mpi=ON
cmake --preset dev -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=6 -DBLENDSIM_MPI=$mpi >/dev/null
ninja -C build/dev -j"$jobs"
ctest --test-dir build/dev -j2 --output-on-failure "${labels[@]}"
