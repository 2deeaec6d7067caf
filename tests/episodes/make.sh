#!/bin/sh
# make.sh BINARY: records the golden episodes anew, and rewrites refs.txt from what a check of them finds (make episodes).
# Review refs.txt like code: it says what changed. One row: NAME SCENARIO OPTIONS...; a NAME.script beside it is the operator.
# Small on purpose (tests/e2e/test_gate.sh asserts < 300 kB each): few beams, few pixels, few IMU samples, short.
set -eu
binary=$(realpath "$1")
cd "$(dirname "$0")"
rm -f ./*.mcap
while read -r name scenario options; do
    case $name in '' | '#'*) continue ;; esac
    [ -e "$name.script" ] && options="$options --script $name.script"
    # shellcheck disable=SC2086
    "$binary" run "$scenario" --log "$name.mcap" --level 19 --set lidar.beams=120 --set imu.rate_hz=20 --set odometry.rate_hz=20 \
        --set camera.width=16 --set camera.height=12 --set camera.rate_hz=5 $options || [ $? = 1 ]
done <<'END'
# every scenario
office-dwa        office       --seed 1 --set time_limit_s=5
corridor-dwa      corridor     --seed 3 --without camera --without depth --set time_limit_s=7
clutter-pursuit   clutter      --seed 1 --policy pursuit --shield off --without camera --without depth
glass-no-depth    glass        --seed 1 --without depth --set time_limit_s=6
wet-no-camera     wet-floor    --seed 1 --without camera --set time_limit_s=6
crowd-dwa         crowd        --seed 1 --without camera --without depth --set time_limit_s=5
dark-dwa          dark         --seed 1 --without camera --set time_limit_s=3
low-boxes-dwa     low-boxes    --seed 1 --without camera --set time_limit_s=3
black-sofa-dwa    black-sofa   --seed 1 --without camera --without depth --set time_limit_s=3
doorway-dwa       doorway      --seed 1 --without camera --without depth --set time_limit_s=4
blind-corner-dwa  blind-corner --seed 1 --without camera --without depth --set time_limit_s=4
ramp-dwa          ramp         --seed 1 --without camera --set time_limit_s=4
slippery-dwa      slippery     --seed 1 --without camera --without depth --set time_limit_s=4
warehouse-dwa     warehouse    --seed 1 --without camera --without depth --set time_limit_s=3
kerb-dwa          kerb         --seed 1 --without camera --set time_limit_s=3
maze-dwa          maze         --seed 1 --without camera --without depth --set time_limit_s=4
# every policy (pursuit and teleop are among the others, vfh in the funnel)
corridor-mppi     corridor     --seed 4 --policy mppi --without camera --without depth --set time_limit_s=3
crowd-orca        crowd        --seed 2 --policy orca --without camera --without depth --set time_limit_s=4
clutter-potential clutter      --seed 2 --policy potential --without camera --without depth --set time_limit_s=4
wet-learned       wet-floor    --seed 2 --policy learned --set time_limit_s=4
# every violation class that can be provoked
operator          corridor     --seed 2 --policy teleop --without camera --without depth --set robot.max_a_mps2=0.6
graze             open.yaml    --seed 1 --policy teleop --shield off --without camera --without depth --set start.y=0.46 --set start.yaw=-0.15
bump              open.yaml    --seed 1 --policy teleop --shield off --without camera --without depth --set start.y=1 --set start.yaw=-1.5
slippery          open.yaml    --seed 1 --policy teleop --shield off --without camera --without depth --set world.floor_friction=0 --set time_limit_s=11
top-heavy         open.yaml    --seed 1 --policy teleop --shield off --without camera --without depth --set robot.com_z_m=0.8 --set robot.max_v_mps=2 --set robot.min_v_mps=-2 --set robot.max_a_mps2=20 --set robot.max_torque_nm=200 --set time_limit_s=4
funnel            funnel.yaml  --seed 1 --policy vfh --without camera --without depth --set vfh.margin_m=0.3
beam              beam.yaml    --seed 1 --policy teleop --shield off --without camera --without depth
sway              open.yaml    --seed 1 --policy teleop --shield off --without camera --without depth
dead-imu          open.yaml    --seed 1 --without camera --without depth --fault imu:drop@1+1 --set time_limit_s=3
stalled           open.yaml    --seed 1 --without camera --without depth --fault policy:hang@1+0.4 --set time_limit_s=3
slow-zone         slow.yaml    --seed 1 --without camera --without depth
END
"$binary" branch corridor-dwa.mcap corridor-branch.mcap --at 3 --policy pursuit --seed 8
"$binary" check ./*.mcap --refs refs.txt --update-refs
