#!/bin/sh
# run.sh BUILD_DIR: runs every benchmark program and script, prints one table, and gathers the rows into
# build/bench.json. ONLY=text runs those whose name contains it. A script appends its own rows (JSON objects, one
# a line) to $BINNACLE_BENCH_ROWS.
set -u
build=$1
cd "$(dirname "$0")/../.." || exit 3
BINNACLE_BENCH_ROWS=$(mktemp) && trap 'rm -f "$BINNACLE_BENCH_ROWS"' EXIT INT TERM
export BINNACLE_BENCH_ROWS BINNACLE="$PWD/$build/binnacle" BINNACLE_BUILD="$PWD/$build" LC_ALL=C.UTF-8 TZ=UTC
model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
echo "machine: ${model:-unknown}, $(nproc) cores, $(uname -m), $(date -u +%Y-%m-%d)"
echo "one core; CPU time; medians of interleaved rounds; a ratio is to the named peer in the same round, or to a published figure where it says (recorded)"
printf '%-40s %12s %-10s %-20s %s\n' figure value unit bar ratio
failed=0
for bench in "$build"/tests/bench/bench_* tests/bench/bench_*.sh; do
    case $bench in *.o | *.d | *'*'*) continue ;; esac
    [ -n "${ONLY:-}" ] && case $bench in *$ONLY*) ;; *) continue ;; esac
    case $bench in *.sh) sh "$bench" ;; *) "$bench" ;; esac || { echo "FAIL  $bench"; failed=1; }
done
{ echo '['; sed '$!s/$/,/' "$BINNACLE_BENCH_ROWS"; echo ']'; } >build/bench.json
exit $failed
