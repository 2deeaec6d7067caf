#!/bin/sh
# Independent readers, from npm, open logs written here and decode every message. Skipped where they cannot be had.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BINNACLE_BUILD:-$root/build/release}
writer=$build/tests/logs/test_recorder
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT INT TERM

. "$root/tests/logs/npm.sh"
[ -x "$writer" ] || { echo "$writer is missing; build the tests first" >&2; exit 1; }

for compression in none lz4 zstd; do
    "$writer" --write "$scratch/$compression.mcap" $compression || exit 1
done
if [ -n "${BINNACLE:-}" ] && "$BINNACLE" --help >/dev/null 2>&1; then
    "$BINNACLE" run office --seed 7 --log "$scratch/office.mcap" >"$scratch/run" 2>&1
    [ $? -le 1 ] || { cat "$scratch/run"; exit 1; } # 1: a finding about the drive, not about the log
fi
JUDGE_MODULES=$modules node "$root/tests/logs/judge.mjs" "$scratch"/*.mcap || exit 1

# The judge itself must be able to say no: one payload byte, and the file's end.
cp "$scratch/none.mcap" "$scratch/bad.mcap"
printf '\377' | dd of="$scratch/bad.mcap" bs=1 seek=3000 conv=notrunc 2>/dev/null
cmp -s "$scratch/none.mcap" "$scratch/bad.mcap" && { echo "the spoiled copy is not spoiled"; exit 1; }
head -c 20000 "$scratch/zstd.mcap" >"$scratch/short.mcap"
for spoiled in bad short; do
    JUDGE_MODULES=$modules node "$root/tests/logs/judge.mjs" "$scratch/$spoiled.mcap" >"$scratch/verdict" 2>&1 &&
        { echo "the judge passed a spoiled file ($spoiled)"; exit 1; }
done
exit 0
