#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Toggle counts of synthesised netlists (test/activity/netlist_activity.cpp says what is counted).
#   scripts/activity.sh netlist PLATFORM FILE      synthesises the platform's machine with yosys: JSON, hierarchical; 5 minutes
#                                                  of processor time
#   scripts/activity.sh rows PLATFORM JSON FOLDER  counts of the networks below on that netlist: FOLDER/NETWORK-PLATFORM.csv
#   scripts/activity.sh verilog TOP SOURCE FILE    the same of any Verilog module
#   scripts/activity.sh icarus PROGRAM JSON INSTANCE FROM TO
#                                                  counts toggles of one unit in cycles [FROM, TO) once more, in Icarus, from
#                                                  the Verilog of its netlist and yosys's cells, and compares them net by net
#   scripts/activity.sh fit [FOLDER]               netlists of zu3eg in each form of XNOR and of z7020, runs, and configs/activity/ made
#                                                  anew from them; an hour of processor time. What was counted stays in FOLDER (build/activity)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# yosys's cells and maps of Xilinx parts.
library() { echo "$(dirname "$(dirname "$(command -v yosys)")")/share/yosys/xilinx"; }

# brams_xcu_map.v of yosys 0.23 writes the parity bits of the upper half of a 72-bit word from those of the lower half
# (PORT_W_WIDTH == 71). Counts of cells do not show it, contents do: block RAM is mapped with the file corrected, by the
# commands that synth_xilinx has there.
steps() {
  sed 's/PORT_W_WIDTH == 71/PORT_W_WIDTH == 72/' "$(library)/brams_xcu_map.v" >"$folder/brams_xcu_map.v"
  cp "$(library)/brams_defs.vh" "$folder"
  cat <<'EOF'
synth_xilinx -family xcup -noiopad -run begin:map_memory
memory_libmap -logic-cost-rom 0.015625 -lib +/xilinx/lutrams_xcu.txt -lib +/xilinx/brams_xc4v.txt -D HAS_SIZE_36 -D HAS_MIXWIDTH_SDP -D HAS_ADDRCE -lib +/xilinx/urams.txt -no-auto-huge
techmap -map +/xilinx/lutrams_xc5v_map.v
techmap -map brams_xcu_map.v
techmap -map +/xilinx/urams_map.v
synth_xilinx -family xcup -noiopad -run map_ffram:
EOF
}

# netlist PLATFORM FILE
netlist() {
  source scripts/synthesis.sh
  synthesis=$(steps)
  synthesise "$1" machine "" "write_json $(realpath "$2")"
}

# row NAME NETWORK INPUT...: of rows, one network with netlist_activity's options for its input.
row() {
  local name=$1 network=$2
  shift 2
  "$blendsim" compile "$network" --platform "$platform" -o "$folder/$name.program" -q
  "$tool" "$folder/$name.program" --netlist "$json" --network "$name" --csv "$rows/$name-$platform.csv" \
    --parts "$rows/parts-$platform.csv" "$@"
}

# rows PLATFORM JSON FOLDER: trained networks and their inputs where ../shared/models is, made-up ones, and both ends of what
# data can do: random images, equal words.
rows() {
  local blendsim=${BLENDSIM:-build/dev/blendsim} tool=${NETLIST_ACTIVITY:-build/dev/netlist_activity} models=../shared/models
  local platform=$1 json=$2 rows=$3
  source scripts/packages.sh
  install_packages python3-onnx python3-numpy
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mkdir -p "$rows"
  "$blendsim" zoo neuroblend20 -o "$folder/neuroblend20.onnx" -q
  "$blendsim" zoo convnet_mixed -o "$folder/convnet_mixed.onnx" -q
  /usr/bin/python3 test/activity/equal_words.py "$folder/neuroblend20.onnx" "$folder/equal.onnx"
  /usr/bin/python3 -c "import numpy; numpy.save('$folder/zero.npy', numpy.zeros((1, 3, 32, 32), 'float32'))"
  row neuroblend20_random "$folder/neuroblend20.onnx"
  row neuroblend20_equal "$folder/equal.onnx" --input "$folder/zero.npy"
  row convnet_mixed "$folder/convnet_mixed.onnx"
  [ -d "$models" ] || { echo "no ../shared/models: no trained networks" >&2; return 0; }
  /usr/bin/python3 - "$models" "$folder" <<'EOF'
import sys, numpy
for name in ("cifar10_test_first20_u8", "kws_first200_i8"):
    numpy.save(f"{sys.argv[2]}/{name}.npy", numpy.load(f"{sys.argv[1]}/{name}.npy")[:1].astype("float32"))
EOF
  row neuroblend20 "$folder/neuroblend20.onnx" --input "$folder/cifar10_test_first20_u8.npy" --input-scale 1/255
  row cnv_w1a1 "$models/cnv_w1a1_qonnx.onnx" --input "$folder/cifar10_test_first20_u8.npy" --input-scale 1/255
  row kws_w3a3 "$models/kws_w3a3_qonnx.onnx" --input "$folder/kws_first200_i8.npy" --input-scale 0.33674246
}

# verilog TOP SOURCE FILE
verilog() {
  source scripts/packages.sh
  install_packages yosys
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  { echo "read_verilog -sv $(realpath "$2"); hierarchy -top $1"; steps; echo "write_json $(realpath "$3")"; } >"$folder/steps.ys"
  (cd "$folder" && yosys -q -s steps.ys)
}

# icarus PROGRAM JSON INSTANCE FROM TO
icarus() {
  source scripts/packages.sh
  install_packages yosys iverilog python3
  local tool=${NETLIST_ACTIVITY:-build/dev/netlist_activity}
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  "$tool" "$1" --netlist "$2" --record "$folder" --instance "$3" --from "$4" --to "$5"
  local module
  module=$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["modules"]["machine"]["cells"][sys.argv[2]]["type"])' "$2" "$3")
  yosys -q -p "read_json $2; hierarchy -top $module; write_verilog -noattr -norename $folder/unit.v"
  # What nothing initialises or drives is 0, as in the machine that was recorded.
  sed -Ei ":again; s/\b([0-9]+'[hb][0-9a-f]*)x/\10/; t again" "$folder/unit.v"
  iverilog -g2012 -s bench -DMODULE="\\$module " -o "$folder/bench" "$folder/bench.v" "$folder/unit.v" "$(library)/cells_sim.v" \
    test/activity/rtl/dsp48e2_cell.v rtl/dsp48e2.sv
  (cd "$folder" && vvp -n bench >/dev/null)
  test/activity/compare_toggles.py "$folder/toggles.csv" "$folder/bench.vcd"
}

# count FOLDER PLATFORM-FILE NAME NETWORK [netlist_activity's options]: skipped where it was done
count() {
  local folder=$1 platform=$2 name=$3 network=$4 at
  shift 4
  at=$folder/$name-$(basename "$platform" .yaml)
  [ -s "$at.counts.csv" ] && return
  "${BLENDSIM:-build/dev/blendsim}" compile "$network" --platform "$platform" -o "$at.program" >/dev/null
  "${NETLIST_ACTIVITY:-build/dev/netlist_activity}" "$at.program" --netlist "$folder/$(basename "$platform" .yaml).json" \
    --network "$name" --csv "$at.part.csv" --terms "$at.terms.csv" \
    --parts "$folder/$(basename "$platform" .yaml).parts.csv" --window 32 "$@"
  mv "$at.part.csv" "$at.counts.csv"
}

# fit [FOLDER]: neuroblend20 and convnet_mixed on zu3eg are fitted to; what else there is, another machine too, is held out.
fit() {
  local folder=${1:-build/activity} models=../shared/models image=() network platform name
  # Of a picture where there is one: noise is held out.
  [ -f $models/deer_u8.npy ] && image=(--input $models/deer_u8.npy --input-scale 1/255)
  mkdir -p "$folder"
  for network in neuroblend20 convnet_mixed; do
    [ -f "$folder/$network.onnx" ] || "${BLENDSIM:-build/dev/blendsim}" zoo $network -o "$folder/$network.onnx" >/dev/null
  done
  [ -f "$folder/equal20.onnx" ] || /usr/bin/python3 test/activity/equal_words.py "$folder/neuroblend20.onnx" "$folder/equal20.onnx"
  local form
  for form in lut fused; do
    printf 'schema: blendsim.platform/1\nextends: zu3eg\nname: zu3eg-%s\nxnor_array: {implementation: %s}\n' $form $form \
      >"$folder/zu3eg-$form.yaml"
  done
  for platform in zu3eg z7020 "$folder/zu3eg-lut.yaml" "$folder/zu3eg-fused.yaml"; do
    name=$(basename "$platform" .yaml)
    [ -s "$folder/$name.json" ] || "$0" netlist "$platform" "$folder/$name.json"
    count "$folder" "$platform" neuroblend20 "$folder/neuroblend20.onnx" "${image[@]}"
    count "$folder" "$platform" convnet_mixed "$folder/convnet_mixed.onnx"
    count "$folder" "$platform" random20 "$folder/neuroblend20.onnx" --seed 7
    count "$folder" "$platform" equal20 "$folder/equal20.onnx"
    [ -d $models ] || continue
    count "$folder" "$platform" cnv $models/cnv_w1a1_qonnx.onnx "${image[@]}"
    count "$folder" "$platform" kws $models/kws_w3a3_qonnx.onnx
    count "$folder" "$platform" tfc $models/tfc_w1a1_qonnx.onnx
  done
  write_fit "$folder" dsp zu3eg z7020
  write_fit "$folder" lut zu3eg-lut
  write_fit "$folder" fused zu3eg-fused
}

# write_fit FOLDER FORM PLATFORM...: fitted on the first platform, held out on all
write_fit() {
  local folder=$1 form=$2 platform counts=() terms=() parts=()
  shift 2
  for platform in "$@"; do
    counts+=("$folder"/*-"$platform".counts.csv)
    terms+=("$folder"/*-"$platform".terms.csv)
    parts+=("$folder/$platform.parts.csv")
  done
  /usr/bin/python3 scripts/activity_fit.py --counts "${counts[@]}" --terms "${terms[@]}" --parts "${parts[@]}" \
    --fit "neuroblend20@$1" "convnet_mixed@$1" --form "$form" --version "$(yosys -V | awk '{print $1 " " $2}')" \
    --write configs/activity
}

case ${1:-} in
  fit) shift; source scripts/packages.sh; install_packages yosys python3-scipy python3-yaml python3-onnx; fit "$@" ;;
  netlist | rows | verilog | icarus) "$@" ;;
  *) sed -n '/^#   /s/^# //p' "$0" >&2; exit 2 ;;
esac
