# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh and test.sh: the Debian 12 packages that BlendSim is built from, and how to install missing ones.

BUILD_PACKAGES="g++ cmake ninja-build ccache pkg-config libsystemc-dev libyaml-cpp-dev libprotobuf-dev
  protobuf-compiler libonnx-dev libspdlog-dev libfmt-dev libflatbuffers-dev flatbuffers-compiler nlohmann-json3-dev
  libboost-graph-dev libcli11-dev libxxhash-dev libpng-dev libhwy-dev libsqlite3-dev libedit-dev
  libeigen3-dev libnlopt-dev zlib1g-dev verilator"
TEST_PACKAGES="libgtest-dev libgmock-dev clang clang-format libclang-rt-dev gtkwave sqlite3 python3-numpy python3-onnx"
MPI_PACKAGES="libopenmpi-dev openmpi-bin libboost-mpi-dev"  # of blendsim-mpi alone
BENCH_PACKAGES="libbenchmark-dev"
# What python/oracles/ trains with and on; tests that need it are skipped without.
ORACLE_PACKAGES="python3-torch python3-sklearn python3-onnx dataset-fashion-mnist"

# install_packages NAME...: those that are not there yet, as root or with sudo. Says nothing when nothing is missing.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "missing: ${missing[*]}; run as root or install sudo" >&2; return 1; }
    root=(sudo)
  fi
  echo "== installing ${missing[*]}"
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}
