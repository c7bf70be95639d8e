#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Synthesises units, buffers and the whole machine of rtl/ over a grid of parameters with yosys, and prints one row of counts a point.
#   scripts/synthesise.sh [UNIT-PATTERN] [> rows]     default: every row of rtl/synthesis/grid.csv
#   scripts/synthesise.sh --write                     ... and replaces rtl/synthesis/xcup.csv with them
# Rows are what the estimator's tests read (docs/accuracy.md); the version that counted stands in each. A hierarchical
# synthesis: flattening an array takes minutes and gigabytes and changes the LUTs by less than 1 %.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
install_packages yosys
write=
[ "${1:-}" = --write ] && { write=1; shift; }
pattern=${1:-.}
blendsim=${BLENDSIM:-}
for build in build/release build/dev; do
  [ -z "$blendsim" ] && [ -x $build/blendsim ] && blendsim=$build/blendsim
done
[ -n "$blendsim" ] || { echo "build first: scripts/demo.sh or scripts/test.sh" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=$(yosys -V | awk '{print $1 " " $2}')

# yosys 0.23 takes the members of a struct for wires of one bit that nothing drives where a module has its own name for the
# struct's type: it reads copies that have the package's.
mkdir "$folder/rtl"
for file in rtl/*.sv; do
  names=$(sed -nE 's/^ *typedef (blendsim_pkg::\w+) (\w+);$/s|\\b\2\\b|\1|g;/p' "$file")
  sed -E "s/^ *typedef blendsim_pkg::.*//; $names" "$file" >"$folder/$file"
done

# The totals of the last block of `stat`: of the hierarchy, or of the only module. A LUT1 that yosys leaves as an inverter
# is an INV; distributed RAM and shift registers are counted in the LUTs that they occupy; a RAMB36E2 is two RAMB18.
counts() {
  awk '
    /^=== / {delete n}
    NF == 2 && $2 ~ /^[0-9]+$/ {n[$1] += $2}
    END {
      for (k = 1; k <= 6; ++k) lut += n["LUT" k]
      lut += n["INV"] + n["SRL16E"] + n["SRLC32E"]
      lut += 8 * (n["RAM32M16"] + n["RAM64M8"]) + 4 * (n["RAM32M"] + n["RAM64M"] + n["RAM128X1D"])
      lut += 2 * (n["RAM32X1D"] + n["RAM64X1D"]) + 8 * n["RAM256X1D"]
      ff = n["FDRE"] + n["FDSE"] + n["FDCE"] + n["FDPE"]
      printf "%d,%d,%d,%d,%d", lut, ff, n["DSP48E2"], n["RAMB18E2"] + 2 * n["RAMB36E2"], n["URAM288"]
    }' "$1"
}

# top UNIT: yosys commands that read a unit and make it the top. A buffer is cut out of machine.sv, which gives it its ports.
# Only files that the unit needs are read: abc's result depends on the numbers that everything read before gets.
top() {
  local buffer=${1#buffer }
  if [ "$buffer" = "$1" ]; then
    echo "read_verilog -sv -DSYNTHESIS $folder/package/blendsim_pkg.sv rtl/$1.sv; hierarchy -top $1 -libdir rtl"
  else
    echo "read_verilog -sv -DSYNTHESIS $folder/package/blendsim_pkg.sv $(echo rtl/{machine,banked_buffer,buffer,memory,multiplexer,one_hot_multiplexer}.sv)"
    echo "hierarchy -top machine; setattr -mod -unset top machine; select -set cut machine/$buffer %M"
    echo "setattr -mod -set top 1 @cut; rename -top cut; hierarchy -top cut"
  fi
}

# point PLATFORM UNIT SETTINGS: settings are "unit.parameter=value" separated by semicolons.
point() {
  local arguments=() settings setting
  IFS=';' read -ra settings <<<"$3"
  for setting in "${settings[@]}"; do arguments+=(--set "$setting"); done
  "$blendsim" rtl "$1" "${arguments[@]}" -o "$folder/package" >/dev/null
  { top "$2"; echo "synth_xilinx -family xcup -noiopad; tee -q -o $folder/stat.txt stat"; } >"$folder/point.ys"
  (cd "$folder" && yosys -q -s point.ys) >"$folder/log.txt" 2>&1 ||
    { grep ERROR "$folder/log.txt" >&2; echo "$1 $2 $3: yosys failed" >&2; return 1; }
  ! grep "implicitly declared" "$folder/log.txt" >&2 || { echo "$1 $2 $3: not what rtl/ says" >&2; return 1; }
  counts "$folder/stat.txt"
}

rows=$folder/rows.csv
echo "role,platform,unit,settings,lut,ff,dsp,ramb18,uram,version" >"$rows"
while IFS=, read -r role platform unit settings; do
  case $role in '' | '#'* | role) continue ;; esac
  [[ $unit =~ $pattern ]] || continue
  row="$role,$platform,$unit,$settings,$(point "$platform" "$unit" "$settings"),$version"
  echo "$row" | tee -a "$rows"
done <rtl/synthesis/grid.csv
[ "$(wc -l <"$rows")" -gt 1 ] || { echo "no row of rtl/synthesis/grid.csv has a unit that matches '$pattern'" >&2; exit 1; }
if [ -n "$write" ]; then cp "$rows" rtl/synthesis/xcup.csv; fi
