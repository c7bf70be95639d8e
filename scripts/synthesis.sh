# SPDX-License-Identifier: Apache-2.0
# Sourced by synthesise.sh and timing.sh: what both need to bring points of a grid through yosys. Sets
#   folder    a temporary one, removed at the end       version   of yosys, as rows carry it
source scripts/packages.sh
install_packages yosys
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

# synthesise PLATFORM UNIT SETTINGS COMMANDS: a hierarchical synthesis, then yosys' COMMANDS. Settings are
# "unit.parameter=value" separated by semicolons. What synthesises can be given in `synthesis`.
synthesise() {
  local arguments=() settings setting
  IFS=';' read -ra settings <<<"$3"
  for setting in "${settings[@]}"; do arguments+=(--set "$setting"); done
  "$blendsim" rtl "$1" "${arguments[@]}" -o "$folder/package" >/dev/null || return
  { top "$2"; echo "${synthesis:-synth_xilinx -family xcup -noiopad}"; echo "$4"; } >"$folder/point.ys"
  (cd "$folder" && yosys -q -s point.ys) >"$folder/log.txt" 2>&1 ||
    { grep ERROR "$folder/log.txt" >&2; echo "$1 $2 $3: yosys failed" >&2; return 1; }
  ! grep "implicitly declared" "$folder/log.txt" >&2 || { echo "$1 $2 $3: not what rtl/ says" >&2; return 1; }
}

# rows GRID PATTERN COLUMNS: the grid's points of units that match, each with what `point PLATFORM UNIT SETTINGS` prints under
# COLUMNS; on standard output and in $folder/rows.csv.
rows() {
  local role platform unit settings row columns
  echo "role,platform,unit,settings,$3,version" >"$folder/rows.csv"
  while IFS=, read -r role platform unit settings; do
    case $role in '' | '#'* | role) continue ;; esac
    [[ $unit =~ $2 ]] || continue
    columns=$(point "$platform" "$unit" "$settings")
    row="$role,$platform,$unit,$settings,$columns,$version"
    echo "$row" | tee -a "$folder/rows.csv"
  done <"$1"
  [ "$(wc -l <"$folder/rows.csv")" -gt 1 ] || { echo "no row of $1 has a unit that matches '$2'" >&2; return 1; }
}
