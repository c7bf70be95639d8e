#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Regenerates the tables of docs/accuracy.md: conformance of rtl/ with the model, resource and delay forms beside synthesis.
#   scripts/accuracy.sh [--long]      --long also runs the long programs (full neuroblend20, CNV 1W1A)
# Needs a build of the tests (scripts/test.sh). Counts of synthesis are read from rtl/synthesis/xcup.csv and paths from timing.csv
# there; scripts/synthesise.sh --write and scripts/timing.sh --write make them anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tests=build/dev/test
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
filter='-*Long*'
[ "${1:-}" = --long ] && filter='*'
for program in test_conformance test_machine_conformance test_estimate; do
  [ -n "$(find $tests -type f -name $program)" ] || { echo "$tests/$program is not built: scripts/test.sh" >&2; exit 1; }
done
export BLENDSIM_CONFORMANCE_TABLE=$folder/conformance.csv BLENDSIM_RESOURCE_TABLE=$folder/resources.csv
export BLENDSIM_TIMING_TABLE=$folder/timing.csv BLENDSIM_CLOCK_TABLE=$folder/clock.csv
touch "$BLENDSIM_CONFORMANCE_TABLE"
$tests/conformance/test_conformance --gtest_brief=1 --gtest_filter=-*Lint*
$tests/conformance/machine/test_machine_conformance --gtest_brief=1 --gtest_filter="$filter"
$tests/test_estimate --gtest_brief=1 --gtest_filter='Synthesis.*:Timing.*:Clock.*'

{
  echo "| case | platform | instructions | RTL cycles | model cycles | differing cycles | words | differing words |"
  echo "|---|---|---|---|---|---|---|---|"
  grep -v '^kind,' "$BLENDSIM_CONFORMANCE_TABLE" | sort | awk -F, '{printf "| %s %s | %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $7, $8, $9}'
} >"$folder/conformance.md"
{
  echo "| module | point | role | LUT counted | form | % | FF counted | form | % | DSP | RAMB18 | URAM |"
  echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
  awk -F, '{printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", $3, $4 == "" || $2 != "zu3eg" ? $2 " " $4 : $4, $1, $5, $6, $7, $8, $9, $10, $11, $12, $13}' \
    "$BLENDSIM_RESOURCE_TABLE"
} >"$folder/resources.md"
{
  echo "| module | point | role | levels found | form | logic found, ps | form | % | from | to |"
  echo "|---|---|---|---|---|---|---|---|---|---|"
  awk -F, '{printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", $3, $4 == "" || $2 != "zu3eg" ? $2 " " $4 : $4, $1, $5, $6, $7, $8, $9, $10, $11}' \
    "$BLENDSIM_TIMING_TABLE"
} >"$folder/timing.md"
{
  echo "| platform | device | clock, MHz | estimate | band | limited by | from | to | levels | reported to close at |"
  echo "|---|---|---|---|---|---|---|---|---|---|"
  awk -F, '{printf "| %s | %s | %s | %s | %s to %s | %s | %s | %s | %s | %s to %s |\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12}' \
    "$BLENDSIM_CLOCK_TABLE"
} >"$folder/clock.md"

# replace NAME: what stands between the markers of that name.
replace() {
  awk -v name="$1" -v table="$folder/$1.md" '
    $0 == "<!-- begin " name " -->" {print; while ((getline line <table) > 0) print line; skip = 1}
    $0 == "<!-- end " name " -->" {skip = 0}
    !skip {if ($0 != "<!-- begin " name " -->") print}' docs/accuracy.md >"$folder/page.md"
  cp "$folder/page.md" docs/accuracy.md
}
replace conformance
replace resources
replace timing
replace clock
