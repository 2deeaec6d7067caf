#!/bin/sh
# Faults from the command line, a scenario and the bus: told, logged with onset and end, and the same bits again.
. "$(dirname "$0")/lib.sh"
quick="--set lidar.beams=60 --set camera.width=16 --set camera.height=12 --set time_limit_s=4"
faults() { "$B" log cat "$1" --topic /binnacle/faults --json; }

echo "# from the command line"
# shellcheck disable=SC2086
run() { "$B" run office --seed 3 $quick "$@"; }
exits 1 run --log a.mcap --fault 'lidar:bias=0.3@1+1~0.5' --fault imu:drop@2+1 --json
says out '"faults":\["lidar:bias=0.3@1\+1~0.5","imu:drop=1@2\+1"\]'
says out '"STALE":1'
faults a.mcap >events
check "four events: each begins and ends" test "$(wc -l <events)" = 4
says events '"name":"lidar:bias=0.3@1\+1~0.5","target":"lidar","kind":"bias","amount":0.3,"unit":"m","active":true,"since_s":1'
says events '"active":false.*"in_force":\["imu:drop=1@2\+1"\]'
exits 0 "$B" check a.mcap; says out 'bit-exact'
run --log b.mcap --fault 'lidar:bias=0.3@1+1~0.5' --fault imu:drop@2+1 >/dev/null
check "the same command, the same bytes" cmp a.mcap b.mcap
"$B" log cat a.mcap --topic /rosout >lines
says lines 'lidar:bias=0.3@1\+1~0.5 begins'; says lines 'imu:drop=1@2\+1 is over'

echo "# what makes no sense"
exits 2 run --fault lidr:drop; says err "column 1: nothing that can fail is called 'lidr'; did you mean 'lidar'\?"
exits 2 run --fault lidar:flip; says err "column 7: 'flip' makes no sense for lidar; what does is delay, jitter"
exits 2 run --fault lidar:bias=1@; says err "column 14: the onset must be a number"
exits 2 "$B" check a.mcap --fault clock:scale=2; says err "makes no sense for clock"
exits 2 "$B" branch a.mcap never.mcap --at 1 --fault imu; says err "':' and the kind are missing"
check "... and leaves nothing" test ! -e never.mcap
exits 2 "$B" list fault; says err "did you mean 'faults'"

echo "# from a scenario"
cat >mine.yaml <<'END'
name: mine
bounds: [0, 0, 8, 6]
start: [1, 3, 0]
goal: [7, 3]
time_limit_s: 3
faults:
  - {target: policy, kind: hang, from_s: 1, for_s: 0.4}
  - {target: odometry, kind: scale, amount: 1.1, from_s: 0.5}
END
exits 1 "$B" run mine.yaml --log mine.mcap --fault camera:drop --json
says out '"faults":\["policy:hang@1\+0.4","odometry:scale=1.1@0.5","camera:drop=1@0"\]'; says out '"MISS":1'
exits 0 "$B" check mine.mcap; says out 'bit-exact'
sed 's/kind: hang/kind: bias/' mine.yaml >wrong.yaml
exits 2 "$B" run wrong.yaml; says err "wrong.yaml:7:5: 'bias' makes no sense for policy; what does is delay, hang"

echo "# the robot itself: carried away by the command line and live, told, and the same bits again"
printf '60 fault robot:kidnap=5\n' >carry.script
"$B" run office --seed 3 $quick --set start_known=false --fault robot:kidnap@1 --script carry.script --log carried.mcap >/dev/null
faults carried.mcap >events; check "both are told" grep -q '"name":"robot:kidnap=5@' events
"$B" log cat carried.mcap --topic /rosout >lines; says lines 'the robot is carried from'
check "... twice" test "$(grep -c 'is carried from' lines)" = 2
exits 0 "$B" check carried.mcap; says out 'bit-exact'
exits 2 run --fault robot:drop; says err "'drop' makes no sense for robot; what does is kidnap"
exits 0 "$B" list faults; says out 'robot:kidnap=0..1000 m, 2 if left out'

echo "# what if it had failed?"
run --log well.mcap >/dev/null
exits 1 "$B" check well.mcap --fault actuator:blackout@1; says out 'closed loop'
exits 0 "$B" branch well.mcap failed.mcap --at 1 --fault lidar:blackout+1; says out 'bit-exact'
faults failed.mcap >events; says events '"name":"lidar:blackout@1\+1".*"active":true,"since_s":1'
exits 0 "$B" check failed.mcap; says out 'bit-exact'

echo "# by a script, as an operator would"
printf '20 fault lidar:noise=0.1\n40 fault_clear lidar\n' >hand.script
run --log hand.mcap --script hand.script >/dev/null
faults hand.mcap >events; check "begun and cleared" test "$(wc -l <events)" = 2
exits 0 "$B" check hand.mcap; says out 'bit-exact'

echo "# list"
exits 0 "$B" list faults; says out 'lidar:bias=-100..100 m'; says out 'policy:hang'
exits 0 "$B" list faults --names; says out '^clock:drift$'

done_testing
