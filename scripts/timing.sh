#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Synthesises units and buffers of rtl/ over a grid of parameters with yosys, and prints one row a point of the longest path
# between registers (scripts/longest_path.py, which has the cells' delays with their sources).
#   scripts/timing.sh [UNIT-PATTERN] [> rows]     default: every row of rtl/synthesis/timing_grid.csv
#   scripts/timing.sh --write                     ... and replaces rtl/synthesis/timing.csv with them
# Rows are what the delay forms' tests read (docs/accuracy.md). What is synthesised is what scripts/synthesise.sh counts, and
# is flattened behind it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
write=
[ "${1:-}" = --write ] && { write=1; shift; }
source scripts/synthesis.sh
install_packages python3

# point PLATFORM UNIT SETTINGS
point() {
  synthesise "$1" "$2" "$3" "flatten; opt_clean -purge; rename -top point; write_json $folder/netlist.json" &&
    scripts/longest_path.py "$folder/netlist.json" point
}

rows rtl/synthesis/timing_grid.csv "${1:-.}" levels,logic_ps,net_ps,from,to,cells
if [ -n "$write" ]; then cp "$folder/rows.csv" rtl/synthesis/timing.csv; fi
