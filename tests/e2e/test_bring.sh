#!/bin/sh
# Policies that people bring: a shared object, a process, a network; all their ways to fail; shadows, swaps and rollback.
. "$(dirname "$0")/lib.sh"
top=$(git -C "$(dirname "$B")" rev-parse --show-toplevel 2>/dev/null || echo /)
top=${BINNACLE_TOP:-$(cd "$(dirname "$B")/../.." && pwd)}
CC=${CC:-cc}
plugin() { $CC -std=c17 -shared -fPIC -I "$top" -o "$1" "$2" 2>cc.err || { not_ok "cannot build $2"; sed 's/^/#  /' cc.err; }; }
sim() { "$B" run clutter --seed 3 --set time_limit_s="${LIMIT:-60}" "$@"; }

echo "# a shared object"
plugin mine.so "$top/tests/example/policy.c"
exits 0 sim --policy ./mine.so --log a.mcap
says out 'mine\.so#[0-9a-f]{8}: success'
exits 0 sim --policy ./mine.so --log b.mcap
check "the same bytes again" cmp -s a.mcap b.mcap
exits 0 "$B" check a.mcap
exits 1 sim --policy ./mine.so --set mine.speed_mps=0.05
exits 2 sim --policy ./mine.so --set mine.sped=1
says err "unknown key .sped"
cp mine.so kept.so
sed 's/fallback = 0.6/fallback = 0.5/' "$top/tests/example/policy.c" >changed.c
plugin mine.so changed.c
exits 3 "$B" check a.mcap
says err 'driven by mine\.so#.* is now mine\.so#'
cp kept.so mine.so
exits 0 "$B" check a.mcap

echo "# shared objects that cannot be used"
exits 3 sim --policy ./none.so
says err 'none\.so'
echo 'int nothing;' >empty.c; plugin empty.so empty.c
exits 2 sim --policy ./empty.so
says err "exports no 'binnacle_policy'"
echo 'not an object' >text.so
exits 3 sim --policy ./text.so
sed 's/POLICY_PLUGIN(mine);/extern const struct policy_plugin binnacle_policy; const struct policy_plugin binnacle_policy = {7, POLICY_SIZES_NOW, \&mine};/' "$top/tests/example/policy.c" >old.c
plugin old.so old.c
exits 3 sim --policy ./old.so
says err 'version 7 of the policy interface, this program has version 1'
sed 's/POLICY_PLUGIN(mine);/extern const struct policy_plugin binnacle_policy; const struct policy_plugin binnacle_policy = {1, {1}, \&mine};/' "$top/tests/example/policy.c" >old.c
plugin old.so old.c
exits 3 sim --policy ./old.so
says err 'struct policy to have 1 bytes'
if [ -z "${ASAN_OPTIONS:-}" ] && ! nm "$B" 2>/dev/null | grep -q __asan_init; then
    sed 's/    (void)state;/    (void)state; if (in->now_ns > 1000000000) *(volatile int *)8 = 1;/' "$top/tests/example/policy.c" >crash.c
    plugin crash.so crash.c
    exits 3 sim --policy ./crash.so --log crash.mcap
    says err 'the policy crash\.so#.* touched memory'
    exits 0 "$B" log recover crash.mcap whole.mcap
    check "what was recorded is there" test -s whole.mcap
fi
sed 's/out->valid = true;/out->valid = true; if (in->now_ns > 1000000000) out->wish.v_mps = 0.0 \/ 0.0;/' "$top/tests/example/policy.c" >nan.c
plugin nan.so nan.c
LIMIT=3
exits 1 sim --policy ./nan.so --json
says out '"INF":'
LIMIT=60

echo "# a shadow, a swap, a rollback"
exits 0 sim --policy dwa --shadow ./mine.so --log shadow.mcap
says out 'shadow mine\.so#[0-9a-f]{8} disagrees by 0\.[0-9]*, [0-9]+ of [0-9]+ vetoed'
exits 0 "$B" check shadow.mcap
"$B" log cat shadow.mcap --topic /binnacle/shadow >shadows
check "it is in the log" grep -q 'mean_disagreement' shadows
exits 0 sim --policy dwa --log alone.mcap
exits 0 "$B" log diff alone.mcap alone.mcap
printf '20 policy ./mine.so\n60 rollback\n80 shadow pursuit\n100 policy pursuit\n110 rollback\n' >swaps
exits 0 sim --policy dwa --script swaps --log swaps.mcap
"$B" log cat swaps.mcap --topic /binnacle/decision >decisions
check "dwa drives, then mine, then dwa, pursuit, dwa" test "$(sed 's/.*"policy": *"\([^"]*\)".*/\1/' decisions | uniq | sed 's/#.*//' | tr '\n' ' ')" = "dwa mine.so dwa pursuit dwa "
exits 0 "$B" check swaps.mcap

echo "# one episode, driven by dwa, mppi, the learned one, and by mppi again"
printf '60 policy mppi\n140 policy learned\n220 rollback\n' >swaps
exits 0 "$B" run office --seed 7 --policy dwa --script swaps --log show.mcap
drivers show.mcap dwa mppi learned mppi
check "each from its tick on" test "$(awk '$2 != last { print $1; last = $2 }' driven | tr '\n' ' ')" = "1 60 140 220 "
exits 0 "$B" check show.mcap
says out 'bit-exact'
printf '1 policy learned\n40 set saliency.of=driver\n60 set saliency.of=off\n' >asked
printf '1 policy learned\n40 set saliency.rows=3\n60 set saliency.of=off\n' >unasked # as many commands, no question
exits 0 sim --script asked --log asked.mcap
exits 0 sim --script unasked --log unasked.mcap
"$B" log cat asked.mcap --topic /binnacle/saliency >saliency
check "asked from tick 40 to 59" test "$(sed -E 's/.*"tick": *([0-9]+).*/\1/' saliency | sed -n '1p;$p' | tr '\n' ' ')$(wc -l <saliency)" = "40 59 20"
for log in asked unasked; do "$B" log cat $log.mcap --topic /binnacle/state_hash >$log.hashes; done
check "asked or not, the same drive" cmp asked.hashes unasked.hashes
exits 0 "$B" check asked.mcap
says out 'bit-exact'

echo "# a process"
python=$(for p in python3 /usr/bin/python3; do "$p" -c 'import zmq' 2>/dev/null && echo "$p" && break; done)
if [ -z "$python" ]; then
    echo "ok 900 - # SKIP python3-zmq is not installed"
else
    "$python" "$top/tests/example/policy.py" "ipc://$S/policy" & pid=$!
    exits 0 sim --policy "ipc://$S/policy" --log process.mcap
    says out "ipc://.*: success"
    kill $pid; wait $pid 2>/dev/null
    exits 0 "$B" check process.mcap
    says out 'bit-exact'
    cat >bad.py <<'END'
import sys, time, zmq
socket = zmq.Context().socket(zmq.REP)
socket.bind(sys.argv[1])
tick = 0
while True:
    socket.recv_multipart()
    tick += 1
    if tick == 20: socket.send(b'\xff\x00{"v": nonsense')
    elif tick == 30: socket.send_string('{"v": 1e999, "w": 0}')
    elif tick == 40: time.sleep(0.5); socket.send_string('{"v": 0.3, "w": 0}')
    elif tick == 60: sys.exit()
    else: socket.send_string('{"v": 0.3, "w": 0.0, "reason": "straight"}')
END
    "$python" bad.py "ipc://$S/bad" & pid=$!
    LIMIT=6
    exits 1 sim --policy "ipc://$S/bad" --set process.deadline_ms=100 --log bad.mcap --json
    LIMIT=60
    says out '"INF":[1-9]'
    wait $pid 2>/dev/null
    "$B" log cat bad.mcap --topic /binnacle/decision >decisions
    check "nonsense is named" grep -q 'no JSON object' decisions
    check "lateness is named" grep -q 'no answer within' decisions
    says err "at 1\.00 s: ipc://.*/bad gives no command: its answer is no JSON .* with v and w, but '\?\?\{.v.: nonsense'"
    "$B" log cat bad.mcap --topic /rosout >lines
    check "... and on /rosout" grep -q 'gives no command: its answer is no JSON' lines
    check "that it answers again, too" grep -q 'bad answers again' lines
    exits 0 "$B" check bad.mcap
fi
exits 2 sim --policy tcp://example.com:5555
exits 2 sim --policy carrier://pigeon
LIMIT=1
exits 1 sim --policy "ipc://$S/nobody" --set process.start_s=0.2 --json --log nobody.mcap
says out '"INF":1'
says err '^binnacle run: at 0\.05 s: ipc://.*/nobody gives no command: nobody answers at ipc://.*/nobody: is its process running\?'
check "said once" test "$(wc -l <err)" = 1
exits 0 "$B" check nobody.mcap
says out 'bit-exact'
done_testing
