#!/bin/sh
# run.sh BUILD_DIR SECONDS: lets libFuzzer drive each harness for that long, starting from its corpus. What it learns
# stays in BUILD_DIR/fuzz; a finding is kept there, named on the last lines, and makes this script fail. To keep a
# finding as a test, copy it to tests/fuzz/corpus/HARNESS/ once it is fixed.
set -u
build=$1 seconds=$2
cd "$(dirname "$0")/../.." || exit 3
found=0 run=0
for harness in "$build"/tests/fuzz/fuzz_*; do
    case $harness in *.o | *.d | *'*') continue ;; esac
    name=$(basename "$harness")
    learnt=$build/fuzz/$name
    mkdir -p "$learnt"
    echo "== $name, $seconds s"
    run=$((run + 1))
    "$harness" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -dict=tests/fuzz/dict/"$name" -artifact_prefix="$learnt-" "$learnt" tests/fuzz/corpus/"$name" >"$learnt.log" 2>&1
    code=$?
    grep -E '^stat::(number_of_executed_units|peak_rss_mb)' "$learnt.log"
    if [ $code != 0 ]; then
        found=$((found + 1))
        grep -vE '^#' "$learnt.log" | tail -n 40
    fi
done
[ $run != 0 ] || { echo "no fuzz harness in $build/tests/fuzz; use 'make fuzz'" >&2; exit 3; }
echo "$run harnesses, $found with a finding"
[ $found = 0 ]
