#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Applies the exercise of docs/adding.md to a copy of the tree and builds it there.
#   maximum_unit.sh FOLDER units          its units and instruction set compile
#   maximum_unit.sh FOLDER conformance    model and RTL of the unit, and of a machine with it, agree in every word and cycle
# FOLDER is kept: what did not change is not compiled again.
set -euo pipefail
source_tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
new=$folder/new tree=$folder/tree build=$folder/build
export CCACHE_BASEDIR="$tree" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# The patched copy replaces the one of the last time file by file, where they differ.
rm -rf "$new"
mkdir -p "$new" "$tree"
(cd "$source_tree" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -f "$file" ] || printf '%s\0' "$file"
done | tar --null -T - -c) | tar -x -C "$new"
# Beyond the ceiling git sees no repository, and applies to the files here.
(cd "$new" && GIT_CEILING_DIRECTORIES=$folder git apply "$source_tree/docs/examples/maximum_unit.patch")
(cd "$new" && find . -type f | while IFS= read -r file; do
  cmp -s "$file" "$tree/$file" || { mkdir -p "$tree/$(dirname "$file")" && cp -p "$file" "$tree/$file" && touch "$tree/$file"; }
done)
(cd "$tree" && find . -type f | while IFS= read -r file; do [ -f "$new/$file" ] || rm "$file"; done)
ln -sfn "$source_tree/../shared" "$folder/shared"

cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=6 \
  -DBLENDSIM_CONFORMANCE_UNITS=maximum_unit -DBLENDSIM_CONFORMANCE_PLATFORMS="zu3eg;tiny;wide;odd" >/dev/null
case $2 in
  units) ninja -C "$build" blendsim_units blendsim_isa ;;
  conformance)
    ninja -C "$build" test_conformance test_machine_conformance
    "$build/test/conformance/test_conformance" --gtest_filter='*maximum_unit*:RtlLint*'
    "$build/test/conformance/machine/test_machine_conformance" --gtest_filter='MaximumUnit.*'
    ;;
  *) echo "usage: maximum_unit.sh FOLDER units|conformance" >&2; exit 2 ;;
esac
