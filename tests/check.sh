#!/bin/sh
# check.sh: the stricter half of CI. Both compilers without a warning, everything again under sanitizers.
set -eu
cd "$(dirname "$0")/.."
step() { echo "check: $*"; }
step "gcc, warnings are errors"
make --no-print-directory -j2 BUILD=build/werror WERROR=1 build-tests
if command -v clang >/dev/null; then
    step "clang, warnings are errors"
    make --no-print-directory -j2 CC=clang BUILD=build/werror-clang WERROR=1 build-tests
else
    step "clang: skipped, not installed"
fi
step "address and undefined behaviour sanitizers"
make --no-print-directory -j2 SANITIZE=address,undefined build-tests
LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0 sh tests/run.sh build/sanitize
