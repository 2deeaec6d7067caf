#!/bin/sh
# tables.sh BINARY [WORLDS]: README's tables, as Markdown in build/: policies over all scenarios, and over BARN worlds.
#
# SEEDS=5 of each scenario and BARN_SEEDS=10 of each world. WORLDS is BARN's worlds.txt (default: the one beside the
# project); without it there is no BARN table. Its rules are the file's: 2 m/s, any contact ends the run, the clock starts
# after 0.1 m, success is within 1 m of the goal. The worlds are those with n mod 6 = 3, which nothing was tuned on; upright
# cylinders show camera and depth nothing that the lidar misses, so both are left out.
set -u
binary=$1 worlds=${2:-../shared/data/barn/worlds.txt}
mkdir -p build
policies="--policy dwa --policy mppi --policy vfh --policy orca --policy potential --policy pursuit"
"$binary" list policies --names | grep -qx learned && policies="$policies --policy learned"
# shellcheck disable=SC2046,SC2086
"$binary" eval $("$binary" list scenarios --names) $policies --matrix --seeds "${SEEDS:-5}" --markdown build/policies.md || exit 3
echo
if [ -r "$worlds" ]; then
    # shellcheck disable=SC2086
    "$binary" eval "$worlds#3-297/6" $policies --set robot.max_v_mps=2 --without camera --without depth \
        --seeds "${BARN_SEEDS:-10}" --markdown build/barn.md || exit 3
else
    echo "no BARN table: $worlds is not there"
fi
