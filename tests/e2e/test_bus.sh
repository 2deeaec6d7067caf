#!/bin/sh
# A simulator and those who watch it as processes of their own: joining late, being slow, losing each other, finding each other again.
. "$(dirname "$0")/lib.sh"
bus="ipc://$S/bus"
serve() { "$B" sim "$@" >sim.out 2>sim.err & sim=$!; }
watch() { out=$1; shift; "$B" tui --plain "$@" >"$out" 2>"$out.err" & }
ended() { wait "$1"; [ $? = "$2" ]; }
printed() { grep -qE -- "$2" "$1"; }

echo "# one episode, watched by two of whom one comes late"
serve corridor --seed 3 --speed 4 --once --log a.mcap --bind "$bus"
watch first "$bus"; first=$!
check "the first sees it begin" until_true 10 printed first 'episode corridor seed 3'
check "... and drive" until_true 10 printed first ' at .* goal '
watch late "$bus"; late=$!
check "who comes late is told which episode it is" until_true 10 printed late 'episode corridor seed 3'
check "the first sees the result and ends" ended $first 0
check "so does the late one" ended $late 0
check "both were told" sh -c "grep -q 'RESULT success' first && grep -q 'RESULT success' late"
check "the simulator ends with its episode" ended $sim 0
check "no socket is left" sh -c "! ls $S/bus $S/bus.cmd 2>/dev/null"
exits 0 "$B" check a.mcap; says out 'bit-exact'

echo "# over loopback"
port=$((20000 + $$ % 20000))
serve corridor --seed 3 --speed 4 --once --bind "tcp://127.0.0.1:$port"
watch tcp "tcp://127.0.0.1:$port"; tcp=$!
check "the episode is seen" ended $tcp 0
check "... to its result" printed tcp 'RESULT success'
wait $sim

echo "# a watcher that stands still holds nobody up"
serve corridor --seed 3 --speed 4 --once --log b.mcap --bind "$bus"
watch still "$bus"; still=$!
check "it sees the episode" until_true 10 printed still ' at .* goal '
kill -STOP $still
check "the simulator ends" ended $sim 0
kill -CONT $still; kill $still; wait $still
check "SIGTERM ends the watcher" test $? = 0
exits 0 "$B" check b.mcap; says out 'bit-exact'
check "watched or not, the same bytes are recorded" cmp a.mcap b.mcap

echo "# a simulator that is killed, and its successor"
serve corridor --seed 3 --bind "$bus"
watch again "$bus"; again=$!
check "the first one is seen" until_true 10 printed again 'episode corridor seed 3'
kill -9 $sim; wait $sim 2>/dev/null
check "its socket is still there" test -S "$S/bus"
serve corridor --seed 4 --speed 4 --once --bind "$bus"
check "the successor is followed" until_true 10 printed again 'episode corridor seed 4'
check "... to its result" ended $again 0
wait $sim

echo "# nobody, and nonsense"
exits 3 "$B" tui --plain "$bus"; says err 'nobody answers on ipc://.*binnacle sim'
exits 2 "$B" tui --plain a.mcap; says err 'log cat a.mcap'
exits 2 "$B" tui --plain tcp://example.org:1; says err 'example.org'
done_testing
