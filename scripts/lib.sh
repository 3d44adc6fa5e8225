# Shared by the scripts in this folder: source it. It defines functions and ROOT, and moves there.
# shellcheck shell=bash disable=SC2034  # used by those who source it

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT" || exit 1

# Debian packages, in one place. `test` adds to `build`, `full` and `lint` add to both.
packages_build=(g++ cmake ninja-build ccache libssl-dev libboost1.81-dev libcli11-dev libfmt-dev
  nlohmann-json3-dev)
packages_test=(libgtest-dev libgmock-dev librapidcheck-dev libboost-context1.81-dev python3 openssl
  gnutls-bin pkg-config)
packages_full=(clang-19 libclang-rt-19-dev llvm-19 valgrind)
# Not where npm comes from elsewhere, beside which Debian's cannot be installed.
command -v npm >/dev/null || packages_full+=(npm)
packages_lint=(clang-19 clang-format-19 clang-tidy-19 git shellcheck)

say() { printf '\n== %s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
die() {
  local line
  note "error: $1"
  shift
  for line in "$@"; do note "try: $line"; done
  exit 2
}

# as_root COMMAND...: runs it as root, or says what is missing.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root, and there is no sudo" "as root: $*"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
}

# need SET...: installs what is missing of the package sets build, test, full, lint.
need() {
  local set package missing=()
  if ! command -v dpkg-query >/dev/null; then
    note "not a Debian system: expecting the packages of scripts/lib.sh to be there"
    return
  fi
  for set in "$@"; do
    local -n packages="packages_$set"
    for package in "${packages[@]}"; do
      installed "$package" || missing+=("$package")
    done
    if [[ $set == build && $(dpkg --print-architecture) == amd64 ]]; then
      installed libipsec-mb-dev || missing+=(libipsec-mb-dev)
    fi
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "Installing ${missing[*]}"
  if ! apt_install "${missing[@]}" 2>/dev/null; then
    # The usual reason: package lists that are missing or out of date.
    as_root apt-get update -qq
    apt_install "${missing[@]}" ||
      die "the packages cannot be installed" "apt-get install ${missing[*]}"
  fi
}

installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# configure PRESET [CMAKE ARGUMENTS...]: quiet when all is well.
configure() {
  local preset=$1 log="build/$1-configure.log"
  shift
  mkdir -p build
  cmake --preset "$preset" "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    die "cmake cannot configure build/$preset" "rm -rf build/$preset"
  }
}

# build PRESET [TARGETS...]
build() {
  local preset=$1
  shift
  cmake --build "build/$preset" --parallel "$(jobs_count)" ${1:+--target "$@"}
}

jobs_count() { nproc 2>/dev/null || echo 2; }

# vectors optional|require: exports NAUTILUS_VECTORS when the test vectors are there.
vectors() {
  local folder="${NAUTILUS_VECTORS:-$ROOT/../shared/vectors}"
  if [[ -d $folder ]]; then
    NAUTILUS_VECTORS="$(cd "$folder" && pwd)"
    export NAUTILUS_VECTORS
  elif [[ $1 == require ]]; then
    die "no test vectors at $folder" "NAUTILUS_VECTORS=FOLDER $0"
  else
    unset NAUTILUS_VECTORS
    note "WARNING: no test vectors at $folder; the tests that need them are SKIPPED"
    note "try: NAUTILUS_VECTORS=FOLDER $0"
  fi
}

# run_ctest PRESET NAME [CTEST ARGUMENTS...]: one run; its results go to build/results/ for
# tools/test_summary.py. A failure is remembered in `tests_failed`, so that later runs still happen.
tests_failed=0
run_ctest() {
  local preset=$1 name=$2 results="$ROOT/build/results/$RESULTS_SET"
  shift 2
  say "ctest $preset: $name"
  mkdir -p "$results"
  rm -rf "build/$preset/results/gtest"
  ctest --test-dir "build/$preset" -j2 --output-on-failure --no-tests=error \
    --output-junit "$results/ctest-$name.xml" "$@" || tests_failed=1
  rm -rf "$results/gtest-$name"
  if [[ -d build/$preset/results/gtest ]]; then
    cp -r "build/$preset/results/gtest" "$results/gtest-$name"
  fi
}

# start_results SET: begins a new set of results.
start_results() {
  RESULTS_SET=$1
  rm -rf "$ROOT/build/results/$1"
  mkdir -p "$ROOT/build/results/$1"
}
