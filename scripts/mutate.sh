#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Puts one deliberate error at a time into a copy of the tree and demands that a test fails.
#   scripts/mutate.sh [NAME-PATTERN]     default: every row of test/mutations.txt
#   scripts/mutate.sh --check            builds nothing: each row's text stands in its file
# A row that no test catches, that changes nothing or that does not build is an error: exit status 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ "${1:-}" = --check ]; then
  awk -F'|' '!/^#/ && NF > 0 && NF != 6 { print "test/mutations.txt:" NR ": " NF " fields, 6 are due: " $1; bad = 1 }
             END { exit bad }' test/mutations.txt
  status=0
  while IFS='|' read -r name file from _; do
    case $name in '' | '#'*) continue ;; esac
    [ -f "$file" ] && FROM=$from perl -0ne 'exit(index($_, $ENV{FROM}) < 0)' "$file" && continue
    echo "$name: its text does not stand in $file"
    status=1
  done <test/mutations.txt
  exit $status
fi
pattern=${1:-.}
source_tree=$PWD
copy=$PWD/build/mutants
jobs=$(nproc)
export CCACHE_BASEDIR="$copy/tree" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# The copy follows the tree by content: what did not change keeps its time stamp, and its objects.
sync_copy() {
  local list
  mkdir -p "$copy/tree"
  list=$(mktemp)
  (cd "$source_tree" && git ls-files --cached --others --exclude-standard) >"$list"
  while read -r file; do
    [ -f "$source_tree/$file" ] || continue
    cmp -s "$source_tree/$file" "$copy/tree/$file" && continue
    mkdir -p "$copy/tree/$(dirname "$file")"
    cp "$source_tree/$file" "$copy/tree/$file"
  done <"$list"
  rm -f "$list"
  ln -sfn "$source_tree/../shared" "$copy/shared"
  mkdir -p "$copy/tree/test"
  [ -d "$source_tree/test/node_modules" ] && ln -sfn "$source_tree/test/node_modules" "$copy/tree/test/node_modules"
  return 0
}

program() { find "$copy/build/test" -type f -name "$1"; }
build() { ninja -C "$copy/build" -j"$jobs" "$1" >"$copy/build.log" 2>&1; }

sync_copy
cmake -S "$copy/tree" -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
  -DBLENDSIM_CONFORMANCE_PLATFORMS=tiny >/dev/null

# Without a mutation every named test passes; else a failure would show nothing.
while IFS='|' read -r name _ _ _ target filter; do
  case $name in '' | '#'*) continue ;; esac
  [[ $name =~ $pattern ]] || continue
  echo "$target $filter"
done <test/mutations.txt | sort -u | while read -r target filter; do
  build "$target" || { tail -20 "$copy/build.log" >&2; echo "the tree itself does not build $target" >&2; exit 1; }
  "$(program "$target")" --gtest_brief=1 --gtest_filter="$filter" >"$copy/test.log" 2>&1 ||
    { tail -20 "$copy/test.log" >&2; echo "$target $filter fails without a mutation" >&2; exit 1; }
  grep -q '\[  PASSED  \] [1-9]' "$copy/test.log" || { echo "$target $filter runs no test" >&2; exit 1; }
done

survivors=0
rows=0
printf '%-44s %-34s %s\n' mutation file verdict
while IFS='|' read -r name file from to target filter; do
  case $name in '' | '#'*) continue ;; esac
  [[ $name =~ $pattern ]] || continue
  rows=$((rows + 1))
  mutant="$copy/tree/$file"
  FROM=$from TO=$to perl -0pi -e 's/\Q$ENV{FROM}\E/$ENV{TO}/' "$mutant"
  if cmp -s "$source_tree/$file" "$mutant"; then
    verdict="NOT APPLIED: the file does not hold the text"
  elif ! build "$target"; then
    verdict="DOES NOT BUILD: $(grep -m1 -iE 'error' "$copy/build.log" || true)"
  elif timeout 600 "$(program "$target")" --gtest_brief=1 --gtest_fail_fast --gtest_filter="$filter" \
      >"$copy/test.log" 2>&1; then
    verdict="SURVIVED $target $filter"
  else
    verdict="caught by $(grep -m1 -oE '^\[  FAILED  \] [^ (,]+' "$copy/test.log" | sed 's/.*\] //' || true)"
  fi
  printf '%-44s %-34s %s\n' "$name" "$file" "$verdict"
  [[ $verdict == caught* ]] || survivors=$((survivors + 1))
  cp "$source_tree/$file" "$mutant"
done <test/mutations.txt
[ "$rows" -gt 0 ] || { echo "no row of test/mutations.txt has a name that matches '$pattern'" >&2; exit 1; }
[ "$survivors" -eq 0 ] || { echo "$survivors mutations were not caught" >&2; exit 1; }
