#!/bin/sh
# Why there is more than one sensor, and a shield: the same seeds with and without.
. "$(dirname "$0")/lib.sh"
count() { python3 -c 'import json,sys; v=json.load(open("out"))["violations"]; print(sum(v[k] for k in sys.argv[1:]))' "$@"; }
for seed in 1 2 3; do
    exits 0 "$B" run wet-floor --seed $seed --json
    check "wet-floor $seed: never on the paint" test "$(count KEEP)" = 0
    "$B" run wet-floor --seed $seed --json --without camera >out 2>err
    check "wet-floor $seed without camera: drives over it" test "$(count KEEP)" -gt 0
    exits 0 "$B" run glass --seed $seed --json
    check "glass $seed: no touch" test "$(count COL1 COL2 COL3)" = 0
    "$B" run glass --seed $seed --json --without depth >out 2>err
    check "glass $seed without depth: hits it" test "$(count COL2 COL3)" -gt 0
    exits 0 "$B" run glass --seed $seed --json --without depth --set ultrasonic.enabled=true
    check "glass $seed without depth, but with ultrasound: no hit" test "$(count COL2 COL3)" = 0
    exits 0 "$B" run clutter --seed $seed --json
    check "clutter $seed dwa: no hit" test "$(count COL2 COL3)" = 0
    exits 1 "$B" run clutter --seed $seed --json --policy pursuit --shield off
    check "clutter $seed pursuit: collides" test "$(count COL2 COL3)" -gt 0
    "$B" run clutter --seed $seed --json --policy pursuit --shield on >out 2>err
    check "clutter $seed pursuit with shield: no hit" test "$(count COL2 COL3)" = 0
done
# One row a scenario: what it takes away, and what comes of that.
while read -r scenario sense broken; do
    exits 0 "$B" run $scenario --seed 1 --json
    check "$scenario: reached, nothing hit, no paint" test "$(count COL2 COL3 KEEP)" = 0
    "$B" run $scenario --seed 1 --json --without $sense >out 2>err
    case $broken in
    lost) check "$scenario without $sense: the goal is not reached" grep -q '"success":false' out ;;
    *) check "$scenario without $sense: $broken" test "$(count $broken)" -gt 0 ;;
    esac
done <<END
dark depth COL3
low-boxes depth COL3
black-sofa lidar lost
blind-corner depth COL3
ramp depth COL3
warehouse camera KEEP
warehouse depth COL3
kerb depth COL3
END
for scenario in corridor crowd doorway slippery maze; do
    exits 0 "$B" run $scenario --seed 1
done
done_testing
