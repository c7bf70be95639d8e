#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The comparisons of docs/bomp.md: accuracy against size and energy with and without fine-tuning in the loop, against
# random and against a search that sees no simulator. Prints the tables; keeps studies and journals in FOLDER.
#   scripts/bomp.sh FOLDER             digits, from the recorded table: some minutes
#   scripts/bomp.sh FOLDER --fashion   besides, Fashion-MNIST for real: half an hour to two on two cores
# BLENDSIM names the program (build/release/blendsim), SEEDS how many seeds a method has (5).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
blendsim=${BLENDSIM:-$root/build/release/blendsim} folder=${1:?folder} seeds=${SEEDS:-5}
mkdir -p "$folder"

# study FROM NAME SED...: a study like configs/studies/FROM, changed, run to a table NAME.csv.
study() {
  local from=$1 name=$2
  shift 2
  sed -e "s|\.\./\.\./python|$root/python|g" -e "s|tables/|$root/configs/studies/tables/|" "${@/#/-e}" \
    "$root/configs/studies/$from.yaml" > "$folder/$name.yaml"
  local begin=$EPOCHREALTIME
  "$blendsim" explore "$folder/$name.yaml" --csv "$folder/$name.csv" -q
  echo "$name $(echo "$EPOCHREALTIME - $begin" | bc)" >> "$folder/seconds"
}

size='s/energy: min/size: min/' none='s/fidelity: [0-9]*/fidelity: 0/'
grid='s/name: bayes, seed: 1, batch: 4/name: grid, batch: 64/;s/oracle_calls: [0-9]*/evaluations: 1000000/'
all='s/objectives: .*/objectives: {accuracy: max, energy: min, size: min, latency: min}/;/^limits/d'
study bomp-digits all-tuned "$all" "$grid"
study bomp-digits all-untuned "$all" "$grid" "$none"
for seed in $(seq "$seeds"); do
  own="s/seed: 1/seed: $seed/"
  for method in bayes random evolve; do
    study bomp-digits "$method-energy-$seed" "$own" "s/name: bayes/name: $method/"
    study bomp-digits "$method-size-$seed" "$own" "s/name: bayes/name: $method/" "$size"
  done
  study bomp-digits "untuned-energy-$seed" "$own" "$none"
  study bomp-digits "untuned-size-$seed" "$own" "$none" "$size"
done
/usr/bin/python3 "$root/scripts/bomp_tables.py" "$folder" "$seeds"

[ "${2:-}" = --fashion ] || exit 0
study bomp-fashion fashion-tuned
study bomp-fashion fashion-untuned "$none"
study bomp-fashion fashion-random "s/name: bayes/name: random/"
/usr/bin/python3 "$root/scripts/bomp_tables.py" "$folder" --fashion
