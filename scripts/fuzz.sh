#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the readers of every kind of file, two at a time, with sanitizers (docs/fuzzing.md).
#   scripts/fuzz.sh [TARGET|all] [SECONDS]     targets: npy png yaml program onnx; default: all, 60 s each
# Prints executions and findings of each target; exit status 1 when there is a finding. What was found lies in
# build/fuzz/TARGET/findings. BLENDSIM_FUZZ_JOBS=1 runs one at a time; TIMEOUT=N gives an input N seconds of wall time instead of
# 10 or 25, for a machine that has other work.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
chosen=${1:-all}
seconds=${2:-60}
targets=(npy png yaml program onnx)
if [ "$chosen" != all ]; then
  [[ " ${targets[*]} " == *" $chosen "* ]] || { echo "no target '$chosen'; there are: ${targets[*]}" >&2; exit 2; }
  targets=("$chosen")
fi

if ! command -v clang++ >/dev/null ||
  ! echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
    clang++ -x c++ -fsanitize=fuzzer,address - -o /dev/null 2>/dev/null; then
  echo "SKIPPED: clang++ or its libFuzzer runtime is not installed; no reader is fuzzed" >&2
  exit 0
fi
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
cmake -S . -B build/clang -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=5 -DBLENDSIM_TESTS=OFF -DBLENDSIM_FUZZ=ON >/dev/null
ninja -C build/clang fuzzers >build/clang/fuzzers.log || { tail -30 build/clang/fuzzers.log >&2; exit 1; }

root=build/fuzz
[ -f $root/seeds/done ] && [ $root/seeds/done -nt build/clang/test/fuzz/fuzz_seeds ] || {
  rm -rf $root/seeds
  mkdir -p $root/seeds
  build/clang/test/fuzz/fuzz_seeds $root/seeds >/dev/null
  touch $root/seeds/done
}

# Bytes of an input; seconds and MiB that one may take.
limits() {
  case $1 in
    npy) echo "-max_len=4096 -timeout=${TIMEOUT:-10} -rss_limit_mb=2560" ;;
    png) echo "-max_len=8192 -timeout=${TIMEOUT:-10} -rss_limit_mb=2560" ;;
    yaml) echo "-max_len=20000 -timeout=${TIMEOUT:-10} -rss_limit_mb=1024" ;;
    program) echo "-max_len=32768 -timeout=${TIMEOUT:-25} -rss_limit_mb=2560" ;;
    onnx) echo "-max_len=65536 -timeout=${TIMEOUT:-25} -rss_limit_mb=2560" ;;
  esac
}

fuzz() {
  local target=$1 home=$root/$1 extra=()
  mkdir -p "$home/corpus" "$home/findings"
  # Networks that are only lent to the project are read where they lie.
  [ "$target" = onnx ] && [ -d ../shared/cases ] && extra=(../shared/cases)
  [ "$target" = program ] && [ -d ../shared/cases/reliability ] && extra=(../shared/cases/reliability)
  local before status=0 try
  touch "$home/begun"
  before=$(find "$home/findings" -type f | wc -l)
  # Leaks are looked for once, at the end: between inputs, looking stops every thread each time. An input that takes too
  # long is libFuzzer's to end; what ends libFuzzer, when it answers no more, is `timeout`. Where its log names no input
  # then, it is begun once more, and the log is kept. Addresses become lines when a finding is replayed: the program that
  # looks them up has been seen to hang while libFuzzer, out of memory, had yet to write the input down.
  for try in 1 2; do
    status=0
    # shellcheck disable=SC2046
    ASAN_OPTIONS=symbolize=0 UBSAN_OPTIONS=symbolize=0 timeout -s ABRT -k 30 $((seconds * 2 + 300)) \
      "build/clang/test/fuzz/fuzz_$target" $(limits "$target") -max_total_time="$seconds" -report_slow_units="${TIMEOUT:-25}" \
      -print_final_stats=1 -detect_leaks=0 -dict="test/fuzz/dictionaries/$target.dict" \
      -artifact_prefix="$home/findings/" -verbosity=1 \
      -seed="${SEED:-0}" "$home/corpus" "$root/seeds/$target" \
      $([ -d "test/fuzz/regressions/$target" ] && echo "test/fuzz/regressions/$target") \
      "${extra[@]}" >"$home/log" 2>&1 || status=$?
    if [ $try = 2 ] || { [ $status != 124 ] && [ $status != 137 ]; } || grep -qE 'ALARM|ERROR: (libFuzzer: (timeout|out)|Address)' "$home/log"; then
      break
    fi
    cp "$home/log" "$home/stuck.log"
    echo "$target: libFuzzer answered no more after $((seconds * 2 + 300)) s, begun once more; the end of its log:" >&2
    tail -12 "$home/stuck.log" >&2
  done
  local executed after finding
  find "$home/findings" -type f -newer "$home/begun" | while read -r finding; do
    # shellcheck disable=SC2046
    timeout -k 10 120 "build/clang/test/fuzz/fuzz_$target" $(limits "$target") "$finding" >>"$home/log" 2>&1 || true
  done
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$home/log")
  after=$(find "$home/findings" -type f | wc -l)
  printf '%-8s %10s executions in %s s, %s findings\n' "$target" "${executed:-?}" "$seconds" "$((after - before))"
  if [ "$status" -ne 0 ]; then
    grep -E 'ERROR|SUMMARY|what\(\)|Test unit written' "$home/log" | head -6
    return 1
  fi
}

jobs=${BLENDSIM_FUZZ_JOBS:-2}
failed=0
running=()
for target in "${targets[@]}"; do
  fuzz "$target" &
  running+=($!)
  if [ "${#running[@]}" -ge "$jobs" ]; then
    wait "${running[0]}" || failed=1
    running=("${running[@]:1}")
  fi
done
for pid in "${running[@]}"; do wait "$pid" || failed=1; done
exit $failed
