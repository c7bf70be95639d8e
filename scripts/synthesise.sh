#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Synthesises units, buffers and the whole machine of rtl/ over a grid of parameters with yosys, and prints one row of counts a point.
#   scripts/synthesise.sh [UNIT-PATTERN] [> rows]     default: every row of rtl/synthesis/grid.csv
#   scripts/synthesise.sh --write                     ... and replaces rtl/synthesis/xcup.csv with them
# Rows are what the estimator's tests read (docs/accuracy.md); the version that counted stands in each. A hierarchical
# synthesis: flattening an array takes minutes and gigabytes and changes the LUTs by less than 1 %.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
write=
[ "${1:-}" = --write ] && { write=1; shift; }
source scripts/synthesis.sh

# The totals of the last block of `stat`: of the hierarchy, or of the only module. A LUT1 that yosys leaves as an inverter
# is an INV; distributed RAM and shift registers are counted in the LUTs that they occupy; a RAMB36E2 is two RAMB18.
counts() {
  awk '
    /^=== / {delete n}
    NF == 2 && $2 ~ /^[0-9]+$/ {n[$1] += $2}
    END {
      for (k = 1; k <= 6; ++k) lut += n["LUT" k]
      lut += n["LUT6_2"]
      lut += n["INV"] + n["SRL16E"] + n["SRLC32E"]
      lut += 8 * (n["RAM32M16"] + n["RAM64M8"]) + 4 * (n["RAM32M"] + n["RAM64M"] + n["RAM128X1D"])
      lut += 2 * (n["RAM32X1D"] + n["RAM64X1D"]) + 8 * n["RAM256X1D"]
      ff = n["FDRE"] + n["FDSE"] + n["FDCE"] + n["FDPE"]
      printf "%d,%d,%d,%d,%d", lut, ff, n["DSP48E2"], n["RAMB18E2"] + 2 * n["RAMB36E2"], n["URAM288"]
    }' "$1"
}

# point PLATFORM UNIT SETTINGS
point() {
  synthesise "$1" "$2" "$3" "tee -q -o $folder/stat.txt stat" && counts "$folder/stat.txt"
}

rows rtl/synthesis/grid.csv "${1:-.}" lut,ff,dsp,ramb18,uram
if [ -n "$write" ]; then cp "$folder/rows.csv" rtl/synthesis/xcup.csv; fi
